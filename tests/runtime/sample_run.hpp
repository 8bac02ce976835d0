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
  /// Bytes of one round.
  std::uint64_t bytes_up = 0;
  std::uint64_t bytes_down = 0;
  /// The limit of the accuracy, and the number of epochs after which it has reached half of the
  /// limit.
  double ceiling = 0.9;
  double half_after = 0.5;
  /// Rounds between those in which an update is late, lost and refused; 0 = never.
  std::uint32_t losses_every = 0;
  std::string codec_up = "none";
  std::string codec_down = "model";
  /// Empty: the summary does not have it.
  std::string norm = {};
  /// Difference between the accuracies of labels 0 and 9; 0 = no accuracies by label.
  double label_spread = 0.0;
  /// Modelled time; 0 = no links are modelled.
  double seconds_a_round = 0.0;
  /// Further lines of the arm's section in run.toml.
  std::string settings = {};
  /// For one of several trainings of an arm: the arm's name, the seed, and the tried values as
  /// JSON.
  std::string arm = {};
  std::uint64_t seed = 7;
  std::string tried = "{}";
};

struct sample_run {
  std::string name = "quickstart";
  std::optional<double> target_accuracy = 0.8;
  std::vector<sample_arm> arms;
  std::string model = "cnn";
  /// Samples of each label on each device; empty = a run without label counts.
  std::vector<std::vector<std::uint64_t>> held = {};
  std::uint64_t seed = 7;
  /// Further lines of run.toml: several seeds instead of one, and the sweep.
  std::string seeds = {};
  std::string sweep = {};
};

/// Centralized, large batch and federated, with round counts two decades apart, on ten devices with
/// three labels each.
sample_run three_arms();

/// Large batch and federated with and without codecs, beside centralized: eleven arms whose bytes
/// are more than a thousand times apart.
sample_run arms_with_codecs();

/// Large batch and federated with three seeds. Federated has two learning rates, of which 0.2 is
/// better.
sample_run three_seeds();

/// The loss of a sample arm's round: a straight line over rounds.
double sample_loss(const sample_arm& arm, double round);

/// Writes run.toml, ledger.jsonl, summary.json and, if the run has label counts, partition.json.
void write_sample_run(const std::filesystem::path& directory, const sample_run& run);

/// Changes the files of a sample run to those of a run that was killed after some rounds of `arm`:
/// the last line of the ledger is cut, and the summary has only the arms before, if there are any.
void kill_sample_run(const std::filesystem::path& directory, const std::string& arm,
                     std::uint32_t rounds);

}  // namespace verge::test
