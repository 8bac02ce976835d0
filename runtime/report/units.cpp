#include "runtime/report/units.hpp"

#include <fmt/format.h>

#include <cmath>

namespace verge::report {

std::string decimal_text(double value, int decimals) {
  auto text = fmt::format("{:.{}f}", value, decimals);
  if (text.find('.') == std::string::npos) return text;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

std::string percent_text(double share) {
  return decimal_text(100.0 * share, 2) + " %";
}

std::string seconds_text(double seconds) {
  if (seconds < 9.995) return fmt::format("{:.2f} s", seconds);
  if (seconds < 59.95) return fmt::format("{:.1f} s", seconds);
  const auto whole = std::llround(seconds);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
}

std::string times_text(double factor) {
  if (factor < 9.995) return fmt::format("{:.2f} ×", factor);
  if (factor < 99.95) return fmt::format("{:.1f} ×", factor);
  return count_text(static_cast<std::uint64_t>(std::llround(factor))) + " ×";
}

std::string count_text(std::uint64_t count) {
  const auto digits = fmt::format("{}", count);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

std::string unbroken(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == ' ') {
      out += "\u00a0";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace verge::report
