// Role: one end of a link's codec. Spawned by whoever holds that end (the server; the host of devices);
// ends with the last handle to it. One state, no timeouts: it only ever computes.

#include "verge/actors/compressor.hpp"

#include <fmt/format.h>

#include "verge/model/order_free_mean.hpp"

namespace verge {

namespace {

struct compressor_state {
  manifest layout;
  const char* name = "compressor";

  /// Why `payload` is not block `index` as dense values; empty when it is.
  std::string why_misshapen(std::uint32_t index, const std::string& codec,
                            const shared_bytes& payload) const {
    if (codec != codec_none)
      return fmt::format("block {} is encoded with '{}'; expected '{}'", index, codec, codec_none);
    const auto range = layout.block(block_index{index});
    const auto expected = range.elements * bytes_of(layout.type());
    if (payload.size() != expected)
      return fmt::format("block {} has {} bytes; expected {}", index, payload.size(), expected);
    return {};
  }

  std::string why_unusable(std::uint32_t index, const std::string& codec,
                           const shared_bytes& payload) const {
    if (auto why = why_misshapen(index, codec, payload); !why.empty()) return why;
    const auto bad = first_unusable(layout.type(), payload.bytes());
    if (bad < payload.size() / bytes_of(layout.type()))
      return fmt::format("value {} of block {} is not a number within +-{}", bad, index,
                         order_free_mean::largest_value);
    return {};
  }

  encoded_update encode(const encode_update& m) const {
    encoded_update out;
    const auto dense = split_blocks(layout, m.update, m.moments);
    for (std::uint32_t i = 0; i < dense.size(); ++i) {
      out.blocks.push_back(
          seal(update_block{m.round, m.device, block_index{i}, codec_none, dense[i]}));
      out.payload_bytes += dense[i].size();
    }
    return out;
  }

  decoded_update decode(const decode_update& m) const {
    for (std::uint32_t i = 0; i < m.payloads.size(); ++i)
      if (auto why = why_unusable(i, m.codecs[i], m.payloads[i]); !why.empty())
        return {nullptr, fmt::format("device {}: {}", m.device.value, why)};
    return {std::make_shared<const std::vector<shared_bytes>>(m.payloads), {}};
  }

  encoded_model encode(const encode_model& m) const {
    encoded_model out;
    for (std::uint32_t i = 0; i < m.model.blocks.size(); ++i)
      out.blocks.push_back(seal(model_block{
          m.version, block_index{i}, m.model.batches_tracked, {}, codec_none, m.model.blocks[i]}));
    return out;
  }

  decoded_model decode(const decode_model& m) const {
    decoded_model out;
    for (std::uint32_t i = 0; i < m.blocks.size(); ++i) {
      const auto& block = m.blocks[i];
      if (auto why = why_misshapen(i, block.codec, block.payload); !why.empty())
        return {{}, fmt::format("model version {}: {}", block.version.value, why)};
      out.model.blocks.push_back(block.payload);
      out.model.batches_tracked = block.batches_tracked;
    }
    return out;
  }
};

compressor_actor::behavior_type behavior(compressor_actor::stateful_pointer<compressor_state> self,
                                         const manifest& layout) {
  self->state.layout = layout;
  return {
      [=](const encode_update& m) { return self->state.encode(m); },
      [=](const decode_update& m) { return self->state.decode(m); },
      [=](const encode_model& m) { return self->state.encode(m); },
      [=](const decode_model& m) { return self->state.decode(m); },
      [](const settle_update&) {
        // `none` sends all it is given, so it has nothing to keep or to roll back.
      },
  };
}

}  // namespace

compressor_actor spawn_compressor(caf::actor_system& system, const manifest& layout) {
  return system.spawn(behavior, layout);
}

}  // namespace verge
