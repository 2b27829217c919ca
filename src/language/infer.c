/* Which shapes the variables have that are not given.
 *
 *  1. Names in lower case are columns.  Everything that is known is passed up the tree, gently, so that
 *     what contradicts itself is found where evaluation would find it.
 *  2. The rules are stated until nothing changes; then with the shape that the result must have.
 *  3. What may still be either is chosen, one node at a time from the left: a product is a true product,
 *     unless a column of open length stands before what has not one row: then it is a factor, 1×1, as in
 *     s*A.  A.*B have one shape; diag(A) is of a square matrix; x(1:3) of a column.  In 1+A the number says
 *     nothing of A; in s+A an s that is known to be 1×1 does not where A is known to be more.
 *  4. What is still free gets a size, one variable at a time in the order of their appearance: the free
 *     size, or 1 for a name in lower case that does nothing but multiply scalars from the left, as in
 *     lambda*norm(x)^2 and lambda*x'*x.                                                             */
#include <stdlib.h>
#include <string.h>
#include "language/shapes.h"

/* ------------------------------------------------------------------------------------- preparations */

static size_t new_dimension(dm_inference *in, size_t *n, size_t size)
{
    in->dimension[*n] = (dm_dimension) { .parent = *n, .size = size };
    return (*n)++;
}

/* Which of the caller's shapes each variable is. */
static int find_variables(dm_inference *in, size_t n)
{
    const dm_expression *e = in->e;

    for (size_t v = 0; v < e->variables; v++) {
        in->given[v] = NONE;
        for (size_t i = 0; i < n; i++)
            if (in->shapes[i].name && strcmp(in->shapes[i].name, e->variable[v].name) == 0)
                in->given[v] = i;
        if (in->given[v] == NONE)
            return dm_complain(in->complaint, GSL_EINVAL, e->variable[v].at, e->variable[v].length,
                               "there is no variable %.40s", e->variable[v].name);
    }
    return GSL_SUCCESS;
}

static const dm_shape *shape_of(const dm_inference *in, size_t name)
{
    return &in->shapes[in->given[in->e->node[name].variable]];
}

static bool is_given(const dm_shape *shape)
{
    return shape->rows && shape->cols;
}

/* Was name(k) meant to be a function, where neither is given?  Not A(k), and not x(i). */
static bool meant_as_function(const dm_inference *in, size_t target, const char *place)
{
    const dm_node *n = &in->e->node[target];

    return n->kind == NODE_NAME && !is_given(shape_of(in, target)) && dm_is_lower(n->name)
        && !(strlen(place) == 1 && strchr("ijklmnpqr", *place));
}

/* A name within an index or a parameter is a number: it must be given, and 1×1. */
static int check_constants(dm_inference *in)
{
    const dm_expression *e = in->e;

    for (size_t i = 0; i < e->nodes; i++) {
        const dm_node *call = &e->node[i];
        if (call->aside || (call->kind != NODE_INDEX && call->kind != NODE_CALL))
            continue;
        for (size_t a = call->first; a != NONE; a = e->node[a].next)
            for (size_t k = e->node[a].start; e->node[a].aside && k <= a; k++) {
                const dm_node *name = &e->node[k];
                const dm_shape *shape = name->kind == NODE_NAME ? shape_of(in, k) : NULL;
                if (!shape || (shape->rows == 1 && shape->cols == 1))
                    continue;
                if (call->kind == NODE_INDEX && meant_as_function(in, call->first, name->name))
                    return dm_complain_unknown_function(e, call->first, in->complaint);
                if (!is_given(shape))
                    return dm_complain(in->complaint, GSL_EINVAL, name->at, name->length,
                                       "%.40s stands for a %s here: it must be given", name->name,
                                       call->kind == NODE_INDEX ? "place" : "size");
                return dm_complain(in->complaint, GSL_EBADLEN, name->at, name->length,
                                   "%.40s is %zu×%zu: a %s is 1×1", name->name, shape->rows, shape->cols,
                                   call->kind == NODE_INDEX ? "place" : "size");
            }
    }
    return GSL_SUCCESS;
}

static void make_dimensions(dm_inference *in)
{
    const dm_expression *e = in->e;
    size_t n = 0, one = new_dimension(in, &n, 1);

    for (size_t v = 0; v < e->variables; v++) {
        const dm_shape *shape = &in->shapes[in->given[v]];
        bool column = !shape->cols && dm_is_lower(e->variable[v].name);
        new_dimension(in, &n, shape->rows);
        new_dimension(in, &n, column ? 1 : shape->cols);
    }
    for (size_t i = 0; i < e->nodes; i++) {
        const dm_node *node = &e->node[i];
        size_t *side = in->side[i];
        switch (node->kind) {
        case NODE_NUMBER: case NODE_SIZE:
            side[ROWS] = side[COLS] = one;
            break;
        case NODE_NAME:
            side[ROWS] = dm_side_of_variable(node->variable, ROWS);
            side[COLS] = dm_side_of_variable(node->variable, COLS);
            break;
        case NODE_NEG:
            memcpy(side, in->side[node->first], sizeof in->side[i]);
            break;
        case NODE_TRANSPOSE:
            side[ROWS] = in->side[node->first][COLS];
            side[COLS] = in->side[node->first][ROWS];
            break;
        default:
            side[ROWS] = new_dimension(in, &n, 0);
            side[COLS] = new_dimension(in, &n, 0);
        }
        in->settled[i] = node->aside;
    }
}

/* What a variable in an index is, where it is given. */
static int constant_variable(void *data, size_t node, double *value)
{
    const dm_shape *shape = shape_of(data, node);
    const dm_inference *in = data;
    const dm_node *n = &in->e->node[node];

    if (n->kind == NODE_SIZE) {
        size_t size = in->dimension[dm_root_of(data, dm_side_of_variable(n->variable, n->number > 0))].size;
        *value = (double) size;
        return size ? GSL_SUCCESS : GSL_CONTINUE;
    }
    if (!shape->value)
        return GSL_CONTINUE;
    *value = *shape->value;
    return GSL_SUCCESS;
}

static bool allocate(dm_inference *in)
{
    const dm_expression *e = in->e;

    in->dimension = calloc(1 + 2 * e->variables + 2 * e->nodes, sizeof *in->dimension);
    in->side = calloc(e->nodes, sizeof *in->side);
    in->settled = calloc(e->nodes, sizeof *in->settled);
    in->given = calloc(e->variables + 1, sizeof *in->given);
    return in->dimension && in->side && in->settled && in->given;
}

static void release(dm_inference *in)
{
    free(in->dimension);
    free(in->side);
    free(in->settled);
    free(in->given);
    dm_context_free(in->scratch);
}

/* --------------------------------------------------------------------------------- stating the rules */

/* Each rule once; all of them, or those that are not settled. */
static int state(dm_inference *in, bool all, bool backwards)
{
    for (size_t k = 0; k < in->e->nodes; k++) {
        size_t i = backwards ? in->e->nodes - 1 - k : k;
        if (in->e->node[i].aside || (in->settled[i] && !all))
            continue;
        int status = dm_shape_rule(in, i);
        if (status)
            return status;
    }
    return GSL_SUCCESS;
}

static int state_all(dm_inference *in)
{
    bool backwards = false;

    do {
        in->changed = false;
        int status = state(in, false, backwards);
        if (status)
            return status;
        backwards = !backwards;
    } while (in->changed);
    return GSL_SUCCESS;
}

/* The result has the shape that the caller needs. */
static int state_result(dm_inference *in, const dm_shape *result)
{
    size_t root = in->e->nodes - 1, *side = in->side[root];

    if (!result || (!result->rows && !result->cols))
        return GSL_SUCCESS;
    size_t rows = dm_size_of(in, root, ROWS), cols = dm_size_of(in, root, COLS);
    if ((result->rows && !dm_set_size(in, side[ROWS], result->rows))
        || (result->cols && !dm_set_size(in, side[COLS], result->cols)))
        return dm_complain(in->complaint, GSL_EBADLEN, 0, strlen(in->e->text),
                           "the expression is %s: %s is needed", dm_show_shape(rows, cols).text,
                           dm_show_shape(result->rows, result->cols).text);
    return state_all(in);
}

static int choose(dm_inference *in)
{
    for (size_t i = 0; i < in->e->nodes; i++) {
        int status;
        if (in->settled[i])
            continue;
        if (dm_shape_choice(in, i) && (status = state_all(in)))
            return status;
        if (in->complaint->code)
            return in->complaint->code;
    }
    return GSL_SUCCESS;
}

/* ------------------------------------------------------------------------------------- free sizes */

/* A divisor of n near its root. */
static size_t divisor(size_t n)
{
    size_t best = 1;

    for (size_t d = 2; d <= n / d; d++)
        if (n % d == 0)
            best = d;
    return best;
}

static size_t known(dm_inference *in, size_t d)
{
    return in->dimension[dm_root_of(in, d)].size;
}

/* The size of d where it is a factor of a number n, the other factor being open too. */
static size_t as_factor(dm_inference *in, size_t d, size_t n, size_t a, size_t b)
{
    if (!n || known(in, a) || known(in, b))
        return 0;
    return dm_root_of(in, a) == d || dm_root_of(in, b) == d ? divisor(n) : 0;
}

static size_t as_entry(dm_inference *in, size_t d, size_t node)
{
    int along = in->e->node[node].kind == NODE_ROW ? COLS : ROWS;
    size_t total = dm_size_of(in, node, along), open = 0, sum = 0;
    bool among = false;

    for (size_t X = in->e->node[node].first; X != NONE; X = in->e->node[X].next) {
        size_t size = dm_size_of(in, X, along);
        sum += size;
        open += !size;
        among = among || dm_root_of(in, in->side[X][along]) == d;
    }
    return among && total ? (total - sum) / open : 0;
}

/* What an open rule leaves for d; 0: nothing in particular. */
static size_t share(dm_inference *in, size_t d)
{
    for (size_t i = 0; i < in->e->nodes; i++) {
        const dm_node *n = &in->e->node[i];
        const size_t *c = in->side[i], *a = n->first == NONE ? c : in->side[n->first];
        const char *name = n->form.op ? n->form.op->name : "";
        size_t size = 0;
        if (in->settled[i])
            continue;
        if (n->kind == NODE_ROW || n->kind == NODE_COLUMN) {
            size = as_entry(in, d, i);
        } else if (strcmp(name, "vec") == 0 || (n->kind == NODE_INDEX && n->operands == 2)) {
            if (n->kind == NODE_INDEX && in->e->node[in->e->node[n->first].next].kind != NODE_COLON)
                continue;
            size = as_factor(in, d, known(in, c[ROWS]), a[ROWS], a[COLS]);
        } else if (strcmp(name, "reshape") == 0) {
            size = dm_root_of(in, a[ROWS]) == d ? known(in, c[ROWS])
                 : as_factor(in, d, known(in, c[ROWS]) * known(in, c[COLS]), a[ROWS], a[COLS]);
        } else if (strcmp(name, "kron") == 0) {
            const size_t *b = in->side[in->e->node[n->first].next];
            size = as_factor(in, d, known(in, c[ROWS]), a[ROWS], b[ROWS]);
            if (!size)
                size = as_factor(in, d, known(in, c[COLS]), a[COLS], b[COLS]);
        }
        if (size)
            return size;
    }
    return 0;
}

static bool same_text(const dm_expression *e, size_t a, size_t b)
{
    const dm_node *A = &e->node[a], *B = &e->node[b];

    return A->to - A->from == B->to - B->from
        && strncmp(e->text + A->from, e->text + B->from, A->to - A->from) == 0;
}

/* Is s*x', at this node, the beginning of a quadratic form s*x'*x or s*x'*A*x? */
static bool begins_quadratic_form(const dm_expression *e, const size_t parent[], size_t node)
{
    enum { FACTORS = 16 };
    size_t row = e->node[e->node[node].first].next;

    if (e->node[row].kind != NODE_TRANSPOSE)
        return false;
    for (size_t i = 0, p = parent[node]; i < FACTORS && p != NONE; i++, node = p, p = parent[p]) {
        if (e->node[p].kind != NODE_MUL || e->node[p].first != node)
            return false;
        if (same_text(e, e->node[node].next, e->node[row].first))
            return true;
    }
    return false;
}

/* Go from the root down: which nodes only multiply a scalar?  A product says so of its left factor; what
 * keeps shapes hands on what it was told.                                                           */
static bool factors_among(dm_inference *in, size_t variable, size_t parent[], bool factor[])
{
    const dm_expression *e = in->e;
    bool found = false;

    for (size_t i = e->nodes; i-- > 0; ) {
        const dm_node *n = &e->node[i];
        size_t a = n->first, b = n->operands == 2 ? e->node[a].next : NONE;
        for (size_t child = a; child != NONE; child = e->node[child].next)
            parent[child] = i;
        switch (n->kind) {
        case NODE_NAME:
            if (n->variable == variable && !factor[i] && !n->aside)
                return false;
            found = found || n->variable == variable;
            break;
        case NODE_MUL: case NODE_HADAMARD:
            factor[a] = begins_quadratic_form(e, parent, i)
                     || (dm_is_one(in, b) && (factor[i] || !e->node[b].constant));
            factor[b] = factor[i] && dm_is_one(in, a);
            break;
        case NODE_ADD: case NODE_SUB:
            factor[a] = factor[b] = factor[i];
            break;
        case NODE_OVER: case NODE_NEG:
            factor[a] = factor[i];
            break;
        case NODE_CALL:
            factor[a] = factor[i] && n->form.op && n->form.op->entrywise && dm_arity(n->form.op) == 1;
            break;
        default:
            break;
        }
    }
    return found;
}

/* Does the name only multiply scalars from the left, as lambda in lambda*norm(x)^2 and lambda*x'*x? */
static bool only_a_factor(dm_inference *in, size_t variable)
{
    size_t *parent = calloc(in->e->nodes, sizeof *parent);
    bool *factor = calloc(in->e->nodes, sizeof *factor), only = false;

    if (parent && factor) {
        parent[in->e->nodes - 1] = NONE;
        only = factors_among(in, variable, parent, factor);
    } else {
        dm_complain_memory(in->complaint);
    }
    free(parent);
    free(factor);
    return only;
}

static int give_size(dm_inference *in, size_t variable, int side)
{
    size_t d = dm_root_of(in, dm_side_of_variable(variable, side));
    dm_dimension *D = &in->dimension[d];
    const char *name = in->e->variable[variable].name;
    size_t size = share(in, d);

    if (!size)
        size = side == ROWS && dm_is_lower(name) && D->least <= 1 && only_a_factor(in, variable)
             ? 1 : in->free_size;
    if (size < D->least)
        size = D->least;
    if (D->most && size > D->most)
        size = D->most;
    if (in->complaint->code)
        return in->complaint->code;
    dm_set_size(in, d, size);
    return state_all(in);
}

/* A variable's dimension that has no size; first those that nothing else will give one. */
static bool find_free(dm_inference *in, bool derived, size_t *variable, int *side)
{
    for (*variable = 0; *variable < in->e->variables; ++*variable)
        for (*side = ROWS; *side <= COLS; ++*side) {
            const dm_dimension *d
                = &in->dimension[dm_root_of(in, dm_side_of_variable(*variable, *side))];
            if (!d->size && d->derived == derived)
                return true;
        }
    return false;
}

static int give_sizes(dm_inference *in)
{
    size_t variable;
    int side, status;

    for (;;) {
        for (size_t d = 0; d < 1 + 2 * in->e->variables + 2 * in->e->nodes; d++)
            in->dimension[d].derived = false;
        if ((status = state_all(in)) || (status = choose(in)))
            return status;
        if (!find_free(in, false, &variable, &side) && !find_free(in, true, &variable, &side))
            return GSL_SUCCESS;
        if ((status = give_size(in, variable, side)))
            return status;
    }
}

/* ------------------------------------------------------------------------------------- the public -- */

static int infer(dm_inference *in, size_t n, const dm_shape *result)
{
    int status;

    if ((status = find_variables(in, n)) || (status = check_constants(in)))
        return status;
    make_dimensions(in);
    in->gentle = true;
    if ((status = state(in, true, false)))
        return status;
    in->gentle = false;
    if ((status = state_all(in)) || (status = state_result(in, result)) || (status = choose(in))
        || (status = give_sizes(in)))
        return status;
    in->gentle = true;                             /* once more with all sizes, for the bounds of indexes */
    return state(in, true, false);
}

int dm_expression_infer(const dm_expression *e, dm_shape shapes[], size_t n, dm_shape *result,
                        size_t free_size, dm_complaint *complaint)
{
    dm_complaint unwanted;
    dm_inference in = { .e = e, .shapes = shapes, .free_size = free_size ? free_size : 1 };
    int status;

    in.complaint = complaint ? complaint : &unwanted;
    dm_no_complaint(in.complaint);
    in.constants = (dm_constants) { e, constant_variable, &in, in.complaint };
    status = allocate(&in) ? infer(&in, n, result) : dm_complain_memory(in.complaint);
    if (status == GSL_SUCCESS) {
        for (size_t v = 0; v < e->variables; v++) {
            shapes[in.given[v]].rows = known(&in, dm_side_of_variable(v, ROWS));
            shapes[in.given[v]].cols = known(&in, dm_side_of_variable(v, COLS));
        }
        if (result) {
            result->rows = dm_size_of(&in, e->nodes - 1, ROWS);
            result->cols = dm_size_of(&in, e->nodes - 1, COLS);
        }
    }
    release(&in);
    return status;
}
