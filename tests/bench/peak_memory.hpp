#pragma once

#include <cstdint>
#include <fstream>
#include <string>

namespace verge::bench {

/// The number of bytes that a file of /proc gives in kB behind `key`; 0 if it does not.
inline std::uint64_t bytes_in(const char* file, const std::string& key) {
  std::ifstream in{file};
  for (std::string word; in >> word;)
    if (word == key) {
      std::uint64_t kilobytes = 0;
      in >> kilobytes;
      return kilobytes * 1024;
    }
  return 0;
}

/// Peak resident memory of this process since the last reset, in bytes.
inline std::uint64_t peak_memory() {
  return bytes_in("/proc/self/status", "VmHWM:");
}

/// Makes the present resident memory the new starting point of the peak.
inline void reset_peak_memory() {
  std::ofstream{"/proc/self/clear_refs"} << "5";
}

}  // namespace verge::bench
