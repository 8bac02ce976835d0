#include "verge/model/partition_rule.hpp"

#include <boost/test/unit_test.hpp>

#include "support/documented.hpp"
#include "support/message_of.hpp"
#include "verge/messages/errors.hpp"

using namespace verge;
using verge::test::check_documented;
using verge::test::message_of;

BOOST_AUTO_TEST_SUITE(partition_rule_test)

BOOST_AUTO_TEST_CASE(every_rule_is_read_and_written_as_it_was_read) {
  for (const char* text : {"iid", "dirichlet(0.1)", "dirichlet(0.5, sizes=equal)", "shards(2)",
                           "labels(3)", "quantity(0.25)"}) {
    const auto rule = read_partition_rule(text);
    BOOST_TEST(to_text(rule) == text);
    BOOST_TEST((rule == read_partition_rule(to_text(rule))));
  }
}

BOOST_AUTO_TEST_CASE(rules_with_other_arguments_are_other_rules) {
  const auto same = [](const char* one, const char* other) {
    return read_partition_rule(one) == read_partition_rule(other);
  };
  BOOST_TEST(same("shards(2)", "shards(2)"));
  BOOST_TEST(!same("shards(2)", "shards(3)"));
  BOOST_TEST(!same("shards(2)", "labels(2)"));
  BOOST_TEST(!same("dirichlet(0.5)", "dirichlet(0.5, sizes=equal)"));
}

BOOST_AUTO_TEST_CASE(arguments_may_be_named_and_spaces_stand_anywhere) {
  const auto check = [](const char* text, const char* usual) {
    BOOST_TEST(to_text(read_partition_rule(text)) == usual);
  };
  check(" dirichlet ( sizes = equal , alpha = 1e-1 ) ", "dirichlet(0.1, sizes=equal)");
  check("shards(per_device=2)", "shards(2)");
  check("quantity(beta=2)", "quantity(2)");
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

BOOST_AUTO_TEST_CASE(every_rule_is_in_the_documentation) {
  check_documented(partition_rule_names(), {"partitions.md", "experiment_file.md"});
}

BOOST_AUTO_TEST_SUITE_END()
