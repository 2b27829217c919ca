/* Shapes of calls: the letters of a row's shapes, and the rows that work their results out. */
#include <string.h>
#include "language/shapes.h"

/* The argument that is the i-th operand of the call's row. */
static size_t call_operand(const dm_expression *e, size_t call, size_t i)
{
    const dm_node *n = &e->node[call];
    size_t k = 0;

    for (size_t a = n->first; a != NONE; a = e->node[a].next)
        if (dm_argument_letter(n->form.formula, k++) == n->form.op->operands[i])
            return a;
    return NONE;
}

static bool is_row(const dm_node *call, const char *name)
{
    return call->form.op && strcmp(call->form.op->name, name) == 0;
}

/* diag(x) builds of a vector, takes of a matrix. */
static int diag_rule(dm_inference *in, size_t node, bool builds)
{
    size_t X = in->e->node[node].first, rows = dm_size_of(in, X, ROWS), cols = dm_size_of(in, X, COLS);
    size_t C_rows = dm_size_of(in, node, ROWS), C_cols = dm_size_of(in, node, COLS);

    if (builds && (rows == 1 || cols == 1)) {
        size_t n = in->side[X][cols == 1 ? ROWS : COLS];
        if (!dm_forward(in, in->side[node][ROWS], n) || !dm_forward(in, in->side[node][COLS], n))
            return dm_misfit(in, node, X);
        return dm_settle(in, node);
    }
    if (builds && !(rows && cols) && !(C_rows && C_cols && C_rows != C_cols))
        return GSL_SUCCESS;
    if (!dm_set_size(in, in->side[node][COLS], 1)
        || (rows && cols && !dm_set_size(in, in->side[node][ROWS], rows < cols ? rows : cols)))
        return dm_misfit(in, node, X);
    in->dimension[dm_root_of(in, in->side[node][ROWS])].derived = !(rows && cols);
    return rows && cols ? dm_settle(in, node) : GSL_SUCCESS;
}

/* Of a matrix that nothing is known of: it is square. */
static bool diag_choice(dm_inference *in, size_t node)
{
    size_t X = in->e->node[node].first;

    return dm_equate(in, in->side[X][ROWS], in->side[X][COLS])
        && dm_set_size(in, in->side[node][COLS], 1)
        && dm_equate(in, in->side[node][ROWS], in->side[X][ROWS]) && dm_settle(in, node) == GSL_SUCCESS;
}

/* norm(x) of a vector */
static int norm_rule(dm_inference *in, size_t node)
{
    size_t X = in->e->node[node].first, shape[2] = { dm_size_of(in, X, ROWS), dm_size_of(in, X, COLS) };

    if (shape[ROWS] > 1 && shape[COLS] > 1)
        return dm_complain_spectral(in->e, node, shape, in->complaint);
    if (!dm_result_is(in, node, 1, 1)
        || (shape[ROWS] > 1 && !dm_need(in, in->side[X][COLS], 1))
        || (shape[COLS] > 1 && !dm_need(in, in->side[X][ROWS], 1)))
        return dm_misfit(in, node, X);
    return shape[ROWS] && shape[COLS] ? dm_settle(in, node) : GSL_SUCCESS;
}

/* ------------------------------------------------------------------ results that follow from sizes
 *
 * Of the rows that work their results out (??), those that can be worked out backwards, too.          */

typedef struct {
    dm_inference *in;
    const size_t *a, *b, *c;           /* dimensions of the operands and of the result */
    dm_parameters with;
    bool done[2];                      /* rows, columns: nothing more can follow */
} sizes;

static bool kron(sizes *s)
{
    return dm_multiplied(s->in, s->c[ROWS], s->a[ROWS], s->b[ROWS], &s->done[ROWS])
        && dm_multiplied(s->in, s->c[COLS], s->a[COLS], s->b[COLS], &s->done[COLS]);
}

/* A has the shape of kron(result, B). */
static bool kron_left(sizes *s)
{
    return dm_multiplied(s->in, s->a[ROWS], s->c[ROWS], s->b[ROWS], &s->done[ROWS])
        && dm_multiplied(s->in, s->a[COLS], s->c[COLS], s->b[COLS], &s->done[COLS]);
}

/* B has the shape of kron(A, result). */
static bool kron_right(sizes *s)
{
    return dm_multiplied(s->in, s->b[ROWS], s->a[ROWS], s->c[ROWS], &s->done[ROWS])
        && dm_multiplied(s->in, s->b[COLS], s->a[COLS], s->c[COLS], &s->done[COLS]);
}

static bool vec(sizes *s)
{
    return dm_set_size(s->in, s->c[COLS], 1)
        && dm_multiplied(s->in, s->c[ROWS], s->a[ROWS], s->a[COLS], &s->done[ROWS]);
}

static dm_dimension *dimension(sizes *s, size_t d)
{
    return &s->in->dimension[dm_root_of(s->in, d)];
}

static bool result_is(sizes *s)
{
    return dm_set_size(s->in, s->c[ROWS], s->with.rows) && dm_set_size(s->in, s->c[COLS], s->with.cols);
}

static bool reshape(sizes *s)
{
    size_t n = s->with.rows * s->with.cols, m = dimension(s, s->a[ROWS])->size;
    size_t k = dimension(s, s->a[COLS])->size, known = m ? m : k;

    s->done[ROWS] = m || k;
    if (!result_is(s) || (m && k && m * k != n))
        return false;
    return !known || (n % known == 0 && dm_need(s->in, s->a[m ? COLS : ROWS], n / known));
}

/* Of an operand that is not known: there is room for it from (i,j) on. */
static bool embed(sizes *s)
{
    s->done[ROWS] = s->done[COLS] = false;
    if (s->with.row < s->with.rows && s->with.col < s->with.cols) {
        dimension(s, s->a[ROWS])->most = s->with.rows - s->with.row;
        dimension(s, s->a[COLS])->most = s->with.cols - s->with.col;
    }
    return result_is(s);
}

static bool repeat(sizes *s)
{
    bool fits = true;

    for (int side = ROWS; fits && side <= COLS; side++) {
        size_t times = side == ROWS ? s->with.rows : s->with.cols;
        size_t size = dimension(s, s->a[side])->size, result = dimension(s, s->c[side])->size;
        s->done[side] = size || result;
        if (size)
            fits = dm_set_size(s->in, s->c[side], times * size);
        else if (result)
            fits = result % times == 0 && dm_need(s->in, s->a[side], result / times);
        else
            dimension(s, s->c[side])->derived = true;
    }
    return fits;
}

static const struct {
    const char *operation;
    bool (*state)(sizes *s);
} made[] = {
    { "kron", kron }, { "kron_left", kron_left }, { "kron_right", kron_right }, { "vec", vec },
    { "reshape", reshape }, { "embed", embed }, { "repeat", repeat },
};

static bool (*stated_by(const dm_node *n))(sizes *s)
{
    for (size_t i = 0; i < sizeof made / sizeof *made; i++)
        if (is_row(n, made[i].operation))
            return made[i].state;
    return NULL;
}

static int made_rule(dm_inference *in, size_t node, const size_t operand[], bool (*state)(sizes *s))
{
    sizes s = { in, in->side[operand[0]], operand[1] == NONE ? NULL : in->side[operand[1]],
                in->side[node], { .number = 0 }, { true, true } };
    int status = dm_constant_parameters(&in->constants, node, &s.with);

    if (status)
        return status == GSL_CONTINUE ? dm_settle_unless(in, node) : status;
    if (!state(&s))
        return s.b ? dm_misfit(in, node, operand[0]) : dm_no_reshape(in, node, operand[0]);
    return s.done[ROWS] && s.done[COLS] ? dm_settle(in, node) : GSL_SUCCESS;
}

/* Any other row that works its result out: ask it, once the operands' shapes are known. */
static int row_rule(dm_inference *in, size_t node, const size_t operand[])
{
    const dm_node *n = &in->e->node[node];
    const dm_op *op = n->form.op;
    dm_parameters with;
    dm X[DM_OPERANDS], C, *pointers[DM_OPERANDS] = { NULL };

    memset(&C, 0, sizeof C);
    memset(X, 0, sizeof X);
    for (size_t i = 0; i < dm_arity(op); i++) {
        X[i].rows = dm_size_of(in, operand[i], ROWS);
        X[i].cols = dm_size_of(in, operand[i], COLS);
        X[i].name = in->e->node[operand[i]].name;
        pointers[i] = &X[i];
        if (!X[i].rows || !X[i].cols)
            return GSL_SUCCESS;
    }
    int status = dm_constant_parameters(&in->constants, node, &with);
    if (status || !op->shape)
        return status && status != GSL_CONTINUE ? status : dm_settle_unless(in, node);
    if (!in->scratch && !(in->scratch = dm_context_alloc()))
        return dm_complain_memory(in->complaint);
    C.context = in->scratch;
    C.op = op;
    C.with = &with;
    for (size_t i = 0; i < dm_arity(op); i++) {
        X[i].context = in->scratch;
        X[i].slots = 1;
        C.in[i] = &X[i];
    }
    if (!op->shape(&C, pointers))
        return dm_complain(in->complaint, dm_status(&C), n->at, n->length, "%s", dm_message(&C));
    return dm_result_is(in, node, C.rows, C.cols) ? dm_settle(in, node) : dm_misfit(in, node, operand[0]);
}

/* One operand against the letters of its row's shapes. */
typedef struct {
    size_t dimension, operand;
    int side;
} letter_binding;

static int operand_rule(dm_inference *in, size_t node, size_t operand, size_t i, letter_binding bound[])
{
    const dm_node *n = &in->e->node[node];
    const dm_op *op = n->form.op;
    const char *letters = op->shapes + 3 * i;

    for (int side = ROWS; side <= COLS; side++) {
        size_t d = in->side[operand][side], size = dm_size_of(in, operand, side);
        letter_binding *b = &bound[letters[side] - 'm'];
        if (letters[side] == '1') {
            if (!dm_need(in, d, 1))
                return dm_complain(in->complaint, GSL_EBADLEN, n->at, n->length,
                                   "%s is %s: a %s is needed (%zu %s against 1)",
                                   dm_name_of(in->e, operand), dm_show(in, operand).text,
                                   letters[0] == letters[1] ? "scalar, 1×1"
                                   : side == COLS ? "column vector" : "row vector", size,
                                   dm_unit(side, size));
        } else if (b->operand == NONE) {
            *b = (letter_binding) { d, operand, side };
        } else if (!dm_agree(in, b->dimension, d)) {
            if (b->operand == operand)
                return dm_not_square(in, node, operand, "");
            return dm_clash(in, node, b->operand, b->side, operand, side);
        }
    }
    return GSL_SUCCESS;
}

static bool known(dm_inference *in, size_t node)
{
    return dm_size_of(in, node, ROWS) && dm_size_of(in, node, COLS);
}

/* The result's sizes where they are simply rows(A) or columns(A). */
static bool same_as_variables(dm_inference *in, size_t node)
{
    size_t first = in->e->node[node].first, second = in->e->node[first].next;

    for (int side = ROWS; side <= COLS; side++) {
        const dm_node *n = &in->e->node[side == ROWS || second == NONE ? first : second];
        size_t d = dm_side_of_variable(n->variable, n->number > 0 ? COLS : ROWS);
        if (n->kind == NODE_SIZE && !dm_forward(in, in->side[node][side], d))
            return false;
    }
    return true;
}

/* eye(n), ones(m,n) ... */
static int constant_rule(dm_inference *in, size_t node)
{
    const dm_node *n = &in->e->node[node];
    dm_parameters with;
    int status = dm_constant_parameters(&in->constants, node, &with);

    if (status && status != GSL_CONTINUE)
        return status;
    if (status && same_as_variables(in, node))
        return dm_settle_unless(in, node);
    if (!status && dm_result_is(in, node, with.rows, with.cols))
        return dm_settle(in, node);
    return dm_complain(in->complaint, GSL_EBADLEN, n->at, n->length,
                       "%s cannot be %s as the rest of the expression needs it", n->name,
                       dm_show(in, node).text);
}

int dm_call_rule(dm_inference *in, size_t node)
{
    enum { LETTERS = 'z' - 'm' + 1 };
    const dm_node *n = &in->e->node[node];
    const dm_op *op = n->form.op;
    letter_binding bound[LETTERS];
    size_t operand[DM_OPERANDS] = { NONE, NONE };

    if (!op)
        return constant_rule(in, node);
    if (is_row(n, "diag") || is_row(n, "diagonal"))
        return diag_rule(in, node, is_row(n, "diag"));
    if (is_row(n, "norm"))
        return norm_rule(in, node);
    for (size_t i = 0; i < LETTERS; i++)
        bound[i].operand = NONE;
    for (size_t i = 0; i < dm_arity(op); i++) {
        operand[i] = call_operand(in->e, node, i);
        int status = operand_rule(in, node, operand[i], i, bound);
        if (status)
            return status;
    }
    const char *result = op->shapes + 3 * dm_arity(op);
    if (result[0] == '?') {
        bool (*state)(sizes *s) = stated_by(n);
        if (!state || (state == embed && known(in, operand[0])))
            return row_rule(in, node, operand);
        return made_rule(in, node, operand, state);
    }
    for (int side = ROWS; side <= COLS; side++)
        if (result[side] == '1'
            ? !dm_set_size(in, in->side[node][side], 1)
            : !dm_forward(in, in->side[node][side], bound[result[side] - 'm'].dimension))
            return dm_misfit(in, node, operand[0]);
    return dm_settle(in, node);
}

bool dm_call_choice(dm_inference *in, size_t node)
{
    const dm_node *n = &in->e->node[node];

    return (is_row(n, "diag") || is_row(n, "diagonal")) && diag_choice(in, node);
}
