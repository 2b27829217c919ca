/* A differential is a sum of terms, each a linear map applied to an operand's differential:
 *
 *     d(A*B) = dA*B + A*dB        two terms: the map "right by B" of A, the map "left by A" of B
 *
 * A rule states the terms of dC once.  Where C's level is pushed, a term is carried out at once, for all
 * directions side by side; where it is formal it is kept, and can be pushed later, or read off with the
 * map's transpose.  This part knows no operation: it walks the sums and calls the pairs.             */
#ifndef DM_DIFFERENTIALS_TERMS_H
#define DM_DIFFERENTIALS_TERMS_H

#include "core/dm.h"

/* A linear map and its transpose: tr(push(d)'*u) = tr(d'*pull(u)) for all d, u.  Each returns `sum` (NULL
 * is zero) plus the map's value, so that a product can be added where it lands: dm_accumulate.        */
typedef struct {
    const char *name;
    dm *(*push)(const dm_term *t, dm *d, dm *sum);
    dm *(*pull)(const dm_term *t, dm *u, dm *sum);
    bool (*form)(const dm_term *t, dm_sandwich *form);   /* true: it is that one.  NULL: never */
} dm_map;

struct dm_term {
    const dm_map *map;
    dm *C, *X;                         /* dC = ... + map(dX) */
    dm *L, *R;                         /* the map's coefficients, of lower level */
    double scale;
    dm_term *next;
};

/* State one term of dC.  An X that is constant at C's level adds nothing; a failed coefficient fails C. */
void dm_term_add(dm *C, const dm_map *map, double scale, dm *L, dm *R, dm *X);

/* The value of X as coefficients of dC see it: X itself if it is constant at C's level. */
static inline dm *dm_lower(const dm *C, dm *X)
{
    return X->level == C->level ? X->dual.value : X;
}

/* Does dX appear in dC? */
static inline bool dm_varies(const dm *C, const dm *X)
{
    return X->level == C->level;
}

/* dC = ... + p*dX, which sums themselves are made of. */
void dm_term_scaled(dm *C, double p, dm *X);

void dm_stated(dm *C);                 /* all terms of dC are stated: a formal C goes onto its level's list */

/* A differential that only serves to state dC: a dm M of C's level that has no value.  State its terms,
 * call dm_stated(M), then use it as the X of a term of C.                                            */
dm *dm_between(dm *C, size_t rows, size_t cols);

/* Read off with the seed u (of f's shape, a panel if need be): what failed on the way, or NULL.  After it
 * dm_adjoint gives the adjoint of every X of f's level, NULL for zero.                               */
dm *dm_pull(dm *f, dm *u);
dm *dm_adjoint(const dm *f, const dm *X);

/* Push the direction d (a panel if need be) of the variable X through the terms: df, NULL for zero. */
dm *dm_push(dm *f, dm *X, dm *d);

/* A dm of that level (NULL: no memory for one): a variable on a formal one, differential (NULL: zero) on a
 * pushed one.                                                                                        */
dm *dm_on_level(dm_level *level, dm *value, dm *differential);

/* The number at the bottom of A. */
static inline dm *dm_number_of(dm *A)
{
    while (A->level)
        A = A->dual.value;
    return A;
}

/* dY = the sum of `n` sandwiches of dX, composed from the terms between: their number, at most `most`; 0 if
 * the terms do not show that form (or it would need more, or there is no memory).                     */
size_t dm_sandwiches(dm *Y, dm *X, dm_sandwich out[], size_t most);

/* sum + p*x at any level, carrying a running sum on in place where that can be seen by nobody.  NULL is zero. */
dm *dm_accumulate_times(dm *sum, double p, dm *x);

static inline dm *dm_accumulate(dm *sum, dm *x)
{
    return dm_accumulate_times(sum, 1, x);
}

#endif
