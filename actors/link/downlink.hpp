#pragma once

#include <memory>
#include <optional>
#include <string>

#include "actors/link/compressor.hpp"
#include "model/codecs/residual.hpp"
#include "model/layout/buffer_pool.hpp"

namespace verge {

/// Encodes and decodes models on their way from the server to devices, for the compressors at both
/// ends. The server's compressor uses encode(), a device's uses decode(). It is not an actor. Not
/// thread-safe.
///
/// With steps, the device's end keeps one replica of the model, the latest version that any of its
/// devices has downloaded. All devices of a process share it, because a version has the same bits
/// for all of them.
class downlink {
public:
  /// `owed`: what the server's end owed the devices when that was last saved.
  downlink(const manifest& layout, const link_codecs& codecs, residual_state owed = {});

  encoded_model encode(const encode_model& m) const;
  encoded_step encode(const encode_step& m);
  decoded_model decode(const decode_model& m);
  /// At the device's end: the next download has to be a whole model.
  void forget_replica() { replica_.reset(); }

  /// At the server's end: the part of the steps so far that devices have not been sent yet. Empty
  /// if no residual is kept.
  flat_buffer owed() const { return residual_ ? residual_->owed() : flat_buffer{}; }

private:
  struct replica {
    model_version version;
    flat_buffer parameters;
    flat_buffer statistics;
    std::int64_t batches_tracked = 0;
  };

  std::string take_whole(const decode_model& m);
  std::string take_steps(const decode_model& m);
  std::string take_statistics(const decode_model& m, std::size_t from, replica& into) const;
  std::string apply(std::span<const shared_bytes> parts, flat_buffer& parameters);
  decoded_model decode_dense(const decode_model& m) const;

  manifest layout_;
  link_codecs codecs_;
  /// Null if the whole model travels. The members below are then unused.
  std::shared_ptr<const update_codec> codec_;
  update_codec::workspace work_;
  /// Only at the server's end.
  std::unique_ptr<residual> residual_;
  /// Only at the device's end.
  std::optional<replica> replica_;
  std::shared_ptr<buffer_pool> pool_;
};

}  // namespace verge
