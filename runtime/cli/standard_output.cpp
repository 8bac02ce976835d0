#include "runtime/cli/standard_output.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "verge/messages/errors.hpp"

namespace verge::cli {

void print(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0)
      throw run_failure(fmt::format("standard output cannot be written: {}",
                                    std::generic_category().message(errno)));
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

void keep_standard_streams() {
  // open() returns the lowest free descriptor. Writing to these descriptors fails.
  for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; ++descriptor)
    if (::fcntl(descriptor, F_GETFD) < 0 && errno == EBADF) ::open("/dev/null", O_RDONLY);
}

}  // namespace verge::cli
