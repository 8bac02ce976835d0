#pragma once

#include "verge/actors/trainer_pool.hpp"

namespace verge {

/// However a run ends: queued tasks of a pool are nobody's any more.
struct pool_guard {
  trainer_pool_actor pool;
  ~pool_guard() { caf::anon_send_exit(pool, caf::exit_reason::user_shutdown); }
};

}  // namespace verge
