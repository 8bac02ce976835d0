#include "runtime/results/run_so_far.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>

#include "runtime/experiment/toml_file.hpp"
#include "runtime/experiment/trial.hpp"
#include "runtime/files/toml_text.hpp"
#include "runtime/results/trial_summary.hpp"
#include "verge/messages/errors.hpp"

namespace verge {

namespace {

namespace fs = std::filesystem;

bool is_there(const fs::path& file) {
  std::error_code ignored;
  return fs::is_regular_file(file, ignored);
}

std::string text_of(const fs::path& file) {
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>{in}, {});
  if (!in.is_open() || in.bad())
    throw bad_input(fmt::format("{}: cannot be read: {}", file.string(),
                                std::generic_category().message(errno)));
  return text;
}

void expect_run(const fs::path& directory) {
  for (const char* file : {"run.toml", "ledger.jsonl"})
    if (!is_there(directory / file))
      throw bad_input(
          fmt::format("{}: not a run directory: there is no {}; expected run.toml and ledger.jsonl",
                      directory.string(), file));
}

std::string word(const toml::table& table, std::string_view key, const char* otherwise) {
  return table[key].value_or(std::string(otherwise));
}

/// norm_text() of an arm in run.toml.
std::string norm_of(const toml::table& arm) {
  const auto norm = word(arm, "norm", "");
  return norm == "batch" ? fmt::format("{}({})", norm, word(arm, "batch_norm", "pooled")) : norm;
}

/// The summary of an arm that summary.json lacks. Its keys are read leniently, because the settings
/// may be of another version.
arm_summary unfinished_arm(const toml::table& settings, const toml::table& arm,
                           const std::vector<ledger_line>& ledger,
                           const std::optional<double>& target) {
  arm_summary summary;
  summary.name = word(arm, "name", "");
  summary.strategy = word(arm, "strategy", "");
  summary.norm = norm_of(arm);
  summary.codec_up = word(arm, "codec_up", "none");
  summary.codec_down = word(arm, "codec_down", "model");
  summary.devices = summary.strategy == name_of(strategy_kind::centralized)
                        ? 1
                        : settings["devices"]["count"].value_or(std::uint32_t{0});
  summary.status = arm_status::unfinished;
  sum_up(summary, ledger, target);
  return summary;
}

/// The first fields of a summary that does not exist yet.
run_summary begun_summary(const toml::table& settings) {
  run_summary summary;
  summary.seed = settings["seed"].value_or(settings["seeds"][0].value_or(std::uint64_t{0}));
  const auto target = settings["target_accuracy"].value_or(0.0);
  if (target > 0.0) summary.target_accuracy = target;
  return summary;
}

/// All arms in the order of run.toml, then those that run.toml lacks.
std::vector<arm_summary> all_arms(std::vector<arm_summary> ended, const toml::table& settings,
                                  const std::vector<ledger_line>& ledger,
                                  const std::optional<double>& target) {
  std::vector<arm_summary> all;
  if (const auto* arms = settings["arm"].as_array()) {
    for (const auto& node : *arms) {
      const auto* arm = node.as_table();
      if (arm == nullptr) continue;
      const auto found = std::find_if(ended.begin(), ended.end(), [&](const auto& one) {
        return one.name == word(*arm, "name", "");
      });
      if (found == ended.end()) {
        all.push_back(unfinished_arm(settings, *arm, ledger, target));
      } else {
        all.push_back(std::move(*found));
        ended.erase(found);
      }
    }
  }
  std::move(ended.begin(), ended.end(), std::back_inserter(all));
  return all;
}

bool repeats(const toml::table& settings) {
  return settings.contains("seeds") || settings.contains("sweep");
}

/// The values that a training tries, taken from another training with the same values, or else from
/// the part of its name after the seed.
tried_values tried_by(const std::string& name, const std::vector<arm_summary>& others) {
  const auto choice_in = [](const std::string& one) {
    const auto comma = one.find(',');
    return comma == one.npos ? std::string{} : one.substr(comma + 1);
  };
  const auto choice = choice_in(name);
  if (choice.empty()) return {};
  for (const auto& other : others)
    if (choice_in(other.name) == choice) return other.tried;
  return {{"sweep", toml_quoted(choice)}};
}

/// The unfinished trainings that have lines in the ledger, for settings that cannot be read here
/// (because the data is elsewhere).
std::vector<arm_summary> unfinished_trainings_in(const std::vector<ledger_line>& ledger,
                                                 const std::vector<arm_summary>& ended,
                                                 const std::optional<double>& target) {
  std::vector<arm_summary> found;
  const auto is_called = [](const std::string& name) {
    return [&name](const arm_summary& one) { return one.name == name; };
  };
  for (const auto& line : ledger) {
    if (std::any_of(ended.begin(), ended.end(), is_called(line.arm)) ||
        std::any_of(found.begin(), found.end(), is_called(line.arm)))
      continue;
    auto& one = found.emplace_back();
    one.name = line.arm;
    one.arm = line.arm.substr(0, line.arm.find('@'));
    one.seed = line.seed;
    one.tried = tried_by(one.name, ended);
    one.norm = line.norm;
    one.status = arm_status::unfinished;
    sum_up(one, ledger, target);
  }
  return found;
}

/// All trainings, in the order in which they run, of arms that are trained more than once.
std::vector<arm_summary> all_trainings(std::vector<arm_summary> ended, const fs::path& settings,
                                       const std::vector<ledger_line>& ledger,
                                       const std::optional<double>& target) {
  try {
    const auto what = read_experiment(settings);
    std::vector<arm_summary> all;
    for (const auto& training : trials_of(what)) {
      const auto& arm = training.options;
      const auto known = std::find_if(ended.begin(), ended.end(),
                                      [&](const auto& one) { return one.name == arm.name; });
      if (known != ended.end()) {
        all.push_back(*known);
        continue;
      }
      const bool centralized = arm.strategy == strategy_kind::centralized;
      auto& one = all.emplace_back(
          summarise(training, centralized ? 1 : what.devices.count, ledger, target, ""));
      one.status = arm_status::unfinished;
    }
    return all;
  } catch (const bad_input&) {
    for (auto& one : unfinished_trainings_in(ledger, ended, target))
      ended.push_back(std::move(one));
    return ended;
  }
}

}  // namespace

run_so_far read_run_so_far(const fs::path& directory) {
  expect_run(directory);
  const auto settings_file = directory / "run.toml";
  const auto summary_file = directory / "summary.json";
  run_so_far run;
  run.settings = text_of(settings_file);
  const auto settings = parse_toml(run.settings, settings_file);
  // Read before the ledger, so that the ledger has every line that the summary has counted.
  run.summary = is_there(summary_file) ? read_summary(summary_file) : begun_summary(settings);
  run.ledger = read_ledger(directory / "ledger.jsonl");
  auto ended = std::move(run.summary.arms);
  const auto& target = run.summary.target_accuracy;
  run.summary.arms = repeats(settings)
                         ? all_trainings(std::move(ended), settings_file, run.ledger, target)
                         : all_arms(std::move(ended), settings, run.ledger, target);
  if (!is_there(settings_file) || text_of(settings_file) != run.settings)
    throw bad_input(
        fmt::format("{}: another run has replaced this one while it was read", directory.string()));
  return run;
}

}  // namespace verge
