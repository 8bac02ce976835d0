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

/// [sweep]: one arm key and the values to try for it.
struct swept_key {
  std::string key;
  /// Written as in TOML: `0.1`, `"topk(0.01)"`.
  std::vector<std::string> values;

  friend bool operator==(const swept_key&, const swept_key&) = default;
};

/// The value of a swept key in one training. TOML and JSON write it the same way.
struct tried_value {
  std::string key;
  std::string value;

  friend bool operator==(const tried_value&, const tried_value&) = default;
};

using tried_values = std::vector<tried_value>;

/// The ways of training that arms compare.
enum class strategy_kind : std::uint8_t { centralized, large_batch, federated };

/// The word in experiment files and summaries: "centralized", "large_batch", "federated".
std::string_view name_of(strategy_kind strategy);

/// How much a device's update counts in the mean.
enum class weighting_kind : std::uint8_t {
  /// In proportion to the number of samples that the device went through.
  samples,
  /// The same for every device.
  equal,
};

/// [data]
struct data_options {
  std::string name;               // one of data_set_names()
  std::filesystem::path path;     // resolved: never empty after parsing
  std::size_t train_samples = 0;  // 0 = all
  std::size_t test_samples = 0;   // 0 = all
  /// Number of samples at the end of the training set that the server keeps for recalibration. No
  /// device gets them.
  std::size_t calibration_samples = 0;
  /// Resolved: the file's `mean` and `deviation`, else the data set's published constants.
  standardisation constants;
  augmentation augment;  // flip, crop_padding

  friend bool operator==(const data_options&, const data_options&) = default;
};

/// [devices]
struct device_options {
  std::uint32_t count = 10;
  /// A text that read_partition_rule() reads.
  std::string partition = "iid";

  friend bool operator==(const device_options&, const device_options&) = default;
};

/// [links]: the modelled links of the devices. Rates are in Mbit/s; 0 = no limit.
struct link_options {
  double down = 0.0;
  double up = 0.0;
  /// Seconds, one way.
  double latency = 0.0;
  /// Factors on the computation time: `compute` for a device, `server_compute` for a
  /// centralized arm.
  double compute = 1.0;
  double server_compute = 1.0;
  double dropout = 0.0;
  double rate_spread = 0.0;
  double compute_spread = 0.0;
  /// A file with one row per device, used instead of all of the above except `server_compute`.
  /// Absolute after parsing; empty = no trace.
  std::filesystem::path trace;
  /// Rates of the server's own link.
  double server_out = 0.0;
  double server_in = 0.0;
  /// Modelled seconds of computation per sample; 0 = use the measured time.
  double sample_seconds = 0.0;

  friend bool operator==(const link_options&, const link_options&) = default;
};

/// [[arm]]: one training run.
struct arm_options {
  std::string name;
  strategy_kind strategy = strategy_kind::large_batch;
  /// Resolved: the arm's own `norm`, else that of [model].
  norm_kind norm = norm_kind::group;
  /// Applies where `norm` is batch.
  batch_norm_policy batch_norm = batch_norm_policy::pooled;
  /// Samples per step on one device; for a centralized arm, the whole batch.
  std::uint32_t batch_size = 32;
  /// learning_rate, schedule, warmup_epochs, step_epochs, step_factor.
  learning_rate_schedule schedule;
  /// Large Batch: the total batch over all devices for which learning_rate was chosen. The run
  /// scales the rate linearly to its own total batch. 0 = learning_rate is used as it is.
  std::uint32_t learning_rate_batch = 0;
  double momentum = 0.0;
  double weight_decay = 0.0;
  /// Length: exactly one of the two is positive after parsing.
  double epochs = 0.0;
  std::uint32_t rounds = 0;
  /// Federated: exactly one of the two is positive.
  std::uint32_t local_epochs = 0;
  std::uint32_t local_steps = 0;
  /// Federated: mu of FedProx; 0 = no proximal term.
  double proximal = 0.0;
  /// Federated: server_rule, server_learning_rate, server_momentum, server_beta2, server_tau.
  federated_rule_options server;
  /// Devices asked per round; 0 = all.
  std::uint32_t cohort = 0;
  /// A round asks this factor times `cohort` devices, and closes once `cohort` updates count.
  double over_selection = 1.0;
  weighting_kind weighting = weighting_kind::samples;
  /// Share of the cohort that must have answered at the deadline for the round to be committed.
  double quorum = 1.0;
  std::chrono::milliseconds deadline = std::chrono::hours{1};
  std::string codec_up = "none";
  std::string codec_down = "model";
  /// Rounds between evaluations; 0 = once an epoch. The last round is always evaluated.
  std::uint32_t evaluate_every = 0;
  /// Rounds between checkpoints of `verge run`; 0 = no checkpoints; unset = one per minute.
  std::optional<std::uint32_t> checkpoint_every;
  /// The arm ends at the first test that reaches the experiment's target accuracy.
  bool stop_at_target = false;
  /// The arm ends after this number of tests in a row without a better accuracy; 0 = never.
  std::uint32_t patience = 0;

  friend bool operator==(const arm_options&, const arm_options&) = default;
};

/// An arm with one combination of the values of [sweep], without the keys that the arm does not
/// use.
struct arm_try {
  tried_values tried;
  arm_options options;

  friend bool operator==(const arm_try&, const arm_try&) = default;
};

/// What the arm's norm layers do, as ledgers and summaries write it: "group", "none", or batch norm
/// with its policy, such as "batch(pooled)".
std::string norm_text(const arm_options& arm);

/// Number of trainers where the experiment does not give one: one per core. On a GPU at most 4,
/// which share it.
std::uint32_t default_threads(const std::string& torch_device);

/// A whole experiment file with everything resolved. What a run does is a function of this value.
struct experiment {
  std::string name;
  std::uint64_t seed = 1;
  /// The seeds after the first. Every arm is trained once per seed.
  std::vector<std::uint64_t> further_seeds;
  std::uint32_t threads = 0;  // resolved: at least 1
  /// A text that check_torch_device() accepts.
  std::string torch_device = "cpu";
  /// 0 = the experiment has no target.
  double target_accuracy = 0.0;
  data_options data;
  /// [model] name, norm, dtype. The data decides the input shape and the classes, the arm its norm.
  network_options model;
  device_options devices;
  /// Unset: no links are modelled.
  std::optional<link_options> links;
  std::vector<swept_key> sweep;
  /// With a sweep, each arm has the values of its first try.
  std::vector<arm_options> arms;
  /// The tries of all arms, in the order of the arms. Empty without a sweep.
  std::vector<arm_try> tries;

  /// True where arms are trained more than once: with several seeds, or with a sweep.
  bool repeats() const { return !further_seeds.empty() || !sweep.empty(); }

  friend bool operator==(const experiment&, const experiment&) = default;
};

/// Reads an experiment file and applies `overrides` ("key=value" as docs/experiment_file.md says:
/// devices.count=8, arm.large-batch.epochs=2, arm.*.momentum=0.9). Throws bad_input whose text
/// holds every problem found, one per line, each with the place, the key, the given value and what
/// was expected.
experiment read_experiment(const std::filesystem::path& file,
                           const std::vector<std::string>& overrides = {});

/// Writes the experiment as a complete TOML file, the `run.toml` of a run directory.
/// read_experiment() reads it back as the same value. Throws bad_input when the seed is above
/// 2^63 - 1, which TOML cannot hold.
std::string to_toml(const experiment& resolved);

}  // namespace verge
