#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "model/data/formats/idx_file.hpp"
#include "model/data/formats/picture_format.hpp"
#include "verge/messages/errors.hpp"

namespace verge {

namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t idx_classes = 10;
constexpr std::array idx_halves{"train", "t10k"};

/// What an idx file may be called, the usual name first: with a hyphen as MNIST's page has it, with
/// a dot as some archives unpack it, either compressed.
std::vector<fs::path> names_of_idx(const fs::path& directory, const std::string& stem,
                                   const char* kind) {
  std::vector<fs::path> names;
  for (const char sign : {'-', '.'})
    for (const char* end : {"", ".gz"})
      names.push_back(directory / fmt::format("{}{}{}{}", stem, sign, kind, end));
  return names;
}

std::vector<fs::path> pictures_names(const fs::path& directory, const char* half) {
  return names_of_idx(directory, fmt::format("{}-images", half), "idx3-ubyte");
}

std::vector<fs::path> labels_names(const fs::path& directory, const char* half) {
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

dataset_ptr read_pair(const fs::path& pictures_file, const fs::path& labels_file,
                      const standardisation& constants) {
  idx_pictures pictures = read_idx_pictures(pictures_file);
  auto labels = read_idx_labels(labels_file, pictures.count, idx_classes);
  return std::make_shared<const picture_dataset>(
      pictures.shape, idx_classes, std::move(pictures.pixels), std::move(labels), constants);
}

dataset_ptr read_half(const fs::path& directory, const char* half,
                      const standardisation& constants) {
  // Both are looked for before one is read: it takes a while.
  const fs::path pictures_file = one_that_is_there(pictures_names(directory, half));
  return read_pair(pictures_file, one_that_is_there(labels_names(directory, half)), constants);
}

dataset_ptr read_training(const fs::path& directory, const standardisation& constants) {
  return read_half(directory, idx_halves[0], constants);
}

dataset_ptr read_own(const std::string& name, const std::vector<fs::path>& files,
                     const standardisation& constants) {
  if (files.size() != 2)
    throw bad_input(
        fmt::format("{} files of data in the format of {}; expected two, the pictures and "
                    "their labels",
                    files.size(), name));
  return read_pair(files[0], files[1], constants);
}

std::vector<std::vector<fs::path>> wanted(const fs::path& directory) {
  std::vector<std::vector<fs::path>> files;
  for (const char* half : idx_halves) {
    files.push_back(pictures_names(directory, half));
    files.push_back(labels_names(directory, half));
  }
  return files;
}

}  // namespace

data_split read_idx_split(const fs::path& directory, const standardisation& constants) {
  data_split split{read_half(directory, idx_halves[0], constants),
                   read_half(directory, idx_halves[1], constants)};
  const sample_shape train = split.train->shape(), test = split.test->shape();
  if (train != test) {
    throw bad_input(
        fmt::format("{}: training pictures are {} x {}, test pictures {} x {}; expected one size",
                    directory.string(), train.height, train.width, test.height, test.width));
  }
  return split;
}

constinit const picture_format idx_format{1, read_idx_split, read_training, read_own, wanted};

}  // namespace verge
