#pragma once

#include <filesystem>
#include <string_view>

namespace verge {

/// Who may read a file: whoever the umask lets, or its owner alone.
enum class file_access { usual, owner_only };

/// Replaces `path` by `content` as one step: whoever opens it, and whatever is left after a crash,
/// is the old file or the new one, never a part. Throws run_failure; the old file is then
/// untouched.
void write_file_atomically(const std::filesystem::path& path, std::string_view content,
                           file_access access = file_access::usual);

}  // namespace verge
