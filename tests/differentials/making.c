/* Making dual matrices: what goes in comes out, and what cannot go in is told. */
#include <math.h>
#include "../fixture.h"
#include "../suites.h"

START_TEST(matrices_that_are_handed_in_are_copied)
{
    gsl_matrix *large = MATRIX(3, 4, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12), *dA = MATRIX(2, 2, 1, 0, -1, 2);
    gsl_matrix_view part = gsl_matrix_submatrix(large, 1, 1, 2, 2);    /* its rows are four apart */
    dm *c = dm_constant(here, &part.matrix), *d = dm_dual(here, &part.matrix, dA), *v = dm_variable(here, &part.matrix);
    gsl_matrix *expected = copy(&part.matrix);

    gsl_matrix_set_zero(large);
    same(value_of(c), expected, 0, "constant");
    same(value_of(d), expected, 0, "dual");
    same(value_of(v), expected, 0, "variable");
    same(differential_of(d, 0), dA, 0, "the direction");
    same(differential_of(c, 0), zeros(2, 2), 0, "a constant does not move");
    ck_assert_uint_eq(dm_rows(d), 2);
    ck_assert_uint_eq(dm_columns(dm_constant(here, MATRIX(1, 3, 1, 2, 3))), 3);
    ck_assert_double_eq(dm_value_scalar(dm_scalar(here, -2.5)), -2.5);
}
END_TEST

/* Views: nothing is copied where rows lie one behind the other, and nothing is written to. */
START_TEST(views_are_of_what_is_handed_in)
{
    gsl_matrix *A = MATRIX(2, 2, 1, 2, 3, 4), *dA = MATRIX(2, 4, 1, 0, 5, 6, -1, 2, 7, 8), *before = copy(A);
    gsl_matrix *large = MATRIX(3, 4, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12), *U = zeros(2, 2);
    gsl_matrix_view part = gsl_matrix_submatrix(large, 1, 1, 2, 2), wide = gsl_matrix_submatrix(large, 0, 0, 1, 2);
    dm *c = dm_constant_view(here, A), *d = dm_dual_view(here, A, 2, dA), *v = dm_variable_view(here, A);
    dm *strided = dm_constant_view(here, &part.matrix), *s = dm_variable_view(here, &part.matrix);

    ck_assert_ptr_eq(dm_value(c).matrix.data, A->data);
    ck_assert_ptr_eq(dm_value(v).matrix.data, A->data);
    same(value_of(d), A, 0, "dual view");
    same(differential_of(d, 0), MATRIX(2, 2, 1, 0, -1, 2), 0, "the first direction");
    same(differential_of(d, 1), MATRIX(2, 2, 5, 6, 7, 8), 0, "the second direction");
    same(value_of(strided), MATRIX(2, 2, 6, 7, 10, 11), 0, "of a part of a matrix");
    same(gradient_of(dm_inner(s, s), s), MATRIX(2, 2, 12, 14, 20, 22), 0, "of a part of a matrix, read off");
    dm *e = dm_dual_view(here, &wide.matrix, 2, MATRIX(1, 4, 1, 2, 3, 4));
    same(differential_of(e, 1), MATRIX(1, 2, 3, 4), 0, "the second direction of a row");
    gsl_matrix_view rows = gsl_matrix_submatrix(large, 0, 0, 2, 2);
    gsl_matrix *both = zeros(2, 6);
    gsl_matrix_view two = gsl_matrix_submatrix(both, 0, 1, 2, 4);
    gsl_matrix_memcpy(&two.matrix, dA);
    e = dm_dual_view(here, &rows.matrix, 2, &two.matrix);
    same(differential_of(e, 0), MATRIX(2, 2, 1, 0, -1, 2), 0, "the first direction of a part");
    same(differential_of(e, 1), MATRIX(2, 2, 5, 6, 7, 8), 0, "the second direction of a part");

    /* Sums are not carried on in what is only looked at. */
    dm *sum = dm_add(dm_add(dm_mul(v, v), v), dm_mul(v, v));
    ck_assert_int_eq(dm_read_off(dm_trace(dm_add(sum, v)), v, U), GSL_SUCCESS);
    dm_value(dm_inverse(c));
    dm_value(dm_solve(c, c));
    same(A, before, 0, "A as it was");

    fails(dm_constant_view(here, NULL), GSL_EFAULT, "dm_constant_view: A is NULL");
    fails(dm_variable_view(here, NULL), GSL_EFAULT, "dm_variable_view: A is NULL");
    fails(dm_dual_view(here, NULL, 1, A), GSL_EFAULT, "dm_dual_view: A is NULL");
    fails(dm_dual_view(here, A, 1, NULL), GSL_EFAULT, "dm_dual_view: dA is NULL");
    fails(dm_dual_view(here, A, 3, dA), GSL_EBADLEN,
          "dm_dual_view: A is 2×2 and dA is 2×4: 3 directions side by side are 2×6");
    fails(dm_dual_view(here, A, 0, dA), GSL_EBADLEN,
          "dm_dual_view: A is 2×2 and dA is 2×4: 0 directions side by side are 2×0");
    fails(dm_dual_view(here, A, 1, MATRIX(1, 2, 1, 2)), GSL_EBADLEN,
          "dm_dual_view: A is 2×2 and dA is 1×2: 1 directions side by side are 2×2");
}
END_TEST

START_TEST(directions_are_kept_apart)
{
    gsl_matrix *A = MATRIX(2, 1, 5, 6), *X = MATRIX(2, 1, 1, 2), *Y = MATRIX(2, 1, 3, 4), *Z = MATRIX(2, 1, -1, 0);
    const gsl_matrix *three[] = { X, Y, Z };
    dm *P = dm_dual_panel(here, A, 3, three);

    same(differential_of(P, 0), X, 0, "the first");
    same(differential_of(P, 1), Y, 0, "the second");
    same(differential_of(dm_transpose(P), 2), transposed(Z), 0, "the third, transposed");
    same(differential_of(dm_scalar(here, 1), 2), zeros(1, 1), 0, "a constant's third");
}
END_TEST

START_TEST(what_is_no_matrix_is_told)
{
    gsl_matrix *A = MATRIX(2, 2, 1, 2, 3, 4), *bad = MATRIX(2, 2, 1, 2, NAN, 4), *wide = MATRIX(1, 2, 1, INFINITY);
    gsl_matrix empty = { 0, 3, 3, NULL, NULL, 0 }, *long_row = zeros(1, 40);

    gsl_matrix_set(long_row, 0, 37, -INFINITY);
    fails(dm_constant(here, bad), GSL_EDOM, "dm_constant: A is 2×2 and its entry (2,1) is nan");
    fails(dm_variable(here, wide), GSL_EDOM, "dm_variable: A is 1×2 and its entry (1,2) is inf");
    fails(dm_constant(here, long_row), GSL_EDOM, "dm_constant: A is 1×40 and its entry (1,38) is -inf");
    fails(dm_dual(here, bad, A), GSL_EDOM, "dm_dual: A is 2×2 and its entry (2,1) is nan");
    fails(dm_dual(here, A, bad), GSL_EDOM, "dm_dual: dA is 2×2 and its entry (2,1) is nan");
    fails(dm_scalar(here, NAN), GSL_EDOM, "dm_scalar: a is 1×1 and its entry (1,1) is nan");
    fails(dm_constant(here, NULL), GSL_EFAULT, "dm_constant: A is NULL");
    fails(dm_variable(here, &empty), GSL_EINVAL,
          "dm_variable: A is empty: a matrix has at least one row and one column");
    fails(dm_dual(here, A, NULL), GSL_EFAULT, "dm_dual: dA is NULL");
    fails(dm_identity(here, 0), GSL_EINVAL, "dm_identity: 0×0: a matrix has at least one row and one column");
    fails(dm_zeros(here, 2, 0), GSL_EINVAL, "dm_zeros: 2×0: a matrix has at least one row and one column");
    fails(dm_ones(here, 0, 2), GSL_EINVAL, "dm_ones: 0×2: a matrix has at least one row and one column");
}
END_TEST

START_TEST(directions_that_do_not_fit_are_told)
{
    gsl_matrix *A = MATRIX(2, 2, 1, 2, 3, 4), *B = MATRIX(2, 1, 1, 2);
    const gsl_matrix *two[] = { A, A }, *wrong[] = { A, B };

    fails(dm_dual(here, A, B), GSL_EBADLEN, "dm_dual: A is 2×2 and dA is 2×1: they must have the same shape");
    fails(dm_dual_panel(here, A, 2, wrong), GSL_EBADLEN,
          "dm_dual: A is 2×2 and dA is 2×1: they must have the same shape");
    fails(dm_dual_panel(here, A, 0, two), GSL_EINVAL, "dm_dual_panel: no direction is given");
    ck_assert_int_eq(dm_status(dm_dual_panel(here, A, 2, two)), GSL_SUCCESS);
    fails(dm_dual(here, A, A), GSL_EINVAL,
          "dm_dual: 1 directions here and 2 in another dual matrix of this context: all move at once");
    dm_context_reset(here);
    ck_assert_int_eq(dm_status(dm_dual(here, A, A)), GSL_SUCCESS);
}
END_TEST

START_TEST(without_a_context_there_is_nothing)
{
    gsl_matrix *A = eye(2);
    const gsl_matrix *one[] = { A };

    ck_assert_ptr_null(dm_constant(NULL, A));
    ck_assert_ptr_null(dm_scalar(NULL, 1));
    ck_assert_ptr_null(dm_identity(NULL, 1));
    ck_assert_ptr_null(dm_zeros(NULL, 1, 1));
    ck_assert_ptr_null(dm_ones(NULL, 1, 1));
    ck_assert_ptr_null(dm_dual(NULL, A, A));
    ck_assert_ptr_null(dm_dual_panel(NULL, A, 1, one));
    ck_assert_ptr_null(dm_variable(NULL, A));
    ck_assert_ptr_null(dm_constant_view(NULL, A));
    ck_assert_ptr_null(dm_dual_view(NULL, A, 1, A));
    ck_assert_ptr_null(dm_variable_view(NULL, A));
    ck_assert_int_eq(raised.times, 11);
    ck_assert_int_eq(raised.code, GSL_EFAULT);
    ck_assert_str_eq(raised.message, "dm_variable_view: the context is NULL");
}
END_TEST

Suite *differentials_making_suite(void)
{
    Suite *suite = suite_create("differentials/making");
    TCase *tc = case_of(suite, "making");

    tcase_add_test(tc, matrices_that_are_handed_in_are_copied);
    tcase_add_test(tc, views_are_of_what_is_handed_in);
    tcase_add_test(tc, directions_are_kept_apart);
    tcase_add_test(tc, what_is_no_matrix_is_told);
    tcase_add_test(tc, directions_that_do_not_fit_are_told);
    tcase_add_test(tc, without_a_context_there_is_nothing);
    return suite;
}
