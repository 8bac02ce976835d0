#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "verge/model/byte_io.hpp"
#include "verge/model/call_text.hpp"
#include "verge/model/tensor_coder.hpp"

// A codec is put together from stages: a selector (which values are sent), a value coder (how a
// value is written), an index coder (how the selector's choice is written). Each is optional. A
// codec that looks at a tensor as a whole takes the place of all three.

namespace verge::codecs {

/// Chooses which values of a tensor are sent. Immutable.
class selector {
public:
  virtual ~selector() = default;

  /// Writes the places to send into work.chosen: different ones, below values.size() (at most
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

  /// Appends `values` to `out`; leaves in `values` what the receiver will be short of (see
  /// drops_rounding()).
  virtual void encode(std::span<float> values, const tensor_context& tensor,
                      byte_writer& out) const = 0;
  /// Writes all of `values`. Returns why it cannot, or an empty text.
  virtual std::string decode(byte_reader& in, std::span<float> values) const = 0;
  virtual bool unbiased() const = 0;
  /// Of values such as a selector chooses, none much larger than the others, encode() leaves less
  /// than it was given (in 2-norm), so a residual of it cannot grow: the coder may follow a
  /// selector.
  virtual bool contracts() const { return true; }
  /// encode() leaves only what a bias cut off. What it rounds off at random is in neither what it
  /// leaves nor what it writes.
  virtual bool drops_rounding() const { return false; }
};

/// Writes ascending places below `size`. Immutable.
class index_coder {
public:
  virtual ~index_coder() = default;
  virtual void encode(std::span<const std::uint32_t> places, std::size_t size,
                      byte_writer& out) const = 0;
  /// Fills `places`, whose number the caller has read. Returns why it cannot, or an empty text.
  virtual std::string decode(byte_reader& in, std::size_t size,
                             std::span<std::uint32_t> places) const = 0;
};

/// What a residual does with an update before it is encoded (Lin et al. 2018, section 3).
struct momentum_correction {
  double momentum = 0.0;
  /// Largest norm of the mean gradient; each device's is cut at clip / sqrt(devices). 0 = never.
  double clip = 0.0;
};

/// What the stages of one codec text come to.
struct codec_recipe {
  std::shared_ptr<const selector> select;
  std::shared_ptr<const value_coder> values;
  std::shared_ptr<const index_coder> indices;
  /// In place of the three.
  std::shared_ptr<const tensor_coder> whole;
  std::optional<momentum_correction> correction;
  /// Level of the lossless last stage; 0 = there is none.
  int zstd_level = 0;
};

}  // namespace verge::codecs

namespace verge {

/// What a stage puts into a recipe. Two stages of a codec cannot put in the same.
enum class codec_stage_role : std::uint8_t {
  /// A selector whose choice is sent.
  selector,
  /// A selector whose choice the receiver recalls.
  recalled_selector,
  values,
  indices,
  selector_and_values,
  /// A coder in the place of selector, values and indices.
  whole,
  /// What comes last and compresses the bytes of all tensors.
  lossless,
};

/// A stage by its name.
struct codec_stage_entry {
  /// As it stands in the text of a codec.
  std::string_view name;
  codec_stage_role role = codec_stage_role::values;
  /// Puts what `text`, which has this name, asks for into the recipe. An argument that it does not
  /// ask `text` for is an error.
  void (*make)(const call_text& text, codecs::codec_recipe& recipe) = nullptr;
};

/// Adds a stage of the program's own. From then on a codec may have it, known_codec_stages() and
/// errors that list stages have its name, and devices announce it; their message has room for 64
/// stages. Call this before the first run, in every process that takes part: the server and each
/// device have to know the same stage. Throws bad_input when the name is taken, or is not a
/// lower-case letter with lower-case letters, digits and '_' behind it.
void add_codec_stage(const codec_stage_entry& entry);

}  // namespace verge
