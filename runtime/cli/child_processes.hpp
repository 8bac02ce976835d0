#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace verge::cli {

/// Processes of this program with other arguments. They are told to end (SIGTERM) when this object goes, and
/// waited for.
class child_processes {
public:
  child_processes() = default;
  child_processes(const child_processes&) = delete;
  child_processes& operator=(const child_processes&) = delete;
  ~child_processes();

  /// Starts `verge arguments...`; what it says goes to `log`. Throws run_failure.
  void start(const std::string& name, const std::vector<std::string>& arguments,
             const std::filesystem::path& log);

  /// A child that has failed since the last call.
  struct ended {
    std::string name;
    int status = 0;
    std::filesystem::path log;
  };
  std::vector<ended> failed();

private:
  struct child {
    pid_t id = 0;
    std::string name;
    std::filesystem::path log;
  };

  std::vector<child> children_;
};

}  // namespace verge::cli
