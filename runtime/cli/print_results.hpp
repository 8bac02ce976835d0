#pragma once

#include <filesystem>

#include "verge/runtime/ledger.hpp"
#include "verge/runtime/node_options.hpp"

namespace verge::cli {

/// From now on the first Ctrl-C or SIGTERM ends the run after the open round.
void stop_after_the_round(log_format format = log_format::text);

/// Prints the table of results and the place of the report. Returns the exit status of the command,
/// whose run may have ended early.
int print_results(const run_summary& summary, const std::filesystem::path& directory,
                  log_format format = log_format::text);

}  // namespace verge::cli
