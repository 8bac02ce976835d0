#pragma once

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/temporary_directory.hpp"
#include "verge/messages/errors.hpp"
#include "verge/runtime/experiment.hpp"

namespace verge::test {

/// An experiment with an arm of each strategy, as short as it may be but for `[devices]`. Its data
/// directory is the directory that the file lies in.
inline const std::string short_experiment = R"(name = "short"
[data]
name = "mnist"
path = "."
[model]
name = "mlp"
[devices]
count = 20
[[arm]]
name = "all"
strategy = "centralized"
learning_rate = 0.1
epochs = 1
[[arm]]
name = "large.batch"
strategy = "large_batch"
learning_rate = 0.4
epochs = 2
[[arm]]
name = "fed"
strategy = "federated"
learning_rate = 0.05
rounds = 30
)";

/// A folder with the files of every data set. They are empty, because read_experiment only checks
/// that they exist.
class data_directory : public temporary_directory {
public:
  data_directory() {
    for (const char* half : {"train", "t10k"}) {
      file(std::string{half} + "-images-idx3-ubyte", "");
      file(std::string{half} + "-labels-idx1-ubyte.gz", "");
    }
    for (int batch = 1; batch <= 5; ++batch)
      file("data_batch_" + std::to_string(batch) + ".bin", "");
    file("test_batch.bin", "");
  }
};

inline experiment read_text(const std::string& text,
                            const std::vector<std::string>& overrides = {}) {
  const data_directory directory;
  return read_experiment(directory.file("q.toml", text), overrides);
}

using lines = std::vector<std::string>;

inline void check_equal(const lines& got, const lines& expected) {
  BOOST_CHECK_EQUAL_COLLECTIONS(got.begin(), got.end(), expected.begin(), expected.end());
}

/// The problems of an experiment file, one per element, with "q.toml" instead of the file's path.
/// Empty if it is accepted.
inline std::vector<std::string> problems_of(const std::string& text,
                                            const std::vector<std::string>& overrides = {}) {
  const data_directory directory;
  const std::filesystem::path file = directory.file("q.toml", text);
  std::vector<std::string> problems;
  try {
    read_experiment(file, overrides);
  } catch (const bad_input& error) {
    std::string rest = error.what();
    for (std::size_t at; (at = rest.find(file.string())) != std::string::npos;) {
      rest.replace(at, file.string().size(), "q.toml");
    }
    for (std::size_t end; (end = rest.find('\n')) != std::string::npos;) {
      problems.push_back(rest.substr(0, end));
      rest.erase(0, end + 1);
    }
    problems.push_back(rest);
  }
  return problems;
}

inline std::string replaced(std::string text, const std::string& old, const std::string& by) {
  const std::size_t at = text.find(old);
  if (at == std::string::npos) throw std::logic_error("not in the text: " + old);
  return text.replace(at, old.size(), by);
}

}  // namespace verge::test
