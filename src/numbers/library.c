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

static bool wide;                      /* found out when the library is loaded, and never changed */

__attribute__((constructor)) static void look_at_kernels(void)
{
    static const char *const with_avx512[] = { "SkylakeX", "Cooperlake", "Sapphirerapids" };
    const char *name = dm_blas_kernels();

    for (size_t i = 0; name && i < sizeof with_avx512 / sizeof *with_avx512; i++)
        wide = wide || strcmp(name, with_avx512[i]) == 0;
}

bool dm_blas_is_wide(void)
{
    return wide;
}
