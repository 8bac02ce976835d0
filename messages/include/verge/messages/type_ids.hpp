#pragma once

// Everything that CAF must know of our messages: how a sealed message is saved and loaded, and the
// names under which the types cross nodes. Register with
// `config.add_message_types<caf::id_block::verge>()` before an actor system that talks to other nodes
// starts; within one process nothing needs to be registered.

#include <caf/all.hpp>
#include <caf/type_id.hpp>
#include <string>
#include <vector>

#include "verge/messages/node_messages.hpp"
#include "verge/messages/round_messages.hpp"

namespace verge {

template <class Inspector, class T>
typename Inspector::result_type inspect(Inspector& f, sealed<T>& message) {
  std::vector<char> flat;
  if constexpr (Inspector::reads_state) flat = message.frame().flatten();
  const auto load = [&]() -> caf::error {
    auto parsed = verge::frame::parse(flat);
    if (!parsed) return caf::make_error(caf::sec::invalid_argument, parsed.reason());
    message = sealed<T>{*parsed};
    return caf::none;
  };
  return f(caf::meta::type_name("sealed"), flat, caf::meta::load_callback(load));
}

}  // namespace verge

CAF_BEGIN_TYPE_ID_BLOCK(verge, first_custom_type_id)
CAF_ADD_TYPE_ID(verge, (verge::sealed<verge::join>))
CAF_ADD_TYPE_ID(verge, (verge::sealed<verge::welcome>))
CAF_ADD_TYPE_ID(verge, (verge::sealed<verge::open_round>))
CAF_ADD_TYPE_ID(verge, (verge::sealed<verge::model_request>))
CAF_ADD_TYPE_ID(verge, (verge::sealed<verge::model_block>))
CAF_ADD_TYPE_ID(verge, (verge::sealed<verge::upload_request>))
CAF_ADD_TYPE_ID(verge, (verge::sealed<verge::upload_grant>))
CAF_ADD_TYPE_ID(verge, (verge::sealed<verge::update_block>))
CAF_ADD_TYPE_ID(verge, (verge::sealed<verge::block_ack>))
CAF_ADD_TYPE_ID(verge, (verge::sealed<verge::work_failed>))
CAF_ADD_TYPE_ID(verge, (verge::sealed<verge::round_outcome>))
CAF_ADD_TYPE_ID(verge, (verge::sealed<verge::hello>))
CAF_ADD_TYPE_ID(verge, (verge::sealed<verge::invitation>))
CAF_ADD_TYPE_ID(verge, (verge::sealed<verge::proof>))
CAF_ADD_TYPE_ID(verge, (verge::sealed<verge::admission>))
CAF_ADD_TYPE_ID(verge, (verge::sealed<verge::run_over>))
CAF_END_TYPE_ID_BLOCK(verge)
