// Compares a replica that computes on its buffers with one that keeps a copy of them where it
// computes, as on a GPU.

#include "model/torch/replica.hpp"

#include <ATen/Context.h>
#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "model/torch/torch_border.hpp"
#include "model/torch/torch_device.hpp"
#include "support/gpu.hpp"
#include "support/noise_dataset.hpp"
#include "verge/messages/errors.hpp"
#include "verge/model/torch_device.hpp"

using namespace verge;

namespace {

constexpr sample_shape shape{3, 16, 16};
constexpr std::size_t samples = 6;

network make(const std::string& name, norm_kind norm, scalar type) {
  network_options options;
  options.name = name;
  options.norm = norm;
  options.type = type;
  options.input = shape;
  return network::build(options);
}

sample_batch noise_batch() {
  const test::noise_dataset data(samples, shape);
  sample_batch batch;
  batch.features.resize(samples * shape.elements());
  for (std::size_t i = 0; i < samples; ++i)
    batch.labels.push_back(
        data.read(i, std::span(batch.features).subspan(i * shape.elements(), shape.elements())));
  return batch;
}

using numbers = std::vector<double>;

void append(numbers& to, scalar type, const std::byte* values, std::size_t count) {
  with_scalar(type, [&](auto zero) {
    const auto* first = reinterpret_cast<const decltype(zero)*>(values);
    to.insert(to.end(), first, first + count);
  });
}

/// The answers of a replica, separately by kind, because a small number must not drown in the norm
/// of a large one.
struct answers {
  numbers losses, gradients, moments, logits;
  bool operator==(const answers&) const = default;
};

/// The answers of two training passes, between which the parameters are changed, an observation and
/// an evaluation.
answers life_of(replica one, const network& net) {
  prepare_torch_thread();
  const auto type = net.tensors().type();
  const auto start = net.initial_state(3);
  std::memcpy(one.parameters().data(), start.parameters.data(), start.parameters.size_bytes());
  if (!start.statistics.empty())
    std::memcpy(one.statistics().data(), start.statistics.data(), start.statistics.size_bytes());
  const auto batch = noise_batch();
  answers said;
  const auto data = local_data::of_device(
      1, device_id{0}, std::make_shared<test::noise_dataset>(samples, shape), {});
  for (std::uint32_t step = 0; step < 2; ++step) {
    one.draw_dropouts(*data, round_id{1}, step, samples);
    const auto keep = [&](const tensor_entry& entry, const std::byte* gradient) {
      append(said.gradients, type, gradient, entry.elements);
    };
    said.losses.push_back(one.backward(batch, keep, false));
    append(said.moments, type, one.statistics().data(), one.statistics().size());
    with_scalar(type, [&](auto zero) {
      for (auto& value : one.parameters().as<decltype(zero)>()) value *= decltype(zero)(0.9);
    });
  }
  one.observe(batch.features);
  append(said.moments, type, one.statistics().data(), one.statistics().size());
  said.logits = one.logits(batch.features);
  return said;
}

double relative_difference(const numbers& a, const numbers& b) {
  BOOST_REQUIRE(a.size() == b.size());
  if (a.empty()) return 0.0;  // no moments in a network without batch norm
  double difference = 0.0, size = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference += (a[i] - b[i]) * (a[i] - b[i]);
    size += b[i] * b[i];
  }
  return std::sqrt(difference / size);
}

template <class Check>
void for_every_network(Check check) {
  for (const auto& name : network_names())
    for (const auto norm : {norm_kind::batch, norm_kind::group, norm_kind::none}) {
      if (!has_norm_layers(name) && norm != norm_kind::none) continue;
      for (const auto type : {scalar::float32, scalar::float64}) check(make(name, norm, type));
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(replica_test)

BOOST_AUTO_TEST_CASE(a_copy_of_the_tensors_is_computed_with_to_the_same_bits) {
  for_every_network([](const network& net) {
    const auto in_place = life_of(replica{net}, net);
    const auto apart = life_of(replica{net, at::kCPU, true}, net);
    BOOST_TEST((apart == in_place), net.options().name);
    BOOST_TEST(std::isfinite(in_place.logits.back()));
  });
}

BOOST_AUTO_TEST_CASE(parameters_go_to_a_copy_when_they_are_said_to_have_moved) {
  const auto net = make("logistic", norm_kind::none, scalar::float32);
  replica one{net, at::kCPU, true};
  const auto batch = noise_batch();
  const auto parameters = one.parameters().as<float>();
  const auto leave = [](const tensor_entry&, const std::byte*) {};
  const auto move = [&](const tensor_entry& entry, const std::byte*) {
    parameters[entry.offset] += 1.0f;
  };
  prepare_torch_thread();
  const double first = one.backward(batch, leave, false);
  parameters[0] += 1.0f;  // unannounced: unmoved parameters are not copied for every pass
  BOOST_TEST(one.backward(batch, move, true) == first);
  BOOST_TEST(one.backward(batch, leave, false) != first);
}

BOOST_AUTO_TEST_CASE(a_gpu_comes_to_the_same_to_a_tolerance,
                     *boost::unit_test::precondition(test::has_gpu)) {
  for_every_network([](const network& net) {
    const auto here = life_of(replica{net}, net);
    const auto there = life_of(replica{net, torch_device_of("cuda")}, net);
    const bool is_narrow = net.tensors().type() == scalar::float32;
    const auto compare = [&](const char* what, const numbers& a, const numbers& b) {
      const auto difference = relative_difference(a, b);
      BOOST_TEST_MESSAGE(net.options().name << (is_narrow ? ", float32, " : ", float64, ") << what
                                            << ": relative difference " << difference);
      BOOST_TEST(difference < (is_narrow ? 1e-4 : 1e-10));
    };
    compare("losses", there.losses, here.losses);
    compare("gradients", there.gradients, here.gradients);
    compare("moments", there.moments, here.moments);
    compare("logits", there.logits, here.logits);
  });
}

BOOST_AUTO_TEST_CASE(a_device_that_there_is_not_is_refused_with_what_there_is) {
  BOOST_CHECK_NO_THROW(check_torch_device("cpu"));
  const auto refusal = [](const std::string& text) {
    try {
      check_torch_device(text);
    } catch (const bad_input& e) {
      return std::string{e.what()};
    }
    return std::string{"accepted"};
  };
  for (const char* text : {"", "CPU", "gpu", "cpu:0", "cuda:", "cuda:x", "cuda:-1", "cuda:1x"})
    BOOST_TEST(refusal(text) ==
               fmt::format("\"{}\": expected \"cpu\", \"cuda\" or \"cuda:N\"", text));
  if (at::hasCUDA()) {
    BOOST_TEST(refusal("cuda") == "accepted");
    BOOST_TEST(refusal("cuda:99").find("expected a number below") != std::string::npos);
  } else {
    BOOST_TEST(refusal("cuda") ==
               "\"cuda\": expected \"cpu\"; LibTorch has no CUDA here, or finds no GPU");
  }
}

BOOST_AUTO_TEST_SUITE_END()
