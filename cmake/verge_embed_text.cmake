# verge_embed_text(TARGET SYMBOL FILE): compiles FILE into TARGET as
# `extern const std::string_view SYMBOL`, SYMBOL with its namespace (verge::report::style).
# The .cpp is made in the build directory, and made again whenever FILE changes.
#
# This file is also the script that makes the .cpp: cmake -DSYMBOL=... -DFILE=... -DOUT=... -P.
function(verge_embed_text target symbol file)
  get_filename_component(file ${file} ABSOLUTE)
  string(REPLACE "::" "_" stem ${symbol})
  set(out ${CMAKE_CURRENT_BINARY_DIR}/embedded/${stem}.cpp)
  add_custom_command(
    OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DSYMBOL=${symbol} -DFILE=${file} -DOUT=${out}
      -P ${CMAKE_CURRENT_FUNCTION_LIST_FILE}
    DEPENDS ${file} ${CMAKE_CURRENT_FUNCTION_LIST_FILE}
    COMMENT "Embedding ${file}"
    VERBATIM)
  target_sources(${target} PRIVATE ${out})
endfunction()

if(CMAKE_SCRIPT_MODE_FILE STREQUAL CMAKE_CURRENT_LIST_FILE)
  file(READ ${FILE} text)
  string(FIND "${text}" ")verge_text\"" clash)
  if(NOT clash EQUAL -1)
    message(FATAL_ERROR "${FILE} holds )verge_text\", which ends the literal around it")
  endif()
  string(REGEX MATCH "^(.*)::([^:]+)$" _ ${SYMBOL})
  file(WRITE ${OUT} "// Made of ${FILE}.\n#include <string_view>\n\nnamespace ${CMAKE_MATCH_1} {\n"
    "extern const std::string_view ${CMAKE_MATCH_2};\n"
    "static constexpr char text[] = R\"verge_text(")
  file(APPEND ${OUT} "${text}")
  file(APPEND ${OUT} ")verge_text\";\n"
    "constinit const std::string_view ${CMAKE_MATCH_2}{text, sizeof text - 1};\n}\n")
endif()
