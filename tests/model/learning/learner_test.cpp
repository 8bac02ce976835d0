// This file is long because every promise of the learner is checked for every network, with the
// same helpers.

#include "verge/model/learner.hpp"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstring>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "model/data/local_data.hpp"
#include "model/layout/model_blocks.hpp"
#include "support/message_of.hpp"
#include "support/noise_dataset.hpp"
#include "verge/messages/errors.hpp"

using namespace verge;
using test::noise_dataset;

BOOST_AUTO_TEST_SUITE(learner_test)

namespace {

constexpr sample_shape tiny{3, 8, 8};
constexpr double a = batch_norm_momentum;

/// The smallest sample that a network accepts.
sample_shape smallest(const std::string& network) {
  return network == "lenet" ? sample_shape{3, 16, 16} : tiny;
}

network make(const std::string& name, norm_kind norm = norm_kind::none,
             scalar type = scalar::float64, sample_shape input = tiny) {
  return network::build({name, norm, type, input, 10});
}

/// net.initial_state(2), drawn once per network because resnet18 takes a moment.
const model_state& first_state(const network& net) {
  static std::map<std::string, model_state> states;
  const auto [place, is_new] = states.try_emplace(net.layout().hash());
  if (is_new) place->second = net.initial_state(2);
  return place->second;
}

local_data_ptr device_with(dataset_ptr shard, std::uint32_t device = 0, std::uint64_t seed = 9) {
  return local_data::of_device(seed, {device}, std::move(shard), {});
}

dataset_ptr noise(std::size_t size, sample_shape shape = tiny) {
  return std::make_shared<noise_dataset>(size, shape);
}

local_work gradient_of(std::uint32_t batch_size) {
  local_work work;
  work.batch_size = batch_size;
  return work;
}

local_work displacement(std::uint32_t batch_size, std::uint32_t steps, double rate,
                        double momentum = 0.0, double decay = 0.0, double proximal = 0.0) {
  return {update_kind::displacement, batch_size, steps, 0, rate, momentum, decay, proximal};
}

/// The results of one call of train.
struct trained {
  training_outcome outcome;
  flat_buffer update;
  flat_buffer moments;
};

trained train(learner& trainer, const network& net, const local_work& work, const local_data& data,
              std::uint32_t round = 1) {
  const manifest& layout = net.layout();
  trained result{{},
                 flat_buffer(layout.type(), layout.parameter_count()),
                 flat_buffer(layout.type(), layout.statistic_count())};
  // The earlier contents of the buffers must not matter.
  std::memset(result.update.data(), 0x55, result.update.size_bytes());
  std::memset(result.moments.data(), 0x55, result.moments.size_bytes());
  result.outcome = trainer.train(work, data, {round}, result.update, result.moments);
  return result;
}

/// Trains with a new learner.
trained train(const network& net, const model_state& state, const local_work& work,
              const local_data& data, std::uint32_t round = 1) {
  learner trainer(net);
  trainer.load(1, {0}, state);
  return train(trainer, net, work, data, round);
}

bool same_bits(const flat_buffer& x, const flat_buffer& y) {
  return x.size() == y.size() && x.type() == y.type() &&
         (x.empty() || std::memcmp(x.data(), y.data(), x.size_bytes()) == 0);
}

bool same_bits(const trained& x, const trained& y) {
  return same_bits(x.update, y.update) && same_bits(x.moments, y.moments) &&
         x.outcome.loss == y.outcome.loss;
}

std::vector<double> values(const flat_buffer& buffer) {
  return with_scalar(buffer.type(), [&](auto zero) {
    const auto part = buffer.as<decltype(zero)>();
    return std::vector<double>(part.begin(), part.end());
  });
}

/// Largest difference, relative to the largest value.
double distance(const std::vector<double>& x, const std::vector<double>& y) {
  BOOST_REQUIRE(x.size() == y.size());
  double scale = 0.0;
  double worst = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    scale = std::max(scale, std::abs(x[i]));
    worst = std::max(worst, std::abs(x[i] - y[i]));
  }
  return worst / scale;
}

model_state moved(const model_state& state, const flat_buffer& by) {
  model_state result{state.parameters.clone(), state.statistics.clone(), state.batches_tracked};
  with_scalar(by.type(), [&](auto zero) {
    auto parameters = result.parameters.template as<decltype(zero)>();
    const auto displacement = by.template as<decltype(zero)>();
    for (std::size_t i = 0; i < parameters.size(); ++i) parameters[i] += displacement[i];
  });
  return result;
}

/// The batch of one step, in double.
struct torch_batch {
  at::Tensor x;
  at::Tensor y;
};

torch_batch read(const local_data& data, const local_work& work, std::uint32_t round,
                 std::uint32_t step) {
  const std::size_t samples = data.batch_size(work, step);
  const sample_shape shape = data.shape();
  std::vector<float> x(samples * shape.elements());
  std::vector<std::int64_t> y(samples);
  data.read_batch(work, {round}, step, x, y);
  const std::array<std::int64_t, 4> sizes{static_cast<std::int64_t>(samples), shape.channels,
                                          shape.height, shape.width};
  return {at::from_blob(x.data(), sizes, at::kFloat).to(at::kDouble),
          at::from_blob(y.data(), {sizes[0]}, at::kLong).clone()};
}

/// Copies of the parameters of a float64 model, in manifest order.
std::vector<at::Tensor> leaves(const network& net, const model_state& state) {
  std::vector<at::Tensor> result;
  for (const tensor_entry& entry : net.layout().entries()) {
    if (entry.role != tensor_role::parameter) continue;
    auto* first = const_cast<double*>(state.parameters.as<double>().data()) + entry.offset;
    result.push_back(at::from_blob(first, entry.shape, at::kDouble).clone());
    result.back().set_requires_grad(true);
  }
  return result;
}

at::Tensor eager_mlp(const std::vector<at::Tensor>& p, const at::Tensor& x) {
  at::Tensor h = at::relu(at::linear(x.flatten(1), p[0], p[1]));
  h = at::relu(at::linear(h, p[2], p[3]));
  return at::linear(h, p[4], p[5]);
}

at::Tensor eager_cnn(const std::vector<at::Tensor>& p, const at::Tensor& x) {
  at::Tensor h = at::max_pool2d(at::relu(at::conv2d(x, p[0], p[1], 1, 2)), 2);
  h = at::max_pool2d(at::relu(at::conv2d(h, p[2], p[3], 1, 2)), 2);
  return at::linear(at::relu(at::linear(h.flatten(1), p[4], p[5])), p[6], p[7]);
}

using eager_forward = at::Tensor (*)(const std::vector<at::Tensor>&, const at::Tensor&);

/// SGD as PyTorch's own optimizer does it, which moves w in place. The gradient includes that of
/// FedProx's (mu / 2) ||w - start||^2.
std::vector<double> eager_loop(std::vector<at::Tensor> p, eager_forward forward,
                               const local_data& data, const local_work& work) {
  std::vector<at::Tensor> velocity, start;
  for (const at::Tensor& tensor : p) start.push_back(tensor.detach().clone());
  for (std::uint32_t step = 0; step < data.steps(work); ++step) {
    const torch_batch batch = read(data, work, 1, step);
    const at::Tensor loss = at::cross_entropy_loss(forward(p, batch.x), batch.y);
    auto gradients = torch::autograd::grad({loss}, p);
    const at::NoGradGuard not_recording;
    for (std::size_t i = 0; i < p.size(); ++i) {
      at::Tensor g = gradients[i] + work.weight_decay * p[i] + work.proximal * (p[i] - start[i]);
      if (step == 0) {
        velocity.push_back(g);
      } else {
        velocity[i] = work.momentum * velocity[i] + g;
      }
      p[i].sub_(work.learning_rate * velocity[i]);
    }
  }
  std::vector<double> result;
  for (const at::Tensor& tensor : p) {
    const auto* first = tensor.data_ptr<double>();
    result.insert(result.end(), first, first + tensor.numel());
  }
  return result;
}

/// The text of a run_failure, which must be one line.
template <class F>
std::string failure(F&& f) {
  const auto text = test::message_of<run_failure>(f);
  BOOST_TEST(text.find('\n') == std::string::npos, text);
  return text;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// Labels that the network has no class for.
class mislabelled final : public dataset {
public:
  explicit mislabelled(std::int64_t label) : label_(label) {}
  std::size_t size() const override { return 4; }
  sample_shape shape() const override { return tiny; }
  std::uint32_t classes() const override { return 10; }
  std::int64_t read(std::size_t, std::span<float> x) const override {
    std::fill(x.begin(), x.end(), 1.0f);
    return label_;
  }

private:
  std::int64_t label_;
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_displacement_of_one_step_is_minus_rate_times_gradient_to_the_bit) {
  for (const scalar type : {scalar::float32, scalar::float64}) {
    for (const std::string& name : network_names()) {
      const auto data = device_with(noise(6, smallest(name)));
      const network net = make(name, norm_kind::batch, type, smallest(name));
      learner trainer(net);
      trainer.load(1, {0}, first_state(net));
      const trained gradient = train(trainer, net, gradient_of(4), *data);
      const trained step = train(trainer, net, displacement(4, 1, 0.3), *data);
      with_scalar(type, [&](auto zero) {
        using element = decltype(zero);
        const auto g = gradient.update.as<element>();
        const auto d = step.update.as<element>();
        std::size_t different = 0;
        for (std::size_t i = 0; i < g.size(); ++i) {
          different += d[i] != -(static_cast<element>(0.3) * g[i]);
        }
        BOOST_TEST(different == 0u, name);
      });
      BOOST_TEST(same_bits(gradient.moments, step.moments));
      BOOST_TEST(gradient.outcome.loss == step.outcome.loss);
    }
  }
}

BOOST_AUTO_TEST_CASE(local_steps_are_those_of_a_plain_loop) {
  const auto data = device_with(noise(11));
  const std::pair<const char*, eager_forward> networks[] = {{"mlp", eager_mlp}, {"cnn", eager_cnn}};
  local_work epochs = displacement(4, 0, 0.1, 0.9, 0.01, 0.5);
  epochs.local_epochs = 2;
  for (const auto& [name, forward] : networks) {
    const network net = make(name);
    const model_state& state = first_state(net);
    for (const local_work& work :
         {displacement(4, 5, 0.1), displacement(4, 5, 0.1, 0.9), displacement(4, 5, 0.1, 0.0, 0.01),
          displacement(4, 5, 0.1, 0.9, 0.01), displacement(4, 5, 0.1, 0.0, 0.0, 2.0),
          displacement(4, 5, 0.1, 0.9, 0.0, 0.5), epochs}) {
      const trained own = train(net, state, work, *data);
      const auto expected = eager_loop(leaves(net, state), forward, *data, work);
      BOOST_TEST(distance(expected, values(moved(state, own.update).parameters)) < 1e-12, name);
      BOOST_TEST(distance(expected, values(state.parameters)) > 1e-4, name);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_proximal_term_changes_no_bit_of_a_single_step) {
  const auto data = device_with(noise(11));
  for (const scalar type : {scalar::float32, scalar::float64}) {
    const network net = make("mlp", norm_kind::none, type);
    const auto displaced = [&](std::uint32_t steps, double proximal) {
      const auto work = displacement(4, steps, 0.1, 0.9, 0.01, proximal);
      return train(net, first_state(net), work, *data).update;
    };
    BOOST_TEST(same_bits(displaced(1, 0.7), displaced(1, 0.0)));
    BOOST_TEST(!same_bits(displaced(2, 0.7), displaced(2, 0.0)));
  }
}

BOOST_AUTO_TEST_CASE(the_stronger_the_proximal_term_the_less_a_device_moves) {
  const auto data = device_with(noise(12));
  const network net = make("mlp");
  const auto moved_by = [&](double proximal) {
    const auto work = displacement(12, 60, 0.05, 0.0, 0.0, proximal);
    double sum = 0.0;
    for (const double d : values(train(net, first_state(net), work, *data).update)) sum += d * d;
    return std::sqrt(sum);
  };
  const double free = moved_by(0.0);
  double last = free;
  // Once rate x proximal reaches 1, the step leads back to the start, and one gradient away from
  // it.
  for (const double proximal : {0.1, 1.0, 5.0, 20.0}) {
    const double here = moved_by(proximal);
    BOOST_TEST(here < last);
    last = here;
  }
  BOOST_TEST(last < free / 10);
  BOOST_TEST(last > 0.0);
}

BOOST_AUTO_TEST_CASE(the_gradient_of_a_batch_is_the_mean_of_its_halves_but_for_batch_norm) {
  const dataset_ptr whole = noise(8);
  const auto order = std::make_shared<const std::vector<std::uint32_t>>(
      std::vector<std::uint32_t>{0, 1, 2, 3, 4, 5, 6, 7});
  const auto all = device_with(whole);
  const auto first = device_with(std::make_shared<subset>(whole, order, 0, 4));
  const auto second = device_with(std::make_shared<subset>(whole, order, 4, 8));
  const auto gap = [&](const network& net) {
    learner trainer(net);
    trainer.load(1, {0}, first_state(net));
    const auto g = values(train(trainer, net, gradient_of(8), *all).update);
    auto mean = values(train(trainer, net, gradient_of(4), *first).update);
    const auto other = values(train(trainer, net, gradient_of(4), *second).update);
    for (std::size_t i = 0; i < mean.size(); ++i) mean[i] = (mean[i] + other[i]) / 2;
    return distance(g, mean);
  };
  BOOST_TEST(gap(make("mlp")) < 1e-12);
  BOOST_TEST(gap(make("resnet18", norm_kind::group)) < 1e-12);
  BOOST_TEST(gap(make("resnet18", norm_kind::none)) < 1e-12);
  BOOST_TEST(gap(make("resnet18", norm_kind::batch)) > 1e-3);
}

BOOST_AUTO_TEST_CASE(moments_move_the_running_statistics_as_torch_would) {
  const auto data = device_with(noise(12));
  const network net = make("resnet18", norm_kind::batch);
  const model_state& state = first_state(net);
  // At rate 0 the stem stays as it is, so its norm layer can be followed by hand.
  const local_work work = displacement(4, 3, 0.0);
  const auto moments = values(train(net, state, work, *data).moments);
  at::Tensor mean = at::zeros({64}, at::kDouble);
  at::Tensor variance = at::ones({64}, at::kDouble);
  const at::Tensor stem = leaves(net, state)[0];
  for (std::uint32_t step = 0; step < 3; ++step) {
    const at::NoGradGuard not_recording;
    const at::Tensor h = at::conv2d(read(*data, work, 1, step).x, stem, {}, 1, 1);
    at::batch_norm(h, {}, {}, mean, variance, true, a, 1e-5, false);
  }
  const double kept = std::pow(1 - a, 3);
  for (std::int64_t i = 0; i < 64; ++i) {
    const auto at = static_cast<std::size_t>(i);
    BOOST_TEST((1 - kept) * moments[at] == mean[i].item<double>(),
               boost::test_tools::tolerance(1e-10));
    BOOST_TEST(kept + (1 - kept) * moments[64 + at] == variance[i].item<double>(),
               boost::test_tools::tolerance(1e-10));
  }
}

BOOST_AUTO_TEST_CASE(moments_of_two_steps_are_the_weighted_moments_of_each_in_every_layer) {
  const auto data = device_with(noise(8));
  const network net = make("resnet18", norm_kind::batch);
  const model_state& state = first_state(net);
  const trained both = train(net, state, displacement(4, 2, 0.05), *data);
  // Round 2 of one-step work reads the samples that round 1 of two-step work reads in its second
  // step.
  const trained first = train(net, state, displacement(4, 1, 0.05), *data, 1);
  const trained second = train(net, moved(state, first.update), displacement(4, 1, 0.05), *data, 2);
  const auto m1 = values(first.moments);
  const auto m2 = values(second.moments);
  std::vector<double> expected(m1.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    expected[i] = (a * (1 - a) * m1[i] + a * m2[i]) / (1 - (1 - a) * (1 - a));
  }
  BOOST_TEST(distance(expected, values(both.moments)) < 1e-12);
  BOOST_TEST(distance(m1, m2) > 1e-3);
}

BOOST_AUTO_TEST_CASE(the_same_work_has_the_same_bits_on_any_learner_in_any_thread) {
  for (const char* name : {"small_cnn", "resnet18"}) {
    const network net = make(name, norm_kind::batch, scalar::float32);
    const model_state& state = first_state(net);
    const auto data = device_with(noise(16));
    const auto other_data = device_with(noise(7), 5);
    const local_work work = displacement(4, 3, 0.05, 0.9, 0.001);
    trained results[3];
    const auto fresh = [&](trained& result) { result = train(net, state, work, *data); };
    std::thread one([&] { fresh(results[0]); });
    std::thread two([&] { fresh(results[1]); });
    one.join();
    two.join();
    // This learner has a past: another model, other batch sizes, an evaluation, this very work.
    learner used(net);
    used.load(1, {4}, net.initial_state(8));
    train(used, net, displacement(3, 4, 0.2), *other_data, 3);
    used.load(1, {0}, state);
    used.evaluate(*noise(9), 0, 9, 4);
    train(used, net, gradient_of(5), *other_data);
    train(used, net, displacement(3, 2, 0.2), *other_data);
    results[2] = train(used, net, work, *data);
    BOOST_TEST(same_bits(results[0], results[1]), name);
    BOOST_TEST(same_bits(results[0], results[2]), name);
  }
}

BOOST_AUTO_TEST_CASE(a_version_is_loaded_once_and_another_run_or_version_replaces_it) {
  const network net = make("mlp");
  const auto data = device_with(noise(8));
  const auto gradient_at = [&](learner& trainer) {
    return train(trainer, net, gradient_of(4), *data).update;
  };
  const model_state first = net.initial_state(1);
  const model_state second = net.initial_state(2);
  learner trainer(net);
  trainer.load(1, {0}, first);
  const flat_buffer at_first = gradient_at(trainer);
  trainer.load(1, {0}, second);
  BOOST_TEST(same_bits(gradient_at(trainer), at_first));
  trainer.load(1, {1}, second);
  const flat_buffer at_second = gradient_at(trainer);
  BOOST_TEST(!same_bits(at_second, at_first));
  trainer.load(2, {1}, first);
  BOOST_TEST(same_bits(gradient_at(trainer), at_first));
}

BOOST_AUTO_TEST_CASE(a_model_without_a_number_is_loaded_every_time) {
  const network net = make("lenet", norm_kind::batch, scalar::float64, smallest("lenet"));
  const auto data = noise(8, smallest("lenet"));
  const auto loss_of = [&](learner& trainer) { return trainer.evaluate(*data, 0, 8, 8).loss; };
  auto second = net.initial_state(2);
  learner trainer(net);
  trainer.load(net.initial_state(1));
  const double at_first = loss_of(trainer);
  trainer.load(second);
  const double at_second = loss_of(trainer);
  BOOST_TEST(at_second != at_first);
  // A numbered version is not taken for a model without a number either, nor the other way round.
  trainer.load(0, {0}, net.initial_state(1));
  BOOST_TEST(loss_of(trainer) == at_first);
  trainer.load(second);
  BOOST_TEST(loss_of(trainer) == at_second);
  second.parameters = flat_buffer(scalar::float64, 3);
  BOOST_CHECK_THROW(trainer.load(second), run_failure);
  BOOST_TEST(loss_of(trainer) == at_second);
}

BOOST_AUTO_TEST_CASE(a_loaded_version_is_a_copy) {
  const network net = make("mlp");
  const auto data = device_with(noise(8));
  model_state state = net.initial_state(1);
  learner trainer(net);
  trainer.load(1, {0}, state);
  const flat_buffer before = train(trainer, net, gradient_of(4), *data).update;
  for (double& value : state.parameters.as<double>()) value = 0.0;
  BOOST_TEST(same_bits(train(trainer, net, gradient_of(4), *data).update, before));
}

BOOST_AUTO_TEST_CASE(dropout_is_a_function_of_seed_device_round_and_step) {
  const network net = make("small_cnn", norm_kind::none, scalar::float32);
  const model_state& state = first_state(net);
  const dataset_ptr one_sample = noise(1);
  const auto gradient = [&](std::uint64_t seed, std::uint32_t device, std::uint32_t round) {
    return train(net, state, gradient_of(1), *device_with(one_sample, device, seed), round).update;
  };
  const flat_buffer reference = gradient(9, 0, 1);
  BOOST_TEST(same_bits(reference, gradient(9, 0, 1)));
  BOOST_TEST(!same_bits(reference, gradient(10, 0, 1)));
  BOOST_TEST(!same_bits(reference, gradient(9, 1, 1)));
  BOOST_TEST(!same_bits(reference, gradient(9, 0, 2)));
  // At rate 0 only dropout tells two steps on one sample apart.
  const auto loss = [&](std::uint32_t steps) {
    return train(net, state, displacement(1, steps, 0.0), *device_with(one_sample)).outcome.loss;
  };
  BOOST_TEST(loss(2) != loss(1));
}

BOOST_AUTO_TEST_CASE(each_dropout_layer_drops_its_share) {
  const network net = make("small_cnn");
  const auto& entries = net.layout().entries();
  const auto entry = [&](const char* name) {
    return *std::find_if(entries.begin(), entries.end(),
                         [&](const tensor_entry& e) { return e.name == name; });
  };
  const auto fc1 = entry("fc1.weight");
  const auto fc2 = entry("fc2.weight");
  learner trainer(net);
  trainer.load(1, {0}, first_state(net));
  const auto data = device_with(noise(1));
  // With one sample, a weight's gradient is zero where its input is zero: for all inputs of fc1
  // that ReLU or the first dropout made zero, and all inputs of fc2 that ReLU or the second dropout
  // made zero.
  const auto features = static_cast<std::size_t>(fc1.shape[1]);
  const auto units = static_cast<std::size_t>(fc2.shape[1]);
  std::vector<int> feature_alive(features, 0);
  std::vector<int> unit_alive(units, 0);
  constexpr int rounds = 100;
  for (std::uint32_t round = 1; round <= rounds; ++round) {
    const auto g = values(train(trainer, net, gradient_of(1), *data, round).update);
    for (std::size_t feature = 0; feature < features; ++feature) {
      bool alive = false;
      for (std::size_t unit = 0; unit < units; ++unit) {
        alive = alive || g[fc1.offset + unit * features + feature] != 0.0;
      }
      feature_alive[feature] += alive;
    }
    for (std::size_t unit = 0; unit < units; ++unit) unit_alive[unit] += g[fc2.offset + unit] != 0;
  }
  // Before the first dropout nothing varies, so a feature that is ever alive is alive in 3/4 of the
  // rounds.
  double sum = 0.0;
  double ever = 0.0;
  for (const int count : feature_alive) {
    sum += count;
    ever += count > 0;
  }
  BOOST_TEST(ever > 50);
  BOOST_TEST(std::abs(sum / (ever * rounds) - 0.75) < 5 * std::sqrt(0.75 * 0.25 / (ever * rounds)));
  // A unit may also be below zero, so only units that hardly ever are come near 1/2.
  const int most = *std::max_element(unit_alive.begin(), unit_alive.end());
  BOOST_TEST(most > 50);
  BOOST_TEST(most < 75);
}

BOOST_AUTO_TEST_CASE(outcomes_count_samples_and_average_the_loss_over_them) {
  const network net = make("mlp");
  const model_state& state = first_state(net);
  const dataset_ptr shard = noise(11);
  const auto data = device_with(shard);
  local_work work = displacement(4, 0, 0.0);
  work.local_epochs = 2;
  learner trainer(net);
  trainer.load(1, {0}, state);
  const training_outcome outcome = train(trainer, net, work, *data).outcome;
  BOOST_TEST(outcome.samples == 22u);
  BOOST_TEST(outcome.samples == data->samples(work));
  BOOST_TEST(outcome.steps == 6u);
  // At rate 0 every epoch sees the loss that an evaluation sees.
  const evaluation_sums sums = trainer.evaluate(*shard, 0, 11, 5);
  BOOST_TEST(outcome.loss == sums.loss / 11, boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(every_network_learns) {
  for (const norm_kind norm : {norm_kind::batch, norm_kind::group, norm_kind::none}) {
    for (const std::string& name : network_names()) {
      if (!has_norm_layers(name) && norm != norm_kind::none) continue;
      const auto data = device_with(noise(20, smallest(name)));
      const network net = make(name, norm, scalar::float32, smallest(name));
      const model_state& state = first_state(net);
      const auto work = name == "resnet18" ? displacement(10, 12, 0.02, 0.5)
                        // lenet's 84 units before the classes see little of the noise at first.
                        : name == "lenet" ? displacement(10, 60, 0.05, 0.9)
                                          : displacement(10, 20, 0.05, 0.9);
      const trained result = train(net, state, work, *data);
      const double before = train(net, state, gradient_of(20), *data).outcome.loss;
      const double after =
          train(net, moved(state, result.update), gradient_of(20), *data).outcome.loss;
      BOOST_TEST(after < 0.9 * before, name << ": loss " << before << " -> " << after);
    }
  }
}

BOOST_AUTO_TEST_CASE(an_evaluation_is_the_sum_over_logits_and_of_its_parts) {
  const network net = make("cnn");
  learner trainer(net);
  trainer.load(1, {0}, first_state(net));
  const noise_dataset data(23, tiny);
  const evaluation_sums whole = trainer.evaluate(data, 0, 23, 23);
  evaluation_sums parts;
  for (const auto& [begin, end, batch] : {std::array<std::size_t, 3>{0, 10, 3}, {10, 23, 1}}) {
    const evaluation_sums part = trainer.evaluate(data, begin, end, batch);
    parts.add(part);
  }
  std::uint64_t correct = 0;
  std::vector<std::uint64_t> of_label(data.classes()), correct_of_label(data.classes());
  double loss = 0.0;
  for (std::size_t i = 0; i < data.size(); ++i) {
    std::vector<float> x(tiny.elements());
    const auto label = static_cast<std::size_t>(data.read(i, x));
    const std::vector<double> logits = trainer.logits(x);
    double sum = 0.0;
    for (const double value : logits) sum += std::exp(value);
    loss -= std::log(std::exp(logits[label]) / sum);
    const bool is_correct = std::max_element(logits.begin(), logits.end()) - logits.begin() ==
                            static_cast<std::ptrdiff_t>(label);
    correct += is_correct;
    ++of_label[label];
    correct_of_label[label] += is_correct;
  }
  for (const auto& sums : {whole, parts}) {
    BOOST_REQUIRE(sums.labels.size() == data.classes());
    for (std::size_t label = 0; label < data.classes(); ++label) {
      BOOST_TEST(sums.labels[label].samples == of_label[label]);
      BOOST_TEST(sums.labels[label].correct == correct_of_label[label]);
    }
  }
  BOOST_TEST(whole.samples == 23u);
  BOOST_TEST(parts.samples == 23u);
  BOOST_TEST(whole.correct == correct);
  BOOST_TEST(parts.correct == correct);
  BOOST_TEST(whole.loss == loss, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(parts.loss == loss, boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(an_evaluation_uses_the_loaded_statistics_whatever_was_trained_before) {
  const network net = make("resnet18", norm_kind::batch, scalar::float32);
  const model_state& state = first_state(net);
  const noise_dataset data(4, tiny);
  std::vector<float> x(tiny.elements());
  data.read(0, x);
  learner trainer(net);
  trainer.load(1, {0}, state);
  const auto before = trainer.logits(x);
  train(trainer, net, displacement(4, 3, 0.1), *device_with(noise(8)));
  BOOST_TEST(trainer.logits(x) == before, boost::test_tools::per_element());
  model_state other{state.parameters, state.statistics.clone(), 0};
  for (float& value : other.statistics.as<float>()) value += 0.5f;
  trainer.load(1, {1}, other);
  BOOST_TEST(trainer.logits(x) != before);
}

BOOST_AUTO_TEST_CASE(a_label_without_a_class_is_refused) {
  const network net = make("mlp");
  learner trainer(net);
  trainer.load(1, {0}, first_state(net));
  for (const std::int64_t label : {-100, -1, 10}) {
    const auto data = std::make_shared<mislabelled>(label);
    const auto name = "label " + std::to_string(label);
    BOOST_TEST(
        contains(failure([&] { train(trainer, net, gradient_of(2), *device_with(data)); }), name));
    BOOST_TEST(contains(failure([&] { trainer.evaluate(*data, 0, 4, 2); }), name));
  }
}

BOOST_AUTO_TEST_CASE(wrong_arguments_are_refused_in_one_line) {
  const network net = make("mlp");
  const auto data = device_with(noise(8));
  learner trainer(net);
  BOOST_TEST(contains(failure([&] { train(trainer, net, gradient_of(4), *data); }), "loaded"));
  BOOST_TEST(contains(failure([&] { trainer.evaluate(*noise(8), 0, 8, 4); }), "loaded"));
  const network other = make("logistic");
  BOOST_TEST(contains(failure([&] { trainer.load(1, {0}, other.initial_state(1)); }), "1930"));
  trainer.load(1, {0}, first_state(net));
  BOOST_TEST(contains(failure([&] { train(trainer, other, gradient_of(4), *data); }), "1930"));
  local_work two_steps = gradient_of(4);
  two_steps.local_steps = 2;
  BOOST_TEST(contains(failure([&] { train(trainer, net, two_steps, *data); }), "2 steps"));
  const auto wide = noise(8, {3, 8, 9});
  BOOST_TEST(
      contains(failure([&] { train(trainer, net, gradient_of(4), *device_with(wide)); }), "3x8x9"));
  BOOST_TEST(contains(failure([&] { trainer.evaluate(*wide, 0, 8, 4); }), "3x8x9"));
  BOOST_TEST(contains(failure([&] { trainer.evaluate(*noise(8), 0, 9, 4); }), "0 to 9 of 8"));
  const std::vector<float> crooked(tiny.elements() + 1);
  BOOST_TEST(contains(failure([&] { trainer.logits(crooked); }), "193 values"));
  // The learner still works.
  BOOST_TEST(train(trainer, net, gradient_of(4), *data).outcome.samples == 4u);
}

BOOST_AUTO_TEST_SUITE_END()
