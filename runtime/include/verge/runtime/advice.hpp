#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "verge/model/round_time.hpp"
#include "verge/runtime/known_links.hpp"
#include "verge/runtime/ledger.hpp"

namespace verge {

/// Ratio of download to upload rate of most end users' lines, roughly.
inline constexpr double usual_down_per_up = 2.0;

/// Seconds, one way, of a line over some hundred kilometres.
inline constexpr double usual_latency = 0.02;

/// What an arm spent until it reached the target. The time over any link follows from these
/// numbers, without training again. Each is a value per device of a cohort, summed over the rounds
/// up to the target. With several seeds it is the mean over the seeds.
struct cost_to_target {
  std::string arm;
  double rounds = 0.0;
  /// Averages over the devices of a cohort that had not dropped out.
  double bytes_down = 0.0;
  double bytes_up = 0.0;
  /// Time of the device that computed longest in each round, as measured or modelled in the run.
  virtual_seconds compute{};
  /// The strategy in words, such as "large batch".
  std::string strategy = {};
};

/// Costs of the arms that reached the target with every seed of their best try, in the order of the
/// summary. Leaves out arms whose ledger lacks the computation times.
std::vector<cost_to_target> costs_to_target(const run_summary& summary,
                                            const std::vector<ledger_line>& ledger);

/// Seconds to the target where each device has this link, with `latency` seconds one way, and the
/// server's link is no limit. This is the sum of the round times by the formula of docs/links.md,
/// with the mean bytes per device. A device that sends nothing (centralized) has no latency.
double time_to_target(const cost_to_target& cost, const known_link& link, double latency);

/// Keeps the costs of arms whose devices have links. A centralized arm needs all data in one place,
/// so it is not a choice.
std::vector<cost_to_target> distributed(std::vector<cost_to_target> costs);

/// True where the costs are of more than one strategy, so that advice by strategy makes sense.
bool has_two_strategies(const std::vector<cost_to_target>& costs);

/// The arm that reaches the target first on uplinks from `above` (Mbit/s) up to the `above` of the
/// next entry.
struct fastest_arm {
  double above = 0.0;
  std::size_t arm = 0;  // index into the costs
  friend bool operator==(const fastest_arm&, const fastest_arm&) = default;
};

/// The fastest arms on links whose download is `down_per_up` times as fast as their upload, from
/// the slowest links on. Empty without costs.
std::vector<fastest_arm> fastest_arms(const std::vector<cost_to_target>& costs, double down_per_up,
                                      double latency);

/// The name of the fastest, and the range where it is, such as "up to 35.2 Mbit/s up".
using range_in_words = std::pair<std::string, std::string>;

/// The same in words, from the slowest links on, by arm or by strategy. By strategy it tells where
/// Large Batch overtakes Federated, each with its best arm.
std::vector<range_in_words> fastest_arms_in_words(const std::vector<cost_to_target>& costs,
                                                  double down_per_up, double latency);
std::vector<range_in_words> fastest_strategies_in_words(const std::vector<cost_to_target>& costs,
                                                        double down_per_up, double latency);

/// The advice on a run as far as it has come, as text for a terminal: times over the known links
/// and those of `more`, and where one arm overtakes another. Throws bad_input where the directory
/// is not a run directory, or where the run had no target.
std::string advice_on(const std::filesystem::path& run_directory,
                      const std::vector<known_link>& more, double latency);

}  // namespace verge
