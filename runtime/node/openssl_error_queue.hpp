#pragma once

namespace verge {

/// CAF 0.17 calls SSL_get_error() after an operation without clearing the thread's error queue
/// before it, though that function's manual asks for it, and one thread serves all links. An error
/// left by an unknown host's failed handshake or by a killed device would then count for the link
/// that is served next, and close it.
///
/// After a call of this function, every new SSL connection of this process clears the thread's
/// error queue before each read and write. It also tells note_tls_progress() what happens on these
/// connections. Further calls do nothing.
void keep_openssl_errors_apart();

}  // namespace verge
