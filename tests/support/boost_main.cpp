// The one translation unit of a test program that defines its main().
#define BOOST_TEST_MODULE verge
#include <boost/test/unit_test.hpp>
