/* Inner loops, compiled for several instruction sets and chosen by what the processor has. */
#ifndef DM_NUMBERS_KERNELS_H
#define DM_NUMBERS_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <gsl/gsl_matrix.h>

size_t dm_small_limit(void);           /* up to so many rows and columns BLAS is slower than this: */
/* C = beta*C + alpha*A*B for the m×n A with entry (i,k) at A[i*down + k*across] and the row-major n×p B;
 * beta is 0 or 1.  For matrices so small that a call of BLAS costs more than its work.               */
void dm_small_product(size_t m, size_t n, size_t p, double alpha, const double *A, size_t down,
                      size_t across, const double *B, size_t ldb, double beta, double *C, size_t ldc);

/* The same for any sizes in the registers of AVX-512, and B perhaps the transpose of what is at hand.  wide.c */
bool dm_has_wide_registers(void);      /* has the processor any? */
size_t dm_blas_threads(void);          /* in how many BLAS works; 0: unknown                           library.c */
bool dm_is_for_wide_registers(size_t m, size_t n, size_t p);   /* and BLAS nothing that is faster?     library.c */
bool dm_gram_is_for_wide_registers(size_t m, size_t n);        /* not even for A*A', m×n, of which it makes half? */
void dm_wide_product(size_t m, size_t n, size_t p, double alpha, const double *A, size_t down, size_t across,
                     const double *B, size_t ldb, bool B_transposed, double beta, double *C, size_t ldc);

/* C = beta*C + alpha*(A(')*B + D(')*E), m×p, of m×n and n×p factors whose rows lie one behind the other; p is at most
 * DM_TWO_WIDEST.                                                                                      wide.c */
enum { DM_TWO_WIDEST = 24 };
void dm_wide_two_products(size_t m, size_t n, size_t p, double alpha, const double *A, bool A_transposed, const double *B,
                          const double *D, bool D_transposed, const double *E, double beta, double *C);

/* C = beta*C + alpha*A(')*B('), m×p, of factors whose rows lie one behind the other; n, and what is transposed, is
 * at most DM_TINY.                                                                                   */
enum { DM_TINY = 8 };
void dm_tiny_product(size_t m, size_t n, size_t p, double alpha, const double *A, bool A_transposed, const double *B,
                     bool B_transposed, double beta, double *C);

/* P = A*B and dP = dA*B + A*dB, the d's with `slots` directions side by side; NULL is zero. */
void dm_small_dual_product(size_t m, size_t n, size_t p, size_t slots, const double *A, const double *dA,
                           const double *B, const double *dB, double *P, double *dP);

/* What dgetrf and dgetri do, column-major, for n so small that their calls cost more than the work. */
enum { DM_SMALL_FACTOR = 16 };         /* that is up to here */
void dm_small_lu(size_t n, double *M, int *pivots);
void dm_small_inverse(size_t n, const double *lu, const int *pivots, double *X);

/* sums[j] = |u_jj| + the sum of |l_jk||u_kj| over k < j of such an LU. */
void dm_pivot_sums(size_t n, const double *lu, double *sums);

/* T = beta*T + scale*A' for the m×n T and the n×m A, beta 0 or 1; the sum of A(i,j)*B(j,i). */
void dm_add_transposed(size_t m, size_t n, double beta, double scale, const double *A, size_t lda,
                       double *T, size_t ldt);
/* The k matrices A, all m×n, as a panel: row i of each, then row i+1 ...; and back. */
void dm_lay_side_by_side(size_t k, size_t m, size_t n, const gsl_matrix *const A[], double *panel);
void dm_take_apart(size_t k, size_t m, size_t n, const double *panel, gsl_matrix *const A[]);
/* M symmetric from its lower triangle, or from its upper one. */
void dm_mirror(size_t n, double *M, size_t stride, bool lower);
double dm_dot_transposed(size_t m, size_t n, const double *A, size_t lda, const double *B, size_t ldb);
/* The same, and on the way the sum of the squares of B. */
double dm_dot_and_square(size_t m, size_t n, const double *A, size_t lda, const double *B, size_t ldb, double *square);

double dm_dot(size_t n, const double *x, const double *y);
void dm_scaled(size_t n, double a, const double *x, double *y);        /* y = a*x */
/* y = beta*y + alpha*A*x for the m×n A, rows lda apart; C = beta*C + alpha*x*y'; beta is 0 or 1. */
size_t dm_vector_limit(void);          /* up to how many entries of A these two are faster than BLAS */
void dm_matrix_column(size_t m, size_t n, double alpha, const double *A, size_t lda, const double *x, double beta,
                      double *y, size_t inc);
void dm_row_matrix(size_t m, size_t n, double alpha, const double *x, size_t inc, const double *A, size_t lda,
                   double beta, double *y);                            /* y' = beta*y' + alpha*x'*A */
void dm_column_row(size_t m, size_t n, double alpha, const double *x, size_t inc, const double *y, double beta,
                   double *C, size_t ldc);
/* Y = beta*Y + alpha*diag(d)*X, m×n, beta 0 or 1. */
void dm_scale_rows(size_t m, size_t n, double alpha, const double *d, const double *X, double beta, double *Y);
void dm_axpy(size_t n, double a, const double *x, double *y);          /* y += a*x */
void dm_combine(size_t n, double a, const double *x, double b, const double *y, double *z);   /* z = a*x + b*y */
/* z = beta*z + scale*x.*y, beta 0 or 1; and where y is a direction, an infinite x times 0 is 0. */
void dm_multiply(size_t n, double beta, double scale, const double *x, const double *y, double *z);
void dm_multiply_direction(size_t n, double beta, double scale, const double *slope, const double *d, double *z);
/* The sizes of the smallest entry that is not 0 (0: there is none) and of the largest; NaN counts as largest. */
void dm_range(size_t n, const double *x, double *least, double *most);
bool dm_all_finite(size_t n, double a, const double *x);    /* every a*x[i] */

#endif
