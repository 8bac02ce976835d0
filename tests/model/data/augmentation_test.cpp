#include "verge/model/augmentation.hpp"

#include <boost/test/unit_test.hpp>
#include <map>
#include <numeric>
#include <tuple>
#include <vector>

#include "model/random/random.hpp"

using namespace verge;

namespace {

const sample_shape shape{2, 5, 4};

/// 1, 2, 3, ...: all elements differ, and none is a padding zero.
std::vector<float> numbered() {
  std::vector<float> sample(shape.elements());
  std::iota(sample.begin(), sample.end(), 1.0f);
  return sample;
}

/// The crop at (down, right) of the padded picture, then the flip, by definition.
std::vector<float> cropped(int down, int right, bool flip) {
  const auto sample = numbered();
  const int height = static_cast<int>(shape.height), width = static_cast<int>(shape.width);
  std::vector<float> out(sample.size(), 0.0f);
  for (int c = 0; c < static_cast<int>(shape.channels); ++c) {
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        const int from_y = y - down, from_x = (flip ? width - 1 - x : x) - right;
        if (from_y < 0 || from_y >= height || from_x < 0 || from_x >= width) continue;
        out[static_cast<std::size_t>((c * height + y) * width + x)] =
            sample[static_cast<std::size_t>((c * height + from_y) * width + from_x)];
      }
    }
  }
  return out;
}

std::vector<float> augmented(const augmentation& augment, std::uint64_t draw,
                             std::uint32_t device = 1) {
  auto sample = numbered();
  augment.apply(sample, shape, random_stream(1, random_purpose::augmentation, device, 2), draw);
  return sample;
}

/// How often each (down, right, flip) came out of `draws` draws. Fails if a result is none of them.
std::map<std::tuple<int, int, bool>, int> tally(const augmentation& augment, int reach, int draws) {
  std::map<std::vector<float>, std::tuple<int, int, bool>> known;
  for (int down = -reach; down <= reach; ++down) {
    for (int right = -reach; right <= reach; ++right) {
      for (const bool flip : {false, true}) known[cropped(down, right, flip)] = {down, right, flip};
    }
  }
  std::map<std::tuple<int, int, bool>, int> counts;
  for (int draw = 0; draw < draws; ++draw) {
    const auto found = known.find(augmented(augment, static_cast<std::uint64_t>(draw)));
    BOOST_REQUIRE_MESSAGE(found != known.end(), "draw " << draw << " is no crop or flip");
    ++counts[found->second];
  }
  return counts;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(augmentation_test)

BOOST_AUTO_TEST_CASE(no_augmentation_changes_nothing) {
  BOOST_TEST(!augmentation{}.active());
  BOOST_TEST((augmented({}, 3) == numbered()));
}

BOOST_AUTO_TEST_CASE(half_of_the_pictures_are_flipped) {
  const auto counts = tally({.flip = true, .crop_padding = 0}, 0, 4000);
  BOOST_TEST(counts.size() == 2u);
  for (const auto& [change, count] : counts) BOOST_TEST((count > 1840 && count < 2160));
}

BOOST_AUTO_TEST_CASE(every_crop_and_flip_is_as_defined_and_equally_frequent) {
  const auto counts = tally({.flip = true, .crop_padding = 2}, 2, 20'000);
  BOOST_TEST(counts.size() == 5u * 5u * 2u);
  for (const auto& [change, count] : counts) BOOST_TEST((count > 300 && count < 500));
}

BOOST_AUTO_TEST_CASE(crops_alone_do_not_flip) {
  for (const auto& [change, count] : tally({.flip = false, .crop_padding = 1}, 1, 500)) {
    BOOST_TEST(!std::get<2>(change));
  }
}

BOOST_AUTO_TEST_CASE(a_padding_beyond_the_picture_can_leave_nothing_of_it) {
  const auto counts = [] {
    int empty = 0;
    for (std::uint64_t draw = 0; draw < 200; ++draw) {
      const auto sample = augmented({.flip = false, .crop_padding = 20}, draw);
      empty += std::accumulate(sample.begin(), sample.end(), 0.0) == 0.0 ? 1 : 0;
    }
    return empty;
  }();
  BOOST_TEST(counts > 100);
}

BOOST_AUTO_TEST_CASE(the_change_is_a_function_of_stream_and_draw) {
  const augmentation augment{.flip = true, .crop_padding = 2};
  int by_draw = 0, by_device = 0;
  for (std::uint64_t draw = 0; draw < 100; ++draw) {
    BOOST_TEST((augmented(augment, draw) == augmented(augment, draw)));
    by_draw += augmented(augment, draw) != augmented(augment, draw + 1) ? 1 : 0;
    by_device += augmented(augment, draw, 1) != augmented(augment, draw, 2) ? 1 : 0;
  }
  BOOST_TEST(by_draw > 80);
  BOOST_TEST(by_device > 80);
}

BOOST_AUTO_TEST_SUITE_END()
