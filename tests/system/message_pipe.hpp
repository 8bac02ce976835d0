#pragma once

#include <arpa/inet.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <deque>
#include <string>
#include <utility>

namespace verge::test {

/// One direction of a relayed connection. It passes on messages of BASP, CAF's protocol between
/// nodes: whole, in their order, and none before its time. It does not own its sockets.
///
/// A message is a header of 32 bytes and its payload. Byte 0 of the header is the kind (of 7), and
/// bytes 4 to 7 are the length of the payload, the highest byte first (caf/io/basp/header.hpp, CAF
/// 0.17).
class message_pipe {
public:
  using clock = std::chrono::steady_clock;

  message_pipe(int from, int to) : from_(from), to_(to) {}

  /// While much is held back, the sender must wait, as it would for a slow link.
  bool can_take() const { return !source_ended_ && waiting_bytes_ < most_waiting; }
  bool has_due(clock::time_point now) const {
    return !waiting_.empty() && waiting_.front().due <= now;
  }
  /// The time when a further message will be due; max where none will.
  clock::time_point next_due(clock::time_point now) const {
    if (waiting_.empty() || has_due(now)) return clock::time_point::max();
    return waiting_.front().due;
  }

  /// Reads the available bytes. `delay` returns how long to hold back each message. Returns false
  /// when the link is broken.
  template <class Delay>
  bool take(Delay delay) {
    char buffer[1 << 16];
    const auto got = ::recv(from_, buffer, sizeof buffer, MSG_DONTWAIT);
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    if (got == 0) source_ended_ = true;
    arrived_.append(buffer, static_cast<std::size_t>(got));
    split(delay);
    return true;
  }

  /// Writes due messages while there is room. When the source has ended and everything is written,
  /// ends the other side. Returns false when the link is broken.
  bool give(clock::time_point now) {
    while (has_due(now)) {
      auto& first = waiting_.front();
      const auto sent = ::send(to_, first.bytes.data() + written_, first.bytes.size() - written_,
                               MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent < 0) return errno == EAGAIN || errno == EINTR;
      written_ += static_cast<std::size_t>(sent);
      if (written_ < first.bytes.size()) return true;
      waiting_bytes_ -= first.bytes.size();
      waiting_.pop_front();
      written_ = 0;
    }
    if (source_ended_ && waiting_.empty() && !std::exchange(has_ended_, true))
      ::shutdown(to_, SHUT_WR);
    return true;
  }

  bool has_ended() const { return has_ended_; }
  /// True where received bytes are not a message.
  bool is_garbled() const { return garbled_; }

private:
  struct waiting {
    std::string bytes;
    clock::time_point due;
  };

  static constexpr std::size_t header_size = 32;
  static constexpr std::uint8_t kinds = 7;
  static constexpr std::size_t most_waiting = std::size_t{4} << 20;

  template <class Delay>
  void split(Delay delay) {
    std::size_t begin = 0;
    while (arrived_.size() - begin >= header_size) {
      std::uint32_t payload;
      std::memcpy(&payload, arrived_.data() + begin + 4, sizeof payload);
      garbled_ |= static_cast<std::uint8_t>(arrived_[begin]) >= kinds;
      const auto size = header_size + ntohl(payload);
      if (garbled_ || arrived_.size() - begin < size) break;
      waiting_.push_back({arrived_.substr(begin, size), clock::now() + delay()});
      waiting_bytes_ += size;
      begin += size;
    }
    arrived_.erase(0, begin);
  }

  const int from_, to_;
  std::string arrived_;
  std::deque<waiting> waiting_;
  std::size_t waiting_bytes_ = 0;
  /// Bytes of the first waiting message that are written.
  std::size_t written_ = 0;
  bool source_ended_ = false, has_ended_ = false, garbled_ = false;
};

}  // namespace verge::test
