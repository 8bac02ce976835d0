#include "model/data/formats/cifar10_file.hpp"

#include <fmt/format.h>

#include <array>
#include <fstream>

#include "verge/messages/errors.hpp"

namespace verge {

void append_cifar10_file(const std::filesystem::path& file, std::vector<std::uint8_t>& pixels,
                         std::vector<std::uint8_t>& labels) {
  const std::string name = file.string();
  std::error_code error;
  const auto length = std::filesystem::file_size(file, error);
  if (error) throw bad_input(fmt::format("{}: cannot be read: {}", name, error.message()));
  if (length == 0 || length % cifar10_record_bytes != 0) {
    throw bad_input(fmt::format("{}: has {} bytes; expected a multiple of {}, not zero", name,
                                length, cifar10_record_bytes));
  }
  const std::size_t records = length / cifar10_record_bytes;
  pixels.reserve(pixels.size() + records * cifar10_picture_bytes);
  labels.reserve(labels.size() + records);

  std::ifstream stream(file, std::ios::binary);
  std::array<char, cifar10_record_bytes> bytes;
  for (std::size_t record = 0; record < records; ++record) {
    if (!stream.read(bytes.data(), bytes.size())) {
      throw bad_input(fmt::format("{}: record {} of {} cannot be read", name, record, records));
    }
    const auto label = static_cast<std::uint8_t>(bytes[0]);
    if (label >= cifar10_classes) {
      throw bad_input(fmt::format("{}: record {} has label {}; expected 0 .. {}", name, record,
                                  label, cifar10_classes - 1));
    }
    labels.push_back(label);
    pixels.insert(pixels.end(), bytes.begin() + 1, bytes.end());
  }
}

}  // namespace verge
