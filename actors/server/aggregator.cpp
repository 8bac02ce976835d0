// Role: keeps the sum of one range of the parameters. Spawned by the server, linked to it.
//
//   begin_sum ---> collecting --- add_update ---> collecting --- write_mean ---> collecting
//
// No timeouts, because it only computes. Messages of one server arrive in order, so a mean that is
// asked for after the last add contains that add.

#include "actors/server/aggregator.hpp"

#include "model/aggregation/order_free_mean.hpp"

namespace verge {

namespace {

struct aggregator_state {
  manifest layout;
  std::uint32_t first = 0;
  std::vector<order_free_mean> sums;  // one per block

  void init(const manifest& l, std::uint32_t from, std::uint32_t to) {
    layout = l;
    first = from;
    for (auto i = from; i < to; ++i)
      sums.emplace_back(layout.type(), layout.block(block_index{i}).elements);
  }

  void on_begin(const begin_sum& m) {
    for (auto& sum : sums) sum.begin(m.most_weight, m.devices);
  }

  void on_add(add_update& m) {
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i].add((*m.blocks)[first + i], m.weight);
    m.blocks.reset();  // now and not with the message: the answer says that it is free
  }

  void on_write(const write_mean& m) {
    auto into = m.into;
    const auto width = bytes_of(layout.type());
    for (std::size_t i = 0; i < sums.size(); ++i) {
      const auto range = layout.block(block_index{first + static_cast<std::uint32_t>(i)});
      sums[i].write({into.data() + range.offset * width, range.elements * width});
    }
  }

  const char* name = "aggregator";
};

aggregator_actor::behavior_type behavior(aggregator_actor::stateful_pointer<aggregator_state> self,
                                         const manifest& layout, std::uint32_t first,
                                         std::uint32_t last) {
  self->state.init(layout, first, last);
  return {
      [=](const begin_sum& m) { self->state.on_begin(m); },
      [=](add_update& m) -> done_atom {
        self->state.on_add(m);
        return done_atom::value;
      },
      [=](const write_mean& m) -> done_atom {
        self->state.on_write(m);
        return done_atom::value;
      },
  };
}

}  // namespace

aggregator_actor spawn_aggregator(caf::local_actor* owner, const manifest& layout,
                                  std::uint32_t first, std::uint32_t last) {
  auto spawned = owner->home_system().spawn(behavior, layout, first, last);
  owner->link_to(spawned);
  return spawned;
}

}  // namespace verge
