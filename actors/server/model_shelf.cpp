#include "actors/server/model_shelf.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "actors/link/download_limits.hpp"
#include "verge/model/codec.hpp"

namespace verge {

model_shelf::model_shelf(const manifest& layout)
    : whole_bytes_(bytes_of_model(layout)),
      statistic_bytes_(layout.statistic_count() * bytes_of(layout.type())) {}

void model_shelf::add_step(model_version version, std::vector<shared_bytes> parts,
                           const std::string& codec) {
  step made{version, std::move(parts), 0, 0};
  made.parts_so_far = made.parts.size() + (steps_.empty() ? 0 : steps_.back().parts_so_far);
  for (const auto& part : made.parts) made.bytes += part.size() + block_overhead_bytes;
  step_bytes_ += made.bytes;
  steps_.push_back(std::move(made));
  codec_ = codec;
  // A device that lacks more than the size of the model is better served with the model.
  while (!steps_.empty() && step_bytes_ + statistic_bytes_ >= whole_bytes_) {
    step_bytes_ -= steps_.front().bytes;
    steps_.pop_front();
  }
}

void model_shelf::put(model_version version, std::vector<sealed<model_block>> whole,
                      std::vector<shared_bytes> statistics, std::int64_t batches_tracked) {
  version_ = version;
  whole_ = std::move(whole);
  statistics_ = std::move(statistics);
  batches_tracked_ = batches_tracked;
}

std::string model_shelf::why_not_here(const model_request& request) const {
  if (request.version == version_ && !empty()) return {};
  return fmt::format("device {} asks for version {} of the model; the server has version {}",
                     request.device.value, request.version.value, version_.value);
}

sealed<model_block> model_shelf::answer(const model_request& request) const {
  if (auto found = block(request.holds, request.block.value)) return *found;
  return refusal(request,
                 fmt::format("device {} asks for block {}; there are {}", request.device.value,
                             request.block.value, block_count(request.holds)));
}

sealed<model_block> model_shelf::refusal(const model_request& request, const std::string& why) {
  return seal(model_block{request.version, request.block, 0, why, {}, {}, 0});
}

std::optional<std::size_t> model_shelf::first_step(std::optional<model_version> holds) const {
  if (!holds || *holds >= version_ || steps_.empty()) return std::nullopt;
  const auto oldest = steps_.front().version.value;
  const auto wanted = holds->value + 1;
  if (wanted < oldest) return std::nullopt;
  return wanted - oldest;
}

std::uint32_t model_shelf::block_count(std::optional<model_version> holds) const {
  const auto first = first_step(holds);
  if (!first) return static_cast<std::uint32_t>(whole_.size());
  const auto parts = steps_.back().parts_so_far - parts_before(*first);
  return static_cast<std::uint32_t>(parts + statistics_.size());
}

std::uint64_t model_shelf::parts_before(std::size_t place) const {
  return steps_[place].parts_so_far - steps_[place].parts.size();
}

std::optional<sealed<model_block>> model_shelf::block(std::optional<model_version> holds,
                                                      std::uint32_t index) const {
  const auto count = block_count(holds);
  if (index >= count) return std::nullopt;
  const auto first = first_step(holds);
  if (!first) return whole_[index];
  const auto part = parts_before(*first) + index;
  if (part >= steps_.back().parts_so_far)
    return seal(model_block{version_,
                            block_index{index},
                            batches_tracked_,
                            {},
                            codec_none,
                            statistics_[part - steps_.back().parts_so_far],
                            count});
  const auto holder =
      std::upper_bound(steps_.begin(), steps_.end(), part,
                       [](std::uint64_t wanted, const step& s) { return wanted < s.parts_so_far; });
  return seal(model_block{holder->version,
                          block_index{index},
                          batches_tracked_,
                          {},
                          codec_,
                          holder->parts[part - (holder->parts_so_far - holder->parts.size())],
                          count});
}

}  // namespace verge
