/* Constants in a tree: the places of an index, sizes and other parameters. */
#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <string.h>
#include "language/tree.h"

/* Numbers, end, variables, + - * / and signs, not nested so deeply that walking them is a danger. */
bool dm_can_be_constant(const dm_expression *e, size_t node)
{
    for (size_t i = e->node[node].start; i <= node; i++)
        switch (e->node[i].kind) {
        case NODE_NAME: case NODE_SIZE: case NODE_LAST: case NODE_NEG: case NODE_ADD: case NODE_SUB:
        case NODE_MUL: case NODE_OVER:
            break;
        default:
            if (!e->node[i].constant)
                return false;
        }
    return e->node[node].constant || e->node[node].depth <= NESTING;
}

int dm_constant_number(const dm_constants *c, size_t node, size_t last, double *value)
{
    const dm_node *n = &c->expression->node[node];
    double x, y = 0;
    int status;

    if (n->constant) {
        *value = n->number;
        return GSL_SUCCESS;
    }
    if (n->kind == NODE_NAME || n->kind == NODE_SIZE)
        return c->variable(c->data, node, value);
    if (n->kind == NODE_LAST) {
        *value = (double) last;
        return last ? GSL_SUCCESS : GSL_CONTINUE;
    }
    if ((status = dm_constant_number(c, n->first, last, &x)))
        return status;
    if (n->operands > 1 && (status = dm_constant_number(c, c->expression->node[n->first].next, last, &y)))
        return status;
    *value = n->kind == NODE_NEG ? -x : n->kind == NODE_ADD ? x + y : n->kind == NODE_SUB ? x - y
           : n->kind == NODE_MUL ? x * y : x / y;
    return GSL_SUCCESS;
}

/* The text of a node, or at least what it is. */
static const char *what(const dm_constants *c, size_t node)
{
    return dm_name_of(c->expression, node);
}

/* A place counts from 1: whoever writes 0 should hear that, not how far one may count. */
static int whole(const dm_constants *c, size_t node, size_t last, bool place, size_t *value)
{
    const dm_node *n = &c->expression->node[node];
    double x;
    int status = dm_constant_number(c, node, last, &x);

    if (status)
        return status;
    if (place && x < 1 && x == floor(x))
        return dm_complain(c->complaint, GSL_EINVAL, n->from, n->to - n->from,
                           n->kind == NODE_NUMBER || n->kind == NODE_NEG
                               ? "%s is no place: indices begin at 1" : "%s is %.10g: indices begin at 1",
                           what(c, node), x);
    if (!(x >= 1 && x <= INT_MAX && x == floor(x))) {
        if (n->kind == NODE_NUMBER)
            return dm_complain(c->complaint, GSL_EINVAL, n->from, n->to - n->from,
                               "%s stands where a whole number from 1 to %d is needed", what(c, node),
                               INT_MAX);
        return dm_complain(c->complaint, GSL_EINVAL, n->from, n->to - n->from,
                           "%s is %.10g: a whole number from 1 to %d is needed", what(c, node), x, INT_MAX);
    }
    *value = (size_t) x;
    return GSL_SUCCESS;
}

int dm_constant_whole(const dm_constants *c, size_t node, size_t last, size_t *value)
{
    return whole(c, node, last, false, value);
}

int dm_constant_place(const dm_constants *c, size_t node, size_t n, size_t *from, size_t *count)
{
    const dm_node *place = &c->expression->node[node];
    size_t to;
    int status;

    if (place->kind == NODE_COLON) {
        *from = 1;
        *count = n;
        return n ? GSL_SUCCESS : GSL_CONTINUE;
    }
    if (place->kind != NODE_RANGE) {
        *count = 1;
        return whole(c, node, n, true, from);
    }
    if ((status = whole(c, place->first, n, true, from)))
        return status;
    if ((status = whole(c, c->expression->node[place->first].next, n, true, &to)))
        return status;
    if (to < *from)
        return dm_complain(c->complaint, GSL_EINVAL, place->from, place->to - place->from,
                           "the range %zu:%zu is empty", *from, to);
    *count = to - *from + 1;
    return GSL_SUCCESS;
}

/* i j are a place, r c a shape, p k a number; m n of eye, ones and zeros a shape, n alone a square one. */
int dm_constant_parameters(const dm_constants *c, size_t call, dm_parameters *with)
{
    const dm_expression *e = c->expression;
    const dm_node *node = &e->node[call];
    const dm_op *op = node->form.op;
    size_t i = 0;

    *with = (dm_parameters) { .number = 0 };
    for (size_t a = node->first; a != NONE; a = e->node[a].next) {
        char letter = dm_argument_letter(node->form.formula, i++);
        size_t whole = 0;
        int status = GSL_SUCCESS;
        if (!letter || (op && strchr(op->operands, letter)))
            continue;
        if (letter == 'p' || letter == 'k')
            status = dm_constant_number(c, a, 0, &with->number);
        else
            status = dm_constant_whole(c, a, 0, &whole);
        if (status)
            return status;
        switch (letter) {
        case 'i': with->row = whole - 1; break;
        case 'j': with->col = whole - 1; break;
        case 'm': case 'r': with->rows = whole; break;
        case 'n': case 'c': with->cols = whole; break;
        }
        if (letter == 'k' && !(fabs(with->number) <= INT_MAX && with->number == floor(with->number)))
            return dm_complain(c->complaint, GSL_EINVAL, e->node[a].from, e->node[a].to - e->node[a].from,
                               "%s is %.10g: a whole number is needed", what(c, a), with->number);
    }
    if (!op && with->rows == 0)
        with->rows = with->cols;
    if (with->rows && with->cols > PTRDIFF_MAX / sizeof(double) / with->rows)
        return dm_complain(c->complaint, GSL_EBADLEN, node->at, node->length,
                           "%zu×%zu entries are more than there can be", with->rows, with->cols);
    return GSL_SUCCESS;
}
