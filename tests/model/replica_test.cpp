// A replica that computes on its buffers, and one that keeps a copy of them where it computes, as on a GPU.

#include "replica.hpp"

#include <ATen/Context.h>
#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "support/noise_dataset.hpp"
#include "torch_border.hpp"
#include "torch_device.hpp"
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

/// All that a replica says in two training passes, between which its parameters are changed, an observation and an
/// evaluation.
numbers life_of(replica one, const network& net) {
  prepare_torch_thread();
  const auto type = net.tensors().type();
  const auto start = net.initial_state(3);
  std::memcpy(one.parameters().data(), start.parameters.data(), start.parameters.size_bytes());
  if (!start.statistics.empty())
    std::memcpy(one.statistics().data(), start.statistics.data(), start.statistics.size_bytes());
  const auto batch = noise_batch();
  numbers said;
  const auto data = local_data::of_device(
      1, device_id{0}, std::make_shared<test::noise_dataset>(samples, shape), {});
  for (std::uint32_t step = 0; step < 2; ++step) {
    one.dropouts().draw(*data, round_id{1}, step, samples);
    said.push_back(one.backward(batch, [&](const tensor_entry& entry, const std::byte* gradient) {
      append(said, type, gradient, entry.elements);
    }));
    append(said, type, one.statistics().data(), one.statistics().size());
    with_scalar(type, [&](auto zero) {
      for (auto& value : one.parameters().as<decltype(zero)>()) value *= decltype(zero)(0.9);
    });
  }
  one.observe(batch.features);
  append(said, type, one.statistics().data(), one.statistics().size());
  const auto logits = one.logits(batch.features);
  said.insert(said.end(), logits.begin(), logits.end());
  return said;
}

double relative_difference(const numbers& a, const numbers& b) {
  BOOST_REQUIRE(a.size() == b.size());
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
      const auto type = norm == norm_kind::group ? scalar::float64 : scalar::float32;
      check(make(name, norm, type));
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(replica_test)

BOOST_AUTO_TEST_CASE(a_copy_of_the_tensors_is_computed_with_to_the_same_bits) {
  for_every_network([](const network& net) {
    const auto in_place = life_of(replica{net}, net);
    const auto apart = life_of(replica{net, at::kCPU, true}, net);
    BOOST_TEST((apart == in_place), net.options().name);
    BOOST_TEST(std::isfinite(in_place.back()));
  });
}

boost::test_tools::assertion_result has_gpu(boost::unit_test::test_unit_id) {
  boost::test_tools::assertion_result result{at::hasCUDA()};
  result.message() << "LibTorch finds no GPU here";
  return result;
}

BOOST_AUTO_TEST_CASE(a_gpu_comes_to_the_same_to_a_tolerance,
                     *boost::unit_test::precondition(has_gpu)) {
  for_every_network([](const network& net) {
    const auto here = life_of(replica{net}, net);
    const auto there = life_of(replica{net, torch_device_of("cuda")}, net);
    const auto difference = relative_difference(there, here);
    BOOST_TEST_MESSAGE(net.options().name << ": relative difference " << difference);
    BOOST_TEST(difference < (net.tensors().type() == scalar::float32 ? 1e-4 : 1e-10));
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
