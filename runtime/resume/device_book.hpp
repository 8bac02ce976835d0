#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace verge {

/// Which run a directory is of, and which device of it has which number: what a server that goes on has to know also
/// before the first round is closed.
struct device_book {
  /// run_id_bytes bytes.
  std::string run_id;
  /// By device number; empty = nobody yet.
  std::vector<std::string> names;
};

/// JSON, whole or not at all. Throws run_failure.
void write_device_book(const std::filesystem::path& path, const device_book& book);
/// Throws bad_input naming file and field.
device_book read_device_book(const std::filesystem::path& path);

}  // namespace verge
