#include "verge/runtime/node_options.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <charconv>

#include "verge/messages/errors.hpp"

namespace verge {

std::string host_port::text() const {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port)
                                             : fmt::format("[{}]:{}", host, port);
}

bool host_port::is_loopback() const {
  if (host == "localhost" || host == "::1") return true;
  // A host name may begin like a loopback address, so the whole text must be an address.
  in_addr address{};
  return ::inet_pton(AF_INET, host.c_str(), &address) == 1 && ntohl(address.s_addr) >> 24 == 127;
}

host_port read_host_port(const std::string& text, const std::string& option) {
  const auto wrong = [&] {
    return bad_input(fmt::format(
        "{} {}: expected HOST:PORT with a port from 0 to 65535, for example 192.168.1.10:7000",
        option, text));
  };
  const auto colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) throw wrong();
  host_port place{text.substr(0, colon), 0};
  const char* end = text.data() + text.size();
  const auto [last, error] = std::from_chars(text.data() + colon + 1, end, place.port);
  if (error != std::errc{} || last != end) throw wrong();
  const bool bracketed = place.host.front() == '[' && place.host.back() == ']';
  if (bracketed) place.host = place.host.substr(1, place.host.size() - 2);
  if (place.host.empty() || (!bracketed && place.host.find(':') != std::string::npos))
    throw wrong();
  return place;
}

}  // namespace verge
