#include "child_processes.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <system_error>

#include "verge/messages/errors.hpp"

extern char** environ;

namespace verge::cli {

namespace {

int exit_status(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

child_processes::~child_processes() {
  for (const auto& one : children_) ::kill(one.id, SIGTERM);
  for (const auto& one : children_) ::waitpid(one.id, nullptr, 0);
}

void child_processes::start(const std::string& name, const std::vector<std::string>& arguments,
                            const std::filesystem::path& log) {
  std::vector<std::string> words{"verge"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&files, STDERR_FILENO, log.c_str(),
                                     O_WRONLY | O_CREAT | O_TRUNC, 0666);
  ::posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO);
  // Of its own process group: Ctrl-C is for this process, which ends its children in order.
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
  children_.push_back({id, name, log});
}

std::vector<child_processes::ended> child_processes::failed() {
  std::vector<ended> gone;
  std::erase_if(children_, [&](const child& one) {
    int status = 0;
    if (::waitpid(one.id, &status, WNOHANG) != one.id) return false;
    if (exit_status(status) != 0) gone.push_back({one.name, exit_status(status), one.log});
    return true;
  });
  return gone;
}

}  // namespace verge::cli
