# Defines LibTorch as one imported target, LibTorch::LibTorch, with its headers as system headers.
# It leaves out the flags that TorchConfig.cmake adds to every target of a project.
find_path(LIBTORCH_INCLUDE_DIR torch/script.h)
find_path(LIBTORCH_API_INCLUDE_DIR torch/torch.h PATH_SUFFIXES torch/csrc/api/include)
find_library(LIBTORCH_TORCH_LIBRARY torch)

# The other files must lie beside this one, because two LibTorches on one machine must not be mixed.
# Earlier results are searched for again, because they may belong to another LibTorch.
if(LIBTORCH_TORCH_LIBRARY)
  get_filename_component(_libtorch_folder ${LIBTORCH_TORCH_LIBRARY} DIRECTORY)
  foreach(_part torch_cpu c10 torch_cuda c10_cuda)
    unset(_libtorch_${_part} CACHE)
    find_library(_libtorch_${_part} ${_part} PATHS ${_libtorch_folder} NO_DEFAULT_PATH)
    mark_as_advanced(_libtorch_${_part})
  endforeach()
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibTorch REQUIRED_VARS
  LIBTORCH_TORCH_LIBRARY _libtorch_torch_cpu _libtorch_c10 LIBTORCH_INCLUDE_DIR)

if(LibTorch_FOUND AND NOT TARGET LibTorch::LibTorch)
  add_library(LibTorch::LibTorch INTERFACE IMPORTED)
  target_include_directories(LibTorch::LibTorch SYSTEM INTERFACE
    ${LIBTORCH_INCLUDE_DIR} ${LIBTORCH_API_INCLUDE_DIR})
  if(NOT LIBTORCH_INCLUDE_DIR STREQUAL "/usr/include" AND EXISTS ${LIBTORCH_INCLUDE_DIR}/fmt/format.h)
    # PyTorch's own packages. They contain the headers of another {fmt}, found before the system's
    # headers, but not its library. And libtorch exports parts of an older std::filesystem, which
    # crash when mixed with the system's other parts, so the loader must find the system's first.
    target_compile_definitions(LibTorch::LibTorch INTERFACE FMT_HEADER_ONLY)
    target_link_libraries(LibTorch::LibTorch INTERFACE stdc++)
  endif()
  target_link_libraries(LibTorch::LibTorch INTERFACE
    ${LIBTORCH_TORCH_LIBRARY} ${_libtorch_torch_cpu} ${_libtorch_c10})
  if(_libtorch_torch_cuda AND _libtorch_c10_cuda)
    # The library registers itself when it is loaded. Nothing refers to its symbols, so the linker
    # would leave it out.
    target_link_libraries(LibTorch::LibTorch INTERFACE "-Wl,--push-state,--no-as-needed"
      ${_libtorch_torch_cuda} ${_libtorch_c10_cuda} "-Wl,--pop-state")
  endif()
endif()
mark_as_advanced(LIBTORCH_INCLUDE_DIR LIBTORCH_API_INCLUDE_DIR LIBTORCH_TORCH_LIBRARY)
