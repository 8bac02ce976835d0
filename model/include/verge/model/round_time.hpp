#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <span>

namespace verge {

/// Modelled time.
using virtual_seconds = std::chrono::duration<double>;

/// A rate, in bits a second, at which everything moves at once.
inline constexpr double no_rate_limit = std::numeric_limits<double>::infinity();

/// Messages of a device that wait for each other, so each costs a latency: before it has the model, and before its
/// update has arrived.
inline constexpr double latencies_down = 3.0;
inline constexpr double latencies_up = 3.0;
inline constexpr double latencies_a_round = latencies_down + latencies_up;

/// A device in a round: its link, what it moved over it, and how long it computed.
struct link_load {
  /// Of the device's own link, bits a second.
  double down = no_rate_limit;
  double up = no_rate_limit;
  /// From the device to the server or back.
  virtual_seconds latency{};
  /// Encoded messages, framing included.
  std::uint64_t bytes_down = 0;
  std::uint64_t bytes_up = 0;
  virtual_seconds compute{};
};

/// The server's own link, bits a second, which its devices share.
struct server_link {
  double out = no_rate_limit;
  double in = no_rate_limit;
};

/// How long a synchronous round takes: until the last upload has arrived.
///
/// Device i hears of the round and downloads D_i bytes, computes for t_i, then offers and uploads U_i bytes:
///
///     T = max_i ( 3 L_i + d_i + t_i + 3 L_i + u_i ),    d_i = 8 D_i / down_i,  u_i = 8 U_i / up_i
///
/// Three latencies each way are those of Verge's messages that wait for each other: open_round, model_request,
/// model_block; upload_request, upload_grant, update_block. Where the server's link is the narrower one, those who
/// share it at a moment get max-min fair shares of it (Bertsekas and Gallager, Data Networks, 1992, section 6.5.2),
/// which makes d_i and u_i longer.
///
/// Left out: losses, slow start, headers of TCP (3 to 5 % of dense traffic), the server's own computation, and that
/// blocks already move while others are being encoded.
virtual_seconds round_time(std::span<const link_load> devices, const server_link& server);

}  // namespace verge
