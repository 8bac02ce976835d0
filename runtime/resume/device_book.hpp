#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace verge {

/// The run of a directory, and the names of its devices by number. A resumed server needs both,
/// even if no round had been closed.
struct device_book {
  /// run_id_bytes bytes.
  std::string run_id;
  /// By device number; empty = no device has the number yet.
  std::vector<std::string> names;
};

/// Writes JSON, atomically. Throws run_failure.
void write_device_book(const std::filesystem::path& path, const device_book& book);
/// Throws bad_input naming the file and the field.
device_book read_device_book(const std::filesystem::path& path);

}  // namespace verge
