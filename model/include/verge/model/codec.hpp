#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "verge/messages/shared_bytes.hpp"
#include "verge/model/manifest.hpp"

namespace verge {

/// Names of the codecs that send dense values unchanged: updates ("none") and whole models
/// ("model").
inline constexpr const char* codec_none = "none";
inline constexpr const char* codec_model = "model";

/// Checks a codec text, for example "topk(0.01)+int8+zstd". docs/compression.md has the grammar and
/// every stage. Throws bad_input naming the character where the text goes wrong. "none" is a codec,
/// "model" is not.
void check_codec(const std::string& text);

/// The stages of a codec text ("topk", "int8", "zstd"; "none" for "none"), all of which a device
/// must know to use the codec. Throws bad_input.
std::vector<std::string> codec_stages(const std::string& text);

/// All stages that exist: "none", those of the library, and those that were added (see
/// add_codec_stage()). A device says that it knows these when it joins.
std::vector<std::string> known_codec_stages();

/// Whether the codec corrects for momentum itself (dgc), so that it needs gradients and a rule
/// without momentum.
bool codec_has_momentum(const std::string& text);

/// Where an encoding happens. It names the random draws, so the same encoding gives the same bytes.
struct codec_place {
  std::uint64_t seed = 0;
  /// Number of the device, or from_server.
  std::uint32_t sender = 0;
  /// Number of the round, from 1.
  std::uint32_t round = 1;

  static constexpr std::uint32_t from_server = 0xFFFFFFFF;
};

/// Dense updates cost four bytes per parameter on a link. An update_codec turns flat float32
/// updates into (usually fewer) bytes and back, by one codec other than "none". Immutable. Several
/// threads may use it at once, each with a workspace of its own.
///
/// An encoding begins with a header of 12 bytes: format 8 bits, flags 8 bits, 16 bits of zeros, the
/// key of the draws 64 bits. The tensors of two dimensions or more, or of more than `small_tensor`
/// values, follow, each encoded by the codec. Then come all other tensors and then the statistics,
/// both unchanged. With the lossless stage, the part behind the header is compressed where that
/// makes it smaller.
class update_codec {
public:
  class workspace;

  /// Vectors (biases, norm layers) of at most this many values travel dense.
  static constexpr std::size_t small_tensor = 4096;
  /// Bytes in one part of an encoded update; the last part may be shorter.
  static constexpr std::size_t part_bytes = manifest::block_bytes;

  /// `devices` is the number of devices that share a round, from which dgc derives its clip. Throws
  /// bad_input for a text that is no codec, for "none", and for a model that is not of float32.
  static std::shared_ptr<const update_codec> make(const std::string& text, const manifest& layout,
                                                  std::uint32_t devices = 1);
  ~update_codec();

  const std::string& text() const;

  /// Whether the codec is biased, so that what has not been sent must be remembered and sent later.
  /// If not, the content of `values` after encode() means nothing.
  bool keeps_residual() const;
  /// Whether the codec is biased, also rounds at random, and leaves in `values` of encode() only
  /// what its bias cut off (`ternary` with a clip). What is left and what is sent then do not add
  /// up to the input.
  bool drops_rounding() const;
  /// Momentum of dgc, with which the residual accumulates velocities; 0 = none.
  double momentum() const;
  /// The norm to which dgc clips a device's update; 0 = never.
  double device_clip() const;
  /// Number of floats that one sender keeps between its encodings, beside the residual (PowerSGD's
  /// warm start).
  std::size_t memory_size() const;

  /// Encodes `values`, which are parameter_count() finite numbers, and the bytes of the statistics,
  /// which may be empty. Leaves in `values` what the receiver will lack (see drops_rounding()).
  /// `memory` has memory_size() floats. `sent`, unless null, receives the places that the codec
  /// chose, without those in tensors that travel dense.
  shared_bytes encode(std::span<float> values, std::span<const std::byte> statistics,
                      const codec_place& place, std::span<float> memory, workspace& work,
                      std::vector<std::uint32_t>* sent = nullptr) const;

  /// Decodes all `values` and `statistics`, whose sizes are the layout's (or no statistics). Trusts
  /// nothing. Returns the reason why it cannot decode. The text is empty on success, and then every
  /// value is usable (see first_unusable()).
  [[nodiscard]] std::string decode(std::span<const std::byte> encoded, std::span<float> values,
                                   std::span<std::byte> statistics, workspace& work) const;

  /// The most bytes that an honest encoding has.
  std::uint64_t most_bytes() const;

private:
  struct parts;
  explicit update_codec(std::unique_ptr<parts> p);

  std::unique_ptr<parts> parts_;
};

/// Memory that the encodings and decodings of one actor reuse. One thread at a time.
class update_codec::workspace {
public:
  workspace();
  ~workspace();
  workspace(const workspace&) = delete;
  workspace& operator=(const workspace&) = delete;

private:
  friend class update_codec;
  struct memory;
  std::unique_ptr<memory> memory_;
};

/// Splits an encoded update into the parts that it travels in, at most update_codec::part_bytes
/// each. The parts share its memory.
std::vector<shared_bytes> split_encoded(const shared_bytes& encoded);
/// Number of parts of an encoded update of `bytes` bytes; at least one.
std::uint32_t part_count(std::uint64_t bytes);
/// Joins the parts into one piece. A single part is shared, several are copied.
shared_bytes join_parts(std::span<const shared_bytes> parts);

}  // namespace verge
