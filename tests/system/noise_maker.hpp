#pragma once

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <random>
#include <thread>
#include <vector>

namespace verge::test {

/// Opens connections and writes random bytes until it is told to stop.
class noise_maker {
public:
  explicit noise_maker(int port) : thread_([this, port] { make_noise(port); }) {}
  ~noise_maker() {
    stop_ = true;
    thread_.join();
  }

  /// Returns when it has made this number of connections.
  void wait_for(int connections) const {
    for (int made = made_; made < connections; made = made_) made_.wait(made);
  }

private:
  void make_noise(int port) {
    std::mt19937 random{1};
    while (!stop_) {
      const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
      sockaddr_in where{};
      where.sin_family = AF_INET;
      where.sin_port = htons(static_cast<std::uint16_t>(port));
      where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      if (::connect(socket, reinterpret_cast<sockaddr*>(&where), sizeof where) == 0) {
        std::vector<unsigned> bytes(1 + random() % 500);
        for (auto& word : bytes) word = random();
        ::send(socket, bytes.data(), bytes.size() * sizeof bytes[0], MSG_NOSIGNAL);
      }
      std::this_thread::sleep_for(std::chrono::milliseconds{20});
      ::close(socket);
      ++made_;
      made_.notify_all();
    }
  }

  std::atomic<bool> stop_{false};
  std::atomic<int> made_{0};
  std::thread thread_;
};

}  // namespace verge::test
