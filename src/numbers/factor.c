/* LU with partial pivoting, made once for a number and kept by it, and what follows from it.  A matrix that
 * is positive definite by the way it was made (A'*A + I, say) is factored by Cholesky, L*L', instead; one
 * that is triangular is its own factor.
 *
 * LAPACK sees the row-major A as A', so the factors are P*L*U = A'.  With Y the column-major view of a
 * row-major X (Y = X'), A*X = B is Y*A' = B': two triangular solves from the right, in place, without a
 * copy; X*A = B is A'*Y = B', the plain solve.  A view (scaled, transposed) uses its original's factors. */
#include <float.h>
#include <limits.h>
#include <math.h>
#include <string.h>
#include "numbers/forms.h"
#include "numbers/kernels.h"
#include "numbers/lapack.h"
#include "numbers/vectors.h"

struct dm_factors {
    enum { LU, CHOLESKY, TRIANGULAR } kind;
    double *lu;                        /* or L, in the lower triangle as LAPACK sees it; or A's own entries */
    int *pivots;                       /* of LU */
    const char *uplo;                  /* where A is triangular, as LAPACK sees it */
    double weakest;                    /* smallest |u_jj| over the sum of |l_jk||u_kj|, k <= j */
    size_t where;                      /* its j */
};

/* The pivot u_jj is what remains of a_jj after subtracting the l_jk*u_kj; the rounding errors of that are
 * of the order eps times the sum of their sizes.  A pivot no larger than those errors may as well be 0,
 * whatever the scaling of rows and columns.  (Higham 2002, Accuracy and Stability of Numerical
 * Algorithms, ch. 9, on |L||U|.)                                                                      */
static void find_weakest(dm_factors *F, size_t n, double *sums)
{
    dm_pivot_sums(n, F->lu, sums);
    F->weakest = INFINITY;
    for (size_t j = 0; j < n; j++) {
        double strength = sums[j] > 0 ? fabs(F->lu[j * n + j]) / sums[j] : 0;
        if (strength < F->weakest) {
            F->weakest = strength;
            F->where = j;
        }
    }
}

/* By Cholesky the pivot is l_jj^2, what remains of a_jj after subtracting the l_jk^2.  An infinite a_jj has none. */
static void find_weakest_of_cholesky(dm_factors *F, dm_panel A)
{
    F->weakest = INFINITY;
    for (size_t j = 0; j < A.rows; j++) {
        double l = F->lu[j * A.rows + j], a = dm_row(A, j, 0)[j], strength = isfinite(a) ? l * l / a : 0;
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
    F->kind = CHOLESKY;
    find_weakest_of_cholesky(F, A);
    return true;
}

enum { SMALLEST = 4 };                 /* below, the calls of LAPACK cost more than our own LU */

/* Substitution divides by the entries of the diagonal as they are: differences of nothing, they are as strong as
 * can be unless they are 0.  What has a NaN is left to LU, which takes it for singular.  LAPACK sees A'. */
static bool triangular(dm_factors *F, dm *A, dm_panel P)
{
    if (P.rows < SMALLEST || dm_number_triangle(A) == DM_FULL || !dm_number_finite(A))
        return false;
    F->kind = TRIANGULAR;
    F->lu = P.data;
    F->uplo = dm_number_triangle(A) == DM_LOWER ? "U" : "L";
    F->weakest = 1;
    for (size_t j = 0; j < P.rows && F->weakest > 0; j++)
        if (dm_row(P, j, 0)[j] == 0) {
            F->weakest = 0;
            F->where = j;
        }
    return true;
}

/* false: no memory. */
static bool decompose(dm_factors *F, dm *A, dm_panel P)
{
    size_t n = P.rows;
    int N = (int) n, info;

    F->lu = dm_arena_alloc(A->context, n * n * sizeof *F->lu);
    F->pivots = dm_arena_alloc(A->context, n * sizeof *F->pivots);
    double *sums = dm_arena_alloc(A->context, n * sizeof *sums);
    if (!F->lu || !F->pivots || !sums)
        return false;
    memcpy(F->lu, P.data, n * n * sizeof *F->lu);
    if (A->number.definite && n > DM_SMALL_FACTOR && cholesky(F, P))
        return true;
    if (n <= DM_SMALL_FACTOR)
        dm_small_lu(n, F->lu, F->pivots);
    else
        dgetrf_(&N, &N, F->lu, &N, F->pivots, &info);
    find_weakest(F, n, sums);
    if (!dm_number_finite(A))
        F->weakest = 0;                /* what divides by an infinite entry would come out finite */
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
    dm_panel P = dm_entries(f.original);
    dm_factors *F = dm_arena_alloc(A->context, sizeof *F);
    if (!P.data || !F || A->rows > INT_MAX || !dm_remember(f.original))
        return f;
    memset(F, 0, sizeof *F);
    if (!triangular(F, f.original, P) && !decompose(F, f.original, P))
        return f;
    f.F = f.original->number.factors = F;
    return f;
}

bool dm_number_triangular(dm *A)
{
    factored f = factor(A);

    return f.F && f.F->kind == TRIANGULAR;
}

double dm_number_weakest(dm *A)
{
    factored f = factor(A);

    return f.F && f.scale != 0 ? f.F->weakest : 0;
}

double dm_number_regularity(dm *A)
{
    factored f = factor(A);
    double least, most, smallest = INFINITY;

    if (!f.F || f.scale == 0)
        return 0;
    dm_number_range(f.original, &least, &most);
    for (size_t j = 0; j < A->rows; j++) {
        double pivot = fabs(f.F->lu[j * A->rows + j]);
        pivot = f.F->kind == CHOLESKY ? pivot * pivot : pivot;
        smallest = pivot < smallest ? pivot : smallest;
    }
    return smallest / most < f.F->weakest ? smallest / most : f.F->weakest;
}

bool dm_number_singular(dm *A, size_t *pivot, double *size)
{
    factored f = factor(A);
    double n = (double) A->rows;

    if (!f.F)
        return false;
    *pivot = f.F->where;
    *size = f.F->lu[f.F->where * A->rows + f.F->where];
    *size *= f.F->kind == CHOLESKY ? f.scale * *size : f.scale;
    /* A product A'*A has entries that are themselves sums of n rounded terms. */
    double errors = f.original->number.definite || f.original->number.gram ? 4 * n : 2 * sqrt(n);
    return !(f.F->weakest > errors * DBL_EPSILON) || f.scale == 0;
}

static bool usable(factored f, dm *C, dm *A)
{
    size_t pivot;
    double size;

    if (!f.F)
        dm_no_memory(C);
    return f.F && !dm_number_singular(A, &pivot, &size);
}

/* The rows of B, exchanged as the pivots say; they are whole rows of a row-major matrix. */
INLINE void exchange(const dm_factors *F, dm_panel B, bool backward)
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

    if (X.data && (X.stride > INT_MAX || !dm_number_write(X, scale, B)))
        X.data = NULL;                 /* LAPACK counts in int */
    return X;
}

/* Y = Y*inv(op(T)) for the k×n Y, or from the left inv(op(T))*Y for the n×k one: column-major, op the transpose or
 * nothing, T a triangle of the factors.  For one row or column BLAS has what is up to four times faster.  Like the
 * exchanges it is compiled in place: for a 4×4 A the calls take a fifth of the time.                  */
enum { LEFT, RIGHT };

INLINE void substitute(const dm_factors *F, int side, const char *uplo, bool transposed, const char *diag, size_t n,
                       size_t k, double *Y)
{
    int N = (int) n, K = (int) k, rows = side == RIGHT ? K : N, cols = side == RIGHT ? N : K, apart = 1;
    double one = 1;

    if (k == 1)                        /* y*inv(T) = (inv(T')*y')' */
        dtrsv_(uplo, transposed != (side == RIGHT) ? "T" : "N", diag, &N, F->lu, &N, Y, &apart, 1, 1, 1);
    else
        dtrsm_(side == RIGHT ? "R" : "L", uplo, transposed ? "T" : "N", diag, &rows, &cols, &one, F->lu, &N, Y, &rows,
               1, 1, 1, 1);
}

/* A*X = B, all slots at once. */
bool dm_number_solve(dm *C, dm *A, dm *B)
{
    factored f = factor(A);

    if (!usable(f, C, A))
        return false;
    dm_panel X = right_hand_side(C, 1 / f.scale, B);
    if (!X.data) {
        dm_no_memory(C);
        return false;
    }
    size_t n = A->rows, width = X.stride;
    if (f.F->kind == TRIANGULAR) {     /* Y*T = B' */
        substitute(f.F, RIGHT, f.F->uplo, f.transposed, "N", n, width, X.data);
    } else if (f.F->kind == CHOLESKY) {            /* Y*(L*L') = B' */
        substitute(f.F, RIGHT, "L", true, "N", n, width, X.data);
        substitute(f.F, RIGHT, "L", false, "N", n, width, X.data);
    } else if (!f.transposed) {        /* Y*(P*L*U) = B' */
        substitute(f.F, RIGHT, "U", false, "N", n, width, X.data);
        substitute(f.F, RIGHT, "L", false, "U", n, width, X.data);
        exchange(f.F, X, true);
    } else {                           /* Y*(U'*L'*P') = B' */
        exchange(f.F, X, false);
        substitute(f.F, RIGHT, "L", true, "U", n, width, X.data);
        substitute(f.F, RIGHT, "U", true, "N", n, width, X.data);
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
        dm_no_memory(C);
        return false;
    }
    size_t n = A->rows, rows = X.rows * X.slots;
    if (f.F->kind == TRIANGULAR) {     /* T*Y = B' */
        substitute(f.F, LEFT, f.F->uplo, f.transposed, "N", n, rows, X.data);
    } else if (f.F->kind == CHOLESKY) {            /* L*L'*Y = B' */
        substitute(f.F, LEFT, "L", false, "N", n, rows, X.data);
        substitute(f.F, LEFT, "L", true, "N", n, rows, X.data);
    } else if (!f.transposed) {        /* P*L*U*Y = B' */
        exchange_columns(f.F, X, false);
        substitute(f.F, LEFT, "L", false, "U", n, rows, X.data);
        substitute(f.F, LEFT, "U", false, "N", n, rows, X.data);
    } else {                           /* U'*L'*P'*Y = B' */
        substitute(f.F, LEFT, "U", true, "N", n, rows, X.data);
        substitute(f.F, LEFT, "L", true, "U", n, rows, X.data);
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

    if (P.data && n <= DM_SMALL_FACTOR && f.F->kind == LU) {
        dm_small_inverse(n, f.F->lu, f.F->pivots, P.data);
        return X;
    }
    double *work = dm_arena_alloc(A->context, (size_t) lwork * sizeof *work);
    if (!P.data || !work)
        return dm_no_memory(X);
    memcpy(P.data, f.F->lu, n * n * sizeof *P.data);
    switch (f.F->kind) {
    case TRIANGULAR:
        dtrtri_(f.F->uplo, "N", &N, P.data, &N, &info, 1, 1);
        X->number.triangle = A->number.triangle;
        break;
    case CHOLESKY:
        dpotri_("L", &N, P.data, &N, &info, 1);
        dm_mirror(n, P.data, n, false);
        X->number.gram = X->number.definite = true;
        break;
    case LU:
        dgetri_(&N, P.data, &N, f.F->pivots, work, &lwork, &info);
        break;
    }
    return X;
}

bool dm_number_inverse(dm *C, dm *A)
{
    factored f = factor(A);

    if (!usable(f, C, A))
        return false;
    if (!f.original->number.inverse) {
        if (!dm_remember(f.original)) {
            dm_no_memory(C);
            return false;
        }
        dm *X = invert(f);
        if (dm_inherit(C, X))
            return false;
        f.original->number.inverse = X;
    }
    dm_view(C, 1 / f.scale, f.original->number.inverse, f.transposed);
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
        x = frexp(x * (f.F->kind == CHOLESKY ? f.scale * pivot : f.scale), &shift);
        e += shift;
        if (f.F->kind == LU && (size_t) f.F->pivots[i] != i + 1)
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
