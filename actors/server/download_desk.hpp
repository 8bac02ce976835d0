#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "verge/messages/ids.hpp"

namespace verge {

/// Decides which devices may download in the open round. A limited number of devices download at
/// once, and the others wait in the order in which they came. That also lets the first devices
/// begin to train early. It is plain state without actors. Not thread-safe.
class download_desk {
public:
  /// Called once: with the reason why the download is refused, or with an empty text if it may
  /// proceed.
  using answer_function = std::function<void(const std::string& refused_because)>;

  /// `most_at_once`: devices that may download at the same time; >= 1.
  explicit download_desk(std::uint32_t most_at_once) : most_at_once_(most_at_once) {}

  /// A request of `device` for one block of a download of `blocks` blocks; a device may make
  /// `blocks` requests per round. `answer` is called now if the device is already downloading, if
  /// there is room or if the request is refused. Otherwise it is called when the device's turn
  /// comes or the round is over.
  void ask(device_id device, std::uint32_t blocks, answer_function answer);

  /// `device` has ended its download.
  void leave(device_id device);
  /// The connection of `device` has ended. On another one it may download again.
  void forget(device_id device);

  /// The round is over: no device downloads any more, and all waiting requests are refused.
  void clear();

private:
  void let_in();

  const std::uint32_t most_at_once_;
  std::set<device_id> under_way_;
  /// Waiting devices in the order of their turns. Their requests are in waiting_.
  std::deque<device_id> queue_;
  std::map<device_id, std::deque<answer_function>> waiting_;
  /// Requests in this round, by device.
  std::map<device_id, std::uint32_t> asked_for_;
};

}  // namespace verge
