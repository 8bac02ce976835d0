#include "runtime/node/node_log.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "runtime/files/one_line.hpp"

namespace verge {

namespace {

constexpr const char* clear_line = "\r\x1b[K";

std::string utc_time(std::chrono::system_clock::time_point now) {
  const auto milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()) % 1000;
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(now)), milliseconds.count());
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
                       fmt::localtime(std::chrono::system_clock::to_time_t(now)), one_line(text));
  }
  line += '\n';
  const std::lock_guard lock{mutex_};
  std::fputs(line.c_str(), out_);
  std::fflush(out_);
}

}  // namespace verge
