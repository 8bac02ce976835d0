#include <algorithm>
#include <cmath>

#include "model/codecs/stage_list.hpp"
#include "model/codecs/top_magnitudes.hpp"

// dgc(p, warmup=W, momentum=m, clip=c): deep gradient compression (Lin et al. 2018, section 3). The
// selection is that of topk, with a share that falls from round to round while the model changes
// fast:
//     share(round) = max(p, p^(round / (W + 1))),   rounds counted from 1.
// Momentum correction, clipping and momentum factor masking are done by the residual; see
// momentum_correction.

namespace verge::codecs {

namespace {

constexpr number_rule some_rounds{0.0, false, 4294967295.0, true, "a whole number of rounds"};
constexpr number_rule a_momentum{0.0, false, 1.0 - 0x1p-53, false, "at least 0, below 1"};
constexpr number_rule a_norm{0.0, true, std::numeric_limits<double>::max(), false,
                             "a norm above 0"};

constexpr double default_warmup = 0.0;
constexpr double default_momentum = 0.9;
constexpr double never_clipped = 0.0;

class dgc_selector final : public selector {
public:
  dgc_selector(double share, double warmup) : share_(share), warmup_(warmup) {}

  void choose(std::span<const float> values, const tensor_context& tensor,
              workspace& work) const override {
    choose_largest(values, count_of_share(share_in(tensor.round), values.size()), work);
  }

private:
  double share_in(std::uint32_t round) const {
    if (round > warmup_) return share_;
    return std::max(share_, std::pow(share_, round / (warmup_ + 1.0)));
  }

  double share_;
  double warmup_;
};

}  // namespace

void make_dgc(const stage_text& text, codec_recipe& recipe) {
  const auto share = text.number("share", 0, a_share);
  const auto warmup = text.number("warmup", -1, some_rounds, default_warmup);
  recipe.select = std::make_shared<dgc_selector>(share, warmup);
  recipe.correction = momentum_correction{text.number("momentum", -1, a_momentum, default_momentum),
                                          text.number("clip", -1, a_norm, never_clipped)};
}

}  // namespace verge::codecs
