/* Dimensions: union and find, with sizes; and what rules state of them. */
#include "language/shapes.h"

size_t dm_root_of(dm_inference *in, size_t a)
{
    dm_dimension *d = in->dimension;

    while (d[a].parent != a) {
        d[a].parent = d[d[a].parent].parent;
        a = d[a].parent;
    }
    return a;
}

/* They stand behind the one of 1×1, two each. */
size_t dm_side_of_variable(size_t variable, int side)
{
    return 1 + 2 * variable + (size_t) side;
}

size_t dm_size_of(dm_inference *in, size_t node, int side)
{
    return in->dimension[dm_root_of(in, in->side[node][side])].size;
}

bool dm_equate(dm_inference *in, size_t a, size_t b)
{
    a = dm_root_of(in, a);
    b = dm_root_of(in, b);
    dm_dimension *A = &in->dimension[a], *B = &in->dimension[b];
    if (a == b)
        return true;
    if (A->size && B->size && A->size != B->size)
        return false;
    B->parent = a;
    if (B->size)
        A->size = B->size;
    if (B->least > A->least)
        A->least = B->least;
    if (B->most && (!A->most || B->most < A->most))
        A->most = B->most;
    in->changed = true;
    return true;
}

bool dm_set_size(dm_inference *in, size_t a, size_t size)
{
    dm_dimension *d = &in->dimension[dm_root_of(in, a)];

    if (d->size)
        return d->size == size;
    d->size = size;
    in->changed = true;
    return true;
}

void dm_at_least(dm_inference *in, size_t a, size_t size)
{
    dm_dimension *d = &in->dimension[dm_root_of(in, a)];

    if (d->least < size)
        d->least = size;
}

bool dm_is_one(dm_inference *in, size_t node)
{
    return dm_size_of(in, node, ROWS) == 1 && dm_size_of(in, node, COLS) == 1;
}

static bool many(dm_inference *in, size_t node, int side)
{
    const dm_dimension *d = &in->dimension[dm_root_of(in, in->side[node][side])];

    return d->size > 1 || (!d->size && d->least > 1);
}

bool dm_never_one(dm_inference *in, size_t node)
{
    return many(in, node, ROWS) || many(in, node, COLS);
}

bool dm_open(dm_inference *in, size_t node, int side)
{
    return dm_size_of(in, node, side) == 0 && !many(in, node, side);
}

/* x, lambda, dx; not A, dA. */
bool dm_is_lower(const char *name)
{
    if (name[0] == 'd' && name[1] >= 'A' && name[1] <= 'Z')
        return false;
    return name[0] >= 'a' && name[0] <= 'z';
}

/* ------------------------------------------------------------------------------------- statements */

/* The result has the operand's dimension. */
bool dm_forward(dm_inference *in, size_t result, size_t operand)
{
    size_t size = in->dimension[dm_root_of(in, operand)].size;

    return in->gentle ? !size || dm_set_size(in, result, size) : dm_equate(in, result, operand);
}

bool dm_forward_both(dm_inference *in, size_t node, size_t operand)
{
    return dm_forward(in, in->side[node][ROWS], in->side[operand][ROWS])
        && dm_forward(in, in->side[node][COLS], in->side[operand][COLS]);
}

/* Two dimensions of operands are equal. */
bool dm_agree(dm_inference *in, size_t a, size_t b)
{
    size_t x = in->dimension[dm_root_of(in, a)].size, y = in->dimension[dm_root_of(in, b)].size;

    return in->gentle ? !x || !y || x == y : dm_equate(in, a, b);
}

/* A dimension of an operand has this size. */
bool dm_need(dm_inference *in, size_t a, size_t size)
{
    size_t x = in->dimension[dm_root_of(in, a)].size;

    return in->gentle ? !x || x == size : dm_set_size(in, a, size);
}

bool dm_need_scalar(dm_inference *in, size_t node)
{
    return dm_need(in, in->side[node][ROWS], 1) && dm_need(in, in->side[node][COLS], 1);
}

bool dm_result_is(dm_inference *in, size_t node, size_t rows, size_t cols)
{
    return dm_set_size(in, in->side[node][ROWS], rows) && dm_set_size(in, in->side[node][COLS], cols);
}

int dm_settle(dm_inference *in, size_t node)
{
    if (!in->gentle)
        in->settled[node] = true;
    return GSL_SUCCESS;
}

/* What else a constant hangs on comes with a value, or not at all. */
int dm_settle_unless(dm_inference *in, size_t node)
{
    for (size_t i = in->e->node[node].start; i < node; i++)
        if (in->e->node[i].kind == NODE_SIZE)
            return GSL_SUCCESS;
    return dm_settle(in, node);
}

/* n = a*b.  `done`: nothing more can follow. */
bool dm_multiplied(dm_inference *in, size_t n, size_t a, size_t b, bool *done)
{
    dm_dimension *N = &in->dimension[dm_root_of(in, n)];
    size_t x = in->dimension[dm_root_of(in, a)].size, y = in->dimension[dm_root_of(in, b)].size;

    *done = (x && y) || (N->size && (x || y)) || x == 1 || y == 1 || N->size == 1;
    if (x && y)
        return dm_set_size(in, n, x * y);
    if (x == 1 || y == 1)
        return dm_forward(in, n, x == 1 ? b : a);
    if (N->size == 1)
        return dm_need(in, a, 1) && dm_need(in, b, 1);
    if (N->size && (x || y))
        return N->size % (x ? x : y) == 0 && dm_need(in, x ? b : a, N->size / (x ? x : y));
    N->derived = true;
    return true;
}
