#include "model/learning/local_sgd.hpp"

#include <type_traits>

namespace verge {

namespace {

/// Each combination of switches gets a loop of its own without a branch inside, so that it
/// vectorises.
template <class T, bool Decay, bool Corrected, bool Proximal, bool Momentum, bool First, bool Last>
void step_loop(const sgd_constants<T>& constants, const sgd_tensor<T>& tensor) {
  const T rate = constants.learning_rate;
  [[maybe_unused]] const T momentum = constants.momentum;
  [[maybe_unused]] const T decay = constants.weight_decay;
  [[maybe_unused]] const T proximal = constants.proximal;
  const T* __restrict__ gradient = tensor.gradient;
  [[maybe_unused]] const T* __restrict__ start = tensor.start;
  [[maybe_unused]] T* __restrict__ parameters = tensor.parameters;
  [[maybe_unused]] T* __restrict__ velocity = tensor.velocity;
  [[maybe_unused]] const T* __restrict__ correction = tensor.correction;
  T* __restrict__ displacement = tensor.displacement;
  for (std::size_t i = 0; i < tensor.size; ++i) {
    T g = gradient[i];
    if constexpr (Decay) g = g + decay * parameters[i];
    if constexpr (Corrected) g = g + correction[i];
    if constexpr (Proximal && !First) g = g + proximal * displacement[i];
    if constexpr (Momentum && !First) g = momentum * velocity[i] + g;
    if constexpr (Momentum && !Last) velocity[i] = g;
    if constexpr (First) {
      displacement[i] = -(rate * g);
    } else {
      displacement[i] = displacement[i] - rate * g;
    }
    if constexpr (!Last) parameters[i] = start[i] + displacement[i];
  }
}

/// Calls `f` with `value` as a compile-time constant.
template <class F>
void with_constant(bool value, F&& f) {
  value ? f(std::true_type{}) : f(std::false_type{});
}

}  // namespace

template <class T>
void local_sgd_step(const sgd_constants<T>& constants, const sgd_tensor<T>& tensor,
                    step_place place) {
  with_constant(constants.weight_decay != T{0}, [&](auto decay) {
    with_constant(tensor.correction != nullptr, [&](auto corrected) {
      with_constant(constants.proximal != T{0}, [&](auto proximal) {
        with_constant(constants.momentum != T{0}, [&](auto momentum) {
          with_constant(place.first, [&](auto first) {
            with_constant(place.last, [&](auto last) {
              step_loop<T, decay, corrected, proximal, momentum, first, last>(constants, tensor);
            });
          });
        });
      });
    });
  });
}

template void local_sgd_step(const sgd_constants<float>&, const sgd_tensor<float>&, step_place);
template void local_sgd_step(const sgd_constants<double>&, const sgd_tensor<double>&, step_place);

}  // namespace verge
