#pragma once

#include "model/codecs/stage_text.hpp"
#include "model/codecs/stages.hpp"

namespace verge::codecs {

/// All stages, in the order of the documentation. Each has a name and a role, which tells which
/// stages exclude each other. A new stage is a file that defines make_<name>, and an entry here.
#define VERGE_CODEC_STAGES(stage)                                                             \
  stage(fp16, values) stage(bf16, values) stage(int8, values) stage(int4, values)             \
      stage(sign, values) stage(ternary, values) stage(topk, selector) stage(randk, selector) \
          stage(dgc, selector) stage(stc, selector_and_values) stage(powersgd, whole)         \
              stage(golomb, indices) stage(index32, indices) stage(zstd, lossless)

/// Adds a stage to a recipe. Throws bad_input for numbers that the stage does not accept.
using stage_maker = void (*)(const stage_text& text, codec_recipe& recipe);

#define VERGE_DECLARE_MAKER(name, kind) void make_##name(const stage_text&, codec_recipe&);
VERGE_CODEC_STAGES(VERGE_DECLARE_MAKER)
#undef VERGE_DECLARE_MAKER

struct stage_entry {
  const char* name;
  enum class role { selector, values, indices, selector_and_values, whole, lossless } kind;
  stage_maker make;
};

std::span<const stage_entry> stage_list();

/// The recipe of a codec text other than "none". Throws bad_input.
codec_recipe read_recipe(std::string_view codec);

}  // namespace verge::codecs
