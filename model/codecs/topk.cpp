#include "model/codecs/stage_list.hpp"
#include "model/codecs/top_magnitudes.hpp"

// topk(p): the share p of the values that are largest in magnitude. If k of n values are chosen,
//     ||x - topk(x)||^2 <= (1 - k/n) ||x||^2,
// a contraction, so what is left may be sent later (Stich et al. 2018).

namespace verge::codecs {

namespace {

class topk_selector final : public selector {
public:
  explicit topk_selector(double share) : share_(share) {}

  void choose(std::span<const float> values, const tensor_context&,
              workspace& work) const override {
    choose_largest(values, count_of_share(share_, values.size()), work);
  }

private:
  double share_;
};

}  // namespace

void make_topk(const stage_text& text, codec_recipe& recipe) {
  recipe.select = std::make_shared<topk_selector>(text.number("share", 0, a_share));
}

}  // namespace verge::codecs
