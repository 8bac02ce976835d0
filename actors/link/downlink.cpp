#include "actors/link/downlink.hpp"

#include <fmt/format.h>

#include <cstring>

#include "actors/link/uplink.hpp"
#include "verge/model/strategy.hpp"

namespace verge {

downlink::downlink(const manifest& layout, const link_codecs& codecs, residual_state owed)
    : layout_(layout), codecs_(codecs) {
  if (!codecs.sends_steps()) return;
  if (codecs.down == codec_none)
    throw bad_input(
        fmt::format("codec_down = \"{}\": a step as large as the model, expected \"{}\" or "
                    "a codec that compresses",
                    codecs.down, codec_model));
  if (codec_has_momentum(codecs.down))
    throw bad_input(fmt::format("codec_down = \"{}\": expected a codec without momentum of its own",
                                codecs.down));
  codec_ = update_codec::make(codecs.down, layout, 1);
  pool_ = buffer_pool::create(layout.type(), layout.parameter_count());
  if (!owed.owed.empty()) residual_ = std::make_unique<residual>(codec_, std::move(owed));
}

// -- the server's end -----------------------------------------------------------------------------

encoded_model downlink::encode(const encode_model& m) const {
  encoded_model out;
  const auto count = static_cast<std::uint32_t>(m.model.blocks.size());
  for (std::uint32_t i = 0; i < count; ++i)
    out.blocks.push_back(seal(model_block{m.version,
                                          block_index{i},
                                          m.model.batches_tracked,
                                          {},
                                          codec_none,
                                          m.model.blocks[i],
                                          count}));
  return out;
}

encoded_step downlink::encode(const encode_step& m) {
  const round_id round{static_cast<std::uint32_t>(m.version.value)};
  const codec_place place{codecs_.seed, codec_place::from_server, round.value};
  shared_bytes encoded;
  auto step = m.step;  // shares the memory, which the server has given up
  if (codec_->keeps_residual()) {
    if (!residual_) residual_ = std::make_unique<residual>(codec_);
    encoded = residual_->prepare(round, step, {}, place, work_);
    // A step that is sent moves the model at once, or else the run has failed.
    residual_->settle(round, true);
    if (encoded.size() == 0) return {{}, {}, "what is owed to the devices has diverged", {}};
  } else {
    encoded = codec_->encode(step.as<float>(), {}, place, {}, work_);
  }
  // The server moves the model by the step that devices will decode, not by the step before
  // encoding.
  auto why = codec_->decode(encoded.bytes(), step.as<float>(), {}, work_);
  return {split_encoded(encoded), std::move(step), std::move(why),
          residual_ ? residual_->state() : residual_state{}};
}

// -- the device's end -----------------------------------------------------------------------------

decoded_model downlink::decode(const decode_model& m) {
  if (!codec_) return decode_dense(m);
  if (replica_ && replica_->version > m.version)
    return {{},
            fmt::format("model version {}: the replica has moved on to version {}", m.version.value,
                        replica_->version.value),
            true};
  std::string why;
  if (!replica_ || replica_->version < m.version)
    why = !m.blocks.empty() && m.blocks.front().codec != codec_none ? take_steps(m) : take_whole(m);
  if (!why.empty()) return {{}, fmt::format("model version {}: {}", m.version.value, why)};
  return {{split_blocks(layout_, replica_->parameters, replica_->statistics),
           replica_->batches_tracked},
          {}};
}

std::string downlink::take_whole(const decode_model& m) {
  if (m.blocks.size() != layout_.block_count())
    return fmt::format("a download of {} blocks; the model has {}", m.blocks.size(),
                       layout_.block_count());
  replica fresh{m.version,
                pool_->take(),
                {layout_.type(), layout_.statistic_count()},
                m.blocks.front().batches_tracked};
  const auto width = bytes_of(layout_.type());
  for (std::uint32_t i = 0; i < m.blocks.size(); ++i) {
    const auto& block = m.blocks[i];
    if (auto why = why_misshapen(layout_, i, block.codec, block.payload); !why.empty()) return why;
    const auto range = layout_.block(block_index{i});
    auto& buffer = range.statistics ? fresh.statistics : fresh.parameters;
    if (block.payload.size() > 0)
      std::memcpy(buffer.data() + range.offset * width, block.payload.data(), block.payload.size());
  }
  replica_ = std::move(fresh);
  return {};
}

std::string downlink::take_steps(const decode_model& m) {
  if (!replica_ || !m.holds || replica_->version < *m.holds)
    return "a download of steps, but nothing here to add them to";
  replica next = *replica_;
  std::size_t at = 0;
  while (at < m.blocks.size() && m.blocks[at].codec == codecs_.down) {
    const auto version = m.blocks[at].version;
    std::vector<shared_bytes> parts;
    for (; at < m.blocks.size() && m.blocks[at].version == version &&
           m.blocks[at].codec == codecs_.down;
         ++at)
      parts.push_back(m.blocks[at].payload);
    // Another device of this process has already brought these parts.
    if (version <= next.version) continue;
    if (version.value != next.version.value + 1)
      return fmt::format("the step to version {} is missing", next.version.value + 1);
    if (auto why = apply(parts, next.parameters); !why.empty())
      return fmt::format("the step to version {}: {}", version.value, why);
    next.version = version;
  }
  if (next.version != m.version)
    return fmt::format("the steps lead to version {}", next.version.value);
  if (auto why = take_statistics(m, at, next); !why.empty()) return why;
  replica_ = std::move(next);
  return {};
}

/// Uses new memory, because trainers may still read the version before.
std::string downlink::apply(std::span<const shared_bytes> parts, flat_buffer& parameters) {
  auto next = pool_->take();
  if (auto why = codec_->decode(join_parts(parts).bytes(), next.as<float>(), {}, work_);
      !why.empty())
    return why;
  take_step(parameters, next);
  parameters = std::move(next);
  return {};
}

std::string downlink::take_statistics(const decode_model& m, std::size_t from,
                                      replica& into) const {
  // The statistics come as the server has them, because they are small and are not a sum of steps.
  flat_buffer statistics{layout_.type(), layout_.statistic_count()};
  std::size_t filled = 0;
  for (auto i = from; i < m.blocks.size(); ++i) {
    const auto& block = m.blocks[i];
    if (block.codec != codec_none || block.payload.size() > statistics.size_bytes() - filled)
      return fmt::format("block {} of the download is no part of the statistics", i);
    if (block.payload.size() > 0)
      std::memcpy(statistics.data() + filled, block.payload.data(), block.payload.size());
    filled += block.payload.size();
  }
  if (filled != statistics.size_bytes())
    return fmt::format("{} bytes of statistics; expected {}", filled, statistics.size_bytes());
  into.statistics = std::move(statistics);
  into.batches_tracked = m.blocks.back().batches_tracked;
  return {};
}

decoded_model downlink::decode_dense(const decode_model& m) const {
  decoded_model out;
  for (std::uint32_t i = 0; i < m.blocks.size(); ++i) {
    const auto& block = m.blocks[i];
    if (auto why = why_misshapen(layout_, i, block.codec, block.payload); !why.empty())
      return {{}, fmt::format("model version {}: {}", block.version.value, why)};
    out.model.blocks.push_back(block.payload);
    out.model.batches_tracked = block.batches_tracked;
  }
  return out;
}

}  // namespace verge
