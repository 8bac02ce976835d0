#include "verge/model/partition_rule.hpp"

#include <boost/test/unit_test.hpp>

#include "support/message_of.hpp"
#include "support/numbered_dataset.hpp"
#include "verge/messages/errors.hpp"

using namespace verge;
using verge::test::message_of;

BOOST_AUTO_TEST_SUITE(partition_rule_test)

BOOST_AUTO_TEST_CASE(every_rule_is_read_and_written_as_it_was_read) {
  const auto check = [](const char* text, const partition_rule& rule) {
    BOOST_TEST((read_partition_rule(text) == rule), text);
    BOOST_TEST(to_text(rule) == text);
  };
  check("iid", iid_partition{});
  check("dirichlet(0.1)", dirichlet_partition{0.1, false});
  check("dirichlet(0.5, sizes=equal)", dirichlet_partition{0.5, true});
  check("shards(2)", shards_partition{2});
  check("labels(3)", labels_partition{3});
  check("quantity(0.25)", quantity_partition{0.25});
}

BOOST_AUTO_TEST_CASE(arguments_may_be_named_and_spaces_stand_anywhere) {
  BOOST_TEST((read_partition_rule(" dirichlet ( sizes = equal , alpha = 1e-1 ) ") ==
              partition_rule{dirichlet_partition{0.1, true}}));
  BOOST_TEST((read_partition_rule("shards(per_device=2)") == partition_rule{shards_partition{2}}));
  BOOST_TEST((read_partition_rule("quantity(beta=2)") == partition_rule{quantity_partition{2.0}}));
}

BOOST_AUTO_TEST_CASE(errors_name_their_character_and_what_was_expected) {
  const auto check = [](const std::string& text, const std::string& error) {
    BOOST_TEST(message_of<bad_input>([&] { read_partition_rule(text); }) ==
               "\"" + text + "\", character " + error);
  };
  check("", "1: found the end, expected the name of a partition");
  check("noniid",
        "1: there is no partition 'noniid', expected iid, dirichlet, shards, labels or quantity");
  const auto check_unknown = [&](const std::string& name, const std::string& meant) {
    check(name + "(0.5)", "1: there is no partition '" + name + "' (did you mean " + meant +
                              "?), expected iid, dirichlet, shards, labels or quantity");
  };
  check_unknown("dirichelt", "dirichlet");
  check_unknown("Dirichlet", "dirichlet");
  check_unknown("label", "labels");
  check("non-iid",
        "1: there is no partition 'non-iid', expected iid, dirichlet, shards, labels or quantity");
  check("iid(3)", "5: iid takes no number");
  check("iid+shards(2)", "4: found '+', expected the end");
  check("dirichlet",
        "1: dirichlet needs its alpha, a number from 0.000001 to 1000000, as in dirichlet(...)");
  check("dirichlet(0)", "11: alpha of dirichlet is 0, expected a number from 0.000001 to 1000000");
  check("dirichlet(1e7)",
        "11: alpha of dirichlet is 10000000, expected a number from 0.000001 to 1000000");
  check("dirichlet(-1)",
        "11: alpha of dirichlet is -1, expected a number from 0.000001 to 1000000");
  check("dirichlet(1, sizes=even)", "14: sizes of dirichlet is even, expected equal");
  check("dirichlet(1, sizes=1)", "14: sizes of dirichlet is 1, expected equal");
  check("dirichlet(1, equal)", "19: found ')', expected '=' and a value");
  check("dirichlet(1, size=equal)", "14: dirichlet knows no 'size', or it is given twice");
  check("shards(0)", "8: per_device of shards is 0, expected a whole number from 1 to 1000000");
  check("labels(1.5)", "8: per_device of labels is 1.5, expected a whole number from 1 to 1000000");
  check("labels(2, 3)", "11: labels takes one number without a name");
  check("quantity(x=1)",
        "10: 'x' is not the beta that quantity needs, a number from 0.000001 to 1000000");
}

BOOST_AUTO_TEST_SUITE_END()
