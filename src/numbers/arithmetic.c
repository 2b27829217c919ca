/* Multiples, transposes, sums, and products entry by entry, each by the cheaper way that the forms allow. */
#include <math.h>
#include <string.h>
#include "numbers/forms.h"
#include "numbers/kernels.h"

/* May this factor be left to whoever uses the number?  Where several meet, their product must not leave the
 * range of numbers; and who scales against overflow means it to be done first.                       */
static bool can_wait(double scale)
{
    return fabs(scale) >= 1.0 / 1024 && fabs(scale) <= 1024;
}

void dm_number_scale(dm *C, double scale, dm *A)
{
    bool as_made = A->number.form == DM_DENSE || A->number.form == DM_LATER;
    bool as_number = A->number.form == DM_ZERO || A->number.form == DM_FILL || A->number.form == DM_IDENTITY;

    if (!as_number && !can_wait(as_made ? scale : scale * A->number.scale)) {
        dm_panel c = dm_fresh(C);
        dm_must(C, c.data && dm_entries(A).data && dm_add_to(c, 0, scale, A, false));
        return;
    }
    if (as_made || A->number.form == DM_VIEW) {
        dm_view(C, scale, A, false);
        return;
    }
    C->number = A->number;
    C->number.finite = false;
    C->number.triangle = DM_UNSEEN;
    C->number.factors = NULL;
    C->number.inverse = NULL;
    C->number.scale *= scale;
    C->number.gram = C->number.gram && scale > 0;
    C->number.definite = C->number.definite && scale > 0;
}

void dm_number_transpose(dm *C, dm *A)
{
    dm_side L, R;

    switch (A->number.form) {
    case DM_ZERO:
    case DM_FILL:
    case DM_IDENTITY:
    case DM_DIAGONAL:
        dm_number_scale(C, 1, A);
        break;
    case DM_PRODUCT:
        if (A->slots == 1) {
            dm_sides_of((dm_side) { A, true }, &L, &R);
            dm_number_product(C, A->number.scale, L.A, L.transposed, R.A, R.transposed);
            break;
        }
        if (!dm_entries(A).data) {
            dm_must(C, false);
            break;
        }
        dm_view(C, 1, A, true);
        break;
    default:
        dm_view(C, 1, A, true);
    }
}

void dm_number_diag(dm *C, dm *x)
{
    if (dm_is_zero(x)) {
        C->number.form = DM_ZERO;
    } else if (x->number.form == DM_FILL) {
        C->number.form = DM_IDENTITY;
        C->number.scale = x->number.scale;
    } else if (x->slots == 1) {
        C->number.form = DM_DIAGONAL;
        C->number.diagonal = true;
        C->number.depth = 1 + dm_deepest(x, NULL);
        C->number.scale = 1;
        C->number.left = x;
    } else {
        dm_panel c = dm_fresh(C), d = dm_entries(x);
        dm_must(C, c.data && d.data);
        if (dm_is_failed(C))
            return;
        dm_clear(c);
        for (size_t i = 0; i < c.rows; i++)
            for (size_t slot = 0; slot < c.slots; slot++)
                dm_row(c, i, slot)[i] = *dm_row(d, i, slot);
    }
}

/* A' + A' = 2*A', I + I = 2*I ...: multiples of one thing, which nobody has to form; but 0 times A' is, lest what is
 * not finite in A be lost: BLAS does not look at what it takes 0 times.                              */
static bool alike(double p, const dm_number *a, double q, const dm_number *b)
{
    return a->form == b->form
        && ((a->form == DM_VIEW && a->left == b->left && a->left_transposed == b->left_transposed
             && p * a->scale + q * b->scale != 0)
            || a->form == DM_IDENTITY || a->form == DM_FILL);
}

bool dm_is_gram(double scale, const dm *A)
{
    return A->number.form == DM_IDENTITY ? scale * A->number.scale >= 0 : scale >= 0 && A->number.gram;
}

bool dm_is_definite(double scale, const dm *A)
{
    return A->number.form == DM_IDENTITY ? scale * A->number.scale > 0 : scale > 0 && A->number.definite;
}

/* The entries that A is *scale times, in A's order; NULL: it has none that lie so. */
static const double *in_order(const dm *A, double *scale)
{
    if (A->number.form == DM_VIEW && !A->number.left_transposed) {
        *scale *= A->number.scale;
        A = A->number.left;
    }
    return A->number.form == DM_DENSE ? A->number.data : NULL;
}

/* P = a*A + b*B, in one go where both lie in memory; false: no memory. */
static bool put_sum(dm_panel P, double a, dm *A, double b, dm *B)
{
    double a_all = a, b_all = b;
    const double *x = in_order(A, &a_all), *y = in_order(B, &b_all);

    if (!x || !y)
        return dm_add_to(P, 0, a, A, false) && dm_add_to(P, 1, b, B, false);
    dm_combine(P.rows * P.stride, a_all, x, b_all, y, P.data);
    return true;
}

void dm_number_sum(dm *C, double a, dm *A, double b, dm *B)
{
    if (dm_is_zero(A)) {
        dm_number_scale(C, b, B);
    } else if (dm_is_zero(B)) {
        dm_number_scale(C, a, A);
    } else if (alike(a, &A->number, b, &B->number)) {
        C->number = A->number;
        C->number.finite = C->number.gram = C->number.definite = false;
        C->number.triangle = DM_UNSEEN;
        C->number.scale = a * A->number.scale + b * B->number.scale;
    } else {
        dm_panel P = dm_fresh(C);
        dm_must(C, P.data && put_sum(P, a, A, b, B));
        C->number.gram = dm_is_gram(a, A) && dm_is_gram(b, B);
        C->number.definite = C->number.gram && (dm_is_definite(a, A) || dm_is_definite(b, B));
    }
}

/* p*x as a number of its own. */
static dm *multiple(double p, dm *x)
{
    dm *C = dm_new(x->context, x->rows, x->slots, x->cols);

    if (!dm_is_failed(C)) {
        C->in[0] = x;
        dm_number_scale(C, p, x);
        C->number.temporary = true;
    }
    return C;
}

dm_panel dm_sum_begin(dm **sum)
{
    dm *S = *sum, *C = S;

    if (!S->number.temporary) {
        *sum = C = dm_new(S->context, S->rows, S->slots, S->cols);
        dm_panel P = dm_fresh(C);
        dm_must(C, P.data && dm_add_to(P, 0, 1, S, false));
        C->in[0] = S;
    }
    dm_panel P = dm_entries(C);
    dm_must(C, P.data != NULL);
    C->number = (dm_number) { .form = DM_DENSE, .temporary = true, .data = P.data };
    return P;
}

dm *dm_number_accumulate(dm *sum, double p, dm *x)
{
    if (dm_is_failed(x) || (sum && dm_is_failed(sum)))
        return dm_is_failed(x) ? x : sum;
    if (sum && dm_is_zero(x))
        return sum;
    if (!sum || dm_is_zero(sum))
        return p == 1 ? x : multiple(p, x);
    if (alike(1, &sum->number, p, &x->number)) {
        if (!sum->number.temporary)
            sum = multiple(1, sum);
        if (dm_is_failed(sum) || !alike(1, &sum->number, p, &x->number))     /* a scale that could not wait was applied */
            return dm_number_accumulate(sum, p, x);
        sum->number.scale += p * x->number.scale;
        sum->number.finite = sum->number.gram = sum->number.definite = false;
        sum->number.triangle = DM_UNSEEN;
        return sum;
    }
    dm *together = dm_products_together(sum, p, x);
    if (!together && dm_either_in_a_row(sum, x))
        together = dm_placed_together(sum, p, x);
    if (together) {
        if (!dm_is_failed(together))
            together->number.temporary = true;
        return together;
    }
    if (!sum->number.temporary) {
        dm *C = dm_new(sum->context, sum->rows, sum->slots, sum->cols);
        dm_panel P = dm_fresh(C);
        dm_must(C, P.data && put_sum(P, 1, sum, p, x));
        C->in[0] = sum;
        C->in[1] = x;
        C->number.temporary = true;
        return C;
    }
    dm_panel P = dm_sum_begin(&sum);
    if (!dm_is_failed(sum)) {
        if (!sum->in[1])
            sum->in[1] = x;
        dm_must(sum, dm_add_to(P, 1, p, x, false));
    }
    return sum;
}

bool dm_add_hadamard(dm_panel target, double beta, double scale, dm *A)
{
    void (*multiply)(size_t, double, double, const double *, const double *, double *) =
        A->number.form == DM_ALONG ? dm_multiply_direction : dm_multiply;
    dm_panel a = dm_entries(A->number.left), b = dm_entries(A->number.right);

    if (!a.data || !b.data)
        return false;
    if (a.slots == b.slots) {
        multiply(target.rows * target.stride, beta, scale, a.data, b.data, target.data);
        return true;
    }
    for (size_t i = 0; i < target.rows; i++)
        for (size_t slot = 0; slot < target.slots; slot++)
            multiply(target.cols, beta, scale, dm_row(a, i, a.slots > 1 ? slot : 0),
                     dm_row(b, i, b.slots > 1 ? slot : 0), dm_row(target, i, slot));
    return true;
}

static void entry_by_entry(dm *C, dm_form form, dm *A, dm *B)
{
    if (dm_either_in_a_row(A, B) && dm_placed_hadamard(C, form, A, B))
        return;
    C->number.form = form;
    C->number.depth = 1 + dm_deepest(A, B);
    C->number.scale = 1;
    C->number.left = A;
    C->number.right = B;
    if (A->small && B->small)          /* which takes less time than to make it later */
        dm_must(C, dm_entries(C).data != NULL);
}

void dm_number_hadamard(dm *C, dm *A, dm *B)
{
    if (dm_is_zero(A) || dm_is_zero(B)) {
        C->number.form = DM_ZERO;
        return;
    }
    if (A->number.form == DM_FILL && B->slots == C->slots) {
        dm_number_scale(C, A->number.scale, B);
        return;
    }
    if (B->number.form == DM_FILL && A->slots == C->slots) {
        dm_number_scale(C, B->number.scale, A);
        return;
    }
    entry_by_entry(C, DM_HADAMARD, A, B);
}

void dm_number_along(dm *C, dm *slope, dm *d)
{
    if (dm_is_zero(slope) || dm_is_zero(d))
        C->number.form = DM_ZERO;
    else
        entry_by_entry(C, DM_ALONG, slope, d);
}
