#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "verge/messages/round_result.hpp"
#include "verge/runtime/experiment.hpp"

namespace verge {

/// Accuracies of a model by label or by device, from 0 to 1; unset where no test sample tells.
using accuracy_list = std::vector<std::optional<double>>;

/// Spread of the accuracies that a list has.
struct accuracy_spread {
  double lowest = 0.0;
  /// For an even number of values, the larger of the two in the middle.
  double median = 0.0;
  double highest = 0.0;

  friend bool operator==(const accuracy_spread&, const accuracy_spread&) = default;
};

/// Unset where the list has no accuracy.
std::optional<accuracy_spread> spread_of(const accuracy_list& list);

/// One line of ledger.jsonl: a round of an arm, with the accuracy of the model it committed where
/// that model was evaluated. `round.version` is not in the file and is 0 in lines that were read. A
/// training loss that is not finite is null in the file and NaN when it is read.
struct ledger_line {
  /// The name of the training, which is the arm's name where the arm is trained once.
  std::string arm;
  /// norm_text() of the arm; empty in ledgers of versions that did not write it.
  std::string norm;
  round_result round;
  std::optional<double> accuracy;
  std::optional<double> test_loss;
  /// 0 in ledgers of versions that did not write it.
  std::uint64_t seed = 0;
  /// Empty where the model was not tested, or where the ledger's version did not write it.
  accuracy_list accuracy_by_label = {};
  /// Spread of accuracy_by_device(). Unset without a test, and where the label counts of the
  /// devices are unknown.
  std::optional<accuracy_spread> device_accuracy = {};
};

/// Writes ledger.jsonl. Two problems: an evaluation ends later than its round, and the program may
/// be killed at any time. So a round whose evaluation is due waits for it, and lines come out
/// complete and in round order. Each line is handed to the operating system before the next one, so
/// a killed program leaves whole lines and at most one cut line at the end. Not thread-safe. All
/// functions throw run_failure when the file cannot be written.
class ledger_writer {
public:
  /// Appends to `file`. First removes a cut last line that an earlier run left.
  explicit ledger_writer(std::filesystem::path file);
  ledger_writer(const ledger_writer&) = delete;
  ledger_writer& operator=(const ledger_writer&) = delete;
  /// Closes, and ignores a failure to write.
  ~ledger_writer();

  /// Sets the function from accuracies by label to accuracies by device. Evaluations that are added
  /// before this get no device accuracy.
  void set_device_accuracy(std::function<accuracy_list(const accuracy_list&)> of_labels);

  /// `evaluation_due`: the line waits for the evaluation of this round, at most until close().
  void add(const std::string& arm, std::uint64_t seed, const std::string& norm,
           const round_result& round, bool evaluation_due);
  /// An evaluation of a round that does not wait for one (round 0, for example) is ignored.
  void add(const std::string& arm, const evaluation_result& evaluation);
  /// Writes all waiting lines, evaluated or not.
  void close();
  const std::filesystem::path& file() const { return file_; }

private:
  struct pending_line {
    ledger_line line;
    bool waits = false;
  };

  void flush_ready();
  void write(const ledger_line& line);

  std::filesystem::path file_;
  std::ofstream out_;
  std::deque<pending_line> pending_;
  std::function<accuracy_list(const accuracy_list&)> device_accuracy_;
};

/// All lines of a ledger, without a last line that was cut off while it was written. Throws
/// bad_input naming the file, and the line that cannot be read.
std::vector<ledger_line> read_ledger(const std::filesystem::path& file);

/// Prepares the ledger for an arm that resumes: drops the arm's lines from round `first_dropped`
/// on, and a cut last line. Throws bad_input when an earlier round of the arm has no line.
void cut_ledger(const std::filesystem::path& file, const std::string& arm, round_id first_dropped);

/// How an arm ended, if it did.
enum class arm_status : std::uint8_t {
  /// It has finished: all its rounds are done, or a stop rule ended it.
  ended,
  /// It was stopped before its planned end.
  stopped,
  /// It failed before its end.
  failed,
  /// It is under way, or was killed. Such an arm is not in summary.json; the ledger has its rounds.
  unfinished,
};

/// The word in summaries: "ended", "stopped", "failed", "unfinished".
std::string_view name_of(arm_status status);

/// One training of summary.json, where unset values are null. "To target" means up to and including
/// the first evaluated round whose accuracy is at least the target. Byte counts are sums over
/// rounds. A test that took place only because the arm was stopped gives the final accuracy; it
/// counts neither for the best accuracy nor for the target.
struct arm_summary {
  /// The name of the training, as in the ledger; the arm's own name where the arm is trained once.
  std::string name;
  /// The arm's name in the experiment where the arm is trained more than once; else empty.
  std::string arm;
  std::uint64_t seed = 0;
  /// This training's values of the swept keys.
  tried_values tried;
  std::string strategy;
  /// norm_text(); empty in summaries of versions that did not write it.
  std::string norm;
  std::string codec_up;
  std::string codec_down;
  std::uint32_t devices = 0;
  std::uint32_t rounds = 0;
  /// The rounds among them that missed their quorum.
  std::uint32_t rounds_abandoned = 0;
  double epochs = 0.0;
  std::optional<double> final_accuracy;
  std::optional<double> best_accuracy;
  std::optional<std::uint32_t> rounds_to_target;
  std::optional<double> epochs_to_target;
  std::optional<std::uint64_t> bytes_up_to_target;
  std::optional<std::uint64_t> bytes_down_to_target;
  std::uint64_t bytes_up = 0;
  std::uint64_t bytes_down = 0;
  /// Modelled time; unset where no links are modelled, and in summaries of versions that did not
  /// write it.
  std::optional<double> virtual_seconds;
  std::optional<double> virtual_seconds_to_target;
  double wall_seconds = 0.0;
  /// Empty (null in the file): no model of the arm is saved.
  std::string model_sha256;
  /// From the last test.
  accuracy_list accuracy_by_label = {};
  /// accuracy_by_device() of the last test; empty where the label counts of the devices are
  /// unknown.
  accuracy_list accuracy_by_device = {};
  arm_status status = arm_status::ended;
  /// Why it failed; unset unless `status` is failed.
  std::optional<std::string> failure;
  /// The rule that ended it before its last round: "target" or "patience".
  std::optional<std::string> ended_by;

  const std::string& arm_name() const { return arm.empty() ? name : arm; }

  friend bool operator==(const arm_summary&, const arm_summary&) = default;
};

/// How far the arm came, in a word or two: "stopped early", "failed", "unfinished", or "not begun"
/// for an unfinished arm without a round. Empty where it has ended.
std::string_view remark_on(const arm_summary& arm);

/// True where the run is under way or was killed.
bool any_unfinished(const std::vector<arm_summary>& arms);

struct run_summary {
  /// The first seed.
  std::uint64_t seed = 0;
  std::optional<double> target_accuracy;
  std::vector<arm_summary> arms;

  friend bool operator==(const run_summary&, const run_summary&) = default;
};

/// Makes the part of an arm's summary that follows from its options and its ledger lines. Only the
/// lines of this arm count, in their order. The caller sets how the arm ended, and of which arm it
/// is a training. `epoch`, `wall` and `virtual_time` of a line count from the start of the arm.
arm_summary summarise(const arm_options& arm, std::uint32_t devices,
                      const std::vector<ledger_line>& lines, std::optional<double> target,
                      std::string model_sha256);

/// Adds the part that follows from the lines to a summary that does not have it yet.
void sum_up(arm_summary& summary, const std::vector<ledger_line>& lines,
            std::optional<double> target);

/// write_summary() writes summary.json atomically; it throws run_failure. read_summary() reads the
/// same value back; it throws bad_input naming the file and the field.
void write_summary(const std::filesystem::path& file, const run_summary& summary);
run_summary read_summary(const std::filesystem::path& file);

}  // namespace verge
