#include "verge/model/picture_files.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <vector>

#include "support/documented.hpp"
#include "support/message_of.hpp"
#include "support/numbered_dataset.hpp"
#include "support/temporary_directory.hpp"
#include "verge/messages/errors.hpp"

using namespace verge;
using verge::test::check_documented;
using verge::test::message_of;
using verge::test::read_file;
using verge::test::temporary_directory;
using verge::test::write_file;

namespace {

constexpr std::uint32_t height = 3, width = 2, grey_bytes = height * width;
const standardisation grey{{0.25f}, {0.5f}};
const standardisation colour{{0.1f, 0.2f, 0.3f}, {0.5f, 0.25f, 0.125f}};

void append_word(std::string& to, std::uint32_t word) {
  for (int shift = 24; shift >= 0; shift -= 8) to += static_cast<char>(word >> shift & 0xFF);
}

std::string words(std::initializer_list<std::uint32_t> values) {
  std::string bytes;
  for (const std::uint32_t value : values) append_word(bytes, value);
  return bytes;
}

/// Some byte of picture `sample` of a set.
std::uint8_t pixel(std::size_t sample, std::size_t i) {
  return static_cast<std::uint8_t>(sample * 31 + i * 7);
}

std::string idx_pictures_of(std::uint32_t count) {
  std::string bytes = words({0x803, count, height, width});
  for (std::size_t i = 0; i < count * std::size_t{grey_bytes}; ++i) {
    bytes += static_cast<char>(pixel(i / grey_bytes, i % grey_bytes));
  }
  return bytes;
}

std::string idx_labels_of(std::uint32_t count) {
  std::string bytes = words({0x801, count});
  for (std::uint32_t i = 0; i < count; ++i) bytes += static_cast<char>(i % 10);
  return bytes;
}

std::string cifar_records_of(std::size_t count) {
  std::string bytes;
  for (std::size_t record = 0; record < count; ++record) {
    bytes += static_cast<char>(record % 10);
    for (std::size_t i = 0; i < 3072; ++i) bytes += static_cast<char>(pixel(record, i));
  }
  return bytes;
}

std::string compressed(const temporary_directory& directory, const std::string& bytes) {
  const auto file = directory / "scratch.gz";
  const gzFile handle = gzopen(file.c_str(), "wb");
  gzwrite(handle, bytes.data(), static_cast<unsigned>(bytes.size()));
  gzclose(handle);
  auto out = read_file(file);
  std::filesystem::remove(file);
  return out;
}

/// A small sound MNIST: 12 training and 4 test pictures.
void write_idx_files(const temporary_directory& directory) {
  write_file(directory / "train-images-idx3-ubyte", idx_pictures_of(12));
  write_file(directory / "train-labels-idx1-ubyte", idx_labels_of(12));
  write_file(directory / "t10k-images-idx3-ubyte", idx_pictures_of(4));
  write_file(directory / "t10k-labels-idx1-ubyte", idx_labels_of(4));
}

void write_cifar_files(const std::filesystem::path& directory) {
  for (int batch = 1; batch <= 5; ++batch) {
    write_file(directory / fmt::format("data_batch_{}.bin", batch), cifar_records_of(2));
  }
  write_file(directory / "test_batch.bin", cifar_records_of(3));
}

void check_grey(const dataset& data, std::size_t count) {
  BOOST_REQUIRE(data.size() == count);
  BOOST_TEST((data.shape() == sample_shape{1, height, width}));
  BOOST_TEST(data.classes() == 10u);
  std::vector<float> features(grey_bytes);
  for (std::size_t sample = 0; sample < count; ++sample) {
    BOOST_TEST(data.read(sample, features) == static_cast<std::int64_t>(sample % 10));
    for (std::size_t i = 0; i < grey_bytes; ++i) {
      BOOST_TEST(features[i] == static_cast<float>((pixel(sample, i) / 255.0 - 0.25) / 0.5));
    }
  }
}

/// Replaces one file of a sound MNIST and checks that the error names it and contains `expected`.
void check_refused(const std::string& name, const std::string& bytes,
                   const std::vector<std::string>& expected) {
  temporary_directory directory;
  write_idx_files(directory);
  const bool is_compressed = name.ends_with(".gz");
  if (is_compressed) std::filesystem::remove(directory / name.substr(0, name.size() - 3));
  write_file(directory / name, bytes);
  const auto text = message_of<bad_input>([&] { read_idx_split(directory.path(), grey); });
  BOOST_TEST_CONTEXT(text) {
    BOOST_TEST(text.starts_with((directory / name).string() + ": "));
    for (const auto& part : expected) BOOST_TEST(text.find(part) != std::string::npos, part);
    BOOST_TEST(text.find('\n') == std::string::npos);
  }
}

/// Mean and deviation of each channel, in units of pixel / 255.
standardisation measure(const dataset& data) {
  const std::size_t channels = data.shape().channels;
  const std::size_t plane = data.shape().elements() / channels;
  std::vector<double> sums(channels), squares(channels);
  std::vector<float> features(data.shape().elements());
  for (std::size_t i = 0; i < data.size(); ++i) {
    data.read(i, features);
    for (std::size_t e = 0; e < features.size(); ++e) {
      sums[e / plane] += features[e];
      squares[e / plane] += double{features[e]} * features[e];
    }
  }
  standardisation out;
  const double count = static_cast<double>(data.size() * plane);
  for (std::size_t c = 0; c < channels; ++c) {
    const double mean = sums[c] / count;
    out.mean.push_back(static_cast<float>(mean));
    out.deviation.push_back(static_cast<float>(std::sqrt(squares[c] / count - mean * mean)));
  }
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(picture_files_test)

BOOST_AUTO_TEST_CASE(plain_idx_files_are_read_and_standardised) {
  temporary_directory directory;
  write_idx_files(directory);
  const auto split = read_idx_split(directory.path(), grey);
  check_grey(*split.train, 12);
  check_grey(*split.test, 4);
}

BOOST_AUTO_TEST_CASE(compressed_idx_files_are_read_like_plain_ones) {
  temporary_directory directory;
  write_idx_files(directory);
  for (const std::string name : {"train-images-idx3-ubyte", "t10k-labels-idx1-ubyte"}) {
    write_file(directory / (name + ".gz"), compressed(directory, read_file(directory / name)));
    std::filesystem::remove(directory / name);
  }
  const auto split = read_idx_split(directory.path(), grey);
  check_grey(*split.train, 12);
  check_grey(*split.test, 4);
}

BOOST_AUTO_TEST_CASE(idx_files_may_have_a_dot_in_their_names) {
  temporary_directory directory;
  write_idx_files(directory);
  for (const std::string stem : {"train-images", "train-labels", "t10k-images", "t10k-labels"}) {
    const auto kind = stem.ends_with("images") ? "idx3-ubyte" : "idx1-ubyte";
    const auto usual = directory / (stem + '-' + kind);
    const bool is_packed = stem.starts_with("t10k");
    const auto bytes = read_file(usual);
    write_file(directory / (stem + '.' + kind + (is_packed ? ".gz" : "")),
               is_packed ? compressed(directory, bytes) : bytes);
    std::filesystem::remove(usual);
  }
  BOOST_TEST(missing_files("mnist", directory.path()).empty());
  const auto split = read_idx_split(directory.path(), grey);
  check_grey(*split.train, 12);
  check_grey(*split.test, 4);
}

BOOST_AUTO_TEST_CASE(a_missing_file_is_named_with_all_that_was_looked_for) {
  temporary_directory directory;
  write_idx_files(directory);
  const auto missing = directory / "t10k-labels-idx1-ubyte";
  std::filesystem::remove(missing);
  const auto text = message_of<bad_input>([&] { read_idx_split(directory.path(), grey); });
  BOOST_TEST(text == "no such file: looked for " + missing.string() +
                         ", t10k-labels-idx1-ubyte.gz, t10k-labels.idx1-ubyte, "
                         "t10k-labels.idx1-ubyte.gz");
}

BOOST_AUTO_TEST_CASE(a_truncated_file_is_refused_with_its_length) {
  const auto whole = idx_pictures_of(12);
  check_refused("train-images-idx3-ubyte", whole.substr(0, 50),
                {"after 50 bytes", "12 pictures of 3 x 2", "88 bytes"});
  check_refused("train-images-idx3-ubyte", whole.substr(0, 87), {"after 87 bytes"});
  check_refused("train-images-idx3-ubyte", whole.substr(0, 11), {"after 11 bytes", "16 bytes"});
  check_refused("t10k-labels-idx1-ubyte", "", {"after 0 bytes", "8 bytes"});
  check_refused("t10k-labels-idx1-ubyte", idx_labels_of(4).substr(0, 10),
                {"after 10 bytes", "4 labels", "12 bytes"});
}

BOOST_AUTO_TEST_CASE(a_file_that_goes_on_is_refused) {
  check_refused("train-images-idx3-ubyte", idx_pictures_of(12) + 'x',
                {"goes on after byte 88", "12 pictures"});
  check_refused("train-labels-idx1-ubyte", idx_labels_of(12) + 'x', {"goes on after byte 20"});
}

BOOST_AUTO_TEST_CASE(another_kind_of_file_is_refused_with_its_first_bytes) {
  check_refused("train-images-idx3-ubyte", idx_labels_of(12), {"0x00000801", "0x00000803"});
  check_refused("train-labels-idx1-ubyte", idx_pictures_of(12), {"0x00000803", "0x00000801"});
  check_refused("train-labels-idx1-ubyte.gz", "no gzip file", {"0x6e6f2067"});
}

BOOST_AUTO_TEST_CASE(a_header_that_announces_the_impossible_is_refused_before_memory_is_asked_for) {
  const std::string name = "train-images-idx3-ubyte";
  check_refused(name, words({0x803, ~0u, 28, 28}), {"4294967295 pictures", "at most"});
  check_refused(name, words({0x803, 1, ~0u, ~0u}), {"4294967295 x 4294967295", "1024 x 1024"});
  check_refused(name, words({0x803, 1, 0, 2}), {"0 x 2"});
  // The sizes are possible, but would take 10 TB. The file is refused because the rest is missing.
  check_refused(name, words({0x803, 10'000'000, 1024, 1024}), {"after 16 bytes"});
}

BOOST_AUTO_TEST_CASE(a_file_of_no_pictures_is_refused) {
  check_refused("train-images-idx3-ubyte", words({0x803, 0, height, width}), {"no pictures"});
}

BOOST_AUTO_TEST_CASE(labels_must_be_as_many_as_pictures) {
  check_refused("train-labels-idx1-ubyte", idx_labels_of(11), {"11 labels", "expected 12"});
}

BOOST_AUTO_TEST_CASE(a_label_above_nine_is_refused_with_its_place) {
  auto labels = idx_labels_of(12);
  labels[8 + 7] = 10;
  check_refused("train-labels-idx1-ubyte", labels, {"label 7 is 10", "0 .. 9"});
}

BOOST_AUTO_TEST_CASE(corrupt_compressed_data_is_called_so) {
  temporary_directory scratch;
  const std::string name = "train-images-idx3-ubyte.gz";
  const auto sound = compressed(scratch, idx_pictures_of(12));
  auto wrong_checksum = sound;
  wrong_checksum[sound.size() - 8] ^= 1;
  check_refused(name, wrong_checksum, {"corrupt", "incorrect data check"});
  auto wrong_length = sound;
  wrong_length[sound.size() - 4] ^= 1;
  check_refused(name, wrong_length, {"corrupt", "incorrect length check"});
  auto wrong_data = sound;
  wrong_data[10] = '\x07';
  check_refused(name, wrong_data, {"corrupt"});
}

BOOST_AUTO_TEST_CASE(cut_off_compressed_data_is_called_so) {
  temporary_directory scratch;
  const auto sound = compressed(scratch, idx_pictures_of(12));
  for (const std::size_t length : {sound.size() - 1, sound.size() - 8, sound.size() / 2}) {
    check_refused("train-images-idx3-ubyte.gz", sound.substr(0, length), {"cut off"});
  }
}

BOOST_AUTO_TEST_CASE(a_directory_in_the_place_of_a_file_is_refused) {
  temporary_directory directory;
  std::filesystem::create_directories(directory / "train-images-idx3-ubyte");
  write_file(directory / "train-labels-idx1-ubyte", idx_labels_of(12));
  const auto text = message_of<bad_input>([&] { read_idx_split(directory.path(), grey); });
  BOOST_TEST(text.find("not a file") != std::string::npos, text);
}

BOOST_AUTO_TEST_CASE(test_pictures_of_another_size_are_refused) {
  temporary_directory directory;
  write_idx_files(directory);
  write_file(directory / "t10k-images-idx3-ubyte", words({0x803, 4, 1, 1}) + "abcd");
  const auto text = message_of<bad_input>([&] { read_idx_split(directory.path(), grey); });
  BOOST_TEST(text.find("3 x 2, test pictures 1 x 1") != std::string::npos, text);
}

BOOST_AUTO_TEST_CASE(cifar10_files_are_read_from_the_directory_or_the_one_inside) {
  for (const std::string inner : {"", "cifar-10-batches-bin"}) {
    temporary_directory directory;
    // An empty folder of that name does no harm.
    std::filesystem::create_directories(directory / "cifar-10-batches-bin");
    write_cifar_files(directory / inner);
    const auto split = read_cifar10_split(directory.path(), colour);
    BOOST_TEST(split.train->size() == 10u);
    BOOST_TEST(split.test->size() == 3u);
    BOOST_TEST((split.train->shape() == sample_shape{3, 32, 32}));
    std::vector<float> features(3072);
    BOOST_TEST(split.train->read(3, features) == 1);
    for (std::size_t i = 0; i < features.size(); ++i) {
      const double mean = colour.mean[i / 1024], deviation = colour.deviation[i / 1024];
      BOOST_REQUIRE(features[i] == static_cast<float>((pixel(1, i) / 255.0 - mean) / deviation));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_missing_cifar10_file_is_named) {
  temporary_directory directory;
  const auto nothing = message_of<bad_input>([&] { read_cifar10_split(directory.path(), colour); });
  BOOST_TEST(nothing.find((directory / "data_batch_1.bin").string()) != std::string::npos, nothing);
  BOOST_TEST(missing_files("cifar10", directory.path()).size() == 6u);

  write_cifar_files(directory.path());
  std::filesystem::remove(directory / "data_batch_4.bin");
  const auto one = message_of<bad_input>([&] { read_cifar10_split(directory.path(), colour); });
  BOOST_TEST(one.starts_with((directory / "data_batch_4.bin").string() + ": "), one);
  const auto missing = missing_files("cifar10", directory.path());
  BOOST_REQUIRE(missing.size() == 1u);
  BOOST_TEST(missing[0] == directory / "data_batch_4.bin");
}

BOOST_AUTO_TEST_CASE(a_cifar10_file_of_another_length_is_refused_with_it) {
  for (const std::size_t length : {0, 3072, 3074, 6145}) {
    temporary_directory directory;
    write_cifar_files(directory.path());
    write_file(directory / "test_batch.bin", cifar_records_of(3).substr(0, length));
    const auto text = message_of<bad_input>([&] { read_cifar10_split(directory.path(), colour); });
    const auto expected =
        fmt::format("test_batch.bin: has {} bytes; expected a multiple of 3073", length);
    BOOST_TEST(text.find(expected) != std::string::npos, text);
  }
}

BOOST_AUTO_TEST_CASE(a_cifar10_label_above_nine_is_refused_with_its_record) {
  temporary_directory directory;
  write_cifar_files(directory.path());
  auto records = cifar_records_of(2);
  records[3073] = '\xC8';
  write_file(directory / "data_batch_2.bin", records);
  const auto text = message_of<bad_input>([&] { read_cifar10_split(directory.path(), colour); });
  BOOST_TEST(text.find("data_batch_2.bin: record 1 has label 200") != std::string::npos, text);
}

BOOST_AUTO_TEST_CASE(pictures_that_do_not_fit_their_description_are_refused) {
  const auto make = [](std::size_t bytes, std::uint8_t label, standardisation constants) {
    picture_dataset({1, 2, 2}, 3, std::vector<std::uint8_t>(bytes), {0, label},
                    std::move(constants));
  };
  BOOST_CHECK_NO_THROW(make(8, 2, grey));
  BOOST_CHECK_THROW(make(7, 2, grey), bad_input);
  BOOST_CHECK_THROW(make(8, 3, grey), bad_input);
  BOOST_CHECK_THROW(make(8, 2, colour), bad_input);
  BOOST_CHECK_THROW(make(8, 2, {{0.5f}, {0.0f}}), bad_input);
  BOOST_CHECK_THROW(make(8, 2, {{NAN}, {1.0f}}), bad_input);
}

BOOST_AUTO_TEST_CASE(a_data_set_that_nobody_knows_is_refused) {
  const standardisation constants{{0.5f}, {0.5f}};
  BOOST_CHECK_THROW(read_split("cifar-10", ".", constants), bad_input);
  BOOST_CHECK_THROW(read_training_pictures("cifar-10", ".", constants), bad_input);
  BOOST_CHECK_THROW(read_own_pictures("cifar-10", {"pictures", "labels"}, constants), bad_input);
  BOOST_CHECK_THROW(missing_files("cifar-10", "."), bad_input);
  BOOST_CHECK_THROW(published_standardisation("no-such-set"), bad_input);
  BOOST_TEST(packaged_directory("no-such-set").empty());
  BOOST_TEST(packaged_directory("mnist").empty());
  BOOST_TEST(published_standardisation("mnist").mean.size() == 1u);
  BOOST_TEST(published_standardisation("cifar10").mean.size() == 3u);
}

BOOST_AUTO_TEST_CASE(an_unknown_data_set_is_refused_with_those_that_are_known) {
  BOOST_TEST(message_of<bad_input>([] { published_standardisation("cifar-10"); }) ==
             "no data set \"cifar-10\" is known; expected fashion-mnist, mnist or cifar10");
}

BOOST_AUTO_TEST_CASE(every_data_set_is_in_the_documentation) {
  check_documented(data_set_names(), {"experiment_file.md"});
}

BOOST_AUTO_TEST_CASE(files_of_ones_own_are_read_in_the_format_of_the_data_set) {
  temporary_directory directory;
  write_idx_files(directory);
  write_cifar_files(directory.path());
  const auto pictures = directory / "t10k-images-idx3-ubyte";
  const auto labels = directory / "t10k-labels-idx1-ubyte";
  for (const std::string name : {"mnist", "fashion-mnist"}) {
    check_grey(*read_own_pictures(name, {pictures, labels}, grey), 4);
    BOOST_TEST(message_of<bad_input>([&] { read_own_pictures(name, {pictures}, grey); }) ==
               "1 files of data in the format of " + name +
                   "; expected two, the pictures and their labels");
  }
  const std::vector batches{directory / "data_batch_1.bin", directory / "test_batch.bin"};
  BOOST_TEST(read_own_pictures("cifar10", batches, colour)->size() == 5u);
}

boost::test_tools::assertion_result has_fashion_mnist(boost::unit_test::test_unit_id) {
  const auto place = packaged_directory("fashion-mnist");
  boost::test_tools::assertion_result result{std::filesystem::is_directory(place)};
  result.message() << "there is no " << place;
  return result;
}

BOOST_AUTO_TEST_CASE(the_packaged_fashion_mnist_has_its_published_mean_and_deviation,
                     *boost::unit_test::precondition(has_fashion_mnist)) {
  const auto directory = packaged_directory("fashion-mnist");
  const auto published = published_standardisation("fashion-mnist");
  const auto split = read_idx_split(directory, {{0.0f}, {1.0f}});
  BOOST_TEST(split.train->size() == 60'000u);
  BOOST_TEST(split.test->size() == 10'000u);
  const auto measured = measure(*split.train);
  BOOST_TEST(std::abs(measured.mean[0] - published.mean[0]) < 5.1e-5);
  BOOST_TEST(std::abs(measured.deviation[0] - published.deviation[0]) < 5.1e-5);
}

BOOST_AUTO_TEST_SUITE_END()
