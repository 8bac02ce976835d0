#pragma once

#include <cstdint>
#include <fstream>
#include <string>

namespace verge::bench {

/// Peak resident memory of this process since the last reset, in bytes (VmHWM of /proc/self/status).
inline std::uint64_t peak_memory() {
  std::ifstream status{"/proc/self/status"};
  for (std::string word; status >> word;)
    if (word == "VmHWM:") {
      std::uint64_t kilobytes = 0;
      status >> kilobytes;
      return kilobytes * 1024;
    }
  return 0;
}

/// Makes the present resident memory the peak from which counting goes on.
inline void reset_peak_memory() {
  std::ofstream{"/proc/self/clear_refs"} << "5";
}

}  // namespace verge::bench
