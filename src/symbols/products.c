/* Products, and what goes with them: transposes, inverses, traces.
 *
 * A product is number * scalar factors * a flat chain of matrices.  What is 1×1 within the chain becomes a
 * scalar factor: x*x'*A*x is (x'*A*x)*x.  A 1×1 that is a chain itself (x'*A*x) is a `dot`, read forwards or
 * backwards, whichever has fewer transposes.                                                          */
#include <math.h>
#include "symbols/list.h"

typedef struct {
    dm_context *context;
    double number;
    dm_numbered_list scalars;          /* and their powers */
    dm_symbol_list chain;
    bool zero;
} product;

/* ----------------------------------------------------------------------------------- scalar factors */

static void add_scalar(product *p, const dm_symbol *s, double power)
{
    if (!s) {
        p->scalars.of.failed = true;
    } else if (p->scalars.of.failed) {
        return;
    } else if (s->kind == DM_SYMBOL_ZERO) {
        p->zero = true;
    } else if (dm_symbol_opens(s, power)) {
        p->number *= s->kind == DM_SYMBOL_TERM ? pow(s->number, power) : 1;
        for (size_t i = 0; i < s->n; i++)
            add_scalar(p, s->of[i], s->kind == DM_SYMBOL_POWER ? power * s->number : power);
    } else {
        double *all = dm_list_number(&p->scalars, s), sum = all ? *all + power : power;
        bool opens = dm_symbol_opens(s, sum);      /* sqrt(s^2)*sqrt(s^2) does, sqrt(s^2) does not */
        if (all)
            *all = opens ? 0 : sum;
        if (all && opens)
            add_scalar(p, s, sum);
    }
}

/* -------------------------------------------------------------------------------------------- chain */

static void add_factor(product *p, const dm_symbol *s)
{
    if (!s) {
        p->chain.failed = true;
    } else if (s->kind == DM_SYMBOL_ZERO) {
        p->zero = true;
    } else if (dm_symbol_is_scalar(s)) {
        add_scalar(p, s, 1);
    } else if (s->kind == DM_SYMBOL_TERM) {
        p->number *= s->number;
        for (size_t i = 0; i < s->scalars; i++)
            add_scalar(p, s->of[i], 1);
        for (size_t i = s->scalars; i < s->n; i++)
            add_factor(p, s->of[i]);
    } else if (s->kind != DM_SYMBOL_EYE) {
        dm_list_add(&p->chain, s);
    }
}

static bool is_inverse(const dm_symbol *s)
{
    return s->kind == DM_SYMBOL_INVERSE || (s->kind == DM_SYMBOL_TRANSPOSE && is_inverse(s->of[0]));
}

/* f is g', and eigenvectors one of them. */
static bool orthogonal(const dm_symbol *f, const dm_symbol *g)
{
    return dm_symbol_is_call(f, "eigenvectors") && g->kind == DM_SYMBOL_TRANSPOSE
        && dm_symbol_same(f, g->of[0]);
}

/* f*g = I? */
static bool cancel(const dm_symbol *f, const dm_symbol *g)
{
    if (orthogonal(f, g) || orthogonal(g, f))
        return true;
    if (!is_inverse(f) && !is_inverse(g))
        return false;
    const dm_symbol *over = is_inverse(f) ? dm_symbol_inverse(f, false) : dm_symbol_inverse(g, false);
    return over && dm_symbol_same(over, is_inverse(f) ? g : f);
}

/* How many factors from i on make I together with the inverse before (or behind) them; 0: none. */
static size_t cancel_many(const product *p, size_t inverse, size_t from)
{
    const dm_symbol *f = p->chain.at[inverse];

    if (!is_inverse(f) || from >= p->chain.n)
        return 0;
    const dm_symbol *over = dm_symbol_inverse(f, false);
    if (!over || over->kind != DM_SYMBOL_TERM || over->scalars || over->number != 1
        || from + over->n > p->chain.n)
        return 0;
    for (size_t i = 0; i < over->n; i++)
        if (!dm_symbol_same(over->of[i], p->chain.at[from + i]))
            return 0;
    return over->n;
}

/* kron(A,B)*kron(C,D) = kron(A*C,B*D) and kron(A,B)*vec(C) = vec(B*C*A'), where the shapes are such. */
static const dm_symbol *after_kron(const dm_symbol *A, const dm_symbol *B, const dm_symbol *g)
{
    const dm_symbol *C = g->n ? g->of[0] : NULL;

    if (!A || !B)
        return NULL;
    if (dm_symbol_is_call(g, "kron") && A->cols == C->rows && B->cols == g->of[1]->rows) {
        const dm_symbol *of[] = { dm_symbol_mul(A, C), dm_symbol_mul(B, g->of[1]) };
        return dm_symbol_apply(g->context, g->op, NULL, of, A->rows * B->rows, g->cols);
    }
    if (dm_symbol_is_call(g, "vec") && A->cols == C->cols && B->cols == C->rows)
        return dm_symbol_apply_named("vec", dm_symbol_mul(dm_symbol_mul(B, C), dm_symbol_transpose(A)),
                                     A->rows * B->rows, 1);
    return NULL;
}

/* f*g as something simpler that is no product; NULL: there is no such. */
static const dm_symbol *combined(const dm_symbol *f, const dm_symbol *g)
{
    if (dm_symbol_is_call(f, "diag") && dm_symbol_is_call(g, "diag"))
        return dm_symbol_call(f->context, f->op, NULL,
                              (const dm_symbol *[]) { dm_symbol_times(f->of[0], g->of[0]) }, f->rows,
                              f->cols);
    if (dm_symbol_is_call(f, "diag") && g->cols == 1)
        return dm_symbol_times(f->of[0], g);
    if (dm_symbol_is_call(f, "kron"))
        return after_kron(f->of[0], f->of[1], g);
    if (f->kind == DM_SYMBOL_TRANSPOSE && dm_symbol_is_call(f->of[0], "vec") && dm_symbol_is_call(g, "kron"))
        return dm_symbol_transpose(after_kron(dm_symbol_transpose(g->of[0]), dm_symbol_transpose(g->of[1]),
                                              f->of[0]));
    if (f->rows == 1 && dm_symbol_is_call(g, "diag"))
        return dm_symbol_transpose(dm_symbol_times(dm_symbol_transpose(f), g->of[0]));
    return NULL;
}

/* Q*diag(h(lambda))*Q', where lambda and Q are those of A: A, a power of it, expm(A); NULL: none of these. */
static const dm_symbol *recomposed(const dm_symbol *Q, const dm_symbol *D, const dm_symbol *T)
{
    double x;
    bool whole = dm_symbol_is_call(D, "diag") && orthogonal(Q, T);
    const dm_symbol *h = whole ? dm_symbol_split(D->of[0], &x) : NULL;
    bool exponential = h && dm_symbol_is_call(h, "exp"), power = h && h->kind == DM_SYMBOL_POWER;
    const dm_symbol *lambda = exponential || power ? h->of[0] : h, *A = Q->n ? Q->of[0] : NULL, *all;
    double exponent = power ? h->number : 1;

    if (!h || !dm_symbol_is_call(lambda, "eigenvalues") || !dm_symbol_same(lambda->of[0], A)
        || exponent != floor(exponent) || fabs(exponent) > 8)
        return NULL;
    const dm_symbol *base = exponential ? dm_symbol_apply_named("expm", A, A->rows, A->cols)
                          : exponent < 0 ? dm_symbol_inverse(A, false) : A;
    all = base;
    for (int i = 1; i < fabs(exponent); i++)
        all = dm_symbol_mul(all, base);
    return dm_symbol_scale(x, all);
}

/* In the places of `many` factors from i on, flat: it may be a term. */
static void splice(product *p, size_t i, size_t many, const dm_symbol *simple)
{
    dm_symbol_list *c = &p->chain, rest = { .context = p->context };

    for (size_t k = i + many; k < c->n; k++)
        dm_list_add(&rest, c->at[k]);
    c->n = i;
    add_factor(p, simple);
    for (size_t k = 0; k < rest.n; k++)
        dm_list_add(c, rest.at[k]);
    c->failed = c->failed || rest.failed;
}

/* Once from left to right; true: something changed. */
static bool reduce(product *p)
{
    dm_symbol_list *c = &p->chain;

    for (size_t i = 0; i + 1 < c->n; i++) {
        const dm_symbol *f = c->at[i], *g = c->at[i + 1];
        size_t many;
        if (cancel(f, g)) {
            dm_list_replace(c, i, 2, NULL);
            return true;
        }
        if ((many = cancel_many(p, i, i + 1))) {
            dm_list_replace(c, i, 1 + many, NULL);
            return true;
        }
        for (size_t back = 2; back <= i + 1; back++)
            if (cancel_many(p, i + 1, i + 1 - back) == back) {
                dm_list_replace(c, i + 1 - back, back + 1, NULL);
                return true;
            }
        if (f->kind == DM_SYMBOL_ONES && g->kind == DM_SYMBOL_ONES) {
            add_scalar(p, dm_symbol_size(p->context, f->cols), 1);
            const dm_symbol *ones = dm_symbol_ones(p->context, f->rows, g->cols);
            dm_list_replace(c, i, 2, dm_symbol_is_scalar(ones) ? NULL : ones);
            c->failed = c->failed || !ones;
            return true;
        }
        const dm_symbol *simple = combined(f, g);
        if (simple) {
            splice(p, i, 2, simple);
            return true;
        }
        if (i + 2 < c->n && (simple = recomposed(f, g, c->at[i + 2]))) {
            splice(p, i, 3, simple);
            return true;
        }
    }
    return false;
}

/* ---------------------------------------------------------------------------------------------- dots */

static size_t transposes(const dm_symbol *const s[], size_t n)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i++)
        count += s[i]->kind == DM_SYMBOL_TRANSPOSE;
    return count;
}

static bool flipped_is_better(const dm_symbol *const s[], const dm_symbol *const flipped[], size_t n)
{
    bool last = s[n - 1]->moves, first = s[0]->moves;

    if (first != last)
        return first;
    size_t a = transposes(s, n), b = transposes(flipped, n);
    if (a != b)
        return b < a;
    int order = strcmp(dm_symbol_first_name(flipped[0]), dm_symbol_first_name(s[0]));
    if (order)
        return order < 0;
    for (size_t i = 0; i < n; i++)
        if (s[i]->hash != flipped[i]->hash)
            return flipped[i]->hash < s[i]->hash;
    return false;
}

static bool reverse(dm_context *context, const dm_symbol *const s[], size_t n, dm_symbol_list *flipped)
{
    flipped->context = context;
    for (size_t i = n; i-- > 0; )
        dm_list_add(flipped, dm_symbol_transpose(s[i]));
    return !flipped->failed;
}

static const dm_symbol *sum_call(const dm_symbol *s);

/* The 1×1 chain as one symbol. */
static const dm_symbol *dot(dm_context *context, const dm_symbol *const s[], size_t n)
{
    dm_symbol_list flipped = { .context = context };
    size_t from = s[0]->kind == DM_SYMBOL_ONES, to = n - (s[n - 1]->kind == DM_SYMBOL_ONES);

    if (n == 1)
        return s[0];
    if (from > 0 || to < n)
        return sum_call(dm_symbol_product(context, 1, NULL, 0, s + from, to - from, s[from]->rows,
                                          s[to - 1]->cols));
    if (!reverse(context, s, n, &flipped))
        return NULL;
    if (flipped_is_better(s, flipped.at, n))
        s = flipped.at;
    return dm_symbol_make(context, DM_SYMBOL_TERM, 1, 1, 1, s, n, 0);
}

/* Stretches of the chain that are 1×1 become scalar factors. */
static void take_out_dots(product *p)
{
    dm_symbol_list *c = &p->chain;

    for (size_t i = 0; i < c->n; i++)
        for (size_t j = i; c->at[i]->rows == 1 && j < c->n; j++)
            if (c->at[j]->cols == 1) {
                const dm_symbol *s = dot(p->context, c->at + i, j - i + 1);
                dm_list_replace(c, i, j - i + 1, NULL);
                add_scalar(p, s, 1);
                i = (size_t) -1;
                break;
            }
}

/* ------------------------------------------------------------------------------------------ product */

static const dm_symbol *finished(product *p, size_t rows, size_t cols)
{
    dm_symbol_list all = { .context = p->context };

    if (p->scalars.of.failed || p->chain.failed)
        return NULL;
    if (p->zero || p->number == 0)
        return dm_symbol_zero(p->context, rows, cols);
    for (int pass = 0; pass < 3; pass++)                   /* names first, what moves last */
        for (size_t i = 0; i < p->scalars.of.n; i++) {
            const dm_symbol *s = p->scalars.of.at[i];
            double power = p->scalars.number[i];
            if (power == 0 || pass != (s->moves ? 2 : s->kind != DM_SYMBOL_NAME))
                continue;
            dm_list_add(&all, power == 1 ? s : dm_symbol_make(p->context, DM_SYMBOL_POWER, 1, 1, power, &s, 1,
                                                              0));
        }
    size_t scalars = all.n;
    for (size_t i = 0; i < p->chain.n; i++)
        dm_list_add(&all, p->chain.at[i]);
    if (p->chain.n == 0 && rows > 1)
        dm_list_add(&all, dm_symbol_eye(p->context, rows));
    if (all.failed)
        return NULL;
    if (p->number == 1 && all.n == 1)
        return all.at[0];
    return dm_symbol_make(p->context, DM_SYMBOL_TERM, rows, cols, p->number, all.at, all.n, scalars);
}

const dm_symbol *dm_symbol_product(dm_context *context, double number, const dm_symbol *const scalars[],
                                   size_t n_scalars, const dm_symbol *const chain[], size_t n_chain,
                                   size_t rows, size_t cols)
{
    product p = { .context = context, .number = number, .scalars = { .of = { .context = context } },
                  .chain = { .context = context } };

    for (size_t i = 0; i < n_scalars; i++)
        add_scalar(&p, scalars[i], 1);
    for (size_t i = 0; i < n_chain; i++)
        add_factor(&p, chain[i]);
    if (p.scalars.of.failed || p.chain.failed)
        return NULL;
    do
        take_out_dots(&p);
    while (!p.scalars.of.failed && !p.chain.failed && reduce(&p));
    return finished(&p, rows, cols);
}

const dm_symbol *dm_symbol_mul(const dm_symbol *a, const dm_symbol *b)
{
    if (!a || !b)
        return NULL;
    if (dm_symbol_is_scalar(a) || dm_symbol_is_scalar(b)) {
        const dm_symbol *s = dm_symbol_is_scalar(a) ? a : b, *A = s == a ? b : a;
        return dm_symbol_product(a->context, 1, &s, 1, &A, 1, A->rows, A->cols);
    }
    return dm_symbol_product(a->context, 1, NULL, 0, (const dm_symbol *[]) { a, b }, 2, a->rows, b->cols);
}

const dm_symbol *dm_symbol_scale(double p, const dm_symbol *a)
{
    if (!a || p == 1)
        return a;
    return dm_symbol_product(a->context, p, NULL, 0, &a, 1, a->rows, a->cols);
}

/* ---------------------------------------------------------------------------------------- transposes */

static bool is_symmetric(const dm_symbol *s)
{
    if (s->kind == DM_SYMBOL_DIFFERENTIAL)
        return is_symmetric(s->of[0]);
    if (s->rows != s->cols)
        return false;
    if (s->kind == DM_SYMBOL_NAME)
        return s->symmetric;
    if (s->kind == DM_SYMBOL_INVERSE || dm_symbol_is_call(s, "expm")) {
        const dm_symbol *t = dm_symbol_transpose(s->of[0]);
        return t && dm_symbol_same(t, s->of[0]);
    }
    return s->kind == DM_SYMBOL_EYE || dm_symbol_is_call(s, "diag");
}

static const dm_symbol *each_transposed(const dm_symbol *a, dm_symbol_list *to)
{
    to->context = a->context;
    for (size_t i = 0; i < a->n; i++)
        dm_list_add(to, dm_symbol_transpose(a->of[i]));
    return to->failed ? NULL : a;
}

/* The identity's rows put elsewhere are its columns put elsewhere. */
static const dm_symbol *identity_turned(const dm_symbol *a)
{
    dm_parameters *with = dm_arena_alloc(a->context, sizeof *with);

    if (!with)
        return NULL;
    *with = (dm_parameters) { .row = a->with->col, .col = a->with->row, .rows = a->with->cols,
                              .cols = a->with->rows };
    return dm_symbol_call(a->context, a->op, with, a->of, a->cols, a->rows);
}

static const dm_symbol *turned_over(const dm_symbol *a)
{
    dm_symbol_list parts = { .context = a->context };

    if (dm_symbol_is_scalar(a) || is_symmetric(a))
        return a;
    switch (a->kind) {
    case DM_SYMBOL_TRANSPOSE:
        return a->of[0];
    case DM_SYMBOL_ZERO:
        return dm_symbol_zero(a->context, a->cols, a->rows);
    case DM_SYMBOL_ONES:
        return dm_symbol_ones(a->context, a->cols, a->rows);
    case DM_SYMBOL_SUM:
        return each_transposed(a, &parts) ? dm_symbol_sum(a->context, parts.at, parts.n) : NULL;
    case DM_SYMBOL_HADAMARD:
        return each_transposed(a, &parts) ? dm_symbol_hadamard(parts.at, parts.n) : NULL;
    case DM_SYMBOL_POWER:
        return dm_symbol_power(dm_symbol_transpose(a->of[0]), a->number);
    case DM_SYMBOL_TERM:
        if (!reverse(a->context, a->of + a->scalars, a->n - a->scalars, &parts))
            return NULL;
        return dm_symbol_product(a->context, a->number, a->of, a->scalars, parts.at, parts.n, a->cols,
                                 a->rows);
    case DM_SYMBOL_CALL:
        if (dm_symbol_is_entrywise(a) || dm_symbol_is_call(a, "kron"))
            return each_transposed(a, &parts) ? dm_symbol_call(a->context, a->op, a->with, parts.at,
                                                               a->cols, a->rows) : NULL;
        if ((dm_symbol_is_call(a, "embed") || dm_symbol_is_call(a, "block"))
            && (a->of[0]->kind == DM_SYMBOL_EYE || dm_symbol_is_scalar(a->of[0])))
            return identity_turned(a);
        break;
    default:
        break;
    }
    return dm_symbol_make(a->context, DM_SYMBOL_TRANSPOSE, a->cols, a->rows, 0, &a, 1, 0);
}

/* Kept: the formula of a symbol asks for that of its transpose, and so on down. */
const dm_symbol *dm_symbol_transpose(const dm_symbol *a)
{
    if (a && !a->transpose)
        ((dm_symbol *) a)->transpose = turned_over(a);
    return a ? a->transpose : NULL;
}

/* ------------------------------------------------------------------------------------------ inverses */

static bool all_square(const dm_symbol *a)
{
    for (size_t i = a->scalars; i < a->n; i++)
        if (a->of[i]->rows != a->of[i]->cols)
            return false;
    return true;
}

static const dm_symbol *inverse_of_term(const dm_symbol *a, bool solved)
{
    dm_symbol_list scalars = { .context = a->context }, chain = { .context = a->context };

    for (size_t i = 0; i < a->scalars; i++)
        dm_list_add(&scalars, dm_symbol_power(a->of[i], -1));
    if (all_square(a)) {
        for (size_t i = a->n; i-- > a->scalars; )
            dm_list_add(&chain, dm_symbol_inverse(a->of[i], solved));
    } else {
        const dm_symbol *rest = dm_symbol_make(a->context, DM_SYMBOL_TERM, a->rows, a->cols, 1,
                                               a->of + a->scalars, a->n - a->scalars, 0);
        dm_list_add(&chain, rest ? dm_symbol_inverse_as(rest, solved) : NULL);
    }
    if (scalars.failed || chain.failed)
        return NULL;
    return dm_symbol_product(a->context, 1 / a->number, scalars.at, scalars.n, chain.at, chain.n, a->rows,
                             a->cols);
}

const dm_symbol *dm_symbol_inverse(const dm_symbol *a, bool solved)
{
    if (!a)
        return NULL;
    if (dm_symbol_is_scalar(a))
        return dm_symbol_power(a, -1);
    switch (a->kind) {
    case DM_SYMBOL_EYE:
        return a;
    case DM_SYMBOL_INVERSE:
        return a->of[0];
    case DM_SYMBOL_TRANSPOSE:
        return dm_symbol_transpose(dm_symbol_inverse(a->of[0], solved));
    case DM_SYMBOL_TERM:
        if (a->number != 1 || a->scalars || all_square(a))
            return inverse_of_term(a, solved);
        break;
    case DM_SYMBOL_CALL:
        if (dm_symbol_is_call(a, "diag")) {
            const dm_symbol *over = dm_symbol_power(a->of[0], -1);
            return over ? dm_symbol_call(a->context, a->op, NULL, &over, a->rows, a->cols) : NULL;
        }
        break;
    default:
        break;
    }
    return dm_symbol_inverse_as(a, solved);
}

/* -------------------------------------------------------------------------------------------- traces */

static const dm_symbol *sum_call(const dm_symbol *s)
{
    return dm_symbol_apply_named("sum", s, 1, 1);
}

static const dm_symbol *trace_call(const dm_symbol *s)
{
    return s ? dm_symbol_call(s->context, dm_symbol_row(s->context, "trace"), NULL, &s, 1, 1) : NULL;
}

static void rotate(const dm_symbol *const s[], size_t n, size_t by, const dm_symbol **to)
{
    for (size_t i = 0; i < n; i++)
        to[i] = s[(i + by) % n];
}

/* Of two orders of the factors of a trace: the differential last and plain, then the fewest transposes. */
static bool better_trace(const dm_symbol *const a[], const dm_symbol *const b[], size_t n)
{
    bool a_last = a[n - 1]->moves, b_last = b[n - 1]->moves;

    if (a_last != b_last)
        return a_last;
    if (a_last) {
        bool a_plain = a[n - 1]->kind != DM_SYMBOL_TRANSPOSE, b_plain = b[n - 1]->kind != DM_SYMBOL_TRANSPOSE;
        if (a_plain != b_plain)
            return a_plain;
    }
    size_t ta = transposes(a, n), tb = transposes(b, n);
    if (ta != tb)
        return ta < tb;
    for (size_t i = 0; i < n; i++)
        if (a[i]->hash != b[i]->hash)
            return a[i]->hash < b[i]->hash;
    return false;
}

/* tr(ABC) = tr(BCA) = tr(C'B'A'): of all these the best. */
static const dm_symbol *trace_of_chain(dm_context *context, const dm_symbol *const s[], size_t n)
{
    dm_symbol_list flipped = { .context = context };
    const dm_symbol **best = dm_arena_alloc(context, n * sizeof *best);
    const dm_symbol **other = dm_arena_alloc(context, n * sizeof *other);

    if (!best || !other || !reverse(context, s, n, &flipped))
        return NULL;
    rotate(s, n, 0, best);
    for (size_t i = 0; i < 2 * n; i++) {
        rotate(i < n ? s : flipped.at, n, i % n, other);
        if (other[0]->rows == 1)
            return dm_symbol_product(context, 1, NULL, 0, other, n, 1, 1);
        if (better_trace(other, best, n))
            memcpy(best, other, n * sizeof *best);
    }
    return trace_call(dm_symbol_product(context, 1, NULL, 0, best, n, best[0]->rows, best[0]->rows));
}

const dm_symbol *dm_symbol_trace(const dm_symbol *a)
{
    if (!a || dm_symbol_is_scalar(a))
        return a;
    switch (a->kind) {
    case DM_SYMBOL_ZERO:
        return dm_symbol_zero(a->context, 1, 1);
    case DM_SYMBOL_EYE: case DM_SYMBOL_ONES:
        return dm_symbol_size(a->context, a->rows);
    case DM_SYMBOL_TRANSPOSE:
        return dm_symbol_trace(a->of[0]);
    case DM_SYMBOL_TERM: {
        const dm_symbol *rest = a->n - a->scalars == 1 ? dm_symbol_trace(a->of[a->scalars])
                              : trace_of_chain(a->context, a->of + a->scalars, a->n - a->scalars);
        return rest ? dm_symbol_product(a->context, a->number, a->of, a->scalars, &rest, 1, 1, 1) : NULL;
    }
    case DM_SYMBOL_CALL:
        if (dm_symbol_is_call(a, "diag"))
            return sum_call(a->of[0]);
        if (dm_symbol_is_call(a, "kron") && a->of[0]->rows == a->of[0]->cols)
            return dm_symbol_mul(dm_symbol_trace(a->of[0]), dm_symbol_trace(a->of[1]));
        break;
    default:
        break;
    }
    return trace_call(a);
}

const dm_symbol *dm_symbol_inner(const dm_symbol *a, const dm_symbol *b)
{
    if (!a || !b)
        return NULL;
    if (a->cols == 1)
        return dm_symbol_mul(dm_symbol_transpose(a), b);
    if (a->rows == 1)
        return dm_symbol_mul(b, dm_symbol_transpose(a));
    if (a->kind == DM_SYMBOL_ONES || b->kind == DM_SYMBOL_ONES)
        return sum_call(a->kind == DM_SYMBOL_ONES ? b : a);
    return dm_symbol_trace(dm_symbol_mul(dm_symbol_transpose(a), b));
}
