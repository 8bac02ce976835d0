#include "messages/type_ids.hpp"

#include <boost/test/unit_test.hpp>
#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>

using namespace verge;

BOOST_AUTO_TEST_SUITE(type_ids)

BOOST_AUTO_TEST_CASE(a_sealed_message_crosses_cafs_serializer) {
  caf::actor_system_config config;
  config.add_message_types<caf::id_block::verge>();
  caf::actor_system system{config};
  auto sent = seal(welcome{"the run is full"});
  std::vector<char> wire;
  caf::binary_serializer save{system, wire};
  BOOST_REQUIRE(!save(sent));
  sealed<welcome> got;
  caf::binary_deserializer load{system, wire};
  BOOST_REQUIRE(!load(got));
  const auto value = unseal(got);
  BOOST_REQUIRE(value);
  BOOST_TEST(value->refused_because == "the run is full");
}

BOOST_AUTO_TEST_CASE(what_crosses_are_the_flat_bytes_with_their_length) {
  caf::actor_system_config config;
  caf::actor_system system{config};
  const std::vector<std::uint64_t> memory(5000, 7);
  const shared_bytes payload{std::make_shared<int>(), std::as_bytes(std::span{memory})};
  auto sent = seal(update_block{round_id{4}, device_id{3}, block_index{1}, "none", payload});
  auto flat = sent.frame().flatten();
  std::vector<char> wire, expected;
  caf::binary_serializer save{system, wire};
  BOOST_REQUIRE(!save(sent));
  caf::binary_serializer save_bytes{system, expected};
  BOOST_REQUIRE(!save_bytes(flat));
  BOOST_TEST((wire == expected));
  sealed<update_block> got;
  caf::binary_deserializer load{system, wire};
  BOOST_REQUIRE(!load(got));
  BOOST_TEST((got.frame().flatten() == flat));
  // A message that is cut near its ends, or in the middle, is not a message.
  for (const std::size_t length :
       {std::size_t{0}, std::size_t{1}, std::size_t{9}, wire.size() / 2, wire.size() - 1}) {
    const std::vector<char> cut{wire.begin(), wire.begin() + static_cast<std::ptrdiff_t>(length)};
    caf::binary_deserializer load_cut{system, cut};
    BOOST_TEST(bool(load_cut(got)));
  }
}

BOOST_AUTO_TEST_CASE(no_memory_is_taken_for_a_length_beyond_any_message) {
  caf::actor_system_config config;
  caf::actor_system system{config};
  const std::vector<char> wire{'\xff', '\xff', '\xff', '\xff', '\x0f'};  // 4 GiB minus one byte
  sealed<welcome> got;
  caf::binary_deserializer load{system, wire};
  BOOST_TEST(bool(load(got)));
}

BOOST_AUTO_TEST_CASE(bytes_that_are_no_message_fail_to_load) {
  caf::actor_system_config config;
  caf::actor_system system{config};
  std::vector<char> inner(24, 'x');
  std::vector<char> wire;
  caf::binary_serializer save{system, wire};
  BOOST_REQUIRE(!save(inner));
  sealed<welcome> got;
  caf::binary_deserializer load{system, wire};
  BOOST_TEST(bool(load(got)));
}

BOOST_AUTO_TEST_SUITE_END()
