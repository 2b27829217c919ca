/* Reductions: the trace and sums of entries, which are linear; the logarithm of a sum of exponentials. */
#include <math.h>
#include "operations/rules.h"

/* --------------------------------------------------------------------------- d tr(A) = tr(dA) */

static void trace_value(dm *C, dm *const X[])
{
    dm_number_trace(C, X[0]);
}

/* tr(I'*dA): back comes u*I */
static dm *trace_adjoint(const dm *C, dm *u, const dm *X)
{
    (void) C;
    return dm_add_multiple(NULL, 1, u, dm_identity(dm_context_of(u), X->rows));
}

static const dm_op trace_op = {
    .name = "trace", .operands = "A", .formula = "trace(A)", .differential = "trace(dA)",
    .shapes = "nn 11", .value = trace_value, .rule = dm_linear, .adjoint = trace_adjoint,
};

dm *dm_trace(dm *A)
{
    return dm_apply(&trace_op, (dm *[DM_OPERANDS]) { A }, NULL);
}

/* ------------------------------------------------------------------------------ sums of entries */

/* c(i,j) += a(i,j) where c has one row or one column where a has many. */
static void sum_value(dm *C, dm *const X[])
{
    dm_panel a = dm_entries(X[0]), c = dm_fresh(C);

    if (!a.data || !c.data) {
        dm_no_memory(C);
        return;
    }
    for (size_t i = 0; i < c.rows * c.stride; i++)
        c.data[i] = 0;
    for (size_t i = 0; i < a.rows; i++)
        for (size_t slot = 0; slot < a.slots; slot++) {
            const double *x = dm_row(a, i, slot);
            double *to = dm_row(c, c.rows > 1 ? i : 0, slot), sum = 0;
            if (c.cols == 1) {
                for (size_t j = 0; j < a.cols; j++)
                    sum += x[j];
                *to += sum;
            } else {
                for (size_t j = 0; j < a.cols; j++)
                    to[j] += x[j];
            }
        }
}

static dm *sum_adjoint(const dm *C, dm *u, const dm *X)
{
    (void) C;
    return dm_add_multiple(NULL, 1, u, dm_ones(dm_context_of(u), X->rows, X->cols));
}

static dm *row_sums_adjoint(const dm *C, dm *u, const dm *X)
{
    (void) C;
    return dm_repeat(u, 1, X->cols);
}

static dm *column_sums_adjoint(const dm *C, dm *u, const dm *X)
{
    (void) C;
    return dm_repeat(u, X->rows, 1);
}

/* Of a column: ones(1,m)*dx. */
static bool sum_form(const dm *C, dm_sandwich *form)
{
    const dm *x = C->in[0];

    *form = (dm_sandwich) { 1, NULL, NULL, false };
    if (x->cols != 1)
        return false;
    form->L = dm_ones(C->context, 1, x->rows);
    return !dm_is_failed(form->L);
}

static const dm_op sum_op = {
    .name = "sum", .operands = "A", .formula = "sum(A)", .differential = "sum(dA)",
    .shapes = "mn 11", .value = sum_value, .later = true, .rule = dm_linear, .adjoint = sum_adjoint,
    .form = sum_form,
};

static const dm_op row_sums_op = {
    .name = "row_sums", .operands = "A", .formula = "sum(A,2)", .differential = "sum(dA,2)",
    .shapes = "mn m1", .value = sum_value, .later = true, .rule = dm_linear, .adjoint = row_sums_adjoint,
};

static const dm_op column_sums_op = {
    .name = "column_sums", .operands = "A", .formula = "sum(A,1)", .differential = "sum(dA,1)",
    .shapes = "mn 1n", .value = sum_value, .later = true, .rule = dm_linear, .adjoint = column_sums_adjoint,
};

dm *dm_sum(dm *A)
{
    return dm_apply(&sum_op, (dm *[DM_OPERANDS]) { A }, NULL);
}

dm *dm_row_sums(dm *A)
{
    return dm_apply(&row_sums_op, (dm *[DM_OPERANDS]) { A }, NULL);
}

dm *dm_column_sums(dm *A)
{
    return dm_apply(&column_sums_op, (dm *[DM_OPERANDS]) { A }, NULL);
}

/* -------------------------------------------------------------------- logsumexp, and its gradient
 *
 * With the largest entry m taken out no exponential overflows: log(sum(exp(A))) = m + log1p(rest), where the
 * rest is the sum of exp(A-m) over all other entries.                                                 */

/* Where the largest entry is. */
static double *largest(dm_panel a, size_t *row, size_t *col)
{
    *row = *col = 0;
    for (size_t i = 0; i < a.rows; i++)
        for (size_t j = 0; j < a.cols; j++)
            if (dm_row(a, i, 0)[j] > dm_row(a, *row, 0)[*col]) {
                *row = i;
                *col = j;
            }
    return dm_row(a, *row, 0) + *col;
}

/* The rest; each exponential is kept, where there is room for them. */
static double rest(dm_panel a, const double *m, double *kept)
{
    double sum = 0;

    for (size_t k = 0; k < a.rows * a.stride; k++) {
        double e = a.data + k == m ? 1 : exp(a.data[k] - *m);
        if (a.data + k != m)
            sum += e;
        if (kept)
            kept[k] = e;
    }
    return sum;
}

static void logsumexp_value(dm *C, dm *const X[])
{
    dm_panel a = dm_entries(X[0]), c = dm_fresh(C);
    size_t i, j;

    if (!a.data || !c.data) {
        dm_no_memory(C);
        return;
    }
    const double *m = largest(a, &i, &j);
    *c.data = *m + log1p(rest(a, m, NULL));
}

static void logsumexp_rule(dm *C, dm *const X[])
{
    dm_term_inner(C, 1, dm_softmax(lower(C, X[0])), X[0]);
}

static const dm_op logsumexp_op = {
    .name = "logsumexp", .operands = "A", .formula = "logsumexp(A)",
    .differential = "inner(softmax(A),dA)", .shapes = "mn 11", .value = logsumexp_value,
    .rule = logsumexp_rule,
};

dm *dm_logsumexp(dm *A)
{
    return dm_apply(&logsumexp_op, (dm *[DM_OPERANDS]) { A }, NULL);
}

static void softmax_value(dm *S, dm *const X[])
{
    dm_panel a = dm_entries(X[0]), s = dm_fresh(S);
    size_t i, j;

    if (!a.data || !s.data) {
        dm_no_memory(S);
        return;
    }
    double sum = 1 + rest(a, largest(a, &i, &j), s.data);
    for (size_t k = 0; k < s.rows * s.stride; k++)
        s.data[k] /= sum;
}

/* dA - dA(i,j), where A(i,j) is the largest entry.  S does not change when all entries move alike, and so the
 * one that is nearly 1 has its small derivative from the others, not as a difference of numbers near 1.   */
static dm *beside_largest(dm *S, dm *A)
{
    dm *E = dm_new(S->context, A->rows, 1, A->cols), *moved = dm_between(S, 1, 1);
    dm *M = dm_between(S, A->rows, A->cols);
    dm_panel a = dm_entries(dm_number_of(A));
    size_t i, j;

    if (dm_inherit(S, E) || dm_inherit(S, moved) || dm_inherit(S, M))
        return M;
    dm_panel e = dm_fresh(E);
    if (!a.data || !e.data)
        return dm_no_memory(M);
    largest(a, &i, &j);
    for (size_t k = 0; k < e.rows * e.stride; k++)
        e.data[k] = 0;
    dm_row(e, i, 0)[j] = 1;
    dm_term_inner(moved, -1, E, A);
    dm_stated(moved);
    dm_term_scaled(M, 1, A);
    dm_term_outer(M, moved, dm_ones(S->context, A->rows, A->cols));
    dm_stated(M);
    return M;
}

/* dS = S.*dA - tr(S'*dA)*S */
static void softmax_rule(dm *S, dm *const X[])
{
    dm *M = dm_in_general(S->context) ? X[0] : beside_largest(S, X[0]), *mean = dm_between(S, 1, 1);

    dm_term_inner(mean, -1, value_of(S), M);
    dm_stated(mean);
    dm_term_hadamard(S, value_of(S), M);
    dm_term_outer(S, mean, value_of(S));
}

static const dm_op softmax_op = {
    .name = "softmax", .operands = "A", .formula = "softmax(A)",
    .differential = "softmax(A).*dA - inner(softmax(A),dA)*softmax(A)", .shapes = "mn mn",
    .value = softmax_value, .rule = softmax_rule,
};

dm *dm_softmax(dm *A)
{
    return dm_apply(&softmax_op, (dm *[DM_OPERANDS]) { A }, NULL);
}

const dm_op *const dm_reductions[] = {
    &trace_op, &sum_op, &row_sums_op, &column_sums_op, &logsumexp_op, &softmax_op, NULL,
};
