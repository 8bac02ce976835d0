#include "runtime/cli/standard_input.hpp"

#include <unistd.h>

#include <cerrno>
#include <thread>

namespace verge::cli {

namespace {

/// Returns when standard input has ended.
void read_to_the_end() {
  char ignored[512];
  for (;;) {
    const auto got = ::read(STDIN_FILENO, ignored, sizeof ignored);
    if (got == 0 || (got < 0 && errno != EINTR)) return;
  }
}

}  // namespace

void end_with_standard_input(std::function<void()> say) {
  // Not joined, because it waits as long as the process lives.
  std::thread([say = std::move(say)] {
    read_to_the_end();
    say();
    // Not exit(), because other threads are still working.
    ::_exit(1);
  }).detach();
}

}  // namespace verge::cli
