#pragma once

#include <filesystem>

#include "runtime/experiment/key_reader.hpp"
#include "verge/runtime/experiment.hpp"

namespace verge {

/// Reads [links] of `experiment_file`.
void read_links(key_reader keys, const std::filesystem::path& experiment_file, link_options& links);

}  // namespace verge
