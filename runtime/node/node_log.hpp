#pragma once

#include <cstdint>
#include <cstdio>
#include <initializer_list>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "verge/messages/errors.hpp"
#include "verge/runtime/node_options.hpp"

namespace verge {

/// The log of a server or a device, one line per event. A line is text for people, "14:02:11 device
/// 3 (till-7) has joined", or a JSON object with `time` (UTC), `event`, `text` and the event's own
/// fields. Thread-safe. A line that cannot be written is dropped, because that is not a reason to
/// end a run.
class node_log {
public:
  using value = std::variant<std::string, std::int64_t, std::uint64_t, double>;
  using fields = std::initializer_list<std::pair<std::string_view, value>>;

  /// `terminal`: a progress line may stand there, and is cleared first.
  node_log(std::FILE* out, log_format format, bool terminal)
      : out_(out), format_(format), terminal_(terminal) {}

  void say(std::string_view event, const std::string& text, fields more = {});

private:
  std::FILE* out_;
  log_format format_;
  bool terminal_;
  std::mutex mutex_;
};

/// A failure that is already in the log.
class told_failure : public run_failure {
public:
  using run_failure::run_failure;
};

}  // namespace verge
