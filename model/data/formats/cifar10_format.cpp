#include <fmt/format.h>

#include <utility>

#include "model/data/formats/cifar10_file.hpp"
#include "model/data/formats/picture_format.hpp"

namespace verge {

namespace {

namespace fs = std::filesystem;

dataset_ptr read_files(const std::vector<fs::path>& files, const standardisation& constants) {
  std::vector<std::uint8_t> pixels, labels;
  for (const fs::path& file : files) append_cifar10_file(file, pixels, labels);
  return std::make_shared<const picture_dataset>(sample_shape{3, 32, 32}, cifar10_classes,
                                                 std::move(pixels), std::move(labels), constants);
}

std::vector<fs::path> train_files(const fs::path& place) {
  std::vector<fs::path> files;
  for (int batch = 1; batch <= 5; ++batch)
    files.push_back(place / fmt::format("data_batch_{}.bin", batch));
  return files;
}

fs::path test_file(const fs::path& place) {
  return place / "test_batch.bin";
}

/// Where the binary files of CIFAR-10 are, or would be: in `directory`, else in the folder that
/// their archive has.
fs::path place_in(const fs::path& directory) {
  const fs::path inner = directory / "cifar-10-batches-bin";
  const bool are_here = is_there(train_files(directory).front());
  return is_there(inner) && !are_here ? inner : directory;
}

dataset_ptr read_training(const fs::path& directory, const standardisation& constants) {
  return read_files(train_files(place_in(directory)), constants);
}

dataset_ptr read_own(const std::string&, const std::vector<fs::path>& files,
                     const standardisation& constants) {
  return read_files(files, constants);
}

std::vector<std::vector<fs::path>> wanted(const fs::path& directory) {
  const auto place = place_in(directory);
  std::vector<std::vector<fs::path>> files;
  for (auto& file : train_files(place)) files.push_back({std::move(file)});
  files.push_back({test_file(place)});
  return files;
}

}  // namespace

data_split read_cifar10_split(const fs::path& directory, const standardisation& constants) {
  const auto place = place_in(directory);
  return {read_files(train_files(place), constants), read_files({test_file(place)}, constants)};
}

constinit const picture_format cifar10_format{3, read_cifar10_split, read_training, read_own,
                                              wanted};

}  // namespace verge
