#pragma once

namespace verge {

/// Marks a step of the protocol at which this process may end, as by SIGKILL. Tests end the process
/// there, to see that the run survives it. The function only calls the watcher, if one is set.
void kill_point(const char* step);

/// Makes every kill point call `watcher` from now on, in the thread that reaches it. Call this
/// before other threads start.
void watch_kill_points(void (*watcher)(const char* step));

}  // namespace verge
