/* BLAS and LAPACK as derivatives written by hand use them: the Fortran symbols, and row-major products. */
#ifndef DM_BENCH_BLAS_H
#define DM_BENCH_BLAS_H

#include <stddef.h>

void dgemm_(const char *, const char *, const int *, const int *, const int *, const double *,
            const double *, const int *, const double *, const int *, const double *, double *,
            const int *, size_t, size_t);
void dgemv_(const char *, const int *, const int *, const double *, const double *, const int *,
            const double *, const int *, const double *, double *, const int *, size_t);
void dsyrk_(const char *, const char *, const int *, const int *, const double *, const double *,
            const int *, const double *, double *, const int *, size_t, size_t);
double ddot_(const int *, const double *, const int *, const double *, const int *);
void dgetrf_(const int *, const int *, double *, const int *, int *, int *);
void dgetri_(const int *, double *, const int *, const int *, double *, const int *, int *);
void dpotrf_(const char *, const int *, double *, const int *, int *, size_t);
void dpotri_(const char *, const int *, double *, const int *, int *, size_t);

/* C = alpha*op(A)*op(B) + beta*C, row-major, C m×p, op(A) m×n; handed over as C' = op(B)'*op(A)'. */
static inline void product(char ta, char tb, size_t m, size_t n, size_t p, double alpha, const double *A,
                           size_t lda, const double *B, size_t ldb, double beta, double *C, size_t ldc)
{
    int M = (int) m, N = (int) n, P = (int) p, a = (int) lda, b = (int) ldb, c = (int) ldc;

    dgemm_(&tb, &ta, &P, &M, &N, &alpha, B, &b, A, &a, &beta, C, &c, 1, 1);
}

/* C = alpha*A*B + beta*C, all n×n. */
static inline void square_product(size_t n, double alpha, const double *A, const double *B, double beta,
                                  double *C)
{
    product('N', 'N', n, n, n, alpha, A, n, B, n, beta, C, n);
}

/* y = alpha*A*x + beta*y (trans 'N') or alpha*A'*x + beta*y ('T'), A m×n row-major. */
static inline void times_vector(char trans, size_t m, size_t n, double alpha, const double *A,
                                const double *x, double beta, double *y)
{
    int M = (int) m, N = (int) n, one = 1;

    dgemv_(trans == 'N' ? "T" : "N", &N, &M, &alpha, A, &N, x, &one, &beta, y, &one, 1);
}

static inline double dot(size_t n, const double *x, const double *y)
{
    int N = (int) n, one = 1;

    return ddot_(&N, x, &one, y, &one);
}

enum { LAPACK_BLOCK = 64 };            /* workspace of dgetri: n * this */

/* A becomes its inverse in place; row- or column-major is the same.  work: n*LAPACK_BLOCK doubles. */
static inline int invert(size_t n, double *A, int *pivots, double *work)
{
    int N = (int) n, lwork = (int) n * LAPACK_BLOCK, info;

    dgetrf_(&N, &N, A, &N, pivots, &info);
    if (info == 0)
        dgetri_(&N, A, &N, pivots, work, &lwork, &info);
    return info;
}

/* T = A', m×n, in tiles */
static inline void transposed(size_t m, size_t n, const double *A, double *T)
{
    enum { TILE = 16 };

    for (size_t i0 = 0; i0 < m; i0 += TILE)
        for (size_t j0 = 0; j0 < n; j0 += TILE)
            for (size_t j = j0; j < n && j < j0 + TILE; j++)
                for (size_t i = i0; i < m && i < i0 + TILE; i++)
                    T[j * m + i] = A[i * n + j];
}

#endif
