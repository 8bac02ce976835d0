#include "actors/server/model_keeper.hpp"

#include <fmt/format.h>

#include <span>
#include <utility>

#include "messages/kill_point.hpp"
#include "model/aggregation/divergence.hpp"

namespace verge {

model_keeper::model_keeper(server_actor::pointer self, server_options options,
                           compressor_actor compressor)
    : self_(self),
      layout_(options.layout),
      codecs_(options.codecs),
      compressor_(std::move(compressor)),
      rule_(std::move(options.rule)),
      model_(std::move(options.initial)),
      version_(options.version),
      shelf_(layout_) {
  publish([] {});
}

/// Encodes the present version for all devices, then calls `then`.
void model_keeper::publish(std::function<void()> then) {
  shelf_.clear();
  const auto blocks = split_blocks(layout_, model_);
  self_->request(compressor_, caf::infinite, encode_model{version_, blocks})
      .then([this, then = std::move(then), blocks](const encoded_model& encoded) {
        const std::span statistics{blocks.blocks.begin() + layout_.parameter_block_count(),
                                   blocks.blocks.end()};
        shelf_.put(version_, encoded.blocks, {statistics.begin(), statistics.end()},
                   model_.batches_tracked);
        then();
        if (waits_for_shelf_) std::exchange(waits_for_shelf_, nullptr)();
      });
}

void model_keeper::when_published(std::function<void()> then) {
  if (shelf_.empty())
    waits_for_shelf_ = std::move(then);
  else
    then();
}

/// The step is the mean as the strategy's rule changes it. With a codec down, it is the part of
/// that which the devices are sent.
void model_keeper::move(round_id round, const round_facts& facts, flat_buffer mean,
                        const moment_pool& moments, after_move then) {
  auto step = std::move(mean);
  rule_->apply(facts, model_.parameters, step);
  if (!codecs_.sends_steps()) return put_in_place(round, std::move(step), moments, then);
  if (const auto why = why_diverged_by(round, step); !why.empty()) return then(why);
  const model_version next{version_.value + 1};
  owed_down_ = {};  // else the compressor would have to make copies of what is shared
  self_->request(compressor_, caf::infinite, encode_step{next, std::move(step)})
      .then([this, round, next, &moments, then](const encoded_step& encoded) {
        if (!encoded.failure.empty())
          return then(fmt::format("round {}: the step down: {}", round.value, encoded.failure));
        owed_down_ = encoded.owed;
        shelf_.add_step(next, encoded.parts, codecs_.down);
        put_in_place(round, encoded.sent, moments, then);
      });
}

/// All or nothing: the new version is made beside the old one, checked, and put in place at the
/// end.
void model_keeper::put_in_place(round_id round, flat_buffer next, const moment_pool& moments,
                                const after_move& then) {
  take_step(model_.parameters, next);
  if (const auto why = why_diverged_by(round, next); !why.empty()) return then(why);
  model_state successor{std::move(next), model_.statistics.clone(), model_.batches_tracked};
  moments.apply(successor);
  model_ = std::move(successor);
  ++version_.value;
  kill_point("model moved");
  publish([then] { then({}); });
}

std::string model_keeper::why_diverged_by(round_id round, const flat_buffer& parameters) const {
  const auto why = why_diverged("the model", layout_, {false, 0, parameters.size()},
                                {parameters.data(), parameters.size_bytes()});
  return why.empty() ? why : fmt::format("round {}: {}", round.value, why);
}

}  // namespace verge
