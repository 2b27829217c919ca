/* Numbers: how they are made, and how each form is formed: dm_add_to knows all of them. */
#include <math.h>
#include <stdint.h>
#include <string.h>
#include "numbers/forms.h"
#include "numbers/kernels.h"

/* ---------------------------------------------------------------------------------- making them -- */

static dm_panel panel_of(const dm *A, double *data)
{
    return (dm_panel) { data, A->slots * A->cols, A->rows, A->slots, A->cols };
}

/* Memory for A's entries; NULL: there is not so much. */
static inline double *room_for(const dm *A)
{
    size_t row, entries;

    if (__builtin_mul_overflow(A->slots, A->cols, &row) || __builtin_mul_overflow(A->rows, row, &entries)
        || entries > SIZE_MAX / sizeof(double))
        return NULL;
    return dm_arena_alloc(A->context, entries * sizeof(double));
}

dm_panel dm_fresh(dm *C)
{
    double *data = dm_is_failed(C) ? NULL : room_for(C);

    dm_must(C, data != NULL);
    dm_number_at(C, data);
    return panel_of(C, data);
}

unsigned dm_deepest(dm *A, dm *B)
{
    enum { DEEP = 64 };
    unsigned a = dm_depth(A), b = B ? dm_depth(B) : 0;

    if (a >= DEEP || b >= DEEP) {
        dm_entries(a > b ? A : B);
        a = dm_depth(A);
        b = B ? dm_depth(B) : 0;
    }
    return a > b ? a : b;
}

void dm_number_later(dm *C)
{
    C->number.form = DM_LATER;
    C->number.depth = 1 + dm_deepest(C->in[0], C->in[1]);
}

/* What was left for later; without memory it stays so. */
static dm_panel form_later(dm *A)
{
    if (!dm_remember(A))
        return panel_of(A, NULL);
    A->op->value(A, A->in);
    if (dm_is_failed(A)) {
        A->failure = NULL;
        A->number.form = DM_LATER;
        A->small = false;
        return panel_of(A, NULL);
    }
    return dm_entries(A);
}

/* The one accessor.  A view keeps its original, for the sake of its factors. */
dm_panel dm_form_entries(dm *A)
{
    if (A->number.form == DM_LATER)
        return form_later(A);
    double *data = room_for(A);

    if (data && dm_remember(A) && dm_add_to(panel_of(A, data), 0, 1, A, false)) {
        dm_number_at(A, data);
        return panel_of(A, data);
    }
    return panel_of(A, NULL);
}

bool dm_number_write(dm_panel target, double scale, dm *A)
{
    return dm_add_to(target, 0, scale, A, false);
}

double dm_largest(dm_panel P)
{
    double least, most;

    dm_range(P.rows * P.stride, P.data, &least, &most);
    return most;
}

/* Of a view, its original is looked at in place; of a column times a row, and of what has its rows scaled, these two;
 * of what is placed, the pieces.                                                                     */
static bool look(dm *A)
{
    const dm_number *x = &A->number;
    dm *seen = x->form == DM_VIEW ? x->left : A;
    double scale = x->form == DM_VIEW ? x->scale : 1;

    if (x->form == DM_VIEW && seen->number.finite == DM_MODERATE && fabs(scale) < 1e150)
        return true;
    if (x->form == DM_PRODUCT && A->slots == 1
        && (x->left_transposed ? x->left->rows : x->left->cols) == 1) {
        dm_panel l = dm_entries(x->left), r = dm_entries(x->right);
        if (l.data && r.data && dm_number_finite(x->left) && dm_number_finite(x->right)
            && isfinite(x->scale * dm_largest(l) * dm_largest(r)))
            return true;
    }
    if (x->form == DM_PRODUCT && A->slots == 1 && x->left->number.form == DM_DIAGONAL) {
        dm_panel d = dm_entries(x->left->number.left), r = dm_entries(x->right);
        if (d.data && r.data && isfinite(x->scale * x->left->number.scale * dm_largest(d) * dm_largest(r)))
            return true;
    }
    if (seen->number.form == DM_PLACED) {
        scale *= seen->number.scale;
        seen = seen->number.right;
    }
    dm_panel P = dm_entries(seen);
    return P.data && dm_all_finite(P.rows * P.stride, scale, P.data);
}

bool dm_look_finite(dm *A)
{
    bool dense = A->number.form == DM_DENSE;

    A->number.finite = dense ? dm_all_finite(dm_size(A), 1, A->number.data) : look(A);
    return A->number.finite;
}

bool dm_number_bad_entry(dm *A, size_t *row, size_t *col, double *value)
{
    if (dm_number_finite(A))
        return false;
    dm_panel P = dm_entries(A);
    for (size_t i = 0; P.data && i < P.rows; i++)
        for (size_t slot = 0; slot < P.slots; slot++)
            for (size_t j = 0; j < P.cols; j++) {
                double x = dm_row(P, i, slot)[j];
                if (isfinite(x))
                    continue;
                *row = i;
                *col = j;
                *value = isnan(x) ? GSL_NAN : x;       /* of one sign */
                return true;
            }
    return false;
}

/* Is all of one side of the diagonal 0?  The first entry that is not ends the search. */
static bool zero_beside_diagonal(dm_panel P, bool above)
{
    for (size_t i = 0; i < P.rows; i++) {
        const double *x = dm_row(P, i, 0);
        for (size_t j = above ? i + 1 : 0; j < (above ? P.cols : i); j++)
            if (x[j] != 0)
                return false;
    }
    return true;
}

dm_triangle dm_number_triangle(dm *A)
{
    dm_number *x = &A->number;

    if (x->form == DM_VIEW)
        return dm_flipped(dm_number_triangle(x->left), x->left_transposed);
    if (x->triangle != DM_UNSEEN)
        return x->triangle;
    dm_panel P = A->slots == 1 && A->rows == A->cols ? dm_entries(A) : (dm_panel) { 0 };
    if (!P.data)
        return DM_FULL;
    x->triangle = zero_beside_diagonal(P, true) ? DM_LOWER : zero_beside_diagonal(P, false) ? DM_UPPER : DM_FULL;
    return x->triangle;
}

dm *dm_original(const dm *A)
{
    return A->number.right || A->number.diagonal ? NULL : A->number.left;
}

bool dm_is_zero(const dm *A)
{
    return A->number.form == DM_ZERO;
}

bool dm_is_identity(const dm *A, double *scale)
{
    *scale = A->number.scale;
    return A->number.form == DM_IDENTITY;
}

void dm_number_range(dm *A, double *least, double *most)
{
    const dm_number *x = &A->number;
    bool by_scale = x->form == DM_FILL || x->form == DM_IDENTITY;
    dm_panel P = { 0 };

    *least = *most = by_scale ? fabs(x->scale) : 0;
    if (!by_scale && x->form != DM_ZERO)
        P = dm_entries(x->form == DM_DIAGONAL || x->form == DM_VIEW ? x->left : A);
    double scale = x->form == DM_DIAGONAL || x->form == DM_VIEW ? fabs(x->scale) : 1;
    if (P.data)
        dm_range(P.rows * P.stride, P.data, least, most);
    *least *= scale;
    *most *= scale;
}

double dm_entry_scalar(dm *a)
{
    if (a->number.form == DM_IDENTITY || a->number.form == DM_FILL)
        return a->number.scale;
    dm_panel P = dm_entries(a);

    return P.data ? P.data[0] : GSL_NAN;
}

static bool all_finite(const gsl_matrix *A)
{
    if (A->tda == A->size2)
        return dm_all_finite(A->size1 * A->size2, 1, A->data);
    for (size_t i = 0; i < A->size1; i++)
        if (!dm_all_finite(A->size2, 1, A->data + i * A->tda))
            return false;
    return true;
}

dm *dm_number_panel(dm_context *context, size_t k, const gsl_matrix *const A[])
{
    dm *C = dm_new(context, A[0]->size1, k, A[0]->size2);
    dm_panel P = dm_fresh(C);
    bool finite = true;

    for (size_t slot = 0; P.data && slot < k; slot++)
        finite = all_finite(A[slot]) && finite;
    if (P.data && k == 1 && A[0]->tda == P.cols)
        memcpy(P.data, A[0]->data, P.rows * P.cols * sizeof *P.data);
    else if (P.data)
        dm_lay_side_by_side(k, P.rows, P.cols, A, P.data);
    if (P.data)
        C->number.finite = finite;
    return C;
}

dm *dm_number_copy(dm_context *context, const gsl_matrix *A)
{
    return dm_number_panel(context, 1, &A);
}

/* Nothing here writes to the entries of a number that it has not made itself. */
dm *dm_number_view(dm_context *context, const gsl_matrix *A, size_t k)
{
    if (A->tda != A->size2) {          /* which is not where it lies, as a tape would have it */
        dm_in_general(context);
        dm *C = dm_number_copy(context, A);
        if (!dm_is_failed(C)) {
            C->slots = k;
            C->cols = A->size2 / k;
        }
        return C;
    }
    dm *C = dm_new(context, A->size1, k, A->size2 / k);
    if (!dm_is_failed(C))
        dm_number_at(C, A->data);
    return C;
}

/* A number that is known by its form and one scale. */
static dm *simple(dm_context *context, dm_form form, double scale, size_t rows, size_t slots, size_t cols)
{
    dm *C = dm_new(context, rows, slots, cols);

    if (!dm_is_failed(C)) {
        C->number.form = form;
        C->number.scale = scale;
    }
    return C;
}

dm *dm_number_zero(dm_context *context, size_t rows, size_t slots, size_t cols)
{
    return simple(context, DM_ZERO, 0, rows, slots, cols);
}

dm *dm_number_fill(dm_context *context, size_t rows, size_t cols, double scale)
{
    return simple(context, DM_FILL, scale, rows, 1, cols);
}

dm *dm_number_identity(dm_context *context, size_t n, double scale)
{
    return simple(context, DM_IDENTITY, scale, n, 1, n);
}

/* C = scale * A('), as a view; a view of a view is a view of the original. */
void dm_view(dm *C, double scale, dm *A, bool transposed)
{
    if (A->number.form == DM_VIEW) {
        scale *= A->number.scale;
        transposed ^= A->number.left_transposed;
        A = A->number.left;
    }
    C->number.form = DM_VIEW;
    C->number.scale = scale;
    C->number.left_transposed = transposed;
    C->number.left = A;
    C->number.gram = scale > 0 && A->number.gram;
    C->number.definite = scale > 0 && A->number.definite;
    C->number.depth = dm_depth(A) + 1;
}

/* ---------------------------------------------------------------------- target += scale * A(') -- */

void dm_clear(dm_panel P)
{
    memset(P.data, 0, P.rows * P.stride * sizeof *P.data);
}

static void add_same(dm_panel target, double beta, double scale, const double *a)
{
    size_t n = target.rows * target.stride;
    double *t = target.data;

    if (beta != 0)
        dm_axpy(n, scale, a, t);
    else if (scale == 1)
        memcpy(t, a, n * sizeof *t);
    else
        dm_scaled(n, scale, a, t);
}

/* Of the transpose of A, slot by slot. */
static void add_transposed(dm_panel target, double beta, double scale, dm_panel A)
{
    for (size_t slot = 0; slot < target.slots; slot++)
        dm_add_transposed(target.rows, target.cols, beta, scale, dm_row(A, 0, slot), A.stride,
                          dm_row(target, 0, slot), target.stride);
}

static void add_fill(dm_panel target, double beta, double value)
{
    size_t n = target.rows * target.stride;

    for (size_t i = 0; i < n; i++)
        target.data[i] = (beta == 0 ? 0 : target.data[i]) + value;
}

/* target = beta*target + scale*A('), beta 0 or 1; false: no memory. */
bool dm_add_to(dm_panel target, double beta, double scale, dm *A, bool transposed)
{
    if (A->number.form == DM_VIEW) {
        scale *= A->number.scale;
        transposed ^= A->number.left_transposed;
        A = A->number.left;            /* which is no view */
    }
    dm_number *x = &A->number;
    dm_panel P;
    dm_side L, R;

    switch (x->form) {
    case DM_ZERO:
        if (beta == 0)
            dm_clear(target);
        return true;
    case DM_FILL:
        add_fill(target, beta, scale * x->scale);
        return true;
    case DM_IDENTITY:
    case DM_DIAGONAL:
        if (beta == 0)
            dm_clear(target);
        P = x->form == DM_DIAGONAL ? dm_entries(x->left) : (dm_panel) { 0 };
        if (x->form == DM_DIAGONAL && !P.data)
            return false;
        for (size_t i = 0; i < target.rows; i++)
            target.data[i * target.stride + i] += scale * x->scale * (P.data ? P.data[i] : 1);
        return true;
    case DM_PRODUCT:
        if (A->slots == 1 || !transposed) {
            dm_sides_of((dm_side) { A, transposed }, &L, &R);
            return dm_add_product(target, beta, scale * x->scale, L, R);
        }
        break;                         /* the transpose of a panel: made first */
    case DM_HADAMARD:
    case DM_ALONG:
        if (!transposed)
            return dm_add_hadamard(target, beta, scale * x->scale, A);
        break;
    case DM_PLACED:
        if (beta == 0)
            dm_clear(target);
        return dm_placed_add(target, scale * x->scale, A, transposed);
    case DM_VIEW:
    case DM_LATER:
    case DM_DENSE:
        break;
    }
    P = dm_entries(A);
    if (!P.data)
        return false;
    if (transposed)
        add_transposed(target, beta, scale, P);
    else
        add_same(target, beta, scale, P.data);
    return true;
}
