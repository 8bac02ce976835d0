#include "actors/server/download_desk.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <random>

#include "messages/round_messages.hpp"

using namespace verge;

namespace {

/// Records the answers to devices: "1" for a block that device 1 got, "2: why" for a refusal.
struct asking {
  explicit asking(std::uint32_t most_at_once) : desk(most_at_once) {}

  void ask(std::uint32_t device) {
    desk.ask(device_id{device}, blocks, [this, device](const std::string& why) {
      answers.push_back(std::to_string(device) + (why.empty() ? "" : ": " + why));
    });
  }
  void leave(std::uint32_t device) { desk.leave(device_id{device}); }

  std::vector<std::string> take_answers() { return std::exchange(answers, {}); }

  download_desk desk;
  std::uint32_t blocks = 100;
  std::vector<std::string> answers;
};

using list = std::vector<std::string>;

}  // namespace

BOOST_AUTO_TEST_SUITE(download_desk_test)

BOOST_AUTO_TEST_CASE(as_many_download_as_there_is_room_for_and_the_others_in_their_order) {
  asking a{2};
  for (const std::uint32_t device : {3u, 1u, 2u, 1u, 0u, 2u, 3u}) a.ask(device);
  BOOST_TEST((a.take_answers() == list{"3", "1", "1", "3"}));
  a.leave(1);
  BOOST_TEST((a.take_answers() == list{"2", "2"}));
  a.ask(2);
  BOOST_TEST((a.take_answers() == list{"2"}));
  a.leave(3);
  BOOST_TEST((a.take_answers() == list{"0"}));
  a.leave(0);
  a.leave(2);
  BOOST_TEST(a.take_answers().empty());
}

BOOST_AUTO_TEST_CASE(a_device_that_has_left_may_come_again_and_waits_like_all) {
  asking a{1};
  a.ask(0);
  a.ask(1);
  a.leave(0);
  a.ask(0);
  BOOST_TEST((a.take_answers() == list{"0", "1"}));
  a.leave(1);
  BOOST_TEST((a.take_answers() == list{"0"}));
}

BOOST_AUTO_TEST_CASE(who_leaves_while_it_waits_is_passed_over) {
  asking a{1};
  for (const std::uint32_t device : {0u, 1u, 2u}) a.ask(device);
  a.leave(1);
  BOOST_TEST((a.take_answers() == list{"0", "1: device 1 has given up its download"}));
  a.leave(7);  // a device that has not asked
  a.leave(0);
  BOOST_TEST((a.take_answers() == list{"2"}));
}

BOOST_AUTO_TEST_CASE(what_one_device_may_have_waiting_is_bounded) {
  asking a{1};
  a.ask(0);
  for (std::uint32_t i = 0; i < most_blocks_asked_for; ++i) a.ask(1);
  BOOST_TEST(a.take_answers().size() == 1u);
  a.ask(1);
  BOOST_TEST((a.take_answers() == list{"1: device 1 asks for more than 2 blocks at once"}));
  a.leave(0);
  BOOST_TEST((a.take_answers() == list{"1", "1"}));
}

BOOST_AUTO_TEST_CASE(
    a_device_is_given_as_many_blocks_as_there_are_until_its_connection_is_another_one) {
  asking a{1};
  a.blocks = 3;
  for (int i = 0; i < 2; ++i) a.ask(0);
  a.leave(0);
  for (int i = 0; i < 2; ++i) a.ask(0);
  const std::string why = "0: device 0 has asked for all 3 blocks already";
  BOOST_TEST((a.take_answers() == list{"0", "0", "0", why}));
  a.desk.forget(device_id{0});
  a.ask(0);
  BOOST_TEST((a.take_answers() == list{"0"}));
  a.desk.clear();
  for (int i = 0; i < 3; ++i) a.ask(0);
  BOOST_TEST((a.take_answers() == list{"0", "0", "0"}));
}

BOOST_AUTO_TEST_CASE(at_the_end_of_a_round_all_who_wait_are_refused_and_there_is_room_again) {
  asking a{1};
  for (const std::uint32_t device : {0u, 2u, 1u}) a.ask(device);
  a.take_answers();
  a.desk.clear();
  const std::string why = ": the round was closed before it was its turn to download";
  auto refused = a.take_answers();
  std::sort(refused.begin(), refused.end());
  BOOST_TEST((refused == list{"1: device 1" + why, "2: device 2" + why}));
  a.ask(2);
  BOOST_TEST((a.take_answers() == list{"2"}));
}

BOOST_AUTO_TEST_CASE(whatever_comes_every_request_is_answered_once_and_never_too_many_download) {
  std::mt19937 random{1};
  for (const std::uint32_t room : {1u, 3u}) {
    download_desk desk{room};
    std::size_t asked = 0, answered = 0;
    std::set<std::uint32_t> under_way;
    for (int i = 0; i < 20'000; ++i) {
      const auto device = static_cast<std::uint32_t>(random() % 10);
      if (random() % 3 > 0) {
        ++asked;
        desk.ask(device_id{device}, 1'000'000, [&, device](const std::string& why) {
          ++answered;
          if (why.empty()) under_way.insert(device);
        });
      } else {
        under_way.erase(device);
        desk.leave(device_id{device});
      }
      BOOST_REQUIRE(under_way.size() <= room);
    }
    desk.clear();
    BOOST_TEST(asked == answered);
  }
}

BOOST_AUTO_TEST_SUITE_END()
