#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "actors/server/asked_device.hpp"
#include "messages/round_messages.hpp"
#include "verge/model/manifest.hpp"

namespace verge {

/// What an encoded update may look like.
struct upload_shape {
  std::uint64_t most_bytes = 0;
  /// Nothing: as many parts as its bytes make.
  std::optional<std::uint32_t> blocks;
};

/// The server's book of one round's uploads: who may send, what has come, what waits for room. Plain
/// state without actors; the reasons it gives are the sentences that devices are told.
class upload_desk {
public:
  /// Called once: with an empty text when the upload may begin, else with why it never will.
  using grant_function = std::function<void(const std::string& refused_because)>;

  struct upload {
    upload_request offer;
    std::vector<std::string> codecs;
    std::vector<shared_bytes> payloads;
    std::uint32_t missing = 0;
    /// Bytes of the payloads so far.
    std::uint64_t received = 0;
  };

  /// What the desk says to an offer or a block.
  struct verdict {
    /// Empty: taken. Else why not.
    std::string refused_because;
    /// The device's update of the open round is refused with it. Otherwise nothing has changed: what
    /// is stale, repeated or not granted does no harm to the update that the device did offer.
    bool ends_update = false;
  };

  upload_desk(upload_shape shape, std::uint64_t budget);

  void open(round_id round, const std::vector<asked_device>& cohort);
  /// No upload is taken from now on; what was incomplete is dropped.
  void close();

  bool is_open() const { return open_; }
  round_id round() const { return round_; }
  const asked_device& asked(device_id device) const { return asked_.at(device); }
  /// In the round that was opened last.
  bool was_asked(device_id device) const { return asked_.count(device) > 0; }
  std::uint64_t total_weight() const { return total_weight_; }

  /// Why nothing of `device` and `round` has a place here now; empty: it has. `what`: the device did.
  std::string why_not_now(round_id round, device_id device,
                          std::string_view what = "sent an update for") const;

  /// A device's first offer in the round decides. When it is taken, `grant` is called, now or when there
  /// is room or the round is closed.
  verdict offer(const upload_request& request, grant_function grant);

  /// Keeps a block of a granted upload. One that does not fit ends the upload, which is dropped.
  verdict take(update_block block);
  /// Whether `device`'s upload has all its blocks.
  bool complete(device_id device) const;
  /// Removes a complete upload; its bytes stay on the budget until release().
  upload remove(device_id device);
  /// Drops what the device has offered and not completed; it may make an offer again.
  void forget(device_id device);
  /// `bytes` of updates are no longer on their way in; waiting offers may be granted.
  void release(std::uint64_t bytes);

private:
  struct waiting {
    upload_request request;
    grant_function grant;
  };

  std::string why_unfit(const upload_request& request) const;
  std::string why_unfit(const upload& begun, const update_block& block) const;
  bool fits(std::uint64_t bytes) const { return in_flight_ == 0 || in_flight_ + bytes <= budget_; }
  void admit(const upload_request& request, const grant_function& grant);
  void grant_waiting();

  const upload_shape shape_;
  const std::uint64_t budget_;
  bool open_ = false;
  round_id round_;
  std::map<device_id, asked_device> asked_;
  std::uint64_t total_weight_ = 0;
  /// Devices that have made an offer in this round.
  std::set<device_id> seen_;
  std::map<device_id, upload> uploads_;
  std::deque<waiting> queue_;
  std::uint64_t in_flight_ = 0;
};

}  // namespace verge
