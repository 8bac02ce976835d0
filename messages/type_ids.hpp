#pragma once

// Everything that CAF must know about the messages: how a sealed message is saved and loaded, and
// the names under which the types cross nodes. Register them with
// `config.add_message_types<caf::id_block::verge>()` before an actor system that talks to other
// nodes starts. Within one process nothing needs to be registered.

#include <caf/all.hpp>
#include <caf/type_id.hpp>
#include <cstdint>
#include <memory>
#include <type_traits>

#include "messages/bulk_memory.hpp"
#include "messages/node_messages.hpp"
#include "messages/round_messages.hpp"

namespace verge {

namespace detail {

/// Writes the segments, one of which may be a block of a model, without flattening them first.
inline caf::error save(caf::serializer& sink, const frame& message) {
  auto size = message.encoded_size();
  if (auto failed = sink.begin_sequence(size)) return failed;
  // The serializer's functions could also read, so they take mutable arguments.
  auto table = message.segment_table();
  if (auto failed = sink.apply_raw(table.size() * sizeof(table[0]), table.data())) return failed;
  for (const auto& part : message.segments())
    if (auto failed =
            sink.apply_raw(part.words.size_bytes(), const_cast<std::uint64_t*>(part.words.data())))
      return failed;
  return sink.end_sequence();
}

inline caf::error load(caf::deserializer& source, frame& message) {
  std::size_t size = 0;
  if (auto failed = source.begin_sequence(size)) return failed;
  if (size > frame::max_bytes) return caf::make_error(caf::sec::invalid_argument, "too long");
  auto memory = allocate_bulk(size);
  if (auto failed = source.apply_raw(size, memory.get())) return failed;
  auto parsed = frame::adopt(std::move(memory), size);
  if (!parsed) return caf::make_error(caf::sec::invalid_argument, parsed.reason());
  message = std::move(*parsed);
  return source.end_sequence();
}

}  // namespace detail

template <class Inspector, class T>
typename Inspector::result_type inspect(Inspector& f, sealed<T>& message) {
  if constexpr (std::is_base_of_v<caf::serializer, Inspector>) {
    return detail::save(f, message.frame());
  } else if constexpr (std::is_base_of_v<caf::deserializer, Inspector>) {
    verge::frame read;
    if (auto failed = detail::load(f, read)) return failed;
    message = sealed<T>{std::move(read)};
    return caf::none;
  } else {
    return f(caf::meta::type_name("sealed"));  // to be printed
  }
}

}  // namespace verge

CAF_BEGIN_TYPE_ID_BLOCK(verge, first_custom_type_id)
CAF_ADD_TYPE_ID(verge, (verge::sealed<verge::join>))
CAF_ADD_TYPE_ID(verge, (verge::sealed<verge::welcome>))
CAF_ADD_TYPE_ID(verge, (verge::sealed<verge::open_round>))
CAF_ADD_TYPE_ID(verge, (verge::sealed<verge::model_request>))
CAF_ADD_TYPE_ID(verge, (verge::sealed<verge::model_block>))
CAF_ADD_TYPE_ID(verge, (verge::sealed<verge::download_ended>))
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
CAF_ADD_TYPE_ID(verge, (verge::sealed<verge::decline>))
CAF_END_TYPE_ID_BLOCK(verge)
