#include "actors/device/device_memory.hpp"

#include <boost/test/unit_test.hpp>
#include <stdexcept>

#include "verge/messages/errors.hpp"

using namespace verge;

namespace {

constexpr device_id three{3};

own_state state_of(double control) {
  flat_buffer values{scalar::float64, 1};
  values.as<double>()[0] = control;
  return {{}, values};
}

double control_in(const device_memory& memory) {
  const auto values = memory.own().control.as<double>();
  return values.empty() ? 0.0 : values[0];
}

struct kept : device_memory_store {
  std::optional<unsettled_state> load(device_id device) override {
    BOOST_TEST(device.value == 3u);
    return state;
  }
  void save(device_id device, const unsettled_state& s) override {
    BOOST_TEST(device.value == 3u);
    if (is_full) throw run_failure("the disk is full");
    state = s;
  }

  std::optional<unsettled_state> state;
  bool is_full = false;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(device_memory_test)

BOOST_AUTO_TEST_CASE(it_is_what_the_updates_that_were_used_have_made_of_it) {
  device_memory memory{three, state_of(1.0)};
  memory.prepare(round_id{1}, state_of(2.0));
  BOOST_TEST(control_in(memory) == 1.0);
  memory.settle(round_id{1}, false);
  BOOST_TEST(control_in(memory) == 1.0);
  memory.prepare(round_id{2}, state_of(3.0));
  memory.settle(round_id{1}, true);  // not the one that was prepared
  BOOST_TEST(control_in(memory) == 1.0);
  memory.settle(round_id{2}, true);
  BOOST_TEST(control_in(memory) == 3.0);
  memory.settle(round_id{2}, true);  // once more
  memory.settle(round_id{0}, true);
  BOOST_TEST(control_in(memory) == 3.0);
  // A device that is asked twice prepares twice.
  memory.prepare(round_id{3}, state_of(4.0));
  memory.prepare(round_id{3}, state_of(5.0));
  memory.settle(round_id{3}, true);
  BOOST_TEST(control_in(memory) == 5.0);
}

BOOST_AUTO_TEST_CASE(a_later_process_goes_on_with_what_was_saved_and_hears_what_became_of_it) {
  const auto store = std::make_shared<kept>();
  {
    device_memory memory{three, {}, store};
    memory.prepare(round_id{1}, state_of(1.0));
    memory.settle(round_id{1}, true);
    memory.prepare(round_id{2}, state_of(2.0));
  }
  {
    device_memory later{three, {}, store};
    BOOST_TEST(control_in(later) == 1.0);
    later.settle(round_id{1}, true);  // as a welcome may do for an earlier round
    BOOST_TEST(control_in(later) == 1.0);
    later.settle(round_id{2}, true);
    BOOST_TEST(control_in(later) == 2.0);
  }
  // A settled state is not saved, so the next process is told the outcome again.
  device_memory last{three, {}, store};
  BOOST_TEST(control_in(last) == 1.0);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_saved_is_not_prepared) {
  const auto store = std::make_shared<kept>();
  device_memory memory{three, state_of(1.0), store};
  store->is_full = true;
  BOOST_CHECK_THROW(memory.prepare(round_id{1}, state_of(2.0)), run_failure);
  memory.settle(round_id{1}, true);
  BOOST_TEST(control_in(memory) == 1.0);
}

BOOST_AUTO_TEST_SUITE_END()
