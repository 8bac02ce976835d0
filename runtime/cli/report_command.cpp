#include <fmt/format.h>

#include "runtime/cli/command.hpp"
#include "runtime/cli/standard_output.hpp"
#include "verge/runtime/report.hpp"

namespace verge::cli {

namespace {

struct report_arguments {
  std::vector<std::filesystem::path> directories;
  report_options options;
  std::string figures;
};

const std::map<std::string, figure_format> formats{
    {"svg", figure_format::svg}, {"png", figure_format::png}, {"pdf", figure_format::pdf}};

}  // namespace

command add_report(CLI::App& program) {
  const auto given = std::make_shared<report_arguments>();
  auto* app = program.add_subcommand(
      "report", "Draw the report of a run again, or one report of several runs");
  app->add_option("directory", given->directories, "Run directories")->required();
  app->add_option(
      "--out", given->options.page,
      "The page, FILE.html (default: report.html in the run directory; of several runs, "
      "comparison.html in the working directory)");
  app->add_option("--figures", given->figures,
                  "Draw each figure as a file too, svg, png or pdf, into figures/ beside the page "
                  "(takes gnuplot)")
      ->check(CLI::IsMember({"svg", "png", "pdf"}));
  return {app, [given] {
            if (!given->figures.empty()) given->options.figures = formats.at(given->figures);
            const auto written = write_report(given->directories, given->options);
            print(fmt::format("report: {}\n", written[0].string()));
            if (written.size() > 1)
              print(fmt::format("figures: {}\n", written[1].parent_path().string()));
            return 0;
          }};
}

}  // namespace verge::cli
