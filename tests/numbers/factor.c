/* Factorizations: solves, inverses and determinants of matrices in every form, the accuracy that LU allows,
 * and which matrices count as singular.                                                             */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include "../fixture.h"
#include "../suites.h"
#include "numbers/number.h"

/* ------------------------------------------------------------------------------ forms of a regular A */

static dm *empty(size_t m, size_t slots, size_t n)
{
    return dm_new(here, m, slots, n);
}

static dm *scaled(double s, dm *A)
{
    dm *C = empty(A->rows, A->slots, A->cols);

    dm_number_scale(C, s, A);
    return C;
}

static dm *flipped(dm *A)
{
    dm *C = empty(A->cols, A->slots, A->rows);

    dm_number_transpose(C, A);
    return C;
}

static dm *times(dm *A, dm *B)
{
    dm *C = empty(A->rows, A->slots * B->slots, B->cols);

    dm_number_product(C, 1, A, false, B, false);
    return C;
}

static dm *plus(double a, dm *A, double b, dm *B)
{
    dm *C = empty(A->rows, 1, A->cols);

    dm_number_sum(C, a, A, b, B);
    return C;
}

/* Grams are symmetric, and known to be definite by the way they are made, or not.  DOMINANT is not symmetric,
 * but its lower triangle could be that of a definite matrix.                                         */
enum { PLAIN, SCALED, TRANSPOSED, BOTH, PRODUCT, EYE, DIAGONAL, FORMED, GRAM, SHIFTED_GRAM, SCALED_GRAM,
       NEGATIVE_GRAM, INDEFINITE, DOMINANT, GRAM_AND_DOMINANT, LOWER, UPPER, LOWER_TRANSPOSED, UPPER_TRANSPOSED,
       DENSE_DIAGONAL, FORMS };

enum { BELOW = 1, ABOVE = 2 };         /* the diagonal */

/* Entries on the kept sides only, those of the diagonal larger than the rest of their rows, one negative. */
static gsl_matrix *triangle(dice *d, size_t n, int sides)
{
    gsl_matrix *T = random_matrix(d, ANY, n, n);

    gsl_matrix_scale(T, 2. / (double) n);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            if (i == j)
                *gsl_matrix_ptr(T, i, i) += i == n / 2 ? -6 : 4;
            else if (!(sides & (j < i ? BELOW : ABOVE)))
                gsl_matrix_set(T, i, j, 0);
    return T;
}

static dm *regular(dice *d, int form, size_t n, gsl_matrix **known)
{
    gsl_matrix *A = random_matrix(d, REGULAR, n, n), *B = random_matrix(d, REGULAR, n, n);
    gsl_matrix *x = random_matrix(d, ANY, n, 1);
    dm *N = dm_number_copy(here, A), *C;

    *known = A;
    switch (form) {
    case SCALED:
        *known = sum_of(-2.5, A, 0, A);
        return scaled(-2.5, N);
    case TRANSPOSED:
        *known = transposed(A);
        return flipped(N);
    case BOTH:
    case FORMED:
        *known = sum_of(0.5, transposed(A), 0, A);
        C = scaled(0.5, flipped(N));
        ck_assert(form != FORMED || dm_entries(C).data != NULL);
        return C;
    case PRODUCT:
        *known = product(A, B);
        return times(N, dm_number_copy(here, B));
    case EYE:
        *known = sum_of(3, eye(n), 0, A);
        return dm_number_identity(here, n, 3);
    case DIAGONAL:
        gsl_matrix_set_zero(A);
        for (size_t i = 0; i < n; i++)
            gsl_matrix_set(A, i, i, gsl_matrix_get(x, i, 0));
        C = empty(n, 1, n);
        dm_number_diag(C, dm_number_copy(here, x));
        return C;
    case GRAM:
        *known = product(transposed(A), A);
        return times(flipped(N), N);
    case SHIFTED_GRAM:
        *known = sum_of(1, product(A, transposed(A)), 2, eye(n));
        return plus(1, times(N, flipped(N)), 2, dm_number_identity(here, n, 1));
    case SCALED_GRAM:
        *known = sum_of(3, product(A, transposed(A)), 6, eye(n));
        return flipped(scaled(3, plus(1, times(N, flipped(N)), 2, dm_number_identity(here, n, 1))));
    case NEGATIVE_GRAM:
        *known = sum_of(-1, product(A, transposed(A)), -2, eye(n));
        return scaled(-1, plus(1, times(N, flipped(N)), 1, dm_number_identity(here, n, 2)));
    case INDEFINITE:
        *known = sum_of(1, product(A, transposed(A)), -100, eye(n));
        return plus(1, times(N, flipped(N)), -1, dm_number_identity(here, n, 100));
    case DOMINANT:
    case GRAM_AND_DOMINANT:
        gsl_matrix_memcpy(B, random_matrix(d, ANY, n, n));
        gsl_matrix_scale(B, 2. / (double) n);
        for (size_t i = 0; i < n; i++)
            *gsl_matrix_ptr(B, i, i) += 4;
        *known = form == DOMINANT ? B : sum_of(1, sum_of(1, product(A, transposed(A)), 2, eye(n)), 1, B);
        C = dm_number_copy(here, B);
        return form == DOMINANT ? C : plus(1, plus(1, times(N, flipped(N)), 2, dm_number_identity(here, n, 1)), 1, C);
    case LOWER:
    case UPPER:
    case DENSE_DIAGONAL:
        *known = triangle(d, n, form == LOWER ? BELOW : form == UPPER ? ABOVE : 0);
        return dm_number_copy(here, *known);
    case LOWER_TRANSPOSED:
    case UPPER_TRANSPOSED:
        B = triangle(d, n, form == LOWER_TRANSPOSED ? BELOW : ABOVE);
        *known = sum_of(-2.5, transposed(B), 0, B);
        return scaled(-2.5, flipped(dm_number_copy(here, B)));
    default:
        return N;
    }
}

static gsl_matrix *entries_of(dm *A, size_t slot)
{
    dm_panel P = dm_entries(A);
    gsl_matrix *M = zeros(A->rows, A->cols);

    ck_assert_msg(!dm_is_failed(A) && P.data, "%s", dm_message(A));
    for (size_t i = 0; i < A->rows; i++)
        for (size_t j = 0; j < A->cols; j++)
            gsl_matrix_set(M, i, j, dm_row(P, i, slot)[j]);
    return M;
}

/* By expansion along the first row: n! products, so n <= 6. */
static double determinant(const gsl_matrix *A)
{
    double sum = 0;

    if (A->size1 == 1)
        return gsl_matrix_get(A, 0, 0);
    for (size_t j = 0; j < A->size1; j++) {
        gsl_matrix *minor = zeros(A->size1 - 1, A->size1 - 1);
        for (size_t r = 1; r < A->size1; r++)
            for (size_t c = 0, to = 0; c < A->size1; c++)
                if (c != j)
                    gsl_matrix_set(minor, r - 1, to++, gsl_matrix_get(A, r, c));
        sum += (j % 2 ? -1 : 1) * gsl_matrix_get(A, 0, j) * determinant(minor);
    }
    return sum;
}

/* Residuals are of the order n*eps times the sizes (Higham 2002, ch. 9: growth is small for these), and
 * the condition of every form here is below 16, of INDEFINITE below 2.                              */
static double rounding(size_t n)
{
    return 16 * 100 * (double) n * DBL_EPSILON;
}

static void solves(int form, size_t n, size_t p)
{
    dice d = { 1000 * (uint64_t) form + 10 * n + p };
    gsl_matrix *A, *slot[3];
    dm *N = regular(&d, form, n, &A), *X = empty(n, 1, p), *Y = empty(p, 1, n), *I = empty(n, 1, n);
    gsl_matrix *B = random_matrix(&d, ANY, n, p), *C = random_matrix(&d, ANY, p, n);
    double small = rounding(n) * (1 + largest(A)), fraction, exponent;
    char what[64];

    snprintf(what, sizeof what, "form %d of %zu×%zu with %zu", form, n, n, p);
    ck_assert(dm_number_solve(X, N, dm_number_copy(here, B)));
    same(product(A, entries_of(X, 0)), B, small, "A*(A\\B), %s", what);
    ck_assert(dm_number_solve_right(Y, dm_number_copy(here, C), N));
    same(product(entries_of(Y, 0), A), C, small, "(C/A)*A, %s", what);
    ck_assert(dm_number_inverse(I, N));
    same(product(A, entries_of(I, 0)), eye(n), small, "A*inv(A), %s", what);
    same(product(entries_of(I, 0), A), eye(n), small, "inv(A)*A, %s", what);
    if (n <= 6) {
        ck_assert(dm_number_determinant(N, &fraction, &exponent));
        same_number(ldexp(fraction, (int) exponent) / determinant(A), 1, rounding(n), "det, %s", what);
    }
    for (size_t k = 0; k < 3; k++)
        slot[k] = random_matrix(&d, ANY, n, p);
    dm *P = dm_number_panel(here, 3, (const gsl_matrix *const *) slot), *XP = empty(n, 3, p);
    ck_assert(dm_number_solve(XP, N, P));
    for (size_t k = 0; k < 3; k++)
        same(product(A, entries_of(XP, k)), slot[k], small, "A\\[B1 B2 B3], %s", what);
    for (size_t k = 0; k < 3; k++)
        slot[k] = random_matrix(&d, ANY, p, n);
    dm *Q = dm_number_panel(here, 3, (const gsl_matrix *const *) slot), *XQ = empty(p, 3, n);
    ck_assert(dm_number_solve_right(XQ, Q, N));
    for (size_t k = 0; k < 3; k++)
        same(product(entries_of(XQ, k), A), slot[k], small, "[B1 B2 B3]/A, %s", what);
    same(entries_of(N, 0), A, small, "A is altered, %s", what);
}

START_TEST(every_form_of_a_regular_matrix_is_solved)
{
    for (size_t n = 1; n <= 40; n += n < 18 ? 1 : 11) {
        solves(_i, n, 1);
        solves(_i, n, n + 2);
        dm_context_reset(here);
        forget_matrices();
    }
}
END_TEST

/* The same where LAPACK works in blocks. */
START_TEST(every_form_of_a_triangular_matrix_is_solved)
{
    for (int form = LOWER; form < FORMS; form++)
        for (size_t p = 1; p <= 64; p += 63) {
            solves(form, 64, p);
            dm_context_reset(here);
            forget_matrices();
        }
}
END_TEST

/* The right-hand side may be known by its form too. */
START_TEST(every_form_of_a_right_hand_side_is_solved)
{
    for (size_t n = 1; n <= 5; n++) {
        dice d = { n };
        gsl_matrix *A, *B = random_matrix(&d, ANY, n, n), *C = random_matrix(&d, ANY, n, n);
        dm *N = regular(&d, BOTH, n, &A), *b = dm_number_copy(here, B), *c = dm_number_copy(here, C);
        const struct {
            dm *number;
            gsl_matrix *known;
        } right[] = {
            { dm_number_identity(here, n, -2), sum_of(-2, eye(n), 0, B) },
            { dm_number_fill(here, n, n, 0.5), sum_of(1, B, -1, B) },
            { scaled(3, flipped(b)), sum_of(3, transposed(B), 0, B) },
            { times(b, c), product(B, C) },
            { dm_number_zero(here, n, 1, n), zeros(n, n) },
        };
        gsl_matrix_set_all(right[1].known, 0.5);
        for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
            dm *X = empty(n, 1, n), *Y = empty(n, 1, n);
            ck_assert(dm_number_solve(X, N, right[i].number) && dm_number_solve_right(Y, right[i].number, N));
            same(product(A, entries_of(X, 0)), right[i].known, (double) n * rounding(n), "A\\B, form %zu", i);
            same(product(entries_of(Y, 0), A), right[i].known, (double) n * rounding(n), "B/A, form %zu", i);
        }
    }
}
END_TEST

/* ---------------------------------------------------------------------------- as accurate as can be
 *
 * The solution by LU in long double is exact beside cond*eps as long as cond*eps(long double) is small; the
 * Hilbert matrix has a condition of about exp(3.5*n).                                                */

static void gauss(size_t n, long double A[8][8], long double x[8])
{
    for (size_t k = 0; k < n; k++) {
        size_t pivot = k;
        for (size_t i = k; i < n; i++)
            if (fabsl(A[i][k]) > fabsl(A[pivot][k]))
                pivot = i;
        for (size_t j = 0; j < n; j++) {
            long double t = A[k][j];
            A[k][j] = A[pivot][j];
            A[pivot][j] = t;
        }
        long double t = x[k];
        x[k] = x[pivot];
        x[pivot] = t;
        for (size_t i = k + 1; i < n; i++) {
            long double l = A[i][k] / A[k][k];
            for (size_t j = k; j < n; j++)
                A[i][j] -= l * A[k][j];
            x[i] -= l * x[k];
        }
    }
    for (size_t i = n; i-- > 0;) {
        for (size_t j = i + 1; j < n; j++)
            x[i] -= A[i][j] * x[j];
        x[i] /= A[i][i];
    }
}

START_TEST(hilbert_matrices_are_solved_as_well_as_their_condition_allows)
{
    for (size_t n = 1; n <= 8; n++) {
        long double A[8][8], x[8];
        gsl_matrix *H = zeros(n, n), *b = zeros(n, 1);
        dice d = { n };
        for (size_t i = 0; i < n; i++) {
            gsl_matrix_set(b, i, 0, uniform(&d, -1, 1));
            for (size_t j = 0; j < n; j++)
                gsl_matrix_set(H, i, j, 1 / (double) (i + j + 1));
        }
        for (size_t i = 0; i < n; i++) {
            x[i] = gsl_matrix_get(b, i, 0);
            for (size_t j = 0; j < n; j++)
                A[i][j] = gsl_matrix_get(H, i, j);
        }
        gauss(n, A, x);
        gsl_matrix *exact = zeros(n, 1);
        for (size_t i = 0; i < n; i++)
            gsl_matrix_set(exact, i, 0, (double) x[i]);
        dm *N = dm_number_copy(here, H), *X = empty(n, 1, 1), *I = empty(n, 1, n);
        double cond = exp(3.5 * (double) n), allowed = (double) n * cond * DBL_EPSILON * largest(exact);
        ck_assert(dm_number_solve(X, N, dm_number_copy(here, b)) && dm_number_inverse(I, N));
        same(entries_of(X, 0), exact, allowed, "Hilbert %zu, A\\b", n);
        same(product(entries_of(I, 0), b), exact, 4 * allowed, "Hilbert %zu, inv(A)*b", n);
        same(product(H, entries_of(X, 0)), b, (double) (n * n) * DBL_EPSILON * largest(exact),
             "Hilbert %zu, the residual", n);
    }
}
END_TEST

/* ------------------------------------------------------------------------------------ triangular --
 *
 * Substitution is as accurate as the entries allow, whatever their scaling: the errors of T\b are below
 * n*eps*inv(M)*|T|*|x|, |b| where M has T's diagonal, |t_ii|, and -|t_ij| elsewhere (Higham 2002, theorem 8.5). */
static void substituted(size_t n, const long double *T, bool lower, const long double *b, long double *x)
{
    for (size_t s = 0; s < n; s++) {
        size_t i = lower ? s : n - 1 - s;
        x[i] = b[i];
        for (size_t j = lower ? 0 : i + 1; j < (lower ? i : n); j++)
            x[i] -= T[i * n + j] * x[j];
        x[i] /= T[i * n + i];
    }
}

static void check_substitution(size_t n, bool lower, double step)
{
    dice d = { n + lower };
    gsl_matrix *A = random_matrix(&d, ANY, n, n), *b = random_matrix(&d, ANY, n, 1), *x;
    static long double T[40 * 40], M[40 * 40], B[40], exact[40], sizes[40], bound[40];
    dm *X = empty(n, 1, 1), *Y = empty(1, 1, n);

    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            double a = gsl_matrix_get(A, i, j) * pow(step, (double) i);
            T[i * n + j] = a = (lower ? j <= i : j >= i) ? a : 0;
            M[i * n + j] = i == j ? fabs(a) : -fabs(a);
            gsl_matrix_set(A, i, j, a);
        }
    for (size_t i = 0; i < n; i++)
        B[i] = gsl_matrix_get(b, i, 0);
    substituted(n, T, lower, B, exact);
    for (size_t i = 0; i < n; i++) {
        sizes[i] = 0;
        for (size_t j = 0; j < n; j++)
            sizes[i] += fabsl(T[i * n + j] * exact[j]);
    }
    substituted(n, M, lower, sizes, bound);
    ck_assert(dm_number_solve(X, dm_number_copy(here, A), dm_number_copy(here, b)));
    ck_assert(dm_number_solve_right(Y, dm_number_copy(here, transposed(b)), dm_number_copy(here, transposed(A))));
    for (size_t k = 0; k < 2; k++) {
        x = entries_of(k ? Y : X, 0);
        for (size_t i = 0; i < n; i++)
            same_number(x->data[i], (double) exact[i], (double) (n * bound[i]) * DBL_EPSILON,
                        "entry %zu of %s, %zu×%zu, %s, rows scaled by %g", i, k ? "b'/A'" : "A\\b", n, n,
                        lower ? "lower" : "upper", step);
    }
}

START_TEST(substitution_is_as_accurate_as_the_entries_allow)
{
    static const double steps[] = { 1, 1e5, 1e-5 };

    for (size_t n = 4; n <= 40; n += n < 18 ? 1 : 11)
        for (size_t k = 0; k < 6; k++)
            check_substitution(n, k % 2, steps[k / 2]);
}
END_TEST

/* One entry on the other side makes it full; the inverse has zeros where its matrix has them. */
START_TEST(triangular_is_who_has_zeros_beside_the_diagonal)
{
    for (size_t n = 4; n <= 20; n += 4) {
        dice d = { n };
        for (int sides = 0; sides < 3; sides++) {
            gsl_matrix *T = triangle(&d, n, sides);
            dm *A = dm_number_copy(here, T), *X = empty(n, 1, n);
            ck_assert(dm_number_triangular(A) && dm_number_triangular(scaled(3, flipped(A))));
            ck_assert_int_eq(dm_number_triangle(A), sides == ABOVE ? DM_UPPER : DM_LOWER);
            ck_assert_int_eq(dm_number_triangle(flipped(A)), sides == ABOVE ? DM_LOWER : DM_UPPER);
            ck_assert(dm_number_inverse(X, A) && dm_number_triangular(X));
            ck_assert_int_eq(dm_number_triangle(X), dm_number_triangle(A));
            for (size_t i = 0; i < n; i++)
                for (size_t j = 0; j < n; j++)
                    ck_assert(gsl_matrix_get(T, i, j) != 0 || gsl_matrix_get(entries_of(X, 0), i, j) == 0);
        }
        const size_t places[][2] = { { 0, 1 }, { 0, n - 1 }, { n - 2, n - 1 } };
        for (size_t k = 0; k < 3; k++) {
            gsl_matrix *T = triangle(&d, n, BELOW);
            gsl_matrix_set(T, places[k][0], places[k][1], 1e-300);
            ck_assert(!dm_number_triangular(dm_number_copy(here, T)));
            ck_assert(!dm_number_triangular(dm_number_copy(here, transposed(T))));
        }
        ck_assert_int_eq(dm_number_triangle(dm_number_copy(here, random_matrix(&d, ANY, n, n + 1))), DM_FULL);
    }
}
END_TEST

/* 0 is lower triangular, 0 + ones is not. */
START_TEST(a_sum_is_looked_at_anew)
{
    dm *zero = dm_number_fill(here, 5, 5, 0);
    dm_scope scope = dm_scope_open(here);

    ck_assert(dm_number_triangular(zero));
    ck_assert_int_eq(dm_scope_close(scope, NULL, 0), GSL_SUCCESS);
    ck_assert_int_eq(dm_number_triangle(plus(1, zero, 1, dm_number_fill(here, 5, 5, 1))), DM_FULL);
    ck_assert_int_eq(dm_number_triangle(dm_number_accumulate(zero, 1, dm_number_fill(here, 5, 5, 1))), DM_FULL);
}
END_TEST

/* The factors of a triangular matrix are its entries: they go with them when a scope ends. */
START_TEST(what_was_formed_in_a_scope_is_put_back)
{
    enum { N = 20 };
    dice d = { 7 };
    gsl_matrix *L = triangle(&d, N, BELOW), *M = triangle(&d, N, BELOW), *b = random_matrix(&d, ANY, N, 3);
    dm *A = times(dm_number_copy(here, L), dm_number_copy(here, M));

    for (int turn = 0; turn < 2; turn++) {
        dm_scope scope = dm_scope_open(here);
        dm *X = empty(N, 1, 3);
        ck_assert(dm_number_solve(X, A, dm_number_copy(here, b)) && dm_number_triangular(A));
        same(product(L, product(M, entries_of(X, 0))), b, 100 * rounding(N), "L*M*((L*M)\\b), turn %d", turn);
        ck_assert_int_eq(dm_scope_close(scope, NULL, 0), GSL_SUCCESS);
        ck_assert_ptr_null(A->number.factors);
        dm_entries(dm_number_copy(here, random_matrix(&d, ANY, 2 * N, 2 * N)));    /* where they were */
    }
}
END_TEST

/* ------------------------------------------------------------------------------ singular, and not */

static bool singular(gsl_matrix *A)
{
    size_t pivot;
    double size;

    return dm_number_singular(dm_number_copy(here, A), &pivot, &size);
}

static gsl_matrix *with_rows_scaled(gsl_matrix *A, double from, double by)
{
    double s = from;

    for (size_t i = 0; i < A->size1; i++, s *= by) {
        gsl_vector_view row = gsl_matrix_row(A, i);
        gsl_vector_scale(&row.vector, s);
    }
    return A;
}

START_TEST(bad_scaling_is_not_singularity)
{
    for (size_t n = 2; n <= 8; n++) {
        dice d = { n };
        gsl_matrix *A = random_matrix(&d, REGULAR, n, n);
        ck_assert(!singular(A));
        ck_assert(!singular(sum_of(1e-200, A, 0, A)));
        ck_assert(!singular(with_rows_scaled(copy(A), 1, 1e20)));
        ck_assert(!singular(with_rows_scaled(copy(A), 1, 1e-20)));
        ck_assert(!singular(transposed(with_rows_scaled(copy(A), 1e-60, 1e20))));
    }
    ck_assert(!singular(MATRIX(2, 2, 1e-200, 0, 0, 1e200)));
    ck_assert(!singular(MATRIX(2, 2, 0, 1e-200, 1e200, 0)));
    ck_assert(!singular(MATRIX(1, 1, 1e-300)));
}
END_TEST

START_TEST(what_is_singular_is_found_out)
{
    ck_assert(singular(MATRIX(1, 1, 0)));
    ck_assert(singular(MATRIX(2, 2, 1, 2, 2, 4)));
    ck_assert(singular(MATRIX(2, 2, 0, 0, 0, 0)));
    ck_assert(singular(MATRIX(3, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9)));
    ck_assert(singular(MATRIX(3, 3, 1e-200, 2e-200, 3e-200, 4, 5, 6, 7e100, 8e100, 9e100)));
    for (size_t n = 2; n <= 8; n++) {
        dice d = { n };
        gsl_matrix *L = random_matrix(&d, ANY, n, n - 1), *R = random_matrix(&d, ANY, n - 1, n);
        ck_assert_msg(singular(product(L, R)), "rank %zu of %zu", n - 1, n);
        ck_assert_msg(singular(with_rows_scaled(product(L, R), 1, 1e20)), "rank %zu of %zu, scaled", n - 1, n);
    }
}
END_TEST

/* The entry of the diagonal that is 0 is told; a tiny one is only badly scaled. */
START_TEST(a_triangular_matrix_is_singular_where_its_diagonal_is_0)
{
    static const size_t sizes[] = { 1, 3, 4, 16, 17, 64 };

    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++)
        for (int sides = 0; sides < 3; sides++)
            for (size_t n = sizes[k], i = 0; i < n; i += 1 + n / 5) {
                dice d = { 10 * n + i };
                gsl_matrix *T = triangle(&d, n, sides);
                size_t pivot = n;
                double size = 1, fraction, exponent;
                gsl_matrix_set(T, i, i, 0);
                dm *A = scaled(-3, flipped(dm_number_copy(here, T))), *X = empty(n, 1, n);
                ck_assert(dm_number_singular(A, &pivot, &size) && dm_number_weakest(A) == 0);
                ck_assert_double_eq(size, 0);
                ck_assert_msg(n < 4 || pivot == i, "pivot %zu for %zu of %zu", pivot, i, n);
                ck_assert(!dm_number_inverse(X, A) && !dm_number_solve(X, A, A) && !dm_number_solve_right(X, A, A));
                ck_assert(dm_number_determinant(A, &fraction, &exponent) && fraction == 0);
                gsl_matrix_set(T, i, i, -1e-200);
                ck_assert(!singular(T));
                gsl_matrix_set(T, i, i, NAN);
                ck_assert(singular(T));
                gsl_matrix_set(T, i, i, 1);
                gsl_matrix_set(T, sides == ABOVE ? 0 : n - 1, sides == ABOVE ? n - 1 : 0, NAN);
                ck_assert(n == 3 || singular(T));
            }
}
END_TEST

/* A singular A'*A + e*I, for an e that is lost: "definite" by the way it is made, and singular all the same. */
START_TEST(a_hair_does_not_make_a_matrix_regular)
{
    for (size_t n = 2; n <= 12; n++) {
        dice d = { n };
        dm *L = dm_number_copy(here, random_matrix(&d, ANY, n, n - 1)), *X = empty(n, 1, n);
        dm *A = plus(1, times(L, flipped(L)), 1e-30, dm_number_identity(here, n, 1));
        size_t pivot;
        double size;
        ck_assert_msg(dm_number_singular(A, &pivot, &size), "rank %zu of %zu", n - 1, n);
        ck_assert(!dm_number_inverse(X, A));
        dm *B = plus(1, times(L, flipped(L)), 1e-3, dm_number_identity(here, n, 1));
        ck_assert_msg(!dm_number_singular(B, &pivot, &size), "rank %zu of %zu and 1e-3", n - 1, n);
    }
}
END_TEST

START_TEST(nothing_scaled_by_zero_can_be_inverted)
{
    dm *A = scaled(0, dm_number_copy(here, MATRIX(2, 2, 1, 2, 3, 5))), *X = empty(2, 1, 2);
    size_t pivot;
    double size, fraction, exponent;

    ck_assert(dm_number_singular(A, &pivot, &size));
    ck_assert_double_eq(size, 0);
    ck_assert_double_eq(dm_number_weakest(A), 0);
    ck_assert(!dm_number_inverse(X, A) && !dm_is_failed(X));
    ck_assert(dm_number_determinant(A, &fraction, &exponent));
    ck_assert_double_eq(fraction, 0);

    dm *B = empty(2, 1, 2), *Y = empty(2, 1, 2);
    dm_number_product(B, 1, dm_number_identity(here, 2, 0), false, dm_number_copy(here, MATRIX(2, 2, 1, 2, 3, 5)), true);
    ck_assert(dm_number_singular(B, &pivot, &size) && size == 0);
    ck_assert_double_eq(dm_number_weakest(B), 0);
    ck_assert(!dm_number_inverse(Y, B) && !dm_is_failed(Y));
}
END_TEST

/* A pivot that is small beside what it is a difference of, and still far from rounding errors. */
START_TEST(nearly_singular_is_not_singular)
{
    for (size_t n = 2; n <= 12; n++)
        for (int k = 1; k <= 12; k++) {
            dice d = { n };
            gsl_matrix *S = product(random_matrix(&d, ANY, n, n - 1), random_matrix(&d, ANY, n - 1, n));
            gsl_matrix *A = sum_of(1, S, pow(10, -k), random_matrix(&d, ANY, n, n));
            ck_assert_msg(!singular(A), "1e-%d from a singular %zu×%zu", k, n, n);
        }
}
END_TEST

START_TEST(determinants_neither_overflow_nor_underflow)
{
    gsl_matrix *A = MATRIX(3, 3, 0, 3e300, 0, 5e300, 0, 0, 0, 0, 7e300);
    gsl_matrix *B = MATRIX(3, 3, 3e-300, 0, 0, 0, 5e-300, 0, 0, 0, 7e-300);
    double fraction, exponent;

    ck_assert(dm_number_determinant(dm_number_copy(here, A), &fraction, &exponent));
    same_number(log10(-fraction) + exponent * log10(2), 900 + log10(105), 900 * 4 * DBL_EPSILON, "-105e900");
    dice d = { 1 };
    gsl_matrix *T = triangle(&d, 9, ABOVE);
    for (size_t i = 0; i < 9; i++)
        gsl_matrix_set(T, i, i, -1e300);
    ck_assert(dm_number_determinant(scaled(2, flipped(dm_number_copy(here, T))), &fraction, &exponent));
    same_number(log10(-fraction) + exponent * log10(2), 2700 + 9 * log10(2), 2700 * 12 * DBL_EPSILON, "-2^9 * e2700");
    ck_assert(dm_number_determinant(scaled(0.5, dm_number_copy(here, B)), &fraction, &exponent));
    same_number(log10(fraction) + exponent * log10(2), -900 + log10(105. / 8), 900 * 4 * DBL_EPSILON,
                "105/8 * e-900");
}
END_TEST

/* A factorization is made once: the second solve needs no memory but for its result. */
START_TEST(factors_are_kept_by_the_original)
{
    enum { N = 64 };
    dice d = { 3 };
    dm *A = dm_number_copy(here, random_matrix(&d, REGULAR, N, N)), *B = dm_number_copy(here, eye(N));
    dm *X = empty(N, 1, N), *view = scaled(2, flipped(A)), *Y = empty(N, 1, N);

    ck_assert(dm_number_solve(X, A, B));
    dm_factors *factors = A->number.factors;
    ck_assert_ptr_nonnull(factors);
    ck_assert(dm_number_solve(Y, view, B));
    ck_assert_ptr_eq(A->number.factors, factors);
    ck_assert_ptr_null(view->number.factors);
    ck_assert_ptr_nonnull(dm_entries(view).data);  /* formed, and still a view of A */
    ck_assert(dm_number_inverse(empty(N, 1, N), view));
    ck_assert_ptr_null(view->number.factors);
    ck_assert_ptr_nonnull(A->number.inverse);
}
END_TEST

/* A = U*diag(s)*V', the s falling, and sign = det(U)*det(V) = +-1. */
START_TEST(singular_values_of_any_matrix)
{
    for (size_t n = 1; n <= 8; n++)
        for (size_t rank = 0; rank <= n; rank++) {
            dice d = { 10 * n + rank };
            gsl_matrix *A = zeros(n, n), *U = zeros(n, n), *S = zeros(n, n), *V = zeros(n, n);
            double s[8], sign;
            if (rank)
                A = product(random_matrix(&d, ANY, n, rank), random_matrix(&d, ANY, rank, n));
            ck_assert_int_eq(dm_number_svd(dm_number_copy(here, A), U->data, s, V->data, &sign), GSL_SUCCESS);
            for (size_t i = 0; i < n; i++) {
                gsl_matrix_set(S, i, i, s[i]);
                ck_assert(s[i] >= 0 && (i == 0 || s[i] <= s[i - 1]));
            }
            double small = 100 * (double) n * DBL_EPSILON;
            same(product(product(U, S), transposed(V)), A, small * (1 + largest(A)), "U*S*V', %zu of %zu", rank, n);
            same(product(U, transposed(U)), eye(n), small, "U*U'");
            same(product(V, transposed(V)), eye(n), small, "V*V'");
            if (n <= 6)
                same_number(sign, determinant(U) * determinant(V), 100 * small, "det(U)*det(V)");
        }
}
END_TEST

Suite *numbers_factor_suite(void)
{
    Suite *suite = suite_create("numbers/factor");
    TCase *tc = case_of(suite, "factorizations");

    tcase_add_loop_test(tc, every_form_of_a_regular_matrix_is_solved, 0, FORMS);
    tcase_add_test(tc, every_form_of_a_triangular_matrix_is_solved);
    tcase_add_test(tc, every_form_of_a_right_hand_side_is_solved);
    tcase_add_test(tc, hilbert_matrices_are_solved_as_well_as_their_condition_allows);
    tcase_add_test(tc, substitution_is_as_accurate_as_the_entries_allow);
    tcase_add_test(tc, triangular_is_who_has_zeros_beside_the_diagonal);
    tcase_add_test(tc, a_sum_is_looked_at_anew);
    tcase_add_test(tc, what_was_formed_in_a_scope_is_put_back);
    tcase_add_test(tc, bad_scaling_is_not_singularity);
    tcase_add_test(tc, what_is_singular_is_found_out);
    tcase_add_test(tc, a_triangular_matrix_is_singular_where_its_diagonal_is_0);
    tcase_add_test(tc, a_hair_does_not_make_a_matrix_regular);
    tcase_add_test(tc, nothing_scaled_by_zero_can_be_inverted);
    tcase_add_test(tc, nearly_singular_is_not_singular);
    tcase_add_test(tc, determinants_neither_overflow_nor_underflow);
    tcase_add_test(tc, factors_are_kept_by_the_original);
    tcase_add_test(tc, singular_values_of_any_matrix);
    return suite;
}
