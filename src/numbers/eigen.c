/* The symmetric eigenproblem, by divide and conquer (LAPACK's dsyevd). */
#include <float.h>
#include <limits.h>
#include <math.h>
#include <string.h>
#include "numbers/lapack.h"
#include "numbers/number.h"

bool dm_number_asymmetric(dm *A, size_t *row, size_t *col)
{
    dm_panel a = dm_entries(A);
    double most = 0, worst = 0;

    for (size_t i = 0; a.data && i < a.rows; i++)
        for (size_t j = 0; j < a.cols; j++) {
            double gap = fabs(dm_row(a, i, 0)[j] - dm_row(a, j, 0)[i]);
            most = fmax(most, fabs(dm_row(a, i, 0)[j]));
            if (i < j && gap > worst) {
                worst = gap;
                *row = i;
                *col = j;
            }
        }
    /* Q*D*Q', computed, is symmetric but for n roundings of sums whose terms are below norm(A) <= n*most. */
    double n = (double) A->rows;
    return worst > 4 * n * n * DBL_EPSILON * most;
}

/* The first entry of each column that is not rounding error is made positive. */
static void fix_signs(double *Q, size_t n)
{
    for (size_t j = 0; j < n; j++) {
        size_t i = 0;
        while (i + 1 < n && fabs(Q[i * n + j]) <= (double) n * DBL_EPSILON)
            i++;
        if (Q[i * n + j] < 0)
            for (i = 0; i < n; i++)
                Q[i * n + j] = -Q[i * n + j];
    }
}

int dm_number_eigen(dm *A, double *lambda, double *Q)
{
    size_t n = A->rows;
    dm_panel a = dm_entries(A);
    double *copy = dm_arena_alloc(A->context, n * n * sizeof *copy), wish;
    int N = (int) n, lwork = -1, liwork = -1, info = 0, iwish;
    const char *job = Q ? "V" : "N";

    if (!a.data || !copy || n > INT_MAX / 8)
        return GSL_ENOMEM;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            copy[i * n + j] = dm_row(a, i, 0)[j] / 2 + dm_row(a, j, 0)[i] / 2;
    dsyevd_(job, "L", &N, copy, &N, lambda, &wish, &lwork, &iwish, &liwork, &info, 1, 1);
    lwork = (int) wish;
    liwork = iwish;
    double *work = dm_arena_alloc(A->context, (size_t) lwork * sizeof *work);
    int *iwork = dm_arena_alloc(A->context, (size_t) liwork * sizeof *iwork);
    if (!work || !iwork)
        return GSL_ENOMEM;
    dsyevd_(job, "L", &N, copy, &N, lambda, work, &lwork, iwork, &liwork, &info, 1, 1);
    if (info != 0)                     /* nobody has seen that of a finite matrix */
        return GSL_EMAXITER;
    if (Q) {
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++)
                Q[i * n + j] = copy[j * n + i];
        fix_signs(Q, n);
    }
    return GSL_SUCCESS;
}
