#pragma once

#include <memory>
#include <string>
#include <vector>

#include "model/layout/model_blocks.hpp"
#include "support/made_updates.hpp"
#include "system/attacker.hpp"
#include "system/guarded_place.hpp"
#include "verge/model/codec.hpp"

namespace verge::test {

/// An update in the form in which it is offered and sent.
struct upload {
  upload_request offer;
  std::vector<update_block> blocks;
};

/// A member of a run that the test plays, over any number of connections. It does not train: its
/// updates are functions of its number and the round.
class played_member {
public:
  /// Facts that all members of the run know.
  struct run {
    const guarded_place& place;
    int port = 0;
    manifest layout;
    std::string codec;
    /// Samples in every member's shard.
    std::uint64_t samples = 0;
  };

  played_member(const run& r, std::uint32_t number) : run_(r), number_(number) { come_back(); }

  device_id number() const { return number_; }
  const manifest& layout() const { return run_.layout; }
  attacker& link() { return *link_; }

  /// Leaves its connection, if it has one, and joins over another.
  void come_back() {
    link_.reset();
    const auto name = "till-" + std::to_string(number_.value + 1);
    link_ = std::make_unique<attacker>(run_.place.of(name), run_.port);
    const auto invited = link_->greet(name);
    BOOST_REQUIRE_EQUAL(invited.refused_because, "");
    BOOST_REQUIRE_EQUAL(link_->prove(invited, name, number_).refused_because, "");
    const auto welcomed =
        link_->join_as(number_, run_.layout.hash(), run_.samples, known_codec_stages());
    BOOST_REQUIRE_EQUAL(welcomed.refused_because, "");
  }

  /// The update that an honest device would offer and send for this result of its training.
  upload honest_upload(const open_round& order) const {
    flat_buffer update{run_.layout.type(), run_.layout.parameter_count()};
    fill(update,
         [&](std::size_t i) { return 1e-3 * noise(9, number_.value, order.round.value, i % 997); });
    return upload_of(order, update);
  }

  upload upload_of(const open_round& order, flat_buffer update) const {
    upload made;
    for (const auto& payload : encoded(order, std::move(update)))
      made.blocks.push_back({order.round, number_,
                             block_index{static_cast<std::uint32_t>(made.blocks.size())},
                             run_.codec, payload});
    made.offer = {order.round, number_, order.work.batch_size, 1, 0.5, 0, 0};
    count(made);
    return made;
  }

  /// Sets the offer's statements on its blocks.
  static void count(upload& made) {
    made.offer.blocks = static_cast<std::uint32_t>(made.blocks.size());
    made.offer.bytes = 0;
    for (const auto& block : made.blocks) made.offer.bytes += block.payload.size();
  }

  /// Returns why the offer is refused; empty when it is granted.
  std::string offer(const upload_request& request) {
    const auto answer = link_->ask<upload_grant>(seal(request));
    return answer ? answer->refused_because : "(no answer)";
  }

  /// Offers and sends until something is refused. Returns the reason; empty when the update counts.
  std::string send(const upload& made) {
    if (auto why = offer(made.offer); !why.empty()) return why;
    return send_blocks(made, 0);
  }

  std::string send_blocks(const upload& made, std::size_t first) {
    block_ack last;
    for (auto i = first; i < made.blocks.size(); ++i) {
      const auto answer = link_->ask<block_ack>(seal(made.blocks[i]));
      if (!answer) return "(no answer)";
      last = *answer;
      if (!last.refused_because.empty()) return last.refused_because;
    }
    return last.counted ? "" : "(not counted)";
  }

  void give_up(round_id round, const std::string& reason) {
    link_->say(seal(work_failed{round, number_, reason}));
  }

private:
  std::vector<shared_bytes> encoded(const open_round& order, flat_buffer update) const {
    flat_buffer moments{run_.layout.type(), run_.layout.statistic_count()};
    if (run_.codec == codec_none) return split_blocks(run_.layout, update, moments);
    const auto codec = update_codec::make(run_.codec, run_.layout);
    update_codec::workspace work;
    return split_encoded(codec->encode(update.as<float>(), {moments.data(), moments.size_bytes()},
                                       {5, number_.value, order.round.value}, {}, work));
  }

  run run_;
  device_id number_;
  std::unique_ptr<attacker> link_;
};

}  // namespace verge::test
