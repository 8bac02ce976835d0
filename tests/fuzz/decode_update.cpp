// libFuzzer target. Decoding any bytes as an update must end with a reason or with usable values,
// and must read nothing beyond the bytes. The first byte chooses the codec.

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "fuzz/fuzzed_codecs.hpp"

using namespace verge;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto layout = fuzz::small_layout();
  static const auto codecs = fuzz::make_codecs(layout);
  static update_codec::workspace work;
  if (size == 0) return 0;
  const auto& codec = *codecs[data[0] % codecs.size()];
  // The buffer has exactly that size, so that a read past its end is detected.
  const std::vector<std::byte> bytes{reinterpret_cast<const std::byte*>(data) + 1,
                                     reinterpret_cast<const std::byte*>(data) + size};
  std::vector<float> values(layout.parameter_count());
  std::vector<std::byte> statistics(layout.statistic_count() * sizeof(float));
  if (codec.decode(bytes, values, statistics, work).empty())
    for (const float value : values)
      if (!(std::abs(value) <= 1048576.0f)) std::abort();
  return 0;
}
