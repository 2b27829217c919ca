/* The context: an arena of chunks, and the levels that live in it.
 *
 * Memory is handed out from the chunk in use; when it is full the next one in the list is taken, or a new
 * one of four times the size is made (four, so that all together are less than twice the last one: more, once
 * freed, glibc would give back to the system, and fetch again page by page).  Resetting goes back to the first
 * chunk, so a steady loop allocates nothing.  Releasing to a mark (a scope) goes back to a place in some chunk. */
#define _DEFAULT_SOURCE
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include "core/dm.h"

struct dm_chunk {
    dm_chunk *next;
    size_t size;                       /* of the room behind this header, which is 64-byte aligned */
};

enum { HEADER = 64, FIRST_CHUNK = 8192 - HEADER - 64 };

static char *room(dm_chunk *chunk)
{
    return (char *) (((uintptr_t) chunk + sizeof *chunk + 63) & ~(uintptr_t) 63);
}

/* Go on in that chunk from `at`, which is free with all that lies behind. */
static void go_on(dm_context *context, dm_chunk *chunk, char *at)
{
    context->chunk = chunk;
    context->at = at;
    context->end = chunk ? room(chunk) + chunk->size : NULL;
    DM_FREE(at, (size_t) (context->end - at));
}

static void enter(dm_context *context, dm_chunk *chunk)
{
    go_on(context, chunk, chunk ? room(chunk) : NULL);
}

/* What is large had better lie in few pages: with those of 4 KiB a pass over matrices of 16 MB takes 1.4 times as
 * long, and the first one, in a driver's new context, twice.  It is only a wish.                     */
static void in_large_pages(void *place, size_t bytes)
{
#ifdef MADV_HUGEPAGE
    enum { PAGE = 4096, LARGE = 2 << 20 };
    uintptr_t first = ((uintptr_t) place + PAGE - 1) & ~(uintptr_t) (PAGE - 1), end = (uintptr_t) place + bytes;

    if (bytes >= 2 * LARGE)
        madvise((void *) first, (end - first) & ~(size_t) (PAGE - 1), MADV_HUGEPAGE);
#else
    (void) place;
    (void) bytes;
#endif
}

/* The chunk in use has not enough room: go on to the next one that has, or make one. */
void *dm_arena_grow(dm_context *context, size_t bytes)
{
    dm_chunk *chunk = context->chunk;
    size_t size = chunk ? 4 * chunk->size : FIRST_CHUNK;

    if (bytes > SIZE_MAX / 4)
        return NULL;
    bytes = (bytes + 31) & ~(size_t) 31;
    while (chunk && chunk->next) {
        chunk = chunk->next;
        if (chunk->size >= bytes) {
            enter(context, chunk);
            return dm_arena_alloc(context, bytes);
        }
    }

    /* But never hold much more than is asked for when it is large. */
    if (size > ((size_t) 64 << 20))
        size = (size_t) 64 << 20;
    if (size < bytes)
        size = bytes;
    dm_chunk *fresh = malloc(size + sizeof *fresh + 63);
    if (!fresh)
        return NULL;
    in_large_pages(fresh, size + sizeof *fresh);
    fresh->next = NULL;
    fresh->size = size;
    if (chunk)
        chunk->next = fresh;
    else
        context->first = fresh;
    enter(context, fresh);
    return dm_arena_alloc(context, bytes);
}

static void clear(dm_context *context)
{
    context->error.code = GSL_SUCCESS;
    context->error.message[0] = '\0';
    context->dual = (dm_level) { .depth = 1, .kind = DM_PUSHED };
    context->formal = (dm_level) { .depth = 2, .kind = DM_FORMAL };
    context->base = NULL;
    context->within = NULL;
    context->scope = 0;                /* scopes counts on: a scope of before the reset is known by it */
    context->formal_made = 0;
    context->late = NULL;
    context->depth = 2;                /* 1 and 2 are dm_dual's and dm_variable's */
    context->memory_failure.raised = false;
}

dm_context *dm_new_context(void)
{
    dm_context *context = calloc(1, sizeof *context);

    if (!context)
        return NULL;
    clear(context);
    context->memory_failure.code = GSL_ENOMEM;
    strcpy(context->memory_failure.message, "out of memory");
    context->out_of_memory.context = context;
    context->out_of_memory.rows = context->out_of_memory.slots = context->out_of_memory.cols = 1;
    context->out_of_memory.failure = &context->memory_failure;
    return context;
}

dm_context *dm_context_alloc(void)
{
    dm_context *context = dm_new_context();

    if (!context) {
        GSL_ERROR_NULL("dm_context_alloc: out of memory", GSL_ENOMEM);
    }
    return context;
}

void dm_context_reset(dm_context *context)
{
    if (!context)
        return;
    enter(context, context->first);
    clear(context);
}

void dm_context_free(dm_context *context)
{
    if (!context)
        return;
    for (dm_chunk *chunk = context->first, *next; chunk; chunk = next) {
        next = chunk->next;
        DM_IN_USE(room(chunk), chunk->size);
        free(chunk);
    }
    free(context->carry);
    free(context);
}

dm_context *dm_context_of(const dm *A)
{
    return A ? A->context : NULL;
}

/* -------------------------------------------------------------------------------------- levels -- */

dm_level *dm_level_open(dm_context *context, dm_kind kind)
{
    dm_level *level = dm_arena_alloc(context, sizeof *level);

    if (level)
        *level = (dm_level) { .depth = ++context->depth, .kind = kind };
    return level;
}

/* -------------------------------------------------------------------------------------- scopes -- */

dm_scope dm_scope_open(dm_context *context)
{
    if (!context)
        return (dm_scope) { .context = NULL };

    dm_scope scope = { context, context->chunk, context->at, context->late, context->formal_made,
                       context->scope, ++context->scopes };

    context->scope = scope.number;
    return scope;
}

bool dm_remember(dm *A)
{
    dm_context *context = A->context;

    if (A->scope >= context->scope)
        return true;
    dm_late *late = dm_arena_alloc(context, sizeof *late);
    if (!late)
        return false;
    *late = (dm_late) { A, A->number.form, A->number.factors, A->number.inverse, context->late };
    context->late = late;
    return true;
}

void dm_scope_release(const dm_scope *scope)
{
    dm_context *context = scope->context;

    for (; context->late != scope->late; context->late = context->late->before) {
        dm_late *late = context->late;
        late->A->number.form = late->form;
        late->A->small = late->A->small && late->form == DM_DENSE;
        late->A->number.factors = late->factors;
        late->A->number.inverse = late->inverse;
    }
    if (scope->chunk)
        go_on(context, scope->chunk, scope->at);
    else
        enter(context, context->first);
    context->scope = scope->outer;
    context->released++;
}
