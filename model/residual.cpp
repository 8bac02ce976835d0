#include "verge/model/residual.hpp"

#include <cmath>
#include <stdexcept>
#include <utility>

#include "verge/model/order_free_mean.hpp"

namespace verge {

namespace {

/// What an update is multiplied by so that its norm is at most `most`; 1 = as it is.
float clip_factor(std::span<const float> update, double most) {
  if (most <= 0.0) return 1.0f;
  double squares = 0.0;
  for (const float value : update) squares += static_cast<double>(value) * value;
  const double norm = std::sqrt(squares);
  return norm > most ? static_cast<float>(most / norm) : 1.0f;
}

}  // namespace

residual::residual(std::shared_ptr<const update_codec> codec) : codec_(std::move(codec)) {}

shared_bytes residual::prepare(round_id round, const flat_buffer& update,
                               std::span<const std::byte> statistics, const codec_place& place,
                               update_codec::workspace& work) {
  if (prepared_ && prepared_->round == round) return prepared_->encoded;
  if (prepared_) put_back();
  if (owed_.empty()) begin(update.size());
  const float factor = clip_factor(update.as<float>(), codec_->device_clip());
  if (!stays_usable(update, factor)) return {};
  accumulate(update, factor);
  prepared_.emplace();
  prepared_->round = round;
  prepared_->statistic_bytes = statistics.size();
  if (codec_->drops_rounding()) prepared_->before = owed_.clone();
  auto* sent = velocity_.empty() ? nullptr : &prepared_->places;
  prepared_->encoded = codec_->encode(owed_.as<float>(), statistics, place, memory_, work, sent);
  mask_velocities();
  return prepared_->encoded;
}

void residual::begin(std::size_t size) {
  owed_ = flat_buffer{scalar::float32, size};
  memory_.assign(codec_->memory_size(), 0.0f);
  if (codec_->momentum() > 0.0) velocity_ = flat_buffer{scalar::float32, size};
}

/// What accumulate() would lead to. Looked at before: it cannot be undone to the last bit.
bool residual::stays_usable(const flat_buffer& update, float factor) const {
  const auto given = update.as<float>();
  const auto owed = owed_.as<float>();
  constexpr auto most = static_cast<float>(order_free_mean::largest_value);
  std::uint32_t beyond = 0;
  if (velocity_.empty()) {
    for (std::size_t i = 0; i < owed.size(); ++i)
      beyond |= std::fabs(owed[i] + factor * given[i]) <= most ? 0u : 1u;
    return beyond == 0;
  }
  const auto velocity = velocity_.as<float>();
  const auto momentum = static_cast<float>(codec_->momentum());
  for (std::size_t i = 0; i < owed.size(); ++i)
    beyond |= std::fabs(owed[i] + (momentum * velocity[i] + factor * given[i])) <= most ? 0u : 1u;
  return beyond == 0;
}

void residual::accumulate(const flat_buffer& update, float factor) {
  const auto given = update.as<float>();
  auto owed = owed_.as<float>();
  if (velocity_.empty()) {
    for (std::size_t i = 0; i < owed.size(); ++i) owed[i] += factor * given[i];
    return;
  }
  auto velocity = velocity_.as<float>();
  const auto momentum = static_cast<float>(codec_->momentum());
  for (std::size_t i = 0; i < owed.size(); ++i) {
    velocity[i] = momentum * velocity[i] + factor * given[i];
    owed[i] += velocity[i];
  }
}

void residual::mask_velocities() {
  if (velocity_.empty()) return;
  auto velocity = velocity_.as<float>();
  prepared_->velocities.reserve(prepared_->places.size());
  for (const auto place : prepared_->places)
    prepared_->velocities.push_back(std::exchange(velocity[place], 0.0f));
}

void residual::settle(round_id round, bool used) {
  if (!prepared_ || prepared_->round != round) return;
  if (used)
    prepared_.reset();
  else
    put_back();
}

void residual::put_back() {
  if (codec_->drops_rounding())
    owed_ = std::move(prepared_->before);
  else
    add_what_was_sent();
  auto velocity = velocity_.as<float>();
  for (std::size_t i = 0; i < prepared_->places.size(); ++i)
    velocity[prepared_->places[i]] = prepared_->velocities[i];
  prepared_.reset();
}

void residual::add_what_was_sent() {
  // Rare, so it may cost a decoding: nothing but the encoded form has to be kept meanwhile.
  update_codec::workspace work;
  flat_buffer sent{scalar::float32, owed_.size()};
  std::vector<std::byte> statistics(prepared_->statistic_bytes);
  if (const auto why =
          codec_->decode(prepared_->encoded.bytes(), sent.as<float>(), statistics, work);
      !why.empty())
    throw std::logic_error("an encoding of ours does not decode: " + why);
  auto owed = owed_.as<float>();
  const auto back = std::as_const(sent).as<float>();
  for (std::size_t i = 0; i < owed.size(); ++i) owed[i] += back[i];
}

}  // namespace verge
