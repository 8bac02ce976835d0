#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "verge/actors/early_stop.hpp"
#include "verge/model/augmentation.hpp"
#include "verge/model/batch_norm.hpp"
#include "verge/model/codec.hpp"
#include "verge/model/network.hpp"
#include "verge/model/strategy.hpp"

namespace verge {

struct modelled_links;
struct run_checkpoint;

/// A device's shard and the order in which the device goes through its samples. Made by
/// one_device() and devices_of().
class local_data;
using local_data_ptr = std::shared_ptr<const local_data>;

/// Options of a run whose devices are other processes.
struct node_rounds {
  /// Number of devices; 0 = the devices are in this process, and of the members below only
  /// most_abandoned applies.
  std::uint32_t devices = 0;
  /// Members needed to open a round; 0 = all devices for round 1, any number for later rounds.
  std::uint32_t min_devices = 0;
  /// How long to wait for these members.
  std::chrono::milliseconds join_deadline = std::chrono::hours{1};
  /// How long a device may take to return after its connection has ended. Then its update is lost.
  std::chrono::milliseconds return_grace = std::chrono::minutes{1};
  /// The same for the members of a resumed run; unset = return_grace.
  std::optional<std::chrono::milliseconds> resumed_grace = {};
  /// Rounds in a row that may miss their quorum before the run fails. Does not apply to devices in
  /// this process, where the first missed quorum fails the run, unless modelled links let devices
  /// drop out.
  std::uint32_t most_abandoned = 10;
  /// Upper limit in bytes for updates being received at the same time; one update is always
  /// admitted. Model blocks being sent may use an eighth of it: a download has two blocks in
  /// flight, while an upload reserves its full size. Fewer parallel downloads let the first devices
  /// start to train earlier.
  std::uint64_t byte_budget = 64u << 20;
};

/// One training run: what is trained, how, and on whose data.
struct run_plan {
  std::uint64_t seed = 1;
  network model;
  strategy how;
  /// Device i holds devices[i], whose device() must be i and whose seed() must be `seed`. Empty
  /// where the devices are other processes.
  std::vector<local_data_ptr> devices;
  dataset_ptr test;
  /// Applies to a network with batch norm. The network shares its statistics exactly where this is
  /// pooled. Only devices in this process can keep them local.
  batch_norm_policy batch_norm = batch_norm_policy::pooled;
  /// The server's samples for recalibration; null where there is none.
  dataset_ptr calibration = nullptr;
  std::uint32_t rounds = 1;
  /// Above 0: the length in passes over the data of the devices that are members when round 1
  /// opens. It then replaces `rounds`.
  double epochs = 0.0;
  /// Number of updates that a round wants. Its devices are drawn anew for each round; 0 = all.
  std::uint32_t cohort = 0;
  /// A round asks this factor times `cohort` devices, and uses the first `cohort` answers. At least
  /// 1, and exactly 1 together with `links`.
  double over_selection = 1.0;
  /// Every update has the same weight in the mean. Otherwise updates are weighted by their samples.
  bool equal_weights = false;
  /// Share of the cohort whose updates a commit needs, above 0 and at most 1. Below 1 where `links`
  /// let devices drop out.
  double quorum = 1.0;
  /// Time limit of a round, from its opening.
  std::chrono::milliseconds deadline = std::chrono::hours{1};
  /// Rounds between evaluations; 0 = only after the last round; unset = once per epoch.
  std::optional<std::uint32_t> evaluate_every = 1;
  early_stop_options early_stop = {};
  /// How long rounds wait for an evaluation. One that takes longer fails the run.
  std::chrono::milliseconds evaluation_deadline = std::chrono::hours{1};
  /// Number of trainers in the pool, at least 1. As many aggregators share the sum.
  std::uint32_t threads = 1;
  /// False for the centralized arm, whose only device is on the server's machine.
  bool counts_bytes = true;
  /// Codecs of updates (up) and of committed steps (down); docs/compression.md.
  std::string codec_up = codec_none;
  std::string codec_down = codec_model;
  node_rounds nodes = {};
  /// Modelled links of devices in this process; null = no links are modelled.
  std::shared_ptr<const modelled_links> links = nullptr;
  /// Rounds between checkpoints, where a keeper exists and the devices are in this process; 0 = no
  /// checkpoints; unset = one per minute. With devices in other processes a checkpoint follows
  /// every round.
  std::optional<std::uint32_t> checkpoint_every = std::nullopt;
  /// The checkpoint from which the run resumes; null = the run begins at round 1. Spawning the run
  /// moves the large parts out of it, so one checkpoint serves one run.
  std::shared_ptr<run_checkpoint> resumed = nullptr;

  std::uint32_t device_count() const {
    return nodes.devices > 0 ? nodes.devices : static_cast<std::uint32_t>(devices.size());
  }
};

/// one_device(): the union of `shards` as the single device of a centralized run. devices_of(): one
/// device per shard, numbered 0, 1, ...
std::vector<local_data_ptr> one_device(std::uint64_t seed, std::vector<dataset_ptr> shards,
                                       augmentation augment = {});
std::vector<local_data_ptr> devices_of(std::uint64_t seed, const std::vector<dataset_ptr>& shards,
                                       augmentation augment = {});

/// Throws bad_input (one line) for a plan that cannot work, before any actor is spawned.
void check_plan(const run_plan& plan);

}  // namespace verge
