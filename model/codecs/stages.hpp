#pragma once

#include "verge/model/codec_stage.hpp"

namespace verge::codecs {

// What a codec has where its text names no stage for it.

std::shared_ptr<const value_coder> make_float32_values();
std::shared_ptr<const index_coder> make_golomb_indices();

/// The coder of a recipe's selector, values and indices, or its `whole`.
std::shared_ptr<const tensor_coder> make_tensor_coder(const codec_recipe& recipe);

}  // namespace verge::codecs
