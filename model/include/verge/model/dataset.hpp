#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace verge {

/// Channels, height, width of one sample.
struct sample_shape {
  std::uint32_t channels = 1;
  std::uint32_t height = 1;
  std::uint32_t width = 1;

  std::size_t elements() const { return std::size_t{channels} * height * width; }
  friend bool operator==(const sample_shape&, const sample_shape&) = default;
};

/// Labelled samples of one holder: a device trains on them (its shard), or an evaluator tests on
/// them. A service that embeds Verge derives from this class to supply its own data.
///
/// Several trainer threads call the const member functions at once.
class dataset {
public:
  virtual ~dataset() = default;

  virtual std::size_t size() const = 0;
  virtual sample_shape shape() const = 0;
  /// Labels are 0 .. classes() - 1.
  virtual std::uint32_t classes() const = 0;

  /// Writes sample `index` into `features` (shape().elements() values, channel planes, row-major,
  /// standardised) and returns its label. `index` < size().
  virtual std::int64_t read(std::size_t index, std::span<float> features) const = 0;

  /// The label alone, as read() returns it. A partition asks for the label of every sample. This
  /// default reads the whole sample.
  virtual std::int64_t label(std::size_t index) const;
};

using dataset_ptr = std::shared_ptr<const dataset>;

/// Per-channel mean and standard deviation, in units of pixel / 255:
/// x = (pixel / 255 - mean) / deviation.
struct standardisation {
  std::vector<float> mean;
  std::vector<float> deviation;

  friend bool operator==(const standardisation&, const standardisation&) = default;
};

/// Pictures in memory with 8 bits per channel, standardised when they are read.
class picture_dataset final : public dataset {
public:
  /// `pixels` holds labels.size() pictures of shape.elements() bytes, in channel planes, row-major.
  /// Throws bad_input when the counts do not fit, a label is not below `classes` or a deviation is
  /// not above 0.
  picture_dataset(sample_shape shape, std::uint32_t classes, std::vector<std::uint8_t> pixels,
                  std::vector<std::uint8_t> labels, standardisation constants);

  std::size_t size() const override { return labels_.size(); }
  sample_shape shape() const override { return shape_; }
  std::uint32_t classes() const override { return classes_; }
  std::int64_t read(std::size_t index, std::span<float> features) const override;
  std::int64_t label(std::size_t index) const override { return labels_[index]; }

private:
  sample_shape shape_;
  std::uint32_t classes_;
  std::vector<std::uint8_t> pixels_;
  std::vector<std::uint8_t> labels_;
  /// value_of_[channel * 256 + pixel]: the standardised value, looked up instead of computed.
  std::vector<float> value_of_;
};

/// Some samples of another dataset, in the given order: one device's shard. It copies nothing,
/// because all shards of a partition share the dataset and the list of indices.
class subset final : public dataset {
public:
  using index_list = std::shared_ptr<const std::vector<std::uint32_t>>;

  /// Samples indices[begin, end) of `whole`. Throws bad_input when one of these places or samples
  /// does not exist.
  subset(dataset_ptr whole, index_list indices, std::size_t begin, std::size_t end);

  std::size_t size() const override { return end_ - begin_; }
  sample_shape shape() const override { return whole_->shape(); }
  std::uint32_t classes() const override { return whole_->classes(); }
  std::int64_t read(std::size_t index, std::span<float> features) const override;
  std::int64_t label(std::size_t index) const override;

private:
  dataset_ptr whole_;
  index_list indices_;
  std::size_t begin_;
  std::size_t end_;
};

/// The first `count` samples of `whole`, or all when count is 0. Throws bad_input when there are
/// fewer.
dataset_ptr first_samples(dataset_ptr whole, std::size_t count);
/// The last `count` samples of `whole`, which must have at least that many.
dataset_ptr last_samples(dataset_ptr whole, std::size_t count);

}  // namespace verge
