// Verge inside a service that has actors of its own. Twenty vibration sensors keep their
// measurements. The service trains a model on all of them and then tells the state of a machine
// from a measurement.
//
//   build/release/bin/02_embedded_service
//
// Prints the following. When a round is found to be good enough, a few more are already on their
// way.
//   asked: no model yet
//   ... (one line per round)
//   round 14  accuracy 0.951
//   the run ended after 17 rounds
//   asked: worn bearing (in truth: worn bearing)
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <random>
#include <verge/verge.hpp>

namespace {

constexpr std::array<const char*, 3> states = {"healthy", "unbalanced", "worn bearing"};
constexpr verge::sample_shape bands = {.width = 16};  // energies in frequency bands

/// The measurements of one sensor. The higher its number, the worse its noise.
class sensor final : public verge::dataset {
public:
  sensor(std::uint32_t number, std::size_t measurements) {
    std::mt19937 random{number};
    std::normal_distribution noise{0.0, 0.5 + 0.02 * number};
    for (std::size_t i = 0; i < measurements; ++i) {
      labels_.push_back(static_cast<std::int64_t>(random() % states.size()));
      const std::int64_t peak = 4 + 3 * labels_.back();
      for (std::uint32_t band = 0; band < bands.width; ++band) {
        const double energy = 2.0 * std::exp(-0.5 * std::pow(band - peak, 2));
        values_.push_back(static_cast<float>(energy + noise(random)));
      }
    }
  }

  std::size_t size() const override { return labels_.size(); }
  verge::sample_shape shape() const override { return bands; }
  std::uint32_t classes() const override { return states.size(); }
  std::int64_t read(std::size_t index, std::span<float> features) const override {
    std::copy_n(&values_[index * bands.elements()], bands.elements(), features.begin());
    return labels_[index];
  }

private:
  std::vector<float> values_;
  std::vector<std::int64_t> labels_;
};

verge::run_plan make_plan() {
  constexpr std::uint64_t seed = 1;
  std::vector<verge::dataset_ptr> sensors;
  for (std::uint32_t i = 0; i < 20; ++i) sensors.push_back(std::make_shared<sensor>(i, 300));
  return {
      .seed = seed,
      .model =
          verge::network::build({.name = "logistic", .input = bands, .classes = states.size()}),
      .how = verge::federated(20, 5, 0, {.base = 0.05}),  // per round: 5 steps of 20 measurements
      .devices = verge::devices_of(seed, sensors),
      .test = std::make_shared<sensor>(20, 2'000),
      .rounds = 200,
  };
}

using train_atom = caf::atom_constant<caf::atom("train")>;
using measurement = std::vector<float>;

/// Receives the messages of a round_listener, and two of its own: `train`, answered when the run
/// has ended, and a measurement, answered with the state of the machine.
using service_actor =
    verge::round_listener::extend<caf::replies_to<train_atom>::with<verge::run_ended>,
                                  caf::replies_to<measurement>::with<std::string>>;

class service final : public service_actor::base {
public:
  service(caf::actor_config& config, verge::run_plan plan)
      : service_actor::base(config), plan_(std::move(plan)) {
    link_to(trainers_);  // they end with this actor
  }

  behavior_type make_behavior() override {
    return {
        [this](train_atom) { return train(); },
        [](const verge::run_length&) {},
        [](const verge::round_result&) {},
        [this](const verge::evaluation_result& m) { look_at(m); },
        [this](const verge::run_ended& m) { finish(m); },
        [this](const measurement& m) { return state_of(m); },
    };
  }

private:
  // The actors of the run do the training. Nothing waits here, and measurements are answered
  // meanwhile.
  caf::typed_response_promise<verge::run_ended> train() {
    answer_ = make_response_promise<verge::run_ended>();
    run_ = verge::spawn_run(system(), plan_, trainers_, {service_actor{this}});
    return answer_;
  }

  void look_at(const verge::evaluation_result& m) {
    std::printf("round %2u  accuracy %.3f\n", static_cast<unsigned>(m.round.value), m.accuracy);
    if (m.accuracy >= 0.95) send(run_, verge::stop_atom::value);
  }

  void finish(const verge::run_ended& m) {
    trained_ = m.failure.empty();
    if (trained_) replica_.load(m.model.state);
    std::printf("the run ended after %u rounds\n", m.rounds);
    answer_.deliver(m);
  }

  // This takes microseconds with such a small model. A large model would get an actor with a thread
  // of its own.
  std::string state_of(const measurement& m) {
    if (!trained_) return "no model yet";
    const auto logits = replica_.logits(m);
    return states[std::max_element(logits.begin(), logits.end()) - logits.begin()];
  }

  const verge::run_plan plan_;
  const verge::trainer_pool_actor trainers_ =
      verge::spawn_trainer_pool(system(), plan_.model, {.threads = plan_.threads});
  verge::learner replica_{plan_.model};
  bool trained_ = false;
  verge::run_actor run_;
  caf::typed_response_promise<verge::run_ended> answer_;
};

}  // namespace

int main() {
  const auto plan = make_plan();
  measurement sample(bands.elements());
  const auto truth = states[plan.test->read(0, sample)];
  caf::actor_system_config config;
  caf::actor_system system{config};
  caf::scoped_actor client{system};
  const auto host = client->spawn<service>(plan);
  auto ask = caf::make_function_view(host);
  auto training = client->request(host, caf::infinite, train_atom::value);
  std::printf("asked: %s\n", ask(sample)->c_str());
  std::string failure;
  training.receive([&](const verge::run_ended& m) { failure = m.failure; },
                   [&](const caf::error& e) { failure = system.render(e); });
  std::printf("asked: %s (in truth: %s)\n", ask(sample)->c_str(), truth);
  client->send_exit(host, caf::exit_reason::user_shutdown);
  if (!failure.empty()) std::fprintf(stderr, "02_embedded_service: %s\n", failure.c_str());
  return failure.empty() ? 0 : 1;
}
