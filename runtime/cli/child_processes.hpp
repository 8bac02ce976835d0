#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace verge::cli {

/// Child processes of this program with other arguments. They must not outlive this process, in
/// whatever way it ends.
///
/// Their standard input is a pipe to which nobody writes. This object holds its only other end, so
/// the pipe ends with this object or this process, even by a signal that cannot be handled. A child
/// that watches its standard input (end_with_standard_input()) then ends. PR_SET_PDEATHSIG would be
/// worse: it reacts to the end of the thread that started the child, and misses a parent that ends
/// before the child has asked for it.
class child_processes {
public:
  /// Throws run_failure.
  child_processes();
  child_processes(const child_processes&) = delete;
  child_processes& operator=(const child_processes&) = delete;
  /// Waits until all children have ended. Those that watch their standard input end at once.
  ~child_processes();

  /// The file for a child's output: appended to its content, or replacing it.
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

  /// Waits until all children have ended by themselves, or `patience` is over. After that failed()
  /// knows of every failure so far.
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
  /// Failures that failed() has not returned yet.
  std::vector<ended> failed_;
};

}  // namespace verge::cli
