#pragma once

#include <cstddef>
#include <cstdint>

#include "model/random/random.hpp"
#include "verge/model/flat_buffer.hpp"

namespace verge::test {

/// Uniform in [-1, 1), a function of (salt, a, b, i).
inline double noise(std::uint64_t salt, std::uint32_t a, std::uint32_t b, std::uint64_t i) {
  return 2.0 * random_stream{salt, random_purpose::initial_parameters, a, b}.unit(i) - 1.0;
}

template <class Value>
void fill(flat_buffer& buffer, const Value& value) {
  with_scalar(buffer.type(), [&](auto zero) {
    using T = decltype(zero);
    auto values = buffer.as<T>();
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<T>(value(i));
  });
}

/// Value `i` of a buffer, whatever its type.
inline double value_of(const flat_buffer& buffer, std::size_t i) {
  return with_scalar(buffer.type(), [&](auto zero) {
    using T = decltype(zero);
    return static_cast<double>(buffer.as<T>()[i]);
  });
}

}  // namespace verge::test
