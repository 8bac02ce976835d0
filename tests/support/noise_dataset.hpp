#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "model/random/random.hpp"
#include "verge/model/dataset.hpp"

namespace verge::test {

/// Samples of uniform noise in [-1, 1) in which the label-th part of the features is brighter, so
/// that there is something to learn. Sample i has label i % classes.
class noise_dataset final : public dataset {
public:
  noise_dataset(std::size_t size, sample_shape shape, std::uint32_t classes = 10,
                std::uint64_t seed = 7)
      : size_(size), shape_(shape), classes_(classes), seed_(seed) {}

  std::size_t size() const override { return size_; }
  sample_shape shape() const override { return shape_; }
  std::uint32_t classes() const override { return classes_; }

  std::int64_t read(std::size_t index, std::span<float> features) const override {
    const random_stream stream(seed_, random_purpose::partition, static_cast<std::uint32_t>(index));
    const auto label = index % classes_;
    for (std::size_t i = 0; i < features.size(); ++i) {
      const double shift = i * classes_ / features.size() == label ? 1.0 : 0.0;
      features[i] = static_cast<float>(2.0 * stream.unit(i) - 1.0 + shift);
    }
    return static_cast<std::int64_t>(label);
  }

private:
  std::size_t size_;
  sample_shape shape_;
  std::uint32_t classes_;
  std::uint64_t seed_;
};

}  // namespace verge::test
