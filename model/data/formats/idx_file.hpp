#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "verge/model/dataset.hpp"

namespace verge {

/// Grey pictures of an idx file, one after the other, row-major.
struct idx_pictures {
  /// One channel.
  sample_shape shape;
  std::size_t count = 0;
  std::vector<std::uint8_t> pixels;
};

/// Reads the pictures of an idx file (magic 0x00000803: unsigned bytes in three dimensions), plain
/// or compressed with gzip. Throws bad_input that names the file, what is wrong and what was
/// expected.
idx_pictures read_idx_pictures(const std::filesystem::path& file);

/// Reads the labels of an idx file (magic 0x00000801: unsigned bytes in one dimension): one label
/// per picture for `pictures` pictures, each below `classes`. Otherwise like read_idx_pictures.
std::vector<std::uint8_t> read_idx_labels(const std::filesystem::path& file, std::size_t pictures,
                                          std::uint32_t classes);

}  // namespace verge
