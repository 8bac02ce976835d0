// Checks what can be checked of a saved model in C++, and leaves files that torchscript_oracle.py
// opens in Python. VERGE_TORCHSCRIPT_DIRECTORY is the folder for them.

#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <vector>

#include "model/random/random.hpp"
#include "support/noise_dataset.hpp"
#include "support/temporary_directory.hpp"
#include "verge/messages/errors.hpp"
#include "verge/model/learner.hpp"
#include "verge/model/network.hpp"

using namespace verge;
namespace fs = std::filesystem;

BOOST_AUTO_TEST_SUITE(torchscript_test)

namespace {

constexpr std::int64_t steps_so_far = 7;

/// A model that looks trained: its statistics differ from their initial values.
model_state lived_in_state(const network& net, std::uint64_t seed) {
  model_state state = net.initial_state(seed);
  const random_stream stream(seed, random_purpose::partition);
  for (const tensor_entry& entry : net.layout().entries()) {
    const bool variance = entry.role == tensor_role::running_variance;
    if (!variance && entry.role != tensor_role::running_mean) continue;
    with_scalar(state.statistics.type(), [&](auto zero) {
      using element = decltype(zero);
      auto part = state.statistics.as<element>().subspan(entry.offset, entry.elements);
      for (std::size_t i = 0; i < part.size(); ++i) {
        const double u = stream.unit(entry.offset + i);
        part[i] = static_cast<element>(variance ? 0.5 + u : u - 0.5);
      }
    });
  }
  state.batches_tracked = steps_so_far;
  return state;
}

template <class T>
void write_values(const fs::path& file, std::span<const T> values) {
  std::ofstream out(file, std::ios::binary);
  out.write(reinterpret_cast<const char*>(values.data()),
            static_cast<std::streamsize>(values.size_bytes()));
  BOOST_REQUIRE(out.good());
}

/// Writes NAME.pt, NAME.x.f32, NAME.logits.f64 and NAME.manifest, which has one line of facts and
/// then one line per tensor.
void leave_for_python(const fs::path& folder, const std::string& name,
                      const network_options& options) {
  constexpr std::size_t samples = 5;
  const network net = network::build(options);
  const model_state state = lived_in_state(net, 21);
  net.save_torchscript(state, folder / (name + ".pt"));

  const test::noise_dataset data(samples, options.input, options.classes);
  std::vector<float> x(samples * options.input.elements());
  for (std::size_t i = 0; i < samples; ++i) {
    data.read(i, std::span(x).subspan(i * options.input.elements(), options.input.elements()));
  }
  learner trainer(net);
  trainer.load(1, {0}, state);
  const std::vector<double> logits = trainer.logits(x);
  write_values<float>(folder / (name + ".x.f32"), x);
  write_values<double>(folder / (name + ".logits.f64"), logits);

  std::ofstream facts(folder / (name + ".manifest"));
  facts << fmt::format("{} {} {} {} {} {} {} {}\n", options.name,
                       options.type == scalar::float32 ? "float32" : "float64", options.classes,
                       options.input.channels, options.input.height, options.input.width,
                       steps_so_far, model_sha256(net.layout(), state));
  for (const tensor_entry& entry : net.layout().entries()) {
    facts << entry.name;
    for (const std::int64_t size : entry.shape) facts << ' ' << size;
    facts << '\n';
  }
  BOOST_REQUIRE(facts.good());
}

}  // namespace

BOOST_AUTO_TEST_CASE(files_are_left_for_python) {
  const fs::path folder = VERGE_TORCHSCRIPT_DIRECTORY;
  fs::remove_all(folder);
  fs::create_directories(folder);
  using enum norm_kind;
  using enum scalar;
  leave_for_python(folder, "logistic", {"logistic", none, float32, {1, 28, 28}, 10});
  leave_for_python(folder, "mlp", {"mlp", none, float64, {2, 5, 7}, 3});
  leave_for_python(folder, "cnn", {"cnn", none, float32, {1, 28, 28}, 10});
  leave_for_python(folder, "cnn_odd", {"cnn", none, float32, {3, 9, 14}, 4});
  leave_for_python(folder, "lenet_none", {"lenet", none, float32, {1, 28, 28}, 10});
  leave_for_python(folder, "lenet_batch", {"lenet", batch, float32, {3, 32, 32}, 10});
  leave_for_python(folder, "lenet_group", {"lenet", group, float64, {2, 17, 16}, 3});
  leave_for_python(folder, "small_cnn", {"small_cnn", none, float32, {3, 32, 32}, 10});
  leave_for_python(folder, "strided_cnn_none", {"strided_cnn", none, float32, {3, 32, 32}, 10});
  leave_for_python(folder, "strided_cnn_batch", {"strided_cnn", batch, float64, {1, 15, 9}, 4});
  leave_for_python(folder, "strided_cnn_group", {"strided_cnn", group, float32, {3, 32, 32}, 10});
  leave_for_python(folder, "resnet18_batch", {"resnet18", batch, float32, {3, 32, 32}, 10});
  leave_for_python(folder, "resnet18_group", {"resnet18", group, float64, {3, 17, 16}, 10});
  leave_for_python(folder, "resnet18_none", {"resnet18", none, float32, {3, 32, 32}, 100});
}

BOOST_AUTO_TEST_CASE(the_same_model_makes_the_same_bytes_under_any_name) {
  const test::temporary_directory folder;
  const network net = network::build({"small_cnn", norm_kind::none, scalar::float32, {3, 8, 8}, 2});
  const model_state state = net.initial_state(4);
  net.save_torchscript(state, folder / "one.pt");
  net.save_torchscript(state, folder / "another-name.pt");
  const std::string one = test::read_file(folder / "one.pt");
  BOOST_TEST(one.size() > 1000u);
  BOOST_TEST((one == test::read_file(folder / "another-name.pt")));
}

BOOST_AUTO_TEST_CASE(a_file_names_no_path_of_the_machine) {
  const test::temporary_directory folder;
  const network net = network::build({"resnet18", norm_kind::batch, scalar::float32, {3, 8, 8}, 2});
  net.save_torchscript(net.initial_state(4), folder / "model.pt");
  const std::string bytes = test::read_file(folder / "model.pt");
  for (const std::string& text :
       {folder.path().string(), fs::current_path().string(), std::string(VERGE_SOURCE_DIR)}) {
    BOOST_TEST((bytes.find(text) == std::string::npos), text);
  }
}

BOOST_AUTO_TEST_CASE(an_old_file_is_replaced_and_nothing_else_is_left) {
  const test::temporary_directory folder;
  const network net = network::build({"logistic", norm_kind::none, scalar::float32, {1, 2, 2}, 2});
  const fs::path file = folder / "model.pt";
  std::ofstream(file) << "old";
  net.save_torchscript(net.initial_state(1), file);
  BOOST_TEST(fs::file_size(file) > 100u);
  BOOST_TEST(std::distance(fs::directory_iterator(folder.path()), {}) == 1);
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_written_fails_in_one_line_and_leaves_nothing) {
  const test::temporary_directory folder;
  const network net = network::build({"logistic", norm_kind::none, scalar::float32, {1, 2, 2}, 2});
  const model_state state = net.initial_state(1);
  const auto says = [](const char* word) {
    return [word](const run_failure& error) {
      const std::string text = error.what();
      return text.find(word) != std::string::npos && text.find('\n') == std::string::npos;
    };
  };
  BOOST_CHECK_EXCEPTION(net.save_torchscript(state, folder / "absent" / "model.pt"), run_failure,
                        says("absent/model.pt"));
  // A directory in the way is found when the finished file is renamed.
  fs::create_directories(folder / "taken" / "inside");
  BOOST_CHECK_EXCEPTION(net.save_torchscript(state, folder / "taken"), run_failure, says("taken"));
  BOOST_TEST(std::distance(fs::directory_iterator(folder.path()), {}) == 1);

  model_state other = state;
  other.parameters = flat_buffer(scalar::float32, 3);
  BOOST_CHECK_EXCEPTION(net.save_torchscript(other, folder / "other.pt"), run_failure,
                        says("3 parameters"));
  BOOST_TEST(!fs::exists(folder / "other.pt"));
}

BOOST_AUTO_TEST_SUITE_END()
