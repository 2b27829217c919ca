/* Which library serves dgemm_ in here: asked of the dynamic linker, by the address that was bound; and whether its
 * kernels are made for the widest registers of the processor.                                        */
#define _GNU_SOURCE
#include <dlfcn.h>
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

static bool wide;                      /* found out when the library is loaded, and never changed */

__attribute__((constructor)) static void look_at_kernels(void)
{
    static const char *const with_avx512[] = { "SkylakeX", "Cooperlake", "Sapphirerapids" };
    const char *name = openblas_get_corename ? openblas_get_corename() : "";

    for (size_t i = 0; i < sizeof with_avx512 / sizeof *with_avx512; i++)
        wide = wide || strcmp(name, with_avx512[i]) == 0;
}

bool dm_blas_is_wide(void)
{
    return wide;
}
