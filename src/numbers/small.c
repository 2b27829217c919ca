/* Factors and inverses of matrices so small that the calls of LAPACK cost more than the work: up to four rows
 * entry by entry, in loops whose length the compiler knows; above that column by column, each padded to whole
 * vectors, and rows are exchanged at the end only.                                                   */
#include <math.h>
#include <string.h>
#include "numbers/kernels.h"
#include "numbers/vectors.h"

/* ------------------------------------------------------------------------------- entry by entry */

static void exchange_rows(size_t n, double *M, size_t i, size_t k)
{
    for (size_t j = 0; i != k && j < n; j++) {
        double t = M[j * n + i];
        M[j * n + i] = M[j * n + k];
        M[j * n + k] = t;
    }
}

/* P*L*U = M by columns, partial pivoting; pivots count from 1. */
INLINE void lu_by_entries(size_t n, double *M, int *pivots)
{
    for (size_t k = 0; k < n; k++) {
        double *column = M + k * n;
        size_t p = k;
        for (size_t i = k + 1; i < n; i++)
            if (fabs(column[i]) > fabs(column[p]))
                p = i;
        pivots[k] = (int) p + 1;
        exchange_rows(n, M, k, p);
        if (column[k] == 0)
            continue;
        for (size_t i = k + 1; i < n; i++)
            column[i] /= column[k];
        for (size_t j = k + 1; j < n; j++)
            for (size_t i = k + 1; i < n; i++)
                M[j * n + i] -= column[i] * M[j * n + k];
    }
}

/* X = inv(P*L*U): inv(U)*inv(L) column by column from the unit vectors, then its columns exchanged. */
INLINE void inverse_by_entries(size_t n, const double *lu, const int *pivots, double *X)
{
    for (size_t c = 0; c < n; c++) {
        double *x = X + c * n;
        for (size_t i = 0; i < n; i++)
            x[i] = i == c;
        for (size_t k = c; k < n; k++)
            for (size_t i = k + 1; i < n; i++)
                x[i] -= lu[k * n + i] * x[k];
        for (size_t k = n; k-- > 0; ) {
            x[k] /= lu[k * n + k];
            for (size_t i = 0; i < k; i++)
                x[i] -= lu[k * n + i] * x[k];
        }
    }
    for (size_t k = n; k-- > 0; ) {
        double *a = X + k * n, *b = X + ((size_t) pivots[k] - 1) * n;
        for (size_t i = 0; a != b && i < n; i++) {
            double t = a[i];
            a[i] = b[i];
            b[i] = t;
        }
    }
}

/* ------------------------------------------------------------------------------ column by column */

enum { MOST = DM_SMALL_FACTOR, WIDE = 8 };

/* A column is one vector, or two. */
typedef v8 column[MOST / WIDE];

/* Where among the rows not used yet column k is largest; the first of equals, in the order that exchanges make. */
INLINE size_t pivot_row(size_t n, size_t k, const double *x, const size_t *order)
{
    double largest = fabs(x[order[k]]);
    size_t at = k;

    for (size_t i = k + 1; i < n; i++) {
        double size = fabs(x[order[i]]);
        at = size > largest ? i : at;
        largest = size > largest ? size : largest;
    }
    return at;
}

/* P*L*U = M, column-major, with partial pivoting.  order[i] is the row of M that is row i of L*U. */
INLINE void lu(size_t n, size_t width, double *M, int *pivots)
{
    column a[MOST];
    double free_row[MOST];             /* 1 where the row was no pivot yet */
    size_t order[MOST];

    for (size_t j = 0; j < n; j++) {
        for (size_t w = 0; w < width; w++)
            a[j][w] = (v8) { 0 };
        memcpy(a[j], M + j * n, n * sizeof *M);
        free_row[j] = 1;
        order[j] = j;
    }
    for (size_t j = n; j < MOST; j++)
        free_row[j] = 0;
    for (size_t k = 0; k < n; k++) {
        double *x = (double *) a[k];
        size_t at = pivot_row(n, k, x, order), row = order[at];
        pivots[k] = (int) at + 1;
        order[at] = order[k];
        order[k] = row;
        free_row[row] = 0;
        if (x[row] == 0)
            continue;
        column below;
        double pivot = x[row];
        for (size_t w = 0; w < width; w++) {
            v8 free = *(v8 *) (free_row + WIDE * w);
            below[w] = free * a[k][w];
            a[k][w] -= below[w];
        }
        for (size_t w = 0; w < width; w++) {
            below[w] /= pivot;
            a[k][w] += below[w];
        }
        for (size_t j = k + 1; j < n; j++) {
            double f = ((double *) a[j])[row];
            for (size_t w = 0; w < width; w++)
                a[j][w] -= f * below[w];
        }
    }
    for (size_t j = 0; j < n; j++)
        for (size_t i = 0; i < n; i++)
            M[j * n + i] = ((double *) a[j])[order[i]];
}

/* X = inv(P*L*U): Z = inv(U), then W*L = Z, then X*P = W, column by column. */
INLINE void inverse(size_t n, size_t width, const double *lu, const int *pivots, double *X)
{
    column z[MOST];
    size_t order[MOST];

    for (size_t j = 0; j < n; j++) {
        for (size_t w = 0; w < width; w++)
            z[j][w] = (v8) { 0 };
        ((double *) z[j])[j] = 1;
        order[j] = j;
    }
    for (size_t j = 0; j < n; j++) {
        for (size_t w = 0; w < width; w++)
            z[j][w] /= lu[j * n + j];
        for (size_t k = j + 1; k < n; k++)
            for (size_t w = 0; w < width; w++)
                z[k][w] -= lu[k * n + j] * z[j][w];
    }
    for (size_t k = n; k-- > 1; )
        for (size_t j = 0; j < k; j++)
            for (size_t w = 0; w < width; w++)
                z[j][w] -= lu[j * n + k] * z[k][w];
    for (size_t k = 0; k < n; k++) {
        size_t at = (size_t) pivots[k] - 1, row = order[at];
        order[at] = order[k];
        order[k] = row;
    }
    for (size_t j = 0; j < n; j++)
        memcpy(X + order[j] * n, z[j], n * sizeof *X);
}

FOR_EACH_CPU
static void lu_by_columns(size_t n, double *M, int *pivots)
{
    if (n <= WIDE)
        lu(n, 1, M, pivots);
    else
        lu(n, 2, M, pivots);
}

FOR_EACH_CPU
static void inverse_by_columns(size_t n, const double *lu, const int *pivots, double *X)
{
    if (n <= WIDE)
        inverse(n, 1, lu, pivots, X);
    else
        inverse(n, 2, lu, pivots, X);
}

/* --------------------------------------------------------------------------------------- either */

void dm_small_lu(size_t n, double *M, int *pivots)
{
    if (n == 4)
        lu_by_entries(4, M, pivots);
    else if (n == 3)
        lu_by_entries(3, M, pivots);
    else if (n < 3)
        lu_by_entries(n, M, pivots);
    else
        lu_by_columns(n, M, pivots);
}

void dm_small_inverse(size_t n, const double *lu, const int *pivots, double *X)
{
    if (n == 4)
        inverse_by_entries(4, lu, pivots, X);
    else if (n == 3)
        inverse_by_entries(3, lu, pivots, X);
    else if (n < 3)
        inverse_by_entries(n, lu, pivots, X);
    else
        inverse_by_columns(n, lu, pivots, X);
}
