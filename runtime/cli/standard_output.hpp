#pragma once

#include <string_view>

namespace verge::cli {

/// Writes a command's result to standard output and flushes it. Throws run_failure when it cannot
/// be written: a result that was lost on a full disk is not a success.
void print(std::string_view text);

/// A program that is started without a standard output or error would give their descriptors to the
/// next files it opens, and a ledger would get lines that are meant for them. This keeps the
/// descriptors occupied.
void keep_standard_streams();

}  // namespace verge::cli
