#pragma once

namespace verge {

/// From now on every SSL connection of this process that is begun forgets, before each read and write, what
/// errors OpenSSL still has noted for the thread.
///
/// CAF 0.17 reads SSL_get_error() after an operation without clearing the thread's error queue before it, as
/// that function's manual asks for, and one thread serves all links. The note that a stranger's failed
/// handshake or a killed device's end leaves would then be taken for an error of whichever link is served
/// next, and close it. Does nothing when called again. What happens on those connections is told to note_tls_progress().
void keep_openssl_errors_apart();

}  // namespace verge
