#pragma once

#include <filesystem>
#include <vector>

#include "model/link_times/device_links.hpp"

namespace verge {

/// Reads a CSV file with a header and a row a device: `down` and `up` in Mbit/s (0 = no limit), `latency` in seconds
/// one way, `compute` (times as long) and `dropout` (a chance, below 1); other columns are ignored. Throws bad_input
/// naming the file, the line, what is there and what was expected.
std::vector<link_profile> read_link_trace(const std::filesystem::path& file);

}  // namespace verge
