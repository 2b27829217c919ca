/* Shapes, failed operands, contexts and levels, as every operation finds them: all messages, whole. */
#include "../fixture.h"
#include "../suites.h"
#include "operations/operations.h"

static dm *M(size_t m, size_t n)
{
    return dm_ones(here, m, n);
}

START_TEST(shapes_that_do_not_fit_are_told)
{
    fails(dm_add(M(2, 3), M(3, 2)), GSL_EBADLEN, "dm_add: A is 2×3 and B is 3×2: 2 rows against 3 rows");
    fails(dm_sub(M(2, 3), M(2, 1)), GSL_EBADLEN, "dm_sub: A is 2×3 and B is 2×1: 3 columns against 1 column");
    fails(dm_hadamard(M(1, 3), M(2, 3)), GSL_EBADLEN,
          "dm_hadamard: A is 1×3 and B is 2×3: 1 row against 2 rows");
    fails(dm_quotient(M(2, 2), M(2, 4)), GSL_EBADLEN,
          "dm_quotient: A is 2×2 and B is 2×4: 2 columns against 4 columns");
    fails(dm_hadamard_power(M(2, 2), M(4, 2)), GSL_EBADLEN,
          "dm_hadamard_power: A is 2×2 and B is 4×2: 2 rows against 4 rows");
    fails(dm_mul(M(3, 4), M(5, 2)), GSL_EBADLEN, "dm_mul: A is 3×4 and B is 5×2: 4 columns against 5 rows");
    fails(dm_mul(M(3, 1), M(2, 2)), GSL_EBADLEN, "dm_mul: A is 3×1 and B is 2×2: 1 column against 2 rows");
    fails(dm_inner(M(3, 4), M(4, 3)), GSL_EBADLEN, "dm_inner: A is 3×4 and B is 4×3: 3 rows against 4 rows");
    fails(dm_solve(M(3, 3), M(2, 1)), GSL_EBADLEN, "dm_solve: A is 3×3 and B is 2×1: 3 rows against 2 rows");
    fails(dm_solve_right(M(2, 3), M(2, 2)), GSL_EBADLEN,
          "dm_solve_right: B is 2×3 and A is 2×2: 3 columns against 2 rows");
    fails(dm_hcat(M(2, 3), M(3, 3)), GSL_EBADLEN, "dm_hcat: A is 2×3 and B is 3×3: 2 rows against 3 rows");
    fails(dm_vcat(M(2, 3), M(2, 4)), GSL_EBADLEN, "dm_vcat: A is 2×3 and B is 2×4: 3 columns against 4 columns");
}
END_TEST

START_TEST(shapes_that_are_not_square_are_told)
{
    fails(dm_trace(M(2, 3)), GSL_EBADLEN,
          "dm_trace: A is 2×3: 2 rows against 3 columns, a square matrix is needed");
    fails(dm_inverse(M(1, 2)), GSL_EBADLEN,
          "dm_inverse: A is 1×2: 1 row against 2 columns, a square matrix is needed");
    fails(dm_det(M(4, 1)), GSL_EBADLEN,
          "dm_det: A is 4×1: 4 rows against 1 column, a square matrix is needed");
    fails(dm_logdet(M(4, 5)), GSL_EBADLEN,
          "dm_logdet: A is 4×5: 4 rows against 5 columns, a square matrix is needed");
    fails(dm_cofactor(M(3, 2)), GSL_EBADLEN,
          "dm_cofactor: A is 3×2: 3 rows against 2 columns, a square matrix is needed");
    fails(dm_power(M(3, 2), 2), GSL_EBADLEN,
          "dm_power: A is 3×2: 3 rows against 2 columns, a square matrix is needed");
    fails(dm_solve(M(3, 2), M(3, 1)), GSL_EBADLEN,
          "dm_solve: A is 3×2: 3 rows against 2 columns, a square matrix is needed");
    fails(dm_solve_right(M(2, 3), M(3, 2)), GSL_EBADLEN,
          "dm_solve_right: B is 2×3 and A is 3×2: 3 columns against 2 columns");
}
END_TEST

START_TEST(shapes_that_are_no_vector_or_scalar_are_told)
{
    static const dm_op row_op = { .name = "row", .operands = "x", .shapes = "1n nn" };

    fails(dm_outer(M(2, 3), M(2, 1)), GSL_EBADLEN,
          "dm_outer: x is 2×3: a column vector is needed (3 columns against 1)");
    fails(dm_outer(M(2, 1), M(1, 2)), GSL_EBADLEN,
          "dm_outer: y is 1×2: a column vector is needed (2 columns against 1)");
    fails(dm_diag(M(1, 3)), GSL_EBADLEN, "dm_diag: x is 1×3: a column vector is needed (3 columns against 1)");
    fails(dm_scale_by(M(2, 2), M(2, 1)), GSL_EBADLEN,
          "dm_scale_by: s is 2×1: a scalar, 1×1 is needed (2 rows against 1)");
    fails(dm_scale_by(M(2, 2), M(1, 4)), GSL_EBADLEN,
          "dm_scale_by: s is 1×4: a scalar, 1×1 is needed (4 columns against 1)");
    fails(dm_apply(&row_op, (dm *[DM_OPERANDS]) { M(2, 3) }, NULL), GSL_EBADLEN,
          "dm_row: x is 2×3: a row vector is needed (2 rows against 1)");
}
END_TEST

START_TEST(named_operands_are_called_by_their_names)
{
    gsl_matrix *E = MATRIX(2, 3, 1, 2, 3, 4, 5, 6);
    dm *J = dm_named(dm_variable(here, E), "J"), *b = dm_named(M(2, 1), "b");

    fails(dm_mul(J, b), GSL_EBADLEN, "dm_mul: J is 2×3 and b is 2×1: 3 columns against 2 rows");
    fails(dm_add(M(3, 3), J), GSL_EBADLEN, "dm_add: A is 3×3 and J is 2×3: 3 rows against 2 rows");
    fails(dm_trace(J), GSL_EBADLEN, "dm_trace: J is 2×3: 2 rows against 3 columns, a square matrix is needed");
    fails(dm_log(dm_sub(b, b)), GSL_EDOM,
          "dm_log: A is 2×1 and its entry (1,1) is 0: the logarithm needs a positive entry");
    fails(dm_log(dm_named(dm_neg(J), "minus J")), GSL_EDOM,
          "dm_log: minus J is 2×3 and its entry (1,1) is -1: the logarithm needs a positive entry");
    ck_assert_ptr_null(dm_named(NULL, "nothing"));
}
END_TEST

START_TEST(an_expression_runs_on_with_its_first_reason)
{
    const char *reason = "dm_mul: A is 3×4 and B is 5×2: 4 columns against 5 rows";
    dm *C = dm_mul(M(3, 4), M(5, 2)), *D = dm_add(M(2, 2), M(3, 3));

    ck_assert_ptr_eq(dm_trace(dm_inverse(C)), C);
    ck_assert_ptr_eq(dm_mul(M(7, 7), dm_transpose(C)), C);
    ck_assert_ptr_eq(dm_hcat(C, D), C);
    ck_assert_ptr_eq(dm_hcat(D, C), D);
    ck_assert_ptr_eq(dm_variable_of(C), C);
    ck_assert_ptr_eq(dm_gradient_of(C, M(1, 1)), C);
    ck_assert_ptr_eq(dm_named(C, "C"), C);
    ck_assert_str_eq(dm_context_message(here), reason);
    ck_assert_int_eq(dm_context_error(here), GSL_EBADLEN);
    ck_assert_int_eq(raised.times, 0);
    fails(dm_power(dm_kron(dm_exp(dm_scale(C, 2)), D), -2), GSL_EBADLEN, reason);
}
END_TEST

/* A failure on one level fails the result of the level above. */
START_TEST(a_failure_below_is_a_failure_above)
{
    dm *x = dm_variable_of(dm_dual(here, MATRIX(2, 2, 1, 2, 2, 4), MATRIX(2, 2, 1, 0, 0, 1)));

    fails(dm_inverse(x), GSL_ESING, "dm_inverse: A is 2×2 and singular: pivot 2 of its LU factors is 0");
    ck_assert_ptr_null(dm_inverse(NULL));
}
END_TEST

START_TEST(null_goes_through_and_is_an_error_in_the_end)
{
    dm *A = M(2, 2), *nothing = dm_mul(NULL, NULL);

    ck_assert_ptr_null(nothing);
    fails(dm_mul(A, NULL), GSL_EFAULT, "dm_mul: B is NULL");
    fails(dm_trace(dm_mul(nothing, A)), GSL_EFAULT, "dm_mul: A is NULL");
    fails(dm_add(dm_trace(M(2, 3)), NULL), GSL_EBADLEN, dm_message(dm_trace(M(2, 3))));
    ck_assert_ptr_null(dm_scale(NULL, 2));
    ck_assert_ptr_null(dm_pow(NULL, NAN));
    ck_assert_ptr_null(dm_variable_of(NULL));
    ck_assert_ptr_null(dm_gradient_of(NULL, A));
    ck_assert_ptr_null(dm_gradient_of(A, NULL));
    ck_assert_int_eq(raised.times, 0);
    ck_assert_ptr_null(dm_value(nothing).matrix.data);
    refused(dm_status(nothing), GSL_EFAULT, "dualmat: the dual matrix is NULL");
    ck_assert_ptr_null(dm_differential(nothing, 0).matrix.data);
    refused(dm_status(nothing), GSL_EFAULT, "dualmat: the dual matrix is NULL");
    ck_assert_str_eq(dm_message(nothing), "the dual matrix is NULL");
    ck_assert_uint_eq(dm_rows(nothing) + dm_columns(nothing), 0);
    refused(dm_read_off(nothing, A, NULL), GSL_EFAULT, "dualmat: the dual matrix is NULL");
    refused(dm_read_off(A, nothing, NULL), GSL_EFAULT, "dualmat: the dual matrix is NULL");
}
END_TEST

START_TEST(contexts_do_not_mix)
{
    dm_context *elsewhere = dm_context_alloc();
    dm *A = M(2, 2), *B = dm_ones(elsewhere, 2, 2);

    fails(dm_mul(A, B), GSL_EINVAL, "dm_mul: the operands live in different contexts");
    ck_assert_int_eq(dm_context_error(elsewhere), GSL_SUCCESS);
    dm_context_free(elsewhere);
}
END_TEST

START_TEST(two_sets_of_directions_do_not_mix)
{
    const gsl_matrix *two[] = { MATRIX(1, 1, 2), MATRIX(1, 1, 3) };
    dm *P = dm_number_panel(here, 2, two);

    fails(dm_mul(P, P), GSL_EUNSUP, "dm_mul: both operands carry several directions (2 and 2): at most one "
          "level of a computation can");
}
END_TEST

/* An operation of different levels takes the lower one for a constant; the result is of the higher. */
START_TEST(the_lower_level_is_constant_for_the_higher)
{
    gsl_matrix *A = MATRIX(1, 1, 3), *one = eye(1);
    dm *x = dm_dual(here, A, one), *y = dm_variable(here, A), *z = dm_mul(x, dm_mul(y, y)), *c = dm_scalar(here, 5);

    ck_assert_ptr_eq(z->level, y->level);
    ck_assert_ptr_eq(z->dual.value->level, x->level);
    ck_assert_ptr_null(dm_mul(c, c)->level);
    ck_assert_ptr_eq(dm_mul(c, x)->level, x->level);
    ck_assert_double_eq(dm_value_scalar(z), 27);
    ck_assert_double_eq(dm_differential_scalar(z, 0), 9);            /* of x*y² along x */
    dm *G = dm_gradient_of(z, y);
    ck_assert_double_eq(dm_value_scalar(G), 18);                     /* 2*x*y */
    ck_assert_double_eq(dm_differential_scalar(G, 0), 6);            /* 2*y */
}
END_TEST

Suite *operations_apply_suite(void)
{
    Suite *suite = suite_create("operations/apply");
    TCase *tc = case_of(suite, "applying");

    tcase_add_test(tc, shapes_that_do_not_fit_are_told);
    tcase_add_test(tc, shapes_that_are_not_square_are_told);
    tcase_add_test(tc, shapes_that_are_no_vector_or_scalar_are_told);
    tcase_add_test(tc, named_operands_are_called_by_their_names);
    tcase_add_test(tc, an_expression_runs_on_with_its_first_reason);
    tcase_add_test(tc, a_failure_below_is_a_failure_above);
    tcase_add_test(tc, null_goes_through_and_is_an_error_in_the_end);
    tcase_add_test(tc, contexts_do_not_mix);
    tcase_add_test(tc, two_sets_of_directions_do_not_mix);
    tcase_add_test(tc, the_lower_level_is_constant_for_the_higher);
    return suite;
}
