// write_update_seeds DIRECTORY: writes an honest encoding by each of the fuzzed codecs, from which
// the fuzzer starts.

#include <fstream>

#include "fuzz/fuzzed_codecs.hpp"
#include "support/noise.hpp"

using namespace verge;

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const auto layout = fuzz::small_layout();
  const auto codecs = fuzz::make_codecs(layout);
  for (std::size_t i = 0; i < codecs.size(); ++i) {
    flat_buffer values{scalar::float32, layout.parameter_count()};
    test::fill(values, [](std::size_t k) { return test::noise(1, 0, 0, k); });
    std::vector<float> memory(codecs[i]->memory_size(), 0.0f);
    std::vector<std::byte> statistics(layout.statistic_count() * sizeof(float));
    update_codec::workspace work;
    const auto encoded = codecs[i]->encode(values.as<float>(), statistics, {1, 2, 3}, memory, work);
    std::ofstream out{std::string(argv[1]) + "/seed-" + std::to_string(i), std::ios::binary};
    out.put(static_cast<char>(i));
    out.write(reinterpret_cast<const char*>(encoded.data()),
              static_cast<std::streamsize>(encoded.size()));
    if (!out) return 1;
  }
}
