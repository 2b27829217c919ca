/* Variants of an expression, as texts: what somebody who made a mistake may have written or meant.
 *
 * Names that are made here have two underscores: A__0 is A held constant, A__3 its third occurrence, and
 * dm_inner the value of a subexpression.  All have the value that the name before the underscores has.  */
#ifndef DM_LANGUAGE_VARY_H
#define DM_LANGUAGE_VARY_H

#include <stdbool.h>
#include "language/language.h"

typedef struct {
    char *text;                        /* an expression, or NULL */
    char *what;                        /* in words, or another expression */
} dm_variant;

typedef struct {
    dm_variant *variant;
    size_t n, capacity;
} dm_variants;

#define DM_INNER "dm__inner"

void dm_variants_free(dm_variants *v);

/* The length of the name that `name` was made of. */
size_t dm_varied_from(const char *name);

/* The expression with every occurrence of the variable a name of its own, and its powers written out; `each`
 * gets a name (text) and a place in words (what) for each.  NULL: there is no memory, or too much of it. */
char *dm_vary_occurrences(const dm_expression *e, const char *variable, dm_variants *each);

/* For every function of something with the variable in it: the expression with that function's derivative
 * replaced by 1; what: the function applied, "exp(A*x)".                                            */
void dm_vary_steps(const dm_expression *e, const char *variable, dm_variants *all);

/* Of one of those functions applied, h(S): h(DM_INNER) as the text and S as the rest.  false: it is none, or S is
 * a name.                                                                                             */
bool dm_vary_step(const dm_expression *e, dm_variant *step);

/* For every part with the variable in it: the expression with DM_INNER in place of that part, which is in
 * `what`.                                                                                             */
void dm_vary_inner(const dm_expression *e, const char *variable, dm_variants *all);

/* The terms of a sum, and of sums that are factors of it: in 2*(A+B)'*C those are 2*(A)'*C and 2*(B)'*C.
 * text and what are the same.                                                                         */
void dm_vary_summands(const dm_expression *e, dm_variants *all);

/* Scalars that may occur as a factor: parts of the expression, their determinants, norms, traces and sums. */
void dm_vary_scalars(const dm_expression *e, dm_variants *all);

/* The expression with one mistake mended, if it is one: a transpose, factors in another order, a sign, a term
 * too much, another variable, an inverse, a number; `names`: the variables there are.                 */
void dm_vary_edits(const dm_expression *e, const char *const names[], size_t n, dm_variants *all);

/* What somebody may have read in its place. */
void dm_vary_misreadings(const dm_expression *e, const char *const names[], size_t n, dm_variants *all);

/* c*(e) and e', with as few signs as it takes.  NULL: no memory. */
char *dm_vary_multiple(const dm_expression *e, const char *factor);
char *dm_vary_transposed(const dm_expression *e);

#endif
