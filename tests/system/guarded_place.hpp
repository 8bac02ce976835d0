#pragma once

#include <string>
#include <vector>

#include "system/node_processes.hpp"
#include "verge/runtime/keyring.hpp"

namespace verge::test {

/// A workplace whose server admits devices with a certificate: till-1 to till-4. That of till-5 is
/// revoked.
struct guarded_place : node_workplace {
  guarded_place() {
    for (int k = 1; k <= 5; ++k) keys.add_device("till-" + std::to_string(k));
    keys.revoke("till-5");
  }

  std::filesystem::path of(const std::string& name) const {
    return keys.folder() / "devices" / name;
  }
  std::vector<std::string> server_words() const { return {"--keys", keys.folder().string()}; }

  /// Starts till-`k`, with shard `k` of four.
  std::unique_ptr<logged_process> start_till(const std::string& address, int k) const {
    return start_device(*this, address, k, {"--keys", of("till-" + std::to_string(k)).string()});
  }

  keyring keys = keyring::init(path() / "keys");
};

}  // namespace verge::test
