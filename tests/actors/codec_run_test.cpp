// Whole runs with codecs on both links: server, coordinator and devices as they are, trainers made up.

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <map>

#include "support/counting_relays.hpp"
#include "support/scripted_run.hpp"

using namespace verge;
using namespace verge::test;

namespace {

/// A matrix of 3 x 100,000, a vector that travels dense, and norm statistics.
manifest matrix_layout() {
  manifest layout{scalar::float32};
  layout.add("weight", {3, 100'000}, tensor_role::parameter);
  layout.add("bias", {7}, tensor_role::parameter);
  layout.add("norm.running_mean", {2}, tensor_role::running_mean);
  layout.add("norm.running_var", {2}, tensor_role::running_variance);
  return layout;
}

const std::vector<std::string> uplinks{
    "fp16",       "int8",      "sign",      "ternary",     "topk(0.01)",
    "randk(0.1)", "dgc(0.01)", "stc(0.01)", "powersgd(1)", "topk(0.05)+int8+zstd"};
const std::vector<std::string> downlinks{"model",     "fp16",        "int8", "topk(0.01)",
                                         "stc(0.01)", "powersgd(2)", "zstd"};

/// The bytes of a model, parameters and statistics.
std::vector<std::byte> content_of(const model_blocks& model) {
  std::vector<std::byte> all;
  for (const auto& block : model.blocks)
    all.insert(all.end(), block.bytes().begin(), block.bytes().end());
  return all;
}

std::string end_hash(const scripted_run& run) {
  BOOST_REQUIRE(run.record->ends.size() == 1u);
  BOOST_TEST(run.record->ends[0].failure == "");
  return model_sha256(run.setup.layout, run.record->ends[0].model.state);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(codec_run_test)

BOOST_AUTO_TEST_CASE(devices_train_from_the_servers_own_bits_also_when_they_missed_rounds) {
  // With a compressor each, every device has a replica of its own and adds the steps that it has missed.
  for (const std::uint32_t compressors : {1u, 5u})
    for (const auto& down : downlinks) {
      // Cohorts of 2 of 5: nearly every device misses rounds.
      scripted_run run{{.devices = 5,
                        .rounds = 12,
                        .cohort = 2,
                        .evaluate_every = 1,
                        .layout = matrix_layout(),
                        .codecs = {.up = "topk(0.1)", .down = down},
                        .compressors = compressors}};
      std::map<std::uint64_t, std::vector<std::byte>> at_server, at_devices;
      std::map<std::uint64_t, std::int64_t> batches;
      run.script->watches = [&](const evaluate_task& task) {
        at_server[task.version.value] = content_of(task.model);
        batches[task.version.value] = task.model.batches_tracked;
      };
      std::size_t seen = 0;
      run.script->alter = [&](const train_task& task, trained_update&) {
        const auto content = content_of(task.model);
        const auto& known = at_devices.emplace(task.version.value, content).first->second;
        BOOST_TEST((known == content));
        if (task.version.value > 0)
          BOOST_TEST(batches.at(task.version.value) == task.model.batches_tracked);
        ++seen;
      };
      run.spawn_devices();
      run.system.settle();
      end_hash(run);
      BOOST_TEST(seen == 24u);
      for (const auto& [version, content] : at_devices)
        if (version > 0)
          BOOST_TEST((at_server.at(version) == content), down << ", version " << version);
      for (std::uint64_t version = 2; version < 12; ++version)
        BOOST_TEST((at_server.at(version) != at_server.at(version - 1)));
    }
}

BOOST_AUTO_TEST_CASE(loss_free_codecs_both_ways_end_on_the_bits_of_none) {
  const auto hash_with = [](const link_codecs& codecs) {
    scripted_run run{
        {.devices = 4, .rounds = 6, .cohort = 3, .layout = matrix_layout(), .codecs = codecs}};
    run.spawn_devices();
    run.system.settle();
    return end_hash(run);
  };
  const auto plain = hash_with({});
  for (const std::string codec :
       {"topk(1)", "randk(1)", "dgc(1, momentum=0)", "topk(1)+index32+zstd", "zstd"}) {
    BOOST_TEST(hash_with({.up = codec}) == plain);
    if (codec.find("dgc") == std::string::npos) {
      BOOST_TEST(hash_with({.down = codec}) == plain);
      BOOST_TEST(hash_with({.up = codec, .down = codec}) == plain);
    }
  }
  BOOST_TEST(hash_with({.up = "topk(0.5)"}) != plain);
  BOOST_TEST(hash_with({.down = "topk(0.5)"}) != plain);
}

BOOST_AUTO_TEST_CASE(the_ledgers_bytes_are_those_of_all_messages_whatever_the_codecs) {
  for (std::size_t i = 0; i < uplinks.size(); ++i) {
    scripted_run run{{.devices = 4,
                      .rounds = 6,
                      .cohort = 3,
                      .layout = matrix_layout(),
                      .codecs = {.up = uplinks[i], .down = downlinks[i % downlinks.size()]}}};
    const auto bytes = std::make_shared<relayed_bytes>();
    const auto server = spawn_server_relay(run.system.actors(), run.server, bytes);
    const auto coordinator = spawn_coordinator_relay(run.system.actors(), run.coordinator, bytes);
    run.spawn_devices(0, server, coordinator);
    run.system.settle();
    end_hash(run);
    std::uint64_t up = 0, down = 0;
    for (const auto& line : run.record->rounds) {
      up += line.bytes_up;
      down += line.bytes_down;
    }
    BOOST_TEST(up == bytes->up);
    BOOST_TEST(down == bytes->down);
    BOOST_TEST(up < 18u * 1'200'000u);
  }
}

BOOST_AUTO_TEST_CASE(after_the_first_download_only_steps_go_down) {
  scripted_run run{{.devices = 1,
                    .rounds = 10,
                    .layout = matrix_layout(),
                    .codecs = {.up = "stc(0.01)", .down = "stc(0.01)"}}};
  run.spawn_devices();
  run.system.settle();
  end_hash(run);
  BOOST_REQUIRE(run.record->rounds.size() == 10u);
  BOOST_TEST(run.record->rounds[0].bytes_down > 1'200'000u);
  for (std::size_t i = 1; i < 10; ++i) {
    // 3,000 values of 9.1 bits each, and the messages of a round.
    BOOST_TEST(run.record->rounds[i].bytes_down < 4'500u);
    BOOST_TEST(run.record->rounds[i].bytes_up < 4'500u);
  }
}

BOOST_AUTO_TEST_CASE(what_a_refused_update_sent_comes_with_later_ones) {
  scripted_run run{{.devices = 2,
                    .rounds = 14,
                    .quorum = 0.5,
                    .layout = matrix_layout(),
                    .codecs = {.up = "topk(0.2)"}}};
  // Device 0 has something to say in rounds 1 to 3, and in round 2 moments that no server takes. By the
  // end all of it has been sent, a fifth of the places a round.
  run.script->alter = [](const train_task& task, trained_update& made) {
    const bool speaks = task.data->device().value == 0 && task.round.value <= 3;
    if (!speaks) fill(made.update, [](std::size_t) { return 0.0; });
    if (speaks && task.round.value == 2) made.moments.as<float>()[3] = -1.0f;
  };
  run.spawn_devices();
  run.system.settle();
  end_hash(run);
  BOOST_TEST(run.record->rounds[1].refused == 1u);
  const auto start = made_state(run.setup.layout).parameters;
  const auto& end = run.record->ends[0].model.state.parameters;
  // Shards of 4 and 6 samples; in round 2 device 1 alone counts.
  for (std::size_t i = 0; i < end.size(); i += 97) {
    double given = 0.0;
    for (std::uint32_t round = 1; round <= 3; ++round) given += 0.4 * noise(2, 0, round, i);
    BOOST_TEST(std::abs(value_of(end, i) - value_of(start, i) - given) < 1e-5);
  }
}

BOOST_AUTO_TEST_CASE(a_compressor_gives_back_what_was_late_lost_or_refused) {
  manual_system system;
  const auto layout = matrix_layout();
  const auto size = layout.parameter_count();
  const auto compressor = spawn_compressor(system.actors(), layout, {.up = "topk(0.2)"});
  std::vector<double> balance(size, 0.0);
  for (std::uint32_t round = 1; round <= 24; ++round) {
    flat_buffer update{scalar::float32, size};
    if (round <= 12) fill(update, [&](std::size_t i) { return noise(2, 0, round, i); });
    for (std::size_t i = 0; i < size; ++i) balance[i] += update.as<float>()[i];
    const auto encoded = *system.ask<encoded_update>(
        compressor, encode_update{round_id{round}, device_id{7}, update, {scalar::float32, 4}});
    decode_update received{device_id{7}, {}, {}};
    for (const auto& message : encoded.blocks) {
      received.codecs.push_back(unseal(message)->codec);
      received.payloads.push_back(unseal(message)->payload);
    }
    const auto fate = round <= 12 ? static_cast<update_fate>(round % 4) : update_fate::used;
    caf::anon_send(compressor, settle_update{round_id{round}, device_id{7}, fate});
    if (fate != update_fate::used) continue;
    const auto decoded = *system.ask<decoded_update>(compressor, received);
    std::size_t at = 0;
    for (const auto& block : *decoded.blocks) {
      const auto* values = reinterpret_cast<const float*>(block.data());
      for (std::size_t i = 0; i < block.size() / 4 && at < size; ++i) balance[at++] -= values[i];
    }
  }
  for (std::size_t i = 0; i < size; ++i) BOOST_REQUIRE(std::abs(balance[i]) < 1e-5);
}

BOOST_AUTO_TEST_CASE(an_update_that_is_no_number_is_not_encoded_and_spoils_no_residual) {
  manual_system system;
  const auto layout = matrix_layout();
  const auto compressor = spawn_compressor(system.actors(), layout, {.up = "topk(0.01)"});
  const auto encoded_with = [&](std::uint32_t round, float value) {
    flat_buffer update{scalar::float32, layout.parameter_count()};
    update.as<float>()[5] = value;
    return *system.ask<encoded_update>(
        compressor, encode_update{round_id{round}, device_id{0}, update, {scalar::float32, 4}});
  };
  BOOST_TEST(encoded_with(1, NAN).failure ==
             "value 5 of the update is not a number within +-1048576");
  const auto after = encoded_with(2, 1.0f);
  BOOST_TEST(after.failure == "");
  BOOST_TEST(after.payload_bytes < 100u);  // one value, a few counts, the vector and the moments
}

BOOST_AUTO_TEST_CASE(a_device_whose_update_is_no_number_is_refused_as_without_a_codec) {
  for (const std::string up : {"none", "topk(0.1)", "int8"}) {
    scripted_run run{{.devices = 2,
                      .rounds = 3,
                      .quorum = 0.5,
                      .failure_is_fatal = true,
                      .layout = matrix_layout(),
                      .codecs = {.up = up}}};
    run.script->alter = [](const train_task& task, trained_update& made) {
      if (task.data->device().value == 0 && task.round.value == 2) made.update.as<float>()[9] = NAN;
    };
    run.spawn_devices();
    run.system.settle();
    end_hash(run);
    BOOST_REQUIRE(run.record->rounds.size() == 3u);
    BOOST_TEST(run.record->rounds[1].refused == 1u);
    BOOST_TEST(run.record->rounds[1].used == 1u);
    BOOST_TEST(run.record->rounds[2].used == 2u);
  }
}

BOOST_AUTO_TEST_CASE(a_packed_update_that_is_no_update_is_refused_and_changes_nothing) {
  scripted_run run{{.devices = 2,
                    .rounds = 1,
                    .quorum = 0.5,
                    .layout = matrix_layout(),
                    .codecs = {.up = "topk(0.01)"}}};
  const auto first = run.join_as(0);
  run.spawn_devices(1);
  run.system.settle();
  const auto refusal_of = [&](const std::string& codec, std::size_t size) {
    auto offer = run.offer_of(0, round_id{1});
    offer.bytes = size;
    offer.blocks = 1;
    BOOST_TEST((run.offer(offer) == ""));
    auto memory = std::make_shared<std::vector<std::uint64_t>>((size + 7) / 8);
    const auto bytes = std::as_bytes(std::span{*memory}).first(size);
    return run.send_block({round_id{1}, device_id{0}, block_index{0}, codec, {memory, bytes}})
        .refused_because;
  };
  BOOST_TEST(refusal_of("topk(0.01)", 100) == "device 0: format 0; this end knows format 1");
  run.system.settle();
  BOOST_REQUIRE(run.record->rounds.size() == 1u);
  BOOST_TEST(run.record->rounds[0].used == 1u);
  BOOST_TEST(run.record->rounds[0].refused == 1u);
  BOOST_REQUIRE(first->outcomes.size() == 1u);
  BOOST_TEST((first->outcomes[0].fate == update_fate::refused));
  BOOST_TEST(first->outcomes[0].reason == "device 0: format 0; this end knows format 1");
}

BOOST_AUTO_TEST_CASE(an_offer_larger_than_any_encoding_or_in_odd_parts_is_refused) {
  scripted_run run{{.devices = 1, .layout = matrix_layout(), .codecs = {.up = "topk(0.01)"}}};
  run.join_as(0);
  run.system.settle();
  auto offer = run.offer_of(0, round_id{1});
  offer.bytes = 1u << 30;
  BOOST_TEST(run.offer(offer)->find("device 0 offers 1073741824 bytes; an update has at most") ==
             0u);
  scripted_run another{{.devices = 1, .layout = matrix_layout(), .codecs = {.up = "topk(0.01)"}}};
  another.join_as(0);
  another.system.settle();
  offer.bytes = (1u << 20) + 1;
  offer.blocks = 1;
  BOOST_TEST((another.offer(offer) == "device 0 offers 1 blocks; an update has 2"));
}

BOOST_AUTO_TEST_CASE(a_device_that_does_not_know_a_stage_is_not_taken) {
  scripted_run run{{.devices = 1, .codecs = {}}};
  coordinator_options options;
  options.manifest_hash = hash_of(run.setup.layout);
  options.codec_stages = {"topk", "int8"};
  options.device_failure_is_fatal = false;
  const auto other =
      spawn_coordinator(run.system.actors(), options, run.server, run.evaluator, run.trainers);
  const device_actor device =
      run.system.actors().spawn([](device_actor::pointer) -> device_actor::behavior_type {
        return {[](const sealed<open_round>&) {}, [](const sealed<round_outcome>&) {},
                [](stop_atom) {}};
      });
  const auto answer = run.system.ask<sealed<welcome>>(
      other,
      seal(join{protocol_version, hash_of(run.setup.layout), device_id{0}, 4, {"none", "topk"}}),
      device);
  BOOST_TEST(unseal(*answer)->refused_because == "device 0 does not know codec 'int8'");
  caf::anon_send_exit(other, caf::exit_reason::kill);
  run.system.settle();
}

BOOST_AUTO_TEST_CASE(a_step_as_large_as_the_model_is_no_downlink) {
  manual_system system;
  BOOST_CHECK_THROW(spawn_compressor(system.actors(), matrix_layout(), {.down = "none"}),
                    bad_input);
  BOOST_CHECK_THROW(spawn_compressor(system.actors(), small_layout(), {.up = "int8"}), bad_input);
}

BOOST_AUTO_TEST_SUITE_END()
