/* What the program knows, and what it runs on: ops, info. */
#define _GNU_SOURCE                    /* RTLD_DEFAULT */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <gsl/gsl_version.h>
#include "command/command.h"

/* ------------------------------------------------------------------------------------------- ops -- */

/* The width on a screen: characters, not bytes. */
static int columns(const char *text)
{
    int n = 0;

    for (; *text; text++)
        n += ((unsigned char) *text & 0xC0) != 0x80;
    return n;
}

int run_ops(const options *o)
{
    const char *family = "";
    int width = 0;

    if (o->json) {
        json_begin();
        json_array_open("operations");
    }
    for (size_t i = 0; i < dm_language_entries(); i++) {
        int n = columns(dm_language_entry_at(i).formula);
        width = n > width ? n : width;
    }
    for (size_t i = 0; i < dm_language_entries(); i++) {
        dm_language_entry e = dm_language_entry_at(i);
        if (o->json) {
            json_open(NULL);
            json_string("family", e.family);
            json_string("formula", e.formula);
            json_string("differential", e.differential);
            json_close();
            continue;
        }
        if (strcmp(e.family, family) != 0)
            printf("%s%s\n", i > 0 ? "\n" : "", e.family);
        family = e.family;
        printf("  %s%*s  ", e.formula, width - columns(e.formula), "");
        print_formula(e.differential, (size_t) width + 4);
        putchar('\n');
    }
    if (o->json) {
        json_array_close();
        json_end();
    }
    return DONE;
}

/* ------------------------------------------------------------------------------------------ info -- */

/* The threads of the BLAS, where it is one that can be asked; 0: it cannot. */
static int blas_threads(void)
{
    static const char *const asked[] = { "openblas_get_num_threads", "MKL_Get_Max_Threads" };
    void *library = dlopen(dm_blas_library(), RTLD_LAZY | RTLD_NOLOAD);
    int threads = 0;

    for (size_t i = 0; !threads && i < sizeof asked / sizeof asked[0]; i++) {
        int (*ask)(void);
        void *found = dlsym(library ? library : RTLD_DEFAULT, asked[i]);
        memcpy(&ask, &found, sizeof ask);
        threads = found ? ask() : 0;
    }
    if (library)
        dlclose(library);
    return threads;
}

int run_info(const options *o)
{
    int threads = blas_threads();

    if (o->json) {
        json_begin();
        json_string("version", DM_VERSION);
        json_string("blas", dm_blas_library());
        if (dm_blas_kernels())
            json_string("kernels", dm_blas_kernels());
        if (dm_blas_coretype())
            json_string("coretype", dm_blas_coretype());
        if (threads > 0)
            json_count("threads", (size_t) threads);
        json_string("gsl", gsl_version);
        json_end();
        return DONE;
    }
    printf("dualmat  %s\nBLAS     %s\n", DM_VERSION, dm_blas_library());
    if (dm_blas_kernels())
        printf("kernels  %s\n", dm_blas_kernels());
    if (dm_blas_coretype())
        printf("         OpenBLAS does not know this processor: OPENBLAS_CORETYPE=%s is faster\n", dm_blas_coretype());
    if (threads > 0)
        printf("threads  %d\n", threads);
    printf("GSL      %s\n", gsl_version);
    return DONE;
}
