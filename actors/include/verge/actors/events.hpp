#pragma once

// What actors of one process tell each other. Unlike the sealed messages of round_messages.hpp these never
// leave the process: plain values, some holding shares of memory.

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/atom.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "verge/actors/early_stop.hpp"
#include "verge/actors/round_state.hpp"
#include "verge/messages/round_messages.hpp"
#include "verge/messages/round_result.hpp"
#include "verge/messages/type_ids.hpp"
#include "verge/model/learner.hpp"
#include "verge/model/local_data.hpp"
#include "verge/model/model_blocks.hpp"
#include "verge/model/model_state.hpp"
#include "verge/model/residual.hpp"

namespace verge {

using stop_atom = caf::atom_constant<caf::atom("stop")>;
using drain_atom = caf::atom_constant<caf::atom("drain")>;
using snapshot_atom = caf::atom_constant<caf::atom("snapshot")>;
using done_atom = caf::atom_constant<caf::atom("done")>;
using returned_atom = caf::atom_constant<caf::atom("returned")>;
using checkpoint_atom = caf::atom_constant<caf::atom("checkpoint")>;
using statistics_atom = caf::atom_constant<caf::atom("statistics")>;

using clock_type = std::chrono::steady_clock;

// -- coordinator and server -----------------------------------------------------------------------

/// Coordinator to server, before the cohort is asked: what updates of this round may look like.
struct begin_round {
  round_id round;
  local_work work;
  std::vector<asked_device> cohort;
  /// What the weights would add up to if every device of the run were asked.
  std::uint64_t all_weight = 0;
};

/// Coordinator to server: the device's connection has ended. It may download again, and offer its update once more.
struct forget_device {
  device_id device;
};

/// Server to coordinator: an update is in the sum, or never will be.
struct update_settled {
  round_id round;
  device_id device;
  bool counted = false;
  std::string reason;
};

/// Coordinator to server: drop what there is of the round; the model stays as it is.
struct abandon_round {
  round_id round;
};

/// What a device of the round's cohort moved over its link, as far as the server has seen it, and for how long it says
/// it has computed.
struct device_load {
  device_id device;
  /// Samples that its work goes through.
  std::uint64_t samples = 0;
  std::uint64_t bytes_up = 0;
  std::uint64_t bytes_down = 0;
  std::chrono::duration<double> compute{};
};

/// Server to coordinator, the answer to a commit, or without updates to abandon_round.
struct committed_round {
  model_version version;
  std::vector<counted_update> updates;
  /// Encoded messages from and to devices since the last commit.
  std::uint64_t bytes_up = 0;
  std::uint64_t bytes_down = 0;
  /// In the order of the devices.
  std::vector<device_load> loads;
  /// Not empty: the model could not be moved, and why. Nothing has changed then.
  std::string failure;
};

/// Session to coordinator: encoded messages that crossed a link before the device was a member.
struct moved_bytes {
  std::uint64_t up = 0;
  std::uint64_t down = 0;
};

/// One committed version of the model, shared.
struct model_snapshot {
  model_version version;
  model_state state;
};

// -- server and aggregators -----------------------------------------------------------------------

struct begin_sum {
  std::uint64_t most_weight = 1;
  /// Devices that were asked.
  std::uint64_t devices = 1;
};

/// A complete and valid update; each aggregator adds its range of it.
struct add_update {
  std::shared_ptr<const std::vector<shared_bytes>> blocks;
  std::uint64_t weight = 1;
};

/// Write the mean of the range into the same range of `into`.
struct write_mean {
  flat_buffer into;
};

// -- ends of a link and their compressors ----------------------------------------------------------

struct encode_update {
  round_id round;
  device_id device;
  flat_buffer update;
  flat_buffer moments;
};

struct encoded_update {
  std::vector<sealed<update_block>> blocks;
  /// Sum of the payloads.
  std::uint64_t payload_bytes = 0;
  /// Not empty: no server would take the update, and why.
  std::string failure;
};

struct decode_update {
  device_id device;
  std::vector<std::string> codecs;
  std::vector<shared_bytes> payloads;
};

/// Dense blocks of an update, checked value by value; or why it is refused.
struct decoded_update {
  std::shared_ptr<const std::vector<shared_bytes>> blocks;
  std::string refused_because;
};

struct encode_model {
  model_version version;
  model_blocks model;
};

struct encoded_model {
  std::vector<sealed<model_block>> blocks;
};

/// A committed step of the model, to be sent instead of the whole model.
struct encode_step {
  /// The version that the step leads to.
  model_version version;
  flat_buffer step;
};

struct encoded_step {
  std::vector<shared_bytes> parts;
  /// What devices will decode, in the memory of the step: the model moves by this.
  flat_buffer sent;
  /// Not empty: the step has values that no device would take, and why.
  std::string failure;
  /// What the devices are owed from now on; shares its memory, and stays as it is.
  residual_state owed;
};

/// A download: the blocks of the whole model, or of the steps from the version that the device holds.
struct decode_model {
  model_version version;
  std::optional<model_version> holds;
  std::vector<model_block> blocks;
};

struct decoded_model {
  model_blocks model;
  std::string refused_because;
  /// Refused only because another device of the process has brought a later version already.
  bool superseded = false;
};

/// Device to its compressor: what became of the update of `round`. Residuals are kept or rolled back.
struct settle_update {
  round_id round;
  device_id device;
  update_fate fate;
};

/// The model that was downloaded last is another run's, or may be: the next download is a whole model.
struct forget_replica {};

/// Device to its listener.
struct device_news {
  enum class kind : std::uint8_t { joined, not_taken, asked, gave_up, outcome, run_over };

  kind what = kind::joined;
  round_id round;
  update_fate fate = update_fate::lost;
  /// Why, of anything but good news.
  std::string reason;
  /// Of run_over: the run may be resumed.
  bool is_unfinished = false;
};

// -- training -------------------------------------------------------------------------------------

/// Train from `model` (version `version` of run `run`) on `data`.
struct train_task {
  std::uint64_t run = 0;
  model_version version;
  model_blocks model;
  round_id round;
  local_work work;
  local_data_ptr data;
  /// The device's control variate, where the network shares them; empty: 0.
  flat_buffer control;
  /// Not begun after this moment: the answer would be too late.
  clock_type::time_point deadline;
};

struct trained_update {
  flat_buffer update;
  flat_buffer moments;
  training_outcome outcome;
  /// Not empty: there is no update, and why.
  std::string failure;
};

/// Samples [begin, end) of `data`, to go through a model without training it.
struct samples_and_model {
  std::uint64_t run = 0;
  model_version version;
  model_blocks model;
  dataset_ptr data;
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// Count what the model answers rightly.
struct evaluate_task : samples_and_model {
  /// Running statistics, where the model has none with it.
  flat_buffer statistics = {};
};

struct evaluated_range {
  evaluation_sums sums;
  std::string failure;
};

/// Measure the batch moments of the samples, as one batch.
struct measure_task : samples_and_model {};

struct measured_moments {
  flat_buffer moments;
  std::string failure;
};

/// Running statistics of batch norm: a device's own, or those of a version that has been evaluated. Empty: none.
struct running_statistics {
  model_version version;
  flat_buffer values;
};

/// Pool to a trainer: a task and the buffers its update goes into.
struct training_job {
  train_task task;
  flat_buffer update;
  flat_buffer moments;
};

// -- results --------------------------------------------------------------------------------------

/// Coordinator to evaluator: this version is to be evaluated.
struct evaluation_due {
  round_id round;
  model_version version;
  double epoch = 0.0;
};

/// Evaluator to coordinator: a version could not be evaluated.
struct evaluation_failed {
  round_id round;
  std::string reason;
};

/// The last thing listeners hear.
struct run_ended {
  /// The last committed model, as network::layout() has it; with the statistics that the server has measured, where it did
  /// (batch_norm_policy::recalibrate). learner::load() and network::completed() take it as it is. Empty where the server
  /// itself has failed.
  model_snapshot model;
  /// That were committed: the model's version. Abandoned rounds are not among them.
  std::uint32_t rounds = 0;
  /// That were closed without, for they missed their quorum.
  std::uint32_t abandoned = 0;
  /// It was told to stop, with rounds left.
  bool stopped_early = false;
  /// The rule of the plan by which it has ended with rounds left.
  stop_rule ended_by = stop_rule::none;
  /// Not empty: the run could not go on, and why, in one line.
  std::string failure;
  /// Members without a connection that may still come back, and have not heard of the end.
  std::vector<device_id> away;
};

}  // namespace verge

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::begin_round)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::forget_device)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::moved_bytes)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::update_settled)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::abandon_round)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::committed_round)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::model_snapshot)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::begin_sum)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::add_update)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::write_mean)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::encode_update)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::encoded_update)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::decode_update)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::decoded_update)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::encode_model)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::encoded_model)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::encode_step)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::encoded_step)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::decode_model)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::decoded_model)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::settle_update)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::forget_replica)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::device_news)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::train_task)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::trained_update)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::evaluate_task)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::evaluated_range)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::measure_task)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::measured_moments)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::running_statistics)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::training_job)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::evaluation_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::evaluation_failed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::run_ended)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::run_length)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::round_result)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::evaluation_result)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::round_id)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::device_id)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::model_version)
