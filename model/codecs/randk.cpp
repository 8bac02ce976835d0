#include <numeric>

#include "model/codecs/stage_list.hpp"
#include "model/codecs/tensor_draws.hpp"
#include "model/codecs/top_magnitudes.hpp"

// randk(p): a share p of the places, drawn anew for every encoding. Both ends draw them from the
// key that travels with the update, so no index is sent.
//
// The values are sent unchanged. Scaled by n/k they would be right on average, but the variance
// would grow by n/k - 1 times their square. Unscaled, the coder is a contraction by 1 - k/n on
// average, and the residual keeps the rest.

namespace verge::codecs {

namespace {

class randk_selector final : public selector {
public:
  explicit randk_selector(double share) : share_(share) {}

  void choose(std::span<const float> values, const tensor_context& tensor,
              workspace& work) const override {
    recall(values.size(), tensor, work);
  }

  bool recalls() const override { return true; }

  void recall(std::size_t size, const tensor_context& tensor, workspace& work) const override {
    work.chosen.resize(count_of_share(share_, size));
    if (work.chosen.size() == size) {
      std::iota(work.chosen.begin(), work.chosen.end(), 0u);
      return;
    }
    const shuffle places{size, draws_of(tensor, 1)};
    for (std::size_t i = 0; i < work.chosen.size(); ++i)
      work.chosen[i] = static_cast<std::uint32_t>(places[i]);
  }

private:
  double share_;
};

}  // namespace

void make_randk(const stage_text& text, codec_recipe& recipe) {
  recipe.select = std::make_shared<randk_selector>(text.number("share", 0, a_share));
}

}  // namespace verge::codecs
