// The pool with real trainers and a small network. It runs on real threads, because trainers have
// their own.

#include "verge/actors/trainer_pool.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <map>
#include <set>

#include "support/made_updates.hpp"
#include "support/noise_dataset.hpp"
#include "verge/messages/errors.hpp"
#include "verge/model/strategy.hpp"

using namespace verge;
using namespace verge::test;

namespace {

constexpr sample_shape picture{1, 4, 4};

network small_network() {
  network_options options;
  options.name = "logistic";
  options.input = picture;
  return network::build(options);
}

/// Samples with labels for which the network has no class.
class mislabelled final : public dataset {
public:
  std::size_t size() const override { return 8; }
  sample_shape shape() const override { return picture; }
  std::uint32_t classes() const override { return 10; }
  std::int64_t read(std::size_t, std::span<float> features) const override {
    std::fill(features.begin(), features.end(), 0.5f);
    return 12;
  }
};

struct pool_setup {
  explicit pool_setup(trainer_pool_options options)
      : system(config), self(system), pool(spawn_trainer_pool(system, model, options)) {}

  train_task task_for(std::uint32_t device, dataset_ptr shard = nullptr) {
    if (!shard) shard = std::make_shared<noise_dataset>(8, picture);
    train_task task;
    task.run = 1;
    task.model = split_blocks(model.layout(), start);
    task.round = round_id{1};
    task.work = federated(4, 2, 0, {.base = 0.1}).plan.at(round_id{1}, {1, 1.0, 1});
    task.data = local_data::of_device(1, device_id{device}, std::move(shard), {});
    task.deadline = clock_type::now() + std::chrono::minutes{10};
    return task;
  }

  template <class Answer, class Task>
  Answer ask(const Task& task) {
    Answer out;
    self->request(pool, caf::infinite, task)
        .receive([&](Answer& answer) { out = std::move(answer); },
                 [&](const caf::error& why) { BOOST_ERROR(system.render(why)); });
    return out;
  }

  network model = small_network();
  model_state start = model.initial_state(1);
  caf::actor_system_config config;
  caf::actor_system system;
  caf::scoped_actor self;
  trainer_pool_actor pool;
};

std::vector<float> values_of(const flat_buffer& buffer) {
  const auto values = buffer.as<float>();
  return {values.begin(), values.end()};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(trainer_pool_test)

BOOST_AUTO_TEST_CASE(a_task_gives_what_a_learner_gives) {
  pool_setup s{{.threads = 2}};
  const auto task = s.task_for(3);
  const auto made = s.ask<trained_update>(task);
  BOOST_TEST(made.failure == "");
  learner alone{s.model};
  alone.load(1, model_version{0}, s.start);
  flat_buffer update{scalar::float32, s.model.layout().parameter_count()};
  flat_buffer moments{scalar::float32, s.model.layout().statistic_count()};
  const auto outcome = alone.train(task.work, *task.data, task.round, update, moments);
  BOOST_TEST((values_of(made.update) == values_of(update)));
  BOOST_TEST(made.outcome.samples == outcome.samples);
  BOOST_TEST(made.outcome.steps == 2u);
  BOOST_TEST(made.outcome.loss == outcome.loss);
  // The pool measures the computation time; the learner used alone does not.
  BOOST_TEST(made.outcome.compute.count() > 0.0);
}

BOOST_AUTO_TEST_CASE(a_task_past_its_deadline_is_answered_without_being_begun) {
  pool_setup s{{.threads = 1}};
  // The task would fail if it were started, because its data cannot be trained on.
  auto task = s.task_for(0, std::make_shared<mislabelled>());
  task.deadline = clock_type::now() - std::chrono::seconds{1};
  BOOST_TEST(s.ask<trained_update>(task).failure ==
             "the round's deadline passed before a trainer was free");
}

BOOST_AUTO_TEST_CASE(what_a_trainer_throws_is_answered_in_one_line_and_the_trainer_goes_on) {
  pool_setup s{{.threads = 1}};
  const auto bad = s.ask<trained_update>(s.task_for(0, std::make_shared<mislabelled>()));
  BOOST_TEST(!bad.failure.empty());
  BOOST_TEST(bad.failure.find('\n') == std::string::npos);
  BOOST_TEST(bad.update.empty());
  const auto model = split_blocks(s.model.layout(), s.start);
  const auto range = s.ask<evaluated_range>(
      evaluate_task{{1, model_version{0}, model, std::make_shared<mislabelled>(), 0, 8}});
  BOOST_TEST(!range.failure.empty());
  BOOST_TEST(s.ask<trained_update>(s.task_for(0)).failure == "");
}

BOOST_AUTO_TEST_CASE(updates_that_nobody_lets_go_of_are_bounded_and_others_wait_for_them) {
  pool_setup s{{.threads = 1}};
  std::vector<trained_update> held;
  const auto hear = [&](trained_update& made) { held.push_back(std::move(made)); };
  const auto fail = [&](const caf::error& why) { BOOST_ERROR(s.system.render(why)); };
  constexpr std::size_t most = 3;  // two per trainer and one more
  std::vector<decltype(s.self->request(s.pool, caf::infinite, s.task_for(0)))> requests;
  for (std::uint32_t i = 0; i < 8; ++i)
    requests.push_back(s.self->request(s.pool, caf::infinite, s.task_for(i)));
  for (std::size_t i = 0; i < most; ++i) requests[i].receive(hear, fail);
  BOOST_TEST(
      std::set({held[0].update.data(), held[1].update.data(), held[2].update.data()}).size() == 3u);
  // An evaluation needs no buffer, so it passes the five tasks that wait for one.
  const auto counted = s.ask<evaluated_range>(
      evaluate_task{{1, model_version{0}, split_blocks(s.model.layout(), s.start),
                     std::make_shared<noise_dataset>(8, picture), 0, 8}});
  BOOST_TEST(counted.sums.samples == 8u);
  BOOST_TEST(s.self->mailbox().empty());
  // Each update that is released lets one more be made, in its memory.
  std::set<const std::byte*> memory;
  for (std::size_t i = most; i < requests.size(); ++i) {
    memory.insert(held.front().update.data());
    held.erase(held.begin());
    requests[i].receive(hear, fail);
    BOOST_TEST(held.back().failure == "");
    memory.insert(held.back().update.data());
  }
  BOOST_TEST(memory.size() <= most);
}

BOOST_AUTO_TEST_CASE(a_shuffled_pool_takes_the_tasks_in_another_order_with_the_same_results) {
  using updates = std::map<std::uint32_t, std::vector<float>>;
  struct training {
    std::vector<std::uint32_t> order;
    updates made;
  };
  const auto train_12 = [](trainer_pool_options options) {
    pool_setup s{options};
    training all;
    // A separate actor asks. It takes the answers as they come and releases the buffers.
    s.system.spawn([&, parent = caf::actor{s.self}](caf::event_based_actor* self) {
      for (std::uint32_t i = 0; i < 12; ++i) {
        auto shard = std::make_shared<noise_dataset>(8, picture, 10, i + 1);
        self->request(s.pool, caf::infinite, s.task_for(i, shard))
            .then([&all, i, self, parent](const trained_update& update) {
              all.order.push_back(i);
              all.made[i] = values_of(update.update);
              if (all.order.size() == 12) self->send(parent, done_atom::value);
            });
      }
    });
    s.self->receive([](done_atom) {});
    return all;
  };
  const auto in_order = train_12({.threads = 1});
  const auto shuffled = train_12({.threads = 1, .shuffle_seed = 5});
  const auto by_two = train_12({.threads = 2, .shuffle_seed = 6});
  BOOST_TEST(std::is_sorted(in_order.order.begin(), in_order.order.end()));
  BOOST_TEST(!std::is_sorted(shuffled.order.begin(), shuffled.order.end()));
  BOOST_TEST((shuffled.made == in_order.made));
  BOOST_TEST((by_two.made == in_order.made));
  BOOST_TEST((in_order.made.at(0) != in_order.made.at(1)));
}

BOOST_AUTO_TEST_CASE(a_pool_that_could_answer_nothing_is_refused) {
  caf::actor_system_config config;
  caf::actor_system system{config};
  BOOST_CHECK_THROW(spawn_trainer_pool(system, small_network(), {.threads = 0}), bad_input);
  BOOST_CHECK_THROW(spawn_trainer_pool(system, small_network(), {.torch_device = "tpu"}),
                    bad_input);
}

BOOST_AUTO_TEST_SUITE_END()
