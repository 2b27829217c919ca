/* Plain matrices for the tests, without the library: what is expected is worked out here by loops.
 *
 * Every matrix lives until forget_matrices, which the end of a test calls.                            */
#ifndef TESTS_MATRICES_H
#define TESTS_MATRICES_H

#include <gsl/gsl_matrix.h>

gsl_matrix *zeros(size_t m, size_t n);
gsl_matrix *eye(size_t n);
gsl_matrix *copy(const gsl_matrix *A);
gsl_matrix *matrix(size_t m, size_t n, const double *entries);
#define MATRIX(m, n, ...) matrix(m, n, (const double[]) { __VA_ARGS__ })
void forget_matrices(void);

gsl_matrix *product(const gsl_matrix *A, const gsl_matrix *B);
gsl_matrix *transposed(const gsl_matrix *A);
gsl_matrix *sum_of(double a, const gsl_matrix *A, double b, const gsl_matrix *B);   /* a*A + b*B */
gsl_matrix *stacked(const gsl_matrix *A, const gsl_matrix *B);        /* [vec(A); vec(B)], B may be NULL */
gsl_matrix *vec_of(const gsl_matrix *A);
gsl_matrix *outer_of(const gsl_matrix *x, const gsl_matrix *y);       /* x*y' */
gsl_matrix *map_of(double (*h)(double), const gsl_matrix *A);
double inner_of(const gsl_matrix *A, const gsl_matrix *B);            /* the sum of A(i,j)*B(i,j) */
double inner_sizes(const gsl_matrix *A, const gsl_matrix *B);         /* the sum of |A(i,j)*B(i,j)| */
double largest(const gsl_matrix *A);                                  /* the largest |A(i,j)| */

/* Every entry to that absolute tolerance, or the test fails and says where; `format` says what it was. */
void same(const gsl_matrix *got, const gsl_matrix *expected, double tolerance, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void same_number(double got, double expected, double tolerance, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The slope at 0 of a curve of matrices: central difference quotients, extrapolated twice.  *error bounds
 * its error: the last correction, and the rounding errors of the quotients.                           */
gsl_matrix *slope_at_zero(gsl_matrix *(*curve)(double h, void *params), void *params, double *error);

#endif
