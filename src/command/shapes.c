/* Shapes: those of the expression and of the hand-derived result, and of the variables that are not given. */
#include <stdio.h>
#include <string.h>
#include "command/command.h"

enum { FREE_SIZE = 5, LARGER = 2 };    /* where nothing says how large; by how much other sizes are larger */

static void set_shape(problem *p, size_t i, size_t rows, size_t cols)
{
    const variable *v = &p->variable[i];
    bool number = v->value && v->rows == 1 && v->cols == 1;

    p->shape[i] = (dm_shape) { v->name, rows, cols, number ? v->value->data : NULL };
}

/* With p->shape as it is; the variables have the shapes found, if they could be found. */
static int infer_from_shapes(problem *p, const dm_expression *expression, dm_shape *result,
                             dm_complaint *complaint)
{
    int code = dm_expression_infer(expression, p->shape, p->variables, result,
                                   FREE_SIZE + (p->larger ? LARGER : 0), complaint);

    for (size_t i = 0; !code && i < p->variables; i++) {
        p->variable[i].rows = p->shape[i].rows;
        p->variable[i].cols = p->shape[i].cols;
    }
    return code;
}

static int infer(problem *p, const dm_expression *expression, dm_shape *result, dm_complaint *complaint)
{
    for (size_t i = 0; i < p->variables; i++)
        set_shape(p, i, p->variable[i].rows, p->variable[i].cols);
    return infer_from_shapes(p, expression, result, complaint);
}

static const char *kind_of_hand(dm_derivative kind)
{
    return kind == DM_GRADIENT ? "the gradient has the shape of"
         : kind == DM_JACOBIAN ? "the Jacobian has the entries of the expression by those of"
                                     : "the Hessian has the entries by the entries of";
}

/* A variable of that shape, by which it may have been differentiated; NULL: there is none. */
static const variable *of_shape(const problem *p, size_t rows, size_t cols)
{
    for (size_t i = 0; p->options->kind == DM_GRADIENT && i < p->variables; i++)
        if (i != p->wrt && p->variable[i].rows == rows && p->variable[i].cols == cols && rows * cols > 1)
            return &p->variable[i];
    return NULL;
}

static int hand_shape(const problem *p, size_t rows, size_t cols, size_t needed_rows, size_t needed_cols)
{
    const variable *v = &p->variable[p->wrt];

    if (rows == needed_rows && cols == needed_cols)
        return DONE;
    const variable *other = of_shape(p, rows, cols);
    char hint[200] = "";
    if (p->hand_numbers && !v->value)
        snprintf(hint, sizeof hint, "; it was drawn at random: give it by %.60s=FILE", v->name);
    else if (rows == needed_cols && cols == needed_rows)
        strcpy(hint, "; transposed it fits");
    else if (other)
        snprintf(hint, sizeof hint, "; it has the shape of %.60s: was it differentiated by that?", other->name);
    return words("%s %s is %zu×%zu: %zu×%zu is needed: %s %s, which is %zu×%zu%s", p->options->hand_option,
                 p->options->hand, rows, cols, needed_rows, needed_cols, kind_of_hand(p->options->kind),
                 v->name, v->rows, v->cols, hint);
}

static int infer_hand(problem *p)
{
    const variable *v = &p->variable[p->wrt];
    dm_shape needed = { .name = NULL }, result;
    dm_complaint complaint = { .code = 0 };

    dm_check_shape_of(p->options->kind, p->rows, p->cols, v->rows, v->cols, &needed.rows, &needed.cols);
    if (p->hand_numbers)
        return hand_shape(p, p->hand_numbers->size1, p->hand_numbers->size2, needed.rows, needed.cols);
    result = needed;
    if (infer(p, p->hand, &result, &complaint) == GSL_SUCCESS)
        return hand_shape(p, result.rows, result.cols, needed.rows, needed.cols);

    /* As the right result it does not fit: has it a shape of its own? */
    dm_complaint own = { .code = 0 };
    result = (dm_shape) { .name = NULL };
    if (infer(p, p->hand, &result, &own) != GSL_SUCCESS)
        return complain_about(p->options->hand_option, dm_expression_text(p->hand), &own);
    return hand_shape(p, result.rows, result.cols, needed.rows, needed.cols);
}

/* A matrix of a square kind, one of whose sizes was free: the other one holds for both. */
static bool is_not_square(const variable *v)
{
    return v->inferred && v->rows != v->cols
           && (v->symmetric || (v->drawn && kind_is_square(v->kind))
               || (v->direction_drawn && kind_is_square(v->direction_kind)));
}

/* All that was inferred anew, v being n×n; where that cannot be, nothing changes. */
static bool infer_with_square(problem *p, variable *v, size_t n, dm_shape *result)
{
    dm_complaint complaint = { .code = 0 };
    dm_shape fresh = { .name = NULL };

    for (size_t i = 0; i < p->variables; i++) {
        const variable *other = &p->variable[i];
        set_shape(p, i, other->inferred ? 0 : other->rows, other->inferred ? 0 : other->cols);
    }
    set_shape(p, (size_t) (v - p->variable), n, n);
    if (infer_from_shapes(p, p->expression, &fresh, &complaint))
        return false;
    *result = fresh;
    return true;
}

static void make_square(problem *p, dm_shape *result)
{
    for (size_t i = 0; i < p->variables; i++) {
        variable *v = &p->variable[i];
        if (!is_not_square(v))
            continue;
        if (!infer_with_square(p, v, v->cols, result))
            infer_with_square(p, v, v->rows, result);
        v->inferred = false;
    }
}

static bool needs_scalar(const options *o)
{
    return o->hess || ((o->command->takes & SCALAR) && !(o->hand && o->kind == DM_JACOBIAN));
}

int infer_shapes(problem *p)
{
    dm_shape result = { .name = NULL };
    dm_complaint complaint = { .code = 0 };

    for (size_t i = 0; i < p->variables; i++)
        p->variable[i].inferred = p->variable[i].rows == 0;
    if (infer(p, p->expression, &result, &complaint))
        return complain_about(NULL, dm_expression_text(p->expression), &complaint);
    make_square(p, &result);
    p->rows = result.rows;
    p->cols = result.cols;
    if (p->rows == 0 || p->cols == 0)
        return words("%s: its shape cannot be told before it is evaluated", p->options->expression);
    if (needs_scalar(p->options) && (p->rows != 1 || p->cols != 1))
        return words("%s is %zu×%zu: a %s is that of a scalar (a matrix has a Jacobian: %s)",
                     p->options->expression, p->rows, p->cols,
                     p->options->command->run == run_hess || p->options->kind == DM_HESSIAN || p->options->hess
                         ? "Hessian" : "gradient",
                     p->options->hand ? "--hand-jac" : p->options->hess ? "without --hess" : "dualmat jac");
    if (p->options->det && p->rows * p->cols != p->variable[p->wrt].rows * p->variable[p->wrt].cols)
        return words("--det: J is %zu×%zu: only a square matrix has a determinant", p->rows * p->cols,
                     p->variable[p->wrt].rows * p->variable[p->wrt].cols);
    return p->hand || p->hand_numbers ? infer_hand(p) : DONE;
}

/* ------------------------------------------------------------------------------------- other sizes -- */

static size_t larger(size_t size, size_t by)
{
    return size > 1 ? size + by : size;
}

/* The expression and the hand-derived result, with all that was inferred inferred anew. */
static bool fits(problem *p)
{
    dm_shape result = { .name = NULL }, needed = result;
    dm_complaint complaint = { .code = 0 };
    const variable *v = &p->variable[p->wrt];

    if (infer(p, p->expression, &result, &complaint) || result.rows == 0 || result.cols == 0
        || (needs_scalar(p->options) && result.rows * result.cols > 1))
        return false;
    p->rows = result.rows;
    p->cols = result.cols;
    dm_check_shape_of(p->options->kind, p->rows, p->cols, v->rows, v->cols, &needed.rows, &needed.cols);
    result = needed;
    for (size_t i = 0; i < p->variables; i++)
        if (is_not_square(&p->variable[i]))
            return false;
    return infer(p, p->hand, &result, &complaint) == GSL_SUCCESS && result.rows == needed.rows
        && result.cols == needed.cols;
}

bool enlarge(problem *p, bool all)
{
    p->larger = true;
    for (size_t i = 0; i < p->variables; i++) {
        variable *v = &p->variable[i];
        bool grows = v->drawn && (all ? !v->inferred : i == p->wrt);
        if (grows) {
            v->rows = larger(v->rows, all ? LARGER : 2 * LARGER);
            v->cols = larger(v->cols, all ? LARGER : 2 * LARGER);
        } else if (v->inferred) {
            v->rows = v->cols = 0;
        }
    }
    return fits(p);
}
