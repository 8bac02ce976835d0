// What codec_oracle.py holds against PyTorch: inputs and what our codecs make of them, as raw float32.

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <filesystem>
#include <fstream>

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

/// Encodes `values` as one matrix `times` times, without a residual, and decodes the last encoding.
std::vector<float> through(const std::string& text, const std::vector<float>& values,
                           std::uint32_t times) {
  manifest layout{scalar::float32};
  layout.add("weight", {rows, columns}, tensor_role::parameter);
  const auto codec = update_codec::make(text, layout);
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
  // Eight directions, each half as strong as the one before, and a little noise.
  std::vector<float> values(rows * columns, 0.0f);
  for (std::uint32_t k = 0; k < 8; ++k)
    for (std::int64_t r = 0; r < rows; ++r)
      for (std::int64_t c = 0; c < columns; ++c)
        values[r * columns + c] += static_cast<float>(
            std::ldexp(noise(5, k, 0, r) * noise(5, k, 1, c), -static_cast<int>(k)));
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] += static_cast<float>(1e-4 * noise(6, 0, 0, i));
  write("powersgd.in", values);
  for (const char* rank : {"1", "2", "4"})
    write(std::string("powersgd-") + rank + ".out",
          through(std::string("powersgd(") + rank + ")", values, 40));
}

BOOST_AUTO_TEST_SUITE_END()
