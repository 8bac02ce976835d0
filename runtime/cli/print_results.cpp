#include "runtime/cli/print_results.hpp"

#include <fmt/format.h>

#include <iostream>

#include "runtime/cli/command.hpp"
#include "runtime/cli/standard_output.hpp"
#include "runtime/results/summary_table.hpp"

namespace verge::cli {

void stop_after_the_round(log_format format) {
  stop_on_signals("\nverge: stopping after this round; once more ends it at once\n", format);
}

namespace {

/// Prints one line about the failed arms, if any. Returns the exit status.
int say_what_failed(const run_summary& summary) {
  std::vector<const arm_summary*> failed;
  for (const auto& arm : summary.arms)
    if (arm.status == arm_status::failed) failed.push_back(&arm);
  if (failed.empty()) return 0;
  if (failed.size() == 1) {
    std::cerr << fmt::format("verge: arm {} has failed: {}\n", failed[0]->name,
                             failed[0]->failure.value_or("it is not known why"));
    return 1;
  }
  std::string names;
  for (const auto* arm : failed) names += (names.empty() ? "" : ", ") + arm->name;
  std::cerr << fmt::format("verge: {} arms have failed: {}\n", failed.size(), names);
  return 1;
}

}  // namespace

int print_results(const run_summary& summary, const std::filesystem::path& directory,
                  log_format format) {
  print(fmt::format("{}\nreport: {}\n", summary_table(summary),
                    (directory / "report.html").string()));
  if (stop_requested() && format == log_format::text)
    std::cerr << "verge: stopped before the end; the run directory is whole\n";
  return say_what_failed(summary);
}

}  // namespace verge::cli
