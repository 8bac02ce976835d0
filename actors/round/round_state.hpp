#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "actors/server/asked_device.hpp"
#include "messages/round_messages.hpp"
#include "verge/messages/ids.hpp"
#include "verge/messages/round_result.hpp"
#include "verge/model/strategy.hpp"

namespace verge {

/// The rules for the rounds of one run.
struct round_policy {
  std::uint64_t seed = 0;
  /// Devices are numbered from 0 to devices - 1.
  std::uint32_t devices = 1;
  /// Members needed to open a round; 0 = all devices for round 1, one member for later rounds.
  std::uint32_t min_devices = 0;
  std::uint32_t rounds = 1;
  /// If above 0, the length of the run in passes over the data of the members at the opening of
  /// round 1, instead of `rounds`.
  double epochs = 0.0;
  /// Devices asked per round; 0 = all members.
  std::uint32_t cohort = 0;
  /// Factor, at least 1, by which more devices are asked than `cohort`. The round closes once
  /// `cohort` updates are counted, and the updates of the slowest devices are late. Which devices
  /// are among the first depends on their speed.
  double over_selection = 1.0;
  /// Whether a member whose process has come back may join again under its number.
  bool members_return = false;
  /// Share of the cohort, in (0, 1], whose updates a commit needs; at least one update in any case.
  double quorum = 1.0;
  /// Rounds in a row that may miss their quorum. Such a round is abandoned, and the model stays as
  /// it is. One more in a row fails the run.
  std::uint32_t most_abandoned = 0;
  /// If true, every device has the same weight in the mean. Otherwise its weight is the number of
  /// samples that its update went through.
  bool equal_weights = false;
  work_plan plan;
  /// Samples of the smallest batch that can be trained on, and the reason why no smaller one can. A
  /// device whose shard would lead to a smaller batch cannot become a member.
  std::uint32_t least_batch = 1;
  std::string why_least_batch = {};
};

/// Number of devices that a round asks in order to get `cohort` updates, if there are that many
/// members.
std::uint64_t devices_to_ask(std::uint32_t cohort, double over_selection);

/// What the rounds after a closed one depend on.
struct rounds_so_far {
  round_id round;
  double epoch = 0.0;
  /// Abandoned rounds in a row, up to this one.
  std::uint32_t abandoned = 0;
  /// Shard size by device number; 0 = not a member.
  std::vector<std::uint64_t> members;
  /// The same for every device that ever was a member, which is the data that an epoch goes
  /// through. Empty: the same as `members`.
  std::vector<std::uint64_t> ever_members = {};
  /// Length of the whole run. Not fixed in checkpoints of versions that did not record it.
  run_length length = {};
};

/// What a device of the cohort is told when its round is closed.
struct device_outcome {
  device_id device;
  update_fate fate = update_fate::lost;
  std::string reason;
};

/// Instructions for the coordinator, to be carried out in the order given.
namespace command {
/// Ask `cohort` for updates.
struct open {
  round_id round;
  local_work work;
  std::vector<asked_device> cohort;
  /// Total weight if every device of the run were asked. If weights depend on the shard sizes, the
  /// sum over all members, because only their sizes are known.
  std::uint64_t all_weight = 0;
};
/// A device of the open round's cohort has come back and has not answered yet: ask it again.
struct ask_again {
  round_id round;
  local_work work;
  device_id device;
};
/// The barrier is reached: tell the server to commit its sum.
struct commit {
  round_id round;
};
/// The round has missed its quorum: tell the server to drop its sum.
struct abandon {
  round_id round;
};
/// There are too few members for a round. The next round opens when enough have come back, unless
/// the deadline of the wait passes first.
struct wait_for_members {};
/// The round is committed or abandoned: tell the cohort and the listeners.
struct close {
  round_id round;
  double epoch = 0.0;
  double train_loss = 0.0;
  std::vector<device_outcome> outcomes;
  /// Set if the round was abandoned.
  std::optional<missed_quorum> missed = {};
};
/// No round follows.
struct finish {};
/// The run cannot go on.
struct fail {
  std::string reason;
};
}  // namespace command

using round_command =
    std::variant<command::open, command::ask_again, command::commit, command::abandon,
                 command::wait_for_members, command::close, command::finish, command::fail>;
using round_commands = std::vector<round_command>;

/// Membership and the open round as a state machine: events in, commands out. It has no actor, no
/// clock and no tensor, so every order of events can be tested. Not thread-safe.
///
///            enough joined          barrier               committed, or abandoned
///   waiting ------------> training ---------> committing -----------------------> settled
///    | ^                   |   ^                                                   |  |  |
///    | |                   |   +---------- proceed --------------------------------+  |  |
///    | +-------------------|-------------- proceed, too few members ------------------+  |
///    | members missing     | the quorum is out of reach                                  |
///    | at the deadline     | once too often                          last round, or stop |
///    v                     v                                                             v
///   finished <----------- finished                                                    finished
///
/// The barrier is reached when every device that was asked has answered, when `cohort` updates are
/// counted, or at the deadline. A round that has fewer updates than the quorum at that moment is
/// abandoned: its updates are lost, and the next round begins from the same model. Events that do
/// not fit the state (a late update, the deadline of a closed round) change nothing.
class round_state {
public:
  explicit round_state(round_policy policy);

  // -- membership
  /// Why the device cannot be a member; empty if it can.
  std::string why_not(const join& request) const;
  /// The device has become a member, or has come back as one.
  round_commands joined(device_id device, std::uint64_t samples);
  round_commands left(device_id device, const std::string& reason);

  // -- the open round
  round_commands update_counted(round_id round, device_id device);
  /// `reason` names the device here, in left() and in work_failed(): "device 3 has ended".
  round_commands update_refused(round_id round, device_id device, std::string reason);
  round_commands work_failed(round_id round, device_id device, std::string reason);
  /// The deadline of `round` has passed. While the state waits for members, `round` is ignored and
  /// the deadline is that of the wait.
  round_commands deadline_passed(round_id round);
  /// The server has committed. `updates` are those in its sum, in any order.
  round_commands committed(round_id round, std::vector<counted_update> updates);
  /// The server has dropped the round.
  round_commands abandoned(round_id round);
  /// The closed round has been dealt with: open the next one, or finish.
  round_commands proceed();
  /// Valid while the round is closed and the next one is not open yet.
  rounds_so_far so_far() const {
    return {round_, epoch_, abandoned_, members_, ever_members_, length_};
  }
  /// Takes the place of all events up to `before`: the round is closed, and its members are away.
  /// The next round opens when each of them has come back or has left, or when the wait for members
  /// has lasted too long.
  void resume(rounds_so_far before);
  /// Whether no member of a resumed run is away.
  bool has_all_back() const { return away_.empty(); }
  /// Opens no round after the present one.
  round_commands stop();

  round_id round() const { return round_; }
  /// Length of the whole run, fixed when round 1 opens.
  const run_length& length() const { return length_; }
  /// Whether the last round of the run has been opened.
  bool has_had_all_rounds() const { return length_.rounds > 0 && round_.value >= length_.rounds; }
  double epoch() const { return epoch_; }
  /// Whether `round` is open and the device belongs to its cohort and has not answered yet.
  bool awaits(round_id round, device_id device) const;

private:
  enum class phase { waiting, training, committing, settled, finished };

  struct answer {
    asked_device asked;
    bool answered = false;
    update_fate fate = update_fate::late;
    std::string reason;
  };

  run_length planned_length(const data_holders& members) const;
  round_commands open_next();
  round_commands settle_answer(round_id round, device_id device, update_fate fate,
                               std::string reason);
  round_commands reach_barrier(std::string_view why);
  missed_quorum how_far() const;
  std::string why_missed(std::string_view why) const;
  std::uint32_t members_needed() const;
  bool can_open() const;
  void remove_member(device_id device);
  command::close closed(double train_loss) const;
  std::uint32_t wanted() const;
  std::uint32_t needed() const;
  std::vector<device_id> choose_cohort() const;
  std::uint64_t all_weight() const;
  void refresh_roll() const;

  round_policy policy_;
  phase phase_ = phase::waiting;
  bool stopping_ = false;
  round_id round_;
  run_length length_;
  local_work work_;
  double epoch_ = 0.0;

  /// Shard size by device number; 0 = not a member. Flat lists: a million idle members cost 16 MB.
  std::vector<std::uint64_t> members_;
  std::uint32_t member_count_ = 0;
  /// Members of a resumed run that have not come back yet.
  std::set<device_id> away_;
  std::uint64_t total_samples_ = 0;
  /// Shard size of every device that ever was a member of a round, and their sum: the union of the
  /// data, which an epoch goes through once. A device that leaves after round 1 has opened stays
  /// included.
  std::vector<std::uint64_t> ever_members_;
  std::uint64_t union_samples_ = 0;
  /// Members in the order of their numbers; rebuilt when membership has changed.
  mutable std::vector<device_id> roll_;
  mutable bool roll_is_current_ = false;

  std::map<device_id, answer> answers_;
  std::uint32_t unanswered_ = 0;
  std::uint32_t counted_ = 0;
  /// Rounds in a row that were abandoned, and why the last one was.
  std::uint32_t abandoned_ = 0;
  std::string why_abandoned_;
};

}  // namespace verge
