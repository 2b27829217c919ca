/* Sums: flat, with like terms collected, and their common number and sign taken out, so that 2*A - 2*B is
 * 2*(A-B), and B - A is -(A-B): which of the two signs is the sum's own does not depend on who wrote it.  */
#include <math.h>
#include "symbols/list.h"

static void collect(dm_numbered_list *c, double p, const dm_symbol *s)
{
    double q;

    if ((s && s->kind == DM_SYMBOL_ZERO) || c->of.failed)
        return;
    const dm_symbol *rest = dm_symbol_split(s, &q);
    if (!rest) {
        c->of.failed = true;
        return;
    }
    p *= q;
    if (rest->kind == DM_SYMBOL_SUM) {
        for (size_t i = 0; i < rest->n; i++)
            collect(c, p, rest->of[i]);
        return;
    }
    double *number = dm_list_number(c, rest);
    if (number) {
        double sum = *number + p;
        *number = fabs(sum) < 8 * GSL_DBL_EPSILON * fabs(p) ? 0 : sum;
    }
}

static void drop_zeros(dm_numbered_list *c)
{
    size_t n = 0;

    for (size_t i = 0; i < c->of.n; i++)
        if (c->number[i] != 0) {
            c->number[n] = c->number[i];
            c->of.at[n++] = c->of.at[i];
        }
    c->of.n = n;
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
static double content(const dm_numbered_list *c)
{
    double g = 0, one = fabs(c->number[0]);
    bool whole = true, alike = true;

    for (size_t i = 0; i < c->of.n; i++) {
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
static bool is_negative(const dm_numbered_list *c)
{
    size_t negative = 0, best = 0;

    for (size_t i = 0; i < c->of.n; i++) {
        negative += c->number[i] < 0;
        if (leads(c->of.at[i], c->of.at[best]))
            best = i;
    }
    return 2 * negative == c->of.n ? c->number[best] < 0 : 2 * negative > c->of.n;
}

const dm_symbol *dm_symbol_sum(dm_context *context, const dm_symbol *const s[], size_t n)
{
    dm_numbered_list c = { .of = { .context = context } };
    dm_symbol_list terms = { .context = context };

    for (size_t i = 0; i < n; i++)
        collect(&c, 1, s[i]);
    if (c.of.failed)
        return NULL;
    drop_zeros(&c);
    if (c.of.n == 0)
        return dm_symbol_zero(context, s[0]->rows, s[0]->cols);
    if (c.of.n == 1)
        return dm_symbol_scale(c.number[0], c.of.at[0]);
    double g = content(&c) * (is_negative(&c) ? -1 : 1);
    for (size_t i = 0; i < c.of.n; i++)
        dm_list_add(&terms, dm_symbol_scale(c.number[i] / g, c.of.at[i]));
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
