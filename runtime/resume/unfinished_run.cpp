#include "runtime/resume/unfinished_run.hpp"

#include <fmt/format.h>

#include <sstream>

#include "runtime/files/toml_text.hpp"
#include "runtime/resume/checkpoint_file.hpp"
#include "verge/messages/errors.hpp"

namespace verge {

namespace {

namespace fs = std::filesystem;

/// The first line in which the texts differ; two empty texts if they are equal.
std::pair<std::string, std::string> first_difference(const std::string& left,
                                                     const std::string& right) {
  std::istringstream a{left}, b{right};
  for (std::string x, y;; x.clear(), y.clear()) {
    const bool more = static_cast<bool>(std::getline(a, x));
    if (!std::getline(b, y) && !more) return {};
    if (x != y) return {x, y};
  }
}

std::optional<run_summary> summary_of_ended_run(const fs::path& folder) {
  const auto file = folder / "summary.json";
  if (!fs::exists(file)) return {};
  auto summary = read_summary(file);
  for (const auto& arm : summary.arms)
    if (arm.status == arm_status::ended) return summary;
  return {};
}

/// Throws bad_input when the ledger has a round, which must have a checkpoint: a round's checkpoint
/// is written before the ledger has its line.
void check_no_round(const fs::path& folder) {
  const auto file = folder / "ledger.jsonl";
  if (!fs::exists(file)) return;
  if (const auto rounds = read_ledger(file).size(); rounds > 0)
    throw bad_input(
        fmt::format("{}: there is no checkpoint, though the ledger has {} rounds; expected the "
                    "file to go on from",
                    (folder / checkpoint_name).string(), rounds));
}

}  // namespace

void check_same_experiment(const fs::path& file, const experiment& resolved) {
  // Read with the path and torch_device of `resolved`, because the old ones may not exist here.
  auto begun = read_experiment(file, {"data.path=" + toml_quoted(resolved.data.path.string()),
                                      "torch_device=" + toml_quoted(resolved.torch_device)});
  begun.threads = resolved.threads;
  const auto [here, wanted] = first_difference(to_toml(begun), to_toml(resolved));
  if (here != wanted)
    throw bad_input(
        fmt::format("{}: is of another experiment: it says '{}', where '{}' is asked for",
                    file.string(), here, wanted));
}

bool has_begun(const fs::path& folder) {
  return fs::exists(folder / "run.toml");
}

unfinished_run open_unfinished_run(const fs::path& folder, const experiment& resolved,
                                   const manifest& layout) {
  if (!has_begun(folder))
    throw bad_input(fmt::format("{}: holds no run; expected the folder of a run of `verge server`",
                                folder.string()));
  check_same_experiment(folder / "run.toml", resolved);
  unfinished_run found{directory_lock{folder}, read_device_book(folder / device_book_name),
                       nullptr};
  const auto file = folder / checkpoint_name;
  // When a run ends, the checkpoint is removed last.
  if (fs::exists(file)) {
    found.checkpoint =
        std::make_shared<run_checkpoint>(read_checkpoint(file, found.book.run_id, layout));
  } else {
    found.over = summary_of_ended_run(folder);
    if (!found.over) check_no_round(folder);
  }
  return found;
}

}  // namespace verge
