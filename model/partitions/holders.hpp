#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "model/random/random.hpp"
#include "verge/model/partition_rule.hpp"

// The common parts of the rules. A rule gives a holder to each sample, so the shards are disjoint
// and cover everything, whatever the rule draws.

namespace verge {

class dataset;

namespace partitions {

/// Element i is the device that holds sample i.
using holder_list = std::vector<std::uint32_t>;

/// What a draw decides. The shuffle of the samples is draw 0.
enum class draw : std::uint32_t { order = 0, shares = 1, mixture = 2, pieces = 3, labels = 4 };

/// The stream of a draw about `index`, which is a label or a device. `attempt` counts how often
/// everything was drawn again.
random_stream stream_of(std::uint64_t seed, draw what, std::uint32_t index = 0,
                        std::uint32_t attempt = 0);

/// 0 .. count - 1 in an order that `stream` draws.
std::vector<std::uint32_t> shuffled(std::size_t count, const random_stream& stream);

/// The samples of a dataset by label. The samples of one label are in a seeded order. Immutable.
class samples_by_label {
public:
  /// Throws bad_input when a label is not below the dataset's classes.
  samples_by_label(const dataset& whole, std::uint64_t seed);

  std::size_t size() const { return samples_.size(); }
  /// Number of labels that samples can have.
  std::uint32_t classes() const { return static_cast<std::uint32_t>(bounds_.size() - 1); }
  /// The samples of one label.
  std::span<const std::uint32_t> of(std::uint32_t label) const;
  /// The labels that at least one sample has.
  std::vector<std::uint32_t> present() const;
  /// All samples, label after label.
  std::span<const std::uint32_t> all() const { return samples_; }

private:
  std::vector<std::uint32_t> samples_;
  std::vector<std::size_t> bounds_;
};

/// The start of piece `piece` when `size` samples are cut into `count` pieces whose sizes differ by
/// at most one.
inline std::size_t even_bound(std::size_t size, std::uint64_t count, std::uint64_t piece) {
  return static_cast<std::size_t>(std::uint64_t{size} * piece / count);
}

/// Device k gets the k-th run of `samples`, up to n (shares[0] + ... + shares[k]), rounded, where n
/// is the number of samples. The last device gets the rest.
void deal_by_shares(std::span<const std::uint32_t> samples, std::span<const double> shares,
                    holder_list& holders);

/// Throws bad_input that says what cannot be kept, and what was expected.
[[noreturn]] void refuse(const partition_rule& rule, const std::string& why);

}  // namespace partitions
}  // namespace verge
