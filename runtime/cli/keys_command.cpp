#include <fmt/format.h>

#include "runtime/cli/command.hpp"
#include "runtime/cli/standard_output.hpp"
#include "verge/runtime/keyring.hpp"

namespace verge::cli {

namespace {

struct keys_arguments {
  std::filesystem::path folder = "keys";
  std::string name;
};

int init(const keys_arguments& arguments) {
  keyring::init(arguments.folder);
  print(fmt::format("{}: made; the server is started with --keys {}\n", arguments.folder.string(),
                    arguments.folder.string()));
  return 0;
}

int add(const keys_arguments& arguments) {
  const auto place = keyring::open(arguments.folder).add_device(arguments.name);
  print(
      fmt::format("{}: made; take it to the device, which is started with --keys and that folder\n",
                  place.string()));
  return 0;
}

int list(const keys_arguments& arguments) {
  for (const auto& device : keyring::open(arguments.folder).devices())
    print(fmt::format("{}{}\n", device.name, device.revoked ? "  revoked" : ""));
  return 0;
}

int revoke(const keys_arguments& arguments) {
  keyring::open(arguments.folder).revoke(arguments.name);
  print(fmt::format("{} is not let in any more\n", arguments.name));
  return 0;
}

}  // namespace

command add_keys(CLI::App& program) {
  const auto arguments = std::make_shared<keys_arguments>();
  auto* app = program.add_subcommand("keys", "Certificates and the list of known devices");
  app->require_subcommand(1);
  app->add_option("--dir", arguments->folder, "The keyring")->capture_default_str();
  const auto add_action = [&](const char* name, const char* what) {
    auto* one = app->add_subcommand(name, what);
    one->fallthrough();  // --dir may also follow the subcommand
    return one;
  };
  auto* to_init = add_action("init", "Make an authority and the server's certificate");
  auto* to_add = add_action("device", "Make a device's key and certificate, and list it");
  auto* to_list = add_action("list", "List the devices");
  auto* to_revoke = add_action("revoke", "Never let a device in again");
  for (auto* one : {to_add, to_revoke})
    one->add_option("name", arguments->name, "Of the device")->required();
  return {app, [=] {
            if (to_init->parsed()) return init(*arguments);
            if (to_add->parsed()) return add(*arguments);
            if (to_list->parsed()) return list(*arguments);
            return revoke(*arguments);
          }};
}

}  // namespace verge::cli
