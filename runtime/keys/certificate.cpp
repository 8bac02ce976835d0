#include "runtime/keys/certificate.hpp"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "runtime/files/atomic_file.hpp"
#include "runtime/keys/openssl_text.hpp"
#include "verge/messages/errors.hpp"

namespace verge {

namespace {

constexpr long one_day = 24 * 60 * 60;
constexpr long authority_lasts = 10 * 365 * one_day;
constexpr long certificate_lasts = 5 * 365 * one_day;
/// Certificates are valid from a day ago, because clocks of devices may be behind.
constexpr long begins_before_now = one_day;
constexpr std::size_t serial_bytes = 16;

void check(bool fine) {
  if (!fine) throw openssl_failure("cannot make a certificate");
}

void add_extension(X509* subject, X509* issuer, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, subject, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value);
  const bool added = extension && X509_add_ext(subject, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  check(added);
}

/// A certificate of `name` for `key`, not signed yet. Null for `issuer` makes it its own issuer.
std::shared_ptr<X509> draft(const std::string& name, const private_key& key, X509* issuer,
                            long lasts) {
  const std::shared_ptr<X509> made{X509_new(), &X509_free};
  check(made != nullptr);
  X509* c = made.get();
  check(X509_set_version(c, X509_VERSION_3) == 1);
  auto serial = random_bytes(serial_bytes);
  serial[0] &= 0x7F;  // a serial number is positive
  BIGNUM* number = BN_bin2bn(reinterpret_cast<const unsigned char*>(serial.data()),
                             static_cast<int>(serial.size()), nullptr);
  const bool numbered = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(c)) != nullptr;
  BN_free(number);
  check(numbered);
  check(X509_gmtime_adj(X509_getm_notBefore(c), -begins_before_now) != nullptr);
  check(X509_gmtime_adj(X509_getm_notAfter(c), lasts) != nullptr);
  check(X509_set_pubkey(c, key.handle()) == 1);
  auto* subject = X509_get_subject_name(c);
  check(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                   reinterpret_cast<const unsigned char*>(name.data()),
                                   static_cast<int>(name.size()), -1, 0) == 1);
  check(X509_set_issuer_name(c, X509_get_subject_name(issuer ? issuer : c)) == 1);
  return made;
}

/// The digest is null, because Ed25519 does not take one.
void sign(X509* c, const private_key& key) {
  check(X509_sign(c, key.handle(), nullptr) != 0);
}

}  // namespace

certificate certificate::of_authority(const private_key& key, const std::string& name) {
  const auto made = draft(name, key, nullptr, authority_lasts);
  X509* c = made.get();
  add_extension(c, c, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  add_extension(c, c, NID_key_usage, "critical,keyCertSign,cRLSign");
  add_extension(c, c, NID_subject_key_identifier, "hash");
  sign(c, key);
  check(X509_up_ref(c) == 1);
  return certificate{c};
}

certificate certificate::issue(const certificate& authority, const private_key& authority_key,
                               const private_key& subject_key, const std::string& name, role what) {
  X509* issuer = authority.certificate_.get();
  const auto made = draft(name, subject_key, issuer, certificate_lasts);
  X509* c = made.get();
  add_extension(c, issuer, NID_basic_constraints, "critical,CA:FALSE");
  add_extension(c, issuer, NID_key_usage, "critical,digitalSignature");
  add_extension(c, issuer, NID_ext_key_usage, what == role::server ? "serverAuth" : "clientAuth");
  add_extension(c, issuer, NID_subject_key_identifier, "hash");
  add_extension(c, issuer, NID_authority_key_identifier, "keyid:always");
  sign(c, authority_key);
  check(X509_up_ref(c) == 1);
  return certificate{c};
}

certificate certificate::read(const std::filesystem::path& file) {
  const auto in = open_pem(file);
  X509* c = PEM_read_bio_X509(in.get(), nullptr, refuse_passphrase, nullptr);
  if (c) return certificate{c};
  ERR_clear_error();
  throw bad_input(fmt::format("{}: holds no certificate in PEM", file.string()));
}

void certificate::write(const std::filesystem::path& file) const {
  const auto out = new_memory();
  check(PEM_write_bio_X509(out.get(), certificate_.get()) == 1);
  write_file_atomically(file, text_of(out));
}

std::string certificate::name() const {
  const auto* subject = X509_get_subject_name(certificate_.get());
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0) return {};
  unsigned char* text = nullptr;
  const int size =
      ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
  if (size < 0) return {};
  std::string name{reinterpret_cast<char*>(text), static_cast<std::size_t>(size)};
  OPENSSL_free(text);
  return name;
}

bool certificate::belongs_to(const private_key& key) const {
  const bool matches = X509_check_private_key(certificate_.get(), key.handle()) == 1;
  ERR_clear_error();
  return matches;
}

bool certificate::is_issued_by(const certificate& authority) const {
  const bool holds =
      X509_check_issued(authority.certificate_.get(), certificate_.get()) == X509_V_OK &&
      X509_verify(certificate_.get(), X509_get0_pubkey(authority.certificate_.get())) == 1;
  ERR_clear_error();
  return holds;
}

bool certificate::is_valid_now() const {
  return X509_cmp_current_time(X509_get0_notBefore(certificate_.get())) < 0 &&
         X509_cmp_current_time(X509_get0_notAfter(certificate_.get())) > 0;
}

}  // namespace verge
