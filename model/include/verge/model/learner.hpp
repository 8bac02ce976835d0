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

/// What came out of one device's local work, beside the update itself.
struct training_outcome {
  /// Samples gone through.
  std::uint64_t samples = 0;
  /// SGD steps (batches).
  std::uint32_t steps = 0;
  /// Mean loss over the samples.
  double loss = 0.0;
  /// Time of the processor that it took, where somebody has measured it.
  std::chrono::duration<double> compute{};
};

/// Sums over the samples of one evaluation task.
struct evaluation_sums {
  std::uint64_t samples = 0;
  std::uint64_t correct = 0;
  double loss = 0.0;
  /// Samples of a label, and how many of them were classified correctly.
  struct label_count {
    std::uint64_t samples = 0;
    std::uint64_t correct = 0;
  };
  /// By label; as many as the network tells apart, or none where there was no sample.
  std::vector<label_count> labels = {};

  void add(const evaluation_sums& other);
};

/// One LibTorch replica of a network: runs every forward and backward pass of its thread. Holds
/// nothing of a device between two calls, so devices share a few learners.
///
/// One thread at a time. Every call sets the calling thread's LibTorch state (one thread, plain
/// interpreter). Making one configures the whole process: OpenBLAS uses one thread, and GPUs compute repeatably. So results
/// have the same bits on every learner of a machine. Throws run_failure, one line, for wrong arguments, bad labels and
/// exceptions of LibTorch.
class learner {
public:
  /// `torch_device`: as check_torch_device() takes it.
  explicit learner(const network& recipe, const std::string& torch_device = "cpu");
  ~learner();
  learner(const learner&) = delete;
  learner& operator=(const learner&) = delete;

  /// Makes `state` the start of the next calls; it is copied. As network::layout() has it, or with statistics of all of the
  /// network's tensors, as the model of a run_ended.
  void load(const model_state& state);
  /// The same with `version` of the model of `run`: does nothing when that version of that run is loaded already.
  void load(std::uint64_t run, model_version version, const model_state& state);
  /// That from the blocks that the version travels in; dense values of the layout's lengths.
  void load(std::uint64_t run, model_version version, const model_blocks& model);

  /// Does `work` on `data` from the loaded version and writes the update: parameter_count() values
  /// of a gradient or a displacement into `update`, and tensors().statistic_count() batch moments into
  /// `moments`, both of the model's scalar type. The result is a function of the loaded version,
  /// the arguments and nothing else; dropout draws from random_purpose::dropout by (device, round,
  /// step).
  ///
  /// A gradient is that of the mean loss of one batch (so work is one step); learning rate,
  /// momentum and weight decay are the server's. A displacement is accumulated as such: after each
  /// local step the parameters are start + displacement, the same addition the server does, so one
  /// federated device gives the bits of local SGD. Momentum starts at rest and is as
  /// torch.optim.SGD's without dampening; weight decay is added to the gradient.
  ///
  /// Moments: the mean and variance of the round's batches per norm channel, weighted as the
  /// running statistics weight them (docs/batch_norm.md); the variance is torch's unbiased one.
  ///
  /// Where the network shares control variates (SCAFFOLD: Karimireddy et al. 2020, algorithm 1, option II), `control` is
  /// the device's own, empty while it is 0, and the second half of a displacement is what is to be added to it.
  training_outcome train(const local_work& work, const local_data& data, round_id round,
                         flat_buffer& update, flat_buffer& moments,
                         const flat_buffer& control = {});

  /// The running statistics that the next evaluations use, of all of the network's tensors; to be said after load()
  /// where the model's blocks have none (network_options::shares_statistics).
  void use_statistics(const flat_buffer& statistics);

  /// Writes the batch moments of samples [begin, end) of `data`, taken as one batch, into `moments`: what recalibration
  /// pools. Nothing else than the norm layers is in training mode.
  void measure_moments(const dataset& data, std::size_t begin, std::size_t end,
                       flat_buffer& moments);

  /// Runs samples [begin, end) of `data` in evaluation mode, `batch_size` at a time. The loss is
  /// the summed cross entropy; of equal logits the first class is the answer.
  evaluation_sums evaluate(const dataset& data, std::size_t begin, std::size_t end,
                           std::size_t batch_size);

  /// The loaded version's answers in evaluation mode: `features` holds samples one after the other,
  /// as dataset::read writes them; the result has `classes` values for each.
  std::vector<double> logits(std::span<const float> features);

private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

}  // namespace verge
