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

/// How the rounds of one run are held.
struct round_policy {
  std::uint64_t seed = 0;
  /// Devices are numbered from 0 to devices - 1.
  std::uint32_t devices = 1;
  /// Members that a round needs to be opened; 0 = all for round 1, any for the others.
  std::uint32_t min_devices = 0;
  std::uint32_t rounds = 1;
  /// Above 0: the length in passes over the data of those that are members when round 1 opens, instead of `rounds`.
  double epochs = 0.0;
  /// Devices asked in a round; 0 = all members.
  std::uint32_t cohort = 0;
  /// So many times the cohort are asked, and the round is closed once as many updates as the cohort count; those of the
  /// slowest are then late. At least 1. Who is among the first depends on the devices' speed.
  double over_selection = 1.0;
  /// A member whose process has come back joins again under its number.
  bool members_return = false;
  /// Share of a cohort whose updates a commit needs, in (0, 1]; at least one update in any case.
  double quorum = 1.0;
  /// Rounds in a row that may miss their quorum: they are abandoned, and the model stays as it is. One more
  /// ends the run.
  std::uint32_t most_abandoned = 0;
  /// Every device counts the same in the mean; else by the samples its update went through.
  bool equal_weights = false;
  work_plan plan;
  /// Samples of the smallest batch that can be trained on, and why not of a smaller one; a device whose shard would come
  /// to less does not become a member.
  std::uint32_t least_batch = 1;
  std::string why_least_batch = {};
};

/// Devices that a round asks for the updates of `cohort`, if there are as many.
std::uint64_t devices_to_ask(std::uint32_t cohort, double over_selection);

/// What the rounds after a closed one depend on, of those before it.
struct rounds_so_far {
  round_id round;
  double epoch = 0.0;
  /// Rounds in a row, up to this one, that were abandoned.
  std::uint32_t abandoned = 0;
  /// Shard size by device number; 0 = not a member.
  std::vector<std::uint64_t> members;
  /// The same of all that ever were members: what an epoch goes through. Empty: those that are.
  std::vector<std::uint64_t> ever_members = {};
  /// Of the whole run. Not fixed: checkpoints of versions that did not say.
  run_length length = {};
};

/// What a device of the cohort is told when its round is closed.
struct device_outcome {
  device_id device;
  update_fate fate = update_fate::lost;
  std::string reason;
};

/// What the coordinator is to do. Commands are carried out in the order given.
namespace command {
/// Ask `cohort` for updates.
struct open {
  round_id round;
  local_work work;
  std::vector<asked_device> cohort;
  /// Of all devices of the run, were they asked; where shards decide, of all members.
  std::uint64_t all_weight = 0;
};
/// A device of the open round's cohort has come back without an answer: ask it again.
struct ask_again {
  round_id round;
  local_work work;
  device_id device;
};
/// The barrier is reached: have the server commit what it has summed.
struct commit {
  round_id round;
};
/// The round has missed its quorum: have the server drop what it has summed.
struct abandon {
  round_id round;
};
/// There are too few members for a round; the next is opened when they have come back, if they do in time.
struct wait_for_members {};
/// The round is in the model, or abandoned: tell the cohort and the listeners.
struct close {
  round_id round;
  double epoch = 0.0;
  double train_loss = 0.0;
  std::vector<device_outcome> outcomes;
  /// Of an abandoned one.
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

/// Membership and the open round as a state machine: events in, commands out. No actor, no clock, no
/// tensor, so every order of events can be tested.
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
/// The barrier is the moment when every device that was asked has answered, or as many updates count as the
/// cohort was to have, or the deadline. With fewer than the quorum the round is abandoned there: its updates
/// are lost, and the next one begins from the same model. Events that do not fit the state (a late update,
/// the deadline of a round that is closed) change nothing.
class round_state {
public:
  explicit round_state(round_policy policy);

  // -- membership
  /// Why the device cannot be a member, or empty.
  std::string why_not(const join& request) const;
  /// As a new member, or as one that has come back.
  round_commands joined(device_id device, std::uint64_t samples);
  round_commands left(device_id device, const std::string& reason);

  // -- the open round
  round_commands update_counted(round_id round, device_id device);
  /// `reason`, here and below, says which device: "device 3 has ended".
  round_commands update_refused(round_id round, device_id device, std::string reason);
  round_commands work_failed(round_id round, device_id device, std::string reason);
  /// Of the round, or of the wait for members while `round` is 0.
  round_commands deadline_passed(round_id round);
  /// The server has committed; `updates` are those in the sum, in any order.
  round_commands committed(round_id round, std::vector<counted_update> updates);
  /// The server has dropped the round.
  round_commands abandoned(round_id round);
  /// The closed round has been dealt with; go on.
  round_commands proceed();
  /// Good while the round is closed and the next has not been opened.
  rounds_so_far so_far() const {
    return {round_, epoch_, abandoned_, members_, ever_members_, length_};
  }
  /// In place of all events up to then: the round is closed, and its members are away. The next is opened when
  /// each has come back, or has left, or the wait for members has lasted too long.
  void resume(rounds_so_far before);
  /// No member of a resumed run is away.
  bool has_all_back() const { return away_.empty(); }
  /// No round is opened after the present one.
  round_commands stop();

  round_id round() const { return round_; }
  /// Of the whole run; fixed from the opening of round 1 on.
  const run_length& length() const { return length_; }
  /// As many rounds as the run is long have been opened.
  bool has_had_all_rounds() const { return length_.rounds > 0 && round_.value >= length_.rounds; }
  double epoch() const { return epoch_; }
  /// The round is open and the device, one of its cohort, has not answered yet.
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
  /// Shard size of every device that ever was a member of a round, and their sum: the union of the data, of which an
  /// epoch is one pass. Who leaves after round 1 has opened takes nothing out of it.
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
