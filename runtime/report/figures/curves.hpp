#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "runtime/report/run_record.hpp"
#include "verge/runtime/ledger.hpp"

/// The curves that the figures show, made from the ledger: one curve of each kind per arm.
namespace verge::report {

/// Direction of bytes: to the server, to the devices, or both together.
enum class traffic : std::uint8_t { up, down, both };

/// Maximum number of points per curve. More points make a page slow and a curve no better.
inline constexpr std::size_t most_points = 500;

struct curve_point {
  double round = 0.0;
  double epoch = 0.0;
  /// Bytes sent from the arm's first round to the end of this round.
  double bytes_up = 0.0;
  double bytes_down = 0.0;
  /// Accuracy 0..1, or loss.
  double value = 0.0;
  /// Modelled time until the end of the round, in seconds; NaN where no links are modelled.
  double seconds = std::numeric_limits<double>::quiet_NaN();
  /// Standard deviation of the values of several seeds, whose mean is `value`; NaN for a single
  /// seed.
  double deviation = std::numeric_limits<double>::quiet_NaN();

  double bytes() const { return bytes_up + bytes_down; }
};

struct arm_curves {
  std::string arm;
  /// remark_on() the arm.
  std::string remark;
  /// Number of trainings over which the curves are means.
  std::size_t seeds = 1;
  /// One point per evaluated round.
  std::vector<curve_point> accuracy;
  /// Accuracy of the least accurate device in the evaluated rounds; empty where the label counts of
  /// the devices are unknown.
  std::vector<curve_point> lowest_device = {};
  /// One point per round.
  std::vector<curve_point> loss;
  bool accuracy_is_thinned = false;
  bool loss_is_thinned = false;
  /// Sums over all rounds.
  std::uint64_t bytes_up = 0;
  std::uint64_t bytes_down = 0;
  /// True where its rounds have a modelled time.
  bool has_time = false;
  /// Rounds whose loss is not finite; they are not in `loss`.
  std::size_t rounds_without_loss = 0;

  std::uint64_t bytes(traffic counted) const;
  /// The arm in legends: its name, and how far it came where it has not ended.
  std::string legend() const { return remark.empty() ? arm : arm + " (" + remark + ")"; }
};

/// Reduces a curve to at most `most` points. The points, in order, are cut into bins that differ by
/// at most one in size, and each bin is replaced by its mean in every column. A curve that is short
/// enough stays as it is.
std::vector<curve_point> thin(std::vector<curve_point> points, std::size_t most);

/// Curves of all arms, not thinned: those of `order` first, then the others in the order of the
/// ledger.
std::vector<arm_curves> curves_of(const std::vector<ledger_line>& ledger,
                                  const std::vector<std::string>& order);

/// Curves of all arms of all runs, with the page's names for them. For an arm that is trained more
/// than once, these are the means of its best try.
std::vector<arm_curves> curves_of(const std::vector<run_record>& runs);

/// A target accuracy, its label in the legends, and the dash of its line.
struct target_line {
  double accuracy = 0.0;
  std::string label;
  std::vector<int> dash;
};

/// One line for each accuracy that is a run's target. Where runs have different targets, the label
/// names the runs.
std::vector<target_line> target_lines_of(const std::vector<run_record>& runs);

/// The curves as the page's script (charts.js) reads them, with their styles and the notes under
/// the figures. A point is [round, epoch, bytes up, bytes down, value, modelled seconds or null,
/// deviation or null].
std::string to_json(const std::vector<arm_curves>& arms, const std::vector<target_line>& targets);

}  // namespace verge::report
