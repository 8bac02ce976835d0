#pragma once

#include <caf/actor_system.hpp>
#include <caf/io/middleman_actor.hpp>
#include <functional>
#include <optional>
#include <string>

namespace verge {

/// A link without encryption whose first bytes are not those of a CAF node.
struct plain_failure {
  /// Whether this end was the server.
  bool at_server = false;
  std::string address;
  std::string reason;
};

/// CAF closes a link whose first bytes are wrong without telling anyone. Devices that use
/// encryption and a server that does not would never learn what is wrong. This is CAF's middleman
/// for links without encryption, which also reports such links. Its actor ends with this object.
class plain_middleman {
public:
  /// `tell` is called by the thread that serves the links.
  plain_middleman(caf::actor_system& system, std::function<void(const plain_failure&)> tell);
  ~plain_middleman();
  plain_middleman(const plain_middleman&) = delete;
  plain_middleman& operator=(const plain_middleman&) = delete;

  const caf::io::middleman_actor& actor() const { return actor_; }

private:
  caf::actor_system& system_;
  caf::io::middleman_actor actor_;
};

/// What is wrong with the first `bytes` of a link, seen from the server's end or the device's.
/// Unset where they may be those of a node.
std::optional<std::string> why_no_first_bytes(bool at_server, const std::string& bytes);

}  // namespace verge
