#include "runtime/results/partition_table.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "support/labelled_dataset.hpp"
#include "support/message_of.hpp"
#include "support/numbered_dataset.hpp"
#include "support/temporary_directory.hpp"
#include "verge/messages/errors.hpp"

using namespace verge;
using verge::test::labelled_dataset;
using verge::test::message_of;
using verge::test::read_file;
using verge::test::temporary_directory;

namespace {

dataset_ptr shard_of(std::vector<std::uint32_t> labels) {
  return std::make_shared<const labelled_dataset>(std::move(labels), 3);
}

constexpr const char* good =
    R"({"partition":"iid","devices":2,"smallest":1,"median":4,"largest":4,"totals":[3,2],"rows":[[3,1],[0,1]]})";

}  // namespace

BOOST_AUTO_TEST_SUITE(partition_table_test)

BOOST_AUTO_TEST_CASE(labels_are_counted_on_every_device) {
  const auto table = count_labels(
      "labels(2)", {shard_of({0, 2, 2}), shard_of({1}), shard_of({0, 0}), shard_of({2, 2, 2, 0})});
  BOOST_TEST(table.partition == "labels(2)");
  BOOST_TEST(table.devices == 4u);
  BOOST_TEST(table.smallest == 1u);
  BOOST_TEST(table.median == 3u);
  BOOST_TEST(table.largest == 4u);
  BOOST_TEST((table.totals == std::vector<std::uint64_t>{4, 1, 5}));
  BOOST_TEST(table.samples() == 10u);
  BOOST_TEST((table.rows ==
              std::vector<std::vector<std::uint64_t>>{{1, 0, 2}, {0, 1, 0}, {2, 0, 0}, {1, 0, 3}}));
}

BOOST_AUTO_TEST_CASE(of_very_many_devices_the_table_has_the_first_and_the_sums_of_all) {
  std::vector<dataset_ptr> shards(most_rows_of_table + 500, shard_of({1}));
  shards.back() = shard_of({0, 0, 2});
  const auto table = count_labels("iid", shards);
  BOOST_TEST(table.devices == most_rows_of_table + 500);
  BOOST_TEST(table.rows.size() == most_rows_of_table);
  BOOST_TEST((table.totals == std::vector<std::uint64_t>{2, most_rows_of_table + 499, 1}));
  BOOST_TEST(table.largest == 3u);
}

BOOST_AUTO_TEST_CASE(what_is_written_reads_back_as_the_same_table) {
  const temporary_directory directory;
  const auto file = directory.path() / "partition.json";
  const auto table = count_labels("dirichlet(0.5, sizes=equal)", {shard_of({0, 2}), shard_of({1})});
  write_partition_table(file, table);
  BOOST_TEST((read_partition_table(file) == table));
  BOOST_TEST(
      read_file(file) ==
      "{\"partition\":\"dirichlet(0.5, sizes=equal)\",\"devices\":2,\"smallest\":1,\"median\":2,"
      "\"largest\":2,\"totals\":[1,1,1],\"rows\":[[1,0,1],[0,1,0]]}\n");
}

BOOST_AUTO_TEST_CASE(a_file_that_is_none_is_refused_with_the_field_and_what_was_expected) {
  const temporary_directory directory;
  const auto refused = [&](const std::string& old, const std::string& by) {
    std::string text = good;
    const auto at = text.find(old);
    BOOST_REQUIRE(at != std::string::npos);
    const auto file = directory.file("partition.json", text.replace(at, old.size(), by));
    const auto said = message_of<bad_input>([&] { read_partition_table(file); });
    BOOST_TEST(said.starts_with(file.string() + ": "), said);
    return said.substr(file.string().size() + 2);
  };
  BOOST_TEST(read_partition_table(directory.file("partition.json", good)).samples() == 5u);
  BOOST_TEST(refused("}", "") == "is no JSON, or cut off; expected the JSON of a run's partition");
  BOOST_TEST(refused("\"iid\"", "7") == "\"partition\" = 7: expected a text");
  BOOST_TEST(refused("\"devices\":2,", "") == "\"devices\" is missing");
  BOOST_TEST(refused("[3,2]", "[3,-2]") ==
             "\"totals\" = [3,-2]: expected an array of whole numbers");
  BOOST_TEST(refused("[0,1]", "\"no\"") ==
             "\"rows\"[1] = \"no\": expected an array of whole numbers");
  BOOST_TEST(refused("[[3,1],[0,1]]", "2") == "\"rows\": expected an array");
  BOOST_TEST(refused("[0,1]", "[0]") == "\"rows\"[1] has 1 numbers; expected one a label, 2");
  BOOST_TEST(refused(",[0,1]", "") == "1 rows of 2 devices; expected one a device, at most 1000");
  BOOST_TEST(message_of<bad_input>([&] {
               read_partition_table(directory.path() / "none");
             }).find("none: cannot be read: No such file") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
