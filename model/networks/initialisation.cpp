#include "model/networks/initialisation.hpp"

#include <cmath>
#include <numbers>
#include <span>

#include "model/random/random.hpp"

namespace verge {

namespace {

template <class T>
void fill_uniform(std::span<T> out, double bound, const random_stream& stream) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<T>(bound * (2.0 * stream.unit(i) - 1.0));
  }
}

/// Box and Muller 1958: elements i and i + 1 (i even) are computed from the uniforms i and i + 1.
template <class T>
void fill_normal(std::span<T> out, double deviation, const random_stream& stream) {
  for (std::size_t i = 0; i < out.size(); i += 2) {
    const double radius = deviation * std::sqrt(-2.0 * std::log1p(-stream.unit(i)));
    const double angle = 2.0 * std::numbers::pi * stream.unit(i + 1);
    out[i] = static_cast<T>(radius * std::cos(angle));
    if (i + 1 < out.size()) out[i + 1] = static_cast<T>(radius * std::sin(angle));
  }
}

template <class T>
void fill(std::span<T> out, const initial_values& values, const random_stream& stream) {
  switch (values.kind) {
    case initial_values::distribution::constant:
      for (T& value : out) value = static_cast<T>(values.scale);
      return;
    case initial_values::distribution::uniform:
      return fill_uniform(out, values.scale, stream);
    case initial_values::distribution::normal:
      return fill_normal(out, values.scale, stream);
  }
}

}  // namespace

void fill_initial(flat_buffer& buffer, const tensor_entry& entry, const initial_values& values,
                  std::uint64_t seed, std::uint32_t entry_number) {
  const random_stream stream(seed, random_purpose::initial_parameters, entry_number);
  with_scalar(buffer.type(), [&](auto zero) {
    fill(buffer.as<decltype(zero)>().subspan(entry.offset, entry.elements), values, stream);
  });
}

}  // namespace verge
