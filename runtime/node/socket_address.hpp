#pragma once

#include <cstdint>
#include <string>

namespace verge {

/// An end of a connection, as numbers. Of one that has just been reset the system knows the other end no more.
struct socket_address {
  std::string host = "a host unknown";
  std::uint16_t port = 0;

  static socket_address of_this_end(int socket);
  static socket_address of_other_end(int socket);
};

}  // namespace verge
