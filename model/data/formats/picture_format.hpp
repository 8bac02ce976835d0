#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "verge/model/picture_files.hpp"

namespace verge {

/// How the files of a data set are laid out. All but `wanted` throw bad_input like read_idx_split.
struct picture_format {
  std::uint32_t channels = 1;
  data_split (*read_split)(const std::filesystem::path& directory,
                           const standardisation& constants);
  dataset_ptr (*read_training)(const std::filesystem::path& directory,
                               const standardisation& constants);
  /// Somebody's own pictures; `name` is that of the data set, for errors.
  dataset_ptr (*read_own)(const std::string& name, const std::vector<std::filesystem::path>& files,
                          const standardisation& constants);
  /// The files that `directory` has to have, each under all of its names, the usual one first.
  std::vector<std::vector<std::filesystem::path>> (*wanted)(const std::filesystem::path& directory);
};

// A new format is a file that defines one of these, which is declared here, and a line for each of
// its data sets in the table of picture_files.cpp.

/// Grey pictures in idx files, as MNIST has them.
extern const picture_format idx_format;
/// 32 x 32 colour pictures in the binary files of CIFAR-10.
extern const picture_format cifar10_format;

/// Whether something lies there.
inline bool is_there(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

}  // namespace verge
