#pragma once

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "verge/model/dataset.hpp"

namespace verge::test {

/// Samples that can be told apart: sample i has label first + i, and each of its features is first
/// + i + 1.
class numbered_dataset final : public dataset {
public:
  explicit numbered_dataset(std::size_t size, std::size_t first = 0, sample_shape shape = {})
      : size_(size), first_(first), shape_(shape) {}

  std::size_t size() const override { return size_; }
  sample_shape shape() const override { return shape_; }
  std::uint32_t classes() const override { return 1'000'000; }
  std::int64_t read(std::size_t index, std::span<float> features) const override {
    std::fill(features.begin(), features.end(), static_cast<float>(first_ + index + 1));
    return static_cast<std::int64_t>(first_ + index);
  }

private:
  std::size_t size_;
  std::size_t first_;
  sample_shape shape_;
};

/// The labels of all samples in order.
inline std::vector<std::int64_t> numbers_of(const dataset& data) {
  std::vector<float> features(data.shape().elements());
  std::vector<std::int64_t> numbers(data.size());
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = data.read(i, features);
  return numbers;
}

}  // namespace verge::test
