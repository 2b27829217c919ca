/* The base of symbols: what each operation makes of them.
 *
 * An operation that simplifies has a line in the table at the end; all others become calls of their rows. */
#include <math.h>
#include "numbers/number.h"
#include "symbols/list.h"

typedef struct {
    dm_base base;                      /* first: the context points to it */
    const dm_op *(*row)(const char *name);
    dm_size_name *sizes, *last;
} symbols;

static symbols *symbols_of(const dm_context *context)
{
    return (symbols *) context->base;
}

const dm_size_name *dm_symbol_sizes(const dm_context *context)
{
    return symbols_of(context)->sizes;
}

const dm_op *dm_symbol_row(const dm_context *context, const char *name)
{
    return symbols_of(context)->row(name);
}

const dm_symbol *dm_symbol_apply_named(const char *name, const dm_symbol *a, size_t rows, size_t cols)
{
    return a ? dm_symbol_apply(a->context, dm_symbol_row(a->context, name), NULL, &a, rows, cols) : NULL;
}

/* ------------------------------------------------------------------------- what operations make of it
 *
 * Each gets the call that would be made if nothing simplified.                                      */

typedef struct {
    dm_context *context;
    const dm_op *op;
    const dm_parameters *with;
    const dm_symbol *A, *B;
    size_t rows, cols;
} call;

static const dm_symbol *as_call(const call *c)
{
    return dm_symbol_call(c->context, c->op, c->with, (const dm_symbol *[]) { c->A, c->B }, c->rows,
                          c->cols);
}

static const dm_symbol *add(const call *c) { return dm_symbol_add(c->A, 1, c->B); }
static const dm_symbol *sub(const call *c) { return dm_symbol_add(c->A, -1, c->B); }
static const dm_symbol *neg(const call *c) { return dm_symbol_scale(-1, c->A); }
static const dm_symbol *scale(const call *c) { return dm_symbol_scale(c->with->number, c->A); }
static const dm_symbol *mul(const call *c) { return dm_symbol_mul(c->A, c->B); }
static const dm_symbol *inner(const call *c) { return dm_symbol_inner(c->A, c->B); }
static const dm_symbol *times(const call *c) { return dm_symbol_times(c->A, c->B); }
static const dm_symbol *transpose(const call *c) { return dm_symbol_transpose(c->A); }
static const dm_symbol *trace(const call *c) { return dm_symbol_trace(c->A); }
static const dm_symbol *inverse(const call *c) { return dm_symbol_inverse(c->A, false); }
static const dm_symbol *reciprocal(const call *c) { return dm_symbol_power(c->A, -1); }
static const dm_symbol *square(const call *c) { return dm_symbol_power(c->A, 2); }
static const dm_symbol *root(const call *c) { return dm_symbol_power(c->A, 0.5); }
static const dm_symbol *pow_number(const call *c) { return dm_symbol_power(c->A, c->with->number); }

static const dm_symbol *quotient(const call *c)
{
    return dm_symbol_times(c->A, dm_symbol_power(c->B, -1));
}

static const dm_symbol *solve(const call *c)
{
    return dm_symbol_mul(dm_symbol_inverse(c->A, true), c->B);
}

static const dm_symbol *solve_right(const call *c)
{
    return dm_symbol_mul(c->A, dm_symbol_inverse(c->B, true));
}

static const dm_symbol *row_sums(const call *c)
{
    return dm_symbol_mul(c->A, dm_symbol_ones(c->context, c->A->cols, 1));
}

static const dm_symbol *column_sums(const call *c)
{
    return dm_symbol_mul(dm_symbol_ones(c->context, 1, c->A->rows), c->A);
}

static const dm_symbol *sum(const call *c)
{
    const dm_symbol *A = c->A, *rest;
    double number;

    if (dm_symbol_is_scalar(A))
        return A;
    if (A->kind == DM_SYMBOL_ZERO)
        return dm_symbol_zero(c->context, 1, 1);
    if (A->kind == DM_SYMBOL_ONES)
        return dm_symbol_mul(dm_symbol_size(c->context, A->rows), dm_symbol_size(c->context, A->cols));
    if (A->kind == DM_SYMBOL_EYE)
        return dm_symbol_size(c->context, A->rows);
    if (A->kind == DM_SYMBOL_TRANSPOSE || dm_symbol_is_call(A, "diag"))
        return dm_symbol_apply(c->context, c->op, NULL, A->of, 1, 1);
    if (A->kind == DM_SYMBOL_TERM && (A->number != 1 || A->scalars)) {
        rest = dm_symbol_product(c->context, 1, NULL, 0, A->of + A->scalars, A->n - A->scalars, A->rows,
                                 A->cols);
        rest = dm_symbol_apply_named("sum", rest, 1, 1);
        return rest ? dm_symbol_product(c->context, A->number, A->of, A->scalars, &rest, 1, 1, 1) : NULL;
    }
    rest = dm_symbol_split(A, &number);
    if (rest && rest->kind == DM_SYMBOL_TERM) {        /* ones at an end add up what is beside them */
        const dm_symbol *const *of = rest->of;
        size_t from = of[0]->kind == DM_SYMBOL_ONES, to = rest->n - (of[rest->n - 1]->kind == DM_SYMBOL_ONES);
        if (from || to < rest->n) {
            const dm_symbol *mid = dm_symbol_product(c->context, 1, NULL, 0, of + from, to - from,
                                                     of[from]->rows, of[to - 1]->cols);
            mid = dm_symbol_apply_named("sum", mid, 1, 1);
            if (from)
                mid = dm_symbol_mul(mid, dm_symbol_size(c->context, A->rows));
            return to < rest->n ? dm_symbol_mul(mid, dm_symbol_size(c->context, A->cols)) : mid;
        }
    }
    return as_call(c);
}

static const dm_symbol *norm(const call *c)
{
    const dm_symbol *A = c->A, *rest;
    double number;

    rest = dm_symbol_split(A, &number);
    if (rest && number != 1)
        return dm_symbol_scale(fabs(number), dm_symbol_apply_named("norm_frobenius", rest, 1, 1));
    if (A->kind == DM_SYMBOL_TRANSPOSE)
        return dm_symbol_apply_named("norm_frobenius", A->of[0], 1, 1);
    return as_call(c);
}

static const dm_symbol *norm_squared(const call *c)
{
    return dm_symbol_power(dm_symbol_apply_named("norm_frobenius", c->A, 1, 1), 2);
}

static const dm_symbol *normalize(const call *c)
{
    return dm_symbol_mul(dm_symbol_power(dm_symbol_apply_named("norm_frobenius", c->A, 1, 1), -1), c->A);
}

/* of a product of square matrices the product of theirs */
static const dm_symbol *det(const call *c)
{
    const dm_symbol *A = c->A, *all = dm_symbol_number(c->context, 1);

    switch (A->kind) {
    case DM_SYMBOL_EYE:
        return all;
    case DM_SYMBOL_TRANSPOSE:
        return dm_symbol_apply_named("det", A->of[0], 1, 1);
    case DM_SYMBOL_INVERSE:
        return dm_symbol_power(dm_symbol_apply_named("det", A->of[0], 1, 1), -1);
    case DM_SYMBOL_TERM:
        if (A->number != 1 || A->scalars)
            break;
        for (size_t i = 0; i < A->n; i++)
            if (A->of[i]->rows != A->of[i]->cols)
                return as_call(c);
        for (size_t i = 0; i < A->n; i++)
            all = dm_symbol_mul(all, dm_symbol_apply_named("det", A->of[i], 1, 1));
        return all;
    default:
        break;
    }
    return as_call(c);
}

static const dm_symbol *logdet(const call *c)
{
    const dm_symbol *A = c->A;

    if (A->kind == DM_SYMBOL_EYE)
        return dm_symbol_zero(c->context, 1, 1);
    if (A->kind == DM_SYMBOL_TRANSPOSE)
        return dm_symbol_apply_named("logdet", A->of[0], 1, 1);
    if (A->kind == DM_SYMBOL_INVERSE)
        return dm_symbol_scale(-1, dm_symbol_apply_named("logdet", A->of[0], 1, 1));
    return as_call(c);
}

static const dm_symbol *cofactor(const call *c)
{
    return dm_symbol_mul(dm_symbol_apply_named("det", c->A, 1, 1),
                         dm_symbol_transpose(dm_symbol_inverse(c->A, false)));
}

/* A without its number and its scalar factors. */
static const dm_symbol *bare(const dm_symbol *A)
{
    return dm_symbol_product(A->context, 1, NULL, 0, A->of + A->scalars, A->n - A->scalars, A->rows, A->cols);
}

/* Those of A, times the symbol. */
static const dm_symbol *times_factors_of(const dm_symbol *A, const dm_symbol *rest)
{
    return rest ? dm_symbol_product(A->context, A->number, A->of, A->scalars, &rest, 1, rest->rows, rest->cols)
                : NULL;
}

/* The operation of c on the symbol A, number and scalar factors taken out. */
static const dm_symbol *of_term(const call *c, const dm_symbol *A)
{
    const dm_symbol *rest = bare(A);

    return times_factors_of(A, rest ? dm_symbol_apply(c->context, c->op, c->with, &rest, c->rows, c->cols)
                                    : NULL);
}

/* Every linear operation of one operand: zero stays, factors come out. */
static const dm_symbol *linear(const call *c)
{
    if (c->A->kind == DM_SYMBOL_ZERO)
        return dm_symbol_zero(c->context, c->rows, c->cols);
    if (c->A->kind == DM_SYMBOL_TERM && (c->A->number != 1 || c->A->scalars))
        return of_term(c, c->A);
    return as_call(c);
}

static const dm_symbol *diag(const call *c)
{
    if (c->A->kind == DM_SYMBOL_ONES)
        return dm_symbol_eye(c->context, c->rows);
    if (dm_symbol_is_scalar(c->A))
        return c->A;
    if (dm_symbol_is_call(c->A, "diagonal") && dm_symbol_is_call(c->A->of[0], "diag"))
        return c->A->of[0];
    return linear(c);
}

/* diagonal(x*y') = x.*y, of a square x*y' */
static const dm_symbol *diagonal(const call *c)
{
    const dm_symbol *A = c->A;

    if (dm_symbol_is_scalar(A))
        return A;
    if (A->kind == DM_SYMBOL_EYE)
        return dm_symbol_ones(c->context, c->rows, 1);
    if (dm_symbol_is_call(A, "diag"))
        return A->of[0];
    if (A->kind == DM_SYMBOL_TRANSPOSE)
        return dm_symbol_apply(c->context, c->op, NULL, A->of, c->rows, 1);
    if (A->kind == DM_SYMBOL_TERM && A->n == 2 && A->scalars == 0 && A->number == 1 && A->of[0]->cols == 1
        && A->rows == A->cols)
        return dm_symbol_times(A->of[0], dm_symbol_transpose(A->of[1]));
    return linear(c);
}

static const dm_symbol *vec(const call *c)
{
    return c->A->cols == 1 ? c->A : c->A->rows == 1 ? dm_symbol_transpose(c->A) : linear(c);
}

static const dm_symbol *reshape(const call *c)
{
    const dm_symbol *A = c->A;

    if (A->rows == c->rows && A->cols == c->cols)
        return A;
    if ((dm_symbol_is_call(A, "reshape") || dm_symbol_is_call(A, "vec")))
        return dm_symbol_apply(c->context, dm_symbol_row(c->context, "reshape"),
                               &(dm_parameters) { .rows = c->rows, .cols = c->cols }, A->of, c->rows, c->cols);
    return linear(c);
}

static const dm_symbol *block(const call *c)
{
    if (c->rows == c->A->rows && c->cols == c->A->cols)
        return c->A;
    if (c->A->kind == DM_SYMBOL_ONES)
        return dm_symbol_ones(c->context, c->rows, c->cols);
    return linear(c);
}

static const dm_symbol *embed(const call *c)
{
    const dm_symbol *A = c->A;

    if (A->rows == c->rows && A->cols == c->cols)
        return A;
    if (dm_symbol_is_call(A, "embed")) {
        dm_parameters *with = dm_arena_alloc(c->context, sizeof *with);
        if (!with)
            return NULL;
        *with = *c->with;
        with->row += A->with->row;
        with->col += A->with->col;
        return dm_symbol_apply(c->context, c->op, with, A->of, c->rows, c->cols);
    }
    return linear(c);
}

/* Along a vector, a product with ones. */
static const dm_symbol *repeat(const call *c)
{
    const dm_symbol *A = c->A;

    if (c->with->rows == 1 && A->cols == 1)
        return dm_symbol_mul(A, dm_symbol_ones(c->context, 1, c->with->cols));
    if (c->with->cols == 1 && A->rows == 1)
        return dm_symbol_mul(dm_symbol_ones(c->context, c->with->rows, 1), A);
    if (dm_symbol_is_scalar(A))
        return dm_symbol_mul(A, dm_symbol_ones(c->context, c->rows, c->cols));
    if (A->kind == DM_SYMBOL_ONES)
        return dm_symbol_ones(c->context, c->rows, c->cols);
    return linear(c);
}

/* Linear in both: zero stays, scalar factors come out. */
static const dm_symbol *bilinear(const call *c)
{
    const dm_symbol *A = c->A, *B = c->B, *of[2] = { A, B };

    if (A->kind == DM_SYMBOL_ZERO || B->kind == DM_SYMBOL_ZERO)
        return dm_symbol_zero(c->context, c->rows, c->cols);
    for (size_t i = 0; i < 2; i++) {
        const dm_symbol *X = of[i], *rest;
        if (X->kind != DM_SYMBOL_TERM || dm_symbol_is_scalar(X) || (X->number == 1 && !X->scalars))
            continue;
        of[i] = bare(X);
        rest = of[i] ? dm_symbol_apply(c->context, c->op, NULL, of, c->rows, c->cols) : NULL;
        return times_factors_of(X, rest);
    }
    return as_call(c);
}

static const dm_symbol *kron(const call *c)
{
    const dm_symbol *A = c->A, *B = c->B;

    if (dm_symbol_is_scalar(A) || dm_symbol_is_scalar(B) || (A->cols == 1 && B->rows == 1))
        return dm_symbol_mul(A, B);
    if (A->rows == 1 && B->cols == 1)
        return dm_symbol_mul(B, A);
    if (A->kind == DM_SYMBOL_EYE && B->kind == DM_SYMBOL_EYE)
        return dm_symbol_eye(c->context, c->rows);
    return bilinear(c);
}

/* The tr(C(i,j)'*B) of the blocks of C. */
static const dm_symbol *kron_left(const call *c)
{
    const dm_symbol *C = c->A, *B = c->B;

    if (C->kind == DM_SYMBOL_EYE && B->rows == B->cols)
        return dm_symbol_mul(dm_symbol_trace(B), dm_symbol_eye(c->context, c->rows));
    if (C->kind == DM_SYMBOL_ONES)
        return dm_symbol_mul(dm_symbol_apply_named("sum", B, 1, 1),
                             dm_symbol_ones(c->context, c->rows, c->cols));
    if (dm_symbol_is_call(C, "kron") && C->of[1]->rows == B->rows && C->of[1]->cols == B->cols)
        return dm_symbol_mul(dm_symbol_inner(C->of[1], B), C->of[0]);
    if (dm_symbol_is_scalar(c->B))
        return dm_symbol_mul(c->B, c->A);
    return bilinear(c);
}

/* The sum of the blocks A(i,j)*C(i,j); where the blocks are columns or rows, a product. */
static const dm_symbol *kron_right(const call *c)
{
    const dm_symbol *A = c->A, *C = c->B;

    if (dm_symbol_is_scalar(A))
        return dm_symbol_mul(A, C);
    if (C->kind == DM_SYMBOL_EYE && A->rows == A->cols)
        return dm_symbol_mul(dm_symbol_trace(A), dm_symbol_eye(c->context, c->rows));
    if (C->kind == DM_SYMBOL_ONES)
        return dm_symbol_mul(dm_symbol_apply_named("sum", A, 1, 1),
                             dm_symbol_ones(c->context, c->rows, c->cols));
    if (dm_symbol_is_call(C, "kron") && C->of[0]->rows == A->rows && C->of[0]->cols == A->cols)
        return dm_symbol_mul(dm_symbol_inner(A, C->of[0]), C->of[1]);
    if (c->rows == 1 && c->cols == 1)
        return dm_symbol_inner(A, C);
    if (A->rows == 1 && c->cols == 1)
        return dm_symbol_mul(C, dm_symbol_transpose(A));
    if (A->cols == 1 && c->rows == 1)
        return dm_symbol_mul(dm_symbol_transpose(A), C);
    return bilinear(c);
}

static const dm_symbol *log_of(const call *c)
{
    return dm_symbol_is_call(c->A, "exp") ? c->A->of[0] : as_call(c);
}

static const dm_symbol *exp_of(const call *c)
{
    return dm_symbol_is_call(c->A, "log") ? c->A->of[0] : as_call(c);
}

static const dm_symbol *expm(const call *c)
{
    if (c->A->kind == DM_SYMBOL_ZERO)
        return dm_symbol_eye(c->context, c->rows);
    if (c->A->kind == DM_SYMBOL_TRANSPOSE)
        return dm_symbol_transpose(dm_symbol_apply(c->context, c->op, NULL, c->A->of, c->rows, c->cols));
    return as_call(c);
}

/* E*A = A*E, since E is made of A alone. */
static bool commute(const dm_symbol *E, const dm_symbol *A)
{
    if (dm_symbol_same(E, A) || E->kind == DM_SYMBOL_EYE)
        return true;
    if (E->kind == DM_SYMBOL_TRANSPOSE && A->kind == DM_SYMBOL_TRANSPOSE)
        return commute(E->of[0], A->of[0]);
    if (E->kind == DM_SYMBOL_INVERSE || dm_symbol_is_call(E, "expm"))
        return commute(E->of[0], A);
    for (size_t i = E->scalars; E->kind == DM_SYMBOL_TERM && i < E->n; i++)
        if (!commute(E->of[i], A))
            return false;
    return E->kind == DM_SYMBOL_TERM;
}

/* Linear in E; where E and A commute it is E*expm(A). */
static const dm_symbol *expm_frechet(const call *c)
{
    const dm_symbol *A = c->A, *E = c->B;

    if (E->kind == DM_SYMBOL_ZERO)
        return E;
    if (E->kind == DM_SYMBOL_TERM && (E->number != 1 || E->scalars)) {
        const dm_symbol *of[] = { A, bare(E) };
        return times_factors_of(E, dm_symbol_apply(c->context, c->op, NULL, of, c->rows, c->cols));
    }
    if (commute(E, A))
        return dm_symbol_mul(E, dm_symbol_apply_named("expm", A, c->rows, c->cols));
    return as_call(c);
}

/* 1 - tanh(A).^2 */
static const dm_symbol *tanh_slope(const call *c)
{
    const dm_symbol *t = dm_symbol_apply_named("tanh", c->A, c->rows, c->cols);

    return dm_symbol_add(dm_symbol_ones(c->context, c->rows, c->cols), -1, dm_symbol_power(t, 2));
}

static const dm_symbol *sigmoid_slope(const call *c)
{
    const dm_symbol *minus = dm_symbol_scale(-1, c->A);

    return dm_symbol_times(dm_symbol_apply_named("sigmoid", c->A, c->rows, c->cols),
                           dm_symbol_apply_named("sigmoid", minus, c->rows, c->cols));
}

static const struct {
    const char *op;
    const dm_symbol *(*make)(const call *c);
} table[] = {
    { "add", add }, { "sub", sub }, { "neg", neg }, { "scale", scale }, { "scale_by", mul },
    { "hadamard", times }, { "quotient", quotient }, { "mul", mul }, { "inner", inner }, { "kron", kron },
    { "kron_left", kron_left }, { "kron_right", kron_right }, { "transpose", transpose },
    { "reshape", reshape }, { "vec", vec }, { "block", block }, { "embed", embed }, { "diag", diag },
    { "diagonal", diagonal }, { "repeat", repeat }, { "trace", trace }, { "sum", sum },
    { "row_sums", row_sums }, { "column_sums", column_sums }, { "inverse", inverse }, { "solve", solve },
    { "solve_right", solve_right }, { "det", det }, { "cofactor", cofactor }, { "logdet", logdet },
    { "norm_frobenius", norm }, { "norm_squared", norm_squared }, { "normalize", normalize },
    { "exp", exp_of }, { "log", log_of }, { "sqrt", root }, { "square", square },
    { "tanh_slope", tanh_slope }, { "sigmoid_slope", sigmoid_slope }, { "reciprocal", reciprocal },
    { "pow", pow_number }, { "expm", expm }, { "expm_frechet", expm_frechet },
};

const dm_symbol *dm_symbol_apply(dm_context *context, const dm_op *op, const dm_parameters *with,
                                 const dm_symbol *const X[], size_t rows, size_t cols)
{
    call c = { context, op, with, X[0], dm_arity(op) > 1 ? X[1] : NULL, rows, cols };

    if (!c.A || (dm_arity(op) > 1 && !c.B))
        return NULL;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i].op, op->name) == 0)
            return table[i].make(&c);
    return as_call(&c);
}

/* --------------------------------------------------------------------------------- dm and symbols */

static const dm_symbol *of_number(dm *A)
{
    const dm_symbol *s = NULL;

    switch (A->number.form) {
    case DM_ZERO:
        return dm_symbol_zero(A->context, A->rows, A->cols);
    case DM_FILL:
        s = dm_symbol_ones(A->context, A->rows, A->cols);
        return dm_symbol_scale(A->number.scale, s);
    case DM_IDENTITY:
        s = dm_symbol_eye(A->context, A->rows);
        return dm_symbol_scale(A->number.scale, s);
    default: {
        dm_panel P = dm_entries(A);
        return P.data ? dm_symbol_literal(A->context, A->rows, A->cols, P.data) : NULL;
    }
    }
}

const dm_symbol *dm_symbol_of(dm *A)
{
    if (!A->symbol)
        A->symbol = of_number(A);
    return A->symbol;
}

dm *dm_symbol_wrap(dm_context *context, const dm_symbol *s)
{
    if (!s)
        return dm_out_of_memory(context);
    dm *A = dm_new(context, s->rows, 1, s->cols);
    if (!dm_is_failed(A))
        A->symbol = s;
    return A;
}

static void apply(dm *C, dm *const X[])
{
    const dm_symbol *of[DM_OPERANDS];

    for (size_t i = 0; i < dm_arity(C->op); i++)
        of[i] = dm_symbol_of(X[i]);
    C->symbol = dm_symbol_apply(C->context, C->op, C->with, of, C->rows, C->cols);
    if (!C->symbol)
        dm_no_memory(C);
}

static dm *accumulate(dm *sum_so_far, double p, dm *x)
{
    const dm_symbol *s = dm_symbol_of(x);

    return dm_symbol_wrap(x->context, sum_so_far ? dm_symbol_add(dm_symbol_of(sum_so_far), p, s) : dm_symbol_scale(p, s));
}

static dm *size(dm_context *context, size_t n)
{
    return dm_symbol_wrap(context, dm_symbol_size(context, n));
}

bool dm_symbols_begin(dm_context *context, const dm_op *(*row)(const char *name))
{
    symbols *s = dm_arena_alloc(context, sizeof *s);

    if (!s)
        return false;
    *s = (symbols) { .base = { .apply = apply, .accumulate = accumulate, .size = size }, .row = row };
    context->base = &s->base;
    return true;
}

static bool add_size(dm_context *context, const char *variable, size_t size, bool columns)
{
    symbols *s = symbols_of(context);
    dm_size_name *name = dm_arena_alloc(context, sizeof *name);

    if (!name)
        return false;
    *name = (dm_size_name) { variable, size, columns, NULL };
    if (s->last)
        s->last->next = name;
    else
        s->sizes = name;
    s->last = name;
    return true;
}

dm *dm_symbol_variable(dm_context *context, const char *name, size_t rows, size_t cols, bool symmetric)
{
    if (!add_size(context, name, rows, false) || !add_size(context, name, cols, true))
        return dm_out_of_memory(context);
    return dm_symbol_wrap(context, dm_symbol_name(context, name, rows, cols, symmetric));
}
