#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

/// A run directory made up by formulas, written as the file formats say and not by the writers of
/// runtime/, for tests of what reads it.
namespace verge::test {

struct sample_arm {
  std::string name;
  std::string strategy;
  std::uint32_t rounds = 40;
  double epochs = 4.0;
  std::uint32_t evaluate_every = 1;
  /// Of one round.
  std::uint64_t bytes_up = 0;
  std::uint64_t bytes_down = 0;
  /// What the accuracy comes close to, and how fast: half of it after so many epochs.
  double ceiling = 0.9;
  double half_after = 0.5;
  /// Every so many rounds an update is late, lost and refused; 0 = never.
  std::uint32_t losses_every = 0;
  std::string codec_up = "none";
  std::string codec_down = "model";
  /// Empty: the summary does not say.
  std::string norm = {};
  /// How much less often label 9 is told rightly than label 0; 0: nobody counts by label.
  double label_spread = 0.0;
  /// Modelled; 0 = no links are.
  double seconds_a_round = 0.0;
  /// More lines of the arm's section of run.toml.
  std::string settings = {};
  /// Of one of several trainings of an arm: the arm's name; its seed, and what it tries, as JSON.
  std::string arm = {};
  std::uint64_t seed = 7;
  std::string tried = "{}";
};

struct sample_run {
  std::string name = "quickstart";
  std::optional<double> target_accuracy = 0.8;
  std::vector<sample_arm> arms;
  std::string model = "cnn";
  /// Samples of each label on each device; empty: a run that does not say who holds what.
  std::vector<std::vector<std::uint64_t>> held = {};
  std::uint64_t seed = 7;
  /// More lines of run.toml: its seeds instead of the one, and what it sweeps.
  std::string seeds = {};
  std::string sweep = {};
};

/// Centralized, large batch and federated, with round counts two decades apart, on ten devices with three
/// labels each.
sample_run three_arms();

/// Large batch and federated with and without codecs, beside centralized: eleven arms whose bytes
/// are more than a thousand times apart.
sample_run arms_with_codecs();

/// Large batch and federated with three seeds, the latter with two learning rates, of which 0.2 is the better one.
sample_run three_seeds();

/// The loss of a sample arm's round: a straight line over rounds.
double sample_loss(const sample_arm& arm, double round);

/// Writes run.toml, ledger.jsonl, summary.json and, where the run says who holds what, partition.json.
void write_sample_run(const std::filesystem::path& directory, const sample_run& run);

/// Makes of the files of a sample run those of one that was killed after so many rounds of `arm`: with a last line of
/// the ledger that is cut, and with a summary of the arms before it, if there are any.
void kill_sample_run(const std::filesystem::path& directory, const std::string& arm,
                     std::uint32_t rounds);

}  // namespace verge::test
