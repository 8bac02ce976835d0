#include "atomic_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <system_error>

#include "verge/messages/errors.hpp"

namespace verge {
namespace {

[[noreturn]] void fail(const std::filesystem::path& path, int error) {
  throw run_failure(fmt::format("{}: cannot be written: {}", path.string(),
                                std::generic_category().message(error)));
}

/// A new file beside the target that is gone again unless it was renamed.
class temporary_file {
public:
  temporary_file(const std::filesystem::path& target, file_access access) : target_(target) {
    static std::atomic<unsigned> serial{0};
    name_ = target;
    name_ += fmt::format(".{}-{}.tmp", ::getpid(), serial++);
    descriptor_ = ::open(name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                         access == file_access::usual ? 0666 : 0600);
    if (descriptor_ < 0) fail(target_, errno);
  }
  temporary_file(const temporary_file&) = delete;
  temporary_file& operator=(const temporary_file&) = delete;
  ~temporary_file() {
    if (descriptor_ >= 0) ::close(descriptor_);
    if (!renamed_) ::unlink(name_.c_str());
  }

  void write(std::string_view content) {
    while (!content.empty()) {
      const ssize_t written = ::write(descriptor_, content.data(), content.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail(target_, errno);
      content.remove_prefix(static_cast<std::size_t>(written));
    }
  }

  void rename_to_target() {
    // The content must be on the disk before the name is, or a power cut leaves an empty file.
    if (::fsync(descriptor_) != 0) fail(target_, errno);
    const int closed = ::close(descriptor_);
    descriptor_ = -1;
    if (closed != 0 || ::rename(name_.c_str(), target_.c_str()) != 0) fail(target_, errno);
    renamed_ = true;
  }

private:
  std::filesystem::path target_;
  std::filesystem::path name_;
  int descriptor_ = -1;
  bool renamed_ = false;
};

/// Makes a rename in `directory` last. Some file systems cannot sync a directory; then it is
/// theirs.
void sync_directory(std::filesystem::path directory) {
  if (directory.empty()) directory = ".";
  const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

}  // namespace

void write_file_atomically(const std::filesystem::path& path, std::string_view content,
                           file_access access) {
  temporary_file file(path, access);
  file.write(content);
  file.rename_to_target();
  sync_directory(path.parent_path());
}

}  // namespace verge
