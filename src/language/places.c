/* Shapes of indexes and of matrices made of parts. */
#include <stdio.h>
#include "language/shapes.h"

/* ------------------------------------------------------------------------------------------ parts */

/* [A, B, ...] and [A; B; ...] */
int dm_concatenation_rule(dm_inference *in, size_t node)
{
    const dm_node *n = &in->e->node[node];
    int along = n->kind == NODE_ROW ? COLS : ROWS, across = 1 - along;
    size_t total = dm_size_of(in, node, along), known = 0, unknown = 0, last = NONE, bound = NONE;

    for (size_t X = n->first; X != NONE; X = in->e->node[X].next) {
        if (!dm_forward(in, in->side[node][across], in->side[X][across])) {
            if (bound == NONE)
                return dm_misfit(in, node, X);
            dm_clash(in, node, bound, across, X, across);
            if (in->complaint) {                   /* show the entry that does not fit */
                in->complaint->at = in->e->node[X].from;
                in->complaint->length = in->e->node[X].to - in->e->node[X].from;
            }
            return GSL_EBADLEN;
        }
        if (dm_size_of(in, X, across))
            bound = X;
        size_t size = dm_size_of(in, X, along);
        known += size;
        if (!size) {
            unknown++;
            last = X;
        }
    }
    if (unknown == 0)
        return dm_set_size(in, in->side[node][along], known) ? dm_settle(in, node)
                                                              : dm_misfit(in, node, n->first);
    if (total && known + unknown > total)
        return dm_complain(in->complaint, GSL_EBADLEN, n->at, n->length,
                           "%s has at least %zu %s and must have %zu", dm_name_of(in->e, node),
                           known + unknown, dm_unit(along, known + unknown), total);
    if (total && unknown == 1 && !in->gentle) {
        dm_set_size(in, in->side[last][along], total - known);
        return dm_settle(in, node);
    }
    in->dimension[dm_root_of(in, in->side[node][along])].derived = true;
    return GSL_SUCCESS;
}

/* ------------------------------------------------------------------------------------------ index */

/* How many a range counts that depends on `end`, if its length is that of the whole but for a constant
 * (*slope 1), or constant (0).                                                                      */
static bool range_counts(dm_inference *in, size_t place, size_t *short_of, size_t *slope)
{
    enum { SOME = 1 << 20 };
    dm_constants quiet = in->constants;
    size_t from, count, more;

    quiet.complaint = NULL;
    if (dm_constant_place(&quiet, place, SOME, &from, &count)
        || dm_constant_place(&quiet, place, 2 * SOME, &from, &more))
        return false;
    if (more == count) {
        *slope = 0;
        *short_of = count;
        return true;
    }
    *slope = 1;
    *short_of = SOME - count;
    return more - count == SOME && count <= SOME;
}

/* The least n for which there is such a place. */
static size_t place_needs(dm_inference *in, size_t place)
{
    enum { ENOUGH = 64 };
    dm_constants quiet = in->constants;
    size_t from, count;

    quiet.complaint = NULL;
    for (size_t n = 1; n <= ENOUGH; n++)
        if (dm_constant_place(&quiet, place, n, &from, &count) == GSL_SUCCESS && from + count - 1 <= n)
            return n;
    return dm_constant_place(&quiet, place, 0, &from, &count) == GSL_SUCCESS ? from + count - 1 : 1;
}

static int not_there(dm_inference *in, size_t target, size_t place, int side, size_t from, size_t count)
{
    const dm_node *p = &in->e->node[place];

    if (count == 1)
        return dm_complain(in->complaint, GSL_EBADLEN, p->from, p->to - p->from,
                           "%s is %s: there is no %s %zu", dm_name_of(in->e, target),
                           dm_show(in, target).text, dm_unit(side, 1), from);
    return dm_complain(in->complaint, GSL_EBADLEN, p->from, p->to - p->from,
                       "%s is %s: %s %zu to %zu are not all there", dm_name_of(in->e, target),
                       dm_show(in, target).text, dm_unit(side, 2), from, from + count - 1);
}

static bool hangs_on_size(const dm_inference *in, size_t place)
{
    for (size_t i = in->e->node[place].start; i < place; i++)
        if (in->e->node[i].kind == NODE_SIZE)
            return true;
    return false;
}

/* The result's `side` is what `place` takes of the target's. */
static int place_rule(dm_inference *in, size_t node, size_t target, size_t place, int side, bool *done)
{
    size_t result = in->side[node][side], whole = in->side[target][side], from, count, short_of, slope;
    size_t n = dm_size_of(in, target, side);

    if (in->e->node[place].kind == NODE_COLON) {
        *done = true;
        return dm_forward(in, result, whole) ? GSL_SUCCESS : dm_misfit(in, node, target);
    }
    int status = dm_constant_place(&in->constants, place, n, &from, &count);
    if (status && status != GSL_CONTINUE)
        return status;
    if (!status && n && from + count - 1 > n)
        return not_there(in, target, place, side, from, count);
    if (!n)
        dm_at_least(in, whole, place_needs(in, place));
    *done = true;
    if (!status)
        return dm_set_size(in, result, count) ? GSL_SUCCESS : dm_misfit(in, node, target);
    if (in->e->node[place].kind != NODE_RANGE)
        return dm_set_size(in, result, 1) ? GSL_SUCCESS : dm_misfit(in, node, target);
    if (!range_counts(in, place, &short_of, &slope)) {
        *done = !hangs_on_size(in, place);
        return GSL_SUCCESS;
    }
    if (slope == 0)
        return dm_set_size(in, result, short_of) ? GSL_SUCCESS : dm_misfit(in, node, target);
    size_t size = dm_size_of(in, node, side);
    if (size)
        return dm_need(in, whole, size + short_of) ? GSL_SUCCESS : dm_misfit(in, node, target);
    in->dimension[dm_root_of(in, result)].derived = true;
    *done = false;
    return GSL_SUCCESS;
}

/* x(3), and A(7): counted by columns. */
static int entry_rule(dm_inference *in, size_t node, size_t target, size_t place)
{
    size_t rows = dm_size_of(in, target, ROWS), cols = dm_size_of(in, target, COLS), from, count;
    int status = dm_constant_place(&in->constants, place, rows * cols, &from, &count);
    const dm_node *p = &in->e->node[place];

    if (status && status != GSL_CONTINUE)
        return status;
    if (!status && rows && cols && from > rows * cols)
        return dm_complain(in->complaint, GSL_EBADLEN, p->from, p->to - p->from,
                           "%s is %s: there is no entry %zu", dm_name_of(in->e, target),
                           dm_show(in, target).text, from);
    if (!status && !rows && cols <= 1)
        dm_at_least(in, in->side[target][ROWS], from);
    if (!status && rows == 1 && !cols)
        dm_at_least(in, in->side[target][COLS], from);
    if (!dm_result_is(in, node, 1, 1))
        return dm_misfit(in, node, target);
    return rows && cols ? dm_settle(in, node) : GSL_SUCCESS;
}

int dm_index_rule(dm_inference *in, size_t node)
{
    const dm_expression *e = in->e;
    size_t target = e->node[node].first, first = e->node[target].next, second = e->node[first].next;
    bool done = true, both = true;
    int status;

    if (second != NONE) {
        if ((status = place_rule(in, node, target, first, ROWS, &done))
            || (status = place_rule(in, node, target, second, COLS, &both)))
            return status;
        return done && both ? dm_settle(in, node) : GSL_SUCCESS;
    }
    if (e->node[first].kind == NODE_COLON) {
        const size_t *a = in->side[target], *c = in->side[node];
        if (!dm_set_size(in, c[COLS], 1) || !dm_multiplied(in, c[ROWS], a[ROWS], a[COLS], &done))
            return dm_no_reshape(in, node, target);
        return done ? dm_settle(in, node) : GSL_SUCCESS;
    }
    if (e->node[first].kind != NODE_RANGE)
        return entry_rule(in, node, target, first);
    int side = dm_size_of(in, target, COLS) == 1 ? ROWS : dm_size_of(in, target, ROWS) == 1 ? COLS : -1;
    if (side >= 0) {
        if ((status = place_rule(in, node, target, first, side, &done)))
            return status;
        if (!dm_set_size(in, in->side[node][1 - side], 1))
            return dm_misfit(in, node, target);
        return done ? dm_settle(in, node) : GSL_SUCCESS;
    }
    if (dm_size_of(in, target, ROWS) && dm_size_of(in, target, COLS))
        return dm_complain(in->complaint, GSL_EBADLEN, e->node[first].from,
                           e->node[first].to - e->node[first].from,
                           "%s is %s: a range without rows and columns needs a vector, such as A(:)",
                           dm_name_of(e, target), dm_show(in, target).text);
    return GSL_SUCCESS;
}

/* x(1:3): a column. */
bool dm_index_choice(dm_inference *in, size_t node)
{
    size_t target = in->e->node[node].first, place = in->e->node[target].next;

    return in->e->node[place].kind == NODE_RANGE && in->e->node[place].next == NONE
        && !dm_size_of(in, target, COLS) && dm_set_size(in, in->side[target][COLS], 1);
}
