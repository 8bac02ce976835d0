#pragma once

#include "verge/model/dataset.hpp"
#include "verge/runtime/experiment.hpp"
#include "verge/runtime/run_plan.hpp"

namespace verge {

/// The data set of an experiment, with as many samples as it says, and every device's shard.
struct experiment_data {
  dataset_ptr test;
  /// The training samples of all devices together.
  dataset_ptr train;
  std::vector<dataset_ptr> shards;
  std::uint64_t train_samples = 0;
  /// The server's samples; null where it has none.
  dataset_ptr calibration = nullptr;
  /// Number of training samples in the files, used or not.
  std::uint64_t set_samples = 0;
};

/// Reads the files. Throws bad_input, also for a torch_device that is not here.
experiment_data read_data(const experiment& what);

/// The same without shards, for a server whose devices are other processes.
experiment_data read_server_data(const experiment& what);

/// Deals the training samples to shards anew, with the experiment's seed. Throws bad_input.
void deal(experiment_data& data, const experiment& what);

/// The network of an arm for the experiment's data. Throws bad_input.
network build_network(const experiment& what, const arm_options& arm, const experiment_data& data);

/// One arm as a plan. Epochs become rounds, and the strategy becomes its two halves. Throws
/// bad_input.
run_plan plan_arm(const experiment& what, const arm_options& arm, const experiment_data& data,
                  const network& model);
/// The same for a run whose devices are devices.count other processes. A length in epochs stays in
/// epochs.
run_plan plan_node_arm(const experiment& what, const arm_options& arm, const experiment_data& data,
                       const network& model, const node_rounds& rounds);

}  // namespace verge
