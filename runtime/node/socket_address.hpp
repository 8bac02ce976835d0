#pragma once

#include <cstdint>
#include <string>

namespace verge {

/// The numeric address of one end of a connection. Once a connection has been reset, the system no
/// longer knows its other end.
struct socket_address {
  std::string host = "a host unknown";
  std::uint16_t port = 0;

  static socket_address of_this_end(int socket);
  static socket_address of_other_end(int socket);
};

}  // namespace verge
