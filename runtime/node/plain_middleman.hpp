#pragma once

#include <caf/actor_system.hpp>
#include <caf/io/middleman_actor.hpp>
#include <functional>
#include <optional>
#include <string>

namespace verge {

/// A link without encryption over which something else came than what a node of CAF begins with.
struct plain_failure {
  /// Whether this end was the server.
  bool at_server = false;
  std::string address;
  std::string reason;
};

/// What CAF has for links without encryption, but that it also tells of such links: CAF itself closes them without a
/// word. Devices of one end that speak with encryption, and a server of the other that does not, would never learn what
/// is wrong. `tell` is called by the thread that serves the links. Ends with this object.
class plain_middleman {
public:
  plain_middleman(caf::actor_system& system, std::function<void(const plain_failure&)> tell);
  ~plain_middleman();
  plain_middleman(const plain_middleman&) = delete;
  plain_middleman& operator=(const plain_middleman&) = delete;

  const caf::io::middleman_actor& actor() const { return actor_; }

private:
  caf::actor_system& system_;
  caf::io::middleman_actor actor_;
};

/// What is wrong with the first `bytes` of a link, at its server's end or at the other; nothing: they may be a node's.
std::optional<std::string> why_no_first_bytes(bool at_server, const std::string& bytes);

}  // namespace verge
