#pragma once

#include <cstddef>
#include <cstdint>

#include "verge/model/flat_buffer.hpp"
#include "verge/model/manifest.hpp"

namespace verge::test {

/// The model of large_model_test and its device, with more bytes than a signed 32-bit number can
/// count. Every value is a function of its index, so that none has to be kept for a comparison.
namespace large_model {

/// 600 million floats, 2.4 GB. The second tensor crosses byte 2^31, and the last block is short.
inline manifest layout() {
  manifest out{scalar::float32};
  out.add("embedding.weight", {500'000, 1'000}, tensor_role::parameter);
  out.add("head.weight", {99'999, 1'000}, tensor_role::parameter);
  out.add("head.bias", {1'003}, tensor_role::parameter);
  out.add("norm.running_mean", {3}, tensor_role::running_mean);
  out.add("norm.running_var", {3}, tensor_role::running_variance);
  return out;
}

inline std::uint64_t model_bytes() {
  return layout().parameter_count() * sizeof(float);
}

/// A value in [0, 1), in steps of 2^-24. Neighbours and blocks have unrelated values.
inline float mixed(std::uint64_t place, std::uint64_t salt) {
  const auto words = (place + salt) * 0x9E3779B97F4A7C15u;
  return static_cast<float>(static_cast<std::uint32_t>(words >> 40)) * 0x1p-24f;
}

inline float initial_value(std::uint64_t place) {
  return mixed(place, 0);
}
inline float update_value(std::uint64_t place) {
  return mixed(place, 0x5851F42D) - 0.5f;
}
/// A value of the model after a round with the only device.
inline float committed_value(std::uint64_t place) {
  return initial_value(place) + update_value(place);
}

template <class Value>
void fill(flat_buffer& buffer, Value value) {
  auto values = buffer.as<float>();
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = value(i);
}

/// The first index that does not hold `value`; the number of values when all do.
template <class Value>
std::size_t first_wrong(const flat_buffer& buffer, Value value) {
  const auto values = buffer.as<float>();
  for (std::size_t i = 0; i < values.size(); ++i)
    if (values[i] != value(i)) return i;
  return values.size();
}

}  // namespace large_model
}  // namespace verge::test
