#pragma once

#include <boost/test/unit_test.hpp>
#include <caf/all.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/device/device.hpp"
#include "actors/round/coordinator.hpp"
#include "support/fake_trainers.hpp"
#include "support/kept_checkpoints.hpp"
#include "support/made_updates.hpp"
#include "support/manual_system.hpp"
#include "support/numbered_dataset.hpp"

namespace verge::test {

/// The messages that a listener of a run received.
struct run_record {
  std::vector<run_length> lengths;
  std::vector<round_result> rounds;
  std::vector<evaluation_result> evaluations;
  std::vector<run_ended> ends;
};

/// The messages of the run to a device that the test plays itself.
struct device_record {
  std::vector<sealed<open_round>> orders;
  std::vector<round_outcome> outcomes;
  bool stopped = false;
};

/// A whole run on a manual_system: server, coordinator, evaluator, fake trainers, and devices that
/// are real or played by the test. Device d holds 4 + 2 d samples. The strategy is federated, with
/// one local epoch and batches of 2.
class scripted_run {
public:
  struct options {
    std::uint32_t devices = 3;
    std::uint32_t rounds = 2;
    std::uint32_t cohort = 0;
    double quorum = 1.0;
    std::uint32_t aggregators = 2;
    std::uint32_t evaluate_every = 0;
    early_stop_options early_stop = {};
    std::optional<std::uint32_t> checkpoint_every = 1;
    std::uint64_t upload_budget = 64u << 20;
    std::uint64_t download_budget = 64u << 20;
    /// In the time of the manual clock. Devices also look at the real clock, so it has to be longer
    /// than a test takes on a slow machine.
    std::chrono::milliseconds deadline = std::chrono::minutes{10};
    bool failure_is_fatal = false;
    /// Whether devices that come back are members again. `return_grace`: how long they may be away.
    bool members_return = false;
    std::chrono::milliseconds return_grace{0};
    std::optional<std::chrono::milliseconds> resumed_grace = {};
    /// 0: the same as `deadline`.
    std::chrono::milliseconds join_deadline{0};
    std::uint32_t min_devices = 0;
    std::uint32_t most_abandoned = 0;
    std::size_t test_samples = 10;
    manifest layout = small_layout();
    federated_rule_options rule = {};
    link_codecs codecs = {};
    /// Number of the devices' compressors, which they share by number.
    std::uint32_t compressors = 1;
    /// A store in which the devices' residuals are kept besides.
    std::shared_ptr<residual_store> residuals = nullptr;
    /// Keeps a checkpoint of each round; null: none are kept.
    std::shared_ptr<kept_checkpoints> checkpoints = nullptr;
    /// The checkpoint from which the run resumes; null for a new run.
    std::shared_ptr<const run_checkpoint> resumed = nullptr;
    std::shared_ptr<const modelled_links> links = nullptr;
    /// Called with every evaluation, from the first one of a resumed run on.
    std::function<void(trainer_script&, const evaluate_task&)> watches = nullptr;
  };

  explicit scripted_run(options o) : setup(std::move(o)) {
    script->layout = setup.layout;
    if (setup.watches)
      script->watches = [this](const evaluate_task& task) { setup.watches(*script, task); };
    trainers = spawn_fake_trainers(system.actors(), script);
    compressor =
        spawn_compressor(system.actors(), setup.layout, setup.codecs, {setup.residuals, {}});
    server_options for_server;
    for_server.layout = setup.layout;
    for_server.initial = made_state(setup.layout);
    for_server.rule = make_federated_rule(setup.rule);
    residual_state owed_down;
    if (setup.resumed) {
      for_server.initial = setup.resumed->server.model;
      for_server.version = setup.resumed->server.version;
      for_server.rule->remember(setup.resumed->server.rule);
      owed_down = setup.resumed->server.owed_down;
    }
    for_server.codecs = setup.codecs;
    for_server.aggregators = setup.aggregators;
    for_server.upload_budget = setup.upload_budget;
    for_server.download_budget = setup.download_budget;
    server = spawn_server(
        system.actors(), std::move(for_server),
        spawn_compressor(system.actors(), setup.layout, setup.codecs, {nullptr, owed_down}));
    evaluator = spawn_evaluator(
        system.actors(), {1, setup.layout, std::make_shared<numbered_dataset>(setup.test_samples)},
        server, trainers);
    coordinator_options for_rounds;
    for_rounds.rounds.seed = 1;
    for_rounds.rounds.devices = setup.devices;
    for_rounds.rounds.rounds = setup.rounds;
    for_rounds.rounds.cohort = setup.cohort;
    for_rounds.rounds.quorum = setup.quorum;
    for_rounds.rounds.plan = federated(2, 0, 1, {}).plan;
    for_rounds.manifest_hash = setup.layout.hash();
    for_rounds.deadline = setup.deadline;
    for_rounds.join_deadline = setup.join_deadline;
    for_rounds.evaluate_every = setup.evaluate_every;
    for_rounds.early_stop = setup.early_stop;
    for_rounds.checkpoint_every = setup.checkpoint_every;
    for_rounds.device_failure_is_fatal = setup.failure_is_fatal;
    for_rounds.rounds.members_return = setup.members_return;
    for_rounds.rounds.min_devices = setup.min_devices;
    for_rounds.return_grace = setup.return_grace;
    for_rounds.resumed_grace = setup.resumed_grace;
    for_rounds.rounds.most_abandoned = setup.most_abandoned;
    for_rounds.listeners = {spawn_listener()};
    if (setup.checkpoints) {
      keeper = spawn_keeper(system.actors(), setup.checkpoints);
      for_rounds.keeper = keeper;
    }
    for_rounds.resumed = setup.resumed;
    for_rounds.links = setup.links;
    coordinator = spawn_coordinator(system.actors(), for_rounds, server, evaluator, trainers);
    system.settle();
  }

  ~scripted_run() {
    // Ends what is left if a test has failed half-way.
    caf::anon_send_exit(coordinator, caf::exit_reason::kill);
    caf::anon_send_exit(trainers, caf::exit_reason::kill);
    system.settle();
  }

  static std::uint64_t shard_size(std::uint32_t device) { return 4 + 2 * device; }

  /// Spawns devices `first` .. devices - 1 as actors of this process.
  void spawn_devices(std::uint32_t first = 0) { spawn_devices(first, server, coordinator); }

  /// The same, with relays in place of the server and the coordinator.
  void spawn_devices(std::uint32_t first, const exchange_actor& at_server,
                     const membership_actor& at_coordinator) {
    auto host = std::make_shared<device_host>();
    host->run = 1;
    host->layout = setup.layout;
    host->manifest_hash = setup.layout.hash();
    host->server = at_server;
    host->compressors = {compressor};
    while (host->compressors.size() < setup.compressors)
      host->compressors.push_back(spawn_compressor(system.actors(), setup.layout, setup.codecs));
    host->downloads_steps = setup.codecs.sends_steps();
    host->trainers = trainers;
    for (auto i = first; i < setup.devices; ++i)
      spawn_device(system.actors(), host, at_coordinator,
                   local_data::of_device(1, device_id{i},
                                         std::make_shared<numbered_dataset>(shard_size(i)), {}));
  }

  /// Joins as a device that the test plays. The messages to it are recorded.
  std::shared_ptr<device_record> join_as(std::uint32_t device) {
    auto heard = std::make_shared<device_record>();
    const device_actor handle =
        system.actors().spawn([heard](device_actor::pointer) -> device_actor::behavior_type {
          return {
              [=](const sealed<open_round>& m) { heard->orders.push_back(m); },
              [=](const sealed<round_outcome>& m) { heard->outcomes.push_back(*unseal(m)); },
              [=](const sealed<run_over>&) { heard->stopped = true; },
          };
        });
    // The system does not run yet: the caller decides when the round may open.
    joins.push_back(system.ask_later<sealed<welcome>>(coordinator,
                                                      seal(join{protocol_version,
                                                                setup.layout.hash(),
                                                                device_id{device},
                                                                shard_size(device),
                                                                {codec_none}}),
                                                      handle));
    played[device] = handle.address();
    return heard;
  }

  /// An honest offer of a device of the run.
  upload_request offer_of(std::uint32_t device, round_id round) const {
    const auto samples = shard_size(device);
    return {round,
            device_id{device},
            samples,
            static_cast<std::uint32_t>(samples / 2),
            0.25,
            setup.layout.block_count(),
            (setup.layout.parameter_count() + setup.layout.statistic_count()) *
                bytes_of(setup.layout.type())};
  }

  /// The honest blocks of that offer.
  std::vector<update_block> blocks_of(std::uint32_t device, round_id round) const {
    const auto made = made_update(setup.layout, device_id{device}, round, {});
    std::vector<update_block> blocks;
    for (const auto& payload : split_blocks(setup.layout, made.update, made.moments))
      blocks.push_back({round, device_id{device},
                        block_index{static_cast<std::uint32_t>(blocks.size())}, codec_none,
                        payload});
    return blocks;
  }

  /// The answer of the server to an offer: its refusal, or an empty string if it is granted. Unset
  /// while the offer waits.
  std::optional<std::string> offer(const upload_request& request) {
    const auto answer = system.ask<sealed<upload_grant>>(server, seal(request));
    if (!answer) return std::nullopt;
    return unseal(*answer)->refused_because;
  }

  block_ack send_block(const update_block& block) {
    return *unseal(*system.ask<sealed<block_ack>>(server, seal(block)));
  }

  /// Answers the checkpoints that are held.
  void answer_checkpoints() {
    caf::anon_send(keeper, returned_atom::value);
    system.settle();
  }

  /// Answers the evaluations that the script holds.
  void answer_evaluations() {
    caf::anon_send(trainers, returned_atom::value);
    system.settle();
  }

  /// The hash of the model with which the run ended without a failure.
  std::string end_hash() const {
    BOOST_REQUIRE(record->ends.size() == 1u);
    BOOST_TEST(record->ends[0].failure == "");
    return model_sha256(setup.layout, record->ends[0].model.state);
  }

  model_snapshot snapshot() { return *system.ask<model_snapshot>(server, snapshot_atom::value); }

  options setup;
  manual_system system;
  std::shared_ptr<trainer_script> script = std::make_shared<trainer_script>();
  std::shared_ptr<run_record> record = std::make_shared<run_record>();
  std::vector<std::shared_ptr<reply<sealed<welcome>>>> joins;
  /// Devices that the test plays, held here because their handles keep them alive.
  std::map<std::uint32_t, caf::actor_addr> played;
  trainer_pool_actor trainers;
  /// The compressor at the devices' end of the links.
  compressor_actor compressor;
  server_actor server;
  evaluator_actor evaluator;
  coordinator_actor coordinator;
  held_keeper_actor keeper;

private:
  round_listener spawn_listener() {
    return system.actors().spawn(
        [heard = this->record](round_listener::pointer self) -> round_listener::behavior_type {
          return {
              [=](const run_length& m) { heard->lengths.push_back(m); },
              [=](const round_result& m) { heard->rounds.push_back(m); },
              [=](const evaluation_result& m) { heard->evaluations.push_back(m); },
              [=](const run_ended& m) {
                heard->ends.push_back(m);
                self->quit();
              },
          };
        });
  }
};

}  // namespace verge::test
