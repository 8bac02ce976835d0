#pragma once

#include <sys/types.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace verge::test {

/// The resources of a process at one moment.
struct process_sample {
  /// The process's own memory, without pages of files, which come and go with the page cache.
  double memory_mib = 0.0;
  std::size_t descriptors = 0;
  std::size_t threads = 0;
};

inline process_sample sample_process(pid_t pid) {
  const auto process = std::filesystem::path{"/proc"} / std::to_string(pid);
  const auto entries_of = [&](const char* folder) {
    using entries = std::filesystem::directory_iterator;
    return static_cast<std::size_t>(std::distance(entries{process / folder}, entries{}));
  };
  process_sample sample;
  sample.descriptors = entries_of("fd");
  sample.threads = entries_of("task");
  std::ifstream status{process / "status"};
  for (std::string key; status >> key; status.ignore(256, '\n'))
    if (key == "RssAnon:" && status >> sample.memory_mib) {
      sample.memory_mib /= 1024;
      return sample;
    }
  throw std::runtime_error("process " + std::to_string(pid) + " says nothing of its memory");
}

}  // namespace verge::test
