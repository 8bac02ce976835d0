#pragma once

#include <string_view>
#include <vector>

#include "verge/model/call_text.hpp"

// The text of a codec: stages joined by '+', as in "topk(0.01)+int8+zstd".

namespace verge::codecs {

/// One stage as it was written.
using stage_text = call_text;

/// A share of the values: 0 < p <= 1.
inline constexpr number_rule a_share{0.0, true, 1.0, false, "a share above 0, at most 1"};

/// The stages of `codec`, which must outlive them. Throws bad_input that says what is wrong, and at
/// which character.
inline std::vector<stage_text> parse_stages(std::string_view codec) {
  return parse_calls(codec, "stage");
}

}  // namespace verge::codecs
