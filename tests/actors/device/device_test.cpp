// One device between a real server and a coordinator that the test plays.

#include "actors/device/device.hpp"
#include "actors/server/server.hpp"

#include <boost/test/unit_test.hpp>

#include "support/fake_trainers.hpp"
#include "support/manual_system.hpp"
#include "support/numbered_dataset.hpp"

using namespace verge;
using namespace verge::test;

namespace {

/// The messages of the device to its coordinator.
struct coordinator_record {
  std::vector<join> joins;
  std::vector<work_failed> failures;
  device_actor device;
  std::string refusal;
};

membership_actor spawn_played_coordinator(caf::actor_system& system,
                                          std::shared_ptr<coordinator_record> record) {
  return system.spawn([record](membership_actor::pointer) -> membership_actor::behavior_type {
    return {
        [=](const sealed<join>& m, const device_actor& who) {
          record->joins.push_back(*unseal(m));
          if (record->refusal.empty()) record->device = who;
          return seal(welcome{record->refusal});
        },
        [=](const sealed<work_failed>& m) { record->failures.push_back(*unseal(m)); },
    };
  });
}

struct device_setup {
  explicit device_setup(const std::string& refusal = {}, std::uint64_t budget = 1u << 30,
                        bool has_controls = false) {
    record->refusal = refusal;
    script->layout = layout;
    trainers = spawn_fake_trainers(system.actors(), script);
    compressor = spawn_compressor(system.actors(), layout);
    server_options options;
    options.layout = layout;
    options.initial = made_state(layout);
    options.rule = make_federated_rule();
    options.upload_budget = budget;
    server = spawn_server(system.actors(), options, compressor);
    coordinator = spawn_played_coordinator(system.actors(), record);
    auto host = std::make_shared<device_host>();
    host->run = 1;
    host->layout = layout;
    host->manifest_hash = layout.hash();
    host->server = server;
    host->compressors = {compressor};
    host->trainers = trainers;
    host->upload_window = 2;
    host->has_controls = has_controls;
    spawn_device(system.actors(), host, coordinator,
                 local_data::of_device(1, device_id{1}, std::make_shared<numbered_dataset>(6), {}));
    system.settle();
  }

  ~device_setup() { record->device = nullptr; }

  /// Opens `round` at the server, which then expects the update of device 1.
  void begin(std::uint32_t round) {
    BOOST_TEST(system
                   .ask<model_version>(
                       server, begin_round{round_id{round}, work, {{device_id{1}, 6, 6, 3}}})
                   .error == "");
  }

  void order(std::uint32_t round, model_version version = {}) {
    caf::anon_send(record->device, seal(open_round{round_id{round}, version, work, deadline}));
    system.settle();
  }

  std::size_t updates_in(std::uint32_t round) {
    const auto answer = system.ask<committed_round>(server, commit_round{round_id{round}});
    return answer->updates.size();
  }

  manual_system system;
  manifest layout = four_block_layout();
  local_work work = federated(2, 0, 1, {}).plan.at(round_id{1}, {1, 1.0, 1});
  std::chrono::milliseconds deadline{1000};
  std::shared_ptr<trainer_script> script = std::make_shared<trainer_script>();
  std::shared_ptr<coordinator_record> record = std::make_shared<coordinator_record>();
  trainer_pool_actor trainers;
  compressor_actor compressor;
  server_actor server;
  membership_actor coordinator;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(virtual_device_test)

BOOST_AUTO_TEST_CASE(a_device_joins_with_its_number_its_samples_and_its_model) {
  device_setup s;
  BOOST_REQUIRE(s.record->joins.size() == 1u);
  const auto& hello = s.record->joins[0];
  BOOST_TEST(hello.protocol == protocol_version);
  BOOST_TEST(hello.device.value == 1u);
  BOOST_TEST(hello.samples == 6u);
  BOOST_TEST(hello.manifest_hash == s.layout.hash());
  BOOST_TEST((hello.codecs == known_codec_stages()));
}

BOOST_AUTO_TEST_CASE(a_control_variate_changes_by_the_updates_that_were_used_and_no_others) {
  device_setup s{{}, 1u << 30, true};
  const auto half = s.layout.parameter_count() / 2;
  const auto change_of = [&](std::uint32_t round) {
    const auto made = made_update(s.layout, device_id{1}, round_id{round}, {});
    const auto values = made.update.as<double>().last(half);
    return std::vector<double>(values.begin(), values.end());
  };
  const auto control_in = [&](std::uint32_t round, update_fate fate) {
    s.begin(round);
    s.order(round, model_version{0});
    caf::anon_send(s.record->device, seal(round_outcome{round_id{round}, fate, {}, {}}));
    s.system.settle();
    BOOST_REQUIRE(s.script->trained.size() == round);
    const auto control = s.script->trained.back().control.as<double>();
    return std::vector<double>(control.begin(), control.end());
  };
  BOOST_TEST(control_in(1, update_fate::late).empty());
  BOOST_TEST(control_in(2, update_fate::refused).empty());
  BOOST_TEST(control_in(3, update_fate::used).empty());
  auto expected = change_of(3);
  BOOST_TEST((control_in(4, update_fate::lost) == expected));
  BOOST_TEST((control_in(5, update_fate::used) == expected));
  const auto change = change_of(5);
  for (std::size_t i = 0; i < half; ++i) expected[i] += change[i];
  BOOST_TEST((control_in(6, update_fate::used) == expected));
}

BOOST_AUTO_TEST_CASE(a_device_forgets_what_it_holds_only_when_its_download_was_wrong) {
  device_setup s;
  std::vector<std::optional<model_version>> held;
  std::vector<decoded_model> answers{{}, {{}, "overtaken", true}, {{}, "wrong", false}, {}};
  const auto real = s.compressor;
  const compressor_actor played =
      s.system.actors().spawn([&, real](compressor_actor::pointer self) {
        return compressor_actor::behavior_type{
            [=](const encode_update& m) { return self->delegate(real, m); },
            [=](const settle_update& m) { self->send(real, m); },
            [=](const decode_update& m) { return self->delegate(real, m); },
            [=](const encode_model& m) { return self->delegate(real, m); },
            [=](const encode_step& m) { return self->delegate(real, m); },
            [&](const decode_model& m) {
              held.push_back(m.holds);
              return answers.at(held.size() - 1);
            },
            [](const forget_replica&) {},
            [=](checkpoint_atom m) { return self->delegate(real, m); }};
      });
  auto host = std::make_shared<device_host>();
  host->layout = s.layout;
  host->manifest_hash = s.layout.hash();
  host->server = s.server;
  host->compressors = {played};
  host->downloads_steps = true;
  host->trainers = s.trainers;
  spawn_device(s.system.actors(), host, s.coordinator,
               local_data::of_device(1, device_id{1}, std::make_shared<numbered_dataset>(6), {}));
  s.system.settle();
  for (std::uint32_t round = 1; round <= 4; ++round) {
    s.begin(round);
    s.order(round);
  }
  BOOST_REQUIRE(held.size() == 4u);
  BOOST_TEST(!held[0].has_value());
  BOOST_TEST((held[1] == model_version{0}));
  BOOST_TEST((held[2] == model_version{0}));
  BOOST_TEST(!held[3].has_value());
}

BOOST_AUTO_TEST_CASE(an_order_is_fetched_trained_and_uploaded) {
  device_setup s;
  s.begin(1);
  s.order(1);
  BOOST_REQUIRE(s.script->trained.size() == 1u);
  const auto& task = s.script->trained[0];
  BOOST_TEST(task.run == 1u);
  BOOST_TEST(task.round.value == 1u);
  BOOST_TEST((task.work == s.work));
  BOOST_TEST(s.updates_in(1) == 1u);
  BOOST_TEST(s.record->failures.empty());
}

BOOST_AUTO_TEST_CASE(an_order_that_overtakes_the_welcome_waits_for_it) {
  device_setup s;
  s.begin(5);
  // The welcome says what became of an earlier update, which the compressor has to know before the
  // next one.
  std::vector<std::string> seen;
  const auto real = s.compressor;
  const compressor_actor played = s.system.actors().spawn([&,
                                                           real](compressor_actor::pointer self) {
    return compressor_actor::behavior_type{
        [&, self, real](const encode_update& m) {
          seen.push_back("encode " + std::to_string(m.round.value));
          return self->delegate(real, m);
        },
        [&](const settle_update& m) { seen.push_back("settle " + std::to_string(m.round.value)); },
        [=](const decode_update& m) { return self->delegate(real, m); },
        [=](const encode_model& m) { return self->delegate(real, m); },
        [=](const encode_step& m) { return self->delegate(real, m); },
        [=](const decode_model& m) { return self->delegate(real, m); },
        [](const forget_replica&) {},
        [=](checkpoint_atom m) { return self->delegate(real, m); }};
  });
  const auto order = seal(open_round{round_id{5}, {}, s.work, s.deadline});
  const membership_actor hasty = s.system.actors().spawn([=](membership_actor::pointer self) {
    return membership_actor::behavior_type{[=](const sealed<join>&, const device_actor& who) {
                                             self->send(who, order);
                                             return seal(welcome{{}, round_id{4}});
                                           },
                                           [](const sealed<work_failed>&) {}};
  });
  auto host = std::make_shared<device_host>();
  host->run = 1;
  host->layout = s.layout;
  host->manifest_hash = s.layout.hash();
  host->server = s.server;
  host->compressors = {played};
  host->trainers = s.trainers;
  spawn_device(s.system.actors(), host, hasty,
               local_data::of_device(1, device_id{1}, std::make_shared<numbered_dataset>(6), {}));
  s.system.settle();
  BOOST_TEST((seen == std::vector<std::string>{"settle 4", "encode 5"}));
  BOOST_TEST(s.updates_in(5) == 1u);
}

BOOST_AUTO_TEST_CASE(the_trainer_gets_the_blocks_of_the_servers_model_in_their_places) {
  device_setup s;
  std::vector<const std::byte*> places;
  s.script->alter = [&](const train_task& task, trained_update&) {
    for (const auto& block : task.model.blocks) places.push_back(block.data());
  };
  s.begin(1);
  const auto model = s.system.ask<model_snapshot>(s.server, snapshot_atom::value)->state;
  s.order(1);
  std::vector<const std::byte*> expected;
  for (const auto& block : split_blocks(s.layout, model).blocks) expected.push_back(block.data());
  BOOST_TEST((places == expected));
}

BOOST_AUTO_TEST_CASE(a_device_whose_trainer_is_too_late_lets_the_round_go_without_a_word) {
  device_setup s;
  s.script->ignores = [](const train_task& task) { return task.round.value == 1; };
  s.begin(1);
  s.order(1);
  s.system.advance(s.deadline);
  BOOST_TEST(s.record->failures.empty());
  s.begin(2);
  s.order(2);
  BOOST_TEST(s.updates_in(2) == 1u);
}

BOOST_AUTO_TEST_CASE(an_answer_that_says_it_is_too_late_is_no_failure) {
  device_setup s;
  s.deadline = std::chrono::milliseconds{1};
  s.script->alter = [](const train_task& task, trained_update& made) {
    // As the pool does, the answer comes when the deadline of the task has passed.
    while (clock_type::now() <= task.deadline) {
    }
    made = {{}, {}, {}, "the round's deadline passed before a trainer was free"};
  };
  s.begin(1);
  s.order(1);
  BOOST_TEST(s.record->failures.empty());
}

BOOST_AUTO_TEST_CASE(what_a_trainer_fails_with_is_told_to_the_coordinator) {
  device_setup s;
  s.script->alter = [](const train_task&, trained_update& made) {
    made = {{}, {}, {}, "no memory"};
  };
  s.begin(4);
  s.order(4);
  BOOST_REQUIRE(s.record->failures.size() == 1u);
  BOOST_TEST(s.record->failures[0].round.value == 4u);
  BOOST_TEST(s.record->failures[0].device.value == 1u);
  BOOST_TEST(s.record->failures[0].reason == "no memory");
}

BOOST_AUTO_TEST_CASE(a_download_is_ended_once_whether_it_is_whole_or_given_up) {
  for (const bool is_whole : {true, false}) {
    device_setup s;
    std::vector<std::string> heard;
    const auto real = s.server;
    const exchange_actor relay = s.system.actors().spawn([&, real](exchange_actor::pointer self) {
      return exchange_actor::behavior_type{
          [&, self, real](const sealed<model_request>& m) -> caf::result<sealed<model_block>> {
            const auto block = unseal(m)->block.value;
            heard.push_back("block " + std::to_string(block));
            if (block < 2 || is_whole) return self->delegate(real, m);
            return seal(model_block{{}, block_index{2}, 0, "no such block", {}, {}, 0});
          },
          [&](const sealed<download_ended>& m) {
            heard.push_back("end of " + std::to_string(unseal(m)->round.value));
          },
          [=](const sealed<upload_request>& m) { return self->delegate(real, m); },
          [=](const sealed<update_block>& m) { return self->delegate(real, m); }};
    });
    auto host = std::make_shared<device_host>();
    host->run = 1;
    host->layout = s.layout;
    host->manifest_hash = s.layout.hash();
    host->server = relay;
    host->compressors = {s.compressor};
    host->trainers = s.trainers;
    spawn_device(s.system.actors(), host, s.coordinator,
                 local_data::of_device(1, device_id{1}, std::make_shared<numbered_dataset>(6), {}));
    s.system.settle();
    s.begin(3);
    s.order(3);
    std::vector<std::string> expected{"block 0", "block 1", "block 2", "block 3", "end of 3"};
    BOOST_TEST((heard == expected), heard.size() << " messages");
    BOOST_TEST(s.record->failures.size() == (is_whole ? 0u : 1u));
  }
}

BOOST_AUTO_TEST_CASE(a_version_that_the_server_does_not_have_is_told_once) {
  device_setup s;
  s.begin(1);
  s.order(1, model_version{8});
  BOOST_REQUIRE(s.record->failures.size() == 1u);
  BOOST_TEST(s.record->failures[0].reason ==
             "device 1 asks for version 8 of the model; the server has version 0");
}

BOOST_AUTO_TEST_CASE(a_new_order_makes_the_device_forget_the_old_one) {
  device_setup s;
  s.script->ignores = [](const train_task& task) { return task.round.value == 1; };
  s.begin(1);
  s.order(1);
  s.begin(2);
  s.order(2);
  BOOST_TEST(s.updates_in(2) == 1u);
  // Only the timeout of round 1 is left.
  s.system.advance(s.deadline);
  BOOST_TEST(s.record->failures.empty());
}

BOOST_AUTO_TEST_CASE(an_order_that_cannot_be_read_starts_nothing) {
  device_setup s;
  caf::anon_send(s.record->device, sealed<open_round>{});
  s.system.settle();
  BOOST_TEST(s.script->trained.empty());
  BOOST_REQUIRE(s.record->failures.size() == 1u);
  BOOST_TEST(s.record->failures[0].round.value == 0u);
}

BOOST_AUTO_TEST_CASE(after_the_outcome_of_a_round_nothing_of_it_is_sent) {
  device_setup s;
  s.script->ignores = [](const train_task&) { return true; };
  s.begin(1);
  s.order(1);
  caf::anon_send(s.record->device, seal(round_outcome{round_id{1}, update_fate::late, "late", {}}));
  s.system.settle();
  s.system.advance(s.deadline);
  BOOST_TEST(s.record->failures.empty());
}

BOOST_AUTO_TEST_CASE(a_device_ends_when_it_is_refused_told_to_stop_or_alone) {
  device_setup refused{"no place"};
  const auto others = refused.system.alive();
  device_setup stopped;
  BOOST_TEST(stopped.system.alive() == others + 1);
  caf::anon_send(stopped.record->device, seal(run_over{}));
  stopped.system.settle();
  BOOST_TEST(stopped.system.alive() == others);
  device_setup alone;
  caf::anon_send_exit(alone.coordinator, caf::exit_reason::kill);
  alone.system.settle();
  BOOST_TEST(alone.system.alive() == others - 1);
}

BOOST_AUTO_TEST_SUITE_END()
