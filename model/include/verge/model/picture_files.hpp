#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "verge/model/dataset.hpp"

namespace verge {

/// The two halves of a benchmark data set.
struct data_split {
  dataset_ptr train;
  dataset_ptr test;
};

/// MNIST or Fashion-MNIST in `directory`: the four idx files under their usual names
/// (train-images-idx3-ubyte or train-images.idx3-ubyte, and so on), each plain or with `.gz`.
/// `constants` has one channel. Throws bad_input that names the file, what is wrong in it (and at
/// which byte or record), and what was expected.
data_split read_idx_split(const std::filesystem::path& directory, const standardisation& constants);

/// CIFAR-10 in the official binary layout: data_batch_1.bin .. 5.bin and test_batch.bin in
/// `directory` or in its `cifar-10-batches-bin`, with any number of records per file. Throws
/// bad_input like read_idx_split.
data_split read_cifar10_split(const std::filesystem::path& directory,
                              const standardisation& constants);

/// The data sets that are known, in the order of the documentation.
std::vector<std::string> data_set_names();

// `name` is one of data_set_names(); where another is given, what follows throws bad_input.

/// The two halves of a data set, in the format that it has.
data_split read_split(const std::string& name, const std::filesystem::path& directory,
                      const standardisation& constants);

/// Reads the training pictures alone.
dataset_ptr read_training_pictures(const std::string& name, const std::filesystem::path& directory,
                                   const standardisation& constants);

/// Somebody's own pictures in the format of data set `name`: of "cifar10" any number of batch
/// files, of the others a file of pictures and one of their labels. Throws bad_input like
/// read_idx_split.
dataset_ptr read_own_pictures(const std::string& name,
                              const std::vector<std::filesystem::path>& files,
                              const standardisation& constants);

/// The files of `name` that `directory` lacks; empty when all are there. Does not look into the
/// files.
std::vector<std::filesystem::path> missing_files(const std::string& name,
                                                 const std::filesystem::path& directory);

/// The mean and deviation of the training set, as published for each data set.
standardisation published_standardisation(const std::string& name);

/// Where its Debian package puts a data set, installed or not; empty if no package has it, or the
/// data set is not known.
std::filesystem::path packaged_directory(const std::string& name);

}  // namespace verge
