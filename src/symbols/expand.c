/* Products of sums as sums of products: what one bracket hides from another may cancel or be collected.
 *
 *     S*(I-x*x') + S'*x*x'   =   S - S*x*x' + S'*x*x'                                                */
#include "symbols/list.h"

enum { MOST = 64 };                    /* terms; where there would be more, a sum is left as it is */

static const dm_symbol *expanded(const dm_symbol *s, size_t most);

/* Term by term. */
static const dm_symbol *of_sum(const dm_symbol *s, size_t most)
{
    dm_symbol_list terms = { .context = s->context };

    for (size_t i = 0; i < s->n; i++)
        dm_list_add(&terms, expanded(s->of[i], most / s->n));
    return terms.failed ? NULL : dm_symbol_sum(s->context, terms.at, terms.n);
}

/* The term with another k-th factor. */
static const dm_symbol *with_factor(const dm_symbol *s, size_t k, const dm_symbol *factor)
{
    dm_symbol_list of = { .context = s->context };

    for (size_t i = 0; i < s->n; i++)
        dm_list_add(&of, i == k ? factor : s->of[i]);
    return of.failed ? NULL : dm_symbol_rebuild(s, of.at);
}

/* The first sum among the factors multiplied out, then the others. */
static const dm_symbol *of_term(const dm_symbol *s, size_t most)
{
    dm_symbol_list terms = { .context = s->context };
    size_t k = 0;

    while (k < s->n && (s->of[k]->kind != DM_SYMBOL_SUM || s->of[k]->n > most))
        k++;
    if (k == s->n)
        return s;
    for (size_t i = 0; i < s->of[k]->n; i++) {
        const dm_symbol *term = with_factor(s, k, s->of[k]->of[i]);
        dm_list_add(&terms, term ? expanded(term, most / s->of[k]->n) : NULL);
    }
    return terms.failed ? NULL : dm_symbol_sum(s->context, terms.at, terms.n);
}

static const dm_symbol *expanded(const dm_symbol *s, size_t most)
{
    return !s || most < 2 ? s : s->kind == DM_SYMBOL_SUM ? of_sum(s, most)
         : s->kind == DM_SYMBOL_TERM ? of_term(s, most) : s;
}

const dm_symbol *dm_symbol_expand(const dm_symbol *s)
{
    return expanded(s, MOST);
}
