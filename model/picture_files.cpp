#include "verge/model/picture_files.hpp"

#include <fmt/format.h>

#include <utility>

#include "cifar10_file.hpp"
#include "idx_file.hpp"
#include "verge/messages/errors.hpp"

namespace verge {

namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t idx_classes = 10;

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error);
}

fs::path plain_or_compressed(const fs::path& directory, const std::string& name) {
  const fs::path plain = directory / name;
  const fs::path compressed = directory / (name + ".gz");
  if (is_there(plain)) return plain;
  if (is_there(compressed)) return compressed;
  throw bad_input(
      fmt::format("no such file: looked for {} and {}", plain.string(), compressed.string()));
}

dataset_ptr read_idx_half(const fs::path& directory, const std::string& prefix,
                          const standardisation& constants) {
  // Both are looked for before one is read: it takes a while.
  const fs::path pictures_file = plain_or_compressed(directory, prefix + "-images-idx3-ubyte");
  const fs::path labels_file = plain_or_compressed(directory, prefix + "-labels-idx1-ubyte");
  idx_pictures pictures = read_idx_pictures(pictures_file);
  auto labels = read_idx_labels(labels_file, pictures.count, idx_classes);
  return std::make_shared<const picture_dataset>(
      pictures.shape, idx_classes, std::move(pictures.pixels), std::move(labels), constants);
}

dataset_ptr read_cifar10_half(const std::vector<fs::path>& files,
                              const standardisation& constants) {
  std::vector<std::uint8_t> pixels, labels;
  for (const fs::path& file : files) append_cifar10_file(file, pixels, labels);
  return std::make_shared<const picture_dataset>(sample_shape{3, 32, 32}, cifar10_classes,
                                                 std::move(pixels), std::move(labels), constants);
}

}  // namespace

data_split read_idx_split(const fs::path& directory, const standardisation& constants) {
  data_split split{read_idx_half(directory, "train", constants),
                   read_idx_half(directory, "t10k", constants)};
  const sample_shape train = split.train->shape(), test = split.test->shape();
  if (train != test) {
    throw bad_input(
        fmt::format("{}: training pictures are {} x {}, test pictures {} x {}; expected one size",
                    directory.string(), train.height, train.width, test.height, test.width));
  }
  return split;
}

data_split read_cifar10_split(const fs::path& directory, const standardisation& constants) {
  const std::string first = "data_batch_1.bin";
  const fs::path inner = directory / "cifar-10-batches-bin";
  if (!is_there(directory / first) && !is_there(inner / first)) {
    throw bad_input(fmt::format("no such file: looked for {} and {}", (directory / first).string(),
                                (inner / first).string()));
  }
  const fs::path& place = is_there(directory / first) ? directory : inner;
  std::vector<fs::path> train;
  for (int batch = 1; batch <= 5; ++batch) {
    train.push_back(place / fmt::format("data_batch_{}.bin", batch));
  }
  return {read_cifar10_half(train, constants),
          read_cifar10_half({place / "test_batch.bin"}, constants)};
}

standardisation published_standardisation(const std::string& name) {
  if (name == "mnist") return {{0.1307f}, {0.3081f}};
  if (name == "fashion-mnist") return {{0.2860f}, {0.3530f}};
  if (name == "cifar10") return {{0.4914f, 0.4822f, 0.4465f}, {0.2470f, 0.2435f, 0.2616f}};
  throw bad_input(
      fmt::format("no mean and deviation are known for data set \"{}\"; expected mnist, "
                  "fashion-mnist or cifar10",
                  name));
}

fs::path packaged_directory(const std::string& name) {
  const fs::path directory = fs::path("/usr/share/datasets") / name;
  return name == "fashion-mnist" && is_there(directory) ? directory : fs::path();
}

}  // namespace verge
