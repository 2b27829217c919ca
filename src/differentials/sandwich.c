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
typedef struct dm_way {
    dm *C;
    bool other;                        /* something else is on the way */
    size_t n;
    bounded term[MOST];
} way;

static double smaller(double a, double b)
{
    return a < b ? a : b;
}

static double larger(double a, double b)
{
    return a < b ? b : a;
}

/* An A that has entries which are no numbers leaves the range by `most`. */
static void widen(bounded *b, dm *A)
{
    double least, most;

    if (!A || A->context->base)        /* a base knows no entries, and minds the range of its products itself */
        return;
    dm_number_range(A, &least, &most);
    b->least *= smaller(least, 1);
    b->most *= larger(most, 1);
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
    if (one->context->base) {
        C = one->context->base->product(A, A_transposed, B, B_transposed);
    } else if (A && B) {
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
static bool compose(const dm_sandwich *outer, const dm_sandwich *inner, dm_sandwich *out)
{
    bool failed = false, t = outer->transposed;

    out->scale = outer->scale * inner->scale;
    out->transposed = outer->transposed ^ inner->transposed;
    out->L = product(outer->L, false, t ? inner->R : inner->L, t, &failed);
    out->R = product(t ? inner->L : inner->R, t, outer->R, false, &failed);
    fold(&out->L, &out->scale);
    fold(&out->R, &out->scale);
    return !failed;
}

static bool numbers(const dm_sandwich *s)
{
    return !(s->L && s->L->level) && !(s->R && s->R->level);
}

/* a*A + b*B; NULL if there is no memory. */
static dm *sum(double a, dm *A, double b, dm *B)
{
    dm *C;

    if (A->context->base) {
        C = dm_accumulate_times(dm_accumulate_times(NULL, a, A), b, B);
        return dm_is_failed(C) ? NULL : C;
    }
    C = dm_new(A->context, A->rows, 1, A->cols);
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
static bool add(way *to, const bounded *b)
{
    if (!in_range(b))
        return false;
    for (size_t k = 0; k < to->n; k++)
        if (merge(&to->term[k], b))
            return true;
    if (to->n == MOST)
        return false;
    to->term[to->n++] = *b;
    return true;
}

/* Extend the ways known so far by the terms of to->C. */
static bool extend(way *to, unsigned long pass)
{
    for (const dm_term *t = to->C->dual.terms; t; t = t->next) {
        const way *from = t->X->dual.pass == pass ? t->X->dual.way : NULL;
        bounded outer = { .least = 1, .most = 1 };
        if (!from)
            continue;                  /* not on the way from X */
        if (from->other || !t->map->form || !t->map->form(t, &outer.s) || !numbers(&outer.s))
            return false;
        outer.least = smaller(fabs(outer.s.scale), 1);
        outer.most = larger(fabs(outer.s.scale), 1);
        widen(&outer, outer.s.L);
        widen(&outer, outer.s.R);
        for (size_t k = 0; k < from->n; k++) {
            const bounded *inner = &from->term[k];
            bounded b;
            b.least = outer.least * inner->least;
            b.most = outer.most * inner->most;
            if (!compose(&outer.s, &inner->s, &b.s) || !add(to, &b))
                return false;
        }
    }
    return true;
}

static void reach(dm *C, unsigned long pass)
{
    if (C->dual.pass != pass) {
        C->dual.pass = pass;
        C->dual.way = NULL;            /* none yet, and none at all if it is older than X */
    }
}

/* The dm of the level from X to Y that Y depends on, the last one first; 0 if they are too many, or X is none of
 * them.  They are known by the pass.                                                                 */
static size_t between(dm *Y, const dm *X, dm *list[], size_t most, unsigned long pass)
{
    size_t n = 0;
    dm *C = Y->level->last;

    while (C && C != Y)
        C = C->dual.before;
    reach(Y, pass);
    for (; C; C = C->dual.before) {
        if (C->dual.pass != pass)
            continue;
        if (n == most)
            return 0;
        list[n++] = C;
        if (C == X)
            return n;
        for (const dm_term *t = C->dual.terms; t; t = t->next)
            reach(t->X, pass);
    }
    return 0;
}

static size_t sandwiches(dm *Y, dm *X, dm_sandwich out[], size_t most, unsigned long pass)
{
    enum { WAYS = 24 };
    dm *list[WAYS];
    way known[WAYS], *to = known;
    size_t n = between(Y, X, list, WAYS, pass);

    if (n == 0)
        return 0;
    for (size_t k = n; k-- > 0; to++) {
        to->C = list[k];
        to->n = 0;
        to->other = false;
        if (to->C == X)
            to->term[to->n++] = (bounded) { { 1, NULL, NULL, false }, 1, 1 };
        else
            to->other = !extend(to, pass);
        to->C->dual.way = to;
    }
    to--;
    if (to->other || to->n > most)
        return 0;
    for (size_t k = 0; k < to->n; k++)
        out[k] = to->term[k].s;
    return to->n;
}

/* The ways lie where adjoints do, so the pass is theirs alone. */
size_t dm_sandwiches(dm *Y, dm *X, dm_sandwich out[], size_t most)
{
    if (X->slots > 1 || (X->context->base && !X->context->base->product))
        return 0;
    Y->level->read = NULL;
    size_t n = sandwiches(Y, X, out, most, ++Y->level->pass);
    ++Y->level->pass;
    return n;
}
