#include "runtime/results/device_accuracy.hpp"

#include <algorithm>

namespace verge {

accuracy_list accuracy_by_device(const partition_table& table, const accuracy_list& by_label) {
  accuracy_list devices;
  devices.reserve(table.rows.size());
  for (const auto& counts : table.rows) {
    double correct = 0.0;
    std::uint64_t samples = 0;
    for (std::size_t label = 0; label < std::min(counts.size(), by_label.size()); ++label) {
      if (!by_label[label]) continue;
      correct += static_cast<double>(counts[label]) * *by_label[label];
      samples += counts[label];
    }
    devices.emplace_back();
    if (samples > 0) devices.back() = correct / static_cast<double>(samples);
  }
  return devices;
}

std::optional<accuracy_spread> spread_of(const accuracy_list& list) {
  std::vector<double> there;
  for (const auto& one : list)
    if (one) there.push_back(*one);
  if (there.empty()) return std::nullopt;
  std::sort(there.begin(), there.end());
  return accuracy_spread{there.front(), there[there.size() / 2], there.back()};
}

}  // namespace verge
