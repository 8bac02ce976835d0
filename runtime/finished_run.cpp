#include "finished_run.hpp"

#include <fmt/format.h>

#include <system_error>

#include "verge/messages/errors.hpp"

namespace verge {

void expect_finished_run(const std::filesystem::path& directory) {
  for (const char* file : {"run.toml", "ledger.jsonl", "summary.json"}) {
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(directory / file, ignored)) {
      throw bad_input(fmt::format(
          "{}: not a finished run directory: there is no {}; expected run.toml, ledger.jsonl and "
          "summary.json",
          directory.string(), file));
    }
  }
}

}  // namespace verge
