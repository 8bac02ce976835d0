#pragma once

namespace verge {

/// A step of the protocol at which this process may end, as by SIGKILL: it does nothing but tell the watcher, if there is one.
/// Tests end the process there, to see that the run survives it.
void kill_point(const char* step);

/// From now on `watcher` is called at every kill point, by the thread that comes to it. Before other threads begin.
void watch_kill_points(void (*watcher)(const char* step));

}  // namespace verge
