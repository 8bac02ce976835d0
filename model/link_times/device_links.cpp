#include "model/link_times/device_links.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "model/random/dirichlet_draws.hpp"
#include "verge/messages/errors.hpp"

namespace verge {

namespace {

/// In the streams of a device's draws, `b` is the round. 0 stands for draws that hold for the whole
/// run.
constexpr std::uint32_t whole_run = 0;

}  // namespace

device_links::device_links(std::uint64_t seed, const link_profile& median,
                           const link_spread& spread)
    : seed_(seed), profiles_{median}, spread_(spread) {}

device_links::device_links(std::uint64_t seed, std::vector<link_profile> trace)
    : seed_(seed), profiles_(std::move(trace)) {
  if (profiles_.empty()) throw bad_input("a link trace of no devices; expected at least one");
}

link_profile device_links::of(device_id device) const {
  auto profile = profiles_[device.value % profiles_.size()];
  if (spread_ == link_spread{}) return profile;
  gamma_source draws{random_stream{seed_, random_purpose::links, device.value, whole_run}};
  const double faster = std::exp(spread_.rates * draws.normal());
  profile.down *= faster;
  profile.up *= faster;
  profile.compute *= std::exp(spread_.compute * draws.normal());
  return profile;
}

bool device_links::drops_out(round_id round, device_id device) const {
  const double chance = profiles_[device.value % profiles_.size()].dropout;
  if (chance == 0.0) return false;
  return random_stream{seed_, random_purpose::links, device.value, round.value}.unit(0) < chance;
}

bool device_links::any_drops_out() const {
  return std::any_of(profiles_.begin(), profiles_.end(),
                     [](const link_profile& one) { return one.dropout > 0.0; });
}

}  // namespace verge
