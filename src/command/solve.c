/* Solving a problem: values are drawn, the expression is evaluated, and what went wrong is said.
 *
 * Where random values fall outside a function's domain, others are drawn, if nobody asked for a kind.   */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "command/command.h"
#include "drivers/check.h"

enum { ATTEMPTS = 10 };                /* draws of one kind, before another kind is tried */

/* ------------------------------------------------------------------------------------- evaluating -- */

/* A with every entry off by its share of the shake, as rounding would have it; its differentials too. */
static dm *shaken(dm *A, size_t node, void *params)
{
    const evaluation *e = params;
    gsl_matrix *R = gsl_matrix_alloc(dm_rows(A), dm_columns(A));
    dm *C = A;

    bool symmetric = false;

    if (dm_status(A) == GSL_SUCCESS) {
        gsl_matrix_const_view value = dm_value(A);
        symmetric = value.matrix.data && dm_check_is_symmetric(&value.matrix);
    }
    if (R && !draw(R, ANY, symmetric, (ticket) { e->shaking, "rounding", (unsigned) node, 0 })) {
        gsl_matrix_scale(R, e->shake / fmax(1, magnitude(R)));
        gsl_matrix_add_constant(R, 1);
        C = dm_hadamard(A, dm_constant(dm_context_of(A), R));
    }
    gsl_matrix_free(R);
    return C;
}

static dm *evaluate_with(evaluation *e, dm_context *context, dm *const values[])
{
    dm_complaint complaint = { .code = 0 };
    dm *C = dm_expression_evaluate_touched(e->expression, context, e->problem->name, values,
                                           e->problem->variables,
                                           (dm_touch) { e->shake != 0 ? shaken : NULL, e }, &complaint);

    if (complaint.code && !e->complaint.code) {
        e->complaint = complaint;
        e->complained = e->expression;
    }
    return C;
}

dm *evaluate(dm *A, void *params)
{
    evaluation *e = params;
    const problem *p = e->problem;
    dm_context *context = dm_context_of(A);
    dm **values = malloc((p->variables + 1) * sizeof *values);

    if (!values) {
        e->complaint.code = GSL_ENOMEM;
        e->complained = e->expression;
        return NULL;
    }
    for (size_t i = 0; i < p->variables; i++)
        values[i] = dm_named(i == e->of ? A : dm_constant(context, p->variable[i].value), p->name[i]);
    dm *C = evaluate_with(e, context, values);
    free(values);
    return C;
}

dm *make_constant(dm_context *context, const variable *v)
{
    return dm_constant(context, v->value);
}

int copy_value(gsl_matrix *to, gsl_matrix_const_view from, const dm *C)
{
    if (!from.matrix.data)
        return dm_status(C) ? dm_status(C) : GSL_EOVRFLW;
    return gsl_matrix_memcpy(to, &from.matrix);
}

int evaluate_in_context(evaluation *e, dm *(*make)(dm_context *context, const variable *v),
                        int (*finish)(const problem *p, dm *C, dm *const values[], void *results),
                        void *results)
{
    const problem *p = e->problem;
    dm_context *context = dm_context_alloc();
    dm **values = calloc(p->variables + 1, sizeof *values);
    int status = GSL_ENOMEM;

    if (context && values) {
        for (size_t i = 0; i < p->variables; i++)
            values[i] = dm_named(make(context, &p->variable[i]), p->name[i]);
        status = finish(p, evaluate_with(e, context, values), values, results);
    }
    free(values);
    dm_context_free(context);
    return status;
}

/* ---------------------------------------------------------------------------------------- solving -- */

/* After the draws asked for, other kinds, in which functions with a smaller domain feel at home.  Definite
 * ones only where the variable is symmetric anyway: a formula that holds only for those is not right.  */
static bool next_kind(variable *v, unsigned attempt)
{
    bool first = attempt < ATTEMPTS, second = attempt < 2 * ATTEMPTS;

    if (!v->drawn || v->kind_given)
        return false;
    v->kind = first ? ANY : v->symmetric && second ? SPD : POS;
    return true;
}

static int draw_values(problem *p, unsigned point, unsigned attempt, bool *again)
{
    *again = false;
    for (size_t i = 0; i < p->variables; i++) {
        variable *v = &p->variable[i];
        bool free = next_kind(v, attempt);
        ticket t = { p->options->seed, v->name, point, free ? attempt : 0 };
        if (v->drawn && draw(v->value, v->kind, v->symmetric, t))
            return GSL_ENOMEM;
        *again = *again || free;
    }
    return GSL_SUCCESS;
}

static int explain(const problem *p, const evaluation *e, int code)
{
    int status;

    if (code == GSL_ENOMEM)
        return out_of_memory();
    if (e->complaint.code) {
        const char *label = e->complained == p->hand ? p->options->hand_option : NULL;
        status = complain_about(label, dm_expression_text(e->complained), &e->complaint);
    } else {
        char message[512];
        snprintf(message, sizeof message, "%s", *recorded_error() ? recorded_error() : gsl_strerror(code));
        dm_in_the_language(message, sizeof message);
        complain("%s", message);
        status = status_of(code);
    }
    for (size_t i = 0; code == GSL_EDOM && i < p->variables; i++)
        if (p->variable[i].drawn) {
            const variable *v = &p->variable[i];
            complain("%s was drawn at random: give it a value (%s=FILE) or another kind (%s~%s)", v->name,
                     v->name, v->name, v->rows == v->cols ? "spd" : "pos");
            break;
        }
    return status;
}

int solve_problem(problem *p, unsigned point, int (*compute)(evaluation *e, void *results), void *results)
{
    evaluation e = { .problem = p };
    bool again;
    int code;

    for (unsigned attempt = 0;; attempt++) {
        e = (evaluation) { .problem = p, .expression = p->expression, .of = p->wrt };
        forget_errors();
        code = draw_values(p, point, attempt, &again);
        if (!code)
            code = compute(&e, results);
        if (code != GSL_EDOM || !again || attempt + 1 == 3 * ATTEMPTS)
            break;
    }
    return code ? explain(p, &e, code) : DONE;
}
