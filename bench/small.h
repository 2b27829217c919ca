/* Products of a size that the compiler knows, as an expert writes them for n = 3, 4 and 6; from 8 on
 * the compiler loses to BLAS. */
#ifndef DM_BENCH_SMALL_H
#define DM_BENCH_SMALL_H

#include <stddef.h>

/* C = A*B, or C += A*B; C is neither A nor B. */
static inline void small_product(size_t n, const double *restrict A, const double *restrict B,
                                 int add, double *restrict C)
{
    for (size_t i = 0; i < n; i++) {
        double row[6];
        for (size_t j = 0; j < n; j++)
            row[j] = add ? C[i * n + j] : 0;
        for (size_t p = 0; p < n; p++)
            for (size_t j = 0; j < n; j++)
                row[j] += A[i * n + p] * B[p * n + j];
        for (size_t j = 0; j < n; j++)
            C[i * n + j] = row[j];
    }
}

/* C = A'*B */
static inline void small_product_tn(size_t n, const double *restrict A, const double *restrict B,
                                    double *restrict C)
{
    for (size_t i = 0; i < n; i++) {
        double row[6] = { 0 };
        for (size_t p = 0; p < n; p++)
            for (size_t j = 0; j < n; j++)
                row[j] += A[p * n + i] * B[p * n + j];
        for (size_t j = 0; j < n; j++)
            C[i * n + j] = row[j];
    }
}

/* C = A*B' */
static inline void small_product_nt(size_t n, const double *restrict A, const double *restrict B,
                                    double *restrict C)
{
    double T[36];

    for (size_t p = 0; p < n; p++)
        for (size_t j = 0; j < n; j++)
            T[p * n + j] = B[j * n + p];
    small_product(n, A, T, 0, C);
}

/* CALL(n) with a constant n for 3, 4 and 6; OTHERWISE for the others. */
#define WITH_CONSTANT(n, CALL, OTHERWISE) \
    switch (n) {                          \
    case 3: CALL(3); break;               \
    case 4: CALL(4); break;               \
    case 6: CALL(6); break;               \
    default: OTHERWISE; break;            \
    }

#endif
