#include "runtime/keys/private_key.hpp"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include "runtime/files/atomic_file.hpp"
#include "runtime/keys/openssl_text.hpp"
#include "verge/messages/errors.hpp"

namespace verge {

namespace {

constexpr std::size_t key_bytes = 32;
constexpr std::size_t signature_bytes = 64;

struct digest_free {
  void operator()(EVP_MD_CTX* c) const { EVP_MD_CTX_free(c); }
};
using digest_context = std::unique_ptr<EVP_MD_CTX, digest_free>;

struct key_free {
  void operator()(EVP_PKEY* k) const { EVP_PKEY_free(k); }
};

const unsigned char* bytes_of(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* bytes_of(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

}  // namespace

private_key private_key::generate() {
  EVP_PKEY* key = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  if (!key) throw openssl_failure("cannot generate a key");
  return private_key{key};
}

private_key private_key::read(const std::filesystem::path& file) {
  const auto in = open_pem(file);
  EVP_PKEY* key = PEM_read_bio_PrivateKey(in.get(), nullptr, refuse_passphrase, nullptr);
  if (!key || EVP_PKEY_get_base_id(key) != EVP_PKEY_ED25519) {
    EVP_PKEY_free(key);
    ERR_clear_error();
    throw bad_input(
        fmt::format("{}: holds no Ed25519 private key in PEM without a passphrase; "
                    "`verge keys` makes such keys",
                    file.string()));
  }
  return private_key{key};
}

void private_key::write(const std::filesystem::path& file) const {
  const auto out = new_memory();
  if (PEM_write_bio_PrivateKey(out.get(), handle(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
    throw openssl_failure("cannot write a key");
  write_file_atomically(file, text_of(out), file_access::owner_only);
}

std::string private_key::public_bytes() const {
  std::string bytes(key_bytes, '\0');
  std::size_t size = bytes.size();
  if (EVP_PKEY_get_raw_public_key(handle(), bytes_of(bytes), &size) != 1 || size != key_bytes)
    throw openssl_failure("cannot read a public key");
  return bytes;
}

std::string private_key::sign(const std::string& text) const {
  const digest_context context{EVP_MD_CTX_new()};
  std::string signature(signature_bytes, '\0');
  std::size_t size = signature.size();
  if (!context || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, handle()) != 1 ||
      EVP_DigestSign(context.get(), bytes_of(signature), &size, bytes_of(text), text.size()) != 1)
    throw openssl_failure("cannot sign");
  return signature;
}

bool is_signed_by(const std::string& public_bytes, const std::string& text,
                  const std::string& signature) {
  const std::unique_ptr<EVP_PKEY, key_free> key{EVP_PKEY_new_raw_public_key(
      EVP_PKEY_ED25519, nullptr, bytes_of(public_bytes), public_bytes.size())};
  const digest_context context{EVP_MD_CTX_new()};
  const bool holds =
      key && context &&
      EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
      EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(text),
                       text.size()) == 1;
  ERR_clear_error();
  return holds;
}

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  if (RAND_bytes(bytes_of(bytes), static_cast<int>(count)) != 1)
    throw openssl_failure("has no random numbers");
  return bytes;
}

std::string to_base64(const std::string& bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int size = EVP_EncodeBlock(bytes_of(text), bytes_of(bytes), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

std::string from_base64(const std::string& text) {
  std::string bytes(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(bytes_of(bytes), bytes_of(text), static_cast<int>(text.size()));
  ERR_clear_error();
  // OpenSSL counts the padding as content.
  const auto padding = text.size() - (text.find_last_not_of('=') + 1);
  if (size >= static_cast<int>(padding)) bytes.resize(static_cast<std::size_t>(size) - padding);
  if (size <= 0 || to_base64(bytes) != text)
    throw bad_input(fmt::format("\"{}\" is not base64", text));
  return bytes;
}

}  // namespace verge
