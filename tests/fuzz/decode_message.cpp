// libFuzzer target. Reading any bytes as a message of any type must end with a refusal, or with a
// value that can be written and read again. It must read nothing beyond the bytes. The first byte
// chooses the type.

#include <cstdint>
#include <cstdlib>

#include "fuzz/fuzzed_messages.hpp"

using namespace verge;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto kinds = fuzz::message_kinds();
  if (size == 0) return 0;
  // The buffer has exactly that size, so that a read past its end is detected.
  const std::vector<char> bytes{data + 1, data + size};
  if (const auto encoded = frame::parse(bytes)) kinds[data[0] % kinds.size()].decode(*encoded);
  return 0;
}
