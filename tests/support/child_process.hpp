#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

namespace verge::test {

/// A program that is run as a user would run it. Pipes read its two streams.
class child_process {
public:
  explicit child_process(const std::vector<std::string>& command) {
    int out[2];
    int err[2];
    // So that no other child keeps them open or counts them among its own.
    if (pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0)
      throw std::runtime_error("no pipes");
    pid_ = fork();
    if (pid_ == 0) {
      dup2(out[1], 1);
      dup2(err[1], 2);
      std::vector<char*> argv;
      for (const auto& word : command) argv.push_back(const_cast<char*>(word.c_str()));
      argv.push_back(nullptr);
      execv(argv[0], argv.data());
      _exit(127);
    }
    close(out[1]);
    close(err[1]);
    out_ = out[0];
    err_ = err[0];
  }

  ~child_process() {
    if (!waited_) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    close(out_);
    close(err_);
  }

  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;

  /// Reads standard error until it contains `text`. Returns false if it ends before.
  bool wait_for_error_text(const std::string& text) {
    char buffer[512];
    while (error_.find(text) == std::string::npos) {
      const auto got = read(err_, buffer, sizeof buffer);
      if (got <= 0) return false;
      error_.append(buffer, static_cast<std::size_t>(got));
    }
    return true;
  }

  /// Does not take the status, which wait() does.
  bool has_ended() const {
    siginfo_t info{};
    return waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == pid_;
  }

  void signal(int number) { kill(pid_, number); }
  pid_t pid() const { return pid_; }

  /// Reads the rest of both streams and waits for the end. Returns 128 + n if signal n ended it.
  int wait() {
    // The output of these programs fits into a pipe's buffer, so reading one stream after the other
    // does not block.
    drain(err_, error_);
    drain(out_, output_);
    int status = 0;
    waitpid(pid_, &status, 0);
    waited_ = true;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  const std::string& output() const { return output_; }
  const std::string& error() const { return error_; }

private:
  static void drain(int from, std::string& into) {
    char buffer[4096];
    for (;;) {
      const auto got = read(from, buffer, sizeof buffer);
      if (got <= 0) return;
      into.append(buffer, static_cast<std::size_t>(got));
    }
  }

  pid_t pid_ = -1;
  int out_ = -1;
  int err_ = -1;
  bool waited_ = false;
  std::string output_;
  std::string error_;
};

}  // namespace verge::test
