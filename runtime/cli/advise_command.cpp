#include <fmt/format.h>

#include "runtime/cli/command.hpp"
#include "runtime/cli/standard_output.hpp"
#include "verge/runtime/advice.hpp"

namespace verge::cli {

namespace {

struct advise_arguments {
  std::filesystem::path directory;
  double down = 0.0;
  double up = 0.0;
  double latency = usual_latency;
};

}  // namespace

command add_advise(CLI::App& program) {
  const auto given = std::make_shared<advise_arguments>();
  auto* app = program.add_subcommand(
      "advise", "Which arm of a run is the first at its target, over which link");
  app->add_option("directory", given->directory, "Run directory")->required();
  const auto rates = CLI::Range(0.001, 1e9);
  auto* down =
      app->add_option("--down", given->down, "A link to look at: Mbit/s to a device")->check(rates);
  auto* up = app->add_option("--up", given->up, "Mbit/s from a device")->check(rates);
  down->needs(up);
  up->needs(down);
  app->add_option("--latency", given->latency, "Seconds one way, of all links")
      ->check(CLI::Range(0.0, 86400.0))
      ->capture_default_str();
  return {app, [given] {
            std::vector<known_link> more;
            if (given->up > 0.0)
              more.push_back(
                  {fmt::format("{:.4g}/{:.4g}", given->down, given->up), given->down, given->up});
            print(advice_on(given->directory, more, given->latency));
            return 0;
          }};
}

}  // namespace verge::cli
