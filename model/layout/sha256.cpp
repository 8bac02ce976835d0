#include "model/layout/sha256.hpp"

#include <openssl/evp.h>

#include "verge/messages/errors.hpp"

namespace verge {

namespace {

void check(int status) {
  if (status != 1) throw run_failure("OpenSSL cannot compute a SHA-256");
}

}  // namespace

sha256::sha256() : context_(EVP_MD_CTX_new()) {
  if (context_ == nullptr || EVP_DigestInit_ex(context_, EVP_sha256(), nullptr) != 1) {
    EVP_MD_CTX_free(context_);
    check(0);
  }
}

sha256::~sha256() {
  EVP_MD_CTX_free(context_);
}

void sha256::add(std::span<const std::byte> bytes) {
  check(EVP_DigestUpdate(context_, bytes.data(), bytes.size()));
}

void sha256::add(std::uint64_t number) {
  std::array<std::byte, 8> bytes;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<std::byte>(number >> (8 * i) & 0xff);
  }
  add(bytes);
}

std::array<std::uint8_t, 32> sha256::digest() {
  std::array<std::uint8_t, 32> result{};
  check(EVP_DigestFinal_ex(context_, result.data(), nullptr));
  return result;
}

}  // namespace verge
