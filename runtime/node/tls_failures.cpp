#include "runtime/node/tls_failures.hpp"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <sys/socket.h>

#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <system_error>

#include "runtime/node/socket_address.hpp"

namespace verge {

namespace {

constexpr int fatal_alert = SSL3_AL_FATAL;

struct listener_list {
  std::mutex mutex;
  std::set<tls_failure_listener*> all;
};

listener_list& listeners() {
  static listener_list list;
  return list;
}

/// The ends of a connection, kept from its start, because the system no longer knows the other end
/// once the connection has been reset.
struct connection_ends {
  socket_address ours;
  socket_address other;
  /// The fatal alert that this end has sent; -1 = none.
  int alert = -1;
  bool has_failed = false;
};

int ends_index() {
  static const int index =
      CRYPTO_get_ex_new_index(CRYPTO_EX_INDEX_SSL, 0, nullptr, nullptr, nullptr,
                              [](void*, void* ends, CRYPTO_EX_DATA*, int, long, void*) {
                                delete static_cast<connection_ends*>(ends);
                              });
  return index;
}

/// Null when OpenSSL cannot store the ends.
connection_ends* ends_of_link(const SSL* connection) {
  if (auto* known = SSL_get_ex_data(connection, ends_index()))
    return static_cast<connection_ends*>(known);
  const int socket = SSL_get_fd(connection);
  auto made = std::make_unique<connection_ends>(
      connection_ends{socket_address::of_this_end(socket), socket_address::of_other_end(socket)});
  if (SSL_set_ex_data(const_cast<SSL*>(connection), ends_index(), made.get()) != 1) return nullptr;
  return made.release();
}

/// Sends a TLS alert to a peer without TLS, to which OpenSSL answers nothing. A device without keys
/// would otherwise only see the link end.
void answer_with_alert(int socket) {
  constexpr unsigned char protocol_version_alert[] = {0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x46};
  char rest[1024];
  // Unread bytes would make the system reset the connection and discard the answer.
  (void)::recv(socket, rest, sizeof rest, MSG_DONTWAIT);
  (void)::send(socket, protocol_version_alert, sizeof protocol_version_alert,
               MSG_DONTWAIT | MSG_NOSIGNAL);
}

/// Words for the two ends in sentences of a log: the other end, and the possessives of both.
struct ends {
  const char* other;
  const char* others;
  const char* ours;
};

ends ends_of(const SSL* connection) {
  return SSL_is_server(connection) ? ends{"it", "its", "this server's"}
                                   : ends{"the server", "the server's", "this device's"};
}

std::string of_another_authority(const char* whose, const char* than) {
  return fmt::format("{} certificate is of another authority than {}", whose, than);
}

std::string certificate_text(const SSL* connection) {
  const auto who = ends_of(connection);
  const auto why = SSL_get_verify_result(connection);
  switch (why) {
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return of_another_authority(who.others, who.ours);
    default:
      return fmt::format("{} certificate is not good: {}", who.others,
                         X509_verify_cert_error_string(why));
  }
}

/// A sentence for an alert that the other end has sent.
std::string alert_text(const SSL* connection, int alert) {
  const auto who = ends_of(connection);
  switch (alert) {
    case SSL_AD_UNKNOWN_CA:
    case SSL_AD_DECRYPT_ERROR:
      return fmt::format("{} says that {}", who.other, of_another_authority(who.ours, who.others));
    case SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
    case SSL_AD_CERTIFICATE_REVOKED:
    case SSL_AD_CERTIFICATE_EXPIRED:
    case SSL_AD_CERTIFICATE_UNKNOWN:
      return fmt::format("{} says that {} certificate is not good: {}", who.other, who.ours,
                         SSL_alert_desc_string_long(alert));
    default:
      return fmt::format("{} breaks off: {}", who.other, SSL_alert_desc_string_long(alert));
  }
}

/// Why the handshake failed; unset where it only waits for more bytes. `alert` is the one that this
/// end has sent. After an alert OpenSSL's own words are gone, because the error queue is cleared
/// before each write (keep_openssl_errors_apart()).
std::optional<std::string> handshake_text(const SSL* connection, int result, int alert) {
  const auto outcome = SSL_get_error(connection, result);
  if (outcome != SSL_ERROR_SSL && outcome != SSL_ERROR_SYSCALL && outcome != SSL_ERROR_ZERO_RETURN)
    return std::nullopt;
  const auto who = ends_of(connection);
  const auto code = ERR_peek_error();
  const auto ended =
      fmt::format("{} ended the connection before the handshake was over", who.other);
  if (SSL_get_verify_result(connection) != X509_V_OK) return certificate_text(connection);
  if (alert == SSL_AD_CERTIFICATE_REQUIRED) return fmt::format("{} has no certificate", who.other);
  if (code == 0 && alert >= 0)
    return fmt::format("the handshake failed: {}", SSL_alert_desc_string_long(alert));
  if (code == 0) return ended;
  if (ERR_SYSTEM_ERROR(code))
    return fmt::format("{}: {}", ended, std::generic_category().message(ERR_GET_REASON(code)));
  const int reason = ERR_GET_REASON(code);
  if (ERR_GET_LIB(code) == ERR_LIB_SSL) {
    if (reason > SSL_AD_REASON_OFFSET && reason <= SSL_AD_REASON_OFFSET + 255)
      return alert_text(connection, reason - SSL_AD_REASON_OFFSET);
    switch (reason) {
      case SSL_R_WRONG_VERSION_NUMBER:
      case SSL_R_HTTP_REQUEST:
      case SSL_R_HTTPS_PROXY_REQUEST:
        if (SSL_is_server(connection)) answer_with_alert(SSL_get_fd(connection));
        return fmt::format("{} speaks without encryption, or is none of verge's", who.other);
      case SSL_R_UNEXPECTED_EOF_WHILE_READING:
        return ended;
      default:
        break;
    }
  }
  const char* words = ERR_reason_error_string(code);
  return fmt::format("the handshake failed: {}", words ? words : "no reason given");
}

std::optional<std::string> text_of_progress(const SSL* connection, int where, int result,
                                            int alert) {
  if ((where & SSL_CB_EXIT) != 0 && result <= 0 && !SSL_is_init_finished(connection))
    return handshake_text(connection, result, alert);
  // In TLS 1.3 the client's handshake is over before the server has checked its certificate.
  if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT && SSL_is_init_finished(connection) &&
      result >> 8 == fatal_alert)
    return alert_text(connection, result & 0xff);
  return std::nullopt;
}

}  // namespace

tls_failure_listener::tls_failure_listener(std::function<void(const tls_failure&)> hear)
    : hear_(std::move(hear)) {
  const std::lock_guard lock{listeners().mutex};
  listeners().all.insert(this);
}

tls_failure_listener::~tls_failure_listener() {
  const std::lock_guard lock{listeners().mutex};
  listeners().all.erase(this);
}

void note_tls_progress(const SSL* connection, int where, int result) {
  auto* ends = ends_of_link(connection);
  if (!ends || ends->has_failed) return;
  if ((where & SSL_CB_WRITE_ALERT) == SSL_CB_WRITE_ALERT && result >> 8 == fatal_alert)
    ends->alert = result & 0xff;
  const auto reason = text_of_progress(connection, where, result, ends->alert);
  if (!reason) return;
  ends->has_failed = true;
  const bool at_server = SSL_is_server(connection) != 0;
  const tls_failure failure{at_server, at_server ? ends->ours.port : ends->other.port,
                            ends->other.host, *reason};
  const std::lock_guard lock{listeners().mutex};
  for (const auto* one : listeners().all) one->hear_(failure);
}

}  // namespace verge
