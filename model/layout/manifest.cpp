#include "verge/model/manifest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "model/layout/sha256.hpp"
#include "verge/messages/errors.hpp"

namespace verge {

namespace {

std::size_t product(const std::string& name, const std::vector<std::int64_t>& shape) {
  std::size_t elements = 1;
  for (const std::int64_t size : shape) {
    if (size < 0) {
      throw bad_input(fmt::format("tensor {} has size {}; sizes are not negative", name, size));
    }
    if (__builtin_mul_overflow(elements, static_cast<std::size_t>(size), &elements)) {
      throw bad_input(fmt::format("tensor {} has more elements than memory has bytes", name));
    }
  }
  return elements;
}

std::size_t blocks_of(std::size_t elements, std::size_t block_elements) {
  return elements / block_elements + (elements % block_elements != 0 ? 1 : 0);
}

}  // namespace

void manifest::add(std::string name, std::vector<std::int64_t> shape, tensor_role role) {
  const std::size_t elements = product(name, shape);
  const auto same_name = [&](const tensor_entry& entry) { return entry.name == name; };
  if (std::any_of(entries_.begin(), entries_.end(), same_name)) {
    throw bad_input(fmt::format("two tensors of a model are named {}", name));
  }
  if (role == tensor_role::batch_counter && !shape.empty()) {
    throw bad_input(fmt::format("batch counter {} has {} dimensions; a counter is a scalar", name,
                                shape.size()));
  }
  if (role == tensor_role::running_variance &&
      (entries_.empty() || entries_.back().role != tensor_role::running_mean ||
       entries_.back().shape != shape)) {
    throw bad_input(fmt::format("running variance {} does not follow a mean of its shape", name));
  }
  std::size_t offset = 0;
  if (role == tensor_role::parameter) {
    offset = std::exchange(parameters_, parameters_ + elements);
  } else if (role != tensor_role::batch_counter) {
    offset = std::exchange(statistics_, statistics_ + elements);
  }
  entries_.push_back({std::move(name), std::move(shape), role, offset, elements});
}

const tensor_entry& manifest::tensor_at(bool statistics, std::size_t element) const {
  for (const auto& entry : entries_) {
    const bool is_parameter = entry.role == tensor_role::parameter;
    if (entry.role == tensor_role::batch_counter || is_parameter == statistics) continue;
    if (element >= entry.offset && element < entry.offset + entry.elements) return entry;
  }
  throw std::out_of_range(fmt::format("element {} of a model that has {} {}", element,
                                      statistics ? statistics_ : parameters_,
                                      statistics ? "statistics" : "parameters"));
}

std::uint32_t manifest::block_count() const {
  const std::size_t block_elements = block_bytes / bytes_of(type_);
  const std::size_t blocks =
      blocks_of(parameters_, block_elements) + blocks_of(statistics_, block_elements);
  return static_cast<std::uint32_t>(std::max<std::size_t>(blocks, entries_.empty() ? 0 : 1));
}

std::uint32_t manifest::parameter_block_count() const {
  return block_count() -
         static_cast<std::uint32_t>(blocks_of(statistics_, block_bytes / bytes_of(type_)));
}

block_range manifest::block(block_index index) const {
  if (index.value >= block_count()) {
    throw std::out_of_range(
        fmt::format("block {} of a model that has {}", index.value, block_count()));
  }
  const std::size_t block_elements = block_bytes / bytes_of(type_);
  const std::size_t parameter_blocks = blocks_of(parameters_, block_elements);
  const bool statistics = index.value >= parameter_blocks && statistics_ > 0;
  const std::size_t place = statistics ? index.value - parameter_blocks : index.value;
  const std::size_t offset = place * block_elements;
  const std::size_t total = statistics ? statistics_ : parameters_;
  return {statistics, offset, std::min(block_elements, total - offset)};
}

std::string manifest::hash() const {
  // Everything of variable size is preceded by its length, so that no two manifests give the same
  // bytes.
  sha256 sum;
  sum.add(static_cast<std::uint64_t>(type_));
  sum.add(entries_.size());
  for (const tensor_entry& entry : entries_) {
    sum.add(entry.name.size());
    sum.add(std::as_bytes(std::span(entry.name)));
    sum.add(entry.shape.size());
    for (const std::int64_t size : entry.shape) sum.add(static_cast<std::uint64_t>(size));
    sum.add(static_cast<std::uint64_t>(entry.role));
  }
  const auto digest = sum.digest();
  return {digest.begin(), digest.end()};
}

}  // namespace verge
