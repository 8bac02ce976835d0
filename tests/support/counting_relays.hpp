#pragma once

#include <caf/all.hpp>
#include <cstdint>
#include <memory>

#include "actors/round/coordinator.hpp"

namespace verge::test {

/// Bytes that passed a pair of relays between devices and the server's side.
struct relayed_bytes {
  std::uint64_t up = 0;
  std::uint64_t down = 0;
};

using byte_count = std::shared_ptr<relayed_bytes>;

/// Passes a question on to `whom` and the answer back, and counts the bytes of both.
template <class Answer, class Self, class Handle, class Question, class... Rest>
caf::result<sealed<Answer>> pass_on(Self self, const Handle& whom, const byte_count& bytes,
                                    const Question& question, const Rest&... rest) {
  auto promise =
      self->template make_response_promise<caf::typed_response_promise<sealed<Answer>>>();
  bytes->up += question.encoded_size();
  self->request(whom, caf::infinite, question, rest...)
      .then([promise, bytes](const sealed<Answer>& answer) mutable {
        bytes->down += answer.encoded_size();
        promise.deliver(answer);
      });
  return promise;
}

/// A relay that devices take for the server.
inline exchange_actor spawn_server_relay(caf::actor_system& system, exchange_actor server,
                                         byte_count bytes) {
  return system.spawn([=](exchange_actor::pointer self) -> exchange_actor::behavior_type {
    return {
        [=](const sealed<model_request>& m) {
          return pass_on<model_block>(self, server, bytes, m);
        },
        [=](const sealed<download_ended>& m) {
          bytes->up += m.encoded_size();
          self->send(server, m);
        },
        [=](const sealed<upload_request>& m) {
          return pass_on<upload_grant>(self, server, bytes, m);
        },
        [=](const sealed<update_block>& m) { return pass_on<block_ack>(self, server, bytes, m); },
    };
  });
}

/// A relay that the coordinator takes for a device.
inline device_actor spawn_device_relay(caf::actor_system& system, device_actor device,
                                       byte_count bytes) {
  return system.spawn([=](device_actor::pointer self) -> device_actor::behavior_type {
    return {
        [=](const sealed<open_round>& m) {
          bytes->down += m.encoded_size();
          self->send(device, m);
        },
        [=](const sealed<round_outcome>& m) {
          bytes->down += m.encoded_size();
          self->send(device, m);
        },
        [=](const sealed<run_over>& m) { self->send(device, m); },
    };
  });
}

/// A relay that devices take for the coordinator.
inline membership_actor spawn_coordinator_relay(caf::actor_system& system,
                                                membership_actor coordinator, byte_count bytes) {
  return system.spawn([=](membership_actor::pointer self) -> membership_actor::behavior_type {
    return {
        [=](const sealed<join>& m, const device_actor& who) {
          const auto relay = spawn_device_relay(self->home_system(), who, bytes);
          return pass_on<welcome>(self, coordinator, bytes, m, relay);
        },
        [=](const sealed<work_failed>& m) {
          bytes->up += m.encoded_size();
          self->send(coordinator, m);
        },
    };
  });
}

}  // namespace verge::test
