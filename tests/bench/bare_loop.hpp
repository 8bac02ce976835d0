#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "verge/model/dataset.hpp"

namespace verge::bench {

/// The work of both sides of the comparison: `cohort` devices per round, each with `steps` batches.
struct workload {
  std::string network;  // small_cnn, resnet18
  std::string norm;     // only for resnet18: batch, group
  std::uint32_t devices = 1000;
  std::uint32_t cohort = 50;
  std::uint32_t batch_size = 10;
  std::uint32_t steps = 5;
  double learning_rate = 0.1;
  bool federated = true;
  std::uint32_t threads = 2;
  std::string torch_device = "cpu";  // of both sides
};

/// Federated averaging or Large Batch as one would write it by hand with LibTorch: eager torch::nn
/// modules, one replica per thread, threads that take devices from a counter, a float sum under a
/// lock. It has no actors, no messages and no determinism.
class bare_loop {
public:
  bare_loop(const workload& work, const std::vector<dataset_ptr>& shards);
  ~bare_loop();

  /// Wall seconds of one round.
  double round();

private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

}  // namespace verge::bench
