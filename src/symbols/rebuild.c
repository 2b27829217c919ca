/* Expressions made again with other parts. */
#include "symbols/list.h"

const dm_symbol *dm_symbol_rebuild(const dm_symbol *s, const dm_symbol *const of[])
{
    switch (s->kind) {
    case DM_SYMBOL_SUM:
        return dm_symbol_sum(s->context, of, s->n);
    case DM_SYMBOL_TERM:
        return dm_symbol_product(s->context, s->number, of, s->scalars, of + s->scalars, s->n - s->scalars,
                                 s->rows, s->cols);
    case DM_SYMBOL_TRANSPOSE:
        return dm_symbol_transpose(of[0]);
    case DM_SYMBOL_INVERSE:
        return dm_symbol_inverse(of[0], s->solved);
    case DM_SYMBOL_HADAMARD:
        return dm_symbol_hadamard(of, s->n);
    case DM_SYMBOL_POWER:
        return dm_symbol_power(of[0], s->number);
    case DM_SYMBOL_CALL:
        return dm_symbol_apply(s->context, s->op, s->with, of, s->rows, s->cols);
    default:
        return s;
    }
}

const dm_symbol *dm_symbol_replace(const dm_symbol *s, const dm_symbol *from, const dm_symbol *to)
{
    dm_symbol_list of;
    bool changed = false;

    if (!s || !from || !to)
        return NULL;
    if (dm_symbol_same(s, from))
        return to;
    if (s->n == 0 || s->kind == DM_SYMBOL_DIFFERENTIAL || (from->moves && !s->moves))
        return s;
    of = (dm_symbol_list) { .context = s->context };
    for (size_t i = 0; i < s->n; i++) {
        const dm_symbol *part = dm_symbol_replace(s->of[i], from, to);
        changed = changed || part != s->of[i];
        dm_list_add(&of, part);
    }
    if (of.failed)
        return NULL;
    return changed ? dm_symbol_rebuild(s, of.at) : s;
}

bool dm_symbol_contains(const dm_symbol *s, const dm_symbol *part)
{
    if (dm_symbol_same(s, part))
        return true;
    if (s->kind == DM_SYMBOL_DIFFERENTIAL || (part->moves && !s->moves))
        return false;
    for (size_t i = 0; i < s->n; i++)
        if (dm_symbol_contains(s->of[i], part))
            return true;
    return false;
}
