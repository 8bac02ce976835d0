#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "model/codecs/byte_io.hpp"
#include "model/codecs/tensor_coder.hpp"

// A codec consists of stages: a selector (which values are sent), a value coder (how a value is
// written) and an index coder (how the selector's choice is written). Each is optional. A codec
// that treats a tensor as a whole replaces all three.

namespace verge::codecs {

/// Chooses which values of a tensor are sent. Immutable.
class selector {
public:
  virtual ~selector() = default;

  /// Writes the places to send into work.chosen. They are distinct and below values.size() (at most
  /// 2^32).
  virtual void choose(std::span<const float> values, const tensor_context& tensor,
                      workspace& work) const = 0;

  /// True: the receiver makes the same choice with recall(), and no index is sent. False: the
  /// choice is ascending and sent.
  virtual bool recalls() const { return false; }
  virtual void recall(std::size_t /*size*/, const tensor_context&, workspace&) const {}
};

/// Writes values one by one, or in buckets of neighbours. Immutable.
class value_coder {
public:
  virtual ~value_coder() = default;

  /// Appends `values` to `out`. Leaves in `values` what the receiver will lack (see
  /// drops_rounding()).
  virtual void encode(std::span<float> values, const tensor_context& tensor,
                      byte_writer& out) const = 0;
  /// Writes all of `values`. Returns the reason why it cannot, or an empty text.
  virtual std::string decode(byte_reader& in, std::span<float> values) const = 0;
  virtual bool unbiased() const = 0;
  /// Whether encode() leaves less than it was given (in 2-norm) when no value is much larger than
  /// the others, as after a selector. A residual of the coder then cannot grow, so it may follow a
  /// selector.
  virtual bool contracts() const { return true; }
  /// Whether encode() leaves only what a bias cut off. What it rounds off at random is then neither
  /// in what it leaves nor in what it writes.
  virtual bool drops_rounding() const { return false; }
};

/// Writes ascending places below `size`. Immutable.
class index_coder {
public:
  virtual ~index_coder() = default;
  virtual void encode(std::span<const std::uint32_t> places, std::size_t size,
                      byte_writer& out) const = 0;
  /// Fills `places`, whose number the caller has read. Returns the reason why it cannot, or an
  /// empty text.
  virtual std::string decode(byte_reader& in, std::size_t size,
                             std::span<std::uint32_t> places) const = 0;
};

/// What a residual does with an update before it is encoded (Lin et al. 2018, section 3).
struct momentum_correction {
  double momentum = 0.0;
  /// Largest norm of the mean gradient. Each device's gradient is clipped at clip / sqrt(devices).
  /// 0 = never.
  double clip = 0.0;
};

/// The stages of one codec text, combined.
struct codec_recipe {
  std::shared_ptr<const selector> select;
  std::shared_ptr<const value_coder> values;
  std::shared_ptr<const index_coder> indices;
  /// Replaces the three above.
  std::shared_ptr<const tensor_coder> whole;
  std::optional<momentum_correction> correction;
  /// Level of the lossless last stage; 0 = no such stage.
  int zstd_level = 0;
};

std::shared_ptr<const value_coder> make_float32_values();
std::shared_ptr<const index_coder> make_golomb_indices();

/// The coder of a recipe's selector, values and indices, or its `whole`.
std::shared_ptr<const tensor_coder> make_tensor_coder(const codec_recipe& recipe);

}  // namespace verge::codecs
