#include "model/aggregation/moment_pool.hpp"

#include <algorithm>
#include <cmath>

namespace verge {

namespace {

template <class Target>
void move(flat_buffer& running, std::span<const Target> targets, std::uint32_t steps) {
  const double keep = std::pow(1.0 - batch_norm_momentum, steps);
  with_scalar(running.type(), [&](auto zero) {
    using T = decltype(zero);
    auto values = running.as<T>();
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] = static_cast<T>(keep * static_cast<double>(values[i]) +
                                 (1.0 - keep) * static_cast<double>(targets[i]));
  });
}

}  // namespace

moment_pool::moment_pool(const manifest& layout)
    : type_(layout.type()),
      elements_(layout.statistic_count()),
      sum_(scalar::float64, layout.statistic_count()) {
  const tensor_entry* mean = nullptr;
  for (const auto& entry : layout.entries()) {
    if (entry.role == tensor_role::running_mean) mean = &entry;
    if (entry.role == tensor_role::running_variance)
      layers_.push_back({mean->offset, entry.offset, entry.elements});
  }
}

void moment_pool::begin(std::uint64_t most_weight, std::uint64_t most_devices) {
  sum_.begin(most_weight, most_devices);
  steps_ = 0;
}

bool moment_pool::add(std::span<const shared_bytes> blocks, std::uint64_t weight,
                      std::uint32_t steps) {
  // Means and second moments are linear in the data, so they may be averaged. Variances are not.
  auto raw = std::make_shared<std::vector<double>>();
  raw->reserve(elements_);
  for (const auto& block : blocks)
    with_scalar(type_, [&](auto zero) {
      using T = decltype(zero);
      const auto* values = reinterpret_cast<const T*>(block.data());
      raw->insert(raw->end(), values, values + block.size() / sizeof(T));
    });
  for (const auto& layer : layers_)
    for (std::size_t i = 0; i < layer.count; ++i) {
      const double mean = (*raw)[layer.mean + i];
      double& moment = (*raw)[layer.variance + i];
      if (moment < 0.0) return false;
      moment += mean * mean;
      if (moment > order_free_mean::largest_value) return false;
    }
  const auto bytes = std::as_bytes(std::span{*raw});
  sum_.add({std::move(raw), bytes}, weight);
  steps_ = std::max(steps_, steps);
  return true;
}

bool moment_pool::add(const flat_buffer& moments, std::uint64_t weight) {
  const std::span bytes{moments.data(), moments.size_bytes()};
  if (first_unusable(type_, bytes) < moments.size()) return false;
  const shared_bytes block{moments.memory(), bytes};
  return add(std::span{&block, 1}, weight, 1);
}

std::vector<double> moment_pool::pooled_values() const {
  std::vector<double> values(elements_);
  sum_.write(std::as_writable_bytes(std::span{values}));
  for (const auto& layer : layers_)
    for (std::size_t i = 0; i < layer.count; ++i) {
      const double mean = values[layer.mean + i];
      double& variance = values[layer.variance + i];
      variance = std::max(0.0, variance - mean * mean);
    }
  return values;
}

void moment_pool::apply(model_state& state) const {
  if (sum_.weight() == 0) return;
  state.batches_tracked += steps_;
  if (elements_ > 0) move<double>(state.statistics, pooled_values(), steps_);
}

flat_buffer moment_pool::pooled() const {
  const auto values = pooled_values();
  auto out = flat_buffer::unfilled(type_, values.size());
  with_scalar(type_, [&](auto zero) {
    using T = decltype(zero);
    std::ranges::transform(values, out.as<T>().begin(),
                           [](double value) { return static_cast<T>(value); });
  });
  return out;
}

void move_towards(flat_buffer& running, const flat_buffer& moments, std::uint32_t steps) {
  with_scalar(moments.type(), [&](auto zero) {
    using T = decltype(zero);
    move<T>(running, moments.as<T>(), steps);
  });
}

}  // namespace verge
