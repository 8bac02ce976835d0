#pragma once

#include <cstddef>

namespace verge {

/// The constants of local SGD, in the model's scalar type.
template <class T>
struct sgd_constants {
  T learning_rate;
  T momentum;
  T weight_decay;
  /// mu of FedProx (Li et al. 2020, arXiv 1812.06127, algorithm 2); 0 = none.
  T proximal;
};

/// One tensor's part of a local step: arrays of `size` elements that do not overlap.
template <class T>
struct sgd_tensor {
  std::size_t size;
  const T* gradient;
  /// The parameters at the start of the work.
  const T* start;
  /// The parameters of this step, which the step moves to those of the next.
  T* parameters;
  /// Momentum's running sum; null without momentum.
  T* velocity;
  /// The sum of the steps so far.
  T* displacement;
  /// SCAFFOLD's correction, added to every gradient; null without SCAFFOLD.
  const T* correction;
};

/// Position of a step in the work. The first step finds velocity and displacement undefined. The
/// last step does not write velocity and parameters, because nobody reads them after it.
struct step_place {
  bool first;
  bool last;
};

/// One step of SGD, per element, with one rounding per operation and in one pass over memory:
///
///     g = gradient + weight_decay * parameters       (left out when weight_decay is 0)
///     g = g + correction                              (left out without one)
///     g = g + proximal * displacement                 (left out when proximal is 0, and first)
///     v = momentum * v + g;  g = v                    (left out when momentum is 0; first: v = g)
///     displacement = displacement - learning_rate * g (first: -(learning_rate * g))
///     parameters = start + displacement
///
/// The displacement is 0 in the first step.
template <class T>
void local_sgd_step(const sgd_constants<T>& constants, const sgd_tensor<T>& tensor,
                    step_place place);

extern template void local_sgd_step(const sgd_constants<float>&, const sgd_tensor<float>&,
                                    step_place);
extern template void local_sgd_step(const sgd_constants<double>&, const sgd_tensor<double>&,
                                    step_place);

}  // namespace verge
