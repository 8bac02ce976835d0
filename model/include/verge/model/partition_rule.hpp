#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

// How a training set is dealt out to the devices. docs/partitions.md has the formulas and their
// sources.

namespace verge {

/// "iid": a seeded shuffle is cut into equal shards.
struct iid_partition {
  friend bool operator==(const iid_partition&, const iid_partition&) = default;
};

/// "dirichlet(alpha)": each label is split over the devices by shares ~ Dir(alpha), so shards
/// differ in size too (Yurochkin et al. 2019). "dirichlet(alpha, sizes=equal)": each device draws
/// its mixture of labels ~ Dir(alpha x the labels' shares of the data) and fills an equal shard
/// from it (Hsu et al. 2019).
struct dirichlet_partition {
  double alpha = 1.0;
  bool equal_sizes = false;

  friend bool operator==(const dirichlet_partition&, const dirichlet_partition&) = default;
};

/// "shards(per_device)": the samples are sorted by label and cut into devices x per_device pieces,
/// which are dealt out at random (McMahan et al. 2017).
struct shards_partition {
  std::uint32_t per_device = 2;

  friend bool operator==(const shards_partition&, const shards_partition&) = default;
};

/// "labels(per_device)": each device has `per_device` labels, and the devices that have a label
/// share its samples evenly (Li et al. 2022, #C = c).
struct labels_partition {
  std::uint32_t per_device = 2;

  friend bool operator==(const labels_partition&, const labels_partition&) = default;
};

/// "quantity(beta)": IID samples, with shard sizes ~ Dir(beta) (Li et al. 2022).
struct quantity_partition {
  double beta = 1.0;

  friend bool operator==(const quantity_partition&, const quantity_partition&) = default;
};

using partition_rule = std::variant<iid_partition, dirichlet_partition, shards_partition,
                                    labels_partition, quantity_partition>;

/// Reads a rule as experiment files write it. Throws bad_input that says what is wrong, and at
/// which character.
partition_rule read_partition_rule(std::string_view text);

/// Writes a rule as read_partition_rule() reads it.
std::string to_text(const partition_rule& rule);

}  // namespace verge
