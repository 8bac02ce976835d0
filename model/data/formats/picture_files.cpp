#include "verge/model/picture_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "model/data/formats/cifar10_file.hpp"
#include "model/data/formats/idx_file.hpp"
#include "verge/messages/errors.hpp"

namespace verge {

namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t idx_classes = 10;
constexpr std::array idx_halves{"train", "t10k"};

bad_input unknown(const std::string& name) {
  return bad_input(
      fmt::format("no data set \"{}\" is known; expected mnist, fashion-mnist or cifar10", name));
}

/// Whether a data set has CIFAR's format; the other one is idx.
bool is_cifar(const std::string& name) {
  if (name == "cifar10") return true;
  if (name == "mnist" || name == "fashion-mnist") return false;
  throw unknown(name);
}

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error);
}

/// Possible names of an idx file, the usual one first: with a hyphen as on MNIST's page, and with a
/// dot as some archives unpack it. Either may be compressed.
std::vector<fs::path> names_of_idx(const fs::path& directory, const std::string& stem,
                                   const char* kind) {
  std::vector<fs::path> names;
  for (const char sign : {'-', '.'})
    for (const char* end : {"", ".gz"})
      names.push_back(directory / fmt::format("{}{}{}{}", stem, sign, kind, end));
  return names;
}

std::vector<fs::path> idx_pictures_names(const fs::path& directory, const char* half) {
  return names_of_idx(directory, fmt::format("{}-images", half), "idx3-ubyte");
}

std::vector<fs::path> idx_labels_names(const fs::path& directory, const char* half) {
  return names_of_idx(directory, fmt::format("{}-labels", half), "idx1-ubyte");
}

fs::path one_that_is_there(const std::vector<fs::path>& names) {
  const auto found = std::ranges::find_if(names, is_there);
  if (found != names.end()) return *found;
  std::string looked_for = names.front().string();
  for (const auto& other : std::span(names).subspan(1))
    looked_for += ", " + other.filename().string();
  throw bad_input(fmt::format("no such file: looked for {}", looked_for));
}

dataset_ptr read_idx_pair(const fs::path& pictures_file, const fs::path& labels_file,
                          const standardisation& constants) {
  idx_pictures pictures = read_idx_pictures(pictures_file);
  auto labels = read_idx_labels(labels_file, pictures.count, idx_classes);
  return std::make_shared<const picture_dataset>(
      pictures.shape, idx_classes, std::move(pictures.pixels), std::move(labels), constants);
}

dataset_ptr read_idx_half(const fs::path& directory, const char* half,
                          const standardisation& constants) {
  // Looks for both files before it reads one, because reading takes a while.
  const fs::path pictures_file = one_that_is_there(idx_pictures_names(directory, half));
  return read_idx_pair(pictures_file, one_that_is_there(idx_labels_names(directory, half)),
                       constants);
}

dataset_ptr read_cifar10_half(const std::vector<fs::path>& files,
                              const standardisation& constants) {
  std::vector<std::uint8_t> pixels, labels;
  for (const fs::path& file : files) append_cifar10_file(file, pixels, labels);
  return std::make_shared<const picture_dataset>(sample_shape{3, 32, 32}, cifar10_classes,
                                                 std::move(pixels), std::move(labels), constants);
}

std::vector<fs::path> cifar10_train_files(const fs::path& place) {
  std::vector<fs::path> files;
  for (int batch = 1; batch <= 5; ++batch)
    files.push_back(place / fmt::format("data_batch_{}.bin", batch));
  return files;
}

fs::path cifar10_test_file(const fs::path& place) {
  return place / "test_batch.bin";
}

/// Where the binary files of CIFAR-10 are or should be: in `directory`, or else in the folder that
/// their archive has.
fs::path cifar10_place(const fs::path& directory) {
  const fs::path inner = directory / "cifar-10-batches-bin";
  const bool are_here = is_there(cifar10_train_files(directory).front());
  return is_there(inner) && !are_here ? inner : directory;
}

}  // namespace

data_split read_idx_split(const fs::path& directory, const standardisation& constants) {
  data_split split{read_idx_half(directory, idx_halves[0], constants),
                   read_idx_half(directory, idx_halves[1], constants)};
  const sample_shape train = split.train->shape(), test = split.test->shape();
  if (train != test) {
    throw bad_input(
        fmt::format("{}: training pictures are {} x {}, test pictures {} x {}; expected one size",
                    directory.string(), train.height, train.width, test.height, test.width));
  }
  return split;
}

data_split read_cifar10_split(const fs::path& directory, const standardisation& constants) {
  const auto place = cifar10_place(directory);
  return {read_cifar10_half(cifar10_train_files(place), constants),
          read_cifar10_half({cifar10_test_file(place)}, constants)};
}

data_split read_split(const std::string& name, const fs::path& directory,
                      const standardisation& constants) {
  return is_cifar(name) ? read_cifar10_split(directory, constants)
                        : read_idx_split(directory, constants);
}

dataset_ptr read_training_pictures(const std::string& name, const fs::path& directory,
                                   const standardisation& constants) {
  if (is_cifar(name))
    return read_cifar10_half(cifar10_train_files(cifar10_place(directory)), constants);
  return read_idx_half(directory, idx_halves[0], constants);
}

dataset_ptr read_own_pictures(const std::string& name, const std::vector<fs::path>& files,
                              const standardisation& constants) {
  if (is_cifar(name)) return read_cifar10_half(files, constants);
  if (files.size() != 2)
    throw bad_input(
        fmt::format("{} files of data in the format of {}; expected two, the pictures and "
                    "their labels",
                    files.size(), name));
  return read_idx_pair(files[0], files[1], constants);
}

std::vector<fs::path> missing_files(const std::string& name, const fs::path& directory) {
  std::vector<std::vector<fs::path>> wanted;  // each entry lists the possible names of one file
  if (is_cifar(name)) {
    const auto place = cifar10_place(directory);
    for (auto& file : cifar10_train_files(place)) wanted.push_back({std::move(file)});
    wanted.push_back({cifar10_test_file(place)});
  } else {
    for (const char* half : idx_halves) {
      wanted.push_back(idx_pictures_names(directory, half));
      wanted.push_back(idx_labels_names(directory, half));
    }
  }
  std::vector<fs::path> missing;
  for (const auto& names : wanted)
    if (std::ranges::none_of(names, is_there)) missing.push_back(names.front());
  return missing;
}

standardisation published_standardisation(const std::string& name) {
  if (name == "mnist") return {{0.1307f}, {0.3081f}};
  if (name == "fashion-mnist") return {{0.2860f}, {0.3530f}};
  if (name == "cifar10") return {{0.4914f, 0.4822f, 0.4465f}, {0.2470f, 0.2435f, 0.2616f}};
  throw unknown(name);
}

fs::path packaged_directory(const std::string& name) {
  return name == "fashion-mnist" ? fs::path("/usr/share/datasets") / name : fs::path();
}

}  // namespace verge
