#pragma once

#include <array>
#include <string_view>
#include <utility>

#include "verge/runtime/experiment.hpp"

namespace verge {

/// The words of an experiment file for the values of an enumeration, read and written with one
/// table.
template <class Enum, std::size_t N>
using word_table = std::array<std::pair<std::string_view, Enum>, N>;

inline constexpr word_table<strategy_kind, 3> strategy_words{
    {{"centralized", strategy_kind::centralized},
     {"large_batch", strategy_kind::large_batch},
     {"federated", strategy_kind::federated}}};
inline constexpr word_table<weighting_kind, 2> weighting_words{
    {{"samples", weighting_kind::samples}, {"equal", weighting_kind::equal}}};
inline constexpr word_table<schedule_kind, 3> schedule_words{{{"constant", schedule_kind::constant},
                                                              {"cosine", schedule_kind::cosine},
                                                              {"step", schedule_kind::step}}};
inline constexpr word_table<norm_kind, 3> norm_words{
    {{"batch", norm_kind::batch}, {"group", norm_kind::group}, {"none", norm_kind::none}}};
inline constexpr word_table<batch_norm_policy, 3> batch_norm_words{
    {{"pooled", batch_norm_policy::pooled},
     {"local", batch_norm_policy::local},
     {"recalibrate", batch_norm_policy::recalibrate}}};
inline constexpr word_table<scalar, 2> scalar_words{
    {{"float32", scalar::float32}, {"float64", scalar::float64}}};

template <class Enum, std::size_t N>
constexpr std::string_view word_of(const word_table<Enum, N>& words, Enum value) {
  for (const auto& [word, meaning] : words) {
    if (meaning == value) return word;
  }
  return {};
}

}  // namespace verge
