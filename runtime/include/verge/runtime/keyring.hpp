#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "verge/actors/known_devices.hpp"

namespace verge {

/// A device that a keyring has a certificate for.
struct listed_device {
  std::string name;
  /// Ed25519, 32 bytes.
  std::string public_key;
  bool revoked = false;
};

/// The keys of a run: an authority of its own, the server's certificate, and the list of known devices.
/// A folder on the server's host:
///
///   ca.pem  ca-key.pem           the authority; its key is only needed to add devices
///   server.pem  server-key.pem   for `verge server`
///   devices.toml                 name, public key and whether it is revoked, of every device
///   devices/NAME/                what device NAME has to have: ca.pem, device.pem, device-key.pem
///
/// Every function that changes it takes a lock. Throws bad_input for what is not as it should be.
class keyring {
public:
  /// Makes one in `folder`, which must not hold one yet.
  static keyring init(const std::filesystem::path& folder);
  static keyring open(const std::filesystem::path& folder);

  /// Makes a key and a certificate. Returns the folder to be taken to the device.
  std::filesystem::path add_device(const std::string& name) const;
  /// From now on the device is not let in. Its name cannot be used again.
  void revoke(const std::string& name) const;
  /// In the order in which they were added.
  std::vector<listed_device> devices() const;

  const std::filesystem::path& folder() const { return folder_; }

private:
  explicit keyring(std::filesystem::path folder) : folder_(std::move(folder)) {}

  std::filesystem::path folder_;
};

/// The devices that the keyring in `folder` lists and has not revoked; the list is read again for each
/// device that comes, so what `verge keys` changes holds at once.
std::shared_ptr<const known_devices> devices_listed_in(const std::filesystem::path& folder);

/// The three files that one end of a TLS connection needs.
struct tls_files {
  std::filesystem::path authority;
  std::filesystem::path certificate;
  std::filesystem::path key;
};

/// Of the server, in a keyring's folder; of a device, in the folder that add_device() made. Read and
/// checked against each other: throws bad_input naming the file that is wrong.
tls_files server_tls_files(const std::filesystem::path& folder);
tls_files device_tls_files(const std::filesystem::path& folder);

/// The name in a device's certificate, which is the one it is listed with.
std::string device_name_in(const std::filesystem::path& folder);
/// Signs as that device.
std::string sign_as_device(const std::filesystem::path& folder, const std::string& text);

}  // namespace verge
