#include "messages/bulk_memory.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <cstring>
#include <random>
#include <set>
#include <thread>
#include <vector>

#include "bench/peak_memory.hpp"

using namespace verge;

namespace {

constexpr std::size_t mebibyte = std::size_t{1} << 20;

// A sanitizer's malloc keeps freed memory for a while.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
using only_the_arena = boost::unit_test::disabled;
#else
using only_the_arena = boost::unit_test::enabled;
#endif

std::uint64_t resident() {
  return bench::bytes_in("/proc/self/status", "VmRSS:");
}

std::shared_ptr<std::byte> filled(std::size_t bytes, int value) {
  auto memory = allocate_bulk(bytes);
  std::memset(memory.get(), value, bytes);
  return memory;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(bulk_memory)

BOOST_AUTO_TEST_CASE(every_size_is_aligned_for_vector_instructions) {
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{1}, bulk_begins_at - 1,
                                  bulk_begins_at, bulk_begins_at + 1, 3 * mebibyte + 17})
    BOOST_TEST(reinterpret_cast<std::uintptr_t>(allocate_bulk(bytes).get()) % 64 == 0u);
}

// Threads take, write, read and free memory of all sizes. Where two ranges overlap, one holds
// another holder's value.
BOOST_AUTO_TEST_CASE(no_two_holders_share_memory) {
  const auto holder = [](std::uint32_t number) {
    std::mt19937_64 random{number};
    std::uniform_int_distribution<std::size_t> size{bulk_begins_at / 2, 3 * mebibyte};
    struct held {
      std::shared_ptr<std::byte> memory;
      std::size_t bytes;
      int value;
    };
    std::vector<held> all;
    bool good = true;
    for (int turn = 0; turn < 300; ++turn) {
      if (all.size() < 12) {
        const auto bytes = size(random);
        const int value = static_cast<int>(random() % 256);
        all.push_back({filled(bytes, value), bytes, value});
        continue;
      }
      std::swap(all[random() % all.size()], all.back());
      const auto& one = all.back();
      good = good && std::all_of(one.memory.get(), one.memory.get() + one.bytes, [&](std::byte b) {
               return b == static_cast<std::byte>(one.value);
             });
      all.pop_back();
    }
    return good;
  };
  std::vector<std::thread> threads;
  std::vector<char> good(4);
  for (std::uint32_t i = 0; i < good.size(); ++i)
    threads.emplace_back([&good, &holder, i] { good[i] = holder(i) ? 1 : 0; });
  for (auto& thread : threads) thread.join();
  BOOST_TEST((good == std::vector<char>(4, 1)));
}

// Round after round, blocks are taken in one thread and freed in another. Then the next model is
// taken.
BOOST_AUTO_TEST_CASE(what_is_freed_is_used_again_whatever_its_size, *only_the_arena()) {
  const auto round = [](std::shared_ptr<std::byte>& model) {
    std::vector<std::shared_ptr<std::byte>> blocks;
    for (int i = 0; i < 40; ++i) blocks.push_back(filled(mebibyte + 300, i));
    std::thread{[&] { blocks.clear(); }}.join();
    model = filled(32 * mebibyte, 1);
  };
  std::shared_ptr<std::byte> model;
  round(model);
  round(model);
  const auto before = resident();
  std::set<const std::byte*> models;
  for (int i = 0; i < 20; ++i) {
    round(model);
    models.insert(model.get());
  }
  BOOST_TEST(models.size() <= 2u);
  BOOST_TEST(resident() <= before + mebibyte);
}

BOOST_AUTO_TEST_CASE(what_is_free_at_the_end_goes_back_to_the_system, *only_the_arena()) {
  auto kept = filled(mebibyte, 7);
  auto large = filled(64 * mebibyte, 1);
  const auto before = resident();
  large.reset();
  BOOST_TEST(resident() + mebibyte >= before);
  give_back_free_bulk();
  BOOST_TEST(resident() + 60 * mebibyte <= before);
  BOOST_TEST(static_cast<int>(kept.get()[mebibyte - 1]) == 7);
  // The freed memory can be taken again.
  large = filled(64 * mebibyte, 2);
  BOOST_TEST(static_cast<int>(large.get()[64 * mebibyte - 1]) == 2);
  BOOST_TEST(static_cast<int>(kept.get()[0]) == 7);
}

BOOST_AUTO_TEST_SUITE_END()
