#include <fmt/format.h>
#include <fmt/ranges.h>

#include <limits>

#include "runtime/experiment/rule_numbers.hpp"
#include "runtime/experiment/words.hpp"
#include "runtime/files/toml_text.hpp"
#include "verge/messages/errors.hpp"
#include "verge/runtime/experiment.hpp"

namespace verge {
namespace {

// fmt prints the shortest decimal that reads back as the same float or double.
std::string array_of(const std::vector<float>& numbers) {
  std::string items;
  for (const float number : numbers) {
    if (!items.empty()) items += ", ";
    items += fmt::format("{}", number);
  }
  return "[" + items + "]";
}

template <class Value>
void put(std::string& out, std::string_view key, const Value& value) {
  out += fmt::format("{} = {}\n", key, value);
}

void put_text(std::string& out, std::string_view key, std::string_view value) {
  put(out, key, toml_quoted(value));
}

void put_links(std::string& out, const link_options& links) {
  out += "\n[links]\n";
  if (links.trace.empty()) {
    put(out, "down", links.down);
    put(out, "up", links.up);
    put(out, "latency", links.latency);
    put(out, "compute", links.compute);
    put(out, "dropout", links.dropout);
    put(out, "rate_spread", links.rate_spread);
    put(out, "compute_spread", links.compute_spread);
  } else {
    put_text(out, "trace", links.trace.string());
  }
  put(out, "server_out", links.server_out);
  put(out, "server_in", links.server_in);
  put(out, "server_compute", links.server_compute);
  put(out, "sample_seconds", links.sample_seconds);
}

/// Writes the keys that the server rule takes.
void put_server_rule(std::string& out, const federated_rule_options& server) {
  put_text(out, "server_rule", server.rule->name);
  put(out, "server_learning_rate", server.learning_rate);
  for (const auto& number : rule_numbers)
    if (server.rule->*number.default_in) put(out, number.key, server.*number.value);
}

void put_arm(std::string& out, const arm_options& arm) {
  out += "\n[[arm]]\n";
  put_text(out, "name", arm.name);
  put_text(out, "strategy", name_of(arm.strategy));
  put_text(out, "norm", word_of(norm_words, arm.norm));
  if (arm.batch_norm != batch_norm_policy::pooled)
    put_text(out, "batch_norm", word_of(batch_norm_words, arm.batch_norm));
  put(out, "batch_size", arm.batch_size);
  put(out, "learning_rate", arm.schedule.base);
  if (arm.strategy == strategy_kind::large_batch)
    put(out, "learning_rate_batch", arm.learning_rate_batch);
  put_text(out, "schedule", word_of(schedule_words, arm.schedule.kind));
  put(out, "warmup_epochs", arm.schedule.warmup_epochs);
  put(out, "step_epochs", arm.schedule.step_epochs);
  put(out, "step_factor", arm.schedule.step_factor);
  put(out, "momentum", arm.momentum);
  put(out, "weight_decay", arm.weight_decay);
  if (arm.rounds > 0) {
    put(out, "rounds", arm.rounds);
  } else {
    put(out, "epochs", arm.epochs);
  }
  if (arm.strategy == strategy_kind::federated) {
    if (arm.local_steps > 0) {
      put(out, "local_steps", arm.local_steps);
    } else {
      put(out, "local_epochs", arm.local_epochs);
    }
    put(out, "proximal", arm.proximal);
    put_server_rule(out, arm.server);
  }
  if (arm.strategy != strategy_kind::centralized) {
    put(out, "cohort", arm.cohort);
    put(out, "over_selection", arm.over_selection);
    put_text(out, "weighting", word_of(weighting_words, arm.weighting));
  }
  put(out, "quorum", arm.quorum);
  put(out, "deadline", std::chrono::duration<double>(arm.deadline).count());
  put_text(out, "codec_up", arm.codec_up);
  put_text(out, "codec_down", arm.codec_down);
  put(out, "evaluate_every", arm.evaluate_every);
  if (arm.checkpoint_every) put(out, "checkpoint_every", *arm.checkpoint_every);
  put(out, "stop_at_target", arm.stop_at_target);
  put(out, "patience", arm.patience);
}

std::int64_t toml_seed(std::uint64_t seed) {
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  if (seed > std::uint64_t{most})
    throw bad_input(fmt::format("seed = {}: expected at most {}", seed, most));
  return static_cast<std::int64_t>(seed);
}

void put_seeds(std::string& out, const experiment& resolved) {
  if (resolved.further_seeds.empty()) return put(out, "seed", toml_seed(resolved.seed));
  auto seeds = fmt::format("{}", toml_seed(resolved.seed));
  for (const auto seed : resolved.further_seeds) seeds += fmt::format(", {}", toml_seed(seed));
  put(out, "seeds", "[" + seeds + "]");
}

void put_sweep(std::string& out, const std::vector<swept_key>& sweep) {
  if (!sweep.empty()) out += "\n[sweep]\n";
  for (const auto& [key, values] : sweep)
    put(out, key, fmt::format("[{}]", fmt::join(values, ", ")));
}

}  // namespace

std::string to_toml(const experiment& resolved) {
  std::string out;
  put_text(out, "name", resolved.name);
  put_seeds(out, resolved);
  put(out, "threads", resolved.threads);
  put_text(out, "torch_device", resolved.torch_device);
  if (resolved.target_accuracy > 0) put(out, "target_accuracy", resolved.target_accuracy);
  out += "\n[data]\n";
  put_text(out, "name", resolved.data.name);
  put_text(out, "path", resolved.data.path.string());
  put(out, "train_samples", resolved.data.train_samples);
  put(out, "test_samples", resolved.data.test_samples);
  put(out, "calibration_samples", resolved.data.calibration_samples);
  put(out, "mean", array_of(resolved.data.constants.mean));
  put(out, "deviation", array_of(resolved.data.constants.deviation));
  put(out, "flip", resolved.data.augment.flip);
  put(out, "crop_padding", resolved.data.augment.crop_padding);
  out += "\n[model]\n";
  put_text(out, "name", resolved.model.name);
  put_text(out, "norm", word_of(norm_words, resolved.model.norm));
  put_text(out, "dtype", word_of(scalar_words, resolved.model.type));
  out += "\n[devices]\n";
  put(out, "count", resolved.devices.count);
  put_text(out, "partition", resolved.devices.partition);
  if (resolved.links) put_links(out, *resolved.links);
  put_sweep(out, resolved.sweep);
  for (const arm_options& arm : resolved.arms) put_arm(out, arm);
  return out;
}

}  // namespace verge
