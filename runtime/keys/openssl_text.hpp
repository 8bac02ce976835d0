#pragma once

#include <openssl/bio.h>

#include <filesystem>
#include <memory>
#include <string>

#include "verge/messages/errors.hpp"

// Text in and out of OpenSSL.

namespace verge {

struct bio_free {
  void operator()(BIO* b) const { BIO_free_all(b); }
};
using bio = std::unique_ptr<BIO, bio_free>;

/// A failure whose text is "OpenSSL ", `what`, and OpenSSL's words for its last error.
run_failure openssl_failure(const std::string& what);

/// Throws bad_input naming the file when it cannot be opened.
bio open_pem(const std::filesystem::path& file);
bio new_memory();
std::string text_of(const bio& memory);

/// A pem_password_cb for keys that must not have a passphrase. It keeps OpenSSL from asking for one
/// at a terminal.
int refuse_passphrase(char* text, int size, int writing, void* data);

}  // namespace verge
