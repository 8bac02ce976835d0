#include "runtime/resume/device_book.hpp"

#include <fmt/format.h>

#include "messages/node_messages.hpp"
#include "runtime/files/atomic_file.hpp"
#include "runtime/files/hex_text.hpp"
#include "runtime/files/json_file.hpp"

namespace verge {

void write_device_book(const std::filesystem::path& path, const device_book& book) {
  const ordered_json json{{"run_id", hex_text(book.run_id)}, {"devices", book.names}};
  write_file_atomically(path,
                        json.dump(2, ' ', false, ordered_json::error_handler_t::replace) + '\n');
}

device_book read_device_book(const std::filesystem::path& path) {
  const auto where = path.string();
  const auto json = read_json_file(path, "the device book of a run of `verge server`");
  const json_fields fields{json, where};
  std::string run_id;
  fields.get("run_id", run_id);
  const auto bytes = bytes_of_hex(run_id);
  if (!bytes || bytes->size() != run_id_bytes)
    throw bad_input(
        fmt::format("{}: \"run_id\": expected {} hexadecimal digits", where, 2 * run_id_bytes));
  device_book book{*bytes, {}};
  for (const auto& name : fields.at("devices")) {
    if (!name.is_string()) throw bad_input(fmt::format("{}: \"devices\": expected names", where));
    book.names.push_back(name.get<std::string>());
  }
  return book;
}

}  // namespace verge
