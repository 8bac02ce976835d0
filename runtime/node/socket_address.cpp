#include "runtime/node/socket_address.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <charconv>
#include <cstring>

namespace verge {

namespace {

socket_address read(int socket, int (*name)(int, sockaddr*, socklen_t*)) {
  sockaddr_storage raw{};
  socklen_t size = sizeof raw;
  auto* where = reinterpret_cast<sockaddr*>(&raw);
  char host[NI_MAXHOST], port[NI_MAXSERV];
  socket_address found;
  if (name(socket, where, &size) != 0 ||
      ::getnameinfo(where, size, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
    return found;
  found.host = host;
  std::from_chars(port, port + std::strlen(port), found.port);
  return found;
}

}  // namespace

socket_address socket_address::of_this_end(int socket) {
  return read(socket, ::getsockname);
}

socket_address socket_address::of_other_end(int socket) {
  return read(socket, ::getpeername);
}

}  // namespace verge
