/* Structure: entries moved, none computed; and sums of entries.  All linear: the differential is the same
 * operation on dA, and the transpose of each is another one of this file.                           */
#include <string.h>
#include "numbers/kernels.h"
#include "operations/rules.h"

/* ------------------------------------------------------------------- the map of a linear operation */

static dm *linear_push(const dm_term *t, dm *d, dm *sum)
{
    return dm_accumulate(sum, dm_apply(t->C->op, (dm *[DM_OPERANDS]) { d }, t->C->with));
}

static dm *linear_pull(const dm_term *t, dm *u, dm *sum)
{
    return dm_accumulate(sum, t->C->op->adjoint(t->C, u, t->X));
}

static bool linear_form(const dm_term *t, dm_sandwich *form)
{
    return t->C->op->form && t->C->op->form(t->C, form);
}

static const dm_map linear_map = { "linear", linear_push, linear_pull, linear_form };

void dm_linear(dm *C, dm *const X[])
{
    dm_term_add(C, &linear_map, 1, NULL, NULL, X[0]);
}

dm *dm_between_linear(dm *C, const dm_op *op, dm *X, size_t rows, size_t cols)
{
    dm *M = dm_between(C, rows, cols);

    if (!dm_is_failed(M)) {
        M->op = op;
        dm_linear(M, (dm *[DM_OPERANDS]) { X });
        dm_stated(M);
    }
    return M;
}

/* Both operand and result as panels; false: no memory, and C is marked. */
static bool panels(dm *C, dm *A, dm_panel *c, dm_panel *a)
{
    *a = dm_entries(A);
    *c = dm_fresh(C);
    if (!a->data || !c->data)
        dm_no_memory(C);
    return a->data && c->data;
}

/* ------------------------------------------------------------------------------------ transpose */

static void transpose_value(dm *C, dm *const X[])
{
    dm_number_transpose(C, X[0]);
}

static dm *transpose_adjoint(const dm *C, dm *u, const dm *X)
{
    (void) C, (void) X;
    return dm_transpose(u);
}

static bool transpose_form(const dm *C, dm_sandwich *form)
{
    (void) C;
    *form = (dm_sandwich) { 1, NULL, NULL, true };
    return true;
}

const dm_op dm_op_transpose = {
    .name = "transpose", .operands = "A", .formula = "A'", .differential = "dA'", .shapes = "mn nm",
    .value = transpose_value, .rule = dm_linear, .adjoint = transpose_adjoint,
    .form = transpose_form,
};

dm *dm_transpose(dm *A)
{
    return dm_apply(&dm_op_transpose, (dm *[DM_OPERANDS]) { A }, NULL);
}

/* ---------------------------------------------------------------------- reshape and vec, by columns */

static void reshape_value(dm *C, dm *const X[])
{
    dm_panel c, a;

    if (!panels(C, X[0], &c, &a))
        return;
    if (c.cols == 1 && c.slots == 1) {             /* the columns of A, one below the other, are the rows of A' */
        dm_add_transposed(a.cols, a.rows, 0, 1, a.data, a.stride, c.data, a.rows);
        return;
    }
    if (a.cols == 1 && a.slots == 1) {             /* and back */
        dm_add_transposed(c.rows, c.cols, 0, 1, a.data, c.rows, c.data, c.stride);
        return;
    }
    if (c.cols == 1) {     /* row i of the A side by side, slots × cols, becomes the rows i, m+i, 2*m+i ..., cols × slots */
        for (size_t i = 0; i < a.rows; i++)
            dm_add_transposed(a.cols, a.slots, 0, 1, dm_row(a, i, 0), a.cols, dm_row(c, i, 0), a.rows * c.stride);
        return;
    }
    if (a.cols == 1) {
        for (size_t i = 0; i < c.rows; i++)
            dm_add_transposed(c.slots, c.cols, 0, 1, dm_row(a, i, 0), c.rows * a.stride, dm_row(c, i, 0), c.cols);
        return;
    }
    double *column = dm_arena_alloc(C->context, a.rows * a.cols * sizeof *column);
    if (!column) {
        dm_no_memory(C);
        return;
    }
    for (size_t slot = 0; slot < a.slots; slot++) {        /* there, and back in another shape */
        dm_add_transposed(a.cols, a.rows, 0, 1, dm_row(a, 0, slot), a.stride, column, a.rows);
        dm_add_transposed(c.rows, c.cols, 0, 1, column, c.rows, dm_row(c, 0, slot), c.stride);
    }
}

static dm *reshape_adjoint(const dm *C, dm *u, const dm *X)
{
    (void) C;
    return dm_reshape(u, X->rows, X->cols);
}

static bool reshape_shape(dm *C, dm *const X[])
{
    const dm_parameters *with = C->with;
    dm_letter letter;

    if (with->rows == 0 || dm_sizes(with->rows, with->cols) != dm_sizes(X[0]->rows, X[0]->cols)) {
        dm_fail(C, GSL_EBADLEN, "dm_reshape: %s is %zu×%zu and the result %zu×%zu: %zu entries against "
                "%zu", dm_operand_name(&letter, C->op, 0, X[0]), X[0]->rows, X[0]->cols, with->rows,
                with->cols, dm_sizes(X[0]->rows, X[0]->cols), dm_sizes(with->rows, with->cols));
        return false;
    }
    C->rows = with->rows;
    C->cols = with->cols;
    return true;
}

static bool vec_shape(dm *C, dm *const X[])
{
    C->rows = dm_sizes(X[0]->rows, X[0]->cols);
    C->cols = 1;
    return true;
}

static const dm_op reshape_op = {
    .name = "reshape", .operands = "A", .formula = "reshape(A,r,c)",
    .differential = "reshape(dA,r,c)", .shapes = "mn ??", .value = reshape_value, .rule = dm_linear,
    .adjoint = reshape_adjoint, .shape = reshape_shape, .parameters = "rc",
};

static const dm_op vec_op = {
    .name = "vec", .operands = "A", .formula = "vec(A)", .differential = "vec(dA)",
    .shapes = "mn ??", .value = reshape_value, .rule = dm_linear, .adjoint = reshape_adjoint,
    .shape = vec_shape,
};

dm *dm_reshape(dm *A, size_t r, size_t c)
{
    return dm_apply(&reshape_op, (dm *[DM_OPERANDS]) { A },
                    &(dm_parameters) { .rows = r, .cols = c });
}

dm *dm_vec(dm *A)
{
    return dm_apply(&vec_op, (dm *[DM_OPERANDS]) { A }, NULL);
}

/* ------------------------------------------------------- blocks, and their places in a larger matrix */

static void block_value(dm *C, dm *const X[])
{
    const dm_parameters *with = C->with;
    dm_panel c, a;

    if (!panels(C, X[0], &c, &a))
        return;
    for (size_t i = 0; i < c.rows; i++)
        for (size_t slot = 0; slot < c.slots; slot++)
            memcpy(dm_row(c, i, slot), dm_row(a, with->row + i, slot) + with->col,
                   c.cols * sizeof *c.data);
}

static void embed_value(dm *C, dm *const X[])
{
    dm_number_place(C, X[0], C->with->row, C->with->col);
}

static dm *block_adjoint(const dm *C, dm *u, const dm *X)
{
    return dm_embed(u, C->with->row, C->with->col, X->rows, X->cols);
}

static dm *embed_adjoint(const dm *C, dm *u, const dm *X)
{
    return dm_block(u, C->with->row, C->with->col, X->rows, X->cols);
}

/* Does an inner matrix at the parameters' place lie within an outer one? */
static bool within(size_t row, size_t col, size_t rows, size_t cols, size_t outer_rows,
                   size_t outer_cols)
{
    return row <= outer_rows && rows <= outer_rows - row && col <= outer_cols
        && cols <= outer_cols - col;
}

static bool block_shape(dm *C, dm *const X[])
{
    const dm_parameters *with = C->with;
    dm_letter letter;

    if (!within(with->row, with->col, with->rows, with->cols, X[0]->rows, X[0]->cols)) {
        dm_fail(C, GSL_EBADLEN, "dm_block: %s is %zu×%zu: rows %zu to %zu and columns %zu to %zu are "
                "not all there", dm_operand_name(&letter, C->op, 0, X[0]), X[0]->rows, X[0]->cols,
                with->row + 1, with->row + with->rows, with->col + 1, with->col + with->cols);
        return false;
    }
    C->rows = with->rows;
    C->cols = with->cols;
    return true;
}

static bool embed_shape(dm *C, dm *const X[])
{
    const dm_parameters *with = C->with;
    dm_letter letter;

    if (!within(with->row, with->col, X[0]->rows, X[0]->cols, with->rows, with->cols)) {
        dm_fail(C, GSL_EBADLEN, "dm_embed: %s is %zu×%zu: it does not fit at (%zu,%zu) of a %zu×%zu "
                "matrix", dm_operand_name(&letter, C->op, 0, X[0]), X[0]->rows, X[0]->cols,
                with->row + 1, with->col + 1, with->rows, with->cols);
        return false;
    }
    C->rows = with->rows;
    C->cols = with->cols;
    return true;
}

static const dm_op block_op = {
    .name = "block", .operands = "A", .formula = "A(i:i+r-1,j:j+c-1)",
    .differential = "dA(i:i+r-1,j:j+c-1)", .shapes = "mn ??", .value = block_value,
    .rule = dm_linear, .adjoint = block_adjoint, .shape = block_shape, .parameters = "ijrc",
};

static const dm_op embed_op = {
    .name = "embed", .operands = "A", .formula = "embed(A,i,j,r,c)",
    .differential = "embed(dA,i,j,r,c)", .shapes = "mn ??", .value = embed_value, .rule = dm_linear,
    .adjoint = embed_adjoint, .shape = embed_shape, .parameters = "ijrc",
};

dm *dm_block(dm *A, size_t i, size_t j, size_t r, size_t c)
{
    return dm_apply(&block_op, (dm *[DM_OPERANDS]) { A }, &(dm_parameters) { 0, i, j, r, c });
}

dm *dm_embed(dm *A, size_t i, size_t j, size_t r, size_t c)
{
    return dm_apply(&embed_op, (dm *[DM_OPERANDS]) { A }, &(dm_parameters) { 0, i, j, r, c });
}

/* --------------------------------------------------------------------------------- concatenation
 *
 * d[A, B] = [dA, 0] + [0, dB]: two embeddings; back come the two blocks.  `second` begins where the
 * first operand ends.                                                                               */

static void second_place(const dm *C, size_t *row, size_t *col)
{
    *row = C->op == &dm_op_vcat ? C->in[0]->rows : 0;
    *col = C->op == &dm_op_hcat ? C->in[0]->cols : 0;
}

static dm *first_push(const dm_term *t, dm *d, dm *sum)
{
    return dm_accumulate(sum, dm_embed(d, 0, 0, t->C->rows, t->C->cols));
}

static dm *first_pull(const dm_term *t, dm *u, dm *sum)
{
    return dm_accumulate(sum, dm_block(u, 0, 0, t->X->rows, t->X->cols));
}

static dm *second_push(const dm_term *t, dm *d, dm *sum)
{
    size_t row, col;

    second_place(t->C, &row, &col);
    return dm_accumulate(sum, dm_embed(d, row, col, t->C->rows, t->C->cols));
}

static dm *second_pull(const dm_term *t, dm *u, dm *sum)
{
    size_t row, col;

    second_place(t->C, &row, &col);
    return dm_accumulate(sum, dm_block(u, row, col, t->X->rows, t->X->cols));
}

static void cat_rule(dm *C, dm *const X[])
{
    static const dm_map first = { "first", first_push, first_pull, NULL };
    static const dm_map second = { "second", second_push, second_pull, NULL };

    dm_term_add(C, &first, 1, NULL, NULL, X[0]);
    dm_term_add(C, &second, 1, NULL, NULL, X[1]);
}

static void cat_value(dm *C, dm *const X[])
{
    dm_panel a = dm_entries(X[0]), b = dm_entries(X[1]), c = dm_fresh(C);
    size_t row, col;

    second_place(C, &row, &col);
    if (!a.data || !b.data || !c.data) {
        dm_no_memory(C);
        return;
    }
    for (size_t i = 0; i < a.rows; i++)
        memcpy(dm_row(c, i, 0), dm_row(a, i, 0), a.cols * sizeof *a.data);
    for (size_t i = 0; i < b.rows; i++)
        memcpy(dm_row(c, row + i, 0) + col, dm_row(b, i, 0), b.cols * sizeof *b.data);
}

static bool cat_shape(dm *C, dm *const X[])
{
    bool side_by_side = C->op == &dm_op_hcat;

    C->rows = X[0]->rows + (side_by_side ? 0 : X[1]->rows);
    C->cols = X[0]->cols + (side_by_side ? X[1]->cols : 0);
    return true;
}

const dm_op dm_op_hcat = {
    .name = "hcat", .operands = "AB", .formula = "[A, B]", .differential = "[dA, dB]",
    .shapes = "mn mp ??", .value = cat_value, .rule = cat_rule, .shape = cat_shape,
};

const dm_op dm_op_vcat = {
    .name = "vcat", .operands = "AB", .formula = "[A; B]", .differential = "[dA; dB]",
    .shapes = "mn pn ??", .value = cat_value, .rule = cat_rule, .shape = cat_shape,
};

dm *dm_hcat(dm *A, dm *B)
{
    return dm_apply(&dm_op_hcat, (dm *[DM_OPERANDS]) { A, B }, NULL);
}

dm *dm_vcat(dm *A, dm *B)
{
    return dm_apply(&dm_op_vcat, (dm *[DM_OPERANDS]) { A, B }, NULL);
}

/* ------------------------------------------------------------------------------ diag and diagonal */

static void diag_value(dm *C, dm *const X[])
{
    dm_number_diag(C, X[0]);
}

static void diagonal_value(dm *C, dm *const X[])
{
    dm_panel c, a;

    if (!panels(C, X[0], &c, &a))
        return;
    for (size_t i = 0; i < c.rows; i++)
        for (size_t slot = 0; slot < c.slots; slot++)
            *dm_row(c, i, slot) = dm_row(a, i, slot)[i];
}

static dm *diag_adjoint(const dm *C, dm *u, const dm *X)
{
    (void) C, (void) X;
    return dm_diagonal(u);
}

static dm *diagonal_adjoint(const dm *C, dm *u, const dm *X)
{
    (void) C;
    return X->rows == X->cols ? dm_diag(u) : dm_embed(dm_diag(u), 0, 0, X->rows, X->cols);
}

static bool diagonal_shape(dm *C, dm *const X[])
{
    C->rows = X[0]->rows < X[0]->cols ? X[0]->rows : X[0]->cols;
    C->cols = 1;
    return true;
}

const dm_op dm_op_diag = {
    .name = "diag", .operands = "x", .formula = "diag(x)", .differential = "diag(dx)",
    .shapes = "n1 nn", .value = diag_value, .rule = dm_linear, .adjoint = diag_adjoint,
};

const dm_op dm_op_diagonal = {
    .name = "diagonal", .operands = "A", .formula = "diagonal(A)", .differential = "diagonal(dA)",
    .shapes = "mn ??", .value = diagonal_value, .rule = dm_linear, .adjoint = diagonal_adjoint,
    .shape = diagonal_shape,
};

dm *dm_diag(dm *x)
{
    return dm_apply(&dm_op_diag, (dm *[DM_OPERANDS]) { x }, NULL);
}

dm *dm_diagonal(dm *A)
{
    return dm_apply(&dm_op_diagonal, (dm *[DM_OPERANDS]) { A }, NULL);
}

/* -------------------------------------------------------------------------- r × c copies of A */

static void repeat_value(dm *C, dm *const X[])
{
    dm_panel c, a;

    if (!panels(C, X[0], &c, &a))
        return;
    for (size_t i = 0; i < c.rows; i++)
        for (size_t slot = 0; slot < c.slots; slot++) {
            const double *x = dm_row(a, i % a.rows, slot);
            double *to = dm_row(c, i, slot);
            for (size_t j = 0; j < c.cols; j += a.cols)
                if (a.cols == 1)
                    to[j] = *x;
                else
                    memcpy(to + j, x, a.cols * sizeof *x);
        }
}

/* The sum of the blocks of u. */
static dm *repeat_adjoint(const dm *C, dm *u, const dm *X)
{
    (void) X;
    return dm_kron_right(dm_ones(dm_context_of(u), C->with->rows, C->with->cols), u);
}

static bool repeat_shape(dm *C, dm *const X[])
{
    C->rows = dm_sizes(C->with->rows, X[0]->rows);
    C->cols = dm_sizes(C->with->cols, X[0]->cols);
    return true;
}

static const dm_op repeat_op = {
    .name = "repeat", .operands = "A", .formula = "repmat(A,r,c)", .differential = "repmat(dA,r,c)",
    .shapes = "mn ??", .value = repeat_value, .rule = dm_linear, .adjoint = repeat_adjoint,
    .shape = repeat_shape, .parameters = "rc",
};

dm *dm_repeat(dm *A, size_t r, size_t c)
{
    return dm_apply(&repeat_op, (dm *[DM_OPERANDS]) { A },
                    &(dm_parameters) { .rows = r, .cols = c });
}

const dm_op *const dm_structure[] = {
    &dm_op_transpose, &reshape_op, &vec_op, &block_op, &embed_op, &dm_op_hcat, &dm_op_vcat,
    &dm_op_diag, &dm_op_diagonal, &repeat_op, NULL,
};
