#pragma once

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "system/node_processes.hpp"

namespace verge::test {

/// Device processes. At random, some are ended by SIGTERM or SIGKILL, and others are started, with
/// the state that their name has on the disk. The first one is started once and stays.
class device_churn {
public:
  struct counts {
    int started = 0;
    int stopped = 0;
    int killed = 0;
  };

  /// The address of the server for each device.
  device_churn(const node_workplace& place, std::vector<std::string> addresses, std::uint64_t seed)
      : place_(place),
        addresses_(std::move(addresses)),
        devices_(addresses_.size()),
        random_(seed) {
    bring_all_back();
  }

  /// Starts one device if it is not there; else may end it.
  void disturb_one() {
    reap();
    const auto k = std::uniform_int_distribution<std::size_t>{1, devices_.size() - 1}(random_);
    auto& one = devices_[k];
    if (!one.process) return start(k);
    // On average two of three devices are there.
    if (one.asked_to_end || flip()) return;
    const bool is_killed = flip();
    ++(is_killed ? counts_.killed : counts_.stopped);
    one.asked_to_end = is_killed ? SIGKILL : SIGTERM;
    one.process->signal(one.asked_to_end);
  }

  /// Starts the devices that are not there, or that were told to end.
  void bring_all_back() {
    for (std::size_t k = 0; k < devices_.size(); ++k) {
      if (devices_[k].asked_to_end) see_off(devices_[k]);
      if (!devices_[k].process) start(k);
    }
  }

  /// Checks that all devices end well after the end of the run.
  void see_all_off() {
    for (auto& one : devices_)
      if (one.process) see_off(one);
  }

  logged_process& first() { return *devices_[0].process; }
  const counts& counted() const { return counts_; }

private:
  struct device {
    std::unique_ptr<logged_process> process;
    /// The signal that was sent to end it; 0 = none.
    int asked_to_end = 0;
  };

  bool flip() { return std::bernoulli_distribution{}(random_); }

  void start(std::size_t k) {
    const auto shard = std::to_string(k + 1) + "/" + std::to_string(devices_.size());
    devices_[k].process = test::start({"device", "--server", addresses_[k], "--shard", shard,
                                       "--data-dir", place_.data().string(), "--state",
                                       (place_.path() / "state").string(), "--log-format", "json"});
    ++counts_.started;
  }

  void reap() {
    for (auto& one : devices_)
      if (one.process && one.process->has_ended()) see_off(one);
  }

  void see_off(device& one) {
    const int status = one.process->wait();
    const bool is_good = one.asked_to_end == SIGKILL ? status == 128 + SIGKILL
                         // It may not have installed its signal handler yet.
                         : one.asked_to_end == SIGTERM ? status == 0 || status == 128 + SIGTERM
                                                       : status == 0;
    BOOST_TEST(is_good, "a device has ended with " << status << ":\n" << one.process->error());
    one = {};
  }

  const node_workplace& place_;
  const std::vector<std::string> addresses_;
  std::vector<device> devices_;
  std::mt19937_64 random_;
  counts counts_;
};

}  // namespace verge::test
