/* The vocabulary in which rules are written: one function a linear map, named for it.  Each states a term of
 * dC; the map's transpose, by which the term is read off, stands beside it in the file named here.
 *
 *     dC = ... + p*dX            dm_term_scaled      differentials       transposed: p*u
 *     dC = ... + s*dX            dm_term_scale       arithmetic.c        s*u
 *     dC = ... + ds*W            dm_term_outer       arithmetic.c        tr(W'*u)
 *     dC = ... + H.*dX           dm_term_hadamard    arithmetic.c        H.*u
 *     dC = ... + p*L*dX          dm_term_left        products.c          p*L'*u
 *     dC = ... + p*dX*R          dm_term_right       products.c          p*u*R'
 *     dC = ... + p*L*dX*R        dm_term_sandwich    products.c          p*L'*u*R'
 *     dC = ... + p*tr(W'*dX)     dm_term_inner       products.c          p*u*W
 *     dC = ... + A\dX            dm_term_solve       solves.c            A'\u
 *     dC = ... + dX/A            dm_term_solve_right solves.c            u/A'
 *     dC = op(dX)                dm_linear           structure.c         the row's adjoint
 *
 * L, R, W, H, s, A are coefficients: values as dC sees them, lower(C, X).  A term of a constant X is none.
 *
 * A rule calls operations and looks at no entries: it serves symbols and tapes too, where there are none yet.  One
 * that has to (which eigenvalues are the same, say) asks dm_in_general(context) first, and where that is true takes
 * the form that holds for entries in general.                                                        */
#ifndef DM_OPERATIONS_RULES_H
#define DM_OPERATIONS_RULES_H

#include <math.h>
#include "operations/operations.h"

void dm_term_scale(dm *C, dm *s, dm *X);
void dm_term_outer(dm *C, dm *s, dm *W);
void dm_term_hadamard(dm *C, dm *H, dm *X);
void dm_term_left(dm *C, double p, dm *L, dm *X);
void dm_term_right(dm *C, double p, dm *X, dm *R);
void dm_term_sandwich(dm *C, double p, dm *L, dm *X, dm *R);
void dm_term_inner(dm *C, double p, dm *W, dm *X);
void dm_term_solve(dm *C, dm *A, dm *X);
void dm_term_solve_right(dm *C, dm *X, dm *A);

void dm_linear(dm *C, dm *const X[]);              /* the rule of every linear operation of one operand */
dm *dm_between_linear(dm *C, const dm_op *op, dm *X, size_t rows, size_t cols);  /* op(dX), on the way to dC */

#define lower dm_lower
#define value_of(C) ((C)->dual.value)              /* the operation's own value, in its rule */

/* sum + p*s*A for a 1×1 s: what the maps above are made of where a scalar is one of their parts. */
dm *dm_add_multiple(dm *sum, double p, dm *s, dm *A);

/* Rows that another operation's rule refers to. */
extern const dm_op dm_op_transpose, dm_op_diag, dm_op_diagonal, dm_op_hcat, dm_op_vcat;

/* Each file's own rows, NULL at the end. */
extern const dm_op *const dm_arithmetic[], *const dm_products[], *const dm_structure[],
    *const dm_reductions[], *const dm_solves[], *const dm_spectral[], *const dm_functions[], *const dm_norms[],
    *const dm_entrywise[];

#endif
