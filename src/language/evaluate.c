/* Evaluation: the nodes one after the other, by calls of the library.
 *
 * Numbers stay numbers until an operation needs a dm: 2*A is dm_scale, A.^3 is dm_pow.  What is 1×1 and
 * what is not decides which operation a sign stands for.                                             */
#include <limits.h>
#include <math.h>
#include <string.h>
#include "language/tree.h"

typedef struct {
    const dm_expression *e;
    dm_context *context;
    dm **value;                        /* of each node; NULL: a number, or not a value of its own */
    dm **variable;                     /* of each variable */
    dm_touch touch;                    /* .touch NULL: nothing is touched */
    dm_constants constants;
    dm_complaint *complaint;
} evaluation;

/* --------------------------------------------------------------------------------------- operands */

static const dm_node *node_at(const evaluation *v, size_t i)
{
    return &v->e->node[i];
}

static bool is_number(const evaluation *v, size_t i)
{
    return node_at(v, i)->constant;
}

static bool is_scalar(const dm *A)
{
    return A->rows == 1 && A->cols == 1;
}

/* A value by which messages can call it. */
static dm *named(const evaluation *v, size_t i, dm *A)
{
    const char *name = node_at(v, i)->name;

    return A && !dm_is_failed(A) && !A->name && name ? dm_named(A, name) : A;
}

/* The value of a node, a number too. */
static dm *value(const evaluation *v, size_t i)
{
    return is_number(v, i) ? named(v, i, dm_scalar(v->context, node_at(v, i)->number)) : v->value[i];
}

static size_t first(const dm_node *n)
{
    return n->first;
}

static size_t second(const evaluation *v, const dm_node *n)
{
    return node_at(v, n->first)->next;
}

/* The complaint has been made: the failed dm that carries it. */
static dm *refused(const evaluation *v)
{
    return dm_failed(v->context, v->complaint->code, "%s", v->complaint->message);
}

static dm *refuse(const evaluation *v, const dm_node *n, int code, const char *message)
{
    dm_complain(v->complaint, code, n->at, n->length, "%s", message);
    return refused(v);
}

/* The number of a 1×1 value that does not vary. */
static bool is_fixed(const dm *a)
{
    return is_scalar(a) && !a->level && a->slots == 1 && !a->context->base;
}

static bool fixed_number(const evaluation *v, size_t i, double *x)
{
    const dm_node *n = node_at(v, i);

    if (n->constant) {
        *x = n->number;
        return true;
    }
    if (!is_fixed(v->value[i]))
        return false;
    *x = dm_value_scalar(v->value[i]);
    return true;
}

/* What a variable in an index or a parameter is. */
static int constant_variable(void *data, size_t node, double *x)
{
    const evaluation *v = data;
    const dm_node *n = node_at(v, node);
    const dm *a = v->variable[n->variable];

    if (n->kind == NODE_SIZE && !dm_is_failed(a)) {
        *x = (double) (n->number > 0 ? a->cols : a->rows);
        return GSL_SUCCESS;
    }
    if (dm_is_failed(a))
        return dm_complain(v->complaint, dm_status(a), n->at, n->length, "%s", dm_message(a));
    if (!is_scalar(a))
        return dm_complain(v->complaint, GSL_EBADLEN, n->at, n->length, "%s is %zu×%zu: a place or size is "
                           "1×1", n->name, a->rows, a->cols);
    if (!is_fixed(a))
        return dm_complain(v->complaint, GSL_EINVAL, n->at, n->length, "%s varies: a place or size must be "
                           "a constant", n->name);
    *x = dm_value_scalar(a);
    return GSL_SUCCESS;
}

/* ------------------------------------------------------------------------ sums, products, quotients */

static dm *name_value(const evaluation *v, const dm_node *n)
{
    return v->variable[n->variable];
}

static dm *size(const evaluation *v, const dm_node *n)
{
    const dm *A = v->variable[n->variable];
    size_t size = n->number > 0 ? A->cols : A->rows;

    return v->context->base ? v->context->base->size(v->context, size)
                            : dm_scalar(v->context, (double) size);
}

static dm *neg(const evaluation *v, const dm_node *n)
{
    return dm_neg(value(v, first(n)));
}

static dm *transpose(const evaluation *v, const dm_node *n)
{
    return dm_transpose(value(v, first(n)));
}

/* What is 1×1 beside a matrix is in every entry. */
static void broadcast(const evaluation *v, const dm_node *n, dm **A, dm **B)
{
    if (is_scalar(*A) && !is_scalar(*B))
        *A = named(v, first(n), dm_repeat(*A, (*B)->rows, (*B)->cols));
    else if (is_scalar(*B) && !is_scalar(*A))
        *B = named(v, second(v, n), dm_repeat(*B, (*A)->rows, (*A)->cols));
}

static dm *add(const evaluation *v, const dm_node *n)
{
    dm *A = value(v, first(n)), *B = value(v, second(v, n));

    broadcast(v, n, &A, &B);
    return n->kind == NODE_ADD ? dm_add(A, B) : dm_sub(A, B);
}

/* A*B and A.*B */
static dm *mul(const evaluation *v, const dm_node *n)
{
    size_t a = first(n), b = second(v, n);

    if (is_number(v, a))
        return dm_scale(value(v, b), node_at(v, a)->number);
    if (is_number(v, b))
        return dm_scale(value(v, a), node_at(v, b)->number);
    dm *A = value(v, a), *B = value(v, b);
    if (is_scalar(A))
        return dm_scale_by(B, A);
    if (is_scalar(B))
        return dm_scale_by(A, B);
    return n->kind == NODE_MUL ? dm_mul(A, B) : dm_hadamard(A, B);
}

/* A/s, and s\A */
static dm *divided(const evaluation *v, const dm_node *n, size_t a, size_t s)
{
    dm *A = value(v, a);

    if (is_number(v, s)) {
        if (node_at(v, s)->number == 0)
            return refuse(v, n, GSL_EZERODIV, "division by 0");
        if (is_scalar(A) && !A->context->base)
            return dm_quotient(A, value(v, s));    /* rounds once */
        return isfinite(1 / node_at(v, s)->number) ? dm_scale(A, 1 / node_at(v, s)->number)
             : dm_quotient(A, dm_repeat(value(v, s), A->rows, A->cols));
    }
    if (is_scalar(A))
        return dm_quotient(A, value(v, s));
    return dm_scale_by(A, named(v, s, dm_reciprocal(value(v, s))));
}

/* B/A and A\B */
static dm *divide(const evaluation *v, const dm_node *n)
{
    bool under = n->kind == NODE_UNDER;
    size_t b = under ? second(v, n) : first(n), a = under ? first(n) : second(v, n);

    if (is_number(v, a) || is_scalar(v->value[a]))
        return divided(v, n, b, a);
    dm *A = value(v, a), *B = value(v, b);
    if (A->rows != A->cols) {
        size_t shape[2] = { A->rows, A->cols };
        dm_complain_not_square(v->e, (size_t) (n - v->e->node), a, shape, v->complaint);
        return refused(v);
    }
    return under ? dm_solve(A, B) : dm_solve_right(B, A);
}

/* A./B */
static dm *quotient(const evaluation *v, const dm_node *n)
{
    size_t a = first(n), b = second(v, n);

    if (is_number(v, b) || is_scalar(v->value[b]))
        return divided(v, n, a, b);
    dm *B = v->value[b];
    if (is_number(v, a)) {
        dm *over = dm_reciprocal(B);
        return node_at(v, a)->number == 1 ? over : dm_scale(over, node_at(v, a)->number);
    }
    dm *A = v->value[a];
    return is_scalar(A) ? dm_scale_by(dm_reciprocal(B), A) : dm_quotient(A, B);
}

/* ----------------------------------------------------------------------------------------- powers */

/* norm(e)^2, of a vector where it is the vector norm */
static dm *norm_squared(const evaluation *v, const dm_node *n)
{
    const dm_node *norm = node_at(v, first(n));
    dm *e = value(v, first(norm));

    if (strcmp(norm->form.op->name, "norm") == 0 && e->rows > 1 && e->cols > 1) {
        size_t shape[2] = { e->rows, e->cols };
        dm_complain_spectral(v->e, first(n), shape, v->complaint);
        return refused(v);
    }
    return dm_norm_squared(e);
}

/* A.^B, and a^b of two 1×1 */
static dm *entry_power(const evaluation *v, const dm_node *n)
{
    size_t a = first(n), b = second(v, n);
    double p;

    if (n->fused)
        return norm_squared(v, n);
    if (fixed_number(v, b, &p))
        return dm_pow(value(v, a), p);
    dm *A = value(v, a), *B = value(v, b);
    broadcast(v, n, &A, &B);
    return dm_hadamard_power(A, B);
}

/* A^k */
static dm *power(const evaluation *v, const dm_node *n)
{
    size_t a = first(n), b = second(v, n);
    double k;

    if (n->fused)
        return norm_squared(v, n);
    if (!is_number(v, b) && !is_scalar(v->value[b])) {
        dm_complain(v->complaint, GSL_EBADLEN, n->at, n->length,
                    "the exponent %s is %zu×%zu: it must be 1×1 (entry by entry it is .^)",
                    dm_name_of(v->e, b), v->value[b]->rows, v->value[b]->cols);
        return refused(v);
    }
    if (is_number(v, a) || is_scalar(v->value[a]))
        return entry_power(v, n);
    const char *A = dm_name_of(v->e, a);
    if (!fixed_number(v, b, &k)) {
        dm_complain(v->complaint, GSL_EINVAL, n->at, n->length, "the exponent %s varies: a power of the "
                    "matrix %s needs a constant integer (entry by entry it is .^)",
                    dm_name_of(v->e, b), A);
        return refused(v);
    }
    if (k != floor(k) || fabs(k) > INT_MAX) {
        dm_complain(v->complaint, GSL_EINVAL, n->at, n->length, "the exponent is %.10g: a power of the "
                    "matrix %s needs an integer (entry by entry it is .^)", k, A);
        return refused(v);
    }
    return dm_power(v->value[a], (int) k);
}

/* ---------------------------------------------------------------------------------- calls, indexes */

static dm *call(const evaluation *v, const dm_node *n)
{
    const dm_op *op = n->form.op;
    size_t node = (size_t) (n - v->e->node), i = 0;
    dm *X[DM_OPERANDS] = { NULL };
    dm_parameters with;

    if (n->fused)
        return NULL;                   /* its square is wanted, made of its operand */
    if (dm_constant_parameters(&v->constants, node, &with))
        return refused(v);
    if (!op)
        return n->form.make(v->context, with.rows, with.cols);
    for (size_t a = n->first; a != NONE; a = node_at(v, a)->next) {
        char letter = dm_argument_letter(n->form.formula, i++);
        const char *place = letter ? strchr(op->operands, letter) : NULL;
        if (place)
            X[place - op->operands] = value(v, a);
    }
    if (strcmp(op->name, "norm") == 0 && X[0]->rows > 1 && X[0]->cols > 1) {
        size_t shape[2] = { X[0]->rows, X[0]->cols };
        dm_complain_spectral(v->e, node, shape, v->complaint);
        return refused(v);
    }
    if (strcmp(op->name, "diag") == 0 && X[0]->cols > 1)
        return X[0]->rows > 1 ? dm_diagonal(X[0]) : dm_diag(dm_transpose(X[0]));
    return dm_apply(op, X, op->parameters ? &with : NULL);
}

/* The columns counted one behind the other: entry k. */
static dm *entry(const evaluation *v, const dm_node *n, dm *A, size_t place, size_t k)
{
    if (k > A->rows * A->cols) {
        const dm_node *p = node_at(v, place);
        dm_complain(v->complaint, GSL_EBADLEN, p->from, p->to - p->from, "%s is %zu×%zu: there is no entry "
                    "%zu", dm_name_of(v->e, first(n)), A->rows, A->cols, k);
        return refused(v);
    }
    return dm_block(A, (k - 1) % A->rows, (k - 1) / A->rows, 1, 1);
}

static dm *index_of(const evaluation *v, const dm_node *n)
{
    dm *A = value(v, first(n));
    size_t one = second(v, n), two = node_at(v, one)->next, row, rows, col = 1, cols = 1;

    if (two != NONE) {
        if (dm_constant_place(&v->constants, one, A->rows, &row, &rows)
            || dm_constant_place(&v->constants, two, A->cols, &col, &cols))
            return refused(v);
        return dm_block(A, row - 1, col - 1, rows, cols);
    }
    const dm_node *place = node_at(v, one);
    if (place->kind == NODE_COLON)
        return dm_vec(A);
    if (dm_constant_place(&v->constants, one, A->rows * A->cols, &row, &rows))
        return refused(v);
    if (place->kind != NODE_RANGE)
        return entry(v, n, A, one, row);
    if (A->rows > 1 && A->cols > 1) {
        dm_complain(v->complaint, GSL_EBADLEN, place->from, place->to - place->from,
                    "%s is %zu×%zu: a range without rows and columns needs a vector, such as A(:)",
                    dm_name_of(v->e, first(n)), A->rows, A->cols);
        return refused(v);
    }
    return A->cols == 1 ? dm_block(A, row - 1, 0, rows, 1) : dm_block(A, 0, row - 1, 1, rows);
}

/* -------------------------------------------------------------------------------- [A, B] and [A; B] */

/* Are all entries numbers?  *cols: how many a row has. */
static bool all_numbers(const evaluation *v, const dm_node *row, size_t *cols)
{
    if (*cols && row->operands != *cols)
        return false;
    *cols = row->operands;
    for (size_t a = row->first; a != NONE; a = node_at(v, a)->next)
        if (!is_number(v, a))
            return false;
    return true;
}

/* [1, 2; 3, 4]: numbers only.  NULL: it is not. */
static dm *numbers(const evaluation *v, const dm_node *n)
{
    bool column = n->kind == NODE_COLUMN, tall = column && is_number(v, n->first);
    size_t rows = column ? n->operands : 1, cols = 0, one = 1, k = 0;

    if (!column || tall) {
        if (!all_numbers(v, n, tall ? &k : &cols))
            return NULL;
        cols = tall ? one : cols;
    } else {
        for (size_t r = n->first; r != NONE; r = node_at(v, r)->next)
            if (node_at(v, r)->kind != NODE_ROW || !all_numbers(v, node_at(v, r), &cols))
                return NULL;
    }
    double *entries = dm_arena_alloc(v->context, rows * cols * sizeof *entries);
    if (!entries)
        return dm_out_of_memory(v->context);
    k = 0;
    for (size_t r = n->first; r != NONE; r = node_at(v, r)->next) {
        if (is_number(v, r)) {
            entries[k++] = node_at(v, r)->number;
            continue;
        }
        for (size_t a = node_at(v, r)->first; a != NONE; a = node_at(v, a)->next)
            entries[k++] = node_at(v, a)->number;
    }
    gsl_matrix_const_view A = gsl_matrix_const_view_array(entries, rows, cols);
    return dm_constant(v->context, &A.matrix);
}

static dm *concatenation(const evaluation *v, const dm_node *n)
{
    dm *all = numbers(v, n);

    if (all)
        return all;
    for (size_t a = n->first; a != NONE; a = node_at(v, a)->next) {
        dm *A = value(v, a), *longer;
        if (!all) {
            all = A;
            continue;
        }
        longer = n->kind == NODE_ROW ? dm_hcat(all, A) : dm_vcat(all, A);
        if (dm_is_failed(longer)) {    /* show the entry that does not fit */
            const dm_node *p = node_at(v, a);
            dm_complain(v->complaint, dm_status(longer), p->from, p->to - p->from, "%s",
                        dm_message(longer));
            return longer;
        }
        all = longer->name ? longer : dm_named(longer, n->kind == NODE_ROW ? "[...]" : "[...;...]");
    }
    return all;
}

/* ------------------------------------------------------------------------------------------ table */

static dm *(*const evaluators[])(const evaluation *v, const dm_node *n) = {
    [NODE_NAME] = name_value, [NODE_SIZE] = size, [NODE_NEG] = neg, [NODE_TRANSPOSE] = transpose,
    [NODE_ADD] = add, [NODE_SUB] = add, [NODE_MUL] = mul, [NODE_OVER] = divide, [NODE_UNDER] = divide,
    [NODE_POWER] = power, [NODE_HADAMARD] = mul, [NODE_QUOTIENT] = quotient,
    [NODE_HADAMARD_POWER] = entry_power, [NODE_CALL] = call, [NODE_INDEX] = index_of,
    [NODE_ROW] = concatenation, [NODE_COLUMN] = concatenation,
};

static size_t find(const char *name, const char *const names[], size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (names[i] && strcmp(names[i], name) == 0)
            return i;
    return NONE;
}

/* A name without a value: a function that does not exist, if what follows it are no mere places. */
static void complain_missing(const dm_expression *e, size_t variable,
                             dm_complaint *complaint)
{
    const dm_variable_name *name = &e->variable[variable];

    for (size_t i = 0; i < e->nodes; i++) {
        const dm_node *target = e->node[i].kind == NODE_INDEX ? &e->node[e->node[i].first] : NULL;
        if (!target || target->kind != NODE_NAME || target->variable != variable)
            continue;
        for (size_t k = target->next; k != NONE; k = e->node[k].next)
            for (size_t j = e->node[k].start; j <= k; j++)
                if (e->node[j].kind == NODE_NAME) {
                    dm_complain_unknown_function(e, e->node[i].first, complaint);
                    return;
                }
    }
    dm_complain(complaint, GSL_EINVAL, name->at, name->length, "%.40s has no value", name->name);
}

static dm *touched(const evaluation *v, size_t node, dm *A)
{
    if (!A || !v->touch.touch || (is_fixed(A) && dm_value_scalar(A) == floor(dm_value_scalar(A))))
        return A;
    return v->touch.touch(A, node, v->touch.data);
}

static dm *run(evaluation *v)
{
    size_t nodes = v->e->nodes;

    for (size_t i = 0; i < nodes; i++) {
        const dm_node *n = node_at(v, i);
        v->value[i] = NULL;
        if (n->aside || n->constant || n->kind == NODE_STRING)
            continue;
        dm *A = evaluators[n->kind](v, n);
        if (A && dm_is_failed(A)) {
            dm_complain(v->complaint, dm_status(A), n->at, n->length, "%s", dm_message(A));
            return A;
        }
        v->value[i] = named(v, i, touched(v, i, A));
    }
    return value(v, nodes - 1);
}

dm *dm_expression_evaluate(const dm_expression *e, dm_context *context, const char *const names[],
                           dm *const values[], size_t n, dm_complaint *complaint)
{
    return dm_expression_evaluate_touched(e, context, names, values, n, (dm_touch) { NULL, NULL },
                                          complaint);
}

dm *dm_expression_evaluate_touched(const dm_expression *e, dm_context *context, const char *const names[],
                                   dm *const values[], size_t n, dm_touch with, dm_complaint *complaint)
{
    dm_complaint unwanted;
    evaluation v = { .e = e, .context = context, .touch = with };

    v.complaint = complaint ? complaint : &unwanted;
    dm_no_complaint(v.complaint);
    v.constants = (dm_constants) { e, constant_variable, &v, v.complaint };
    v.value = dm_arena_alloc(context, e->nodes * sizeof *v.value);
    v.variable = dm_arena_alloc(context, (e->variables + 1) * sizeof *v.variable);
    if (!v.value || !v.variable) {
        dm_complain_memory(v.complaint);
        return dm_out_of_memory(context);
    }
    for (size_t i = 0; i < e->variables; i++) {
        size_t k = find(e->variable[i].name, names, n);
        if (k == NONE || !values[k]) {
            complain_missing(e, i, v.complaint);
            return NULL;
        }
        v.variable[i] = values[k];
    }
    return run(&v);
}
