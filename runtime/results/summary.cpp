#include <fmt/format.h>

#include <algorithm>

#include "runtime/experiment/words.hpp"
#include "runtime/files/atomic_file.hpp"
#include "runtime/files/json_file.hpp"
#include "runtime/results/repeated.hpp"
#include "verge/messages/errors.hpp"
#include "verge/runtime/ledger.hpp"

namespace verge {
namespace {

constexpr word_table<arm_status, 4> status_words{{{"ended", arm_status::ended},
                                                  {"stopped", arm_status::stopped},
                                                  {"failed", arm_status::failed},
                                                  {"unfinished", arm_status::unfinished}}};

ordered_json text_or_null(const std::string& text) {
  return text.empty() ? ordered_json(nullptr) : ordered_json(text);
}

ordered_json to_json(const tried_values& tried) {
  auto values = ordered_json::object();
  for (const auto& [key, value] : tried) values[key] = ordered_json::parse(value, nullptr, false);
  return values;
}

tried_values tried_from_json(const ordered_json& json, const std::string& where) {
  if (!json.is_object()) throw bad_input(where + ": \"tried\": expected an object");
  tried_values tried;
  for (const auto& [key, value] : json.items()) tried.push_back({key, value.dump()});
  return tried;
}

ordered_json to_json(const arm_summary& arm) {
  return {{"name", arm.name},
          {"arm", arm.arm_name()},
          {"seed", arm.seed},
          {"tried", to_json(arm.tried)},
          {"strategy", arm.strategy},
          {"norm", arm.norm},
          {"codec_up", arm.codec_up},
          {"codec_down", arm.codec_down},
          {"devices", arm.devices},
          {"rounds", arm.rounds},
          {"epochs", json_number(arm.epochs)},
          {"final_accuracy", json_or_null(arm.final_accuracy)},
          {"best_accuracy", json_or_null(arm.best_accuracy)},
          {"rounds_to_target", json_or_null(arm.rounds_to_target)},
          {"epochs_to_target", json_or_null(arm.epochs_to_target)},
          {"bytes_up_to_target", json_or_null(arm.bytes_up_to_target)},
          {"bytes_down_to_target", json_or_null(arm.bytes_down_to_target)},
          {"bytes_up", arm.bytes_up},
          {"bytes_down", arm.bytes_down},
          {"virtual_seconds", json_or_null(arm.virtual_seconds)},
          {"virtual_seconds_to_target", json_or_null(arm.virtual_seconds_to_target)},
          {"wall_seconds", json_number(arm.wall_seconds)},
          {"accuracy_by_label", json_or_null(arm.accuracy_by_label)},
          {"accuracy_by_device", json_or_null(arm.accuracy_by_device)},
          {"model_sha256", text_or_null(arm.model_sha256)},
          {"stopped_early", arm.status == arm_status::stopped},
          {"status", name_of(arm.status)},
          {"failure", json_or_null(arm.failure)},
          {"rounds_abandoned", arm.rounds_abandoned},

          {"ended_by", json_or_null(arm.ended_by)}};
}

/// The status. Summaries of earlier versions only say whether the arm was stopped.
arm_status status_from_json(const json_fields& fields, const std::string& where) {
  bool stopped_early = false;
  fields.get("stopped_early", stopped_early);
  if (!fields.has("status")) return stopped_early ? arm_status::stopped : arm_status::ended;
  std::string word;
  fields.get("status", word);
  for (const auto& [name, status] : status_words)
    if (name == word) return status;
  throw bad_input(
      fmt::format("{}: \"status\" = \"{}\": expected one of ended, stopped, failed and unfinished",
                  where, word));
}

/// `seed`: the seed of an arm without one, as earlier versions wrote it.
arm_summary arm_from_json(const ordered_json& json, const std::string& where, std::uint64_t seed) {
  const json_fields fields(json, where);
  arm_summary arm;
  fields.get("name", arm.name);
  if (fields.has("arm")) fields.get("arm", arm.arm);
  if (arm.arm == arm.name) arm.arm.clear();
  arm.seed = seed;
  if (fields.has("seed")) fields.get("seed", arm.seed);
  if (fields.has("tried")) arm.tried = tried_from_json(fields.at("tried"), where);
  fields.get("strategy", arm.strategy);
  if (fields.has("norm")) fields.get("norm", arm.norm);
  fields.get("codec_up", arm.codec_up);
  fields.get("codec_down", arm.codec_down);
  fields.get("devices", arm.devices);
  fields.get("rounds", arm.rounds);
  fields.get("epochs", arm.epochs);
  fields.get("final_accuracy", arm.final_accuracy);
  fields.get("best_accuracy", arm.best_accuracy);
  fields.get("rounds_to_target", arm.rounds_to_target);
  fields.get("epochs_to_target", arm.epochs_to_target);
  fields.get("bytes_up_to_target", arm.bytes_up_to_target);
  fields.get("bytes_down_to_target", arm.bytes_down_to_target);
  fields.get("bytes_up", arm.bytes_up);
  fields.get("bytes_down", arm.bytes_down);
  if (fields.has("virtual_seconds")) fields.get("virtual_seconds", arm.virtual_seconds);
  fields.get("virtual_seconds_to_target", arm.virtual_seconds_to_target);
  fields.get("wall_seconds", arm.wall_seconds);
  std::optional<std::string> model_sha256;
  fields.get("model_sha256", model_sha256);
  arm.model_sha256 = model_sha256.value_or("");
  if (fields.has("accuracy_by_label")) {
    fields.get("accuracy_by_label", arm.accuracy_by_label);
    fields.get("accuracy_by_device", arm.accuracy_by_device);
  }
  arm.status = status_from_json(fields, where);
  if (fields.has("failure")) fields.get("failure", arm.failure);
  if (fields.has("rounds_abandoned")) fields.get("rounds_abandoned", arm.rounds_abandoned);
  if (fields.has("ended_by")) fields.get("ended_by", arm.ended_by);
  return arm;
}

}  // namespace

std::string_view name_of(arm_status status) {
  return word_of(status_words, status);
}

std::string_view remark_on(const arm_summary& arm) {
  switch (arm.status) {
    case arm_status::stopped:
      return "stopped early";
    case arm_status::failed:
      return "failed";
    case arm_status::unfinished:
      return arm.rounds == 0 ? "not begun" : "unfinished";
    case arm_status::ended:
      break;
  }
  return {};
}

bool any_unfinished(const std::vector<arm_summary>& arms) {
  return std::any_of(arms.begin(), arms.end(),
                     [](const auto& arm) { return arm.status == arm_status::unfinished; });
}

arm_summary summarise(const arm_options& arm, std::uint32_t devices,
                      const std::vector<ledger_line>& lines, std::optional<double> target,
                      std::string model_sha256) {
  arm_summary summary;
  summary.name = arm.name;
  summary.strategy = name_of(arm.strategy);
  summary.norm = norm_text(arm);
  summary.codec_up = arm.codec_up;
  summary.codec_down = arm.codec_down;
  summary.devices = devices;
  summary.model_sha256 = std::move(model_sha256);
  sum_up(summary, lines, target);
  return summary;
}

void sum_up(arm_summary& summary, const std::vector<ledger_line>& lines,
            std::optional<double> target) {
  for (const ledger_line& line : lines) {
    if (line.arm != summary.name) continue;
    const round_result& round = line.round;
    summary.rounds = round.round.value;
    if (round.used == 0) ++summary.rounds_abandoned;
    summary.epochs = round.epoch;
    summary.wall_seconds = round.wall.count();
    if (round.virtual_time) summary.virtual_seconds = round.virtual_time->count();
    summary.bytes_up += round.bytes_up;
    summary.bytes_down += round.bytes_down;
    if (!line.accuracy) continue;
    summary.final_accuracy = line.accuracy;
    summary.accuracy_by_label = line.accuracy_by_label;
    if (round.evaluated_at_stop) continue;
    summary.best_accuracy = std::max(summary.best_accuracy.value_or(0.0), *line.accuracy);
    if (!target || *line.accuracy < *target || summary.rounds_to_target) continue;
    summary.rounds_to_target = round.round.value;
    summary.epochs_to_target = round.epoch;
    summary.bytes_up_to_target = summary.bytes_up;
    summary.bytes_down_to_target = summary.bytes_down;
    summary.virtual_seconds_to_target = summary.virtual_seconds;
  }
}

namespace {

ordered_json to_json(const std::optional<mean_and_deviation>& found) {
  if (!found) return nullptr;
  return {{"mean", json_number(found->mean)}, {"deviation", json_or_null(found->deviation)}};
}

ordered_json to_json(const reached_range& found) {
  std::optional<double> least, most;
  if (found.range) {
    least = found.range->least;
    most = found.range->most;
  }
  return {{"least", json_or_null(least)}, {"most", json_or_null(most)}, {"reached", found.reached}};
}

ordered_json to_json(const arm_results& arm, bool has_target) {
  const auto& best = arm.best();
  const auto mean = [&](auto member) { return to_json(best.statistics(member)); };
  const auto range = [&](auto member) {
    return has_target ? to_json(best.to_target(member)) : ordered_json(nullptr);
  };
  const bool has_time = best.statistics(&arm_summary::virtual_seconds).has_value();
  auto tries = ordered_json::array();
  for (const auto& one : arm.tries)
    tries.push_back({{"tried", to_json(one.tried)},
                     {"seeds", one.seeds()},
                     {"final_accuracy", to_json(one.statistics(&arm_summary::final_accuracy))}});
  return {{"name", arm.arm},
          {"seeds", best.seeds()},
          {"tries", arm.tries.size()},
          {"best", to_json(best.tried)},
          {"final_accuracy", mean(&arm_summary::final_accuracy)},
          {"best_accuracy", mean(&arm_summary::best_accuracy)},
          {"rounds", mean(&arm_summary::rounds)},
          {"epochs", mean(&arm_summary::epochs)},
          {"rounds_to_target", range(&arm_summary::rounds_to_target)},
          {"epochs_to_target", range(&arm_summary::epochs_to_target)},
          {"bytes_up_to_target", range(&arm_summary::bytes_up_to_target)},
          {"bytes_down_to_target", range(&arm_summary::bytes_down_to_target)},
          {"virtual_seconds_to_target",
           has_time ? range(&arm_summary::virtual_seconds_to_target) : ordered_json(nullptr)},
          {"bytes_up", mean(&arm_summary::bytes_up)},
          {"bytes_down", mean(&arm_summary::bytes_down)},
          {"virtual_seconds", mean(&arm_summary::virtual_seconds)},
          {"wall_seconds", mean(&arm_summary::wall_seconds)},
          {"all_tries", std::move(tries)}};
}

ordered_json repeated_to_json(const run_summary& summary) {
  auto arms = ordered_json::array();
  for (const auto& arm : results_by_arm(summary))
    arms.push_back(to_json(arm, summary.target_accuracy.has_value()));
  return arms;
}

}  // namespace

void write_summary(const std::filesystem::path& file, const run_summary& summary) {
  ordered_json arms = ordered_json::array();
  for (const arm_summary& arm : summary.arms) arms.push_back(to_json(arm));
  ordered_json json{{"seed", summary.seed},
                    {"target_accuracy", json_or_null(summary.target_accuracy)},
                    {"arms", std::move(arms)}};
  if (repeats(summary)) json["repeated"] = repeated_to_json(summary);
  write_file_atomically(file,
                        json.dump(2, ' ', false, ordered_json::error_handler_t::replace) + '\n');
}

run_summary read_summary(const std::filesystem::path& file) {
  const auto json = read_json_file(file, "the JSON of a run's summary");
  const json_fields fields(json, file.string());
  run_summary summary;
  fields.get("seed", summary.seed);
  fields.get("target_accuracy", summary.target_accuracy);
  const ordered_json& arms = fields.at("arms");
  if (!arms.is_array())
    throw bad_input(fmt::format("{}: \"arms\": expected an array", file.string()));
  for (std::size_t i = 0; i < arms.size(); ++i) {
    summary.arms.push_back(
        arm_from_json(arms[i], fmt::format("{}: arms[{}]", file.string(), i), summary.seed));
  }
  return summary;
}

}  // namespace verge
