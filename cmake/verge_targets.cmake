# One function per kind of target. Every folder's CMakeLists.txt is a list of files and a call.

set(VERGE_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor)

function(_verge_common target)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR})
  target_compile_options(${target} PRIVATE ${VERGE_WARNINGS} -ffp-contract=off -fno-math-errno)
  if(VERGE_SANITIZERS)
    target_compile_options(${target} PRIVATE -fsanitize=${VERGE_SANITIZERS} -fno-omit-frame-pointer)
    target_link_options(${target} PRIVATE -fsanitize=${VERGE_SANITIZERS})
  endif()
endfunction()

# verge_library(NAME SOURCES ... [PUBLIC targets ...] [PRIVATE targets ...])
# Makes verge_NAME, alias verge::NAME, with its public headers in include/. All other headers lie
# beside their sources and are included by their path from the root of the project.
function(verge_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(verge_${name} STATIC ${ARG_SOURCES})
  add_library(verge::${name} ALIAS verge_${name})
  set_target_properties(verge_${name} PROPERTIES EXPORT_NAME ${name})
  target_include_directories(verge_${name}
    PUBLIC $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_compile_features(verge_${name} PUBLIC cxx_std_20)
  target_link_libraries(verge_${name} PUBLIC ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
  _verge_common(verge_${name})
endfunction()

# verge_program(NAME SOURCES ... LIBRARIES ...): a program in bin/ of the build.
function(verge_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBRARIES" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
  target_link_libraries(${name} PRIVATE ${ARG_LIBRARIES})
  _verge_common(${name})
endfunction()

# verge_test_environment(TEST): sets how the sanitizers treat their findings, for a test that runs
# our programs. verge_test calls it. A test made with add_test must call it itself.
function(verge_test_environment test)
  set(_support ${PROJECT_SOURCE_DIR}/tests/support)
  if(VERGE_SANITIZERS MATCHES "undefined")
    set_property(TEST ${test} APPEND PROPERTY ENVIRONMENT
      "UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1:suppressions=${_support}/ubsan.supp")
  endif()
  if(VERGE_SANITIZERS MATCHES "thread")
    set_property(TEST ${test} APPEND PROPERTY ENVIRONMENT
      "TSAN_OPTIONS=suppressions=${_support}/tsan.supp")
  endif()
endfunction()

# verge_test(NAME SOURCES ... LIBRARIES ...): a Boost.Test program that runs under CTest.
function(verge_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;LIBRARIES" ${ARGN})
  add_executable(${name} ${ARG_SOURCES} ${PROJECT_SOURCE_DIR}/tests/support/boost_main.cpp)
  target_compile_definitions(${name} PRIVATE BOOST_TEST_DYN_LINK VERGE_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(${name} PRIVATE ${ARG_LIBRARIES} Boost::unit_test_framework)
  _verge_common(${name})
  add_test(NAME ${name} COMMAND ${name} --log_level=warning)
  # The timeout ends hanging tests. Sanitizers make everything several times slower.
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  if(VERGE_SANITIZERS)
    math(EXPR ARG_TIMEOUT "${ARG_TIMEOUT} * 4")
  endif()
  set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT})
  verge_test_environment(${name})
endfunction()
