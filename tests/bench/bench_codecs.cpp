// Measures codecs on one core: GB of float input per second when encoding (residual included) and
// decoding, next to memcpy of the same values and LibTorch's topk in the same run. It also prints
// how small the update gets.
//
//   bench_codecs                        every codec on an update of ResNet18 (11,173,962 floats)
//   bench_codecs --codecs 'topk(0.01)'  only some

#include <fmt/format.h>
#include <torch/torch.h>
#include <cstdio>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstring>
#include <functional>
#include <vector>

#include "bench/codec_text.hpp"
#include "model/codecs/residual.hpp"
#include "support/noise.hpp"
#include "verge/model/network.hpp"
#include "verge/model/process_tuning.hpp"

using namespace verge;

namespace {

using clock_type = std::chrono::steady_clock;

/// Seconds of the quickest of `times` calls, because the noise of the machine only ever adds time.
/// `before` runs before each call and is not timed.
double quickest(
    int times, const std::function<void()>& work, const std::function<void()>& before = [] {}) {
  double best = 1e9;
  for (int i = 0; i < times; ++i) {
    before();
    const auto begin = clock_type::now();
    work();
    best = std::min(best, std::chrono::duration<double>(clock_type::now() - begin).count());
  }
  return best;
}

/// A heavy-tailed gradient, as real ones are: products of two normal draws.
flat_buffer made_gradient(std::size_t size, std::uint32_t round) {
  flat_buffer update{scalar::float32, size};
  test::fill(update, [&](std::size_t i) {
    double sum = 0.0;
    for (std::uint32_t k = 0; k < 4; ++k) sum += test::noise(5, round, k, i);
    return 1e-3 * sum * sum * sum;
  });
  return update;
}

void print_line(const std::string& name, double bytes, double encode, double decode,
                double encoded_bytes) {
  const auto rate = [&](double seconds) {
    return seconds > 0.0 ? fmt::format("{:.2f}", bytes / seconds / 1e9) : std::string("-");
  };
  fmt::print("{:<24} {:>12} {:>12} {:>12} {:>10}\n", name, rate(encode), rate(decode),
             encoded_bytes > 0.0 ? fmt::format("{:.1f}", encoded_bytes / 1e3) : "-",
             encoded_bytes > 0.0 ? fmt::format("{:.1f}", bytes / encoded_bytes) : "-");
}

}  // namespace

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);  // each line at once, also into a file
  tune_process_for_training();
  at::set_num_threads(1);
  std::vector<std::string> codecs{
      "fp16",        "bf16",        "int8",        "int4",        "sign",
      "ternary",     "topk(0.01)",  "topk(0.001)", "randk(0.01)", "dgc(0.01)",
      "stc(0.01)",   "stc(0.0025)", "powersgd(1)", "powersgd(4)", "topk(0.01)+int8",
      "int4+zstd(1)"};
  int times = 5;
  CLI::App app{"GB of float input a second that codecs encode and decode on one core"};
  app.add_option("--codecs", codecs, "Codec texts")
      ->check(bench::a_codec())
      ->check(!CLI::IsMember({codec_none}));
  app.add_option("--times", times, "Rounds of which the quickest counts");
  CLI11_PARSE(app, argc, argv);

  network_options options;
  options.name = "resnet18";
  options.input = {3, 32, 32};
  const auto layout = network::build(options).layout();
  const auto size = layout.parameter_count();
  const double bytes = 4.0 * size;
  std::vector<flat_buffer> gradients;
  for (std::uint32_t i = 0; i < 3; ++i) gradients.push_back(made_gradient(size, i));

  fmt::print("ResNet18, {} floats ({:.1f} MB), one core\n", size, bytes / 1e6);
  fmt::print("{:<24} {:>12} {:>12} {:>12} {:>10}\n", "", "encode GB/s", "decode GB/s", "kB",
             "x smaller");
  flat_buffer copy{scalar::float32, size};
  print_line("memcpy", bytes,
             quickest(times, [&] { std::memcpy(copy.data(), gradients[0].data(), size * 4); }), 0,
             0);
  const auto tensor =
      torch::from_blob(gradients[0].data(), {static_cast<std::int64_t>(size)}).abs();
  print_line("torch.topk, 1 %", bytes,
             quickest(times,
                      [&] {
                        torch::NoGradGuard no_grad;
                        tensor.topk(static_cast<std::int64_t>(size / 100));
                      }),
             0, 0);
  for (const auto& text : codecs) {
    const auto codec = update_codec::make(text, layout);
    update_codec::workspace work;
    residual sender{codec};
    shared_bytes encoded;
    std::uint32_t round = 0;
    const auto encode = [&] {
      ++round;
      if (codec->keeps_residual()) {
        encoded = sender.prepare(round_id{round}, gradients[round % 3], {}, {1, 2, round}, work);
        sender.settle(round_id{round}, true);
      } else {
        encoded = codec->encode(copy.as<float>(), {}, {1, 2, round}, {}, work);
      }
    };
    // Encoding leaves the remainder in its input.
    const auto refill = [&] { std::memcpy(copy.data(), gradients[0].data(), size * 4); };
    refill();
    encode();  // touches the residual's pages for the first time
    const double encoding = quickest(times, encode, refill);
    flat_buffer values{scalar::float32, size};
    std::string why;
    const double decoding = quickest(
        times, [&] { why = codec->decode(encoded.bytes(), values.as<float>(), {}, work); });
    if (!why.empty()) fmt::print("{}: {}\n", text, why);
    print_line(text, bytes, encoding, decoding, static_cast<double>(encoded.size()));
  }
}
