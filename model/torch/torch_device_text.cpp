#include "model/torch/torch_device_text.hpp"

#include <fmt/format.h>

#include <charconv>
#include <string_view>

#include "verge/messages/errors.hpp"
#include "verge/model/torch_device.hpp"

namespace verge {

std::optional<int> gpu_number(const std::string& text) {
  if (text == "cpu") return {};
  if (text == "cuda") return 0;
  constexpr std::string_view prefix = "cuda:";
  int number = -1;
  const auto* end = text.data() + text.size();
  if (text.starts_with(prefix)) {
    const auto [last, error] = std::from_chars(text.data() + prefix.size(), end, number);
    if (error != std::errc{} || last != end) number = -1;
  }
  if (number < 0)
    throw bad_input(fmt::format("\"{}\": expected \"cpu\", \"cuda\" or \"cuda:N\"", text));
  return number;
}

void check_torch_device_text(const std::string& text) {
  gpu_number(text);
}

}  // namespace verge
