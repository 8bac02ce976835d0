#include <dlfcn.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "model/torch/torch_border.hpp"
#include "verge/model/learner.hpp"
#include "verge/model/process_tuning.hpp"

namespace verge {

void use_one_blas_thread() {
  // Found at run time: which BLAS LibTorch uses is the system's choice (Debian's alternatives).
  using set_threads = void (*)(int);
  if (auto set = reinterpret_cast<set_threads>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"))) {
    set(1);
  }
}

void tune_process_for_training() {
#ifdef __GLIBC__
  // Every step frees activations and gradients of many megabytes and asks for them again. By
  // default malloc maps such blocks one by one and gives them back, so each step faults its pages
  // in anew.
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, -1);
#endif
}

void tune_process_for_serving() {
#ifdef __GLIBC__
  // Messages are made in one thread and freed in another. With an arena a thread each keeps what others have freed, and
  // memory grows to several times what is in use.
  mallopt(M_ARENA_MAX, 1);
#endif
}

}  // namespace verge
