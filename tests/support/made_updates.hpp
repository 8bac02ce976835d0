#pragma once

#include <cstdint>
#include <memory>

#include "actors/training/training_events.hpp"
#include "support/noise.hpp"
#include "verge/model/manifest.hpp"

namespace verge::test {

/// A small model with a norm layer: one block of parameters and one of statistics.
inline manifest small_layout(scalar type = scalar::float64) {
  manifest layout{type};
  layout.add("weight", {5}, tensor_role::parameter);
  layout.add("norm.running_mean", {2}, tensor_role::running_mean);
  layout.add("norm.running_var", {2}, tensor_role::running_variance);
  return layout;
}

/// Three blocks of parameters, the last one short, and one of statistics.
inline manifest four_block_layout(scalar type = scalar::float64) {
  const auto block = static_cast<std::int64_t>(manifest::block_bytes / bytes_of(type));
  manifest layout{type};
  layout.add("weight", {2 * block + 7}, tensor_role::parameter);
  layout.add("norm.running_mean", {2}, tensor_role::running_mean);
  layout.add("norm.running_var", {2}, tensor_role::running_variance);
  return layout;
}

/// A matrix of 3 x 100,000, a vector that travels dense, and norm statistics.
inline manifest matrix_layout() {
  manifest layout{scalar::float32};
  layout.add("weight", {3, 100'000}, tensor_role::parameter);
  layout.add("bias", {7}, tensor_role::parameter);
  layout.add("norm.running_mean", {2}, tensor_role::running_mean);
  layout.add("norm.running_var", {2}, tensor_role::running_variance);
  return layout;
}

/// A start that is noise, with variances of 1.
inline model_state made_state(const manifest& layout, std::uint64_t salt = 1) {
  model_state state{flat_buffer{layout.type(), layout.parameter_count()},
                    flat_buffer{layout.type(), layout.statistic_count()}, 0};
  fill(state.parameters, [&](std::size_t i) { return noise(salt, 0, 0, i); });
  fill(state.statistics,
       [&](std::size_t i) { return i < layout.statistic_count() / 2 ? 0.0 : 1.0; });
  return state;
}

/// The update of device `device` in `round`: noise, with variances above 0.
inline trained_update made_update(const manifest& layout, device_id device, round_id round,
                                  const training_outcome& outcome) {
  trained_update made{flat_buffer{layout.type(), layout.parameter_count()},
                      flat_buffer{layout.type(), layout.statistic_count()},
                      outcome,
                      {}};
  fill(made.update, [&](std::size_t i) { return noise(2, device.value, round.value, i); });
  fill(made.moments, [&](std::size_t i) { return 1.5 + noise(3, device.value, round.value, i); });
  return made;
}

}  // namespace verge::test
