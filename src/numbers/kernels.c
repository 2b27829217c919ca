/* The loops are written with vectors of eight doubles, which the compiler maps to what there is: one register
 * of AVX-512, two of AVX2, four of SSE2.  Each function is compiled for all three and the loader picks one,
 * so that one binary runs everywhere.                                                                */
#include <math.h>
#include <stdint.h>
#include <string.h>
#include "numbers/kernels.h"
#include "numbers/squares.h"

/* Columns j ... j+WIDTH-1 of the product: six rows at a time, or four, three, one. */
#define STRIP(WIDTH)                                                                                  \
    INLINE void strip##WIDTH(size_t m, size_t n, double alpha, const double *A, size_t down,         \
                             size_t across, const double *B, size_t ldb, double beta, double *C,     \
                             size_t ldc)                                                             \
    {                                                                                                \
        size_t i = 0;                                                                                \
        for (; i + 12 <= m || i + 6 == m; i += 6) {                                                  \
            v##WIDTH s0 = { 0 }, s1 = { 0 }, s2 = { 0 }, s3 = { 0 }, s4 = { 0 }, s5 = { 0 };         \
            const double *a = A + i * down, *bb = B;                                                 \
            for (size_t k = 0; k < n; k++, a += across, bb += ldb) {                                 \
                v##WIDTH b = *(const v##WIDTH *) bb;                                                 \
                s0 += a[0] * b;                                                                      \
                s1 += a[down] * b;                                                                   \
                s2 += a[2 * down] * b;                                                               \
                s3 += a[3 * down] * b;                                                               \
                s4 += a[4 * down] * b;                                                               \
                s5 += a[5 * down] * b;                                                               \
            }                                                                                        \
            double *c = C + i * ldc;                                                                 \
            PUT(WIDTH, c, s0);                                                                       \
            PUT(WIDTH, c + ldc, s1);                                                                 \
            PUT(WIDTH, c + 2 * ldc, s2);                                                             \
            PUT(WIDTH, c + 3 * ldc, s3);                                                             \
            PUT(WIDTH, c + 4 * ldc, s4);                                                             \
            PUT(WIDTH, c + 5 * ldc, s5);                                                             \
        }                                                                                            \
        for (; i + 4 <= m; i += 4) {                                                                 \
            v##WIDTH s0 = { 0 }, s1 = { 0 }, s2 = { 0 }, s3 = { 0 };                                 \
            const double *a = A + i * down, *bb = B;                                                 \
            for (size_t k = 0; k < n; k++, a += across, bb += ldb) {                                 \
                v##WIDTH b = *(const v##WIDTH *) bb;                                                 \
                s0 += a[0] * b;                                                                      \
                s1 += a[down] * b;                                                                   \
                s2 += a[2 * down] * b;                                                               \
                s3 += a[3 * down] * b;                                                               \
            }                                                                                        \
            double *c = C + i * ldc;                                                                 \
            PUT(WIDTH, c, s0);                                                                       \
            PUT(WIDTH, c + ldc, s1);                                                                 \
            PUT(WIDTH, c + 2 * ldc, s2);                                                             \
            PUT(WIDTH, c + 3 * ldc, s3);                                                             \
        }                                                                                            \
        for (; i + 3 <= m; i += 3) {                                                                 \
            v##WIDTH s0 = { 0 }, s1 = { 0 }, s2 = { 0 };                                             \
            const double *a = A + i * down, *bb = B;                                                 \
            for (size_t k = 0; k < n; k++, a += across, bb += ldb) {                                 \
                v##WIDTH b = *(const v##WIDTH *) bb;                                                 \
                s0 += a[0] * b;                                                                      \
                s1 += a[down] * b;                                                                   \
                s2 += a[2 * down] * b;                                                               \
            }                                                                                        \
            double *c = C + i * ldc;                                                                 \
            PUT(WIDTH, c, s0);                                                                       \
            PUT(WIDTH, c + ldc, s1);                                                                 \
            PUT(WIDTH, c + 2 * ldc, s2);                                                             \
        }                                                                                            \
        for (; i < m; i++) {                                                                         \
            v##WIDTH s = { 0 };                                                                      \
            for (size_t k = 0; k < n; k++)                                                           \
                s += A[i * down + k * across] * *(const v##WIDTH *) (B + k * ldb);                   \
            PUT(WIDTH, C + i * ldc, s);                                                              \
        }                                                                                            \
    }

#define PUT(WIDTH, PLACE, SUM)                                                                        \
    *(v##WIDTH *) (PLACE) = beta == 0 ? alpha * (SUM) : *(v##WIDTH *) (PLACE) + alpha * (SUM)

STRIP(8)
STRIP(4)
STRIP(2)
STRIP(1)

/* Measured against OpenBLAS 0.3.21, whose call costs 50 ns, or 25 where it has kernels for AVX-512; up to 8 these loops
 * take less time than those of wide.c, too.                                                           */
size_t dm_small_limit(void)
{
    return dm_has_wide_registers() ? 8 : 14;
}

INLINE void small_product(size_t m, size_t n, size_t p, double alpha, const double *A, size_t down,
                          size_t across, const double *B, size_t ldb, double beta, double *C,
                          size_t ldc)
{
    size_t j = 0;

    for (; j + 8 <= p; j += 8)
        strip8(m, n, alpha, A, down, across, B + j, ldb, beta, C + j, ldc);
    if (p & 4) {
        strip4(m, n, alpha, A, down, across, B + j, ldb, beta, C + j, ldc);
        j += 4;
    }
    if (p & 2) {
        strip2(m, n, alpha, A, down, across, B + j, ldb, beta, C + j, ldc);
        j += 2;
    }
    if (p & 1)
        strip1(m, n, alpha, A, down, across, B + j, ldb, beta, C + j, ldc);
}

FOR_EACH_CPU
void dm_small_product(size_t m, size_t n, size_t p, double alpha, const double *A, size_t down,
                      size_t across, const double *B, size_t ldb, double beta, double *C, size_t ldc)
{
    for (size_t i = 0, rows; i < m; i += rows) {               /* rows that stay in the cache */
        rows = m - i < 96 ? m - i : 48;
        small_product(rows, n, p, alpha, A + i * down, down, across, B, ldb, beta, C + i * ldc, ldc);
    }
}

/* ------------------------------------------------------------------------- a matrix times a column -- */

size_t dm_vector_limit(void)
{
    return WIDE_REGISTERS ? 65536 : 256;
}

/* The lower and the upper half of eight added. */
#define HALF(S) (__builtin_shufflevector(S, S, 0, 1, 2, 3) + __builtin_shufflevector(S, S, 4, 5, 6, 7))

/* Unrolled, so that what is summed stays in registers. */
#define EACH(I, COUNT) _Pragma("GCC unroll 8") for (size_t I = 0; I < COUNT; I++)

/* The inner products of four rows with x, or of one. */
INLINE void inner4(size_t n, const double *A, size_t lda, const double *x, v4 *sums)
{
    v8 s0 = { 0 }, s1 = { 0 }, s2 = { 0 }, s3 = { 0 };
    const double *a = A, *b = A + lda, *c = A + 2 * lda, *d = A + 3 * lda;
    size_t j = 0;

    for (; j + 8 <= n; j += 8) {
        v8 t = *(const v8 *) (x + j);
        s0 += *(const v8 *) (a + j) * t;
        s1 += *(const v8 *) (b + j) * t;
        s2 += *(const v8 *) (c + j) * t;
        s3 += *(const v8 *) (d + j) * t;
    }
    v4 h0 = HALF(s0), h1 = HALF(s1), h2 = HALF(s2), h3 = HALF(s3);
    for (; j + 4 <= n; j += 4) {
        v4 t = *(const v4 *) (x + j);
        h0 += *(const v4 *) (a + j) * t;
        h1 += *(const v4 *) (b + j) * t;
        h2 += *(const v4 *) (c + j) * t;
        h3 += *(const v4 *) (d + j) * t;
    }
    v4 ab = __builtin_shufflevector(h0, h1, 0, 4, 2, 6) + __builtin_shufflevector(h0, h1, 1, 5, 3, 7);
    v4 cd = __builtin_shufflevector(h2, h3, 0, 4, 2, 6) + __builtin_shufflevector(h2, h3, 1, 5, 3, 7);
    v4 sum = __builtin_shufflevector(ab, cd, 0, 1, 4, 5) + __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
    for (; j < n; j++)
        sum += x[j] * (v4) { a[j], b[j], c[j], d[j] };
    *sums = sum;
}

INLINE double inner1(size_t n, const double *a, const double *x)
{
    v4 s = { 0 };
    double sum = 0;
    size_t j = 0;

    for (; j + 4 <= n; j += 4)
        s += *(const v4 *) (a + j) * *(const v4 *) (x + j);
    for (; j < n; j++)
        sum += a[j] * x[j];
    return sum + ((s[0] + s[1]) + (s[2] + s[3]));
}

FOR_EACH_CPU
void dm_matrix_column(size_t m, size_t n, double alpha, const double *A, size_t lda, const double *x,
                      double beta, double *y, size_t inc)
{
    size_t i = 0;

    for (; i + 4 <= m; i += 4) {
        double *t = y + i * inc;
        v4 sum;
        inner4(n, A + i * lda, lda, x, &sum);
        for (size_t k = 0; k < 4; k++)
            t[k * inc] = (beta == 0 ? 0 : t[k * inc]) + alpha * sum[k];
    }
    for (; i < m; i++)
        y[i * inc] = (beta == 0 ? 0 : y[i * inc]) + alpha * inner1(n, A + i * lda, x);
}

/* y += the sum of x[k] times row k, for ROWS rows. */
#define COMBINE(ROWS)                                                                                 \
    INLINE void combine##ROWS(size_t n, double alpha, const double *A, size_t lda, const double *x,   \
                              size_t inc, bool fresh, double *y)                                      \
    {                                                                                                 \
        double f[ROWS];                                                                               \
        size_t j = 0;                                                                                 \
        EACH(k, ROWS)                                                                                 \
            f[k] = alpha * x[k * inc];                                                                \
        for (; j + 8 <= n; j += 8) {                                                                  \
            v8 s = { 0 };                                                                             \
            EACH(k, ROWS)                                                                             \
                s += f[k] * *(const v8 *) (A + k * lda + j);                                          \
            if (!fresh)                                                                               \
                s += *(v8 *) (y + j);                                                                 \
            *(v8 *) (y + j) = s;                                                                      \
        }                                                                                             \
        for (; j + 4 <= n; j += 4) {                                                                  \
            v4 s = { 0 };                                                                             \
            EACH(k, ROWS)                                                                             \
                s += f[k] * *(const v4 *) (A + k * lda + j);                                          \
            if (!fresh)                                                                               \
                s += *(v4 *) (y + j);                                                                 \
            *(v4 *) (y + j) = s;                                                                      \
        }                                                                                             \
        for (; j < n; j++) {                                                                          \
            double s = 0;                                                                             \
            EACH(k, ROWS)                                                                             \
                s += f[k] * A[k * lda + j];                                                           \
            y[j] = fresh ? s : y[j] + s;                                                              \
        }                                                                                             \
    }

COMBINE(8)
COMBINE(4)
COMBINE(1)

FOR_EACH_CPU
void dm_row_matrix(size_t m, size_t n, double alpha, const double *x, size_t inc, const double *A, size_t lda,
                   double beta, double *y)
{
    bool fresh = beta == 0;
    size_t k = 0;

    for (; k + 8 <= m; k += 8, fresh = false)
        combine8(n, alpha, A + k * lda, lda, x + k * inc, inc, fresh, y);
    for (; k + 4 <= m; k += 4, fresh = false)
        combine4(n, alpha, A + k * lda, lda, x + k * inc, inc, fresh, y);
    for (; k < m; k++, fresh = false)
        combine1(n, alpha, A + k * lda, lda, x + k * inc, inc, fresh, y);
}

FOR_EACH_CPU
void dm_column_row(size_t m, size_t n, double alpha, const double *x, size_t inc, const double *y, double beta,
                   double *C, size_t ldc)
{
    for (size_t i = 0; i < m; i++) {
        double f = alpha * x[i * inc], *c = C + i * ldc;
        size_t j = 0;
        for (; beta == 0 && j + 8 <= n; j += 8)
            *(v8 *) (c + j) = f * *(const v8 *) (y + j);
        for (; beta != 0 && j + 8 <= n; j += 8)
            *(v8 *) (c + j) += f * *(const v8 *) (y + j);
        for (; j < n; j++)
            c[j] = beta == 0 ? f * y[j] : c[j] + f * y[j];
    }
}

/* ------------------------------------------------------------------------------------ transposes -- */

/* c0 ... c3 = the columns of the four rows at A. */
#define FOUR_BY_FOUR(A, LDA)                                                                          \
    v4 a = *(const v4 *) (A), b = *(const v4 *) ((A) + (LDA));                                       \
    v4 d = *(const v4 *) ((A) + 2 * (LDA)), e = *(const v4 *) ((A) + 3 * (LDA));                     \
    v4 ab0 = __builtin_shufflevector(a, b, 0, 4, 2, 6), ab1 = __builtin_shufflevector(a, b, 1, 5, 3, 7); \
    v4 de0 = __builtin_shufflevector(d, e, 0, 4, 2, 6), de1 = __builtin_shufflevector(d, e, 1, 5, 3, 7); \
    v4 c0 = __builtin_shufflevector(ab0, de0, 0, 1, 4, 5);                                           \
    v4 c1 = __builtin_shufflevector(ab1, de1, 0, 1, 4, 5);                                           \
    v4 c2 = __builtin_shufflevector(ab0, de0, 2, 3, 6, 7);                                           \
    v4 c3 = __builtin_shufflevector(ab1, de1, 2, 3, 6, 7)

/* For each (i,j) of m×n, in tiles that stay in the cache: BLOCK for 4×4 at once, two of them one below the other,
 * which are whole lines of the cache in what is read by columns; REST for what is left at the borders.  */
#define IN_TILES(M, N, BLOCK, REST)                                                                   \
    for (size_t i0 = 0, i1; i0 < (M); i0 = i1) {                                                       \
        i1 = i0 + 64 < (M) ? i0 + 64 : (M);                                                             \
        size_t i4 = i1 - (i1 - i0) % 4;                                                                 \
        for (size_t j0 = 0, j1; j0 < (N); j0 = j1) {                                                    \
            j1 = j0 + 64 < (N) ? j0 + 64 : (N);                                                         \
            size_t j4 = j1 - (j1 - j0) % 4;                                                             \
            for (size_t pair = i0; pair < i4; pair += 8)                                                \
                for (size_t j = j0; j < j4; j += 4)                                                     \
                    for (size_t i = pair; i < i4 && i < pair + 8; i += 4)                               \
                        BLOCK;                                                                         \
            for (size_t i = i0; i < i1; i++)                                                            \
                for (size_t j = i < i4 ? j4 : j0; j < j1; j++)                                          \
                    REST;                                                                              \
        }                                                                                              \
    }

/* 4×4 of T; `far`: it has to be fetched, and what is beside it will be wanted. */
INLINE void add_block_transposed(double beta, double scale, const double *A, size_t lda, double *T, size_t ldt, bool far)
{
    FOUR_BY_FOUR(A, lda);
    v4 *t0 = (v4 *) T, *t1 = (v4 *) (T + ldt), *t2 = (v4 *) (T + 2 * ldt), *t3 = (v4 *) (T + 3 * ldt);
    for (size_t k = 0; far && k < 4; k++)
        __builtin_prefetch(T + k * ldt + 8, 1);
    if (beta == 0)
        *t0 = scale * c0, *t1 = scale * c1, *t2 = scale * c2, *t3 = scale * c3;
    else
        *t0 += scale * c0, *t1 += scale * c1, *t2 += scale * c2, *t3 += scale * c3;
}

FOR_EACH_CPU
void dm_add_transposed(size_t m, size_t n, double beta, double scale, const double *A, size_t lda,
                       double *T, size_t ldt)
{
    if (m == 4 && n == 4 && beta == 0) {
        FOUR_BY_FOUR(A, lda);
        *(v4 *) T = scale * c0;
        *(v4 *) (T + ldt) = scale * c1;
        *(v4 *) (T + 2 * ldt) = scale * c2;
        *(v4 *) (T + 3 * ldt) = scale * c3;
        return;
    }
    bool far = m * n > 1 << 17;
    IN_TILES(m, n, add_block_transposed(beta, scale, A + j * lda + i, lda, T + i * ldt + j, ldt, far),
             T[i * ldt + j] = (beta == 0 ? 0 : T[i * ldt + j]) + scale * A[j * lda + i])
}

INLINE void copy_row(size_t n, const double *from, double *to)
{
    size_t j = 0;

    for (; j + 8 <= n; j += 8)
        *(v8 *) (to + j) = *(const v8 *) (from + j);
    for (; j + 4 <= n; j += 4)
        *(v4 *) (to + j) = *(const v4 *) (from + j);
    for (; j < n; j++)
        to[j] = from[j];
}

/* Row i of each of the k matrices, n wide, to the panel; a row of three that another one follows is copied as four. */
INLINE double *lay_rows(size_t k, size_t i, size_t n, bool followed, const gsl_matrix *const A[], double *panel)
{
    for (size_t s = 0; s < k; s++, panel += n) {
        const double *from = A[s]->data + i * A[s]->tda;
        if (n == 3 && followed)
            *(v4 *) panel = *(const v4 *) from;
        else
            copy_row(n, from, panel);
    }
    return panel;
}

INLINE void copy_three(const double *from, double *to)
{
    *(v2 *) to = *(const v2 *) from;
    to[2] = from[2];
}

/* Squares of three, one after the other; all but the last one may write a fourth entry, for the next one to write over. */
INLINE void lay_threes(size_t k, const gsl_matrix *const A[], double *panel)
{
    for (size_t s = 0; s < k; s++, panel += 3) {
        const double *from = A[s]->data;
        size_t tda = A[s]->tda;
        if (s + 1 < k) {
            *(v4 *) panel = *(const v4 *) from;
            *(v4 *) (panel + 3 * k) = *(const v4 *) (from + tda);
        } else {
            copy_three(from, panel);
            copy_three(from + tda, panel + 3 * k);
        }
        copy_three(from + 2 * tda, panel + 6 * k);
    }
}

FOR_EACH_CPU
void dm_lay_side_by_side(size_t k, size_t m, size_t n, const gsl_matrix *const A[], double *panel)
{
    if (n == 3 && m == 3) {
        lay_threes(k, A, panel);
        return;
    }
    for (size_t i = 0; i < m; i++)
        if (n == 3 && i + 1 < m)
            panel = lay_rows(k, i, 3, true, A, panel);
        else if (n == 3)
            panel = lay_rows(k, i, 3, false, A, panel);
        else if (n == 4)
            panel = lay_rows(k, i, 4, false, A, panel);
        else if (n == 8)
            panel = lay_rows(k, i, 8, false, A, panel);
        else
            panel = lay_rows(k, i, n, false, A, panel);
}

/* One matrix of m rows, n wide, from its rows in the panel. */
INLINE void take_rows(size_t k, size_t m, size_t n, const double *panel, double *to, size_t tda)
{
    for (size_t i = 0; i < m; i++, panel += k * n, to += tda)
        if (n == 3 && tda == 3 && i + 1 < m)
            *(v4 *) to = *(const v4 *) panel;
        else
            copy_row(n, panel, to);
}

FOR_EACH_CPU
void dm_take_apart(size_t k, size_t m, size_t n, const double *panel, gsl_matrix *const A[])
{
    for (size_t s = 0; s < k; s++, panel += n)
        if (n == 3 && m == 3 && A[s]->tda == 3)
            take_rows(k, 3, 3, panel, A[s]->data, 3);
        else if (n == 4 && m == 4 && A[s]->tda == 4)
            take_rows(k, 4, 4, panel, A[s]->data, 4);
        else if (n == 8 && m == 8 && A[s]->tda == 8)
            take_rows(k, 8, 8, panel, A[s]->data, 8);
        else
            take_rows(k, m, n, panel, A[s]->data, A[s]->tda);
}

void dm_mirror(size_t n, double *M, size_t stride, bool lower)
{
    enum { TILE = 32 };

    for (size_t i0 = 0; i0 < n; i0 += TILE) {
        size_t rows = i0 + TILE < n ? TILE : n - i0;
        for (size_t j0 = 0; j0 < i0; j0 += TILE) {             /* whole tiles below the diagonal */
            double *below = M + i0 * stride + j0, *above = M + j0 * stride + i0;
            if (lower)
                dm_add_transposed(TILE, rows, 0, 1, below, stride, above, stride);
            else
                dm_add_transposed(rows, TILE, 0, 1, above, stride, below, stride);
        }
        for (size_t i = i0; i < i0 + rows; i++)
            for (size_t j = i0; j < i; j++)
                if (lower)
                    M[j * stride + i] = M[i * stride + j];
                else
                    M[i * stride + j] = M[j * stride + i];
    }
}

/* Of 4×4 entries, to the four sums, and their squares to q. */
INLINE void dot_block_transposed(const double *A, size_t lda, const double *B, size_t ldb, v4 s[4], v4 q[2])
{
    FOUR_BY_FOUR(B, ldb);
    s[0] += c0 * *(const v4 *) A;
    s[1] += c1 * *(const v4 *) (A + lda);
    s[2] += c2 * *(const v4 *) (A + 2 * lda);
    s[3] += c3 * *(const v4 *) (A + 3 * lda);
    if (q) {
        q[0] += c0 * c0 + c1 * c1;
        q[1] += c2 * c2 + c3 * c3;
    }
}

INLINE double dot_transposed(size_t m, size_t n, const double *A, size_t lda, const double *B, size_t ldb, double *square)
{
    v4 s[4] = { 0 }, squares[2] = { 0 }, *q = square ? squares : NULL;
    double rest = 0, r = 0;

    IN_TILES(m, n, dot_block_transposed(A + i * lda + j, lda, B + j * ldb + i, ldb, s, q),
             (rest += A[i * lda + j] * B[j * ldb + i], r += B[j * ldb + i] * B[j * ldb + i]))
    s[0] = (s[0] + s[1]) + (s[2] + s[3]);
    squares[0] += squares[1];
    if (square)
        *square = r + squares[0][0] + squares[0][1] + squares[0][2] + squares[0][3];
    return rest + s[0][0] + s[0][1] + s[0][2] + s[0][3];
}

FOR_EACH_CPU
double dm_dot_transposed(size_t m, size_t n, const double *A, size_t lda, const double *B, size_t ldb)
{
    if (m == 4 && n == 4) {
        FOUR_BY_FOUR(B, ldb);
        v4 s = c0 * *(const v4 *) A + c1 * *(const v4 *) (A + lda);
        s += c2 * *(const v4 *) (A + 2 * lda) + c3 * *(const v4 *) (A + 3 * lda);
        return (s[0] + s[1]) + (s[2] + s[3]);
    }
    return dot_transposed(m, n, A, lda, B, ldb, NULL);
}

FOR_EACH_CPU
double dm_dot_and_square(size_t m, size_t n, const double *A, size_t lda, const double *B, size_t ldb, double *square)
{
    return dot_transposed(m, n, A, lda, B, ldb, square);
}

#define SIZES(x) ((v4) ((w4) (x) & (UINT64_MAX >> 1)))

/* In strips of the k that stay in the cache, for four j at a time where all k are before them. */
FOR_EACH_CPU
void dm_pivot_sums(size_t n, const double *lu, double *sums)
{
    for (size_t j = 0; j < n; j++)
        sums[j] = fabs(lu[j * n + j]);
    for (size_t k0 = 0; k0 < n; k0 += 32) {
        size_t k1 = k0 + 32 < n ? k0 + 32 : n, j = k0;
        for (; j < n && (j < k1 || (n - j) % 4 != 0); j++)
            for (size_t k = k0; k < j && k < k1; k++)
                sums[j] += fabs(lu[k * n + j]) * fabs(lu[j * n + k]);
        for (; j < n; j += 4) {        /* here all 32 are before them */
            v4 s = *(v4 *) (sums + j);
            for (size_t k = k0; k < k1; k += 4) {
                FOUR_BY_FOUR(lu + j * n + k, n);
                s += SIZES(c0) * SIZES(*(const v4 *) (lu + k * n + j));
                s += SIZES(c1) * SIZES(*(const v4 *) (lu + (k + 1) * n + j));
                s += SIZES(c2) * SIZES(*(const v4 *) (lu + (k + 2) * n + j));
                s += SIZES(c3) * SIZES(*(const v4 *) (lu + (k + 3) * n + j));
            }
            *(v4 *) (sums + j) = s;
        }
    }
}

/* -------------------------------------------------------------------------------- tiny products -- */

/* T = B' for the p×n B. */
INLINE const double *flip(size_t n, size_t p, const double *B, double *T)
{
    for (size_t k = 0; k < n; k++)
        for (size_t j = 0; j < p; j++)
            T[k * p + j] = B[j * n + k];
    return T;
}

/* Squares of three and of four, where the compiler knows every loop, are the ones that people have most of. */
FOR_EACH_CPU
void dm_tiny_product(size_t m, size_t n, size_t p, double alpha, const double *A, bool A_transposed, const double *B,
                     bool B_transposed, double beta, double *C)
{
    double b[DM_TINY * DM_TINY];

    if (m == 4 && n == 4 && p == 4) {
        product_four(alpha, A, A_transposed, B, B_transposed, beta != 0, C);
        return;
    }
    if (m == 3 && n == 3 && p == 3) {
        product_three(alpha, A, A_transposed, B, B_transposed, beta != 0, C);
        return;
    }
    if (B_transposed && n > 1 && p > 1)
        B = flip(n, p, B, b);
    if (p == 1 && !A_transposed)
        dm_matrix_column(m, n, alpha, A, n, B, beta, C, 1);
    else if (p == 1)
        dm_row_matrix(n, m, alpha, B, 1, A, m, beta, C);
    else if (m == 1)
        dm_row_matrix(n, p, alpha, A, 1, B, p, beta, C);
    else if (p % 4 != 0 && m * p >= 49 && dm_has_wide_registers())     /* columns that would go in two strips or three */
        dm_wide_product(m, n, p, alpha, A, A_transposed ? 1 : n, A_transposed ? m : 1, B, p, false, beta, C, p);
    else
        small_product(m, n, p, alpha, A, A_transposed ? 1 : n, A_transposed ? m : 1, B, p, beta, C, p);
}

/* ------------------------------------------------------------- a product with its differential -- */

FOR_EACH_CPU
void dm_small_dual_product(size_t m, size_t n, size_t p, size_t slots, const double *A, const double *dA,
                           const double *B, const double *dB, double *P, double *dP)
{
    if (m == 4 && n == 4 && p == 4 && slots == 1 && dA && dB) {
        dual_product_four(A, dA, B, dB, P, dP);
        return;
    }
    if (m == 3 && n == 3 && p == 3 && slots == 1 && dA && dB) {
        dual_product_three(A, dA, B, dB, P, dP);
        return;
    }
    dm_tiny_product(m, n, p, 1, A, false, B, false, 0, P);
    if (dA)
        dm_tiny_product(m * slots, n, p, 1, dA, false, B, false, 0, dP);
    if (dB)
        dm_tiny_product(m, n, p * slots, 1, A, false, dB, false, dA ? 1 : 0, dP);
}

/* ---------------------------------------------------------------------------------- long vectors -- */

FOR_EACH_CPU
static double long_dot(size_t n, const double *x, const double *y)
{
    v8 s0 = { 0 }, s1 = { 0 };
    double sum = 0;
    size_t i = 0;

    for (; i + 16 <= n; i += 16) {
        s0 += *(const v8 *) (x + i) * *(const v8 *) (y + i);
        s1 += *(const v8 *) (x + i + 8) * *(const v8 *) (y + i + 8);
    }
    for (; i < n; i++)
        sum += x[i] * y[i];
    s0 += s1;
    for (int k = 0; k < 8; k++)
        sum += s0[k];
    return sum;
}

double dm_dot(size_t n, const double *x, const double *y)
{
    double even = 0, odd = 0;
    size_t i = 0;

    if (n >= 32)
        return long_dot(n, x, y);
    for (; i + 2 <= n; i += 2) {
        even += x[i] * y[i];
        odd += x[i + 1] * y[i + 1];
    }
    if (i < n)
        even += x[i] * y[i];
    return even + odd;
}

FOR_EACH_CPU
void dm_scaled(size_t n, double a, const double *x, double *y)
{
    size_t i = 0;

    for (; i + 8 <= n; i += 8)
        *(v8 *) (y + i) = a * *(const v8 *) (x + i);
    for (; i < n; i++)
        y[i] = a * x[i];
}

FOR_EACH_CPU
void dm_axpy(size_t n, double a, const double *x, double *y)
{
    size_t i = 0;

    for (; i + 8 <= n; i += 8)
        *(v8 *) (y + i) += a * *(const v8 *) (x + i);
    for (; i < n; i++)
        y[i] += a * x[i];
}

FOR_EACH_CPU
void dm_combine(size_t n, double a, const double *x, double b, const double *y, double *z)
{
    size_t i = 0;

    for (; i + 8 <= n; i += 8)
        *(v8 *) (z + i) = a * *(const v8 *) (x + i) + b * *(const v8 *) (y + i);
    for (; i < n; i++)
        z[i] = a * x[i] + b * y[i];
}

FOR_EACH_CPU
void dm_scale_rows(size_t m, size_t n, double alpha, const double *d, const double *X, double beta, double *Y)
{
    for (size_t i = 0; i < m; i++, X += n, Y += n) {
        double f = alpha * d[i];
        if (beta == 0)
            for (size_t j = 0; j < n; j++)
                Y[j] = f * X[j];
        else
            for (size_t j = 0; j < n; j++)
                Y[j] += f * X[j];
    }
}

FOR_EACH_CPU
void dm_multiply(size_t n, double beta, double scale, const double *x, const double *y, double *z)
{
    if (beta == 0)
        for (size_t i = 0; i < n; i++)
            z[i] = scale * (x[i] * y[i]);
    else
        for (size_t i = 0; i < n; i++)
            z[i] += scale * (x[i] * y[i]);
}

/* A direction that does not move a function at the edge of its domain has no infinite differential there. */
FOR_EACH_CPU
void dm_multiply_direction(size_t n, double beta, double scale, const double *slope, const double *d, double *z)
{
    for (size_t i = 0; i < n; i++) {
        double met = d[i] == 0 && slope[i] == slope[i] ? 0 : slope[i] * d[i];
        z[i] = (beta == 0 ? 0 : z[i]) + scale * met;
    }
}

/* They are finite exactly if the sum of the 0*(a*x) is 0. */
FOR_EACH_CPU
bool dm_all_finite(size_t n, double a, const double *x)
{
    v8 s = { 0 }, t = { 0 }, u = { 0 }, v = { 0 };
    double sum = 0;
    size_t i = 0;

    for (; i + 32 <= n; i += 32) {
        s += 0.0 * (a * *(const v8 *) (x + i));
        t += 0.0 * (a * *(const v8 *) (x + i + 8));
        u += 0.0 * (a * *(const v8 *) (x + i + 16));
        v += 0.0 * (a * *(const v8 *) (x + i + 24));
    }
    for (; i + 8 <= n; i += 8)
        s += 0.0 * (a * *(const v8 *) (x + i));
    for (; i < n; i++)
        sum += 0.0 * (a * x[i]);
    s = (s + t) + (u + v);
    v4 half = HALF(s);
    return sum + ((half[0] + half[1]) + (half[2] + half[3])) == 0;
}

/* Without their sign bits doubles are in the order of the integers that they are stored as, and 0 is the first;
 * one less, it is the last.                                                                          */
FOR_EACH_CPU
void dm_range(size_t n, const double *x, double *least, double *most)
{
    uint64_t low = UINT64_MAX, high = 0;

    for (size_t i = 0; i < n; i++) {
        uint64_t size = ((const word *) x)[i] & (UINT64_MAX >> 1);
        low = size - 1 < low ? size - 1 : low;
        high = size > high ? size : high;
    }
    low++;
    memcpy(least, &low, sizeof low);
    memcpy(most, &high, sizeof high);
}
