/* A list of symbols that grows, in a context's arena. */
#ifndef DM_SYMBOLS_LIST_H
#define DM_SYMBOLS_LIST_H

#include "symbols/symbols.h"

typedef struct {
    dm_context *context;
    const dm_symbol **at;
    size_t n, room;
    bool failed;                       /* there was no memory, or somebody added NULL */
} dm_symbol_list;

static inline void dm_list_add(dm_symbol_list *l, const dm_symbol *s)
{
    if (!s) {
        l->failed = true;
        return;
    }
    if (l->n == l->room) {
        size_t room = l->room ? 2 * l->room : 8;
        const dm_symbol **longer = dm_arena_alloc(l->context, room * sizeof *longer);
        if (!longer) {
            l->failed = true;
            return;
        }
        if (l->n)
            memcpy(longer, l->at, l->n * sizeof *longer);
        l->at = longer;
        l->room = room;
    }
    l->at[l->n++] = s;
}

/* Symbols with a number each, none twice: the terms of a sum, the factors of a product and their powers. */
typedef struct {
    dm_symbol_list of;
    double *number;
} dm_numbered_list;

/* Where the number of s stands, 0 if s is new; NULL: there was no memory. */
static inline double *dm_list_number(dm_numbered_list *l, const dm_symbol *s)
{
    size_t room = l->of.room;

    for (size_t i = 0; i < l->of.n; i++)
        if (dm_symbol_same(l->of.at[i], s))
            return &l->number[i];
    dm_list_add(&l->of, s);
    if (!l->of.failed && l->of.room != room) {
        double *longer = dm_arena_alloc(l->of.context, l->of.room * sizeof *longer);
        if (longer && room)
            memcpy(longer, l->number, room * sizeof *longer);
        l->of.failed = !longer;
        l->number = longer;
    }
    if (l->of.failed)
        return NULL;
    l->number[l->of.n - 1] = 0;
    return &l->number[l->of.n - 1];
}

/* The `count` symbols from i on are replaced by one (NULL: by nothing). */
static inline void dm_list_replace(dm_symbol_list *l, size_t i, size_t count, const dm_symbol *by)
{
    size_t kept = by ? 1 : 0;

    memmove(l->at + i + kept, l->at + i + count, (l->n - i - count) * sizeof *l->at);
    if (by)
        l->at[i] = by;
    l->n -= count - kept;
}

#endif
