#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "model/codecs/byte_io.hpp"

namespace verge::codecs {

/// What zstd works in, kept from one call to the next. One thread's.
class zstd_contexts {
public:
  zstd_contexts();
  ~zstd_contexts();
  zstd_contexts(const zstd_contexts&) = delete;
  zstd_contexts& operator=(const zstd_contexts&) = delete;

private:
  friend bool zstd_compress(zstd_contexts&, std::span<const std::byte>, int, byte_writer&);
  friend std::string zstd_decompress(zstd_contexts&, std::span<const std::byte>, std::uint64_t,
                                     std::vector<std::byte>&);
  struct contexts;
  std::unique_ptr<contexts> contexts_;
};

/// Appends `bytes` to `out`, compressed. False, and nothing appended, where that would not be
/// smaller.
bool zstd_compress(zstd_contexts& work, std::span<const std::byte> bytes, int level,
                   byte_writer& out);

/// Makes `out` the `raw_size` bytes that `packed`, one whole frame, decompresses to. Allocates no
/// more than that, and nothing before the frame says the same size. Returns why it cannot, or an
/// empty text.
std::string zstd_decompress(zstd_contexts& work, std::span<const std::byte> packed,
                            std::uint64_t raw_size, std::vector<std::byte>& out);

}  // namespace verge::codecs
