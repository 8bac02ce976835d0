// Which name of a device has which number.

#include "actors/gate/number_book.hpp"

#include <boost/test/unit_test.hpp>

using namespace verge;

namespace {

number_book book_of(std::uint32_t devices, std::vector<std::string> names = {}) {
  number_book book{std::move(names)};
  book.resize(devices);
  return book;
}

std::uint32_t number_of(const number_book& book, const std::string& name,
                        std::optional<device_id> wants = {}) {
  const auto found = book.number_for(name, wants);
  BOOST_TEST(found.refused_because == "");
  return found.device.value;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(number_book_test)

BOOST_AUTO_TEST_CASE(who_wants_no_number_gets_the_highest_that_is_free) {
  auto book = book_of(3);
  for (const std::uint32_t expected : {2u, 1u, 0u}) {
    const auto name = "till-" + std::to_string(expected);
    BOOST_TEST(number_of(book, name) == expected);
    // To ask gives nothing away.
    BOOST_TEST(number_of(book, "other") == expected);
    book.give(device_id{expected}, name);
  }
  BOOST_TEST(book.number_for("late", {}).refused_because == "all 3 places of the run are taken");
}

BOOST_AUTO_TEST_CASE(a_name_keeps_its_number) {
  auto book = book_of(3);
  book.give(device_id{0}, "a");
  book.give(device_id{2}, "b");
  BOOST_TEST(number_of(book, "a") == 0u);
  BOOST_TEST(number_of(book, "b") == 2u);
  BOOST_TEST(number_of(book, "b", device_id{2}) == 2u);
  // In the next process, too.
  BOOST_TEST(number_of(book_of(3, book.names()), "b") == 2u);
  BOOST_TEST(book.number_for("b", device_id{1}).refused_because ==
             "'b' wants to be device 1; it is device 2 of this run");
}

BOOST_AUTO_TEST_CASE(a_number_that_is_wanted_is_given_while_it_is_free) {
  auto book = book_of(2);
  BOOST_TEST(number_of(book, "a", device_id{0}) == 0u);
  book.give(device_id{0}, "a");
  BOOST_TEST(book.number_for("b", device_id{0}).refused_because ==
             "'b' wants to be device 0, which is 'a'");
  BOOST_TEST(book.number_for("b", device_id{2}).refused_because ==
             "'b' wants to be device 2; the run has 2, numbered from 0");
  book.take_back(device_id{0});
  BOOST_TEST(number_of(book, "b", device_id{0}) == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
