/* The one tester: what is promised of every row of the table of operations.
 *
 * For F = op(A, B) at random A, dA, B, dB of sizes 1 to 8 the differential dF must equal
 *
 *     the difference quotients of F                       to 1e-8 or better   what a derivative is
 *     s dF(X) + t dF(Y) along s X + t Y                   to rounding         it is linear
 *     the K directions one by one, pushed as a panel      to rounding
 *     and for random W:  <W, dF> = <U, dA>, U read off    to rounding         push and read-off are transposes
 *     J vec(dA), J by columns or by rows                  to rounding
 *     the `differential` text of the row, evaluated       to rounding         what is documented
 *
 * with every operand varying, with each one alone, and with one matrix as both operands; and the same one
 * level up: the differential of U against the difference quotients of U, symmetric, the same as dm_hessian's
 * and dm_hessian_vector's; and once more for third derivatives.
 *
 * An operation that is new in the table is tested with nothing to be added here, unless its domain or its
 * shapes are special; then it gets a line in tests/domains.c.                                        */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "../domains.h"
#include "../fixture.h"
#include "../memory.h"
#include "../suites.h"
#include "language/language.h"
#include "operations/operations.h"

/* ------------------------------------------------------------------------------------- the examples */

/* One call of an operation; everything is drawn from the seed. */
typedef struct {
    const dm_op *op;
    uint64_t seed;
    dm_parameters with;
    gsl_matrix *X[DM_OPERANDS];
    size_t arity, rows, cols;          /* rows × cols is the result */
    dice dice;                         /* what else is drawn */
    char text[256];
} example;

/* Parameters to try for an m×n operand; those that do not suit the operation's shapes are left out later. */
static size_t choices(const dm_op *op, size_t m, size_t n, dm_parameters choice[])
{
    static const double numbers[] = { -2, -0.5, 0, 1, 2, 2.5, 3 };
    size_t count = 0;

    if (!op->parameters) {
        choice[count++] = (dm_parameters) { .number = 0 };
    } else if (strcmp(op->parameters, "p") == 0) {
        for (; count < sizeof numbers / sizeof *numbers; count++)
            choice[count] = (dm_parameters) { .number = numbers[count] };
    } else if (strcmp(op->parameters, "k") == 0) {
        for (; count < 9; count++)
            choice[count] = (dm_parameters) { .number = (double) count - 3 };
    } else if (strcmp(op->parameters, "rc") == 0) {
        const size_t shape[][2] = { { m * n, 1 }, { 1, m * n }, { n, m }, { 1, 3 }, { 3, 2 } };
        for (; count < 5; count++)
            choice[count] = (dm_parameters) { .rows = shape[count][0], .cols = shape[count][1] };
    } else if (strcmp(op->parameters, "ijrc") == 0) {
        const dm_parameters place[] = {
            { 0, 0, 0, m, n }, { 0, m / 2, n / 3, m - m / 2, n - n / 3 }, { 0, m - 1, n - 1, 1, 1 },
            { 0, 1, 0, m - 1, 1 }, { 0, 1, 2, m + 3, n + 2 }, { 0, 0, 1, m, n + 2 },
        };
        for (; count < 6; count++)
            choice[count] = place[count];
    } else {
        ck_abort_msg("dm_%s: no example of the parameters \"%s\" is known", op->name, op->parameters);
    }
    return count;
}

static dm *apply(const example *e, dm *const X[])
{
    return dm_apply(e->op, X, e->op->parameters ? &e->with : NULL);
}

static void describe(example *e)
{
    int at = snprintf(e->text, sizeof e->text, "dm_%s", e->op->name);

    for (size_t i = 0; i < e->arity; i++)
        at += snprintf(e->text + at, sizeof e->text - (size_t) at, "%s %zu×%zu", i ? " and" : " of",
                       e->X[i]->size1, e->X[i]->size2);
    if (e->op->parameters)
        at += snprintf(e->text + at, sizeof e->text - (size_t) at, ", number %g, place (%zu,%zu), "
                       "shape %zu×%zu", e->with.number, e->with.row, e->with.col, e->with.rows,
                       e->with.cols);
    snprintf(e->text + at, sizeof e->text - (size_t) at, ", seed %llu", (unsigned long long) e->seed);
}

/* The operands, and what op makes of them: false where these shapes and parameters are not for it. */
static bool make(example *e, const size_t size[])
{
    dm *X[DM_OPERANDS] = { NULL };

    e->arity = dm_arity(e->op);
    e->dice = (dice) { e->seed };
    for (size_t i = 0; i < e->arity; i++) {
        char row = e->op->shapes[3 * i], col = e->op->shapes[3 * i + 1];
        data_kind kind = kind_of(e->op, i);
        if (strcmp(e->op->name, "pow") == 0 && e->with.number == floor(e->with.number))
            kind = ANY;
        e->X[i] = random_matrix(&e->dice, kind, row == '1' ? 1 : size[row - 'm'],
                                col == '1' ? 1 : size[col - 'm']);
        X[i] = dm_constant(here, e->X[i]);
    }
    describe(e);
    dm *F = apply(e, X);
    if (e->op->parameters && dm_status(F) == GSL_EBADLEN)
        return false;
    ck_assert_msg(dm_status(F) == GSL_SUCCESS, "%s: %s", e->text, dm_message(F));
    e->rows = dm_rows(F);
    e->cols = dm_columns(F);
    return true;
}

/* Letters m, n, p, q are four different sizes. */
static void for_size(size_t row, size_t n, size_t largest_size, void (*check)(example *))
{
    const dm_op *op = dm_op_at(row);
    size_t made = 0, size[LETTERS] = { 0 }, count;
    dm_parameters choice[16];

    *size_of(size, 'n') = n;
    *size_of(size, 'm') = (n + 2) % largest_size + 1;
    *size_of(size, 'p') = (n + 4) % largest_size + 1;
    *size_of(size, 'q') = (n + 5) % largest_size + 1;
    fit_shapes(op, size);
    count = choices(op, *size_of(size, op->shapes[0] == '1' ? 'n' : op->shapes[0]), n, choice);
    for (size_t c = 0; c < count; c++) {
        example e = { .op = op, .seed = 1000 * row + 10 * n + c, .with = choice[c] };
        if (make(&e, size)) {
            check(&e);
            made++;
        }
        dm_context_reset(here);
        forget_matrices();
    }
    ck_assert_msg(made > 0, "dm_%s: there is no example of size %zu", op->name, n);
}

/* n runs through 1 to 8, and so do the others. */
static void for_every_example(size_t row, size_t largest_size, void (*check)(example *))
{
    for (size_t n = 1; n <= largest_size; n += step(3))
        for_size(row, n, largest_size, check);
}

/* --------------------------------------------------------------------------------------- tolerances
 *
 * Every entry of a result is a sum of no more products than there are entries of the operands and of the
 * result; inverses amplify by the condition, below 4, in each of up to three factors.  Directions have norm
 * 1, so the size of F is the size of what may be cancelled in dF.                                     */
static double rounding(const example *e, double size)
{
    size_t entries = e->rows * e->cols;

    for (size_t i = 0; i < e->arity; i++)
        entries += e->X[i]->size1 * e->X[i]->size2;
    return 4 * 4 * 4 * (double) entries * DBL_EPSILON * size;
}

/* ----------------------------------------------------------------------------- readings of an example */

/* An operand's direction; all NULL: it is constant. */
typedef struct {
    gsl_matrix *of[DM_OPERANDS];
} directions;

enum { BOTH = -1 };                    /* which operand varies */

static directions random_directions(example *e, int which)
{
    directions d = { { NULL } };

    for (size_t i = 0; i < e->arity; i++)
        if (which == BOTH || which == (int) i)
            d.of[i] = random_direction_within(&e->dice, kind_of(e->op, i), e->X[i]);
    return d;
}

/* Try every operand varying, and each alone. */
#define FOR_EACH_VARYING(e, which)                                                                    \
    for (int which = BOTH; which < ((e)->arity > 1 ? (int) (e)->arity : 0); which++)

static dm *constant_or(const gsl_matrix *A, bool varies, dm *(*make_varying)(dm_context *, const gsl_matrix *))
{
    return varies ? make_varying(here, A) : dm_constant(here, A);
}

/* F and the dF along k directions at once. */
static gsl_matrix *push(const example *e, size_t k, const directions d[], gsl_matrix *dF[])
{
    dm *X[DM_OPERANDS];

    dm_context_reset(here);
    for (size_t i = 0; i < e->arity; i++) {
        const gsl_matrix *panel[4];
        for (size_t slot = 0; slot < k; slot++)
            panel[slot] = d[slot].of[i];
        X[i] = panel[0] ? dm_dual_panel(here, e->X[i], k, panel) : dm_constant(here, e->X[i]);
    }
    dm *F = apply(e, X);
    for (size_t slot = 0; slot < k; slot++)
        dF[slot] = differential_of(F, slot);
    return value_of(F);
}

/* The gradients U of <W, F> for every operand that varies, at X + h*d. */
static void read_off(const example *e, const gsl_matrix *W, double h, const directions *d, gsl_matrix *U[])
{
    dm *X[DM_OPERANDS];

    dm_context_reset(here);
    for (size_t i = 0; i < e->arity; i++) {
        const gsl_matrix *A = d->of[i] ? sum_of(1, e->X[i], h, d->of[i]) : e->X[i];
        X[i] = constant_or(A, d->of[i] != NULL, dm_variable);
    }
    dm *f = dm_inner(dm_constant(here, W), apply(e, X));
    for (size_t i = 0; i < e->arity; i++)
        U[i] = d->of[i] ? gradient_of(f, X[i]) : NULL;
}

/* Everything that varies as one column. */
static gsl_matrix *all_of(const directions *d, gsl_matrix *const U[])
{
    if (!d->of[0])
        return vec_of(U[1]);
    return stacked(U[0], d->of[1] ? U[1] : NULL);
}

static gsl_matrix *random_weights(example *e)
{
    return random_matrix(&e->dice, ANY, e->rows, e->cols);
}

/* ------------------------------------------------------------------------ what a derivative is, to 1e-8 */

typedef struct {
    const example *e;
    const directions *d;
    const gsl_matrix *W;
    bool twice;                        /* the first operand is the second too */
} line;

static gsl_matrix *value_along(double h, void *params)
{
    const line *l = params;
    dm *X[DM_OPERANDS];

    dm_context_reset(here);
    for (size_t i = 0; i < l->e->arity; i++)
        X[i] = dm_constant(here, l->d->of[i] ? sum_of(1, l->e->X[i], h, l->d->of[i]) : l->e->X[i]);
    if (l->twice)
        X[1] = X[0];
    return value_of(apply(l->e, X));
}

static gsl_matrix *gradient_along(double h, void *params)
{
    const line *l = params;
    gsl_matrix *U[DM_OPERANDS];

    read_off(l->e, l->W, h, l->d, U);
    return all_of(l->d, U);
}

/* dF must be the slope of the curve as far as its difference quotients know it, and that must be far. */
static void same_as_quotients(const gsl_matrix *dF, gsl_matrix *(*curve)(double h, void *params),
                              void *params, double good, const char *text, const char *what)
{
    double error;
    gsl_matrix *slope = slope_at_zero(curve, params, &error);
    double size = 1 + largest(slope) + largest(curve(0, params));

    ck_assert_msg(error <= good * size, "%s: the difference quotients of %s are good to %.2g only", text,
                  what, error / size);
    same(dF, slope, error, "%s: difference quotients of %s", text, what);
}

static void check_quotients(example *e)
{
    FOR_EACH_VARYING(e, which) {
        directions d = random_directions(e, which);
        gsl_matrix *dF[1], *F = push(e, 1, &d, dF);
        line l = { e, &d, NULL, false };

        same_as_quotients(dF[0], value_along, &l, 1e-8, e->text, "F");
        same(F, value_along(0, &l), 0, "%s: the value beside a differential", e->text);
    }
}

START_TEST(differential_is_the_limit_of_difference_quotients)
{
    for_every_example((size_t) _i, 8, check_quotients);
}
END_TEST

/* ------------------------------------------------------------------- linear, panels, transposes, Jacobian */

static void check_linear(example *e)
{
    const double s = 1.375, t = -0.8125;
    directions d[3] = { random_directions(e, BOTH), random_directions(e, BOTH), { { NULL } } };
    gsl_matrix *dF[3], *F;

    for (size_t i = 0; i < e->arity; i++)
        d[2].of[i] = sum_of(s, d[0].of[i], t, d[1].of[i]);
    for (size_t k = 0; k < 3; k++)
        F = push(e, 1, &d[k], &dF[k]);
    same(dF[2], sum_of(s, dF[0], t, dF[1]), rounding(e, largest(F) + largest(dF[0]) + largest(dF[1])),
         "%s: d(s X + t Y) = s dX + t dY", e->text);
}

START_TEST(differential_is_linear_in_its_direction)
{
    for_every_example((size_t) _i, 8, check_linear);
}
END_TEST

static void check_panel(example *e)
{
    FOR_EACH_VARYING(e, which) {
        directions d[3];
        gsl_matrix *side_by_side[3], *alone;
        for (size_t k = 0; k < 3; k++)
            d[k] = random_directions(e, which);
        gsl_matrix *F = push(e, 3, d, side_by_side);
        for (size_t k = 0; k < 3; k++) {
            push(e, 1, &d[k], &alone);
            same(side_by_side[k], alone, rounding(e, largest(F) + largest(alone)),
                 "%s: direction %zu of 3 side by side", e->text, k);
        }
    }
}

START_TEST(panel_is_its_directions_one_by_one)
{
    for_every_example((size_t) _i, 8, check_panel);
}
END_TEST

static void check_transpose(example *e)
{
    FOR_EACH_VARYING(e, which) {
        directions d = random_directions(e, which);
        gsl_matrix *W = random_weights(e), *dF[1], *F = push(e, 1, &d, dF), *U[DM_OPERANDS];
        double read = 0, size = inner_sizes(W, F) + inner_sizes(W, dF[0]);

        read_off(e, W, 0, &d, U);
        for (size_t i = 0; i < e->arity; i++)
            if (d.of[i]) {
                read += inner_of(U[i], d.of[i]);
                size += inner_sizes(U[i], d.of[i]);
            }
        same_number(read, inner_of(W, dF[0]), rounding(e, size), "%s: <U, dA> = <W, dF>", e->text);
    }
}

START_TEST(reading_off_is_the_transpose_of_pushing)
{
    for_every_example((size_t) _i, 8, check_transpose);
}
END_TEST

/* The example as a function of one of its operands, for the drivers. */
typedef struct {
    const example *e;
    size_t operand;
    const gsl_matrix *W;               /* <W, F>; NULL: F itself */
} as_function;

static dm *call(dm *A, void *params)
{
    const as_function *f = params;
    dm *X[DM_OPERANDS];

    for (size_t i = 0; i < f->e->arity; i++)
        X[i] = i == f->operand ? A : dm_constant(dm_context_of(A), f->e->X[i]);
    dm *F = apply(f->e, X);
    return f->W ? dm_inner(F, dm_constant(dm_context_of(A), f->W)) : F;
}

static void check_jacobian(example *e)
{
    for (size_t i = 0; i < e->arity; i++) {
        directions d = random_directions(e, (int) i);
        as_function f = { e, i, NULL };
        dm_function F = { call, &f };
        size_t n = e->X[i]->size1 * e->X[i]->size2;
        gsl_matrix *value = zeros(e->rows, e->cols), *J = zeros(e->rows * e->cols, n), *dF[1];
        gsl_matrix *expected = push(e, 1, &d, dF);

        ck_assert_msg(dm_jacobian(&F, e->X[i], value, J) == GSL_SUCCESS, "%s: %s", e->text, raised.message);
        same(value, expected, 0, "%s: the value beside a Jacobian", e->text);
        same(product(J, vec_of(d.of[i])), vec_of(dF[0]), rounding(e, largest(expected) + largest(J)),
             "%s: J vec(dA) = vec(dF), J by %s", e->text, J->size2 <= J->size1 ? "columns" : "rows");
    }
}

START_TEST(jacobian_times_a_direction_is_the_differential)
{
    for_every_example((size_t) _i, 8, check_jacobian);
}
END_TEST

/* --------------------------------------------------------------------------- one matrix in both places */

static void check_twice(example *e)
{
    directions d = random_directions(e, BOTH);
    dm *X[DM_OPERANDS];

    if (e->arity < 2 || e->X[0]->size1 != e->X[1]->size1 || e->X[0]->size2 != e->X[1]->size2)
        return;
    if (kind_of(e->op, 1) != ANY)
        e->X[0] = e->X[1];                         /* the one that suits either place */
    e->X[1] = e->X[0];
    d.of[1] = d.of[0];

    gsl_matrix *apart[1], *W = random_weights(e), *U[DM_OPERANDS];
    line l = { e, &d, NULL, true };
    push(e, 1, &d, apart);
    read_off(e, W, 0, &d, U);

    dm_context_reset(here);
    X[0] = X[1] = dm_dual(here, e->X[0], d.of[0]);
    gsl_matrix *together = differential_of(apply(e, X), 0);
    double size = largest(value_along(0, &l)) + largest(together) + largest(apart[0]);
    same(together, apart[0], rounding(e, size), "%s: op(A,A) along dA, dA", e->text);
    same_as_quotients(together, value_along, &l, 1e-8, e->text, "op(A,A)");

    dm_context_reset(here);
    X[0] = X[1] = dm_variable(here, e->X[0]);
    gsl_matrix *one = gradient_of(dm_inner(apply(e, X), dm_constant(here, W)), X[0]);
    same(one, sum_of(1, U[0], 1, U[1]), rounding(e, largest(U[0]) + largest(U[1])),
         "%s: the gradient of op(A,A) is the sum of two", e->text);
}

/* Two operands whose letters differ may still be of one shape. */
static void for_every_square_example(size_t row, void (*check)(example *))
{
    const dm_op *op = dm_op_at(row);

    for (size_t n = 1; n <= 8; n++) {
        size_t size[LETTERS] = { n, n, n, n, n };
        example e = { .op = op, .seed = 1000 * row + 10 * n + 9 };
        if (op->parameters || dm_arity(op) < 2)
            return;
        make(&e, size);
        check(&e);
        dm_context_reset(here);
        forget_matrices();
    }
}

START_TEST(one_matrix_may_be_both_operands)
{
    for_every_example((size_t) _i, 8, check_twice);
    for_every_square_example((size_t) _i, check_twice);
}
END_TEST

/* ------------------------------------------------------------------------------------- one level up */

/* U and its differentials along two directions side by side: U read off on a level above the duals. */
static gsl_matrix *nested(const example *e, const gsl_matrix *W, const directions d[2], gsl_matrix *dU[2],
                          double *value)
{
    dm *Y[DM_OPERANDS];
    gsl_matrix *U[DM_OPERANDS] = { NULL }, *side[2][DM_OPERANDS];

    dm_context_reset(here);
    dm_level *up = dm_level_open(here, DM_FORMAL);
    for (size_t i = 0; i < e->arity; i++) {
        const gsl_matrix *panel[2] = { d[0].of[i], d[1].of[i] };
        Y[i] = d->of[i] ? dm_on_level(up, dm_dual_panel(here, e->X[i], 2, panel), NULL)
                        : dm_constant(here, e->X[i]);
    }
    dm *f = dm_inner(dm_constant(here, W), apply(e, Y));
    *value = dm_value_scalar(f);
    for (size_t i = 0; i < e->arity; i++)
        if (d->of[i]) {
            dm *G = dm_gradient_of(f, Y[i]);
            U[i] = value_of(G);
            side[0][i] = differential_of(G, 0);
            side[1][i] = differential_of(G, 1);
        }
    for (size_t slot = 0; slot < 2; slot++)
        dU[slot] = all_of(d, side[slot]);
    return all_of(d, U);
}

static gsl_matrix *vec_directions(const directions *d)
{
    return all_of(d, d->of);
}

/* H, and H times a direction, of <W, F> as a function of the one operand that varies. */
static void check_hessian(const example *e, size_t i, const gsl_matrix *W, const directions *d,
                          const gsl_matrix *U, const gsl_matrix *Hd, double tolerance)
{
    as_function f = { e, i, W };
    dm_function F = { call, &f };
    const gsl_matrix *A = e->X[i];
    size_t n = A->size1 * A->size2;
    gsl_matrix *H = zeros(n, n), *gradient = zeros(A->size1, A->size2), *along = copy(gradient);

    ck_assert_msg(dm_hessian(&F, A, NULL, gradient, H) == GSL_SUCCESS, "%s: %s", e->text, raised.message);
    same(vec_of(gradient), U, tolerance, "%s: the gradient beside a Hessian", e->text);
    same(product(H, vec_of(d->of[i])), Hd, tolerance, "%s: H vec(dA) = vec(dU)", e->text);
    same(H, transposed(H), tolerance, "%s: H = H'", e->text);
    ck_assert_msg(dm_hessian_vector(&F, A, d->of[i], NULL, gradient, along) == GSL_SUCCESS, "%s: %s",
                  e->text, raised.message);
    same(vec_of(gradient), U, tolerance, "%s: the gradient beside H dA", e->text);
    same(vec_of(along), Hd, tolerance, "%s: dm_hessian_vector", e->text);
}

static void check_second(example *e)
{
    FOR_EACH_VARYING(e, which) {
        directions d[2] = { random_directions(e, which), random_directions(e, which) };
        gsl_matrix *W = random_weights(e), *F = push(e, 1, d, (gsl_matrix *[1]) { NULL });
        gsl_matrix *dU[2], *plain[DM_OPERANDS], *U;
        double value, tolerance;
        line l = { e, d, W, false };

        U = nested(e, W, d, dU, &value);
        tolerance = rounding(e, largest(U) + largest(dU[0]) + largest(dU[1]) + inner_sizes(W, F));
        same_number(value, inner_of(W, F), tolerance, "%s: the value on two levels", e->text);
        read_off(e, W, 0, d, plain);
        same(U, all_of(d, plain), tolerance, "%s: the gradient on a level above", e->text);
        same_number(inner_of(vec_directions(&d[1]), dU[0]), inner_of(vec_directions(&d[0]), dU[1]),
                    tolerance, "%s: w'*H*v = v'*H*w", e->text);
        same_as_quotients(dU[0], gradient_along, &l, 1e-8, e->text, "U");
        if (which != BOTH || e->arity == 1)
            check_hessian(e, which == BOTH ? 0 : (size_t) which, W, d, U, dU[0], tolerance);
    }
}

START_TEST(second_derivatives_are_the_same_rules_one_level_up)
{
    for_every_example((size_t) _i, 8, check_second);
}
END_TEST

/* ---------------------------------------------------------------------------------- two levels up */

/* grad <V, grad <W, F>> at X + h*d: H*V where h = 0, d not NULL pushes it to the third derivative. */
static gsl_matrix *second_gradient(const example *e, const gsl_matrix *W, const directions *V, double h,
                                   const directions *d, bool pushed)
{
    dm *Y[DM_OPERANDS], *Z[DM_OPERANDS], *s = NULL;
    gsl_matrix *U[DM_OPERANDS];

    dm_context_reset(here);
    dm_level *first = dm_level_open(here, DM_FORMAL), *second = dm_level_open(here, DM_FORMAL);
    for (size_t i = 0; i < e->arity; i++) {
        dm *X = pushed ? dm_dual(here, e->X[i], d->of[i])
                       : dm_constant(here, sum_of(1, e->X[i], h, d->of[i]));
        Y[i] = dm_on_level(first, X, NULL);
        Z[i] = dm_on_level(second, Y[i], NULL);
    }
    dm *f = dm_inner(dm_constant(here, W), apply(e, Z));
    for (size_t i = 0; i < e->arity; i++) {
        dm *t = dm_inner(dm_constant(here, V->of[i]), dm_gradient_of(f, Z[i]));
        s = s ? dm_add(s, t) : t;
    }
    for (size_t i = 0; i < e->arity; i++) {
        dm *G = dm_gradient_of(s, Y[i]);
        U[i] = pushed ? differential_of(G, 0) : value_of(G);
    }
    return all_of(d, U);
}

typedef struct {
    const example *e;
    const directions *d, *V;
    const gsl_matrix *W;
} second_line;

static gsl_matrix *second_along(double h, void *params)
{
    const second_line *l = params;

    return second_gradient(l->e, l->W, l->V, h, l->d, false);
}

static void check_third(example *e)
{
    directions d = random_directions(e, BOTH), V = random_directions(e, BOTH);
    gsl_matrix *W = random_weights(e), *pushed = second_gradient(e, W, &V, 0, &d, true);
    second_line l = { e, &d, &V, W };

    same_as_quotients(pushed, second_along, &l, 1e-7, e->text, "H*V");
}

START_TEST(third_derivatives_are_the_same_rules_two_levels_up)
{
    for_every_example((size_t) _i, 3, check_third);
}
END_TEST

/* -------------------------------------------------------------------------------- pushed over pushed
 *
 * The other way to second derivatives: a pushed level above the duals, whose differential along d is itself
 * a dual that moves along v.                                                                          */

typedef struct {
    const example *e;
    const directions *d, *v;
} pushed_line;

static gsl_matrix *push_along(double h, void *params)
{
    const pushed_line *l = params;
    example moved = *l->e;
    gsl_matrix *dF[1];

    for (size_t i = 0; i < moved.arity; i++)
        moved.X[i] = sum_of(1, l->e->X[i], h, l->v->of[i]);
    push(&moved, 1, l->d, dF);
    return dF[0];
}

static void check_pushed_twice(example *e)
{
    directions d = random_directions(e, BOTH), v = random_directions(e, BOTH);
    pushed_line l = { e, &d, &v };
    dm *X[DM_OPERANDS];
    gsl_matrix *dF[1], *second = zeros(e->rows, e->cols);

    push(e, 1, &d, dF);
    dm_context_reset(here);
    dm_level *above = dm_level_open(here, DM_PUSHED);
    for (size_t i = 0; i < e->arity; i++)
        X[i] = dm_on_level(above, dm_dual(here, e->X[i], v.of[i]), dm_constant(here, d.of[i]));
    dm *F = apply(e, X), *first = F->level == above ? F->dual.differential : NULL;
    if (first) {
        same(value_of(first), dF[0], rounding(e, largest(value_of(F)) + largest(dF[0])), "%s: pushed on two levels",
             e->text);
        second = differential_of(first, 0);
    }
    same_as_quotients(second, push_along, &l, 1e-7, e->text, "dF");
}

START_TEST(pushing_nests_too)
{
    for_every_example((size_t) _i, 8, check_pushed_twice);
}
END_TEST

/* ---------------------------------------------------------------------------- the row's own texts
 *
 * Names: the operands, d and an operand for its direction, the parameters (places from 1), and the sizes
 * m, n, p, q where no parameter has the letter.                                                      */

enum { NAMES = 32 };

typedef struct {
    size_t count;
    char text[NAMES][4];
    const char *name[NAMES];
    dm *value[NAMES];
} names;

static void define(names *N, const char *prefix, char letter, dm *value)
{
    char text[4];

    snprintf(text, sizeof text, "%s%c", prefix, letter);
    for (size_t i = 0; i < N->count; i++)
        if (strcmp(N->text[i], text) == 0)
            return;
    memcpy(N->text[N->count], text, sizeof text);
    N->name[N->count] = N->text[N->count];
    N->value[N->count++] = value;
}

static double parameter(const dm_parameters *with, char letter)
{
    switch (letter) {
    case 'i': return (double) with->row + 1;
    case 'j': return (double) with->col + 1;
    case 'r': return (double) with->rows;
    case 'c': return (double) with->cols;
    default: return with->number;
    }
}

static gsl_matrix *evaluate(const example *e, const char *text, const directions *d)
{
    names N = { .count = 0 };
    dm_complaint complaint;

    dm_context_reset(here);
    for (size_t i = 0; i < e->arity; i++) {
        define(&N, "", e->op->operands[i], dm_constant(here, e->X[i]));
        define(&N, "d", e->op->operands[i], dm_constant(here, d->of[i]));
    }
    for (const char *p = e->op->parameters; p && *p; p++)
        define(&N, "", *p, dm_scalar(here, parameter(&e->with, *p)));
    for (size_t i = 0; i < e->arity; i++)
        for (size_t side = 0; side < 2; side++)
            if (e->op->shapes[3 * i + side] != '1')
                define(&N, "", e->op->shapes[3 * i + side],
                       dm_scalar(here, (double) (side ? e->X[i]->size2 : e->X[i]->size1)));

    dm_expression *expression = dm_expression_parse(text, &complaint);
    ck_assert_msg(expression != NULL, "%s: \"%s\": %s", e->text, text, complaint.message);
    dm *value = dm_expression_evaluate(expression, here, N.name, N.value, N.count, &complaint);
    dm_expression_free(expression);
    ck_assert_msg(value && dm_status(value) == GSL_SUCCESS, "%s: \"%s\": %s", e->text, text,
                  complaint.message);
    return value_of(value);
}

static void check_texts(example *e)
{
    directions d = random_directions(e, BOTH);
    gsl_matrix *dF[1], *F = push(e, 1, &d, dF);

    same(evaluate(e, e->op->formula, &d), F, rounding(e, largest(F)), "%s: \"%s\"", e->text, e->op->formula);
    same(evaluate(e, e->op->differential, &d), dF[0], rounding(e, largest(F) + largest(dF[0])),
         "%s: \"%s\"", e->text, e->op->differential);
}

START_TEST(texts_of_the_row_say_what_the_code_does)
{
    for_every_example((size_t) _i, 8, check_texts);
}
END_TEST

/* ------------------------------------------------------------------------------------- NaN is not lost
 *
 * A view is not looked at.  A NaN in an entry that moves the result must come out as a NaN, an infinity or an
 * error; where two of sign's or step's steps meet, nothing moves the result, but NaN is no number there either. */

static bool moves(const example *e, size_t operand, size_t row, size_t col)
{
    directions d = { { NULL } };
    gsl_matrix *dF[1];

    if (strcmp(e->op->name, "sign") == 0 || strcmp(e->op->name, "step") == 0)
        return true;
    d.of[operand] = zeros(e->X[operand]->size1, e->X[operand]->size2);
    gsl_matrix_set(d.of[operand], row, col, 1);
    push(e, 1, &d, dF);
    return largest(dF[0]) > 0;
}

static void check_nan(example *e)
{
    for (size_t i = 0; i < e->arity; i++)
        for (size_t k = 0; k < e->X[i]->size1 * e->X[i]->size2; k++) {
            size_t row = k % e->X[i]->size1, col = k / e->X[i]->size1;
            gsl_matrix *A = copy(e->X[i]);
            dm *X[DM_OPERANDS];
            if (!moves(e, i, row, col))
                continue;
            gsl_matrix_set(A, row, col, GSL_NAN);
            dm_context_reset(here);
            for (size_t j = 0; j < e->arity; j++)
                X[j] = dm_constant_view(here, j == i ? A : e->X[j]);
            forget_errors();
            ck_assert_msg(!dm_value(apply(e, X)).matrix.data, "%s: a NaN in entry (%zu,%zu) of operand %zu is lost",
                          e->text, row + 1, col + 1, i + 1);
            ck_assert_int_eq(raised.times, 1);
        }
}

START_TEST(a_nan_is_never_lost)
{
    for_every_example((size_t) _i, 4, check_nan);
}
END_TEST

/* -------------------------------------------------------------------------------------- entry by entry */

/* F(i,j) is op(X(i,j), ...) for all i and j if the row says so, and only then. */
static void check_entries(example *e)
{
    bool alone = true, fits = strncmp(e->op->shapes, "mn mn mn", 3 * e->arity + 2) == 0;
    dm *X[DM_OPERANDS], *x[DM_OPERANDS];

    ck_assert_msg(fits || !e->op->entrywise, "%s is marked entrywise", e->text);
    for (size_t i = 0; i < e->arity; i++)
        X[i] = dm_constant(here, e->X[i]);
    gsl_matrix *F = value_of(apply(e, X));
    for (size_t row = 0; fits && row < e->rows; row++)
        for (size_t col = 0; col < e->cols; col++) {
            for (size_t i = 0; i < e->arity; i++)
                x[i] = dm_scalar(here, gsl_matrix_get(e->X[i], row, col));
            dm *f = apply(e, x);
            double entry = gsl_matrix_get(F, row, col);
            alone = alone && !dm_status(f)
                 && fabs(dm_value_scalar(f) - entry) <= 4 * DBL_EPSILON * fabs(entry);
        }
    ck_assert_msg(!fits || alone == e->op->entrywise, "%s is%s entry by entry", e->text, alone ? "" : " not");
}

START_TEST(entry_by_entry_is_what_the_row_says)
{
    for_every_example((size_t) _i, 4, check_entries);
}
END_TEST

/* ------------------------------------------------------------------------------------ lack of memory
 *
 * With room for so and so many bytes in the arena and for no more, whatever they are asked for: either the
 * results are right or the error is GSL_ENOMEM.  A result that is wrong and says nothing is the worst.  */

typedef struct {
    gsl_matrix *F, *dF, *U, *dU;
} results;

/* Pushed, and read off on a level above; GSL_SUCCESS or the first error.  No check here: it would allocate. */
static int evaluate_in(const example *e, gsl_matrix *const halved[], size_t room, const directions *d,
                       const gsl_matrix *W, const results *r)
{
    dm *X[DM_OPERANDS], *Y[DM_OPERANDS], *w = dm_constant(here, W);
    dm_level *up = dm_level_open(here, DM_FORMAL);

    /* Operands that are not formed yet: 2*(X/2) is X to the last digit. */
    for (size_t i = 0; i < e->arity; i++) {
        X[i] = dm_scale(dm_dual(here, halved[i], d->of[i]), 2);
        Y[i] = dm_on_level(up, X[i], NULL);
    }
    if (!dm_arena_alloc(here, (size_t) 4 << 20))
        return GSL_ENOMEM;
    here->at = here->end - room;
    fail_allocation(0, true);
    dm *F = apply(e, X), *f = dm_inner(w, apply(e, Y)), *G = dm_gradient_of(f, Y[0]);
    _gsl_matrix_const_view views[] = { dm_value(F), dm_differential(F, 0), dm_value(G), dm_differential(G, 0) };
    gsl_matrix *const to[] = { r->F, r->dF, r->U, r->dU };
    allocate_again();
    for (size_t i = 0; i < 4; i++)
        if (!views[i].matrix.data)
            return raised.code;
    for (size_t i = 0; i < 4; i++)
        gsl_matrix_memcpy(to[i], &views[i].matrix);
    return GSL_SUCCESS;
}

static results room_for_results(const example *e)
{
    size_t m = e->X[0]->size1, n = e->X[0]->size2;

    return (results) { zeros(e->rows, e->cols), zeros(e->rows, e->cols), zeros(m, n), zeros(m, n) };
}

static void check_memory(example *e, size_t step)
{
    const size_t plenty = (size_t) 2 << 20;
    directions d = random_directions(e, BOTH);
    gsl_matrix *W = random_weights(e), *halved[DM_OPERANDS];
    results right = room_for_results(e), r = room_for_results(e);
    size_t refused = 0;

    for (size_t i = 0; i < e->arity; i++)
        halved[i] = sum_of(0.5, e->X[i], 0, e->X[i]);
    dm_context_reset(here);
    ck_assert_msg(evaluate_in(e, halved, plenty, &d, W, &right) == GSL_SUCCESS, "%s: %s", e->text, raised.message);
    for (size_t room = 0; room < plenty; room += step) {
        dm_context_reset(here);
        forget_errors();
        int status = evaluate_in(e, halved, room, &d, W, &r);
        if (status == GSL_ENOMEM) {
            refused++;
            continue;
        }
        ck_assert_msg(status == GSL_SUCCESS, "%s with %zu bytes: %s", e->text, room, raised.message);
        same(r.F, right.F, 0, "%s with %zu bytes: value", e->text, room);
        same(r.dF, right.dF, 0, "%s with %zu bytes: differential", e->text, room);
        same(r.U, right.U, 0, "%s with %zu bytes: gradient", e->text, room);
        same(r.dU, right.dU, 0, "%s with %zu bytes: differential of the gradient", e->text, room);
        if (room > 2 * (refused + 64) * step)
            break;                     /* all is well from here on */
    }
    ck_assert_msg(refused > 0, "%s needs no memory", e->text);
}

/* The arena hands out multiples of 32 bytes. */
static void check_every_byte(example *e)
{
    check_memory(e, 32 * step(13));
}

static void check_some_bytes(example *e)
{
    check_memory(e, 32 * 17 * step(13));
}

START_TEST(lack_of_memory_is_never_silent)
{
    for_size((size_t) _i, 2, 8, check_every_byte);
    for_size((size_t) _i, 7, 8, check_some_bytes);
}
END_TEST

/* ------------------------------------------------------------------------------------ the table itself */

START_TEST(every_row_is_found_by_its_name)
{
    const dm_op *op;

    for (size_t i = 0; (op = dm_op_at(i)); i++) {
        ck_assert_ptr_eq(dm_op_named(op->name), op);
        ck_assert_ptr_nonnull(dm_family_of(op));
        ck_assert_msg(op->compose ? !op->value && !op->rule : op->value && op->rule,
                      "dm_%s is made of others, or has a value and a rule", op->name);
    }
    ck_assert_ptr_null(dm_op_named("no such operation"));
    ck_assert_ptr_null(dm_family_of(&(dm_op) { .name = "mul" }));
}
END_TEST

Suite *operations_rules_suite(void)
{
    Suite *suite = suite_create("operations/rules");
    TCase *tc = case_of(suite, "every row");
    int rows = 0;

    while (dm_op_at((size_t) rows))
        rows++;
    tcase_add_test(tc, every_row_is_found_by_its_name);
    tcase_add_loop_test(tc, differential_is_the_limit_of_difference_quotients, 0, rows);
    tcase_add_loop_test(tc, differential_is_linear_in_its_direction, 0, rows);
    tcase_add_loop_test(tc, panel_is_its_directions_one_by_one, 0, rows);
    tcase_add_loop_test(tc, reading_off_is_the_transpose_of_pushing, 0, rows);
    tcase_add_loop_test(tc, jacobian_times_a_direction_is_the_differential, 0, rows);
    tcase_add_loop_test(tc, one_matrix_may_be_both_operands, 0, rows);
    tcase_add_loop_test(tc, second_derivatives_are_the_same_rules_one_level_up, 0, rows);
    tcase_add_loop_test(tc, third_derivatives_are_the_same_rules_two_levels_up, 0, rows);
    tcase_add_loop_test(tc, pushing_nests_too, 0, rows);
    tcase_add_loop_test(tc, texts_of_the_row_say_what_the_code_does, 0, rows);
    tcase_add_loop_test(tc, a_nan_is_never_lost, 0, rows);
    tcase_add_loop_test(tc, entry_by_entry_is_what_the_row_says, 0, rows);
    tcase_add_loop_test(tc, lack_of_memory_is_never_silent, 0, rows);
    return suite;
}
