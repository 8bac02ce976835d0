#include "model/data/formats/idx_file.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>

#include "verge/messages/errors.hpp"

namespace verge {

namespace {

constexpr std::uint32_t pictures_magic = 0x00000803;
constexpr std::uint32_t labels_magic = 0x00000801;

/// The largest sizes that are accepted. A header with more is broken. MNIST has 60,000 pictures of
/// 28 x 28.
constexpr std::uint32_t most_pictures = 10'000'000;
constexpr std::uint32_t largest_side = 1024;

/// Bytes that are read from zlib at a time, and that are reserved in advance. Beyond that, memory
/// grows with what the file really holds, whatever its header announces.
constexpr std::uint64_t chunk_bytes = 1 << 20;
constexpr std::uint64_t reserved_bytes = 64 << 20;

/// Reads the bytes of a file, and decompresses them if they are compressed.
class byte_source {
public:
  explicit byte_source(const std::filesystem::path& file) : name_(file.string()) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(file, error)) {
      throw bad_input(fmt::format("{}: not a file; expected an idx file", name_));
    }
    errno = 0;
    handle_ = gzopen(name_.c_str(), "rb");
    if (handle_ == nullptr) {
      throw bad_input(fmt::format("{}: cannot be opened: {}", name_,
                                  errno != 0 ? std::strerror(errno) : "out of memory"));
    }
    gzbuffer(handle_, 1 << 17);
  }
  ~byte_source() { gzclose_r(handle_); }
  byte_source(const byte_source&) = delete;
  byte_source& operator=(const byte_source&) = delete;

  const std::string& name() const { return name_; }
  std::uint64_t position() const { return position_; }

  /// Returns up to `count` bytes; fewer only where the file ends.
  std::vector<std::uint8_t> take(std::uint64_t count) {
    std::vector<std::uint8_t> bytes;
    bytes.reserve(std::min(count, reserved_bytes));
    while (bytes.size() < count) {
      const std::size_t before = bytes.size();
      const std::size_t asked = std::min(count - before, chunk_bytes);
      bytes.resize(before + asked);
      const int got = gzread(handle_, bytes.data() + before, static_cast<unsigned>(asked));
      check();
      bytes.resize(before + static_cast<std::size_t>(std::max(got, 0)));
      position_ += bytes.size() - before;
      if (bytes.size() < before + asked) break;
    }
    return bytes;
  }

private:
  void check() const {
    int code = Z_OK;
    std::string_view why = gzerror(handle_, &code);
    switch (code) {
      case Z_OK:
      case Z_STREAM_END:
        return;
      case Z_BUF_ERROR:
        throw bad_input(
            fmt::format("{}: the compressed data is cut off; expected a whole gzip file", name_));
      case Z_ERRNO:
        throw bad_input(fmt::format("{}: cannot be read: {}", name_, std::strerror(errno)));
      default:
        if (why.starts_with(name_ + ": ")) why.remove_prefix(name_.size() + 2);
        throw bad_input(fmt::format("{}: the compressed data is corrupt ({}); expected a gzip file",
                                    name_, why));
    }
  }

  std::string name_;
  gzFile handle_ = nullptr;
  std::uint64_t position_ = 0;
};

/// Reads big-endian words of the header.
std::vector<std::uint32_t> read_header(byte_source& source, std::size_t words,
                                       std::uint32_t magic) {
  const auto bytes = source.take(4 * words);
  if (bytes.size() < 4 * words) {
    throw bad_input(fmt::format("{}: ends after {} bytes; expected an idx header of {} bytes",
                                source.name(), bytes.size(), 4 * words));
  }
  std::vector<std::uint32_t> header(words);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    header[i / 4] = header[i / 4] << 8 | bytes[i];
  }
  if (header[0] != magic) {
    throw bad_input(fmt::format("{}: begins with 0x{:08x}; expected 0x{:08x}, an idx file of {}",
                                source.name(), header[0], magic,
                                magic == labels_magic ? "labels" : "pictures"));
  }
  return header;
}

std::vector<std::uint8_t> read_rest(byte_source& source, std::uint64_t count,
                                    const std::string& announced) {
  const std::uint64_t whole = source.position() + count;
  auto bytes = source.take(count);
  if (bytes.size() < count) {
    throw bad_input(fmt::format("{}: ends after {} bytes; its header announces {}, {} bytes in all",
                                source.name(), source.position(), announced, whole));
  }
  if (!source.take(1).empty()) {
    throw bad_input(fmt::format("{}: goes on after byte {}; its header announces {}, no more",
                                source.name(), whole, announced));
  }
  return bytes;
}

}  // namespace

idx_pictures read_idx_pictures(const std::filesystem::path& file) {
  byte_source source(file);
  const auto header = read_header(source, 4, pictures_magic);
  const std::uint32_t count = header[1], height = header[2], width = header[3];
  if (count == 0) throw bad_input(fmt::format("{}: holds no pictures", source.name()));
  if (count > most_pictures || std::min(height, width) == 0 ||
      std::max(height, width) > largest_side) {
    throw bad_input(fmt::format(
        "{}: its header announces {} pictures of {} x {}; expected at most {} of 1 x 1 to {} x {}",
        source.name(), count, height, width, most_pictures, largest_side, largest_side));
  }
  auto pixels = read_rest(source, std::uint64_t{count} * height * width,
                          fmt::format("{} pictures of {} x {}", count, height, width));
  return {{1, height, width}, count, std::move(pixels)};
}

std::vector<std::uint8_t> read_idx_labels(const std::filesystem::path& file, std::size_t pictures,
                                          std::uint32_t classes) {
  byte_source source(file);
  const std::uint32_t count = read_header(source, 2, labels_magic)[1];
  if (count != pictures) {
    throw bad_input(fmt::format("{}: its header announces {} labels; expected {}, one a picture",
                                source.name(), count, pictures));
  }
  auto labels = read_rest(source, count, fmt::format("{} labels", count));
  const auto wrong = std::find_if(labels.begin(), labels.end(),
                                  [classes](std::uint8_t label) { return label >= classes; });
  if (wrong != labels.end()) {
    throw bad_input(fmt::format("{}: label {} is {}; expected 0 .. {}", source.name(),
                                wrong - labels.begin(), *wrong, classes - 1));
  }
  return labels;
}

}  // namespace verge
