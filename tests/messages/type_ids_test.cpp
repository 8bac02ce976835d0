#include "verge/messages/type_ids.hpp"

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
