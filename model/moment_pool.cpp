#include "verge/model/moment_pool.hpp"

#include <algorithm>
#include <cmath>

namespace verge {

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
  // Means and second moments are linear in the data, so they may be averaged; variances are not.
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

void moment_pool::apply(model_state& state) const {
  if (sum_.weight() == 0) return;
  state.batches_tracked += steps_;
  if (elements_ == 0) return;
  std::vector<double> pooled(elements_);
  sum_.write(std::as_writable_bytes(std::span{pooled}));
  const double keep = std::pow(1.0 - batch_norm_momentum, steps_);
  with_scalar(type_, [&](auto zero) {
    using T = decltype(zero);
    auto running = state.statistics.as<T>();
    for (const auto& layer : layers_)
      for (std::size_t i = 0; i < layer.count; ++i) {
        const double mean = pooled[layer.mean + i];
        const double variance = std::max(0.0, pooled[layer.variance + i] - mean * mean);
        auto move = [&](T& value, double target) {
          value = static_cast<T>(keep * static_cast<double>(value) + (1.0 - keep) * target);
        };
        move(running[layer.mean + i], mean);
        move(running[layer.variance + i], variance);
      }
  });
}

}  // namespace verge
