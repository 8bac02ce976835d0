#include "model/learning/evaluation.hpp"

#include <algorithm>
#include <cmath>

namespace verge {

void add_sample(evaluation_sums& sums, std::span<const double> logits, std::int64_t label) {
  const auto largest = std::max_element(logits.begin(), logits.end());
  // The largest exponent is 0, so nothing overflows.
  double sum = 0.0;
  for (const double logit : logits) sum += std::exp(logit - *largest);
  sums.loss += *largest + std::log(sum) - logits[static_cast<std::size_t>(label)];
  const bool is_correct = largest - logits.begin() == label;
  sums.correct += is_correct ? 1 : 0;
  ++sums.samples;
  sums.labels.resize(logits.size());
  auto& mine = sums.labels[static_cast<std::size_t>(label)];
  mine.correct += is_correct ? 1 : 0;
  ++mine.samples;
}

void evaluation_sums::add(const evaluation_sums& other) {
  samples += other.samples;
  correct += other.correct;
  loss += other.loss;
  labels.resize(std::max(labels.size(), other.labels.size()));
  for (std::size_t label = 0; label < other.labels.size(); ++label) {
    labels[label].samples += other.labels[label].samples;
    labels[label].correct += other.labels[label].correct;
  }
}

}  // namespace verge
