#pragma once

#include <filesystem>
#include <string_view>

namespace verge {

/// Replaces `path` by `content` as one step: whoever opens it, and whatever is left after a crash,
/// is the old file or the new one, never a part. Throws run_failure; the old file is then
/// untouched.
void write_file_atomically(const std::filesystem::path& path, std::string_view content);

}  // namespace verge
