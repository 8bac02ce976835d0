#pragma once

#include <caf/all.hpp>
#include <variant>

#include "actors/gate/session_setup.hpp"

namespace verge {

/// Session to gate: the device of this name has proved itself and wants a number.
struct claim_number {
  std::string name;
  std::optional<device_id> wants;
};

struct claimed_number {
  /// Why the device gets no number; empty if it gets one.
  std::string refused_because;
  device_id device;
  /// The refusal is not the device's fault, and the device should try again.
  bool come_back = false;
};

/// Gate to session: end.
struct end_session {
  std::string reason;
};

/// Gate to session, once: end if the device has not joined by now.
struct join_patience_over {};

/// The actor that gives out the numbers.
using number_giver = caf::typed_actor<caf::replies_to<claim_number>::with<claimed_number>>;

/// A message of this process for the device, of a type that no other node can send.
struct to_device {
  std::variant<sealed<open_round>, sealed<round_outcome>, sealed<run_over>> message;
};

/// A session as its own process sees it.
using own_session_actor =
    session_actor::extend<caf::reacts_to<to_device>, caf::reacts_to<end_session>,
                          caf::reacts_to<join_patience_over>>;

/// The device at the other end, as far as it is known from its hello.
struct session_peer {
  /// The actor that said hello. Its end is the end of the connection.
  caf::strong_actor_ptr who;
  std::string name;
  std::string challenge;
  /// Bytes of hello and invitation.
  moved_bytes bytes;
};

own_session_actor spawn_session(caf::actor_system& system,
                                std::shared_ptr<const session_setup> setup, number_giver gate,
                                session_peer peer);

}  // namespace verge

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::claim_number)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::claimed_number)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::to_device)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::end_session)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(verge::join_patience_over)
