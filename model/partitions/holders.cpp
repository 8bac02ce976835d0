#include "model/partitions/holders.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "verge/messages/errors.hpp"
#include "verge/model/dataset.hpp"

namespace verge::partitions {

random_stream stream_of(std::uint64_t seed, draw what, std::uint32_t index, std::uint32_t attempt) {
  constexpr std::uint32_t draws = 16;
  return {seed, random_purpose::partition, static_cast<std::uint32_t>(what) + draws * attempt,
          index};
}

std::vector<std::uint32_t> shuffled(std::size_t count, const random_stream& stream) {
  // Fisher-Yates: the last place gets any of the numbers, the one before it any of the rest, ...
  std::vector<std::uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0u);
  for (std::size_t left = count; left > 1; --left)
    std::swap(order[left - 1], order[stream.below(left, left)]);
  return order;
}

samples_by_label::samples_by_label(const dataset& whole, std::uint64_t seed)
    : samples_(whole.size()), bounds_(std::size_t{whole.classes()} + 1, 0) {
  std::vector<std::uint32_t> labels(whole.size());
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto label = whole.label(i);
    if (label < 0 || label >= std::int64_t{whole.classes()})
      throw bad_input(fmt::format("sample {} has label {}; expected a label below {}", i, label,
                                  whole.classes()));
    labels[i] = static_cast<std::uint32_t>(label);
    ++bounds_[labels[i] + 1];
  }
  std::partial_sum(bounds_.begin(), bounds_.end(), bounds_.begin());
  auto next = bounds_;
  for (const auto sample : shuffled(whole.size(), stream_of(seed, draw::order)))
    samples_[next[labels[sample]]++] = sample;
}

std::span<const std::uint32_t> samples_by_label::of(std::uint32_t label) const {
  return all().subspan(bounds_[label], bounds_[label + 1] - bounds_[label]);
}

std::vector<std::uint32_t> samples_by_label::present() const {
  std::vector<std::uint32_t> labels;
  for (std::uint32_t label = 0; label < classes(); ++label)
    if (!of(label).empty()) labels.push_back(label);
  return labels;
}

void deal_by_shares(std::span<const std::uint32_t> samples, std::span<const double> shares,
                    holder_list& holders) {
  const auto size = static_cast<double>(samples.size());
  double sum = 0.0;
  std::size_t at = 0;
  for (std::size_t device = 0; device < shares.size(); ++device) {
    sum += shares[device];
    const bool last = device + 1 == shares.size();
    // Rounded to the nearest. Rounded down, the last device would get a sample of every label.
    const double end = last ? size : std::min(std::floor(sum * size + 0.5), size);
    for (; at < static_cast<std::size_t>(end); ++at)
      holders[samples[at]] = static_cast<std::uint32_t>(device);
  }
}

void refuse(const partition_rule& rule, const std::string& why) {
  throw bad_input(fmt::format("partition \"{}\": {}", to_text(rule), why));
}

}  // namespace verge::partitions
