#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "verge/messages/ids.hpp"
#include "verge/messages/local_work.hpp"
#include "verge/model/dataset.hpp"
#include "verge/model/network.hpp"

namespace verge {

class local_data;
struct model_blocks;

/// The result of one device's local work, beside the update itself.
struct training_outcome {
  /// Number of samples that the work went through.
  std::uint64_t samples = 0;
  /// SGD steps (batches).
  std::uint32_t steps = 0;
  /// Mean loss over the samples.
  double loss = 0.0;
  /// Processor time of the work; 0 = not measured.
  std::chrono::duration<double> compute{};
};

/// Sums over the samples of one evaluation task.
struct evaluation_sums {
  std::uint64_t samples = 0;
  std::uint64_t correct = 0;
  double loss = 0.0;
  /// Samples with one label, and how many of them were classified correctly.
  struct label_count {
    std::uint64_t samples = 0;
    std::uint64_t correct = 0;
  };
  /// By label, with one entry per class of the network; empty when there was no sample.
  std::vector<label_count> labels = {};

  void add(const evaluation_sums& other);
};

/// A replica per device would not fit in memory. A learner is one LibTorch replica of a network and
/// runs every forward and backward pass of its thread. It holds nothing of a device between two
/// calls, so devices share a few learners.
///
/// Not thread-safe: one thread at a time. Every call that computes sets the calling thread's
/// LibTorch state (one thread, plain interpreter). The constructor also configures the whole
/// process: OpenBLAS uses one thread, and GPUs compute repeatably. Results therefore have the same
/// bits on every learner of a machine. Throws run_failure, one line, for wrong arguments, bad
/// labels and exceptions of LibTorch.
class learner {
public:
  /// `torch_device` is a text that check_torch_device() accepts.
  explicit learner(const network& recipe, const std::string& torch_device = "cpu");
  ~learner();
  learner(const learner&) = delete;
  learner& operator=(const learner&) = delete;

  /// Copies `state`, from which the next calls start. Its statistics are those of
  /// network::layout(), or those of all of the network's tensors, as in the model of a run_ended.
  void load(const model_state& state);
  /// The same for `version` of the model of `run`. Does nothing when that version of that run is
  /// loaded already.
  void load(std::uint64_t run, model_version version, const model_state& state);
  /// The same from the blocks that the version travels in: dense values of the layout's lengths.
  void load(std::uint64_t run, model_version version, const model_blocks& model);

  /// Does `work` on `data` from the loaded version and writes the update: parameter_count() values
  /// of a gradient or a displacement into `update`, and tensors().statistic_count() batch moments
  /// into `moments`, both of the model's scalar type. The result is a function of the loaded
  /// version and the arguments alone. Dropout draws from random_purpose::dropout by (device, round,
  /// step).
  ///
  /// A gradient is that of the mean loss of one batch, so its work is one step, and the server
  /// applies learning rate, momentum and weight decay. A displacement is accumulated as such: after
  /// each local step the parameters are start + displacement, the same addition that the server
  /// does, so one federated device gives the bits of local SGD. Momentum starts at rest and is as
  /// torch.optim.SGD's without dampening. Weight decay is added to the gradient.
  ///
  /// Moments are the mean and variance of the round's batches per norm channel, weighted as the
  /// running statistics weight them (docs/batch_norm.md). The variance is torch's unbiased one.
  ///
  /// Where the network shares control variates (SCAFFOLD: Karimireddy et al. 2020, algorithm 1,
  /// option II), `control` is the device's own control variate, empty while it is 0. The second
  /// half of a displacement is then the change to add to it.
  training_outcome train(const local_work& work, const local_data& data, round_id round,
                         flat_buffer& update, flat_buffer& moments,
                         const flat_buffer& control = {});

  /// Sets the running statistics, of all of the network's tensors, that the next evaluations use.
  /// It is called after load() where the model's blocks have none
  /// (network_options::shares_statistics).
  void use_statistics(const flat_buffer& statistics);

  /// Writes the batch moments of samples [begin, end) of `data`, taken as one batch, into
  /// `moments`. Recalibration pools them. Only the norm layers are in training mode.
  void measure_moments(const dataset& data, std::size_t begin, std::size_t end,
                       flat_buffer& moments);

  /// Runs samples [begin, end) of `data` in evaluation mode, `batch_size` at a time. The loss is
  /// the summed cross entropy. Among equal logits the answer is the first class.
  evaluation_sums evaluate(const dataset& data, std::size_t begin, std::size_t end,
                           std::size_t batch_size);

  /// The loaded version's logits in evaluation mode. `features` holds samples one after the other,
  /// as dataset::read writes them. The result has `classes` values per sample.
  std::vector<double> logits(std::span<const float> features);

private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

}  // namespace verge
