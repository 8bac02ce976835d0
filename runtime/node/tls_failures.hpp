#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <functional>
#include <string>

namespace verge {

/// A link with encryption that failed: its handshake failed, or the other end ended it with an
/// alert.
struct tls_failure {
  /// Whether this end was the server.
  bool at_server = false;
  /// The port of the server's end.
  std::uint16_t port = 0;
  /// The host of the other end.
  std::string address;
  /// In words of Verge or OpenSSL. No word of it comes from the other end.
  std::string reason;
};

/// While it lives, hears of all such links of the whole process, because OpenSSL's callbacks belong
/// to the process. The threads that serve the links call `hear`, one at a time.
class tls_failure_listener {
public:
  explicit tls_failure_listener(std::function<void(const tls_failure&)> hear);
  ~tls_failure_listener();
  tls_failure_listener(const tls_failure_listener&) = delete;
  tls_failure_listener& operator=(const tls_failure_listener&) = delete;

private:
  friend void note_tls_progress(const SSL* connection, int where, int result);

  std::function<void(const tls_failure&)> hear_;
};

/// An info callback of OpenSSL, to be set for every connection from its start. CAF tells only that
/// a handshake failed, not why. The listeners hear the first failure of each connection, because
/// later ones follow from it.
void note_tls_progress(const SSL* connection, int where, int result);

}  // namespace verge
