/* The eigenvalues and eigenvectors of a symmetric matrix, A = Q*diag(lambda)*Q'.
 *
 *     dlambda = diagonal(Q'*dA*Q)     dQ = Q*(F.*(Q'*dA*Q)),  F(i,j) = 1/(lambda(j)-lambda(i)), F(i,i) = 0
 *
 * A moves within the symmetric matrices: of a dA that is not symmetric the symmetric part is taken, and so
 * gradients are symmetric.  (Giles 2008; Magnus 1985, "On differentiating eigenvalues and eigenvectors".)
 *
 * Eigenvalues that are the same, or differ by rounding error, are a cluster.  Its eigenvectors may be turned
 * among each other, so they have no derivative.  One eigenvalue of it has a kink there: the subgradient is
 * taken to which each contributes alike, the derivative of their mean.  So functions that treat the cluster's
 * eigenvalues alike, as sums, products and norms of all do, have their exact derivative.                  */
#include <float.h>
#include <math.h>
#include <string.h>
#include "operations/rules.h"

/* false: A is not symmetric, not finite, or there is no memory, and C is what follows from that. */
static bool suits(dm *C, dm *A)
{
    size_t i, j;
    dm_letter letter;

    if (!dm_number_finite(A)) {
        dm *nan = dm_number_fill(C->context, C->rows, C->cols, GSL_NAN);
        if (!dm_inherit(C, nan))
            dm_number_scale(C, 1, nan);            /* the NaN goes on */
        return false;
    }
    if (!dm_number_asymmetric(A, &i, &j))
        return true;
    dm_fail(C, GSL_EDOM, "dm_%s: %s is %zu×%zu and not symmetric: entry (%zu,%zu) is %g and (%zu,%zu) is %g",
            C->op->name, dm_operand_name(&letter, C->op, 0, A), A->rows, A->cols, i + 1, j + 1,
            dm_row(dm_entries(A), i, 0)[j], j + 1, i + 1, dm_row(dm_entries(A), j, 0)[i]);
    return false;
}

/* What has no entries had no memory for them. */
static void decompose(dm *C, dm *A, const double *entries, double *lambda, double *Q)
{
    int code = entries && lambda ? dm_number_eigen(A, lambda, Q) : GSL_ENOMEM;
    dm_letter letter;

    if (code)
        dm_fail(C, code, "dm_%s: %s is %zu×%zu and its eigenvalues do not converge", C->op->name,
                dm_operand_name(&letter, C->op, 0, A), A->rows, A->cols);
}

static void eigenvalues_value(dm *C, dm *const X[])
{
    if (!suits(C, X[0]))
        return;
    dm_panel c = dm_fresh(C);
    decompose(C, X[0], c.data, c.data, NULL);
}

static void eigenvectors_value(dm *Q, dm *const X[])
{
    if (!suits(Q, X[0]))
        return;
    dm_panel q = dm_fresh(Q);
    double *lambda = dm_arena_alloc(Q->context, Q->rows * sizeof *lambda);
    decompose(Q, X[0], q.data, lambda, q.data);
}

/* How many eigenvalues from the i-th on are the same: each is off by some n roundings of the largest. */
static size_t cluster(dm_panel lambda, size_t i)
{
    size_t n = lambda.rows, count = 1;
    const double *x = lambda.data;
    double rounding = 4 * (double) n * DBL_EPSILON * fmax(fabs(x[0]), fabs(x[n - 1]));

    while (i + count < n && x[i + count] - x[i + count - 1] <= rounding)
        count++;
    return count;
}

/* The means over clusters, as a matrix; NULL: there are none (or no memory, and C is marked). */
static dm *means(dm *C, dm *lambda)
{
    dm_panel x = dm_entries(lambda), p;
    size_t n = lambda->rows, count, clusters = 0;

    for (size_t i = 0; x.data && i < n; i += cluster(x, i))
        clusters++;
    if (clusters == n)
        return NULL;
    dm *P = dm_new(C->context, n, 1, n);
    if (!x.data || dm_inherit(C, P) || !(p = dm_fresh(P)).data) {
        dm_no_memory(C);
        return NULL;
    }
    memset(p.data, 0, n * n * sizeof *p.data);
    for (size_t i = 0; i < n; i += count) {
        count = cluster(x, i);
        for (size_t k = 0; k < count * count; k++)
            dm_row(p, i + k / count, 0)[i + k % count] = 1 / (double) count;
    }
    return P;
}

static void eigenvalues_rule(dm *C, dm *const X[])
{
    dm *A = X[0], *Q = dm_eigenvectors(lower(C, A)), *M = dm_between(C, A->rows, A->cols);
    dm *P = dm_in_general(C->context) ? NULL : means(C, dm_number_of(value_of(C)));

    dm_term_sandwich(M, 1, dm_transpose(Q), A, Q);
    dm_stated(M);
    dm *diagonal = dm_between_linear(C, &dm_op_diagonal, M, A->rows, 1);
    if (P)
        dm_term_left(C, 1, P, diagonal);
    else
        dm_term_scaled(C, 1, diagonal);
}

/* F.  Without the identity, which is added where lambda(i)-lambda(i) is 0, reciprocal would find a 0. */
static dm *reciprocal_gaps(dm *lambda)
{
    size_t n = lambda->rows;
    dm *ones = dm_ones(lambda->context, n, 1), *I = dm_identity(lambda->context, n);
    dm *gaps = dm_sub(dm_outer(ones, lambda), dm_outer(lambda, ones));

    return dm_sub(dm_reciprocal(dm_add(gaps, I)), I);
}

static bool all_differ(dm *Q, dm *A, dm *lambda)
{
    dm_panel x = dm_entries(dm_number_of(lambda));
    dm_letter letter;

    for (size_t i = 0; x.data && i < x.rows; i++)
        if (cluster(x, i) > 1) {
            dm_fail(Q, GSL_EZERODIV, "dm_eigenvectors: %s is %zu×%zu and its eigenvalues %zu and %zu are %g and "
                    "%g, the same to working precision: eigenvectors have no derivative there, nor has an "
                    "eigenvalue a second one", dm_operand_name(&letter, Q->op, 0, A), A->rows, A->cols, i + 1, i + 2,
                    x.data[i], x.data[i + 1]);
            return false;
        }
    return true;
}

static void eigenvectors_rule(dm *Q, dm *const X[])
{
    dm *A = X[0], *q = value_of(Q), *lambda = dm_eigenvalues(lower(Q, A));
    size_t n = A->rows;

    if (dm_inherit(Q, lambda) || (!dm_in_general(Q->context) && !all_differ(Q, A, lambda)))
        return;
    dm *F = reciprocal_gaps(lambda), *M = dm_between(Q, n, n), *N = dm_between(Q, n, n);
    dm_term_sandwich(M, 1, dm_transpose(q), A, q);         /* Q'*dA*Q, then its symmetric part */
    dm_stated(M);
    dm_term_scaled(N, 0.5, M);
    dm_term_scaled(N, 0.5, dm_between_linear(Q, &dm_op_transpose, M, n, n));
    dm_stated(N);
    dm *turn = dm_between(Q, n, n);
    dm_term_hadamard(turn, F, N);
    dm_stated(turn);
    dm_term_left(Q, 1, q, turn);
}

static const dm_op eigenvalues_op = {
    .name = "eigenvalues", .operands = "A", .formula = "eig(A).values",
    .differential = "diagonal(eig(A).vectors'*dA*eig(A).vectors)", .shapes = "nn n1",
    .value = eigenvalues_value, .rule = eigenvalues_rule,
};

static const dm_op eigenvectors_op = {
    .name = "eigenvectors", .operands = "A", .formula = "eig(A).vectors",
    .differential = "eig(A).vectors*((1./(ones(n,1)*eig(A).values'-eig(A).values*ones(1,n)+eye(n))-eye(n))"
                    ".*(eig(A).vectors'*dA*eig(A).vectors))",
    .shapes = "nn nn", .value = eigenvectors_value, .rule = eigenvectors_rule,
};

dm *dm_eigenvalues(dm *A)
{
    return dm_apply(&eigenvalues_op, (dm *[DM_OPERANDS]) { A }, NULL);
}

dm *dm_eigenvectors(dm *A)
{
    return dm_apply(&eigenvectors_op, (dm *[DM_OPERANDS]) { A }, NULL);
}

const dm_op *const dm_spectral[] = {
    &eigenvalues_op, &eigenvectors_op, NULL,
};
