#include "runtime/report/figures/gnuplot.hpp"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <sstream>
#include <system_error>
#include <thread>

#include "verge/messages/errors.hpp"

extern char** environ;

namespace verge::report {
namespace {

constexpr const char* program = "gnuplot";

std::string reason(int error) {
  return std::generic_category().message(error);
}

/// A file without a name. Pipes instead would have to be read and written at the same time.
class scratch_file {
public:
  scratch_file() : file_(std::tmpfile()) {
    if (!file_)
      throw run_failure(
          fmt::format("a temporary file for gnuplot cannot be made: {}", reason(errno)));
  }

  int descriptor() const { return ::fileno(file_.get()); }

  void fill(const std::string& text) {
    const bool is_written = std::fwrite(text.data(), 1, text.size(), file_.get()) == text.size() &&
                            std::fflush(file_.get()) == 0;
    if (!is_written)
      throw run_failure(
          fmt::format("a temporary file for gnuplot cannot be written: {}", reason(errno)));
    std::rewind(file_.get());
  }

  std::string content() {
    std::rewind(file_.get());
    std::string text;
    char part[65536];
    while (const auto count = std::fread(part, 1, sizeof part, file_.get()))
      text.append(part, count);
    return text;
  }

private:
  struct closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::unique_ptr<std::FILE, closer> file_;
};

std::string first_line_of_complaint(const std::string& errors) {
  // Above its message gnuplot prints the line and marks the place in it.
  std::istringstream lines(errors);
  std::string last = "no reason given";
  for (std::string line; std::getline(lines, line);)
    if (line.find("line ") != std::string::npos)
      return line.substr(line.find_first_not_of(' '));
    else if (line.find_first_not_of(" \t^") != std::string::npos)
      last = line;
  return last;
}

/// A time limit: a figure takes a fraction of a second.
constexpr std::chrono::seconds patience{60};
constexpr std::chrono::milliseconds between_looks{2};

/// Waits for gnuplot and returns its exit status.
int end_of(pid_t child) {
  const auto until = std::chrono::steady_clock::now() + patience;
  for (int status = 0;;) {
    const auto ended = ::waitpid(child, &status, WNOHANG);
    if (ended == child) return status;
    if (ended < 0 && errno != EINTR)
      throw run_failure(fmt::format("gnuplot cannot be waited for: {}", reason(errno)));
    if (std::chrono::steady_clock::now() > until) {
      ::kill(child, SIGKILL);
      ::waitpid(child, &status, 0);
      throw run_failure(fmt::format("gnuplot has not drawn a figure in {} s", patience.count()));
    }
    std::this_thread::sleep_for(between_looks);
  }
}

}  // namespace

void expect_gnuplot() {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');)
    if (::access((std::filesystem::path(folder) / program).c_str(), X_OK) == 0) return;
  throw bad_input(
      "--figures: there is no program gnuplot in PATH, which draws them; expected Debian's package "
      "gnuplot-nox to be installed");
}

std::string run_gnuplot(const std::string& script) {
  scratch_file input, output, errors;
  input.fill(script);
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_adddup2(&files, input.descriptor(), STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&files, output.descriptor(), STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&files, errors.descriptor(), STDERR_FILENO);
  // -d ignores the user's own settings, so that a figure looks the same everywhere.
  std::string name = program;
  std::string defaults = "-d";
  char* arguments[] = {name.data(), defaults.data(), nullptr};
  pid_t child = 0;
  const int failed = ::posix_spawnp(&child, program, &files, nullptr, arguments, environ);
  ::posix_spawn_file_actions_destroy(&files);
  if (failed != 0) throw run_failure(fmt::format("gnuplot cannot be started: {}", reason(failed)));
  const int status = end_of(child);
  auto picture = output.content();
  if (status != 0 || picture.empty())
    throw run_failure(
        fmt::format("gnuplot drew no figure: {}", first_line_of_complaint(errors.content())));
  return picture;
}

}  // namespace verge::report
