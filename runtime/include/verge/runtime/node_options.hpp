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
  /// True where only this machine can reach it.
  bool is_loopback() const;
};

/// Reads "HOST:PORT" or "[IPV6]:PORT". Throws bad_input whose text begins with `option`.
host_port read_host_port(const std::string& text, const std::string& option);

/// Timing of the links between processes, the same at both ends. A link is closed when no whole
/// message has arrived on it for `connection_timeout`. So that has to be longer than the largest
/// message, 1 MiB, takes on the slowest link.
struct link_timing {
  std::chrono::milliseconds heartbeat{2000};
  std::chrono::milliseconds connection_timeout{20000};
};

/// The format of a program's log.
enum class log_format : std::uint8_t { text, json };

}  // namespace verge
