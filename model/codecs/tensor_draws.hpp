#pragma once

#include "model/random/random.hpp"
#include "verge/model/tensor_coder.hpp"

namespace verge::codecs {

/// The draws about a tensor; one stream for each stage that draws.
inline random_stream draws_of(const tensor_context& tensor, std::uint32_t stage) {
  return {tensor.key, random_purpose::codec, tensor.number, stage};
}

}  // namespace verge::codecs
