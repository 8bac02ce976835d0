#pragma once

#include <caf/all.hpp>
#include <functional>
#include <memory>
#include <string>

#include "actors/server/model_shelf.hpp"
#include "actors/server/server.hpp"
#include "model/aggregation/moment_pool.hpp"

namespace verge {

/// The half of the server that knows the model and its rule, and no device: it moves the model by a
/// round's mean, wholly or not at all, and has the present version ready for download. It is part
/// of the server's actor.
class model_keeper {
public:
  /// Begins to encode the first version. `self` is the server.
  model_keeper(server_actor::pointer self, server_options options, compressor_actor compressor);

  const model_shelf& shelf() const { return shelf_; }
  model_version version() const { return version_; }
  model_snapshot snapshot() const { return {version_, model_}; }
  server_checkpoint checkpoint() const { return {version_, model_, rule_->memory(), owed_down_}; }

  /// Calls `then` when the present version can be downloaded, now or later. Only the last call
  /// waits.
  void when_published(std::function<void()> then);

  /// Moves the model by `mean` as the rule says, and pools `moments` into its statistics. Calls
  /// `then` when the new version can be downloaded, or with why the model stays as it is.
  void move(round_id round, const round_facts& facts, flat_buffer mean, const moment_pool& moments,
            std::function<void(const std::string& failure)> then);

private:
  using after_move = std::function<void(const std::string& failure)>;

  void publish(std::function<void()> then);
  void put_in_place(round_id round, flat_buffer next, const moment_pool& moments,
                    const after_move& then);
  std::string why_diverged_by(round_id round, const flat_buffer& parameters) const;

  const server_actor::pointer self_;
  const manifest layout_;
  const link_codecs codecs_;
  const compressor_actor compressor_;
  const std::shared_ptr<server_rule> rule_;

  model_state model_;
  model_version version_;
  /// As the compressor reported it with the last step. Kept for a checkpoint.
  residual_state owed_down_;
  /// Empty while a version is being encoded.
  model_shelf shelf_;
  std::function<void()> waits_for_shelf_;
};

}  // namespace verge
