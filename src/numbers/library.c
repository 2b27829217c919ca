/* Which library serves dgemm_ in here: asked of the dynamic linker, by the address that was bound. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>
#include <dualmat.h>
#include "numbers/lapack.h"

const char *dm_blas_library(void)
{
    void (*function)(void) = (void (*)(void)) dgemm_;
    void *address;
    Dl_info info;

    memcpy(&address, &function, sizeof address);   /* ISO C has no cast from code to data */
    return dladdr(address, &info) && info.dli_fname ? info.dli_fname : "unknown";
}
