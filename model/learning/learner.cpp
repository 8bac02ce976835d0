#include "verge/model/learner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <utility>

#include "model/data/local_data.hpp"
#include "model/layout/model_blocks.hpp"
#include "model/learning/control_variate.hpp"
#include "model/learning/evaluation.hpp"
#include "model/learning/local_sgd.hpp"
#include "model/networks/network_recipe.hpp"
#include "model/torch/replica.hpp"
#include "model/torch/torch_border.hpp"
#include "model/torch/torch_device.hpp"

namespace verge {

namespace {

void require_buffer(const flat_buffer& buffer, scalar type, std::size_t elements,
                    const char* what) {
  if (buffer.size() == elements && (elements == 0 || buffer.type() == type)) return;
  throw run_failure(fmt::format("the buffer for {} has {} elements of {} bytes, not {} of {}", what,
                                buffer.size(), bytes_of(buffer.type()), elements, bytes_of(type)));
}

void require_shape(const sample_shape& given, const sample_shape& expected) {
  if (given == expected) return;
  throw run_failure(fmt::format("the data has samples of {}x{}x{}, the network takes {}x{}x{}",
                                given.channels, given.height, given.width, expected.channels,
                                expected.height, expected.width));
}

/// torch would skip a label of -100 without an error.
void require_labels(std::span<const std::int64_t> labels, std::uint32_t classes) {
  for (const std::int64_t label : labels) {
    if (label >= 0 && label < std::int64_t{classes}) continue;
    throw run_failure(fmt::format("the data has label {}; the network's classes are 0 to {}", label,
                                  classes - 1));
  }
}

/// Number of the run for models that have none. Every load of such a model copies.
constexpr auto no_run = std::numeric_limits<std::uint64_t>::max();

/// Fills a flat buffer with the front of another.
void copy(const flat_buffer& from, flat_buffer& to) {
  // An empty buffer may have no memory.
  if (!to.empty()) std::memcpy(to.data(), from.data(), to.size_bytes());
}

}  // namespace

/// The loaded version is kept beside the replica's working copy, because local steps move the
/// parameters and training batches the statistics.
struct learner::parts {
  parts(const network& n, const std::string& torch_device)
      : net(n),
        torch(n, torch_device_of(torch_device)),
        parameters(n.layout().type(), n.layout().parameter_count()),
        statistics(n.initial_statistics()) {}

  void require_loaded() const {
    if (!loaded) throw run_failure("a learner was asked to work before a model was loaded");
  }

  /// Brings the working copies back to the loaded version, each only if something moved it.
  void reset_parameters() {
    if (std::exchange(parameters_moved, false)) copy(parameters, torch.parameters());
  }
  void reset_statistics() {
    if (std::exchange(statistics_moved, false)) copy(statistics, torch.statistics());
  }

  /// Prepares SCAFFOLD's correction where the network shares control variates.
  void begin_correction(const flat_buffer& control) {
    if (!net.options().shares_controls) return;
    const std::size_t count = net.tensors().parameter_count();
    if (!control.empty()) require_buffer(control, parameters.type(), count, "a control variate");
    if (correction.empty()) correction = flat_buffer(parameters.type(), count);
    write_correction(parameters, control, correction);
  }

  /// Reads samples [begin, end) as the batch.
  void read(const dataset& data, std::size_t begin, std::size_t end) {
    require_shape(data.shape(), net.options().input);
    if (begin >= end || end > data.size())
      throw run_failure(
          fmt::format("samples {} to {} of {} are no batch", begin, end, data.size()));
    const std::size_t elements = data.shape().elements();
    batch.labels.resize(end - begin);
    batch.features.resize((end - begin) * elements);
    const std::span features(batch.features);
    for (std::size_t i = begin; i < end; ++i) {
      batch.labels[i - begin] = data.read(i, features.subspan((i - begin) * elements, elements));
    }
    require_labels(batch.labels, net.options().classes);
  }

  /// Runs forward and backward and uses the gradient as `work` says. Returns the batch's mean loss.
  double step(const local_work& work, step_place place, flat_buffer& update) {
    if (work.kind == update_kind::gradient) {
      const std::size_t width = bytes_of(update.type());
      const auto keep = [&](const tensor_entry& entry, const std::byte* gradient) {
        std::memcpy(update.data() + entry.offset * width, gradient, entry.elements * width);
      };
      return torch.backward(batch, keep, false);
    }
    if (work.momentum != 0.0 && velocity.empty()) {
      velocity = flat_buffer(parameters.type(), net.tensors().parameter_count());
    }
    if (!place.last) parameters_moved = true;
    return with_scalar(update.type(), [&](auto zero) {
      using element = decltype(zero);
      const sgd_constants<element> constants{
          static_cast<element>(work.learning_rate), static_cast<element>(work.momentum),
          static_cast<element>(work.weight_decay), static_cast<element>(work.proximal)};
      const auto start = std::as_const(parameters).as<element>();
      const auto moving = torch.parameters().as<element>();
      const auto speed = velocity.as<element>();
      const auto correcting = std::as_const(correction).as<element>();
      const auto sum = update.as<element>();
      const auto move = [&](const tensor_entry& entry, const std::byte* gradient) {
        const std::size_t at = entry.offset;
        local_sgd_step<element>(
            constants,
            {entry.elements, reinterpret_cast<const element*>(gradient), start.data() + at,
             moving.data() + at, speed.empty() ? nullptr : speed.data() + at, sum.data() + at,
             correcting.empty() ? nullptr : correcting.data() + at},
            place);
      };
      return torch.backward(batch, move, !place.last);
    });
  }

  /// Makes the replica's running statistics sum moments from here on.
  void begin_moments() {
    flat_buffer& running = torch.statistics();
    std::fill_n(running.data(), running.size_bytes(), std::byte{});
    statistics_moved = true;
  }

  void require_moments(const flat_buffer& moments) const {
    require_buffer(moments, net.tensors().type(), net.tensors().statistic_count(), "the moments");
  }

  /// The running statistics, which began at zero, are sum_i a (1 - a)^(steps - i) m_i.
  void write_moments(std::uint32_t steps, flat_buffer& moments) {
    const double weight = 1.0 - std::pow(1.0 - batch_norm_momentum, steps);
    with_scalar(moments.type(), [&](auto zero) {
      using element = decltype(zero);
      const auto sums = torch.statistics().as<element>();
      const auto out = moments.as<element>();
      for (std::size_t i = 0; i < out.size(); ++i) {
        out[i] = static_cast<element>(static_cast<double>(sums[i]) / weight);
      }
    });
  }

  network net;
  replica torch;
  std::optional<std::pair<std::uint64_t, model_version>> loaded;
  flat_buffer parameters;
  flat_buffer statistics;
  /// Velocity of momentum, allocated when first needed.
  flat_buffer velocity;
  /// SCAFFOLD's correction for the current work; empty without SCAFFOLD.
  flat_buffer correction;
  bool parameters_moved = false;
  bool statistics_moved = false;
  sample_batch batch;
};

learner::learner(const network& recipe, const std::string& torch_device) {
  at_torch_border("build the network", [&] {
    use_one_blas_thread();
    prepare_torch_thread();
    parts_ = std::make_unique<parts>(recipe, torch_device);
  });
}

learner::~learner() = default;

void learner::load(const model_state& state) {
  parts& own = *parts_;
  auto shared = state;
  const auto measured = own.net.tensors().statistic_count();
  const bool has_measured = own.net.layout().statistic_count() == 0 && measured > 0 &&
                            state.statistics.size() == measured;
  if (has_measured) shared.statistics = flat_buffer(state.statistics.type(), 0);
  require_layout(own.net.layout(), shared, "load the model");
  own.loaded.reset();
  load(no_run, {}, split_blocks(own.net.layout(), shared));
  if (has_measured) use_statistics(state.statistics);
}

void learner::load(std::uint64_t run, model_version version, const model_state& state) {
  require_layout(parts_->net.layout(), state, "load the model");
  load(run, version, split_blocks(parts_->net.layout(), state));
}

void learner::load(std::uint64_t run, model_version version, const model_blocks& model) {
  parts& own = *parts_;
  const std::pair wanted{run, version};
  if (own.loaded == wanted) return;
  const manifest& layout = own.net.layout();
  if (model.blocks.size() != layout.block_count())
    throw run_failure(fmt::format("a model of {} blocks; the network has {}", model.blocks.size(),
                                  layout.block_count()));
  const std::size_t width = bytes_of(layout.type());
  for (std::uint32_t i = 0; i < layout.block_count(); ++i) {
    const auto range = layout.block(block_index{i});
    if (model.blocks[i].size() != range.elements * width)
      throw run_failure(fmt::format("block {} of a model has {} bytes; expected {}", i,
                                    model.blocks[i].size(), range.elements * width));
  }
  // Nothing fails from here on, so a learner holds one version or another, never parts of two.
  for (std::uint32_t i = 0; i < layout.block_count(); ++i) {
    const auto range = layout.block(block_index{i});
    flat_buffer& into = range.statistics ? own.statistics : own.parameters;
    std::memcpy(into.data() + range.offset * width, model.blocks[i].data(), model.blocks[i].size());
  }
  own.loaded = wanted;
  own.parameters_moved = true;
  own.statistics_moved = true;
}

training_outcome learner::train(const local_work& work, const local_data& data, round_id round,
                                flat_buffer& update, flat_buffer& moments,
                                const flat_buffer& control) {
  parts& own = *parts_;
  const manifest& layout = own.net.layout();
  own.require_loaded();
  require_buffer(update, layout.type(), layout.parameter_count(), "the update");
  own.require_moments(moments);
  require_shape(data.shape(), own.net.options().input);
  training_outcome outcome;
  outcome.steps = data.steps(work);
  const bool is_gradient = work.kind == update_kind::gradient;
  if (outcome.steps == 0 || (is_gradient && outcome.steps != 1)) {
    throw run_failure(fmt::format("device {} was to do {} steps; expected {}", data.device().value,
                                  outcome.steps, is_gradient ? "one, for a gradient" : "some"));
  }
  prepare_torch_thread();
  own.reset_parameters();
  own.begin_moments();
  own.begin_correction(control);

  double loss_sum = 0.0;
  for (std::uint32_t step = 0; step < outcome.steps; ++step) {
    const std::size_t samples = data.batch_size(work, step);
    own.batch.labels.resize(samples);
    own.batch.features.resize(samples * data.shape().elements());
    data.read_batch(work, round, step, own.batch.features, own.batch.labels);
    require_labels(own.batch.labels, own.net.options().classes);
    const double loss = at_torch_border("train", [&] {
      own.torch.draw_dropouts(data, round, step, samples);
      return own.step(work, {step == 0, step + 1 == outcome.steps}, update);
    });
    loss_sum += loss * static_cast<double>(samples);
    outcome.samples += samples;
  }
  if (own.net.options().shares_controls)
    write_control_change(own.parameters, work, outcome.steps, update);
  own.write_moments(outcome.steps, moments);
  outcome.loss = loss_sum / static_cast<double>(outcome.samples);
  return outcome;
}

void learner::use_statistics(const flat_buffer& statistics) {
  parts& own = *parts_;
  own.require_moments(statistics);
  copy(statistics, own.statistics);
  own.statistics_moved = true;
}

void learner::measure_moments(const dataset& data, std::size_t begin, std::size_t end,
                              flat_buffer& moments) {
  parts& own = *parts_;
  own.require_loaded();
  own.require_moments(moments);
  own.read(data, begin, end);
  prepare_torch_thread();
  own.reset_parameters();
  own.begin_moments();
  at_torch_border("measure batch moments", [&] { own.torch.observe(own.batch.features); });
  own.write_moments(1, moments);
}

evaluation_sums learner::evaluate(const dataset& data, std::size_t begin, std::size_t end,
                                  std::size_t batch_size) {
  parts& own = *parts_;
  const std::size_t classes = own.net.options().classes;
  if (begin > end || end > data.size() || batch_size == 0) {
    throw run_failure(fmt::format("cannot evaluate samples {} to {} of {} by batches of {}", begin,
                                  end, data.size(), batch_size));
  }
  evaluation_sums sums;
  for (; begin < end; begin += std::min(batch_size, end - begin)) {
    const std::size_t samples = std::min(batch_size, end - begin);
    own.read(data, begin, begin + samples);
    const std::vector<double> answers = logits(own.batch.features);
    for (std::size_t i = 0; i < samples; ++i) {
      add_sample(sums, std::span(answers).subspan(i * classes, classes), own.batch.labels[i]);
    }
  }
  return sums;
}

std::vector<double> learner::logits(std::span<const float> features) {
  parts& own = *parts_;
  own.require_loaded();
  const std::size_t elements = own.net.options().input.elements();
  if (features.size() % elements != 0) {
    throw run_failure(fmt::format("{} values are no whole number of samples of {} values",
                                  features.size(), elements));
  }
  if (features.empty()) return {};
  prepare_torch_thread();
  own.reset_parameters();
  own.reset_statistics();
  return at_torch_border("evaluate", [&] { return own.torch.logits(features); });
}

}  // namespace verge
