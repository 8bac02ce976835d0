#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "verge/model/dataset.hpp"
#include "verge/model/manifest.hpp"
#include "verge/model/model_state.hpp"

namespace verge {

struct module_spec;

/// The normalisation that a network's norm layers do. A network without such layers (see
/// has_norm_layers()) is the same for every norm_kind.
enum class norm_kind : std::uint8_t { batch, group, none };

/// What a network is built from. network_names() lists the names.
struct network_options {
  std::string name = "cnn";
  norm_kind norm = norm_kind::group;
  scalar type = scalar::float32;
  sample_shape input;
  std::uint32_t classes = 10;
  /// Whether batch norm's running statistics and counters are part of layout(), so that they travel
  /// and the server pools them (docs/batch_norm.md).
  bool shares_statistics = true;
  /// Whether layout() has a control variate for each parameter, behind all parameters, as SCAFFOLD
  /// needs them (docs/strategies.md).
  bool shares_controls = false;

  friend bool operator==(const network_options&, const network_options&) = default;
};

/// A batch-norm layer of a network.
struct batch_norm_layer {
  /// Its name in the state dict.
  std::string name;
  /// Rows and columns that it normalises per sample and channel.
  std::uint32_t height = 1;
  std::uint32_t width = 1;

  friend bool operator==(const batch_norm_layer&, const batch_norm_layer&) = default;
};

/// Every trainer needs a replica of its own, and all replicas must be the same network. A network
/// is the recipe for them: layout, initial values and forward pass. The forward pass is written in
/// TorchScript, so a model trained here loads in Python's torch.jit.load. Immutable and cheap to
/// copy. Threads may use it at the same time.
class network {
public:
  /// Throws bad_input when there is no such network or it cannot take `options.input`.
  static network build(const network_options& options);

  const network_options& options() const;
  /// The tensors that a server holds and links carry: tensors() without the statistics and counters
  /// that are not shared, and with the control variates that are.
  const manifest& layout() const;
  /// All tensors, in the order of the network's state dict.
  const manifest& tensors() const;
  /// The batch-norm layers in the order of the state dict; empty when the norm is another one.
  std::vector<batch_norm_layer> batch_norm_layers() const;

  /// Version 0 of the model: a function of (seed, options). Linear and convolution weights are
  /// initialised as the network's paper or torchvision does (model/networks/networks.hpp says
  /// which), otherwise by PyTorch's default. They are drawn from random_purpose::initial_parameters
  /// by entry number. Running means are 0, variances 1. A float32 model starts at the rounded
  /// values of the float64 one.
  model_state initial_state(std::uint64_t seed) const;
  /// The initial running statistics of tensors(): means 0, variances 1.
  flat_buffer initial_statistics() const;
  /// Converts a state of layout() to one of tensors(): it gets the initial statistics where it has
  /// none, and loses its controls.
  model_state completed(model_state state) const;

  /// Writes a TorchScript file in evaluation mode: forward(x: [N, C, H, W]) -> logits [N, classes].
  /// `state` is one of tensors(), and the state dict has their names, shapes and order. The write
  /// is atomic: a temporary file, renamed. Throws run_failure when the file cannot be written.
  void save_torchscript(const model_state& state, const std::filesystem::path& file) const;

  /// The description that the library builds modules from. It is private to the library.
  struct recipe;
  const recipe& parts() const { return *recipe_; }

private:
  explicit network(std::shared_ptr<const recipe> r) : recipe_(std::move(r)) {}

  std::shared_ptr<const recipe> recipe_;
};

/// The networks of the library in the order of the documentation, then those that were added.
std::vector<std::string> network_names();

/// Whether network_options::norm makes a difference to the network of that name.
bool has_norm_layers(std::string_view network);

/// A network by its name.
struct network_entry {
  /// As network_options has it.
  std::string_view name;
  /// Describes the network: module_spec.hpp says how, layers.hpp has the usual layers. Its forward
  /// pass is [N, C, H, W] -> logits [N, classes]. Each size in `options` is at least 1, and there
  /// are two classes or more. Throws bad_input when the pictures are too small.
  module_spec (*build)(const network_options& options) = nullptr;
  bool has_norm_layers = false;
};

/// Adds a network of the program's own. From then on network::build() builds it, and
/// network_names() and errors that list networks have its name. Call this before the first run, in
/// every process that takes part: the server and each device have to know the same network. Throws
/// bad_input when the name is taken, or is not a lower-case letter with lower-case letters, digits
/// and '_' behind it.
void add_network(const network_entry& entry);

}  // namespace verge
