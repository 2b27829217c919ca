/* What is done entry by entry: products and powers.  For 1×1 they are those of numbers. */
#include <math.h>
#include "symbols/list.h"

typedef struct {
    dm_context *context;
    double number;
    dm_symbol_list scalars;
    dm_numbered_list base;             /* and their powers */
    bool zero;
} entries;

bool dm_symbol_is_entrywise(const dm_symbol *s)
{
    return s->kind == DM_SYMBOL_CALL && s->op->entrywise;
}

bool dm_symbol_opens(const dm_symbol *s, double power)
{
    bool whole = power == floor(power);

    switch (s->kind) {
    case DM_SYMBOL_POWER:              /* (s^2)^(1/2) is no power of s where s may be negative */
        return whole || fmod(s->number, 2) != 0 || dm_symbol_is_call(s->of[0], "norm_frobenius");
    case DM_SYMBOL_HADAMARD:
        return whole;
    case DM_SYMBOL_TERM:
        return s->n == 0 || (whole && (s->number != 1 || s->scalars));
    default:
        return false;
    }
}

static void add(entries *e, const dm_symbol *s, double power);

/* s.^power by its parts. */
static void add_opened(entries *e, const dm_symbol *s, double power)
{
    if (s->kind == DM_SYMBOL_TERM) {
        e->number *= pow(s->number, power);
        for (size_t i = 0; i < s->scalars; i++)
            dm_list_add(&e->scalars, dm_symbol_power(s->of[i], power));
        add(e, dm_symbol_product(s->context, 1, NULL, 0, s->of + s->scalars, s->n - s->scalars, s->rows,
                                 s->cols), power);
        return;
    }
    for (size_t i = 0; i < s->n; i++)
        add(e, s->of[i], s->kind == DM_SYMBOL_POWER ? power * s->number : power);
}

static void add(entries *e, const dm_symbol *s, double power)
{
    if (!s) {
        e->base.of.failed = true;
    } else if (e->base.of.failed || s->kind == DM_SYMBOL_ONES) {
        return;
    } else if (s->kind == DM_SYMBOL_ZERO) {
        e->zero = true;
    } else if (dm_symbol_opens(s, power)) {
        add_opened(e, s, power);
    } else {
        double *all = dm_list_number(&e->base, s), sum = all ? *all + power : power;
        bool opens = dm_symbol_opens(s, sum);
        if (all)
            *all = opens ? 0 : sum;
        if (all && opens)
            add_opened(e, s, sum);
    }
}

/* h(z) with its argument, as h(-z): the argument turned round. */
static bool opposite(const dm_symbol *a, const dm_symbol *b)
{
    const dm_symbol *minus = dm_symbol_scale(-1, b);

    return minus && dm_symbol_same(a, minus);
}

static const dm_symbol *call_like(const dm_symbol *like, const char *name, const dm_symbol *argument)
{
    return dm_symbol_apply_named(name, argument, like->rows, like->cols);
}

/* Pairs of factors that are one together; true: something changed. */
static bool reduce(entries *e)
{
    for (size_t i = 0; i < e->base.of.n; i++)
        for (size_t j = 0; j < e->base.of.n; j++) {
            const dm_symbol *a = e->base.of.at[i], *b = e->base.of.at[j];
            if (i == j || !dm_symbol_is_call(b, "sigmoid") || e->base.number[j] == 0 || e->base.number[i] == 0)
                continue;
            /* exp(z).*sigmoid(-z) = sigmoid(z) */
            if (dm_symbol_is_call(a, "exp") && e->base.number[i] == 1 && e->base.number[j] == 1
                && opposite(a->of[0], b->of[0])) {
                e->base.number[i] = e->base.number[j] = 0;
                add(e, call_like(a, "sigmoid", a->of[0]), 1);
                return true;
            }
        }
    return false;
}

static const dm_symbol *finished(entries *e, size_t rows, size_t cols)
{
    dm_symbol_list kept = { .context = e->context };
    const dm_symbol *all;

    while (!e->base.of.failed && reduce(e)) { }
    if (e->base.of.failed || e->scalars.failed)
        return NULL;
    if (e->zero)
        return dm_symbol_zero(e->context, rows, cols);
    for (size_t i = 0; i < e->base.of.n; i++)
        if (e->base.number[i] != 0) {
            const dm_symbol *s = e->base.of.at[i];
            dm_list_add(&kept, e->base.number[i] == 1 ? s : dm_symbol_power(s, e->base.number[i]));
        }
    if (kept.failed)
        return NULL;
    if (kept.n == 0)
        all = dm_symbol_ones(e->context, rows, cols);
    else if (kept.n == 1)
        all = kept.at[0];
    else
        all = dm_symbol_make(e->context, DM_SYMBOL_HADAMARD, rows, cols, 0, kept.at, kept.n, 0);
    if (!all)
        return NULL;
    return dm_symbol_product(e->context, e->number, e->scalars.at, e->scalars.n, &all, 1, rows, cols);
}

const dm_symbol *dm_symbol_hadamard(const dm_symbol *const s[], size_t n)
{
    dm_context *context = s[0] ? s[0]->context : NULL;
    entries e = { .context = context, .number = 1, .scalars = { .context = context },
                  .base = { .of = { .context = context } } };

    if (!context)
        return NULL;
    for (size_t i = 0; i < n; i++)
        add(&e, s[i], 1);
    return finished(&e, s[0]->rows, s[0]->cols);
}

static const dm_symbol *with_diagonal(const dm_symbol *diag, const dm_symbol *A)
{
    const dm_symbol *x = dm_symbol_apply_named("diagonal", diag, diag->rows, 1);
    const dm_symbol *y = dm_symbol_apply_named("diagonal", A, diag->rows, 1);

    return call_like(diag, "diag", dm_symbol_times(x, y));
}

const dm_symbol *dm_symbol_times(const dm_symbol *a, const dm_symbol *b)
{
    if (!a || !b)
        return NULL;
    if (dm_symbol_is_scalar(a))
        return dm_symbol_mul(a, b);
    if (a->kind == DM_SYMBOL_EYE || dm_symbol_is_call(a, "diag"))
        return with_diagonal(a, b);
    if (b->kind == DM_SYMBOL_EYE || dm_symbol_is_call(b, "diag"))
        return with_diagonal(b, a);
    return dm_symbol_hadamard((const dm_symbol *[]) { a, b }, 2);
}

/* ------------------------------------------------------------------------------------------- powers */

/* 1./(1+exp(-z)) = sigmoid(z): the z, or NULL. */
static const dm_symbol *sigmoid_argument(const dm_symbol *a)
{
    if (a->kind != DM_SYMBOL_SUM || a->n != 2)
        return NULL;
    for (size_t i = 0; i < 2; i++) {
        const dm_symbol *one = a->of[i], *e = a->of[1 - i];
        bool is_one = one->kind == DM_SYMBOL_ONES || (dm_symbol_is_number(one) && one->number == 1);
        if (is_one && dm_symbol_is_call(e, "exp"))
            return dm_symbol_scale(-1, e->of[0]);
    }
    return NULL;
}

/* x'*x of one column x: its norm is known by a name. */
static const dm_symbol *norm_of_dot(const dm_symbol *a)
{
    if (a->kind != DM_SYMBOL_TERM || a->n != 2 || a->scalars || a->number != 1 || !dm_symbol_is_scalar(a))
        return NULL;
    const dm_symbol *t = dm_symbol_transpose(a->of[1]);
    return t && dm_symbol_same(a->of[0], t) ? call_like(a, "norm_frobenius", a->of[1]) : NULL;
}

static const dm_symbol *power_of_term(const dm_symbol *a, double p)
{
    dm_symbol_list scalars = { .context = a->context };
    bool whole = p == floor(p), dot = dm_symbol_is_scalar(a) && a->scalars == 0 && a->n > 0;

    if (!whole && (a->number < 0 || a->number == 1 || a->scalars))
        return dm_symbol_make(a->context, DM_SYMBOL_POWER, a->rows, a->cols, p, &a, 1, 0);
    if (a->number == 1 && a->scalars == 0 && a->n > 0)
        return dm_symbol_make(a->context, DM_SYMBOL_POWER, a->rows, a->cols, p, &a, 1, 0);
    for (size_t i = 0; whole && i < a->scalars; i++)
        dm_list_add(&scalars, dm_symbol_power(a->of[i], p));
    size_t from = whole ? a->scalars : 0;
    const dm_symbol *rest = NULL;
    if (a->n > from && !dot)
        rest = dm_symbol_power(a->n - from == 1 ? a->of[from]
                               : dm_symbol_make(a->context, DM_SYMBOL_TERM, a->rows, a->cols, 1, a->of + from,
                                                a->n - from, 0), p);
    if (scalars.failed || (a->n > from && !rest))
        return NULL;
    return dm_symbol_product(a->context, pow(a->number, p), scalars.at, scalars.n, &rest, rest ? 1 : 0,
                             a->rows, a->cols);
}

const dm_symbol *dm_symbol_power(const dm_symbol *a, double p)
{
    const dm_symbol *known;
    bool whole = p == floor(p);

    if (!a || p == 1)
        return a;
    if (p == 0)
        return dm_symbol_ones(a->context, a->rows, a->cols);
    switch (a->kind) {
    case DM_SYMBOL_ONES:
        return a;
    case DM_SYMBOL_ZERO:
        if (p > 0)
            return a;
        break;
    case DM_SYMBOL_POWER:
        if (dm_symbol_opens(a, p))
            return dm_symbol_power(a->of[0], p * a->number);
        break;
    case DM_SYMBOL_TERM:
        if (!whole && (known = norm_of_dot(a)))
            return dm_symbol_power(known, 2 * p);
        return power_of_term(a, p);
    case DM_SYMBOL_HADAMARD:
        if (dm_symbol_opens(a, p)) {
            dm_symbol_list parts = { .context = a->context };
            for (size_t i = 0; i < a->n; i++)
                dm_list_add(&parts, dm_symbol_power(a->of[i], p));
            return parts.failed ? NULL : dm_symbol_hadamard(parts.at, parts.n);
        }
        break;
    case DM_SYMBOL_SUM:
        if (p == -1 && (known = sigmoid_argument(a)))
            return call_like(a, "sigmoid", known);
        break;
    case DM_SYMBOL_CALL:
        if (p == -1 && dm_symbol_is_call(a, "exp"))
            return call_like(a, "exp", dm_symbol_scale(-1, a->of[0]));
        break;
    default:
        break;
    }
    return dm_symbol_make(a->context, DM_SYMBOL_POWER, a->rows, a->cols, p, &a, 1, 0);
}
