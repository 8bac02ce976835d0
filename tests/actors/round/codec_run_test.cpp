// Whole runs with codecs on both links. Server, coordinator and devices are real, the trainers are
// made up.

#include <boost/test/unit_test.hpp>
#include <map>
#include <set>

#include "support/counting_relays.hpp"
#include "support/scripted_run.hpp"

using namespace verge;
using namespace verge::test;

namespace {

const std::vector<std::string> uplinks{"fp16",
                                       "int8",
                                       "sign",
                                       "ternary",
                                       "topk(0.01)",
                                       "randk(0.1)",
                                       "dgc(0.01)",
                                       "stc(0.01)",
                                       "powersgd(1)",
                                       "topk(0.05)+int8+zstd",
                                       "bf16",
                                       "int4",
                                       "ternary(2)",
                                       "topk(0.01)+index32",
                                       "topk(0.02)+golomb"};
const std::vector<std::string> downlinks{"model",     "fp16",        "int8", "topk(0.01)",
                                         "stc(0.01)", "powersgd(2)", "zstd"};

/// The bytes of a model, parameters and statistics.
std::vector<std::byte> content_of(const model_blocks& model) {
  std::vector<std::byte> all;
  for (const auto& block : model.blocks)
    all.insert(all.end(), block.bytes().begin(), block.bytes().end());
  return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(codec_run_test)

BOOST_AUTO_TEST_CASE(these_tests_have_every_stage_there_is) {
  std::set<std::string> tried;
  for (const auto& codec : uplinks)
    for (const auto& stage : codec_stages(codec)) tried.insert(stage);
  for (const auto& stage : known_codec_stages())
    BOOST_TEST((stage == codec_none || tried.count(stage) == 1), stage);
}

BOOST_AUTO_TEST_CASE(devices_train_from_the_servers_own_bits_also_when_they_missed_rounds) {
  // If each device has a compressor, each has a replica of its own and adds the steps that it has
  // missed.
  for (const std::uint32_t compressors : {1u, 5u})
    for (const auto& down : downlinks) {
      // With cohorts of 2 of 5, nearly every device misses rounds.
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
      run.end_hash();
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
    return run.end_hash();
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
    run.end_hash();
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
  run.end_hash();
  BOOST_REQUIRE(run.record->rounds.size() == 10u);
  BOOST_TEST(run.record->rounds[0].bytes_down > 1'200'000u);
  for (std::size_t i = 1; i < 10; ++i) {
    // 3,000 values of 9.1 bits each, and the messages of a round.
    BOOST_TEST(run.record->rounds[i].bytes_down < 4'500u);
    BOOST_TEST(run.record->rounds[i].bytes_up < 4'500u);
  }
}

BOOST_AUTO_TEST_CASE(a_device_that_does_not_know_a_stage_is_not_taken) {
  scripted_run run{{.devices = 1, .codecs = {}}};
  coordinator_options options;
  options.manifest_hash = run.setup.layout.hash();
  options.codec_stages = {"topk", "int8"};
  options.device_failure_is_fatal = false;
  const auto other =
      spawn_coordinator(run.system.actors(), options, run.server, run.evaluator, run.trainers);
  const device_actor device =
      run.system.actors().spawn([](device_actor::pointer) -> device_actor::behavior_type {
        return {[](const sealed<open_round>&) {}, [](const sealed<round_outcome>&) {},
                [](const sealed<run_over>&) {}};
      });
  const auto answer = run.system.ask<sealed<welcome>>(
      other,
      seal(join{protocol_version, run.setup.layout.hash(), device_id{0}, 4, {"none", "topk"}}),
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
