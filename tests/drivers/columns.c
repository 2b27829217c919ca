/* Tapes whose gradient, or second derivatives times a direction, are a column times a row, x*y', which is written to where
 * it is wanted as such; or a multiple of it, or made from it; or what has its rows scaled.  x and y are looked at anew by
 * each run.                                                                                          */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include "../fixture.h"
#include "../suites.h"
#include "asking.h"
#include "drivers/drivers.h"

typedef struct {
    gsl_matrix *x, *y;
    int how;
    int calls;
} columns;

static dm *of_columns(dm *A, void *params)
{
    const columns *p = params;
    dm *x = dm_constant_view(dm_context_of(A), p->x), *y = dm_constant_view(dm_context_of(A), p->y);
    dm *s = dm_mul(dm_transpose(x), dm_mul(A, y));

    switch (p->how) {
    case 0: return dm_norm_squared(dm_sub(dm_mul(A, y), x));                   /* U = 2*(A*y-x)*y', H dA = 2*dA*y*y' */
    case 1: return dm_norm_squared(dm_sub(dm_mul(dm_transpose(A), x), y));     /* U = 2*x*(A'*x-y)' */
    case 2: return dm_scale(s, -3);                                            /* U = -3*x*y' */
    case 3: return dm_mul(s, s);                                               /* U = 2*s*x*y', H dA = 2*ds*x*y' */
    case 4: return dm_sum(dm_tanh(dm_mul(A, y)));                              /* U = h*y', h the slopes */
    case 5: return dm_add(s, dm_norm_squared(dm_sub(A, dm_outer(x, y))));      /* U = x*y' + 2*(A - x*y') */
    case 6: return dm_add(dm_scale(s, 1e-200), dm_inner(A, dm_scale(A, 0.5)));     /* U = 1e-200*x*y' + A */
    case 7: return dm_inner(dm_scale(dm_tanh(dm_outer(x, y)), 1000), dm_mul(dm_diag(x), A));    /* U = 1000*diag(x)*tanh(x*y') */
    default: return dm_scale(dm_inner(dm_mul(dm_diag(x), A), A), -0.5);            /* U = -diag(x)*A, H dA = -diag(x)*dA */
    }
}

enum { COLUMNS = 9 };

/* tanh(x .* (tanh(x*y')*a)), whose Jacobian is one matrix with its rows scaled. */
static dm *of_a_column(dm *a, void *params)
{
    const columns *p = params;
    dm *x = dm_constant_view(dm_context_of(a), p->x), *y = dm_constant_view(dm_context_of(a), p->y);

    return dm_tanh(dm_hadamard(x, dm_mul(dm_tanh(dm_outer(x, y)), a)));
}

START_TEST(jacobians_that_are_one_matrix)
{
    static const size_t shape_of[][2] = { { 9, 8 }, { 8, 8 }, { 30, 20 }, { 64, 64 }, { 70, 40 }, { 3, 2 } };
    size_t m = shape_of[_i][0], n = shape_of[_i][1];
    dice d = { 850 + (uint64_t) _i };
    columns p = { random_matrix(&d, ANY, m, 1), random_matrix(&d, ANY, n, 1), 0, 0 };
    gsl_matrix *a = random_matrix(&d, ANY, n, 1);
    question q = { .relative = true };

    snprintf(q.text, sizeof q.text, "scaled rows of %zu×%zu", m, n);
    begin_question(&q, of_a_column, &p, a);
    for (int turn = 0; turn < 2 * LAYOUTS; turn++) {
        ask_both(&q, JACOBIAN, (layout) (turn % LAYOUTS), random_like(&d, a), a, turn < LAYOUTS ? 0 : NO_VALUE);
        gsl_matrix_memcpy(p.x, random_like(&d, p.x));
        if (turn == 3)
            gsl_matrix_set(p.x, 1, 0, NAN);
    }
    dm_tape_free(q.tape);
}
END_TEST

static void ask_columns(const question *q, const gsl_matrix *A, dice *d)
{
    for (int turn = 0; turn < LAYOUTS + 1; turn++) {
        ask_both(q, GRADIENT, (layout) (turn % LAYOUTS), A, A, turn == LAYOUTS ? NO_VALUE : 0);
        ask_both(q, HESSIAN_VECTOR, (layout) (turn % LAYOUTS), A, random_like(d, A), turn == LAYOUTS ? NO_GRADIENT : 0);
    }
}

START_TEST(gradients_that_are_a_column_times_a_row)
{
    static const size_t shape_of[][2] = { { 9, 8 }, { 8, 8 }, { 8, 9 }, { 20, 30 }, { 70, 65 }, { 65, 3 }, { 2, 40 } };
    dice d = { 800 + (uint64_t) _i };

    for (size_t i = 0; i < sizeof shape_of / sizeof *shape_of; i++) {
        size_t m = shape_of[i][0], n = shape_of[i][1];
        columns p = { random_matrix(&d, ANY, m, 1), random_matrix(&d, ANY, n, 1), _i, 0 };
        gsl_matrix *A = random_matrix(&d, ANY, m, n);
        question q = { .relative = true };
        snprintf(q.text, sizeof q.text, "columns, function %d of %zu×%zu", _i, m, n);
        begin_question(&q, of_columns, &p, A);
        for (int turn = 0; turn < 2; turn++) {
            ask_columns(&q, random_like(&d, A), &d);
            gsl_matrix_memcpy(p.x, random_like(&d, p.x));
            gsl_matrix_memcpy(p.y, random_like(&d, p.y));
        }
        dm_tape_free(q.tape);
    }
}
END_TEST

/* Sizes of the entries of x, y and A: products that are regular though the squares of the columns are not; of some only
 * the gradient overflows.  Then entries that are none.                                                */
START_TEST(columns_of_extreme_sizes)
{
    static const double size[][3] = {
        { 1, 1, 1 }, { 1e170, 1e-170, 1 }, { 1e-170, 1e170, 1 }, { 1e-160, 1e-170, 1 }, { 1e160, 1e160, 1e-200 },
        { 1e200, 1e108, 1e-200 }, { 1e154, 1e153, 1e-10 }, { 1e160, 1e160, 1 }, { 1e-300, 1e300, 1e-300 }, { 1e-8, 1e8, 1e8 },
        { 1e306, 1e-306, 1e-200 },
    };
    dice d = { 900 + (uint64_t) _i };
    columns p = { random_matrix(&d, ANY, 9, 1), random_matrix(&d, ANY, 11, 1), _i, 0 };
    gsl_matrix *A = random_matrix(&d, ANY, 9, 11);
    question q = { .relative = true };

    begin_question(&q, of_columns, &p, A);
    for (size_t i = 0; i < sizeof size / sizeof *size + 4; i++) {
        const double *by = size[i < sizeof size / sizeof *size ? i : 0];
        gsl_matrix *B = random_like(&d, A), *x = random_like(&d, p.x), *y = random_like(&d, p.y);
        gsl_matrix_scale(x, by[0]);
        gsl_matrix_scale(y, by[1]);
        gsl_matrix_scale(B, by[2]);
        snprintf(q.text, sizeof q.text, "columns, function %d, sizes %g, %g and %g, turn %zu", _i, by[0], by[1], by[2], i);
        if (i >= sizeof size / sizeof *size)
            gsl_matrix_set(i % 2 ? x : y, 3, 0, i % 4 < 2 ? NAN : INFINITY);
        gsl_matrix_memcpy(p.x, x);
        gsl_matrix_memcpy(p.y, y);
        for (int without = 0; without < 4; without++) {
            ask_both(&q, GRADIENT, without % 2 ? APART : CLOSE, B, B, (unsigned) without % 2);
            ask_both(&q, HESSIAN_VECTOR, without % 2 ? APART : CLOSE, B, random_like(&d, B), (unsigned) without);
        }
    }
    dm_tape_free(q.tape);
}
END_TEST

/* Two gradients at once: both are such products, one and the same, one of which the other is made, multiples; and where
 * the column is itself a matrix of the function.                                                      */
static dm *of_two(dm *const X[], void *params)
{
    columns *p = params;
    dm *x = dm_constant_view(dm_context_of(X[0]), p->x), *y = dm_constant_view(dm_context_of(X[0]), p->y);
    dm *t = dm_mul(dm_transpose(p->how == 4 ? X[0] : x), dm_mul(X[1], y));
    dm *s = p->how == 4 ? t : dm_mul(dm_transpose(x), dm_mul(X[0], y));

    p->calls++;
    switch (p->how) {
    case 0: return dm_add(dm_norm_squared(dm_sub(dm_mul(X[0], y), x)), dm_scale(t, 0.25));
    case 1: return dm_add(s, t);
    case 2: return dm_mul(dm_transpose(x), dm_mul(dm_add(X[0], dm_sin(X[1])), y));
    case 3: return dm_mul(s, t);
    default: return t;
    }
}

START_TEST(two_gradients_that_are_a_column_times_a_row)
{
    dice d = { 1000 + (uint64_t) _i };
    columns p = { random_matrix(&d, ANY, 12, 1), random_matrix(&d, ANY, 15, 1), _i, 0 };
    dm_multi_function F = { of_two, 2, &p };
    dm_tape *tape = dm_tape_alloc_multi(&F);
    gsl_matrix *A = random_matrix(&d, ANY, 12, _i == 4 ? 1 : 15), *B = random_matrix(&d, ANY, 12, 15);

    for (int turn = 0; turn < 8; turn++) {         /* the second one at the same addresses */
        gsl_matrix *right[] = { zeros(12, A->size2), zeros(12, 15) };
        gsl_matrix *U[] = { room(12, A->size2, 0), room(12, 15, turn == 3 ? 2 : 0) };
        const gsl_matrix *in[] = { A, B };
        double expected, value;
        gsl_matrix_memcpy(A, random_like(&d, A));
        gsl_matrix_memcpy(B, random_like(&d, B));
        gsl_matrix_memcpy(p.x, random_like(&d, p.x));
        if (turn == 5 && _i) {
            gsl_matrix_scale(p.x, 1e170);
            gsl_matrix_scale(p.y, 1e-170);
        }
        dm_context_reset(here);
        ck_assert_int_eq(dm_multi_gradient_in(here, &F, in, &expected, right), GSL_SUCCESS);
        if (turn == 4 || turn == 7) {
            U[0] = _i == 4 ? A : B;
            U[1] = _i == 4 ? B : A;
        }
        ck_assert_int_eq(dm_tape_gradients(tape, in, &value, U), GSL_SUCCESS);
        same_number(value, expected, 1e4 * DBL_EPSILON * fabs(expected), "function %d, turn %d: the value", _i, turn);
        for (size_t i = 0; i < 2; i++) {
            same(U[i], right[i], 1e4 * DBL_EPSILON * largest(right[i]), "function %d, turn %d: gradient %zu", _i, turn, i + 1);
            margin_is_there(U[i], "dm_tape_gradients");
        }
        if (turn < 5)                  /* once each time by the ordinary way, and once recorded */
            ck_assert_int_eq(p.calls, turn + 2);
    }
    dm_tape_free(tape);
}
END_TEST

Suite *drivers_columns_suite(void)
{
    Suite *suite = suite_create("drivers/columns");
    TCase *tc = case_of(suite, "a column times a row");

    tcase_add_loop_test(tc, gradients_that_are_a_column_times_a_row, 0, COLUMNS);
    tcase_add_loop_test(tc, jacobians_that_are_one_matrix, 0, 6);
    tcase_add_loop_test(tc, columns_of_extreme_sizes, 0, COLUMNS);
    tcase_add_loop_test(tc, two_gradients_that_are_a_column_times_a_row, 0, 5);
    return suite;
}
