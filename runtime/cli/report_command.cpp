#include <iostream>

#include "command.hpp"
#include "verge/runtime/report.hpp"

namespace verge::cli {

command add_report(CLI::App& program) {
  const auto directories = std::make_shared<std::vector<std::filesystem::path>>();
  auto* app = program.add_subcommand("report", "Draw the report of run directories again");
  app->add_option("directory", *directories, "Run directory")->required();
  return {app, [directories] {
            for (const auto& directory : *directories) {
              write_report(directory);
              std::cout << "report: " << (directory / "report.html").string() << '\n';
            }
            return 0;
          }};
}

}  // namespace verge::cli
