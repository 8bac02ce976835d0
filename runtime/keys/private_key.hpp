#pragma once

#include <openssl/evp.h>

#include <filesystem>
#include <memory>
#include <string>

namespace verge {

/// An Ed25519 key (RFC 8032) of the authority, the server or a device, for its certificate and for
/// signatures. Functions throw run_failure when OpenSSL fails.
class private_key {
public:
  static private_key generate();
  /// Throws bad_input naming the file when it cannot be read or does not hold an Ed25519 key.
  static private_key read(const std::filesystem::path& file);

  /// Writes PEM that only its owner can read.
  void write(const std::filesystem::path& file) const;
  /// The public half, 32 bytes.
  std::string public_bytes() const;
  /// 64 bytes.
  std::string sign(const std::string& text) const;

  EVP_PKEY* handle() const { return key_.get(); }

private:
  explicit private_key(EVP_PKEY* key) : key_(key, &EVP_PKEY_free) {}

  std::shared_ptr<EVP_PKEY> key_;
};

/// Whether `signature` of `text` was made with the key whose public half is `public_bytes`.
bool is_signed_by(const std::string& public_bytes, const std::string& text,
                  const std::string& signature);

/// `count` bytes that nobody can guess.
std::string random_bytes(std::size_t count);

std::string to_base64(const std::string& bytes);
/// Throws bad_input when `text` is not base64.
std::string from_base64(const std::string& text);

}  // namespace verge
