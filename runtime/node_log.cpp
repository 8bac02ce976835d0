#include "verge/runtime/node_log.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>

namespace verge {

namespace {

constexpr const char* clear_line = "\r\x1b[K";

std::string utc_time(std::chrono::system_clock::time_point now) {
  const auto milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()) % 1000;
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(now)), milliseconds.count());
}

/// A reason may be another process's words: it gets no line of its own, and moves no cursor.
std::string without_control_characters(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return text;
}

}  // namespace

void node_log::say(std::string_view event, const std::string& text, fields more) {
  const auto now = std::chrono::system_clock::now();
  std::string line;
  if (format_ == log_format::json) {
    nlohmann::ordered_json object{{"time", utc_time(now)}, {"event", event}, {"text", text}};
    for (const auto& [name, content] : more)
      std::visit([&, key = std::string{name}](const auto& v) { object[key] = v; }, content);
    line = object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  } else {
    line = fmt::format("{}{:%H:%M:%S} {}", terminal_ ? clear_line : "",
                       fmt::localtime(std::chrono::system_clock::to_time_t(now)),
                       without_control_characters(text));
  }
  line += '\n';
  const std::lock_guard lock{mutex_};
  std::fputs(line.c_str(), out_);
  std::fflush(out_);
}

}  // namespace verge
