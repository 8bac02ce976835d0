#pragma once

#include <caf/all.hpp>
#include <cstdint>
#include <memory>
#include <vector>

#include "verge/actors/atoms.hpp"
#include "verge/messages/shared_bytes.hpp"
#include "verge/model/flat_buffer.hpp"
#include "verge/model/manifest.hpp"

namespace verge {

struct begin_sum {
  std::uint64_t most_weight = 1;
  /// Number of devices that were asked.
  std::uint64_t devices = 1;
};

/// A complete and valid update. Each aggregator adds its range of it.
struct add_update {
  std::shared_ptr<const std::vector<shared_bytes>> blocks;
  std::uint64_t weight = 1;
};

/// Write the mean of the range into the same range of `into`.
struct write_mean {
  flat_buffer into;
};

}  // namespace verge

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::begin_sum)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::add_update)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::write_mean)

namespace verge {

/// The running sum of one range of parameter blocks.
///
///   hears        does                            answers
///   begin_sum    forgets the last round          -
///   add_update   adds its range of the update    done, when it no longer needs the update's memory
///   write_mean   writes the mean of its range    done
///
/// Memory: one 64-bit integer per parameter of its range, whatever the size of the cohort. If only
/// one device was asked, the memory of its update until the next round begins.
using aggregator_actor = caf::typed_actor<caf::reacts_to<begin_sum>,                     //
                                          caf::replies_to<add_update>::with<done_atom>,  //
                                          caf::replies_to<write_mean>::with<done_atom>>;

/// Spawns an aggregator for the parameter blocks [first, last) of `layout`, linked to `owner`.
aggregator_actor spawn_aggregator(caf::local_actor* owner, const manifest& layout,
                                  std::uint32_t first, std::uint32_t last);

}  // namespace verge
