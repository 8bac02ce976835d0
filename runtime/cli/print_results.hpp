#pragma once

#include <filesystem>

#include "verge/runtime/ledger.hpp"
#include "verge/runtime/node_options.hpp"

namespace verge::cli {

/// The first Ctrl-C or SIGTERM lets the open round end.
void stop_after_the_round(log_format format = log_format::text);

/// Prints the table and where the report is. The exit status of a command whose run has ended, also early.
int print_results(const run_summary& summary, const std::filesystem::path& directory,
                  log_format format = log_format::text);

}  // namespace verge::cli
