#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "verge/messages/errors.hpp"
#include "verge/model/dataset.hpp"

namespace verge {

subset::subset(dataset_ptr whole, index_list indices, std::size_t begin, std::size_t end)
    : whole_(std::move(whole)), indices_(std::move(indices)), begin_(begin), end_(end) {
  if (begin > end || end > indices_->size()) {
    throw bad_input(
        fmt::format("a subset of places {} .. {} of {} indices", begin, end, indices_->size()));
  }
  const auto largest = std::max_element(indices_->begin() + static_cast<std::ptrdiff_t>(begin),
                                        indices_->begin() + static_cast<std::ptrdiff_t>(end));
  if (begin < end && *largest >= whole_->size()) {
    throw bad_input(
        fmt::format("a subset asks for sample {} of a dataset of {}", *largest, whole_->size()));
  }
}

std::int64_t subset::read(std::size_t index, std::span<float> features) const {
  return whole_->read((*indices_)[begin_ + index], features);
}

std::int64_t subset::label(std::size_t index) const {
  return whole_->label((*indices_)[begin_ + index]);
}

dataset_ptr first_samples(dataset_ptr whole, std::size_t count) {
  if (count > whole->size())
    throw bad_input(fmt::format("the first {} samples of a dataset of {}; expected at most as many",
                                count, whole->size()));
  if (count == 0 || count == whole->size()) return whole;
  auto indices = std::make_shared<std::vector<std::uint32_t>>(count);
  std::iota(indices->begin(), indices->end(), 0u);
  return std::make_shared<const subset>(std::move(whole), std::move(indices), 0, count);
}

dataset_ptr last_samples(dataset_ptr whole, std::size_t count) {
  auto indices = std::make_shared<std::vector<std::uint32_t>>(count);
  std::iota(indices->begin(), indices->end(), static_cast<std::uint32_t>(whole->size() - count));
  return std::make_shared<const subset>(std::move(whole), std::move(indices), 0, count);
}

}  // namespace verge
