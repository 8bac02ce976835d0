#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace verge {

/// 999 B, 1.2 kB, 66.5 MB, 1.0 GB: decimal units, as networks are measured.
std::string bytes_text(std::uint64_t bytes);

/// 0:05, 1:12, 2:03:04: hours, minutes, seconds, rounded to seconds.
std::string duration_text(std::chrono::duration<double> duration);

}  // namespace verge
