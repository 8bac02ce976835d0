#include "model/codecs/zstd_stage.hpp"

#include <fmt/format.h>
#include <zstd.h>

#include <new>

#include "model/codecs/stage_list.hpp"

// zstd(level): the bytes of all tensors together, compressed without loss by Zstandard (RFC 8878).

namespace verge::codecs {

namespace {

constexpr number_rule a_level{1.0, false, 19.0, true, "a whole number from 1 to 19"};
constexpr double default_level = 3.0;

}  // namespace

void make_zstd(const stage_text& text, codec_recipe& recipe) {
  recipe.zstd_level = static_cast<int>(text.number("level", 0, a_level, default_level));
}

struct zstd_contexts::contexts {
  struct free_context {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };
  std::unique_ptr<ZSTD_CCtx, free_context> packing{ZSTD_createCCtx()};
  std::unique_ptr<ZSTD_DCtx, free_context> unpacking{ZSTD_createDCtx()};
};

zstd_contexts::zstd_contexts() : contexts_(std::make_unique<contexts>()) {
  if (!contexts_->packing || !contexts_->unpacking) throw std::bad_alloc();
}

zstd_contexts::~zstd_contexts() = default;

bool zstd_compress(zstd_contexts& work, std::span<const std::byte> bytes, int level,
                   byte_writer& out) {
  if (bytes.empty()) return false;
  // The room is smaller than the bytes, so zstd gives up where the result would not be smaller.
  const auto room = out.grow(bytes.size() - 1);
  const auto size = ZSTD_compressCCtx(work.contexts_->packing.get(), room.data(), room.size(),
                                      bytes.data(), bytes.size(), level);
  const bool smaller = ZSTD_isError(size) == 0;
  out.shrink(smaller ? room.size() - size : room.size());
  return smaller;
}

std::string zstd_decompress(zstd_contexts& work, std::span<const std::byte> packed,
                            std::uint64_t raw_size, std::vector<std::byte>& out) {
  const auto frame = ZSTD_findFrameCompressedSize(packed.data(), packed.size());
  if (ZSTD_isError(frame)) return fmt::format("zstd: {}", ZSTD_getErrorName(frame));
  if (frame != packed.size())
    return fmt::format("zstd: a frame of {} bytes in {}", frame, packed.size());
  const auto said = ZSTD_getFrameContentSize(packed.data(), packed.size());
  if (said == ZSTD_CONTENTSIZE_UNKNOWN) return "zstd: a frame that does not say its size";
  if (said != raw_size)
    return fmt::format("zstd: a frame of {} bytes unpacked, announced were {}", said, raw_size);
  out.resize(raw_size);
  const auto size = ZSTD_decompressDCtx(work.contexts_->unpacking.get(), out.data(), out.size(),
                                        packed.data(), packed.size());
  if (ZSTD_isError(size)) return fmt::format("zstd: {}", ZSTD_getErrorName(size));
  if (size != raw_size)
    return fmt::format("zstd: {} bytes unpacked, announced were {}", size, raw_size);
  return {};
}

}  // namespace verge::codecs
