#include "runtime/files/directory_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "verge/messages/errors.hpp"

namespace verge {

directory_lock::directory_lock(const std::filesystem::path& directory, if_taken then)
    : descriptor_(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  const int how = then == if_taken::wait ? LOCK_EX : LOCK_EX | LOCK_NB;
  if (descriptor_ >= 0 && ::flock(descriptor_, how) == 0) return;
  const int error = errno;
  // Some file systems cannot lock. There the user must start only one program.
  if (descriptor_ >= 0 && error != EWOULDBLOCK) return;
  if (descriptor_ >= 0) ::close(descriptor_);
  throw bad_input(
      fmt::format("{}: {}", directory.string(),
                  error == EWOULDBLOCK
                      ? "another process of verge is at work there; expected a folder of its own"
                      : "cannot be opened: " + std::generic_category().message(error)));
}

directory_lock::directory_lock(directory_lock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

directory_lock::~directory_lock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace verge
