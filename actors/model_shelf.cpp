#include "model_shelf.hpp"

#include "verge/model/codec.hpp"

namespace verge {

namespace {

/// A request and the frame of its answer, about.
constexpr std::uint64_t message_bytes = 256;

}  // namespace

model_shelf::model_shelf(const manifest& layout) {
  const auto width = bytes_of(layout.type());
  statistic_bytes_ = layout.statistic_count() * width;
  whole_bytes_ = layout.parameter_count() * width + statistic_bytes_;
}

void model_shelf::add_step(model_version version, std::vector<shared_bytes> parts,
                           const std::string& codec) {
  step made{version, std::move(parts), 0};
  for (const auto& part : made.parts) made.bytes += part.size() + message_bytes;
  step_bytes_ += made.bytes;
  steps_.push_back(std::move(made));
  codec_ = codec;
  // Whoever lacks more than the model is better served with the model.
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
  auto count = statistics_.size();
  for (auto i = *first; i < steps_.size(); ++i) count += steps_[i].parts.size();
  return static_cast<std::uint32_t>(count);
}

std::optional<sealed<model_block>> model_shelf::block(std::optional<model_version> holds,
                                                      std::uint32_t index) const {
  const auto count = block_count(holds);
  if (index >= count) return std::nullopt;
  const auto first = first_step(holds);
  if (!first) return whole_[index];
  std::size_t left = index;
  for (auto i = *first; i < steps_.size(); ++i) {
    const auto& parts = steps_[i].parts;
    if (left < parts.size())
      return seal(model_block{
          steps_[i].version, block_index{index}, batches_tracked_, {}, codec_, parts[left], count});
    left -= parts.size();
  }
  return seal(model_block{
      version_, block_index{index}, batches_tracked_, {}, codec_none, statistics_[left], count});
}

}  // namespace verge
