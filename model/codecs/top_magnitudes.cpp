#include "model/codecs/top_magnitudes.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <functional>

#include "model/text/target_clones.hpp"

// Finds the k largest of n magnitudes in about one pass over the values:
//     1. A sample gives a threshold that somewhat more than k values should reach.
//     2. Candidates are collected: all values at or above the threshold.
//     3. Fewer than k: again with a lower threshold, in the end with one that all but zeros reach.
//     4. The k largest are selected among the candidates.
// So the sample decides how long it takes and never what is chosen.
//
// Magnitudes are compared as the bits of a float without its sign, which order like integers.

namespace verge::codecs {

namespace {

/// Number of values that are checked together. Most blocks hold no candidate, and only the others
/// are searched.
constexpr std::size_t block_size = 16;
/// Number of values whose candidates are collected at once, in memory on the stack.
constexpr std::size_t stretch = 128 * block_size;
/// The threshold that all magnitudes but zero reach.
constexpr std::int32_t least_of_all = 1;

/// Fewer values than this are not worth a sample. Of more values, one in `sampled_one_in` is
/// sampled.
constexpr std::size_t least_to_sample = 8192;
constexpr std::size_t sampled_one_in = 256;
constexpr std::size_t smallest_sample = 4096;
constexpr std::size_t largest_sample = 65536;
/// How much deeper into the sample each further attempt goes.
constexpr std::size_t deeper = 8;

VERGE_ALWAYS_INLINE std::int32_t magnitude_of(float value) {
  return std::bit_cast<std::int32_t>(value) & 0x7FFFFFFF;
}

struct candidates {
  std::size_t count = 0;
  std::array<std::uint32_t, stretch> places;
  std::array<std::uint32_t, stretch> magnitudes;
};

/// `count` is a multiple of the block's size; values[0] is at place `first`.
VERGE_TARGET_CLONES
void search_blocks(const float* values, std::size_t count, std::uint32_t first, std::int32_t least,
                   candidates& found) {
  std::size_t n = found.count;
  for (std::size_t begin = 0; begin < count; begin += block_size) {
    std::int32_t largest = 0;
    for (std::size_t i = begin; i < begin + block_size; ++i) {
      const auto magnitude = magnitude_of(values[i]);
      largest = magnitude > largest ? magnitude : largest;
    }
    if (largest < least) continue;
    for (std::size_t i = begin; i < begin + block_size; ++i) {
      const auto magnitude = magnitude_of(values[i]);
      found.places[n] = first + static_cast<std::uint32_t>(i);
      found.magnitudes[n] = static_cast<std::uint32_t>(magnitude);
      n += magnitude >= least ? 1 : 0;
    }
  }
  found.count = n;
}

/// Writes all places whose magnitude is at least `least` into work.chosen, and the magnitudes into
/// work.words.
void collect(std::span<const float> values, std::int32_t least, workspace& work) {
  work.chosen.clear();
  work.words.clear();
  candidates found;
  for (std::size_t begin = 0; begin < values.size(); begin += stretch) {
    const auto part = values.subspan(begin, std::min(stretch, values.size() - begin));
    const auto whole = part.size() / block_size * block_size;
    const auto first = static_cast<std::uint32_t>(begin);
    found.count = 0;
    search_blocks(part.data(), whole, first, least, found);
    if (const auto rest = part.subspan(whole); !rest.empty()) {
      std::array<float, block_size> last{};
      std::copy(rest.begin(), rest.end(), last.begin());
      search_blocks(last.data(), block_size, first + static_cast<std::uint32_t>(whole), least,
                    found);
    }
    work.chosen.insert(work.chosen.end(), found.places.begin(), found.places.begin() + found.count);
    work.words.insert(work.words.end(), found.magnitudes.begin(),
                      found.magnitudes.begin() + found.count);
  }
}

void take(const magnitude_sample& sample, std::span<const float> values,
          std::vector<std::uint32_t>& magnitudes) {
  magnitudes.resize(sample.count);
  for (std::size_t i = 0; i < sample.count; ++i)
    magnitudes[i] = static_cast<std::uint32_t>(magnitude_of(values[sample.place(i)]));
}

/// The magnitude at a rank of the sample, which is reordered.
std::int32_t magnitude_at(std::size_t rank, std::vector<std::uint32_t>& magnitudes) {
  if (rank >= magnitudes.size()) return least_of_all;
  const auto nth = magnitudes.begin() + static_cast<std::ptrdiff_t>(rank);
  std::nth_element(magnitudes.begin(), nth, magnitudes.end(), std::greater<>{});
  return std::max(static_cast<std::int32_t>(*nth), least_of_all);
}

/// Writes candidates into `work`: at least `count` of the largest, or all that are not zero.
void collect_enough(std::span<const float> values, std::size_t count, workspace& work) {
  if (values.size() < least_to_sample) return collect(values, least_of_all, work);
  const magnitude_sample sample{values.size()};
  const double expected = static_cast<double>(count) * static_cast<double>(sample.count) /
                          static_cast<double>(values.size());
  // Four standard deviations above the expectation, so that a second attempt is rare.
  auto rank = static_cast<std::size_t>(expected + 4.0 * std::sqrt(expected) + 8.0);
  for (;; rank *= deeper) {
    take(sample, values, work.words);
    const auto least = magnitude_at(rank, work.words);
    collect(values, least, work);
    if (work.chosen.size() >= count || least == least_of_all) return;
  }
}

/// Leaves the `count` largest in work.chosen; their magnitudes are in work.words. Candidates are in
/// the order of their places, so among equal ones the first stay.
void select(std::size_t count, workspace& work) {
  auto& places = work.chosen;
  auto& magnitudes = work.words;
  const auto found = static_cast<std::ptrdiff_t>(places.size());
  magnitudes.resize(2 * places.size());
  const auto ranked = magnitudes.begin() + found;
  std::copy(magnitudes.begin(), ranked, ranked);
  const auto last = ranked + static_cast<std::ptrdiff_t>(count) - 1;
  std::nth_element(ranked, last, magnitudes.end(), std::greater<>{});
  const auto least = *last;
  auto ties = count - static_cast<std::size_t>(
                          std::count_if(ranked, last, [&](auto m) { return m > least; }));
  std::size_t kept = 0;
  for (std::size_t i = 0; i < places.size(); ++i) {
    const bool tie = magnitudes[i] == least && ties > 0;
    places[kept] = places[i];
    ties -= tie ? 1 : 0;
    kept += tie || magnitudes[i] > least ? 1 : 0;
  }
  places.resize(kept);
}

}  // namespace

magnitude_sample::magnitude_sample(std::size_t values)
    : count(std::clamp(values / sampled_one_in, smallest_sample, largest_sample)),
      width(values / count) {}

std::size_t count_of_share(double share, std::size_t size) {
  if (size == 0) return 0;
  const auto count = static_cast<std::size_t>(std::llround(share * static_cast<double>(size)));
  return std::clamp<std::size_t>(count, 1, size);
}

void choose_largest(std::span<const float> values, std::size_t count, workspace& work) {
  if (count >= values.size()) return collect(values, least_of_all, work);
  collect_enough(values, count, work);
  if (work.chosen.size() > count) select(count, work);
}

}  // namespace verge::codecs
