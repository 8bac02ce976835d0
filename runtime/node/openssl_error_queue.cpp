#include "runtime/node/openssl_error_queue.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <mutex>

#include "runtime/keys/openssl_text.hpp"
#include "runtime/node/tls_failures.hpp"

namespace verge {

namespace {

/// OpenSSL calls this before and after each operation on a connection's socket.
long on_socket(BIO*, int operation, const char*, std::size_t, int, long, int result, std::size_t*) {
  const bool before = (operation & BIO_CB_RETURN) == 0;
  const int what = operation & ~BIO_CB_RETURN;
  if (before && (what == BIO_CB_READ || what == BIO_CB_WRITE)) ERR_clear_error();
  return result;
}

/// Sets on_socket() at the start of the handshake, the first event on a connection that has its
/// socket.
void on_progress(const SSL* connection, int where, int result) {
  note_tls_progress(connection, where, result);
  if ((where & SSL_CB_HANDSHAKE_START) == 0) return;
  for (BIO* socket : {SSL_get_rbio(connection), SSL_get_wbio(connection)})
    if (socket && !BIO_get_callback_ex(socket)) BIO_set_callback_ex(socket, on_socket);
}

void on_new_connection(void* connection, void*, CRYPTO_EX_DATA*, int, long, void*) {
  SSL_set_info_callback(static_cast<SSL*>(connection), on_progress);
}

}  // namespace

void keep_openssl_errors_apart() {
  static std::once_flag once;
  std::call_once(once, [] {
    if (CRYPTO_get_ex_new_index(CRYPTO_EX_INDEX_SSL, 0, nullptr, on_new_connection, nullptr,
                                nullptr) < 0)
      throw openssl_failure("takes no callback for new connections");
  });
}

}  // namespace verge
