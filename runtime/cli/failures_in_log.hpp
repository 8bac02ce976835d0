#pragma once

#include "runtime/cli/exit_status.hpp"
#include "runtime/node/node_log.hpp"

namespace verge::cli {

/// Runs `work`. With a JSON log, a program that reads the log must meet only JSON: an exception
/// becomes the last line of the log and an exit status. With a text log, the exception is passed on
/// to main().
template <class Work>
int with_failures_in_log(log_format format, Work work) {
  if (format == log_format::text) return work();
  // What the log has told already is not said again.
  return exit_status_of(work, [](const std::exception& e) {
    if (dynamic_cast<const told_failure*>(&e)) return;
    node_log{stderr, log_format::json, false}.say("failed", e.what(), {{"reason", e.what()}});
  });
}

}  // namespace verge::cli
