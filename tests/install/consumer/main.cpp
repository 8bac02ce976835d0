// Uses Verge as a service that embeds it would: public headers, one CMake target, an actor system
// of its own in which it trains. Fails when the model did not learn.
#include <cstdio>
#include <memory>
#include <verge/verge.hpp>

namespace {

/// Points on a line, labelled by the side of zero they lie on.
class sides final : public verge::dataset {
public:
  explicit sides(std::uint32_t device) : device_(device) {}

  std::size_t size() const override { return 100; }
  verge::sample_shape shape() const override { return {1, 1, 1}; }
  std::uint32_t classes() const override { return 2; }
  std::int64_t read(std::size_t index, std::span<float> features) const override {
    const bool right = index % 2 == 1;
    const float distance = 0.2F + 0.01F * static_cast<float>(index + device_);
    features[0] = right ? distance : -distance;
    return right;
  }

private:
  std::uint32_t device_;
};

}  // namespace

int main() {
  std::vector<verge::dataset_ptr> shards;
  for (std::uint32_t device = 0; device < 4; ++device)
    shards.push_back(std::make_shared<sides>(device));

  caf::actor_system_config config;
  caf::actor_system system{config};
  const verge::run_plan plan{
      .seed = 1,
      .model = verge::network::build({.name = "logistic", .input = {1, 1, 1}, .classes = 2}),
      .how = verge::federated(10, 5, 0, {.base = 0.5}),
      .devices = verge::devices_of(1, shards),
      .test = std::make_shared<sides>(4),
      .rounds = 20,
  };
  const auto trainers = verge::spawn_trainer_pool(system, plan.model, {.threads = 1});

  double accuracy = 0.0;
  const auto ended = verge::run_to_end(
      system, plan, trainers,
      {.on_evaluation = [&](const verge::evaluation_result& m) { accuracy = m.accuracy; }});
  caf::anon_send_exit(trainers, caf::exit_reason::user_shutdown);

  std::printf("%u rounds, accuracy %.2f\n", ended.rounds, accuracy);
  return ended.rounds == 20 && accuracy > 0.95 ? 0 : 1;
}
