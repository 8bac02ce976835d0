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

/// The size that an encoded update may have.
struct upload_shape {
  std::uint64_t most_bytes = 0;
  /// Number of blocks. Unset: the number of parts into which its bytes are cut.
  std::optional<std::uint32_t> blocks;
};

/// The server's record of the uploads of one round: the devices that may send, the blocks that have
/// come, and the offers that wait for room. Its refusals are the sentences that devices are told.
/// It is plain state without actors. Not thread-safe.
class upload_desk {
public:
  /// Called once: with an empty text when the upload may begin, or with the reason why it never
  /// will.
  using grant_function = std::function<void(const std::string& refused_because)>;

  struct upload {
    upload_request offer;
    std::vector<std::string> codecs;
    std::vector<shared_bytes> payloads;
    std::uint32_t missing = 0;
    /// Bytes of the payloads so far.
    std::uint64_t received = 0;
  };

  /// The answer of the desk to an offer or a block.
  struct verdict {
    /// Why it is refused; empty if it is accepted.
    std::string refused_because;
    /// Whether the refusal ends the device's update of the open round. If not, nothing has changed:
    /// a stale, repeated or ungranted message does no harm to the update that the device did offer.
    bool ends_update = false;
  };

  upload_desk(upload_shape shape, std::uint64_t budget);

  void open(round_id round, const std::vector<asked_device>& cohort);
  /// Accepts no upload from now on and drops the incomplete ones.
  void close();

  bool is_open() const { return open_; }
  round_id round() const { return round_; }
  const asked_device& asked(device_id device) const { return asked_.at(device); }
  /// Whether the device was asked in the round that was opened last.
  bool was_asked(device_id device) const { return asked_.count(device) > 0; }
  std::uint64_t total_weight() const { return total_weight_; }

  /// Why a message of `device` for `round` is not accepted now; empty if it is. `what`: what the
  /// device did, for the sentence.
  std::string why_not_now(round_id round, device_id device,
                          std::string_view what = "sent an update for") const;

  /// Offers an upload; only the first offer of a device in the round counts. If it is accepted,
  /// `grant` is called: now, when there is room, or with a reason when the round is closed before
  /// that.
  verdict offer(const upload_request& request, grant_function grant);

  /// Keeps a block of a granted upload. A block that does not fit ends the upload, which is
  /// dropped.
  verdict take(update_block block);
  /// Whether `device`'s upload has all its blocks.
  bool complete(device_id device) const;
  /// Removes a complete upload. Its bytes stay on the budget until release().
  upload remove(device_id device);
  /// Drops the device's offer or incomplete upload. It may make an offer again.
  void forget(device_id device);
  /// `bytes` bytes of updates are no longer on their way in. Waiting offers may now be granted.
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
