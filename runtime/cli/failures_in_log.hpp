#pragma once

#include "runtime/node/node_log.hpp"

namespace verge::cli {

/// Runs `work`. With a JSON log, a program that reads the log must meet only JSON: an exception
/// becomes the last line of the log and an exit status. With a text log, the exception is passed on
/// to main().
template <class Work>
int with_failures_in_log(log_format format, Work work) {
  if (format == log_format::text) return work();
  const auto say = [](const std::exception& e) {
    node_log{stderr, log_format::json, false}.say("failed", e.what(), {{"reason", e.what()}});
  };
  try {
    return work();
  } catch (const told_failure&) {
    return 1;
  } catch (const bad_input& e) {
    say(e);
    return 2;
  } catch (const std::exception& e) {
    say(e);
    return 1;
  }
}

}  // namespace verge::cli
