#include "model/torch/torch_border.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <boost/test/unit_test.hpp>
#include <stdexcept>
#include <string>
#include <thread>

#include "model/torch/torchscript_module.hpp"
#include "support/message_of.hpp"
#include "verge/model/layers.hpp"

using namespace verge;

BOOST_AUTO_TEST_SUITE(torch_border_test)

namespace {

/// The text of what leaves the border when `f` throws. It must be a run_failure of one line.
template <class F>
std::string crossed(F&& f) {
  const auto text = test::message_of<run_failure>([&] { at_torch_border("train", f); });
  BOOST_TEST(text.find('\n') == std::string::npos, text);
  return text;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_CASE(an_error_of_an_operation_keeps_its_first_line) {
  const auto text = crossed([] { at::zeros({2, 3}).matmul(at::zeros({4, 5})); });
  BOOST_TEST(contains(text, "LibTorch cannot train: "), text);
  BOOST_TEST(contains(text, "(2x3 and 4x5)"), text);
}

BOOST_AUTO_TEST_CASE(an_error_inside_a_network_keeps_the_cause_and_not_the_trace) {
  const module_spec root = networks::linear("", 3, 2);
  manifest layout;
  layout.add("weight", {2, 3}, tensor_role::parameter);
  layout.add("bias", {2}, tensor_role::parameter);
  auto module = make_torchscript_module(
      root, layout, [](const tensor_entry& entry) { return at::zeros(entry.shape); });
  prepare_torch_thread();
  const auto text = crossed([&] { module.root.forward({at::zeros({1, 4})}); });
  BOOST_TEST(contains(text, "(1x4 and 3x2)"), text);
  BOOST_TEST(!contains(text, "interpreter"), text);
}

BOOST_AUTO_TEST_CASE(any_exception_of_the_library_underneath_becomes_a_run_failure) {
  const auto text = crossed([] { throw std::runtime_error("\n\nfirst\nsecond"); });
  BOOST_TEST(text == "LibTorch cannot train: first");
  BOOST_TEST(crossed([] { throw std::bad_alloc(); }) == "LibTorch cannot train: std::bad_alloc");
}

BOOST_AUTO_TEST_CASE(our_own_errors_and_values_pass_as_they_are) {
  BOOST_TEST(crossed([] { throw run_failure("ours"); }) == "ours");
  BOOST_CHECK_THROW(at_torch_border("train", [] { throw bad_input("ours"); }), bad_input);
  BOOST_TEST(at_torch_border("train", [] { return 3; }) == 3);
}

BOOST_AUTO_TEST_CASE(preparing_a_thread_leaves_others_alone) {
  std::thread([] {
    // LibTorch sets a thread's state up when it is first asked, not when it is told.
    at::get_num_threads();
    at::set_num_threads(2);
    std::thread([] {
      prepare_torch_thread();
      BOOST_TEST(at::get_num_threads() == 1);
    }).join();
    BOOST_TEST(at::get_num_threads() == 2);
  }).join();
}

BOOST_AUTO_TEST_SUITE_END()
