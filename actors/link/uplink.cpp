#include "actors/link/uplink.hpp"

#include <fmt/format.h>

#include "model/aggregation/divergence.hpp"
#include "model/aggregation/order_free_mean.hpp"

namespace verge {

std::string why_misshapen(const manifest& layout, std::uint32_t index, const std::string& codec,
                          const shared_bytes& payload) {
  if (codec != codec_none)
    return fmt::format("block {} is encoded with '{}'; expected '{}'", index, codec, codec_none);
  const auto range = layout.block(block_index{index});
  const auto expected = range.elements * bytes_of(layout.type());
  if (payload.size() != expected)
    return fmt::format("block {} has {} bytes; expected {}", index, payload.size(), expected);
  return {};
}

uplink::uplink(const manifest& layout, const link_codecs& codecs,
               std::shared_ptr<residual_store> store)
    : layout_(layout), codecs_(codecs), store_(std::move(store)) {
  if (!codecs.packs_updates()) return;
  codec_ = update_codec::make(codecs.up, layout, codecs.devices);
  decoded_ = buffer_pool::create(layout.type(), layout.parameter_count());
}

// -- the device's end -----------------------------------------------------------------------------

encoded_update uplink::encode(const encode_update& m) {
  if (!codec_) return encode_dense(m);
  // The update is checked before it is added to the residual, which it would spoil for good.
  if (auto why = why_diverged("the update", layout_, {false, 0, m.update.size()},
                              {m.update.data(), m.update.size_bytes()});
      !why.empty())
    return {{}, 0, std::move(why)};
  const codec_place place{codecs_.seed, m.device.value, m.round.value};
  const std::span<const std::byte> moments{m.moments.data(), m.moments.size_bytes()};
  shared_bytes encoded;
  if (codec_->keeps_residual()) {
    try {
      auto& mine = residual_of(m.device);
      encoded = mine.prepare(m.round, m.update, moments, place, work_);
      if (store_ && encoded.size() > 0) store_->save(m.device, mine.state());
    } catch (const std::runtime_error& e) {
      return {{}, 0, e.what()};  // an error of the store
    }
    if (encoded.size() == 0)
      return {{},
              0,
              fmt::format("what the device owes has values beyond +-{}; training has diverged; {}",
                          order_free_mean::largest_value, divergence_hint)};
  } else {
    auto update = m.update;  // shares the memory, which its maker has given up
    encoded = codec_->encode(update.as<float>(), moments, place, {}, work_);
  }
  encoded_update out;
  for (const auto& part : split_encoded(encoded)) {
    const block_index index{static_cast<std::uint32_t>(out.blocks.size())};
    out.blocks.push_back(seal(update_block{m.round, m.device, index, codecs_.up, part}));
  }
  out.payload_bytes = encoded.size();
  return out;
}

encoded_update uplink::encode_dense(const encode_update& m) const {
  encoded_update out;
  const auto dense = split_blocks(layout_, m.update, m.moments);
  for (std::uint32_t i = 0; i < dense.size(); ++i) {
    out.blocks.push_back(
        seal(update_block{m.round, m.device, block_index{i}, codec_none, dense[i]}));
    out.payload_bytes += dense[i].size();
  }
  return out;
}

/// The residual of this process, or the one that an earlier process saved. Null if there is none
/// yet.
residual* uplink::find_residual(device_id device) {
  if (const auto found = residuals_.find(device); found != residuals_.end()) return &found->second;
  if (!store_) return nullptr;
  auto kept = store_->load(device);
  if (!kept) return nullptr;
  return &residuals_.try_emplace(device, codec_, std::move(*kept)).first->second;
}

residual& uplink::residual_of(device_id device) {
  if (auto* mine = find_residual(device)) return *mine;
  return residuals_.try_emplace(device, codec_).first->second;
}

void uplink::settle(const settle_update& m) {
  if (!codec_ || !codec_->keeps_residual()) return;
  try {
    if (auto* mine = find_residual(m.device)) mine->settle(m.round, m.fate == update_fate::used);
  } catch (const std::runtime_error&) {
    // The store cannot be read. The next encoding reports that.
  }
}

device_residuals uplink::residuals() const {
  device_residuals kept;
  for (const auto& [device, mine] : residuals_) kept.all.emplace_back(device, mine.state());
  return kept;
}

flat_buffer uplink::owed(device_id device) const {
  const auto found = residuals_.find(device);
  return found == residuals_.end() ? flat_buffer{} : found->second.owed();
}

// -- the server's end -----------------------------------------------------------------------------

decoded_update uplink::decode(const decode_update& m) {
  if (!codec_) return decode_dense(m);
  auto update = decoded_->take();
  flat_buffer moments{layout_.type(), layout_.statistic_count()};
  if (auto why = decode_packed(m, update, moments); !why.empty())
    return {nullptr, fmt::format("device {}: {}", m.device.value, why)};
  return {std::make_shared<const std::vector<shared_bytes>>(split_blocks(layout_, update, moments)),
          {}};
}

std::string uplink::decode_packed(const decode_update& m, flat_buffer& update,
                                  flat_buffer& moments) {
  for (std::uint32_t i = 0; i < m.codecs.size(); ++i)
    if (m.codecs[i] != codecs_.up)
      return fmt::format("block {} is encoded with '{}'; expected '{}'", i, m.codecs[i],
                         codecs_.up);
  if (auto why = codec_->decode(join_parts(m.payloads).bytes(), update.as<float>(),
                                std::as_writable_bytes(moments.as<float>()), work_);
      !why.empty())
    return why;
  return why_diverged("the update", layout_, {true, 0, moments.size()},
                      {moments.data(), moments.size_bytes()});
}

decoded_update uplink::decode_dense(const decode_update& m) const {
  for (std::uint32_t i = 0; i < m.payloads.size(); ++i)
    if (auto why = why_unusable(i, m.codecs[i], m.payloads[i]); !why.empty())
      return {nullptr, fmt::format("device {}: {}", m.device.value, why)};
  return {std::make_shared<const std::vector<shared_bytes>>(m.payloads), {}};
}

std::string uplink::why_unusable(std::uint32_t index, const std::string& codec,
                                 const shared_bytes& payload) const {
  if (auto why = why_misshapen(layout_, index, codec, payload); !why.empty()) return why;
  return why_diverged("the update", layout_, layout_.block(block_index{index}), payload.bytes());
}

}  // namespace verge
