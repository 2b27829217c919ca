/* Eigenvalues and eigenvectors: the decomposition itself, where eigenvalues meet, what is refused. */
#include <float.h>
#include <math.h>
#include "../fixture.h"
#include "../suites.h"

static gsl_matrix *diagonal_matrix(size_t n, const double *x)
{
    gsl_matrix *D = zeros(n, n);

    for (size_t i = 0; i < n; i++)
        gsl_matrix_set(D, i, i, x[i]);
    return D;
}

/* Its eigenvectors turned, its eigenvalues these. */
static gsl_matrix *with_eigenvalues(dice *d, size_t n, const double *lambda)
{
    gsl_matrix *Q = value_of(dm_eigenvectors(dm_constant(here, random_matrix(d, SYMMETRIC, n, n))));
    gsl_matrix *A = product(product(Q, diagonal_matrix(n, lambda)), transposed(Q));

    return sum_of(0.5, A, 0.5, transposed(A));
}

static dm *put_together(dm *A)
{
    dm *Q = dm_eigenvectors(A);

    return dm_mul(dm_mul(Q, dm_diag(dm_eigenvalues(A))), dm_transpose(Q));
}

START_TEST(a_matrix_is_its_eigenvalues_and_eigenvectors)
{
    for (size_t n = 1; n <= 60; n += n < 8 ? 1 : 13) {
        dice d = { n };
        double small = 100 * (double) n * DBL_EPSILON * (double) n;
        gsl_matrix *A = random_matrix(&d, SYMMETRIC, n, n), *dA = random_direction_within(&d, SYMMETRIC, A);
        dm_context_reset(here);
        dm *x = dm_dual(here, A, dA), *Q = dm_eigenvectors(x);
        gsl_matrix *q = value_of(Q), *lambda = value_of(dm_eigenvalues(x));

        same(value_of(put_together(x)), A, small, "Q*diag(lambda)*Q', n = %zu", n);
        same(differential_of(put_together(x), 0), dA, small, "d(Q*diag(lambda)*Q') = dA, n = %zu", n);
        same(product(transposed(q), q), eye(n), small, "Q'*Q, n = %zu", n);
        same(differential_of(dm_mul(dm_transpose(Q), Q), 0), zeros(n, n), small, "d(Q'*Q) = 0, n = %zu", n);
        for (size_t i = 0; i < n; i++) {
            ck_assert_msg(gsl_matrix_get(q, 0, i) > 0, "the first entry of eigenvector %zu", i + 1);
            ck_assert_msg(i == 0 || gsl_matrix_get(lambda, i, 0) > gsl_matrix_get(lambda, i - 1, 0), "ascending");
        }
    }
}
END_TEST

/* sum(lambda) is the trace, sum(log(lambda)) the logarithm of the determinant, sum(lambda.^3) the trace of A^3. */
START_TEST(functions_of_all_eigenvalues_alike_are_differentiable_where_they_meet)
{
    static const double spectra[][4] = { { 0.5, 1, 2, 3 }, { 0.5, 2, 2, 3 }, { 2, 2, 2, 2 }, { 0.7, 0.7, 3, 3 } };

    for (size_t k = 0; k < 4; k++) {
        dice d = { k };
        gsl_matrix *A = with_eigenvalues(&d, 4, spectra[k]), *dA = random_direction_within(&d, SYMMETRIC, A);
        dm *x = dm_dual(here, A, dA), *v = dm_variable(here, A);
        double small = 1000 * DBL_EPSILON;

        same(differential_of(dm_sum(dm_eigenvalues(x)), 0), differential_of(dm_trace(x), 0), small, "tr(A)");
        same(differential_of(dm_sum(dm_log(dm_eigenvalues(x))), 0), differential_of(dm_logdet(x), 0), small, "logdet(A)");
        same(differential_of(dm_sum(dm_pow(dm_eigenvalues(x), 3)), 0), differential_of(dm_trace(dm_power(x, 3)), 0),
             10 * small, "tr(A^3)");
        same(gradient_of(dm_sum(dm_log(dm_eigenvalues(v))), v), value_of(dm_inverse(dm_constant(here, A))), small,
             "the gradient of logdet(A)");
    }
}
END_TEST

/* Of a cluster each eigenvalue has the derivative of the mean, whatever basis LAPACK took. */
START_TEST(an_eigenvalue_that_meets_others_moves_as_their_mean)
{
    dice d = { 7 };
    gsl_matrix *A = with_eigenvalues(&d, 4, (const double[]) { -1, 2, 2, 2 }), *dA = random_direction_within(&d, SYMMETRIC, A);
    gsl_matrix *dlambda = differential_of(dm_eigenvalues(dm_dual(here, A, dA)), 0);
    dm *v = dm_variable(here, A), *last = dm_block(dm_eigenvalues(v), 3, 0, 1, 1);
    double mean = (gsl_matrix_get(differential_of(dm_trace(dm_dual(here, A, dA)), 0), 0, 0)
                   - gsl_matrix_get(dlambda, 0, 0)) / 3, small = 100 * DBL_EPSILON;

    for (size_t i = 1; i < 4; i++)
        same_number(gsl_matrix_get(dlambda, i, 0), mean, small, "eigenvalue %zu", i + 1);
    same_number(inner_of(gradient_of(last, v), dA), mean, small, "read off");
    dm *I = dm_variable(here, eye(3));
    same(gradient_of(dm_block(dm_eigenvalues(I), 0, 0, 1, 1), I), sum_of(1.0 / 3, eye(3), 0, eye(3)), small, "of eye(3)");
}
END_TEST

/* A direction that is not symmetric counts by its symmetric part. */
START_TEST(gradients_are_symmetric)
{
    dice d = { 8 };
    gsl_matrix *A = random_matrix(&d, SYMMETRIC, 5, 5), *dA = random_direction(&d, A), *W = random_like(&d, A), *U;
    gsl_matrix *part = sum_of(0.5, dA, 0.5, transposed(dA));
    dm *v = dm_variable(here, A);
    double small = 1000 * DBL_EPSILON;

    same(differential_of(dm_eigenvectors(dm_dual(here, A, dA)), 0),
         differential_of(dm_eigenvectors(dm_dual(here, A, part)), 0), small, "dQ along dA and its symmetric part");
    U = gradient_of(dm_inner(dm_eigenvectors(v), dm_constant(here, W)), v);
    same(U, transposed(U), small, "the gradient");
}
END_TEST

START_TEST(what_has_no_eigenvectors_or_no_derivative_is_told)
{
    dm *v = dm_variable(here, MATRIX(3, 3, 2, 0, 0, 0, 1, 0, 0, 0, 2));

    fails(dm_eigenvalues(dm_constant(here, MATRIX(2, 2, 1, 2, 3, 4))), GSL_EDOM,
          "dm_eigenvalues: A is 2×2 and not symmetric: entry (1,2) is 2 and (2,1) is 3");
    fails(dm_eigenvectors(dm_constant(here, MATRIX(2, 3, 1, 2, 3, 4, 5, 6))), GSL_EBADLEN,
          "dm_eigenvectors: A is 2×3: 2 rows against 3 columns, a square matrix is needed");
    fails(dm_eigenvectors(v), GSL_EZERODIV,
          "dm_eigenvectors: A is 3×3 and its eigenvalues 2 and 3 are 2 and 2, the same to working precision: "
          "eigenvectors have no derivative there, nor has an eigenvalue a second one");
    same(value_of(dm_eigenvalues(v)), MATRIX(3, 1, 1, 2, 2), 0, "values");
    same(value_of(dm_eigenvectors(dm_constant(here, MATRIX(2, 2, 3, 0, 0, 1)))), MATRIX(2, 2, 0, 1, 1, 0), 0,
         "where the first entry is 0 the next is positive");
    /* What Q*D*Q' leaves of symmetry is symmetric. */
    same(value_of(dm_eigenvalues(dm_constant(here, MATRIX(2, 2, 1, 0.5, 0.5 + 1e-16, 1)))), MATRIX(2, 1, 0.5, 1.5),
         4 * DBL_EPSILON, "rounding error");
}
END_TEST

Suite *operations_eigen_suite(void)
{
    Suite *suite = suite_create("operations/eigen");
    TCase *tc = case_of(suite, "eigenvalues");

    tcase_add_test(tc, a_matrix_is_its_eigenvalues_and_eigenvectors);
    tcase_add_test(tc, functions_of_all_eigenvalues_alike_are_differentiable_where_they_meet);
    tcase_add_test(tc, an_eigenvalue_that_meets_others_moves_as_their_mean);
    tcase_add_test(tc, gradients_are_symmetric);
    tcase_add_test(tc, what_has_no_eigenvectors_or_no_derivative_is_told);
    return suite;
}
