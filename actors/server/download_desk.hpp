#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "verge/messages/ids.hpp"

namespace verge {

/// Which devices may download in the open round: so many at once, the others in the order in which they came. One after
/// the other is also what lets the first ones begin to train early. Plain state without actors.
class download_desk {
public:
  /// Called once with why the download is refused, or with an empty text: go on.
  using answer_function = std::function<void(const std::string& refused_because)>;

  /// `most_at_once`: devices whose downloads are under way; >= 1.
  explicit download_desk(std::uint32_t most_at_once) : most_at_once_(most_at_once) {}

  /// A request of `device` for a block of a download of `blocks`, of which it may ask for so many in a round. `answer`
  /// is called now where it downloads already or there is room, otherwise when its turn comes or the round is over.
  void ask(device_id device, std::uint32_t blocks, answer_function answer);

  /// `device` has all that it wants.
  void leave(device_id device);
  /// Its connection has ended; on another one it may download again.
  void forget(device_id device);

  /// The round is over: nobody downloads, whoever waits is refused.
  void clear();

private:
  void let_in();

  const std::uint32_t most_at_once_;
  std::set<device_id> under_way_;
  /// In the order of their turns; what each has asked for is in waiting_.
  std::deque<device_id> queue_;
  std::map<device_id, std::deque<answer_function>> waiting_;
  /// Requests in this round, by device.
  std::map<device_id, std::uint32_t> asked_for_;
};

}  // namespace verge
