/* Sums, multiples and products entry by entry: exact values, and what cannot be. */
#include <float.h>
#include <math.h>
#include "../fixture.h"
#include "../suites.h"

START_TEST(values_are_what_they_are_called)
{
    dm *A = dm_constant(here, MATRIX(2, 3, 1, 2, 3, 4, 5, 6)), *B = dm_constant(here, MATRIX(2, 3, 2, 8, -4, 1, 0.5, 3));

    same(value_of(dm_add(A, B)), MATRIX(2, 3, 3, 10, -1, 5, 5.5, 9), 0, "A+B");
    same(value_of(dm_sub(A, B)), MATRIX(2, 3, -1, -6, 7, 3, 4.5, 3), 0, "A-B");
    same(value_of(dm_neg(A)), MATRIX(2, 3, -1, -2, -3, -4, -5, -6), 0, "-A");
    same(value_of(dm_scale(A, -0.5)), MATRIX(2, 3, -0.5, -1, -1.5, -2, -2.5, -3), 0, "-0.5*A");
    same(value_of(dm_scale_by(A, dm_scalar(here, 2))), MATRIX(2, 3, 2, 4, 6, 8, 10, 12), 0, "s*A");
    same(value_of(dm_hadamard(A, B)), MATRIX(2, 3, 2, 16, -12, 4, 2.5, 18), 0, "A.*B");
    same(value_of(dm_quotient(A, B)), MATRIX(2, 3, 0.5, 0.25, -0.75, 4, 10, 2), 0, "A./B");
}
END_TEST

/* d((A./B).*B) = dA:  a function and its inverse give the direction back. */
START_TEST(a_quotient_times_its_divisor_gives_the_direction_back)
{
    dice d = { 1 };
    gsl_matrix *A = random_matrix(&d, ANY, 3, 2), *B = random_like(&d, A), *dA = random_like(&d, A);
    dm *a = dm_dual(here, A, dA), *b = dm_dual(here, B, random_like(&d, A));

    same(differential_of(dm_hadamard(dm_quotient(a, b), b), 0), dA, 1e3 * DBL_EPSILON, "d((A./B).*B)");
    same(differential_of(dm_sub(dm_add(a, b), b), 0), dA, 1e2 * DBL_EPSILON, "d(A+B-B)");
    same(differential_of(dm_neg(dm_neg(a)), 0), dA, 0, "d(-(-A))");
}
END_TEST

START_TEST(what_cannot_be_divided_or_scaled_is_told)
{
    dm *A = dm_ones(here, 2, 2), *B = dm_constant(here, MATRIX(2, 2, 1, 2, 0, 4));

    fails(dm_quotient(A, B), GSL_EZERODIV, "dm_quotient: B is 2×2 and its entry (2,1) is 0");
    fails(dm_quotient(A, dm_named(dm_sub(B, B), "D")), GSL_EZERODIV,
          "dm_quotient: D is 2×2 and its entry (1,1) is 0");
    fails(dm_scale(A, NAN), GSL_EDOM, "dm_scale: the factor is nan");
    fails(dm_scale(A, -INFINITY), GSL_EDOM, "dm_scale: the factor is -inf");
}
END_TEST

/* s*(t*A) where s*t is too large or too small for a number, and s*(t*A) is not; and a vector that is scaled
 * because its square would overflow.                                                                */
START_TEST(factors_may_meet_beyond_the_range_of_numbers)
{
    dm *large = dm_constant(here, MATRIX(1, 2, 3e300, -4e300)), *small = dm_constant(here, MATRIX(1, 2, 3e-300, 4e-300));
    dm *product = dm_mul(dm_constant(here, MATRIX(1, 1, 2e-300)), large), *unit = dm_scale(large, 1e-300);

    same(value_of(dm_scale(dm_scale(large, 1e-250), 1e-250)), MATRIX(1, 2, 3e-200, -4e-200), 1e-214, "down");
    same(value_of(dm_scale(dm_scale(small, 1e250), 1e250)), MATRIX(1, 2, 3e200, 4e200), 1e186, "up");
    same(value_of(dm_scale(dm_transpose(dm_scale(dm_transpose(small), 1e250)), 1e250)),
         MATRIX(1, 2, 3e200, 4e200), 1e186, "up, transposed");
    same(value_of(dm_scale(dm_scale(product, 1e200), 1e100)), MATRIX(1, 2, 6e300, -8e300), 1e286, "a product");
    same_number(dm_value_scalar(dm_inner(unit, unit)), 25, 1e-13, "scaled against overflow, inner");
    same_number(dm_value_scalar(dm_mul(unit, dm_transpose(unit))), 25, 1e-13, "scaled against overflow, mul");
    same_number(dm_value_scalar(dm_inner(dm_scale(dm_identity(here, 2), 1e-300), dm_scale(dm_ones(here, 2, 2), 1e300))),
                2, 1e-15, "eye and ones");
}
END_TEST

/* An entry that is 0 stays 0 under an infinite factor: 0*inf is no NaN in a derivative. */
START_TEST(a_direction_that_does_not_move_stays_still)
{
    dm *x = dm_dual(here, MATRIX(2, 1, 0, 4), MATRIX(2, 1, 0, 1));

    same(differential_of(dm_hadamard(dm_sqrt(x), x), 0), MATRIX(2, 1, 0, 3), 8 * DBL_EPSILON, "sqrt(x).*x");
}
END_TEST

Suite *operations_arithmetic_suite(void)
{
    Suite *suite = suite_create("operations/arithmetic");
    TCase *tc = case_of(suite, "arithmetic");

    tcase_add_test(tc, values_are_what_they_are_called);
    tcase_add_test(tc, a_quotient_times_its_divisor_gives_the_direction_back);
    tcase_add_test(tc, what_cannot_be_divided_or_scaled_is_told);
    tcase_add_test(tc, factors_may_meet_beyond_the_range_of_numbers);
    tcase_add_test(tc, a_direction_that_does_not_move_stays_still);
    return suite;
}
