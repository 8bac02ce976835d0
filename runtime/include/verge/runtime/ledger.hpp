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

/// Accuracies of a model on the test samples of each label, or for each device: from 0 to 1, absent where no test sample
/// tells.
using accuracy_list = std::vector<std::optional<double>>;

/// Of a list, those that are there.
struct accuracy_spread {
  double lowest = 0.0;
  /// Of an even number the larger of the two in the middle.
  double median = 0.0;
  double highest = 0.0;

  friend bool operator==(const accuracy_spread&, const accuracy_spread&) = default;
};

/// Nothing where none is there.
std::optional<accuracy_spread> spread_of(const accuracy_list& list);

/// One line of ledger.jsonl: a round of an arm, with the accuracy of the model it committed where
/// that model was evaluated. `round.version` isn't in the file: it is 0 in lines that were read. A
/// training loss that is no finite number is null there and NaN when it is read.
struct ledger_line {
  /// The name of the training, which is the arm's where an arm is trained once.
  std::string arm;
  /// norm_text() of the arm; empty in ledgers of versions that did not say.
  std::string norm;
  round_result round;
  std::optional<double> accuracy;
  std::optional<double> test_loss;
  /// 0 in ledgers of versions that did not say.
  std::uint64_t seed = 0;
  /// Empty: not tested, or a ledger of a version that did not say.
  accuracy_list accuracy_by_label = {};
  /// Of accuracy_by_device(); absent where nobody knows who holds what, too.
  std::optional<accuracy_spread> device_accuracy = {};
};

/// Writes ledger.jsonl in round order. A round waits for its evaluation when one is due, so lines
/// come out complete and in order though evaluations end later than rounds. Each line is handed to
/// the operating system before the next begins, so a killed program leaves whole lines and at most
/// one that is cut at the end. All functions throw run_failure when the file cannot be written.
class ledger_writer {
public:
  /// Appends to `file`; a cut last line that an earlier run left is removed first.
  explicit ledger_writer(std::filesystem::path file);
  ledger_writer(const ledger_writer&) = delete;
  ledger_writer& operator=(const ledger_writer&) = delete;
  /// Closes, but without a word if the file can't be written.
  ~ledger_writer();

  /// How the accuracies by label of a test are those of the devices; lines that are added before it is known have none.
  void set_device_accuracy(std::function<accuracy_list(const accuracy_list&)> of_labels);

  /// `evaluation_due`: an evaluation of this round will follow, or the line is kept until close().
  void add(const std::string& arm, std::uint64_t seed, const std::string& norm,
           const round_result& round, bool evaluation_due);
  /// An evaluation of a round that doesn't wait for one (round 0, say) is ignored.
  void add(const std::string& arm, const evaluation_result& evaluation);
  /// Writes what still waits, evaluated or not.
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

/// All lines of a ledger, without a last one that was cut off while it was written. Throws
/// bad_input naming the file and line that cannot be read.
std::vector<ledger_line> read_ledger(const std::filesystem::path& file);

/// For an arm that goes on: drops its lines from that round on, and a last one that was cut off. Throws
/// bad_input when an earlier round of it has no line.
void cut_ledger(const std::filesystem::path& file, const std::string& arm, round_id first_dropped);

/// How an arm came to where it is.
enum class arm_status : std::uint8_t {
  /// It has had all its rounds.
  ended,
  /// It was stopped before its planned end.
  stopped,
  /// It could not go on.
  failed,
  /// It is under way, or was killed. Not in summary.json: of an arm that is not there the ledger tells.
  unfinished,
};

/// As summaries write it: "ended", "stopped", "failed", "unfinished".
std::string_view name_of(arm_status status);

/// One training of summary.json; absent values are null there. "To target" means up to and with the
/// first evaluated round whose accuracy is at least the target; bytes are sums over rounds, in
/// bytes. A test that there was only because the arm was stopped is that of its last model, and nothing
/// else: it is the final accuracy, and is neither the best nor at the target.
struct arm_summary {
  /// As lines of the ledger have it: the arm's own name where it is trained once.
  std::string name;
  /// Of an arm that is trained more than once, as the experiment calls it; else empty.
  std::string arm;
  std::uint64_t seed = 0;
  /// The values that it has of the swept keys.
  tried_values tried;
  std::string strategy;
  /// norm_text(); empty in summaries that do not say.
  std::string norm;
  std::string codec_up;
  std::string codec_down;
  std::uint32_t devices = 0;
  std::uint32_t rounds = 0;
  /// Of them, those that missed their quorum.
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
  /// Modelled; absent where no links are, and in summaries of versions that did not say.
  std::optional<double> virtual_seconds;
  std::optional<double> virtual_seconds_to_target;
  double wall_seconds = 0.0;
  /// Empty (null in the file): no model of the arm is saved.
  std::string model_sha256;
  /// Of the last test.
  accuracy_list accuracy_by_label = {};
  /// Of the last test, as accuracy_by_device() has it; empty where nobody knows who holds what.
  accuracy_list accuracy_by_device = {};
  arm_status status = arm_status::ended;
  /// Why it could not go on, of one that has failed.
  std::optional<std::string> failure;
  /// The rule by which it has ended before its last round: "target" or "patience".
  std::optional<std::string> ended_by;

  const std::string& arm_name() const { return arm.empty() ? name : arm; }

  friend bool operator==(const arm_summary&, const arm_summary&) = default;
};

/// In a word or two, how far it came: "stopped early", "failed", "unfinished", or, of an unfinished one without a round,
/// "not begun"; empty where it has had all its rounds.
std::string_view remark_on(const arm_summary& arm);

/// The run is not over, or was killed.
bool any_unfinished(const std::vector<arm_summary>& arms);

struct run_summary {
  /// The first.
  std::uint64_t seed = 0;
  std::optional<double> target_accuracy;
  std::vector<arm_summary> arms;

  friend bool operator==(const run_summary&, const run_summary&) = default;
};

/// Everything of an arm's summary that its ledger lines tell: of `lines` those of this arm count,
/// in their order. How the arm ended, and of which arm it is a training, isn't among it; whoever ran it sets that.
/// `epoch`, `wall` and `virtual_time` of a line count from the start of the arm.
arm_summary summarise(const arm_options& arm, std::uint32_t devices,
                      const std::vector<ledger_line>& lines, std::optional<double> target,
                      std::string model_sha256);

/// The part of it that comes from the lines, into a summary that has none of it yet.
void sum_up(arm_summary& summary, const std::vector<ledger_line>& lines,
            std::optional<double> target);

/// Writes summary.json atomically (throws run_failure); read_summary gives the same value back
/// (throws bad_input naming file and field).
void write_summary(const std::filesystem::path& file, const run_summary& summary);
run_summary read_summary(const std::filesystem::path& file);

}  // namespace verge
