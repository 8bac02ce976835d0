#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "verge/model/dataset.hpp"

namespace verge::test {

/// Samples with given labels. The one feature of sample i is i.
class labelled_dataset final : public dataset {
public:
  labelled_dataset(std::vector<std::uint32_t> labels, std::uint32_t classes)
      : labels_(std::move(labels)), classes_(classes) {}

  std::size_t size() const override { return labels_.size(); }
  sample_shape shape() const override { return {}; }
  std::uint32_t classes() const override { return classes_; }
  std::int64_t label(std::size_t index) const override { return labels_[index]; }
  std::int64_t read(std::size_t index, std::span<float> features) const override {
    ++reads_;
    features[0] = static_cast<float>(index);
    return labels_[index];
  }

  /// How often a sample was read.
  int reads() const { return reads_; }

private:
  std::vector<std::uint32_t> labels_;
  std::uint32_t classes_;
  mutable std::atomic<int> reads_ = 0;
};

/// `size` samples with labels 0, 1, .. classes - 1, 0, 1, ...
inline std::shared_ptr<const labelled_dataset> balanced_labels(std::size_t size,
                                                               std::uint32_t classes = 10) {
  std::vector<std::uint32_t> labels(size);
  for (std::size_t i = 0; i < size; ++i) labels[i] = static_cast<std::uint32_t>(i % classes);
  return std::make_shared<const labelled_dataset>(std::move(labels), classes);
}

/// The numbers of the samples of a shard of a labelled_dataset.
inline std::vector<std::size_t> samples_of(const dataset& shard) {
  std::vector<std::size_t> numbers;
  for (std::size_t i = 0; i < shard.size(); ++i) {
    float number = 0.0f;
    shard.read(i, {&number, 1});
    numbers.push_back(static_cast<std::size_t>(number));
  }
  return numbers;
}

}  // namespace verge::test
