#pragma once

#include <filesystem>

namespace verge {

/// Two processes must not work in the same folder at once. While this object lives, no other
/// process of Verge can lock the folder. The system releases the lock when the process ends, in
/// whatever way.
class directory_lock {
public:
  /// What to do while another process has the lock.
  enum class if_taken { fail, wait };

  /// Throws bad_input when another process has the lock (with `fail`), or the folder cannot be
  /// opened.
  explicit directory_lock(const std::filesystem::path& directory, if_taken then = if_taken::fail);
  directory_lock(directory_lock&& other) noexcept;
  directory_lock& operator=(directory_lock&&) = delete;
  ~directory_lock();

private:
  int descriptor_ = -1;
};

}  // namespace verge
