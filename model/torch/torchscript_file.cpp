#include <ATen/ops/empty.h>
#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <ostream>
#include <streambuf>
#include <system_error>

#include "model/networks/network_recipe.hpp"
#include "model/torch/torch_border.hpp"
#include "model/torch/torchscript_module.hpp"

namespace verge {

namespace {

at::Tensor copy_of(const tensor_entry& entry, const model_state& state, scalar type) {
  if (entry.role == tensor_role::batch_counter) {
    at::Tensor counter = at::empty({}, at::kLong);
    *counter.data_ptr<std::int64_t>() = state.batches_tracked;
    return counter;
  }
  const flat_buffer& buffer =
      entry.role == tensor_role::parameter ? state.parameters : state.statistics;
  at::Tensor result = at::empty(entry.shape, type == scalar::float32 ? at::kFloat : at::kDouble);
  std::memcpy(result.data_ptr(), buffer.data() + entry.offset * bytes_of(type),
              entry.elements * bytes_of(type));
  return result;
}

/// LibTorch's archive ends the program when its stream fails: its destructor writes the rest, and
/// throws. So this new file accepts everything and remembers the first failure.
class patient_file final : public std::streambuf {
public:
  explicit patient_file(const std::filesystem::path& path) {
    if (!file_.open(path, std::ios::out | std::ios::binary | std::ios::trunc)) error_ = errno;
  }

  /// Returns the first error (an errno), or 0 if everything was written.
  int close() {
    if (file_.is_open() && !file_.close()) keep_first(errno);
    return error_;
  }

protected:
  std::streamsize xsputn(const char* bytes, std::streamsize count) override {
    if (error_ == 0 && file_.sputn(bytes, count) != count) keep_first(errno);
    return count;
  }
  int_type overflow(int_type c) override {
    if (traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
    const char byte = traits_type::to_char_type(c);
    xsputn(&byte, 1);
    return c;
  }

private:
  void keep_first(int error) {
    if (error_ == 0) error_ = error != 0 ? error : EIO;
  }

  std::filebuf file_;
  int error_ = 0;
};

}  // namespace

void network::save_torchscript(const model_state& state, const std::filesystem::path& file) const {
  const manifest& tensors = recipe_->tensors;
  require_layout(tensors, state, "save the model");
  auto temporary = file;
  temporary += ".verge-tmp";  // the runtime removes such files of killed processes
  const auto fail = [&](const std::string& reason) {
    std::error_code ignored;
    std::filesystem::remove(temporary, ignored);
    throw run_failure(fmt::format("cannot write model file {}: {}", file.string(), reason));
  };
  patient_file bytes(temporary);
  std::ostream out(&bytes);
  try {
    at_torch_border("write the model", [&] {
      auto module = make_torchscript_module(recipe_->root, tensors, [&](const auto& entry) {
        return copy_of(entry, state, tensors.type());
      });
      module.root.eval();
      // Saved to a stream, because the archive would contain the name of a file.
      module.root.save(out);
    });
  } catch (const std::exception& error) {
    fail(error.what());
  }
  if (const int error = bytes.close(); error != 0) fail(std::strerror(error));
  std::error_code status;
  std::filesystem::rename(temporary, file, status);
  if (status) fail(status.message());
}

}  // namespace verge
