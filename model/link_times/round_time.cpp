#include "verge/model/round_time.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

namespace verge {

namespace {

struct transfer {
  double begins = 0.0;
  double bits = 0.0;
  /// Rate of the device's link.
  double rate = no_rate_limit;
};

double alone(const transfer& one) {
  return one.begins + (one.bits == 0.0 ? 0.0 : one.bits / one.rate);
}

/// Max-min fair shares: a transfer that can use less than an equal share leaves the rest of it to
/// the others. `active` is in the order of the transfers' own rates.
void share(double capacity, const std::vector<transfer>& all,
           const std::vector<std::size_t>& active, std::vector<double>& rates) {
  double left = capacity;
  auto sharers = static_cast<double>(active.size());
  for (const auto i : active) {
    rates[i] = std::min(all[i].rate, left / sharers);
    left -= rates[i];
    --sharers;
  }
}

/// When each transfer ends, if together they have at most `capacity`. Rates are constant between
/// one start or end and the next.
std::vector<double> ends_of(const std::vector<transfer>& all, double capacity) {
  std::vector<double> ends(all.size());
  std::transform(all.begin(), all.end(), ends.begin(), alone);
  const auto together = std::accumulate(all.begin(), all.end(), 0.0,
                                        [](double sum, const transfer& t) { return sum + t.rate; });
  if (together <= capacity) return ends;

  std::vector<std::size_t> coming(all.size()), active;
  std::iota(coming.begin(), coming.end(), 0u);
  std::stable_sort(coming.begin(), coming.end(),
                   [&](auto a, auto b) { return all[a].begins > all[b].begins; });
  std::vector<double> left(all.size()), rates(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) left[i] = all[i].bits;
  double now = 0.0;
  while (!coming.empty() || !active.empty()) {
    share(capacity, all, active, rates);
    double next = coming.empty() ? no_rate_limit : all[coming.back()].begins;
    for (const auto i : active) next = std::min(next, now + left[i] / rates[i]);
    std::erase_if(active, [&](auto i) {
      // The same division as above decides, so that the transfer that sets the moment ends at it.
      if (now + left[i] / rates[i] <= next) {
        ends[i] = next;
        return true;
      }
      left[i] -= rates[i] * (next - now);
      return false;
    });
    now = next;
    for (; !coming.empty() && all[coming.back()].begins <= now; coming.pop_back()) {
      const auto i = coming.back();
      if (left[i] == 0.0) continue;
      active.insert(std::upper_bound(active.begin(), active.end(), i,
                                     [&](auto a, auto b) { return all[a].rate < all[b].rate; }),
                    i);
    }
  }
  return ends;
}

}  // namespace

virtual_seconds round_time(std::span<const link_load> devices, const server_link& server) {
  std::vector<transfer> transfers;
  for (const auto& one : devices)
    transfers.push_back({latencies_down * one.latency.count(),
                         8.0 * static_cast<double>(one.bytes_down), one.down});
  const auto downloaded = ends_of(transfers, server.out);
  transfers.clear();
  for (std::size_t i = 0; i < devices.size(); ++i) {
    const auto& one = devices[i];
    transfers.push_back({downloaded[i] + one.compute.count() + latencies_up * one.latency.count(),
                         8.0 * static_cast<double>(one.bytes_up), one.up});
  }
  const auto uploaded = ends_of(transfers, server.in);
  return virtual_seconds{uploaded.empty() ? 0.0
                                          : *std::max_element(uploaded.begin(), uploaded.end())};
}

}  // namespace verge
