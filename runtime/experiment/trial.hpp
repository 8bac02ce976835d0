#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "verge/runtime/experiment.hpp"

namespace verge {

/// One training: an arm with one seed and one combination of the values of [sweep].
struct trial {
  /// The arm's name in [[arm]].
  std::string arm;
  std::uint64_t seed = 1;
  tried_values tried;
  /// Their `name` is that of the training: the arm's name where the arm is trained once, else
  /// "large-batch@2" or "large-batch@2,learning_rate=0.1". File names, ledger lines and --arm use
  /// it. No arm's name contains '@'.
  arm_options options;
};

/// All trainings of an experiment in the order in which they run: seed after seed, so that every
/// arm has its first result before any arm has its second.
std::vector<trial> trials_of(const experiment& what);

/// The experiment with only this seed and no sweep. Its partition, random draws and initial weights
/// are those of the training.
experiment with_seed(const experiment& what, std::uint64_t seed);

/// The part of the experiment that --arm chooses: the arms of these names, or all arms when `names`
/// is empty. The name of one training of several gives an experiment of its own that trains once.
/// Throws bad_input.
experiment chosen_part(const experiment& what, const std::vector<std::string>& names);

/// `large-batch@2`, or with tried values `large-batch@2,learning_rate=0.1,codec_up=topk(0.01)`.
/// Files are named after it, so texts lose their quotes and blanks.
std::string trial_name(const std::string& arm, std::uint64_t seed, const tried_values& tried);

}  // namespace verge
