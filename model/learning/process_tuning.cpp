#include <dlfcn.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "model/torch/torch_border.hpp"
#include "verge/model/learner.hpp"
#include "verge/model/process_tuning.hpp"

namespace verge {

void use_one_blas_thread() {
  // The function is looked up at run time, because the system chooses which BLAS LibTorch uses
  // (Debian's alternatives).
  using set_threads = void (*)(int);
  if (auto set = reinterpret_cast<set_threads>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"))) {
    set(1);
  }
}

void tune_process_for_training() {
#ifdef __GLIBC__
  // Every step frees activations and gradients of many megabytes and asks for them again. By
  // default malloc maps such blocks one by one and gives them back, so each step faults their pages
  // in anew.
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, -1);
#endif
}

void tune_process_for_serving() {
#ifdef __GLIBC__
  // Messages are made in one thread and freed in another. With one arena per thread, each arena
  // keeps what other threads have freed, and memory grows to several times the used amount.
  mallopt(M_ARENA_MAX, 1);
#endif
}

}  // namespace verge
