/* Composing the terms from X to Y where all of them are sandwiches, dY = sum of s*L*dX*R or s*L*dX'*R: the
 * matrix of such a map is a sum of Kronecker products, which is written down and needs no pass.        */
#include <math.h>
#include "differentials/terms.h"
#include "numbers/number.h"

enum { MOST = 8 };                     /* more than that and passes are the better way */

/* A sandwich with bounds for what any part of its product can come to: factors that meet early may leave the
 * range of numbers though the whole does not, and then passes, which meet them in their order, are the way. */
typedef struct {
    dm_sandwich s;
    double least, most;
} bounded;

/* The way from X to one dm: a sum of sandwiches, or not. */
typedef struct {
    dm *C;
    bool needed;                       /* on the way from X to Y, and not beside it */
    bool other;                        /* something else is on the way */
    size_t n;
    bounded term[MOST];
} way;

static void widen(bounded *b, dm *A)
{
    double least, most;

    if (!A)
        return;
    dm_number_range(A, &least, &most);
    b->least *= fmin(least, 1);
    b->most *= fmax(most, 1);
}

static bool in_range(const bounded *b)
{
    return b->least > 1e-280 && b->most < 1e280;
}

/* A(')*B(') where NULL is the identity; `failed` if there is no memory. */
static dm *product(dm *A, bool A_transposed, dm *B, bool B_transposed, bool *failed)
{
    dm *C, *one = A ? A : B;

    if (!one || (!(A && B) && !(A ? A_transposed : B_transposed)))
        return one;
    if (A && B) {
        C = dm_number_accumulate_product(NULL, 1, A, A_transposed, B, B_transposed);
    } else {
        C = dm_new(one->context, one->cols, 1, one->rows);
        if (!dm_is_failed(C))
            dm_number_transpose(C, one);
    }
    *failed = *failed || dm_is_failed(C);
    return C;
}

/* A multiple of the identity is a number. */
static void fold(dm **A, double *scale)
{
    double times;

    if (*A && dm_is_identity(*A, &times)) {
        *scale *= times;
        *A = NULL;
    }
}

/* outer(inner(d)): L2*(L1*d*R1)*R2, and with a transpose outside L2*(L1*d*R1)'*R2 = L2*R1'*d'*L1'*R2. */
static bool compose(dm_sandwich outer, dm_sandwich inner, dm_sandwich *out)
{
    bool failed = false, t = outer.transposed;

    out->scale = outer.scale * inner.scale;
    out->transposed = outer.transposed ^ inner.transposed;
    out->L = product(outer.L, false, t ? inner.R : inner.L, t, &failed);
    out->R = product(t ? inner.L : inner.R, t, outer.R, false, &failed);
    fold(&out->L, &out->scale);
    fold(&out->R, &out->scale);
    return !failed;
}

static bool numbers(dm_sandwich s)
{
    return !(s.L && s.L->level) && !(s.R && s.R->level);
}

/* a*A + b*B; NULL if there is no memory. */
static dm *sum(double a, dm *A, double b, dm *B)
{
    dm *C = dm_new(A->context, A->rows, 1, A->cols);

    if (!dm_is_failed(C))
        dm_number_sum(C, a, A, b, B);
    return dm_is_failed(C) ? NULL : C;
}

/* a*L1*d + b*L2*d = (a*L1 + b*L2)*d, and so from the right, and with d'. */
static bool merge(bounded *known, const bounded *next)
{
    dm_sandwich *into = &known->s;
    const dm_sandwich *s = &next->s;
    bool left = into->L && s->L && !into->R && !s->R, right = into->R && s->R && !into->L && !s->L;
    dm *both = NULL;

    if ((!left && !right) || into->transposed != s->transposed)
        return false;
    both = left ? sum(into->scale, into->L, s->scale, s->L) : sum(into->scale, into->R, s->scale, s->R);
    if (!both)
        return false;
    *into = (dm_sandwich) { 1, left ? both : NULL, left ? NULL : both, s->transposed };
    known->least = next->least < known->least ? next->least : known->least;
    known->most += next->most;
    return true;
}

/* Add a sandwich to the way. */
static bool add(way *to, bounded b)
{
    if (!in_range(&b))
        return false;
    for (size_t k = 0; k < to->n; k++)
        if (merge(&to->term[k], &b))
            return true;
    if (to->n == MOST)
        return false;
    to->term[to->n++] = b;
    return true;
}

/* Extend the ways known so far by the terms of C. */
static bool extend(const way *known, size_t n, way *to)
{
    for (const dm_term *t = to->C->dual.terms; t; t = t->next) {
        const way *from = NULL;
        bounded outer = { .least = 1, .most = 1 };
        for (size_t k = 0; k < n; k++)
            if (known[k].C == t->X)
                from = &known[k];
        if (!from)
            continue;                  /* not on the way from X */
        if (from->other || !t->map->form || !t->map->form(t, &outer.s) || !numbers(outer.s))
            return false;
        outer.least = fmin(fabs(outer.s.scale), 1);
        outer.most = fmax(fabs(outer.s.scale), 1);
        widen(&outer, outer.s.L);
        widen(&outer, outer.s.R);
        for (size_t k = 0; k < from->n; k++) {
            const bounded *inner = &from->term[k];
            bounded b = { .least = outer.least * inner->least, .most = outer.most * inner->most };
            if (!compose(outer.s, inner->s, &b.s) || !add(to, b))
                return false;
        }
    }
    return true;
}

/* The dm of the level from X to Y, in the order in which they were made; 0 if they are too many. */
static size_t between(dm *Y, dm *X, dm *list[], size_t most)
{
    size_t n = 0;
    dm *C = Y->level->last;

    while (C && C != Y)
        C = C->dual.before;
    for (; C && C != X; C = C->dual.before) {
        if (n == most)
            return 0;
        list[n++] = C;
    }
    if (!C || n == most)
        return 0;
    list[n++] = X;
    for (size_t k = 0; k < n / 2; k++) {
        dm *swap = list[k];
        list[k] = list[n - 1 - k];
        list[n - 1 - k] = swap;
    }
    return n;
}

/* Mark what Y, the last of them, depends on. */
static void mark(way *known, size_t n)
{
    known[n - 1].needed = true;
    for (size_t k = n; k-- > 1; )
        for (const dm_term *t = known[k].needed ? known[k].C->dual.terms : NULL; t; t = t->next)
            for (size_t i = 0; i < k; i++)
                known[i].needed |= known[i].C == t->X;
}

size_t dm_sandwiches(dm *Y, dm *X, dm_sandwich out[], size_t most)
{
    enum { WAYS = 24 };
    dm *list[WAYS];
    way known[WAYS];
    size_t n = between(Y, X, list, WAYS);

    if (n == 0 || X->slots > 1 || X->context->base)
        return 0;
    for (size_t k = 0; k < n; k++) {
        known[k].C = list[k];
        known[k].n = 0;
        known[k].needed = known[k].other = false;
    }
    known[0].n = 1;
    known[0].term[0] = (bounded) { { 1, NULL, NULL, false }, 1, 1 };
    mark(known, n);
    for (size_t k = 1; k < n; k++)
        if (known[k].needed)
            known[k].other = !extend(known, k, &known[k]);
    if (known[n - 1].other || known[n - 1].n > most)
        return 0;
    for (size_t k = 0; k < known[n - 1].n; k++)
        out[k] = known[n - 1].term[k].s;
    return known[n - 1].n;
}
