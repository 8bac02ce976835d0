#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "model/random/random.hpp"
#include "verge/model/partition_rule.hpp"

// What the rules have in common. A rule says of each sample who holds it; so whatever it draws, the
// shards are disjoint and cover everything.

namespace verge {

class dataset;

namespace partitions {

/// The device that holds sample i.
using holder_list = std::vector<std::uint32_t>;

/// What a draw decides. The shuffle of the samples is draw 0.
enum class draw : std::uint32_t { order = 0, shares = 1, mixture = 2, pieces = 3, labels = 4 };

/// The stream of a draw about `index`, a label or a device; `attempt` counts how often all was drawn
/// again.
random_stream stream_of(std::uint64_t seed, draw what, std::uint32_t index = 0,
                        std::uint32_t attempt = 0);

/// 0 .. count - 1 in an order that `stream` draws.
std::vector<std::uint32_t> shuffled(std::size_t count, const random_stream& stream);

/// The samples of a dataset by label, those of one label in a seeded order.
class samples_by_label {
public:
  /// Throws bad_input when a label is not below the dataset's classes.
  samples_by_label(const dataset& whole, std::uint64_t seed);

  std::size_t size() const { return samples_.size(); }
  /// Labels that samples can have.
  std::uint32_t classes() const { return static_cast<std::uint32_t>(bounds_.size() - 1); }
  /// The samples of one label.
  std::span<const std::uint32_t> of(std::uint32_t label) const;
  /// The labels that samples do have.
  std::vector<std::uint32_t> present() const;
  /// All, label after label.
  std::span<const std::uint32_t> all() const { return samples_; }

private:
  std::vector<std::uint32_t> samples_;
  std::vector<std::size_t> bounds_;
};

/// Where piece `piece` of `count` begins in `size` samples, cut into sizes that differ by at most one.
inline std::size_t even_bound(std::size_t size, std::uint64_t count, std::uint64_t piece) {
  return static_cast<std::size_t>(std::uint64_t{size} * piece / count);
}

/// Device k holds the k-th run of `samples`, up to n (shares[0] + ... + shares[k]), rounded; the last one
/// holds the rest.
void deal_by_shares(std::span<const std::uint32_t> samples, std::span<const double> shares,
                    holder_list& holders);

/// Throws bad_input: what cannot be kept, and what was expected.
[[noreturn]] void refuse(const partition_rule& rule, const std::string& why);

}  // namespace partitions
}  // namespace verge
