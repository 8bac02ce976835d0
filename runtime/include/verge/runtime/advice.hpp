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

/// Most lines that end users have download about so many times as fast as they upload.
inline constexpr double usual_down_per_up = 2.0;

/// One way, seconds: a line over some hundred kilometres.
inline constexpr double usual_latency = 0.02;

/// What it took an arm to reach the target, as far as time depends on the link: all per device of a cohort, added up
/// over the rounds until then; of several seeds the mean. From it follows the time over any link, without training again.
struct cost_to_target {
  std::string arm;
  double rounds = 0.0;
  /// On average over the devices of a cohort that had not dropped out.
  double bytes_down = 0.0;
  double bytes_up = 0.0;
  /// Of the device that computed longest in each round; as measured or modelled in the run.
  virtual_seconds compute{};
  /// In words: "large batch".
  std::string strategy = {};
};

/// Of the arms that reached the target, with every seed of their best try, in the order of the summary; without those
/// whose ledger does not say how long devices have computed.
std::vector<cost_to_target> costs_to_target(const run_summary& summary,
                                            const std::vector<ledger_line>& ledger);

/// Seconds to the target where each device has this link, with `latency` seconds one way, and the server's link limits
/// nobody: the sum of the rounds' times by the formula of docs/links.md, with the mean bytes of a device. A device
/// that sends nothing (centralized) has no latency.
double time_to_target(const cost_to_target& cost, const known_link& link, double latency);

/// Those of arms whose devices have links: the centralized one needs the data in one place, and is no choice.
std::vector<cost_to_target> distributed(std::vector<cost_to_target> costs);

/// Otherwise nothing is to be said by strategy.
bool has_two_strategies(const std::vector<cost_to_target>& costs);

/// Which arm is the first at the target, by the rate of the uplink: from `above` (Mbit/s) on, up to the next entry's.
struct fastest_arm {
  double above = 0.0;
  std::size_t arm = 0;  // of the costs
  friend bool operator==(const fastest_arm&, const fastest_arm&) = default;
};

/// For links whose download is `down_per_up` times as fast as their upload, from the slowest on. Empty without costs.
std::vector<fastest_arm> fastest_arms(const std::vector<cost_to_target>& costs, double down_per_up,
                                      double latency);

/// Who is the first, and where, as in "up to 35.2 Mbit/s up".
using range_in_words = std::pair<std::string, std::string>;

/// The same as words, from the slowest links on: by arm, and by strategy, so that it says where Large Batch overtakes
/// Federated with the best arm of each.
std::vector<range_in_words> fastest_arms_in_words(const std::vector<cost_to_target>& costs,
                                                  double down_per_up, double latency);
std::vector<range_in_words> fastest_strategies_in_words(const std::vector<cost_to_target>& costs,
                                                        double down_per_up, double latency);

/// The advice on a run, as far as it has come, for a terminal: times over known links and those of `more`, and where one arm
/// overtakes another. Throws bad_input where the directory is none of a run, or the run had no target.
std::string advice_on(const std::filesystem::path& run_directory,
                      const std::vector<known_link>& more, double latency);

}  // namespace verge
