#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "verge/messages/errors.hpp"
#include "verge/model/codec.hpp"

namespace verge::bench {

/// Checks that an option is a codec or equal to `or_else`.
inline CLI::Validator a_codec(const std::string& or_else = codec_none) {
  return {[or_else](const std::string& text) -> std::string {
            try {
              if (text != or_else) check_codec(text);
              return {};
            } catch (const bad_input& e) {
              return e.what();
            }
          },
          "CODEC"};
}

}  // namespace verge::bench
