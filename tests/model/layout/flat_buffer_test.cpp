#include "verge/model/flat_buffer.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <cstring>
#include <memory>

using namespace verge;

BOOST_AUTO_TEST_SUITE(flat_buffer_test)

BOOST_AUTO_TEST_CASE(a_new_buffer_is_aligned_and_zero_with_its_padding) {
  for (const scalar type : {scalar::float32, scalar::float64}) {
    for (const std::size_t elements : {0u, 1u, 2u, 7u, 1000u, 100001u}) {
      // Dirty memory of the same size is freed first, because malloc tends to return it again.
      {
        flat_buffer dirty(type, elements);
        std::memset(dirty.data(), 0xff, flat_buffer::allocation_bytes(type, elements));
      }
      const flat_buffer buffer(type, elements);
      const std::size_t bytes = flat_buffer::allocation_bytes(type, elements);
      BOOST_TEST(bytes % 8 == 0u);
      BOOST_TEST(bytes >= buffer.size_bytes());
      BOOST_TEST(bytes < buffer.size_bytes() + 8);
      BOOST_TEST(reinterpret_cast<std::uintptr_t>(buffer.data()) % 64 == 0u);
      BOOST_TEST(std::all_of(buffer.data(), buffer.data() + bytes,
                             [](std::byte b) { return b == std::byte{}; }));
      BOOST_TEST(buffer.size() == elements);
      BOOST_TEST(buffer.size_bytes() == elements * bytes_of(type));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_copy_shares_and_a_clone_does_not) {
  flat_buffer original(scalar::float32, 3);
  flat_buffer copy = original;
  original.as<float>()[1] = 2.0f;
  flat_buffer clone = original.clone();
  BOOST_TEST(copy.as<float>()[1] == 2.0f);
  BOOST_TEST(clone.as<float>()[1] == 2.0f);
  original.as<float>()[1] = 3.0f;
  BOOST_TEST(copy.as<float>()[1] == 3.0f);
  BOOST_TEST(clone.as<float>()[1] == 2.0f);
  BOOST_TEST(clone.size() == 3u);
  // The fourth float is padding.
  BOOST_TEST(clone.as<float>().data()[3] == 0.0f);
}

BOOST_AUTO_TEST_CASE(a_clone_of_nothing_is_nothing) {
  const flat_buffer nothing;
  BOOST_TEST(nothing.clone().empty());
  BOOST_TEST(nothing.clone().data() == nullptr);
}

BOOST_AUTO_TEST_CASE(memory_of_a_pool_goes_back_with_the_last_holder) {
  int given_back = 0;
  auto owned = flat_buffer::allocate(scalar::float64, 5);
  std::shared_ptr<std::byte> lent(owned.get(), [&](std::byte*) { ++given_back; });
  auto buffer = std::make_unique<flat_buffer>(scalar::float64, 5, lent);
  flat_buffer second = *buffer;
  lent.reset();
  buffer.reset();
  BOOST_TEST(given_back == 0);
  second = flat_buffer();
  BOOST_TEST(given_back == 1);
}

BOOST_AUTO_TEST_CASE(with_scalar_gives_the_type_that_it_was_told) {
  const auto width = [](scalar type) {
    return with_scalar(type, [](auto zero) { return sizeof(zero); });
  };
  BOOST_TEST(width(scalar::float32) == 4u);
  BOOST_TEST(width(scalar::float64) == 8u);
}

BOOST_AUTO_TEST_SUITE_END()
