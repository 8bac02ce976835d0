#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "verge/model/byte_io.hpp"

namespace verge::codecs {

/// zstd's working memory, kept from one call to the next. Not thread-safe.
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

/// Appends `bytes` to `out`, compressed. Returns false and appends nothing where that would not be
/// smaller.
bool zstd_compress(zstd_contexts& work, std::span<const std::byte> bytes, int level,
                   byte_writer& out);

/// Decompresses `packed`, one whole frame, to the `raw_size` bytes of `out`. Allocates no more than
/// that, and nothing unless the frame says the same size. Returns the reason why it cannot, or an
/// empty text.
std::string zstd_decompress(zstd_contexts& work, std::span<const std::byte> packed,
                            std::uint64_t raw_size, std::vector<std::byte>& out);

}  // namespace verge::codecs
