// The smallest whole run. Ten devices with 20,000 pictures of clothes train one network in this
// process, without showing each other a picture (strategy: Large Batch).
//
//   build/release/bin/01_one_process [DIRECTORY]
//
// DIRECTORY holds Fashion-MNIST. Without it, Debian's package dataset-fashion-mnist is used. The
// program prints the following in a few seconds on two cores, with the same digits on every run on
// a machine:
//
//   round  50  epoch 0.8  test loss 0.623  accuracy 0.7536
//   round 100  epoch 1.6  test loss 0.541  accuracy 0.8038
//   ...
//   round 300  epoch 4.8  test loss 0.425  accuracy 0.8449
//   final accuracy 0.8449 after 300 rounds of 10 devices
#include <cstdio>
#include <exception>
#include <verge/verge.hpp>

namespace {

/// Describes the run; nothing is started yet.
verge::run_plan plan_of(const verge::data_split& data, std::uint32_t devices,
                        std::uint32_t threads) {
  constexpr std::uint64_t seed = 1;
  const auto partition = verge::partition::iid(data.train->size(), devices, seed);
  std::vector<verge::dataset_ptr> shards;
  for (std::uint32_t i = 0; i < devices; ++i) shards.push_back(partition.shard(data.train, i));

  return {
      .seed = seed,
      .model = verge::network::build(
          {.name = "mlp", .input = data.train->shape(), .classes = data.train->classes()}),
      // A batch of 32 per device: 320 pictures per round, 4.8 epochs in 300 rounds.
      .how = verge::large_batch(32, {.base = 0.4, .kind = verge::schedule_kind::cosine}),
      .devices = verge::devices_of(seed, shards),
      .test = data.test,
      .rounds = 300,
      .evaluate_every = 50,
      .threads = threads,
  };
}

void train(const std::filesystem::path& directory) {
  constexpr std::uint32_t devices = 10;
  constexpr std::uint32_t threads = 2;
  auto data = verge::read_idx_split(directory, verge::published_standardisation("fashion-mnist"));
  data.train = verge::first_samples(data.train, 20'000);
  const auto plan = plan_of(data, devices, threads);

  caf::actor_system_config config;
  verge::configure_scheduler(config, threads);
  caf::actor_system system{config};
  const auto trainers = verge::spawn_trainer_pool(system, plan.model, {.threads = threads});
  double accuracy = 0.0;
  verge::run_callbacks callbacks;
  callbacks.on_evaluation = [&](const verge::evaluation_result& m) {
    accuracy = m.accuracy;
    std::printf("round %3u  epoch %.1f  test loss %.3f  accuracy %.4f\n",
                static_cast<unsigned>(m.round.value), m.epoch, m.loss, m.accuracy);
  };
  verge::run_to_end(system, plan, trainers, callbacks);
  std::printf("final accuracy %.4f after %u rounds of %u devices\n", accuracy, plan.rounds,
              devices);
  caf::anon_send_exit(trainers, caf::exit_reason::user_shutdown);
}

}  // namespace

int main(int argc, char** argv) {
  verge::tune_process_for_training();
  try {
    if (argc > 2) throw verge::bad_input("one argument is expected: the directory of the data set");
    const std::filesystem::path directory =
        argc == 2 ? argv[1] : verge::packaged_directory("fashion-mnist");
    if (directory.empty())
      throw verge::bad_input(
          "Debian's package dataset-fashion-mnist is not installed; give a directory");
    train(directory);
    return 0;
  } catch (const verge::bad_input& e) {
    std::fprintf(stderr, "01_one_process: %s\n", e.what());
    return 2;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "01_one_process: %s\n", e.what());
    return 1;
  }
}
