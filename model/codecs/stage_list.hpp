#pragma once

#include "model/codecs/stage_text.hpp"
#include "model/codecs/stages.hpp"
#include "model/text/named_set.hpp"

namespace verge::codecs {

// A new stage is a file that defines a maker, which is declared here, and a line of the table in
// stage_list.cpp.

/// Puts what a stage is into a recipe. Throws bad_input on numbers that it does not take.
using stage_maker = void(const stage_text& text, codec_recipe& recipe);

stage_maker make_fp16;
stage_maker make_bf16;
stage_maker make_int8;
stage_maker make_int4;
stage_maker make_sign;
stage_maker make_ternary;
stage_maker make_topk;
stage_maker make_randk;
stage_maker make_dgc;
stage_maker make_stc;
stage_maker make_powersgd;
stage_maker make_golomb;
stage_maker make_index32;
stage_maker make_zstd;

/// All stages but "none".
named_set<codec_stage_entry>& all_stages();

/// The recipe of a codec text other than "none". Throws bad_input.
codec_recipe read_recipe(std::string_view codec);

}  // namespace verge::codecs
