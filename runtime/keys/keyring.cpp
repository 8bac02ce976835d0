#include "verge/runtime/keyring.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <system_error>

#include "messages/node_messages.hpp"
#include "runtime/files/atomic_file.hpp"
#include "runtime/files/directory_lock.hpp"
#include "runtime/files/toml_text.hpp"
#include "runtime/keys/certificate.hpp"
#include "runtime/keys/private_key.hpp"
#include "verge/messages/errors.hpp"

namespace verge {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t public_key_bytes = 32;

fs::path list_file(const fs::path& folder) {
  return folder / "devices.toml";
}

void make_folder(const fs::path& folder) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed)
    throw bad_input(fmt::format("{}: cannot be made: {}", folder.string(), failed.message()));
}

/// Only one process at a time may change a keyring; another one waits.
directory_lock locked(const fs::path& folder) {
  return directory_lock{folder, directory_lock::if_taken::wait};
}

/// Runs `step` and turns run_failure, from OpenSSL or a full disk, into bad_input.
template <class Step>
void change(const Step& step) {
  try {
    step();
  } catch (const run_failure& e) {
    throw bad_input(e.what());
  }
}

listed_device read_entry(const toml::table& entry, const fs::path& file) {
  const auto wrong = [&](const std::string& what) {
    return bad_input(fmt::format("{}:{}: {}", file.string(), entry.source().begin.line, what));
  };
  const auto name = entry["name"].value<std::string>();
  if (!name || !is_device_name(*name))
    throw wrong(fmt::format("a device without a name; expected {}", device_name_words));
  const auto key = entry["public_key"].value<std::string>();
  if (!key) throw wrong(fmt::format("device '{}' has no public_key", *name));
  const auto revoked = entry["revoked"];
  if (revoked && !revoked.is_boolean())
    throw wrong(fmt::format("device '{}': revoked is neither true nor false", *name));
  listed_device device{*name, {}, revoked.value_or(false)};
  try {
    device.public_key = from_base64(*key);
  } catch (const bad_input& e) {
    throw wrong(fmt::format("device '{}': {}", *name, e.what()));
  }
  if (device.public_key.size() != public_key_bytes)
    throw wrong(fmt::format("device '{}': a public_key of {} bytes; expected {}", *name,
                            device.public_key.size(), public_key_bytes));
  return device;
}

std::vector<listed_device> read_list(const fs::path& folder) {
  const auto file = list_file(folder);
  std::error_code failed;
  if (!fs::exists(file, failed))
    throw bad_input(fmt::format("{}: there is no {}; `verge keys init` makes a keyring",
                                folder.string(), file.filename().string()));
  try {
    const auto table = toml::parse_file(file.string());
    std::vector<listed_device> devices;
    const auto listed = table["device"];
    if (listed && !listed.is_array_of_tables())
      throw bad_input(fmt::format("{}: expected the devices as [[device]]", file.string()));
    if (const auto* entries = listed.as_array())
      for (const auto& entry : *entries) devices.push_back(read_entry(*entry.as_table(), file));
    return devices;
  } catch (const toml::parse_error& e) {
    throw bad_input(
        fmt::format("{}:{}: {}", file.string(), e.source().begin.line, e.description()));
  }
}

void write_list(const fs::path& folder, const std::vector<listed_device>& devices) {
  std::string text = "# The devices of this run. `verge keys` writes this file.\n";
  for (const auto& device : devices)
    text += fmt::format("\n[[device]]\nname = {}\npublic_key = {}\nrevoked = {}\n",
                        toml_quoted(device.name), toml_quoted(to_base64(device.public_key)),
                        device.revoked);
  write_file_atomically(list_file(folder), text);
}

std::vector<listed_device>::iterator find(std::vector<listed_device>& devices,
                                          const std::string& name) {
  return std::find_if(devices.begin(), devices.end(),
                      [&](const listed_device& one) { return one.name == name; });
}

/// Returns the files of one end after checking that they belong together.
tls_files checked(tls_files files) {
  const auto authority = certificate::read(files.authority);
  const auto own = certificate::read(files.certificate);
  if (!own.belongs_to(private_key::read(files.key)))
    throw bad_input(
        fmt::format("{}: is not the key of {}", files.key.string(), files.certificate.string()));
  if (!own.is_issued_by(authority))
    throw bad_input(fmt::format("{}: was not issued by {}", files.certificate.string(),
                                files.authority.string()));
  if (!own.is_valid_now())
    throw bad_input(fmt::format("{}: has expired, or is not valid yet by this host's clock",
                                files.certificate.string()));
  return files;
}

class listed_devices final : public known_devices {
public:
  explicit listed_devices(fs::path folder) : folder_(std::move(folder)) { read_list(folder_); }

  std::string why_not(const std::string& name) const override {
    const auto device = find_device(name);
    if (!device) return fmt::format("'{}' is not a known device", name);
    return device->revoked ? fmt::format("'{}' has been revoked", name) : std::string{};
  }

  std::string new_challenge() const override { return random_bytes(challenge_bytes); }

  bool proves(const std::string& name, const std::string& text,
              const std::string& signature) const override {
    try {
      const auto device = find_device(name);
      return device && !device->revoked && is_signed_by(device->public_key, text, signature);
    } catch (const bad_input&) {
      return false;
    }
  }

private:
  std::optional<listed_device> find_device(const std::string& name) const {
    auto devices = read_list(folder_);
    const auto found = find(devices, name);
    return found == devices.end() ? std::nullopt : std::optional{*found};
  }

  fs::path folder_;
};

}  // namespace

keyring keyring::init(const fs::path& folder) {
  make_folder(folder);
  const auto lock = locked(folder);
  std::error_code failed;
  for (const char* file : {"ca.pem", "ca-key.pem", "devices.toml"})
    if (fs::exists(folder / file, failed))
      throw bad_input(
          fmt::format("{}: is there already; a keyring is not replaced", (folder / file).string()));
  change([&] {
    const auto authority_key = private_key::generate();
    const auto authority = certificate::of_authority(authority_key, "verge run authority");
    const auto server_key = private_key::generate();
    const auto server = certificate::issue(authority, authority_key, server_key, "verge server",
                                           certificate::role::server);
    authority_key.write(folder / "ca-key.pem");
    authority.write(folder / "ca.pem");
    server_key.write(folder / "server-key.pem");
    server.write(folder / "server.pem");
    // Written last, because a folder without it is not a keyring.
    write_list(folder, {});
  });
  return keyring{folder};
}

keyring keyring::open(const fs::path& folder) {
  read_list(folder);
  return keyring{folder};
}

fs::path keyring::add_device(const std::string& name) const {
  if (!is_device_name(name))
    throw bad_input(fmt::format("device name \"{}\": expected {}", name, device_name_words));
  const auto lock = locked(folder_);
  auto devices = read_list(folder_);
  if (find(devices, name) != devices.end())
    throw bad_input(
        fmt::format("device '{}' is listed already in {}", name, list_file(folder_).string()));
  const auto authority_key = private_key::read(folder_ / "ca-key.pem");
  const auto authority = certificate::read(folder_ / "ca.pem");
  const auto place = folder_ / "devices" / name;
  make_folder(place);
  change([&] {
    const auto key = private_key::generate();
    key.write(place / "device-key.pem");
    certificate::issue(authority, authority_key, key, name, certificate::role::device)
        .write(place / "device.pem");
    authority.write(place / "ca.pem");
    devices.push_back({name, key.public_bytes(), false});
    write_list(folder_, devices);
  });
  return place;
}

void keyring::revoke(const std::string& name) const {
  const auto lock = locked(folder_);
  auto devices = read_list(folder_);
  const auto found = find(devices, name);
  if (found == devices.end())
    throw bad_input(
        fmt::format("device '{}' is not listed in {}", name, list_file(folder_).string()));
  found->revoked = true;
  change([&] { write_list(folder_, devices); });
}

std::vector<listed_device> keyring::devices() const {
  return read_list(folder_);
}

std::shared_ptr<const known_devices> devices_listed_in(const fs::path& folder) {
  return std::make_shared<const listed_devices>(folder);
}

tls_files server_tls_files(const fs::path& folder) {
  return checked({folder / "ca.pem", folder / "server.pem", folder / "server-key.pem"});
}

tls_files device_tls_files(const fs::path& folder) {
  return checked({folder / "ca.pem", folder / "device.pem", folder / "device-key.pem"});
}

std::string device_name_in(const fs::path& folder) {
  return certificate::read(folder / "device.pem").name();
}

std::string sign_as_device(const fs::path& folder, const std::string& text) {
  return private_key::read(folder / "device-key.pem").sign(text);
}

}  // namespace verge
