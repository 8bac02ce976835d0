#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "verge/messages/ids.hpp"
#include "verge/model/codec.hpp"
#include "verge/model/flat_buffer.hpp"

namespace verge {

/// An update that has been encoded and subtracted from what is owed, until it is known whether it
/// was used.
struct prepared_update {
  round_id round;
  shared_bytes encoded;
  std::size_t statistic_bytes = 0;
  /// What was owed before, where the encoding does not tell.
  flat_buffer before;
  /// For dgc: the places where velocities were masked, and the velocities there.
  std::vector<std::uint32_t> places;
  std::vector<float> velocities;
};

/// Everything that a residual holds between two calls. Copies share the large parts.
struct residual_state {
  flat_buffer owed;
  flat_buffer velocity;
  /// The codec's memory: update_codec::memory_size() floats.
  std::vector<float> memory;
  std::optional<prepared_update> prepared;
};

/// A biased codec leaves out a part of each update. A residual keeps what one sender was given to
/// send and has not sent yet, so that it is sent later (error feedback: Stich et al. 2018;
/// Karimireddy et al. 2019). Whatever becomes of the rounds,
///     sum of what was sent and used + owed() = sum of what was given,
/// up to the rounding of one float addition per round. Where the codec drops its rounding (see
/// update_codec::drops_rounding()), what was sent counts as it was before rounding.
///
/// Sending is a transaction. prepare() encodes as much of the residual as the codec sends and
/// subtracts it. settle() makes that final, or adds it back when the update was not used. With a
/// codec that has momentum (dgc), velocities are accumulated instead of updates, and masked where
/// they were sent (Lin et al. 2018, equations 4 to 6):
///     u <- m u + clip(g);   v <- v + u;   send v where it is large;   there u <- 0, v <- 0
/// Tensors that travel dense are sent whole and keep their velocity, which is plain momentum.
///
/// From the first prepare() on it holds one float per parameter (two with momentum), the codec's
/// memory, and the unsettled update in its encoded form. With momentum it also holds the velocities
/// that were masked, and with a codec that drops its rounding all of what was owed. Each sender has
/// its own. Not thread-safe.
class residual {
public:
  /// Continues from `state`, the state of an earlier residual of the same codec and layout.
  explicit residual(std::shared_ptr<const update_codec> codec, residual_state state = {});

  /// Adds `update` (finite values) to what is owed and encodes. When that would grow beyond what a
  /// receiver accepts (see first_unusable()), training has diverged: the payload is then empty, and
  /// the update is not added.
  ///
  /// An earlier prepare() that nobody settled is put back first, because as far as anyone knows its
  /// update was not used. If it was for the same round, its encoding is returned again instead: a
  /// device that is asked twice starts twice from the same model, so `update` is the same.
  shared_bytes prepare(round_id round, const flat_buffer& update,
                       std::span<const std::byte> statistics, const codec_place& place,
                       update_codec::workspace& work);

  /// Settles the update of `round`. Does nothing unless that update was prepared last. The
  /// exception is a later update that was used: this state is then an old one, and what is prepared
  /// counts as used.
  void settle(round_id round, bool used);

  /// What has not been sent, without what is prepared. Empty before the first prepare().
  const flat_buffer& owed() const { return state_.owed; }

  /// A copy shares the large parts and does not change: later calls make copies of their own before
  /// they change these parts.
  const residual_state& state() const { return state_; }

private:
  void begin(std::size_t size);
  bool stays_usable(const flat_buffer& update, float factor) const;
  void accumulate(const flat_buffer& update, float factor);
  void mask_velocities();
  void stop_sharing();
  void put_back();
  void add_what_was_sent();

  std::shared_ptr<const update_codec> codec_;
  residual_state state_;
};

}  // namespace verge
