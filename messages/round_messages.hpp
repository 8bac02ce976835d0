#pragma once

// The messages of a round as C++ values. round.capnp says, once, what each field means on the wire,
// who sends it and when. The C++ types have the same names.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "messages/sealed.hpp"
#include "verge/messages/ids.hpp"
#include "verge/messages/local_work.hpp"
#include "verge/messages/shared_bytes.hpp"

namespace verge {

/// Grows by one when an old peer could misread the messages of a new one. A mismatch is refused at
/// join.
inline constexpr std::uint32_t protocol_version = 3;

/// The most model_requests of one device that may be unanswered at a time.
inline constexpr std::uint32_t most_blocks_asked_for = 2;

struct join {
  std::uint32_t protocol = protocol_version;
  /// manifest::hash() of the model that the device is set up for; 32 bytes.
  std::string manifest_hash;
  device_id device;
  std::uint64_t samples = 0;
  /// Names of the codec stages the device knows.
  std::vector<std::string> codecs;
};

struct welcome {
  /// Empty: the device is a member. Otherwise the reason why it is not.
  std::string refused_because;
  /// The last round in which an update of the device was used; 0 = none.
  round_id last_used = {};
};

/// The longest deadline of a round: one year.
constexpr std::chrono::milliseconds longest_deadline = std::chrono::hours{24 * 365};

struct open_round {
  round_id round;
  model_version version;
  local_work work;
  /// Time from receipt. An update that is complete later is late.
  std::chrono::milliseconds deadline{};
};

struct model_request {
  round_id round;
  device_id device;
  model_version version;
  block_index block;
  /// The version that the device holds, so that the steps from there may be enough; unset = none.
  std::optional<model_version> holds = {};
};

struct model_block {
  model_version version;
  block_index block;
  std::int64_t batches_tracked = 0;
  /// Not empty: the reason why the server does not send this block. There is no payload then.
  std::string refused_because;
  std::string codec;
  shared_bytes payload;
  /// Number of blocks in the download; 0 = that of the whole model.
  std::uint32_t blocks = 0;
};

struct download_ended {
  round_id round;
  device_id device;
};

struct upload_request {
  round_id round;
  device_id device;
  std::uint64_t samples = 0;
  std::uint32_t steps = 0;
  double loss = 0.0;
  std::uint32_t blocks = 0;
  std::uint64_t bytes = 0;
  /// Compute time of the work behind the update; 0 = not measured.
  std::chrono::duration<double> compute{};
};

struct upload_grant {
  round_id round;
  /// Empty: the device may send. Otherwise the reason why it may not.
  std::string refused_because;
};

struct update_block {
  round_id round;
  device_id device;
  block_index block;
  std::string codec;
  shared_bytes payload;
};

struct block_ack {
  round_id round;
  block_index block;
  /// With this block the update was complete and counts in the round's sum.
  bool counted = false;
  /// Not empty: the reason why the whole update is refused.
  std::string refused_because;
};

struct work_failed {
  round_id round;
  device_id device;
  std::string reason;
  /// The work was done, but no server would accept its update.
  bool unusable = false;
};

/// What became of a device's update.
enum class update_fate : std::uint8_t { used, late, lost, refused };

const char* to_string(update_fate fate);

struct round_outcome {
  round_id round;
  update_fate fate = update_fate::lost;
  /// Reason for every fate but `used`.
  std::string reason;
  /// The model's version after the round.
  model_version version;
};

#define VERGE_WIRE_FORMAT(type)                              \
  template <>                                                \
  struct wire_format<type> {                                 \
    static verge::frame encode(const type& value);           \
    static result<type> decode(const verge::frame& encoded); \
  }

VERGE_WIRE_FORMAT(join);
VERGE_WIRE_FORMAT(welcome);
VERGE_WIRE_FORMAT(open_round);
VERGE_WIRE_FORMAT(model_request);
VERGE_WIRE_FORMAT(model_block);
VERGE_WIRE_FORMAT(download_ended);
VERGE_WIRE_FORMAT(upload_request);
VERGE_WIRE_FORMAT(upload_grant);
VERGE_WIRE_FORMAT(update_block);
VERGE_WIRE_FORMAT(block_ack);
VERGE_WIRE_FORMAT(work_failed);
VERGE_WIRE_FORMAT(round_outcome);

#undef VERGE_WIRE_FORMAT

}  // namespace verge
