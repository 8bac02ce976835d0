#pragma once

#include <cstdint>
#include <span>

#include "verge/model/dataset.hpp"

namespace verge {

class random_stream;

/// Random changes to training pictures: a crop of the original size from the picture padded by
/// `crop_padding` on every side, each place equally likely, and a horizontal flip with probability
/// 1/2. The padding is 0 in the standardised sample, which is the training set's mean.
struct augmentation {
  bool flip = false;
  std::uint32_t crop_padding = 0;

  bool active() const { return flip || crop_padding > 0; }

  /// Augments one sample in place. `stream` names (device, round). `draw` is the sample's place in
  /// the round, below 2^32, so the change is a function of (seed, device, round, place).
  void apply(std::span<float> sample, const sample_shape& shape, const random_stream& stream,
             std::uint64_t draw) const;

  friend bool operator==(const augmentation&, const augmentation&) = default;
};

}  // namespace verge
