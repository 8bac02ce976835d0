#include "model/codecs/residual.hpp"

#include <cmath>
#include <stdexcept>
#include <utility>

#include "model/aggregation/order_free_mean.hpp"

namespace verge {

namespace {

/// Factor that cuts the norm of an update to at most `most`; 1 = no cut.
float clip_factor(std::span<const float> update, double most) {
  if (most <= 0.0) return 1.0f;
  double squares = 0.0;
  for (const float value : update) squares += static_cast<double>(value) * value;
  const double norm = std::sqrt(squares);
  return norm > most ? static_cast<float>(most / norm) : 1.0f;
}

}  // namespace

residual::residual(std::shared_ptr<const update_codec> codec, residual_state state)
    : codec_(std::move(codec)), state_(std::move(state)) {}

shared_bytes residual::prepare(round_id round, const flat_buffer& update,
                               std::span<const std::byte> statistics, const codec_place& place,
                               update_codec::workspace& work) {
  if (state_.prepared && state_.prepared->round == round) return state_.prepared->encoded;
  if (state_.prepared) put_back();
  if (state_.owed.empty()) begin(update.size());
  const float factor = clip_factor(update.as<float>(), codec_->device_clip());
  if (!stays_usable(update, factor)) return {};
  stop_sharing();
  accumulate(update, factor);
  state_.prepared.emplace();
  state_.prepared->round = round;
  state_.prepared->statistic_bytes = statistics.size();
  if (codec_->drops_rounding()) state_.prepared->before = state_.owed.clone();
  auto* sent = state_.velocity.empty() ? nullptr : &state_.prepared->places;
  state_.prepared->encoded =
      codec_->encode(state_.owed.as<float>(), statistics, place, state_.memory, work, sent);
  mask_velocities();
  return state_.prepared->encoded;
}

void residual::begin(std::size_t size) {
  state_.owed = flat_buffer{scalar::float32, size};
  state_.memory.assign(codec_->memory_size(), 0.0f);
  if (codec_->momentum() > 0.0) state_.velocity = flat_buffer{scalar::float32, size};
}

/// Whether the result of accumulate() would be usable. This is checked before, because accumulate()
/// cannot be undone to the last bit.
bool residual::stays_usable(const flat_buffer& update, float factor) const {
  const auto given = update.as<float>();
  const auto owed = state_.owed.as<float>();
  constexpr auto most = static_cast<float>(order_free_mean::largest_value);
  std::uint32_t beyond = 0;
  if (state_.velocity.empty()) {
    for (std::size_t i = 0; i < owed.size(); ++i)
      beyond |= std::fabs(owed[i] + factor * given[i]) <= most ? 0u : 1u;
    return beyond == 0;
  }
  const auto velocity = state_.velocity.as<float>();
  const auto momentum = static_cast<float>(codec_->momentum());
  for (std::size_t i = 0; i < owed.size(); ++i)
    beyond |= std::fabs(owed[i] + (momentum * velocity[i] + factor * given[i])) <= most ? 0u : 1u;
  return beyond == 0;
}

void residual::accumulate(const flat_buffer& update, float factor) {
  const auto given = update.as<float>();
  auto owed = state_.owed.as<float>();
  if (state_.velocity.empty()) {
    for (std::size_t i = 0; i < owed.size(); ++i) owed[i] += factor * given[i];
    return;
  }
  auto velocity = state_.velocity.as<float>();
  const auto momentum = static_cast<float>(codec_->momentum());
  for (std::size_t i = 0; i < owed.size(); ++i) {
    velocity[i] = momentum * velocity[i] + factor * given[i];
    owed[i] += velocity[i];
  }
}

void residual::mask_velocities() {
  if (state_.velocity.empty()) return;
  auto velocity = state_.velocity.as<float>();
  state_.prepared->velocities.reserve(state_.prepared->places.size());
  for (const auto place : state_.prepared->places)
    state_.prepared->velocities.push_back(std::exchange(velocity[place], 0.0f));
}

void residual::settle(round_id round, bool used) {
  if (!state_.prepared || state_.prepared->round > round) return;
  // If a later update was used than this state knows of, what is prepared may have been used too,
  // so it is not sent again.
  if (used)
    state_.prepared.reset();
  else if (state_.prepared->round == round)
    put_back();
}

/// The memory may be shared with copies of the state.
void residual::stop_sharing() {
  state_.owed.stop_sharing();
  state_.velocity.stop_sharing();
}

void residual::put_back() {
  stop_sharing();
  if (codec_->drops_rounding())
    state_.owed = std::move(state_.prepared->before);
  else
    add_what_was_sent();
  auto velocity = state_.velocity.as<float>();
  for (std::size_t i = 0; i < state_.prepared->places.size(); ++i)
    velocity[state_.prepared->places[i]] = state_.prepared->velocities[i];
  state_.prepared.reset();
}

void residual::add_what_was_sent() {
  // This is rare, so it may cost a decoding. In return only the encoded form is kept meanwhile.
  update_codec::workspace work;
  flat_buffer sent{scalar::float32, state_.owed.size()};
  std::vector<std::byte> statistics(state_.prepared->statistic_bytes);
  if (const auto why =
          codec_->decode(state_.prepared->encoded.bytes(), sent.as<float>(), statistics, work);
      !why.empty())
    throw std::logic_error("an encoding of ours does not decode: " + why);
  auto owed = state_.owed.as<float>();
  const auto back = std::as_const(sent).as<float>();
  for (std::size_t i = 0; i < owed.size(); ++i) owed[i] += back[i];
}

}  // namespace verge
