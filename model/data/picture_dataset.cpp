#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "verge/messages/errors.hpp"
#include "verge/model/dataset.hpp"

namespace verge {

namespace {

constexpr std::size_t pixel_values = 256;

std::vector<float> value_table(const sample_shape& shape, const standardisation& constants) {
  if (constants.mean.size() != shape.channels || constants.deviation.size() != shape.channels) {
    throw bad_input(fmt::format(
        "pictures of {} channels need as many means and deviations; there are {} and {}",
        shape.channels, constants.mean.size(), constants.deviation.size()));
  }
  std::vector<float> table(shape.channels * pixel_values);
  for (std::size_t channel = 0; channel < shape.channels; ++channel) {
    const double mean = constants.mean[channel];
    const double deviation = constants.deviation[channel];
    if (!std::isfinite(mean) || !std::isfinite(deviation) || deviation <= 0.0) {
      throw bad_input(fmt::format(
          "channel {} has mean {} and deviation {}; expected numbers, the second above 0", channel,
          mean, deviation));
    }
    for (std::size_t pixel = 0; pixel < pixel_values; ++pixel) {
      table[channel * pixel_values + pixel] =
          static_cast<float>((static_cast<double>(pixel) / 255.0 - mean) / deviation);
    }
  }
  return table;
}

}  // namespace

picture_dataset::picture_dataset(sample_shape shape, std::uint32_t classes,
                                 std::vector<std::uint8_t> pixels, std::vector<std::uint8_t> labels,
                                 standardisation constants)
    : shape_(shape),
      classes_(classes),
      pixels_(std::move(pixels)),
      labels_(std::move(labels)),
      value_of_(value_table(shape, constants)) {
  if (pixels_.size() != labels_.size() * shape_.elements()) {
    throw bad_input(fmt::format("{} pictures of {} x {} x {} have {} bytes; {} were given",
                                labels_.size(), shape_.channels, shape_.height, shape_.width,
                                labels_.size() * shape_.elements(), pixels_.size()));
  }
  const auto wrong = std::find_if(labels_.begin(), labels_.end(),
                                  [this](std::uint8_t label) { return label >= classes_; });
  if (wrong != labels_.end()) {
    throw bad_input(fmt::format("sample {} has label {}; expected a label below {}",
                                wrong - labels_.begin(), *wrong, classes_));
  }
}

std::int64_t picture_dataset::read(std::size_t index, std::span<float> features) const {
  const std::size_t plane = std::size_t{shape_.height} * shape_.width;
  const std::uint8_t* pixel = pixels_.data() + index * shape_.elements();
  float* feature = features.data();
  for (std::size_t channel = 0; channel < shape_.channels; ++channel) {
    const float* const value_of = value_of_.data() + channel * pixel_values;
    for (std::size_t i = 0; i < plane; ++i) feature[i] = value_of[pixel[i]];
    pixel += plane;
    feature += plane;
  }
  return labels_[index];
}

}  // namespace verge
