#pragma once

#include <caf/allowed_unsafe_message_type.hpp>
#include <cstdint>
#include <string>

#include "messages/round_messages.hpp"

namespace verge {

/// Device to its listener: what has happened to it.
struct device_news {
  enum class kind : std::uint8_t { joined, not_taken, asked, gave_up, outcome, run_over };

  kind what = kind::joined;
  round_id round;
  update_fate fate = update_fate::lost;
  /// The reason; empty for good news.
  std::string reason;
  /// Only for run_over: the run may be resumed.
  bool is_unfinished = false;
};

}  // namespace verge

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::device_news)
