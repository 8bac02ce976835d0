#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "verge/model/dataset.hpp"

namespace verge {

inline constexpr const char* partition_table_name = "partition.json";

/// Rows of a table; of more devices it has the first.
inline constexpr std::size_t most_rows_of_table = 1000;

/// Who holds what: samples of each label on each device.
struct partition_table {
  /// As the experiment writes it.
  std::string partition;
  std::uint64_t devices = 0;
  /// Sizes of all shards; the median of an even number is the larger of the two in the middle.
  std::uint64_t smallest = 0;
  std::uint64_t median = 0;
  std::uint64_t largest = 0;
  /// Of all devices, by label.
  std::vector<std::uint64_t> totals;
  /// rows[k][l]: samples of label l on device k.
  std::vector<std::vector<std::uint64_t>> rows;

  std::uint64_t samples() const;

  friend bool operator==(const partition_table&, const partition_table&) = default;
};

/// Counts the labels of `shards`, at least one.
partition_table count_labels(std::string partition, const std::vector<dataset_ptr>& shards);

/// Atomic. Throws run_failure.
void write_partition_table(const std::filesystem::path& file, const partition_table& table);

/// Throws bad_input that names the file and the field.
partition_table read_partition_table(const std::filesystem::path& file);

}  // namespace verge
