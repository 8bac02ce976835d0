// Measures a round without training: coordinator, server, devices and their messages, with trainers
// that answer at once. Prints seconds per round and peak memory, by the number of devices.
//
//   bench_round                             ResNet18 (11,173,962 floats), 1, 8, 32 and 96 devices
//   bench_round --network logistic --devices 8,64,1000
//   bench_round --network logistic --devices 1000000 --cohort 1000
//   bench_round --codec-up 'topk(0.01)' --codec-down 'stc(0.01)' --devices 8
//   bench_round --codec-up none fp16 int8 'topk(0.01)' --devices 8     each against the first

#include <fmt/format.h>
#include <cstdio>

#include <CLI/CLI.hpp>
#include <cstring>
#include <optional>
#include <vector>

#include "actors/link/compressor.hpp"
#include "bench/codec_text.hpp"
#include "bench/network_choice.hpp"
#include "bench/peak_memory.hpp"
#include "support/idle_trainers.hpp"
#include "support/trained.hpp"
#include "verge/model/process_tuning.hpp"

using namespace verge;
using namespace verge::bench;

namespace {

struct measured {
  double seconds_a_round = 0.0;
  double join_seconds = 0.0;
  std::uint64_t peak = 0;
};

measured time_rounds(const network& model, const link_codecs& codecs, std::uint32_t devices,
                     std::uint32_t cohort, std::uint32_t rounds, std::uint32_t threads) {
  caf::actor_system_config config;
  configure_scheduler(config, threads);
  caf::actor_system system{config};
  const auto pool = test::spawn_idle_trainers(system, model.layout(), threads);
  const auto samples = test::noise_pictures(model.options().input, 2, 4);
  std::vector<dataset_ptr> shards(devices, samples);
  learning_rate_schedule schedule;
  schedule.base = 1e-3;
  run_plan plan{1, model, large_batch(1, schedule), devices_of(1, shards), samples};
  plan.rounds = rounds + 1;
  plan.cohort = cohort;
  plan.codec_up = codecs.up;
  plan.codec_down = codecs.down;
  plan.evaluate_every = 0;
  plan.threads = threads;
  reset_peak_memory();
  measured result;
  double first = 0.0;
  double last = 0.0;
  run_callbacks callbacks;
  callbacks.on_round = [&](const round_result& m) {
    last = m.wall.count();
    // The first round faults pages in and waits for every device to join.
    if (m.round.value == 1) first = last;
  };
  run_to_end(system, plan, pool, callbacks);
  result.join_seconds = first;
  result.seconds_a_round = (last - first) / rounds;
  result.peak = peak_memory();
  caf::anon_send_exit(pool, caf::exit_reason::user_shutdown);
  return result;
}

/// Seconds of one memcpy of that many bytes, the best of five: the bare copy with which a round is
/// compared.
double memcpy_seconds(std::size_t bytes) {
  std::vector<char> from(bytes, 1), to(bytes, 2);
  double best = 1e9;
  for (int i = 0; i < 5; ++i) {
    const auto begin = clock_type::now();
    std::memcpy(to.data(), from.data(), bytes);
    best = std::min(best, std::chrono::duration<double>(clock_type::now() - begin).count());
  }
  return best;
}

}  // namespace

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);  // each line at once, also into a file
  tune_process_for_training();
  std::vector<std::uint32_t> devices{1, 8, 32, 96};
  std::uint32_t cohort = 0;
  std::uint32_t rounds = 5;
  std::uint32_t threads = 2;
  std::vector<std::string> up{codec_none};
  std::string down = codec_model;
  CLI::App app{"The round without training"};
  const network_choice choice{app};
  app.add_option("--devices", devices, "Numbers of devices, one run each")->delimiter(',');
  app.add_option("--cohort", cohort, "Devices asked a round; 0 = all");
  app.add_option("--rounds", rounds, "Rounds timed together");
  app.add_option("--threads", threads, "Threads of the actor system");
  app.add_option("--codec-up", up, "Codecs of updates, one run each")->check(a_codec());
  app.add_option("--codec-down", down, "Codec of steps")->check(a_codec(codec_model));
  CLI11_PARSE(app, argc, argv);
  const auto model = choice.build();
  const auto bytes = model.layout().parameter_count() * sizeof(float);
  const double copy = memcpy_seconds(bytes);
  fmt::print("{}: {} parameters ({:.1f} MB); memcpy of them {:.2f} ms; {} threads\n", choice.name,
             model.layout().parameter_count(), bytes / 1e6, copy * 1e3, threads);
  fmt::print("{:>24} {:>9} {:>8} {:>12} {:>14} {:>14} {:>14} {:>10}\n", "codec up", "devices",
             "cohort", "ms a round", "first round ms", "x memcpy each", "ms more each", "peak MB");
  for (const auto count : devices) {
    const auto asked = cohort == 0 ? count : cohort;
    std::optional<double> first;
    for (const auto& codec : up) {
      const auto m = time_rounds(model, {codec, down}, count, cohort, rounds, threads);
      if (!first) first = m.seconds_a_round;
      fmt::print("{:>24} {:>9} {:>8} {:>12.2f} {:>14.1f} {:>14.2f} {:>14.2f} {:>10.0f}\n", codec,
                 count, asked, m.seconds_a_round * 1e3, m.join_seconds * 1e3,
                 m.seconds_a_round / (copy * asked), (m.seconds_a_round - *first) * 1e3 / asked,
                 m.peak / 1e6);
    }
  }
}
