#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "verge/runtime/experiment.hpp"

namespace verge {

/// One training: an arm, with one seed and one choice of the values of [sweep].
struct trial {
  /// The arm's, as [[arm]] has it.
  std::string arm;
  std::uint64_t seed = 1;
  tried_values tried;
  /// Called by the training's own name: the arm's where an arm is trained once, else "large-batch@2", or
  /// "large-batch@2,learning_rate=0.1". Files, lines of the ledger and --arm have it; '@' is in no arm's name.
  arm_options options;
};

/// All trainings of an experiment in the order in which they run: seed after seed, so that every arm has its first
/// result before any has its second.
std::vector<trial> trials_of(const experiment& what);

/// The experiment with that seed alone and no sweep. What it deals, draws and initialises is that of the training.
experiment with_seed(const experiment& what, std::uint64_t seed);

/// What --arm of the programs chooses: the experiment with the arms of these names (all when there are none). One
/// training of several, by its own name, is an experiment of its own that trains once. Throws bad_input.
experiment chosen_part(const experiment& what, const std::vector<std::string>& names);

/// `large-batch@2`; with what is tried `large-batch@2,learning_rate=0.1,codec_up=topk(0.01)`: files are named after it,
/// so texts lose their quotes and blanks.
std::string trial_name(const std::string& arm, std::uint64_t seed, const tried_values& tried);

}  // namespace verge
