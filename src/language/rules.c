/* What each operation says of the shapes of its operands and its result.
 *
 * A rule may be stated again and again, as more becomes known, until it is settled.  At first it is stated
 * gently: sizes that are known are compared and passed up to the result, so that what does not fit is
 * found where evaluation would find it.  Later it makes dimensions equal, in every direction.
 *
 * A*B may be a product or a multiple, where A or B is 1×1; likewise A.*B, A/B ...  Such a rule waits until
 * the shapes say which it is; dm_shape_choice is for those where they never do.                      */
#include "language/shapes.h"

/* ------------------------------------------------------------------------- sums, entry by entry */

/* One of the operands is 1×1: the result is like the other. */
static int multiple(dm_inference *in, size_t node, size_t scalar, size_t other)
{
    if (!dm_need_scalar(in, scalar))
        return dm_misfit(in, node, scalar);
    if (!dm_forward_both(in, node, other))
        return dm_misfit(in, node, other);
    return dm_settle(in, node);
}

/* Of one shape; a number says nothing of the other's shape, and what is 1×1 is added to every entry of what is
 * known to be more.                                                                                    */
static int sum_rule(dm_inference *in, size_t node)
{
    size_t A = dm_operand_of(in->e, node, 0), B = dm_operand_of(in->e, node, 1);

    if (dm_is_one(in, A) && (in->e->node[A].constant || dm_never_one(in, B)))
        return multiple(in, node, A, B);
    if (dm_is_one(in, B) && (in->e->node[B].constant || dm_never_one(in, A)))
        return multiple(in, node, B, A);
    for (int side = ROWS; side <= COLS; side++) {
        if (!dm_forward(in, in->side[node][side], in->side[A][side]))
            return dm_misfit(in, node, A);
        if (dm_forward(in, in->side[node][side], in->side[B][side]))
            continue;
        return dm_size_of(in, A, side) ? dm_clash(in, node, A, side, B, side) : dm_misfit(in, node, B);
    }
    return dm_settle(in, node);
}

/* Sizes of the same side that are known to differ. */
static bool differ(dm_inference *in, size_t a, int a_side, size_t b, int b_side)
{
    size_t x = dm_size_of(in, a, a_side), y = dm_size_of(in, b, b_side);

    return x && y && x != y;
}

static bool shapes_differ(dm_inference *in, size_t a, size_t b)
{
    return differ(in, a, ROWS, b, ROWS) || differ(in, a, COLS, b, COLS);
}

static int same_shapes(dm_inference *in, size_t node, size_t A, size_t B)
{
    for (int side = ROWS; side <= COLS; side++) {
        if (!dm_agree(in, in->side[A][side], in->side[B][side]))
            return dm_clash(in, node, A, side, B, side);
        if (!dm_forward(in, in->side[node][side], in->side[A][side]))
            return dm_misfit(in, node, A);
    }
    return dm_settle(in, node);
}

/* A.*B, A./B, A.^B: of one shape, or one of them 1×1. */
static int entrywise_rule(dm_inference *in, size_t node)
{
    size_t A = dm_operand_of(in->e, node, 0), B = dm_operand_of(in->e, node, 1);
    bool A_many = dm_never_one(in, A), B_many = dm_never_one(in, B);

    if (dm_is_one(in, A))
        return multiple(in, node, A, B);
    if (dm_is_one(in, B))
        return multiple(in, node, B, A);
    if ((A_many && B_many) || dm_is_one(in, node))
        return same_shapes(in, node, A, B);
    if (A_many && !dm_forward_both(in, node, A))
        return dm_misfit(in, node, A);
    if (B_many && !dm_forward_both(in, node, B))
        return dm_misfit(in, node, B);
    if (shapes_differ(in, A, B))
        return A_many ? multiple(in, node, B, A) : multiple(in, node, A, B);
    return GSL_SUCCESS;
}

/* Nothing says more: of one shape, but s.*A with a name for vectors and a matrix is a multiple. */
static bool entrywise_choice(dm_inference *in, size_t node)
{
    size_t A = dm_operand_of(in->e, node, 0), B = dm_operand_of(in->e, node, 1);
    bool A_column = dm_size_of(in, A, COLS) == 1 && dm_open(in, A, ROWS);
    bool B_column = dm_size_of(in, B, COLS) == 1 && dm_open(in, B, ROWS);

    if (A_column && !dm_size_of(in, B, COLS))
        return multiple(in, node, A, B) == GSL_SUCCESS;
    if (B_column && !dm_size_of(in, A, COLS))
        return multiple(in, node, B, A) == GSL_SUCCESS;
    return same_shapes(in, node, A, B) == GSL_SUCCESS;
}

/* --------------------------------------------------------------------------------------- products */

static int true_product(dm_inference *in, size_t node, size_t A, size_t B)
{
    if (!dm_agree(in, in->side[A][COLS], in->side[B][ROWS]))
        return dm_clash(in, node, A, COLS, B, ROWS);
    if (!dm_forward(in, in->side[node][ROWS], in->side[A][ROWS]))
        return dm_misfit(in, node, A);
    if (!dm_forward(in, in->side[node][COLS], in->side[B][COLS]))
        return dm_misfit(in, node, B);
    return dm_settle(in, node);
}

/* A*B: a product, or a multiple. */
static int product_rule(dm_inference *in, size_t node)
{
    size_t A = dm_operand_of(in->e, node, 0), B = dm_operand_of(in->e, node, 1);
    bool A_many = dm_never_one(in, A), B_many = dm_never_one(in, B);

    if (dm_is_one(in, A))
        return multiple(in, node, A, B);
    if (dm_is_one(in, B))
        return multiple(in, node, B, A);
    if ((A_many && B_many) || dm_is_one(in, node)  /* a 1×1 result, or x'*x: right for a multiple too */
        || dm_root_of(in, in->side[A][COLS]) == dm_root_of(in, in->side[B][ROWS]))
        return true_product(in, node, A, B);
    if (A_many && !dm_forward(in, in->side[node][ROWS], in->side[A][ROWS]))
        return dm_misfit(in, node, A);
    if (B_many && !dm_forward(in, in->side[node][COLS], in->side[B][COLS]))
        return dm_misfit(in, node, B);
    if (differ(in, A, COLS, B, ROWS))
        return A_many ? multiple(in, node, B, A) : multiple(in, node, A, B);
    if (!A_many && differ(in, node, ROWS, A, ROWS))
        return multiple(in, node, A, B);
    if (!B_many && differ(in, node, COLS, B, COLS))
        return multiple(in, node, B, A);
    return GSL_SUCCESS;
}

/* Nothing says more: a product, but s*A, where a product would need an A of one row, is a multiple. */
static bool product_choice(dm_inference *in, size_t node)
{
    size_t A = dm_operand_of(in->e, node, 0), B = dm_operand_of(in->e, node, 1);

    if (dm_size_of(in, A, COLS) == 1 && dm_open(in, A, ROWS) && dm_size_of(in, B, ROWS) != 1)
        return multiple(in, node, A, B) == GSL_SUCCESS;
    return true_product(in, node, A, B) == GSL_SUCCESS;
}

/* B/A and A\B: the divisor is square, the result is like the other; 1×1 divides all. */
static int division_rule(dm_inference *in, size_t node)
{
    bool under = in->e->node[node].kind == NODE_UNDER;
    size_t first = dm_operand_of(in->e, node, 0), second = dm_operand_of(in->e, node, 1);
    size_t A = under ? first : second, B = under ? second : first;
    int B_side = under ? ROWS : COLS, A_side = under ? COLS : ROWS;

    if (!dm_agree(in, in->side[A][ROWS], in->side[A][COLS])) {
        size_t shape[2] = { dm_size_of(in, A, ROWS), dm_size_of(in, A, COLS) };
        return dm_complain_not_square(in->e, node, A, shape, in->complaint);
    }
    if (!dm_forward_both(in, node, B))
        return dm_misfit(in, node, B);
    if (dm_size_of(in, A, ROWS) == 1 || dm_size_of(in, A, COLS) == 1)
        return dm_need_scalar(in, A) ? dm_settle(in, node) : dm_misfit(in, node, A);
    if (!dm_never_one(in, A))
        return GSL_SUCCESS;
    if (dm_agree(in, in->side[B][B_side], in->side[A][A_side]))
        return dm_settle(in, node);
    if (!dm_is_one(in, B))
        return under ? dm_clash(in, node, A, A_side, B, B_side)
                     : dm_clash(in, node, B, B_side, A, COLS);
    const dm_node *n = &in->e->node[node];
    const char *a = dm_name_of(in->e, A), *b = dm_name_of(in->e, B);
    return dm_complain(in->complaint, GSL_EBADLEN, n->at, n->length,
                       "%s is 1×1 and %s is %s: write %s*inv(%s), or entry by entry %s./%s", b, a,
                       dm_show(in, A).text, b, a, b, a);
}

static bool division_choice(dm_inference *in, size_t node)
{
    bool under = in->e->node[node].kind == NODE_UNDER;
    size_t first = dm_operand_of(in->e, node, 0), second = dm_operand_of(in->e, node, 1);

    return dm_agree(in, in->side[first][COLS], in->side[second][under ? ROWS : COLS])
        && dm_settle(in, node) == GSL_SUCCESS;
}

/* A^k */
static int power_rule(dm_inference *in, size_t node)
{
    size_t A = dm_operand_of(in->e, node, 0), k = dm_operand_of(in->e, node, 1);
    const dm_node *n = &in->e->node[node];

    if (!dm_agree(in, in->side[A][ROWS], in->side[A][COLS]))
        return dm_not_square(in, node, A, " (entry by entry it is .^)");
    if (!dm_need_scalar(in, k))
        return dm_complain(in->complaint, GSL_EBADLEN, n->at, n->length,
                           "the exponent %s is %s: it must be 1×1 (entry by entry it is .^)",
                           dm_name_of(in->e, k), dm_show(in, k).text);
    return dm_forward_both(in, node, A) ? dm_settle(in, node) : dm_misfit(in, node, A);
}

/* ------------------------------------------------------------------------------------------- table */

static int no_rule(dm_inference *in, size_t node)
{
    return dm_settle(in, node);
}

static const struct {
    int (*rule)(dm_inference *in, size_t node);
    bool (*choice)(dm_inference *in, size_t node);
} rules[] = {
    [NODE_NUMBER] = { no_rule, NULL }, [NODE_STRING] = { no_rule, NULL }, [NODE_NAME] = { no_rule, NULL },
    [NODE_NEG] = { no_rule, NULL }, [NODE_TRANSPOSE] = { no_rule, NULL },
    [NODE_ADD] = { sum_rule, NULL }, [NODE_SUB] = { sum_rule, NULL },
    [NODE_MUL] = { product_rule, product_choice },
    [NODE_OVER] = { division_rule, division_choice }, [NODE_UNDER] = { division_rule, division_choice },
    [NODE_POWER] = { power_rule, NULL },
    [NODE_HADAMARD] = { entrywise_rule, entrywise_choice },
    [NODE_QUOTIENT] = { entrywise_rule, entrywise_choice },
    [NODE_HADAMARD_POWER] = { entrywise_rule, entrywise_choice },
    [NODE_CALL] = { dm_call_rule, dm_call_choice }, [NODE_INDEX] = { dm_index_rule, dm_index_choice },
    [NODE_SIZE] = { no_rule, NULL }, [NODE_COLON] = { no_rule, NULL }, [NODE_RANGE] = { no_rule, NULL },
    [NODE_LAST] = { no_rule, NULL },
    [NODE_ROW] = { dm_concatenation_rule, NULL }, [NODE_COLUMN] = { dm_concatenation_rule, NULL },
};

int dm_shape_rule(dm_inference *in, size_t node)
{
    return rules[in->e->node[node].kind].rule(in, node);
}

bool dm_shape_choice(dm_inference *in, size_t node)
{
    bool (*choice)(dm_inference *in, size_t node) = rules[in->e->node[node].kind].choice;

    return choice && choice(in, node);
}
