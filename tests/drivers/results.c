/* Taking results out. */
#include <math.h>
#include "../fixture.h"
#include "../suites.h"

START_TEST(values_are_views_that_may_be_taken_again)
{
    dm *A = dm_constant(here, MATRIX(2, 2, 1, 2, 3, 4)), *B = dm_mul(A, dm_transpose(A));
    _gsl_matrix_const_view first = dm_value(B), second = dm_value(B);

    ck_assert_ptr_eq(first.matrix.data, second.matrix.data);
    same(&first.matrix, MATRIX(2, 2, 5, 11, 11, 25), 0, "A*A'");
    ck_assert_int_eq(dm_status(B), GSL_SUCCESS);
    ck_assert_str_eq(dm_message(B), "");
}
END_TEST

START_TEST(differentials_that_are_not_there_are_told)
{
    gsl_matrix *A = MATRIX(1, 2, 1, 2);
    const gsl_matrix *two[] = { A, A };
    dm *v = dm_variable(here, A), *c = dm_constant(here, A);

    ck_assert_ptr_null(dm_differential(v, 0).matrix.data);
    refused(raised.code, GSL_EINVAL,
            "dm_differential: the differential is formal: read it off with dm_read_off, or use dm_dual");
    ck_assert_ptr_null(dm_differential(c, 1).matrix.data);
    refused(raised.code, GSL_EINVAL, "dm_differential: direction 1 of 0 (they count from 0)");
    same(differential_of(c, 0), zeros(1, 2), 0, "a constant");
    dm *p = dm_dual_panel(here, A, 2, two);
    ck_assert_ptr_null(dm_differential(p, 2).matrix.data);
    refused(raised.code, GSL_EINVAL, "dm_differential: direction 2 of 2 (they count from 0)");
    same(differential_of(v, 0), zeros(1, 2), 0, "a variable does not move with the duals");
    same(differential_of(dm_hcat(v, p), 1), MATRIX(1, 4, 0, 0, 1, 2), 0, "[v, p]");
}
END_TEST

START_TEST(scalars_are_one_by_one)
{
    dm *A = dm_dual(here, MATRIX(2, 1, 1, 2), MATRIX(2, 1, 3, 4)), *s = dm_sum(A);

    ck_assert_double_eq(dm_value_scalar(s), 3);
    ck_assert_double_eq(dm_differential_scalar(s, 0), 7);
    ck_assert(isnan(dm_value_scalar(A)));
    refused(raised.code, GSL_EBADLEN, "dm_value_scalar: the dual matrix is 2×1: a 1×1 is needed");
    ck_assert(isnan(dm_differential_scalar(A, 0)));
    refused(raised.code, GSL_EBADLEN, "dm_differential_scalar: the dual matrix is 2×1: a 1×1 is needed");
    ck_assert(isnan(dm_value_scalar(NULL)));
    refused(raised.code, GSL_EFAULT, "dualmat: the dual matrix is NULL");
}
END_TEST

/* The bad entry may be in any direction; the message shows that entry. */
START_TEST(an_infinite_differential_shows_its_entry)
{
    gsl_matrix *A = MATRIX(1, 2, 4, 0), *X = MATRIX(1, 2, 1, 0), *Y = MATRIX(1, 2, 0, -1);
    const gsl_matrix *two[] = { X, Y };
    dm *r = dm_sqrt(dm_dual_panel(here, A, 2, two));

    ck_assert_ptr_null(dm_differential(r, 1).matrix.data);
    refused(raised.code, GSL_EDOM, "dm_differential: entry (1,2) of the differential is -inf: dm_sqrt has no finite "
            "derivative where entry (1,2) of its operand is 0");
}
END_TEST

/* -------------------------------------------------------------------- outputs over inputs
 *
 * What is written may lie where something is still to be read from.                                   */
static dm *triple(dm *A, void *params) { (void) params; return dm_scale(A, 3); }
static dm *squared(dm *A, void *params) { (void) params; return dm_norm_squared(A); }

START_TEST(outputs_may_lie_over_inputs)
{
    dm_function linear = { triple, NULL }, square = { squared, NULL };
    gsl_matrix *A0 = MATRIX(2, 2, 1, 2, 3, 4), *D0 = MATRIX(2, 2, 5, 6, 7, 8), *A = copy(A0), *D = copy(D0), *other = zeros(2, 2);
    double value;

    ck_assert_int_eq(dm_jvp(&linear, A, D, D, other), GSL_SUCCESS);      /* the value over the direction */
    same(D, sum_of(3, A0, 0, A0), 0, "3*A");
    same(other, sum_of(3, D0, 0, D0), 0, "3*dA");
    gsl_matrix_memcpy(D, D0);
    ck_assert_int_eq(dm_jvp(&linear, A, D, A, D), GSL_SUCCESS);          /* both in place */
    same(A, sum_of(3, A0, 0, A0), 0, "3*A, in place");
    same(D, sum_of(3, D0, 0, D0), 0, "3*dA, in place");

    /* A row of the Hessian, or a block of the Jacobian, is the argument. */
    gsl_matrix *H = zeros(4, 4), *J = zeros(4, 4), *Hd = zeros(2, 2), *x0 = MATRIX(1, 4, 1, 2, 3, 4), *U = zeros(1, 4);
    gsl_matrix_view in_H = gsl_matrix_submatrix(H, 3, 0, 1, 4), in_J = gsl_matrix_submatrix(J, 0, 1, 2, 2);
    gsl_matrix_memcpy(&in_H.matrix, x0);
    gsl_matrix_memcpy(&in_J.matrix, A0);
    ck_assert_int_eq(dm_hessian(&square, &in_H.matrix, &value, U, H), GSL_SUCCESS);
    same(U, sum_of(2, x0, 0, x0), 0, "the gradient of a row under its Hessian");
    same(H, sum_of(2, eye(4), 0, H), 0, "the Hessian");
    ck_assert_int_eq(dm_jacobian(&linear, &in_J.matrix, other, J), GSL_SUCCESS);
    same(other, sum_of(3, A0, 0, A0), 0, "the value of a matrix under its Jacobian");
    same(J, sum_of(3, eye(4), 0, J), 0, "the Jacobian");
    gsl_matrix_memcpy(&in_H.matrix, x0);
    ck_assert_int_eq(dm_jacobian(&linear, &in_H.matrix, U, H), GSL_SUCCESS);
    same(U, sum_of(3, x0, 0, x0), 0, "the value of a row under its Jacobian");
    gsl_matrix_memcpy(A, A0);
    gsl_matrix_memcpy(D, D0);
    ck_assert_int_eq(dm_hessian_vector(&square, A, D, &value, D, Hd), GSL_SUCCESS);
    same(D, sum_of(2, A0, 0, A0), 0, "the gradient over the direction");
    same(Hd, sum_of(2, D0, 0, D0), 0, "2*dA");
}
END_TEST

Suite *drivers_results_suite(void)
{
    Suite *suite = suite_create("drivers/results");
    TCase *tc = case_of(suite, "results");

    tcase_add_test(tc, values_are_views_that_may_be_taken_again);
    tcase_add_test(tc, differentials_that_are_not_there_are_told);
    tcase_add_test(tc, scalars_are_one_by_one);
    tcase_add_test(tc, an_infinite_differential_shows_its_entry);
    tcase_add_test(tc, outputs_may_lie_over_inputs);
    return suite;
}
