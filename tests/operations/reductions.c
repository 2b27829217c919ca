/* Reductions: the logarithm of a sum of exponentials and its gradient, where they are extreme. */
#include <float.h>
#include <math.h>
#include "../fixture.h"
#include "../suites.h"

static void relatively(double got, double expected, double roundings, const char *what)
{
    same_number(got, expected, roundings * DBL_EPSILON * fabs(expected), "%s", what);
}

START_TEST(logsumexp_neither_overflows_nor_forgets)
{
    dm *far = dm_constant(here, MATRIX(2, 2, 1000, -1000, 999, 1000)), *near = dm_constant(here, MATRIX(1, 2, -50, 0));

    relatively(dm_value_scalar(dm_logsumexp(far)), 1000 + log(2 + exp(-1)), 2, "logsumexp of 1000");
    relatively(dm_value_scalar(dm_logsumexp(near)), log1p(exp(-50)), 2, "logsumexp of -50 and 0");
    relatively(dm_value_scalar(dm_logsumexp(dm_scalar(here, -7.5))), -7.5, 0, "logsumexp of one");
    same(value_of(dm_softmax(near)), MATRIX(1, 2, exp(-50) / (1 + exp(-50)), 1), 2 * DBL_EPSILON * exp(-50), "softmax");
}
END_TEST

/* With S = (q, p), q = exp(-50)/(1+exp(-50)) and p = 1-q: dS = p*q*(dx1-dx2)*(1, -1).  As S2 - S2^2 it is 0. */
START_TEST(softmax_is_right_in_the_tails)
{
    double e = exp(-50), pq = e / ((1 + e) * (1 + e));
    gsl_matrix *x = MATRIX(1, 2, -50, 0), *dS = MATRIX(1, 2, 0.75 * pq, -0.75 * pq);

    same(differential_of(dm_softmax(dm_dual(here, x, MATRIX(1, 2, 1.25, 0.5))), 0), dS, 8 * DBL_EPSILON * pq, "pushed");
    dm *v = dm_variable(here, x);
    same(gradient_of(dm_inner(dm_constant(here, MATRIX(1, 2, 1.25, 0.5)), dm_softmax(v)), v), dS,
         8 * DBL_EPSILON * pq, "read off");
    dm *y = dm_variable_of(dm_dual(here, x, MATRIX(1, 2, 1.25, 0.5)));
    same(differential_of(dm_gradient_of(dm_logsumexp(y), y), 0), dS, 8 * DBL_EPSILON * pq, "the Hessian of logsumexp");
}
END_TEST

/* What is added to all entries is added to logsumexp, and softmax does not see it. */
START_TEST(softmax_sees_differences_alone)
{
    dice d = { 11 };
    gsl_matrix *A = random_like(&d, zeros(4, 3)), *ones = copy(A);

    gsl_matrix_set_all(ones, 1);
    same(differential_of(dm_softmax(dm_dual(here, A, ones)), 0), zeros(4, 3), DBL_EPSILON, "along ones");
    same(differential_of(dm_logsumexp(dm_dual(here, A, ones)), 0), MATRIX(1, 1, 1), 12 * DBL_EPSILON, "its sum is 1");
    same(value_of(dm_log(dm_sum(dm_exp(dm_constant(here, A))))), value_of(dm_logsumexp(dm_constant(here, A))),
         12 * DBL_EPSILON, "log(sum(exp(A)))");
}
END_TEST

Suite *operations_reductions_suite(void)
{
    Suite *suite = suite_create("operations/reductions");
    TCase *tc = case_of(suite, "exponentials");

    tcase_add_test(tc, logsumexp_neither_overflows_nor_forgets);
    tcase_add_test(tc, softmax_is_right_in_the_tails);
    tcase_add_test(tc, softmax_sees_differences_alone);
    return suite;
}
