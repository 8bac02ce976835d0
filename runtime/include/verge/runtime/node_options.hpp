#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace verge {

/// Where a server listens.
struct host_port {
  std::string host;
  std::uint16_t port = 0;

  std::string text() const;
  /// Only this machine reaches it.
  bool is_loopback() const;
};

/// "HOST:PORT", "[IPV6]:PORT". Throws bad_input that begins with `option`.
host_port read_host_port(const std::string& text, const std::string& option);

/// How links between processes are kept, the same for both ends. A link over which nothing whole has
/// come for `connection_timeout` is closed, so that has to be longer than the largest message, of 1 MiB, takes
/// on the slowest link.
struct link_timing {
  std::chrono::milliseconds heartbeat{2000};
  std::chrono::milliseconds connection_timeout{20000};
};

/// How a program says what it does.
enum class log_format : std::uint8_t { text, json };

}  // namespace verge
