/* Symbols arranged for writing. */
#include <math.h>
#include "symbols/formula.h"
#include "symbols/list.h"

static const dm_formula *plain(const dm_symbol *s);

static const dm_formula *make(const dm_symbol *s, dm_formula_kind kind, const dm_formula *a,
                              const dm_formula *b, size_t rows, size_t cols)
{
    dm_formula *f = dm_arena_alloc(s->context, sizeof *f);

    if (!f)
        return NULL;
    *f = (dm_formula) { .kind = kind, .of = { a, b }, .symbol = s, .rows = rows, .cols = cols };
    bool sized = kind == DM_FORMULA_ONES || kind == DM_FORMULA_ZEROS || kind == DM_FORMULA_EYE;
    f->cost = (sized ? 2 : kind > DM_FORMULA_DIFFERENTIAL) + (a ? a->cost : 0) + (b ? b->cost : 0);
    return f;
}

static const dm_formula *unary(const dm_symbol *s, dm_formula_kind kind, const dm_formula *a)
{
    return a ? make(s, kind, a, NULL, s->rows, s->cols) : NULL;
}

static const dm_formula *binary(const dm_symbol *s, dm_formula_kind kind, const dm_formula *a,
                                const dm_formula *b, size_t rows, size_t cols)
{
    return a && b ? make(s, kind, a, b, rows, cols) : NULL;
}

static const dm_formula *number(const dm_symbol *s, double x)
{
    dm_formula *f = (dm_formula *) make(s, DM_FORMULA_NUMBER, NULL, NULL, 1, 1);

    if (f)
        f->number = x;
    return f;
}

static const dm_formula *raised(const dm_symbol *s, dm_formula_kind kind, const dm_formula *a, double p)
{
    dm_formula *f = (dm_formula *) (a ? make(s, kind, a, NULL, a->rows, a->cols) : NULL);

    if (f)
        f->number = p;
    return f;
}

static const dm_formula *call(const dm_symbol *s, const dm_op *op, const dm_parameters *with,
                              const dm_formula *a, const dm_formula *b, size_t rows, size_t cols)
{
    if (!a || (dm_arity(op) > 1 && !b))
        return NULL;
    dm_formula *f = (dm_formula *) make(s, DM_FORMULA_CALL, a, b, rows, cols);
    if (f) {
        f->op = op;
        f->with = with;
    }
    return f;
}

/* ------------------------------------------------------------------------------------------ powers */

/* a^p or a.^p for p > 0 */
static const dm_formula *to_the(const dm_symbol *s, const dm_formula *a, double p, bool scalar)
{
    if (p == 1)
        return a;
    if (p == 0.5)
        return a ? make(s, DM_FORMULA_SQRT, a, NULL, a->rows, a->cols) : NULL;
    return raised(s, scalar ? DM_FORMULA_POWER : DM_FORMULA_ENTRY_POWER, a, p);
}

/* s as base^power, the power split off. */
static const dm_symbol *base_of(const dm_symbol *s, double *power)
{
    *power = s->kind == DM_SYMBOL_POWER ? s->number : 1;
    return s->kind == DM_SYMBOL_POWER ? s->of[0] : s;
}

/* ------------------------------------------------------------------------------------------- chains */

static const dm_formula *row_or_column_sums(const dm_symbol *ones, const dm_symbol *A, bool rows)
{
    dm_context *context = A->context;
    const dm_symbol *t = A->kind == DM_SYMBOL_TRANSPOSE ? A->of[0] : NULL;
    bool by_rows = t ? !rows : rows;
    const dm_op *op = dm_symbol_row(context, by_rows ? "row_sums" : "column_sums");
    size_t m = rows ? A->rows : 1, n = rows ? 1 : A->cols;
    const dm_formula *sums = call(ones, op, NULL, dm_formula_of(t ? t : A), NULL, t ? n : m, t ? m : n);

    return t && sums ? make(ones, DM_FORMULA_TRANSPOSE, sums, NULL, m, n) : sums;
}

static bool is_solved(const dm_symbol *s)
{
    return s->kind == DM_SYMBOL_INVERSE ? s->solved
         : s->kind == DM_SYMBOL_TRANSPOSE && s->of[0]->kind == DM_SYMBOL_INVERSE && s->of[0]->solved;
}

/* What is solved with: A of inv(A). */
static const dm_formula *divisor(const dm_symbol *s)
{
    return dm_formula_of(dm_symbol_inverse(s, false));
}

/* The factors from i on, `*count` of them, as one. */
static const dm_formula *factor(const dm_symbol *whole, const dm_symbol *const s[], size_t n, size_t i,
                                size_t *count)
{
    *count = 1;
    if (s[i]->kind == DM_SYMBOL_ONES && s[i]->rows == 1 && i + 1 < n && s[i + 1]->rows > 1
        && s[i + 1]->cols > 1) {
        *count = 2;
        return row_or_column_sums(s[i], s[i + 1], false);
    }
    if (i + 1 < n && s[i + 1]->kind == DM_SYMBOL_ONES && s[i + 1]->cols == 1 && s[i]->rows > 1
        && s[i]->cols > 1) {
        *count = 2;
        return row_or_column_sums(s[i + 1], s[i], true);
    }
    while (i + *count < n && dm_symbol_same(s[i], s[i + *count]))
        ++*count;
    const dm_formula *f = dm_formula_of(s[i]);
    return *count > 1 ? raised(whole, DM_FORMULA_POWER, f, (double) *count) : f;
}

static const dm_formula *chain(const dm_symbol *whole, const dm_symbol *const s[], size_t n)
{
    const dm_formula *all = NULL, *next;
    size_t count;

    for (size_t i = 0; i < n; i += count) {
        count = 1;
        if (is_solved(s[i]) && all) {
            all = binary(whole, DM_FORMULA_SOLVE_RIGHT, all, divisor(s[i]), all->rows, s[i]->cols);
        } else if (is_solved(s[i]) && i + 1 < n) {
            const dm_formula *A = divisor(s[i]);
            if (is_solved(s[i + 1]) && i + 2 < n) {        /* A\(B\c) */
                next = chain(whole, s + i + 1, n - i - 1);
                count = n - i - 1;
            } else {
                next = factor(whole, s, n, i + 1, &count);
            }
            all = next ? binary(whole, DM_FORMULA_UNDER, A, next, s[i]->rows, next->cols) : NULL;
            count++;
        } else {
            next = factor(whole, s, n, i, &count);
            all = !all ? next : next ? binary(whole, DM_FORMULA_MUL, all, next, all->rows, next->cols) : NULL;
        }
        if (!all)
            return NULL;
    }
    return all;
}

/* ---------------------------------------------------------------------------------------------- terms */

/* The whole k with |number| = 1/k; 0: there is none. */
static double over_whole(double x)
{
    double k = rint(1 / fabs(x));

    return x != 0 && k > 1 && k < 1e6 && fabs(k * fabs(x) - 1) < 4 * GSL_DBL_EPSILON ? k : 0;
}

static const dm_formula *multiplied(const dm_symbol *s, const dm_formula *a, const dm_formula *b)
{
    bool both = a && b && (a->rows > 1 || a->cols > 1) && (b->rows > 1 || b->cols > 1);

    if (!a || !b)
        return a ? a : b;
    bool a_scalar = a->rows == 1 && a->cols == 1;
    return make(s, both ? DM_FORMULA_MUL : DM_FORMULA_SCALE, a, b, a_scalar ? b->rows : a->rows,
                a_scalar ? b->cols : a->cols);
}

/* number * scalars * chain, without the sign of the number. */
static const dm_formula *term(const dm_symbol *s)
{
    double x = fabs(s->number), k = over_whole(x), power;
    const dm_formula *above = NULL, *below = k > 0 ? number(s, k) : NULL, *matrices = NULL;
    size_t n = s->n - s->scalars;

    if (n > 0) {
        if (!(matrices = chain(s, s->of + s->scalars, n)))
            return NULL;
    }
    if (k == 0 && (x != 1 || s->n == 0) && !(above = number(s, x)))
        return NULL;
    if (k > 0 && !below)
        return NULL;
    for (size_t i = 0; i < s->scalars; i++) {
        const dm_symbol *base = base_of(s->of[i], &power);
        const dm_formula *f = to_the(s, dm_formula_of(base), fabs(power), true);
        if (!f)
            return NULL;
        if (power > 0)
            above = multiplied(s, above, f);
        else
            below = multiplied(s, below, f);
        if (!(power > 0 ? above : below))
            return NULL;
    }
    if (matrices)
        above = multiplied(s, above, matrices);
    if (!above && !(above = number(s, 1)))
        return NULL;
    return below ? binary(s, DM_FORMULA_OVER, above, below, s->rows, s->cols) : above;
}

/* Can a minus sign be hidden by turning a sum round?  -(A-B) is B-A. */
static size_t sum_to_turn(const dm_symbol *s)
{
    for (size_t i = 0; i < s->n; i++) {
        const dm_symbol *sum = s->of[i];
        if (sum->kind != DM_SYMBOL_SUM)
            continue;
        for (size_t k = 0; k < sum->n; k++) {
            double x;
            dm_symbol_split(sum->of[k], &x);
            if (x < 0)
                return i;
        }
    }
    return s->n;
}

static const dm_symbol *turned(const dm_symbol *sum)
{
    dm_symbol_list terms = { .context = sum->context };

    for (size_t i = 0; i < sum->n; i++)
        dm_list_add(&terms, dm_symbol_scale(-1, sum->of[i]));
    return terms.failed ? NULL : dm_symbol_make(sum->context, DM_SYMBOL_SUM, sum->rows, sum->cols, 0, terms.at,
                                                terms.n, 0);
}

/* The only matrix of a term is written as it stands: it would ask for its transpose's formula, and that one
 * for this.  false: no memory.                                                                     */
static bool settle(const dm_symbol *s)
{
    dm_symbol *A = s->n - s->scalars == 1 ? (dm_symbol *) s->of[s->n - 1] : NULL;

    if (A && !A->formula)
        A->formula = plain(A);
    return !A || A->formula;
}

/* s without its sign. */
static const dm_formula *unsigned_part(const dm_symbol *s, bool *negative)
{
    *negative = false;
    if (s->kind != DM_SYMBOL_TERM || s->number > 0)
        return dm_formula_of(s);
    size_t i = sum_to_turn(s);
    if (i == s->n) {
        *negative = true;
        return settle(s) ? term(s) : NULL;
    }
    dm_symbol_list of = { .context = s->context };
    for (size_t k = 0; k < s->n; k++)
        dm_list_add(&of, k == i ? turned(s->of[k]) : s->of[k]);
    if (of.failed)
        return NULL;
    if (s->number == -1 && s->n == 1)
        return plain(of.at[0]);
    const dm_symbol *t = dm_symbol_make(s->context, DM_SYMBOL_TERM, s->rows, s->cols, -s->number, of.at, of.n,
                                        s->scalars);
    return t && settle(t) ? term(t) : NULL;
}

/* ---------------------------------------------------------------------------------------------- sums */

/* The terms from i on whose number is that of the i-th or its negative, as one: 2*A*x - 2*b is 2*(A*x-b).  A
 * sum as such is flat, so that like terms meet; `taken` are in a group before.                       */
static const dm_symbol *group(const dm_symbol *s, size_t i, bool taken[])
{
    dm_symbol_list part = { .context = s->context };
    double x, y;
    const dm_symbol *first = dm_symbol_split(s->of[i], &x);

    for (size_t k = i; k < s->n && fabs(x) != 1 && !dm_symbol_is_number(s->of[i]); k++) {
        const dm_symbol *rest = dm_symbol_split(s->of[k], &y);
        if (taken[k] || fabs(x) != fabs(y) || dm_symbol_is_number(s->of[k]))
            continue;
        taken[k] = true;
        dm_list_add(&part, dm_symbol_scale(y / x, rest));
    }
    if (part.failed || !first)
        return NULL;
    if (part.n < 2)
        return s->of[i];
    const dm_symbol *sum = dm_symbol_make(s->context, DM_SYMBOL_SUM, s->rows, s->cols, 0, part.at, part.n, 0);
    size_t scalars = dm_symbol_is_scalar(s);
    return sum ? dm_symbol_make(s->context, DM_SYMBOL_TERM, s->rows, s->cols, x, &sum, 1, scalars) : NULL;
}

static dm_symbol_list groups(const dm_symbol *s)
{
    dm_symbol_list all = { .context = s->context };
    bool *taken = dm_arena_alloc(s->context, s->n * sizeof *taken);

    all.failed = !taken;
    for (size_t i = 0; taken && i < s->n; i++)
        taken[i] = false;
    for (size_t i = 0; !all.failed && i < s->n; i++)
        if (!taken[i])
            dm_list_add(&all, group(s, i, taken));
    return all;
}

static const dm_formula *sum(const dm_symbol *s)
{
    dm_symbol_list part = groups(s);
    const dm_formula *all = NULL;

    if (part.failed)
        return NULL;
    /* What is added first, and A before A'. */
    for (int pass = 0; pass < 3; pass++)
        for (size_t i = 0; i < part.n; i++) {
            bool negative;
            const dm_formula *f = unsigned_part(part.at[i], &negative);
            if (!f)
                return NULL;
            if (pass != (negative ? 2 : part.at[i]->kind == DM_SYMBOL_TRANSPOSE))
                continue;
            if (!all)
                all = negative ? unary(s, DM_FORMULA_NEG, f) : f;
            else
                all = binary(s, negative ? DM_FORMULA_SUB : DM_FORMULA_ADD, all, f, s->rows, s->cols);
            if (!all)
                return NULL;
        }
    return all;
}

/* ------------------------------------------------------------------------------------ entry by entry */

static const dm_formula *entries(const dm_symbol *s, const dm_symbol *const of[], size_t n)
{
    const dm_formula *above = NULL, *below = NULL;
    bool scalar = dm_symbol_is_scalar(s);
    double power;

    for (size_t i = 0; i < n; i++) {
        const dm_symbol *base = base_of(of[i], &power);
        const dm_formula *f = to_the(s, dm_formula_of(base), fabs(power), scalar);
        const dm_formula **side = power > 0 ? &above : &below;
        if (!f)
            return NULL;
        *side = *side ? binary(s, DM_FORMULA_TIMES, *side, f, s->rows, s->cols) : f;
        if (!*side)
            return NULL;
    }
    if (!below)
        return above;
    if (!above && !(above = number(s, 1)))
        return NULL;
    return binary(s, scalar ? DM_FORMULA_OVER : DM_FORMULA_QUOTIENT, above, below, s->rows, s->cols);
}

/* ------------------------------------------------------------------------------------------- the rest */

static const dm_formula *leaf(const dm_symbol *s, dm_formula_kind kind)
{
    return make(s, kind, NULL, NULL, s->rows, s->cols);
}

static const dm_formula *plain(const dm_symbol *s)
{
    const dm_formula *f;
    bool negative;

    if (!s)
        return NULL;
    switch (s->kind) {
    case DM_SYMBOL_ZERO:
        return dm_symbol_is_scalar(s) ? number(s, 0) : leaf(s, DM_FORMULA_ZEROS);
    case DM_SYMBOL_ONES:
        return leaf(s, DM_FORMULA_ONES);
    case DM_SYMBOL_EYE:
        return leaf(s, DM_FORMULA_EYE);
    case DM_SYMBOL_SIZE:
        return leaf(s, DM_FORMULA_SIZE);
    case DM_SYMBOL_NAME:
        return leaf(s, DM_FORMULA_NAME);
    case DM_SYMBOL_LITERAL:
        return leaf(s, DM_FORMULA_LITERAL);
    case DM_SYMBOL_DIFFERENTIAL:
        f = dm_formula_of(s->of[0]);
        return f ? make(s, DM_FORMULA_DIFFERENTIAL, f, NULL, s->rows, s->cols) : NULL;
    case DM_SYMBOL_SUM:
        return sum(s);
    case DM_SYMBOL_TERM:
        f = s->number < 0 ? unsigned_part(s, &negative) : (negative = false, term(s));
        return f && negative ? unary(s, DM_FORMULA_NEG, f) : f;
    case DM_SYMBOL_TRANSPOSE:
        return unary(s, DM_FORMULA_TRANSPOSE, dm_formula_of(s->of[0]));
    case DM_SYMBOL_INVERSE:
        return unary(s, DM_FORMULA_INVERSE, dm_formula_of(s->of[0]));
    case DM_SYMBOL_HADAMARD:
        return entries(s, s->of, s->n);
    case DM_SYMBOL_POWER:
        return entries(s, &s, 1);
    case DM_SYMBOL_CALL:
        return call(s, s->op, s->with, dm_formula_of(s->of[0]), s->n > 1 ? dm_formula_of(s->of[1]) : NULL,
                    s->rows, s->cols);
    }
    return NULL;
}

/* Something in it is transposed, so that it may be shorter to transpose the whole. */
static bool has_transpose(const dm_symbol *s)
{
    if (s->kind == DM_SYMBOL_TRANSPOSE || (s->rows == 1 && s->cols > 1))
        return true;
    for (size_t i = 0; i < s->n; i++)
        if (has_transpose(s->of[i]))
            return true;
    return false;
}

static bool may_turn(const dm_symbol *s)
{
    switch (s->kind) {
    case DM_SYMBOL_TERM:
        return s->n - s->scalars > 2 || (s->n > s->scalars && s->of[s->n - 1]->kind != DM_SYMBOL_TRANSPOSE);
    case DM_SYMBOL_SUM: case DM_SYMBOL_HADAMARD: case DM_SYMBOL_POWER:
        return true;
    case DM_SYMBOL_CALL:
        return dm_symbol_is_entrywise(s) || dm_symbol_is_call(s, "kron");
    default:
        return false;
    }
}

/* s as the whole of s' transposed: number and sign stay outside. */
static const dm_formula *transposed_whole(const dm_symbol *s)
{
    double x;
    bool negative;
    const dm_symbol *rest = dm_symbol_split(s, &x), *t = rest ? dm_symbol_transpose(rest) : NULL;
    const dm_formula *f;

    t = dm_symbol_scale(x < 0 ? -1 : 1, t);
    if (!t)
        return NULL;
    bool minus = t->kind == DM_SYMBOL_TERM && t->number < 0;
    negative = minus && t->number == -1 && t->n == 1 && t->of[0]->kind != DM_SYMBOL_SUM;
    if (negative)
        f = plain(t->of[0]);           /* asked for its formula it would ask for this one */
    else
        f = minus ? unsigned_part(t, &negative) : plain(t);
    if (!f || !(f = make(s, DM_FORMULA_TRANSPOSE, f, NULL, s->rows, s->cols)))
        return NULL;
    if (fabs(x) != 1) {
        const dm_formula *c = number(s, fabs(x));
        f = c ? multiplied(s, c, f) : NULL;
    }
    return f && negative ? unary(s, DM_FORMULA_NEG, f) : f;
}

const dm_formula *dm_formula_of(const dm_symbol *s)
{
    if (!s)
        return NULL;
    if (s->formula)
        return s->formula;
    const dm_formula *best = plain(s);
    if (best && !dm_symbol_is_scalar(s) && may_turn(s) && has_transpose(s)) {
        const dm_formula *other = transposed_whole(s);
        if (!other)
            return NULL;
        if (other->cost < best->cost)
            best = other;
    }
    ((dm_symbol *) s)->formula = best;
    return best;
}
