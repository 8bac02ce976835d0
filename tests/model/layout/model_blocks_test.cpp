#include "model/layout/model_blocks.hpp"

#include <boost/test/unit_test.hpp>

using namespace verge;

BOOST_AUTO_TEST_SUITE(model_blocks_test)

BOOST_AUTO_TEST_CASE(blocks_beyond_4_gib_are_shares_of_the_memory_at_their_places) {
  manifest layout;
  layout.add("w", {5, std::int64_t{1} << 28}, tensor_role::parameter);  // 5 GiB
  layout.add("mean", {3}, tensor_role::running_mean);
  layout.add("variance", {3}, tensor_role::running_variance);
  // No code reads the values, so no page is mapped behind them.
  const flat_buffer parameters{layout.type(), layout.parameter_count()};
  const flat_buffer statistics{layout.type(), layout.statistic_count()};
  const auto blocks = split_blocks(layout, parameters, statistics);
  BOOST_REQUIRE_EQUAL(blocks.size(), 5u * 1024 + 1);
  const auto* place = parameters.data();
  for (std::size_t i = 0; i < 5u * 1024; ++i, place += manifest::block_bytes) {
    if (blocks[i].data() != place) BOOST_ERROR("block " << i << " is of another place");
    if (blocks[i].size() != manifest::block_bytes) BOOST_ERROR("block " << i << " is cut");
  }
  BOOST_TEST(blocks.back().data() == statistics.data());
  BOOST_TEST(blocks.back().size() == 6 * sizeof(float));
}

BOOST_AUTO_TEST_SUITE_END()
