#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "verge/model/dataset.hpp"

namespace verge {

inline constexpr const char* partition_table_name = "partition.json";

/// Maximum number of rows in a table. With more devices it has the rows of the first ones.
inline constexpr std::size_t most_rows_of_table = 1000;

/// Number of samples of each label on each device.
struct partition_table {
  /// The partition rule as the experiment writes it.
  std::string partition;
  std::uint64_t devices = 0;
  /// Sizes of all shards. For an even number of shards the median is the larger of the two in the
  /// middle.
  std::uint64_t smallest = 0;
  std::uint64_t median = 0;
  std::uint64_t largest = 0;
  /// Samples of all devices together, by label.
  std::vector<std::uint64_t> totals;
  /// rows[k][l]: samples of label l on device k.
  std::vector<std::vector<std::uint64_t>> rows;

  std::uint64_t samples() const;

  friend bool operator==(const partition_table&, const partition_table&) = default;
};

/// Counts the labels of `shards`, of which there must be at least one.
partition_table count_labels(std::string partition, const std::vector<dataset_ptr>& shards);

/// Writes the file atomically. Throws run_failure.
void write_partition_table(const std::filesystem::path& file, const partition_table& table);

/// Throws bad_input naming the file and the field.
partition_table read_partition_table(const std::filesystem::path& file);

}  // namespace verge
