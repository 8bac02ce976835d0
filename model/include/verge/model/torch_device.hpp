#pragma once

#include <string>

namespace verge {

/// Checks a text that says where passes are computed: "cpu", "cuda" (the first GPU) or "cuda:N".
/// Throws bad_input for any other text, and for a GPU that this LibTorch, or this machine, does not
/// have. The message begins with the given text.
///
/// Same seed, same bits holds on CPUs of one kind. On a GPU the same code gives the same model
/// within a tolerance, because the GPU library chooses the order of its sums by itself
/// (docs/gpu.md).
void check_torch_device(const std::string& text);

/// Throws bad_input for a text that names no device, whether the device is here or not. Loads no
/// LibTorch.
void check_torch_device_text(const std::string& text);

}  // namespace verge
