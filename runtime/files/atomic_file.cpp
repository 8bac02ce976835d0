#include "runtime/files/atomic_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <system_error>

#include "messages/kill_point.hpp"
#include "verge/messages/errors.hpp"

namespace verge {
namespace {

constexpr const char* unfinished_extension = ".verge-tmp";

[[noreturn]] void fail(const std::filesystem::path& path, int error) {
  throw run_failure(fmt::format("{}: cannot be written: {}", path.string(),
                                std::generic_category().message(error)));
}

/// A new file beside the target. The destructor removes it unless it was renamed.
class temporary_file {
public:
  temporary_file(const std::filesystem::path& target, file_access access) : target_(target) {
    static std::atomic<unsigned> serial{0};
    name_ = target;
    name_ += fmt::format(".{}-{}{}", ::getpid(), serial++, unfinished_extension);
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
    kill_point("file written");
    // The content must be on the disk before the name, or a power cut could leave an empty file.
    if (::fsync(descriptor_) != 0) fail(target_, errno);
    const int closed = ::close(descriptor_);
    descriptor_ = -1;
    if (closed != 0 || ::rename(name_.c_str(), target_.c_str()) != 0) fail(target_, errno);
    renamed_ = true;
    kill_point("file renamed");
  }

private:
  std::filesystem::path target_;
  std::filesystem::path name_;
  int descriptor_ = -1;
  bool renamed_ = false;
};

void remove_unfinished_like(const std::filesystem::path& directory, const std::string& beginning) {
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(directory, failed)) {
    const auto name = entry.path().filename().string();
    if (name.starts_with(beginning) && name.ends_with(unfinished_extension))
      std::filesystem::remove(entry.path(), failed);
  }
}

/// Makes a rename in `directory` survive a power cut. Where the file system cannot sync a
/// directory, this does nothing.
void sync_directory(std::filesystem::path directory) {
  if (directory.empty()) directory = ".";
  const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

}  // namespace

void sync_file(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) fail(path, errno);
  const int error = ::fsync(descriptor) == 0 ? 0 : errno;
  ::close(descriptor);
  if (error != 0) fail(path, error);
  sync_directory(path.parent_path());
}

void remove_unfinished(const std::filesystem::path& path) {
  remove_unfinished_like(path.parent_path(), path.filename().string() + ".");
}

void remove_unfinished_files(const std::filesystem::path& directory) {
  remove_unfinished_like(directory, "");
}

void write_file_atomically(const std::filesystem::path& path, std::string_view content,
                           file_access access) {
  write_file_atomically(path, std::span{&content, 1}, access);
}

void write_file_atomically(const std::filesystem::path& path,
                           std::span<const std::string_view> parts, file_access access) {
  temporary_file file(path, access);
  for (const auto& part : parts) {
    file.write(part);
    kill_point("file half written");
  }
  file.rename_to_target();
  sync_directory(path.parent_path());
}

}  // namespace verge
