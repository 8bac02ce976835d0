#pragma once

#include <caf/all.hpp>
#include <functional>

#include "actors/device/device_host.hpp"

namespace verge::test {

enum class message_fate {
  passed,
  /// The message never arrives.
  lost,
  /// The message arrives, but the answer does not.
  unanswered,
};

/// Decides what becomes of messages to the server. A message for which no rule is set passes.
struct message_filter {
  std::function<message_fate(const upload_request&)> offer;
  std::function<message_fate(const update_block&)> block;
};

/// A filter that devices take for the server.
inline exchange_actor spawn_filter(caf::actor_system& system, exchange_actor server,
                                   message_filter filter) {
  return system.spawn([=](exchange_actor::pointer self) -> exchange_actor::behavior_type {
    const auto pass = [=]<class Answer, class Question>(const Question& question,
                                                        message_fate fate) {
      auto promise = self->template make_response_promise<caf::typed_response_promise<Answer>>();
      if (fate != message_fate::lost)
        self->request(server, caf::infinite, question).then([=](const Answer& answer) mutable {
          if (fate == message_fate::passed) promise.deliver(answer);
        });
      return promise;
    };
    return {
        [=](const sealed<model_request>& m) { return self->delegate(server, m); },
        [=](const sealed<download_ended>& m) { self->send(server, m); },
        [=](const sealed<upload_request>& m) -> caf::result<sealed<upload_grant>> {
          const auto fate = filter.offer ? filter.offer(*unseal(m)) : message_fate::passed;
          return pass.template operator()<sealed<upload_grant>>(m, fate);
        },
        [=](const sealed<update_block>& m) -> caf::result<sealed<block_ack>> {
          const auto fate = filter.block ? filter.block(*unseal(m)) : message_fate::passed;
          return pass.template operator()<sealed<block_ack>>(m, fate);
        },
    };
  });
}

}  // namespace verge::test
