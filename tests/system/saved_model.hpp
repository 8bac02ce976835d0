#pragma once

#include <filesystem>
#include <string>

#include "verge/model/manifest.hpp"

namespace verge::test {

/// The model_sha256 of what is in a saved model, read with LibTorch alone, tensor by tensor.
std::string saved_model_sha256(const std::filesystem::path& file, const manifest& layout);

}  // namespace verge::test
