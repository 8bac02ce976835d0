#pragma once

namespace verge {

/// A step of the protocol at which a test may have this process end as by SIGKILL, to see that the run survives it.
/// With VERGE_KILL_AT="step:n" in the environment it ends the n-th time that it comes to `step`. Only in builds with
/// tests; else there is nothing here.
#ifdef VERGE_KILL_POINTS
void kill_point(const char* step);
#else
inline void kill_point(const char*) {}
#endif

}  // namespace verge
