#pragma once

#include <ATen/core/Tensor.h>

#include "verge/model/flat_buffer.hpp"
#include "verge/model/manifest.hpp"

namespace verge {

/// A flat buffer as a network computes with it: on the processor the buffer itself, on another LibTorch device a
/// copy in that device's memory.
class accelerator_copy {
public:
  /// `is_apart`: the device has a copy; on a processor, that is for tests.
  accelerator_copy(scalar type, std::size_t elements, at::Device device, bool is_apart);

  /// The buffer in main memory; what is written there is what the next push() takes.
  flat_buffer& host() {
    mark_stale();
    return host_;
  }
  /// For who goes on writing to host() after a push.
  void mark_stale() { is_stale_ = true; }

  /// The tensor of an entry, in the device's memory, as long as this lives.
  at::Tensor view(const tensor_entry& entry);

  /// Gives the device what was written to host() since the last time.
  void push();
  /// Brings back what the device has written.
  void pull();

private:
  flat_buffer host_;
  /// Undefined where the buffer itself is computed with.
  at::Tensor copy_;
  bool is_stale_ = true;
};

}  // namespace verge
