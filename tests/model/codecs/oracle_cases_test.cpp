// Writes the cases that codec_oracle.py compares with PyTorch: inputs and the codecs' outputs, as
// raw float32.

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "model/codecs/residual.hpp"
#include "model/random/random.hpp"
#include "support/noise.hpp"
#include "verge/model/codec.hpp"

using namespace verge;
using namespace verge::test;

namespace {

constexpr std::int64_t rows = 60;
constexpr std::int64_t columns = 144;

void write(const std::string& name, std::span<const float> values) {
  const std::filesystem::path directory{VERGE_CODEC_ORACLE_DIRECTORY};
  std::filesystem::create_directories(directory);
  std::ofstream out{directory / name, std::ios::binary};
  out.write(reinterpret_cast<const char*>(values.data()),
            static_cast<std::streamsize>(values.size_bytes()));
  BOOST_REQUIRE(out.good());
}

manifest one_matrix() {
  manifest layout{scalar::float32};
  layout.add("weight", {rows, columns}, tensor_role::parameter);
  return layout;
}

/// Eight directions, each half as strong as the one before, and some noise.
std::vector<float> made_matrix(std::uint32_t number) {
  std::vector<float> values(rows * columns, 0.0f);
  for (std::uint32_t k = 0; k < 8; ++k)
    for (std::int64_t r = 0; r < rows; ++r)
      for (std::int64_t c = 0; c < columns; ++c)
        values[r * columns + c] += static_cast<float>(std::ldexp(
            noise(5, k, 2 * number, r) * noise(5, k, 2 * number + 1, c), -static_cast<int>(k)));
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] += static_cast<float>(1e-4 * noise(6, number, 0, i));
  return values;
}

/// Encodes `values` as one matrix `times` times, without a residual, and decodes the last encoding.
std::vector<float> through(const std::string& text, const std::vector<float>& values,
                           std::uint32_t times) {
  const auto codec = update_codec::make(text, one_matrix());
  std::vector<float> memory(codec->memory_size(), 0.0f);
  update_codec::workspace work;
  shared_bytes encoded;
  for (std::uint32_t round = 1; round <= times; ++round) {
    auto sent = values;
    encoded = codec->encode(sent, {}, {1, 2, round}, memory, work);
  }
  std::vector<float> decoded(values.size());
  BOOST_TEST(codec->decode(encoded.bytes(), decoded, {}, work) == "");
  return decoded;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(oracle_cases)

BOOST_AUTO_TEST_CASE(topk_cases_are_written) {
  std::vector<float> values(rows * columns);
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<float>(noise(4, 0, 0, i) * noise(4, 1, 0, i));
  write("topk.in", values);
  for (const char* share : {"0.001", "0.01", "0.1", "0.5"})
    write(std::string("topk-") + share + ".out",
          through(std::string("topk(") + share + ")", values, 1));
}

BOOST_AUTO_TEST_CASE(powersgd_cases_are_written) {
  const auto values = made_matrix(0);
  write("powersgd.in", values);
  for (const char* rank : {"1", "2", "4"})
    write(std::string("powersgd-") + rank + ".out",
          through(std::string("powersgd(") + rank + ")", values, 40));
}

BOOST_AUTO_TEST_CASE(powersgd_with_error_feedback_is_written_round_by_round) {
  // Each round has its own matrix. What a round leaves goes into the next one, and so do its
  // factors.
  constexpr std::uint32_t rounds = 12;
  std::vector<float> given;
  for (std::uint32_t round = 0; round < rounds; ++round) {
    const auto values = made_matrix(round);
    given.insert(given.end(), values.begin(), values.end());
  }
  write("powersgd-rounds.in", given);
  // The start of all senders: uniform between -1 and 1, column after column.
  std::vector<float> start(4 * columns);
  const random_stream stream{0, random_purpose::codec, 0, 2};
  for (std::size_t i = 0; i < start.size(); ++i)
    start[i] = static_cast<float>(2.0 * stream.unit(i) - 1.0);
  write("powersgd-rounds.start", start);
  for (const char* rank : {"1", "2", "4"}) {
    const auto codec = update_codec::make(std::string("powersgd(") + rank + ")", one_matrix());
    residual sender{codec};
    update_codec::workspace work;
    std::vector<float> sent;
    for (std::uint32_t round = 1; round <= rounds; ++round) {
      flat_buffer update{scalar::float32, rows * columns};
      std::copy_n(given.begin() + (round - 1) * rows * columns, rows * columns,
                  update.as<float>().begin());
      const auto encoded = sender.prepare(round_id{round}, update, {}, {1, 2, round}, work);
      sender.settle(round_id{round}, true);
      std::vector<float> decoded(rows * columns);
      BOOST_TEST(codec->decode(encoded.bytes(), decoded, {}, work) == "");
      sent.insert(sent.end(), decoded.begin(), decoded.end());
    }
    write(std::string("powersgd-rounds-") + rank + ".out", sent);
  }
}

BOOST_AUTO_TEST_SUITE_END()
