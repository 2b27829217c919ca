/* Numbers whose slots are 0 but for a piece: an entry, as in the unit matrices E that the passes of a Jacobian begin
 * with, a whole row, as in E*B, or a block of a larger matrix.  What stays within a row, (E*B).*H, (E*B)*C and sums
 * of such, is made of the pieces alone, n² work a slot where dense ones take n³; one column, as in A*E, is one row of
 * the transpose.  Any other block is only added where it lies.  The rest is 0 whatever it meets, an infinite entry
 * too.                                                                                               */
#include "numbers/forms.h"
#include "numbers/kernels.h"

/* C = scale * the pieces, h×K×w, where they are placed, or the transpose of that. */
static void set(dm *C, double scale, dm *pieces, const dm_place *place, bool transposed)
{
    dm *P = transposed ? dm_new(C->context, C->cols, C->slots, C->rows) : C;

    if (!place)
        dm_must(C, false);
    if (dm_is_failed(C) || dm_inherit(C, P) || dm_inherit(C, pieces))
        return;
    P->number.form = DM_PLACED;
    P->number.depth = 1 + dm_deepest(pieces, NULL);
    P->number.scale = scale;
    P->number.right = pieces;
    P->number.place = place;
    if (transposed)
        dm_view(C, 1, P, true);
}

static dm_place *new_places(dm_context *context, size_t slots)
{
    return dm_arena_alloc(context, slots * sizeof(dm_place));
}

dm *dm_number_units(dm_context *context, size_t m, size_t n, size_t first, size_t k)
{
    dm *E = dm_new(context, m, k, n), *ones = dm_new(context, 1, k, 1);
    dm_panel one = dm_fresh(ones);
    dm_place *place = new_places(context, k);

    for (size_t s = 0; one.data && place && s < k; s++) {
        one.data[s] = 1;
        place[s] = (dm_place) { (first + s) % m, (first + s) / m };
    }
    set(E, 1, ones, place, false);
    return E;
}

void dm_number_place(dm *C, dm *A, size_t row, size_t col)
{
    dm_place *place = new_places(C->context, C->slots);

    for (size_t s = 0; place && s < C->slots; s++)
        place[s] = (dm_place) { row, col };
    set(C, 1, A, place, false);
}

bool dm_placed_add(dm_panel target, double scale, dm *A, bool transposed)
{
    dm_panel p = dm_entries(A->number.right);

    for (size_t s = 0; p.data && s < target.slots; s++)
        for (size_t i = 0; i < p.rows; i++) {
            dm_place at = A->number.place[s];
            const double *piece = dm_row(p, i, s);
            if (!transposed)
                dm_axpy(p.cols, scale, piece, dm_row(target, at.row + i, s) + at.col);
            for (size_t k = 0; transposed && k < p.cols; k++)
                dm_row(target, at.col + k, s)[at.row + i] += scale * piece[k];
        }
    return p.data != NULL;
}

/* One of A and B is scale*P(') of a P that is placed; the other one, M('), is a single matrix. */
typedef struct {
    dm_side P, M;
    bool is_B;
    double scale;
} meeting;

static bool meet(dm_side A, dm_side B, meeting *m)
{
    bool is_A = dm_in_a_row(A.A) && B.A->slots == 1, is_B = !is_A && dm_in_a_row(B.A) && A.A->slots == 1;

    if (!is_A && !is_B)
        return false;
    *m = (meeting) { .M = is_B ? A : B, .is_B = is_B, .scale = 1 };
    m->P = dm_seen_through(is_B ? B : A, &m->scale);
    m->scale *= m->P.A->number.scale;
    return true;
}

static dm_side flipped(dm_side s)
{
    return (dm_side) { s.A, !s.transposed };
}

/* n entries of row i of M, from column j on. */
static void take(double scale, dm_strided M, size_t i, size_t j, size_t n, double *to)
{
    for (size_t k = 0; k < n; k++)
        to[k] = scale * M.scale * M.data[i * M.down + (j + k) * M.across];
}

/* P*M, or (is_B) the transpose of P*M, which is M'*P'; P may stand transposed. */
static bool meet_in_product(dm_side A, dm_side B, meeting *m)
{
    if (!meet(A, B, m))
        return false;
    if (m->is_B) {
        m->P = flipped(m->P);
        m->M = flipped(m->M);
    }
    return true;
}

/* E*M, slot by slot a row of M, for the entries E.  Their transposes are entries too. */
static void entries_times(dm *C, double scale, const meeting *m)
{
    const dm_number *x = &m->P.A->number;
    dm *rows = dm_new(C->context, 1, C->slots, dm_side_cols(m->M));
    dm_place *place = new_places(C->context, C->slots);
    dm_panel e = dm_entries(x->right), r = dm_fresh(rows);
    dm_strided M = dm_strided_of(m->M, 0);

    if (!e.data || !r.data || !M.data || !place) {
        dm_must(C, false);
        return;
    }
    for (size_t s = 0; s < C->slots; s++) {
        dm_place at = x->place[s];
        take(e.data[s], M, m->P.transposed ? at.row : at.col, 0, r.cols, dm_row(r, 0, s));
        place[s] = (dm_place) { m->P.transposed ? at.col : at.row, 0 };
    }
    set(C, scale, rows, place, m->is_B);
}

bool dm_placed_product(dm *C, double scale, dm_side A, dm_side B)
{
    meeting m;

    if (!meet_in_product(A, B, &m))
        return false;
    const dm_number *x = &m.P.A->number;
    if (x->right->cols == 1) {
        entries_times(C, scale * m.scale, &m);
        return true;
    }
    if (m.P.transposed)                /* every slot has rank one, and is dense */
        return false;
    dm *rows = dm_new(C->context, 1, C->slots, dm_side_cols(m.M));
    if (!dm_is_failed(rows))
        dm_number_product(rows, 1, x->right, false, m.M.A, m.M.transposed);
    set(C, scale * m.scale, rows, x->place, m.is_B);
    return true;
}

/* target = beta*target + scale*A*B, where slot by slot that is a column times a row. */
bool dm_placed_add_outer(dm_panel target, double beta, double scale, dm_side A, dm_side B)
{
    meeting m;

    if (!meet_in_product(A, B, &m))
        return false;
    dm_panel p = dm_entries(m.P.A->number.right), row = dm_fresh(dm_new(m.P.A->context, 1, 1, target.cols));
    dm_strided M = dm_strided_of(m.M, 0);
    if (!p.data || !row.data || !M.data)
        return false;
    scale *= m.scale;
    for (size_t s = 0; s < target.slots; s++) {
        size_t i = m.P.A->number.place[s].row;
        double *piece = dm_row(p, 0, s), *t = dm_row(target, 0, s);
        take(1, M, i, 0, m.is_B ? 0 : target.cols, row.data);
        if (m.is_B)
            dm_column_row(target.rows, target.cols, scale * M.scale, M.data + i * M.down, M.across, piece, beta, t,
                          target.stride);
        else
            dm_column_row(target.rows, target.cols, scale, piece, 1, row.data, beta, t, target.stride);
    }
    return true;
}

/* M as P sees it: transposed if P is. */
static bool meet_entry_by_entry(dm *A, dm *B, meeting *m)
{
    if (!meet((dm_side) { A, false }, (dm_side) { B, false }, m))
        return false;
    m->M.transposed = m->P.transposed;
    return true;
}

bool dm_placed_hadamard(dm *C, dm_form form, dm *A, dm *B)
{
    meeting m;

    if (!meet_entry_by_entry(A, B, &m))
        return false;
    const dm_number *x = &m.P.A->number;
    dm *pieces = dm_new(C->context, 1, C->slots, x->right->cols);
    dm_panel p = dm_entries(x->right), c = dm_fresh(pieces);
    dm_strided M = dm_strided_of(m.M, 0);
    if (!p.data || !c.data || !M.data) {
        dm_must(C, false);
        return true;
    }
    for (size_t s = 0; s < C->slots; s++) {
        double *met = dm_row(c, 0, s), *piece = dm_row(p, 0, s);
        take(1, M, x->place[s].row, x->place[s].col, c.cols, met);
        (form == DM_ALONG ? dm_multiply_direction : dm_multiply)(c.cols, 0, 1, m.is_B ? met : piece,
                                                                 m.is_B ? piece : met, met);
    }
    set(C, m.scale, pieces, x->place, m.P.transposed);
    return true;
}

bool dm_placed_inner(dm *C, dm *A, dm *B)
{
    meeting m;

    if (!meet_entry_by_entry(A, B, &m))
        return false;
    const dm_number *x = &m.P.A->number;
    dm_panel c = dm_fresh(C), p = dm_entries(x->right);
    dm_strided M = dm_strided_of(m.M, 0);
    dm_must(C, c.data && p.data && M.data);
    for (size_t s = 0; !dm_is_failed(C) && s < C->slots; s++) {
        const double *piece = dm_row(p, 0, s), *met = M.data + x->place[s].row * M.down + x->place[s].col * M.across;
        double sum = 0;
        for (size_t k = 0; k < p.cols; k++)
            sum += piece[k] * met[k * M.across];
        c.data[s] = m.scale * M.scale * sum;
    }
    return true;
}

static bool same_places(const dm *A, const dm *B)
{
    const dm_place *a = A->number.place, *b = B->number.place;

    for (size_t s = 0; a != b && s < A->slots; s++)
        if (a[s].row != b[s].row || a[s].col != b[s].col)
            return false;
    return true;
}

dm *dm_placed_together(dm *sum, double p, dm *x)
{
    if (!dm_in_a_row(sum) || !dm_in_a_row(x))
        return NULL;
    double a = 1, b = p;
    dm_side S = dm_seen_through((dm_side) { sum, false }, &a), X = dm_seen_through((dm_side) { x, false }, &b);
    if (S.transposed != X.transposed
        || S.A->number.right->cols != X.A->number.right->cols || !same_places(S.A, X.A))
        return NULL;
    dm *C = dm_new(sum->context, sum->rows, sum->slots, sum->cols);
    dm *pieces = dm_new(sum->context, 1, sum->slots, S.A->number.right->cols);
    if (!dm_is_failed(pieces))
        dm_number_sum(pieces, a * S.A->number.scale, S.A->number.right, b * X.A->number.scale, X.A->number.right);
    set(C, 1, pieces, S.A->number.place, S.transposed);
    return C;
}
