#include "verge/model/network.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "model/networks/initialisation.hpp"
#include "model/networks/network_recipe.hpp"
#include "model/networks/networks.hpp"
#include "model/text/named_set.hpp"
#include "verge/messages/errors.hpp"

namespace verge {

namespace {

constexpr network_entry table[] = {
    {"logistic", networks::logistic},              // one linear layer
    {"mlp", networks::mlp},                        // two hidden layers
    {"lenet", networks::lenet, true},              // LeNet-5
    {"cnn", networks::cnn},                        // of McMahan et al. 2017
    {"small_cnn", networks::small_cnn},            // of pfl-research
    {"strided_cnn", networks::strided_cnn, true},  // strides in place of pooling
    {"resnet18", networks::resnet18, true},        // in its form for CIFAR
};

named_set<network_entry>& all_networks() {
  static named_set<network_entry> all{"network", table};
  return all;
}

module_spec build_root(const network_options& options) {
  if (const auto* entry = all_networks().find(options.name)) return entry->build(options);
  throw bad_input(fmt::format("there is no network \"{}\"; expected one of {}", options.name,
                              fmt::join(network_names(), ", ")));
}

void list_tensors(const module_spec& module, const std::string& prefix, manifest& layout) {
  for (const tensor_spec& tensor : module.tensors) {
    layout.add(prefix + tensor.name, tensor.shape, tensor.role);
  }
  for (const module_spec& child : module.children) {
    list_tensors(child, prefix + child.name + '.', layout);
  }
}

/// Walks `module` as list_tensors does. `number` is the manifest entry of the next tensor.
void fill_module(const module_spec& module, const manifest& tensors, std::uint64_t seed,
                 std::uint32_t& number, model_state& state) {
  for (const tensor_spec& tensor : module.tensors) {
    const tensor_entry& entry = tensors.entries()[number];
    if (entry.role != tensor_role::batch_counter) {
      auto& buffer = entry.role == tensor_role::parameter ? state.parameters : state.statistics;
      fill_initial(buffer, entry, tensor.initial, seed, number);
    }
    ++number;
  }
  for (const module_spec& child : module.children) {
    fill_module(child, tensors, seed, number, state);
  }
}

void list_batch_norms(const module_spec& module, const std::string& path,
                      std::vector<batch_norm_layer>& layers) {
  if (module.batch_norm)
    layers.push_back({path, static_cast<std::uint32_t>(module.batch_norm->height),
                      static_cast<std::uint32_t>(module.batch_norm->width)});
  for (const module_spec& child : module.children)
    list_batch_norms(child, path.empty() ? child.name : path + '.' + child.name, layers);
}

/// The tensors that a server holds for a network with these tensors.
manifest shared_of(const manifest& tensors, const network_options& options) {
  manifest shared(tensors.type());
  for (const tensor_entry& entry : tensors.entries())
    if (options.shares_statistics || entry.role == tensor_role::parameter)
      shared.add(entry.name, entry.shape, entry.role);
  if (!options.shares_controls) return shared;
  for (const tensor_entry& entry : tensors.entries())
    if (entry.role == tensor_role::parameter)
      shared.add("control." + entry.name, entry.shape, entry.role);
  return shared;
}

/// A copy of `front`, followed by zeros.
flat_buffer extended(const flat_buffer& front, std::size_t elements) {
  flat_buffer whole(front.type(), elements);
  std::memcpy(whole.data(), front.data(), front.size_bytes());
  return whole;
}

}  // namespace

network network::build(const network_options& options) {
  const sample_shape& input = options.input;
  if (input.elements() == 0) {
    throw bad_input(fmt::format("network {} cannot take pictures of {}x{}x{}; sizes are at least 1",
                                options.name, input.channels, input.height, input.width));
  }
  if (options.classes < 2) {
    throw bad_input(fmt::format("network {} cannot tell {} classes apart; expected at least 2",
                                options.name, options.classes));
  }
  auto parts = std::make_shared<recipe>();
  parts->options = options;
  parts->root = build_root(options);
  parts->tensors = manifest(options.type);
  list_tensors(parts->root, "", parts->tensors);
  parts->layout = shared_of(parts->tensors, options);
  return network(std::move(parts));
}

const network_options& network::options() const {
  return recipe_->options;
}

const manifest& network::layout() const {
  return recipe_->layout;
}

const manifest& network::tensors() const {
  return recipe_->tensors;
}

std::vector<batch_norm_layer> network::batch_norm_layers() const {
  std::vector<batch_norm_layer> layers;
  list_batch_norms(recipe_->root, "", layers);
  return layers;
}

model_state network::initial_state(std::uint64_t seed) const {
  const manifest& tensors = recipe_->tensors;
  model_state state{flat_buffer(tensors.type(), tensors.parameter_count()),
                    flat_buffer(tensors.type(), tensors.statistic_count()), 0};
  std::uint32_t number = 0;
  fill_module(recipe_->root, tensors, seed, number, state);
  if (!recipe_->options.shares_statistics) state.statistics = flat_buffer(tensors.type(), 0);
  if (recipe_->options.shares_controls)
    state.parameters = extended(state.parameters, recipe_->layout.parameter_count());
  return state;
}

flat_buffer network::initial_statistics() const {
  const manifest& tensors = recipe_->tensors;
  flat_buffer statistics(tensors.type(), tensors.statistic_count());
  with_scalar(tensors.type(), [&](auto zero) {
    using element = decltype(zero);
    for (const tensor_entry& entry : tensors.entries())
      if (entry.role == tensor_role::running_variance)
        std::fill_n(statistics.as<element>().begin() + static_cast<std::ptrdiff_t>(entry.offset),
                    entry.elements, element{1});
  });
  return statistics;
}

model_state network::completed(model_state state) const {
  const manifest& tensors = recipe_->tensors;
  if (state.statistics.empty()) state.statistics = initial_statistics();
  if (state.parameters.size() > tensors.parameter_count())
    state.parameters = {tensors.type(), tensors.parameter_count(), state.parameters.memory()};
  return state;
}

std::vector<std::string> network_names() {
  return all_networks().names();
}

bool has_norm_layers(std::string_view network) {
  const auto* entry = all_networks().find(network);
  return entry && entry->has_norm_layers;
}

void add_network(const network_entry& entry) {
  all_networks().add(entry);
}

void require_layout(const manifest& layout, const model_state& state, const char* what) {
  const auto fits = [&](const flat_buffer& buffer, std::size_t elements) {
    return buffer.size() == elements && (elements == 0 || buffer.type() == layout.type());
  };
  if (fits(state.parameters, layout.parameter_count()) &&
      fits(state.statistics, layout.statistic_count())) {
    return;
  }
  throw run_failure(fmt::format(
      "cannot {}: it has {} parameters and {} statistics of {} bytes, the network {} and {} of {}",
      what, state.parameters.size(), state.statistics.size(), bytes_of(state.parameters.type()),
      layout.parameter_count(), layout.statistic_count(), bytes_of(layout.type())));
}

}  // namespace verge
