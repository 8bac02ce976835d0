#pragma once

#include <filesystem>
#include <vector>

#include "model/link_times/device_links.hpp"

namespace verge {

/// Reads a CSV file with a header and one row per device. Its columns are `down` and `up` in Mbit/s
/// (0 = no limit), `latency` in seconds one way, `compute` (a factor on the computation time) and
/// `dropout` (a probability below 1). Other columns are ignored. Throws bad_input naming the file,
/// the line, what is there and what was expected.
std::vector<link_profile> read_link_trace(const std::filesystem::path& file);

}  // namespace verge
