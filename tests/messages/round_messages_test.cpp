#include "messages/round_messages.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstring>
#include <limits>
#include <random>

using namespace verge;

namespace {

shared_bytes payload_of(std::size_t floats) {
  auto memory = std::make_shared<std::vector<double>>((floats + 1) / 2);
  auto* values = reinterpret_cast<float*>(memory->data());
  for (std::size_t i = 0; i < floats; ++i) values[i] = static_cast<float>(i) * 0.5f;
  return {memory, {reinterpret_cast<const std::byte*>(values), floats * sizeof(float)}};
}

update_block some_block(std::size_t floats) {
  return {round_id{7}, device_id{3}, block_index{2}, "none", payload_of(floats)};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(round_messages)

BOOST_AUTO_TEST_CASE(a_join_comes_back_as_it_was) {
  const join sent{protocol_version, std::string(32, 'x'), device_id{9}, 6000, {"none", "fp16"}};
  const auto got = unseal(seal(sent));
  BOOST_REQUIRE(got);
  BOOST_TEST(got->manifest_hash == sent.manifest_hash);
  BOOST_TEST(got->device.value == 9u);
  BOOST_TEST(got->samples == 6000u);
  BOOST_TEST(got->codecs == sent.codecs, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_work_of_a_round_comes_back_as_it_was) {
  local_work work{update_kind::displacement, 50, 0, 5, 0.1, 0.9, 1e-4, 0.01};
  const auto got =
      unseal(seal(open_round{round_id{4}, model_version{3}, work, std::chrono::seconds{9}}));
  BOOST_REQUIRE(got);
  BOOST_TEST((got->work == work));
  BOOST_TEST(got->deadline.count() == 9000);
  BOOST_TEST(got->version.value == 3u);
}

BOOST_AUTO_TEST_CASE(what_a_device_holds_and_how_long_a_download_is_come_back_as_they_were) {
  for (const std::optional<model_version> holds :
       {std::optional<model_version>{}, std::optional{model_version{0}},
        std::optional{model_version{41}}}) {
    const auto got = unseal(
        seal(model_request{round_id{4}, device_id{9}, model_version{42}, block_index{1}, holds}));
    BOOST_REQUIRE(got);
    BOOST_TEST((got->holds == holds));
    BOOST_TEST(got->version.value == 42u);
  }
  const auto block =
      unseal(seal(model_block{model_version{42}, block_index{1}, 7, {}, "int8", {}, 3}));
  BOOST_REQUIRE(block);
  BOOST_TEST(block->blocks == 3u);
  BOOST_TEST(block->codec == "int8");
}

BOOST_AUTO_TEST_CASE(work_that_failed_is_told_from_work_of_no_use) {
  for (const bool unusable : {false, true})
    BOOST_TEST(unseal(seal(work_failed{round_id{1}, device_id{2}, "why", unusable}))->unusable ==
               unusable);
}

BOOST_AUTO_TEST_CASE(a_payload_in_process_is_the_senders_memory) {
  const auto sent = some_block(1001);
  const auto got = unseal(seal(sent));
  BOOST_REQUIRE(got);
  BOOST_TEST(got->payload.data() == sent.payload.data());
  BOOST_TEST(got->payload.size() == sent.payload.size());
}

BOOST_AUTO_TEST_CASE(a_payload_outlives_its_message_and_its_sender) {
  shared_bytes kept;
  {
    const auto got = unseal(seal(some_block(100)));
    kept = got->payload;
  }
  float last = 0;
  std::memcpy(&last, kept.data() + 99 * sizeof(float), sizeof last);
  BOOST_TEST(last == 49.5f);
}

BOOST_AUTO_TEST_CASE(flat_bytes_say_the_same_as_the_segments) {
  for (std::size_t floats : {0u, 1u, 2u, 3u, 1000u, 262144u}) {
    const auto message = seal(some_block(floats));
    const auto flat = message.frame().flatten();
    BOOST_TEST(flat.size() == message.encoded_size());
    const auto parsed = frame::parse(flat);
    BOOST_REQUIRE(parsed);
    const auto got = unseal(sealed<update_block>{*parsed});
    BOOST_REQUIRE(got);
    BOOST_TEST(got->payload.size() == floats * sizeof(float));
    const auto expected = payload_of(floats);
    BOOST_TEST(std::ranges::equal(got->payload.bytes(), expected.bytes()));
  }
}

BOOST_AUTO_TEST_CASE(framing_of_a_block_stays_below_a_hundred_bytes) {
  const auto message = seal(some_block(262144));
  BOOST_TEST(message.encoded_size() - 262144 * sizeof(float) < 100u);
}

BOOST_AUTO_TEST_CASE(the_end_of_a_download_comes_back_as_it_was) {
  const auto got = unseal(seal(download_ended{round_id{4}, device_id{9}}));
  BOOST_REQUIRE(got);
  BOOST_TEST(got->round.value == 4u);
  BOOST_TEST(got->device.value == 9u);
}

BOOST_AUTO_TEST_CASE(a_block_whose_message_holds_much_beside_its_payload_is_refused) {
  // A kept payload keeps its whole message in memory.
  const auto padded = [](const auto& message, std::size_t bytes) {
    auto segments = message.frame().segments();
    const auto rest = std::make_shared<const std::vector<std::uint64_t>>(bytes / 8);
    segments.push_back({rest, *rest});
    return std::decay_t<decltype(message)>{frame{segments}};
  };
  const auto up = seal(some_block(2));
  const auto down =
      seal(model_block{model_version{1}, block_index{1}, 7, {}, "none", payload_of(2)});
  BOOST_TEST(bool(unseal(padded(up, 1024))));
  BOOST_TEST(bool(unseal(padded(down, 1024))));
  const auto large = padded(up, 15u << 20);
  BOOST_TEST(unseal(large).reason() == "update_block: a message of " +
                                           std::to_string(large.encoded_size()) +
                                           " bytes for a payload of 8");
  BOOST_TEST(!unseal(padded(down, 15u << 20)));
  // The longest accepted texts do not count as padding.
  auto wordy = some_block(2);
  wordy.codec = std::string(4096, 'c');
  BOOST_TEST(bool(unseal(seal(wordy))));
}

BOOST_AUTO_TEST_CASE(values_out_of_range_are_refused_with_their_operands) {
  BOOST_TEST(unseal(seal(join{1, "short", device_id{0}, 1, {}})).reason() ==
             "join: a manifest hash of 5 bytes; expected 32");
  BOOST_TEST(!unseal(seal(join{1, std::string(32, 'x'), device_id{0}, 0, {}})));
  BOOST_TEST(!unseal(seal(upload_request{round_id{1}, device_id{4}, 0, 1, 0, 1, 8})));
  upload_request timed{round_id{1}, device_id{4}, 1, 1, 0, 1, 8};
  for (const double seconds : {-1.0, 4e7, std::nan(""), std::numeric_limits<double>::infinity()}) {
    timed.compute = std::chrono::duration<double>{seconds};
    BOOST_TEST(!unseal(seal(timed)));
  }
  timed.compute = std::chrono::duration<double>{1.5};
  BOOST_TEST((unseal(seal(timed))->compute == timed.compute));
  local_work both{update_kind::gradient, 32, 1, 1, 0.1, 0, 0};
  BOOST_TEST(!unseal(seal(open_round{round_id{1}, {}, both, std::chrono::seconds{1}})));
  local_work bad_rate{update_kind::gradient, 32, 1, 0, -0.1, 0, 0};
  BOOST_TEST(!unseal(seal(open_round{round_id{1}, {}, bad_rate, std::chrono::seconds{1}})));
  bad_rate.learning_rate = std::numeric_limits<double>::quiet_NaN();
  BOOST_TEST(!unseal(seal(open_round{round_id{1}, {}, bad_rate, std::chrono::seconds{1}})));
  for (const double proximal :
       {-0.1, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    const local_work work{update_kind::displacement, 32, 1, 0, 0.1, 0, 0, proximal};
    BOOST_TEST(unseal(seal(open_round{round_id{1}, {}, work, std::chrono::seconds{1}})).reason() ==
               "open_round: a learning rate, momentum, weight decay or proximal term that is not a "
               "number >= 0");
  }
  BOOST_TEST(!unseal(seal(open_round{round_id{1}, {}, local_work{}, std::chrono::seconds{0}})));
}

BOOST_AUTO_TEST_CASE(damaged_bytes_are_refused_or_read_but_never_overrun) {
  // With sanitizers an overrun would show here.
  std::mt19937 random{42};
  const auto flat = seal(some_block(40)).frame().flatten();
  unsigned refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    auto damaged = flat;
    if (i % 3 == 0) damaged.resize(random() % damaged.size());
    for (unsigned flips = random() % 4; flips > 0 && !damaged.empty(); --flips)
      damaged[random() % std::min<std::size_t>(damaged.size(), 80)] ^=
          static_cast<char>(1u << (random() % 8));
    const auto parsed = frame::parse(damaged);
    if (!parsed) {
      ++refused;
      continue;
    }
    const auto got = unseal(sealed<update_block>{*parsed});
    if (got) {
      unsigned sum = 0;
      for (auto b : got->payload.bytes()) sum += static_cast<unsigned>(b);
      BOOST_TEST_PASSPOINT();
      volatile unsigned sink = sum;
      (void)sink;
    } else {
      ++refused;
      BOOST_TEST(!got.reason().empty());
    }
  }
  BOOST_TEST(refused > 5000u);
}

BOOST_AUTO_TEST_SUITE_END()
