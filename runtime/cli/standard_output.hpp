#pragma once

#include <string_view>

namespace verge::cli {

/// Writes a command's result to standard output, and has it there when this returns. Throws run_failure: a result
/// that was lost on a full disk is no success.
void print(std::string_view text);

/// Where the program was started without a standard output or error, no file that it opens takes their place, or
/// a ledger would get the lines that are meant for them.
void keep_standard_streams();

}  // namespace verge::cli
