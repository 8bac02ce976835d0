#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "verge/actors/known_devices.hpp"

namespace verge {

/// A device for which a keyring has made a certificate.
struct listed_device {
  std::string name;
  /// Ed25519, 32 bytes.
  std::string public_key;
  bool revoked = false;
};

/// The keys of a run: its own certificate authority, the server's certificate, and the list of
/// known devices. A keyring is a folder on the server's host:
///
///   ca.pem  ca-key.pem           the authority; its key is needed only to add devices
///   server.pem  server-key.pem   for `verge server`
///   devices.toml                 name, public key and whether it is revoked, of every device
///   devices/NAME/                the files for device NAME: ca.pem, device.pem, device-key.pem
///
/// Every function that changes the folder locks it, and waits while another process has the lock.
/// All functions throw bad_input for a folder, file or name that is not as it should be.
class keyring {
public:
  /// Makes a keyring in `folder`, which must not hold one yet.
  static keyring init(const std::filesystem::path& folder);
  static keyring open(const std::filesystem::path& folder);

  /// Makes a key and a certificate. Returns the folder that has to be copied to the device.
  std::filesystem::path add_device(const std::string& name) const;
  /// From now on the device is not admitted. Its name cannot be used again.
  void revoke(const std::string& name) const;
  /// In the order in which they were added.
  std::vector<listed_device> devices() const;

  const std::filesystem::path& folder() const { return folder_; }

private:
  explicit keyring(std::filesystem::path folder) : folder_(std::move(folder)) {}

  std::filesystem::path folder_;
};

/// The devices that the keyring in `folder` lists and has not revoked. The list is read again for
/// each device that connects, so changes by `verge keys` take effect at once.
std::shared_ptr<const known_devices> devices_listed_in(const std::filesystem::path& folder);

/// The three files that one end of a TLS connection needs.
struct tls_files {
  std::filesystem::path authority;
  std::filesystem::path certificate;
  std::filesystem::path key;
};

/// The files of the server, in a keyring's folder, or of a device, in the folder that add_device()
/// made. Both functions read them and check them against each other. Throw bad_input naming the
/// file that is wrong.
tls_files server_tls_files(const std::filesystem::path& folder);
tls_files device_tls_files(const std::filesystem::path& folder);

/// The name in the device's certificate, under which the keyring lists the device.
std::string device_name_in(const std::filesystem::path& folder);
/// Signs `text` with the key of the device in `folder`.
std::string sign_as_device(const std::filesystem::path& folder, const std::string& text);

}  // namespace verge
