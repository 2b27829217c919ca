/* The shortest form: common factors of sums are taken out where that saves operations.
 *
 *     A'*B*x - A'*c  ->  A'*(B*x-c)          A*x + A'*x  ->  (A+A')*x                                */
#include "symbols/formula.h"
#include "symbols/list.h"

static unsigned cost(const dm_symbol *s)
{
    const dm_formula *f = dm_formula_of(s);

    return f ? f->cost : (unsigned) -1;
}

static const dm_symbol *shortened(const dm_symbol *s);

/* ------------------------------------------------------------------------------------ common factors */

/* The chain of a term, or the symbol itself as its only factor; the identity is none. */
static size_t chain_of(const dm_symbol *const *s, const dm_symbol *const **chain)
{
    size_t n = dm_symbol_is_scalar(*s) ? 0 : 1;

    *chain = s;
    if ((*s)->kind == DM_SYMBOL_TERM) {
        *chain = (*s)->of + (*s)->scalars;
        n = (*s)->n - (*s)->scalars;
    }
    return n == 1 && (*chain)[0]->kind == DM_SYMBOL_EYE ? 0 : n;
}

/* The term without `front` factors at the front of its chain and `back` at its back. */
static const dm_symbol *stripped(const dm_symbol *s, size_t front, size_t back)
{
    const dm_symbol *const *chain;
    size_t n = chain_of(&s, &chain), m = n - front - back;
    bool term = s->kind == DM_SYMBOL_TERM;
    size_t rows = front ? chain[front - 1]->cols : s->rows, cols = back ? chain[n - back]->rows : s->cols;

    return dm_symbol_product(s->context, term ? s->number : 1, s->of, term ? s->scalars : 0, chain + front, m,
                             rows, cols);
}

/* How many factors two chains have in common, at the front or at the back. */
static size_t common(const dm_symbol *a, const dm_symbol *b, bool back)
{
    const dm_symbol *const *p, *const *q;
    size_t m = chain_of(&a, &p), n = chain_of(&b, &q), k = 0;

    while (k < m && k < n && dm_symbol_same(back ? p[m - 1 - k] : p[k], back ? q[n - 1 - k] : q[k]))
        k++;
    return k;
}

/* a + b with the common factors outside; NULL: there are none (or no memory: then all else fails too). */
static const dm_symbol *joined(const dm_symbol *a, const dm_symbol *b, bool back)
{
    const dm_symbol *const *chain;
    size_t k = common(a, b, back), n = chain_of(&a, &chain);

    if (k == 0 || a->cols != b->cols)
        return NULL;
    const dm_symbol *rest = dm_symbol_add(stripped(a, back ? 0 : k, back ? k : 0), 1,
                                          stripped(b, back ? 0 : k, back ? k : 0));
    const dm_symbol *outer = dm_symbol_product(a->context, 1, NULL, 0, back ? chain + n - k : chain, k,
                                               back ? chain[n - k]->rows : a->rows,
                                               back ? a->cols : chain[k - 1]->cols);
    rest = rest ? shortened(rest) : NULL;
    if (!rest || !outer)
        return NULL;
    return back ? dm_symbol_mul(rest, outer) : dm_symbol_mul(outer, rest);
}

/* The term without its scalar factors that are left out. */
static const dm_symbol *without(const dm_symbol *s, const bool left_out[])
{
    dm_symbol_list scalars = { .context = s->context };

    for (size_t i = 0; i < s->scalars; i++)
        if (!left_out[i])
            dm_list_add(&scalars, s->of[i]);
    return scalars.failed ? NULL : dm_symbol_product(s->context, s->number, scalars.at, scalars.n,
                                                     s->of + s->scalars, s->n - s->scalars, s->rows, s->cols);
}

/* The scalar factors that both have. */
static const dm_symbol *scalars_out(const dm_symbol *a, const dm_symbol *b)
{
    enum { MOST = 16 };
    bool of_a[MOST] = { false }, of_b[MOST] = { false }, any = false;

    if (a->kind != DM_SYMBOL_TERM || b->kind != DM_SYMBOL_TERM || a->scalars > MOST || b->scalars > MOST)
        return NULL;
    const dm_symbol *out = dm_symbol_number(a->context, 1);
    for (size_t i = 0; i < a->scalars && out; i++)
        for (size_t k = 0; k < b->scalars && !of_a[i]; k++)
            if (!of_b[k] && dm_symbol_same(a->of[i], b->of[k])) {
                any = of_a[i] = of_b[k] = true;
                out = dm_symbol_mul(out, a->of[i]);
            }
    const dm_symbol *rest = any && out ? dm_symbol_add(without(a, of_a), 1, without(b, of_b)) : NULL;
    return rest ? dm_symbol_mul(out, shortened(rest)) : NULL;
}

/* Entry by entry: A.*B + A.*C = A.*(B+C) */
static const dm_symbol *entries_out(const dm_symbol *a, const dm_symbol *b)
{
    double x, y;
    const dm_symbol *A = dm_symbol_split(a, &x), *B = dm_symbol_split(b, &y);

    bool product = A && A->kind == DM_SYMBOL_HADAMARD;
    if (!A || !B || dm_symbol_is_scalar(a) || (!product && B->kind != DM_SYMBOL_HADAMARD))
        return NULL;
    const dm_symbol *const *p = product ? A->of : &A;
    size_t n = product ? A->n : 1;
    for (size_t i = 0; i < n; i++) {
        const dm_symbol *const *q = B->kind == DM_SYMBOL_HADAMARD ? B->of : &B;
        size_t m = B->kind == DM_SYMBOL_HADAMARD ? B->n : 1;
        for (size_t k = 0; k < m; k++)
            if (dm_symbol_same(p[i], q[k])) {
                const dm_symbol *over = dm_symbol_power(p[i], -1);
                const dm_symbol *c = dm_symbol_times(a, over), *d = dm_symbol_times(b, over);
                if (!c || !d || cost(c) >= cost(a) || cost(d) >= cost(b))
                    continue;          /* exp(x).*exp(-x) stays as it is */
                const dm_symbol *rest = dm_symbol_add(c, 1, d);
                return rest ? dm_symbol_times(p[i], shortened(rest)) : NULL;
            }
    }
    return NULL;
}

/* Two of the terms made one, whichever saves most; the sum itself where nothing does. */
static const dm_symbol *factored(const dm_symbol *sum)
{
    const dm_symbol *best = sum;

    for (size_t i = 0; i < sum->n; i++)
        for (size_t j = i + 1; j < sum->n; j++) {
            const dm_symbol *a = sum->of[i], *b = sum->of[j];
            const dm_symbol *one[] = { joined(a, b, false), joined(a, b, true), scalars_out(a, b),
                                       entries_out(a, b) };
            for (size_t k = 0; k < sizeof one / sizeof *one; k++) {
                if (!one[k])
                    continue;
                dm_symbol_list terms = { .context = sum->context };
                for (size_t l = 0; l < sum->n; l++)
                    if (l == i || l != j)
                        dm_list_add(&terms, l == i ? one[k] : sum->of[l]);
                const dm_symbol *other = terms.failed ? NULL : dm_symbol_sum(sum->context, terms.at, terms.n);
                if (other && cost(other) < cost(best))
                    best = other;
            }
        }
    return best;
}

/* ---------------------------------------------------------------------------------------- the whole */

/* inv(B)*inv(A) = inv(A*B), once: two neighbours in a chain. */
static const dm_symbol *inverses_together(const dm_symbol *s)
{
    for (size_t i = s->scalars; i + 1 < s->n; i++) {
        const dm_symbol *f = s->of[i], *g = s->of[i + 1];
        if (f->kind != DM_SYMBOL_INVERSE || g->kind != DM_SYMBOL_INVERSE || dm_symbol_same(f, g))
            continue;
        const dm_symbol *AB = dm_symbol_make(s->context, DM_SYMBOL_TERM, f->rows, f->cols, 1,
                                             (const dm_symbol *[]) { g->of[0], f->of[0] }, 2, 0);
        dm_symbol_list of = { .context = s->context };
        for (size_t k = 0; k < s->n; k++)
            if (k != i + 1)
                dm_list_add(&of, k == i ? AB ? dm_symbol_inverse_as(AB, f->solved) : NULL : s->of[k]);
        if (of.failed)
            return NULL;
        if (of.n == 1 && s->number == 1)
            return of.at[0];
        return dm_symbol_make(s->context, DM_SYMBOL_TERM, s->rows, s->cols, s->number, of.at, of.n,
                              s->scalars);
    }
    return s;
}

/* det(A)*det(B) = det(A*B) */
static const dm_symbol *determinants_together(const dm_symbol *s)
{
    dm_symbol_list of = { .context = s->context }, dets = { .context = s->context };
    const dm_symbol *first = NULL;

    for (size_t i = 0; i < s->scalars; i++)
        if (dm_symbol_is_call(s->of[i], "det") && (!first || first->of[0]->rows == s->of[i]->of[0]->rows)) {
            first = first ? first : s->of[i];
            dm_list_add(&dets, s->of[i]->of[0]);
        }
    if (dets.n < 2)
        return s;
    const dm_symbol *A = first->of[0];
    const dm_symbol *all = dm_symbol_make(s->context, DM_SYMBOL_TERM, A->rows, A->cols, 1, dets.at, dets.n, 0);
    dm_list_add(&of, all ? dm_symbol_call(s->context, first->op, NULL, &all, 1, 1) : NULL);
    for (size_t i = 0; i < s->n; i++)
        if (i >= s->scalars || !dm_symbol_is_call(s->of[i], "det")
            || s->of[i]->of[0]->rows != first->of[0]->rows)
            dm_list_add(&of, s->of[i]);
    if (of.failed)
        return NULL;
    if (of.n == 1 && s->number == 1)
        return of.at[0];
    return dm_symbol_make(s->context, DM_SYMBOL_TERM, s->rows, s->cols, s->number, of.at, of.n,
                          s->scalars - dets.n + 1);
}

static const dm_symbol *shortened(const dm_symbol *s)
{
    dm_symbol_list of;
    bool changed = false;

    if (!s || s->n == 0 || s->kind == DM_SYMBOL_DIFFERENTIAL)
        return s;
    of = (dm_symbol_list) { .context = s->context };
    for (size_t i = 0; i < s->n; i++) {
        const dm_symbol *part = shortened(s->of[i]);
        changed = changed || part != s->of[i];
        dm_list_add(&of, part);
    }
    if (of.failed)
        return NULL;
    if (changed) {
        const dm_symbol *other = dm_symbol_rebuild(s, of.at);
        if (!other)
            return NULL;
        if (cost(other) <= cost(s))
            s = other;
    }
    double x;
    const dm_symbol *rest = dm_symbol_split(s, &x);
    if (rest && rest->kind == DM_SYMBOL_SUM) {
        const dm_symbol *other = factored(rest);
        if (other != rest)
            return shortened(dm_symbol_scale(x, other));
    }
    if (s->kind == DM_SYMBOL_TERM) {
        const dm_symbol *other = inverses_together(s);
        if (other && other != s && cost(other) < cost(s))
            s = other;
    }
    if (s->kind == DM_SYMBOL_TERM) {
        const dm_symbol *other = determinants_together(s);
        if (other && other != s && cost(other) < cost(s))
            s = other;
    }
    return s;
}

/* As it stands, or multiplied out first: (A+B)*x - B*x is A*x. */
const dm_symbol *dm_symbol_shorten(const dm_symbol *s)
{
    const dm_symbol *open = s ? dm_symbol_expand(s) : NULL, *one = shortened(s);
    const dm_symbol *other = one && open && open != s ? shortened(open) : one;

    return !one || !other ? NULL : cost(other) < cost(one) ? other : one;
}
