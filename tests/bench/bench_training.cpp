// Measures rounds with training, with Verge and with a bare LibTorch loop that does the same
// passes, in turn in one process. The difference is the price of actors, messages and an order-free
// sum.
//
//   bench_training                       CIFAR small_cnn, 1,000 devices of 50, cohort 50, batch 10
//   bench_training --network resnet18    ResNet18, Large Batch of 96 devices with 32 pictures each
//
// The pictures are noise unless --data names a directory with CIFAR-10. The time does not depend on
// it.

#include <fmt/format.h>
#include <cstdio>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <vector>

#include "bench/bare_loop.hpp"
#include "bench/peak_memory.hpp"
#include "support/trained.hpp"
#include "verge/model/process_tuning.hpp"

using namespace verge;
using namespace verge::bench;

namespace {

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

run_plan plan_of(const workload& work, const std::vector<dataset_ptr>& shards,
                 std::uint32_t rounds) {
  network_options options;
  options.name = work.network;
  options.norm = work.norm == "batch" ? norm_kind::batch : norm_kind::group;
  options.input = shards[0]->shape();
  learning_rate_schedule schedule;
  schedule.base = work.learning_rate;
  auto how = work.federated ? federated(work.batch_size, 0, 1, schedule)
                            : large_batch(work.batch_size, schedule);
  run_plan plan{1, network::build(options), std::move(how), devices_of(1, shards),
                first_samples(shards[0], 1)};
  plan.rounds = rounds;
  plan.cohort = work.cohort;
  plan.equal_weights = true;
  plan.evaluate_every = 0;
  plan.threads = work.threads;
  return plan;
}

}  // namespace

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);  // each line at once, also into a file
  tune_process_for_training();
  workload work{"small_cnn", "batch"};
  std::string data;
  std::uint32_t rounds = 4;
  std::uint32_t repetitions = 5;
  bool only_verge = false;
  CLI::App app{"Seconds a round of Verge against a bare LibTorch loop"};
  app.add_option("--network", work.network, "small_cnn or resnet18");
  app.add_option("--norm", work.norm, "resnet18's: batch or group");
  app.add_option("--device", work.torch_device, "Where both compute: cpu, cuda or cuda:N");
  app.add_option("--threads", work.threads, "Trainers, and threads of the bare loop");
  app.add_option("--rounds", rounds, "Rounds timed together");
  app.add_option("--repetitions", repetitions, "How often each side is timed, in turn");
  app.add_option("--data", data, "Directory with CIFAR-10");
  app.add_flag("--only-verge", only_verge,
               "Leave out the bare loop, to see Verge's own peak memory");
  CLI11_PARSE(app, argc, argv);

  const bool resnet = work.network == "resnet18";
  if (resnet) {
    work.devices = work.cohort = 96;
    work.batch_size = 32;
    work.steps = 1;
    work.federated = false;
  }
  const sample_shape shape{3, 32, 32};
  const std::size_t per_device = resnet ? 64 : 50;
  const auto whole =
      data.empty()
          ? test::noise_pictures(shape, 10, work.devices * per_device)
          : first_samples(read_cifar10_split(data, published_standardisation("cifar10")).train,
                          work.devices * per_device);
  const auto shards = test::iid_shards(whole, work.devices);

  caf::actor_system_config config;
  configure_scheduler(config, work.threads);
  caf::actor_system system{config};
  const auto plan = plan_of(work, shards, rounds);
  const auto pool = spawn_trainer_pool(system, plan.model, {work.threads, 0, work.torch_device});
  const auto time_verge = [&] {
    double seconds = 0.0;
    run_callbacks callbacks;
    callbacks.on_round = [&](const round_result& m) { seconds = m.wall.count() / m.round.value; };
    run_to_end(system, plan, pool, callbacks);
    return seconds;
  };

  reset_peak_memory();
  time_verge();  // warm-up
  fmt::print("{}: {} devices, cohort {}, batch {}, {} step(s) a device, {} threads, on {}\n",
             work.network, work.devices, work.cohort, work.batch_size, work.steps, work.threads,
             work.torch_device);
  fmt::print("peak memory of the process with Verge's rounds alone: {:.0f} MB\n",
             peak_memory() / 1e6);
  std::vector<double> ours, bare, ratios;
  if (!only_verge) {
    bare_loop other{work, shards};
    other.round();
    for (std::uint32_t i = 0; i < repetitions; ++i) {
      ours.push_back(time_verge());
      double seconds = 0.0;
      for (std::uint32_t r = 0; r < rounds; ++r) seconds += other.round();
      bare.push_back(seconds / rounds);
      ratios.push_back(ours.back() / bare.back());
    }
    fmt::print("seconds a round: Verge {:.3f}, bare loop {:.3f} (medians of {} x {} rounds)\n",
               median(ours), median(bare), repetitions, rounds);
    fmt::print("ratio Verge / bare loop: median {:.3f}, from {:.3f} to {:.3f}\n", median(ratios),
               *std::min_element(ratios.begin(), ratios.end()),
               *std::max_element(ratios.begin(), ratios.end()));
  }
  caf::anon_send_exit(pool, caf::exit_reason::user_shutdown);
}
