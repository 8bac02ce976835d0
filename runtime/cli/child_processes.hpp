#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace verge::cli {

/// Processes of this program with other arguments, which end with this object, however this process ends.
///
/// Their standard input is a pipe that nobody writes to. Its only other end is here, so it comes to its end with this
/// object or this process: by a signal that nobody can handle, too. A process that watches its standard input
/// (end_with_standard_input()) then ends. PR_SET_PDEATHSIG would not do as well: it is for the end of the thread that
/// started the child, and a parent that ends before the child asks for it is missed.
class child_processes {
public:
  /// Throws run_failure.
  child_processes();
  child_processes(const child_processes&) = delete;
  child_processes& operator=(const child_processes&) = delete;
  /// Waits until all have ended; those that watch their standard input do so at once.
  ~child_processes();

  /// What a child says goes to this file: after what is there, or in its place.
  struct log_file {
    std::filesystem::path path;
    bool append = false;
  };
  /// Starts `verge arguments...`. Throws run_failure.
  void start(const std::string& name, const std::vector<std::string>& arguments,
             const log_file& log);

  /// A child that has failed since the last call.
  struct ended {
    std::string name;
    int status = 0;
    std::filesystem::path log;
  };
  std::vector<ended> failed();

  /// Waits until all have ended by themselves, or `patience` is over. What failed() says then is all that failed.
  void await_ends(std::chrono::milliseconds patience);

private:
  struct child {
    pid_t id = 0;
    std::string name;
    std::filesystem::path log;
  };

  void look();

  /// Both ends of the pipe.
  int theirs_ = -1;
  int ours_ = -1;
  std::vector<child> children_;
  /// Not told yet.
  std::vector<ended> failed_;
};

}  // namespace verge::cli
