# LibTorch as one imported target, LibTorch::LibTorch, with the headers as system headers. The flags that
# TorchConfig.cmake adds for every target of a project stay away.
find_path(LIBTORCH_INCLUDE_DIR torch/script.h)
find_path(LIBTORCH_API_INCLUDE_DIR torch/torch.h PATH_SUFFIXES torch/csrc/api/include)
find_library(LIBTORCH_TORCH_LIBRARY torch)

# The rest lies beside that one: of two LibTorches on a machine nothing may be mixed. What was found before is looked
# for again, for it may have been another's.
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
    # PyTorch's own packages. They carry the headers of another {fmt}, which are found before the system's, and not its
    # library; and libtorch exports parts of an older std::filesystem, which crash between the system's others: the
    # loader has to come to those first.
    target_compile_definitions(LibTorch::LibTorch INTERFACE FMT_HEADER_ONLY)
    target_link_libraries(LibTorch::LibTorch INTERFACE stdc++)
  endif()
  target_link_libraries(LibTorch::LibTorch INTERFACE
    ${LIBTORCH_TORCH_LIBRARY} ${_libtorch_torch_cpu} ${_libtorch_c10})
  if(_libtorch_torch_cuda AND _libtorch_c10_cuda)
    # It registers itself when it is loaded; nothing names a symbol of it, so the linker would leave it out.
    target_link_libraries(LibTorch::LibTorch INTERFACE "-Wl,--push-state,--no-as-needed"
      ${_libtorch_torch_cuda} ${_libtorch_c10_cuda} "-Wl,--pop-state")
  endif()
endif()
mark_as_advanced(LIBTORCH_INCLUDE_DIR LIBTORCH_API_INCLUDE_DIR LIBTORCH_TORCH_LIBRARY)
