#include "runtime/cli/child_processes.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <thread>
#include <utility>

#include "verge/messages/errors.hpp"

extern char** environ;

namespace verge::cli {

namespace {

constexpr std::chrono::milliseconds between_looks{20};

int exit_status(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

child_processes::child_processes() {
  int ends[2];
  // O_CLOEXEC: no child may inherit the end for writing, or the pipe would not end with this
  // process.
  if (::pipe2(ends, O_CLOEXEC) != 0)
    throw run_failure(
        fmt::format("no pipe can be made: {}", std::generic_category().message(errno)));
  theirs_ = ends[0];
  ours_ = ends[1];
}

child_processes::~child_processes() {
  ::close(ours_);
  ::close(theirs_);
  for (const auto& one : children_) ::waitpid(one.id, nullptr, 0);
}

void child_processes::start(const std::string& name, const std::vector<std::string>& arguments,
                            const log_file& log) {
  std::vector<std::string> words{"verge"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_adddup2(&files, theirs_, STDIN_FILENO);
  ::posix_spawn_file_actions_addopen(&files, STDERR_FILENO, log.path.c_str(),
                                     O_WRONLY | O_CREAT | O_APPEND | (log.append ? 0 : O_TRUNC),
                                     0666);
  ::posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO);
  // A process group of its own: Ctrl-C must reach only this process, which ends its children in
  // order.
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  pid_t id = 0;
  const int error = ::posix_spawn(&id, "/proc/self/exe", &files, &attributes, argv.data(), environ);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&files);
  if (error != 0)
    throw run_failure(
        fmt::format("{} cannot be started: {}", name, std::generic_category().message(error)));
  children_.push_back({id, name, log.path});
}

void child_processes::look() {
  std::erase_if(children_, [&](const child& one) {
    int status = 0;
    if (::waitpid(one.id, &status, WNOHANG) != one.id) return false;
    if (exit_status(status) != 0) failed_.push_back({one.name, exit_status(status), one.log});
    return true;
  });
}

std::vector<child_processes::ended> child_processes::failed() {
  look();
  return std::exchange(failed_, {});
}

void child_processes::await_ends(std::chrono::milliseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  for (look(); !children_.empty() && std::chrono::steady_clock::now() < until; look())
    std::this_thread::sleep_for(between_looks);
}

}  // namespace verge::cli
