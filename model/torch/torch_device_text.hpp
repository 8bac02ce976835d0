#pragma once

#include <optional>
#include <string>

namespace verge {

/// The number of the GPU that a device's text names; unset for "cpu". Throws bad_input for any
/// other text. Needs no LibTorch.
std::optional<int> gpu_number(const std::string& text);

}  // namespace verge
