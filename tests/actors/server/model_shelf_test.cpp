#include "actors/server/model_shelf.hpp"

#include <boost/test/unit_test.hpp>

#include "support/made_updates.hpp"
#include "verge/model/codec.hpp"

using namespace verge;
using namespace verge::test;

namespace {

shared_bytes bytes_of_size(std::size_t size) {
  auto memory = std::make_shared<std::vector<std::byte>>(size);
  return {memory, *memory};
}

/// A model of 4 blocks with 2,097,240 bytes in total, whose steps have 600,000 bytes each.
struct shelf_setup {
  void commit(std::uint64_t version, std::size_t step_bytes = 600'000) {
    shelf.add_step(model_version{version},
                   {bytes_of_size(step_bytes / 2), bytes_of_size(step_bytes / 2)}, "fp16");
    put(version);
  }
  void put(std::uint64_t version) {
    std::vector<sealed<model_block>> whole;
    for (std::uint32_t i = 0; i < 4; ++i)
      whole.push_back(seal(model_block{
          model_version{version}, block_index{i}, 0, {}, codec_none, bytes_of_size(8), 4}));
    shelf.put(model_version{version}, whole, {bytes_of_size(32)},
              static_cast<std::int64_t>(version));
  }
  /// The blocks of a download as codec and version, "fp16 3".
  std::vector<std::string> download(std::optional<std::uint64_t> holds) {
    std::optional<model_version> version;
    if (holds) version = model_version{*holds};
    std::vector<std::string> blocks;
    const auto count = shelf.block_count(version);
    for (std::uint32_t i = 0; i < count; ++i) {
      const auto block = *unseal(*shelf.block(version, i));
      BOOST_TEST(block.block.value == i);
      BOOST_TEST(block.blocks == count);
      blocks.push_back(block.codec + " " + std::to_string(block.version.value));
    }
    BOOST_TEST(!shelf.block(version, count).has_value());
    return blocks;
  }

  manifest layout = four_block_layout();
  model_shelf shelf{layout};
};

const std::vector<std::string> whole_3{"none 3", "none 3", "none 3", "none 3"};

}  // namespace

BOOST_AUTO_TEST_SUITE(model_shelf_test)

BOOST_AUTO_TEST_CASE(who_holds_nothing_gets_the_whole_model) {
  shelf_setup s;
  s.put(0);
  BOOST_TEST(s.download({}).size() == 4u);
  for (std::uint64_t v = 1; v <= 3; ++v) s.commit(v);
  BOOST_TEST((s.download({}) == whole_3));
}

BOOST_AUTO_TEST_CASE(who_holds_an_earlier_version_gets_the_steps_in_order_and_then_the_statistics) {
  shelf_setup s;
  s.put(0);
  for (std::uint64_t v = 1; v <= 3; ++v) s.commit(v);
  BOOST_TEST((s.download(2) == std::vector<std::string>{"fp16 3", "fp16 3", "none 3"}));
  BOOST_TEST((s.download(0) == std::vector<std::string>{"fp16 1", "fp16 1", "fp16 2", "fp16 2",
                                                        "fp16 3", "fp16 3", "none 3"}));
}

BOOST_AUTO_TEST_CASE(who_lacks_more_than_the_model_gets_the_model) {
  shelf_setup s;
  s.put(0);
  for (std::uint64_t v = 1; v <= 4; ++v) s.commit(v);
  BOOST_TEST(s.download(1).size() == 7u);  // three steps are smaller
  BOOST_TEST(s.download(0).size() == 4u);  // four are not
  s.commit(5, 3'000'000);                  // larger than the model, so no step is kept
  BOOST_TEST(s.download(4).size() == 4u);
  s.commit(6);
  BOOST_TEST(s.download(5).size() == 3u);
  BOOST_TEST(s.download(4).size() == 4u);
}

BOOST_AUTO_TEST_CASE(a_version_that_is_not_there_yet_gets_the_whole_model) {
  shelf_setup s;
  s.put(0);
  for (std::uint64_t v = 1; v <= 3; ++v) s.commit(v);
  BOOST_TEST((s.download(3) == whole_3));
  BOOST_TEST((s.download(99) == whole_3));
  s.shelf.clear();
  BOOST_TEST(s.shelf.empty());
}

BOOST_AUTO_TEST_SUITE_END()
