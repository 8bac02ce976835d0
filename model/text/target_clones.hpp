#pragma once

// VERGE_TARGET_CLONES in front of a function compiles it once for AVX2 and once for the oldest
// processor of the architecture; the one that fits is taken when the program starts. For loops that
// the compiler vectorises. What they call has to be inlined, or it stays as it was compiled.

// A sanitizer's instrumentation of the resolver would run before its runtime is up.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define VERGE_TARGET_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define VERGE_TARGET_CLONES
#endif

/// In front of what such functions share.
#define VERGE_ALWAYS_INLINE __attribute__((always_inline)) inline
