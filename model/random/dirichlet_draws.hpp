#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/random/random.hpp"

namespace verge {

/// Draws from the normal and the gamma distribution, one after the other, from one stream. They are
/// functions of the stream and, to the last bit, of the machine's log and sqrt; the distributions of
/// <random> differ from one library to the next.
class gamma_source {
public:
  explicit gamma_source(const random_stream& stream) : stream_(stream) {}

  /// Mean 0, deviation 1: the polar method (Marsaglia and Bray 1964), of whose two numbers one is used.
  double normal();

  /// The logarithm of a number from Gamma(shape, 1); shape > 0. In logarithms, because at shape
  /// 0.01 most draws are smaller than the smallest double. Marsaglia and Tsang, "A simple method for generating
  /// gamma variables", TOMS 2000; below shape 1 by Gamma(shape + 1) U^(1 / shape), as they say there.
  double log_gamma(double shape);

private:
  /// In (0, 1].
  double unit() { return 1.0 - stream_.unit(next_++); }

  random_stream stream_;
  std::uint64_t next_ = 0;
};

/// The logarithms of shares that are drawn from the Dirichlet distribution; those of
/// `concentrations` that are 0 get no share. At least one is above 0.
std::vector<double> log_dirichlet(gamma_source& source, std::span<const double> concentrations);

/// The shares of `count` from the symmetric Dirichlet distribution; their sum is 1 up to rounding.
std::vector<double> dirichlet(gamma_source& source, double concentration, std::size_t count);

}  // namespace verge
