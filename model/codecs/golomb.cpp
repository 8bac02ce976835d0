#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "model/codecs/stage_list.hpp"

// golomb: the gaps between places by Golomb-Rice codes (Golomb 1966; Sattler et al. 2019, section
// IV.C). A gap is the number of places left out before the next one. The wire has a byte with the
// parameter b, then for every gap
//     gap >> b in unary: that many zeros and a one,
//     the lower b bits of the gap,
// the first bit in the lowest bit of the first byte, zeros up to the end of the last byte. If there
// are no places, nothing is written.
//
// Where each place is taken with probability p, gaps are geometric, and the best b is
//     1 + floor(log2(ln((sqrt(5) - 1) / 2) / ln(1 - p))).

namespace verge::codecs {

namespace {

constexpr unsigned largest_parameter = 31;
/// Number of zeros that fit a window of bits together with what follows them.
constexpr unsigned longest_run = 24;

unsigned parameter_of(std::size_t count, std::size_t size) {
  if (count >= size) return 0;
  const double density = static_cast<double>(count) / static_cast<double>(size);
  const double log_golden = std::log((std::sqrt(5.0) - 1.0) / 2.0);
  const int b = 1 + std::ilogb(log_golden / std::log1p(-density));
  return static_cast<unsigned>(std::clamp(b, 0, static_cast<int>(largest_parameter)));
}

/// Writes bits one behind the other. Its memory needs 8 bytes beyond the last bit.
class bit_writer {
public:
  explicit bit_writer(std::byte* to) : to_(to) {}

  /// `count` is at most 57.
  void put(std::uint64_t bits, unsigned count) {
    window_ |= bits << filled_;
    filled_ += count;
    std::memcpy(to_, &window_, sizeof window_);
    to_ += filled_ / 8;
    window_ >>= filled_ / 8 * 8;
    filled_ %= 8;
  }

  /// Just behind the last byte that holds a bit.
  std::byte* end() const { return to_ + (filled_ > 0 ? 1 : 0); }

private:
  std::byte* to_;
  std::uint64_t window_ = 0;
  unsigned filled_ = 0;
};

/// Reads bits at any place. Past the end all bits are zero.
class bit_reader {
public:
  explicit bit_reader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  /// Number of bits of a window that are certain to follow `at`.
  static constexpr unsigned window_bits = 57;

  std::uint64_t size() const { return std::uint64_t{bytes_.size()} * 8; }

  std::uint64_t window(std::uint64_t at) const {
    const auto byte = at / 8;
    std::uint64_t word = 0;
    if (byte + sizeof word <= bytes_.size())
      std::memcpy(&word, bytes_.data() + byte, sizeof word);
    else if (byte < bytes_.size())
      std::memcpy(&word, bytes_.data() + byte, bytes_.size() - byte);
    return word >> at % 8;
  }

  /// The place of the first 1 at or behind `at`; size() if there is none.
  std::uint64_t next_one(std::uint64_t at) const {
    while (at < size()) {
      if (const auto word = window(at); word != 0)
        return at + static_cast<unsigned>(std::countr_zero(word));
      at += 64 - at % 8;
    }
    return size();
  }

private:
  std::span<const std::byte> bytes_;
};

class golomb_places final : public index_coder {
public:
  void encode(std::span<const std::uint32_t> places, std::size_t size,
              byte_writer& out) const override {
    if (places.empty()) return;
    const unsigned b = parameter_of(places.size(), size);
    out.put(static_cast<std::uint8_t>(b));
    // The gaps sum to at most size, so the quotients sum to at most size >> b.
    const auto most_bits = places.size() * (b + 1) + (size >> b);
    const auto room = out.grow(most_bits / 8 + 1 + 8);
    bit_writer to{room.data()};
    const std::uint64_t low_bits = (std::uint64_t{1} << b) - 1;
    std::uint32_t next = 0;
    for (const auto place : places) {
      const std::uint32_t gap = place - next;
      next = place + 1;
      auto quotient = gap >> b;
      for (; quotient > longest_run; quotient -= longest_run) to.put(0, longest_run);
      to.put((1 | (gap & low_bits) << 1) << quotient, quotient + 1 + b);
    }
    out.shrink(static_cast<std::size_t>(room.data() + room.size() - to.end()));
  }

  std::string decode(byte_reader& in, std::size_t size,
                     std::span<std::uint32_t> places) const override {
    if (places.empty()) return {};
    std::uint8_t b = 0;
    if (!in.get(b)) return "cut before the parameter of its places";
    if (b > largest_parameter)
      return fmt::format("a Golomb parameter of {}, at most {}", b, largest_parameter);
    const bit_reader bits{in.peek()};
    const std::uint64_t low_bits = (std::uint64_t{1} << b) - 1;
    std::uint64_t at = 0;
    std::uint64_t next = 0;
    for (auto& place : places) {
      const auto one = bits.next_one(at);
      const auto quotient = one - at;
      at = one + 1;
      const auto low = bits.window(at) & low_bits;
      at += b;
      if (at > bits.size()) return "cut within its places";
      if (quotient > size >> b || next + (quotient << b | low) >= size)
        return fmt::format("a gap that leads beyond a tensor of {}", size);
      next += quotient << b | low;
      place = static_cast<std::uint32_t>(next++);
    }
    const auto bytes = static_cast<std::size_t>((at + 7) / 8);
    if (at % 8 > 0 && static_cast<unsigned>(in.peek()[bytes - 1]) >> at % 8 > 0)
      return "ones behind its last place";
    in.skip(bytes);
    return {};
  }
};

}  // namespace

std::shared_ptr<const index_coder> make_golomb_indices() {
  return std::make_shared<golomb_places>();
}

void make_golomb(const stage_text&, codec_recipe& recipe) {
  recipe.indices = make_golomb_indices();
}

}  // namespace verge::codecs
