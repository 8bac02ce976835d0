#pragma once

#include <filesystem>

namespace verge {

/// A folder that no other process of Verge works in meanwhile. The system lets go of it when the process ends,
/// however it ends.
class directory_lock {
public:
  /// Where another process has it.
  enum class if_taken { fail, wait };

  /// Throws bad_input: another process has it, or it cannot be opened.
  explicit directory_lock(const std::filesystem::path& directory, if_taken then = if_taken::fail);
  directory_lock(directory_lock&& other) noexcept;
  directory_lock& operator=(directory_lock&&) = delete;
  ~directory_lock();

private:
  int descriptor_ = -1;
};

}  // namespace verge
