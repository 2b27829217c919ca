/* Reductions, all linear: the trace, and sums of entries. */
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
        dm_fail(C, GSL_ENOMEM, "out of memory");
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
    .shapes = "mn 11", .value = sum_value, .rule = dm_linear, .adjoint = sum_adjoint,
    .form = sum_form,
};

static const dm_op row_sums_op = {
    .name = "row_sums", .operands = "A", .formula = "sum(A,2)", .differential = "sum(dA,2)",
    .shapes = "mn m1", .value = sum_value, .rule = dm_linear, .adjoint = row_sums_adjoint,
};

static const dm_op column_sums_op = {
    .name = "column_sums", .operands = "A", .formula = "sum(A,1)", .differential = "sum(dA,1)",
    .shapes = "mn 1n", .value = sum_value, .rule = dm_linear, .adjoint = column_sums_adjoint,
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

const dm_op *const dm_reductions[] = {
    &trace_op, &sum_op, &row_sums_op, &column_sums_op, NULL,
};
