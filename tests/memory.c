/* Allocations, counted and failing on demand, in whatever thread. */
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include "memory.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *block, size_t size);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *block, size_t size);
void __wrap_free(void *block);

static atomic_size_t asked, bytes, failing = SIZE_MAX;
static atomic_bool all_after;
static atomic_long in_use;

void fail_allocation(size_t k, bool after)
{
    failing = asked + k;
    all_after = after;
}

void allocate_again(void)
{
    failing = SIZE_MAX;
}

size_t allocations(void)
{
    return asked;
}

size_t bytes_allocated(void)
{
    return bytes;
}

long blocks_in_use(void)
{
    return in_use;
}

static bool refused(size_t size)
{
    size_t k = asked++;

    bytes += size;
    return k == failing || (all_after && k > failing);
}

static void *counted(void *block)
{
    if (block)
        in_use++;
    return block;
}

void *__wrap_malloc(size_t size)
{
    return refused(size) ? NULL : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t n, size_t size)
{
    return refused(n * size) ? NULL : counted(__real_calloc(n, size));
}

void *__wrap_realloc(void *block, size_t size)
{
    if (refused(size))
        return NULL;
    return block ? __real_realloc(block, size) : counted(__real_realloc(NULL, size));
}

void __wrap_free(void *block)
{
    if (block)
        in_use--;
    __real_free(block);
}
