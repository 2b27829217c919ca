/* What is said of shapes that contradict each other: what is there, and what is needed. */
#include <stdio.h>
#include "language/shapes.h"

dm_shape_text dm_show(dm_inference *in, size_t node)
{
    return dm_show_shape(dm_size_of(in, node, ROWS), dm_size_of(in, node, COLS));
}

const char *dm_unit(int side, size_t size)
{
    return side == COLS ? size == 1 ? "column" : "columns" : size == 1 ? "row" : "rows";
}

/* Is it a name that was taken for a column vector though nobody said so? */
static bool taken_for_column(dm_inference *in, size_t node)
{
    const dm_node *n = &in->e->node[node];

    return n->kind == NODE_NAME && in->shapes[in->given[n->variable]].cols == 0 && dm_is_lower(n->name);
}

/* "A is 3×4 and B is 5×2: 4 columns against 5 rows" */
int dm_clash(dm_inference *in, size_t node, size_t a, int a_side, size_t b, int b_side)
{
    const dm_node *n = &in->e->node[node];
    char why[100] = "";
    size_t x = dm_size_of(in, a, a_side), y = dm_size_of(in, b, b_side);
    size_t column = a_side == COLS && taken_for_column(in, a) ? a
                  : b_side == COLS && taken_for_column(in, b) ? b : NONE;

    if (column != NONE)
        snprintf(why, sizeof why, " (%.40s in lower case is a column vector)", in->e->node[column].name);
    return dm_complain(in->complaint, GSL_EBADLEN, n->at, n->length,
                       "%s is %s and %s is %s: %zu %s against %zu %s%s", dm_name_of(in->e, a),
                       dm_show(in, a).text, dm_name_of(in->e, b), dm_show(in, b).text, x,
                       dm_unit(a_side, x), y, dm_unit(b_side, y), why);
}

/* The operand's shape, passed up, is not what the rest of the expression needs of the result. */
int dm_misfit(dm_inference *in, size_t node, size_t operand)
{
    const dm_node *n = &in->e->node[node];

    return dm_complain(in->complaint, GSL_EBADLEN, n->at, n->length,
                       "%s is %s, so that %s cannot be %s as the rest of the expression needs it",
                       dm_name_of(in->e, operand), dm_show(in, operand).text,
                       dm_name_of(in->e, node), dm_show(in, node).text);
}

int dm_not_square(dm_inference *in, size_t node, size_t operand, const char *hint)
{
    const dm_node *n = &in->e->node[node];
    size_t rows = dm_size_of(in, operand, ROWS), cols = dm_size_of(in, operand, COLS);

    return dm_complain(in->complaint, GSL_EBADLEN, n->at, n->length,
                       "%s is %s: %zu %s against %zu %s, a square matrix is needed%s",
                       dm_name_of(in->e, operand), dm_show(in, operand).text, rows, dm_unit(ROWS, rows),
                       cols, dm_unit(COLS, cols), hint);
}

int dm_no_reshape(dm_inference *in, size_t node, size_t A)
{
    const dm_node *n = &in->e->node[node];
    size_t from = dm_size_of(in, A, ROWS) * dm_size_of(in, A, COLS);
    size_t to = dm_size_of(in, node, ROWS) * dm_size_of(in, node, COLS);

    if (!from || !to)
        return dm_misfit(in, node, A);
    return dm_complain(in->complaint, GSL_EBADLEN, n->at, n->length,
                       "%s is %s and %s is %s: %zu %s against %zu", dm_name_of(in->e, A),
                       dm_show(in, A).text, dm_name_of(in->e, node), dm_show(in, node).text, from,
                       from == 1 ? "entry" : "entries", to);
}
