#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "verge/messages/ids.hpp"
#include "verge/model/round_time.hpp"

namespace verge {

/// What one device's link and processor are like.
struct link_profile {
  /// Bits a second to and from the device.
  double down = no_rate_limit;
  double up = no_rate_limit;
  /// One way.
  virtual_seconds latency{};
  /// Its computation takes so many times as long.
  double compute = 1.0;
  /// Chance to drop out of a round that it is asked in.
  double dropout = 0.0;

  friend bool operator==(const link_profile&, const link_profile&) = default;
};

/// How the profiles of many devices scatter around one.
struct link_spread {
  /// Standard deviation of the logarithm of a device's rates, and of its computation's length: each is multiplied by
  /// exp(spread * z), z standard normal, so the profile is the median. One z a device for both of its rates.
  double rates = 0.0;
  double compute = 0.0;

  friend bool operator==(const link_spread&, const link_spread&) = default;
};

/// Who has which link. A pure function of what it was made of; thread-safe.
class device_links {
public:
  /// Around one profile.
  device_links(std::uint64_t seed, const link_profile& median, const link_spread& spread = {});
  /// Device i has the i-th, and beyond the last the list begins again. Throws bad_input where it is empty.
  device_links(std::uint64_t seed, std::vector<link_profile> trace);

  link_profile of(device_id device) const;
  /// Rows of the trace; 1 around one profile.
  std::size_t profiles() const { return profiles_.size(); }
  /// Whether the device is gone in that round.
  bool drops_out(round_id round, device_id device) const;
  /// Some device may.
  bool any_drops_out() const;

private:
  std::uint64_t seed_;
  std::vector<link_profile> profiles_;
  link_spread spread_;
};

}  // namespace verge
