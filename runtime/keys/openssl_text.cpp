#include "runtime/keys/openssl_text.hpp"

#include <fmt/format.h>
#include <openssl/err.h>

#include <cerrno>
#include <system_error>

namespace verge {

run_failure openssl_failure(const std::string& what) {
  char words[256] = "no reason given";
  if (const auto code = ERR_get_error(); code != 0) ERR_error_string_n(code, words, sizeof words);
  ERR_clear_error();
  return run_failure(fmt::format("OpenSSL {}: {}", what, words));
}

bio open_pem(const std::filesystem::path& file) {
  errno = 0;
  bio in{BIO_new_file(file.c_str(), "r")};
  if (in) return in;
  const int error = errno;
  ERR_clear_error();
  throw bad_input(
      fmt::format("{}: cannot be read: {}", file.string(), std::generic_category().message(error)));
}

bio new_memory() {
  bio out{BIO_new(BIO_s_mem())};
  if (!out) throw openssl_failure("has no memory");
  return out;
}

std::string text_of(const bio& memory) {
  char* begin = nullptr;
  const auto size = BIO_get_mem_data(memory.get(), &begin);
  return {begin, static_cast<std::size_t>(size)};
}

int refuse_passphrase(char*, int, int, void*) {
  return -1;
}

}  // namespace verge
