/* Sums: flat, with like terms collected, and their common number and sign taken out, so that 2*A - 2*B is
 * 2*(A-B), and B - A is -(A-B): which of the two signs is the sum's own does not depend on who wrote it.  */
#include <math.h>
#include "symbols/list.h"

typedef struct {
    dm_symbol_list rest;
    double *number;
    size_t room;
} collection;

static void collect(collection *c, double p, const dm_symbol *s)
{
    double q;

    if (!s) {
        c->rest.failed = true;
        return;
    }
    if (s->kind == DM_SYMBOL_ZERO || c->rest.failed)
        return;
    const dm_symbol *rest = dm_symbol_split(s, &q);
    if (!rest) {
        c->rest.failed = true;
        return;
    }
    p *= q;
    if (rest->kind == DM_SYMBOL_SUM) {
        for (size_t i = 0; i < rest->n; i++)
            collect(c, p, rest->of[i]);
        return;
    }
    for (size_t i = 0; i < c->rest.n; i++)
        if (dm_symbol_same(c->rest.at[i], rest)) {
            double sum = c->number[i] + p;
            c->number[i] = fabs(sum) < 8 * GSL_DBL_EPSILON * fabs(p) ? 0 : sum;
            return;
        }
    if (c->rest.n == c->room) {
        size_t room = c->room ? 2 * c->room : 8;
        double *longer = dm_arena_alloc(c->rest.context, room * sizeof *longer);
        if (!longer) {
            c->rest.failed = true;
            return;
        }
        if (c->room)
            memcpy(longer, c->number, c->room * sizeof *longer);
        c->number = longer;
        c->room = room;
    }
    c->number[c->rest.n] = p;
    dm_list_add(&c->rest, rest);
}

static void drop_zeros(collection *c)
{
    size_t n = 0;

    for (size_t i = 0; i < c->rest.n; i++)
        if (c->number[i] != 0) {
            c->number[n] = c->number[i];
            c->rest.at[n++] = c->rest.at[i];
        }
    c->rest.n = n;
}

/* ------------------------------------------------------------------------ the number to be taken out */

static double divisor(double a, double b)
{
    while (b > 0) {
        double r = fmod(a, b);
        a = b;
        b = r;
    }
    return a;
}

/* What all have in common: a whole divisor of whole numbers, or one size. */
static double content(const collection *c)
{
    double g = 0, one = fabs(c->number[0]);
    bool whole = true, alike = true;

    for (size_t i = 0; i < c->rest.n; i++) {
        double x = fabs(c->number[i]);
        whole = whole && x == floor(x) && x < 1e9;
        alike = alike && x == one;
        g = whole ? divisor(g, x) : g;
    }
    return alike ? one : whole ? g : 1;
}

static size_t weight(const dm_symbol *s)
{
    size_t sum = 1;

    for (size_t i = 0; i < s->n && sum < 1000; i++)
        sum += weight(s->of[i]);
    return sum;
}

static bool is_constant(const dm_symbol *s)
{
    return s->kind == DM_SYMBOL_ONES || s->kind == DM_SYMBOL_EYE || dm_symbol_is_number(s);
}

/* Is a the one of the two that should be positive? */
static bool leads(const dm_symbol *a, const dm_symbol *b)
{
    if (is_constant(a) != is_constant(b))
        return is_constant(a);
    size_t m = weight(a), n = weight(b);
    return m != n ? m > n : strcmp(dm_symbol_first_name(a), dm_symbol_first_name(b)) < 0;
}

/* Most terms are positive; where there are as many of both kinds, the constant is, or the heaviest. */
static bool is_negative(const collection *c)
{
    size_t negative = 0, best = 0;

    for (size_t i = 0; i < c->rest.n; i++) {
        negative += c->number[i] < 0;
        if (leads(c->rest.at[i], c->rest.at[best]))
            best = i;
    }
    return 2 * negative == c->rest.n ? c->number[best] < 0 : 2 * negative > c->rest.n;
}

const dm_symbol *dm_symbol_sum(dm_context *context, const dm_symbol *const s[], size_t n)
{
    collection c = { .rest = { .context = context } };
    dm_symbol_list terms = { .context = context };

    for (size_t i = 0; i < n; i++)
        collect(&c, 1, s[i]);
    if (c.rest.failed)
        return NULL;
    drop_zeros(&c);
    if (c.rest.n == 0)
        return dm_symbol_zero(context, s[0]->rows, s[0]->cols);
    if (c.rest.n == 1)
        return dm_symbol_scale(c.number[0], c.rest.at[0]);
    double g = content(&c) * (is_negative(&c) ? -1 : 1);
    for (size_t i = 0; i < c.rest.n; i++)
        dm_list_add(&terms, dm_symbol_scale(c.number[i] / g, c.rest.at[i]));
    if (terms.failed)
        return NULL;
    return dm_symbol_scale(g, dm_symbol_make(context, DM_SYMBOL_SUM, s[0]->rows, s[0]->cols, 0, terms.at,
                                             terms.n, 0));
}

const dm_symbol *dm_symbol_add(const dm_symbol *a, double p, const dm_symbol *b)
{
    if (!a || !b)
        return NULL;
    return dm_symbol_sum(a->context, (const dm_symbol *[]) { a, dm_symbol_scale(p, b) }, 2);
}
