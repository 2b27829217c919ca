/* Inverse, solves and determinants, all from one factorization that the value of A keeps.
 *
 * Giles (2008), "Collected matrix derivative results for forward and reverse mode algorithmic
 * differentiation"; Magnus & Neudecker (2019), "Matrix Differential Calculus".                       */
#include <math.h>
#include <string.h>
#include "numbers/kernels.h"
#include "operations/rules.h"

/* ---------------------------------------------------------------------------- the maps of this file */

/* dX -> A\dX, and back A'\u */
static dm *solve_push(const dm_term *t, dm *d, dm *sum)
{
    return dm_accumulate(sum, dm_solve(t->L, d));
}

static dm *solve_pull(const dm_term *t, dm *u, dm *sum)
{
    return dm_accumulate(sum, dm_solve(dm_transpose(t->L), u));
}

static const dm_map solve_map = { "solve", solve_push, solve_pull, NULL };

void dm_term_solve(dm *C, dm *A, dm *X)
{
    dm_term_add(C, &solve_map, 1, A, NULL, X);
}

/* dX -> dX/A, and back u/A' */
static dm *solve_right_push(const dm_term *t, dm *d, dm *sum)
{
    return dm_accumulate(sum, dm_solve_right(d, t->R));
}

static dm *solve_right_pull(const dm_term *t, dm *u, dm *sum)
{
    return dm_accumulate(sum, dm_solve_right(u, dm_transpose(t->R)));
}

static const dm_map solve_right_map = { "solve_right", solve_right_push, solve_right_pull, NULL };

void dm_term_solve_right(dm *C, dm *X, dm *A)
{
    dm_term_add(C, &solve_right_map, 1, NULL, A, X);
}

/* A, the i-th operand, has an entry that is no finite number: C fails for that reason, whatever comes of it. */
static bool not_finite(dm *C, size_t i, dm *A)
{
    dm_letter letter;
    size_t row, col;
    double x;

    if (!dm_number_bad_entry(A, &row, &col, &x))
        return false;
    dm_fail(C, GSL_EDOM, "dm_%s: %s is %zu×%zu and its entry (%zu,%zu) is %g", C->op->name,
            dm_operand_name(&letter, C->op, i, A), A->rows, A->cols, row + 1, col + 1, x);
    return true;
}

/* C could not be made from A, its i-th operand: say why, unless there was no memory. */
static void singular(dm *C, size_t i, dm *A)
{
    dm_letter letter;
    size_t pivot = 0;
    double size = 0;

    if (dm_is_failed(C) || not_finite(C, i, A))
        return;
    dm_number_singular(A, &pivot, &size);
    const char *name = dm_operand_name(&letter, C->op, i, A);
    if (dm_number_triangular(A))
        dm_fail(C, GSL_ESING, "dm_%s: %s is %zu×%zu, triangular and singular: its entry (%zu,%zu) is 0",
                C->op->name, name, A->rows, A->cols, pivot + 1, pivot + 1);
    else
        dm_fail(C, GSL_ESING, size == 0
                ? "dm_%s: %s is %zu×%zu and singular: pivot %zu of its LU factors is 0"
                : "dm_%s: %s is %zu×%zu and singular to working precision: pivot %zu of its LU factors is "
                  "%.2g, nothing but rounding error",
                C->op->name, name, A->rows, A->cols, pivot + 1, size);
}

/* --------------------------------------------------------------------------------------- inverse
 *
 * X = inv(A).  dX = -X*dA*X, since X*A = I gives dX*A + X*dA = 0.                                   */

static void inverse_value(dm *X, dm *const in[])
{
    if (!dm_number_inverse(X, in[0]))
        singular(X, 0, in[0]);
}

static void inverse_rule(dm *X, dm *const in[])
{
    dm_term_sandwich(X, -1, value_of(X), in[0], value_of(X));     /* -X*dA*X */
}

static const dm_op inverse_op = {
    .name = "inverse", .operands = "A", .formula = "inv(A)", .differential = "-inv(A)*dA*inv(A)",
    .shapes = "nn nn", .value = inverse_value, .rule = inverse_rule,
};

dm *dm_inverse(dm *A)
{
    return dm_apply(&inverse_op, (dm *[DM_OPERANDS]) { A }, NULL);
}

/* ----------------------------------------------------------------------------------------- solves
 *
 * X = A\B.  A*X = B gives dA*X + A*dX = dB, so dX = A\(dB - dA*X): one solve with A's factors.      */

static void solve_value(dm *X, dm *const in[])
{
    if (!dm_number_solve(X, in[0], in[1]))
        singular(X, 0, in[0]);
}

static void solve_rule(dm *X, dm *const in[])
{
    dm *A = in[0], *B = in[1], *M = dm_between(X, X->rows, X->cols);

    dm_term_scaled(M, 1, B);                       /* dB - dA*X */
    dm_term_right(M, -1, A, value_of(X));
    dm_stated(M);
    dm_term_solve(X, lower(X, A), M);              /* A\(...) */
}

static const dm_op solve_op = {
    .name = "solve", .operands = "AB", .formula = "A\\B", .differential = "A\\(dB - dA*(A\\B))",
    .shapes = "nn np np", .value = solve_value, .rule = solve_rule,
};

dm *dm_solve(dm *A, dm *B)
{
    return dm_apply(&solve_op, (dm *[DM_OPERANDS]) { A, B }, NULL);
}

/* X = B/A.  X*A = B gives dX*A + X*dA = dB. */
static void solve_right_value(dm *X, dm *const in[])
{
    if (!dm_number_solve_right(X, in[0], in[1]))
        singular(X, 1, in[1]);
}

static void solve_right_rule(dm *X, dm *const in[])
{
    dm *B = in[0], *A = in[1], *M = dm_between(X, X->rows, X->cols);

    dm_term_scaled(M, 1, B);                       /* dB - X*dA */
    dm_term_left(M, -1, value_of(X), A);
    dm_stated(M);
    dm_term_solve_right(X, M, lower(X, A));        /* (...)/A */
}

static const dm_op solve_right_op = {
    .name = "solve_right", .operands = "BA", .formula = "B/A", .differential = "(dB - (B/A)*dA)/A",
    .shapes = "pn nn pn", .value = solve_right_value, .rule = solve_right_rule,
};

dm *dm_solve_right(dm *B, dm *A)
{
    return dm_apply(&solve_right_op, (dm *[DM_OPERANDS]) { B, A }, NULL);
}

/* ---------------------------------------------------------------- logdet: d = tr(inv(A)*dA) */

static void logdet_value(dm *C, dm *const X[])
{
    dm *A = X[0];
    dm_panel P = dm_fresh(C);
    double fraction, exponent, size;
    size_t pivot;
    dm_letter letter;

    if (!P.data || !dm_number_determinant(A, &fraction, &exponent))
        dm_no_memory(C);
    else if (dm_number_singular(A, &pivot, &size))
        singular(C, 0, A);
    else if (fraction < 0 && !not_finite(C, 0, A))
        dm_fail(C, GSL_EDOM, "dm_logdet: %s is %zu×%zu and its determinant is negative: its logarithm "
                "needs a positive one", dm_operand_name(&letter, C->op, 0, A), A->rows, A->cols);
    else
        *P.data = fraction < M_SQRT1_2 ? log(2 * fraction) + (exponent - 1) * M_LN2
                                       : log(fraction) + exponent * M_LN2;
}

static void logdet_rule(dm *C, dm *const X[])
{
    dm *A = X[0];

    dm_term_inner(C, 1, dm_transpose(dm_inverse(lower(C, A))), A);
}

static const dm_op logdet_op = {
    .name = "logdet", .operands = "A", .formula = "logdet(A)", .differential = "trace(inv(A)*dA)",
    .shapes = "nn 11", .value = logdet_value, .rule = logdet_rule,
};

dm *dm_logdet(dm *A)
{
    return dm_apply(&logdet_op, (dm *[DM_OPERANDS]) { A }, NULL);
}

/* ----------------------------------------------------------------- det: d = tr(cofactor(A)'*dA) */

static void det_value(dm *C, dm *const X[])
{
    dm *A = X[0];
    dm_panel P = dm_fresh(C);
    double fraction, exponent;
    dm_letter letter;

    if (!P.data || !dm_number_determinant(A, &fraction, &exponent)) {
        dm_no_memory(C);
        return;
    }
    if (fraction == 0)
        fraction = 0;                  /* not -0 */
    *P.data = exponent > 4096 && fraction != 0 ? GSL_POSINF : ldexp(fraction, (int) fmax(exponent, -4096));
    if (!isfinite(*P.data) && fraction != 0 && !not_finite(C, 0, A))
        dm_fail(C, GSL_EOVRFLW, "dm_det: %s is %zu×%zu and its determinant is about %se%+.0f: use "
                "logdet", dm_operand_name(&letter, C->op, 0, A), A->rows, A->cols,
                fraction < 0 ? "-1" : "1", (exponent + log2(fabs(fraction))) * M_LN2 / M_LN10);
}

static void det_rule(dm *C, dm *const X[])
{
    dm *A = X[0];

    dm_term_inner(C, 1, dm_cofactor(lower(C, A)), A);
}

static const dm_op det_op = {
    .name = "det", .operands = "A", .formula = "det(A)", .differential = "trace(cofactor(A)'*dA)",
    .shapes = "nn 11", .value = det_value, .rule = det_rule,
};

dm *dm_det(dm *A)
{
    return dm_apply(&det_op, (dm *[DM_OPERANDS]) { A }, NULL);
}

/* -------------------------------------------------------------------------------------- cofactor
 *
 * cofactor(A)(i,j) is (-1)^(i+j) times the determinant of A without row i and column j: det(A)*inv(A)'
 * where A is regular, and a polynomial in the entries of A everywhere.  With A = U*diag(s)*V' it is
 *
 *     det(U)*det(V) * U * diag(products of all s but one) * V',
 *
 * which holds at singular A too; of rank n-1 it is of rank one, of less it is zero.                  */

static const double REGULAR = 1e-4;    /* the weakest pivot, or regularity, from which the inverse is as good */

/* det(A)*inv(A)' */
static bool cofactor_of_regular(dm *C, dm *A)
{
    dm *X = dm_new(C->context, A->rows, 1, A->cols);
    dm_panel c = dm_fresh(C), x;
    double fraction, exponent;

    if (dm_inherit(C, X) || !dm_number_inverse(X, A) || !dm_number_determinant(A, &fraction, &exponent))
        return false;
    x = dm_entries(X);
    if (!c.data || !x.data)
        return false;
    int shift = (int) fmin(fmax(exponent, -100000), 100000);
    for (size_t i = 0; i < c.rows; i++)
        for (size_t j = 0; j < c.cols; j++)
            dm_row(c, i, 0)[j] = ldexp(fraction * dm_row(x, j, 0)[i], shift);
    return true;
}

/* A = R*(U*diag(s)*V')*C for diagonal R and C of powers of two that bring rows and columns near 1, so that a
 * badly scaled A loses nothing; U and V are kept as R\U and C\V, and cofactor(A) = 2^shift * sign * U *
 * cofactor(diag(s)) * V'.                                                                            */
typedef struct {
    dm *U, *V;
    double *s, sign;
    int shift;
} svd;

/* 2^shift times the product of all s but s[i], or all but s[i] and s[j]. */
static double all_but(const svd *d, size_t n, size_t i, size_t j)
{
    double product = 1;
    int exponent = d->shift;

    for (size_t k = 0; k < n; k++) {
        int e = 0;
        if (k != i && k != j)
            product = frexp(product * d->s[k], &e);
        exponent += e;
    }
    return ldexp(product, exponent);
}

/* Divide the rows of A by powers of two near their largest entries; the powers, and their sum. */
static int balance_rows(dm_panel A, int *powers)
{
    int sum = 0;

    for (size_t i = 0; i < A.rows; i++) {
        double largest = 0;
        for (size_t j = 0; j < A.cols; j++)
            largest = fmax(largest, fabs(dm_row(A, i, 0)[j]));
        powers[i] = 0;
        if (largest > 0)
            frexp(largest, &powers[i]);
        for (size_t j = 0; j < A.cols; j++)
            dm_row(A, i, 0)[j] = ldexp(dm_row(A, i, 0)[j], -powers[i]);
        sum += powers[i];
    }
    return sum;
}

static int balance_columns(dm_panel A, int *powers)
{
    int sum = 0;

    for (size_t j = 0; j < A.cols; j++) {
        double largest = 0;
        for (size_t i = 0; i < A.rows; i++)
            largest = fmax(largest, fabs(dm_row(A, i, 0)[j]));
        powers[j] = 0;
        if (largest > 0)
            frexp(largest, &powers[j]);
        for (size_t i = 0; i < A.rows; i++)
            dm_row(A, i, 0)[j] = ldexp(dm_row(A, i, 0)[j], -powers[j]);
        sum += powers[j];
    }
    return sum;
}

/* cofactor(R*B*C) = det(R)*det(C) * inv(R)*cofactor(B)*inv(C) */
static void undo(dm_panel U, const int *powers)
{
    for (size_t i = 0; i < U.rows; i++)
        for (size_t j = 0; j < U.cols; j++)
            dm_row(U, i, 0)[j] = ldexp(dm_row(U, i, 0)[j], -powers[i]);
}

/* All rows by the same power of two. */
static int balance_evenly(dm_panel A, int *powers)
{
    double least, largest;
    int power = 0;

    dm_range(A.rows * A.stride, A.data, &least, &largest);
    if (largest > 0)
        frexp(largest, &power);
    for (size_t i = 0; i < A.rows; i++) {
        powers[i] = power;
        for (size_t j = 0; j < A.cols; j++)
            dm_row(A, i, 0)[j] = ldexp(dm_row(A, i, 0)[j], -power);
    }
    return (int) A.rows * power;
}

/* Row by row and column by column each entry of the cofactors is as good as it can be; evenly their differential is,
 * along directions that have no such small rows.                                                     */
static bool decompose(dm *C, dm *A, bool evenly, svd *d)
{
    size_t n = A->rows;

    if (not_finite(C, 0, A))           /* LAPACK may look for its singular values for ever */
        return false;
    d->U = dm_new(C->context, n, 1, n);
    d->V = dm_new(C->context, n, 1, n);
    if (dm_inherit(C, d->U) || dm_inherit(C, d->V))
        return false;
    dm_panel U = dm_fresh(d->U), V = dm_fresh(d->V);
    dm *B = dm_new(C->context, n, 1, n);
    dm_panel b = dm_fresh(B);
    int *rows = dm_arena_alloc(C->context, 2 * n * sizeof *rows);
    d->s = dm_arena_alloc(C->context, n * sizeof *d->s);
    if (!U.data || !V.data || !b.data || !rows || !d->s || !dm_number_write(b, 1, A)) {
        dm_no_memory(C);
        return false;
    }
    int *columns = rows + n;
    d->shift = evenly ? balance_evenly(b, rows) : balance_rows(b, rows);
    memset(columns, 0, n * sizeof *columns);
    if (!evenly)
        d->shift += balance_columns(b, columns);
    int code = dm_number_svd(B, U.data, d->s, V.data, &d->sign);
    if (code) {
        dm_fail(C, code, "dm_cofactor: A is %zu×%zu and its singular values do not converge", n, n);
        return false;
    }
    undo(U, rows);
    undo(V, columns);
    return true;
}

static void cofactor_of_singular(dm *C, dm *A)
{
    size_t n = A->rows;
    svd d;

    if (!decompose(C, A, false, &d))
        return;
    dm_panel U = dm_entries(d.U);
    dm *S = dm_new(C->context, n, 1, n);
    if (dm_inherit(C, S))
        return;
    dm_panel P = dm_fresh(S);
    for (size_t j = 0; P.data && j < n; j++) {
        double product = d.sign * all_but(&d, n, j, j);
        for (size_t i = 0; i < n; i++)
            dm_row(P, i, 0)[j] = dm_row(U, i, 0)[j] * product;
    }
    if (!dm_inherit(C, S))
        dm_number_product(C, 1, S, false, d.V, true);
}

static void cofactor_value(dm *C, dm *const X[])
{
    dm *A = X[0];

    if (not_finite(C, 0, A))
        return;
    if (A->rows == 1) {
        dm *one = dm_number_identity(C->context, 1, 1);
        if (!dm_inherit(C, one))
            dm_number_scale(C, 1, one);
    } else if (dm_number_weakest(A) > REGULAR) {
        if (!cofactor_of_regular(C, A))
            dm_no_memory(C);
    } else {
        cofactor_of_singular(C, A);
    }
}

/* C = det(A)*inv(A)':  dC = C*tr(inv(A)*dA) - C*dA'*inv(A)' */
static void regular_rule(dm *C, dm *A)
{
    dm *Xt = dm_transpose(dm_inverse(lower(C, A)));
    dm *trace = dm_between(C, 1, 1);

    dm_term_inner(trace, 1, Xt, A);
    dm_stated(trace);
    dm *dAt = dm_between_linear(C, &dm_op_transpose, A, A->cols, A->rows);
    dm_term_outer(C, trace, value_of(C));
    dm_term_sandwich(C, -1, value_of(C), dAt, Xt);
}

/* With F = U'*dA*V and P(i,j) the product of all s but s(i) and s(j), P(i,i) = 0: the cofactors of
 * diag(s) + F are, to first order, off the diagonal -P.*F', and on it P*diagonal(F).                  */
static void singular_rule(dm *C, dm *A)
{
    size_t n = A->rows;
    svd d;
    dm *number = lower(C, A);

    if (number->level) {
        dm_fail(C, GSL_EDOM, "dm_cofactor: A is %zu×%zu and singular or nearly so: the third derivative "
                "of its determinant is not available there", n, n);
        return;
    }
    if (!decompose(C, number, true, &d))
        return;
    dm *P = dm_new(C->context, n, 1, n);
    if (dm_inherit(C, P))
        return;
    dm_panel p = dm_fresh(P);
    for (size_t i = 0; p.data && i < n; i++)
        for (size_t j = 0; j < n; j++)
            dm_row(p, i, 0)[j] = i == j ? 0 : all_but(&d, n, i, j);

    dm *F = dm_between(C, n, n), *S = dm_between(C, n, n), *diagonal = dm_between(C, n, 1);
    dm_term_sandwich(F, 1, dm_transpose(d.U), A, d.V);
    dm_stated(F);
    dm *Ft = dm_between_linear(C, &dm_op_transpose, F, n, n);
    dm_term_left(diagonal, 1, P, dm_between_linear(C, &dm_op_diagonal, F, n, 1));
    dm_stated(diagonal);
    dm_term_hadamard(S, dm_neg(P), Ft);
    dm_term_scaled(S, 1, dm_between_linear(C, &dm_op_diag, diagonal, n, n));
    dm_stated(S);
    dm_term_sandwich(C, d.sign, d.U, S, dm_transpose(d.V));
}

static void cofactor_rule(dm *C, dm *const X[])
{
    if (X[0]->rows == 1)
        return;
    if (dm_in_general(C->context) || dm_number_regularity(dm_number_of(X[0])) > REGULAR)
        regular_rule(C, X[0]);
    else
        singular_rule(C, X[0]);
}

static const dm_op cofactor_op = {
    .name = "cofactor", .operands = "A", .formula = "cofactor(A)",
    .differential = "cofactor(A)*trace(inv(A)*dA) - cofactor(A)*dA'*inv(A)'", .shapes = "nn nn",
    .value = cofactor_value, .rule = cofactor_rule,
};

dm *dm_cofactor(dm *A)
{
    return dm_apply(&cofactor_op, (dm *[DM_OPERANDS]) { A }, NULL);
}

const dm_op *const dm_solves[] = {
    &inverse_op, &solve_op, &solve_right_op, &det_op, &cofactor_op, &logdet_op, NULL,
};
