/* Squares of three and of four rows, a row a register; every loop is one that the compiler knows. */
#ifndef DM_NUMBERS_SQUARES_H
#define DM_NUMBERS_SQUARES_H

#include <stdbool.h>
#include <stddef.h>
#include "numbers/vectors.h"

/* The rows of a square of three, each with one entry too many that nobody looks at; and of its transpose.  It is read
 * and written in the same pieces, for what is read soon after it was written otherwise has to wait.   */
INLINE void rows_of_three(const double *M, v4 row[3])
{
    v4 a = *(const v4 *) M, b = *(const v4 *) (M + 4);

    row[0] = a;
    row[1] = __builtin_shufflevector(a, b, 3, 4, 5, 6);
    row[2] = (v4) { b[2], b[3], M[8], 0 };
}

INLINE void columns_of_three(const double *M, v4 row[3])
{
    v4 a = *(const v4 *) M, b = *(const v4 *) (M + 4);

    row[0] = __builtin_shufflevector(a, b, 0, 3, 6, 6);
    row[1] = __builtin_shufflevector(a, b, 1, 4, 7, 7);
    row[2] = (v4) { a[2], b[1], M[8], 0 };
}

INLINE void put_three(double *M, const v4 row[3])
{
    *(v4 *) M = __builtin_shufflevector(row[0], row[1], 0, 1, 2, 4);
    *(v4 *) (M + 4) = __builtin_shufflevector(row[1], row[2], 1, 2, 4, 5);
    M[8] = row[2][2];
}

INLINE void rows_of_four(const double *M, v4 row[4])
{
    for (int i = 0; i < 4; i++)
        row[i] = *(const v4 *) (M + 4 * i);
}

INLINE void columns_of_four(const double *M, v4 row[4])
{
    v4 r[4], p[4];

    rows_of_four(M, r);
    p[0] = __builtin_shufflevector(r[0], r[1], 0, 4, 2, 6);
    p[1] = __builtin_shufflevector(r[0], r[1], 1, 5, 3, 7);
    p[2] = __builtin_shufflevector(r[2], r[3], 0, 4, 2, 6);
    p[3] = __builtin_shufflevector(r[2], r[3], 1, 5, 3, 7);
    row[0] = __builtin_shufflevector(p[0], p[2], 0, 1, 4, 5);
    row[1] = __builtin_shufflevector(p[1], p[3], 0, 1, 4, 5);
    row[2] = __builtin_shufflevector(p[0], p[2], 2, 3, 6, 7);
    row[3] = __builtin_shufflevector(p[1], p[3], 2, 3, 6, 7);
}

INLINE void put_four(double *M, const v4 row[4])
{
    for (int i = 0; i < 4; i++)
        *(v4 *) (M + 4 * i) = row[i];
}

/* Values are summed in the order of dm_small_product, and so are the same with a differential and without. */
#define SQUARE(NAME, N)                                                                               \
    /* C = C (if it adds) + scale*A(')*B('); A is read in place. */                                  \
    INLINE void product_##NAME(double scale, const double *A, bool A_transposed, const double *B, bool B_transposed, \
                               bool adds, double *C)                                                 \
    {                                                                                                \
        size_t down = A_transposed ? 1 : N, across = A_transposed ? N : 1;                           \
        v4 b[N], c[N];                                                                               \
        if (B_transposed)                                                                            \
            columns_of_##NAME(B, b);                                                                 \
        else                                                                                         \
            rows_of_##NAME(B, b);                                                                    \
        _Pragma("GCC unroll 4") for (size_t i = 0; i < N; i++) {                                     \
            const double *a = A + i * down;                                                          \
            c[i] = (v4) { 0 };         /* else either of the first two products may be the rounded one */ \
            _Pragma("GCC unroll 4") for (size_t k = 0; k < N; k++)                                   \
                c[i] += a[k * across] * b[k];                                                        \
        }                                                                                            \
        if (scale != 1)                /* others have to wait for it */                              \
            for (int i = 0; i < N; i++)                                                              \
                c[i] *= scale;                                                                       \
        if (adds) {                                                                                  \
            v4 before[N];                                                                            \
            rows_of_##NAME(C, before);                                                               \
            for (int i = 0; i < N; i++)                                                              \
                c[i] += before[i];                                                                   \
        }                                                                                            \
        put_##NAME(C, c);                                                                            \
    }                                                                                                \
    /* P = A*B and D = dA*B + A*dB */                                                                \
    INLINE void dual_product_##NAME(const double *A, const double *dA, const double *B, const double *dB, double *P, \
                                    double *D)                                                       \
    {                                                                                                \
        v4 b[N], db[N], p[N], d[N];                                                                  \
        rows_of_##NAME(B, b);                                                                        \
        rows_of_##NAME(dB, db);                                                                      \
        _Pragma("GCC unroll 4") for (size_t i = 0; i < N; i++) {                                     \
            v4 e = { 0 };                                                                            \
            p[i] = d[i] = (v4) { 0 };                                                                \
            _Pragma("GCC unroll 4") for (size_t k = 0; k < N; k++) {                                 \
                p[i] += A[N * i + k] * b[k];                                                         \
                d[i] += dA[N * i + k] * b[k];                                                        \
                e += A[N * i + k] * db[k];                                                           \
            }                                                                                        \
            d[i] += e;                                                                               \
        }                                                                                            \
        put_##NAME(P, p);                                                                            \
        put_##NAME(D, d);                                                                            \
    }

SQUARE(three, 3)
SQUARE(four, 4)

#undef SQUARE

#endif
