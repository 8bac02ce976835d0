#pragma once

#include <openssl/x509.h>

#include <filesystem>
#include <memory>
#include <string>

#include "runtime/keys/private_key.hpp"

namespace verge {

/// An X.509 certificate of a run's own authority (RFC 5280). Throws run_failure where OpenSSL cannot do what
/// it is asked for.
class certificate {
public:
  /// What a certificate is good for. A device cannot pose as the server: the extended key usage is checked
  /// in the handshake.
  enum class role { server, device };

  /// Self-signed, for issuing others.
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
  /// Not before its time and not after it.
  bool is_valid_now() const;

private:
  explicit certificate(X509* c) : certificate_(c, &X509_free) {}

  std::shared_ptr<X509> certificate_;
};

}  // namespace verge
