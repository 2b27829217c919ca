/* Shape inference: what its files share.
 *
 * Every node has two dimensions, its rows and its columns; a variable's are those of all its nodes.  Rules
 * say which are equal (then they become one) and which have a size.                                   */
#ifndef DM_LANGUAGE_SHAPES_H
#define DM_LANGUAGE_SHAPES_H

#include "language/tree.h"

typedef struct {
    size_t parent;                     /* of a tree of equal dimensions; the root has the rest */
    size_t size;                       /* 0: not known */
    size_t least, most;                /* what an index reaches; what there is room for (0: no limit) */
    bool derived;                      /* follows from others by a rule that is not settled yet */
} dm_dimension;

typedef struct {
    const dm_expression *e;
    dm_dimension *dimension;
    size_t (*side)[2];                 /* a node's dimensions */
    bool *settled;                     /* a node's rule has said all it has to say */
    size_t *given;                     /* which of `shapes` a variable is */
    dm_shape *shapes;
    dm_context *scratch;               /* for rows that work out their result themselves, once needed */
    bool gentle;                       /* only look at sizes that are known, and pass them up */
    bool changed;
    size_t free_size;
    dm_constants constants;
    dm_complaint *complaint;
} dm_inference;

enum { ROWS, COLS };

/* ------------------------------------------------------------------------------------ dimensions.c */

size_t dm_root_of(dm_inference *in, size_t a);
size_t dm_side_of_variable(size_t variable, int side);
size_t dm_size_of(dm_inference *in, size_t node, int side);                /* 0: not known */
bool dm_is_one(dm_inference *in, size_t node);           /* is known to be 1×1 */
bool dm_never_one(dm_inference *in, size_t node);        /* is known to be something else */
bool dm_open(dm_inference *in, size_t node, int side);   /* may still become 1, or something else */
bool dm_is_lower(const char *name);                      /* a name for column vectors: x, dx; not A, dA */

/* Statements.  false: they contradict what is known. */
bool dm_equate(dm_inference *in, size_t a, size_t b);
bool dm_set_size(dm_inference *in, size_t a, size_t size);
void dm_at_least(dm_inference *in, size_t a, size_t size);

/* Statements of rules, which mind whether they are made gently. */
bool dm_forward(dm_inference *in, size_t result, size_t operand);      /* the result has the operand's */
bool dm_forward_both(dm_inference *in, size_t node, size_t operand);
bool dm_result_is(dm_inference *in, size_t node, size_t rows, size_t cols);
bool dm_agree(dm_inference *in, size_t a, size_t b);                   /* operands have equal ones */
bool dm_need(dm_inference *in, size_t a, size_t size);                 /* an operand has this size */
bool dm_need_scalar(dm_inference *in, size_t node);
bool dm_multiplied(dm_inference *in, size_t n, size_t a, size_t b, bool *done);    /* n = a*b */
int dm_settle(dm_inference *in, size_t node);            /* all is said; GSL_SUCCESS */
int dm_settle_unless(dm_inference *in, size_t node);     /* unless it hangs on rows(A) or columns(A) */

/* -------------------------------------------------------------------------------------- mismatch.c */

dm_shape_text dm_show(dm_inference *in, size_t node);
const char *dm_unit(int side, size_t size);              /* "row", "columns" */

/* All complain, and return GSL_EBADLEN. */
int dm_clash(dm_inference *in, size_t node, size_t a, int a_side, size_t b, int b_side);
int dm_misfit(dm_inference *in, size_t node, size_t operand);
int dm_not_square(dm_inference *in, size_t node, size_t operand, const char *hint);
int dm_no_reshape(dm_inference *in, size_t node, size_t A);

/* ------------------------------------------------------------------------------------------- rules */

/* State what the node's operation says of shapes; a GSL code. */
int dm_shape_rule(dm_inference *in, size_t node);

/* Choose between the meanings that a node's operation may have; false: there is nothing to choose. */
bool dm_shape_choice(dm_inference *in, size_t node);

int dm_call_rule(dm_inference *in, size_t node);                           /* calls.c */
bool dm_call_choice(dm_inference *in, size_t node);
int dm_index_rule(dm_inference *in, size_t node);                          /* places.c */
bool dm_index_choice(dm_inference *in, size_t node);
int dm_concatenation_rule(dm_inference *in, size_t node);

#endif
