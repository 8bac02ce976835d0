#pragma once

#include <cstdint>
#include <vector>

#include "model/random/random.hpp"
#include "verge/messages/local_work.hpp"
#include "verge/model/flat_buffer.hpp"

// Inputs for the tests of strategies and server rules.

namespace verge::test {

constexpr std::size_t rule_size = 37;

/// Noise in [-1, 1), different in each round.
inline flat_buffer noise_of(scalar type, std::uint32_t round) {
  const random_stream stream{5, random_purpose::initial_parameters, round};
  flat_buffer buffer{type, rule_size};
  with_scalar(type, [&](auto zero) {
    using T = decltype(zero);
    for (std::size_t i = 0; i < rule_size; ++i)
      buffer.as<T>()[i] = static_cast<T>(2.0 * stream.unit(i) - 1.0);
  });
  return buffer;
}

inline std::vector<double> doubles(const flat_buffer& buffer) {
  return with_scalar(buffer.type(), [&](auto zero) {
    const auto values = buffer.as<decltype(zero)>();
    return std::vector<double>(values.begin(), values.end());
  });
}

inline local_work work_with(double rate, double momentum, double decay) {
  local_work work;
  work.learning_rate = rate;
  work.momentum = momentum;
  work.weight_decay = decay;
  return work;
}

}  // namespace verge::test
