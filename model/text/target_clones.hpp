#pragma once

// VERGE_TARGET_CLONES in front of a function compiles it once for AVX2 and once for the oldest
// processor of the architecture. The program takes the fitting one when it starts. It is meant for
// loops that the compiler vectorises. Functions that they call must be inlined, or they are
// compiled for one processor only. With a sanitizer the macro is empty, because the instrumented
// resolver would run before the sanitizer's runtime is up.

// A sanitizer's instrumentation of the resolver would run before its runtime is up.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define VERGE_TARGET_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define VERGE_TARGET_CLONES
#endif

/// For functions that such clones share.
#define VERGE_ALWAYS_INLINE __attribute__((always_inline)) inline
