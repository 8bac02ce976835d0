#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <stdexcept>

namespace verge::test {

/// Connects a socket to a port of this machine. Returns false where nobody listens there.
inline bool connect_on_loopback(int socket, int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return ::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
}

/// Binds a socket to a free port of this machine, and returns the port.
inline int bind_on_loopback(int socket) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* where = reinterpret_cast<sockaddr*>(&address);
  if (::bind(socket, where, size) != 0 || ::getsockname(socket, where, &size) != 0)
    throw std::runtime_error("no port is free on loopback");
  return ntohs(address.sin_port);
}

}  // namespace verge::test
