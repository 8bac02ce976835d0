#include "verge/runtime/experiment.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <limits>
#include <system_error>
#include <thread>

#include "runtime/experiment/arms_section.hpp"
#include "runtime/experiment/key_reader.hpp"
#include "runtime/experiment/links_section.hpp"
#include "runtime/experiment/overrides.hpp"
#include "runtime/experiment/problem_list.hpp"
#include "runtime/experiment/sweep_section.hpp"
#include "runtime/experiment/words.hpp"
#include "runtime/files/toml_text.hpp"
#include "verge/messages/errors.hpp"
#include "verge/model/partition_rule.hpp"
#include "verge/model/picture_files.hpp"
#include "verge/model/torch_device.hpp"

// An experiment file is read in three steps: parse it, put the overrides in, then read one section
// after another. A wrong key keeps its default, so that every section is read and every problem is
// found.

namespace verge {
namespace {

constexpr std::uint64_t most_devices = 10'000'000;
constexpr std::uint64_t most_threads = 1024;
constexpr std::uint64_t most_samples = 1'000'000'000;
constexpr std::uint64_t most_padding = 16;
constexpr std::uint64_t most_seed = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t most_seeds = 100;
constexpr std::size_t most_trainings = 1000;

std::string content_of(const std::filesystem::path& file) {
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored)) {
    throw bad_input(fmt::format("{}: is a directory, expected an experiment file", file.string()));
  }
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  std::string content{std::istreambuf_iterator<char>(in), {}};
  if (!in.is_open() || in.bad()) {
    throw bad_input(fmt::format("{}: cannot be read: {}", file.string(),
                                std::generic_category().message(errno)));
  }
  return content;
}

toml::table parsed(const std::filesystem::path& file) {
  const std::string content = content_of(file);
  try {
    return toml::parse(content, file.string());
  } catch (const toml::parse_error& error) {
    throw bad_input(fmt::format("{}:{}:{}: {}", file.string(), error.source().begin.line,
                                error.source().begin.column, error.description()));
  }
}

void read_torch_device(key_reader& keys, std::string& device) {
  if (!keys.text("torch_device", device)) return;
  try {
    check_torch_device_text(device);
  } catch (const bad_input& e) {
    const std::string_view words = e.what();
    constexpr std::string_view expected = ": expected ";
    keys.wrong("torch_device", std::string{words.substr(words.find(expected) + expected.size())});
  }
}

/// Reports the files of the data set that `directory`, which must exist, lacks.
void report_missing_files(key_reader& keys, const std::string& name,
                          const std::filesystem::path& directory) {
  std::string missing;
  for (const auto& file : missing_files(name, directory))
    missing += (missing.empty() ? "" : ", ") + file.string();
  if (missing.empty()) return;
  keys.wrong("path",
             fmt::format("the directory with the files of {}, there is no {}", name, missing));
}

/// The data's directory: the given one, or that of the data set's package. Reports a missing
/// directory and missing files.
std::filesystem::path data_directory(key_reader& keys, const std::string& name,
                                     const std::filesystem::path& experiment_file) {
  std::string given;
  if (!keys.text("path", given)) return {};
  if (given.empty()) {
    const std::filesystem::path packaged = packaged_directory(name);
    if (packaged.empty()) {
      keys.wrong("path", fmt::format("the directory with the files of {}", name));
    } else if (!std::filesystem::is_directory(packaged)) {
      keys.wrong("path",
                 fmt::format("the directory with the files of {}, which is not in its usual "
                             "place {} (Debian package dataset-{})",
                             name, packaged.string(), name));
    } else {
      report_missing_files(keys, name, packaged);
    }
    return packaged;
  }
  const auto path = keys.resolved_path("path", given, experiment_file);
  std::error_code ignored;
  if (!std::filesystem::is_directory(path, ignored)) {
    keys.wrong("path",
               fmt::format("an existing directory, {} {}",
                           std::filesystem::exists(path, ignored) ? "which is not" : "there is no",
                           path.string()));
  } else {
    report_missing_files(keys, name, path);
  }
  return path;
}

void read_data(key_reader keys, const std::filesystem::path& file, data_options& data) {
  const auto data_names = data_set_names();
  keys.require("name", listed(data_names));
  keys.one_of("name", data.name, data_names);
  keys.whole("train_samples", data.train_samples, 0, most_samples);
  keys.whole("test_samples", data.test_samples, 0, most_samples);
  keys.whole("calibration_samples", data.calibration_samples, 0, most_samples);
  keys.flag("flip", data.augment.flip);
  keys.whole("crop_padding", data.augment.crop_padding, 0, most_padding);
  for (const char* key : {"path", "mean", "deviation"}) keys.given(key);
  // Without a valid name these keys cannot be checked.
  if (!data.name.empty()) {
    data.path = data_directory(keys, data.name, file);
    data.constants = published_standardisation(data.name);
    const std::size_t channels = data.constants.mean.size();
    constexpr number_range any{-no_limit, true, no_limit, true, "numbers"};
    constexpr number_range positive{0, false, no_limit, true, "numbers above 0"};
    if (keys.given("mean")) keys.require("deviation", "it together with data.mean");
    if (keys.given("deviation")) keys.require("mean", "it together with data.deviation");
    keys.numbers("mean", data.constants.mean, channels, any);
    keys.numbers("deviation", data.constants.deviation, channels, positive);
  }
  keys.report_unknown_keys();
}

void read_model(key_reader keys, network_options& model) {
  keys.require("name", listed(network_names()));
  keys.one_of("name", model.name, network_names());
  keys.one_of("norm", model.norm, norm_words);
  keys.one_of("dtype", model.type, scalar_words);
  keys.report_unknown_keys();
}

void read_partition(key_reader& keys, std::string& partition) {
  const auto before = partition;
  if (!keys.text("partition", partition)) return;
  try {
    read_partition_rule(partition);
  } catch (const bad_input& e) {
    keys.wrong("partition", fmt::format("a partition ({})", e.what()));
    partition = before;
  }
}

/// Returns the upper limit of a cohort: the number of devices, or most_devices where that number is
/// wrong itself.
std::uint32_t read_devices(key_reader keys, device_options& devices) {
  std::uint32_t count = 0;
  keys.whole("count", count, 1, most_devices);
  read_partition(keys, devices.partition);
  keys.report_unknown_keys();
  if (count > 0) devices.count = count;
  return keys.given("count") && count == 0 ? most_devices : devices.count;
}

void read_seeds(key_reader& root, experiment& result) {
  root.whole("seed", result.seed, 0, most_seed);
  std::vector<std::uint64_t> seeds;
  root.different_wholes("seeds", seeds, most_seed, most_seeds);
  if (root.given("seed") && root.given("seeds"))
    root.wrong("seeds", "either seed or seeds, not both");
  if (seeds.empty()) return;
  result.seed = seeds.front();
  result.further_seeds.assign(seeds.begin() + 1, seeds.end());
}

void limit_trainings(key_reader& root, const experiment& result) {
  const auto seeds = 1 + result.further_seeds.size();
  const auto trainings = seeds * std::max(result.arms.size(), result.tries.size());
  if (!result.repeats() || trainings <= most_trainings) return;
  root.wrong(
      result.sweep.empty() ? "seeds" : "sweep",
      fmt::format("at most {} trainings of all seeds, values and arms together, these are {}",
                  most_trainings, trainings));
}

}  // namespace

std::string_view name_of(strategy_kind strategy) {
  return word_of(strategy_words, strategy);
}

std::string norm_text(const arm_options& arm) {
  const std::string norm{word_of(norm_words, arm.norm)};
  if (arm.norm != norm_kind::batch) return norm;
  return fmt::format("{}({})", norm, word_of(batch_norm_words, arm.batch_norm));
}

std::uint32_t default_threads(const std::string& torch_device) {
  constexpr std::uint64_t most_on_a_gpu = 4;
  const auto most = torch_device == "cpu" ? most_threads : most_on_a_gpu;
  return static_cast<std::uint32_t>(
      std::clamp<std::uint64_t>(std::thread::hardware_concurrency(), 1, most));
}

experiment read_experiment(const std::filesystem::path& file,
                           const std::vector<std::string>& overrides) {
  toml::table table = parsed(file);
  problem_list problems(file);
  apply_overrides(table, overrides, problems);

  experiment result;
  key_reader root(table, "", {}, problems);
  root.require("name", "the experiment's name");
  root.file_name("name", result.name);
  read_seeds(root, result);
  read_torch_device(root, result.torch_device);
  result.threads = default_threads(result.torch_device);
  root.whole("threads", result.threads, 1, most_threads);
  root.number("target_accuracy", result.target_accuracy, share_above_zero);
  read_data(root.section("data"), file, result.data);
  read_model(root.section("model"), result.model);
  const std::uint32_t largest_cohort = read_devices(root.section("devices"), result.devices);
  if (root.given("links")) read_links(root.section("links"), file, result.links.emplace());
  const auto sweep = read_sweep(root, table);
  result.sweep = sweep.keys;
  read_arms(root, table, largest_cohort, sweep, result, problems);
  limit_trainings(root, result);
  root.report_unknown_keys();
  problems.throw_if_any();
  return result;
}

}  // namespace verge
