#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "verge/model/augmentation.hpp"
#include "verge/model/batch_norm.hpp"
#include "verge/model/dataset.hpp"
#include "verge/model/manifest.hpp"
#include "verge/model/network.hpp"
#include "verge/model/schedule.hpp"
#include "verge/model/server_rule.hpp"

namespace verge {

/// [sweep]: a key of arms and the values of it that are tried.
struct swept_key {
  std::string key;
  /// As TOML writes them: `0.1`, `"topk(0.01)"`.
  std::vector<std::string> values;

  friend bool operator==(const swept_key&, const swept_key&) = default;
};

/// The value that one training has of a swept key, as TOML writes it; JSON writes it the same way.
struct tried_value {
  std::string key;
  std::string value;

  friend bool operator==(const tried_value&, const tried_value&) = default;
};

using tried_values = std::vector<tried_value>;

/// The arms of the comparison.
enum class strategy_kind : std::uint8_t { centralized, large_batch, federated };

/// As experiment files and summaries write it: "centralized", "large_batch", "federated".
std::string_view name_of(strategy_kind strategy);

/// How much a device's update counts in the mean.
enum class weighting_kind : std::uint8_t {
  /// By the samples it went through.
  samples,
  /// Every device the same.
  equal,
};

/// [data]
struct data_options {
  std::string name;               // fashion-mnist, mnist, cifar10
  std::filesystem::path path;     // resolved: never empty after parsing
  std::size_t train_samples = 0;  // 0 = all
  std::size_t test_samples = 0;   // 0 = all
  /// The last of the training samples, which no device gets: the server's, for recalibration.
  std::size_t calibration_samples = 0;
  /// Resolved: the data set's published constants unless the file gives `mean` and `deviation`.
  standardisation constants;
  augmentation augment;  // flip, crop_padding

  friend bool operator==(const data_options&, const data_options&) = default;
};

/// [devices]
struct device_options {
  std::uint32_t count = 10;
  /// As read_partition_rule() takes it.
  std::string partition = "iid";

  friend bool operator==(const device_options&, const device_options&) = default;
};

/// [links]: the links that the devices are modelled to have; rates in Mbit/s, 0 = no limit.
struct link_options {
  double down = 0.0;
  double up = 0.0;
  /// One way, seconds.
  double latency = 0.0;
  /// A device's computation takes so many times as long as here; that of a centralized arm, server_compute times.
  double compute = 1.0;
  double server_compute = 1.0;
  double dropout = 0.0;
  double rate_spread = 0.0;
  double compute_spread = 0.0;
  /// A device a row, instead of all of the above; absolute after parsing, empty: none.
  std::filesystem::path trace;
  /// Of the server's link.
  double server_out = 0.0;
  double server_in = 0.0;
  /// Of computation, for each sample; 0 = as it is measured.
  double sample_seconds = 0.0;

  friend bool operator==(const link_options&, const link_options&) = default;
};

/// [[arm]]: one training run.
struct arm_options {
  std::string name;
  strategy_kind strategy = strategy_kind::large_batch;
  /// Of this arm's network; [model]'s where the arm has none of its own.
  norm_kind norm = norm_kind::group;
  /// Where `norm` is batch.
  batch_norm_policy batch_norm = batch_norm_policy::pooled;
  /// A device's; the whole batch for centralized.
  std::uint32_t batch_size = 32;
  /// learning_rate, schedule, warmup_epochs, step_epochs, step_factor.
  learning_rate_schedule schedule;
  /// Large Batch: the batch of all devices together that learning_rate is for; the run scales the rate
  /// linearly to its own. 0 = learning_rate is for the run's own.
  std::uint32_t learning_rate_batch = 0;
  double momentum = 0.0;
  double weight_decay = 0.0;
  /// Length: exactly one of the two is positive after parsing.
  double epochs = 0.0;
  std::uint32_t rounds = 0;
  /// Federated: exactly one of the two is positive.
  std::uint32_t local_epochs = 0;
  std::uint32_t local_steps = 0;
  /// Federated: mu of FedProx; 0 = none.
  double proximal = 0.0;
  /// Federated: server_rule, server_learning_rate, server_momentum, server_beta2, server_tau.
  federated_rule_options server;
  /// Devices asked in a round; 0 = all.
  std::uint32_t cohort = 0;
  /// So many times the cohort are asked; the round closes when as many updates as the cohort count.
  double over_selection = 1.0;
  weighting_kind weighting = weighting_kind::samples;
  /// Share of the cohort that must have answered at the deadline for the round to be committed.
  double quorum = 1.0;
  std::chrono::milliseconds deadline = std::chrono::hours{1};
  std::string codec_up = "none";
  std::string codec_down = "model";
  /// Rounds between evaluations; 0 = once an epoch. The last round is always evaluated.
  std::uint32_t evaluate_every = 0;
  /// Rounds between checkpoints of `verge run`; 0 = none; none given: one a minute.
  std::optional<std::uint32_t> checkpoint_every;
  /// The arm ends at the first test that is at the experiment's target accuracy.
  bool stop_at_target = false;
  /// It ends after so many tests in a row without a better one; 0 = never.
  std::uint32_t patience = 0;

  friend bool operator==(const arm_options&, const arm_options&) = default;
};

/// An arm with one choice of the values of [sweep]; of keys that the arm has no use for there is none.
struct arm_try {
  tried_values tried;
  arm_options options;

  friend bool operator==(const arm_try&, const arm_try&) = default;
};

/// What its norm layers do, as ledgers and summaries write it: "group", "none", or "batch(pooled)" and so on.
std::string norm_text(const arm_options& arm);

/// Trainers of an experiment that does not say how many: one a core; on a GPU at most 4, which share it.
std::uint32_t default_threads(const std::string& torch_device);

/// A whole experiment file with everything resolved: what a run does is a function of this value.
struct experiment {
  std::string name;
  std::uint64_t seed = 1;
  /// Seeds after the first: every arm is trained once a seed.
  std::vector<std::uint64_t> further_seeds;
  std::uint32_t threads = 0;  // resolved: at least 1
  /// As check_torch_device() takes it.
  std::string torch_device = "cpu";
  /// 0 = none given.
  double target_accuracy = 0.0;
  data_options data;
  /// [model] name, norm, dtype. Input and classes come with the data, the norm with the arm.
  network_options model;
  device_options devices;
  /// Absent: no links are modelled.
  std::optional<link_options> links;
  std::vector<swept_key> sweep;
  /// Where there is a sweep, each as its first try.
  std::vector<arm_options> arms;
  /// Of all arms, in their order. Empty without a sweep: each arm is as it is.
  std::vector<arm_try> tries;

  /// Arms are trained more than once each: there are several seeds, or a sweep.
  bool repeats() const { return !further_seeds.empty() || !sweep.empty(); }

  friend bool operator==(const experiment&, const experiment&) = default;
};

/// Reads an experiment file and applies `overrides` ("key=value" as docs/experiment_file.md says:
/// devices.count=8, arm.large-batch.epochs=2, arm.*.momentum=0.9). Throws bad_input whose text
/// holds every problem found, one a line, each with the place, the key, what was given and what was
/// expected.
experiment read_experiment(const std::filesystem::path& file,
                           const std::vector<std::string>& overrides = {});

/// The experiment as a complete TOML file that read_experiment takes and resolves to the same
/// value: the `run.toml` of a run directory. Throws bad_input when the seed is above 2^63 - 1,
/// which TOML cannot hold.
std::string to_toml(const experiment& resolved);

}  // namespace verge
