/* LU with partial pivoting, made once for a number and kept by it, and what follows from it.  A matrix that
 * is positive definite by the way it was made (A'*A + I, say) is factored by Cholesky, L*L', instead.
 *
 * LAPACK sees the row-major A as A', so the factors are P*L*U = A'.  With Y the column-major view of a
 * row-major X (Y = X'), A*X = B is Y*A' = B': two triangular solves from the right, in place, without a
 * copy; X*A = B is A'*Y = B', the plain solve.  A view (scaled, transposed) uses its original's factors. */
#include <float.h>
#include <limits.h>
#include <math.h>
#include <string.h>
#include "numbers/kernels.h"
#include "numbers/lapack.h"
#include "numbers/number.h"

struct dm_factors {
    double *lu;                        /* or L, in the lower triangle as LAPACK sees it */
    int *pivots;                       /* NULL: Cholesky */
    double weakest;                    /* smallest |u_jj| over the sum of |l_jk||u_kj|, k <= j */
    size_t where;                      /* its j */
};

/* The pivot u_jj is what remains of a_jj after subtracting the l_jk*u_kj; the rounding errors of that are
 * of the order eps times the sum of their sizes.  A pivot no larger than those errors may as well be 0,
 * whatever the scaling of rows and columns.  (Higham 2002, Accuracy and Stability of Numerical
 * Algorithms, ch. 9, on |L||U|.)                                                                      */
static void find_weakest(dm_factors *F, size_t n)
{
    F->weakest = INFINITY;
    for (size_t j = 0; j < n; j++) {
        double u = fabs(F->lu[j * n + j]), sum = u;
        for (size_t k = 0; k < j; k++)
            sum += fabs(F->lu[k * n + j]) * fabs(F->lu[j * n + k]);
        double strength = sum > 0 ? u / sum : 0;
        if (strength < F->weakest) {
            F->weakest = strength;
            F->where = j;
        }
    }
}

/* By Cholesky the pivot is l_jj^2, what remains of a_jj after subtracting the l_jk^2. */
static void find_weakest_of_cholesky(dm_factors *F, dm_panel A)
{
    F->weakest = INFINITY;
    for (size_t j = 0; j < A.rows; j++) {
        double l = F->lu[j * A.rows + j], strength = l * l / dm_row(A, j, 0)[j];
        if (strength < F->weakest) {
            F->weakest = strength;
            F->where = j;
        }
    }
}

/* false: it is not definite after all. */
static bool cholesky(dm_factors *F, dm_panel A)
{
    int n = (int) A.rows, info;

    dpotrf_("L", &n, F->lu, &n, &info, 1);
    if (info != 0) {
        memcpy(F->lu, A.data, A.rows * A.rows * sizeof *F->lu);
        return false;
    }
    F->pivots = NULL;
    find_weakest_of_cholesky(F, A);
    return true;
}

/* How a number hangs on the factored original: A = scale * original(') */
typedef struct {
    dm_factors *F;                     /* NULL: no memory */
    dm *original;
    bool transposed;
    double scale;
} factored;

static factored factor(dm *A)
{
    factored f = { NULL, A, false, 1 };

    while (dm_original(f.original)) {
        const dm_number *x = &f.original->number;
        f = (factored) { NULL, x->left, f.transposed ^ x->left_transposed, f.scale * x->scale };
    }
    if (f.original->number.factors) {
        f.F = f.original->number.factors;
        return f;
    }
    size_t n = A->rows;
    dm_panel P = dm_entries(f.original);
    dm_factors *F = dm_arena_alloc(A->context, sizeof *F);
    int N = (int) n, info;
    if (!P.data || !F || n > INT_MAX || !dm_remember(f.original))
        return f;
    memset(F, 0, sizeof *F);
    F->lu = dm_arena_alloc(A->context, n * n * sizeof *F->lu);
    F->pivots = dm_arena_alloc(A->context, n * sizeof *F->pivots);
    if (!F->lu || !F->pivots)
        return f;
    for (size_t i = 0; i < n; i++)
        memcpy(F->lu + i * n, P.data + i * P.stride, n * sizeof *F->lu);
    if (!(f.original->number.definite && n > DM_SMALL_FACTOR && cholesky(F, P))) {
        if (n <= DM_SMALL_FACTOR)
            dm_small_lu(n, F->lu, F->pivots);
        else
            dgetrf_(&N, &N, F->lu, &N, F->pivots, &info);
        find_weakest(F, n);
    }
    f.F = f.original->number.factors = F;
    return f;
}

double dm_number_weakest(dm *A)
{
    factored f = factor(A);

    return f.F && f.scale != 0 ? f.F->weakest : 0;
}

bool dm_number_singular(dm *A, size_t *pivot, double *size)
{
    factored f = factor(A);
    double n = (double) A->rows;

    if (!f.F)
        return false;
    *pivot = f.F->where;
    *size = f.F->lu[f.F->where * A->rows + f.F->where];
    *size *= f.F->pivots ? f.scale : f.scale * *size;
    /* A product A'*A has entries that are themselves sums of n rounded terms. */
    double errors = f.original->number.definite || f.original->number.gram ? 4 * n : 2 * sqrt(n);
    return !(f.F->weakest > errors * DBL_EPSILON) || f.scale == 0;
}

static bool usable(factored f, dm *C, dm *A)
{
    size_t pivot;
    double size;

    if (!f.F)
        dm_fail(C, GSL_ENOMEM, "out of memory");
    return f.F && !dm_number_singular(A, &pivot, &size);
}

/* The rows of B, exchanged as the pivots say; they are whole rows of a row-major matrix. */
static void exchange(const dm_factors *F, dm_panel B, bool backward)
{
    size_t n = B.rows, width = B.slots * B.cols;

    for (size_t s = 0; s < n; s++) {
        size_t i = backward ? n - 1 - s : s, k = (size_t) F->pivots[i] - 1;
        double *a = B.data + i * B.stride, *b = B.data + k * B.stride;
        for (size_t j = 0; k != i && j < width; j++) {
            double t = a[j];
            a[j] = b[j];
            b[j] = t;
        }
    }
}

/* The columns of B, in each row and slot. */
static void exchange_columns(const dm_factors *F, dm_panel B, bool backward)
{
    size_t n = B.cols, rows = B.rows * B.slots;

    for (size_t r = 0; r < rows; r++) {
        double *x = B.data + r * n;
        for (size_t s = 0; s < n; s++) {
            size_t i = backward ? n - 1 - s : s, k = (size_t) F->pivots[i] - 1;
            double t = x[i];
            x[i] = x[k];
            x[k] = t;
        }
    }
}

/* B's entries, times scale, in C's memory, to be solved in place. */
static dm_panel right_hand_side(dm *C, double scale, dm *B)
{
    dm_panel X = dm_fresh(C);

    if (X.data && !dm_number_write(X, scale, B))
        X.data = NULL;
    return X;
}

/* A*X = B, all slots at once. */
bool dm_number_solve(dm *C, dm *A, dm *B)
{
    factored f = factor(A);

    if (!usable(f, C, A))
        return false;
    dm_panel X = right_hand_side(C, 1 / f.scale, B);
    if (!X.data) {
        dm_fail(C, GSL_ENOMEM, "out of memory");
        return false;
    }
    int n = (int) A->rows, width = (int) (X.slots * X.cols), stride = (int) X.stride;
    double one = 1;
    if (!f.F->pivots) {                /* Y*(L*L') = B' */
        dtrsm_("R", "L", "T", "N", &width, &n, &one, f.F->lu, &n, X.data, &stride, 1, 1, 1, 1);
        dtrsm_("R", "L", "N", "N", &width, &n, &one, f.F->lu, &n, X.data, &stride, 1, 1, 1, 1);
    } else if (!f.transposed) {               /* Y*(P*L*U) = B' */
        dtrsm_("R", "U", "N", "N", &width, &n, &one, f.F->lu, &n, X.data, &stride, 1, 1, 1, 1);
        dtrsm_("R", "L", "N", "U", &width, &n, &one, f.F->lu, &n, X.data, &stride, 1, 1, 1, 1);
        exchange(f.F, X, true);
    } else {                           /* Y*(U'*L'*P') = B' */
        exchange(f.F, X, false);
        dtrsm_("R", "L", "T", "U", &width, &n, &one, f.F->lu, &n, X.data, &stride, 1, 1, 1, 1);
        dtrsm_("R", "U", "T", "N", &width, &n, &one, f.F->lu, &n, X.data, &stride, 1, 1, 1, 1);
    }
    return true;
}

/* X*A = B: A'*Y = B', a panel's slots as so many more rows. */
bool dm_number_solve_right(dm *C, dm *B, dm *A)
{
    factored f = factor(A);

    if (!usable(f, C, A))
        return false;
    dm_panel X = right_hand_side(C, 1 / f.scale, B);
    if (!X.data) {
        dm_fail(C, GSL_ENOMEM, "out of memory");
        return false;
    }
    int n = (int) A->rows, rows = (int) (X.rows * X.slots), info;
    double one = 1;
    if (!f.F->pivots) {                /* L*L'*Y = B' */
        dpotrs_("L", &n, &rows, f.F->lu, &n, X.data, &n, &info, 1);
    } else if (!f.transposed) {        /* P*L*U*Y = B' */
        exchange_columns(f.F, X, false);
        dtrsm_("L", "L", "N", "U", &n, &rows, &one, f.F->lu, &n, X.data, &n, 1, 1, 1, 1);
        dtrsm_("L", "U", "N", "N", &n, &rows, &one, f.F->lu, &n, X.data, &n, 1, 1, 1, 1);
    } else {                           /* U'*L'*P'*Y = B' */
        dtrsm_("L", "U", "T", "N", &n, &rows, &one, f.F->lu, &n, X.data, &n, 1, 1, 1, 1);
        dtrsm_("L", "L", "T", "U", &n, &rows, &one, f.F->lu, &n, X.data, &n, 1, 1, 1, 1);
        exchange_columns(f.F, X, true);
    }
    return true;
}

static dm *invert(factored f)
{
    dm *A = f.original, *X = dm_new(A->context, A->rows, 1, A->rows);
    dm_panel P = dm_fresh(X);
    size_t n = A->rows;
    int N = (int) n, lwork = N * 64, info;

    if (P.data && n <= DM_SMALL_FACTOR) {
        dm_small_inverse(n, f.F->lu, f.F->pivots, P.data);
        return X;
    }
    double *work = dm_arena_alloc(A->context, (size_t) lwork * sizeof *work);
    if (!P.data || !work)
        return dm_fail(X, GSL_ENOMEM, "out of memory");
    memcpy(P.data, f.F->lu, n * n * sizeof *P.data);
    if (!f.F->pivots) {
        dpotri_("L", &N, P.data, &N, &info, 1);
        dm_mirror(n, P.data, n, false);
        X->number.gram = X->number.definite = true;
        return X;
    }
    dgetri_(&N, P.data, &N, f.F->pivots, work, &lwork, &info);
    return X;
}

bool dm_number_inverse(dm *C, dm *A)
{
    factored f = factor(A);

    if (!usable(f, C, A))
        return false;
    if (!f.original->number.inverse) {
        if (!dm_remember(f.original)) {
            dm_fail(C, GSL_ENOMEM, "out of memory");
            return false;
        }
        dm *X = invert(f);
        if (dm_inherit(C, X))
            return false;
        f.original->number.inverse = X;
    }
    C->number.form = DM_VIEW;
    C->number.left = f.original->number.inverse;
    C->number.left_transposed = f.transposed;
    C->number.scale = 1 / f.scale;
    return true;
}

/* det(A) = fraction * 2^exponent, which neither overflows nor underflows. */
bool dm_number_determinant(dm *A, double *fraction, double *exponent)
{
    factored f = factor(A);
    size_t n = A->rows;
    double x = 1, e = 0;

    if (!f.F)
        return false;
    for (size_t i = 0; i < n; i++) {
        int shift;
        double pivot = f.F->lu[i * n + i];
        x = frexp(x * pivot, &shift);
        e += shift;
        x = frexp(x * (f.F->pivots ? f.scale : f.scale * pivot), &shift);
        e += shift;
        if (f.F->pivots && (size_t) f.F->pivots[i] != i + 1)
            x = -x;
    }
    *fraction = x;
    *exponent = e;
    return true;
}

static double sign_of_determinant(dm_context *context, size_t n, const double *Q)
{
    dm *A = dm_new(context, n, 1, n);
    dm_panel P = dm_fresh(A);
    double fraction = 0, exponent;

    if (!P.data)
        return 0;
    memcpy(P.data, Q, n * n * sizeof *Q);
    dm_number_determinant(A, &fraction, &exponent);
    return fraction < 0 ? -1 : 1;
}

/* A = U*diag(s)*V', everything row-major.  LAPACK sees A' = V*diag(s)*U'. */
int dm_number_svd(dm *A, double *U, double *s, double *V, double *sign)
{
    dm_panel P = dm_entries(A);
    size_t n = A->rows;
    int N = (int) n, lwork = 64 * N, info;
    double *copy = dm_arena_alloc(A->context, n * n * sizeof *copy);
    double *work = dm_arena_alloc(A->context, (size_t) lwork * sizeof *work);
    double *Vc = dm_arena_alloc(A->context, n * n * sizeof *Vc);

    if (!P.data || !copy || !work || !Vc)
        return GSL_ENOMEM;
    for (size_t i = 0; i < n; i++)
        memcpy(copy + i * n, P.data + i * P.stride, n * sizeof *copy);
    dgesvd_("A", "A", &N, &N, copy, &N, s, Vc, &N, U, &N, work, &lwork, &info, 1, 1);
    if (info != 0)
        return GSL_EMAXITER;
    /* U came as the column-major U', which is the row-major U; V came column-major. */
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            V[i * n + j] = Vc[j * n + i];
    *sign = sign_of_determinant(A->context, n, U) * sign_of_determinant(A->context, n, V);
    return *sign != 0 ? GSL_SUCCESS : GSL_ENOMEM;
}
