/* Which library serves dgemm_ in here: asked of the dynamic linker, by the address that was bound; and whether its
 * kernels are made for the widest registers of the processor.                                        */
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

/* By the registers that they are for: those of SSE, of which a processor that is unknown gets the oldest, of AVX2 (or
 * it is another library), of AVX-512.  Found out when the library is loaded, and never changed.       */
static enum { OLD, USUAL, WIDE } kernels = USUAL;

__attribute__((constructor)) static void look_at_kernels(void)
{
    static const char *const wide[] = { "SkylakeX", "Cooperlake", "Sapphirerapids" };
    const char *name = dm_blas_kernels();

    for (size_t i = 0; name && i < sizeof wide / sizeof *wide; i++)
        if (strcmp(name, wide[i]) == 0)
            kernels = WIDE;
    if (dm_blas_coretype())
        kernels = OLD;
}

extern int openblas_get_num_threads(void) __attribute__((weak));

size_t dm_blas_threads(void)
{
    int threads = openblas_get_num_threads ? openblas_get_num_threads() : 0;

    return threads > 0 ? (size_t) threads : 0;
}

/* Measured against OpenBLAS 0.3.21, one core, n×n: its wide kernels are faster up to 100×100×100, where they read what
 * there is as it lies, 1.3 times as slow at 128 and 1.1 at 256, and faster again from 700 on; those for AVX2 are 1.6
 * times as slow, the old ones 5 times.                                                               */
bool dm_is_for_wide_registers(size_t m, size_t n, size_t p)
{
    const double work = (double) m * (double) n * (double) p;
    const size_t threads = dm_blas_threads();

    if (!dm_has_wide_registers())
        return false;
    if (kernels == WIDE)
        return threads == 1 && work > 1e6 && m >= 32 && n <= 400 && p <= 400;
    return threads == 1 || (kernels == OLD && threads > 0 && threads <= 4) || work <= 64 * 64 * 64;
}
