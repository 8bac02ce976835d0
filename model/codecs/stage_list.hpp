#pragma once

#include "stage_text.hpp"
#include "stages.hpp"

namespace verge::codecs {

/// Puts what a stage is into a recipe. Throws bad_input on numbers that it does not take.
using stage_maker = void (*)(const stage_text& text, codec_recipe& recipe);

struct stage_entry {
  const char* name;
  /// What the stage takes the place of, to say which stages exclude each other.
  enum class role { selector, values, indices, selector_and_values, whole, lossless } kind;
  stage_maker make;
};

/// All stages, in the order of the documentation. A new one is a file and a line here.
std::span<const stage_entry> stage_list();

/// The recipe of a codec text other than "none". Throws bad_input.
codec_recipe read_recipe(std::string_view codec);

// -- one maker a file ---------------------------------------------------------------------------------
void make_fp16(const stage_text&, codec_recipe&);
void make_bf16(const stage_text&, codec_recipe&);
void make_int8(const stage_text&, codec_recipe&);
void make_int4(const stage_text&, codec_recipe&);
void make_sign(const stage_text&, codec_recipe&);
void make_ternary(const stage_text&, codec_recipe&);
void make_topk(const stage_text&, codec_recipe&);
void make_randk(const stage_text&, codec_recipe&);
void make_dgc(const stage_text&, codec_recipe&);
void make_stc(const stage_text&, codec_recipe&);
void make_powersgd(const stage_text&, codec_recipe&);
void make_golomb(const stage_text&, codec_recipe&);
void make_index32(const stage_text&, codec_recipe&);
void make_zstd(const stage_text&, codec_recipe&);

}  // namespace verge::codecs
