#include "verge/model/manifest.hpp"

#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <random>
#include <stdexcept>
#include <vector>

#include "verge/messages/errors.hpp"

using namespace verge;

BOOST_AUTO_TEST_SUITE(manifest_test)

namespace {

manifest with_norm_layer(scalar type = scalar::float32) {
  manifest layout(type);
  layout.add("conv.weight", {4, 3, 3, 3}, tensor_role::parameter);
  layout.add("bn.weight", {4}, tensor_role::parameter);
  layout.add("bn.running_mean", {4}, tensor_role::running_mean);
  layout.add("bn.running_var", {4}, tensor_role::running_variance);
  layout.add("bn.num_batches_tracked", {}, tensor_role::batch_counter);
  layout.add("fc.weight", {2, 4}, tensor_role::parameter);
  return layout;
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_element_has_the_name_of_its_tensor) {
  const manifest layout = with_norm_layer();
  // conv.weight has 4 * 3 * 3 * 3 = 108 elements, bn.weight the next 4.
  BOOST_TEST(layout.tensor_at(false, 0).name == "conv.weight");
  BOOST_TEST(layout.tensor_at(false, 107).name == "conv.weight");
  BOOST_TEST(layout.tensor_at(false, 108).name == "bn.weight");
  BOOST_TEST(layout.tensor_at(false, 112).name == "fc.weight");
  BOOST_TEST(layout.tensor_at(false, 119).name == "fc.weight");
  BOOST_TEST(layout.tensor_at(true, 3).name == "bn.running_mean");
  BOOST_TEST(layout.tensor_at(true, 4).name == "bn.running_var");
  BOOST_CHECK_THROW(layout.tensor_at(false, 120), std::out_of_range);
  BOOST_CHECK_THROW(layout.tensor_at(true, 8), std::out_of_range);
}

BOOST_AUTO_TEST_CASE(tensors_lie_one_after_the_other_in_the_buffer_of_their_role) {
  const manifest layout = with_norm_layer();
  BOOST_TEST(layout.parameter_count() == 108u + 4u + 8u);
  BOOST_TEST(layout.statistic_count() == 8u);
  const auto& e = layout.entries();
  BOOST_TEST(e[0].offset == 0u);
  BOOST_TEST(e[1].offset == 108u);
  BOOST_TEST(e[2].offset == 0u);
  BOOST_TEST(e[3].offset == 4u);
  BOOST_TEST(e[4].elements == 1u);
  BOOST_TEST(e[5].offset == 112u);
  BOOST_TEST(e[5].elements == 8u);
}

BOOST_AUTO_TEST_CASE(a_name_is_used_once) {
  manifest layout = with_norm_layer();
  BOOST_CHECK_EXCEPTION(layout.add("fc.weight", {3}, tensor_role::parameter), bad_input,
                        [](const bad_input& e) {
                          return std::string(e.what()).find("fc.weight") != std::string::npos;
                        });
}

BOOST_AUTO_TEST_CASE(a_running_variance_follows_the_mean_of_its_shape) {
  manifest layout;
  BOOST_CHECK_THROW(layout.add("a", {4}, tensor_role::running_variance), bad_input);
  layout.add("mean", {4}, tensor_role::running_mean);
  BOOST_CHECK_THROW(layout.add("var", {5}, tensor_role::running_variance), bad_input);
  layout.add("w", {4}, tensor_role::parameter);
  BOOST_CHECK_THROW(layout.add("var", {4}, tensor_role::running_variance), bad_input);
}

BOOST_AUTO_TEST_CASE(impossible_shapes_are_refused) {
  manifest layout;
  BOOST_CHECK_THROW(layout.add("a", {4, -1}, tensor_role::parameter), bad_input);
  BOOST_CHECK_THROW(
      layout.add("a", {std::int64_t{1} << 40, std::int64_t{1} << 40}, tensor_role::parameter),
      bad_input);
  BOOST_CHECK_THROW(layout.add("a", {1}, tensor_role::batch_counter), bad_input);
  BOOST_TEST(layout.entries().empty());
}

BOOST_AUTO_TEST_CASE(blocks_cover_both_buffers_exactly_once_in_order) {
  std::mt19937 random(1);
  for (int trial = 0; trial < 50; ++trial) {
    const scalar type = trial % 2 == 0 ? scalar::float32 : scalar::float64;
    const std::int64_t full = manifest::block_bytes / bytes_of(type);
    // Sizes around the block size, where the edges are, and random ones.
    std::vector<std::int64_t> sizes{0, 1, full - 1, full, full + 1, 2 * full};
    sizes.push_back(std::uniform_int_distribution<std::int64_t>(1, 5 * full)(random));
    const auto pick = [&] { return sizes[random() % sizes.size()]; };
    manifest layout(type);
    layout.add("w", {pick()}, tensor_role::parameter);
    layout.add("m", {pick()}, tensor_role::running_mean);

    std::size_t covered[2] = {0, 0};
    bool in_statistics = false;
    std::uint32_t parameter_blocks = 0;
    for (std::uint32_t b = 0; b < layout.block_count(); ++b) {
      const block_range range = layout.block({b});
      BOOST_TEST(range.statistics >= in_statistics);
      in_statistics = range.statistics;
      parameter_blocks += range.statistics ? 0 : 1;
      BOOST_TEST(range.offset == covered[range.statistics]);
      BOOST_TEST(range.elements * bytes_of(type) <= manifest::block_bytes);
      covered[range.statistics] += range.elements;
    }
    BOOST_TEST(layout.parameter_block_count() == parameter_blocks);
    BOOST_TEST(covered[0] == layout.parameter_count());
    BOOST_TEST(covered[1] == layout.statistic_count());
    const auto needed = [&](std::size_t n) { return (n + full - 1) / full; };
    BOOST_TEST(layout.block_count() ==
               std::max<std::size_t>(
                   1, needed(layout.parameter_count()) + needed(layout.statistic_count())));
  }
}

BOOST_AUTO_TEST_CASE(places_beyond_32_bits_are_not_taken_for_others) {
  manifest layout;
  constexpr std::size_t row = std::size_t{1} << 30;
  layout.add("w", {5, std::int64_t{row}}, tensor_role::parameter);  // 20 GiB
  layout.add("b", {7}, tensor_role::parameter);
  BOOST_TEST(layout.parameter_count() == 5 * row + 7);
  BOOST_TEST(layout.entries()[1].offset == 5 * row);
  const std::uint32_t last = 20 * 1024;
  BOOST_TEST(layout.block_count() == last + 1);
  BOOST_TEST(layout.block({last}).offset == 5 * row);
  BOOST_TEST(layout.block({last}).elements == 7u);
  BOOST_TEST(layout.block({last - 1}).offset == 5 * row - manifest::block_bytes / 4);
}

BOOST_AUTO_TEST_CASE(a_model_without_elements_has_one_empty_block_and_no_model_has_none) {
  manifest layout;
  BOOST_TEST(layout.block_count() == 0u);
  layout.add("steps", {}, tensor_role::batch_counter);
  BOOST_TEST(layout.block_count() == 1u);
  BOOST_TEST(layout.block({0}).elements == 0u);
}

BOOST_AUTO_TEST_CASE(a_block_that_is_not_there_is_out_of_range) {
  const manifest layout = with_norm_layer();
  BOOST_TEST(layout.block_count() == 2u);
  BOOST_CHECK_THROW(layout.block({2}), std::out_of_range);
}

BOOST_AUTO_TEST_CASE(the_hash_changes_with_everything_that_a_manifest_says) {
  const auto reference = with_norm_layer().hash();
  BOOST_TEST(reference == with_norm_layer().hash());
  BOOST_TEST(reference != with_norm_layer(scalar::float64).hash());
  manifest longer = with_norm_layer();
  longer.add("fc.bias", {2}, tensor_role::parameter);
  BOOST_TEST(reference != longer.hash());

  const auto one = [](const char* name, std::vector<std::int64_t> shape, tensor_role role) {
    manifest layout;
    layout.add(name, std::move(shape), role);
    return layout.hash();
  };
  const auto plain = one("a", {2, 3}, tensor_role::parameter);
  BOOST_TEST(plain != one("b", {2, 3}, tensor_role::parameter));
  BOOST_TEST(plain != one("a", {3, 2}, tensor_role::parameter));
  BOOST_TEST(plain != one("a", {6}, tensor_role::parameter));
  BOOST_TEST(plain != one("a", {2, 3}, tensor_role::running_mean));
}

BOOST_AUTO_TEST_SUITE_END()
