/* The exponential of a matrix: what is known of it, norms of every size, matrices far from normal. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include "../fixture.h"
#include "../suites.h"

static gsl_matrix *expm(const gsl_matrix *A)
{
    return value_of(dm_expm(dm_constant(here, A)));
}

/* Every degree, and scaling. */
static const double norms[] = { 0, 1e-9, 0.005, 0.1, 0.5, 1.2, 3, 10, 40 };

START_TEST(the_exponential_of_minus_a_matrix_is_the_inverse)
{
    for (size_t k = 0; k < sizeof norms / sizeof *norms; k++) {
        dice d = { k };
        gsl_matrix *A = random_like(&d, zeros(5, 5));
        gsl_matrix_scale(A, norms[k] / (5 * largest(A)));
        dm_context_reset(here);
        gsl_matrix *E = expm(A), *F = expm(sum_of(-1, A, 0, A));
        same(product(E, F), eye(5), 100 * DBL_EPSILON * largest(E) * largest(F), "expm(A)*expm(-A), norm %g", norms[k]);
        same(product(E, A), product(A, E), 100 * DBL_EPSILON * largest(E) * (1 + largest(A)), "expm(A)*A = A*expm(A)");
    }
}
END_TEST

/* Of a symmetric matrix it is Q*diag(exp(lambda))*Q', and so are its first and second derivatives. */
static dm *by_eigenvalues(dm *A)
{
    dm *Q = dm_eigenvectors(A);

    return dm_mul(dm_mul(Q, dm_diag(dm_exp(dm_eigenvalues(A)))), dm_transpose(Q));
}

static gsl_matrix *gradient_along(dm *(*f)(dm *), const gsl_matrix *A, const gsl_matrix *dA, const gsl_matrix *W)
{
    dm *y = dm_variable_of(dm_dual(here, A, dA));

    return differential_of(dm_gradient_of(dm_inner(f(y), dm_constant(here, W)), y), 0);
}

START_TEST(of_a_symmetric_matrix_it_is_that_of_the_eigenvalues)
{
    for (size_t k = 1; k < sizeof norms / sizeof *norms; k++) {
        dice d = { 20 + k };
        gsl_matrix *A = random_matrix(&d, SYMMETRIC, 4, 4), *dA = random_direction_within(&d, SYMMETRIC, A);
        gsl_matrix *W = random_matrix(&d, SYMMETRIC, 4, 4);
        gsl_matrix_scale(A, fmin(norms[k], 10) / largest(A));
        dm_context_reset(here);
        dm *x = dm_dual(here, A, dA);
        double small = 1000 * DBL_EPSILON * exp(fmin(norms[k], 10) * 4) / fmin(norms[k], 1);
        same(value_of(dm_expm(x)), value_of(by_eigenvalues(x)), small, "value at %g", norms[k]);
        same(differential_of(dm_expm(x), 0), differential_of(by_eigenvalues(x), 0), small, "differential at %g", norms[k]);
        if (norms[k] >= 0.1)
            same(gradient_along(dm_expm, A, dA, W), gradient_along(by_eigenvalues, A, dA, W),
                 small / fmin(norms[k], 1), "differential of the gradient at %g", norms[k]);
    }
}
END_TEST

/* expm([1, c; 0, -1]) = [e, c*sinh(1); 0, 1/e]: the more often c is halved and the result squared, the worse. */
START_TEST(a_matrix_far_from_normal_is_not_halved_too_often)
{
    for (int k = 0; k <= 12; k++) {
        double c = pow(10, k);
        gsl_matrix *A = MATRIX(2, 2, 1, c, 0, -1), *E, *dE, *one = MATRIX(2, 2, 0, 1, 0, 0);
        dm_context_reset(here);
        E = expm(A);
        dE = differential_of(dm_expm(dm_dual(here, A, one)), 0);
        same_number(gsl_matrix_get(E, 0, 0), exp(1), 20 * DBL_EPSILON, "(1,1) for c = %g", c);
        same_number(gsl_matrix_get(E, 0, 1), c * sinh(1), c * 20 * DBL_EPSILON, "(1,2) for c = %g", c);
        same_number(gsl_matrix_get(E, 1, 1), 1 / exp(1), 20 * DBL_EPSILON, "(2,2) for c = %g", c);
        same(dE, MATRIX(2, 2, 0, sinh(1), 0, 0), 20 * DBL_EPSILON, "along (1,2), c = %g", c);
    }
    gsl_matrix *N = expm(MATRIX(2, 2, 0, 1e40, 0, 0));
    gsl_matrix_set(N, 0, 1, gsl_matrix_get(N, 0, 1) / 1e40);
    same(N, MATRIX(2, 2, 1, 1, 0, 1), 4 * DBL_EPSILON, "nilpotent");
}
END_TEST

/* L(A,E) is an integral, here by Gauss's rule of 5 points, exact to degree 9, on 8 pieces. */
START_TEST(the_frechet_derivative_is_its_integral)
{
    static const double x[] = { 0, 0.5384693101056831, 0.9061798459386640 };
    static const double w[] = { 0.5688888888888889, 0.4786286704993665, 0.2369268850561891 };
    dice d = { 31 };
    gsl_matrix *A = random_like(&d, zeros(3, 3)), *E = random_like(&d, A), *sum = zeros(3, 3);

    for (int piece = 0; piece < 8; piece++)
        for (int k = -2; k <= 2; k++) {
            double s = (piece + 0.5 + (k < 0 ? -x[-k] : x[k]) / 2) / 8;
            gsl_matrix *left = expm(sum_of(s, A, 0, A)), *right = expm(sum_of(1 - s, A, 0, A));
            sum = sum_of(1, sum, w[abs(k)] / 16, product(product(left, E), right));
        }
    same(value_of(dm_expm_frechet(dm_constant(here, A), dm_constant(here, E))), sum, 1e-12, "the integral");
}
END_TEST

/* det(expm(A)) = exp(tr(A)); along A itself the derivative is A*expm(A); at 0 it is the direction. */
START_TEST(derivatives_that_are_known)
{
    dice d = { 32 };
    gsl_matrix *A = random_like(&d, zeros(4, 4)), *dA = random_like(&d, A);
    dm *v = dm_variable(here, A), *x = dm_dual(here, A, dA);
    double small = 1000 * DBL_EPSILON;

    same(gradient_of(dm_logdet(dm_expm(v)), v), eye(4), small, "logdet(expm(A)) = tr(A)");
    same(gradient_of(dm_trace(dm_expm(v)), v), transposed(expm(A)), small * largest(expm(A)), "tr(expm(A))");
    same(differential_of(dm_expm(dm_dual(here, A, A)), 0), product(A, expm(A)), small * largest(expm(A)), "along A");
    same(differential_of(dm_expm(dm_sub(x, x)), 0), zeros(4, 4), 0, "of nothing");
    dm_context_reset(here);
    same(differential_of(dm_expm(dm_dual(here, zeros(4, 4), dA)), 0), dA, 4 * DBL_EPSILON, "at 0");
}
END_TEST

START_TEST(what_has_no_exponential_is_told)
{
    fails(dm_expm(dm_constant(here, MATRIX(2, 2, 1000, 1, 2, 3))), GSL_EOVRFLW,
          "dm_expm: A is 2×2 and of norm 1e+03: the result overflows");
    fails(dm_expm(dm_constant(here, zeros(2, 3))), GSL_EBADLEN,
          "dm_expm: A is 2×3: 2 rows against 3 columns, a square matrix is needed");
    fails(dm_expm_frechet(dm_constant(here, eye(2)), dm_constant(here, eye(3))), GSL_EBADLEN,
          "dm_expm_frechet: A is 2×2 and E is 3×3: 2 rows against 3 rows");
    same(expm(MATRIX(1, 1, -1000)), zeros(1, 1), 0, "exp(-1000)");
}
END_TEST

/* expm([a, t; 0, b]) has t*(exp(a)-exp(b))/(a-b) beside its diagonal, whatever t is. */
START_TEST(what_is_beside_a_triangle_costs_no_digits)
{
    const double sizes[] = { 1e3, 1e10, 1e20, 1e80, 1e150, 1e307 };
    double a = -1, b = -2, slope = (exp(a) - exp(b)) / (a - b);

    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        double t = sizes[k];
        dm_context_reset(here);
        gsl_matrix *E = expm(MATRIX(2, 2, a, t, 0, b)), *F = expm(MATRIX(3, 3, a, 0, 0, t, b, 0, 0, 0.5, b));
        same_number(E->data[0], exp(a), 4 * DBL_EPSILON, "t = %g, (1,1)", t);
        same_number(E->data[1] / t, slope, 8 * DBL_EPSILON, "t = %g, (1,2)", t);
        same_number(E->data[3], exp(b), 4 * DBL_EPSILON, "t = %g, (2,2)", t);
        same_number(E->data[2], 0, DBL_EPSILON, "t = %g, (2,1)", t);
        same_number(F->data[0], exp(a), 8 * DBL_EPSILON, "below, t = %g, (1,1)", t);
        same_number(F->data[3] / t, slope, 8 * DBL_EPSILON, "below, t = %g, (2,1)", t);
        /* L(A,E) with E at (1,1): exp(a) there, and beside it t times the slope of the slope. */
        gsl_matrix *L = value_of(dm_expm_frechet(dm_constant(here, MATRIX(2, 2, a, t, 0, b)),
                                                 dm_constant(here, MATRIX(2, 2, 1, 0, 0, 0))));
        same_number(L->data[0], exp(a), 8 * DBL_EPSILON, "L, t = %g, (1,1)", t);
        same_number(L->data[1] / t, (exp(a) - slope) / (a - b), 16 * DBL_EPSILON, "L, t = %g, (1,2)", t);
    }
}
END_TEST

Suite *operations_functions_suite(void)
{
    Suite *suite = suite_create("operations/functions");
    TCase *tc = case_of(suite, "the exponential");

    tcase_add_test(tc, the_exponential_of_minus_a_matrix_is_the_inverse);
    tcase_add_test(tc, of_a_symmetric_matrix_it_is_that_of_the_eigenvalues);
    tcase_add_test(tc, a_matrix_far_from_normal_is_not_halved_too_often);
    tcase_add_test(tc, what_is_beside_a_triangle_costs_no_digits);
    tcase_add_test(tc, the_frechet_derivative_is_its_integral);
    tcase_add_test(tc, derivatives_that_are_known);
    tcase_add_test(tc, what_has_no_exponential_is_told);
    return suite;
}
