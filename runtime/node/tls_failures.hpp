#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <functional>
#include <string>

namespace verge {

/// A link with encryption that has come to nothing: its handshake failed, or the other end broke it off with an alert.
struct tls_failure {
  /// Whether this end was the server.
  bool at_server = false;
  /// Of the server's end.
  std::uint16_t port = 0;
  /// The other end's host.
  std::string address;
  /// In words of ours or OpenSSL's; a stranger has no say in them.
  std::string reason;
};

/// Hears of all such links of this process while it lives: OpenSSL's callbacks are the process's. Called by the threads
/// that serve the links, one at a time.
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

/// What an info callback of OpenSSL is given, of every connection from its start: CAF says no more of a failed handshake
/// than that there was one. Of each the first failure is told, which later ones follow from.
void note_tls_progress(const SSL* connection, int where, int result);

}  // namespace verge
