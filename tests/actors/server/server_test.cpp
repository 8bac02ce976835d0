// The server, and the run around it, between devices that the test plays. The file has a few lines
// more than 400, because each promise of server.hpp has a case.

#include "actors/server/server.hpp"

#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <deque>

#include "support/scripted_run.hpp"

using namespace verge;
using namespace verge::test;

namespace {

constexpr round_id first{1};

/// A run whose devices are all played by the test. Round 1 is open.
struct played_run : scripted_run {
  explicit played_run(options o = {}) : scripted_run(std::move(o)) {
    for (std::uint32_t i = 0; i < setup.devices; ++i) devices.push_back(join_as(i));
    system.settle();
  }

  /// The honest update of one device, from offer to last block.
  block_ack upload(std::uint32_t device, round_id round = first) {
    BOOST_TEST((offer(offer_of(device, round)) == ""));
    block_ack last;
    for (const auto& block : blocks_of(device, round)) {
      BOOST_TEST(!last.counted);
      last = send_block(block);
    }
    return last;
  }

  std::string block_refusal(model_request request) {
    const auto answer = *unseal(*system.ask<sealed<model_block>>(server, seal(request)));
    BOOST_TEST(answer.payload.size() == 0u);
    return answer.refused_because;
  }

  std::vector<std::shared_ptr<device_record>> devices;
};

using held_compressor_actor = compressor_actor::extend<caf::reacts_to<returned_atom>>;

/// A compressor that decodes the oldest update it was given when it gets a returned_atom. `held`:
/// number of updates that wait.
held_compressor_actor spawn_held_compressor(caf::actor_system& system, const compressor_actor& real,
                                            std::size_t& held) {
  return system.spawn(
      [real, &held](held_compressor_actor::pointer self) -> held_compressor_actor::behavior_type {
        using decoded_promise = caf::typed_response_promise<decoded_update>;
        const auto waiting =
            std::make_shared<std::deque<std::pair<decode_update, decoded_promise>>>();
        return {[=](const encode_update& m) { return self->delegate(real, m); },
                [=](const settle_update& m) { self->send(real, m); },
                [=, &held](const decode_update& m) {
                  auto promise = self->make_response_promise<decoded_promise>();
                  waiting->emplace_back(m, promise);
                  ++held;
                  return promise;
                },
                [=](const encode_model& m) { return self->delegate(real, m); },
                [=](const encode_step& m) { return self->delegate(real, m); },
                [=](const decode_model& m) { return self->delegate(real, m); },
                [](const forget_replica&) {},
                [=](checkpoint_atom m) { return self->delegate(real, m); },
                [=, &held](returned_atom) {
                  auto [question, promise] = std::move(waiting->front());
                  waiting->pop_front();
                  --held;
                  self->request(real, caf::infinite, question)
                      .then([promise = promise](const decoded_update& answer) mutable {
                        promise.deliver(answer);
                      });
                }};
      });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(server_test, *boost::unit_test::tolerance(1e-10))

// -- downlink -------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_model_block_is_the_memory_of_the_model) {
  played_run run{{.layout = four_block_layout()}};
  const auto model = run.snapshot().state;
  for (std::uint32_t i = 0; i < 4; ++i) {
    const model_request request{first, device_id{0}, model_version{0}, block_index{i}};
    const auto block = *unseal(*run.system.ask<sealed<model_block>>(run.server, seal(request)));
    const auto range = run.setup.layout.block(block_index{i});
    const auto& buffer = range.statistics ? model.statistics : model.parameters;
    BOOST_TEST(block.refused_because == "");
    BOOST_TEST(block.payload.data() == buffer.data() + range.offset * 8);
    BOOST_TEST(block.payload.size() == range.elements * 8);
  }
}

BOOST_AUTO_TEST_CASE(a_block_that_there_is_not_is_refused_with_a_sentence) {
  played_run run;
  BOOST_TEST(run.block_refusal({first, device_id{1}, model_version{4}, block_index{0}}) ==
             "device 1 asks for version 4 of the model; the server has version 0");
  BOOST_TEST(run.block_refusal({first, device_id{1}, model_version{0}, block_index{2}}) ==
             "device 1 asks for block 2; there are 2");
  const auto answer = run.system.ask<sealed<model_block>>(run.server, sealed<model_request>{});
  BOOST_TEST(unseal(*answer)->refused_because == "model_request: an empty message");
}

BOOST_AUTO_TEST_CASE(a_download_or_upload_of_a_device_that_is_gone_holds_nobody_up) {
  played_run run{{.devices = 2,
                  .upload_budget = 1,
                  .download_budget = 1,
                  .members_return = true,
                  .return_grace = std::chrono::minutes{1}}};
  const auto ask = [&](std::uint32_t device) {
    return run.system.ask_later<sealed<model_block>>(
        run.server, seal(model_request{first, device_id{device}, {}, block_index{0}}));
  };
  const auto of_0 = ask(0), of_1 = ask(1);
  run.system.settle();
  BOOST_TEST((run.offer(run.offer_of(0, first)) == ""));
  const auto offer_of_1 =
      run.system.ask_later<sealed<upload_grant>>(run.server, seal(run.offer_of(1, first)));
  run.system.settle();
  BOOST_TEST((*of_0 && !*of_1 && !*offer_of_1));
  caf::anon_send_exit(caf::actor_cast<caf::actor>(run.played.at(0)), caf::exit_reason::kill);
  run.system.settle();
  BOOST_TEST((*of_1 && *offer_of_1));
}

BOOST_AUTO_TEST_CASE(downloads_beyond_the_budget_wait_for_those_before_them_to_end) {
  played_run run{{.download_budget = 1}};
  const auto ask = [&](std::uint32_t device) {
    return run.system.ask_later<sealed<model_block>>(
        run.server, seal(model_request{first, device_id{device}, {}, block_index{0}}));
  };
  const auto end = [&](std::uint32_t device, round_id round) {
    caf::anon_send(run.server, seal(download_ended{round, device_id{device}}));
    run.system.settle();
  };
  const auto is_given = [](const std::shared_ptr<reply<sealed<model_block>>>& answer) {
    return *answer && unseal(**answer)->refused_because.empty();
  };
  const auto of_0 = ask(0), of_1 = ask(1), of_2 = ask(2);
  run.system.settle();
  BOOST_TEST(is_given(of_0));
  BOOST_TEST(!*of_1);
  end(0, round_id{7});  // of a round that is not open
  BOOST_TEST(!*of_1);
  end(0, first);
  BOOST_TEST(is_given(of_1));
  BOOST_TEST(!*of_2);
  caf::anon_send(run.server, forget_device{device_id{1}});
  run.system.settle();
  BOOST_TEST(is_given(of_2));
  // The round ends while one device waits.
  const auto again = ask(0);
  run.system.settle();
  BOOST_TEST(!*again);
  for (std::uint32_t i = 0; i < 3; ++i) run.upload(i);
  BOOST_REQUIRE(*again);
  BOOST_TEST(unseal(**again)->refused_because ==
             "device 0: the round was closed before it was its turn to download");
}

BOOST_AUTO_TEST_CASE(who_was_not_asked_in_the_open_round_downloads_nothing) {
  played_run run{{.devices = 3, .cohort = 1}};
  std::uint32_t refused = 0;
  for (std::uint32_t i = 0; i < 3; ++i) {
    const auto why = run.devices[i]->orders.empty()
                         ? run.block_refusal({first, device_id{i}, {}, block_index{0}})
                         : std::string{};
    if (why == fmt::format("device {} was not asked in round 1", i)) ++refused;
  }
  BOOST_TEST(refused == 2u);
  BOOST_TEST(run.block_refusal({round_id{2}, device_id{0}, {}, block_index{0}}) ==
             "device 0 asks for the model of round 2; the open round is 1");
}

// -- uplink ---------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(an_update_counts_with_its_last_block_in_any_order_of_blocks) {
  played_run run{{.layout = four_block_layout()}};
  BOOST_TEST((run.offer(run.offer_of(0, first)) == ""));
  auto blocks = run.blocks_of(0, first);
  std::swap(blocks[0], blocks[3]);
  for (std::size_t i = 0; i < 4; ++i) {
    const auto ack = run.send_block(blocks[i]);
    BOOST_TEST(ack.refused_because == "");
    BOOST_TEST(ack.block.value == blocks[i].block.value);
    BOOST_TEST(ack.counted == (i == 3));
  }
}

BOOST_AUTO_TEST_CASE(the_committed_model_is_the_weighted_mean_of_the_updates) {
  played_run run{{.rounds = 1}};
  for (const std::uint32_t i : {2u, 0u, 1u}) BOOST_TEST(run.upload(i).counted);
  BOOST_REQUIRE(run.record->ends.size() == 1u);
  const auto& end = run.record->ends[0].model;
  BOOST_TEST(end.version.value == 1u);
  const auto start = made_state(run.setup.layout);
  for (std::size_t p = 0; p < run.setup.layout.parameter_count(); ++p) {
    double sum = 0.0;
    for (std::uint32_t d = 0; d < 3; ++d)
      sum += static_cast<double>(scripted_run::shard_size(d)) * noise(2, d, 1, p);
    BOOST_TEST(value_of(end.state.parameters, p) == value_of(start.parameters, p) + sum / 18.0);
  }
  BOOST_TEST(end.state.batches_tracked == 4);  // 8 samples of the largest shard, in batches of 2
}

BOOST_AUTO_TEST_CASE(a_repeated_offer_or_block_does_no_harm_to_a_counted_update) {
  played_run run{{.rounds = 1}};
  BOOST_TEST(run.upload(0).counted);
  BOOST_TEST(
      (run.offer(run.offer_of(0, first)) == "device 0 has offered its update of round 1 already"));
  BOOST_TEST(run.send_block(run.blocks_of(0, first)[0]).refused_because ==
             "device 0 sent a block without a grant in round 1");
  BOOST_TEST(run.upload(1).counted);
  BOOST_TEST(run.upload(2).counted);
  BOOST_REQUIRE(run.record->rounds.size() == 1u);
  BOOST_TEST(run.record->rounds[0].used == 3u);
  BOOST_TEST(run.record->ends.at(0).failure == "");
}

BOOST_AUTO_TEST_CASE(a_repeated_offer_does_no_harm_to_an_upload_that_is_under_way) {
  played_run run{{.rounds = 1}};
  BOOST_TEST((run.offer(run.offer_of(0, first)) == ""));
  BOOST_TEST((run.offer(run.offer_of(0, first)) != ""));
  for (const auto& block : run.blocks_of(0, first)) run.send_block(block);
  run.upload(1);
  BOOST_TEST(run.record->ends.empty());
  run.upload(2);
  BOOST_REQUIRE(run.record->rounds.size() == 1u);
  BOOST_TEST(run.record->rounds[0].used == 3u);
  BOOST_TEST((run.devices[0]->outcomes.at(0).fate == update_fate::used));
}

BOOST_AUTO_TEST_CASE(a_block_before_the_offer_does_no_harm_to_the_update_that_follows) {
  played_run run{{.rounds = 1}};
  BOOST_TEST(!run.send_block(run.blocks_of(0, first)[0]).refused_because.empty());
  run.upload(1);
  run.upload(2);
  BOOST_TEST(run.record->ends.empty());
  BOOST_TEST(run.upload(0).counted);
  BOOST_REQUIRE(run.record->rounds.size() == 1u);
  BOOST_TEST(run.record->rounds[0].used == 3u);
}

BOOST_AUTO_TEST_CASE(offers_beyond_the_budget_wait_for_the_updates_before_them) {
  played_run run{{.rounds = 1, .upload_budget = 100}};  // one update has 72 bytes
  BOOST_TEST((run.offer(run.offer_of(0, first)) == ""));
  const auto waiting =
      run.system.ask_later<sealed<upload_grant>>(run.server, seal(run.offer_of(1, first)));
  run.system.settle();
  BOOST_TEST(!*waiting);
  for (const auto& block : run.blocks_of(0, first)) run.send_block(block);
  BOOST_REQUIRE(*waiting);
  BOOST_TEST(unseal(**waiting)->refused_because == "");
}

BOOST_AUTO_TEST_CASE(at_the_deadline_who_waits_for_room_is_told_why_it_will_not_get_any) {
  played_run run{{.quorum = 0.3, .upload_budget = 100}};
  BOOST_TEST(run.upload(2).counted);
  BOOST_TEST((run.offer(run.offer_of(0, first)) == ""));
  const auto waiting =
      run.system.ask_later<sealed<upload_grant>>(run.server, seal(run.offer_of(1, first)));
  run.system.settle();
  BOOST_TEST(!*waiting);
  run.system.advance(run.setup.deadline);
  BOOST_REQUIRE(*waiting);
  BOOST_TEST(unseal(**waiting)->refused_because ==
             "device 1: round 1 was closed before there was room for its update");
  // A new round has the whole budget.
  BOOST_TEST(run.devices[0]->orders.size() == 2u);
  BOOST_TEST(run.upload(1, round_id{2}).counted);
}

// -- what must not count --------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(impossible_moments_refuse_the_whole_update) {
  played_run run{{.rounds = 1, .quorum = 0.6}};
  const auto start = run.snapshot();
  BOOST_TEST((run.offer(run.offer_of(0, first)) == ""));
  auto made = made_update(run.setup.layout, device_id{0}, first, {});
  fill(made.moments, [](std::size_t i) { return i == 3 ? -1e-9 : 1.0; });
  const auto payloads = split_blocks(run.setup.layout, made.update, made.moments);
  auto blocks = run.blocks_of(0, first);
  blocks[1].payload = payloads[1];
  run.send_block(blocks[0]);
  const auto ack = run.send_block(blocks[1]);
  BOOST_TEST(!ack.counted);
  BOOST_TEST(ack.refused_because ==
             "device 0: batch moments with a negative variance or beyond 1048576");
  run.upload(1);
  run.upload(2);
  BOOST_TEST(run.record->rounds.at(0).refused == 1u);
  BOOST_TEST((run.devices[0]->outcomes.at(0).fate == update_fate::refused));
  BOOST_TEST(run.devices[0]->outcomes.at(0).reason == ack.refused_because);
}

BOOST_AUTO_TEST_CASE(an_incomplete_update_leaves_no_trace) {
  const auto end_with_a_part_of_device_0 = [](std::size_t blocks_sent) {
    played_run run{{.rounds = 1, .quorum = 0.6, .layout = four_block_layout()}};
    run.upload(1);
    if (blocks_sent > 0) BOOST_TEST((run.offer(run.offer_of(0, first)) == ""));
    for (std::size_t i = 0; i + 1 < blocks_sent; ++i) run.send_block(run.blocks_of(0, first)[i]);
    run.upload(2);
    run.system.advance(run.setup.deadline);
    BOOST_TEST(run.record->rounds.at(0).late == 1u);
    return model_sha256(run.setup.layout, run.record->ends.at(0).model.state);
  };
  const auto without = end_with_a_part_of_device_0(0);
  for (const std::size_t sent : {1u, 2u, 4u})
    BOOST_TEST(end_with_a_part_of_device_0(sent) == without);
}

BOOST_AUTO_TEST_CASE(an_update_that_is_being_checked_when_its_round_is_committed_is_not_in_it) {
  played_run run;
  BOOST_TEST(run.upload(1).counted);
  BOOST_TEST((run.offer(run.offer_of(0, first)) == ""));
  const auto blocks = run.blocks_of(0, first);
  run.send_block(blocks[0]);
  // Both messages are in the server's mailbox before the compressor has seen the update.
  const auto last = run.system.ask_later<sealed<block_ack>>(run.server, seal(blocks[1]));
  const auto commit = run.system.ask_later<committed_round>(run.server, commit_round{first});
  run.system.settle();
  BOOST_REQUIRE(*commit);
  BOOST_REQUIRE((*commit)->updates.size() == 1u);
  BOOST_TEST((*commit)->updates[0].device.value == 1u);
  BOOST_REQUIRE(*last);
  BOOST_TEST(!unseal(**last)->counted);
  BOOST_TEST(unseal(**last)->refused_because ==
             "device 0: round 1 was closed before the update was checked");
}

BOOST_AUTO_TEST_CASE(a_model_that_diverges_ends_the_run_and_stays_at_the_last_good_version) {
  played_run run{{.devices = 1, .rounds = 5}};
  BOOST_TEST(run.upload(0).counted);
  const auto good = model_sha256(run.setup.layout, run.snapshot().state);
  const round_id second{2};
  BOOST_TEST((run.offer(run.offer_of(0, second)) == ""));
  auto blocks = run.blocks_of(0, second);
  auto made = made_update(run.setup.layout, device_id{0}, second, {});
  // The update is usable, but the model that it leads to is not.
  fill(made.update, [&](std::size_t i) {
    return value_of(run.snapshot().state.parameters, i) < 0 ? -1048576.0 : 1048576.0;
  });
  blocks[0].payload = split_blocks(run.setup.layout, made.update, made.moments)[0];
  for (const auto& block : blocks) BOOST_TEST(run.send_block(block).refused_because == "");
  BOOST_REQUIRE(run.record->ends.size() == 1u);
  BOOST_TEST(run.record->ends[0].failure ==
             "round 2: the model has diverged: weight has a value that is not a number within "
             "+-1048576; a lower learning rate may help");
  BOOST_TEST(run.record->ends[0].model.version.value == 1u);
  BOOST_TEST(model_sha256(run.setup.layout, run.record->ends[0].model.state) == good);
  BOOST_TEST(run.record->rounds.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_commit_without_an_update_is_refused_and_the_version_stays) {
  played_run run;
  const auto answer = run.system.ask<committed_round>(run.server, commit_round{first});
  BOOST_TEST(answer->failure == "round 1 has nothing to commit");
  BOOST_TEST(run.system.ask<committed_round>(run.server, commit_round{round_id{9}})->failure ==
             "round 9 has nothing to commit");
  BOOST_TEST(run.snapshot().version.value == 0u);
}

BOOST_AUTO_TEST_CASE(a_snapshot_stays_as_it_was_while_the_model_moves_on) {
  played_run run{{.devices = 1, .rounds = 4}};
  const auto before = run.snapshot();
  const auto hash = model_sha256(run.setup.layout, before.state);
  for (std::uint32_t round = 1; round <= 3; ++round) run.upload(0, round_id{round});
  BOOST_TEST(run.snapshot().version.value == 3u);
  BOOST_TEST(model_sha256(run.setup.layout, before.state) == hash);
  BOOST_TEST(model_sha256(run.setup.layout, run.snapshot().state) != hash);
}

// -- updates that are being added -----------------------------------------------------------------

BOOST_AUTO_TEST_CASE(while_an_update_is_checked_the_next_may_come_and_a_commit_waits) {
  scripted_run run{{}};
  std::size_t held = 0;
  const auto compressor = spawn_held_compressor(run.system.actors(), run.compressor, held);
  server_options options;
  options.layout = run.setup.layout;
  options.initial = made_state(options.layout);
  options.rule = make_federated_rule();
  options.upload_budget = 1;  // one at a time
  run.server = spawn_server(run.system.actors(), options, compressor);
  begin_round begin{first, federated(2, 0, 1, {}).plan.at(round_id{1}, {1, 1.0, 1}), {}};
  for (std::uint32_t i = 0; i < 4; ++i) {
    const auto samples = scripted_run::shard_size(i);
    begin.cohort.push_back(
        {device_id{i}, samples, samples, static_cast<std::uint32_t>(samples / 2)});
  }
  BOOST_REQUIRE(run.system.ask<model_version>(run.server, begin));
  for (std::uint32_t i = 0; i < 3; ++i) {
    BOOST_TEST((run.offer(run.offer_of(i, first)) == ""), "device " << i);
    for (const auto& block : run.blocks_of(i, first))
      run.system.ask_later<sealed<block_ack>>(run.server, seal(block));
    run.system.settle();
  }
  BOOST_TEST(held == 2u);
  // The third update waits for its turn, and its bytes are on the budget.
  BOOST_TEST(!run.offer(run.offer_of(3, first)));
  const auto go_on = [&] {
    caf::anon_send(compressor, returned_atom::value);
    run.system.settle();
  };
  go_on();
  BOOST_TEST(held == 2u);
  const auto commit = run.system.ask_later<committed_round>(run.server, commit_round{first});
  run.system.settle();
  BOOST_TEST(!*commit);
  go_on();
  BOOST_TEST(!*commit);
  go_on();
  BOOST_REQUIRE(*commit);
  // Updates that were checked after the close are not in the sum.
  BOOST_TEST((*commit)->updates.size() == 1u);
  BOOST_TEST((*commit)->version.value == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
