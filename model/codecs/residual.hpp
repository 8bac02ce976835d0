#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "verge/messages/ids.hpp"
#include "verge/model/codec.hpp"
#include "verge/model/flat_buffer.hpp"

namespace verge {

/// An update that has been encoded and taken off what is owed, until it is known whether it was used.
struct prepared_update {
  round_id round;
  shared_bytes encoded;
  std::size_t statistic_bytes = 0;
  /// What was owed, where the encoding does not tell.
  flat_buffer before;
  /// Of dgc: where velocities were masked, and what they were.
  std::vector<std::uint32_t> places;
  std::vector<float> velocities;
};

/// All that a residual holds between two calls. Copies share the large parts.
struct residual_state {
  flat_buffer owed;
  flat_buffer velocity;
  /// The codec's.
  std::vector<float> memory;
  std::optional<prepared_update> prepared;
};

/// What one sender has been given to send by a biased codec and has not sent yet (error feedback: Stich et
/// al. 2018; Karimireddy et al. 2019). Whatever becomes of the rounds,
///     sum of what was sent and used + owed() = sum of what was given,
/// up to the rounding of one float addition a round. Where the codec drops its rounding (see
/// update_codec::drops_rounding()) what was sent counts as it was before it was rounded.
///
/// A transaction: prepare() encodes as much of the residual as the codec sends and takes it off; settle()
/// makes that final, or puts it back when the update was not used. With a codec of momentum (dgc) velocities
/// are accumulated instead of updates, and masked where they were sent (Lin et al. 2018, equations 4 to 6):
///     u <- m u + clip(g);   v <- v + u;   send v where it is large;   there u <- 0, v <- 0
/// Tensors that travel dense are sent whole and keep their velocity: plain momentum.
///
/// Holds one float a parameter from the first prepare() on (two with momentum), the codec's memory, and what is
/// unsettled in its encoded form (with momentum, the velocities that were masked too; with a codec that drops
/// its rounding, all of what was owed). One sender's; not thread-safe.
class residual {
public:
  /// `state`: that of an earlier residual of the same codec and layout, to go on from.
  explicit residual(std::shared_ptr<const update_codec> codec, residual_state state = {});

  /// Adds `update` (finite values) to what is owed and encodes. When that would grow beyond what a receiver
  /// takes (see first_unusable()), training has diverged: an empty payload is returned, and the update is
  /// not added. An earlier prepare() that nobody settled is put back first: as far as anyone knows, it
  /// was not used. Where that is of the same round, its encoding is returned again: a device that is asked
  /// twice begins twice from the same model, so `update` is the same.
  shared_bytes prepare(round_id round, const flat_buffer& update,
                       std::span<const std::byte> statistics, const codec_place& place,
                       update_codec::workspace& work);

  /// What became of the update of `round`. Does nothing unless that is the one prepared last; where a later one is
  /// said to be used, this state is an old one, and what is prepared counts as used.
  void settle(round_id round, bool used);

  /// What has not been sent; empty before the first prepare(). Without what is prepared.
  const flat_buffer& owed() const { return state_.owed; }

  /// A copy of it shares the large parts, and stays as it is: who changes them makes copies of its own.
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
