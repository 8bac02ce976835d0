#pragma once

#include <caf/all.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "actors/server/aggregator.hpp"
#include "actors/server/download_desk.hpp"
#include "actors/server/server.hpp"
#include "actors/server/upload_desk.hpp"
#include "model/aggregation/moment_pool.hpp"

namespace verge {

class model_shelf;

/// The half of the server that knows devices, and neither the model nor a rule: devices download
/// and upload in their turns, what they send is checked and added to the sums, and their bytes are
/// counted. It is part of the server's actor, whose messages it answers.
class intake {
public:
  using block_promise = caf::typed_response_promise<sealed<model_block>>;
  using grant_promise = caf::typed_response_promise<sealed<upload_grant>>;
  using ack_promise = caf::typed_response_promise<sealed<block_ack>>;

  /// `shelf` has what devices download; it outlives this. `self` is the server.
  intake(server_actor::pointer self, const server_options& options, compressor_actor compressor,
         const model_shelf& shelf);

  // -- the round
  void open(const begin_round& m, update_listener coordinator);
  /// Refuses all that waits; updates that are complete are still added.
  void close();
  /// The round is open, and the sums have an update of it.
  bool has_updates_of(round_id round) const;
  /// Calls `then` with the mean once all updates are added, so that the memory of the last one is
  /// free when the new version of the model needs as much.
  void take_mean(std::function<void(flat_buffer mean)> then);
  const std::vector<counted_update>& counted() const { return counted_; }
  /// The weight of the counted updates as a share of the run's weight (round_facts).
  round_facts facts() const;
  moment_pool& moments() { return moments_; }
  /// What the coordinator is told about a round that is over. Begins to count anew.
  committed_round report(model_version version, std::vector<counted_update> updates);

  // -- messages of devices
  block_promise on_model_request(const sealed<model_request>& m);
  void on_download_ended(const sealed<download_ended>& m);
  grant_promise on_upload_request(const sealed<upload_request>& m);
  ack_promise on_update_block(const sealed<update_block>& m);
  /// The device's connection has ended.
  void forget(device_id device);

private:
  /// A complete update that waits to be decoded.
  struct unchecked {
    upload_desk::upload complete;
    block_index last;
    ack_promise promise;
  };

  template <class Message>
  result<Message> heard(const sealed<Message>& m);
  template <class Promise, class Message>
  void answer(Promise promise, round_id round, device_id device, sealed<Message> message);
  template <class Promise, class Message>
  void answer_unread(Promise promise, sealed<Message> message);
  device_load* load_of(round_id round, device_id device);
  std::string why_no_download(const model_request& request) const;
  void settle(round_id round, device_id device, bool is_counted, const std::string& reason);
  void check_next();
  void check(upload_desk::upload complete, block_index last, ack_promise promise);
  void refuse(const upload_request& offer, block_index last, const ack_promise& promise,
              const std::string& why);
  void be_ready_for_next();
  std::string why_closed(const upload_request& offer) const;
  std::string count(const upload_request& offer, const decoded_update& decoded);
  void take_mean_when_all_is_added();

  const server_actor::pointer self_;
  const manifest layout_;
  const compressor_actor compressor_;
  const model_shelf& shelf_;
  update_listener coordinator_;

  local_work work_;
  std::uint64_t all_weight_ = 0;
  download_desk downloads_;
  upload_desk desk_;
  moment_pool moments_;
  std::vector<aggregator_actor> aggregators_;
  std::vector<counted_update> counted_;
  std::deque<unchecked> to_check_;
  std::uint32_t being_added_ = 0;
  /// Empty if no mean is waited for.
  std::function<void()> waiting_mean_;

  std::uint64_t bytes_up_ = 0;
  std::uint64_t bytes_down_ = 0;
  /// Loads of the devices of the open round's cohort.
  std::map<device_id, device_load> loads_;
};

}  // namespace verge
