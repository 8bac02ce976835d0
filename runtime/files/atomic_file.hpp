#pragma once

#include <filesystem>
#include <span>
#include <string_view>

namespace verge {

/// Who may read a file: whoever the umask lets, or its owner alone.
enum class file_access { usual, owner_only };

/// Replaces `path` by `content` as one step: whoever opens it, and whatever is left after a crash,
/// is the old file or the new one, never a part. Throws run_failure; the old file is then
/// untouched.
void write_file_atomically(const std::filesystem::path& path, std::string_view content,
                           file_access access = file_access::usual);

/// The same with a content of several parts, one after the other.
void write_file_atomically(const std::filesystem::path& path,
                           std::span<const std::string_view> parts,
                           file_access access = file_access::usual);

/// Returns when the file and its name would survive a power cut. Throws run_failure.
void sync_file(const std::filesystem::path& path);

/// Removes what a process left that was killed while it wrote `path`, or any file of `directory`. No other
/// process may be writing there.
void remove_unfinished(const std::filesystem::path& path);
void remove_unfinished_files(const std::filesystem::path& directory);

}  // namespace verge
