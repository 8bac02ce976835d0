#include "model/codecs/stage_list.hpp"

// stc(p): sparse ternary compression (Sattler et al. 2019, algorithm 1): the values that topk(p)
// chooses become mu or -mu, where mu is the mean of the chosen magnitudes. That is topk with the
// value coder of sign, which sends the mean magnitude and the signs of what it is given.

namespace verge::codecs {

void make_stc(const stage_text& text, codec_recipe& recipe) {
  make_topk(text, recipe);
  make_sign(stage_text{"sign", "sign", 0}, recipe);
}

}  // namespace verge::codecs
