/* Norms.  At 0, where a norm has no differential, the subgradient 0 is taken. */
#include <math.h>
#include "numbers/kernels.h"
#include "operations/rules.h"

/* The square root of the sum of squares; scaled where that would over- or underflow. */
static double frobenius(dm_panel P)
{
    size_t n = P.rows * P.stride;
    double sum = dm_dot(n, P.data, P.data), smallest, largest;

    if (sum > 1e-280 && sum < 1e280)
        return sqrt(sum);
    dm_range(n, P.data, &smallest, &largest);      /* a NaN is the largest */
    if (largest == 0)
        return 0;
    sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (P.data[i] / largest) * (P.data[i] / largest);
    return largest * sqrt(sum);
}

/* -------------------------------------------------------------- d norm(A) = tr(A'*dA)/norm(A) */

static void norm_value(dm *C, dm *const X[])
{
    dm_panel a = dm_entries(X[0]), c = dm_fresh(C);

    if (!a.data || !c.data)
        dm_no_memory(C);
    else
        *c.data = frobenius(a);
}

static void norm_rule(dm *C, dm *const X[])
{
    dm *A = X[0];

    dm_term_inner(C, 1, dm_normalize(lower(C, A)), A);
}

static dm *norm_compose(dm *const X[], const dm_parameters *with)
{
    (void) with;
    return dm_norm_frobenius(X[0]);
}

static bool is_vector(dm *C, dm *const X[])
{
    dm_letter letter;

    if (X[0]->rows == 1 || X[0]->cols == 1)
        return true;
    dm_fail(C, GSL_EBADLEN, "dm_norm: %s is %zu×%zu: a vector is needed (dm_norm_frobenius takes a "
            "matrix)", dm_operand_name(&letter, C->op, 0, X[0]), X[0]->rows, X[0]->cols);
    return false;
}

static const dm_op norm_op = {
    .name = "norm", .operands = "x", .formula = "norm(x)", .differential = "inner(x,dx)/norm(x)",
    .shapes = "mn 11", .shape = is_vector, .compose = norm_compose,
};

static const dm_op norm_frobenius_op = {
    .name = "norm_frobenius", .operands = "A", .formula = "norm(A,'fro')",
    .differential = "trace(A'*dA)/norm(A,'fro')", .shapes = "mn 11", .value = norm_value,
    .rule = norm_rule,
};

dm *dm_norm(dm *x)
{
    return dm_apply(&norm_op, (dm *[DM_OPERANDS]) { x }, NULL);
}

dm *dm_norm_frobenius(dm *A)
{
    return dm_apply(&norm_frobenius_op, (dm *[DM_OPERANDS]) { A }, NULL);
}

/* ----------------------------------------------------------------- d norm(A)^2 = 2*tr(A'*dA) */

static void norm_squared_value(dm *C, dm *const X[])
{
    dm_number_inner(C, X[0], X[0]);
}

static void norm_squared_rule(dm *C, dm *const X[])
{
    dm_term_inner(C, 2, lower(C, X[0]), X[0]);
}

static const dm_op norm_squared_op = {
    .name = "norm_squared", .operands = "A", .formula = "norm(A,'fro')^2",
    .differential = "2*trace(A'*dA)", .shapes = "mn 11", .value = norm_squared_value,
    .rule = norm_squared_rule,
};

dm *dm_norm_squared(dm *A)
{
    return dm_apply(&norm_squared_op, (dm *[DM_OPERANDS]) { A }, NULL);
}

/* ------------------------------------------------- N = A/norm(A):  dN = (dA - N*tr(N'*dA))/norm(A) */

static void normalize_value(dm *N, dm *const X[])
{
    dm_panel a = dm_entries(X[0]), n = dm_fresh(N);

    if (!a.data || !n.data) {
        dm_no_memory(N);
        return;
    }
    /* First by the power of two that brings the largest entry near 1: the norm may be out of range, N is not. */
    size_t entries = n.rows * n.stride;
    double smallest, largest;
    int shift = 0;
    dm_range(entries, a.data, &smallest, &largest);
    frexp(largest, &shift);
    double first = ldexp(1, -shift / 2), second = ldexp(1, -shift - -shift / 2);   /* each of them is finite */
    for (size_t i = 0; i < entries; i++)
        n.data[i] = first * a.data[i] * second;
    double norm = frobenius(n);
    for (size_t i = 0; i < entries && largest != 0; i++)       /* 0 stays 0 */
        n.data[i] /= norm;
}

static void normalize_rule(dm *N, dm *const X[])
{
    dm *A = X[0], *norm = dm_norm_frobenius(lower(N, A)), *along = dm_between(N, 1, 1);
    dm_letter letter;

    if (!dm_is_failed(norm) && !N->context->base && dm_entry_scalar(dm_number_of(norm)) == 0) {
        dm_fail(N, GSL_EZERODIV, "dm_norm_frobenius: %s is %zu×%zu and zero: a norm has no second "
                "derivative there (its square has: dm_norm_squared)",
                dm_operand_name(&letter, N->op, 0, A), A->rows, A->cols);
        return;
    }
    if (A->rows * A->cols == 1 && !N->context->base)
        return;                        /* N is a sign */
    dm *over_norm = dm_reciprocal(norm);
    dm_term_inner(along, 1, value_of(N), A);
    dm_stated(along);
    dm_term_scale(N, over_norm, A);
    dm_term_outer(N, along, dm_neg(dm_scale_by(value_of(N), over_norm)));
}

static const dm_op normalize_op = {
    .name = "normalize", .operands = "A", .formula = "normalize(A)",
    .differential = "(dA - A*trace(A'*dA)/norm(A,'fro')^2)/norm(A,'fro')", .shapes = "mn mn",
    .value = normalize_value, .rule = normalize_rule,
};

dm *dm_normalize(dm *A)
{
    return dm_apply(&normalize_op, (dm *[DM_OPERANDS]) { A }, NULL);
}

const dm_op *const dm_norms[] = {
    &norm_op, &norm_frobenius_op, &norm_squared_op, &normalize_op, NULL,
};
