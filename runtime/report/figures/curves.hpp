#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "runtime/report/run_record.hpp"
#include "verge/runtime/ledger.hpp"

/// What the figures show: the ledger as curves, one of each kind an arm.
namespace verge::report {

/// Which bytes are meant: to the server, to the devices, or both together.
enum class traffic : std::uint8_t { up, down, both };

/// More points than this make a page slow and a curve no better.
inline constexpr std::size_t most_points = 500;

struct curve_point {
  double round = 0.0;
  double epoch = 0.0;
  /// Sent by the end of that round, added up from the arm's first round.
  double bytes_up = 0.0;
  double bytes_down = 0.0;
  /// Accuracy 0..1, or loss.
  double value = 0.0;
  /// Modelled time until then, seconds; NaN where none is.
  double seconds = std::numeric_limits<double>::quiet_NaN();
  /// Of the values of several seeds, whose mean `value` is; NaN of one.
  double deviation = std::numeric_limits<double>::quiet_NaN();

  double bytes() const { return bytes_up + bytes_down; }
};

struct arm_curves {
  std::string arm;
  /// remark_on() it.
  std::string remark;
  /// Curves are means over so many trainings.
  std::size_t seeds = 1;
  /// The evaluated rounds.
  std::vector<curve_point> accuracy;
  /// Of the least accurate device, in the evaluated rounds; empty where nobody knows who holds what.
  std::vector<curve_point> lowest_device = {};
  /// Every round.
  std::vector<curve_point> loss;
  bool accuracy_is_thinned = false;
  bool loss_is_thinned = false;
  /// Of all rounds.
  std::uint64_t bytes_up = 0;
  std::uint64_t bytes_down = 0;
  /// Its rounds have a modelled time.
  bool has_time = false;
  /// Rounds whose loss is no finite number; they are not in `loss`.
  std::size_t rounds_without_loss = 0;

  std::uint64_t bytes(traffic counted) const;
  /// How legends call it: its name, and how far it came where that is not its end.
  std::string legend() const { return remark.empty() ? arm : arm + " (" + remark + ")"; }
};

/// At most `most` points: the points in order, cut into bins that differ by at most one in size,
/// each bin replaced by its mean in every column. A curve that is short enough stays as it is.
std::vector<curve_point> thin(std::vector<curve_point> points, std::size_t most);

/// Curves of all arms: those of `order` first, then others of the ledger as they come up. With as many points as the
/// ledger has.
std::vector<arm_curves> curves_of(const std::vector<ledger_line>& ledger,
                                  const std::vector<std::string>& order);

/// Curves of all arms of all runs, called as the page calls them; of arms that are trained more than once the means
/// of their best try.
std::vector<arm_curves> curves_of(const std::vector<run_record>& runs);

/// A target accuracy, what the legends call it, and how its line is dashed.
struct target_line {
  double accuracy = 0.0;
  std::string label;
  std::vector<int> dash;
};

/// One for each accuracy that is a run's target; where runs have different ones, the label says whose it is.
std::vector<target_line> target_lines_of(const std::vector<run_record>& runs);

/// The curves as the page's script reads them (charts.js), with points as [round, epoch, bytes
/// up, bytes down, value, modelled seconds or null, deviation or null], how they look, and what stands under each figure.
std::string to_json(const std::vector<arm_curves>& arms, const std::vector<target_line>& targets);

}  // namespace verge::report
