// A model of more than 2 GiB is sent to a device in another process, its update comes back, the
// round is committed, and its checkpoint is read again. Every value is compared, to find indices
// that a 32-bit overflow would mix up.
//
// The test is skipped, with a word that CTest knows, where memory is short, and under the
// sanitizers, which need more of it.

#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <fstream>

#include "bench/peak_memory.hpp"
#include "runtime/node/node_system.hpp"
#include "runtime/resume/checkpoint_file.hpp"
#include "support/child_process.hpp"
#include "support/idle_trainers.hpp"
#include "support/made_updates.hpp"
#include "support/noise_dataset.hpp"
#include "support/temporary_directory.hpp"
#include "system/large_model.hpp"

using namespace verge;
using namespace verge::test;

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool is_sanitized = true;
#else
constexpr bool is_sanitized = false;
#endif

/// At its peak the server has the model, the update and the next model, and the device has the
/// model and the update.
constexpr std::uint64_t most_models = 5;
/// Memory beside them: programs, buffers of the link, and other processes on this host.
constexpr std::uint64_t margin = std::uint64_t{2} << 30;

std::string why_no_memory() {
  if (is_sanitized) return "a sanitizer needs too much memory";
  const auto needed = most_models * large_model::model_bytes() + margin;
  const auto available = bench::bytes_in("/proc/meminfo", "MemAvailable:");
  if (available >= needed) return {};
  return fmt::format("{:.1f} GB of memory are free; it needs {:.1f}", available / 1e9,
                     needed / 1e9);
}

using assertion = boost::test_tools::assertion_result;

assertion skip_because(const std::string& why) {
  assertion no{false};
  no.message() << why;
  return no;
}

/// The condition of the whole suite. Where memory is short, this prints a word that makes CTest
/// skip the program, whatever else it prints.
assertion has_memory(boost::unit_test::test_unit_id) {
  const auto why = why_no_memory();
  if (why.empty()) return true;
  fmt::print("large_model_test skipped: {}\n", why);
  return skip_because(why);
}

assertion has_disk(boost::unit_test::test_unit_id) {
  const auto free = std::filesystem::space(std::filesystem::temp_directory_path()).available;
  if (free >= large_model::model_bytes() + margin) return true;
  return skip_because(fmt::format("{:.1f} GB of disk are free", free / 1e9));
}

void tell_peak(const std::string& what) {
  BOOST_TEST_MESSAGE(
      fmt::format("peak memory of {}: {} MB", what, bench::peak_memory() / 1'000'000));
}

model_state initial_model(const manifest& layout) {
  model_state model{
      {layout.type(), layout.parameter_count()}, {layout.type(), layout.statistic_count()}, 0};
  large_model::fill(model.parameters, large_model::initial_value);
  large_model::fill(model.statistics, [](auto i) { return i < 3 ? 0.0f : 1.0f; });
  return model;
}

/// A run of one round with one device, which is another process.
class large_run {
public:
  large_run() {
    auto plan = federated(2, 0, 1, {});
    server_options for_server;
    for_server.layout = layout_;
    for_server.initial = initial_model(layout_);
    for_server.rule = plan.make_rule();
    for_server.aggregators = 2;
    for_server.upload_budget = 2 * large_model::model_bytes();  // room for two updates
    server_ = spawn_server(system_.actors(), std::move(for_server),
                           spawn_compressor(system_.actors(), layout_));
    const auto test = std::make_shared<noise_dataset>(4, sample_shape{1, 1, 1});
    const auto evaluator =
        spawn_evaluator(system_.actors(), {1, layout_, test}, server_, trainers_);
    coordinator_options for_rounds;
    for_rounds.rounds.devices = 1;
    for_rounds.rounds.rounds = 1;
    for_rounds.rounds.members_return = true;
    for_rounds.rounds.plan = plan.plan;
    for_rounds.manifest_hash = layout_.hash();
    for_rounds.device_failure_is_fatal = false;
    for_rounds.listeners = {caf::actor_cast<round_listener>(self_), gate_};
    coordinator_ = spawn_coordinator(system_.actors(), for_rounds, server_, evaluator, trainers_);
  }
  ~large_run() {
    caf::anon_send_exit(coordinator_, caf::exit_reason::kill);
    caf::anon_send_exit(trainers_, caf::exit_reason::user_shutdown);
    caf::anon_send(gate_, close_gate{});
  }

  /// The port that the device finds it at.
  std::uint16_t open() {
    const auto port = system_.publish(gate_, {"127.0.0.1", 0});
    auto setup = std::make_shared<session_setup>();
    setup->coordinator = coordinator_;
    setup->server = server_;
    setup->terms.run_id = std::string(run_id_bytes, 'r');
    setup->terms.devices = 1;
    caf::anon_send(gate_, open_gate{std::move(setup)});
    return port;
  }

  template <class Result>
  Result next() {
    Result result;
    self_->receive([&](const Result& m) { result = m; },
                   caf::after(std::chrono::minutes{3}) >> [] { BOOST_FAIL("no result"); });
    return result;
  }

private:
  const manifest layout_ = large_model::layout();
  node_system system_{2, std::nullopt, {}};
  caf::scoped_actor self_{system_.actors()};
  gate_keeper_actor gate_ = spawn_gate(system_.actors());
  trainer_pool_actor trainers_ = spawn_idle_trainers(system_.actors(), layout_, 1);
  server_actor server_;
  coordinator_actor coordinator_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(large_model_test, *boost::unit_test::precondition(has_memory))

BOOST_AUTO_TEST_CASE(a_model_of_more_than_2_gib_travels_and_commits) {
  bench::reset_peak_memory();
  large_run run;
  child_process device{{VERGE_LARGE_MODEL_DEVICE, std::to_string(run.open())}};
  const auto round = run.next<round_result>();
  BOOST_TEST(round.used == 1u);
  const auto end = run.next<run_ended>();
  BOOST_TEST(end.failure == "");
  BOOST_TEST(end.model.version.value == 1u);
  // The ledger has every byte of it, and little more.
  for (const auto bytes : {round.bytes_up, round.bytes_down}) {
    BOOST_TEST(bytes > large_model::model_bytes());
    BOOST_TEST(bytes < large_model::model_bytes() * 1.001);
  }
  BOOST_REQUIRE_EQUAL(device.wait(), 0);
  tell_peak("the server");
  BOOST_TEST_MESSAGE(fmt::format("peak memory of the device: {} MB", std::stoi(device.output())));
  BOOST_TEST_MESSAGE(fmt::format("the round: {:.1f} s", round.wall.count()));
  const auto& model = end.model.state;
  BOOST_REQUIRE_EQUAL(model.parameters.size(), 600'000'003u);
  BOOST_TEST(large_model::first_wrong(model.parameters, large_model::committed_value) ==
             model.parameters.size());
  BOOST_TEST(model.statistics.as<float>()[5] == 0.81f);  // of two steps
}

BOOST_AUTO_TEST_CASE(the_checkpoint_of_more_than_2_gib_is_read_as_it_was_written,
                     *boost::unit_test::precondition(has_disk)) {
  bench::reset_peak_memory();
  const auto layout = large_model::layout();
  const temporary_directory directory;
  const auto file = directory / "checkpoint";
  run_checkpoint kept;
  kept.server.version = model_version{1};
  kept.server.model = initial_model(layout);
  kept.rounds.round = round_id{1};
  kept.rounds.members = {4};
  kept.used_in = {round_id{1}};
  write_checkpoint(file, std::string(run_id_bytes, 'r'), layout, kept);
  kept = {};
  const auto read = read_checkpoint(file, std::string(run_id_bytes, 'r'), layout);
  BOOST_TEST(read.server.version.value == 1u);
  const auto& parameters = read.server.model.parameters;
  BOOST_TEST(large_model::first_wrong(parameters, large_model::initial_value) == parameters.size());
  tell_peak("reading a checkpoint");
}

BOOST_AUTO_TEST_SUITE_END()
