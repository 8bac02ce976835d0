#include "model/learning/control_variate.hpp"

#include <algorithm>

namespace verge {

void write_correction(const flat_buffer& model, const flat_buffer& own, flat_buffer& correction) {
  with_scalar(model.type(), [&](auto zero) {
    using T = decltype(zero);
    const auto shared = model.as<T>().last(correction.size());
    const auto mine = own.as<T>();
    const auto out = correction.as<T>();
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = shared[i] - (mine.empty() ? T{0} : mine[i]);
  });
}

void write_control_change(const flat_buffer& model, const local_work& work, std::uint32_t steps,
                          flat_buffer& update) {
  with_scalar(model.type(), [&](auto zero) {
    using T = decltype(zero);
    const auto half = update.size() / 2;
    const auto shared = model.as<T>().last(half);
    const auto displacement = update.as<T>().first(half);
    const auto out = update.as<T>().last(half);
    if (work.learning_rate == 0.0) {
      std::fill(out.begin(), out.end(), T{0});
      return;
    }
    const auto scale = static_cast<T>(1.0 / (work.learning_rate * steps));
    for (std::size_t i = 0; i < half; ++i) out[i] = -shared[i] - displacement[i] * scale;
  });
}

flat_buffer changed_control(const flat_buffer& own, const flat_buffer& update) {
  const auto half = update.size() / 2;
  auto changed = flat_buffer::unfilled(update.type(), half);
  with_scalar(update.type(), [&](auto zero) {
    using T = decltype(zero);
    const auto before = own.as<T>();
    const auto change = update.as<T>().last(half);
    const auto out = changed.as<T>();
    for (std::size_t i = 0; i < half; ++i) out[i] = (before.empty() ? T{0} : before[i]) + change[i];
  });
  return changed;
}

}  // namespace verge
