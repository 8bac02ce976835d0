#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "actors/round/modelled_links.hpp"
#include "actors/server/server_events.hpp"
#include "verge/messages/round_result.hpp"

namespace verge {

/// What a round has moved and computed, until it is a line of the ledger.
class round_account {
public:
  round_account() = default;
  /// `counts_bytes`: false where no link is crossed. `links`: null where none are modelled.
  round_account(bool counts_bytes, std::shared_ptr<const modelled_links> links)
      : counts_bytes_(counts_bytes), links_(std::move(links)) {}

  /// After the round of that line.
  void resume(const round_result& line) {
    modelled_ = line.virtual_time.value_or(virtual_seconds{});
  }
  /// Bytes of an encoded message. What comes after a round's line counts for the next round.
  void up(std::uint64_t bytes) { up_ += bytes; }
  void down(std::uint64_t bytes) { down_ += bytes; }
  /// The size of the order that every device of the cohort is sent.
  void ordered(std::uint64_t bytes) { order_bytes_ = bytes; }
  /// What the server has seen of the round.
  void take(const committed_round& done);

  /// Bytes, computation and modelled time of `line`; the next round begins.
  void close(round_result& line);

private:
  bool counts_bytes_ = true;
  std::shared_ptr<const modelled_links> links_;
  std::uint64_t up_ = 0;
  std::uint64_t down_ = 0;
  std::uint64_t order_bytes_ = 0;
  std::vector<device_load> loads_;
  /// Of all rounds.
  virtual_seconds modelled_{};
};

}  // namespace verge
