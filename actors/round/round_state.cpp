#include "actors/round/round_state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "model/random/random.hpp"
#include "verge/messages/errors.hpp"

namespace verge {

namespace {

/// Most samples of one device, whatever a peer claims to hold.
constexpr std::uint64_t most_samples = std::uint64_t{1} << 32;
/// Most weight of all devices' updates together, which a sum of 64-bit integers allows
/// (order_free_mean).
constexpr std::uint64_t most_weight = std::uint64_t{1} << 62;
constexpr std::uint64_t most_steps = std::numeric_limits<std::uint32_t>::max();

}  // namespace

std::uint64_t devices_to_ask(std::uint32_t cohort, double over_selection) {
  return static_cast<std::uint64_t>(std::ceil(cohort * over_selection - 1e-9));
}

round_state::round_state(round_policy policy)
    : policy_(std::move(policy)), members_(policy_.devices, 0), ever_members_(policy_.devices, 0) {}

// -- membership -----------------------------------------------------------------------------------

std::string round_state::why_not(const join& request) const {
  if (request.protocol != protocol_version)
    return fmt::format("device {} speaks protocol {}; this run speaks {}", request.device.value,
                       request.protocol, protocol_version);
  if (request.device.value >= policy_.devices)
    return fmt::format("device {} joins a run of {} devices, numbered from 0", request.device.value,
                       policy_.devices);
  if (members_[request.device.value] > 0 && !policy_.members_return &&
      away_.count(request.device) == 0)
    return fmt::format("device {} is a member already", request.device.value);
  if (request.samples > most_samples)
    return fmt::format("device {} holds {} samples; at most {} are taken", request.device.value,
                       request.samples, most_samples);
  const auto& work = policy_.plan.work;
  if (samples_in(work, request.samples) > most_weight / policy_.devices ||
      steps_in(work, request.samples) > most_steps)
    return fmt::format(
        "device {} holds {} samples; {} local epochs of so many are too much to count",
        request.device.value, request.samples, work.local_epochs);
  if (const auto smallest = smallest_batch(work, request.samples); smallest < policy_.least_batch)
    return fmt::format(
        "device {} holds {} samples, and with batches of {} the last of each epoch has {}: {}; "
        "expected other sizes of shard or batch, norm = \"group\" or larger pictures",
        request.device.value, request.samples, work.batch_size, smallest, policy_.why_least_batch);
  // If members may return, a device that comes back is told of the end like the others.
  if (phase_ == phase::finished && !policy_.members_return) return "the run has ended";
  return {};
}

round_commands round_state::joined(device_id device, std::uint64_t samples) {
  auto& held = members_[device.value];
  if (held == 0) ++member_count_;
  total_samples_ += samples - held;
  held = samples;
  union_samples_ += samples - std::exchange(ever_members_[device.value], samples);
  roll_is_current_ = false;
  away_.erase(device);
  if (awaits(round_, device)) return {command::ask_again{round_, work_, device}};
  if (phase_ != phase::waiting || !can_open()) return {};
  return open_next();
}

bool round_state::can_open() const {
  return member_count_ >= members_needed() && away_.empty();
}

std::uint32_t round_state::members_needed() const {
  if (policy_.min_devices > 0) return policy_.min_devices;
  return round_.value == 0 ? policy_.devices : 1;
}

round_commands round_state::left(device_id device, const std::string& reason) {
  if (device.value >= members_.size() || members_[device.value] == 0) return {};
  remove_member(device);
  // The device that has left may be the last one that was waited for.
  if (away_.erase(device) > 0 && phase_ == phase::waiting && can_open()) return open_next();
  return settle_answer(round_, device, update_fate::lost, reason);
}

void round_state::remove_member(device_id device) {
  total_samples_ -= members_[device.value];
  members_[device.value] = 0;
  // Before the first round no update has gone through its data.
  if (round_.value == 0) union_samples_ -= std::exchange(ever_members_[device.value], 0);
  --member_count_;
  roll_is_current_ = false;
}

void round_state::refresh_roll() const {
  if (roll_is_current_) return;
  roll_.clear();
  for (std::uint32_t i = 0; i < members_.size(); ++i)
    if (members_[i] > 0) roll_.push_back(device_id{i});
  roll_is_current_ = true;
}

// -- opening --------------------------------------------------------------------------------------

/// Updates that the open round is to have.
std::uint32_t round_state::wanted() const {
  const auto asked = static_cast<std::uint32_t>(answers_.size());
  return policy_.cohort == 0 ? asked : std::min(policy_.cohort, asked);
}

std::vector<device_id> round_state::choose_cohort() const {
  refresh_roll();
  const auto asked = devices_to_ask(policy_.cohort, policy_.over_selection);
  if (policy_.cohort == 0 || asked >= roll_.size()) return roll_;
  // The first entries of a shuffle of all members are a sample without replacement. Its cost grows
  // with the cohort, not with the membership.
  const shuffle order{roll_.size(),
                      random_stream{policy_.seed, random_purpose::client_sampling, round_.value}};
  std::vector<device_id> cohort;
  for (std::uint64_t i = 0; i < asked; ++i) cohort.push_back(roll_[order[i]]);
  std::sort(cohort.begin(), cohort.end());
  return cohort;
}

run_length round_state::planned_length(const data_holders& members) const {
  const wanted_length wanted{policy_.epochs > 0.0 ? 0 : policy_.rounds, policy_.epochs};
  return fix_length(wanted, policy_.plan.work, policy_.cohort, members);
}

round_commands round_state::open_next() {
  if (!can_open()) {
    const bool come_back = policy_.members_return || !away_.empty();
    phase_ = come_back ? phase::waiting : phase::finished;
    if (come_back) return {command::wait_for_members{}};
    return {command::fail{fmt::format("round {}: no device is left", round_.value + 1)}};
  }
  if (length_.rounds == 0) {
    try {
      length_ = planned_length({member_count_, total_samples_});
    } catch (const bad_input& e) {
      phase_ = phase::finished;
      return {command::fail{e.what()}};
    }
  }
  ++round_.value;
  phase_ = phase::training;
  answers_.clear();
  counted_ = 0;

  std::vector<asked_device> asked;
  for (const auto device : choose_cohort()) {
    const auto shard = members_[device.value];
    const auto expected = samples_in(policy_.plan.work, shard);
    asked.push_back({device, expected, policy_.equal_weights ? 1 : expected,
                     static_cast<std::uint32_t>(steps_in(policy_.plan.work, shard))});
    answers_[device].asked = asked.back();
  }
  unanswered_ = static_cast<std::uint32_t>(asked.size());
  work_ = policy_.plan.at(round_, length_);
  return {command::open{round_, work_, std::move(asked), all_weight()}};
}

std::uint64_t round_state::all_weight() const {
  const auto& work = policy_.plan.work;
  if (policy_.equal_weights) return policy_.devices;
  // samples_in() is either linear in the size of the shard or independent of it.
  return work.local_epochs > 0 ? samples_in(work, total_samples_)
                               : policy_.devices * samples_in(work, 0);
}

// -- collecting -----------------------------------------------------------------------------------

bool round_state::awaits(round_id round, device_id device) const {
  if (phase_ != phase::training || round != round_) return false;
  const auto found = answers_.find(device);
  return found != answers_.end() && !found->second.answered;
}

round_commands round_state::settle_answer(round_id round, device_id device, update_fate fate,
                                          std::string reason) {
  if (!awaits(round, device)) return {};
  auto& mine = answers_.at(device);
  mine.answered = true;
  mine.fate = fate;
  mine.reason = std::move(reason);
  --unanswered_;
  if (fate == update_fate::used) ++counted_;
  if (unanswered_ > 0 && counted_ < wanted()) return {};
  return reach_barrier({});
}

round_commands round_state::update_counted(round_id round, device_id device) {
  return settle_answer(round, device, update_fate::used, {});
}

round_commands round_state::update_refused(round_id round, device_id device, std::string reason) {
  return settle_answer(round, device, update_fate::refused, std::move(reason));
}

round_commands round_state::work_failed(round_id round, device_id device, std::string reason) {
  return settle_answer(round, device, update_fate::lost, std::move(reason));
}

// -- barrier and commit ---------------------------------------------------------------------------

std::uint32_t round_state::needed() const {
  const auto share = std::ceil(policy_.quorum * static_cast<double>(wanted()) - 1e-9);
  return std::max(1u, static_cast<std::uint32_t>(share));
}

round_commands round_state::deadline_passed(round_id round) {
  if (phase_ == phase::waiting) {
    for (const auto device : std::exchange(away_, {})) remove_member(device);
    if (can_open()) return open_next();
    phase_ = phase::finished;
    return {command::fail{fmt::format("{} of {} devices have joined before the deadline",
                                      member_count_, members_needed())}};
  }
  if (phase_ != phase::training || round != round_) return {};
  return reach_barrier("the deadline has passed");
}

/// `why`: the reason, if it is not that all devices have answered or enough updates are counted.
round_commands round_state::reach_barrier(std::string_view why) {
  if (counted_ >= needed()) {
    phase_ = phase::committing;
    return {command::commit{round_}};
  }
  why_abandoned_ = why_missed(why);
  if (++abandoned_ <= policy_.most_abandoned) {
    phase_ = phase::committing;
    return {command::abandon{round_}};
  }
  phase_ = phase::finished;
  const auto in_a_row =
      abandoned_ == 1 ? std::string{}
                      : fmt::format("; {} rounds in a row have missed their quorum", abandoned_);
  return {command::fail{fmt::format("round {} {}{}", round_.value, why_abandoned_, in_a_row)}};
}

missed_quorum round_state::how_far() const {
  missed_quorum missed;
  missed.asked = static_cast<std::uint32_t>(answers_.size());
  for (const auto& [device, mine] : answers_)
    missed.refused += mine.answered && mine.fate == update_fate::refused;
  missed.answered = counted_ + missed.refused;
  missed.wanted = needed();
  return missed;
}

std::string round_state::why_missed(std::string_view why) const {
  auto text = text_of(how_far());
  if (!why.empty()) text += fmt::format("; {}", why);
  const auto failed = [](const auto& one) {
    return one.second.answered && one.second.fate != update_fate::used;
  };
  const auto count = std::count_if(answers_.begin(), answers_.end(), failed);
  if (count == 0) return text;
  const auto& first = std::find_if(answers_.begin(), answers_.end(), failed)->second.reason;
  return text + (count == 1 ? "; " : fmt::format("; {} devices failed, for example: ", count)) +
         first;
}

round_commands round_state::abandoned(round_id round) {
  if (phase_ != phase::committing || round != round_ || why_abandoned_.empty()) return {};
  phase_ = phase::settled;
  const auto missed = how_far();
  for (auto& [device, mine] : answers_) {
    if (mine.answered && mine.fate != update_fate::used) continue;
    // A device that has not answered is late, as in a round that is committed.
    if (mine.answered) mine.fate = update_fate::lost;
    mine.reason = "the round " + why_abandoned_;
  }
  why_abandoned_.clear();
  auto close = closed(std::numeric_limits<double>::quiet_NaN());
  close.missed = missed;
  return {std::move(close)};
}

command::close round_state::closed(double train_loss) const {
  command::close close{round_, epoch_, train_loss, {}, {}};
  for (const auto& [device, mine] : answers_)
    close.outcomes.push_back({device, mine.fate, mine.reason});
  return close;
}

round_commands round_state::committed(round_id round, std::vector<counted_update> updates) {
  if (phase_ != phase::committing || round != round_ || !why_abandoned_.empty()) return {};
  phase_ = phase::settled;
  abandoned_ = 0;

  // The server's list decides, because an update may have been completed between the barrier and
  // the commit. It is sorted by device so that the mean of the losses does not depend on the order
  // of arrival.
  std::sort(updates.begin(), updates.end(),
            [](const auto& a, const auto& b) { return a.device < b.device; });
  double loss = 0.0;
  double weight = 0.0;
  std::uint64_t samples = 0;
  for (auto& [device, mine] : answers_) {
    if (!mine.answered) mine.reason = "the round was closed before the update was complete";
    if (mine.fate != update_fate::used) continue;
    mine.fate = update_fate::lost;
    mine.reason = "the server has not counted the update";
  }
  for (const auto& update : updates) {
    const auto found = answers_.find(update.device);
    if (found == answers_.end()) continue;
    auto& mine = found->second;
    mine.fate = update_fate::used;
    mine.reason.clear();
    samples += update.samples;
    weight += static_cast<double>(mine.asked.weight);
    loss += static_cast<double>(mine.asked.weight) * update.loss;
  }
  epoch_ += static_cast<double>(samples) /
            static_cast<double>(std::max<std::uint64_t>(union_samples_, 1));

  return {closed(weight > 0.0 ? loss / weight : 0.0)};
}

round_commands round_state::proceed() {
  if (phase_ != phase::settled) return {};
  if (stopping_ || has_had_all_rounds()) {
    phase_ = phase::finished;
    return {command::finish{}};
  }
  return open_next();
}

void round_state::resume(rounds_so_far before) {
  phase_ = phase::settled;
  round_ = before.round;
  epoch_ = before.epoch;
  abandoned_ = before.abandoned;
  members_ = std::move(before.members);
  members_.resize(policy_.devices);
  for (std::uint32_t i = 0; i < members_.size(); ++i) {
    if (members_[i] == 0) continue;
    away_.insert(device_id{i});
    ++member_count_;
    total_samples_ += members_[i];
  }
  ever_members_ = before.ever_members.empty() ? members_ : std::move(before.ever_members);
  ever_members_.resize(policy_.devices);
  union_samples_ = std::accumulate(ever_members_.begin(), ever_members_.end(), std::uint64_t{0});
  const auto ever =
      ever_members_.size() - std::count(ever_members_.begin(), ever_members_.end(), 0u);
  length_ = before.length.rounds > 0
                ? before.length
                : planned_length({static_cast<std::uint32_t>(ever), union_samples_});
  roll_is_current_ = false;
}

round_commands round_state::stop() {
  stopping_ = true;
  if (phase_ != phase::waiting) return {};
  phase_ = phase::finished;
  return {command::finish{}};
}

}  // namespace verge
