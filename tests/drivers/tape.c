/* Tapes: whatever a tape gives must be what the driver of the same name gives, result or error.
 *
 * So there is one test, `ask_both`: it asks the driver and the tape, of the same matrices, and compares the status,
 * the message, the outputs (to rounding; after an error they must be as they were) and the margins beside them.  All
 * others only find something to ask: every row of the table of operations alone and between others, with one matrix
 * and several, functions that look at entries, points where a derivative is not regular, what is not finite, and
 * too little memory.  Each tape is asked again and again, with other entries at other addresses.       */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "../domains.h"
#include "../fixture.h"
#include "../memory.h"
#include "../suites.h"
#include "asking.h"
#include "drivers/drivers.h"
#include "operations/operations.h"

/* ------------------------------------------------------------------------------- every row of the table */

/* Parameters to try for an m×n operand; those that do not suit the operation's shapes are left out later. */
static size_t choices(const dm_op *op, size_t m, size_t n, dm_parameters choice[])
{
    static const double numbers[] = { -2, 0, 1, 2.5, 3, 1e-5 };
    const size_t shape[][2] = { { m * n, 1 }, { n, m }, { 1, 3 }, { 3, 2 } };
    const dm_parameters place[] = {
        { 0, 0, 0, m, n }, { 0, m / 2, n / 3, m - m / 2, n - n / 3 }, { 0, m - 1, n - 1, 1, 1 }, { 0, 1, 2, m + 3, n + 2 },
    };
    size_t count = 0;

    if (!op->parameters) {
        choice[count++] = (dm_parameters) { .number = 0 };
    } else if (strcmp(op->parameters, "p") == 0) {
        for (; count < sizeof numbers / sizeof *numbers; count++)
            choice[count] = (dm_parameters) { .number = numbers[count] };
    } else if (strcmp(op->parameters, "k") == 0) {
        for (; count < 6; count++)
            choice[count] = (dm_parameters) { .number = (double) count - 2 };
    } else if (strcmp(op->parameters, "rc") == 0) {
        for (; count < 4; count++)
            choice[count] = (dm_parameters) { .rows = shape[count][0], .cols = shape[count][1] };
    } else if (strcmp(op->parameters, "ijrc") == 0) {
        for (; count < 4; count++)
            choice[count] = place[count];
    } else {
        ck_abort_msg("dm_%s: no example of the parameters \"%s\" is known", op->name, op->parameters);
    }
    return count;
}

/* How a function is made of the operation: Y = op(..., A, ...), the other operand a constant; Y + Y with both the
 * same matrix; between others, with all that nested operations bring.                                 */
typedef enum { PLAIN, TWICE, NESTED, SHARED, USES } use;

typedef struct {
    const dm_op *op;
    const dm_parameters *with;
    size_t arity, which;               /* operand that A is */
    use how;
    gsl_matrix *X[DM_OPERANDS], *W;    /* constants; what <W, Y> is taken of */
    bool scalar, view;                 /* the function is that of <W, Y>; constants are views */
} example;

static dm *constant_of(const example *e, dm_context *context, const gsl_matrix *M)
{
    return e->view ? dm_constant_view(context, M) : dm_constant(context, M);
}

/* A function of A near the constant C, so that it is in the same domain: C + sin(A)/64, and symmetric where C is. */
static dm *near(const example *e, dm *A)
{
    dm *C = constant_of(e, dm_context_of(A), e->X[e->which]), *S = dm_scale(dm_sin(A), 1.0 / 64);

    if (kind_of(e->op, e->which) == SYMMETRIC)
        S = dm_add(S, dm_transpose(S));
    return dm_add(C, S);
}

static dm *matrix_of(dm *A, const example *e)
{
    dm *X[DM_OPERANDS] = { NULL };

    for (size_t i = 0; i < e->arity; i++)
        X[i] = i == e->which || (e->how == TWICE && e->arity == 2) ? (e->how >= NESTED ? near(e, A) : A)
                                                                  : constant_of(e, dm_context_of(A), e->X[i]);
    dm *Y = dm_apply(e->op, X, e->op->parameters ? e->with : NULL);
    switch (e->how) {
    case NESTED:                       /* tanh(Y/2).*Y + 3*Y */
        return dm_add(dm_hadamard(dm_tanh(dm_scale(Y, 0.5)), Y), dm_scale(Y, 3));
    case SHARED: {                     /* Y*(Y'*Y + Y'*W) - W*Y'*Y: products that have factors in common */
        dm *W = constant_of(e, dm_context_of(A), e->W), *T = dm_transpose(Y);
        return dm_sub(dm_mul(Y, dm_add(dm_mul(T, Y), dm_mul(T, W))), dm_mul(dm_mul(W, T), Y));
    }
    default:
        return Y;
    }
}

static dm *function_of(dm *A, void *params)
{
    const example *e = params;
    dm *Y = matrix_of(A, e);

    return e->scalar ? dm_inner(constant_of(e, dm_context_of(A), e->W), Y) : Y;
}

static data_kind kind_for(const example *e, size_t operand)
{
    bool whole = strcmp(e->op->name, "pow") == 0 && e->with->number == floor(e->with->number);

    return whole ? ANY : kind_of(e->op, operand);
}

static void ask_example(example *e, dice *d, size_t large)
{
    gsl_matrix *X = e->X[e->which];
    data_kind kind = kind_for(e, e->which);
    question q = { .tolerance = 0 };

    begin_question(&q, function_of, e, X);
    double size = 1 + largest(e->W);
    q.tolerance = 256 * (double) (X->size1 * X->size2 + e->W->size1 * e->W->size2) * DBL_EPSILON * size;
    snprintf(q.text, sizeof q.text, "dm_%s of %zu×%zu%s, operand %zu, use %d, %s, parameters %g %zu %zu %zu %zu", e->op->name,
             X->size1, X->size2, e->arity == 2 ? " and another" : "", e->which + 1, e->how, e->scalar ? "scalar" : "matrix",
             e->with->number, e->with->row, e->with->col, e->with->rows, e->with->cols);
    for (int turn = 0; turn < 3; turn++) {
        gsl_matrix *A = turn ? random_matrix(d, kind, X->size1, X->size2) : X, *dA = random_direction_within(d, kind, A);
        unsigned without = turn == 2 ? (unsigned) (X->size1 + e->which) % 4 : 0;
        if (X->size1 * X->size2 <= large && q.rows * q.cols <= 4 * large) {
            ask_everything(&q, (layout) turn, A, dA, without);
        } else {
            ask_both(&q, JVP, (layout) turn, A, dA, without);
            if (e->scalar)
                ask_both(&q, GRADIENT, (layout) turn, A, dA, without);
            if (e->scalar)
                ask_both(&q, HESSIAN_VECTOR, (layout) turn, A, dA, without);
        }
    }
    dm_tape_free(q.tape);
}

/* The operands are drawn; false where these shapes and parameters are not for the operation. */
static bool draw_example(example *e, dice *d, size_t size[])
{
    dm *X[DM_OPERANDS] = { NULL };

    for (size_t i = 0; i < e->arity; i++) {
        char row = e->op->shapes[3 * i], col = e->op->shapes[3 * i + 1];
        e->X[i] = random_matrix(d, kind_for(e, i), row == '1' ? 1 : *size_of(size, row), col == '1' ? 1 : *size_of(size, col));
        X[i] = dm_constant(here, e->X[i]);
    }
    dm *Y = dm_apply(e->op, X, e->op->parameters ? e->with : NULL);
    bool fits = dm_status(Y) != GSL_EBADLEN;
    if (fits)
        e->W = random_matrix(d, ANY, dm_rows(Y), dm_columns(Y));
    dm_context_reset(here);
    return fits;
}

static void ask_row(size_t row, size_t n, size_t m, size_t p, size_t large, size_t uses)
{
    const dm_op *op = dm_op_at(row);
    dm_parameters choice[16];
    size_t size[LETTERS] = { 0 }, asked = 0;

    *size_of(size, 'n') = n;
    *size_of(size, 'm') = m;
    *size_of(size, 'p') = p;
    *size_of(size, 'q') = n % 4 + 1;
    fit_shapes(op, size);
    size_t count = choices(op, op->shapes[0] == '1' ? 1 : *size_of(size, op->shapes[0]),
                           op->shapes[1] == '1' ? 1 : *size_of(size, op->shapes[1]), choice);
    for (size_t k = 0; k < count; k++)
        for (size_t which = 0; which < dm_arity(op); which++)
            for (size_t u = 0; u < 2 * uses; u++) {
                dice d = { 10000 * row + 100 * n + 10 * k + u };
                example e = { .op = op, .with = &choice[k], .arity = dm_arity(op), .which = which, .how = (use) (u / 2),
                              .scalar = u % 2 == 0, .view = (n + u + k) % 2 };
                bool fits = draw_example(&e, &d, size);
                if (fits && !(e.how == TWICE && (e.arity == 1 || !like(e.X[0], e.X[1])
                                                 || kind_of(op, 0) != kind_of(op, 1)))) {
                    ask_example(&e, &d, large);
                    asked++;
                }
                forget_matrices();
            }
    ck_assert_msg(asked > 0, "dm_%s: there is no example of size %zu", op->name, n);
}

START_TEST(every_operation_on_tape)
{
    for (size_t n = 1; n <= 9; n += step(5))
        ask_row((size_t) _i, n, (n + 2) % 5 + 1, (n + 4) % 7 + 1, 20, n <= 5 ? USES : NESTED + 1);
}
END_TEST

START_TEST(every_operation_of_larger_matrices_on_tape)
{
    ask_row((size_t) _i, 12, 3, 9, 12, many(USES));
    ask_row((size_t) _i, 3, 17, 20, 12, many(USES));
    ask_row((size_t) _i, 10, 10, 2, 12, many(USES));
}
END_TEST

/* ----------------------------------------------------------------------------------- several matrices
 *
 * What is right is found with the calls below the drivers: variables and panels in a context.         */
enum { MATRICES = 3, DIRECTIONS = 32 };

/* tr(A*B*C) + sum(tanh(B)) + |A|^2*C(1,1), a 1×1; its matrix goes before the trace. */
static dm *matrix_of_three(dm *const X[], void *params)
{
    (void) params;
    return dm_add(dm_mul(dm_mul(X[0], X[1]), X[2]), dm_scale_by(dm_mul(X[0], dm_transpose(X[0])), dm_block(X[2], 0, 0, 1, 1)));
}

static dm *scalar_of_three(dm *const X[], void *params)
{
    return dm_add(dm_trace(matrix_of_three(X, params)), dm_sum(dm_tanh(X[1])));
}

static void draw_three(dice *d, size_t m, size_t n, size_t margin, gsl_matrix *A[])
{
    A[0] = placed(random_matrix(d, ANY, m, n), margin);
    A[1] = placed(random_matrix(d, ANY, n, n + 1), 0);
    A[2] = placed(random_matrix(d, ANY, n + 1, m), 2 * margin);
}

static void ask_gradients(dm_tape *tape, gsl_matrix *const A[], double tolerance, bool over)
{
    gsl_matrix *right[MATRICES], *U[MATRICES];
    dm *X[MATRICES];
    double value = BEFORE;

    dm_context_reset(here);
    for (size_t i = 0; i < MATRICES; i++)
        X[i] = dm_variable(here, A[i]);
    dm *f = scalar_of_three(X, NULL);
    for (size_t i = 0; i < MATRICES; i++)
        right[i] = gradient_of(f, X[i]);
    for (size_t i = 0; i < MATRICES; i++)
        U[i] = over ? A[i] : room(A[i]->size1, A[i]->size2, i);
    ck_assert_int_eq(dm_tape_gradients(tape, (const gsl_matrix *const *) A, &value, U), GSL_SUCCESS);
    same_number(value, dm_value_scalar(f), tolerance, "the value of three");
    for (size_t i = 0; i < MATRICES; i++)
        same(U[i], right[i], tolerance, "gradient %zu of three, A %zu×%zu", i + 1, A[0]->size1, A[0]->size2);
}

START_TEST(gradients_of_several_matrices)
{
    dm_multi_function F = { scalar_of_three, MATRICES, NULL };
    dm_tape *tape = dm_tape_alloc_multi(&F);
    dice d = { 31 };

    for (size_t m = 1; m <= 20; m += m < 9 ? 1 : 5)
        for (size_t turn = 0; turn < 4; turn++) {
            gsl_matrix *A[MATRICES];
            draw_three(&d, m, m % 4 + 1, turn == 1, A);
            ask_gradients(tape, A, 64 * (double) (m * m) * DBL_EPSILON * 10, turn == 3);
        }
    dm_tape_free(tape);
}
END_TEST

/* The gradients of tr(A'*B) are B and A: each is put where the other one is. */
static dm *inner_of_both(dm *const X[], void *params) { (void) params; return dm_inner(X[0], X[1]); }

START_TEST(gradients_may_lie_over_each_others_matrices)
{
    dice d = { 73 };
    dm_multi_function F = { inner_of_both, 2, NULL };
    dm_tape *tape = dm_tape_alloc_multi(&F);

    for (size_t n = 1; n <= 21; n += 4)
        for (int turn = 0; turn < 2; turn++) {
            gsl_matrix *A = random_matrix(&d, ANY, n, n), *B = random_like(&d, A), *was_A = copy(A), *was_B = copy(B);
            ck_assert_int_eq(dm_tape_gradients(tape, (const gsl_matrix *[]) { A, B }, NULL, (gsl_matrix *[]) { A, B }),
                             GSL_SUCCESS);
            same(A, was_B, 0, "B");
            same(B, was_A, 0, "A");
        }
    dm_tape_free(tape);
}
END_TEST

/* A result that is not small, of one entry that is somewhere small: it is formed when all else is done. */
static dm *entry_of_one(dm *const X[], void *params)
{
    (void) params;
    return dm_norm_squared(dm_mul(dm_block(X[1], 7, 4, 1, 1), dm_sum(dm_trace(X[0]))));
}

START_TEST(results_are_formed_of_what_is_still_there)
{
    dice d = { 71 };
    dm_multi_function F = { entry_of_one, 2, NULL };
    dm_tape *tape = dm_tape_alloc_multi(&F);
    gsl_matrix *A[] = { random_matrix(&d, ANY, 2, 2), random_matrix(&d, ANY, 10, 5) }, *U[] = { zeros(2, 2), zeros(10, 5) };

    for (int turn = 0; turn < 2; turn++) {
        double t = gsl_matrix_get(A[0], 0, 0) + gsl_matrix_get(A[0], 1, 1), b = gsl_matrix_get(A[1], 7, 4), value;
        gsl_matrix *right = zeros(10, 5);
        gsl_matrix_set(right, 7, 4, 2 * b * t * t);
        ck_assert_int_eq(dm_tape_gradients(tape, (const gsl_matrix *const *) A, &value, U), GSL_SUCCESS);
        same(U[0], sum_of(2 * b * b * t, eye(2), 0, eye(2)), 16 * DBL_EPSILON, "2*b^2*tr(A)*I");
        same(U[1], right, 16 * DBL_EPSILON, "2*b*tr(A)^2 where b is");
        A[0] = random_like(&d, A[0]);
        A[1] = random_like(&d, A[1]);
    }
    dm_tape_free(tape);
}
END_TEST

/* All dA of one matrix, side by side in one block, in order or not, or each on its own. */
typedef enum { ALONE, SIDE_BY_SIDE, REVERSED } order;

static void draw_directions(dice *d, const gsl_matrix *A, size_t k, order how, gsl_matrix *dA[])
{
    gsl_matrix *panel = zeros(A->size1, k * A->size2);

    for (size_t s = 0; s < k; s++) {
        dA[s] = random_like(d, A);
        if (how != ALONE) {
            size_t at = how == REVERSED ? k - 1 - s : s;
            gsl_matrix_view part = gsl_matrix_submatrix(panel, 0, at * A->size2, A->size1, A->size2);
            gsl_matrix_memcpy(&part.matrix, dA[s]);
            dA[s]->data = part.matrix.data;          /* block still owns what zeros() made */
            dA[s]->tda = part.matrix.tda;
        }
    }
}

static void ask_push(dm_tape *tape, dm *(*f)(dm *const A[], void *params), gsl_matrix *const A[], size_t k, order how,
                     bool no_value, dice *d)
{
    gsl_matrix *dA[MATRICES * DIRECTIONS], *dF[DIRECTIONS];
    dm *X[MATRICES];

    dm_context_reset(here);
    for (size_t i = 0; i < MATRICES; i++) {
        draw_directions(d, A[i], k, how, dA + i * k);
        X[i] = dm_dual_panel(here, A[i], k, (const gsl_matrix *const *) dA + i * k);
    }
    dm *Y = f(X, NULL);
    gsl_matrix *value = no_value ? NULL : room(dm_rows(Y), dm_columns(Y), 1);
    for (size_t s = 0; s < k; s++)
        dF[s] = room(dm_rows(Y), dm_columns(Y), s % 3);
    double tolerance = 640 * (double) (A[1]->size1 * A[1]->size2 + A[0]->size1 * A[0]->size1) * DBL_EPSILON;
    ck_assert_int_eq(dm_tape_push(tape, (const gsl_matrix *const *) A, k, (const gsl_matrix *const *) dA, value, dF), GSL_SUCCESS);
    if (value)
        same(value, value_of(Y), tolerance, "the value of three");
    for (size_t s = 0; s < k; s++) {
        same(dF[s], differential_of(Y, s), tolerance, "direction %zu of %zu, A %zu×%zu", s + 1, k, A[0]->size1, A[0]->size2);
        margin_is_there(dF[s], "dm_tape_push");
    }
}

START_TEST(directions_of_several_matrices)
{
    static const size_t many_directions[] = { 1, 3, DIRECTIONS };
    dm *(*const f[])(dm *const A[], void *params) = { scalar_of_three, matrix_of_three };
    dice d = { 37 };

    for (size_t which = 0; which < 2; which++) {
        dm_multi_function F = { f[which], MATRICES, NULL };
        dm_tape *tape = dm_tape_alloc_multi(&F);
        for (size_t m = 1; m <= 17; m += m < 9 ? 1 : 4)
            for (size_t k = 0; k < 3; k++)
                for (size_t turn = 0; turn < 4; turn++) {
                    gsl_matrix *A[MATRICES];
                    draw_three(&d, m, m % 4 + 1, turn == 1, A);
                    ask_push(tape, f[which], A, many_directions[k], (order) (turn % 3), turn == 2, &d);
                }
        dm_tape_free(tape);
    }
}
END_TEST

/* A tape of dm_function takes directions at once too, and overlapping outputs. */
static dm *linear(dm *A, void *params) { (void) params; return dm_sub(dm_transpose(A), dm_scale(A, 3)); }
static dm *itself(dm *A, void *params) { (void) params; return A; }

START_TEST(outputs_may_lie_over_the_directions)
{
    dm *(*const f[])(dm *A, void *params) = { linear, itself };
    dice d = { 41 };

    for (size_t which = 0; which < 2; which++) {
        dm_function F = { f[which], NULL };
        dm_tape *tape = dm_tape_alloc(&F);
        for (size_t n = 2; n <= 20; n += 6)
            for (size_t turn = 0; turn < 3; turn++) {
                gsl_matrix *A = random_matrix(&d, ANY, n, n), *dA[3], *old[3];
                draw_directions(&d, A, 3, (order) turn, dA);
                for (size_t s = 0; s < 3; s++)
                    old[s] = copy(dA[s]);
                gsl_matrix *dF[] = { dA[1], dA[2], dA[0] }, *before = copy(A);
                ck_assert_int_eq(dm_tape_push(tape, (const gsl_matrix *[]) { A }, 3, (const gsl_matrix *const *) dA, A, dF),
                                 GSL_SUCCESS);
                same(A, which ? before : sum_of(1, transposed(before), -3, before), 4 * DBL_EPSILON, "the value, in place");
                for (size_t s = 0; s < 3; s++)
                    same(dF[s], which ? old[s] : sum_of(1, transposed(old[s]), -3, old[s]), 4 * DBL_EPSILON, "in place");
            }
        dm_tape_free(tape);
    }
}
END_TEST

/* ------------------------------------------------------------------------------- constants and shapes */

typedef struct {
    gsl_matrix *C, *V;                 /* handed in by copy and by view */
    double s;
} constants;

/* tr((s*A + C)*(A*V)' + I) + |(ones + zeros + A*(V + I)).*A|^2, times what is known without a look: 4*n + n^2 */
static dm *of_constants(dm *A, void *params)
{
    const constants *c = params;
    dm_context *context = dm_context_of(A);
    dm *C = dm_constant(context, c->C), *V = dm_constant_view(context, c->V), *s = dm_scalar(context, c->s);
    size_t m = dm_rows(A), n = dm_columns(A);
    dm *P = dm_mul(dm_add(dm_scale_by(A, s), C), dm_transpose(dm_mul(A, V)));
    dm *Q = dm_add(dm_ones(context, m, n), dm_add(dm_zeros(context, m, n), dm_mul(A, dm_add(V, dm_identity(context, n)))));

    dm *I = dm_identity(context, n), *ones = dm_ones(context, n, n), *f = dm_add(dm_trace(dm_add(P, dm_identity(context, m))),
                                                                                dm_norm_squared(dm_hadamard(Q, A)));
    dm *known = dm_add(dm_add(dm_trace(I), dm_sum(I)), dm_add(dm_trace(ones), dm_add(dm_sum(ones), dm_inner(I, ones))));

    return dm_scale_by(f, known);
}

/* New entries where a view looks are new entries of the function, if its rows lie one behind the other: else it is a
 * copy, of which nothing is promised.  What was copied stays.                                         */
START_TEST(views_are_looked_at_in_each_run)
{
    dice d = { 43 };

    for (size_t n = 1; n <= 17; n += n < 9 ? 1 : 4) {
        size_t m = n % 5 + 1;
        constants c = { random_matrix(&d, ANY, m, n), random_matrix(&d, ANY, n, n), 1.5 };
        gsl_matrix *A = random_matrix(&d, ANY, m, n);
        question q = { .tolerance = 64000 * (double) (m * n) * DBL_EPSILON };
        snprintf(q.text, sizeof q.text, "constants, %zu×%zu", m, n);
        begin_question(&q, of_constants, &c, A);
        for (int turn = 0; turn < 3; turn++) {
            ask_everything(&q, (layout) turn, random_like(&d, A), random_like(&d, A), 0);
            gsl_matrix_memcpy(c.V, random_like(&d, c.V));
        }
        dm_tape_free(q.tape);
    }
}
END_TEST

START_TEST(copies_are_kept)
{
    dice d = { 47 };
    constants c = { random_matrix(&d, ANY, 3, 3), random_matrix(&d, ANY, 3, 3), 1.5 }, old = c;
    gsl_matrix *A = random_matrix(&d, ANY, 3, 3), *U = zeros(3, 3), *right = zeros(3, 3);
    dm_function F = { of_constants, &c }, G = { of_constants, &old };
    dm_tape *tape = dm_tape_alloc(&F);

    old.C = copy(c.C);
    ck_assert_int_eq(dm_tape_gradient(tape, A, NULL, U), GSL_SUCCESS);
    gsl_matrix_set_all(c.C, 100);
    c.s = 100;
    gsl_matrix_memcpy(A, random_like(&d, A));
    ck_assert_int_eq(dm_tape_gradient(tape, A, NULL, U), GSL_SUCCESS);
    ck_assert_int_eq(dm_gradient(&G, A, NULL, right), GSL_SUCCESS);
    same(U, right, 1000 * DBL_EPSILON * largest(right), "constants as they were when the tape was recorded");
    dm_tape_free(tape);
}
END_TEST

static dm *of_any_shape(dm *A, void *params)
{
    (void) params;
    return dm_norm_squared(dm_sub(dm_mul(A, dm_mul(dm_transpose(A), A)), dm_sin(A)));
}

/* One tape, all shapes, and outputs that are now wanted and now not. */
START_TEST(shapes_and_wishes_change)
{
    dice d = { 53 };
    gsl_matrix *first = random_matrix(&d, ANY, 2, 2);
    question q = { .text = "of any shape", .tolerance = 100000 * DBL_EPSILON };

    begin_question(&q, of_any_shape, NULL, first);
    for (size_t turn = 0; turn < many(40); turn++) {
        size_t m = turn * 7 % 5 + 1, n = turn / 3 * 5 % 9 + 1;
        gsl_matrix *A = random_matrix(&d, ANY, m, n);
        ask_everything(&q, (layout) (turn % LAYOUTS), A, random_like(&d, A), (unsigned) (turn * 3 % 4));
        forget_matrices();
    }
    dm_tape_free(q.tape);
}
END_TEST

/* --------------------------------------------------------------------------- functions that look at entries */

/* A branch on an entry. */
static dm *looks(dm *A, void *params)
{
    double x = dm_value_scalar(dm_block(A, 0, 0, 1, 1));

    (void) params;
    return x > 0 ? dm_trace(dm_mul(A, dm_transpose(A))) : dm_sum(dm_exp(A));
}

/* As many steps as are needed: Newton's for the square root of a number, which a wrong value would never end. */
static dm *iterates(dm *A, void *params)
{
    dm *s = dm_add(dm_norm_squared(A), dm_scalar(dm_context_of(A), 1)), *x = s;
    int *steps = params;

    for (*steps = 0; *steps < 100; ++*steps) {
        dm *next = dm_scale(dm_add(x, dm_quotient(s, x)), 0.5);
        double error = fabs(dm_value_scalar(next) - dm_value_scalar(x));
        x = next;
        if (error < 1e-14 * dm_value_scalar(x))
            break;
    }
    return x;
}

/* The gradient is taken within, as a matrix and as a dm. */
static dm *reads_off(dm *A, void *params)
{
    gsl_matrix *U = zeros(dm_rows(A), dm_columns(A));
    dm *x = dm_variable_of(dm_constant(dm_context_of(A), params)), *f = dm_norm_squared(dm_mul(x, dm_transpose(x)));

    ck_assert_int_eq(dm_read_off(f, x, U), GSL_SUCCESS);
    return dm_inner(dm_constant(dm_context_of(A), U), dm_mul(A, dm_transpose(dm_mul(A, dm_transpose(A)))));
}

static dm *gradient_within(dm *A, void *params)
{
    dm *x = dm_variable_of(A);

    (void) params;
    return dm_norm_squared(dm_gradient_of(dm_trace(dm_mul(x, dm_mul(dm_transpose(x), dm_mul(x, dm_transpose(x))))), x));
}

static dm *scoped(dm *A, void *params)
{
    dm_context *context = dm_context_of(A);
    dm_scope scope = dm_scope_open(context);
    dm *X = A;

    (void) params;
    for (int i = 0; i < 4; i++) {
        X = dm_add(dm_sin(dm_mul(X, dm_transpose(A))), dm_mul(A, dm_transpose(A)));
        X = dm_mul(X, A);
        dm_scope_turn(scope, &X, 1);
        X = dm_scale(X, 0.25);
    }
    dm_scope_close(scope, &X, 1);
    return dm_norm_squared(X);
}

/* A matrix is looked at in the middle of others, whose places must not be mixed up. */
static dm *watches(dm *A, void *params)
{
    gsl_matrix *expected = params;
    dm *B = dm_mul(A, dm_transpose(A)), *C = dm_tanh(B), *D = dm_mul(C, B), *E = dm_sin(D), *G = dm_mul(E, D);
    dm *all[] = { B, C, D, E, G, dm_mul(G, B), dm_mul(B, C), B, D };

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        _gsl_matrix_const_view v = dm_value(all[i]);
        ck_assert_ptr_nonnull(v.matrix.data);
        gsl_matrix_view to = gsl_matrix_submatrix(expected, i * dm_rows(A), 0, dm_rows(A), dm_rows(A));
        if (gsl_matrix_get(&to.matrix, 0, 0) == 0)
            gsl_matrix_memcpy(&to.matrix, &v.matrix);
        else
            same(&v.matrix, copy(&to.matrix), 1e-13 * fmax(1, largest(&to.matrix)), "what was seen of matrix %zu", i);
    }
    return dm_trace(dm_mul(G, D));
}

START_TEST(functions_may_look_at_entries)
{
    int steps;
    dice d = { 59 };
    gsl_matrix *C = random_matrix(&d, ANY, 3, 4), *seen = zeros(9 * 20, 20);
    const struct {
        const char *name;
        dm *(*f)(dm *A, void *params);
        void *params;
    } functions[] = {
        { "a branch", looks, NULL }, { "an iteration", iterates, &steps }, { "a gradient read off", reads_off, C },
        { "a gradient taken", gradient_within, NULL }, { "a scope", scoped, NULL }, { "looks at all", watches, seen },
    };

    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        question q = { .tolerance = 1e6 * DBL_EPSILON };
        snprintf(q.text, sizeof q.text, "%s", functions[i].name);
        gsl_matrix *A = random_matrix(&d, ANY, 3, 4);
        begin_question(&q, functions[i].f, functions[i].params, A);
        for (int turn = 0; turn < 6; turn++) {
            gsl_matrix_set_zero(seen);
            A = random_matrix(&d, ANY, turn == 4 ? 12 : 3, functions[i].params == C || turn < 4 ? 4 : 3);
            if (functions[i].params == C && turn == 4)
                continue;
            if (turn == 2)
                gsl_matrix_set(A, 0, 0, -gsl_matrix_get(A, 0, 0));
            for (call c = 0; c < CALLS; c++) {
                gsl_matrix_set_zero(seen);
                ask_both(&q, c, (layout) (turn % LAYOUTS), A, random_like(&d, A), 0);
            }
        }
        dm_tape_free(q.tape);
    }
}
END_TEST

/* ---------------------------------------------------------------------- irregular points, errors, extremes */

static dm *context_scalar(dm *A, double x) { return dm_scalar(dm_context_of(A), x); }
static dm *regular(dm *A) { return dm_add(dm_mul(A, dm_transpose(A)), dm_identity(dm_context_of(A), dm_rows(A))); }
static dm *inverse_trace(dm *A, void *params) { (void) params; return dm_trace(dm_inverse(A)); }
static dm *of_logdet(dm *A, void *params) { (void) params; return dm_logdet(A); }
static dm *of_det(dm *A, void *params) { (void) params; return dm_det(A); }
static dm *of_gram(dm *A, void *params) { (void) params; return dm_logdet(regular(A)); }
static dm *of_solve(dm *A, void *params) { (void) params; return dm_sum(dm_solve(A, dm_transpose(A))); }
static dm *of_log(dm *A, void *params) { (void) params; return dm_sum(dm_hadamard(dm_log(A), A)); }
static dm *of_exp(dm *A, void *params) { (void) params; return dm_norm_squared(dm_exp(dm_mul(A, A))); }
static dm *of_norm(dm *A, void *params) { (void) params; return dm_norm_frobenius(dm_mul(A, A)); }
static dm *of_normal(dm *A, void *params) { (void) params; return dm_sum(dm_normalize(A)); }
static dm *of_eigenvalues(dm *A, void *params)
{
    (void) params;
    return dm_norm_squared(dm_sin(dm_eigenvalues(dm_add(A, dm_transpose(A)))));
}
static dm *of_eigenvectors(dm *A, void *params)
{
    (void) params;
    return dm_sum(dm_hadamard(dm_eigenvectors(dm_add(A, dm_transpose(A))), A));
}
static dm *of_roots(dm *A, void *params) { (void) params; return dm_sum(dm_hadamard(A, dm_sqrt(A))); }
static dm *of_sizes(dm *A, void *params) { (void) params; return dm_sum(dm_hadamard(dm_abs(A), dm_relu(A))); }
static dm *of_powers(dm *A, void *params) { (void) params; return dm_sum(dm_pow(A, 1.5)); }
static dm *of_softmax(dm *A, void *params) { (void) params; return dm_norm_squared(dm_softmax(dm_mul(A, A))); }
static dm *of_sum_of_exp(dm *A, void *params) { (void) params; return dm_logsumexp(dm_hadamard(A, A)); }
static dm *of_steps(dm *A, void *params) { (void) params; return dm_sum(dm_hadamard(dm_step(A), dm_sign(A))); }
static dm *of_quotients(dm *A, void *params) { (void) params; return dm_sum(dm_quotient(dm_transpose(A), A)); }
static dm *of_products(dm *A, void *params)
{
    (void) params;
    return dm_trace(dm_mul(dm_scale(A, 1e200), dm_mul(dm_scale(A, 1e-200), dm_scale(A, 1e-200))));
}
static dm *of_small_multiples(dm *A, void *params)
{
    (void) params;
    return dm_norm_squared(dm_scale(dm_mul(dm_scale(A, 1e-150), dm_scale(A, 1e-100)), 1e240));
}
static dm *of_tiny_squares(dm *A, void *params)
{
    (void) params;
    return dm_sum(dm_reciprocal(dm_scale(dm_hadamard(dm_scale(A, 1e-160), dm_scale(A, 1e-150)), 1e300)));
}
static dm *of_great_numbers(dm *A, void *params)
{
    (void) params;
    return dm_sum(dm_tanh(dm_reciprocal(dm_add(dm_scale(A, 1e-200), dm_scale(dm_mul(A, A), 1e-200)))));
}
static dm *of_scalars(dm *A, void *params)
{
    (void) params;
    return dm_mul(dm_mul(dm_trace(A), context_scalar(A, 1e-170)), dm_mul(dm_sum(A), context_scalar(A, 1e-170)));
}
static dm *matrix_of_products(dm *A, void *params)
{
    (void) params;
    return dm_mul(dm_mul(dm_scale(A, 1e-200), A), dm_scale(A, 1e200));
}
static dm *matrix_of_steps(dm *A, void *params) { (void) params; return dm_add(dm_relu(A), dm_transpose(dm_sign(A))); }
static dm *matrix_of_itself(dm *A, void *params) { (void) params; return A; }
static dm *matrix_of_expm(dm *A, void *params) { (void) params; return dm_expm(A); }
static dm *of_reciprocals(dm *A, void *params) { (void) params; return dm_sum(dm_reciprocal(dm_exp(A))); }
static dm *of_nothing(dm *A, void *params) { (void) params; return dm_sum(dm_sub(A, A)); }
static dm *of_lost_infinities(dm *A, void *params) { (void) params; return dm_sum(dm_step(dm_exp(A))); }
static dm *of_normal_nothing(dm *A, void *params)
{
    dm *S = dm_add(dm_add(A, A), A);       /* 3*A - 3*A is 0, and no rounding error */

    (void) params;
    return dm_norm_squared(dm_normalize(dm_sub(S, S)));
}
static dm *nothing(dm *A, void *params) { (void) A, (void) params; return NULL; }
static dm *a_constant(dm *A, void *params) { (void) params; return context_scalar(A, 7); }
static dm *from_elsewhere(dm *A, void *params) { (void) A, (void) params; return dm_scalar(here, 1); }
static dm *not_square(dm *A, void *params) { (void) params; return dm_trace(dm_block(A, 0, 0, 1, 2)); }

static const struct {
    const char *name;
    dm *(*f)(dm *A, void *params);
} delicate[] = {
    { "tr(inv(A))", inverse_trace }, { "logdet(A)", of_logdet }, { "det(A)", of_det }, { "logdet(A*A'+I)", of_gram },
    { "sum(A\\A')", of_solve }, { "sum(log(A).*A)", of_log }, { "|exp(A*A)|^2", of_exp }, { "|A*A|", of_norm },
    { "sum(normalize(A))", of_normal }, { "|sin(eig(A+A'))|^2", of_eigenvalues }, { "eigenvectors", of_eigenvectors },
    { "sum(A.*sqrt(A))", of_roots }, { "sum(abs(A).*relu(A))", of_sizes }, { "sum(A.^1.5)", of_powers },
    { "|softmax(A*A)|^2", of_softmax }, { "logsumexp(A.*A)", of_sum_of_exp }, { "sum(step(A).*sign(A))", of_steps },
    { "sum(A'./A)", of_quotients }, { "1e200 and 1e-200", of_products }, { "1e-150", of_small_multiples },
    { "1e-310", of_tiny_squares }, { "1/1e-200", of_great_numbers }, { "1e-170", of_scalars },
    { "1e-200*A*A*1e200*A", matrix_of_products }, { "relu(A) + sign(A)'", matrix_of_steps }, { "A", matrix_of_itself },
    { "expm(A)", matrix_of_expm }, { "sum(1./exp(A))", of_reciprocals }, { "sum(A-A)", of_nothing },
    { "|normalize(3*A-3*A)|^2", of_normal_nothing },
    { "sum(step(exp(A)))", of_lost_infinities }, { "NULL", nothing }, { "7", a_constant }, { "elsewhere", from_elsewhere },
    { "not square", not_square },
};

enum { DELICATE = sizeof delicate / sizeof *delicate };

/* Points, square n×n: regular ones, and all that is not. */
static gsl_matrix *point(dice *d, size_t which, size_t n)
{
    gsl_matrix *A = random_matrix(d, REGULAR, n, n);

    switch (which) {
    case 1:                            /* singular */
        for (size_t j = 0; j < n; j++)
            gsl_matrix_set(A, n - 1, j, n > 1 ? gsl_matrix_get(A, 0, j) : 0);
        break;
    case 2: gsl_matrix_set_zero(A); break;
    case 3: gsl_matrix_set_identity(A); break;
    case 4: A = random_matrix(d, POSITIVE, n, n); break;
    case 5: gsl_matrix_set(A, n - 1, 0, NAN); break;
    case 6: gsl_matrix_set(A, 0, n - 1, INFINITY); break;
    case 7: gsl_matrix_scale(A, 1e200); break;
    case 8: gsl_matrix_scale(A, 1e-200); break;
    case 9: gsl_matrix_set(A, n / 2, n / 2, 0); break;
    case 10:                           /* of rank 1: all second derivatives of det are 0, or not, from n = 3 on */
        gsl_matrix_memcpy(A, outer_of(random_matrix(d, ANY, n, 1), random_matrix(d, ANY, n, 1)));
        break;
    case 11: gsl_matrix_scale(A, 1e3); break;
    case 12:                           /* entries of all sizes */
        for (size_t i = 0; i < n; i++)
            gsl_matrix_set(A, i, (i + 1) % n, i % 2 ? 1e150 : 1e-150);
        break;
    case 13: gsl_matrix_scale(A, -1); break;
    case 14: gsl_matrix_scale(A, 1e-8); break;
    default: break;
    }
    return A;
}

enum { POINTS = 15 };

/* Regular and irregular by turns; the first one is each of them once. */
START_TEST(irregular_points_are_left_to_the_driver)
{
    for (size_t n = 1; n <= 10; n += n < 4 ? step(2) : 6)
        for (size_t first = 0; first < POINTS; first += step(7)) {
            dice d = { 1000 * n + first };
            question q = { .relative = true };
            gsl_matrix *A = point(&d, 0, n);
            begin_question(&q, delicate[_i].f, NULL, A);
            q.tolerance = 1e6 * DBL_EPSILON;
            for (size_t turn = 0; turn < many(5); turn++) {
                size_t which = turn == 0 ? first : turn % 2 ? 0 : (first * 7 + turn * 4) % POINTS;
                A = point(&d, turn == 3 ? 4 : which, n);
                snprintf(q.text, sizeof q.text, "%s of %zu×%zu, point %zu (first: %zu), turn %zu", delicate[_i].name, n, n,
                         which, first, turn);
                for (call c = 0; c < CALLS; c++)
                    ask_both(&q, c, which == 5 || which == 6 ? CLOSE : (layout) ((turn + c) % LAYOUTS), A, random_like(&d, A),
                             (unsigned) (turn + c) % 4);
            }
            dm_tape_free(q.tape);
            forget_matrices();
        }
}
END_TEST

/* Directions that are not finite, or so large that the result is not. */
START_TEST(directions_that_are_no_numbers)
{
    dice d = { 61 };

    for (size_t n = 2; n <= 20; n += 9)
        for (int twice = 0; twice < 2; twice++) {
            question q = { .relative = true };
            gsl_matrix *A = point(&d, 0, n);
            begin_question(&q, delicate[_i].f, NULL, A);
            q.tolerance = 1e6 * DBL_EPSILON;
            snprintf(q.text, sizeof q.text, "%s of %zu×%zu, directions", delicate[_i].name, n, n);
            for (int turn = 0; turn < 5; turn++) {
                gsl_matrix *dA = random_like(&d, A);
                A = point(&d, 4, n);
                if (turn % 2)
                    gsl_matrix_set(dA, 0, n - 1, turn == 1 ? NAN : INFINITY);
                ask_both(&q, JVP, CLOSE, A, dA, (unsigned) twice);
                ask_both(&q, HESSIAN_VECTOR, CLOSE, A, dA, (unsigned) twice * 3);
            }
            dm_tape_free(q.tape);
        }
}
END_TEST

/* -------------------------------------------------------------------------------------- at random
 *
 * Straight-line functions drawn from a seed, of squares, columns, rows and numbers, most of them made of what was made
 * just before: products that follow from each other, sums that have products in common, whatever comes.  */
typedef struct {
    uint64_t seed;
    size_t steps;
    bool scalar;
    gsl_matrix *C;
} straight;

static size_t below(dice *d, size_t n)
{
    return (size_t) uniform(d, 0, (double) n);
}

/* An operation that suits A and B, or NULL. */
static dm *one_step(dice *d, dm *A, dm *B)
{
    size_t m = dm_rows(A), n = dm_columns(A);
    bool alike = m == dm_rows(B) && n == dm_columns(B), one = dm_rows(B) == 1 && dm_columns(B) == 1;

    switch (below(d, 20)) {
    case 0: case 1: return alike ? dm_add(A, B) : NULL;
    case 2: return alike ? dm_sub(dm_scale(A, 0.5), dm_scale(B, 1.25)) : NULL;
    case 3: case 4: case 5: case 6: return n == dm_rows(B) && !one ? dm_scale(dm_mul(A, B), 0.25) : NULL;
    case 7: case 8: case 9: return n == dm_rows(B) ? dm_mul(A, B) : NULL;
    case 10: return alike ? dm_mul(dm_transpose(A), B) : NULL;
    case 11: return alike ? dm_scale(dm_mul(A, dm_transpose(B)), 0.5) : NULL;
    case 12: return alike ? dm_hadamard(A, B) : NULL;
    case 13: return one ? dm_scale_by(A, B) : NULL;
    case 14: return dm_transpose(A);
    case 15: return alike ? dm_inner(A, B) : NULL;
    case 16: return n == 1 && m > 1 ? dm_mul(dm_diag(A), dm_add(dm_outer(A, A), dm_diag(A))) : dm_block(A, 0, 0, m, 1);
    case 17: return m > 1 && n == 1 ? dm_embed(A, 0, m / 2, m, m) : dm_sigmoid(A);
    case 18: return m == n && m > 1 ? dm_scale(dm_inverse(regular(dm_tanh(A))), 2) : dm_tanh(A);
    default: return dm_sin(A);
    }
}

static dm *straight_line(dm *A, void *params)
{
    const straight *p = params;
    dice d = { p->seed };
    dm *made[40] = { A, dm_constant(dm_context_of(A), p->C), dm_tanh(dm_block(A, 0, 0, dm_rows(A), 1)) };
    size_t n = 3;

    for (size_t tries = 0; n < 3 + p->steps && tries < 1000; tries++) {
        size_t near = n < 5 ? n : 5;
        dm *X = made[below(&d, 3) ? n - 1 - below(&d, near) : below(&d, n)], *Y = one_step(&d, X, made[n - 1 - below(&d, n)]);
        if (Y)
            made[n++] = Y;
    }
    dm *sum = dm_add(dm_norm_squared(made[n - 1]), dm_sum(dm_sin(made[n - 2])));
    return p->scalar ? dm_add(sum, dm_inner(made[n / 2], made[n / 2])) : dm_scale_by(made[n - 1], dm_tanh(sum));
}

START_TEST(straight_lines_at_random)
{
    static const size_t sizes[] = { 3, 4, 2, 8, 12, 5, 3, 4 };
    size_t n = sizes[_i];

    for (uint64_t seed = 1; seed <= many(60); seed++) {
        dice d = { 100 * (uint64_t) _i + seed };
        gsl_matrix *A = random_matrix(&d, ANY, n, n);
        straight p = { 1000 * (uint64_t) _i + seed, 3 + seed % 15, seed % 3 != 0, random_matrix(&d, ANY, n, n) };
        question q = { .tolerance = 1e5 * (double) (n * n) * DBL_EPSILON };
        snprintf(q.text, sizeof q.text, "%zu×%zu, %zu steps of seed %llu", n, n, p.steps, (unsigned long long) p.seed);
        begin_question(&q, straight_line, &p, A);
        for (int turn = 0; turn < 2; turn++) {
            gsl_matrix_scale(A, 0.5);
            if (n < 8)
                ask_everything(&q, turn ? OVER : CLOSE, A, random_like(&d, A), turn ? (unsigned) seed % 4 : 0);
            else
                for (call c = 0; c < CALLS; c++)
                    if (c != HESSIAN && c != JACOBIAN && (p.scalar || c == JVP))
                        ask_both(&q, c, turn ? OVER : CLOSE, A, random_like(&d, A), 0);
            A = random_like(&d, A);
        }
        dm_tape_free(q.tape);
        dm_context_reset(here);
        forget_matrices();
    }
}
END_TEST

/* A product, one with it, and one beside that: no product with its differential, though it looks like one. */
static dm *products_in_a_row(dm *A, void *params)
{
    const constants *c = params;
    dm *B = dm_constant(dm_context_of(A), c->C), *X = dm_constant(dm_context_of(A), c->V), *P = dm_mul(A, B);

    if (c->s < 2)
        return dm_norm_squared(c->s < 1 ? dm_add(dm_mul(P, B), dm_mul(A, X)) : dm_add(dm_mul(A, X), dm_mul(P, B)));
    return dm_norm_squared(c->s < 3 ? dm_add(dm_mul(X, B), dm_mul(A, P)) : dm_add(dm_mul(A, P), dm_mul(X, B)));
}

START_TEST(products_that_follow_from_each_other)
{
    dice d = { 67 };

    for (size_t n = 1; n <= 9; n++)
        for (int which = 0; which < 4; which++) {
            gsl_matrix *A = random_matrix(&d, ANY, n, n);
            constants c = { random_matrix(&d, ANY, n, n), random_matrix(&d, ANY, n, n), which };
            question q = { .tolerance = 64000 * (double) (n * n * n) * DBL_EPSILON };
            snprintf(q.text, sizeof q.text, "products in a row, %zu×%zu, %d", n, n, which);
            begin_question(&q, products_in_a_row, &c, A);
            for (int turn = 0; turn < 3; turn++)
                ask_everything(&q, (layout) turn, random_like(&d, A), random_like(&d, A), 0);
            dm_tape_free(q.tape);
            forget_matrices();
        }
}
END_TEST

/* Written entry by entry: products of entries, and of overlapping blocks of blocks; and put together so. */
static dm *by_entries(dm *A, void *params)
{
    size_t m = dm_rows(A), n = dm_columns(A);
    int which = *(int *) params;
    dm *f = NULL;

    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++) {
            dm *a = dm_block(A, i, j, 1, 1), *t;
            switch (which) {
            case 0: t = dm_mul(a, dm_sin(dm_block(A, (i + 1) % m, (j + 2) % n, 1, 1))); break;
            case 1: t = dm_embed(dm_mul(a, a), j, i, n, m); break;
            case 2: t = dm_norm_squared(dm_block(dm_block(A, i, 0, m - i, n), 0, j, m - i, n - j)); break;
            case 3: t = dm_embed(dm_tanh(dm_block(A, i, j, m - i, n - j)), 0, 0, m, n); break;
            default: t = dm_mul(dm_block(A, 0, j, m, 1), dm_transpose(dm_block(dm_transpose(A), j, i, 1, 1))); break;
            }
            f = f ? dm_add(f, dm_scale(t, 0.5 + (double) (i + j))) : t;
        }
    return which % 2 || which == 4 ? dm_add(f, dm_add(f, dm_sin(f))) : f;
}

START_TEST(functions_may_be_written_entry_by_entry)
{
    dice d = { 101 };

    for (int which = 0; which < 5; which++)
        for (size_t n = 1; n <= 11; n += 1 + n / 4) {
            gsl_matrix *A = random_matrix(&d, ANY, n % 3 + 2, n);
            question q = { .tolerance = 64000 * (double) (n * n) * DBL_EPSILON };
            snprintf(q.text, sizeof q.text, "entry by entry, %d, %zu×%zu", which, A->size1, n);
            begin_question(&q, by_entries, &which, A);
            for (int turn = 0; turn < 3; turn++)
                ask_everything(&q, (layout) turn, random_like(&d, A), random_like(&d, A), 0);
            dm_tape_free(q.tape);
            forget_matrices();
        }
}
END_TEST

/* How often F is called: when it is recorded, when the shape is another, and when something is not regular. */
static dm *counted(dm *A, void *params)
{
    ++*(int *) params;
    return dm_logdet(dm_add(A, dm_mul(dm_transpose(A), A)));
}

/* Of the first its Jacobian, of the second its Hessian is a sum of Kronecker products. */
static dm *counted_matrix(dm *A, void *params) { ++*(int *) params; return dm_mul(dm_inverse(A), dm_transpose(A)); }
static dm *counted_trace(dm *A, void *params) { ++*(int *) params; return dm_trace(dm_mul(A, dm_mul(A, A))); }

START_TEST(a_function_is_called_once)
{
    dice d = { 79 };

    for (size_t n = 2; n <= 20; n += 6) {
        int calls = 0;
        dm_function F = { counted, &calls }, G = { counted_matrix, &calls }, T = { counted_trace, &calls };
        dm_tape *tape = dm_tape_alloc(&F), *matrix_tape = dm_tape_alloc(&G), *trace_tape = dm_tape_alloc(&T);
        gsl_matrix *A = random_matrix(&d, REGULAR, n, n), *U = zeros(n, n), *H = zeros(n * n, n * n), *dF = zeros(1, 1);
        gsl_matrix *singular = zeros(n, n);
        double value;
        for (int turn = 0; turn < 4; turn++) {
            A = random_matrix(&d, REGULAR, n, n);
            ck_assert_int_eq(dm_tape_gradient(tape, A, &value, U), GSL_SUCCESS);
            ck_assert_int_eq(dm_tape_jvp(tape, A, A, turn % 2 ? dF : NULL, zeros(1, 1)), GSL_SUCCESS);
            ck_assert_int_eq(dm_tape_hessian_vector(tape, A, A, turn % 2 ? &value : NULL, turn % 2 ? NULL : U, zeros(n, n)),
                             GSL_SUCCESS);
            ck_assert_int_eq(dm_tape_jacobian(matrix_tape, A, turn % 2 ? NULL : U, H), GSL_SUCCESS);
            ck_assert_int_eq(dm_tape_hessian(trace_tape, A, turn % 2 ? NULL : &value, turn % 2 ? U : NULL, H), GSL_SUCCESS);
            if (turn == 1)
                calls = 0;             /* by now all that may be wanted was wanted */
        }
        ck_assert_msg(calls == 0, "%zu×%zu: the function was called %d times again", n, n, calls);
        refused(dm_tape_gradient(tape, singular, &value, U), GSL_ESING, raised.message);
        ck_assert_int_eq(calls, 1);
        ck_assert_int_eq(dm_tape_gradient(tape, A, &value, U), GSL_SUCCESS);
        ck_assert_msg(calls == 1, "%zu×%zu: called again after an error", n, n);
        dm_tape_free(tape);
        dm_tape_free(matrix_tape);
        dm_tape_free(trace_tape);
    }
}
END_TEST

/* The same address, the same shape, and rows that lie otherwise. */
START_TEST(rows_may_move_apart)
{
    dice d = { 83 };

    for (size_t n = 2; n <= 18; n += 4) {
        gsl_matrix *block = random_matrix(&d, ANY, n, n + 2), *right = zeros(n, n), *U = zeros(n, n);
        dm_function F = { of_any_shape, NULL };
        dm_tape *tape = dm_tape_alloc(&F);
        for (size_t turn = 0; turn < 6; turn++) {
            gsl_matrix_view A = gsl_matrix_view_array_with_tda(block->data, n, n, n + turn % 3);
            ck_assert_int_eq(dm_gradient(&F, &A.matrix, NULL, right), GSL_SUCCESS);
            ck_assert_int_eq(dm_tape_gradient(tape, &A.matrix, NULL, U), GSL_SUCCESS);
            same(U, right, 1000 * (double) n * DBL_EPSILON * largest(right), "%zu×%zu, rows %zu apart", n, n, n + turn % 3);
        }
        dm_tape_free(tape);
    }
}
END_TEST

/* What is definite by the way it was made, and what is not any more. */
static dm *definite_or_not(dm *A, void *params)
{
    int which = *(int *) params;
    dm *G = dm_mul(dm_transpose(A), A), *I = dm_scale(dm_identity(dm_context_of(A), dm_rows(A)), 3), *S = dm_add(G, I);

    if (which == 1)
        S = dm_add(S, dm_scale(A, 0.25));
    if (which == 2)
        S = dm_sub(dm_add(S, I), dm_scale(G, 0.5));
    if (which == 4)
        S = dm_add(dm_mul(A, A), dm_scale(I, 4));
    if (which == 3)
        S = dm_add(dm_add(dm_mul(A, dm_transpose(A)), dm_scale(I, 10)), dm_add(dm_mul(A, A), G));
    return dm_add(dm_logdet(S), dm_trace(dm_solve(S, dm_inverse(dm_transpose(S)))));
}

START_TEST(definite_is_what_was_made_so)
{
    dice d = { 89 };

    for (int which = 0; which < 5; which++)
        for (size_t n = 2; n <= 20; n += 6) {
            question q = { .tolerance = 6400 * (double) (n * n) * DBL_EPSILON };
            gsl_matrix *A = random_matrix(&d, REGULAR, n, n);
            snprintf(q.text, sizeof q.text, "definite or not, %d, %zu×%zu", which, n, n);
            begin_question(&q, definite_or_not, &which, A);
            for (int turn = 0; turn < 3; turn++) {
                A = random_matrix(&d, REGULAR, n, n);
                for (call c = 0; c < CALLS; c++)
                    if (n <= 8 || c == GRADIENT || c == HESSIAN_VECTOR)
                        ask_both(&q, c, (layout) turn, A, random_like(&d, A), 0);
            }
            dm_tape_free(q.tape);
            forget_matrices();
        }
}
END_TEST

/* Factors of the sizes 1e200, 1e-200 and so on on both sides of A, which meet before it does or not. */
typedef struct {
    const double *size;
    int how;
    bool constant;
    gsl_matrix *C;
} sizes;

static dm *of_sizes_apart(dm *A, void *params)
{
    const sizes *p = params;
    dm *L[3];

    for (int i = 0; i < 3; i++)
        L[i] = dm_scale(p->constant ? dm_constant(dm_context_of(A), p->C) : dm_sin(A), p->size[i]);
    switch (p->how) {
    case 0: return dm_mul(L[0], dm_mul(dm_mul(L[1], A), L[2]));
    case 1: return dm_mul(L[0], dm_mul(L[1], dm_mul(A, L[2])));
    case 2: return dm_mul(L[0], dm_transpose(dm_mul(L[1], dm_transpose(dm_mul(L[2], A)))));
    case 3: return dm_mul(L[0], dm_mul(L[1], dm_mul(L[2], A)));
    default: return dm_inner(dm_mul(L[0], dm_mul(dm_mul(L[1], A), L[2])), A);
    }
}

START_TEST(factors_of_extreme_sizes_meet_as_in_the_driver)
{
    static const double size[][3] = {
        { 1e-200, 1e-200, 1e300 }, { 1e-200, 1e300, 1e-200 }, { 1e300, 1e-200, 1e-200 }, { 1e200, 1e200, 1e-300 },
        { 1e-300, 1e200, 1e200 }, { 1e200, 1e-300, 1e200 }, { 1e-160, 1e-160, 1e160 }, { 1e160, 1e-160, 1e-160 },
    };
    dice d = { 97 };

    for (size_t i = 0; i < sizeof size / sizeof *size; i++)
        for (int how = 0; how < 10; how++)
            for (size_t n = 2; n <= 10; n += 4) {
                gsl_matrix *A = random_matrix(&d, REGULAR, n, n);
                sizes p = { size[i], how / 2, how % 2, random_matrix(&d, REGULAR, n, n) };
                question q = { .relative = true };
                snprintf(q.text, sizeof q.text, "sizes %g, %g, %g, %d, %zu×%zu", size[i][0], size[i][1], size[i][2], how, n, n);
                begin_question(&q, of_sizes_apart, &p, A);
                q.tolerance = 6400 * (double) (n * n) * DBL_EPSILON;
                for (int turn = 0; turn < 2; turn++)
                    ask_everything(&q, CLOSE, random_matrix(&d, REGULAR, n, n), random_like(&d, A), 0);
                dm_tape_free(q.tape);
                forget_matrices();
            }
}
END_TEST

/* ------------------------------------------------------------------------------- arguments that do not fit */

START_TEST(what_a_tape_cannot_do_is_told)
{
    gsl_matrix *A = MATRIX(2, 2, 1, 2, 3, 4), *U = MATRIX(2, 2, 9, 9, 9, 9), *wide = zeros(2, 3), *H = zeros(4, 4), *one = zeros(1, 1);
    const gsl_matrix *two[] = { A, A }, *none[] = { A, NULL };
    gsl_matrix *U2[] = { U, U }, *no_U[] = { U, NULL }, *dF[] = { one, one }, *no_dF[] = { one, NULL };
    dm_function F = { of_any_shape, NULL };
    dm_multi_function G = { scalar_of_three, 3, NULL };
    dm_tape *tape = dm_tape_alloc(&F), *three = dm_tape_alloc_multi(&G);
    double value = 9;

    for (int turn = 0; turn < 2; turn++) {         /* before the tape is recorded, and after */
        refused(dm_tape_gradient(NULL, A, &value, U), GSL_EFAULT, "dm_tape_gradient: the tape or a matrix is NULL");
        refused(dm_tape_gradient(tape, NULL, &value, U), GSL_EFAULT, "dm_tape_gradient: the tape or a matrix is NULL");
        refused(dm_tape_gradient(tape, A, &value, NULL), GSL_EFAULT, "dm_tape_gradient: the tape or a matrix is NULL");
        refused(dm_tape_jvp(tape, A, NULL, NULL, U), GSL_EFAULT, "dm_tape_jvp: the tape or a matrix is NULL");
        refused(dm_tape_jvp(tape, A, A, NULL, NULL), GSL_EFAULT, "dm_tape_jvp: the tape or a matrix is NULL");
        refused(dm_tape_jacobian(tape, A, NULL, NULL), GSL_EFAULT, "dm_tape_jacobian: the tape or a matrix is NULL");
        refused(dm_tape_hessian(tape, A, NULL, NULL, NULL), GSL_EFAULT, "dm_tape_hessian: the tape or a matrix is NULL");
        refused(dm_tape_hessian_vector(tape, A, A, NULL, NULL, NULL), GSL_EFAULT,
                "dm_tape_hessian_vector: the tape or a matrix is NULL");
        refused(dm_tape_gradients(three, none, &value, U2), GSL_EFAULT, "dm_tape_gradients: the tape or a matrix is NULL");
        refused(dm_tape_gradients(three, NULL, &value, U2), GSL_EFAULT, "dm_tape_gradients: the tape or a matrix is NULL");
        refused(dm_tape_gradients(three, two, &value, no_U), GSL_EFAULT, "dm_tape_gradients: the tape or a matrix is NULL");
        refused(dm_tape_push(tape, two, 2, none, NULL, dF), GSL_EFAULT, "dm_tape_push: the tape or a matrix is NULL");
        refused(dm_tape_push(tape, two, 2, two, NULL, no_dF), GSL_EFAULT, "dm_tape_push: the tape or a matrix is NULL");
        refused(dm_tape_push(tape, two, 0, two, NULL, dF), GSL_EINVAL, "dm_tape_push: no direction is given");
        refused(dm_tape_gradient(three, A, NULL, U), GSL_EINVAL,
                "dm_tape_gradient: the function is one of 3 matrices: dm_tape_gradients is for those");
        refused(dm_tape_jvp(three, A, A, NULL, one), GSL_EINVAL,
                "dm_tape_jvp: the function is one of 3 matrices: dm_tape_push is for those");
        refused(dm_tape_jacobian(three, A, NULL, H), GSL_EINVAL,
                "dm_tape_jacobian: the function is one of 3 matrices, and not of one");
        /* Shapes: the words are those of the drivers. */
        refused(dm_tape_gradient(tape, A, &value, wide), GSL_EBADLEN, "dm_gradient: U is 2×3: 2×2 is needed, the shape of A");
        refused(dm_tape_jvp(tape, A, wide, NULL, one), GSL_EBADLEN, "dm_jvp: dA is 2×3: 2×2 is needed, the shape of A");
        refused(dm_tape_jvp(tape, A, A, wide, one), GSL_EBADLEN, "dm_jvp: value is 2×3: 1×1 is needed, the shape of F(A)");
        refused(dm_tape_jvp(tape, A, A, NULL, wide), GSL_EBADLEN, "dm_jvp: dF is 2×3: 1×1 is needed, the shape of F(A)");
        refused(dm_tape_jacobian(tape, A, NULL, H), GSL_EBADLEN,
                "dm_jacobian: J is 4×4: 1×4 is needed, entries of F(A) by entries of A");
        refused(dm_tape_hessian(tape, A, &value, wide, H), GSL_EBADLEN, "dm_hessian: U is 2×3: 2×2 is needed, the shape of A");
        refused(dm_tape_hessian(tape, A, &value, U, wide), GSL_EBADLEN,
                "dm_hessian: H is 2×3: 4×4 is needed, entries of A by entries of A");
        refused(dm_tape_hessian_vector(tape, A, A, &value, U, wide), GSL_EBADLEN,
                "dm_hessian_vector: HdA is 2×3: 2×2 is needed, the shape of A");
        same(U, MATRIX(2, 2, 9, 9, 9, 9), 0, "left as it was");
        ck_assert_double_eq(value, 9);
        ck_assert_int_eq(dm_tape_gradient(tape, A, NULL, copy(U)), GSL_SUCCESS);
        ck_assert_int_eq(dm_tape_jvp(tape, A, A, NULL, copy(one)), GSL_SUCCESS);
        ck_assert_int_eq(dm_tape_hessian(tape, A, NULL, NULL, copy(H)), GSL_SUCCESS);
        ck_assert_int_eq(dm_tape_hessian_vector(tape, A, A, NULL, NULL, copy(U)), GSL_SUCCESS);
        ck_assert_int_eq(raised.times, 0);
    }
    dm_tape_free(tape);
    dm_tape_free(three);
    dm_tape_free(NULL);
    ck_assert_ptr_null(dm_tape_alloc(NULL));
    refused(raised.code, GSL_EFAULT, "dm_tape_alloc: F is NULL");
    ck_assert_ptr_null(dm_tape_alloc(&(dm_function) { NULL, NULL }));
    refused(raised.code, GSL_EFAULT, "dm_tape_alloc: F is NULL");
    ck_assert_ptr_null(dm_tape_alloc_multi(NULL));
    refused(raised.code, GSL_EFAULT, "dm_tape_alloc_multi: F is NULL or a function of no matrix");
    ck_assert_ptr_null(dm_tape_alloc_multi(&(dm_multi_function) { scalar_of_three, 0, NULL }));
    refused(raised.code, GSL_EFAULT, "dm_tape_alloc_multi: F is NULL or a function of no matrix");
}
END_TEST

/* ------------------------------------------------------------------------------------------ out of memory
 *
 * A tape is made, recorded and run three times, the second time with rows that lie apart.  The k-th allocation fails,
 * for k = 0, 1, 2 ...: each call is right or GSL_ENOMEM with its outputs as they were, nothing is lost, and the tape,
 * if there is one, serves afterwards.                                                                 */
static dm *of_much(dm *A, void *params)
{
    dm *B = regular(A), *X = dm_inverse(B);

    (void) params;
    return dm_add(dm_trace(dm_mul(dm_solve(B, dm_exp(A)), X)), dm_add(dm_logdet(B), dm_norm_frobenius(A)));
}

static dm *of_little(dm *A, void *params) { (void) params; return dm_trace(dm_mul(A, dm_mul(A, dm_transpose(A)))); }

static const struct {
    dm *(*f)(dm *A, void *params);
    size_t n;
} thrifty[] = { { of_much, 24 }, { of_much, 4 }, { of_little, 20 }, { of_little, 3 } };

enum { THRIFTY = sizeof thrifty / sizeof *thrifty, TURNS = 3 };

static bool as_they_were(const places *p)
{
    for (size_t i = 0; i < p->out->size1; i++)
        for (size_t j = 0; j < p->out->size2; j++)
            if (gsl_matrix_get(p->out, i, j) != BEFORE)
                return false;
    return p->entry == BEFORE && (!p->second || gsl_matrix_get(p->second, 0, 0) == BEFORE)
        && (!p->value || gsl_matrix_get(p->value, 0, 0) == BEFORE);
}

static void serves(const question *q, call c, const places p[], const places right[], int status, size_t turn)
{
    if (status == GSL_SUCCESS) {
        alike(q, p[turn].out, right[turn].out, q->text, "derivative");
        ck_assert_int_eq(raised.times, 0);
        return;
    }
    ck_assert_msg(status == GSL_ENOMEM && raised.code == GSL_ENOMEM && raised.times == 1, "%s: %s, turn %zu: raised %d times %s",
                  q->text, call_name[c], turn, raised.times, raised.message);
    ck_assert_msg(as_they_were(&p[turn]), "%s: %s, turn %zu: an output is written to", q->text, call_name[c], turn);
}

/* What three turns of a tape came to; nothing is looked at before the tape is gone, since Check allocates too. */
typedef struct {
    int status[TURNS];
    error_log log[TURNS];
    places p[TURNS];
} outcome;

static void take_turns(call c, dm_tape *tape, outcome *o)
{
    for (size_t turn = 0; turn < TURNS; turn++) {
        forget_errors();
        o->status[turn] = ask_tape(c, tape, &o->p[turn]);
        o->log[turn] = raised;
    }
}

static void serve(const question *q, call c, const outcome *o, const places right[])
{
    for (size_t turn = 0; turn < TURNS; turn++) {
        raised = o->log[turn];
        serves(q, c, o->p, right, o->status[turn], turn);
    }
    forget_errors();
}

static void draw_turns(const question *q, call c, size_t n, places p[])
{
    dice d = { n };

    for (size_t turn = 0; turn < TURNS; turn++) {
        gsl_matrix *A = random_matrix(&d, ANY, n, n);
        find_places(&p[turn], c, turn == 1 ? APART : CLOSE, false, A, random_like(&d, A), q->rows, q->cols, 0);
        p[turn].number = &p[turn].entry;
    }
}

START_TEST(every_allocation_of_a_tape_may_fail)
{
    size_t n = thrifty[_i / CALLS].n;
    call c = (call) (_i % CALLS);
    question q = { .F = { thrifty[_i / CALLS].f, NULL }, .rows = 1, .cols = 1 };

    if (n > 12 && c == HESSIAN)
        n = 9;                         /* larger than what it is of */
    q.tolerance = 1000 * (double) (n * n) * DBL_EPSILON;
    for (int after = 0; after < 2; after++)
        for (size_t k = 0, asked = 1; k < asked; k++) {
            places right[TURNS];
            outcome starved, afterwards;
            snprintf(q.text, sizeof q.text, "%zu×%zu, %s, allocation %zu%s", n, n, call_name[c], k, after ? " and all later" : "");
            draw_turns(&q, c, n, right);
            draw_turns(&q, c, n, starved.p);
            draw_turns(&q, c, n, afterwards.p);
            for (size_t turn = 0; turn < TURNS; turn++)
                ask_driver(c, &q.F, &right[turn]);
            forget_errors();
            long in_use = blocks_in_use();
            size_t so_far = allocations();
            fail_allocation(k, after);
            q.tape = dm_tape_alloc(&q.F);
            if (q.tape)
                take_turns(c, q.tape, &starved);
            allocate_again();
            asked = q.tape ? allocations() - so_far : k + 2;
            if (q.tape)
                take_turns(c, q.tape, &afterwards);
            dm_tape_free(q.tape);
            long lost = blocks_in_use() - in_use;
            ck_assert_msg(lost == 0, "%s: %ld blocks are lost", q.text, lost);
            if (q.tape) {
                serve(&q, c, &starved, right);
                serve(&q, c, &afterwards, right);
                for (size_t turn = 0; turn < TURNS; turn++)
                    ck_assert_msg(afterwards.status[turn] == GSL_SUCCESS, "%s: afterwards it is no use", q.text);
            } else {
                refused(raised.code, GSL_ENOMEM, "dm_tape_alloc: out of memory");
            }
            forget_matrices();
        }
}
END_TEST

/* The function leaves so and so many bytes: what is recorded after it must do with these, or the driver. */
static size_t bytes_left;
static dm *(*modest)(dm *A, void *params);

static dm *greedy(dm *A, void *params)
{
    dm_context *context = dm_context_of(A);
    dm *result = modest(A, params);

    if (dm_arena_alloc(context, (size_t) 4 << 20))
        context->at = context->end - bytes_left;
    fail_allocation(0, true);
    return result;
}

START_TEST(a_tape_does_with_what_is_left)
{
    size_t n = _i / CALLS % 2 ? 12 : 3, times = 0, bytes = 32 * step(23);
    call c = (call) (_i % CALLS);
    question q = { .rows = 1, .cols = 1, .tolerance = 1000 * (double) (n * n) * DBL_EPSILON };

    if (n > 8 && c == HESSIAN)
        n = 5;
    modest = _i / CALLS / 2 ? of_much : of_little;
    for (bytes_left = 0; bytes_left < 2 * bytes * (times + 64); bytes_left += bytes * (1 + bytes_left / 8192)) {
        places right[TURNS];
        outcome o;
        snprintf(q.text, sizeof q.text, "%zu×%zu, %s with %zu bytes", n, n, call_name[c], bytes_left);
        draw_turns(&q, c, n, right);
        draw_turns(&q, c, n, o.p);
        q.F = (dm_function) { modest, NULL };
        for (size_t turn = 0; turn < TURNS; turn++)
            ask_driver(c, &q.F, &right[turn]);
        long in_use = blocks_in_use();
        q.F = (dm_function) { greedy, NULL };
        q.tape = dm_tape_alloc(&q.F);
        for (size_t turn = 0; turn < TURNS; turn++) {
            forget_errors();
            o.status[turn] = ask_tape(c, q.tape, &o.p[turn]);
            o.log[turn] = raised;
            allocate_again();
        }
        dm_tape_free(q.tape);
        long lost = blocks_in_use() - in_use;
        ck_assert_msg(lost == 0, "%s: %ld blocks are lost", q.text, lost);
        serve(&q, c, &o, right);
        times += o.status[0] != GSL_SUCCESS;
        forget_matrices();
    }
    ck_assert_msg(times > 0, "%s: no memory is needed", q.text);
}
END_TEST

Suite *drivers_tape_suite(void)
{
    Suite *suite = suite_create("drivers/tape");
    TCase *tc = case_of(suite, "every row");
    int rows = 0;

    while (dm_op_at((size_t) rows))
        rows++;
    tcase_add_loop_test(tc, every_operation_on_tape, 0, rows);
    tcase_add_loop_test(tc, every_operation_of_larger_matrices_on_tape, 0, rows);
    tc = case_of(suite, "ways to ask");
    tcase_add_test(tc, gradients_of_several_matrices);
    tcase_add_test(tc, directions_of_several_matrices);
    tcase_add_test(tc, outputs_may_lie_over_the_directions);
    tcase_add_test(tc, results_are_formed_of_what_is_still_there);
    tcase_add_test(tc, views_are_looked_at_in_each_run);
    tcase_add_test(tc, copies_are_kept);
    tcase_add_test(tc, shapes_and_wishes_change);
    tcase_add_test(tc, functions_may_look_at_entries);
    tcase_add_test(tc, gradients_may_lie_over_each_others_matrices);
    tcase_add_test(tc, a_function_is_called_once);
    tcase_add_test(tc, rows_may_move_apart);
    tcase_add_test(tc, functions_may_be_written_entry_by_entry);
    tcase_add_test(tc, definite_is_what_was_made_so);
    tcase_add_test(tc, products_that_follow_from_each_other);
    tcase_add_loop_test(tc, straight_lines_at_random, 0, 8);
    tc = case_of(suite, "what is not regular");
    tcase_add_loop_test(tc, irregular_points_are_left_to_the_driver, 0, DELICATE);
    tcase_add_loop_test(tc, directions_that_are_no_numbers, 0, DELICATE);
    tcase_add_test(tc, factors_of_extreme_sizes_meet_as_in_the_driver);
    tcase_add_test(tc, what_a_tape_cannot_do_is_told);
    tc = case_of(suite, "out of memory");
    tcase_add_loop_test(tc, every_allocation_of_a_tape_may_fail, 0, THRIFTY * CALLS);
    tcase_add_loop_test(tc, a_tape_does_with_what_is_left, 0, 4 * CALLS);
    return suite;
}
