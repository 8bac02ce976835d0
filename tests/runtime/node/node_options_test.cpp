#include "verge/runtime/node_options.hpp"

#include <boost/test/unit_test.hpp>

#include "verge/messages/errors.hpp"
#include "verge/runtime/node_device.hpp"

using namespace verge;

BOOST_AUTO_TEST_SUITE(node_options)

BOOST_AUTO_TEST_CASE(a_place_is_a_host_and_a_port) {
  const auto is = [](const std::string& text, const std::string& host, std::uint16_t port) {
    const auto got = read_host_port(text, "--listen");
    return got.host == host && got.port == port;
  };
  BOOST_TEST(is("127.0.0.1:7000", "127.0.0.1", 7000));
  BOOST_TEST(is("tills.example:0", "tills.example", 0));
  BOOST_TEST(is("[::1]:65535", "::1", 65535));
  BOOST_TEST(read_host_port("[::1]:7", "--listen").text() == "[::1]:7");
}

BOOST_AUTO_TEST_CASE(what_is_no_place_is_refused_with_the_option) {
  for (const std::string text : {"", ":7000", "host", "host:", "host:x", "host:65536", "host:-1",
                                 "host:7000x", "::1:7000", "[]:7"}) {
    BOOST_CHECK_EXCEPTION(read_host_port(text, "--listen"), bad_input, [&](const bad_input& e) {
      return std::string{e.what()}.find("--listen " + text + ": expected HOST:PORT") == 0;
    });
  }
}

BOOST_AUTO_TEST_CASE(only_this_machine_reaches_a_loopback_address) {
  for (const char* host : {"localhost", "127.0.0.1", "127.8.0.1", "::1"})
    BOOST_TEST((host_port{host, 1}).is_loopback());
  for (const char* host :
       {"0.0.0.0", "::", "192.168.1.10", "tills.example", "127.0.0.1.tills.example", "127.1"})
    BOOST_TEST(!(host_port{host, 1}).is_loopback());
}

BOOST_AUTO_TEST_CASE(a_shard_is_one_of_so_many) {
  const auto got = read_shard_choice("3/10");
  BOOST_TEST(got.number == 3u);
  BOOST_TEST(got.of == 10u);
  for (const std::string text : {"", "3", "0/4", "5/4", "3/", "/4", "a/4", "3/4x", "-1/4", "3/0"})
    BOOST_CHECK_EXCEPTION(read_shard_choice(text), bad_input, [&](const bad_input& e) {
      return std::string{e.what()}.find("--shard " + text + ": expected K/N") == 0;
    });
}

BOOST_AUTO_TEST_SUITE_END()
