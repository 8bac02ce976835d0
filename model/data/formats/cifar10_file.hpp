#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace verge {

/// One record: a label, then the red, green and blue planes of 32 x 32 bytes each, row-major.
constexpr std::size_t cifar10_picture_bytes = 3 * 32 * 32;
constexpr std::size_t cifar10_record_bytes = 1 + cifar10_picture_bytes;
constexpr std::uint32_t cifar10_classes = 10;

/// Appends the records of one file of CIFAR-10's binary version. Throws bad_input that names the
/// file and the record.
void append_cifar10_file(const std::filesystem::path& file, std::vector<std::uint8_t>& pixels,
                         std::vector<std::uint8_t>& labels);

}  // namespace verge
