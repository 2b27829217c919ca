/* Which library serves dgemm_ in here: asked of the dynamic linker, by the address that was bound; what its kernels are
 * made for, in how many threads it works, and so which products are better left to our own.           */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <dualmat.h>
#include "numbers/kernels.h"
#include "numbers/lapack.h"

const char *dm_blas_library(void)
{
    void (*function)(void) = (void (*)(void)) dgemm_;
    void *address;
    Dl_info info;

    memcpy(&address, &function, sizeof address);   /* ISO C has no cast from code to data */
    return dladdr(address, &info) && info.dli_fname ? info.dli_fname : "unknown";
}

/* OpenBLAS names the kernels that it has chosen; no other library has this function. */
extern char *openblas_get_corename(void) __attribute__((weak));

const char *dm_blas_kernels(void)
{
    return openblas_get_corename ? openblas_get_corename() : NULL;
}

/* On a processor that it does not know OpenBLAS takes kernels for one of 2004. */
const char *dm_blas_coretype(void)
{
    const char *name = dm_blas_kernels();

    if (!name || strcmp(name, "Prescott") != 0 || getenv("OPENBLAS_CORETYPE"))
        return NULL;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq"))
        return "SKYLAKEX";
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return "HASWELL";
#endif
    return NULL;
}

/* By the registers that they are for: those of SSE, of which a processor that is unknown gets the oldest, of AVX2, of
 * AVX-512; or it is another library.  Found out when the library is loaded, and never changed.       */
static enum { UNKNOWN, OLD, USUAL, WIDE } kernels = UNKNOWN;

static bool is_one_of(const char *name, const char *const names[], size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

__attribute__((constructor)) static void look_at_kernels(void)
{
    static const char *const wide[] = { "SkylakeX", "Cooperlake", "Sapphirerapids" }, *const usual[] = { "Haswell", "Zen" };
    const char *name = dm_blas_kernels();

    if (name)
        kernels = is_one_of(name, wide, 3) ? WIDE : is_one_of(name, usual, 2) ? USUAL : OLD;
}

extern int openblas_get_num_threads(void) __attribute__((weak));

size_t dm_blas_threads(void)
{
    int threads = openblas_get_num_threads ? openblas_get_num_threads() : 0;

    return threads > 0 ? (size_t) threads : 0;
}

/* Measured against OpenBLAS 0.3.21, one core, n×n: its wide kernels are faster up to 100×100×100, where they read what
 * there is as it lies, 1.3 times as slow at 128 and 1.1 at 256, and faster again from 700 on; those for AVX2 are 1.6
 * times as slow, the old ones 5 times.  What another library does is not known beyond 64.             */
bool dm_is_for_wide_registers(size_t m, size_t n, size_t p)
{
    const double work = (double) m * (double) n * (double) p;

    if (!dm_has_wide_registers())
        return false;
    if (kernels != WIDE && work <= 64 * 64 * 64)
        return true;
    switch (kernels) {
    case WIDE: return work > 1e6 && m >= 32 && n <= 400 && p <= 400 && dm_blas_threads() == 1;
    case USUAL: return dm_blas_threads() == 1;
    case OLD: return dm_blas_threads() <= 4;
    default: return false;
    }
}

/* Half of it, for the whole takes twice as long. */
bool dm_gram_is_for_wide_registers(size_t m, size_t n)
{
    return kernels == OLD && dm_is_for_wide_registers(m, n, m);
}
