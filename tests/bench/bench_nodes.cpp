// Measures a round without training over loopback, with devices that are processes of their own:
// seconds per round and the server's peak memory, by the number of devices. The same run also
// measures a bare TCP copy of the same bytes (down and up, no sum) and PyTorch's gloo (broadcast,
// gather, sum), if Debian's python3-torch is installed.
//
//   bench_nodes                                    ResNet18 (11,173,962 floats), 2, 8, 32 devices
//   bench_nodes --network logistic --devices 8,64  10,010 floats

#include <fmt/format.h>
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cstdio>

#include <CLI/CLI.hpp>
#include <barrier>
#include <thread>
#include <vector>

#include "actors/device/device.hpp"
#include "bench/network_choice.hpp"
#include "bench/peak_memory.hpp"
#include "runtime/node/node_system.hpp"
#include "runtime/run/run_actors.hpp"
#include "support/child_process.hpp"
#include "support/idle_trainers.hpp"
#include "support/trained.hpp"

using namespace verge;
using namespace verge::bench;

namespace {

struct measured {
  double seconds_a_round = 0.0;
  std::uint64_t peak = 0;
};

std::vector<std::string> words_of_child(const char* role, const std::string& network,
                                        std::uint32_t number, std::uint16_t port) {
  return {"/proc/self/exe", "--network",         network, role, std::to_string(number),
          "--port",         std::to_string(port)};
}

// -- Verge ----------------------------------------------------------------------------------------

measured time_verge(const network& model, std::uint32_t devices, std::uint32_t rounds,
                    std::uint32_t threads) {
  node_system system{threads, std::nullopt, {}};
  const auto gate = spawn_gate(system.actors());
  const auto port = system.publish(gate, {"127.0.0.1", 0});
  const auto pool = test::spawn_idle_trainers(system.actors(), model.layout(), threads);
  learning_rate_schedule schedule;
  schedule.base = 1e-3;
  run_plan plan{
      1, model, large_batch(1, schedule), {}, test::noise_pictures(model.options().input, 2, 4)};
  plan.rounds = rounds + 1;
  plan.evaluate_every = 0;
  plan.threads = threads;
  plan.nodes.devices = devices;
  malloc_trim(0);  // so that the memory of the last bare copy is not counted
  reset_peak_memory();
  std::vector<std::unique_ptr<test::child_process>> children;
  run_callbacks callbacks;
  callbacks.listeners = {gate};
  run_surroundings surroundings;
  surroundings.on_begun = [&](const run_actors& run) {
    auto setup = std::make_shared<session_setup>();
    setup->coordinator = run.coordinator;
    setup->server = run.server;
    setup->terms.run_id = std::string(run_id_bytes, 'r');
    setup->terms.devices = devices;
    caf::anon_send(gate, open_gate{std::move(setup)});
    for (std::uint32_t i = 0; i < devices; ++i)
      children.push_back(std::make_unique<test::child_process>(
          words_of_child("--device", model.options().name, i, port)));
  };
  measured result;
  double first = 0.0, last = 0.0;
  callbacks.on_round = [&](const round_result& m) {
    last = m.wall.count();
    // The first round waits for every device to join.
    if (m.round.value == 1) first = last;
  };
  if (const auto end = run_until_ended(system.actors(), plan, pool, callbacks, surroundings);
      !end.failure.empty())
    throw run_failure(end.failure);
  result.seconds_a_round = (last - first) / rounds;
  result.peak = peak_memory();
  for (auto& child : children) child->wait();
  caf::anon_send_exit(pool, caf::exit_reason::user_shutdown);
  caf::anon_send(gate, close_gate{});
  return result;
}

/// The process of a device: it joins and answers each round with an update that took no time.
void be_device(const network& model, std::uint32_t number, std::uint16_t port) {
  node_system system{1, std::nullopt, {}};
  const auto gate = system.connect({"127.0.0.1", port});
  if (!gate) return;
  caf::scoped_actor self{system.actors()};
  session_actor session;
  self->request(*gate, caf::infinite,
                seal(hello{protocol_version, fmt::format("bench-{}", number)}))
      .receive([&](const sealed<invitation>&, const session_actor& s) { session = s; },
               [](const caf::error&) {});
  self->request(session, caf::infinite, seal(proof{{}, device_id{number}}))
      .receive([](const sealed<admission>&) {}, [](const caf::error&) {});
  auto host = std::make_shared<device_host>();
  host->run = 1;
  host->layout = model.layout();
  host->manifest_hash = model.layout().hash();
  host->server = exchange_actor{session};
  host->compressors = {spawn_compressor(system.actors(), model.layout())};
  host->trainers = test::spawn_idle_trainers(system.actors(), model.layout(), 1);
  const auto trainers = host->trainers;
  const auto device =
      spawn_device(system.actors(), host, membership_actor{session},
                   local_data::of_device(1, device_id{number},
                                         test::noise_pictures(model.options().input, 2, 4), {}));
  self->wait_for(device);
  caf::anon_send_exit(trainers, caf::exit_reason::user_shutdown);
}

// -- a bare copy ----------------------------------------------------------------------------------

void check(bool went_well, const char* what) {
  if (!went_well) throw std::system_error(errno, std::generic_category(), what);
}

void send_all(int socket, const std::vector<char>& bytes) {
  for (std::size_t done = 0; done < bytes.size();) {
    const auto sent = ::send(socket, bytes.data() + done, bytes.size() - done, 0);
    check(sent > 0, "send");
    done += static_cast<std::size_t>(sent);
  }
}

/// Returns false at the end of the connection.
bool receive_all(int socket, std::vector<char>& bytes) {
  for (std::size_t done = 0; done < bytes.size();) {
    const auto got = ::recv(socket, bytes.data() + done, bytes.size() - done, 0);
    if (got <= 0) return false;
    done += static_cast<std::size_t>(got);
  }
  return true;
}

/// One thread per device sends the model and then receives the update.
double time_tcp(const network& model, std::uint32_t devices, std::uint32_t rounds) {
  const int door = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  check(::bind(door, reinterpret_cast<sockaddr*>(&address), size) == 0, "bind");
  check(::listen(door, static_cast<int>(devices)) == 0, "listen");
  check(::getsockname(door, reinterpret_cast<sockaddr*>(&address), &size) == 0, "getsockname");
  std::vector<std::unique_ptr<test::child_process>> children;
  for (std::uint32_t i = 0; i < devices; ++i)
    children.push_back(std::make_unique<test::child_process>(
        words_of_child("--copier", model.options().name, i, ntohs(address.sin_port))));
  const std::vector<char> down(model.layout().parameter_count() * sizeof(float), 1);
  clock_type::time_point first, last;
  std::uint32_t ended = 0;
  std::barrier round_over{static_cast<std::ptrdiff_t>(devices), [&]() noexcept {
                            last = clock_type::now();
                            if (++ended == 1) first = last;
                          }};
  std::vector<std::thread> threads;
  for (std::uint32_t i = 0; i < devices; ++i)
    threads.emplace_back([&, socket = ::accept(door, nullptr, nullptr)] {
      std::vector<char> up(down.size());
      for (std::uint32_t round = 0; round <= rounds; ++round) {
        send_all(socket, down);
        check(receive_all(socket, up), "recv");
        round_over.arrive_and_wait();
      }
      ::close(socket);
    });
  for (auto& one : threads) one.join();
  for (auto& child : children) child->wait();
  ::close(door);
  return std::chrono::duration<double>(last - first).count() / rounds;
}

void be_copier(const network& model, std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  check(::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0, "connect");
  std::vector<char> bytes(model.layout().parameter_count() * sizeof(float));
  while (receive_all(socket, bytes)) send_all(socket, bytes);
}

// -- gloo -----------------------------------------------------------------------------------------

/// Seconds per round, as gloo_round.py prints them; unset without PyTorch.
std::optional<double> time_gloo(const network& model, std::uint32_t devices, std::uint32_t rounds) {
  test::child_process gloo{
      {"/usr/bin/python3", VERGE_SOURCE_DIR "/tests/bench/gloo_round.py", std::to_string(devices),
       std::to_string(model.layout().parameter_count()), std::to_string(rounds)}};
  if (gloo.wait() != 0) return std::nullopt;
  return std::stod(gloo.output());
}

}  // namespace

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);  // each line at once, also into a file
  tune_process_for_training();
  std::vector<std::uint32_t> devices{2, 8, 32};
  std::uint32_t rounds = 5, threads = 2, number = 0;
  std::uint16_t port = 0;
  bool only_verge = false;
  CLI::App app{"The round without training, across processes"};
  const network_choice choice{app};
  app.add_option("--devices", devices, "Numbers of devices, one run each")->delimiter(',');
  app.add_option("--rounds", rounds, "Rounds timed together");
  app.add_option("--threads", threads, "Threads of the server");
  app.add_flag("--only-verge", only_verge, "Without gloo and the bare copy");
  auto* device = app.add_option("--device", number, "Be this device")->group("");
  auto* copier = app.add_option("--copier", number, "Be the other end of a bare copy")->group("");
  app.add_option("--port", port, "Of the server")->group("");
  CLI11_PARSE(app, argc, argv);
  const auto model = choice.build();
  if (*device) return be_device(model, number, port), 0;
  if (*copier) return be_copier(model, port), 0;
  tune_process_for_serving();
  fmt::print("{}: {} parameters ({:.1f} MB each way and device)\n", choice.name,
             model.layout().parameter_count(), model.layout().parameter_count() * 4 / 1e6);
  fmt::print("{:>8} {:>12} {:>12} {:>12} {:>9} {:>9} {:>15} {:>9}\n", "devices", "Verge ms",
             "gloo ms", "TCP copy ms", "/ gloo", "/ TCP", "server peak MB", "x model");
  const auto or_dash = [](const std::optional<double>& value, double factor) {
    return value ? fmt::format("{:.2f}", *value * factor) : std::string{"-"};
  };
  for (const auto count : devices) {
    const auto verge = time_verge(model, count, rounds, threads);
    std::optional<double> gloo, tcp;
    if (!only_verge) {
      gloo = time_gloo(model, count, rounds);
      tcp = time_tcp(model, count, rounds);
    }
    const auto ratio_to = [&](const std::optional<double>& other) {
      return other ? std::optional{verge.seconds_a_round / *other} : std::nullopt;
    };
    fmt::print("{:>8} {:>12.2f} {:>12} {:>12} {:>9} {:>9} {:>15.0f} {:>9.1f}\n", count,
               verge.seconds_a_round * 1e3, or_dash(gloo, 1e3), or_dash(tcp, 1e3),
               or_dash(ratio_to(gloo), 1.0), or_dash(ratio_to(tcp), 1.0), verge.peak / 1e6,
               verge.peak / (model.layout().parameter_count() * 4.0));
  }
}
