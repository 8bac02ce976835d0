#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "actors/link/compressor.hpp"
#include "model/codecs/residual.hpp"
#include "model/layout/buffer_pool.hpp"

namespace verge {

/// Encodes and decodes updates on their way from devices to the server, for the compressors at both
/// ends. A device's compressor uses encode() and settle(), the server's uses decode(). It is not an
/// actor. Not thread-safe.
class uplink {
public:
  /// `store`: keeps the residuals of devices besides; may be null.
  uplink(const manifest& layout, const link_codecs& codecs,
         std::shared_ptr<residual_store> store = nullptr);

  encoded_update encode(const encode_update& m);
  void settle(const settle_update& m);
  decoded_update decode(const decode_update& m);

  device_residuals residuals() const;
  /// The part of its updates that the device has not sent yet. Empty if no residual is kept.
  flat_buffer owed(device_id device) const;

private:
  encoded_update encode_dense(const encode_update& m) const;
  decoded_update decode_dense(const decode_update& m) const;
  std::string decode_packed(const decode_update& m, flat_buffer& update, flat_buffer& moments);
  residual* find_residual(device_id device);
  residual& residual_of(device_id device);
  std::string why_unusable(std::uint32_t index, const std::string& codec,
                           const shared_bytes& payload) const;

  manifest layout_;
  link_codecs codecs_;
  /// Null with codec `none`. The members below are then unused.
  std::shared_ptr<const update_codec> codec_;
  update_codec::workspace work_;
  std::unordered_map<device_id, residual> residuals_;
  std::shared_ptr<residual_store> store_;
  std::shared_ptr<buffer_pool> decoded_;
};

/// Why `payload` is not the dense values of block `index`; empty if it is.
std::string why_misshapen(const manifest& layout, std::uint32_t index, const std::string& codec,
                          const shared_bytes& payload);

}  // namespace verge
