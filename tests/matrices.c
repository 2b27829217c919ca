/* Plain matrices: made, compared, differenced. */
#include <check.h>
#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "matrices.h"

/* ------------------------------------------------------------------------------- making, forgetting */

static gsl_matrix **kept;
static size_t count, room;

gsl_matrix *zeros(size_t m, size_t n)
{
    if (count == room) {
        room = room ? 2 * room : 256;
        kept = realloc(kept, room * sizeof *kept);
        ck_assert_ptr_nonnull(kept);
    }
    return kept[count++] = gsl_matrix_calloc(m, n);
}

void forget_matrices(void)
{
    while (count)
        gsl_matrix_free(kept[--count]);
    free(kept);
    kept = NULL;
    room = 0;
}

gsl_matrix *eye(size_t n)
{
    gsl_matrix *A = zeros(n, n);

    gsl_matrix_set_identity(A);
    return A;
}

gsl_matrix *copy(const gsl_matrix *A)
{
    gsl_matrix *B = zeros(A->size1, A->size2);

    gsl_matrix_memcpy(B, A);
    return B;
}

gsl_matrix *matrix(size_t m, size_t n, const double *entries)
{
    gsl_matrix_const_view A = gsl_matrix_const_view_array(entries, m, n);

    return copy(&A.matrix);
}

/* ----------------------------------------------------------------------------------- by plain loops */

static double at(const gsl_matrix *A, size_t i, size_t j)
{
    return gsl_matrix_get(A, i, j);
}

gsl_matrix *product(const gsl_matrix *A, const gsl_matrix *B)
{
    gsl_matrix *C = zeros(A->size1, B->size2);

    for (size_t i = 0; i < A->size1; i++)
        for (size_t j = 0; j < B->size2; j++)
            for (size_t k = 0; k < A->size2; k++)
                *gsl_matrix_ptr(C, i, j) += at(A, i, k) * at(B, k, j);
    return C;
}

gsl_matrix *transposed(const gsl_matrix *A)
{
    gsl_matrix *T = zeros(A->size2, A->size1);

    gsl_matrix_transpose_memcpy(T, A);
    return T;
}

gsl_matrix *sum_of(double a, const gsl_matrix *A, double b, const gsl_matrix *B)
{
    gsl_matrix *C = zeros(A->size1, A->size2);

    for (size_t i = 0; i < A->size1; i++)
        for (size_t j = 0; j < A->size2; j++)
            gsl_matrix_set(C, i, j, a * at(A, i, j) + b * at(B, i, j));
    return C;
}

gsl_matrix *stacked(const gsl_matrix *A, const gsl_matrix *B)
{
    size_t a = A->size1 * A->size2, b = B ? B->size1 * B->size2 : 0;
    gsl_matrix *x = zeros(a + b, 1);

    for (size_t k = 0; k < a; k++)
        x->data[k * x->tda] = at(A, k % A->size1, k / A->size1);
    for (size_t k = 0; k < b; k++)
        x->data[(a + k) * x->tda] = at(B, k % B->size1, k / B->size1);
    return x;
}

gsl_matrix *vec_of(const gsl_matrix *A)
{
    return stacked(A, NULL);
}

gsl_matrix *outer_of(const gsl_matrix *x, const gsl_matrix *y)
{
    return product(x, transposed(y));
}

gsl_matrix *map_of(double (*h)(double), const gsl_matrix *A)
{
    gsl_matrix *C = copy(A);

    for (size_t i = 0; i < A->size1; i++)
        for (size_t j = 0; j < A->size2; j++)
            gsl_matrix_set(C, i, j, h(at(A, i, j)));
    return C;
}

double inner_of(const gsl_matrix *A, const gsl_matrix *B)
{
    double sum = 0;

    for (size_t i = 0; i < A->size1; i++)
        for (size_t j = 0; j < A->size2; j++)
            sum += at(A, i, j) * at(B, i, j);
    return sum;
}

double inner_sizes(const gsl_matrix *A, const gsl_matrix *B)
{
    return inner_of(map_of(fabs, A), map_of(fabs, B));
}

double largest(const gsl_matrix *A)
{
    double size = 0;

    for (size_t i = 0; i < A->size1; i++)
        for (size_t j = 0; j < A->size2; j++)
            size = fmax(size, fabs(at(A, i, j)));
    return size;
}

/* --------------------------------------------------------------------------------------- comparing */

void same(const gsl_matrix *got, const gsl_matrix *expected, double tolerance, const char *format, ...)
{
    char what[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    if (got->size1 != expected->size1 || got->size2 != expected->size2)
        ck_abort_msg("%s: %zu×%zu, expected %zu×%zu", what, got->size1, got->size2, expected->size1,
                     expected->size2);
    for (size_t i = 0; i < got->size1; i++)
        for (size_t j = 0; j < got->size2; j++) {
            double error = fabs(at(got, i, j) - at(expected, i, j));
            if (!(error <= tolerance))
                ck_abort_msg("%s: entry (%zu,%zu) of %zu×%zu is %.17g, expected %.17g: error %.3g, "
                             "tolerance %.3g", what, i + 1, j + 1, got->size1, got->size2,
                             at(got, i, j), at(expected, i, j), error, tolerance);
        }
}

void same_number(double got, double expected, double tolerance, const char *format, ...)
{
    char what[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    if (!(fabs(got - expected) <= tolerance))
        ck_abort_msg("%s: %.17g, expected %.17g: error %.3g, tolerance %.3g", what, got, expected,
                     fabs(got - expected), tolerance);
}

/* ------------------------------------------------------------------------------ difference quotients
 *
 * q(h) = (F(h) - F(-h))/2h has the error c2*h² + c4*h⁴ + ...; from h, h/2 and h/4 the first two go.  A sum
 * that is extrapolated to a better one is wrong by no more than the correction.  A value of F is right to
 * some thousand roundings of numbers of its size or of order 1; the quotient divides them by its h.    */

static gsl_matrix *quotient(gsl_matrix *(*curve)(double h, void *params), void *params, double h,
                            double *size)
{
    gsl_matrix *ahead = curve(h, params), *behind = curve(-h, params);

    *size = fmax(largest(ahead), largest(behind));
    return sum_of(1 / (2 * h), ahead, -1 / (2 * h), behind);
}

gsl_matrix *slope_at_zero(gsl_matrix *(*curve)(double h, void *params), void *params, double *error)
{
    const double h = 1.0 / 512;
    double size;
    gsl_matrix *q1 = quotient(curve, params, h, &size), *q2 = quotient(curve, params, h / 2, &size);
    gsl_matrix *q3 = quotient(curve, params, h / 4, &size);
    gsl_matrix *r1 = sum_of(4.0 / 3, q2, -1.0 / 3, q1), *r2 = sum_of(4.0 / 3, q3, -1.0 / 3, q2);

    *error = largest(sum_of(1, r2, -1, r1)) + 1000 * DBL_EPSILON * (1 + size) / (h / 4);
    return sum_of(16.0 / 15, r2, -1.0 / 15, r1);
}
