# The files that `cmake --install` installs: a CMake package for find_package(verge), and the
# `verge` program.
if(NOT VERGE_INSTALL)
  return()
endif()
include(CMakePackageConfigHelpers)
set(VERGE_PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/verge)

# -- libraries and public headers -----------------------------------------------------------------
foreach(_folder messages model actors runtime)
  install(TARGETS verge_${_folder} EXPORT verge-targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/${_folder}/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
endforeach()
install(TARGETS verge EXPORT verge-targets)
install(EXPORT verge-targets NAMESPACE verge:: DESTINATION ${VERGE_PACKAGE_DIR})

# -- the package ----------------------------------------------------------------------------------
configure_package_config_file(
  ${PROJECT_SOURCE_DIR}/cmake/verge-config.cmake.in ${PROJECT_BINARY_DIR}/verge-config.cmake
  INSTALL_DESTINATION ${VERGE_PACKAGE_DIR})
# Before version 1.0 a minor version may change the API.
write_basic_package_version_file(
  ${PROJECT_BINARY_DIR}/verge-config-version.cmake COMPATIBILITY SameMinorVersion)
install(
  FILES ${PROJECT_BINARY_DIR}/verge-config.cmake ${PROJECT_BINARY_DIR}/verge-config-version.cmake
  DESTINATION ${VERGE_PACKAGE_DIR})
install(
  FILES
    ${PROJECT_SOURCE_DIR}/cmake/FindCAF.cmake
    ${PROJECT_SOURCE_DIR}/cmake/FindLibTorch.cmake
    ${PROJECT_SOURCE_DIR}/cmake/FindRandom123.cmake
    ${PROJECT_SOURCE_DIR}/cmake/FindZstd.cmake
  DESTINATION ${VERGE_PACKAGE_DIR}/modules)

# -- files to which the headers refer
install(DIRECTORY ${PROJECT_SOURCE_DIR}/docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(
  FILES ${PROJECT_SOURCE_DIR}/messages/node.capnp ${PROJECT_SOURCE_DIR}/messages/round.capnp
  DESTINATION ${CMAKE_INSTALL_DOCDIR})

# -- the program ----------------------------------------------------------------------------------
if(TARGET verge_cli)
  install(TARGETS verge_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  install(TARGETS verge_training RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/verge)
endif()
