#pragma once

#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <list>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "system/loopback.hpp"
#include "system/message_pipe.hpp"

namespace verge::test {

/// Which messages a relay delays, in either direction, and for how long.
struct message_delays {
  double share = 0.05;
  std::chrono::milliseconds least{50};
  std::chrono::milliseconds most{500};
};

/// A relay between devices and a server on this machine, both without TLS. It passes on whole
/// messages, and delays some of them. Messages behind a delayed one in the same connection wait
/// too, as they would on a link; those of other connections do not. It runs on one thread of its
/// own. Its public functions are thread-safe.
class delaying_relay {
public:
  struct counts {
    std::uint64_t connections = 0;
    std::uint64_t messages = 0;
    std::uint64_t delayed = 0;
    std::uint64_t cut = 0;
    /// Connections that received bytes that are not a message.
    std::uint64_t garbled = 0;

    counts operator+(const counts& other) const {
      return {connections + other.connections, messages + other.messages, delayed + other.delayed,
              cut + other.cut, garbled + other.garbled};
    }
  };

  delaying_relay(int server_port, message_delays delays, std::uint64_t seed)
      : server_port_(server_port), delays_(delays), random_(seed) {
    port_ = bind_on_loopback(listener_);
    // With more connections at once, some would have to try again, which takes a second.
    if (wake_ < 0 || ::listen(listener_, 64) != 0)
      throw std::runtime_error("the relay cannot listen");
    thread_ = std::thread{[this] { run(); }};
  }

  /// Cuts all connections.
  ~delaying_relay() {
    stopping_ = true;
    wake();
    thread_.join();
    ::close(listener_);
    ::close(wake_);
  }

  delaying_relay(const delaying_relay&) = delete;
  delaying_relay& operator=(const delaying_relay&) = delete;

  /// The port at which devices find the server.
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  int port() const { return port_; }

  /// Cuts a connection, chosen at random: both ends lose their link, and messages in flight are
  /// lost. The cut happens soon after the call. Does nothing without a connection.
  void cut_one() {
    ++cuts_asked_;
    wake();
  }

  counts counted() const { return {connections_, messages_, delayed_, cut_, garbled_}; }
  std::size_t open_connections() const { return open_; }

private:
  using clock = message_pipe::clock;

  /// The socket of a device, and the relay's own to the server.
  struct connection {
    connection(int from_device, int to_server)
        : device(from_device),
          server(to_server),
          up(from_device, to_server),
          down(to_server, from_device) {}
    ~connection() {
      ::close(device);
      ::close(server);
    }
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    const int device, server;
    message_pipe up, down;
  };

  // -- sockets -----------------------------------------------------------------------------------

  /// Sends small messages at once, so that only intended delays delay them.
  static void make_ready(int socket) {
    const int yes = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  }

  void accept_one() {
    const int device = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (device < 0) return;
    const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    // It does not wait: on loopback a connection is made at once, or nobody listens.
    if (!connect_on_loopback(server, server_port_)) {
      ::close(server);
      ::close(device);
      return;
    }
    make_ready(server);
    make_ready(device);
    all_.emplace_back(device, server);
    ++connections_;
    open_ = all_.size();
  }

  void wake() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake_, &one, sizeof one);
  }

  // -- the thread --------------------------------------------------------------------------------

  void run() {
    std::vector<pollfd> ready;
    while (!stopping_) {
      ready.assign({{wake_, POLLIN, 0}, {listener_, POLLIN, 0}});
      const auto now = clock::now();
      auto next = clock::time_point::max();
      for (const auto& one : all_) {
        ready.push_back({one.device, events(one.up, one.down, now), 0});
        ready.push_back({one.server, events(one.down, one.up, now), 0});
        next = std::min({next, one.up.next_due(now), one.down.next_due(now)});
      }
      ::poll(ready.data(), ready.size(), milliseconds_until(next, now));
      auto of_connection = ready.begin() + 2;
      for (auto one = all_.begin(); one != all_.end(); of_connection += 2)
        one = move(*one, of_connection[0].revents, of_connection[1].revents) ? std::next(one)
                                                                             : all_.erase(one);
      open_ = all_.size();
      if (ready[0].revents != 0) cut_as_asked();
      if (ready[1].revents != 0) accept_one();
    }
    all_.clear();
    open_ = 0;
  }

  static short events(const message_pipe& from_here, const message_pipe& to_here,
                      clock::time_point now) {
    return static_cast<short>((from_here.can_take() ? POLLIN : 0) |
                              (to_here.has_due(now) ? POLLOUT : 0));
  }

  /// Rounded up, because a message is not due before its time.
  static int milliseconds_until(clock::time_point next, clock::time_point now) {
    if (next == clock::time_point::max()) return -1;
    return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(next - now).count());
  }

  /// Returns false when the connection is over.
  bool move(connection& one, int at_device, int at_server) {
    // poll() reports a broken socket even if it was not asked to.
    constexpr int broken = POLLERR | POLLHUP | POLLNVAL;
    if (((at_device | at_server) & broken) != 0) return false;
    const auto delay = [this] { return delay_of_next(); };
    if ((at_device & POLLIN) != 0 && !one.up.take(delay)) return false;
    if ((at_server & POLLIN) != 0 && !one.down.take(delay)) return false;
    if (one.up.is_garbled() || one.down.is_garbled()) {
      ++garbled_;
      return false;
    }
    const auto now = clock::now();
    if (!one.up.give(now) || !one.down.give(now)) return false;
    return !one.up.has_ended() || !one.down.has_ended();
  }

  clock::duration delay_of_next() {
    ++messages_;
    if (!std::bernoulli_distribution{delays_.share}(random_)) return {};
    ++delayed_;
    std::uniform_int_distribution<std::int64_t> length{delays_.least.count(), delays_.most.count()};
    return std::chrono::milliseconds{length(random_)};
  }

  void cut_as_asked() {
    std::uint64_t ignored;
    [[maybe_unused]] const auto read = ::read(wake_, &ignored, sizeof ignored);
    for (int left = cuts_asked_.exchange(0); left > 0 && !all_.empty(); --left) {
      std::uniform_int_distribution<std::size_t> which{0, all_.size() - 1};
      // Counted before the receiver can see the message.
      ++cut_;
      open_ = all_.size() - 1;
      all_.erase(std::next(all_.begin(), static_cast<std::ptrdiff_t>(which(random_))));
    }
  }

  const int server_port_;
  const message_delays delays_;
  const int listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int wake_ = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  int port_ = 0;
  std::atomic<bool> stopping_ = false;
  std::atomic<int> cuts_asked_ = 0;
  std::atomic<std::uint64_t> connections_ = 0, messages_ = 0, delayed_ = 0, cut_ = 0, garbled_ = 0;
  std::atomic<std::size_t> open_ = 0;
  /// Used only by the thread.
  std::list<connection> all_;
  std::mt19937_64 random_;
  std::thread thread_;
};

}  // namespace verge::test
