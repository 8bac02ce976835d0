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

/// Names of the codecs that send dense values as they are: updates, and whole models.
inline constexpr const char* codec_none = "none";
inline constexpr const char* codec_model = "model";

/// Checks a codec text, for example "topk(0.01)+int8+zstd"; docs/compression.md has the grammar and every
/// stage. Throws bad_input naming the character where it goes wrong. "none" is a codec, "model" is not.
void check_codec(const std::string& text);

/// The stages of a codec text ("topk", "int8", "zstd"; "none" of "none"): what a device must know to
/// use it. Throws bad_input.
std::vector<std::string> codec_stages(const std::string& text);

/// Every stage there is, "none" first: what a device says it knows when it joins.
const std::vector<std::string>& known_codec_stages();

/// The codec corrects for momentum itself (dgc), so it wants gradients and a rule without momentum.
bool codec_has_momentum(const std::string& text);

/// Where an encoding happens: names its random draws, so the same encoding gives the same bytes.
struct codec_place {
  std::uint64_t seed = 0;
  /// The device, or from_server.
  std::uint32_t sender = 0;
  /// Counted from 1.
  std::uint32_t round = 1;

  static constexpr std::uint32_t from_server = 0xFFFFFFFF;
};

/// How flat float32 updates become bytes and bytes become updates again, by one codec other than "none".
/// Immutable; used by several threads at once, each with a workspace of its own.
///
/// Encoded: a header of 12 bytes (format 8 bits, flags 8 bits, 16 bits of zeros, the key of the draws 64
/// bits), the tensors of two dimensions or more, or of more than `small_tensor` values, each by the codec,
/// then all other tensors as they are, then the statistics as they are. With the lossless stage, what
/// follows the header is compressed where that makes it smaller.
class update_codec {
public:
  class workspace;

  /// Vectors (biases, norm layers) of at most so many values travel dense.
  static constexpr std::size_t small_tensor = 4096;
  /// Bytes of one part of an encoded update.
  static constexpr std::size_t part_bytes = manifest::block_bytes;

  /// `devices` share a round (dgc clips by their number). Throws bad_input: not a codec, "none", or a
  /// model that is not of float32.
  static std::shared_ptr<const update_codec> make(const std::string& text, const manifest& layout,
                                                  std::uint32_t devices = 1);
  ~update_codec();

  const std::string& text() const;

  /// What has not been sent must be remembered and sent later (a biased codec). Without it, `values` of
  /// encode() mean nothing afterwards.
  bool keeps_residual() const;
  /// A biased codec that also rounds at random, and leaves in `values` of encode() only what its bias cut
  /// off (`ternary` with a clip): what is left and what is sent do not add up to what was given.
  bool drops_rounding() const;
  /// dgc with momentum: the residual accumulates velocities.
  double momentum() const;
  /// dgc: the norm that a device's update is cut to; 0 = never.
  double device_clip() const;
  /// Floats that one sender keeps between its encodings beside the residual (PowerSGD's warm start).
  std::size_t memory_size() const;

  /// Encodes parameter_count() finite `values` and the bytes of the statistics, which may be empty.
  /// Leaves in `values` what the receiver will be short of (see drops_rounding()). `memory`: memory_size()
  /// floats. `sent`, if any, gets the places that the codec chose; those of tensors that travel dense are
  /// not among them.
  shared_bytes encode(std::span<float> values, std::span<const std::byte> statistics,
                      const codec_place& place, std::span<float> memory, workspace& work,
                      std::vector<std::uint32_t>* sent = nullptr) const;

  /// Decodes all `values` and `statistics`, whose sizes are the layout's (or no statistics). Trusts
  /// nothing. Returns why it cannot, or an empty text; then every value is usable (see
  /// first_unusable()).
  [[nodiscard]] std::string decode(std::span<const std::byte> encoded, std::span<float> values,
                                   std::span<std::byte> statistics, workspace& work) const;

  /// No honest encoding is longer.
  std::uint64_t most_bytes() const;

private:
  struct parts;
  explicit update_codec(std::unique_ptr<parts> p);

  std::unique_ptr<parts> parts_;
};

/// Memory that encodings and decodings of one actor reuse.
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

/// An encoded update as the parts it travels in, at most update_codec::part_bytes each; shares.
std::vector<shared_bytes> split_encoded(const shared_bytes& encoded);
/// Parts of an encoded update of so many bytes; at least one.
std::uint32_t part_count(std::uint64_t bytes);
/// The parts in one piece: shared when there is only one, else copied.
shared_bytes join_parts(std::span<const shared_bytes> parts);

}  // namespace verge
