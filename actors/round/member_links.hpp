#pragma once

#include <caf/all.hpp>
#include <map>
#include <vector>

#include "actors/device/device_host.hpp"

namespace verge {

/// A device has a new actor each time it connects, and while it is away the coordinator has to know
/// how long to wait for it and what it has not been told. This class keeps, by device number, the
/// actor of the present connection, the time until which a device without one may come back, and
/// the last round that used its update. It is plain state without a clock. Not thread-safe.
class member_links {
public:
  using time_point = caf::actor_clock::time_point;

  /// `remembers`: keep the last round that used a device's update, to tell members that come back.
  member_links(std::uint32_t devices, bool remembers)
      : handles_(devices), used_in_(remembers ? devices : 0) {}

  /// Null if the device has no connection.
  const device_actor& operator[](device_id device) const { return handles_[device.value]; }

  void joined(device_id device, const device_actor& handle) {
    handles_[device.value] = handle;
    away_.erase(device);
  }
  /// Ends the connection of `who`. Returns false if the device has another connection by now, or
  /// had none.
  bool ended(device_id device, const caf::actor_addr& who) {
    auto& handle = handles_[device.value];
    if (!handle || handle.address() != who) return false;
    handle = device_actor{};
    return true;
  }

  void wait_for(device_id device, time_point until) { away_[device] = until; }
  /// Returns true once, if the device has not come back in time. Returns false for the timer of an
  /// earlier absence, after which the device came back and left again.
  bool is_gone(device_id device, time_point now) {
    const auto found = away_.find(device);
    if (found == away_.end() || now < found->second) return false;
    away_.erase(found);
    return true;
  }
  std::vector<device_id> away() const {
    std::vector<device_id> devices;
    for (const auto& [device, until] : away_) devices.push_back(device);
    return devices;
  }

  round_id last_used(device_id device) const {
    return used_in_.empty() ? round_id{} : used_in_[device.value];
  }
  void used(device_id device, round_id round) {
    if (!used_in_.empty()) used_in_[device.value] = round;
  }
  const std::vector<round_id>& used_in() const { return used_in_; }
  void resume(std::vector<round_id> used_in) {
    used_in.resize(used_in_.size());
    used_in_ = std::move(used_in);
  }

private:
  std::vector<device_actor> handles_;
  std::map<device_id, time_point> away_;
  std::vector<round_id> used_in_;
};

}  // namespace verge
