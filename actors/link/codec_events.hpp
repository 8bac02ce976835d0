#pragma once

// The messages between the ends of a link and their compressors.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "messages/round_messages.hpp"
#include "messages/type_ids.hpp"
#include "model/codecs/residual.hpp"
#include "model/layout/model_blocks.hpp"
#include "verge/actors/atoms.hpp"

namespace verge {

struct encode_update {
  round_id round;
  device_id device;
  flat_buffer update;
  flat_buffer moments;
};

struct encoded_update {
  std::vector<sealed<update_block>> blocks;
  /// Sum of the payloads.
  std::uint64_t payload_bytes = 0;
  /// Why the update cannot be sent; empty if it can.
  std::string failure;
};

struct decode_update {
  device_id device;
  std::vector<std::string> codecs;
  std::vector<shared_bytes> payloads;
};

/// The dense blocks of an update, with every value checked, or the reason why it is refused.
struct decoded_update {
  std::shared_ptr<const std::vector<shared_bytes>> blocks;
  std::string refused_because;
};

struct encode_model {
  model_version version;
  model_blocks model;
};

struct encoded_model {
  std::vector<sealed<model_block>> blocks;
};

/// A committed step of the model, to be sent instead of the whole model.
struct encode_step {
  /// The version that the step leads to.
  model_version version;
  flat_buffer step;
};

struct encoded_step {
  std::vector<shared_bytes> parts;
  /// The step as devices will decode it, in the memory of encode_step::step. The model moves by
  /// this.
  flat_buffer sent;
  /// Why the step cannot be sent; empty if it can.
  std::string failure;
  /// What the devices are owed from now on. It shares memory and does not change later.
  residual_state owed;
};

/// A download: the blocks of the whole model, or of the steps from the version that the device
/// holds.
struct decode_model {
  model_version version;
  std::optional<model_version> holds;
  std::vector<model_block> blocks;
};

struct decoded_model {
  model_blocks model;
  std::string refused_because;
  /// Refused only because another device of the process has already brought a later version.
  bool superseded = false;
};

/// Device to its compressor: what became of the update of `round`. Its residual is kept or rolled
/// back.
struct settle_update {
  round_id round;
  device_id device;
  update_fate fate;
};

/// The model that was downloaded last may belong to another run: the next download is a whole
/// model.
struct forget_replica {};

}  // namespace verge

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::encode_update)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::encoded_update)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::decode_update)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::decoded_update)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::encode_model)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::encoded_model)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::encode_step)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::encoded_step)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::decode_model)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::decoded_model)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::settle_update)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::forget_replica)
