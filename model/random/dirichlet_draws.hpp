#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/random/random.hpp"

namespace verge {

/// Draws from the normal and the gamma distribution, one after the other, from one stream. The
/// draws are functions of the stream and, to the last bit, of the machine's log and sqrt. The
/// distributions of <random> would differ from one library to the next. Not thread-safe.
class gamma_source {
public:
  explicit gamma_source(const random_stream& stream) : stream_(stream) {}

  /// Mean 0, deviation 1. The polar method (Marsaglia and Bray 1964) makes two numbers, of which
  /// one is used.
  double normal();

  /// The logarithm of a number from Gamma(shape, 1); shape > 0. Logarithms, because at shape 0.01
  /// most draws are smaller than the smallest double. The method is Marsaglia and Tsang, "A simple
  /// method for generating gamma variables", TOMS 2000. Below shape 1 it is Gamma(shape + 1) U^(1 /
  /// shape), as they say there.
  double log_gamma(double shape);

private:
  /// In (0, 1].
  double unit() { return 1.0 - stream_.unit(next_++); }

  random_stream stream_;
  std::uint64_t next_ = 0;
};

/// The logarithms of shares that are drawn from the Dirichlet distribution. A concentration of 0
/// gets no share. At least one of `concentrations` must be above 0.
std::vector<double> log_dirichlet(gamma_source& source, std::span<const double> concentrations);

/// `count` shares from the symmetric Dirichlet distribution. Their sum is 1 up to rounding.
std::vector<double> dirichlet(gamma_source& source, double concentration, std::size_t count);

}  // namespace verge
