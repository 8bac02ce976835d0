#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "verge/messages/ids.hpp"
#include "verge/model/round_time.hpp"

namespace verge {

/// The properties of one device's link and processor.
struct link_profile {
  /// Rates to and from the device, in bits per second.
  double down = no_rate_limit;
  double up = no_rate_limit;
  /// Latency of one way.
  virtual_seconds latency{};
  /// Factor by which its computation takes longer.
  double compute = 1.0;
  /// Probability of dropping out of a round in which the device is asked.
  double dropout = 0.0;

  friend bool operator==(const link_profile&, const link_profile&) = default;
};

/// How the profiles of many devices scatter around one.
struct link_spread {
  /// Standard deviations of the logarithms of a device's rates and of its compute time. Each is
  /// multiplied by exp(spread * z) with z standard normal, so the profile is the median. Both rates
  /// of a device share one z.
  double rates = 0.0;
  double compute = 0.0;

  friend bool operator==(const link_spread&, const link_spread&) = default;
};

/// Maps each device to its link. Immutable, a pure function of the constructor's arguments;
/// thread-safe.
class device_links {
public:
  /// The links scatter around one profile.
  device_links(std::uint64_t seed, const link_profile& median, const link_spread& spread = {});
  /// Device i has the i-th profile. Beyond the last profile the list starts again. Throws bad_input
  /// where it is empty.
  device_links(std::uint64_t seed, std::vector<link_profile> trace);

  link_profile of(device_id device) const;
  /// Number of rows in the trace; 1 where links scatter around one profile.
  std::size_t profiles() const { return profiles_.size(); }
  /// Whether the device drops out of that round.
  bool drops_out(round_id round, device_id device) const;
  /// Whether any device may drop out.
  bool any_drops_out() const;

private:
  std::uint64_t seed_;
  std::vector<link_profile> profiles_;
  link_spread spread_;
};

}  // namespace verge
