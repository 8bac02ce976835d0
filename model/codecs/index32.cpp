#include <fmt/format.h>

#include "model/codecs/stage_list.hpp"

// index32: every place as 32 bits, little-endian.

namespace verge::codecs {

namespace {

class index32_places final : public index_coder {
public:
  void encode(std::span<const std::uint32_t> places, std::size_t, byte_writer& out) const override {
    out.put_bytes(std::as_bytes(places));
  }

  std::string decode(byte_reader& in, std::size_t size,
                     std::span<std::uint32_t> places) const override {
    std::span<const std::byte> bytes;
    if (!in.take(places.size_bytes(), bytes)) return "cut within its places";
    if (places.empty()) return {};
    std::memcpy(places.data(), bytes.data(), bytes.size());
    for (std::size_t i = 1; i < places.size(); ++i)
      if (places[i] <= places[i - 1])
        return fmt::format("place {} after place {}", places[i], places[i - 1]);
    if (places.back() >= size)
      return fmt::format("place {} of a tensor that has {}", places.back(), size);
    return {};
  }
};

}  // namespace

void make_index32(const stage_text&, codec_recipe& recipe) {
  recipe.indices = std::make_shared<index32_places>();
}

}  // namespace verge::codecs
