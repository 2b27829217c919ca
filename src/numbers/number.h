/* Level 0: dense matrices of doubles, on BLAS and LAPACK.
 *
 * A number of slots K > 1 is a panel: K matrices side by side, stored rows × K × cols, so that row i holds
 * row i of the first, then of the second ...  Then A*[B1 ... BK] is one product (m×n)(n×Kp), and
 * [A1 ... AK]*B another, (mK×n)(n×p), both without copying.
 *
 * A number knows what it is and is formed when somebody asks for its entries:
 *
 *     DENSE       rows of data, one behind the other
 *     ZERO        nothing stored
 *     FILL        every entry is `scale`
 *     IDENTITY    scale * I
 *     DIAGONAL    scale * diag(left)
 *     VIEW        scale * left(')
 *     PRODUCT     scale * left(') * right('), not made yet
 *     HADAMARD    scale * left .* right, not made yet
 *     ALONG       the same where left are slopes and right is a direction: infinite times 0 is 0
 *     PLACED      a slot is 0 but for scale * this slot of right, which begins at place[slot]
 *     LATER       op(in), not made yet
 *
 * Nothing outside this folder looks at the form: dm_entries is the one accessor, and products, sums and
 * scalings know the cheaper way where there is one.                                                 */
#ifndef DM_NUMBERS_NUMBER_H
#define DM_NUMBERS_NUMBER_H

#include "core/dm.h"

/* Entry (i,j) of slot k is data[i*stride + k*cols + j]; stride is slots*cols. */
typedef struct {
    double *data;
    size_t stride, rows, slots, cols;
} dm_panel;

static inline double *dm_row(dm_panel P, size_t i, size_t slot)
{
    return P.data + i * P.stride + slot * P.cols;
}

dm_panel dm_form_entries(dm *A);

/* A's entries, formed if need be; data == NULL: out of memory. */
static inline dm_panel dm_entries(dm *A)
{
    if (A->number.form != DM_DENSE)
        return dm_form_entries(A);
    return (dm_panel) { A->number.data, A->slots * A->cols, A->rows, A->slots, A->cols };
}

/* Is every entry finite?  It is remembered that they are. */
bool dm_look_finite(dm *A);
static inline bool dm_number_finite(dm *A)
{
    return A->number.finite || dm_look_finite(A);
}

/* The first entry that is not finite, and its value; false: there is none, or no memory. */
bool dm_number_bad_entry(dm *A, size_t *row, size_t *col, double *value);

dm_triangle dm_number_triangle(dm *A); /* never DM_UNSEEN; looked for once, and over at once where it is neither */

dm_panel dm_fresh(dm *C);              /* C becomes DENSE with room for its entries, contents undefined */
bool dm_is_zero(const dm *A);          /* known to be zero by its form */
bool dm_is_identity(const dm *A, double *scale);   /* known to be scale*I by its form */
double dm_entry_scalar(dm *a);         /* the entry of a 1×1 number */
void dm_number_range(dm *A, double *least, double *most);      /* sizes of the entries that are not 0 */
bool dm_number_write(dm_panel target, double scale, dm *A);    /* target = scale*A; false: no memory */
dm *dm_original(const dm *A);          /* what A is a view of, formed or not; NULL: of nothing */

dm *dm_number_copy(dm_context *, const gsl_matrix *A);         /* a number with A's entries; it knows if they are finite */
dm *dm_number_view(dm_context *, const gsl_matrix *A, size_t k);   /* ... where they lie, k slots side by side */
dm *dm_number_panel(dm_context *, size_t k, const gsl_matrix *const A[]);
void dm_number_later(dm *C);           /* C is op(in), once it is asked for */
dm *dm_number_zero(dm_context *, size_t rows, size_t slots, size_t cols);
dm *dm_number_fill(dm_context *, size_t rows, size_t cols, double scale);
dm *dm_number_identity(dm_context *, size_t n, double scale);
/* Slot s is the m×n matrix that is 1 at entry number first+s, in the order of vec, and 0 elsewhere. */
dm *dm_number_units(dm_context *, size_t m, size_t n, size_t first, size_t k);

/* Fill the number C, whose shape is set, from operands of fitting shapes.  On failure C is marked. */
void dm_number_product(dm *C, double scale, dm *A, bool A_transposed, dm *B, bool B_transposed);
void dm_number_transpose(dm *C, dm *A);
void dm_number_scale(dm *C, double scale, dm *A);              /* scale*A */
void dm_number_sum(dm *C, double a, dm *A, double b, dm *B);   /* a*A + b*B */
void dm_number_inner(dm *C, dm *A, dm *B);                     /* tr(A'*B); one may be a panel */
void dm_number_trace(dm *C, dm *A);
void dm_number_hadamard(dm *C, dm *A, dm *B);                  /* one may be a panel */
void dm_number_along(dm *C, dm *slope, dm *d);                 /* slope.*d, where inf*0 is 0 */
void dm_number_diag(dm *C, dm *x);                             /* diag(x) of a column */
void dm_number_place(dm *C, dm *A, size_t row, size_t col);    /* 0 but for A, which begins there */

/* sum + p*x, and sum + scale*A(')*B('), into sum's own memory if that is a sum under way.  sum may be NULL. */
dm *dm_number_accumulate(dm *sum, double p, dm *x);
dm *dm_number_accumulate_product(dm *sum, double scale, dm *A, bool A_transposed, dm *B,
                                 bool B_transposed);

/* The number A has its entries there. */
static inline void dm_number_at(dm *A, double *data)
{
    A->number.form = DM_DENSE;
    A->number.data = data;
    A->small = A->rows <= 8 && A->cols <= 8;
}

/* P = A*B and dP = dA*B + A*dB of small numbers, their entries where there is room for them; dA, dB and with them
 * dP may be NULL, zero, or panels.                                                                   */
void dm_number_dual_product(dm *P, dm *dP, double *room, const dm *A, const dm *dA, const dm *B, const dm *dB);

/* ------------------------------------------------------------------------------- factorization -- */

/* false: A is singular to working precision, or C is marked (no memory). */
bool dm_number_solve(dm *C, dm *A, dm *B);         /* A\B */
bool dm_number_solve_right(dm *C, dm *B, dm *A);   /* B/A */
bool dm_number_inverse(dm *C, dm *A);
bool dm_number_determinant(dm *A, double *fraction, double *exponent);   /* fraction * 2^exponent */
bool dm_number_singular(dm *A, size_t *pivot, double *size);       /* to working precision */
bool dm_number_triangular(dm *A);      /* the pivots are the entries of its own diagonal */
double dm_number_weakest(dm *A);       /* the smallest pivot over the sizes of what it is a difference of ... */
double dm_number_regularity(dm *A);    /* ... or, if that is less, over the largest entry of A */

/* A = U*diag(s)*V', row-major, sign = det(U)*det(V).  GSL_ENOMEM, or GSL_EMAXITER: it does not converge. */
int dm_number_svd(dm *A, double *U, double *s, double *V, double *sign);

/* Of a square A: its symmetric part is Q*diag(lambda)*Q', lambda ascending, Q row-major (NULL: not wanted)
 * with the first entry of each column positive.  Codes as above.                               eigen.c */
int dm_number_eigen(dm *A, double *lambda, double *Q);
bool dm_number_asymmetric(dm *A, size_t *row, size_t *col);    /* by more than rounding error; where most */

#endif
