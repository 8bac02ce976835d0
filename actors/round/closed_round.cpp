#include "actors/round/closed_round.hpp"

namespace verge {

namespace {

std::uint32_t& count_of(round_result& line, update_fate fate) {
  switch (fate) {
    case update_fate::used:
      return line.used;
    case update_fate::late:
      return line.late;
    case update_fate::refused:
      return line.refused;
    case update_fate::lost:
      break;
  }
  return line.lost;
}

}  // namespace

closed_round close_round(const command::close& close, model_version version,
                         const member_links& links) {
  closed_round closed;
  closed.line.round = close.round;
  closed.line.version = version;
  closed.line.epoch = close.epoch;
  closed.line.cohort = static_cast<std::uint32_t>(close.outcomes.size());
  closed.line.train_loss = close.train_loss;
  closed.line.missed = close.missed;
  for (const auto& one : close.outcomes) {
    ++count_of(closed.line, one.fate);
    closed.outcomes.push_back({one.device, one.fate,
                               seal(round_outcome{close.round, one.fate, one.reason, version}),
                               static_cast<bool>(links[one.device])});
  }
  return closed;
}

std::uint64_t closed_round::bytes_down() const {
  std::uint64_t bytes = 0;
  for (const auto& one : outcomes)
    if (one.is_counted) bytes += one.message.encoded_size();
  return bytes;
}

std::vector<round_id> closed_round::used_in(const member_links& links) const {
  auto rounds = links.used_in();
  if (rounds.empty()) return rounds;
  for (const auto& one : outcomes)
    if (one.fate == update_fate::used) rounds[one.device.value] = line.round;
  return rounds;
}

}  // namespace verge
