#include "model/codecs/scales.hpp"

namespace verge::codecs {

namespace {

VERGE_TARGET_CLONES
float largest_for_this_processor(const float* values, std::size_t count) {
  return largest_magnitude(values, count);
}

}  // namespace

float largest_of(std::span<const float> values) {
  return largest_for_this_processor(values.data(), values.size());
}

}  // namespace verge::codecs
