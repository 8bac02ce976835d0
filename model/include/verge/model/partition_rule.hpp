#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "verge/model/call_text.hpp"

// How a training set is dealt to the devices; docs/partitions.md has the rules of the library with
// their formulas and sources.

namespace verge {

class dataset;
class partition;

/// A rule with its arguments, for example "dirichlet(0.5, sizes=equal)".
struct partition_rule {
  /// Deals the samples of `whole` to `devices` devices, which are 1 to whole.size(). `rule` is the
  /// rule itself. What is dealt is a function of the labels, the rule, the number of devices and
  /// the seed. Throws bad_input where the rule cannot be kept.
  using dealer = std::function<partition(const partition_rule& rule, const dataset& whole,
                                         std::uint32_t devices, std::uint64_t seed)>;

  /// As read_partition_rule() reads it. Rules of one text deal alike.
  std::string text;
  dealer deal;

  friend bool operator==(const partition_rule& one, const partition_rule& other) {
    return one.text == other.text;
  }
};

/// Reads a rule as experiment files write it. Throws bad_input: what is wrong, and at which
/// character.
partition_rule read_partition_rule(std::string_view text);

/// Writes a rule as read_partition_rule() reads it.
std::string to_text(const partition_rule& rule);

/// A kind of rule: what stands in front of the arguments.
struct partition_rule_entry {
  std::string_view name;
  /// Makes the rule that `call`, which has this name, asks for. An argument that it does not ask
  /// `call` for is an error.
  partition_rule (*read)(const call_text& call) = nullptr;
};

/// The kinds of the library in the order of the documentation, then those that were added.
std::vector<std::string> partition_rule_names();

/// Adds a kind of rule of the program's own. From then on read_partition_rule() reads it, and
/// errors that list rules have its name. Call this before the first run, in every process that
/// takes part: the server reads the rule, and so does a device that cuts its shard itself. Throws
/// bad_input when the name is taken, or is not a lower-case letter with lower-case letters, digits
/// and '_' behind it.
void add_partition_rule(const partition_rule_entry& entry);

}  // namespace verge
