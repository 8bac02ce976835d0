#pragma once

#include <openssl/pem.h>
#include <openssl/x509.h>

#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "verge/runtime/keyring.hpp"

namespace verge::test {

/// The files of the device in `folder`, with a certificate of its authority that expired a second
/// ago.
inline tls_files expire(const std::filesystem::path& folder, const std::filesystem::path& keyring) {
  const auto open = [](const std::filesystem::path& path, const char* how) {
    return std::unique_ptr<std::FILE, int (*)(std::FILE*)>{std::fopen(path.c_str(), how),
                                                           &std::fclose};
  };
  const auto file = folder / "expired.pem";
  X509* certificate =
      PEM_read_X509(open(folder / "device.pem", "r").get(), nullptr, nullptr, nullptr);
  EVP_PKEY* key =
      PEM_read_PrivateKey(open(keyring / "ca-key.pem", "r").get(), nullptr, nullptr, nullptr);
  BOOST_REQUIRE((certificate != nullptr && key != nullptr));
  X509_gmtime_adj(X509_getm_notAfter(certificate), -1);
  // The digest is null, because Ed25519 does not take one.
  BOOST_REQUIRE(X509_sign(certificate, key, nullptr) > 0);
  BOOST_REQUIRE(PEM_write_X509(open(file, "w").get(), certificate) == 1);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return {folder / "ca.pem", file, folder / "device-key.pem"};
}

}  // namespace verge::test
