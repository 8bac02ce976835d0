#include "model/partitions/equal_dirichlet.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "model/partitions/holders.hpp"
#include "model/random/dirichlet_draws.hpp"

// Hsu et al., "Measuring the effects of non-identical data distribution for federated visual
// classification", 2019: one device after the other draws a mixture of labels q ~ Dir(alpha p),
// where p are the labels' shares of the data. It then takes its samples one by one, each of a label
// ~ q, without replacement. When the samples of a label run out, q is renormalised over the others.
// So the last devices take what is left.

namespace verge::partitions {

namespace {

/// A device's mixture over the labels that still have samples.
class mixture {
public:
  explicit mixture(std::vector<double> logs) : logs_(std::move(logs)), weights_(logs_.size()) {}

  /// Leaves out the labels that have no samples left. The largest remaining share becomes weight 1,
  /// because the others may have been too small for a double beside a share that ran out.
  void renormalise(const std::vector<std::size_t>& left) {
    double largest = -std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < logs_.size(); ++i)
      if (left[i] > 0) largest = std::max(largest, logs_[i]);
    sum_ = 0.0;
    for (std::size_t i = 0; i < logs_.size(); ++i) {
      weights_[i] = left[i] > 0 ? std::exp(logs_[i] - largest) : 0.0;
      sum_ += weights_[i];
    }
  }

  /// The label at `unit` in [0, 1) of the cumulative weights.
  std::uint32_t at(double unit) const {
    double rest = unit * sum_;
    std::size_t last = 0;
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      if (weights_[i] == 0.0) continue;
      last = i;
      if (rest < weights_[i]) break;
      rest -= weights_[i];
    }
    return static_cast<std::uint32_t>(last);
  }

private:
  std::vector<double> logs_;
  std::vector<double> weights_;
  double sum_ = 0.0;
};

}  // namespace

partition deal_equal_dirichlet(double alpha, const partition_rule&, const dataset& whole,
                               std::uint32_t devices, std::uint64_t seed) {
  const samples_by_label samples(whole, seed);
  std::vector<std::size_t> left;
  std::vector<double> concentrations;
  for (std::uint32_t label = 0; label < samples.classes(); ++label) {
    left.push_back(samples.of(label).size());
    concentrations.push_back(alpha * static_cast<double>(left.back()) /
                             static_cast<double>(samples.size()));
  }

  holder_list holders(samples.size());
  for (std::uint32_t device = 0; device < devices; ++device) {
    gamma_source source(stream_of(seed, draw::mixture, device));
    mixture labels(log_dirichlet(source, concentrations));
    labels.renormalise(left);
    const auto picks = stream_of(seed, draw::labels, device);
    const auto size = even_bound(samples.size(), devices, device + 1) -
                      even_bound(samples.size(), devices, device);
    for (std::size_t i = 0; i < size; ++i) {
      const auto label = labels.at(picks.unit(i));
      holders[samples.of(label)[--left[label]]] = device;
      if (left[label] == 0) labels.renormalise(left);
    }
  }
  return partition::of_holders(holders, devices);
}

}  // namespace verge::partitions
