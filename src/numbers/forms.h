/* What the files of this part share: the inside of a number's form. */
#ifndef DM_NUMBERS_FORMS_H
#define DM_NUMBERS_FORMS_H

#include "numbers/number.h"

/* target = beta*target + scale*A('), beta 0 or 1, for a number A of any form; false: no memory.  Forming,
 * sums and accumulation are all this one call.                                                       */
bool dm_add_to(dm_panel target, double beta, double scale, dm *A, bool transposed);

/* C = scale * A('), as a view; a view of a view is a view of the original. */
void dm_view(dm *C, double scale, dm *A, bool transposed);

/* Making a number makes what it is made of, one call within the other: how many deep. */
static inline unsigned dm_depth(const dm *A)
{
    return A->number.form == DM_DENSE ? 0 : A->number.depth;
}

/* The depth of the deeper one (B may be NULL).  What is deep is made now, lest it be one deep recursion. */
unsigned dm_deepest(dm *A, dm *B);

/* Not done: there was no memory, and C fails. */
static inline void dm_must(dm *C, bool done)
{
    if (!done)
        dm_no_memory(C);
}

void dm_clear(dm_panel P);             /* all entries 0 */
double dm_largest(dm_panel P);         /* the largest entry in size; NaN if there is one */

/* An operand of a product, with the shape that it has there. */
typedef struct {
    dm *A;
    bool transposed;
} dm_side;

static inline size_t dm_side_rows(dm_side s)
{
    return s.transposed ? s.A->cols : s.A->rows;
}

static inline size_t dm_side_cols(dm_side s)
{
    return s.transposed ? s.A->rows : s.A->cols;
}

/* What s is a view of, formed or not: the original, and how. */
dm_side dm_seen_through(dm_side s, double *scale);

/* Where entry (i,j) of a slot lies, so that a transpose can be read in place; data == NULL: no memory. */
typedef struct {
    const double *data;
    size_t down, across;
    double scale;
} dm_strided;

dm_strided dm_strided_of(dm_side s, size_t slot);

static inline dm_triangle dm_flipped(dm_triangle t, bool transposed)
{
    return !transposed || t == DM_FULL ? t : t == DM_LOWER ? DM_UPPER : DM_LOWER;
}

/* The two factors of a product that is not made yet, transposed if the product is. */
void dm_sides_of(dm_side s, dm_side *L, dm_side *R);

/* target = beta*target + scale*A*B, made now; false: no memory. */
bool dm_add_product(dm_panel target, double beta, double scale, dm_side A, dm_side B);

/* C = beta*C + alpha*A(')*B(') for the m×n A(') and the n×p B('), of any size, whose rows lie one behind the other. */
void dm_multiply_dense(size_t m, size_t n, size_t p, double alpha, const double *A, bool A_transposed, const double *B,
                       bool B_transposed, double beta, double *C);

/* A*B + p*C*D, neither made yet, as A*(B + p*D) where C is A, or as (A + p*C)*B where D is B; NULL: nothing is
 * alike.                                                                                             */
dm *dm_products_together(const dm *sum, double p, const dm *x);

/* target = beta*target + scale*left.*right of A, which is that and not made yet; false: no memory. */
bool dm_add_hadamard(dm_panel target, double beta, double scale, dm *A);

/* Is it, or what it is a view of, placed: an entry or a row? */
static inline bool dm_in_a_row(const dm *A)
{
    if (A->number.form == DM_VIEW)
        A = A->number.left;
    if (A->number.form != DM_PLACED)
        return false;
    const dm *piece = A->number.right;
    return piece->rows == 1 && (piece->cols == 1 || piece->cols == A->cols);
}

/* Is it worth a look whether the pieces alone will do? */
static inline bool dm_either_in_a_row(const dm *A, const dm *B)
{
    return dm_in_a_row(A) || dm_in_a_row(B);
}

/* What is placed, by its pieces alone; false, or NULL, where none is or the rest is not 0.           placed.c */
bool dm_placed_add(dm_panel target, double scale, dm *A, bool transposed);     /* += scale*A('); false: no memory */
bool dm_placed_product(dm *C, double scale, dm_side A, dm_side B);
bool dm_placed_add_outer(dm_panel target, double beta, double scale, dm_side A, dm_side B);
bool dm_placed_hadamard(dm *C, dm_form form, dm *A, dm *B);
bool dm_placed_inner(dm *C, dm *A, dm *B);
dm *dm_placed_together(dm *sum, double p, dm *x);                              /* sum + p*x */

/* Is scale*A symmetric positive semidefinite, or definite, by the way it was made? */
bool dm_is_gram(double scale, const dm *A);
bool dm_is_definite(double scale, const dm *A);

/* Make *sum a sum under way, with entries of its own to add to; data == NULL: no memory, and *sum is failed. */
dm_panel dm_sum_begin(dm **sum);

#endif
