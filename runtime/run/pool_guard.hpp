#pragma once

#include "verge/actors/trainer_pool.hpp"

namespace verge {

/// Ends a trainer pool with its scope, however the run ends, because nobody needs its queued tasks
/// any more.
struct pool_guard {
  trainer_pool_actor pool;
  ~pool_guard() { caf::anon_send_exit(pool, caf::exit_reason::user_shutdown); }
};

}  // namespace verge
