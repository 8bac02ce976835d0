#include "runtime/results/partition_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "runtime/files/atomic_file.hpp"
#include "runtime/files/json_file.hpp"

namespace verge {

namespace {

using counts = std::vector<std::uint64_t>;

std::uint64_t sum_of(const counts& numbers) {
  return std::accumulate(numbers.begin(), numbers.end(), std::uint64_t{0});
}

counts counts_from(const ordered_json& json, const std::string& where) {
  const bool fits = json.is_array() && std::all_of(json.begin(), json.end(), [](const auto& item) {
                      return item.is_number_unsigned();
                    });
  if (!fits)
    throw bad_input(fmt::format("{} = {}: expected an array of whole numbers", where,
                                json.dump().substr(0, 60)));
  return json.get<counts>();
}

void check(const partition_table& table, const std::string& file) {
  const auto rows = std::min<std::uint64_t>(table.devices, most_rows_of_table);
  if (table.devices == 0 || table.rows.size() != rows)
    throw bad_input(fmt::format("{}: {} rows of {} devices; expected one a device, at most {}",
                                file, table.rows.size(), table.devices, most_rows_of_table));
  for (std::size_t k = 0; k < table.rows.size(); ++k)
    if (table.rows[k].size() != table.totals.size())
      throw bad_input(fmt::format("{}: \"rows\"[{}] has {} numbers; expected one a label, {}", file,
                                  k, table.rows[k].size(), table.totals.size()));
}

}  // namespace

std::uint64_t partition_table::samples() const {
  return sum_of(totals);
}

partition_table count_labels(std::string partition, const std::vector<dataset_ptr>& shards) {
  partition_table table;
  table.partition = std::move(partition);
  table.devices = shards.size();
  table.totals.resize(shards.at(0)->classes());
  counts sizes;
  for (const auto& shard : shards) {
    counts row(table.totals.size());
    for (std::size_t i = 0; i < shard->size(); ++i)
      ++row.at(static_cast<std::size_t>(shard->label(i)));
    for (std::size_t label = 0; label < row.size(); ++label) table.totals[label] += row[label];
    sizes.push_back(shard->size());
    if (table.rows.size() < most_rows_of_table) table.rows.push_back(std::move(row));
  }
  std::sort(sizes.begin(), sizes.end());
  table.smallest = sizes.front();
  table.median = sizes[sizes.size() / 2];
  table.largest = sizes.back();
  return table;
}

void write_partition_table(const std::filesystem::path& file, const partition_table& table) {
  const ordered_json json{{"partition", table.partition},
                          {"devices", table.devices},
                          {"smallest", table.smallest},
                          {"median", table.median},
                          {"largest", table.largest},
                          {"totals", table.totals},
                          {"rows", table.rows}};
  write_file_atomically(file,
                        json.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + '\n');
}

partition_table read_partition_table(const std::filesystem::path& file) {
  const auto json = read_json_file(file, "the JSON of a run's partition");
  const json_fields fields(json, file.string());
  partition_table table;
  fields.get("partition", table.partition);
  fields.get("devices", table.devices);
  fields.get("smallest", table.smallest);
  fields.get("median", table.median);
  fields.get("largest", table.largest);
  table.totals = counts_from(fields.at("totals"), fmt::format("{}: \"totals\"", file.string()));
  const ordered_json& rows = fields.at("rows");
  if (!rows.is_array())
    throw bad_input(fmt::format("{}: \"rows\": expected an array", file.string()));
  for (std::size_t k = 0; k < rows.size(); ++k)
    table.rows.push_back(counts_from(rows[k], fmt::format("{}: \"rows\"[{}]", file.string(), k)));
  check(table, file.string());
  return table;
}

}  // namespace verge
