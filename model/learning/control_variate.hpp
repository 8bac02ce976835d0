#pragma once

#include "verge/messages/local_work.hpp"
#include "verge/model/flat_buffer.hpp"

namespace verge {

// SCAFFOLD's arithmetic on a device (Karimireddy et al. 2020, arXiv 1910.06378, algorithm 1, option II). A model that shares
// control variates has two halves: the parameters, and the server's control variate c. An update has the same: a
// displacement, and the change of the device's own control variate c_k.

/// c - c_k, which is added to each gradient of the device, into `correction`, half as long as `model`. `own`: c_k; empty
/// while it is 0.
void write_correction(const flat_buffer& model, const flat_buffer& own, flat_buffer& correction);

/// The second half of `update` from its first, a displacement d by K = `steps` steps of the rate eta of `work`:
///     c_k+ - c_k = -c - d / (K eta)
/// 0 at a rate of 0, where d says nothing of the gradient.
void write_control_change(const flat_buffer& model, const local_work& work, std::uint32_t steps,
                          flat_buffer& update);

/// c_k+: `own` and the second half of `update`.
flat_buffer changed_control(const flat_buffer& own, const flat_buffer& update);

}  // namespace verge
