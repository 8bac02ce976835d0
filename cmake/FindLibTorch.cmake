# LibTorch as one imported target, LibTorch::LibTorch, with the headers as system headers. The flags that
# TorchConfig.cmake adds for every target of a project stay away.
find_path(LIBTORCH_INCLUDE_DIR torch/script.h)
find_path(LIBTORCH_API_INCLUDE_DIR torch/torch.h PATH_SUFFIXES torch/csrc/api/include)
find_library(LIBTORCH_TORCH_LIBRARY torch)
find_library(LIBTORCH_CPU_LIBRARY torch_cpu)
find_library(LIBTORCH_C10_LIBRARY c10)
# Of a LibTorch that was built with CUDA.
find_library(LIBTORCH_CUDA_LIBRARY torch_cuda)
find_library(LIBTORCH_C10_CUDA_LIBRARY c10_cuda)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibTorch REQUIRED_VARS
  LIBTORCH_TORCH_LIBRARY LIBTORCH_CPU_LIBRARY LIBTORCH_C10_LIBRARY LIBTORCH_INCLUDE_DIR)

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
    ${LIBTORCH_TORCH_LIBRARY} ${LIBTORCH_CPU_LIBRARY} ${LIBTORCH_C10_LIBRARY})
  if(LIBTORCH_CUDA_LIBRARY AND LIBTORCH_C10_CUDA_LIBRARY)
    # It registers itself when it is loaded; nothing names a symbol of it, so the linker would leave it out.
    target_link_libraries(LibTorch::LibTorch INTERFACE "-Wl,--push-state,--no-as-needed"
      ${LIBTORCH_CUDA_LIBRARY} ${LIBTORCH_C10_CUDA_LIBRARY} "-Wl,--pop-state")
  endif()
endif()
mark_as_advanced(LIBTORCH_CUDA_LIBRARY LIBTORCH_C10_CUDA_LIBRARY LIBTORCH_INCLUDE_DIR LIBTORCH_API_INCLUDE_DIR LIBTORCH_TORCH_LIBRARY
  LIBTORCH_CPU_LIBRARY LIBTORCH_C10_LIBRARY)
