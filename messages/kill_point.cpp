#include "messages/kill_point.hpp"

namespace verge {

namespace {

void (*the_watcher)(const char*) = nullptr;

}  // namespace

void kill_point(const char* step) {
  if (the_watcher) the_watcher(step);
}

void watch_kill_points(void (*watcher)(const char*)) {
  the_watcher = watcher;
}

}  // namespace verge
