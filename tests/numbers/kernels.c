/* The inner loops against the plainest ones, at every length around their vectors. */
#include <float.h>
#include <math.h>
#include <string.h>
#include "../fixture.h"
#include "../suites.h"
#include "numbers/forms.h"
#include "numbers/kernels.h"
#include "numbers/lapack.h"
#include "tapes/instructions.h"

enum { MOST = 21, APART = 25 };        /* sizes, and how far apart rows lie */

static double rounding(size_t n)
{
    return 8 * (double) n * DBL_EPSILON;
}

static double A[MOST * APART], B[MOST * APART], x[3 * MOST], y[3 * MOST];

static void draw(dice *d, double *to, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = uniform(d, -1, 1);
}

static void draw_all(unsigned long seed)
{
    dice d = { seed };

    draw(&d, A, MOST * APART);
    draw(&d, B, MOST * APART);
    draw(&d, x, 3 * MOST);
    draw(&d, y, 3 * MOST);
}

/* _i is m. */
START_TEST(a_matrix_times_a_column)
{
    size_t m = (size_t) _i;

    for (size_t n = 1; n < MOST; n++)
        for (size_t apart = 1; apart <= 3; apart += 2)
            for (int beta = 0; beta < 2; beta++) {
                draw_all(m * MOST + n);
                double was[3 * MOST];
                memcpy(was, y, sizeof y);
                dm_matrix_column(m, n, -1.5, A, APART, x, beta, y, apart);
                for (size_t i = 0; i < m; i++) {
                    double sum = beta * was[i * apart];
                    for (size_t j = 0; j < n; j++)
                        sum += -1.5 * A[i * APART + j] * x[j];
                    same_number(y[i * apart], sum, rounding(n), "A*x of %zu×%zu, entry %zu", m, n, i);
                }
                memcpy(y, was, sizeof y);
                dm_row_matrix(n, m, -1.5, x, apart, A, APART, beta, y);
                for (size_t j = 0; j < m; j++) {
                    double sum = beta * was[j];
                    for (size_t i = 0; i < n; i++)
                        sum += -1.5 * x[i * apart] * A[i * APART + j];
                    same_number(y[j], sum, rounding(n), "x'*A of %zu×%zu, entry %zu", n, m, j);
                }
                ck_assert_msg(memcmp(y + m, was + m, (3 * MOST - m) * sizeof *y) == 0, "x'*A of %zu×%zu writes beyond", n, m);
            }
}
END_TEST

START_TEST(a_column_times_a_row_and_rows_scaled)
{
    size_t m = (size_t) _i;

    for (size_t n = 1; n < MOST; n++)
        for (int beta = 0; beta < 2; beta++) {
            draw_all(m * MOST + n);
            double was[MOST * APART], product[MOST * MOST];
            memcpy(was, B, sizeof B);
            dm_column_row(m, n, 2.5, x, 3, y, beta, B, APART);
            for (size_t i = 0; i < m; i++)
                for (size_t j = 0; j < n; j++)
                    same_number(B[i * APART + j], beta * was[i * APART + j] + 2.5 * x[3 * i] * y[j], rounding(1),
                                "x*y' of %zu×%zu, entry (%zu,%zu)", m, n, i, j);
            memcpy(product, A, m * n * sizeof *product);
            dm_scale_rows(m, n, 2.5, x, B, beta, product);
            for (size_t i = 0; i < m * n; i++)
                same_number(product[i], beta * A[i] + 2.5 * x[i / n] * B[i], rounding(1),
                            "diag(x)*B of %zu×%zu, entry %zu", m, n, i);
        }
}
END_TEST

/* What dgetrf says of the same matrix, and its inverse times it. */
START_TEST(small_matrices_are_factored_as_by_lapack)
{
    size_t n = (size_t) _i;
    int N = (int) n, pivots[DM_SMALL_FACTOR], expected[DM_SMALL_FACTOR], info;
    double lu[DM_SMALL_FACTOR * DM_SMALL_FACTOR], M[DM_SMALL_FACTOR * DM_SMALL_FACTOR];
    double X[DM_SMALL_FACTOR * DM_SMALL_FACTOR];

    for (unsigned long seed = 1; seed <= 20; seed++) {
        dice d = { seed };
        draw(&d, M, n * n);
        memcpy(lu, M, n * n * sizeof *lu);
        dgetrf_(&N, &N, lu, &N, expected, &info);
        memcpy(X, M, n * n * sizeof *X);
        dm_small_lu(n, X, pivots);
        for (size_t i = 0; i < n; i++)
            ck_assert_msg(pivots[i] == expected[i], "pivot %zu of %zu×%zu, seed %lu: row %d, not %d", i, n, n, seed,
                          pivots[i], expected[i]);
        for (size_t i = 0; i < n * n; i++)
            same_number(X[i], lu[i], 1e5 * rounding(n), "factors of %zu×%zu, seed %lu, entry %zu", n, n, seed, i);
        dm_small_inverse(n, lu, pivots, X);
        double size = 0;
        for (size_t i = 0; i < n * n; i++)
            size = fmax(size, fabs(X[i]));
        for (size_t j = 0; j < n; j++)
            for (size_t i = 0; i < n; i++) {
                double sum = 0;
                for (size_t k = 0; k < n; k++)
                    sum += X[k * n + i] * M[j * n + k];
                same_number(sum, i == j, size * 100 * rounding(n), "inv(M)*M of %zu×%zu, seed %lu", n, n, seed);
            }
    }
    memset(M, 0, sizeof M);                        /* what is singular is left to who looks at the pivots */
    dm_small_lu(n, M, pivots);
    for (size_t i = 0; i < n * n; i++)
        ck_assert_double_eq(M[i], 0);
}
END_TEST

START_TEST(triangles_are_mirrored)
{
    const size_t sizes[] = { 1, 2, 5, 31, 32, 33, 64, 70 };
    size_t n = sizes[_i], stride = n + 3;
    static double M[70 * 73], S[70 * 73];
    dice d = { n };

    for (int lower = 0; lower < 2; lower++) {
        draw(&d, M, n * stride);
        memcpy(S, M, sizeof M);
        dm_mirror(n, S, stride, lower);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++)
                ck_assert_double_eq(S[i * stride + j], (j <= i) == (lower != 0) || i == j ? M[i * stride + j] : M[j * stride + i]);
        for (size_t i = 0; i < n; i++)
            ck_assert_msg(memcmp(S + i * stride + n, M + i * stride + n, 3 * sizeof *M) == 0, "beyond row %zu", i);
    }
}
END_TEST

START_TEST(the_range_of_sizes)
{
    const double all[] = { 3, -0.0, -7e-310, 5e300, 0, -2 }, nan[] = { 1, NAN, -3, INFINITY };
    double least, most;

    dm_range(6, all, &least, &most);
    ck_assert_double_eq(least, 7e-310);
    ck_assert_double_eq(most, 5e300);
    dm_range(2, all + 4, &least, &most);
    ck_assert_double_eq(least, 2);
    dm_range(1, all + 4, &least, &most);
    ck_assert(least == 0 && most == 0);
    dm_range(4, nan, &least, &most);
    ck_assert(least == 1 && isnan(most));
}
END_TEST

/* Of any two small factors, each as it is or transposed, onto what is there or not; a panel of factors from the left
 * is more rows.                                                                                      */
START_TEST(tiny_products)
{
    size_t m = (size_t) _i % 8 + 1, n = (size_t) _i / 8 + 1;
    double C[3 * 64], before[3 * 64];

    for (size_t p = 1; p <= 8; p++)
        for (unsigned how = 0; how < 8; how++) {
            bool A_transposed = how & 1, B_transposed = how & 2;
            double beta = how & 4 ? 1 : 0, alpha = 1.25;
            size_t rows = A_transposed ? m : 3 * m;
            draw_all(64 * (size_t) _i + 8 * p + how);
            dice d = { p };
            draw(&d, C, rows * p);
            memcpy(before, C, sizeof before);
            dm_tiny_product(rows, n, p, alpha, A, A_transposed, B, B_transposed, beta, C);
            for (size_t i = 0; i < rows; i++)
                for (size_t j = 0; j < p; j++) {
                    double sum = 0;
                    for (size_t k = 0; k < n; k++)
                        sum += (A_transposed ? A[k * m + i] : A[i * n + k]) * (B_transposed ? B[j * n + k] : B[k * p + j]);
                    same_number(C[i * p + j], beta * before[i * p + j] + alpha * sum, 2 * rounding(n),
                                "%zu×%zu×%zu, %u", rows, n, p, how);
                }
        }
}
END_TEST

/* Value and differential in one go are what the products one by one are, the value to the last digit. */
START_TEST(a_product_with_its_differential)
{
    size_t m = (size_t) _i % 8 + 1, n = (size_t) _i / 8 + 1;
    double P[64], dP[3 * 64], value[64], dA[3 * 64], dB[3 * 64];

    for (size_t p = 1; p <= 8; p++)
        for (size_t slots = 1; slots <= 3; slots++) {
            draw_all(64 * (size_t) _i + 8 * p + slots);
            dice d = { p };
            draw(&d, dA, m * slots * n);
            draw(&d, dB, n * slots * p);
            dm_small_dual_product(m, n, p, 0, A, NULL, B, NULL, value, dP);
            dm_small_dual_product(m, n, p, slots, A, dA, B, dB, P, dP);
            for (size_t i = 0; i < m; i++)
                for (size_t j = 0; j < p; j++) {
                    ck_assert_double_eq(P[i * p + j], value[i * p + j]);
                    for (size_t s = 0; s < slots; s++) {
                        double sum = 0;
                        for (size_t k = 0; k < n; k++)
                            sum += dA[(i * slots + s) * n + k] * B[k * p + j] + A[i * n + k] * dB[(k * slots + s) * p + j];
                        same_number(dP[(i * slots + s) * p + j], sum, 2 * rounding(n), "%zu×%zu×%zu, slot %zu", m, n, p, s);
                    }
                }
        }
}
END_TEST

/* inv(A)*A = I and det(A) against elimination, for rows of any scale; near to dependence it says that it is not for it. */
START_TEST(inverses_by_cofactors)
{
    size_t n = (size_t) _i % 3 + 2;
    dice d = { (unsigned long) _i };
    double a[16], X[16], lu[16], determinant, product = 1;
    int pivots[4];

    draw(&d, a, n * n);
    for (size_t i = 0; i < n; i++) {
        a[i * n + i] += a[i * n + i] > 0 ? 2 : -2;
        double scale = exp(uniform(&d, -40, 40));
        for (size_t j = 0; j < n; j++)
            a[i * n + j] *= scale;
    }
    ck_assert(dm_closed_inverse(n, a, X, &determinant));
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            double sum = 0, size = 0;
            for (size_t k = 0; k < n; k++) {
                sum += a[i * n + k] * X[k * n + j];
                size += fabs(a[i * n + k] * X[k * n + j]);
            }
            same_number(sum, i == j, 50 * DBL_EPSILON * size, "A*inv(A) of %zu rows, entry (%zu,%zu)", n, i, j);
        }
    memcpy(lu, a, sizeof lu);
    dm_small_lu(n, lu, pivots);
    for (size_t k = 0; k < n; k++)
        product *= (pivots[k] == (int) k + 1 ? 1 : -1) * lu[k * n + k];
    same_number(determinant, product, 100 * DBL_EPSILON * fabs(product), "det of %zu rows", n);

    for (size_t j = 0; j < n; j++)     /* the first row a hair from the last one */
        a[j] = a[(n - 1) * n + j] * (1 + 1e-6 * (double) j);
    ck_assert(!dm_closed_inverse(n, a, X, &determinant));
    a[1] = NAN;
    ck_assert(!dm_closed_inverse(n, a, X, &determinant));
    ck_assert(!dm_closed_inverse(5, A, X, &determinant));
}
END_TEST

/* A panel of matrices whose rows lie apart, and apart again. */
START_TEST(matrices_side_by_side_and_apart)
{
    size_t k = (size_t) _i % 4 + 1, m = (size_t) _i / 4 % 5 + 1, n = (size_t) _i / 20 + 1;
    double panel[4 * 5 * 9], back[4][5 * 12];
    gsl_matrix_view from[4], to[4];
    const gsl_matrix *in[4];
    gsl_matrix *out[4];

    draw_all((unsigned long) _i);
    for (size_t s = 0; s < k; s++) {
        from[s] = gsl_matrix_view_array_with_tda(A + s * 60, m, n, n + s);
        to[s] = gsl_matrix_view_array_with_tda(back[s], m, n, n + (s == 2 ? 0 : s));
        in[s] = &from[s].matrix;
        out[s] = &to[s].matrix;
        for (size_t i = 0; i < 5 * 12; i++)
            back[s][i] = 7;
    }
    dm_lay_side_by_side(k, m, n, in, panel);
    dm_take_apart(k, m, n, panel, out);
    for (size_t s = 0; s < k; s++)
        for (size_t i = 0; i < m; i++) {
            for (size_t j = 0; j < n; j++) {
                ck_assert_double_eq(panel[(i * k + s) * n + j], gsl_matrix_get(in[s], i, j));
                ck_assert_double_eq(gsl_matrix_get(out[s], i, j), gsl_matrix_get(in[s], i, j));
            }
            for (size_t j = n; j < out[s]->tda; j++)               /* what lies between is not touched */
                ck_assert_double_eq(out[s]->data[i * out[s]->tda + j], 7);
        }
}
END_TEST

/* Sizes around all widths of the registers, and beyond what fits in the caches. */
enum { LONG = 600, WIDEST = 320 };
static double left[LONG * WIDEST], other_left[LONG * WIDEST], right[LONG * WIDEST], other_right[LONG * WIDEST],
              to[LONG * WIDEST], was[LONG * WIDEST];

typedef struct {
    const double *data;
    size_t stride;
    bool transposed;
} factor;

static double entry(factor F, size_t i, size_t j)
{
    return F.transposed ? F.data[j * F.stride + i] : F.data[i * F.stride + j];
}

/* to = beta*was + alpha*(L*R + D*E), without the second product where D has no data; and nothing beside it is touched. */
static void are_products(size_t m, size_t n, size_t p, double alpha, factor L, factor R, factor D, factor E, double beta,
                         size_t stride)
{
    for (size_t i = 0; i < m; i++) {
        for (size_t j = 0; j < p; j++) {
            long double sum = 0;
            for (size_t k = 0; k < n; k++)
                sum += (long double) entry(L, i, k) * entry(R, k, j)
                     + (D.data ? (long double) entry(D, i, k) * entry(E, k, j) : 0);
            double expected = beta * was[i * stride + j] + alpha * (double) sum;
            same_number(to[i * stride + j], expected, 2 * rounding(n), "%zu×%zu times %zu×%zu, entry (%zu,%zu)", m, n, n, p, i, j);
        }
        for (size_t j = p; j < stride; j++)
            ck_assert_double_eq(to[i * stride + j], was[i * stride + j]);
    }
    ck_assert_int_eq(memcmp(to + m * stride, was + m * stride, (LONG * WIDEST - m * stride) * sizeof *to), 0);
}

static void draw_factors(unsigned long seed)
{
    dice d = { seed };
    double *all[] = { left, other_left, right, other_right, was };

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        draw(&d, all[i], LONG * WIDEST);
    memcpy(to, was, sizeof to);
}

START_TEST(products_in_wide_registers)
{
    static const size_t size[][3] = { { 1, 1, 1 }, { 8, 8, 8 }, { 15, 3, 24 }, { 16, 130, 17 }, { 7, 5, 33 }, { 33, 64, 32 },
                                      { 25, 257, 25 }, { 300, 20, 9 }, { 3, 300, 300 }, { 64, 129, 49 }, { 280, 256, 256 },
                                      { 530, 9, 20 } };
    const size_t *s = size[_i];
    size_t m = s[0], n = s[1], p = s[2];

    if (!dm_has_wide_registers())
        return;                        /* then nobody calls it */
    draw_factors((unsigned long) _i + 1);
    for (unsigned how = 0; how < 16; how += m * n * p > 1000000 ? 5 : 1) {
        bool turned_A = how & 1, turned_B = how & 2;
        double beta = how & 4 ? 1 : 0, alpha = how & 8 ? -0.75 : 1;
        size_t lda = (turned_A ? m : n) + how % 3, ldb = (turned_B ? n : p) + how % 2, ldc = p + how % 5;
        memcpy(to, was, sizeof to);
        dm_wide_product(m, n, p, alpha, left, turned_A ? 1 : lda, turned_A ? lda : 1, right, ldb, turned_B, beta, to, ldc);
        are_products(m, n, p, alpha, (factor) { left, lda, turned_A }, (factor) { right, ldb, turned_B }, (factor) { 0 },
                     (factor) { 0 }, beta, ldc);
    }
}
END_TEST

extern void openblas_set_num_threads(int threads) __attribute__((weak));

/* Whoever makes them: our own loops, or BLAS, which has to with many threads of its own. */
START_TEST(products_of_any_size)
{
    static const size_t size[][3] = { { 9, 10, 11 }, { 30, 17, 24 }, { 70, 66, 71 }, { 130, 110, 120 } };
    size_t m = size[_i % 4][0], n = size[_i % 4][1], p = size[_i % 4][2];

    if (openblas_set_num_threads)
        openblas_set_num_threads(_i < 4 ? 1 : 8);
    draw_factors((unsigned long) _i + 50);
    for (unsigned how = 0; how < 8; how++) {
        bool turned_A = how & 1, turned_B = how & 2;
        double beta = how & 4 ? 1 : 0;
        memcpy(to, was, sizeof to);
        dm_multiply_dense(m, n, p, -0.75, left, turned_A, right, turned_B, beta, to);
        are_products(m, n, p, -0.75, (factor) { left, turned_A ? m : n, turned_A }, (factor) { right, turned_B ? n : p, turned_B },
                     (factor) { 0 }, (factor) { 0 }, beta, p);
    }
}
END_TEST

/* _i is p: every number of columns. */
START_TEST(two_products_in_wide_registers)
{
    size_t p = (size_t) _i;

    if (!dm_has_wide_registers())
        return;
    draw_factors((unsigned long) _i);
    for (size_t m = 1; m <= 24; m++)
        for (unsigned how = 0; how < 16; how++) {
            size_t n = 1 + (m * 7 + p + how) % 24;
            bool turned_A = how & 1, turned_D = how & 2;
            double beta = how & 4 ? 1 : 0, alpha = how & 8 ? -0.75 : 1;
            n = m == 8 && p == 8 ? 8 : n;
            memcpy(to, was, sizeof to);
            dm_wide_two_products(m, n, p, alpha, left, turned_A, right, other_left, turned_D, other_right, beta, to);
            are_products(m, n, p, alpha, (factor) { left, turned_A ? m : n, turned_A }, (factor) { right, p, false },
                         (factor) { other_left, turned_D ? m : n, turned_D }, (factor) { other_right, p, false }, beta, p);
        }
}
END_TEST

Suite *numbers_kernels_suite(void)
{
    Suite *suite = suite_create("numbers/kernels");
    TCase *tc = case_of(suite, "inner loops");

    tcase_add_loop_test(tc, a_matrix_times_a_column, 1, MOST);
    tcase_add_loop_test(tc, a_column_times_a_row_and_rows_scaled, 1, MOST);
    tcase_add_loop_test(tc, small_matrices_are_factored_as_by_lapack, 1, DM_SMALL_FACTOR + 1);
    tcase_add_loop_test(tc, triangles_are_mirrored, 0, 8);
    tcase_add_test(tc, the_range_of_sizes);
    tcase_add_loop_test(tc, tiny_products, 0, 64);
    tcase_add_loop_test(tc, a_product_with_its_differential, 0, 64);
    tcase_add_loop_test(tc, inverses_by_cofactors, 0, 60);
    tcase_add_loop_test(tc, matrices_side_by_side_and_apart, 0, 180);
    tcase_add_loop_test(tc, products_in_wide_registers, 0, 12);
    tcase_add_loop_test(tc, products_of_any_size, 0, 8);
    tcase_add_loop_test(tc, two_products_in_wide_registers, 1, DM_TWO_WIDEST + 1);
    return suite;
}
