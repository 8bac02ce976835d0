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

/// A device's shard and the order in which it goes through it. Made by one_device() and devices_of().
class local_data;
using local_data_ptr = std::shared_ptr<const local_data>;

/// Rounds with devices that are processes of their own.
struct node_rounds {
  /// Devices of the run; 0 = they are in this process, and of what is below only most_abandoned means something.
  std::uint32_t devices = 0;
  /// Members that a round needs to be opened; 0 = all for round 1, any for the others.
  std::uint32_t min_devices = 0;
  /// Of that wait.
  std::chrono::milliseconds join_deadline = std::chrono::hours{1};
  /// How long a device whose connection has ended may take to come back before its update is lost.
  std::chrono::milliseconds return_grace = std::chrono::minutes{1};
  /// The same for the members of a resumed run; nothing: as return_grace.
  std::optional<std::chrono::milliseconds> resumed_grace = {};
  /// Rounds in a row that may miss their quorum before the run fails. None may with devices in this process, unless
  /// modelled links let them drop out.
  std::uint32_t most_abandoned = 10;
  /// Of updates on their way in; one always may. Of model blocks on their way out an eighth of it, for a download
  /// has two of them under way and an upload takes room for all of its own; and the fewer devices download at once, the
  /// sooner the first can begin to train.
  std::uint64_t byte_budget = 64u << 20;
};

/// One training run: what is trained, how, on whose data.
struct run_plan {
  std::uint64_t seed = 1;
  network model;
  strategy how;
  /// Device i holds devices[i]; their device() must be i and their seed() `seed`. Empty where devices are other processes.
  std::vector<local_data_ptr> devices;
  dataset_ptr test;
  /// Of a network with batch norm. Where it is not pooled the network's statistics are not shared, and only devices in
  /// this process can keep them local.
  batch_norm_policy batch_norm = batch_norm_policy::pooled;
  /// Of the server, for recalibration; else null.
  dataset_ptr calibration = nullptr;
  std::uint32_t rounds = 1;
  /// Above 0: the length in passes over the data of those that are members when round 1 opens, instead of `rounds`.
  double epochs = 0.0;
  /// Devices whose updates a round wants, drawn anew for each; 0 = all.
  std::uint32_t cohort = 0;
  /// So many times the cohort are asked, and the first that answer count. 1 or more, and 1 beside `links`.
  double over_selection = 1.0;
  /// Every update counts the same in the mean; else by the samples it comes from.
  bool equal_weights = false;
  /// Share of the cohort whose updates a commit needs, above 0 and at most 1; below 1 where `links` let devices drop out.
  double quorum = 1.0;
  /// Of a round, from its opening.
  std::chrono::milliseconds deadline = std::chrono::hours{1};
  /// Rounds between evaluations; 0 = only after the last; none: once an epoch.
  std::optional<std::uint32_t> evaluate_every = 1;
  early_stop_options early_stop = {};
  /// Of an evaluation that the rounds have come to wait for; one that takes longer fails the run.
  std::chrono::milliseconds evaluation_deadline = std::chrono::hours{1};
  /// Trainers the pool has, at least 1; sets how many aggregators share the sum.
  std::uint32_t threads = 1;
  /// False for the centralized arm, whose device sits with the server.
  bool counts_bytes = true;
  /// Codec of updates and of committed steps; docs/compression.md.
  std::string codec_up = codec_none;
  std::string codec_down = codec_model;
  node_rounds nodes = {};
  /// Of devices in this process; null: none are modelled.
  std::shared_ptr<const modelled_links> links = nullptr;
  /// Rounds between checkpoints, where there is a keeper and devices are in this process; 0 = none, none: one a minute.
  /// With devices in other processes there is one after each round.
  std::optional<std::uint32_t> checkpoint_every = std::nullopt;
  /// The run goes on from there; null: it begins. Its large parts are taken out when the run is spawned, so it is good for
  /// one run.
  std::shared_ptr<run_checkpoint> resumed = nullptr;

  std::uint32_t device_count() const {
    return nodes.devices > 0 ? nodes.devices : static_cast<std::uint32_t>(devices.size());
  }
};

/// The union of `shards` as the single device of a centralized run, and shards as devices 0, 1, ...
std::vector<local_data_ptr> one_device(std::uint64_t seed, std::vector<dataset_ptr> shards,
                                       augmentation augment = {});
std::vector<local_data_ptr> devices_of(std::uint64_t seed, const std::vector<dataset_ptr>& shards,
                                       augmentation augment = {});

/// Throws bad_input, one line, for a plan that cannot work: before anything has begun.
void check_plan(const run_plan& plan);

}  // namespace verge
