#include "evaluation.hpp"

#include <algorithm>
#include <cmath>

namespace verge {

void add_sample(evaluation_sums& sums, std::span<const double> logits, std::int64_t label) {
  const auto largest = std::max_element(logits.begin(), logits.end());
  // The largest exponent is 0, so nothing overflows.
  double sum = 0.0;
  for (const double logit : logits) sum += std::exp(logit - *largest);
  sums.loss += *largest + std::log(sum) - logits[static_cast<std::size_t>(label)];
  if (largest - logits.begin() == label) ++sums.correct;
  ++sums.samples;
}

}  // namespace verge
