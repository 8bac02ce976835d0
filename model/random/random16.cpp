#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "model/random/philox_lanes.hpp"
#include "model/random/random.hpp"
#include "model/text/target_clones.hpp"

namespace verge {

namespace {

VERGE_TARGET_CLONES
void fill_groups(std::uint16_t* out, std::size_t first, std::size_t end,
                 const philox::stream_words& stream) {
  for (std::size_t group = first; group < end; ++group, out += philox::group_size)
    philox::write_group(stream, group, out,
                        [](std::uint32_t number) { return static_cast<std::uint16_t>(number); });
}

}  // namespace

void fill_random16(std::span<std::uint16_t> numbers, const random_stream& stream,
                   std::uint64_t first) {
  constexpr auto group_size = philox::group_size;
  static_assert(group_size == random16_group);
  const philox::stream_words words{stream.key_, stream.place_};
  const std::size_t begin = first / group_size;
  const std::size_t whole = numbers.size() / group_size;
  fill_groups(numbers.data(), begin, begin + whole, words);
  if (const std::size_t rest = numbers.size() % group_size; rest > 0) {
    std::array<std::uint16_t, group_size> last;
    fill_groups(last.data(), begin + whole, begin + whole + 1, words);
    std::copy_n(last.begin(), rest, numbers.data() + whole * group_size);
  }
}

}  // namespace verge
