#pragma once

#include <fmt/format.h>

#include <deque>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "verge/messages/errors.hpp"

namespace verge {

/// A lower-case letter, then lower-case letters, digits and '_': what can be written in a codec, in
/// a partition and as a value of an experiment file.
constexpr bool is_entry_name(std::string_view text) {
  const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.empty() || !is_letter(text.front())) return false;
  for (const char c : text)
    if (!is_letter(c) && !is_digit(c) && c != '_') return false;
  return true;
}

/// The members of one family by name, for example all server rules: the entries of the library's
/// table and those that a program adds to them. `Entry` has a member `std::string_view name`.
/// Several threads may use a set at once.
template <class Entry>
class named_set {
public:
  /// `noun` is what errors call an entry. `table` has to outlive the set.
  named_set(std::string_view noun, std::span<const Entry> table) : noun_(noun), table_(table) {}
  named_set(const named_set&) = delete;
  named_set& operator=(const named_set&) = delete;

  /// The entry called `name`, or null. It stays where it is as long as the set lives.
  const Entry* find(std::string_view name) const {
    const std::lock_guard lock(mutex_);
    return found(name);
  }

  /// The table's entries in its order, then the added ones in the order in which they were added.
  std::vector<const Entry*> entries() const {
    const std::lock_guard lock(mutex_);
    std::vector<const Entry*> all;
    for (const Entry& entry : table_) all.push_back(&entry);
    for (const added_entry& added : added_) all.push_back(&added.entry);
    return all;
  }

  /// Their names.
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const Entry* entry : entries()) all.emplace_back(entry->name);
    return all;
  }

  /// Keeps copies of `entry` and of its name. Throws bad_input when it has no name (see
  /// is_entry_name()) or that of another entry.
  void add(const Entry& entry) {
    if (!is_entry_name(entry.name))
      throw bad_input(
          fmt::format("a {} called \"{}\"; expected a lower-case letter, then lower-case letters, "
                      "digits and '_'",
                      noun_, entry.name));
    const std::lock_guard lock(mutex_);
    if (found(entry.name))
      throw bad_input(fmt::format("a {} called \"{}\", as another one is; expected a new name",
                                  noun_, entry.name));
    auto& added = added_.emplace_back(added_entry{std::string{entry.name}, entry});
    added.entry.name = added.name;
  }

private:
  struct added_entry {
    std::string name;
    Entry entry;
  };

  const Entry* found(std::string_view name) const {
    for (const Entry& entry : table_)
      if (entry.name == name) return &entry;
    for (const added_entry& added : added_)
      if (added.entry.name == name) return &added.entry;
    return nullptr;
  }

  std::string_view noun_;
  std::span<const Entry> table_;
  mutable std::mutex mutex_;
  /// A deque, for its elements stay where they are.
  std::deque<added_entry> added_;
};

}  // namespace verge
