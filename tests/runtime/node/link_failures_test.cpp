// What a server logs about failed links, and how much of it.

#include <boost/test/unit_test.hpp>

#include "runtime/node/failure_digest.hpp"
#include "runtime/node/plain_middleman.hpp"

using namespace verge;

BOOST_AUTO_TEST_SUITE(link_failures)

BOOST_AUTO_TEST_CASE(
    a_failure_is_told_when_it_is_new_and_then_after_a_pause_with_how_often_it_was) {
  failure_digest digest;
  const failure_digest::time_point begin{};
  BOOST_TEST(digest.note("10.0.0.1", "no certificate", begin) == 1u);
  for (int i = 0; i < 99; ++i) BOOST_TEST(digest.note("10.0.0.1", "no certificate", begin) == 0u);
  // Another address, or another reason, is another failure.
  BOOST_TEST(digest.note("10.0.0.2", "no certificate", begin) == 1u);
  BOOST_TEST(digest.note("10.0.0.1", "expired", begin) == 1u);
  const auto later = begin + failure_digest::pause;
  BOOST_TEST(digest.note("10.0.0.1", "no certificate", later) == 100u);
  BOOST_TEST(digest.note("10.0.0.1", "no certificate", later) == 0u);
  BOOST_TEST(digest.note("10.0.0.1", "no certificate", later + failure_digest::pause) == 2u);
}

BOOST_AUTO_TEST_CASE(more_addresses_than_a_log_should_name_are_not_told) {
  failure_digest digest;
  const failure_digest::time_point begin{};
  std::uint64_t told = 0;
  for (int i = 0; i < 10'000; ++i) told += digest.note(std::to_string(i), "noise", begin);
  BOOST_TEST(told == failure_digest::most_kinds);
  // Failures that were told a while ago make room.
  const auto later = begin + failure_digest::pause;
  for (int i = 0; i < 10'000; ++i) told += digest.note(std::to_string(-i), "noise", later);
  BOOST_TEST(told == 2 * failure_digest::most_kinds);
}

BOOST_AUTO_TEST_CASE(the_first_bytes_of_a_link_tell_who_speaks) {
  const auto why = [](bool at_server, const std::string& bytes) {
    return why_no_first_bytes(at_server, bytes).value_or("");
  };
  // A TLS record: handshake or alert, version 3.x.
  BOOST_TEST(why(true, "\x16\x03").find("it speaks with encryption, this server without") == 0u);
  BOOST_TEST(why(false, "\x15\x03").find("the server speaks with encryption") == 0u);
  BOOST_TEST(why(true, "GE") == "what it says is nothing of verge's");
  BOOST_TEST(why(false, "SS") == "what answers there is no verge server");
  // A client's handshake of BASP, and a server's.
  BOOST_TEST(why(true, std::string{"\x01\x00", 2}) == "");
  BOOST_TEST(why(false, std::string(2, '\0')) == "");
  BOOST_TEST(why(true, std::string(2, '\0')) != "");
  BOOST_TEST(why(true, "G") == "");
}

BOOST_AUTO_TEST_SUITE_END()
