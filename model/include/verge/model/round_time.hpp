#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <span>

namespace verge {

/// Modelled time.
using virtual_seconds = std::chrono::duration<double>;

/// A rate, in bits per second, at which a transfer takes no time.
inline constexpr double no_rate_limit = std::numeric_limits<double>::infinity();

/// Latencies that a device pays for messages that wait for each other: before it has the model, and
/// before its update has arrived.
inline constexpr double latencies_down = 3.0;
inline constexpr double latencies_up = 3.0;
inline constexpr double latencies_a_round = latencies_down + latencies_up;

/// One device in one round: its link, the bytes that it moved, and its compute time.
struct link_load {
  /// Rates of the device's own link, in bits per second.
  double down = no_rate_limit;
  double up = no_rate_limit;
  /// One way, from the device to the server or back.
  virtual_seconds latency{};
  /// Encoded messages, framing included.
  std::uint64_t bytes_down = 0;
  std::uint64_t bytes_up = 0;
  virtual_seconds compute{};
};

/// Rates of the server's own link, in bits per second. The devices share it.
struct server_link {
  double out = no_rate_limit;
  double in = no_rate_limit;
};

/// How long a synchronous round takes, until the last upload has arrived.
///
/// Device i hears of the round and downloads D_i bytes, computes for t_i, then offers and uploads
/// U_i bytes:
///
///     T = max_i ( 3 L_i + d_i + t_i + 3 L_i + u_i ),    d_i = 8 D_i / down_i,  u_i = 8 U_i / up_i
///
/// The three latencies each way are those of Verge's messages that wait for each other: open_round,
/// model_request, model_block; upload_request, upload_grant, update_block. Where the server's link
/// is the bottleneck, the devices that use it at a moment get max-min fair shares of it (Bertsekas
/// and Gallager, Data Networks, 1992, section 6.5.2), which makes d_i and u_i longer.
///
/// The model leaves out losses, slow start, headers of TCP (3 to 5 % of dense traffic) and the
/// server's own computation. It also ignores that blocks already move while others are being
/// encoded.
virtual_seconds round_time(std::span<const link_load> devices, const server_link& server);

}  // namespace verge
