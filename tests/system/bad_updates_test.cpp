// A device with a good certificate joins as it should and answers its rounds badly, over real
// sockets with mutual TLS. Each bad message is refused with a reason in the log. The run ends on
// the bits of a run in which the same device sends, round by round, only the updates that were
// accepted here.
//
// There are four devices: two train, and two are played here. One of these two is the bad one. The
// other one answers when the bad one has finished its round, so that the round stays open until
// then.

#include <fmt/format.h>

#include <set>
#include <sstream>

#include "system/bad_updates.hpp"
#include "verge/model/network.hpp"

using namespace verge;
using namespace verge::test;

namespace {

constexpr std::uint32_t bad_number = 3;
constexpr std::uint32_t last_number = 2;
constexpr std::uint64_t shard_samples = 150;

struct ended_run {
  std::string hash;
  std::vector<nlohmann::json> ledger;
  /// Reasons in the log for the refusals of the bad device.
  std::set<std::string> refused;
  /// Lines of the log that say that it gave up a round.
  int given_up = 0;
};

void read_log(const std::string& log, ended_run& into) {
  std::istringstream lines{log};
  for (std::string line; std::getline(lines, line);) {
    const auto event = nlohmann::json::parse(line);
    if (event["event"] == "refused" && event["device"] == bad_number)
      into.refused.insert(event["reason"]);
    if (event["event"] == "gave_up") ++into.given_up;
  }
}

struct bad_run {
  bad_run(const std::string& codec, scalar type, const std::vector<std::string>& overrides)
      : codec_(codec), overrides_(overrides) {
    network_options options;
    options.name = "mlp";
    options.type = type;
    options.input = {1, 28, 28};
    layout = network::build(options).layout();
  }

  /// The bad device's actions in its rounds; with `honest`, only the updates that are accepted.
  ended_run play(const std::vector<attack>& attacks, bool honest) {
    auto words = place_.server_words();
    for (const auto& each : overrides_) words.insert(words.end(), {"--set", each});
    words.insert(words.end(), {"--set", fmt::format("arm.bad.rounds={}", attacks.size())});
    server_process server{place_, "bad", words};
    std::vector<std::unique_ptr<logged_process>> devices;
    for (int k = 1; k <= 2; ++k) devices.push_back(place_.start_till(server.address(), k));
    play_rounds({place_, server.port(), layout, codec_, shard_samples}, attacks, honest);
    ended_run end;
    end.hash = server.finished_hash();
    end.ledger = server.ledger();
    read_log(server.process().error(), end);
    for (auto& one : devices) BOOST_TEST(one->wait() == 0, one->error());
    return end;
  }

  void check(const std::vector<attack>& attacks) {
    const auto bad = play(attacks, false);
    BOOST_REQUIRE_EQUAL(bad.ledger.size(), attacks.size());
    for (std::size_t i = 0; i < attacks.size(); ++i) {
      BOOST_TEST_CONTEXT(attacks[i].name) {
        const bool is_used = attacks[i].fate == update_fate::used;
        BOOST_TEST(bad.ledger[i]["used"] == (is_used ? 4 : 3));
        BOOST_TEST(bad.ledger[i]["refused"] == (is_used ? 0 : 1));
        for (const auto& reason : reasons_[i])
          BOOST_TEST(bad.refused.count(reason) == 1u, "not in the log: " << reason);
      }
    }
    // Many repetitions do not fill the log.
    BOOST_TEST(bad.given_up <= 1);
    const auto good = play(attacks, true);
    BOOST_TEST(bad.hash == good.hash);
    BOOST_TEST(good.refused.empty());
  }

  manifest layout;

private:
  void play_rounds(const played_member::run& run, const std::vector<attack>& attacks, bool honest) {
    played_member last{run, last_number};
    played_member self{run, bad_number};
    for (const auto& one : attacks) {
      BOOST_TEST_CONTEXT(one.name) {
        const auto order = last.link().next_order();
        play_round(self, one, honest);
        BOOST_REQUIRE_EQUAL(last.send(last.honest_upload(order)), "");
        const auto outcome = self.link().outcome_of(order.round);
        const auto fate = honest && one.fate != update_fate::used ? update_fate::lost : one.fate;
        BOOST_TEST((outcome.fate == fate), outcome.reason);
        if (!honest && fate == update_fate::refused)
          BOOST_TEST(outcome.reason == reasons_.back().front());
      }
    }
    BOOST_TEST(last.link().end_of_run().failure == "");
    BOOST_TEST(self.link().end_of_run().failure == "");
  }

  void play_round(played_member& self, const attack& one, bool honest) {
    // The log gives the first refusals of each connection.
    if (!honest) self.come_back();
    const auto order = self.link().next_order();
    const auto made = self.honest_upload(order);
    if (!honest) {
      reasons_.push_back(one.play(self, made));
    } else if (one.fate == update_fate::used) {
      BOOST_TEST(self.send(made) == "");
    } else {
      self.give_up(order.round, "it has nothing to send");
    }
  }

  struct place : guarded_place {
    place() {
      // Rounds count without the bad device; the rest of them is left to the runs.
      add_arm("bad", "strategy = \"large_batch\"\nquorum = 0.5\nevaluate_every = 1000\nrounds = 1");
    }
  };

  std::string codec_;
  std::vector<std::string> overrides_;
  place place_;
  std::vector<std::vector<std::string>> reasons_;
};

std::vector<attack> together(std::initializer_list<std::vector<attack>> parts) {
  std::vector<attack> all;
  for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(bad_updates_test)

BOOST_AUTO_TEST_CASE(bad_updates_are_refused_and_the_run_is_the_one_without_them) {
  // The model is of float64, so that an update has two blocks.
  bad_run run{codec_none, scalar::float64, {"model.dtype=float64"}};
  BOOST_REQUIRE_EQUAL(run.layout.block_count(), 2u);
  run.check(together({bad_offers(run.layout), bad_values(run.layout), bad_blocks(run.layout),
                      words_out_of_place()}));
}

BOOST_AUTO_TEST_CASE(bad_encodings_are_refused_and_the_run_is_the_one_without_them) {
  const std::string codec = "topk(0.01)+zstd";
  bad_run run{codec, scalar::float32, {"arm.bad.codec_up=" + codec}};
  run.check(bad_encodings(run.layout, codec));
}

BOOST_AUTO_TEST_SUITE_END()
