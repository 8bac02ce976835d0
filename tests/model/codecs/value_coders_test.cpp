// This file is long because every promise of a value coder is checked for every coder, with the
// same helpers.

#include <algorithm>
#include <bit>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "model/codecs/stage_list.hpp"
#include "model/codecs/tensor_draws.hpp"
#include "verge/messages/errors.hpp"

using namespace verge;
using namespace verge::codecs;

namespace {

constexpr std::size_t bucket = 512;
constexpr double most = 1048576.0;
const std::vector<std::size_t> lengths{0,    1,    2,    3,    5,    7,    8,   9,
                                       31,   32,   255,  256,  257,  511,  512, 513,
                                       1023, 1279, 1280, 1281, 2560, 3000, 5003};
const std::vector<std::string> all_coders{"fp16", "bf16",    "int8",        "int4",
                                          "sign", "ternary", "ternary(2.5)"};

std::shared_ptr<const value_coder> coder_of(const std::string& text) {
  static const std::map<std::string, stage_maker*> makers{
      {"fp16", make_fp16}, {"bf16", make_bf16}, {"int8", make_int8},
      {"int4", make_int4}, {"sign", make_sign}, {"ternary", make_ternary}};
  const auto stages = parse_stages(text);
  codec_recipe recipe;
  makers.at(stages.at(0).name())(stages[0], recipe);
  stages[0].expect_no_more();
  return recipe.values;
}

tensor_context drawing(std::uint64_t key) {
  tensor_context tensor;
  tensor.number = 3;
  tensor.key = key;
  return tensor;
}

/// Bell-shaped with heavy tails, some of them zero. Only exact operations are used, so the values
/// are the same everywhere.
std::vector<float> made_values(std::size_t count, double size = 0.01) {
  const random_stream stream{17, random_purpose::partition};
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    const double x = stream.unit(3 * i) + stream.unit(3 * i + 1) + stream.unit(3 * i + 2) - 1.5;
    values[i] = i % 37 == 36 ? 0.0f : static_cast<float>(size * x * x * x);
  }
  return values;
}

using byte_list = std::vector<std::byte>;

struct encoding {
  byte_list bytes;
  std::vector<float> left;
};

encoding encoded(const value_coder& coder, std::vector<float> values, std::uint64_t key = 1) {
  byte_writer out;
  coder.encode(values, drawing(key), out);
  return {{out.bytes().begin(), out.bytes().end()}, std::move(values)};
}

/// The reason why it cannot decode; empty when all of `bytes` was decoded.
std::string decode_into(const value_coder& coder, const byte_list& bytes,
                        std::vector<float>& values) {
  byte_reader in{bytes};
  auto why = coder.decode(in, values);
  if (why.empty() && in.left() > 0) return "bytes are left";
  return why;
}

std::vector<float> decoded(const value_coder& coder, const byte_list& bytes, std::size_t count) {
  std::vector<float> values(count, std::numeric_limits<float>::quiet_NaN());
  const auto why = decode_into(coder, bytes, values);
  BOOST_REQUIRE_MESSAGE(why.empty(), why);
  return values;
}

bool refuses(const value_coder& coder, const byte_list& bytes, std::size_t count) {
  std::vector<float> values(count);
  return !decode_into(coder, bytes, values).empty();
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0);
}

byte_list with_float(byte_list bytes, std::size_t at, float value) {
  std::memcpy(bytes.data() + at, &value, sizeof value);
  return bytes;
}

byte_list with_byte(byte_list bytes, std::size_t at, unsigned value) {
  bytes.at(at) = static_cast<std::byte>(value);
  return bytes;
}

float float_at(const byte_list& bytes, std::size_t at) {
  float value = 0.0f;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

double largest_of(const std::vector<float>& values, std::size_t begin, std::size_t end) {
  double largest = 0.0;
  for (std::size_t i = begin; i < std::min(end, values.size()); ++i)
    largest = std::max(largest, std::abs(static_cast<double>(values[i])));
  return largest;
}

double square(double x) {
  return x * x;
}

double root_mean_square(const std::vector<float>& values) {
  double sum = 0.0;
  for (const float v : values) sum += square(v);
  return std::sqrt(sum / static_cast<double>(values.size()));
}

/// A coder that rounds randomly to `levels` on either side of zero, in buckets of its own.
struct random_coder {
  const char* name;
  double levels;
  std::size_t bucket;
};
const std::vector<random_coder> random_coders{
    {"int8", 127.0, bucket}, {"int4", 7.0, bucket}, {"ternary", 1.0, 1u << 30}};

/// The distance, in double, between the levels that value `i` is rounded to.
double step_at(const random_coder& coder, const std::vector<float>& values, std::size_t i) {
  const auto begin = i / coder.bucket * coder.bucket;
  return largest_of(values, begin, begin + coder.bucket) / coder.levels;
}

/// A value is rounded up with probability `p`, so its variance in squared steps is p (1 - p).
double variance_of(double value, double step) {
  const double p = value / step - std::floor(value / step);
  return p * (1.0 - p);
}

std::uint64_t fnv1a(const void* data, std::size_t size, std::uint64_t hash) {
  const auto* bytes = static_cast<const unsigned char*>(data);
  for (std::size_t i = 0; i < size; ++i) hash = (hash ^ bytes[i]) * 0x100000001B3u;
  return hash;
}

/// A 16-bit format with given bits of fraction and exponent, from the definition in IEEE 754.
struct small_float {
  const char* name;
  int fraction_bits;
  int exponent_bits;

  int bias() const { return (1 << (exponent_bits - 1)) - 1; }
  unsigned infinity() const { return ((1u << exponent_bits) - 1) << fraction_bits; }
  /// The value of a finite pattern.
  double value(unsigned pattern) const {
    const auto fraction = static_cast<double>(pattern & ((1u << fraction_bits) - 1));
    const auto exponent = static_cast<int>((pattern & 0x7FFF) >> fraction_bits);
    const double size = exponent == 0 ? std::ldexp(fraction, 1 - bias() - fraction_bits)
                                      : std::ldexp(fraction + std::ldexp(1.0, fraction_bits),
                                                   exponent - bias() - fraction_bits);
    return pattern & 0x8000 ? -size : size;
  }
  /// Rounds to nearest even and saturates.
  double rounded(double x) const {
    const double largest = value(infinity() - 1);
    if (std::abs(x) >= largest) return std::copysign(largest, x);
    const int exponent = x == 0.0 ? 1 - bias() : std::max(std::ilogb(x), 1 - bias());
    const double last_bit = std::ldexp(1.0, exponent - fraction_bits);
    return std::copysign(std::nearbyint(x / last_bit) * last_bit, x);
  }
};
const std::vector<small_float> small_floats{{"fp16", 10, 5}, {"bf16", 7, 8}};

byte_list bytes_of_patterns(const std::vector<std::uint16_t>& patterns) {
  byte_list bytes(patterns.size() * 2);
  std::memcpy(bytes.data(), patterns.data(), bytes.size());
  return bytes;
}

std::vector<std::uint16_t> finite_patterns(const small_float& format) {
  std::vector<std::uint16_t> patterns;
  for (unsigned pattern = 0; pattern < 65536; ++pattern)
    if ((pattern & 0x7FFF) < format.infinity())
      patterns.push_back(static_cast<std::uint16_t>(pattern));
  return patterns;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(value_coders_test)

// -- all of them ----------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(what_is_left_is_the_value_less_the_decoded_value_for_every_length) {
  for (const auto& name : all_coders) {
    if (name == "ternary(2.5)") continue;
    const auto coder = coder_of(name);
    for (const auto length : lengths) {
      const auto values = made_values(length);
      const auto sent = encoded(*coder, values);
      const auto got = decoded(*coder, sent.bytes, length);
      std::vector<float> expected(length);
      for (std::size_t i = 0; i < length; ++i) {
        expected[i] = values[i] - got[i];
        const double gap = static_cast<double>(sent.left[i]) + got[i] - values[i];
        BOOST_REQUIRE_LE(std::abs(gap), 0x1p-24 * std::max(std::abs(sent.left[i]), 1e-30f));
      }
      BOOST_TEST(same_bits(sent.left, expected), name << ", length " << length);
    }
  }
}

BOOST_AUTO_TEST_CASE(an_encoding_takes_the_documented_bytes_and_follows_what_is_there) {
  const auto bytes_of = [](const std::string& name, std::size_t length) {
    const auto buckets = (length + bucket - 1) / bucket;
    if (name == "int8") return length + 4 * buckets;
    if (name == "int4") return (length + 1) / 2 + 4 * buckets;
    if (name == "sign") return (length + 7) / 8 + 4;
    if (name == "fp16" || name == "bf16") return 2 * length;
    return (length + 4) / 5 + 4;
  };
  for (const auto& name : all_coders) {
    const auto coder = coder_of(name);
    for (const auto length : lengths) {
      auto values = made_values(length);
      const auto alone = encoded(*coder, values).bytes;
      BOOST_TEST(alone.size() == bytes_of(name, length), name << ", length " << length);
      byte_writer out;
      out.put(std::uint8_t{42});
      coder->encode(values, drawing(1), out);
      BOOST_TEST(std::ranges::equal(out.bytes().subspan(1), alone), name << ", " << length);
    }
  }
}

BOOST_AUTO_TEST_CASE(places_past_the_end_stand_for_zero) {
  // One value in the last block of every coder, after others whose levels must not leak into it.
  std::vector<float> values(2 * 1280 + 1, 1.0f);
  values.back() = -1.0f;
  const auto last_byte = [&](const std::string& name) {
    return std::to_integer<unsigned>(encoded(*coder_of(name), values).bytes.back());
  };
  BOOST_TEST(last_byte("int4") == 0x81u);
  BOOST_TEST(last_byte("sign") == 1u);
  BOOST_TEST(last_byte("ternary") == 0u + 3u + 9u + 27u + 81u);
}

BOOST_AUTO_TEST_CASE(a_draw_names_the_bytes_and_another_gives_others) {
  const auto values = made_values(3000);
  for (const auto& name : all_coders) {
    const auto coder = coder_of(name);
    const bool draws = name != "fp16" && name != "bf16" && name != "sign";
    const auto first = encoded(*coder, values, 1);
    const auto again = encoded(*coder, values, 1);
    BOOST_TEST((first.bytes == again.bytes), name);
    BOOST_TEST(same_bits(first.left, again.left), name);
    BOOST_TEST((first.bytes != encoded(*coder, values, 2).bytes) == draws, name);
  }
}

// Devices and servers with different processors and versions must agree.
BOOST_AUTO_TEST_CASE(the_bytes_and_what_is_left_are_pinned) {
  const std::map<std::string, std::uint64_t> pinned{
      {"fp16", 0xcf65f9d8923bbf72u},        {"bf16", 0xdfac2f6d35541cbbu},
      {"int8", 0x45c9809d60e6b3f7u},        {"int4", 0x8681c009d800149eu},
      {"sign", 0xffee2f068c70f3c3u},        {"ternary", 0xa827b19aa1e67971u},
      {"ternary(2.5)", 0x87850f136246bf0fu}};
  for (const auto& [name, expected] : pinned) {
    const auto sent = encoded(*coder_of(name), made_values(3000));
    auto hash = fnv1a(sent.bytes.data(), sent.bytes.size(), 0xCBF29CE484222325u);
    hash = fnv1a(sent.left.data(), sent.left.size() * sizeof(float), hash);
    BOOST_TEST(hash == expected, name << std::hex << " gives 0x" << hash);
  }
}

BOOST_AUTO_TEST_CASE(bytes_that_end_early_are_refused_at_every_length) {
  for (const auto& name : all_coders) {
    const auto coder = coder_of(name);
    for (const std::size_t length : {1, 9, 256, 519, 1283}) {
      const auto whole = encoded(*coder, made_values(length)).bytes;
      BOOST_TEST(!refuses(*coder, whole, length), name);
      for (std::size_t size = 0; size < whole.size(); ++size) {
        const auto end = whole.begin() + static_cast<std::ptrdiff_t>(size);
        BOOST_REQUIRE_MESSAGE(refuses(*coder, {whole.begin(), end}, length),
                              name << ", " << size << " bytes of " << whole.size());
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_scale_that_is_not_a_number_from_0_to_2_to_the_20_is_refused) {
  const auto beyond = std::nextafter(static_cast<float>(most), 2e6f);
  for (const auto& name : {"int8", "int4", "sign", "ternary", "ternary(2.5)"}) {
    const auto coder = coder_of(name);
    const auto good = encoded(*coder, made_values(700)).bytes;
    for (const float scale :
         {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::quiet_NaN(),
          std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(), -1e-20f,
          -1.0f, beyond, 3e38f})
      BOOST_TEST(refuses(*coder, with_float(good, 0, scale), 700), name << ", scale " << scale);
    for (const float scale : {0.0f, 1e-45f, 1e-38f, 1.0f, static_cast<float>(most)}) {
      const auto got = decoded(*coder, with_float(good, 0, scale), 700);
      BOOST_TEST(largest_of(got, 0, bucket) <= scale, name << ", scale " << scale);
    }
  }
  for (const auto& [name, second] : {std::pair{"int8", 4 + 512}, std::pair{"int4", 4 + 256}}) {
    const auto coder = coder_of(name);
    const auto good = encoded(*coder, made_values(700)).bytes;
    const auto at = static_cast<std::size_t>(second);
    BOOST_TEST(!refuses(*coder, with_float(good, at, 1.0f), 700), name);
    BOOST_TEST(refuses(*coder, with_float(good, at, beyond), 700), name);
  }
}

BOOST_AUTO_TEST_CASE(the_largest_usable_values_stay_usable) {
  const auto large = static_cast<float>(most);
  for (const auto& name : all_coders) {
    const auto coder = coder_of(name);
    const std::vector<float> values{large, -large, 0.7f * large, -0.3f * large, 0.0f, 1.0f};
    for (std::uint64_t key = 0; key < 50; ++key) {
      const auto got = decoded(*coder, encoded(*coder, values, key).bytes, values.size());
      BOOST_TEST(largest_of(got, 0, got.size()) <= most, name);
    }
  }
}

BOOST_AUTO_TEST_CASE(zeros_and_values_too_small_to_divide_by_are_zeros) {
  for (const auto& name : {"int8", "int4", "ternary"}) {
    const auto coder = coder_of(name);
    for (const float size : {0.0f, 1e-45f, 1e-38f, 1e-36f, 2e-33f}) {
      std::vector<float> values(600, size);
      for (std::size_t i = 0; i < values.size(); i += 2) values[i] = -size;
      const auto sent = encoded(*coder, values);
      BOOST_TEST(same_bits(sent.left, values), name << ", size " << size);
      BOOST_TEST(same_bits(decoded(*coder, sent.bytes, 600), std::vector<float>(600)), name);
      BOOST_TEST(std::bit_cast<std::uint32_t>(float_at(sent.bytes, 0)) == 0u, name);
    }
  }
  for (const auto& name : all_coders) {
    const auto coder = coder_of(name);
    const auto sent = encoded(*coder, std::vector<float>(600));
    BOOST_TEST(same_bits(sent.left, std::vector<float>(600)), name);
    BOOST_TEST(same_bits(decoded(*coder, sent.bytes, 600), std::vector<float>(600)), name);
  }
}

BOOST_AUTO_TEST_CASE(only_random_rounding_alone_is_unbiased) {
  const std::map<std::string, bool> expected{
      {"fp16", false}, {"bf16", false},   {"int8", true},         {"int4", true},
      {"sign", false}, {"ternary", true}, {"ternary(2.5)", false}};
  for (const auto& [name, unbiased] : expected)
    BOOST_TEST(coder_of(name)->unbiased() == unbiased, name);
}

BOOST_AUTO_TEST_CASE(ternary_alone_takes_a_number_which_is_above_zero) {
  for (const auto& text : {"ternary(0)", "ternary(-1)", "ternary(clip=0)", "ternary(2, 3)",
                           "ternary(c=2)", "int8(4)", "int4(4)", "sign(1)", "fp16(1)", "bf16(1)"})
    BOOST_CHECK_THROW(coder_of(text), bad_input);
  const auto values = made_values(2000);
  BOOST_TEST((encoded(*coder_of("ternary(2.5)"), values).bytes ==
              encoded(*coder_of("ternary(clip=2.5)"), values).bytes));
}

// -- random rounding ------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(levels_are_the_floor_of_the_value_in_steps_plus_the_draw) {
  const auto values = made_values(5003);
  std::vector<std::uint16_t> draws(values.size());
  fill_random16(draws, draws_of(drawing(9), 0), 0);
  for (const auto& coder : random_coders) {
    const auto made = coder_of(coder.name);
    const auto got = decoded(*made, encoded(*made, values, 9).bytes, values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double step = step_at(coder, values, i);
      const double level = std::round(got[i] / step);
      const double exact = values[i] / step + (draws[i] + 0.5) / 65536.0;
      BOOST_REQUIRE_SMALL(got[i] / step - level, 1e-4);
      BOOST_REQUIRE_LE(std::abs(level), coder.levels);
      BOOST_REQUIRE_MESSAGE(exact - level > -2e-5 && exact - level < 1.0 + 2e-5,
                            coder.name << ", value " << i << ": " << exact << " to " << level);
    }
  }
}

BOOST_AUTO_TEST_CASE(every_output_is_on_the_grid_of_the_scale_that_was_sent) {
  const auto values = made_values(bucket);
  for (const auto& coder : random_coders) {
    const auto made = coder_of(coder.name);
    const auto sent = encoded(*made, values);
    const auto scale = float_at(sent.bytes, 0);
    BOOST_TEST(scale == largest_of(values, 0, bucket), coder.name);
    const auto got = decoded(*made, sent.bytes, bucket);
    std::map<int, float> grid;
    for (const float value : got) {
      const auto level = static_cast<int>(std::lround(value / scale * coder.levels));
      BOOST_TEST(std::abs(level) <= coder.levels);
      BOOST_TEST(value == grid.try_emplace(level, value).first->second, coder.name);
      BOOST_TEST(std::abs(value - level * (scale / coder.levels)) <= 1e-6 * scale);
    }
    // The largest magnitude is on the grid, so it is sent unchanged.
    BOOST_TEST(std::abs(largest_of(got, 0, bucket) - scale) <= 0x1p-22 * scale, coder.name);
  }
}

BOOST_AUTO_TEST_CASE(the_mean_of_many_draws_is_the_value) {
  constexpr int draws = 4000;
  const auto values = made_values(600);
  for (const auto& coder : random_coders) {
    const auto made = coder_of(coder.name);
    std::vector<double> sums(values.size());
    for (int draw = 0; draw < draws; ++draw) {
      const auto bytes = encoded(*made, values, static_cast<std::uint64_t>(draw)).bytes;
      const auto got = decoded(*made, bytes, values.size());
      for (std::size_t i = 0; i < values.size(); ++i) sums[i] += got[i];
    }
    double all = 0.0, all_variance = 0.0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double step = step_at(coder, values, i);
      const double variance = variance_of(values[i], step) / draws;
      const double off = (sums[i] / draws - values[i]) / step;
      // The last two terms are there because counts of rare events are not normal, and because a
      // draw has 16 bits.
      BOOST_TEST(std::abs(off) < 4.0 * std::sqrt(variance) + 4.0 / draws + 0x1p-17,
                 coder.name << ", value " << i << " is off by " << off << " steps");
      all += off;
      all_variance += variance;
    }
    BOOST_TEST(std::abs(all) < 4.0 * std::sqrt(all_variance), coder.name << ": " << all);
  }
}

BOOST_AUTO_TEST_CASE(the_variance_is_the_expected_one_and_within_the_published_bound) {
  constexpr int draws = 2000;
  const auto values = made_values(600);
  for (const auto& coder : random_coders) {
    const auto made = coder_of(coder.name);
    std::map<std::size_t, double> measured, expected, norm, magnitudes;
    std::map<std::size_t, double> sizes;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto b = i / coder.bucket;
      const double step = step_at(coder, values, i);
      expected[b] += square(step) * variance_of(values[i], step);
      norm[b] += square(values[i]);
      magnitudes[b] += std::abs(static_cast<double>(values[i]));
      sizes[b] += 1.0;
    }
    for (int draw = 0; draw < draws; ++draw) {
      const auto left = encoded(*made, values, static_cast<std::uint64_t>(draw)).left;
      for (std::size_t i = 0; i < values.size(); ++i)
        measured[i / coder.bucket] += square(left[i]) / draws;
    }
    for (const auto& [b, size] : sizes) {
      BOOST_TEST(std::abs(measured[b] / expected[b] - 1.0) < 0.02,
                 coder.name << ": " << measured[b] << " for " << expected[b]);
      if (coder.levels > 1.0) {
        const double s = coder.levels;
        const double bound = std::min(size / square(s), std::sqrt(size) / s) * norm[b];
        BOOST_TEST(measured[b] < bound, coder.name << ": " << measured[b] << " for " << bound);
      } else {
        // E (s sign(v) b - v)^2 = s |v| - v^2 (Wen et al. 2017).
        const double s = largest_of(values, 0, values.size());
        const double exact = s * magnitudes[b] - norm[b];
        BOOST_TEST(std::abs(expected[b] / exact - 1.0) < 1e-9);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(levels_off_the_grid_are_refused) {
  const std::size_t length = 700;
  const auto int8 = coder_of("int8");
  const auto bytes = encoded(*int8, made_values(length)).bytes;
  for (const std::size_t at : {4u, 515u, 520u, 707u}) {
    BOOST_TEST(refuses(*int8, with_byte(bytes, at, 0x80), length), "byte " << at);
    BOOST_TEST(!refuses(*int8, with_byte(bytes, at, 0x81), length), "byte " << at);
  }
  const auto int4 = coder_of("int4");
  const auto halves = encoded(*int4, made_values(length)).bytes;
  for (const std::size_t at : {4u, 259u, 264u, 357u}) {
    BOOST_TEST(refuses(*int4, with_byte(halves, at, 0x08), length), "byte " << at);
    BOOST_TEST(refuses(*int4, with_byte(halves, at, 0x80), length), "byte " << at);
    BOOST_TEST(!refuses(*int4, with_byte(halves, at, 0x1F), length), "byte " << at);
  }
}

// -- ternary --------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_byte_that_is_not_five_digits_of_base_3_is_refused) {
  const std::size_t length = 1300;
  const auto coder = coder_of("ternary");
  const auto bytes = encoded(*coder, made_values(length)).bytes;
  for (const std::size_t at : {4u, 259u, 260u, 263u})
    for (unsigned byte = 0; byte < 256; ++byte)
      BOOST_TEST(refuses(*coder, with_byte(bytes, at, byte), length) == (byte > 242),
                 "byte " << at << " is " << byte);
}

BOOST_AUTO_TEST_CASE(a_byte_is_its_digits_from_the_lowest) {
  const auto coder = coder_of("ternary");
  for (unsigned byte = 0; byte <= 242; ++byte) {
    const auto got = decoded(*coder, with_byte(with_float(byte_list(5), 0, 2.0f), 4, byte), 5);
    unsigned rest = byte;
    for (const float value : got) {
      BOOST_TEST(value == 2.0f * (static_cast<float>(rest % 3) - 1.0f), "byte " << byte);
      rest /= 3;
    }
  }
}

BOOST_AUTO_TEST_CASE(clipping_leaves_what_it_cut_off_and_nothing_else) {
  for (const double clip : {0.5, 1.0, 2.5, 1000.0}) {
    const auto coder = coder_of("ternary(" + std::to_string(clip) + ")");
    for (const auto length : lengths) {
      if (length == 0) continue;
      const auto values = made_values(length);
      const auto limit = static_cast<float>(
          std::min(clip * root_mean_square(values), largest_of(values, 0, length)));
      const auto sent = encoded(*coder, values);
      const auto scale = float_at(sent.bytes, 0);
      BOOST_TEST(std::abs(scale - limit) <= 0x1p-22 * limit, "clip " << clip << ", " << length);
      for (const float value : decoded(*coder, sent.bytes, length))
        BOOST_REQUIRE((value == scale || value == -scale || value == 0.0f));
      std::vector<float> expected(length);
      for (std::size_t i = 0; i < length; ++i)
        expected[i] = values[i] - std::clamp(values[i], -scale, scale);
      BOOST_TEST(same_bits(sent.left, expected), "clip " << clip << ", length " << length);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_mean_of_many_clipped_draws_is_the_clipped_value) {
  constexpr int draws = 4000;
  const auto values = made_values(600);
  const auto coder = coder_of("ternary(2)");
  std::vector<double> sums(values.size());
  double scale = 0.0;
  for (int draw = 0; draw < draws; ++draw) {
    const auto sent = encoded(*coder, values, static_cast<std::uint64_t>(draw));
    const auto got = decoded(*coder, sent.bytes, values.size());
    scale = float_at(sent.bytes, 0);
    for (std::size_t i = 0; i < values.size(); ++i) sums[i] += got[i];
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double clipped = std::clamp(static_cast<double>(values[i]), -scale, scale);
    const double deviation = std::sqrt(variance_of(clipped, scale) / draws);
    BOOST_TEST(std::abs(sums[i] / draws - clipped) / scale < 4.0 * deviation + 4.0 / draws);
  }
}

// -- sign -----------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(signs_are_sent_with_the_mean_magnitude) {
  const auto coder = coder_of("sign");
  for (const auto length : lengths) {
    const auto values = made_values(length);
    double sum = 0.0;
    for (const float v : values) sum += std::abs(static_cast<double>(v));
    const auto sent = encoded(*coder, values);
    const auto scale = float_at(sent.bytes, 0);
    const double mean = length == 0 ? 0.0 : sum / static_cast<double>(length);
    BOOST_TEST(std::abs(scale - mean) <= 0x1p-23 * mean, "length " << length);
    const auto got = decoded(*coder, sent.bytes, length);
    for (std::size_t i = 0; i < length; ++i)
      BOOST_REQUIRE_EQUAL(got[i], values[i] < 0.0f ? -scale : scale);
  }
}

// Karimireddy et al. 2019, lemma 8.
BOOST_AUTO_TEST_CASE(what_the_signs_leave_is_exactly_the_published_contraction) {
  const auto coder = coder_of("sign");
  for (const std::size_t length : {1u, 7u, 256u, 300u, 5003u}) {
    const auto values = made_values(length);
    double magnitudes = 0.0, squares = 0.0, left = 0.0;
    for (const float v : values) {
      magnitudes += std::abs(static_cast<double>(v));
      squares += square(v);
    }
    for (const float v : encoded(*coder, values).left) left += square(v);
    const double kept = 1.0 - square(magnitudes) / (static_cast<double>(length) * squares);
    BOOST_TEST(std::abs(left - kept * squares) <= 1e-6 * squares, "length " << length);
  }
}

BOOST_AUTO_TEST_CASE(a_sign_is_one_bit_of_the_byte_of_its_column) {
  const auto coder = coder_of("sign");
  for (std::size_t i = 0; i < 300; ++i) {
    std::vector<float> values(300, 1.0f);
    values[i] = -1.0f;
    const auto bytes = encoded(*coder, values).bytes;
    // The block of 256 has 32 columns, the last block of 44 has 6.
    const auto byte = i < 256 ? 4 + i % 32 : 36 + (i - 256) % 6;
    const auto bit = i < 256 ? i / 32 : (i - 256) / 6;
    for (std::size_t at = 4; at < bytes.size(); ++at)
      BOOST_REQUIRE_EQUAL(std::to_integer<unsigned>(bytes[at]), at == byte ? 1u << bit : 0u);
  }
}

// -- 16 bits --------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(every_finite_pattern_decodes_to_its_value_and_back) {
  for (const auto& format : small_floats) {
    const auto coder = coder_of(format.name);
    const auto patterns = finite_patterns(format);
    const auto bytes = bytes_of_patterns(patterns);
    const auto got = decoded(*coder, bytes, patterns.size());
    for (std::size_t i = 0; i < patterns.size(); ++i) {
      BOOST_REQUIRE_EQUAL(got[i], format.value(patterns[i]));
      BOOST_REQUIRE_EQUAL(std::signbit(got[i]), patterns[i] >= 0x8000);
    }
    const auto again = encoded(*coder, got);
    BOOST_TEST((again.bytes == bytes), format.name);
    BOOST_TEST(same_bits(again.left, std::vector<float>(patterns.size())), format.name);
  }
}

BOOST_AUTO_TEST_CASE(every_pattern_that_is_not_finite_is_refused_wherever_it_is) {
  for (const auto& format : small_floats) {
    const auto coder = coder_of(format.name);
    for (unsigned pattern = 0; pattern < 65536; ++pattern) {
      if ((pattern & 0x7FFF) < format.infinity()) continue;
      std::vector<std::uint16_t> patterns(35);
      patterns[pattern % 35] = static_cast<std::uint16_t>(pattern);
      BOOST_REQUIRE(refuses(*coder, bytes_of_patterns(patterns), patterns.size()));
    }
  }
}

BOOST_AUTO_TEST_CASE(values_at_and_beside_every_midpoint_round_to_nearest_even) {
  constexpr float infinite = std::numeric_limits<float>::infinity();
  for (const auto& format : small_floats) {
    const auto coder = coder_of(format.name);
    std::vector<float> values;
    std::vector<double> expected;
    for (unsigned pattern = 0; pattern + 1 < format.infinity(); ++pattern) {
      const double low = format.value(pattern);
      const double high = format.value(pattern + 1);
      const auto middle = static_cast<float>((low + high) / 2.0);
      BOOST_REQUIRE_EQUAL(static_cast<double>(middle), (low + high) / 2.0);
      for (const float sign : {1.0f, -1.0f}) {
        values.push_back(sign * std::nextafter(middle, 0.0f));
        expected.push_back(sign * low);
        values.push_back(sign * middle);
        expected.push_back(sign * (pattern % 2 == 0 ? low : high));
        values.push_back(sign * std::nextafter(middle, infinite));
        expected.push_back(sign * high);
      }
    }
    const auto got = decoded(*coder, encoded(*coder, values).bytes, values.size());
    for (std::size_t i = 0; i < values.size(); ++i) BOOST_REQUIRE_EQUAL(got[i], expected[i]);
  }
}

BOOST_AUTO_TEST_CASE(floats_of_every_size_are_rounded_or_saturate) {
  const random_stream stream{23, random_purpose::partition};
  std::vector<float> values;
  for (std::uint32_t i = 0; i < 50'000; ++i)
    for (const auto word : stream.block(i))
      if (const auto value = std::bit_cast<float>(word); std::isfinite(value))
        values.push_back(value);
  constexpr float largest = std::numeric_limits<float>::max();
  for (const float value : {65503.9f, 65504.0f, 65519.9f, 65520.0f, 65536.0f, 1e6f, 3.38e38f,
                            3.3895314e38f, 3.39e38f, largest, 1e-45f, 0.0f})
    values.insert(values.end(), {value, -value});
  for (const auto& format : small_floats) {
    const auto coder = coder_of(format.name);
    const auto sent = encoded(*coder, values);
    const auto got = decoded(*coder, sent.bytes, values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      BOOST_REQUIRE_EQUAL(got[i], format.rounded(values[i]));
      BOOST_REQUIRE_EQUAL(sent.left[i], values[i] - got[i]);
      BOOST_REQUIRE_EQUAL(std::signbit(got[i]), std::signbit(values[i]));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
