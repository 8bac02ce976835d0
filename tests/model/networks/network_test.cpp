#include "verge/model/network.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <fstream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "support/documented.hpp"
#include "support/message_of.hpp"
#include "support/noise_dataset.hpp"
#include "verge/messages/errors.hpp"
#include "verge/model/learner.hpp"

using namespace verge;

BOOST_AUTO_TEST_SUITE(network_test)

namespace {

constexpr sample_shape mnist{1, 28, 28};
constexpr sample_shape cifar{3, 32, 32};

network make(const std::string& name, sample_shape input, norm_kind norm = norm_kind::batch,
             scalar type = scalar::float32) {
  return network::build({name, norm, type, input, 10});
}

const tensor_entry& entry(const network& net, const std::string& name) {
  const auto& entries = net.layout().entries();
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const tensor_entry& e) { return e.name == name; });
  BOOST_REQUIRE_MESSAGE(found != entries.end(), "no tensor " << name);
  return *found;
}

std::vector<double> values(const network& net, const model_state& state, const std::string& name) {
  const tensor_entry& e = entry(net, name);
  const flat_buffer& buffer =
      e.role == tensor_role::parameter ? state.parameters : state.statistics;
  return with_scalar(buffer.type(), [&](auto zero) {
    const auto part = buffer.as<decltype(zero)>().subspan(e.offset, e.elements);
    return std::vector<double>(part.begin(), part.end());
  });
}

double mean_square(const std::vector<double>& v) {
  double sum = 0.0;
  for (const double x : v) sum += x * x;
  return sum / static_cast<double>(v.size());
}

/// Checks for a uniform distribution in +-bound: inside, close to both ends, and with the variance
/// of a uniform.
void check_uniform(const std::vector<double>& v, double bound) {
  const auto [low, high] = std::minmax_element(v.begin(), v.end());
  BOOST_TEST(*low >= -bound * (1 + 1e-6));
  BOOST_TEST(*high <= bound * (1 + 1e-6));
  if (v.size() >= 2000) {
    BOOST_TEST(*low < -0.99 * bound);
    BOOST_TEST(*high > 0.99 * bound);
    BOOST_TEST(mean_square(v) * 3 / (bound * bound) == 1.0, boost::test_tools::tolerance(0.1));
  }
}

bool all_are(const std::vector<double>& v, double value) {
  return std::all_of(v.begin(), v.end(), [&](double x) { return x == value; });
}

/// Names and shapes that torchvision gives resnet18, in state dict order, except for the 3x3 stem.
std::vector<std::pair<std::string, std::vector<std::int64_t>>> torchvision_resnet18() {
  std::vector<std::pair<std::string, std::vector<std::int64_t>>> list;
  const auto norm = [&](const std::string& name, std::int64_t channels) {
    for (const char* leaf : {"weight", "bias", "running_mean", "running_var"}) {
      list.push_back({name + "." + leaf, {channels}});
    }
    list.push_back({name + ".num_batches_tracked", {}});
  };
  list.push_back({"conv1.weight", {64, 3, 3, 3}});
  norm("bn1", 64);
  std::int64_t in = 64;
  for (int layer = 1; layer <= 4; ++layer) {
    const std::int64_t out = 32 << layer;
    for (int block = 0; block < 2; ++block) {
      const auto at = "layer" + std::to_string(layer) + "." + std::to_string(block) + ".";
      list.push_back({at + "conv1.weight", {out, in, 3, 3}});
      norm(at + "bn1", out);
      list.push_back({at + "conv2.weight", {out, out, 3, 3}});
      norm(at + "bn2", out);
      if (in != out) {
        list.push_back({at + "downsample.0.weight", {out, in, 1, 1}});
        norm(at + "downsample.1", out);
      }
      in = out;
    }
  }
  list.push_back({"fc.weight", {10, 512}});
  list.push_back({"fc.bias", {10}});
  return list;
}

}  // namespace

BOOST_AUTO_TEST_CASE(parameter_counts_are_the_published_ones) {
  BOOST_TEST(make("logistic", mnist).layout().parameter_count() == 7850u);
  BOOST_TEST(make("logistic", cifar).layout().parameter_count() == 30730u);
  BOOST_TEST(make("mlp", mnist).layout().parameter_count() == 199210u);
  BOOST_TEST(make("mlp", cifar).layout().parameter_count() == 656810u);
  BOOST_TEST(make("cnn", mnist).layout().parameter_count() == 1663370u);
  BOOST_TEST(make("cnn", cifar).layout().parameter_count() == 2156490u);
  BOOST_TEST(make("lenet", mnist, norm_kind::none).layout().parameter_count() == 44426u);
  BOOST_TEST(make("lenet", cifar, norm_kind::none).layout().parameter_count() == 62006u);
  BOOST_TEST(make("lenet", mnist).layout().parameter_count() == 44470u);
  BOOST_TEST(make("lenet", cifar).layout().parameter_count() == 62050u);
  BOOST_TEST(make("small_cnn", mnist).layout().parameter_count() == 1199882u);
  BOOST_TEST(make("small_cnn", cifar).layout().parameter_count() == 1626442u);
  BOOST_TEST(make("strided_cnn", mnist).layout().parameter_count() == 61050u);
  BOOST_TEST(make("strided_cnn", cifar).layout().parameter_count() == 61338u);
  BOOST_TEST(make("resnet18", mnist).layout().parameter_count() == 11172810u);
  BOOST_TEST(make("resnet18", cifar).layout().parameter_count() == 11173962u);
}

BOOST_AUTO_TEST_CASE(the_documentation_has_every_network_with_its_counts) {
  const auto with_commas = [](std::size_t count) {
    auto digits = std::to_string(count);
    for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3)
      digits.insert(static_cast<std::size_t>(at), 1, ',');
    return digits;
  };
  std::map<std::string, std::string> rows;
  std::ifstream page(VERGE_SOURCE_DIR "/docs/networks.md");
  for (std::string line; std::getline(page, line);)
    if (line.starts_with("| `")) rows[line.substr(3, line.find('`', 3) - 3)] = line;
  BOOST_TEST(rows.size() == network_names().size());
  for (const auto& name : network_names()) {
    const auto counts =
        fmt::format("| {} | {} |", with_commas(make(name, mnist).layout().parameter_count()),
                    with_commas(make(name, cifar).layout().parameter_count()));
    BOOST_TEST(rows[name].find(counts) != std::string::npos, name << ": expected " << counts);
  }
  verge::test::check_documented(network_names(), {"experiment_file.md"});
}

BOOST_AUTO_TEST_CASE(resnet18_has_the_tensors_of_torchvision_in_state_dict_order) {
  const network net = make("resnet18", cifar);
  const auto expected = torchvision_resnet18();
  const auto& entries = net.layout().entries();
  BOOST_REQUIRE(entries.size() == expected.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    BOOST_TEST(entries[i].name == expected[i].first);
    BOOST_TEST(entries[i].shape == expected[i].second, boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(group_norm_has_batch_norms_parameters_and_no_statistics) {
  const network batch = make("resnet18", cifar);
  const network group = make("resnet18", cifar, norm_kind::group);
  BOOST_TEST(group.layout().parameter_count() == batch.layout().parameter_count());
  BOOST_TEST(group.layout().statistic_count() == 0u);
  std::vector<std::string> parameters[2];
  for (const tensor_entry& e : batch.layout().entries()) {
    if (e.role == tensor_role::parameter) parameters[0].push_back(e.name);
  }
  for (const tensor_entry& e : group.layout().entries()) parameters[1].push_back(e.name);
  BOOST_TEST(parameters[0] == parameters[1], boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(without_norm_there_are_no_norm_modules_and_branches_start_at_zero) {
  const network net = make("resnet18", cifar, norm_kind::none);
  for (const tensor_entry& e : net.layout().entries()) {
    BOOST_TEST(e.name.find("bn") == std::string::npos);
    BOOST_TEST(e.name.find("downsample.1") == std::string::npos);
  }
  const model_state state = net.initial_state(1);
  BOOST_TEST(all_are(values(net, state, "layer1.0.conv2.weight"), 0.0));
  BOOST_TEST(all_are(values(net, state, "layer4.1.conv2.weight"), 0.0));
  BOOST_TEST(!all_are(values(net, state, "layer1.0.conv1.weight"), 0.0));
}

BOOST_AUTO_TEST_CASE(networks_without_norm_layers_are_the_same_for_every_norm) {
  for (const char* name : {"logistic", "mlp", "cnn", "small_cnn"}) {
    const network batch = make(name, cifar, norm_kind::batch);
    const network none = make(name, cifar, norm_kind::none);
    BOOST_TEST(batch.layout().hash() == none.layout().hash());
    BOOST_TEST(model_sha256(batch.layout(), batch.initial_state(3)) ==
               model_sha256(none.layout(), none.initial_state(3)));
  }
}

BOOST_AUTO_TEST_CASE(batch_norm_layers_say_the_maps_that_they_see) {
  const auto strided = make("strided_cnn", {1, 9, 4}).batch_norm_layers();
  BOOST_TEST((strided == std::vector<batch_norm_layer>{
                             {"norm1", 9, 4}, {"norm2", 5, 2}, {"norm3", 3, 1}, {"norm4", 3, 1}}));
  const auto lenet = make("lenet", mnist).batch_norm_layers();
  BOOST_TEST((lenet == std::vector<batch_norm_layer>{{"norm1", 24, 24}, {"norm2", 8, 8}}));
  const auto resnet = make("resnet18", cifar).batch_norm_layers();
  BOOST_TEST(resnet.size() == 20u);
  BOOST_TEST((resnet.front() == batch_norm_layer{"bn1", 32, 32}));
  BOOST_TEST((resnet.back() == batch_norm_layer{"layer4.1.bn2", 4, 4}));
  BOOST_TEST(make("resnet18", cifar, norm_kind::group).batch_norm_layers().empty());
  BOOST_TEST(make("cnn", mnist).batch_norm_layers().empty());
}

BOOST_AUTO_TEST_CASE(one_sample_has_no_variance_in_just_the_layers_whose_maps_are_1x1) {
  const std::vector<std::pair<std::string, std::vector<sample_shape>>> cases{
      {"lenet", {{1, 16, 16}, {1, 17, 16}}},
      {"strided_cnn", {{1, 1, 1}, {1, 3, 2}, {1, 4, 4}, {1, 4, 5}, {3, 5, 5}}},
      {"resnet18", {{1, 2, 2}, {1, 8, 8}, {1, 9, 8}}}};
  for (const auto& [name, inputs] : cases)
    for (const auto& input : inputs) {
      const auto net = make(name, input);
      learner trained{net};
      trained.load(net.initial_state(1));
      flat_buffer moments(scalar::float32, net.tensors().statistic_count());
      trained.measure_moments(test::noise_dataset(1, input), 0, 1, moments);
      for (const auto& layer : net.batch_norm_layers()) {
        const auto statistic = layer.name + ".running_var";
        const auto& variance = entry(net, statistic);
        const auto values = moments.as<float>().subspan(variance.offset, variance.elements);
        const bool has_variance =
            std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); });
        BOOST_TEST(has_variance == (layer.height * layer.width > 1),
                   fmt::format("{} of {} for {}x{}", layer.name, name, input.height, input.width));
      }
    }
}

BOOST_AUTO_TEST_CASE(initial_values_depend_on_the_seed_and_on_nothing_else) {
  for (const std::string& name : network_names()) {
    const network net = make(name, cifar);
    const auto hash = [&](std::uint64_t seed) {
      return model_sha256(net.layout(), net.initial_state(seed));
    };
    const std::string one = hash(1);
    BOOST_TEST(hash(2) != one, name);
    BOOST_TEST(model_sha256(net.layout(), make(name, cifar).initial_state(1)) == one, name);
  }
}

BOOST_AUTO_TEST_CASE(a_float32_model_starts_at_the_rounded_values_of_the_float64_model) {
  for (const std::string& name : network_names()) {
    const model_state narrow = make(name, cifar).initial_state(5);
    const model_state wide = make(name, cifar, norm_kind::batch, scalar::float64).initial_state(5);
    const auto few = std::as_const(narrow.parameters).as<float>();
    const auto many = std::as_const(wide.parameters).as<double>();
    BOOST_REQUIRE(few.size() == many.size());
    BOOST_TEST(std::equal(few.begin(), few.end(), many.begin(),
                          [](float a, double b) { return a == static_cast<float>(b); }),
               name);
  }
}

BOOST_AUTO_TEST_CASE(default_layers_are_uniform_in_one_over_the_root_of_the_fan_in) {
  const network net = make("cnn", mnist);
  const model_state state = net.initial_state(11);
  const std::map<std::string, double> fan_in{
      {"conv1", 25}, {"conv2", 32 * 25}, {"fc1", 3136}, {"fc2", 512}};
  for (const auto& [layer, fan] : fan_in) {
    check_uniform(values(net, state, layer + ".weight"), 1 / std::sqrt(fan));
    check_uniform(values(net, state, layer + ".bias"), 1 / std::sqrt(fan));
    BOOST_TEST(!all_are(values(net, state, layer + ".bias"), 0.0));
  }
}

BOOST_AUTO_TEST_CASE(small_cnn_is_glorot_uniform_with_zero_biases) {
  const network net = make("small_cnn", cifar);
  const model_state state = net.initial_state(11);
  const std::map<std::string, double> fan_sum{{"conv1", 3 * 9 + 32 * 9},
                                              {"conv2", 32 * 9 + 64 * 9},
                                              {"fc1", 12544 + 128},
                                              {"fc2", 128 + 10}};
  for (const auto& [layer, fans] : fan_sum) {
    check_uniform(values(net, state, layer + ".weight"), std::sqrt(6 / fans));
    BOOST_TEST(all_are(values(net, state, layer + ".bias"), 0.0));
  }
}

BOOST_AUTO_TEST_CASE(resnet18_convolutions_are_normal_by_fan_out_and_norms_start_as_identity) {
  const network net = make("resnet18", cifar);
  const model_state state = net.initial_state(11);
  const std::map<std::string, double> fan_out{{"conv1.weight", 64 * 9},
                                              {"layer1.0.conv2.weight", 64 * 9},
                                              {"layer3.0.downsample.0.weight", 256},
                                              {"layer4.1.conv2.weight", 512 * 9}};
  for (const auto& [name, fan] : fan_out) {
    const auto v = values(net, state, name);
    const double variance = 2 / fan;
    const double n = static_cast<double>(v.size());
    // Five standard deviations of the sample's own variance, and of its kurtosis (3 for a normal).
    BOOST_TEST(std::abs(mean_square(v) / variance - 1) < 5 * std::sqrt(2 / n), name);
    double fourth = 0.0;
    for (const double x : v) fourth += x * x * x * x / n;
    BOOST_TEST(std::abs(fourth / (variance * variance) - 3) < 5 * std::sqrt(96 / n), name);
    // Neighbours are made from the same two uniforms, but must be independent.
    double product = 0.0;
    for (std::size_t i = 0; i + 1 < v.size(); i += 2) product += v[i] * v[i + 1];
    BOOST_TEST(std::abs(product / variance) < 5 * std::sqrt(n / 2), name);
  }
  for (const tensor_entry& e : net.layout().entries()) {
    if (e.role == tensor_role::batch_counter) continue;
    const bool norm =
        e.name.find("bn") != std::string::npos || e.name.find("downsample.1") != std::string::npos;
    if (!norm) continue;
    const bool one = e.name.ends_with("weight") || e.name.ends_with("running_var");
    BOOST_TEST(all_are(values(net, state, e.name), one ? 1.0 : 0.0), e.name);
  }
  BOOST_TEST(state.batches_tracked == 0);
}

BOOST_AUTO_TEST_CASE(two_layers_of_one_shape_start_differently) {
  const network net = make("resnet18", cifar);
  const model_state state = net.initial_state(1);
  BOOST_TEST(values(net, state, "layer1.0.conv1.weight") !=
             values(net, state, "layer1.0.conv2.weight"));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_built_is_refused_in_one_line_that_says_why) {
  const auto refusal = [](const network_options& options) {
    return test::message_of<bad_input>([&] { network::build(options); });
  };
  const auto says = [](const std::string& text, const char* word) {
    return text.find(word) != std::string::npos && text.find('\n') == std::string::npos;
  };
  using enum norm_kind;
  const scalar f = scalar::float32;
  const auto unknown = refusal({"resnet", batch, f, cifar, 10});
  BOOST_TEST(says(unknown, "\"resnet\""));
  for (const std::string& name : network_names()) BOOST_TEST(says(unknown, name.c_str()));
  BOOST_TEST(says(refusal({"cnn", batch, f, {1, 3, 28}, 10}), "3x28"));
  BOOST_TEST(says(refusal({"lenet", batch, f, {3, 15, 32}, 10}), "15x32"));
  BOOST_TEST(says(refusal({"small_cnn", batch, f, {3, 32, 5}, 10}), "32x5"));
  BOOST_TEST(says(refusal({"mlp", batch, f, {0, 28, 28}, 10}), "0x28x28"));
  BOOST_TEST(says(refusal({"mlp", batch, f, mnist, 1}), "1 classes"));
}

BOOST_AUTO_TEST_SUITE_END()
