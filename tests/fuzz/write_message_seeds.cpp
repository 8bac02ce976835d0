// write_message_seeds DIRECTORY: writes an honest message of each type, from which the fuzzer
// starts.

#include <fstream>

#include "fuzz/fuzzed_messages.hpp"

using namespace verge;

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const auto kinds = fuzz::message_kinds();
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    std::ofstream out{std::string(argv[1]) + "/seed-" + std::to_string(i), std::ios::binary};
    out.put(static_cast<char>(i));
    out.write(kinds[i].seed.data(), static_cast<std::streamsize>(kinds[i].seed.size()));
    if (!out) return 1;
  }
}
