#include "runtime/report/run_record.hpp"

#include <fmt/format.h>

#include <iterator>
#include <system_error>

#include "runtime/experiment/toml_file.hpp"
#include "runtime/results/run_so_far.hpp"
#include "verge/messages/errors.hpp"

namespace verge::report {
namespace {

namespace fs = std::filesystem;

/// A text, number or truth value as a text. Other kinds of values are not compared between arms.
std::optional<std::string> value_text(const toml::node& node) {
  if (const auto text = node.value_exact<std::string>()) return *text;
  if (const auto whole = node.value_exact<std::int64_t>()) return fmt::format("{}", *whole);
  if (const auto number = node.value_exact<double>()) return fmt::format("{:g}", *number);
  if (const auto truth = node.value_exact<bool>()) return *truth ? "true" : "false";
  return std::nullopt;
}

/// The keys of a section: "down = 27.33, up = 8.63, latency = 0.05".
std::string keys_in_words(const toml::table* section) {
  if (section == nullptr) return "none";
  std::string words;
  for (const auto& [key, value] : *section)
    if (const auto text = value_text(value))
      words += fmt::format("{}{} = {}", words.empty() ? "" : ", ", std::string(key.str()), *text);
  return words;
}

run_settings settings_of(const toml::table& file) {
  run_settings settings;
  settings.name = file["name"].value_or(std::string{});
  settings.data = file["data"]["name"].value_or(std::string{});
  settings.model = file["model"]["name"].value_or(std::string{});
  settings.norm = file["model"]["norm"].value_or(std::string{});
  settings.partition = file["devices"]["partition"].value_or(std::string{});
  settings.train_samples = file["data"]["train_samples"].value_or<std::int64_t>(0);
  settings.calibration_samples = file["data"]["calibration_samples"].value_or<std::int64_t>(0);
  settings.test_samples = file["data"]["test_samples"].value_or<std::int64_t>(0);
  settings.devices = file["devices"]["count"].value_or<std::int64_t>(0);
  settings.links = keys_in_words(file["links"].as_table());
  const auto* arms = file["arm"].as_array();
  if (arms == nullptr) return settings;
  for (const auto& node : *arms) {
    const auto* arm = node.as_table();
    if (arm == nullptr) continue;
    auto& keys = settings.arms[(*arm)["name"].value_or(std::string{})];
    for (const auto& [key, value] : *arm)
      if (auto text = value_text(value)) keys[std::string(key.str())] = std::move(*text);
  }
  return settings;
}

std::optional<partition_table> partition_of(const fs::path& run_directory) {
  const auto file = run_directory / partition_table_name;
  std::error_code ignored;
  if (!fs::exists(file, ignored)) return std::nullopt;
  return read_partition_table(file);
}

fs::path absolute_path(const fs::path& directory) {
  std::error_code failed;
  auto path = fs::weakly_canonical(directory, failed);
  return failed ? directory.lexically_normal() : path;
}

void expect_each_once(const std::vector<fs::path>& directories) {
  for (std::size_t i = 0; i < directories.size(); ++i)
    for (std::size_t k = 0; k < i; ++k)
      if (absolute_path(directories[i]) == absolute_path(directories[k]))
        throw bad_input(fmt::format("{}: is the same run directory as {}; expected each run once",
                                    directories[i].string(), directories[k].string()));
}

/// The last `count` folders of a path, or all of it.
std::string last_folders(const fs::path& path, std::size_t count) {
  const auto folders = static_cast<std::size_t>(std::distance(path.begin(), path.end()));
  fs::path last;
  for (auto part = std::next(path.begin(), count < folders ? folders - count : 0);
       part != path.end(); ++part)
    last /= *part;
  return last.string();
}

void label(std::vector<run_record>& runs) {
  std::map<std::string, std::vector<run_record*>> by_name;
  for (auto& run : runs) {
    run.label = run.settings.name.empty() ? "run" : run.settings.name;
    by_name[run.label].push_back(&run);
  }
  for (auto& [name, same] : by_name) {
    if (same.size() == 1) continue;
    std::map<std::string, run_record*> places;
    for (std::size_t count = 1; places.size() < same.size(); ++count) {
      places.clear();
      for (auto* run : same) places[last_folders(absolute_path(run->directory), count)] = run;
    }
    for (auto& [place, run] : places) run->label = fmt::format("{} ({})", name, place);
  }
}

}  // namespace

run_record read_run(const fs::path& directory) {
  auto so_far = read_run_so_far(directory);
  run_record run;
  run.directory = directory;
  run.run_toml = std::move(so_far.settings);
  run.settings = settings_of(parse_toml(run.run_toml, directory / "run.toml"));
  run.ledger = std::move(so_far.ledger);
  run.summary = std::move(so_far.summary);
  run.partition = partition_of(directory);
  return run;
}

std::vector<run_record> read_runs(const std::vector<fs::path>& directories) {
  expect_each_once(directories);
  std::vector<run_record> runs;
  for (const auto& directory : directories) runs.push_back(read_run(directory));
  if (runs.size() > 1) label(runs);
  return runs;
}

}  // namespace verge::report
