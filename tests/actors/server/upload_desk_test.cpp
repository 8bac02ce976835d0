#include "actors/server/upload_desk.hpp"

#include <boost/test/unit_test.hpp>
#include <limits>
#include <random>

#include "support/made_updates.hpp"

using namespace verge;
using namespace verge::test;

namespace {

constexpr round_id round_7{7};

/// Four blocks of float64: 1 MiB, 1 MiB, 56 bytes, and 32 bytes of statistics.
struct desk_setup {
  explicit desk_setup(std::uint64_t budget = 1u << 30) : desk({bytes, 4}, budget) { open(); }

  void open(round_id round = round_7) {
    std::vector<asked_device> cohort;
    for (std::uint32_t i = 0; i < 4; ++i) cohort.push_back({device_id{i}, 10 + i, 10 + i, 5});
    desk.open(round, cohort);
  }

  upload_request offer_of(std::uint32_t device) const {
    return {round_7, device_id{device}, 10 + device, 5, 0.5, 4, bytes};
  }

  /// An offer of few bytes, so that budgets are easy to reckon with.
  upload_request small_offer(std::uint32_t device, std::uint64_t size) const {
    auto offer = offer_of(device);
    offer.bytes = size;
    return offer;
  }

  /// Makes the offer. If it is granted or refused later, that is recorded in `answers`.
  upload_desk::verdict make(const upload_request& request) {
    return desk.offer(request, [this, device = request.device](const std::string& why) {
      answers.push_back({device.value, why});
    });
  }

  update_block block_of(std::uint32_t device, std::uint32_t index, std::size_t size = 1) const {
    auto memory = std::make_shared<std::vector<std::byte>>(size);
    return {round_7, device_id{device}, block_index{index}, "none", {memory, *memory}};
  }

  using answer = std::pair<std::uint32_t, std::string>;

  manifest layout = four_block_layout();
  std::uint64_t bytes = (layout.parameter_count() + layout.statistic_count()) * 8;
  upload_desk desk;
  std::vector<answer> answers;
};

/// Checks the reason `text`, and whether the update of the round ends with the refusal.
void check_refused(const upload_desk::verdict& got, const std::string& text, bool ends_update) {
  BOOST_TEST(got.refused_because == text);
  BOOST_TEST(got.ends_update == ends_update);
}

void check_taken(const upload_desk::verdict& got) {
  check_refused(got, "", false);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(upload_desk_test)

// -- one upload -----------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(an_honest_upload_is_granted_kept_and_given_out_whole) {
  desk_setup s;
  check_taken(s.make(s.offer_of(2)));
  BOOST_TEST((s.answers == std::vector<desk_setup::answer>{{2, ""}}));
  std::vector<const std::byte*> memory(4);
  for (const std::uint32_t i : {3u, 0u, 2u, 1u}) {  // any order
    BOOST_TEST(!s.desk.complete(device_id{2}));
    auto block = s.block_of(2, i, 8);
    memory[i] = block.payload.data();
    check_taken(s.desk.take(std::move(block)));
  }
  BOOST_TEST(s.desk.complete(device_id{2}));
  const auto upload = s.desk.remove(device_id{2});
  BOOST_TEST(upload.offer.samples == 12u);
  for (std::size_t i = 0; i < 4; ++i) {
    BOOST_TEST(upload.payloads[i].data() == memory[i]);
    BOOST_TEST(upload.codecs[i] == "none");
  }
  BOOST_TEST(!s.desk.complete(device_id{2}));
}

BOOST_AUTO_TEST_CASE(the_weights_of_the_cohort_are_summed) {
  desk_setup s;
  BOOST_TEST(s.desk.total_weight() == 10u + 11u + 12u + 13u);
  BOOST_TEST(s.desk.asked(device_id{3}).weight == 13u);
  s.open();
  BOOST_TEST(s.desk.total_weight() == 46u);
}

// -- refusals -------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(an_offer_that_does_not_fit_the_work_ends_the_update_with_a_sentence) {
  const auto refused = [](auto change) {
    desk_setup s;
    auto offer = s.offer_of(1);
    change(offer);
    auto got = s.make(offer);
    BOOST_TEST(s.answers.empty());
    // Only the first offer counts, so an honest second one comes too late.
    BOOST_TEST(!s.make(s.offer_of(1)).refused_because.empty());
    return got;
  };
  using offer = upload_request;
  check_refused(refused([](offer& o) { o.samples = 12; }),
                "device 1 offers an update of 12 samples; its work was 11", true);
  check_refused(refused([](offer& o) { o.steps = 4'000'000'000; }),
                "device 1 offers an update of 4000000000 steps; its work was 5", true);
  check_refused(refused([](offer& o) { o.blocks = 3; }),
                "device 1 offers 3 blocks; an update has 4", true);
  check_refused(refused([](offer& o) { ++o.bytes; }),
                "device 1 offers 2097241 bytes; an update has at most 2097240", true);
  for (const double loss :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()})
    check_refused(refused([&](offer& o) { o.loss = loss; }),
                  "device 1 reports a loss that is not a number; training has diverged; a lower "
                  "learning rate may help",
                  true);
}

BOOST_AUTO_TEST_CASE(a_stale_or_foreign_offer_is_refused_and_changes_nothing) {
  desk_setup s;
  auto stale = s.offer_of(1);
  stale.round = round_id{6};
  check_refused(s.make(stale), "device 1 sent an update for round 6; the open round is 7", false);
  check_refused(s.make(s.offer_of(9)), "device 9 was not asked in round 7", false);
  check_taken(s.make(s.offer_of(1)));
  s.desk.close();
  check_refused(s.make(s.offer_of(2)),
                "device 2 sent an update for round 7; the last one closed is 7", false);
}

BOOST_AUTO_TEST_CASE(a_second_offer_is_refused_and_leaves_the_first_alone) {
  desk_setup s;
  check_taken(s.make(s.offer_of(1)));
  check_refused(s.make(s.offer_of(1)), "device 1 has offered its update of round 7 already", false);
  for (std::uint32_t i = 0; i < 4; ++i) check_taken(s.desk.take(s.block_of(1, i)));
  BOOST_TEST(s.desk.complete(device_id{1}));
  s.desk.remove(device_id{1});
  check_refused(s.make(s.offer_of(1)), "device 1 has offered its update of round 7 already", false);
}

BOOST_AUTO_TEST_CASE(a_block_that_no_grant_covers_is_refused_and_changes_nothing) {
  desk_setup s{100};
  check_refused(s.desk.take(s.block_of(1, 0)), "device 1 sent a block without a grant in round 7",
                false);
  check_taken(s.make(s.small_offer(0, 100)));
  check_taken(s.make(s.small_offer(1, 100)));  // waits
  check_refused(s.desk.take(s.block_of(1, 0)), "device 1 sent a block without a grant in round 7",
                false);
  auto stale = s.block_of(0, 0);
  stale.round = round_id{8};
  check_refused(s.desk.take(stale), "device 0 sent an update for round 8; the open round is 7",
                false);
  check_refused(s.desk.take(s.block_of(5, 0)), "device 5 was not asked in round 7", false);
  for (std::uint32_t i = 0; i < 4; ++i) check_taken(s.desk.take(s.block_of(0, i)));
  s.desk.remove(device_id{0});
  check_refused(s.desk.take(s.block_of(0, 3)), "device 0 sent a block without a grant in round 7",
                false);
}

BOOST_AUTO_TEST_CASE(a_block_that_does_not_fit_drops_the_upload_and_gives_its_bytes_back) {
  const auto refused = [](auto make_block) {
    desk_setup s{100};
    check_taken(s.make(s.small_offer(1, 80)));
    check_taken(s.desk.take(s.block_of(1, 2)));
    check_taken(s.make(s.small_offer(0, 80)));
    BOOST_TEST(s.answers.size() == 1u);
    auto got = s.desk.take(make_block(s));
    BOOST_TEST((s.answers == std::vector<desk_setup::answer>{{1, ""}, {0, ""}}));
    check_refused(s.desk.take(s.block_of(1, 0)), "device 1 sent a block without a grant in round 7",
                  false);
    return got;
  };
  check_refused(refused([](desk_setup& s) { return s.block_of(1, 4); }),
                "device 1 sent block 4; an update has 4", true);
  check_refused(refused([](desk_setup& s) { return s.block_of(1, 2); }),
                "device 1 sent block 2 twice", true);
  check_refused(refused([](desk_setup& s) {
                  auto block = s.block_of(1, 0);
                  block.codec.clear();
                  return block;
                }),
                "device 1 sent block 0 without a codec", true);
  check_refused(refused([](desk_setup& s) { return s.block_of(1, 0, 80); }),
                "device 1 sent 81 bytes or more; it offered 80", true);
}

// -- the budget -----------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(offers_wait_for_room_and_are_granted_in_their_order) {
  desk_setup s{100};
  check_taken(s.make(s.small_offer(0, 60)));
  check_taken(s.make(s.small_offer(3, 60)));
  check_taken(s.make(s.small_offer(1, 30)));  // would fit, but device 3 came first
  check_taken(s.make(s.small_offer(2, 20)));
  BOOST_TEST((s.answers == std::vector<desk_setup::answer>{{0, ""}}));
  for (std::uint32_t i = 0; i < 4; ++i) check_taken(s.desk.take(s.block_of(0, i)));
  s.desk.remove(device_id{0});
  BOOST_TEST(s.answers.size() == 1u);  // still in memory
  s.desk.release(60);
  BOOST_TEST((s.answers == std::vector<desk_setup::answer>{{0, ""}, {3, ""}, {1, ""}}));
  for (std::uint32_t i = 0; i < 4; ++i) check_taken(s.desk.take(s.block_of(1, i)));
  s.desk.remove(device_id{1});
  s.desk.release(30);
  BOOST_TEST((s.answers.back() == desk_setup::answer{2, ""}));
}

BOOST_AUTO_TEST_CASE(an_update_larger_than_the_budget_goes_alone) {
  desk_setup s{10};
  check_taken(s.make(s.offer_of(0)));
  BOOST_TEST(s.answers.size() == 1u);
  check_taken(s.make(s.small_offer(1, 1)));
  BOOST_TEST(s.answers.size() == 1u);
  for (std::uint32_t i = 0; i < 4; ++i) check_taken(s.desk.take(s.block_of(0, i)));
  s.desk.remove(device_id{0});
  s.desk.release(s.bytes);
  BOOST_TEST(s.answers.size() == 2u);
}

BOOST_AUTO_TEST_CASE(updates_of_more_than_4_gib_are_counted_whole) {
  constexpr std::uint64_t gib = std::uint64_t{1} << 30;
  upload_desk desk{{5 * gib, 4}, 8 * gib};
  desk.open(round_7, {{device_id{0}, 10, 10, 5}, {device_id{1}, 10, 10, 5}});
  int granted = 0;
  const auto offer = [&](std::uint32_t device) {
    check_taken(desk.offer({round_7, device_id{device}, 10, 5, 0.5, 4, 5 * gib},
                           [&](const std::string& why) { granted += why.empty() ? 1 : 0; }));
  };
  offer(0);
  offer(1);
  BOOST_TEST(granted == 1);
  desk.forget(device_id{0});
  BOOST_TEST(granted == 2);
}

BOOST_AUTO_TEST_CASE(what_a_lost_connection_was_sending_is_forgotten_and_may_be_offered_again) {
  desk_setup s{100};
  check_taken(s.make(s.small_offer(0, 80)));
  check_taken(s.desk.take(s.block_of(0, 0)));
  check_taken(s.make(s.small_offer(1, 60)));  // waits
  s.desk.forget(device_id{0});
  BOOST_TEST((s.answers.back() == desk_setup::answer{1, ""}));
  check_taken(s.make(s.small_offer(0, 40)));
  BOOST_TEST((s.answers.back() == desk_setup::answer{0, ""}));
  for (std::uint32_t i = 0; i < 4; ++i) check_taken(s.desk.take(s.block_of(0, i)));
  BOOST_TEST(s.desk.complete(device_id{0}));
}

BOOST_AUTO_TEST_CASE(an_offer_that_waits_is_forgotten_with_a_sentence) {
  desk_setup s{100};
  check_taken(s.make(s.small_offer(0, 80)));
  check_taken(s.make(s.small_offer(1, 60)));
  s.desk.forget(device_id{1});
  BOOST_TEST((s.answers.back() ==
              desk_setup::answer{1, "device 1: the connection that made the offer has ended"}));
  check_taken(s.make(s.small_offer(1, 20)));
  BOOST_TEST((s.answers.back() == desk_setup::answer{1, ""}));
}

BOOST_AUTO_TEST_CASE(what_is_complete_is_not_forgotten) {
  desk_setup s;
  check_taken(s.make(s.small_offer(0, 80)));
  for (std::uint32_t i = 0; i < 4; ++i) check_taken(s.desk.take(s.block_of(0, i)));
  s.desk.remove(device_id{0});
  s.desk.forget(device_id{0});
  BOOST_TEST(s.make(s.small_offer(0, 80)).refused_because ==
             "device 0 has offered its update of round 7 already");
}

BOOST_AUTO_TEST_CASE(closing_answers_who_waits_and_drops_what_is_incomplete) {
  desk_setup s{100};
  check_taken(s.make(s.small_offer(0, 80)));
  check_taken(s.make(s.small_offer(1, 80)));
  check_taken(s.make(s.small_offer(2, 10)));
  auto block = s.block_of(0, 0);
  const std::weak_ptr<const void> memory = block.payload.owner();
  check_taken(s.desk.take(std::move(block)));
  s.desk.close();
  BOOST_TEST(memory.expired());
  BOOST_TEST(
      (s.answers == std::vector<desk_setup::answer>{
                        {0, ""},
                        {1, "device 1: round 7 was closed before there was room for its update"},
                        {2, "device 2: round 7 was closed before there was room for its update"}}));
  // The whole budget is free again, and every device may offer again.
  s.open();
  s.answers.clear();
  check_taken(s.make(s.small_offer(1, 90)));
  check_taken(s.make(s.small_offer(2, 10)));
  BOOST_TEST(s.answers.size() == 2u);
}

BOOST_AUTO_TEST_CASE(bytes_of_a_closed_round_that_are_still_in_memory_stay_on_the_budget) {
  desk_setup s{100};
  check_taken(s.make(s.small_offer(0, 80)));
  for (std::uint32_t i = 0; i < 4; ++i) check_taken(s.desk.take(s.block_of(0, i)));
  s.desk.remove(device_id{0});
  s.desk.close();
  s.open();
  check_taken(s.make(s.small_offer(1, 80)));
  BOOST_TEST(s.answers.size() == 1u);
  s.desk.release(80);
  BOOST_TEST(s.answers.size() == 2u);
}

BOOST_AUTO_TEST_CASE(in_any_order_of_offers_blocks_and_releases_the_budget_holds) {
  constexpr std::uint64_t budget = 100;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    std::mt19937_64 random{seed};
    const auto below = [&](std::uint32_t bound) {
      return std::uniform_int_distribution<std::uint32_t>{0, bound - 1}(random);
    };
    desk_setup s{budget};
    std::map<std::uint32_t, std::uint64_t> offered, granted, in_memory;
    const auto hear = [&] {
      for (const auto& [device, why] : std::exchange(s.answers, {})) {
        BOOST_TEST(why == "");
        granted[device] = offered.at(device);
      }
      std::uint64_t in_flight = 0;
      for (const auto& [device, bytes] : granted) in_flight += bytes;
      for (const auto& [device, bytes] : in_memory) in_flight += bytes;
      BOOST_TEST((in_flight <= budget || granted.size() + in_memory.size() == 1));
    };
    for (int event = 0; event < 300; ++event) {
      const auto device = below(4);
      switch (below(4)) {
        case 0: {
          const auto bytes = 4 + below(120);
          if (offered.emplace(device, bytes).second)
            check_taken(s.make(s.small_offer(device, bytes)));
          break;
        }
        case 1: {
          const bool mine = granted.count(device) > 0;
          if (s.desk.take(s.block_of(device, below(5))).ends_update) {
            BOOST_TEST(mine);
            granted.erase(device);
          }
          break;
        }
        case 2:
          if (!s.desk.complete(device_id{device})) break;
          BOOST_TEST(s.desk.remove(device_id{device}).offer.bytes == granted.at(device));
          in_memory.insert(granted.extract(device));
          break;
        default:
          if (const auto done = in_memory.extract(device)) s.desk.release(done.mapped());
      }
      hear();
    }
    // No offer waits while there is room: once all memory is released, every offer has been
    // granted.
    while (!granted.empty() || !in_memory.empty()) {
      while (!in_memory.empty()) {
        s.desk.release(in_memory.begin()->second);
        in_memory.erase(in_memory.begin());
      }
      hear();
      while (!granted.empty()) {
        BOOST_TEST(s.desk.take(s.block_of(granted.begin()->first, 9)).ends_update);
        granted.erase(granted.begin());
        hear();
      }
    }
    s.desk.close();
    BOOST_TEST(s.answers.empty());
  }
}

BOOST_AUTO_TEST_SUITE_END()
