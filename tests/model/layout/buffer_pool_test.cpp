#include "model/layout/buffer_pool.hpp"

#include <boost/test/unit_test.hpp>
#include <set>
#include <thread>
#include <vector>

using namespace verge;

BOOST_AUTO_TEST_SUITE(buffer_pool_test)

BOOST_AUTO_TEST_CASE(memory_that_came_back_is_used_again) {
  const auto pool = buffer_pool::create(scalar::float32, 1000);
  const std::byte* memory = nullptr;
  {
    auto first = pool->take();
    BOOST_TEST(first.size() == 1000u);
    BOOST_TEST((first.type() == scalar::float32));
    memory = first.data();
    first.as<float>()[999] = 1.0f;
  }
  const auto again = pool->take();
  BOOST_TEST(again.data() == memory);
  BOOST_TEST(pool->take().data() != memory);
}

BOOST_AUTO_TEST_CASE(a_buffer_is_out_until_its_last_holder_lets_go) {
  const auto pool = buffer_pool::create(scalar::float64, 3);
  BOOST_TEST(pool->taken() == 0u);
  auto first = pool->take();
  auto second = pool->take();
  BOOST_TEST(pool->taken() == 2u);
  auto share = first.memory();
  first = {};
  BOOST_TEST(pool->taken() == 2u);
  share.reset();
  BOOST_TEST(pool->taken() == 1u);
  second = {};
  BOOST_TEST(pool->taken() == 0u);
}

BOOST_AUTO_TEST_CASE(a_return_is_told_when_the_buffer_can_be_taken_again) {
  std::vector<std::size_t> taken;
  std::shared_ptr<buffer_pool> pool;
  pool = buffer_pool::create(scalar::float32, 8, [&] { taken.push_back(pool->taken()); });
  auto first = pool->take();
  auto second = pool->take();
  BOOST_TEST(taken.empty());
  first = {};
  second = {};
  BOOST_TEST((taken == std::vector<std::size_t>{1, 0}));
}

BOOST_AUTO_TEST_CASE(a_buffer_may_outlive_its_pool) {
  bool told = false;
  auto pool = buffer_pool::create(scalar::float64, 100, [&] { told = true; });
  auto buffer = pool->take();
  pool.reset();
  buffer.as<double>()[99] = 2.0;
  BOOST_TEST(buffer.as<double>()[99] == 2.0);
  buffer = {};
  BOOST_TEST(!told);
}

BOOST_AUTO_TEST_CASE(threads_that_take_and_let_go_never_share_a_buffer) {
  const auto pool = buffer_pool::create(scalar::float64, 16);
  std::vector<std::thread> threads;
  std::vector<int> wrong(4, 0);
  for (int id = 0; id < 4; ++id)
    threads.emplace_back([&, id] {
      for (int i = 0; i < 2000; ++i) {
        auto mine = pool->take();
        for (auto& x : mine.as<double>()) x = id;
        for (const auto x : mine.as<double>()) wrong[static_cast<std::size_t>(id)] += x != id;
      }
    });
  for (auto& thread : threads) thread.join();
  BOOST_TEST((wrong == std::vector<int>(4, 0)));
  BOOST_TEST(pool->taken() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
