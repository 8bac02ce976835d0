#pragma once

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstddef>
#include <string>
#include <vector>

#include "system/process_sample.hpp"

namespace verge::test {

/// The resources of one process during a soak: at rest before it, once per second while devices
/// come and go, and at rest after it.
class soak_samples {
public:
  explicit soak_samples(std::string who) : who_(std::move(who)) {}

  void begin(const process_sample& at_rest) { before_ = at_rest; }
  void add(const process_sample& now) { during_.push_back(now); }
  void end(const process_sample& at_rest) { after_ = at_rest; }

  /// The minimum over several moments, which excludes what comes and goes between two rounds.
  static process_sample least_of(const std::vector<process_sample>& samples) {
    auto least = samples.at(0);
    for (const auto& one : samples) {
      least.memory_mib = std::min(least.memory_mib, one.memory_mib);
      least.descriptors = std::min(least.descriptors, one.descriptors);
      least.threads = std::min(least.threads, one.threads);
    }
    return least;
  }

  /// Checks that descriptors and threads at rest are the same as before, and that in between there
  /// were at most `most_more` more descriptors and no more threads.
  void check_descriptors_and_threads(std::size_t most_more) const {
    BOOST_TEST_CONTEXT(who_) {
      BOOST_TEST(after_.descriptors == before_.descriptors);
      BOOST_TEST(after_.threads == before_.threads);
      for (std::size_t second = 0; second < during_.size(); ++second)
        BOOST_TEST_CONTEXT("second " << second) {
          BOOST_TEST(during_[second].descriptors <= before_.descriptors + most_more);
          BOOST_TEST(during_[second].threads <= before_.threads);
        }
    }
  }

  /// Checks that no later peak exceeds that of the first third of the time by more than `most_mib`.
  /// The first third is for memory that is allocated once, and for the heap to reach its size.
  void check_memory(double most_mib) const {
    BOOST_TEST_CONTEXT(who_) {
      BOOST_REQUIRE(during_.size() >= 3u);
      const auto later = during_.begin() + static_cast<std::ptrdiff_t>(during_.size() / 3);
      BOOST_TEST(peak(later, during_.end()) <= peak(during_.begin(), later) + most_mib);
    }
  }

  /// Checks that over the last two thirds of the time the memory grows by less than this per
  /// minute, by the slope of the best-fitting line.
  void check_slope(double most_mib_a_minute) const {
    const auto first = during_.size() / 3;
    const auto count = static_cast<double>(during_.size() - first);
    double mean = 0.0, along = 0.0, square = 0.0;
    for (auto i = first; i < during_.size(); ++i) mean += during_[i].memory_mib / count;
    for (auto i = first; i < during_.size(); ++i) {
      const auto second = static_cast<double>(i - first) - (count - 1) / 2;
      along += second * (during_[i].memory_mib - mean);
      square += second * second;
    }
    BOOST_TEST(60 * along / square <= most_mib_a_minute, who_);
  }

private:
  using iterator = std::vector<process_sample>::const_iterator;

  static double peak(iterator begin, iterator end) {
    return std::max_element(
               begin, end, [](const auto& a, const auto& b) { return a.memory_mib < b.memory_mib; })
        ->memory_mib;
  }

  const std::string who_;
  process_sample before_, after_;
  std::vector<process_sample> during_;
};

}  // namespace verge::test
