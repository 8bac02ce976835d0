// [links] of an experiment file, traces, and the links that are modelled from them.

#include <boost/test/unit_test.hpp>
#include <string>

#include "runtime/experiment/link_trace.hpp"
#include "runtime/experiment_files.hpp"
#include "runtime/plan/link_model.hpp"

using namespace verge;
using namespace verge::test;

namespace {

/// The refusal of a trace with this content, with "t.csv" instead of the file's path.
std::string problem_of_trace(const std::string& content) {
  const temporary_directory directory;
  const auto file = directory.file("t.csv", content);
  try {
    read_link_trace(file);
  } catch (const bad_input& e) {
    std::string text = e.what();
    for (std::size_t at; (at = text.find(file.string())) != std::string::npos;)
      text.replace(at, file.string().size(), "t.csv");
    return text;
  }
  return {};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(links_test)

BOOST_AUTO_TEST_CASE(without_the_section_no_links_are_modelled) {
  const auto e = read_text(short_experiment);
  BOOST_TEST(!e.links.has_value());
  BOOST_TEST(links_of(e, e.arms[1]) == nullptr);
}

BOOST_AUTO_TEST_CASE(every_key_of_links_reaches_its_field) {
  const auto e = read_text(
      short_experiment, {"links.down=10", "links.up=5.5", "links.latency=0.02", "links.compute=3",
                         "links.dropout=0.1", "links.rate_spread=0.5", "links.compute_spread=0.25",
                         "links.server_out=1000", "links.server_in=500", "links.server_compute=0.5",
                         "links.sample_seconds=0.001"});
  link_options expected;
  expected.down = 10;
  expected.up = 5.5;
  expected.latency = 0.02;
  expected.compute = 3;
  expected.dropout = 0.1;
  expected.rate_spread = 0.5;
  expected.compute_spread = 0.25;
  expected.server_out = 1000;
  expected.server_in = 500;
  expected.server_compute = 0.5;
  expected.sample_seconds = 0.001;
  BOOST_CHECK(e.links == expected);
}

BOOST_AUTO_TEST_CASE(a_known_link_brings_its_rates_and_a_key_of_its_own_changes_them) {
  auto links = *read_text(short_experiment, {"links.profile=global-fixed"}).links;
  BOOST_TEST(links.down == 40.11);
  BOOST_TEST(links.up == 19.96);
  links = *read_text(short_experiment, {"links.profile=us-mobile", "links.up=1"}).links;
  BOOST_TEST(links.down == 27.33);
  BOOST_TEST(links.up == 1.0);
}

BOOST_AUTO_TEST_CASE(what_to_toml_writes_of_links_reads_back) {
  const data_directory directory;
  directory.file("rows.csv", "");
  for (const lines& overrides :
       {lines{"links.profile=us-fixed", "links.latency=0.015625", "links.dropout=0.3",
              "links.rate_spread=1", "links.compute_spread=0.1", "links.compute=7"},
        lines{"links.trace=" + (directory.path() / "rows.csv").string(), "links.server_in=3",
              "links.server_out=4", "links.server_compute=2", "links.sample_seconds=1e-4"}}) {
    auto all = overrides;
    all.push_back("data.path=" + directory.path().string());
    const auto e = read_experiment(directory.file("q.toml", short_experiment), all);
    BOOST_CHECK(read_experiment(directory.file("run.toml", to_toml(e))) == e);
  }
}

BOOST_AUTO_TEST_CASE(bad_links_are_refused_with_the_key_and_what_was_expected) {
  check_equal(problems_of(short_experiment, {"links.down=-1"}),
              {"--set: links.down = -1: expected a number of 0 or more"});
  check_equal(problems_of(short_experiment, {"links.up=1e-9"}),
              {"--set: links.up = 1e-09: expected Mbit/s from 0.001 to 1e9, or 0 for no limit"});
  check_equal(problems_of(short_experiment, {"links.rate_spread=400"}),
              {"--set: links.rate_spread = 400: expected a number from 0 to 5"});
  check_equal(problems_of(short_experiment, {"links.sample_seconds=1e300"}),
              {"--set: links.sample_seconds = 1e+300: expected seconds from 0 to 86400"});
  check_equal(problems_of(short_experiment, {"links.dropout=1"}),
              {"--set: links.dropout = 1: expected a number from 0 to below 1"});
  check_equal(problems_of(short_experiment, {"links.profile=moon"}),
              {"--set: links.profile = \"moon\": expected \"global-fixed\", \"global-mobile\", "
               "\"us-fixed\", \"us-mobile\" or \"gigabit\""});
  check_equal(problems_of(short_experiment, {"links.dwon=1"}),
              {"--set: links.dwon: unknown key, did you mean down?"});
  check_equal(problems_of(short_experiment, {"links.trace=/none.csv", "links.up=1"}),
              {"--set: links.up = 1: expected no such key beside links.trace, which says it for "
               "each device",
               "--set: links.trace = \"/none.csv\": expected a CSV file, there is no /none.csv"});
  check_equal(problems_of(short_experiment, {"links.trace=/usr"}),
              {"--set: links.trace = \"/usr\": expected a CSV file, /usr is a directory"});
  check_equal(
      problems_of(short_experiment, {"links.trace=/dev/null"}),
      {"--set: links.trace = \"/dev/null\": expected a CSV file, /dev/null is no regular file"});
}

BOOST_AUTO_TEST_CASE(a_trace_gives_a_device_a_row) {
  const temporary_directory directory;
  const auto profiles = read_link_trace(directory.file("t.csv",
                                                       "place,up,down,latency,dropout,compute\n"
                                                       "Bonn, 5,20.5, 0.01,0,1\n"
                                                       "Riga,0,0,0,0.25,4e0\n"));
  BOOST_REQUIRE_EQUAL(profiles.size(), 2u);
  BOOST_CHECK((profiles[0] == link_profile{20.5e6, 5e6, virtual_seconds{0.01}, 1.0, 0.0}));
  BOOST_CHECK(
      (profiles[1] == link_profile{no_rate_limit, no_rate_limit, virtual_seconds{0.0}, 4.0, 0.25}));
}

BOOST_AUTO_TEST_CASE(empty_lines_of_a_trace_are_no_devices) {
  const temporary_directory directory;
  const std::string head = "down,up,latency,compute,dropout\n";
  for (const std::string end : {"", "\n", "\n\n\n", "\r\n\r\n", "\n  \n\t\n"})
    BOOST_TEST(
        read_link_trace(directory.file("t.csv", head + "1,1,0,1,0\n\n2,1,0,1,0" + end)).size() ==
        2u);
  // Lines are counted as an editor counts them.
  BOOST_TEST(problem_of_trace(head + "1,1,0,1,0\n\n1,x,0,1,0\n").starts_with("t.csv:4: up = x"));
}

BOOST_AUTO_TEST_CASE(a_directory_is_no_trace) {
  const temporary_directory directory;
  BOOST_CHECK_EXCEPTION(read_link_trace(directory.path()), bad_input, [&](const bad_input& e) {
    return e.what() == directory.path().string() + ": is a directory, expected a CSV file";
  });
}

BOOST_AUTO_TEST_CASE(a_bad_trace_is_told_with_its_line) {
  const std::string head = "down,up,latency,compute,dropout\n";
  BOOST_TEST(problem_of_trace(head + "1,1,0,1,0\n1,x,0,1,0\n") ==
             "t.csv:3: up = x: expected Mbit/s from 0.001 to 1e9, or 0 for no limit");
  BOOST_TEST(problem_of_trace(head + "1,1,0,0,0\n") ==
             "t.csv:2: compute = 0: expected a number from 0.000001 to 1000000");
  BOOST_TEST(problem_of_trace(head + "1,1,0,1,1\n") ==
             "t.csv:2: dropout = 1: expected a number from 0 to below 1");
  BOOST_TEST(problem_of_trace(head + "1,1,-1,1,0\n") ==
             "t.csv:2: latency = -1: expected seconds from 0 to 86400");
  BOOST_TEST(problem_of_trace(head + "nan,1,0,1,0\n") ==
             "t.csv:2: down = nan: expected Mbit/s from 0.001 to 1e9, or 0 for no limit");
  BOOST_TEST(problem_of_trace(head) == "t.csv: expected a row for each device, there is none");
  for (const std::string text : {"", "down,up\n1,1\n"}) {
    BOOST_TEST_MESSAGE(problem_of_trace(text));
    BOOST_TEST(problem_of_trace(text).substr(0, 7) == "t.csv: ");
  }
  BOOST_TEST_MESSAGE(problem_of_trace(head + "1,1,0\n"));
  BOOST_TEST(problem_of_trace(head + "1,1,0\n").substr(0, 7) == "t.csv: ");
}

BOOST_AUTO_TEST_CASE(the_links_of_an_arm_are_those_of_its_devices) {
  const auto e = read_text(short_experiment,
                           {"links.profile=gigabit", "links.latency=0.001", "links.compute=5",
                            "links.server_compute=0.5", "links.server_in=2000"});
  const auto devices = links_of(e, e.arms[1]);
  BOOST_CHECK((devices->devices.of(device_id{3}) ==
               link_profile{1e9, 1e9, virtual_seconds{0.001}, 5.0, 0.0}));
  BOOST_TEST(devices->server.in == 2e9);
  BOOST_TEST(devices->server.out == no_rate_limit);
  BOOST_TEST(!devices->per_sample.has_value());
  // The centralized arm has the server's processor and no link.
  const auto central = links_of(e, e.arms[0]);
  BOOST_CHECK((central->devices.of(device_id{0}) ==
               link_profile{no_rate_limit, no_rate_limit, virtual_seconds{0.0}, 0.5, 0.0}));
}

BOOST_AUTO_TEST_CASE(over_selection_is_refused_where_links_are_modelled) {
  const auto e =
      read_text(short_experiment, {"links.up=1", "arm.fed.cohort=4", "arm.fed.over_selection=1.5"});
  BOOST_CHECK_EXCEPTION(links_of(e, e.arms[2]), bad_input, [](const bad_input& error) {
    return std::string{error.what()}.find("arm.fed.over_selection = 1.5: expected 1") == 0;
  });
}

BOOST_AUTO_TEST_CASE(an_arm_that_waits_for_all_cannot_have_devices_that_drop_out) {
  const auto e = read_text(short_experiment, {"links.dropout=0.1", "arm.fed.quorum=0.5"});
  BOOST_CHECK_EXCEPTION(links_of(e, e.arms[1]), bad_input, [](const bad_input& error) {
    return error.what() ==
           std::string{
               "arm.large.batch.quorum = 1: expected less in an experiment whose links let "
               "devices drop out"};
  });
  BOOST_TEST(links_of(e, e.arms[2]) != nullptr);
  BOOST_TEST(links_of(e, e.arms[0]) != nullptr);
}

BOOST_AUTO_TEST_SUITE_END()
