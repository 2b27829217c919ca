/* Norms: at 0, at the ends of the range of numbers, and what has no derivative. */
#include <float.h>
#include <math.h>
#include "../fixture.h"
#include "../suites.h"

static dm *norm(dm *A, void *params)
{
    (void) params;
    return dm_norm_frobenius(A);
}

static dm *norm_squared(dm *A, void *params)
{
    (void) params;
    return dm_norm_squared(A);
}

START_TEST(at_zero_the_gradient_is_zero)
{
    dm *x = dm_variable(here, zeros(3, 1)), *A = dm_variable(here, zeros(2, 3));
    dm *d = dm_dual(here, zeros(3, 1), MATRIX(3, 1, 1, 2, 3));

    ck_assert_double_eq(dm_value_scalar(dm_norm(x)), 0);
    same(gradient_of(dm_norm(x), x), zeros(3, 1), 0, "norm(x)");
    same(gradient_of(dm_norm_frobenius(A), A), zeros(2, 3), 0, "norm(A,'fro')");
    same(gradient_of(dm_norm_squared(A), A), zeros(2, 3), 0, "norm(A,'fro')^2");
    same(value_of(dm_normalize(dm_constant(here, zeros(2, 3)))), zeros(2, 3), 0, "A/norm(A)");
    ck_assert_double_eq(dm_differential_scalar(dm_norm(d), 0), 0);
    ck_assert_double_eq(dm_differential_scalar(dm_norm_squared(d), 0), 0);
}
END_TEST

/* The square is smooth at 0, its Hessian is 2*I; the norm itself has none. */
START_TEST(at_zero_only_the_square_has_a_hessian)
{
    dm_function square = { norm_squared, NULL }, plain = { norm, NULL };
    gsl_matrix *U = zeros(2, 2), *H = zeros(4, 4);
    double value;

    ck_assert_int_eq(dm_hessian(&square, zeros(2, 2), &value, U, H), GSL_SUCCESS);
    same(H, sum_of(2, eye(4), 0, H), 0, "2*I");
    refused(dm_hessian(&plain, zeros(2, 2), &value, U, H), GSL_EZERODIV,
            "dm_norm_frobenius: A is 2×2 and zero: a norm has no second derivative there (its square has: "
            "dm_norm_squared)");
    same(H, sum_of(2, eye(4), 0, H), 0, "left as it was");
    dm *z = dm_named(dm_dual(here, zeros(1, 3), MATRIX(1, 3, 1, 1, 1)), "z");
    fails(dm_normalize(z), GSL_EZERODIV, "dm_norm_frobenius: z is 1×3 and zero: a norm has no second derivative "
          "there (its square has: dm_norm_squared)");
}
END_TEST

START_TEST(norms_neither_overflow_nor_underflow)
{
    static const double sizes[] = { 1, 1e-300, 1e-200, 1e-141, 1e139, 1e141, 1e200, 1e300 };

    for (size_t i = 0; i < 8; i++) {
        double s = sizes[i];
        dm *x = dm_variable(here, MATRIX(2, 1, 3 * s, -4 * s)), *n = dm_norm(x);
        same_number(dm_value_scalar(n) / s, 5, 20 * DBL_EPSILON, "norm of [3; -4]*%g", s);
        same(gradient_of(n, x), MATRIX(2, 1, 0.6, -0.8), 4 * DBL_EPSILON, "gradient at [3; -4]*%g", s);
        same(value_of(dm_normalize(x)), MATRIX(2, 1, 0.6, -0.8), 4 * DBL_EPSILON, "direction of [3; -4]*%g", s);
    }
}
END_TEST

/* The direction of a matrix is there also where its norm is out of range. */
START_TEST(directions_are_there_where_norms_are_not)
{
    gsl_matrix *half = MATRIX(1, 2, sqrt(0.5), -sqrt(0.5)), *larger = MATRIX(2, 2, 0.5, 0.5, 0.5, -0.5);

    same(value_of(dm_normalize(dm_constant(here, MATRIX(1, 2, 1.7e308, -1.7e308)))), half, 4 * DBL_EPSILON, "largest");
    same(value_of(dm_normalize(dm_constant(here, MATRIX(1, 2, 5e-324, -5e-324)))), half, 4 * DBL_EPSILON, "smallest");
    same(value_of(dm_normalize(dm_constant(here, MATRIX(2, 2, 1.7e308, 1.7e308, 1.7e308, -1.7e308)))), larger, 4 * DBL_EPSILON, "2×2");
    ck_assert_ptr_null(dm_value(dm_norm_frobenius(dm_constant(here, MATRIX(1, 2, 1.7e308, -1.7e308)))).matrix.data);
    ck_assert_int_eq(raised.code, GSL_EOVRFLW);
}
END_TEST

START_TEST(a_vector_norm_wants_a_vector)
{
    fails(dm_norm(dm_ones(here, 2, 3)), GSL_EBADLEN,
          "dm_norm: x is 2×3: a vector is needed (dm_norm_frobenius takes a matrix)");
    ck_assert_double_eq(dm_value_scalar(dm_norm(dm_ones(here, 1, 4))), 2);
    ck_assert_double_eq(dm_value_scalar(dm_norm(dm_ones(here, 4, 1))), 2);
    ck_assert_double_eq(dm_value_scalar(dm_norm(dm_scalar(here, -3))), 3);
}
END_TEST

Suite *operations_norms_suite(void)
{
    Suite *suite = suite_create("operations/norms");
    TCase *tc = case_of(suite, "norms");

    tcase_add_test(tc, at_zero_the_gradient_is_zero);
    tcase_add_test(tc, at_zero_only_the_square_has_a_hessian);
    tcase_add_test(tc, norms_neither_overflow_nor_underflow);
    tcase_add_test(tc, directions_are_there_where_norms_are_not);
    tcase_add_test(tc, a_vector_norm_wants_a_vector);
    return suite;
}
