#pragma once

#include <filesystem>
#include <string>

#include "verge/model/manifest.hpp"

namespace verge::test {

/// The model_sha256 of a saved model's content, read tensor by tensor with LibTorch alone.
std::string saved_model_sha256(const std::filesystem::path& file, const manifest& layout);

}  // namespace verge::test
