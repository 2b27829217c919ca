/* Inner products and traces: n² work, also for a product that is not made yet. */
#include <math.h>
#include "numbers/forms.h"
#include "numbers/kernels.h"

dm_strided dm_strided_of(dm_side s, size_t slot)
{
    double scale = 1;

    if (s.A->number.form == DM_VIEW) {
        scale = s.A->number.scale;
        s = (dm_side) { s.A->number.left, s.transposed ^ s.A->number.left_transposed };
    }
    dm_panel P = dm_entries(s.A);
    const double *data = P.data ? dm_row(P, 0, s.A->slots > 1 ? slot : 0) : NULL;
    return s.transposed ? (dm_strided) { data, 1, P.stride, scale } : (dm_strided) { data, P.stride, 1, scale };
}

enum { MANY = 1024 };                  /* entries, so that one more look at them takes time */

/* The sum of A(i,j)*B(i,j).  `number` is the one whose entries B's are (NULL: one among others); when they are on their
 * way through anyhow, it is seen what they are.                                                       */
static double dot(size_t m, size_t n, dm_strided A, dm_strided B, dm *number)
{
    double sum = 0, square;

    if (A.down == 1 && A.across != 1) {            /* both the other way round */
        dm_strided swap = { A.data, A.across, A.down, A.scale };
        A = swap;
        B = (dm_strided) { B.data, B.across, B.down, B.scale };
        size_t k = m;
        m = n;
        n = k;
    }
    if (B.across != 1 && n > 1 && m * n > MANY && number && number->number.finite == DM_UNKNOWN) {
        sum = dm_dot_and_square(m, n, A.data, A.down, B.data, B.across, &square);
        number->number.finite = isfinite(square) ? DM_MODERATE : DM_UNKNOWN;
    } else if (B.across != 1 && n > 1) {
        sum = dm_dot_transposed(m, n, A.data, A.down, B.data, B.across);
    } else if (A.down == n && B.down == n) {
        sum = dm_dot(m * n, A.data, B.data);
    } else {
        for (size_t i = 0; i < m; i++)
            sum += dm_dot(n, A.data + i * A.down, B.data + i * B.down);
    }
    return A.scale * B.scale * sum;
}

/* Of columns, one of them many side by side: their rows are the rows of a matrix, and the inner products x'*[y1 ... yK]
 * a product with it.  false: they do not lie so.                                                     */
static bool dot_columns(dm_panel P, double scale, size_t m, dm_side L, dm_side R)
{
    dm_strided x = dm_strided_of(L.A->slots > 1 ? R : L, 0), Y = dm_strided_of(L.A->slots > 1 ? L : R, 0);

    if (!x.data || !Y.data || Y.down != P.slots || Y.across != 1 || (L.A->slots > 1 && R.A->slots > 1))
        return false;
    dm_row_matrix(m, P.slots, scale * x.scale * Y.scale, x.data, x.down, Y.data, P.slots, 0, P.data);
    return true;
}

/* The sum of L(i,j)*R(i,j) for slot after slot. */
static void dot_slots(dm *C, double scale, size_t m, size_t n, dm_side L, dm_side R)
{
    dm_panel P = dm_fresh(C);

    if (P.data && P.slots > 1 && n == 1 && dot_columns(P, scale, m, L, R))
        return;
    for (size_t slot = 0; slot < C->slots && P.data; slot++) {
        dm_strided l = dm_strided_of(L, slot), r = dm_strided_of(R, slot);
        if (!l.data || !r.data) {
            dm_must(C, false);
            return;
        }
        P.data[slot] = scale * dot(m, n, l, r, R.A->slots > 1 ? NULL : R.A->number.form == DM_VIEW ? R.A->number.left : R.A);
    }
}

/* C, 1×1, times a number. */
static void scale_slots(dm *C, double scale)
{
    dm_panel P = dm_entries(C);

    for (size_t slot = 0; P.data && slot < C->slots; slot++)
        P.data[slot] *= scale;
}

static void sum_slots(dm *C, dm *A)
{
    dm_panel P = dm_fresh(C), a = dm_entries(A);

    dm_must(C, P.data && a.data);
    for (size_t slot = 0; slot < C->slots && !dm_is_failed(C); slot++) {
        double sum = 0;
        for (size_t i = 0; i < a.rows; i++)
            for (size_t j = 0; j < a.cols; j++)
                sum += dm_row(a, i, slot)[j];
        P.data[slot] = sum;
    }
}

void dm_number_inner(dm *C, dm *A, dm *B)
{
    if (dm_is_zero(A) || dm_is_zero(B)) {
        C->number.form = DM_ZERO;
        return;
    }
    if (B->number.form == DM_IDENTITY || B->number.form == DM_FILL) {
        dm *swap = A;
        A = B;
        B = swap;
    }
    if (A->number.form == DM_IDENTITY) {
        dm_number_trace(C, B);
        scale_slots(C, A->number.scale);
    } else if (A->number.form == DM_FILL) {
        sum_slots(C, B);
        scale_slots(C, A->number.scale);
    } else if (!dm_either_in_a_row(A, B) || !dm_placed_inner(C, A, B)) {
        dot_slots(C, 1, A->rows, A->cols, (dm_side) { A, false }, (dm_side) { B, false });
    }
}

void dm_number_trace(dm *C, dm *A)
{
    dm_side L, R;

    if (A->number.form == DM_PRODUCT) {
        /* tr(L*R) = sum of L(i,j)*R(j,i): n² work, and L*R is not made. */
        dm_sides_of((dm_side) { A, false }, &L, &R);
        R.transposed = !R.transposed;
        dot_slots(C, A->number.scale, A->rows, dm_side_cols(L), L, R);
        return;
    }
    dm_panel P = dm_fresh(C);
    for (size_t slot = 0; slot < C->slots && P.data; slot++) {
        double t = 0;
        if (A->number.form == DM_IDENTITY || A->number.form == DM_FILL) {
            t = (double) A->rows * A->number.scale;
        } else if (A->number.form != DM_ZERO) {
            dm_strided a = dm_strided_of((dm_side) { A, false }, slot);
            dm_must(C, a.data != NULL);
            for (size_t i = 0; a.data && i < A->rows; i++)
                t += a.data[i * (a.down + a.across)];
            t *= a.scale;
        }
        P.data[slot] = t;
    }
}
