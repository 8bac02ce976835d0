#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "actors/round/modelled_links.hpp"
#include "actors/server/server_events.hpp"
#include "verge/messages/round_result.hpp"

namespace verge {

/// Collects the bytes, the computation and the modelled time of a round until they are written to
/// its ledger line. Not thread-safe.
class round_account {
public:
  round_account() = default;
  /// `counts_bytes`: false if no link is crossed. `links`: null if none are modelled.
  round_account(bool counts_bytes, std::shared_ptr<const modelled_links> links)
      : counts_bytes_(counts_bytes), links_(std::move(links)) {}

  /// Resumes after the round of `line`.
  void resume(const round_result& line) {
    modelled_ = line.virtual_time.value_or(virtual_seconds{});
  }
  /// Adds the bytes of an encoded message. Bytes that are added after close() count for the next
  /// round.
  void up(std::uint64_t bytes) { up_ += bytes; }
  void down(std::uint64_t bytes) { down_ += bytes; }
  /// Sets the size of the order that every device of the cohort is sent.
  void ordered(std::uint64_t bytes) { order_bytes_ = bytes; }
  /// Takes what the server has counted and measured in the round.
  void take(const committed_round& done);

  /// Fills in the bytes, the computation and the modelled time of `line`, and begins the next
  /// round.
  void close(round_result& line);

private:
  bool counts_bytes_ = true;
  std::shared_ptr<const modelled_links> links_;
  std::uint64_t up_ = 0;
  std::uint64_t down_ = 0;
  std::uint64_t order_bytes_ = 0;
  std::vector<device_load> loads_;
  /// Modelled time of all rounds so far.
  virtual_seconds modelled_{};
};

}  // namespace verge
