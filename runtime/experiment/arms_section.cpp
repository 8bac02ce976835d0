#include "runtime/experiment/arms_section.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <iterator>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "actors/round/round_state.hpp"
#include "messages/round_messages.hpp"
#include "runtime/experiment/rule_numbers.hpp"
#include "runtime/experiment/words.hpp"
#include "verge/messages/errors.hpp"
#include "verge/model/codec.hpp"

namespace verge {
namespace {

constexpr std::uint64_t most_batch = 1'000'000;
constexpr std::uint64_t most_rounds = 1'000'000'000;
constexpr std::uint64_t most_samples_a_round = 1'000'000'000;

void read_length(key_reader& keys, arm_options& arm) {
  constexpr number_range epochs{0, false, 1e6, true, "a number above 0, at most 1000000"};
  keys.number("epochs", arm.epochs, epochs);
  keys.whole("rounds", arm.rounds, 1, most_rounds);
  if (keys.given("epochs") && keys.given("rounds")) {
    keys.wrong("rounds", "either epochs or rounds, not both");
  } else if (!keys.given("rounds")) {
    keys.require("epochs", "the arm's length, either epochs or rounds");
  }
}

void read_schedule(key_reader& keys, learning_rate_schedule& schedule) {
  keys.require("learning_rate", above_zero.words);
  keys.number("learning_rate", schedule.base, above_zero);
  keys.one_of("schedule", schedule.kind, schedule_words);
  keys.number("warmup_epochs", schedule.warmup_epochs, zero_or_more);
  keys.number("step_epochs", schedule.step_epochs, above_zero);
  keys.number("step_factor", schedule.step_factor, above_zero);
}

/// Keys that apply to some strategies only.
constexpr std::array asked_devices_keys{"cohort", "over_selection", "weighting"};
constexpr std::array large_batch_keys{"learning_rate_batch"};
constexpr std::array federated_keys{"local_epochs", "local_steps", "proximal", "server_rule"};

/// The numbers of the server's rule.
std::vector<const char*> server_keys() {
  std::vector<const char*> keys{"server_learning_rate"};
  for (const auto& number : rule_numbers) keys.push_back(number.key);
  return keys;
}

void refuse_keys(key_reader& keys, std::span<const char* const> refused,
                 const std::string& expected) {
  for (const char* key : refused)
    if (keys.given(key)) keys.refuse(key, expected);
}

/// Tells the reader that these keys are known, though another problem keeps them from being
/// checked.
void leave_keys(key_reader& keys, std::span<const char* const> unread) {
  for (const char* key : unread) keys.given(key);
}

/// Refused where the rule does not take the number.
void read_rule_number(key_reader& keys, const rule_number& number, federated_rule_options& server) {
  if (server.rule->*number.default_in)
    return keys.number(number.key, server.*number.value, number.range);
  std::vector<std::string> takers;
  for (const auto* other : server_rules())
    if (other->*number.default_in) takers.emplace_back(other->name);
  if (keys.given(number.key))
    keys.refuse(number.key,
                fmt::format("this key with a server_rule of {} only, the rule is \"{}\"",
                            listed(takers), server.rule->name));
}

void read_server_rule(key_reader& keys, federated_rule_options& server) {
  std::string rule{server.rule->name};
  if (!keys.one_of("server_rule", rule, server_rule_names()))
    return leave_keys(keys, server_keys());
  server = federated_rule_options{rule};
  keys.number("server_learning_rate", server.learning_rate, above_zero);
  for (const auto& number : rule_numbers) read_rule_number(keys, number, server);
}

void read_federated_keys(key_reader& keys, arm_options& arm) {
  keys.whole("local_epochs", arm.local_epochs, 1, most_batch);
  keys.whole("local_steps", arm.local_steps, 1, most_batch);
  if (keys.given("local_epochs") && keys.given("local_steps")) {
    keys.wrong("local_steps", "either local_epochs or local_steps, not both");
  } else if (!keys.given("local_steps") && !keys.given("local_epochs")) {
    arm.local_epochs = 1;
  }
  keys.number("proximal", arm.proximal, zero_or_more);
  read_server_rule(keys, arm.server);
  if (arm.server.rule->uses_controls && arm.momentum > 0.0)
    keys.wrong(
        "momentum",
        fmt::format("0 with server_rule = \"{}\", which takes a device's displacement for the "
                    "sum of its gradients",
                    arm.server.rule->name));
}

void read_strategy_keys(key_reader& keys, arm_options& arm, std::uint32_t largest_cohort) {
  const auto only_in = [&](std::string_view strategy) {
    return fmt::format("this key in {} arms only, the arm is {}", strategy, name_of(arm.strategy));
  };
  if (arm.strategy == strategy_kind::federated) {
    read_federated_keys(keys, arm);
  } else {
    refuse_keys(keys, federated_keys, only_in("federated"));
    refuse_keys(keys, server_keys(), only_in("federated"));
  }
  if (arm.strategy == strategy_kind::large_batch) {
    keys.whole("learning_rate_batch", arm.learning_rate_batch, 0, most_samples_a_round);
  } else {
    refuse_keys(keys, large_batch_keys, only_in("large_batch"));
  }
  if (arm.strategy == strategy_kind::centralized)
    return refuse_keys(keys, asked_devices_keys,
                       "no such key in a centralized arm, which asks no devices");
  keys.whole("cohort", arm.cohort, 0, largest_cohort);
  constexpr number_range times{1, true, 10, true, "a number from 1 to 10"};
  keys.number("over_selection", arm.over_selection, times);
  if (arm.over_selection > 1.0 && arm.cohort == 0)
    keys.wrong("over_selection", "1, for all devices are asked; or a cohort");
  else if (const auto asked = devices_to_ask(arm.cohort, arm.over_selection);
           asked > largest_cohort)
    keys.wrong("over_selection",
               fmt::format("at most devices.count / cohort, {} / {}: {} devices would be asked",
                           largest_cohort, arm.cohort, asked));
  keys.one_of("weighting", arm.weighting, weighting_words);
}

void read_deadline(key_reader& keys, std::chrono::milliseconds& deadline) {
  constexpr std::chrono::duration<double> longest = longest_deadline;
  constexpr number_range range{0.001, true, longest.count(), true,
                               "seconds from 0.001 to 31536000 (a year)"};
  double seconds = std::chrono::duration<double>(deadline).count();
  keys.number("deadline", seconds, range);
  deadline = std::chrono::milliseconds{std::llround(seconds * 1000)};
}

/// Reads `plain` or a codec. Any other text is a problem, and sets `codec` to `plain`.
void read_codec(key_reader& keys, const char* key, const char* plain, std::string& codec) {
  if (!keys.text(key, codec) || codec == plain) return;
  try {
    if (codec == codec_none) throw bad_input(fmt::format("\"{}\" is none for this key", codec));
    check_codec(codec);
  } catch (const bad_input& e) {
    keys.wrong(key, fmt::format("\"{}\" or a codec ({})", plain, e.what()));
    codec = plain;
  }
}

/// Refuses codecs in a centralized arm, which has "none" and "model".
void refuse_codecs(key_reader& keys, arm_options& arm) {
  const auto refuse = [&](const char* key, const char* plain, std::string& codec) {
    if (codec != plain || keys.is_swept(key))
      keys.refuse(key, "no codec in a centralized arm, which sends nothing");
    codec = plain;
  };
  refuse("codec_up", codec_none, arm.codec_up);
  refuse("codec_down", codec_model, arm.codec_down);
}

void read_codecs(key_reader& keys, arm_options& arm, scalar dtype) {
  read_codec(keys, "codec_up", codec_none, arm.codec_up);
  read_codec(keys, "codec_down", codec_model, arm.codec_down);
  if (arm.strategy == strategy_kind::centralized) return refuse_codecs(keys, arm);
  const bool packs_up = arm.codec_up != codec_none;
  const bool packs_down = arm.codec_down != codec_model;
  const auto refuse = [&](bool up, bool down, const std::string& words) {
    if (up) keys.wrong("codec_up", words);
    if (down) keys.wrong("codec_down", words);
  };
  if (dtype != scalar::float32)
    refuse(packs_up, packs_down, "no codec in an experiment of model.dtype = \"float64\"");
  if (packs_down && codec_has_momentum(arm.codec_down))
    keys.wrong("codec_down", "a codec without momentum of its own, such as topk");
  if (!packs_up || !codec_has_momentum(arm.codec_up)) return;
  if (arm.strategy == strategy_kind::federated)
    keys.wrong("codec_up", "a codec of displacements, such as topk; dgc is one of gradients");
  else if (arm.momentum > 0.0)
    keys.wrong("momentum", "0 with dgc, which brings the momentum: dgc(0.01, momentum=0.9)");
}

void read_norm(key_reader& keys, const experiment& so_far, arm_options& arm) {
  arm.norm = so_far.model.norm;
  keys.one_of("norm", arm.norm, norm_words);
  if (!has_norm_layers(so_far.model.name)) arm.norm = norm_kind::none;  // for the ledger's `norm`
  if (!keys.one_of("batch_norm", arm.batch_norm, batch_norm_words) || !keys.given("batch_norm"))
    return;
  const auto refuse = [&](const char* expected) {
    keys.refuse("batch_norm", expected);
    arm.batch_norm = batch_norm_policy::pooled;
  };
  if (arm.strategy == strategy_kind::centralized)
    refuse("no such key in a centralized arm, which has all batches itself");
  else if (arm.norm != norm_kind::batch)
    refuse("this key where norm is \"batch\", in a network with norm layers");
  else if (arm.batch_norm == batch_norm_policy::recalibrate && so_far.data.calibration_samples < 2)
    keys.wrong("batch_norm",
               "\"recalibrate\" with data.calibration_samples of 2 or more, the server's samples");
}

/// Reads an arm with one combination of swept values. Values of keys that the arm does not use are
/// left out of `tried`.
arm_try read_arm(const toml::table& table, std::size_t number, std::uint32_t largest_cohort,
                 const experiment& so_far, swept_choice choice, problem_list& problems) {
  const auto given_name = table["name"].value<std::string>();
  const std::string path =
      given_name ? fmt::format("arm.{}.", *given_name) : fmt::format("arm[{}].", number);
  key_reader keys(table, path, place_of(table), problems, std::move(choice.nodes));
  arm_options arm;
  keys.require("name", "a name that no other arm has");
  keys.file_name("name", arm.name);
  const bool taken = std::any_of(
      so_far.arms.begin(), so_far.arms.end(),
      [&](const arm_options& other) { return !arm.name.empty() && other.name == arm.name; });
  if (taken) keys.wrong("name", "a name that no other arm has");

  constexpr std::string_view strategies = "\"centralized\", \"large_batch\" or \"federated\"";
  keys.require("strategy", strategies);
  const bool strategy_known =
      keys.one_of("strategy", arm.strategy, strategy_words) && keys.given("strategy");
  read_norm(keys, so_far, arm);
  keys.whole("batch_size", arm.batch_size, 1, most_batch);
  read_schedule(keys, arm.schedule);
  keys.number("momentum", arm.momentum, share_below_one);
  keys.number("weight_decay", arm.weight_decay, zero_or_more);
  read_length(keys, arm);
  if (strategy_known) {
    read_strategy_keys(keys, arm, largest_cohort);
  } else {
    leave_keys(keys, asked_devices_keys);
    leave_keys(keys, large_batch_keys);
    leave_keys(keys, federated_keys);
    leave_keys(keys, server_keys());
  }
  keys.number("quorum", arm.quorum, share_above_zero);
  read_deadline(keys, arm.deadline);
  read_codecs(keys, arm, so_far.model.type);
  keys.whole("evaluate_every", arm.evaluate_every, 0, most_rounds);
  if (keys.given("checkpoint_every"))
    keys.whole("checkpoint_every", arm.checkpoint_every.emplace(), 0, most_rounds);
  keys.flag("stop_at_target", arm.stop_at_target);
  if (arm.stop_at_target && so_far.target_accuracy == 0.0)
    keys.wrong("stop_at_target", "false, for the experiment has no target_accuracy");
  keys.whole("patience", arm.patience, 0, most_rounds);
  keys.report_unknown_keys();
  std::erase_if(choice.tried, [&](const tried_value& one) {
    const auto& alone = keys.left_alone();
    return std::find(alone.begin(), alone.end(), one.key) != alone.end();
  });
  return {std::move(choice.tried), std::move(arm)};
}

/// The tries of an arm. Combinations that differ only in keys that the arm does not use are one
/// try.
std::vector<arm_try> tries_of(const toml::table& table, std::size_t number,
                              std::uint32_t largest_cohort, const experiment& so_far,
                              const sweep_section& sweep, problem_list& problems) {
  std::vector<arm_try> tries;
  for (const auto& choice : sweep.choices) {
    auto one = read_arm(table, number, largest_cohort, so_far, choice, problems);
    if (std::none_of(tries.begin(), tries.end(),
                     [&](const arm_try& other) { return other.options == one.options; }))
      tries.push_back(std::move(one));
  }
  return tries;
}

}  // namespace

void read_arms(key_reader& root, const toml::table& file, std::uint32_t largest_cohort,
               const sweep_section& sweep, experiment& so_far, problem_list& problems) {
  constexpr std::string_view expected = "at least one arm: [[arm]] and its keys";
  root.require("arm", expected);
  if (!root.given("arm")) return;
  const toml::array* tables = file["arm"].as_array();
  if (!tables || tables->empty() || !tables->is_homogeneous<toml::table>()) {
    root.wrong("arm", expected);
    return;
  }
  for (std::size_t i = 0; i < tables->size(); ++i) {
    auto tries =
        tries_of(*tables->get(i)->as_table(), i + 1, largest_cohort, so_far, sweep, problems);
    so_far.arms.push_back(tries.front().options);
    if (!sweep.keys.empty())
      std::move(tries.begin(), tries.end(), std::back_inserter(so_far.tries));
  }
}

}  // namespace verge
