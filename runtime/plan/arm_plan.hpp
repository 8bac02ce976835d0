#pragma once

#include "verge/model/dataset.hpp"
#include "verge/runtime/experiment.hpp"
#include "verge/runtime/run_plan.hpp"

namespace verge {

/// The data set of an experiment, cut as it says, and every device's part of it.
struct experiment_data {
  dataset_ptr test;
  /// Of all devices together.
  dataset_ptr train;
  std::vector<dataset_ptr> shards;
  std::uint64_t train_samples = 0;
  /// The server's; null: it has none.
  dataset_ptr calibration = nullptr;
  /// Training samples that the files hold, used or not.
  std::uint64_t set_samples = 0;
};

/// Reads the files. Throws bad_input, also for a torch_device that is not here.
experiment_data read_data(const experiment& what);

/// The same for a server whose devices are other processes: no shards, for it has no use for them.
experiment_data read_server_data(const experiment& what);

/// Cuts the training samples anew, as the experiment's seed has them dealt. Throws bad_input.
void deal(experiment_data& data, const experiment& what);

/// The network of an arm for the experiment's data. Throws bad_input.
network build_network(const experiment& what, const arm_options& arm, const experiment_data& data);

/// One arm as a plan: epochs become rounds, "once an epoch" a number of rounds, the strategy its two
/// halves.
run_plan plan_arm(const experiment& what, const arm_options& arm, const experiment_data& data,
                  const network& model);
/// The same with devices.count processes as devices.
run_plan plan_node_arm(const experiment& what, const arm_options& arm, const experiment_data& data,
                       const network& model, const node_rounds& rounds);

}  // namespace verge
