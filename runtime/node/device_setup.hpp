#pragma once

#include <memory>
#include <string>

#include "actors/device/device_host.hpp"
#include "messages/node_messages.hpp"
#include "model/data/local_data.hpp"
#include "runtime/resume/device_memory_file.hpp"
#include "runtime/resume/residual_file.hpp"
#include "verge/model/network.hpp"
#include "verge/runtime/node_device.hpp"

namespace verge {

/// What a device's process makes from a run's terms and keeps when a link is lost: the network, the
/// data, a trainer, the codec state, and the device's memory.
class device_setup {
public:
  /// `name` is the device's name. Throws bad_input when the terms and the device's data do not fit
  /// together.
  device_setup(caf::actor_system& system, const run_terms& terms, const std::string& name,
               const node_device_options& how);
  ~device_setup();
  device_setup(const device_setup&) = delete;
  device_setup& operator=(const device_setup&) = delete;

  const run_terms& terms() const { return terms_; }
  /// The device number that this device asks for; unset = any.
  std::optional<device_id> wants() const { return wants_; }

  /// Spawns the device with the number that the server gave it. It joins through `membership` at
  /// once.
  device_actor spawn(caf::actor_system& system, device_id number,
                     const membership_actor& membership, const exchange_actor& exchange,
                     const device_listener& listener);

  /// Ends the codec's work. Nothing is written after this.
  void close(caf::scoped_actor& self);

private:
  const run_terms terms_;
  const augmentation augment_;
  const std::optional<device_id> wants_;
  dataset_ptr samples_;
  network model_;
  /// Null without --state, or where the codec keeps no state.
  std::shared_ptr<residual_file> residual_;
  bool is_residual_checked_ = false;
  /// Null without --state, or where the device keeps no memory.
  std::shared_ptr<device_memory_file> memory_file_;
  /// Null where the device keeps no memory, and before it has its number.
  std::shared_ptr<device_memory> memory_;
  trainer_pool_actor trainers_;
  compressor_actor compressor_;
};

}  // namespace verge
