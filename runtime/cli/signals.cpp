#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstring>

#include "runtime/cli/command.hpp"

namespace verge::cli {

namespace {

std::atomic<bool> requested{false};
const char* words = "";

void on_signal(int signal) {
  if (requested.exchange(true)) {
    std::signal(signal, SIG_DFL);
    std::raise(signal);
    return;  // the signal stays blocked until the handler returns
  }
  // A signal handler may call write().
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, words, std::strlen(words));
}

}  // namespace

void stop_on_signals(const char* what, log_format format) {
  words = format == log_format::text ? what : "";
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
}

bool stop_requested() {
  return requested;
}

}  // namespace verge::cli
