#include "model/torch/torch_device.hpp"

#include <ATen/Context.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <fmt/format.h>

#include <mutex>

#include "model/torch/torch_device_text.hpp"
#include "verge/messages/errors.hpp"
#include "verge/model/torch_device.hpp"

namespace verge {

namespace {

bad_input wrong(const std::string& text, const std::string& expected) {
  return bad_input(fmt::format("\"{}\": expected {}", text, expected));
}

}  // namespace

void check_torch_device(const std::string& text) {
  torch_device_of(text);
}

at::Device torch_device_of(const std::string& text) {
  const auto number = gpu_number(text);
  if (!number) return at::kCPU;
  if (!at::hasCUDA()) throw wrong(text, "\"cpu\"; LibTorch has no CUDA here, or finds no GPU");
  const auto count = static_cast<int>(at::getNumGPUs());
  if (*number >= count)
    throw wrong(text, fmt::format("a number below {}, that of the GPUs", count));
  return {at::kCUDA, static_cast<at::DeviceIndex>(*number)};
}

std::optional<c10::Stream> own_stream(at::Device device) {
  if (device.is_cpu()) return {};
  // This is what c10::cuda does, without that library's headers, which a LibTorch without CUDA
  // lacks.
  return c10::impl::VirtualGuardImpl(device.type()).getStreamFromGlobalPool(device);
}

void make_gpus_exact() {
  // Set once, because the settings are plain variables that passes of other threads read.
  static std::once_flag once;
  std::call_once(once, [] {
    auto& all = at::globalContext();
    all.setDeterministicCuDNN(true);
    all.setBenchmarkCuDNN(false);
    all.setAllowTF32CuDNN(false);
    all.setAllowTF32CuBLAS(false);
  });
}

}  // namespace verge
