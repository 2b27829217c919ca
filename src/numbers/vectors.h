/* Vectors of doubles, and how a loop over them is compiled for several instruction sets. */
#ifndef DM_NUMBERS_VECTORS_H
#define DM_NUMBERS_VECTORS_H

#include <stdint.h>

#if defined(__x86_64__) && defined(__GNUC__) && defined(__linux__) && !defined(__clang__) \
    && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define FOR_EACH_CPU __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#define WIDE_REGISTERS __builtin_cpu_supports("avx512vl")
#else
#define WIDE_REGISTERS false
#define FOR_EACH_CPU
#endif
#define INLINE static inline __attribute__((always_inline))

typedef double v8 __attribute__((vector_size(64), aligned(8), may_alias));
typedef double v4 __attribute__((vector_size(32), aligned(8), may_alias));
typedef double v2 __attribute__((vector_size(16), aligned(8), may_alias));
typedef double v1;
typedef uint64_t __attribute__((may_alias)) word;
typedef uint64_t w4 __attribute__((vector_size(32)));

#endif
