#include <iostream>

#include "command.hpp"
#include "verge/runtime/report.hpp"

namespace verge::cli {

namespace {

struct report_arguments {
  std::vector<std::filesystem::path> directories;
  std::filesystem::path page;
};

}  // namespace

command add_report(CLI::App& program) {
  const auto given = std::make_shared<report_arguments>();
  auto* app = program.add_subcommand(
      "report", "Draw the report of a run again, or one report of several runs");
  app->add_option("directory", given->directories, "Run directories")->required();
  app->add_option(
      "--out", given->page,
      "The page, FILE.html (default: report.html in the run directory; of several runs, "
      "comparison.html in the working directory)");
  return {app, [given] {
            std::cout << "report: " << write_report(given->directories, given->page).string()
                      << '\n';
            return 0;
          }};
}

}  // namespace verge::cli
