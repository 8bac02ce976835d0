#pragma once

#include <filesystem>
#include <span>
#include <string_view>

namespace verge {

/// Permissions of a file: those that the umask leaves, or only the owner's.
enum class file_access { usual, owner_only };

/// Replaces the file at `path` by `content` in one step: readers, and the disk after a crash, have
/// either the whole old file or the whole new one. Throws run_failure; the old file is then
/// untouched.
void write_file_atomically(const std::filesystem::path& path, std::string_view content,
                           file_access access = file_access::usual);

/// The same for a content that is the concatenation of `parts`.
void write_file_atomically(const std::filesystem::path& path,
                           std::span<const std::string_view> parts,
                           file_access access = file_access::usual);

/// Returns once the file and its name would survive a power cut. Throws run_failure.
void sync_file(const std::filesystem::path& path);

/// Removes the temporary files of a process that was killed while it wrote `path`, or any file of
/// `directory`. No other process may be writing there.
void remove_unfinished(const std::filesystem::path& path);
void remove_unfinished_files(const std::filesystem::path& directory);

}  // namespace verge
