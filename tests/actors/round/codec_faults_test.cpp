// Codecs when something goes wrong: updates that are refused, late, half sent, or no updates at
// all.

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <map>

#include "support/encoded.hpp"
#include "support/filtered_server.hpp"
#include "support/scripted_run.hpp"

using namespace verge;
using namespace verge::test;

namespace {

bool is_said_in_round_2(round_id round, device_id device) {
  return round.value == 2 && device.value == 0;
}

/// A run in which device 0 has a non-zero update in rounds 1 to 3, and its update of round 2 meets
/// some fault. By the end, all of its updates have been sent exactly once, a fifth of the values
/// per round.
struct conversation {
  void run_to_end() {
    run.script->alter = [this](const train_task& task, trained_update& made) {
      const bool speaks = task.data->device().value == 0 && task.round.value <= 3;
      if (!speaks) fill(made.update, [](std::size_t) { return 0.0; });
      if (alter && is_said_in_round_2(task.round, task.data->device())) alter(made);
    };
    run.spawn_devices(0, spawn_filter(run.system.actors(), run.server, filter), run.coordinator);
    run.system.settle();
    // If a round waits for an answer that does not come.
    if (run.record->ends.empty()) run.system.advance(run.setup.deadline);
    run.end_hash();
    check_that_all_was_said_once();
  }

  void check_that_all_was_said_once() {
    const auto start = made_state(run.setup.layout).parameters;
    const auto& end = run.record->ends[0].model.state.parameters;
    for (std::size_t i = 0; i < end.size(); i += 97) {
      // The shards have 4 and 6 samples, so device 0 has four tenths of the mean.
      double given = 0.0;
      for (std::uint32_t round = 1; round <= 3; ++round) given += 0.4 * noise(2, 0, round, i);
      BOOST_TEST(std::abs(value_of(end, i) - value_of(start, i) - given) < 1e-5);
    }
  }

  scripted_run run{{.devices = 2,
                    .rounds = 14,
                    .quorum = 0.5,
                    .layout = matrix_layout(),
                    .codecs = {.up = "topk(0.2)"}}};
  std::function<void(trained_update&)> alter;
  message_filter filter;
};

/// The hash of the model after a round in which device 0 offers `payload` and is refused with
/// `reason` (any reason if it is empty). Without a payload, the device fails without an offer.
std::string hash_after_refusing(const std::vector<std::byte>& payload, const std::string& reason) {
  scripted_run run{{.devices = 2,
                    .rounds = 1,
                    .quorum = 0.5,
                    .layout = matrix_layout(),
                    .codecs = {.up = "topk(0.01)"}}};
  const auto heard = run.join_as(0);
  run.spawn_devices(1);
  run.system.settle();
  if (payload.empty()) {
    caf::anon_send(run.coordinator,
                   seal(work_failed{round_id{1}, device_id{0}, "nothing to say", false}));
    run.system.settle();
    return run.end_hash();
  }
  auto offer = run.offer_of(0, round_id{1});
  offer.bytes = payload.size();
  offer.blocks = 1;
  BOOST_TEST((run.offer(offer) == ""));
  auto memory = std::make_shared<std::vector<std::uint64_t>>((payload.size() + 7) / 8);
  std::copy(payload.begin(), payload.end(), std::as_writable_bytes(std::span{*memory}).begin());
  const auto bytes = std::as_bytes(std::span{*memory}).first(payload.size());
  const auto answer =
      run.send_block({round_id{1}, device_id{0}, block_index{0}, "topk(0.01)", {memory, bytes}});
  BOOST_TEST(!answer.counted);
  BOOST_TEST(answer.refused_because != "");
  if (!reason.empty()) BOOST_TEST(answer.refused_because == reason);
  run.system.settle();
  const auto hash = run.end_hash();
  BOOST_TEST(run.record->rounds.at(0).used == 1u);
  BOOST_REQUIRE(heard->outcomes.size() == 1u);
  BOOST_TEST(heard->outcomes[0].reason == answer.refused_because);
  return hash;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(codec_faults_test)

BOOST_AUTO_TEST_CASE(what_a_refused_update_sent_comes_with_later_ones) {
  conversation c;
  // Moments that no server accepts.
  c.alter = [](trained_update& made) { made.moments.as<float>()[3] = -1.0f; };
  c.run_to_end();
  BOOST_TEST(c.run.record->rounds[1].refused == 1u);
}

BOOST_AUTO_TEST_CASE(what_a_late_update_would_have_sent_comes_with_later_ones) {
  conversation c;
  c.filter.offer = [](const upload_request& m) {
    return is_said_in_round_2(m.round, m.device) ? message_fate::lost : message_fate::passed;
  };
  c.run_to_end();
  BOOST_TEST(c.run.record->rounds[1].late == 1u);
}

BOOST_AUTO_TEST_CASE(what_was_half_sent_at_the_deadline_comes_with_later_updates) {
  conversation c;
  c.filter.block = [](const update_block& m) {
    return is_said_in_round_2(m.round, m.device) ? message_fate::lost : message_fate::passed;
  };
  c.run_to_end();
  BOOST_TEST(c.run.record->rounds[1].late == 1u);
}

BOOST_AUTO_TEST_CASE(what_was_used_is_not_sent_again_though_the_device_never_heard_of_it) {
  conversation c;
  c.filter.block = [](const update_block& m) {
    return is_said_in_round_2(m.round, m.device) ? message_fate::unanswered : message_fate::passed;
  };
  c.run_to_end();
  BOOST_TEST(c.run.record->rounds[1].used == 2u);
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
    const auto fate = round <= 12 ? static_cast<update_fate>(round % 4) : update_fate::used;
    caf::anon_send(compressor, settle_update{round_id{round}, device_id{7}, fate});
    if (fate != update_fate::used) continue;
    const auto decoded =
        *system.ask<decoded_update>(compressor, as_received(device_id{7}, encoded));
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
  BOOST_TEST(
      encoded_with(1, NAN).failure ==
      "the update has diverged: weight has a value that is not a number within +-1048576; a lower "
      "learning rate may help");
  const auto after = encoded_with(2, 1.0f);
  BOOST_TEST(after.failure == "");
  BOOST_TEST(after.payload_bytes < 100u);  // one value, a few counts, the vector and the moments
}

BOOST_AUTO_TEST_CASE(an_update_that_would_make_a_residual_diverge_is_not_encoded_and_not_kept) {
  manual_system system;
  const auto layout = matrix_layout();
  const auto compressor = spawn_compressor(system.actors(), layout, {.up = "topk(0.5)"});
  const auto encoded_with = [&](std::uint32_t round, double value) {
    flat_buffer update{scalar::float32, layout.parameter_count()};
    fill(update, [&](std::size_t) { return value; });
    return *system.ask<encoded_update>(
        compressor, encode_update{round_id{round}, device_id{0}, update, {scalar::float32, 4}});
  };
  BOOST_TEST(encoded_with(1, 6e5).failure == "");
  caf::anon_send(compressor, settle_update{round_id{1}, device_id{0}, update_fate::used});
  BOOST_TEST(
      encoded_with(2, 6e5).failure ==
      "what the device owes has values beyond +-1048576; training has diverged; a lower learning "
      "rate may help");
  // Half of the first update is still owed, and is sent.
  const auto after = encoded_with(3, 0.0);
  BOOST_TEST(after.failure == "");
  BOOST_TEST(after.payload_bytes > 4u * 150'000);
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
    run.end_hash();
    BOOST_REQUIRE(run.record->rounds.size() == 3u);
    BOOST_TEST(run.record->rounds[1].refused == 1u);
    BOOST_TEST(run.record->rounds[1].used == 1u);
    BOOST_TEST(run.record->rounds[2].used == 2u);
  }
}

BOOST_AUTO_TEST_CASE(a_packed_update_that_is_no_update_is_refused_and_changes_nothing) {
  const auto honest = [] {
    const auto layout = matrix_layout();
    const auto codec = update_codec::make("topk(0.01)", layout);
    flat_buffer update{scalar::float32, layout.parameter_count()};
    fill(update, [](std::size_t i) { return noise(4, 0, 0, i); });
    const std::vector<std::byte> moments(layout.statistic_count() * sizeof(float));
    update_codec::workspace work;
    const auto encoded = codec->encode(update.as<float>(), moments, {1, 0, 1}, {}, work);
    return std::vector<std::byte>{encoded.bytes().begin(), encoded.bytes().end()};
  }();
  const auto with = [&](auto change) {
    auto bytes = honest;
    change(bytes);
    return bytes;
  };
  const std::string none = hash_after_refusing({}, {});
  BOOST_TEST(none == hash_after_refusing(std::vector<std::byte>(100),
                                         "device 0: format 0; this end knows format 1"));
  // The whole matrix has been decoded when it turns out that the vector is incomplete.
  BOOST_TEST(none == hash_after_refusing(with([](auto& bytes) { bytes.resize(bytes.size() - 40); }),
                                         "device 0: cut within the dense tensors"));
  // More values than the codec chooses.
  BOOST_TEST(none ==
             hash_after_refusing(with([](auto& bytes) { bytes[12] ^= std::byte{0xFF}; }), {}));
  // A dense value that is not a number.
  BOOST_TEST(none ==
             hash_after_refusing(
                 with([](auto& bytes) { std::fill_n(bytes.end() - 16 - 28, 4, std::byte{0xFF}); }),
                 "device 0: bias has a value that is not a number within +-1048576"));
}

BOOST_AUTO_TEST_CASE(nothing_of_a_settled_update_stays_at_the_server) {
  for (const std::string up : {"topk(0.01)", "int8", "powersgd(1)", "stc(0.01)+zstd"}) {
    scripted_run run{{.devices = 3,
                      .rounds = 6,
                      .layout = matrix_layout(),
                      .codecs = {.up = up, .down = "topk(0.01)"}}};
    std::map<std::uint32_t, std::vector<std::weak_ptr<const void>>> sent;
    message_filter watching;
    watching.block = [&](const update_block& m) {
      sent[m.round.value].push_back(m.payload.owner());
      return message_fate::passed;
    };
    std::size_t looked_at = 0;
    run.script->alter = [&](const train_task& task, trained_update&) {
      // Looks at the payloads of the round before last, because the last round has just been closed
      // and its final messages are on their way.
      if (task.round.value < 3) return;
      for (const auto& payload : sent[task.round.value - 2]) {
        BOOST_TEST(payload.expired(), up << ", round " << task.round.value - 2);
        ++looked_at;
      }
    };
    run.spawn_devices(0, spawn_filter(run.system.actors(), run.server, watching), run.coordinator);
    run.system.settle();
    run.end_hash();
    BOOST_TEST(looked_at >= 3u * 3u * 4u);
  }
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

BOOST_AUTO_TEST_SUITE_END()
