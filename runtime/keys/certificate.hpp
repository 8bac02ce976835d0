#pragma once

#include <openssl/x509.h>

#include <filesystem>
#include <memory>
#include <string>

#include "runtime/keys/private_key.hpp"

namespace verge {

/// An X.509 certificate of a run's own authority (RFC 5280). Functions throw run_failure when
/// OpenSSL fails.
class certificate {
public:
  /// The purpose of a certificate. A device cannot pose as the server, because the handshake checks
  /// the extended key usage.
  enum class role { server, device };

  /// A self-signed certificate that issues others.
  static certificate of_authority(const private_key& key, const std::string& name);
  static certificate issue(const certificate& authority, const private_key& authority_key,
                           const private_key& subject_key, const std::string& name, role what);
  /// Throws bad_input naming the file when it cannot be read or holds no certificate.
  static certificate read(const std::filesystem::path& file);

  void write(const std::filesystem::path& file) const;
  /// The common name of its subject.
  std::string name() const;
  bool belongs_to(const private_key& key) const;
  bool is_issued_by(const certificate& authority) const;
  /// True within its period of validity, by this host's clock.
  bool is_valid_now() const;

private:
  explicit certificate(X509* c) : certificate_(c, &X509_free) {}

  std::shared_ptr<X509> certificate_;
};

}  // namespace verge
