#pragma once

#include <ATen/core/Tensor.h>

#include "verge/model/flat_buffer.hpp"
#include "verge/model/manifest.hpp"

namespace verge {

/// A network on a GPU cannot compute with a flat buffer in main memory. An accelerator_copy shows
/// it the buffer: on the CPU the buffer itself, on another LibTorch device a copy in that device's
/// memory. Not thread-safe.
class accelerator_copy {
public:
  /// `is_apart`: whether the LibTorch device has a copy of its own. On the CPU that is for tests.
  accelerator_copy(scalar type, std::size_t elements, at::Device device, bool is_apart);

  /// The buffer in main memory. The next push() takes what is written there.
  flat_buffer& host() {
    mark_stale();
    return host_;
  }
  /// Call this when host() is written again after a push, without another call of host().
  void mark_stale() { is_stale_ = true; }

  /// The tensor of an entry in the LibTorch device's memory. It is valid as long as this object
  /// lives.
  at::Tensor view(const tensor_entry& entry);

  /// Copies to the LibTorch device what was written to host() since the last push.
  void push();
  /// Copies back what the LibTorch device has written.
  void pull();

private:
  flat_buffer host_;
  /// Undefined where the network computes with the buffer itself.
  at::Tensor copy_;
  bool is_stale_ = true;
};

}  // namespace verge
