/* Determinants and what comes with them at singular matrices; what has no inverse; what is badly scaled. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include "../fixture.h"
#include "../suites.h"

/* ------------------------------------------------------------------ determinants as what they are
 *
 * The determinant is a polynomial, of degree 1 in each entry.  By expansion it and its derivatives are
 * right at any matrix: cofactors are determinants without a row and a column, second derivatives are
 * determinants without two of each.                                                                  */

static gsl_matrix *without(const gsl_matrix *A, size_t row, size_t col)
{
    size_t n = A->size1;
    gsl_matrix *M = zeros(n - 1, n - 1);

    for (size_t i = 0; i + 1 < n; i++)
        for (size_t j = 0; j + 1 < n; j++)
            gsl_matrix_set(M, i, j, gsl_matrix_get(A, i + (i >= row), j + (j >= col)));
    return M;
}

static double determinant(const gsl_matrix *A)
{
    double sum = 0;

    if (A->size1 == 1)
        return gsl_matrix_get(A, 0, 0);
    for (size_t j = 0; j < A->size1; j++)
        sum += (j % 2 ? -1 : 1) * gsl_matrix_get(A, 0, j) * determinant(without(A, 0, j));
    return sum;
}

static gsl_matrix *cofactors(const gsl_matrix *A)
{
    gsl_matrix *C = zeros(A->size1, A->size2);

    for (size_t i = 0; i < A->size1; i++)
        for (size_t j = 0; j < A->size2; j++)
            gsl_matrix_set(C, i, j, A->size1 == 1 ? 1 : ((i + j) % 2 ? -1 : 1) * determinant(without(A, i, j)));
    return C;
}

/* d² det / dA(i,j) dA(k,l), in the order of vec. */
static gsl_matrix *second(const gsl_matrix *A)
{
    size_t n = A->size1;
    gsl_matrix *H = zeros(n * n, n * n);

    for (size_t a = 0; a < n * n; a++)
        for (size_t b = 0; b < n * n; b++) {
            size_t i = a % n, j = a / n, k = b % n, l = b / n;
            if (i == k || j == l)
                continue;
            size_t k1 = k - (k > i), l1 = l - (l > j);
            double sign = ((i + j) % 2 ? -1 : 1) * ((k1 + l1) % 2 ? -1 : 1);
            gsl_matrix *M = without(A, i, j);
            gsl_matrix_set(H, a, b, n == 2 ? sign : sign * determinant(without(M, k1, l1)));
        }
    return H;
}

static dm *det(dm *A, void *params)
{
    (void) params;
    return dm_det(A);
}

static const dm_function det_function = { det, NULL };

/* Rounding errors of A's size leave through at most n-1 factors of A's size. */
static double rounding(const gsl_matrix *A)
{
    double n = (double) A->size1;

    return 100 * n * n * DBL_EPSILON * pow(n * (largest(A) + DBL_MIN), fmax(n - 1, 0));
}

/* loss: how much larger errors may be. */
static void check_det(const gsl_matrix *A, double loss, const char *what)
{
    size_t n = A->size1;
    gsl_matrix *U = zeros(n, n), *H = zeros(n * n, n * n), *C = zeros(n, n);
    double value, small = loss * rounding(A);

    ck_assert_msg(dm_gradient(&det_function, A, &value, U) == GSL_SUCCESS, "%s: %s", what, raised.message);
    same_number(value, determinant(A), small * (1 + largest(A)), "det, %s", what);
    same(U, cofactors(A), small, "gradient of det, %s", what);
    ck_assert_msg(dm_hessian(&det_function, A, &value, C, H) == GSL_SUCCESS, "%s: %s", what, raised.message);
    same(C, U, small, "gradient beside the Hessian, %s", what);
    same(H, second(A), small / fmin(1, largest(A) + (largest(A) == 0)), "Hessian of det, %s", what);
    dm *X = dm_dual(here, A, U);
    same(value_of(dm_cofactor(X)), cofactors(A), small, "cofactor, %s", what);
    same(vec_of(differential_of(dm_cofactor(X), 0)), product(second(A), vec_of(U)),
         small / fmin(1, largest(A) + (largest(A) == 0)) * (1 + largest(U)), "d cofactor, %s", what);
    dm_context_reset(here);
}

/* Triangular, regular or of rank n-1 and n-2. */
START_TEST(det_of_triangular_matrices_has_derivatives)
{
    static const double last[] = { -3, 0.1, 0, 1e-5, 1e-12 };
    enum { LAST = sizeof last / sizeof last[0] };

    for (size_t n = 2; n <= 5; n++)
        for (size_t k = 0; k < LAST * LAST; k++) {
            dice d = { 10 * n + k };
            gsl_matrix *T = random_matrix(&d, ANY, n, n);
            char what[64];
            for (size_t i = 0; i < n; i++)
                for (size_t j = i + 1; j < n; j++)
                    gsl_matrix_set(T, i, j, 0);
            gsl_matrix_set(T, n - 1, n - 1, last[k % LAST]);
            gsl_matrix_set(T, n / 2 - 1, n / 2 - 1, last[k / LAST]);
            snprintf(what, sizeof what, "%zu×%zu, with %g and %g on its diagonal", n, n, last[k / LAST], last[k % LAST]);
            check_det(T, 1, what);
            check_det(transposed(T), 1, what);
        }
}
END_TEST

/* A row or a column that is smaller than the others, down to rounding errors: nothing of the others is lost. */
START_TEST(det_has_derivatives_beside_a_small_row)
{
    for (size_t n = 2; n <= 5; n++)
        for (int power = -2; power >= -18; power -= 4) {
            dice d = { 10 * n };
            gsl_matrix *A = random_matrix(&d, ANY, n, n);
            char what[64];
            for (size_t j = 0; j < n; j++)
                gsl_matrix_set(A, n / 2, j, gsl_matrix_get(A, n / 2, j) * pow(10, power));
            snprintf(what, sizeof what, "%zu×%zu, a row of 1e%d", n, n, power);
            check_det(A, 1, what);
            check_det(transposed(A), 1, what);
        }
}
END_TEST

/* Of every rank, well scaled and not; rank n-1 has cofactors of rank one, less has none but the Hessian. */
START_TEST(det_has_derivatives_at_every_rank)
{
    for (size_t n = 1; n <= 5; n++)
        for (size_t rank = 0; rank <= n; rank++) {
            dice d = { 10 * n + rank };
            gsl_matrix *A = zeros(n, n);
            char what[64];
            if (rank)
                A = product(random_matrix(&d, ANY, n, rank), random_matrix(&d, ANY, rank, n));
            snprintf(what, sizeof what, "rank %zu of %zu", rank, n);
            check_det(A, 1, what);
            snprintf(what, sizeof what, "rank %zu of %zu, and its transpose", rank, n);
            check_det(transposed(A), 1, what);
        }
    check_det(MATRIX(3, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9), 1, "1:9");
    check_det(MATRIX(2, 2, 1, 2, 2, 4), 1, "[1,2;2,4]");
    check_det(MATRIX(2, 2, 0, 1, 0, 0), 1, "nilpotent");
    check_det(MATRIX(3, 3, 0, 1, 0, 0, 0, 1, 1, 0, 0), 1, "a permutation");
    check_det(MATRIX(1, 1, 0), 1, "0");
}
END_TEST

START_TEST(cofactors_at_lower_rank_are_exact_zeros_or_of_rank_one)
{
    gsl_matrix *U = zeros(3, 3), *A = MATRIX(3, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9), *B = MATRIX(3, 3, 1, 2, 3, 2, 4, 6, 3, 6, 9);

    dm_gradient(&det_function, A, NULL, U);
    same(U, MATRIX(3, 3, -3, 6, -3, 6, -12, 6, -3, 6, -3), rounding(A), "rank one");
    dm_gradient(&det_function, B, NULL, U);
    same(U, zeros(3, 3), rounding(B), "zero");
    dm_gradient(&det_function, zeros(3, 3), NULL, U);
    same(U, zeros(3, 3), 0, "zero exactly");
}
END_TEST

/* From regular to singular: on both sides of where the way of computing changes, nothing jumps.  By the
 * inverse, which serves until a pivot is 1e-4 of what it is a difference of, 1e4 roundings may be lost. */
START_TEST(det_is_right_near_singular_matrices)
{
    for (size_t n = 2; n <= 5; n++)
        for (int e = 0; e <= 16; e++) {
            dice d = { n };
            gsl_matrix *S = product(random_matrix(&d, ANY, n, n - 1), random_matrix(&d, ANY, n - 1, n));
            gsl_matrix *R = random_matrix(&d, ANY, n, n);
            char what[64];
            snprintf(what, sizeof what, "n = %zu, 1e-%d from singular", n, e);
            check_det(sum_of(1, S, pow(10, -e), R), 1e4, what);
        }
}
END_TEST

/* det(s*A) = s^n det(A), also at s = 0, where s*A is no multiple of A to be inverted. */
static dm *det_of_multiple(dm *s, void *params)
{
    return dm_det(dm_scale_by(dm_constant(dm_context_of(s), params), s));
}

START_TEST(det_of_a_multiple_that_is_zero)
{
    for (size_t n = 1; n <= 4; n++) {
        dice d = { n };
        gsl_matrix *A = random_matrix(&d, REGULAR, n, n), *U = zeros(1, 1), *H = zeros(1, 1);
        dm_function F = { det_of_multiple, A };
        double value;
        ck_assert_msg(dm_hessian(&F, zeros(1, 1), &value, U, H) == GSL_SUCCESS, "%s", raised.message);
        ck_assert_double_eq(value, 0);
        same_number(gsl_matrix_get(U, 0, 0), n == 1 ? determinant(A) : 0, rounding(A), "d det(s*A), n = %zu", n);
        same_number(gsl_matrix_get(H, 0, 0), n == 2 ? 2 * determinant(A) : 0, rounding(A), "d² det(s*A), n = %zu", n);

        dm *x = dm_variable(here, A);
        same(gradient_of(dm_det(dm_scale(x, 0)), x), n == 1 ? zeros(1, 1) : zeros(n, n), 0, "det(0*A)");
    }
}
END_TEST

START_TEST(the_third_derivative_of_det_is_there_where_it_can_be)
{
    gsl_matrix *singular = MATRIX(3, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9), *D = MATRIX(3, 3, 1, 0, 0, 0, 1, 0, 0, 0, 1);
    dm *x = dm_variable_of(dm_variable_of(dm_dual(here, singular, D)));

    fails(dm_gradient_of(dm_inner(dm_cofactor(x), dm_identity(here, 3)), x), GSL_EDOM,
          "dm_cofactor: A is 3×3 and singular or nearly so: the third derivative of its determinant is not "
          "available there");
}
END_TEST

/* The cofactor of a 1×1 is 1, exactly and everywhere, so all its derivatives are 0. */
START_TEST(the_cofactor_of_a_number_is_one)
{
    static const double numbers[] = { 0, 49, -1e-200, 1e300 };

    for (size_t i = 0; i < 4; i++) {
        dm *x = dm_variable_of(dm_variable_of(dm_dual(here, MATRIX(1, 1, numbers[i]), eye(1)))), *one = dm_cofactor(x);
        ck_assert_double_eq(dm_value_scalar(one), 1);
        ck_assert_double_eq(dm_differential_scalar(one, 0), 0);
        ck_assert_double_eq(dm_value_scalar(dm_gradient_of(dm_det(x), x)), 1);
        ck_assert_double_eq(dm_value_scalar(dm_gradient_of(one, x)), 0);
        dm_context_reset(here);
    }
}
END_TEST

/* ------------------------------------------------------------------------------- what has no inverse */

static dm *cofactor(dm *A, void *params) { (void) params; return dm_cofactor(A); }

/* LAPACK looks for the singular values of such a matrix for ever. */
START_TEST(cofactors_of_what_is_not_finite_end)
{
    gsl_matrix *A = zeros(3, 3), *J = zeros(9, 9);

    gsl_matrix_set(A, 0, 0, NAN);
    refused(dm_jacobian(&(dm_function) { cofactor, NULL }, A, NULL, J), GSL_EDOM,
            "dm_cofactor: A is 3×3 and its entry (1,1) is nan");
}
END_TEST

START_TEST(what_is_singular_is_told)
{
    dm *A = dm_constant(here, MATRIX(2, 2, 1, 2, 2, 4)), *b = dm_ones(here, 2, 1), *c = dm_ones(here, 1, 2);
    dm *nearly = dm_constant(here, MATRIX(2, 2, 1, 1, 1, 1 + DBL_EPSILON));

    fails(dm_inverse(A), GSL_ESING, "dm_inverse: A is 2×2 and singular: pivot 2 of its LU factors is 0");
    fails(dm_solve(A, b), GSL_ESING, "dm_solve: A is 2×2 and singular: pivot 2 of its LU factors is 0");
    fails(dm_solve_right(c, dm_named(A, "S")), GSL_ESING,
          "dm_solve_right: S is 2×2 and singular: pivot 2 of its LU factors is 0");
    fails(dm_logdet(A), GSL_ESING, "dm_logdet: S is 2×2 and singular: pivot 2 of its LU factors is 0");
    fails(dm_inverse(dm_zeros(here, 3, 3)), GSL_ESING,
          "dm_inverse: A is 3×3 and singular: pivot 1 of its LU factors is 0");
    fails(dm_inverse(dm_scalar(here, 0)), GSL_ESING,
          "dm_inverse: A is 1×1 and singular: pivot 1 of its LU factors is 0");
    fails(dm_inverse(dm_scale(dm_constant(here, MATRIX(2, 2, 1, 2, 3, 5)), 0)), GSL_ESING,
          "dm_inverse: A is 2×2 and singular: pivot 1 of its LU factors is 0");
    fails(dm_inverse(nearly), GSL_ESING, "dm_inverse: A is 2×2 and singular to working precision: pivot 2 of its LU "
          "factors is 2.2e-16, nothing but rounding error");
    fails(dm_logdet(dm_transpose(dm_scale(nearly, 2))), GSL_ESING, "dm_logdet: A is 2×2 and singular to working "
          "precision: pivot 2 of its LU factors is 4.4e-16, nothing but rounding error");
    dm *T = dm_named(dm_constant(here, MATRIX(4, 4, 1, 0, 0, 0, 2, 3, 0, 0, 4, 5, 0, 0, 6, 7, 8, 9)), "T");
    fails(dm_inverse(T), GSL_ESING, "dm_inverse: T is 4×4, triangular and singular: its entry (3,3) is 0");
    fails(dm_solve_right(dm_ones(here, 1, 4), dm_transpose(T)), GSL_ESING,
          "dm_solve_right: A is 4×4, triangular and singular: its entry (3,3) is 0");
    fails(dm_logdet(T), GSL_ESING, "dm_logdet: T is 4×4, triangular and singular: its entry (3,3) is 0");
    ck_assert_int_eq(dm_status(dm_inverse(dm_constant(here, MATRIX(3, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9)))), GSL_ESING);
    ck_assert_int_eq(dm_status(dm_det(nearly)), GSL_SUCCESS);
}
END_TEST

START_TEST(what_is_only_badly_scaled_is_not_singular)
{
    dm *A = dm_variable(here, MATRIX(2, 2, 1e-200, 0, 0, 1e200));
    dm *B = dm_constant(here, MATRIX(3, 3, 1, 2, 3, 2e20, 1e20, 7e20, 5e40, 1e40, 1e40));
    gsl_matrix *dense = value_of(B);

    same(value_of(dm_inverse(A)), MATRIX(2, 2, 1e200, 0, 0, 1e-200), 2e184, "inv(diag(1e-200, 1e200))");
    same_number(gsl_matrix_get(value_of(dm_inverse(A)), 1, 1), 1e-200, 2e-216, "its small entry");
    same_number(dm_value_scalar(dm_det(A)), 1, 4 * DBL_EPSILON, "its determinant");
    same(gradient_of(dm_det(A), A), MATRIX(2, 2, 1e200, 0, 0, 1e-200), 2e184, "its cofactors");
    same_number(dm_value_scalar(dm_logdet(A)), 0, 1e3 * DBL_EPSILON, "its logdet");
    same(product(value_of(dm_inverse(B)), dense), eye(3), 100 * DBL_EPSILON, "rows of 1, 1e20, 1e40");
    gsl_matrix *X = value_of(dm_solve(B, dm_constant(here, product(dense, MATRIX(3, 1, 1, -2, 3)))));
    same(X, MATRIX(3, 1, 1, -2, 3), 1e3 * DBL_EPSILON, "A\\(A*x), rows of 1, 1e20, 1e40");
}
END_TEST

/* Given as a view, which nobody looked at: the entry is named, and no inverse of an infinite one is 0.  The
 * operation is the _i-th.                                                                            */
START_TEST(entries_that_are_not_finite_are_named)
{
    dm *(*const of[])(dm *) = { dm_inverse, dm_det, dm_logdet, dm_cofactor };
    const char *const name[] = { "inverse", "det", "logdet", "cofactor", "solve", "solve_right" };
    const size_t sizes[] = { 3, 20 };
    const double bad[] = { NAN, INFINITY };
    char message[80];

    for (int which = 0; which < 4; which++) {
        size_t n = sizes[which / 2];
        dice d = { 47 };
        gsl_matrix *A = random_matrix(&d, ANY, n, n);
        gsl_matrix_set(A, 0, 2, bad[which % 2]);
        dm *X = dm_constant_view(here, A);
        snprintf(message, sizeof message, "dm_%s: A is %zu×%zu and its entry (1,3) is %s", name[_i], n, n,
                 which % 2 ? "inf" : "nan");
        forget_errors();
        fails(_i < 4 ? of[_i](X) : _i == 4 ? dm_solve(X, X) : dm_solve_right(X, X), GSL_EDOM, message);
    }
}
END_TEST

/* ------------------------------------------------------------------------------------- logarithms */

START_TEST(determinants_that_are_too_large_or_negative_are_told)
{
    dm *A = dm_constant(here, MATRIX(2, 2, 1, 2, 3, 4)), *big = dm_scale(dm_identity(here, 4), 1e100);
    dm *swap = dm_scale(dm_constant(here, MATRIX(2, 2, 0, 1, 1, 0)), 1e200);

    fails(dm_logdet(A), GSL_EDOM,
          "dm_logdet: A is 2×2 and its determinant is negative: its logarithm needs a positive one");
    fails(dm_det(big), GSL_EOVRFLW, "dm_det: A is 4×4 and its determinant is about 1e+400: use logdet");
    fails(dm_det(swap), GSL_EOVRFLW, "dm_det: A is 2×2 and its determinant is about -1e+400: use logdet");
    same_number(dm_value_scalar(dm_logdet(big)), 400 * log(10), 400 * 4 * DBL_EPSILON, "logdet(1e100*eye(4))");
    same_number(dm_value_scalar(dm_logdet(dm_scale(big, 1e-200))), -400 * log(10), 400 * 4 * DBL_EPSILON,
                "logdet(1e-100*eye(4))");
    ck_assert_double_eq(dm_value_scalar(dm_det(dm_scale(big, 1e-200))), 0);     /* 1e-400 */
}
END_TEST

/* A negative determinant has an inverse, cofactors and derivatives like any other. */
START_TEST(the_sign_of_the_determinant_is_kept)
{
    for (size_t n = 2; n <= 5; n++) {
        dice d = { n };
        gsl_matrix *A = random_matrix(&d, REGULAR, n, n);
        gsl_matrix_swap_rows(A, 0, n - 1);
        ck_assert(determinant(A) < 0);
        check_det(A, 1, "negative");
    }
}
END_TEST

/* d logdet(A) = tr(inv(A)*dA), and the Hessian along D is -tr(X*D*X*D). */
START_TEST(logdet_has_the_inverse_for_its_gradient)
{
    for (size_t n = 1; n <= 6; n++) {
        dice d = { n };
        gsl_matrix *A = random_matrix(&d, REGULAR, n, n), *D = random_direction(&d, A);
        dm *x = dm_variable_of(dm_dual(here, A, D)), *G = dm_gradient_of(dm_logdet(x), x);
        gsl_matrix *X = value_of(dm_inverse(dm_constant(here, A)));
        same(value_of(G), transposed(X), 100 * (double) n * DBL_EPSILON, "inv(A)'");
        same_number(inner_of(D, differential_of(G, 0)), -inner_of(transposed(product(X, D)), product(X, D)),
                    1000 * (double) n * DBL_EPSILON, "-tr(X*D*X*D)");
        dm_context_reset(here);
    }
}
END_TEST

/* A*(A\B) = B and (B/A)*A = B, with the direction of B given back and no motion from A's. */
/* tr(inv(A*A'+I)), whose A*A' is taken to be definite, and may be infinite. */
static dm *trace_of_inverse_of_gram(dm *A, void *params)
{
    (void) params;
    return dm_trace(dm_inverse(dm_add(dm_mul(A, dm_transpose(A)), dm_identity(dm_context_of(A), dm_rows(A)))));
}

START_TEST(what_overflows_is_not_definite)
{
    dm_function F = { trace_of_inverse_of_gram, NULL };

    for (size_t n = 3; n <= 40; n++)
        for (size_t row = 0; row < n; row += n - 1) {
            double value = -1;
            gsl_matrix *A = zeros(n, n), *U = zeros(n, n);
            gsl_matrix_set_identity(A);
            gsl_matrix_set(A, row, 0, 1e150);
            ck_assert_int_eq(dm_gradient(&F, A, &value, U), GSL_SUCCESS);
            gsl_matrix_set(A, row, 0, 1e160);
            value = -1;
            ck_assert_int_ne(dm_gradient(&F, A, &value, U), GSL_SUCCESS);
            ck_assert_double_eq(value, -1);
            forget_errors();
        }
}
END_TEST

START_TEST(solving_and_multiplying_give_the_direction_back)
{
    for (size_t n = 1; n <= 8; n++) {
        dice d = { n };
        gsl_matrix *A = random_matrix(&d, REGULAR, n, n), *B = random_matrix(&d, ANY, n, n);
        gsl_matrix *dA = random_direction(&d, A), *dB = random_direction(&d, B);
        dm *a = dm_dual(here, A, dA), *b = dm_dual(here, B, dB);
        double small = 1000 * (double) n * DBL_EPSILON;
        same(differential_of(dm_mul(a, dm_solve(a, b)), 0), dB, small, "A*(A\\B), n = %zu", n);
        same(differential_of(dm_mul(dm_solve_right(b, a), a), 0), dB, small, "(B/A)*A, n = %zu", n);
        same(differential_of(dm_mul(a, dm_inverse(a)), 0), zeros(n, n), small, "A*inv(A), n = %zu", n);
        same(differential_of(dm_inverse(dm_inverse(a)), 0), dA, small, "inv(inv(A)), n = %zu", n);
        dm_context_reset(here);
    }
}
END_TEST

Suite *operations_solves_suite(void)
{
    Suite *suite = suite_create("operations/solves");
    TCase *tc = case_of(suite, "solves and determinants");

    tcase_add_test(tc, det_of_triangular_matrices_has_derivatives);
    tcase_add_test(tc, det_has_derivatives_beside_a_small_row);
    tcase_add_test(tc, det_has_derivatives_at_every_rank);
    tcase_add_test(tc, cofactors_at_lower_rank_are_exact_zeros_or_of_rank_one);
    tcase_add_test(tc, det_is_right_near_singular_matrices);
    tcase_add_test(tc, det_of_a_multiple_that_is_zero);
    tcase_add_test(tc, the_third_derivative_of_det_is_there_where_it_can_be);
    tcase_add_test(tc, the_cofactor_of_a_number_is_one);
    tcase_add_test(tc, cofactors_of_what_is_not_finite_end);
    tcase_add_loop_test(tc, entries_that_are_not_finite_are_named, 0, 6);
    tcase_add_test(tc, what_is_singular_is_told);
    tcase_add_test(tc, what_overflows_is_not_definite);
    tcase_add_test(tc, what_is_only_badly_scaled_is_not_singular);
    tcase_add_test(tc, determinants_that_are_too_large_or_negative_are_told);
    tcase_add_test(tc, the_sign_of_the_determinant_is_kept);
    tcase_add_test(tc, logdet_has_the_inverse_for_its_gradient);
    tcase_add_test(tc, solving_and_multiplying_give_the_direction_back);
    return suite;
}
