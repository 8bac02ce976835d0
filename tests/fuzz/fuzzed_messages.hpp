#pragma once

#include <functional>
#include <string>
#include <vector>

#include "messages/node_messages.hpp"
#include "messages/round_messages.hpp"

namespace verge::fuzz {

/// One type of message: a function that reads its bytes, and the bytes of an honest one.
struct message_kind {
  std::function<void(const frame&)> decode;
  std::vector<char> seed;
};

/// Where a message is accepted, its content is within bounds, so it can be written and read again.
template <class T>
void decode_as(const frame& encoded) {
  const auto value = unseal(sealed<T>{encoded});
  if (value && !unseal(seal(*value))) std::abort();
}

template <class T>
message_kind kind_of(const T& honest) {
  return {decode_as<T>, seal(honest).frame().flatten()};
}

/// All types that cross a link, in the order of the corpus.
inline std::vector<message_kind> message_kinds() {
  static const std::vector<std::uint64_t> memory(8, 0x3f8000003f800000u);
  const shared_bytes payload{std::make_shared<int>(), std::as_bytes(std::span{memory})};
  run_terms terms;
  terms.run_id = std::string(run_id_bytes, 'r');
  terms.arm = "lb";
  terms.devices = 4;
  terms.mean = {0.5f};
  terms.deviation = {0.25f};
  terms.data_samples = 600;
  terms.labels_hash = std::string(labels_hash_bytes, 'l');
  const local_work work{update_kind::displacement, 50, 0, 5, 0.1, 0.9, 1e-4, 0.01};
  return {
      kind_of(join{protocol_version, std::string(32, 'h'), device_id{3}, 600, {"none", "topk"}}),
      kind_of(welcome{"no", round_id{7}}),
      kind_of(open_round{round_id{4}, model_version{3}, work, std::chrono::seconds{9}}),
      kind_of(model_request{round_id{4}, device_id{3}, model_version{3}, block_index{1},
                            model_version{2}}),
      kind_of(model_block{model_version{3}, block_index{1}, 7, {}, "none", payload, 3}),
      kind_of(upload_request{round_id{4}, device_id{3}, 600, 5, 0.5, 2, 64}),
      kind_of(upload_grant{round_id{4}, "no"}),
      kind_of(update_block{round_id{4}, device_id{3}, block_index{1}, "int8", payload}),
      kind_of(block_ack{round_id{4}, block_index{1}, true, {}}),
      kind_of(work_failed{round_id{4}, device_id{3}, "no", true}),
      kind_of(round_outcome{round_id{4}, update_fate::late, "slow", model_version{4}}),
      kind_of(hello{protocol_version, "till-7"}),
      kind_of(invitation{{}, std::string(challenge_bytes, 'c'), terms}),
      kind_of(proof{std::string(64, 's'), device_id{3}}),
      kind_of(admission{"no", device_id{3}}),
      kind_of(run_over{"the quorum"}),
      kind_of(download_ended{round_id{4}, device_id{3}}),
      kind_of(decline{"no such network"}),
  };
}

}  // namespace verge::fuzz
