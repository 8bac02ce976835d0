#pragma once

#include <zlib.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "support/child_process.hpp"
#include "support/temporary_directory.hpp"
#include "system/loopback.hpp"

namespace verge::test {

/// `count` records of a packaged idx file, after `skip` others, as a file of their own.
inline void cut_idx(const std::string& from, const std::filesystem::path& to, std::uint32_t count,
                    std::size_t record_bytes, std::size_t dimensions, std::size_t skip = 0) {
  gzFile in = gzopen(("/usr/share/datasets/fashion-mnist/" + from + ".gz").c_str(), "rb");
  BOOST_REQUIRE(in != nullptr);
  const std::size_t head = 4 + 4 * dimensions;
  std::string bytes(head + (skip + count) * record_bytes, '\0');
  BOOST_REQUIRE(gzread(in, bytes.data(), static_cast<unsigned>(bytes.size())) ==
                static_cast<int>(bytes.size()));
  gzclose(in);
  bytes.erase(head, skip * record_bytes);
  for (int i = 0; i < 4; ++i) bytes[4 + i] = static_cast<char>(count >> (24 - 8 * i));
  std::ofstream{to / from, std::ios::binary} << bytes;
}

/// A folder with 600 real training pictures, 100 for tests, and an experiment of four devices with
/// the arms that a test adds.
class node_workplace {
public:
  node_workplace() {
    write_data(data(), 600);
    write(R"(name = "nodes"
seed = 5
threads = 2
[data]
name = "fashion-mnist"
path = "data"
[model]
name = "mlp"
[devices]
count = 4
)");
  }

  /// Replaces the training and test pictures by `count` pictures of `side` x `side`, labels in
  /// turn.
  void use_small_pictures(std::uint32_t count, std::uint32_t side) const {
    const auto word = [](std::uint32_t value) {
      std::string bytes;
      for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift);
      return bytes;
    };
    std::string pictures = word(0x803) + word(count) + word(side) + word(side);
    std::string labels = word(0x801) + word(count);
    for (std::uint32_t i = 0; i < count; ++i) {
      for (std::uint32_t at = 0; at < side * side; ++at)
        pictures += static_cast<char>(37 * i + 11 * at);
      labels += static_cast<char>(i % 10);
    }
    for (const std::string half : {"train", "t10k"}) {
      std::ofstream{data() / (half + "-images-idx3-ubyte"), std::ios::binary} << pictures;
      std::ofstream{data() / (half + "-labels-idx1-ubyte"), std::ios::binary} << labels;
    }
  }

  void add_arm(const std::string& name, const std::string& keys) {
    write("[[arm]]\nname = \"" + name + "\"\nlearning_rate = 0.1\nbatch_size = 8\n" + keys + "\n");
  }

  /// A data set with `count` of the training pictures, after `skip` others.
  static void write_data(const std::filesystem::path& to, std::uint32_t count,
                         std::size_t skip = 0) {
    std::filesystem::create_directories(to);
    cut_idx("train-images-idx3-ubyte", to, count, 28 * 28, 3, skip);
    cut_idx("train-labels-idx1-ubyte", to, count, 1, 1, skip);
    cut_idx("t10k-images-idx3-ubyte", to, 100, 28 * 28, 3);
    cut_idx("t10k-labels-idx1-ubyte", to, 100, 1, 1);
  }

  std::filesystem::path path() const { return directory_.path(); }
  std::filesystem::path data() const { return path() / "data"; }
  std::string experiment() const { return (path() / "experiment.toml").string(); }

private:
  void write(const std::string& text) {
    std::ofstream{path() / "experiment.toml", std::ios::app} << text;
  }

  temporary_directory directory_;
};

/// A `verge` process whose log goes to a file, because it may be longer than a pipe holds.
class logged_process {
public:
  logged_process(std::vector<std::string> words, std::filesystem::path log,
                 const std::string& kill_at)
      : log_(std::move(log)), process_(command(std::move(words), log_, kill_at)) {}

  /// Waits until the log contains `text`. Returns false when the process ends before.
  bool wait_for_error_text(const std::string& text) {
    for (bool ended = false;; std::this_thread::sleep_for(std::chrono::milliseconds{5})) {
      if (error().find(text) != std::string::npos) return true;
      if (ended) return false;
      ended = process_.has_ended();
    }
  }

  bool has_ended() const { return process_.has_ended(); }
  void signal(int number) { process_.signal(number); }
  pid_t pid() const { return process_.pid(); }
  int wait() { return process_.wait(); }
  const std::string& output() const { return process_.output(); }
  std::string error() const {
    std::ifstream in{log_};
    return {std::istreambuf_iterator<char>{in}, {}};
  }
  const std::filesystem::path& log() const { return log_; }

private:
  static std::vector<std::string> command(std::vector<std::string> words,
                                          const std::filesystem::path& log,
                                          const std::string& kill_at) {
    std::vector<std::string> all{"/bin/sh", "-c", "log=$0; exec \"$@\" 2> \"$log\"", log.string()};
    if (!kill_at.empty()) {
      all.push_back("/usr/bin/env");
      all.push_back("VERGE_KILL_AT=" + kill_at);
    }
    all.push_back(VERGE_COMMAND);
    all.insert(all.end(), words.begin(), words.end());
    return all;
  }

  std::filesystem::path log_;
  child_process process_;
};

/// Starts a process, whose log is kept until the test program ends. `kill_at`: the step and its
/// count ("asked:2") at which the process is killed; empty = none.
inline std::unique_ptr<logged_process> start(const std::vector<std::string>& words,
                                             const std::string& kill_at = {}) {
  static const temporary_directory logs;
  static int number = 0;
  return std::make_unique<logged_process>(words, logs.path() / (std::to_string(++number) + ".log"),
                                          kill_at);
}

/// A port where nobody listens now, and probably not in the next moment.
inline int free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  const int port = bind_on_loopback(socket);
  ::close(socket);
  return port;
}

/// A `verge server` whose log is JSON.
class server_process {
public:
  server_process(const node_workplace& place, const std::string& arm,
                 std::vector<std::string> more = {}, const std::string& listen = "127.0.0.1:0")
      : out_(place.path() / ("out-" + arm)) {
    std::vector<std::string> words{
        "server", place.experiment(), "--arm",        arm,    "--listen", listen,
        "--out",  out_.string(),      "--log-format", "json", "--force"};
    words.insert(words.end(), more.begin(), more.end());
    process_ = start(words);
    BOOST_REQUIRE(process_->wait_for_error_text("\"event\":\"listening\""));
    BOOST_REQUIRE(process_->wait_for_error_text("\n"));
    const auto log = process_->error();
    port_ = nlohmann::json::parse(log.substr(0, log.find('\n')))["port"];
  }

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  int port() const { return port_; }
  logged_process& process() { return *process_; }
  void wait_for(const std::string& text) { BOOST_REQUIRE(process_->wait_for_error_text(text)); }

  /// Waits until it ends well, and returns the model's hash.
  std::string finished_hash() {
    const int status = process_->wait();
    BOOST_REQUIRE_MESSAGE(status == 0, process_->error());
    return summary()["model_sha256"];
  }
  nlohmann::json summary() const {
    return nlohmann::json::parse(std::ifstream{out_ / "summary.json"})["arms"][0];
  }
  std::vector<nlohmann::json> ledger() const {
    std::vector<nlohmann::json> lines;
    std::ifstream in{out_ / "ledger.jsonl"};
    for (std::string line; std::getline(in, line);) lines.push_back(nlohmann::json::parse(line));
    return lines;
  }

private:
  std::filesystem::path out_;
  std::unique_ptr<logged_process> process_;
  int port_ = 0;
};

inline std::unique_ptr<logged_process> start_device(const node_workplace& place,
                                                    const std::string& address, int number,
                                                    std::vector<std::string> more = {}) {
  std::vector<std::string> words{"device",
                                 "--server",
                                 address,
                                 "--shard",
                                 std::to_string(number) + "/4",
                                 "--data-dir",
                                 place.data().string(),
                                 "--log-format",
                                 "json"};
  words.insert(words.end(), more.begin(), more.end());
  return start(words);
}

inline std::vector<std::unique_ptr<logged_process>> start_devices(
    const node_workplace& place, const std::string& address,
    const std::function<std::vector<std::string>(int)>& more = {}) {
  std::vector<std::unique_ptr<logged_process>> devices;
  for (int k = 1; k <= 4; ++k)
    devices.push_back(start_device(place, address, k, more ? more(k) : std::vector<std::string>{}));
  return devices;
}

}  // namespace verge::test
