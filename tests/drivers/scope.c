/* Scopes: what is kept, what is released, and that a long loop needs no more memory than a short one. */
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>
#include "../fixture.h"
#include "../memory.h"
#include "../suites.h"
#include "core/dm.h"

/* Write over whatever the arena believes to be free. */
static void overwrite(void)
{
    dm_scope scope = dm_scope_open(here);

    for (int i = 0; i < 4000; i++)
        memset(dm_arena_alloc(here, 64), 0xff, 64);
    dm_scope_close(scope, NULL, 0);
}

START_TEST(results_outlive_the_scope)
{
    gsl_matrix *A = MATRIX(2, 2, 1, 2, 3, 4), *dA = MATRIX(2, 2, 1, 0, 0, -1);
    dm *x = dm_dual(here, A, dA), *old = dm_mul(x, x), *keep[4];
    dm_scope scope = dm_scope_open(here);

    keep[0] = dm_mul(x, dm_transpose(x));
    keep[1] = old;
    keep[2] = dm_add(dm_ones(here, 2, 3), dm_ones(here, 3, 2));
    keep[3] = dm_named(dm_constant(here, A), "K");
    gsl_matrix *value = value_of(keep[0]), *d = differential_of(keep[0], 0);
    ck_assert_int_eq(dm_scope_close(scope, keep, 4), GSL_SUCCESS);
    overwrite();
    same(value_of(keep[0]), value, 0, "the value");
    same(differential_of(keep[0], 0), d, 0, "the differential");
    ck_assert_ptr_eq(keep[1], old);
    fails(keep[2], GSL_EBADLEN, "dm_add: A is 2×3 and B is 3×2: 2 rows against 3 rows");
    fails(dm_log(dm_neg(dm_named(keep[3], "K"))), GSL_EDOM,
          "dm_log: A is 2×2 and its entry (1,1) is -1: the logarithm needs a positive entry");
    same(value_of(old), value_of(dm_mul(x, x)), 0, "what is older");
}
END_TEST

/* The trajectory of X <- sin(X*B) + X/2 for many steps, with the differential along dX and dB. */
static dm *advance(dm *X, dm *B)
{
    return dm_add(dm_sin(dm_mul(X, B)), dm_scale(X, 0.5));
}

/* A value that waits is worked out within a scope, again after it, and carried out of it. */
START_TEST(values_that_wait_survive_a_scope)
{
    dice d = { 5 };
    gsl_matrix *A = random_matrix(&d, ANY, 6, 9);
    dm *x = dm_constant(here, A), *wait = dm_tanh(x), *twice = dm_scale(wait, 2), *kept;
    dm_scope scope = dm_scope_open(here);
    gsl_matrix *within = value_of(dm_sin(wait));

    kept = dm_hadamard(dm_cos(x), wait);
    ck_assert_int_eq(dm_scope_close(scope, &kept, 1), GSL_SUCCESS);
    overwrite();
    same(value_of(dm_sin(wait)), within, 0, "sin(tanh(A)), again");
    same(value_of(twice), sum_of(2, value_of(dm_tanh(x)), 0, A), 0, "2*tanh(A)");
    same(value_of(kept), value_of(dm_hadamard(dm_cos(x), dm_tanh(x))), 0, "what was carried out");
}
END_TEST

/* Formed within a scope, it is not there afterwards, nor taken for it by the loops for small products. */
START_TEST(small_values_that_wait_are_worked_out_again)
{
    gsl_matrix *A = MATRIX(3, 3, 1, 2, 3, 4, 5, 6, 7, 8, 10), *B = MATRIX(3, 3, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9);
    dm *x = dm_dual(here, A, B), *wait = dm_sin(dm_constant(here, B)), *kept;
    dm_scope scope = dm_scope_open(here);
    gsl_matrix *sines = value_of(wait);

    kept = dm_mul(x, x);
    ck_assert_int_eq(dm_scope_close(scope, &kept, 1), GSL_SUCCESS);
    overwrite();
    dm *y = dm_mul(x, wait);
    same(value_of(y), product(A, sines), 100 * DBL_EPSILON, "A*sin(B)");
    same(differential_of(y, 0), product(B, sines), 100 * DBL_EPSILON, "dA*sin(B)");
}
END_TEST

/* So many that making the last from the first in one recursion would need too much stack. */
START_TEST(a_long_chain_of_values_that_wait)
{
    dm *x = dm_constant(here, MATRIX(1, 2, 0.5, -2)), *y = x;
    double expected[] = { 0.5, -2 };

    for (int i = 0; i < 200000; i++) {
        y = dm_sin(y);
        expected[0] = sin(expected[0]);
        expected[1] = sin(expected[1]);
    }
    gsl_matrix_const_view v = dm_value(y);
    ck_assert(v.matrix.data && v.matrix.data[0] == expected[0] && v.matrix.data[1] == expected[1]);
}
END_TEST

/* What is kept has any shape, and any number of directions. */
START_TEST(rectangles_and_panels_are_kept)
{
    dice d = { 3 };
    gsl_matrix *A = random_matrix(&d, ANY, 2, 5), *B = random_matrix(&d, ANY, 5, 3), *D[3];
    for (size_t k = 0; k < 3; k++)
        D[k] = random_direction(&d, A);
    dm *x = dm_dual_panel(here, A, 3, (const gsl_matrix *const *) D), *b = dm_constant(here, B), *keep[3];
    dm_scope scope = dm_scope_open(here);

    keep[0] = dm_mul(x, b);
    keep[1] = dm_scale(dm_transpose(x), 2);
    keep[2] = dm_sum(b);
    ck_assert_int_eq(dm_scope_close(scope, keep, 3), GSL_SUCCESS);
    overwrite();
    same(value_of(keep[0]), product(A, B), 100 * DBL_EPSILON, "A*B");
    same(value_of(keep[1]), sum_of(2, transposed(A), 0, transposed(A)), 0, "2*A'");
    for (size_t k = 0; k < 3; k++) {
        same(differential_of(keep[0], k), product(D[k], B), 100 * DBL_EPSILON, "dA*B, direction %zu", k);
        same(differential_of(keep[1], k), sum_of(2, transposed(D[k]), 0, transposed(D[k])), 0, "2*dA', direction %zu", k);
        same(differential_of(keep[2], k), zeros(1, 1), 0, "a constant, direction %zu", k);
    }
}
END_TEST

/* That many turns; how many bytes were allocated after the first ten. */
static size_t run(dm **X, dm *B, size_t steps)
{
    dm_scope scope = dm_scope_open(here);
    size_t before = 0;
    int status = GSL_SUCCESS;

    for (size_t i = 0; i < steps && !status; i++) {
        *X = advance(*X, B);
        status = dm_scope_turn(scope, X, 1);
        if (i == 10)
            before = bytes_allocated();
    }
    return dm_scope_close(scope, X, 1) || status ? SIZE_MAX : bytes_allocated() - before;
}

START_TEST(a_long_loop_does_not_grow)
{
    dice d = { 1 };
    gsl_matrix *A = random_matrix(&d, ANY, 4, 4), *R = random_matrix(&d, REGULAR, 4, 4);
    dm *X = dm_dual(here, A, random_direction(&d, A)), *B = dm_dual(here, R, random_direction(&d, R));
    dm *plain = X, *scoped = X;

    for (size_t i = 0; i < 20; i++)
        plain = advance(plain, B);
    ck_assert_uint_eq(run(&scoped, B, 20), 0);
    same(value_of(scoped), value_of(plain), 0, "20 steps");
    same(differential_of(scoped, 0), differential_of(plain, 0), 0, "20 steps, the differential");

    dm_scope outer = dm_scope_open(here);
    size_t grown = run(&X, B, 10000);
    ck_assert_int_eq(dm_scope_close(outer, &X, 1), GSL_SUCCESS);
    ck_assert_uint_eq(grown, 0);
    ck_assert(isfinite(largest(value_of(X))));
}
END_TEST

/* Turns keep what they are told to, forget the rest, and leave older things alone. */
static void turn(bool within_another)
{
    gsl_matrix *A = MATRIX(2, 2, 0.5, 0.25, -0.5, 0.75), *power = copy(A);
    dm *B = dm_mul(dm_constant(here, A), dm_constant(here, eye(2)));   /* not formed yet */
    dm *X = dm_dual(here, A, eye(2)), *count = dm_scalar(here, 0);
    dm_scope outer = { .context = NULL }, scope;

    if (within_another)
        outer = dm_scope_open(here);
    scope = dm_scope_open(here);
    for (int i = 0; i < 8; i++) {
        dm *keep[] = { dm_mul(X, B), dm_add(count, dm_ones(here, 1, 1)), B };
        ck_assert_int_eq(dm_scope_turn(scope, keep, 3), GSL_SUCCESS);
        X = keep[0], count = keep[1];
        ck_assert_ptr_eq(keep[2], B);
        power = product(power, A);
        overwrite();
        same(value_of(X), power, 16 * DBL_EPSILON, "turn %d", i);
        same(value_of(B), A, 0, "what is older, turn %d", i);
        ck_assert_double_eq(dm_value_scalar(count), i + 1);
    }
    ck_assert_int_eq(dm_scope_close(scope, &X, 1), GSL_SUCCESS);
    if (within_another)
        ck_assert_int_eq(dm_scope_close(outer, &X, 1), GSL_SUCCESS);
    overwrite();
    same(value_of(X), power, 16 * DBL_EPSILON, "after the scopes");
    same(value_of(B), A, 0, "what is older, after the scopes");
}

START_TEST(a_turn_leaves_the_scope_open)
{
    turn(false);
    dm_context_reset(here);
    turn(true);
}
END_TEST

/* What can be seen from a scope's number. */
START_TEST(misused_scopes_are_refused)
{
    dm_scope none = dm_scope_open(NULL), outer = dm_scope_open(here), inner = dm_scope_open(here);
    dm *kept = dm_scalar(here, 2);

    refused(dm_scope_close(none, &kept, 1), GSL_EFAULT, "dm_scope_close: the scope has no context (NULL)");
    refused(dm_scope_close(inner, NULL, 1), GSL_EFAULT,
            "dm_scope_close: keep is NULL and n is 1: it holds what stays");
    refused(dm_scope_close(outer, &kept, 1), GSL_EINVAL, "dm_scope_close: scope 1 is not the innermost open "
            "one, which is 2: inner ones are closed first, and each once");
    ck_assert_int_eq(dm_scope_close(inner, &kept, 1), GSL_SUCCESS);
    refused(dm_scope_close(inner, &kept, 1), GSL_EINVAL,
            "dm_scope_close: scope 2 is not open: it was closed already, or the context was reset");
    ck_assert_int_eq(dm_scope_turn(outer, &kept, 1), GSL_SUCCESS);
    ck_assert_int_eq(dm_scope_close(outer, &kept, 1), GSL_SUCCESS);
    refused(dm_scope_turn(outer, &kept, 1), GSL_EINVAL,
            "dm_scope_turn: scope 1 is not open: it was closed already, or the context was reset");
    ck_assert_double_eq(dm_value_scalar(kept), 2);
}
END_TEST

START_TEST(a_reset_closes_scopes)
{
    dm_scope old = dm_scope_open(here);

    dm_context_reset(here);
    refused(dm_scope_close(old, NULL, 0), GSL_EINVAL,
            "dm_scope_close: scope 1 is not open: it was closed already, or the context was reset");
    dm_scope fresh = dm_scope_open(here);
    dm *two = dm_scalar(here, 2);
    refused(dm_scope_close(old, NULL, 0), GSL_EINVAL, "dm_scope_close: scope 1 is not the innermost open "
            "one, which is 2: inner ones are closed first, and each once");
    ck_assert_double_eq(dm_value_scalar(two), 2);
    ck_assert_int_eq(dm_scope_close(fresh, &two, 1), GSL_SUCCESS);
}
END_TEST

START_TEST(a_formal_turn_releases_nothing)
{
    gsl_matrix *A = MATRIX(2, 2, 0.5, 0.25, -0.5, 0.75);
    dm_scope scope = dm_scope_open(here);
    dm *v = dm_variable(here, A), *f = v;
    for (int i = 0; i < 3; i++) {
        f = dm_mul(f, v);
        dm *before = f;
        ck_assert_int_eq(dm_scope_turn(scope, &f, 1), GSL_SUCCESS);
        ck_assert_ptr_eq(f, before);
    }
    ck_assert_int_eq(dm_scope_close(scope, &f, 1), GSL_SUCCESS);
    same(gradient_of(dm_trace(f), v), sum_of(4, transposed(product(A, product(A, A))), 0, A), 16 * DBL_EPSILON, "4*(A³)'");
}
END_TEST

/* Entries and factors that an older number gets within a scope go with it, and are made again after it. */
START_TEST(what_is_formed_late_is_formed_again)
{
    dice d = { 4 };
    gsl_matrix *A = random_matrix(&d, REGULAR, 20, 20), *B = random_matrix(&d, ANY, 20, 20);
    dm *a = dm_constant(here, A), *b = dm_constant(here, B), *ab = dm_mul(a, b), *at = dm_transpose(a);
    gsl_matrix *expected = product(A, B);
    double small = 20 * 100 * DBL_EPSILON;

    for (int turn = 0; turn < 3; turn++) {
        dm_scope outer = dm_scope_open(here), inner = dm_scope_open(here);
        same(value_of(ab), expected, small, "in the scope");
        same(product(A, value_of(dm_inverse(a))), eye(20), small, "the inverse");
        same(product(transposed(A), value_of(dm_solve(at, b))), B, small, "a solve");
        ck_assert_int_eq(dm_scope_close(inner, NULL, 0), GSL_SUCCESS);
        overwrite();
        same(value_of(ab), expected, small, "after the inner scope");
        ck_assert_int_eq(dm_scope_close(outer, NULL, 0), GSL_SUCCESS);
        overwrite();
        same(value_of(ab), expected, small, "after the scopes");
        same(product(value_of(dm_solve_right(b, a)), A), B, small, "a solve after the scopes");
        overwrite();
        same(product(value_of(dm_inverse(a)), A), eye(20), small, "the inverse after the scopes");
        dm_context_reset(here);
        a = dm_constant(here, A), b = dm_constant(here, B), ab = dm_mul(a, b), at = dm_transpose(a);
    }
}
END_TEST

/* A formal scope keeps everything; what was made in it belongs to the computation from then on, also when a
 * later scope, at the same depth, is released.                                                       */
START_TEST(a_formal_scope_keeps_its_terms)
{
    gsl_matrix *A = MATRIX(2, 2, 1, 2, 3, 4);
    dm *x = dm_variable(here, A), *f = dm_trace(x), *late, *y;
    dm_scope scope = dm_scope_open(here);

    y = dm_mul(x, x);
    dm *same_y = y;
    late = dm_mul(dm_constant(here, A), dm_constant(here, A));           /* not formed yet */
    ck_assert_int_eq(dm_scope_close(scope, &y, 1), GSL_SUCCESS);
    ck_assert_ptr_eq(y, same_y);
    f = dm_add(f, dm_trace(dm_mul(y, x)));
    for (int turn = 0; turn < 2; turn++) {
        scope = dm_scope_open(here);
        dm *keep = y;
        same(value_of(late), product(A, A), 0, "formed in a later scope");
        same(value_of(y), product(A, A), 0, "the formal one's value too");
        ck_assert_int_eq(dm_scope_close(scope, &keep, 1), GSL_SUCCESS);
        ck_assert_ptr_eq(keep, y);
        overwrite();
        same(value_of(late), product(A, A), 0, "after it");
        same(value_of(y), product(A, A), 0, "after it");
    }
    same(gradient_of(f, x), sum_of(1, eye(2), 3, transposed(product(A, A))), 0, "1 + 3*(A*A)'");
}
END_TEST

/* A gradient that was read off within a scope is read off again after it. */
START_TEST(what_is_read_off_in_a_scope_goes_with_it)
{
    dice d = { 8 };
    gsl_matrix *A = random_matrix(&d, ANY, 6, 6), *expected = transposed(product(A, A));
    dm *x = dm_variable(here, A), *f = dm_trace(dm_mul(x, dm_mul(x, x)));

    for (int turn = 0; turn < 3; turn++) {
        dm_scope scope = dm_scope_open(here);
        same(gradient_of(f, x), sum_of(3, expected, 0, A), 100 * DBL_EPSILON, "in the scope");
        ck_assert_int_eq(dm_scope_close(scope, NULL, 0), GSL_SUCCESS);
        overwrite();
        same(gradient_of(f, x), sum_of(3, expected, 0, A), 100 * DBL_EPSILON, "after the scope");
    }
}
END_TEST

START_TEST(a_scope_of_nothing_is_an_error)
{
    dm_scope none = { .context = NULL };

    ck_assert_int_eq(dm_scope_close(none, NULL, 0), GSL_EFAULT);
    ck_assert_int_eq(dm_scope_turn(none, NULL, 0), GSL_EFAULT);
}
END_TEST

/* A failure that was raised in the scope is not raised again after it. */
START_TEST(a_failure_is_raised_once_across_scopes)
{
    dm_scope scope = dm_scope_open(here);
    dm *no = dm_inverse(dm_zeros(here, 2, 2));

    ck_assert_ptr_null(dm_value(no).matrix.data);
    refused(dm_status(no), GSL_ESING, "dm_inverse: A is 2×2 and singular: pivot 1 of its LU factors is 0");
    ck_assert_int_eq(dm_scope_close(scope, &no, 1), GSL_SUCCESS);
    ck_assert_ptr_null(dm_value(no).matrix.data);
    ck_assert_int_eq(raised.times, 0);
    ck_assert_str_eq(dm_message(no), "dm_inverse: A is 2×2 and singular: pivot 1 of its LU factors is 0");
}
END_TEST

Suite *drivers_scope_suite(void)
{
    Suite *suite = suite_create("drivers/scope");
    TCase *tc = case_of(suite, "scopes");

    tcase_add_test(tc, results_outlive_the_scope);
    tcase_add_test(tc, rectangles_and_panels_are_kept);
    tcase_add_test(tc, values_that_wait_survive_a_scope);
    tcase_add_test(tc, small_values_that_wait_are_worked_out_again);
    tcase_add_test(tc, a_long_chain_of_values_that_wait);
    tcase_add_test(tc, a_long_loop_does_not_grow);
    tcase_add_test(tc, a_turn_leaves_the_scope_open);
    tcase_add_test(tc, misused_scopes_are_refused);
    tcase_add_test(tc, a_reset_closes_scopes);
    tcase_add_test(tc, a_formal_turn_releases_nothing);
    tcase_add_test(tc, what_is_formed_late_is_formed_again);
    tcase_add_test(tc, a_formal_scope_keeps_its_terms);
    tcase_add_test(tc, what_is_read_off_in_a_scope_goes_with_it);
    tcase_add_test(tc, a_scope_of_nothing_is_an_error);
    tcase_add_test(tc, a_failure_is_raised_once_across_scopes);
    return suite;
}
