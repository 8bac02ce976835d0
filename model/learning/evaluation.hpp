#pragma once

#include <cstdint>
#include <span>

#include "verge/model/learner.hpp"

namespace verge {

/// Adds one sample: the answer is the first class with the largest logit, the loss is the cross
/// entropy, -log softmax(logits)[label]. `label` < logits.size().
void add_sample(evaluation_sums& sums, std::span<const double> logits, std::int64_t label);

}  // namespace verge
