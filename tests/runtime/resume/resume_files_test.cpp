// The files that a server or a device leaves for the next process of its kind.

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "runtime/resume/checkpoint_file.hpp"
#include "runtime/resume/device_book.hpp"
#include "runtime/resume/device_memory_file.hpp"
#include "runtime/resume/residual_file.hpp"
#include "runtime/resume/state_file.hpp"
#include "runtime/resume/unfinished_run.hpp"
#include "support/noise.hpp"
#include "support/temporary_directory.hpp"
#include "support/two_matrix_layout.hpp"
#include "verge/messages/errors.hpp"
#include "verge/runtime/ledger.hpp"

namespace {

using namespace verge;
using namespace verge::test;

auto saying(const std::string& text) {
  return [text](const bad_input& e) {
    BOOST_TEST_MESSAGE(e.what());
    return std::string(e.what()).find(text) != std::string::npos;
  };
}

flat_buffer made_values(std::size_t count, std::uint32_t seed) {
  flat_buffer values{scalar::float32, count};
  fill(values, [&](std::size_t i) { return noise(seed, 0, 0, i); });
  return values;
}

bool same_values(const flat_buffer& a, const flat_buffer& b) {
  return a.size() == b.size() && a.type() == b.type() &&
         std::equal(a.data(), a.data() + a.size_bytes(), b.data());
}

residual_state made_residual(std::size_t size, bool is_prepared) {
  residual_state state;
  state.owed = made_values(size, 1);
  state.velocity = made_values(size, 2);
  state.memory = {1.5f, -2.5f};
  if (!is_prepared) return state;
  auto& prepared = state.prepared.emplace();
  prepared.round = round_id{7};
  const auto bytes = std::make_shared<std::vector<std::byte>>(13, std::byte{5});
  prepared.encoded = shared_bytes{bytes, *bytes};
  prepared.statistic_bytes = 24;
  prepared.before = made_values(size, 3);
  prepared.places = {3, 99, 4000000000};
  prepared.velocities = {0.25f};
  return state;
}

void check_same(const residual_state& a, const residual_state& b) {
  BOOST_TEST(same_values(a.owed, b.owed));
  BOOST_TEST(same_values(a.velocity, b.velocity));
  BOOST_TEST((a.memory == b.memory));
  BOOST_REQUIRE(a.prepared.has_value() == b.prepared.has_value());
  if (!a.prepared) return;
  BOOST_TEST(a.prepared->round.value == b.prepared->round.value);
  BOOST_TEST(std::equal(a.prepared->encoded.bytes().begin(), a.prepared->encoded.bytes().end(),
                        b.prepared->encoded.bytes().begin(), b.prepared->encoded.bytes().end()));
  BOOST_TEST(a.prepared->statistic_bytes == b.prepared->statistic_bytes);
  BOOST_TEST(same_values(a.prepared->before, b.prepared->before));
  BOOST_TEST((a.prepared->places == b.prepared->places));
  BOOST_TEST((a.prepared->velocities == b.prepared->velocities));
}

const std::string run_id(16, '\x8f');

run_checkpoint made_checkpoint(const manifest& layout) {
  run_checkpoint state;
  state.server.version = model_version{6};
  state.server.model = {made_values(layout.parameter_count(), 4),
                        made_values(layout.statistic_count(), 5), 42};
  state.server.rule = {made_values(layout.parameter_count(), 6)};
  state.server.owed_down = made_residual(layout.parameter_count(), false);
  state.rounds = {round_id{7}, 1.0 / 3.0, 1, {600, 0, 599}, {600, 77, 599}};
  state.used_in = {round_id{7}, round_id{0}, round_id{5}};
  state.line.round = round_id{7};
  state.line.version = model_version{6};
  state.line.epoch = 1.0 / 3.0;
  state.line.cohort = 2;
  state.line.used = 1;
  state.line.lost = 1;
  state.line.bytes_up = 123456789012345;
  state.line.train_loss = 0.1;
  state.line.evaluated = true;
  state.line.missed = missed_quorum{20, 11, 1, 12};
  state.line.wall = std::chrono::duration<double>{12.25};
  return state;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(resume_files)

BOOST_AUTO_TEST_CASE(a_checkpoint_is_read_as_it_was_written) {
  const temporary_directory directory;
  const auto file = directory.path() / "checkpoint";
  const auto layout = two_matrix_layout();
  const auto written = made_checkpoint(layout);
  write_checkpoint(file, run_id, layout, written);
  const auto read = read_checkpoint(file, run_id, layout);
  BOOST_TEST(read.server.version.value == 6u);
  BOOST_TEST(same_values(read.server.model.parameters, written.server.model.parameters));
  BOOST_TEST(same_values(read.server.model.statistics, written.server.model.statistics));
  BOOST_TEST(read.server.model.batches_tracked == 42);
  BOOST_REQUIRE(read.server.rule.size() == 1u);
  BOOST_TEST(same_values(read.server.rule[0], written.server.rule[0]));
  check_same(read.server.owed_down, written.server.owed_down);
  BOOST_TEST(read.rounds.round.value == 7u);
  BOOST_TEST(read.rounds.epoch == 1.0 / 3.0);
  BOOST_TEST(read.rounds.abandoned == 1u);
  BOOST_TEST((read.rounds.members == std::vector<std::uint64_t>{600, 0, 599}));
  BOOST_TEST((read.rounds.ever_members == std::vector<std::uint64_t>{600, 77, 599}));
  BOOST_TEST((read.used_in == written.used_in));
  BOOST_TEST(read.line.version.value == 6u);
  BOOST_TEST(read.line.bytes_up == 123456789012345u);
  BOOST_TEST(read.line.epoch == 1.0 / 3.0);
  BOOST_TEST(read.line.evaluated);
  BOOST_TEST((read.line.missed == missed_quorum{20, 11, 1, 12}));
  BOOST_TEST(read.line.wall.count() == 12.25);
  // Only the owner may read the file, because it holds a model.
  struct stat about {};
  BOOST_REQUIRE(::stat(file.c_str(), &about) == 0);
  BOOST_TEST((about.st_mode & 077) == 0u);
}

BOOST_AUTO_TEST_CASE(a_checkpoint_of_another_run_or_model_is_refused) {
  const temporary_directory directory;
  const auto file = directory.path() / "checkpoint";
  write_checkpoint(file, run_id, two_matrix_layout(), made_checkpoint(two_matrix_layout()));
  BOOST_CHECK_EXCEPTION(read_checkpoint(file, std::string(16, 'x'), two_matrix_layout()), bad_input,
                        saying("is of run 8f8f8f"));
  manifest other{scalar::float32};
  other.add("weight", {3}, tensor_role::parameter);
  BOOST_CHECK_EXCEPTION(read_checkpoint(file, run_id, other), bad_input,
                        saying("is of another model"));
}

BOOST_AUTO_TEST_CASE(a_file_that_is_cut_or_changed_anywhere_is_refused) {
  const temporary_directory directory;
  const auto file = directory.path() / "state";
  state_file state;
  state.fields = {{"round", 7}};
  state.add(made_values(5, 1));
  state.add(std::vector<std::uint32_t>{1, 2, 3});
  state.add(flat_buffer{});
  state.write(file, "made 1");
  const auto whole = read_file(file);
  BOOST_TEST(state_file::read(file, "made 1").fields["round"] == 7);
  BOOST_CHECK_EXCEPTION(state_file::read(file, "made 2"), bad_input,
                        saying("is a made 1; expected a made 2"));
  BOOST_CHECK_EXCEPTION(state_file::read(directory.path() / "none", "made 1"), bad_input,
                        saying("cannot be read: No such file"));
  for (std::size_t i = 0; i < whole.size(); ++i) {
    directory.file("state", whole.substr(0, i));
    BOOST_CHECK_THROW(state_file::read(file, "made 1"), bad_input);
    auto changed = whole;
    changed[i] = static_cast<char>(changed[i] ^ 0x10);
    directory.file("state", changed);
    BOOST_CHECK_THROW(state_file::read(file, "made 1"), bad_input);
  }
  directory.file("state", whole + "x");
  BOOST_CHECK_THROW(state_file::read(file, "made 1"), bad_input);
}

BOOST_AUTO_TEST_CASE(a_line_alone_is_no_state) {
  const temporary_directory directory;
  const auto file =
      directory.file("state", R"({"format":"made 1","bytes":[18446744073709551615]})");
  BOOST_CHECK_EXCEPTION(state_file::read(file, "made 1"), bad_input, saying("is damaged"));
}

BOOST_AUTO_TEST_CASE(more_is_not_taken_from_a_file_than_it_has) {
  const temporary_directory directory;
  const auto file = directory.path() / "state";
  state_file state;
  state.add(std::vector<char>{'a', 'b', 'c'});
  state.write(file, "made 1");
  auto read = state_file::read(file, "made 1");
  BOOST_CHECK_THROW(read.take_buffer(scalar::float32), bad_input);  // no number of floats
  BOOST_CHECK_THROW(read.take_bytes(), bad_input);
}

BOOST_AUTO_TEST_CASE(a_residual_is_kept_by_run_and_device) {
  const temporary_directory directory;
  const auto folder = directory.path() / "state";
  const auto layout = two_matrix_layout();
  const device_id three{3};
  const auto file_of = [&](const std::string& run, const std::string& name,
                           const std::string& codec = "topk(0.1)") {
    return residual_file{device_file{residual_file::kind, folder, run, name, layout}, codec};
  };
  auto file = file_of(run_id, "till-3");
  BOOST_TEST(!file.load(three));
  for (const bool is_prepared : {true, false}) {
    const auto state = made_residual(layout.parameter_count(), is_prepared);
    file.save(three, state);
    check_same(file.load(three).value(), state);
  }
  BOOST_TEST(!file_of(run_id, "till-2").load(three));
  BOOST_TEST(!file_of(std::string(16, 'x'), "till-3").load(three));
  BOOST_CHECK_EXCEPTION(file_of(run_id, "till-3", "topk(0.2)").load(three), bad_input,
                        saying("\"codec\" is topk(0.1); the run has topk(0.2)"));
  BOOST_CHECK_EXCEPTION(file.load(device_id{2}), bad_input,
                        saying("\"device\" is 3; the run has 2"));
  device_file::remove(residual_file::kind, folder, run_id, "till-3");
  BOOST_TEST(!file.load(three));
  BOOST_TEST(std::filesystem::is_empty(folder));
  BOOST_CHECK_EXCEPTION(device_file(residual_file::kind, "/proc/nowhere", run_id, "a", layout),
                        bad_input, saying("--state /proc/nowhere: cannot be made"));
}

BOOST_AUTO_TEST_CASE(a_devices_memory_is_read_as_it_was_saved) {
  const temporary_directory directory;
  const auto layout = two_matrix_layout();
  const device_id three{3};
  device_memory_file file{
      device_file{device_memory_file::kind, directory.path(), run_id, "till-3", layout},
      scalar::float32};
  BOOST_TEST(!file.load(three));
  const auto numbers = [](float first) {
    flat_buffer values{scalar::float32, 5};
    for (auto& value : values.as<float>()) value = first++;
    return values;
  };
  const auto same = [](const flat_buffer& a, const flat_buffer& b) {
    const auto x = a.as<float>(), y = b.as<float>();
    return std::equal(x.begin(), x.end(), y.begin(), y.end());
  };
  // A control variate is 0, and has no values, until the first update is used.
  for (const bool is_first : {true, false}) {
    const unsettled_state saved{
        {{}, is_first ? flat_buffer{} : numbers(1)}, round_id{7}, {numbers(2), numbers(3)}};
    file.save(three, saved);
    const auto read = file.load(three).value();
    BOOST_TEST((read.round == saved.round));
    BOOST_TEST(same(read.own.control, saved.own.control));
    BOOST_TEST(read.own.statistics.empty());
    BOOST_TEST(same(read.next.control, saved.next.control));
    BOOST_TEST(same(read.next.statistics, saved.next.statistics));
  }
  BOOST_CHECK_EXCEPTION(file.load(device_id{2}), bad_input,
                        saying("\"device\" is 3; the run has 2"));
}

BOOST_AUTO_TEST_CASE(a_ledger_is_cut_before_the_round_that_is_told_again) {
  const temporary_directory directory;
  const auto file = directory.path() / "ledger.jsonl";
  {
    ledger_writer ledger{file};
    for (std::uint32_t i = 1; i <= 4; ++i) {
      round_result line;
      line.round = round_id{i};
      ledger.add("a", 1, "none", line, false);
    }
  }
  const auto whole = read_file(file);
  directory.file("ledger.jsonl", whole + R"({"arm": "a", "rou)");
  cut_ledger(file, "a", round_id{4});
  BOOST_TEST(read_ledger(file).size() == 3u);
  BOOST_TEST(read_file(file) == whole.substr(0, read_file(file).size()));
  BOOST_CHECK_EXCEPTION(cut_ledger(file, "a", round_id{5}), bad_input,
                        saying("lacks round 4 of arm a; expected all rounds before 5"));
  BOOST_TEST(read_ledger(file).size() == 3u);  // and is as it was
  cut_ledger(file, "b", round_id{1});          // which has no lines
  BOOST_TEST(read_ledger(file).size() == 3u);
  cut_ledger(file, "a", round_id{1});
  BOOST_TEST(read_file(file) == "");
  cut_ledger(directory.path() / "none.jsonl", "a", round_id{1});
  BOOST_CHECK_THROW(cut_ledger(directory.path() / "none2.jsonl", "a", round_id{2}), bad_input);
}

BOOST_AUTO_TEST_CASE(a_book_of_devices_is_read_as_it_was_written) {
  const temporary_directory directory;
  const auto file = directory.path() / "devices.json";
  write_device_book(file, {run_id, {"till-1", "", "\xc3\xa9"}});
  const auto book = read_device_book(file);
  BOOST_TEST(book.run_id == run_id);
  BOOST_TEST((book.names == std::vector<std::string>{"till-1", "", "\xc3\xa9"}));
  const auto refused = [&](const std::string& text, const std::string& why) {
    directory.file("devices.json", text);
    BOOST_CHECK_EXCEPTION(read_device_book(file), bad_input, saying(why));
  };
  refused("", "expected the device book of a run");
  refused(R"({"run_id": "8f", "devices": []})", "\"run_id\": expected 32 hexadecimal digits");
  refused(R"({"run_id": "zz8f8f8f8f8f8f8f8f8f8f8f8f8f8f8f", "devices": []})", "hexadecimal");
  refused(R"({"run_id": "8f8f8f8f8f8f8f8f8f8f8f8f8f8f8f8f", "devices": [1]})", "expected names");
}

BOOST_AUTO_TEST_CASE(a_folder_is_one_process_s_at_a_time) {
  const temporary_directory directory;
  std::optional<directory_lock> first{directory.path()};
  BOOST_CHECK_EXCEPTION(directory_lock{directory.path()}, bad_input,
                        saying("another process of verge is at work there"));
  auto moved = std::make_optional<directory_lock>(std::move(*first));
  first.reset();
  BOOST_CHECK_THROW(directory_lock{directory.path()}, bad_input);
  moved.reset();
  directory_lock again{directory.path()};
  BOOST_CHECK_THROW(directory_lock{directory.path() / "none"}, bad_input);
}

BOOST_AUTO_TEST_SUITE_END()
