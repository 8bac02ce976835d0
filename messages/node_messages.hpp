#pragma once

// The messages with which a device's process becomes part of a run, as C++ values. node.capnp is
// their specification.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "messages/round_messages.hpp"
#include "messages/sealed.hpp"
#include "verge/messages/ids.hpp"

namespace verge {

struct hello {
  std::uint32_t protocol = protocol_version;
  /// See is_device_name().
  std::string name;
};

/// Whether a device can have this name. The list of known devices holds it, and logs show it.
bool is_device_name(const std::string& name);
inline constexpr const char* device_name_words =
    "1 to 64 letters, digits, '.', '_' or '-', the first a letter or a digit";

struct run_terms {
  /// run_id_bytes bytes.
  std::string run_id;
  std::string experiment;
  std::string arm;
  std::uint64_t seed = 0;
  std::uint32_t devices = 0;
  std::uint32_t cohort = 0;
  std::string codec_up;
  std::string codec_down;

  std::string network;
  std::string norm;
  bool shares_statistics = true;
  bool shares_controls = false;
  bool float64 = false;
  std::uint32_t channels = 0;
  std::uint32_t height = 0;
  std::uint32_t width = 0;
  std::uint32_t classes = 0;

  std::string data_name;
  std::uint64_t train_samples = 0;
  std::string partition;
  std::vector<float> mean;
  std::vector<float> deviation;
  bool flip = false;
  std::uint32_t crop_padding = 0;

  /// Training samples in the server's data set, of which the run uses train_samples; 0 = the server
  /// does not say.
  std::uint64_t data_samples = 0;
  /// Hash of the labels of the samples that the run uses: labels_hash_bytes bytes. Empty = the
  /// server does not say.
  std::string labels_hash = {};

  friend bool operator==(const run_terms&, const run_terms&) = default;
};

inline constexpr std::size_t run_id_bytes = 16;
inline constexpr std::size_t labels_hash_bytes = 32;

struct invitation {
  /// Not empty: the reason why the device cannot be part of this run. Challenge and terms mean
  /// nothing then.
  std::string refused_because;
  /// challenge_bytes bytes to sign. Empty = no signature is asked for.
  std::string challenge = {};
  run_terms terms = {};
  /// Refused because the run has ended.
  bool is_over = false;
  /// Refused for now; the device may come back later.
  bool come_back = false;
  /// Id of the run, set with is_over.
  std::string ended_run = {};
};

inline constexpr std::size_t challenge_bytes = 32;

struct proof {
  /// Signature of text_to_sign(); empty without a challenge.
  std::string signature;
  /// The shard that the device holds. Unset: the device takes any free number.
  std::optional<device_id> wants;
};

/// The text that a device signs. The signature is only good for this name, this run and this one
/// challenge.
std::string text_to_sign(const std::string& run_id, const std::string& challenge,
                         const std::string& name);

struct admission {
  std::string refused_because;
  device_id device;
};

/// Sent instead of a proof or a join: the reason why a device cannot take part.
struct decline {
  std::string reason;
};

struct run_over {
  std::string failure;
  bool is_unfinished = false;
};

#define VERGE_WIRE_FORMAT(type)                              \
  template <>                                                \
  struct wire_format<type> {                                 \
    static verge::frame encode(const type& value);           \
    static result<type> decode(const verge::frame& encoded); \
  }

VERGE_WIRE_FORMAT(hello);
VERGE_WIRE_FORMAT(invitation);
VERGE_WIRE_FORMAT(proof);
VERGE_WIRE_FORMAT(admission);
VERGE_WIRE_FORMAT(decline);
VERGE_WIRE_FORMAT(run_over);

#undef VERGE_WIRE_FORMAT

}  // namespace verge
