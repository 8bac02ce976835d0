#include "model/text/named_set.hpp"

#include <boost/test/unit_test.hpp>

#include "support/message_of.hpp"

using namespace verge;
using verge::test::message_of;

namespace {

struct colour {
  std::string_view name;
  int hue = 0;
};

constexpr colour table[] = {{"red", 0}, {"green", 120}};

}  // namespace

BOOST_AUTO_TEST_SUITE(named_set_test)

BOOST_AUTO_TEST_CASE(entries_of_the_table_are_found_by_their_names) {
  const named_set<colour> colours{"colour", table};
  BOOST_TEST(colours.find("green") == &table[1]);
  BOOST_TEST(!colours.find("gree"));
  BOOST_TEST((colours.names() == std::vector<std::string>{"red", "green"}));
}

BOOST_AUTO_TEST_CASE(added_entries_come_behind_the_table_and_stay_where_they_are) {
  named_set<colour> colours{"colour", table};
  // The set keeps the name: the text that it was given in may go.
  std::string name = "colour_0";
  colours.add({name, 1000});
  name = "gone";
  const auto* first = colours.find("colour_0");
  BOOST_REQUIRE(first);
  for (int i = 1; i < 100; ++i) colours.add({"colour_" + std::to_string(i), 1000 + i});
  BOOST_TEST(colours.find("colour_0") == first);
  BOOST_TEST(first->name == "colour_0");
  BOOST_TEST(first->hue == 1000);
  const auto names = colours.names();
  BOOST_REQUIRE_EQUAL(names.size(), 102u);
  BOOST_TEST(names[1] == "green");
  BOOST_TEST(names[101] == "colour_99");
  BOOST_TEST(colours.entries()[101]->hue == 1099);
}

BOOST_AUTO_TEST_CASE(a_name_that_is_taken_is_refused) {
  named_set<colour> colours{"colour", table};
  colours.add({"blue", 240});
  for (const std::string name : {"red", "blue"})
    BOOST_TEST(message_of<bad_input>([&] {
                 colours.add({name, 1});
               }) == "a colour called \"" + name + "\", as another one is; expected a new name");
  BOOST_TEST(colours.find("red")->hue == 0);
  BOOST_TEST(colours.find("blue")->hue == 240);
  BOOST_TEST(colours.names().size() == 3u);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_written_as_a_name_is_refused) {
  named_set<colour> colours{"colour", table};
  for (const std::string name : {"", "Blue", "dark-blue", "dark blue", "2_blue", "_blue", "blue(1)",
                                 "blue+red", "bl\xC3\xBC"})
    BOOST_TEST(message_of<bad_input>([&] {
                 colours.add({name, 1});
               }) ==
               "a colour called \"" + name +
                   "\"; expected a lower-case letter, then lower-case letters, digits and '_'");
  BOOST_TEST(colours.names().size() == 2u);
  colours.add({"b", 1});
  colours.add({"dark_blue_2", 2});
  BOOST_TEST(colours.names().size() == 4u);
}

BOOST_AUTO_TEST_SUITE_END()
