#include "results.hpp"

#include <fmt/format.h>

#include <iostream>

#include "command.hpp"
#include "verge/runtime/summary_table.hpp"

namespace verge::cli {

void stop_after_the_round(log_format format) {
  stop_on_signals("\nverge: stopping after this round; once more ends it at once\n", format);
}

int print_results(const run_summary& summary, const std::filesystem::path& directory,
                  log_format format) {
  std::cout << summary_table(summary)
            << fmt::format("\nreport: {}\n", (directory / "report.html").string());
  if (stop_requested() && format == log_format::text)
    std::cerr << "verge: stopped before the end; the run directory is whole\n";
  return 0;
}

}  // namespace verge::cli
