#pragma once

#include "verge/messages/local_work.hpp"
#include "verge/model/flat_buffer.hpp"

namespace verge {

// SCAFFOLD's arithmetic on a device (Karimireddy et al. 2020, arXiv 1910.06378, algorithm 1, option
// II). A model that shares control variates has two halves: the parameters, and the server's
// control variate c. An update has two halves as well: a displacement, and the change of the
// device's own control variate c_k.

/// Writes c - c_k, which is added to each gradient of the device, into `correction`, which is half
/// as long as `model`. `own` is c_k; empty = 0.
void write_correction(const flat_buffer& model, const flat_buffer& own, flat_buffer& correction);

/// Writes the second half of `update` from its first half, a displacement d of K = `steps` steps at
/// the rate eta of `work`:
///     c_k+ - c_k = -c - d / (K eta)
/// The change is 0 at a rate of 0, where d says nothing of the gradient.
void write_control_change(const flat_buffer& model, const local_work& work, std::uint32_t steps,
                          flat_buffer& update);

/// c_k+: the sum of `own` and the second half of `update`.
flat_buffer changed_control(const flat_buffer& own, const flat_buffer& update);

}  // namespace verge
