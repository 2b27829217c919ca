/* derive: the formula of a derivative, line by line, and whether it is right. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "command/derive.h"

/* ------------------------------------------------------------------------------------ sizes for all
 *
 * Whatever size the expression leaves free gets a prime of its own: then every eye(n) shows whose n it is,
 * and a formula that holds only where two sizes agree is found out.                                  */

static bool shape_given(const options *o, const char *name)
{
    for (size_t i = 0; i < o->givens; i++)
        if (strcmp(o->given[i].name, name) == 0) {
            size_t rows, cols;
            draw_kind kind;
            bool kind_given;
            return !o->given[i].random
                || (read_draw(o->given[i].source, &rows, &cols, &kind, &kind_given) && rows > 0);
        }
    return false;
}

static size_t *side_of(dm_shape *shape, int side)
{
    return side ? &shape->cols : &shape->rows;
}

static bool infer_with(const problem *p, const dm_shape *known, dm_shape *to, size_t free_size)
{
    dm_complaint complaint = { .code = 0 };

    memcpy(to, known, p->variables * sizeof *to);
    return dm_expression_infer(p->expression, to, p->variables, NULL, free_size, &complaint) == GSL_SUCCESS;
}

/* Does a place of the expression name the number n, as in A(1:5,:)? */
static bool names_place(const char *expression, size_t n)
{
    for (const char *s = strpbrk(expression, "(,:"); s; s = strpbrk(s + 1, "(,:"))
        if (strtoul(s + 1, NULL, 10) == n)
            return true;
    return false;
}

/* Can that be the size?  As one that is not the least possible and named nowhere, so that five rows of A(1:5,:) are
 * neither all rows nor as many as there are columns.                                                */
static bool can_be(const problem *p, const dm_shape *known, dm_shape *room, size_t *size, size_t n)
{
    if (names_place(dm_expression_text(p->expression), n))
        return false;
    *size = n - 1;
    bool smaller = infer_with(p, known, room, 101);
    *size = n;
    return smaller && infer_with(p, known, room, 101);
}

static void choose_sizes(const problem *p, bool falling, dm_shape *known, dm_shape *a, dm_shape *b)
{
    enum { PRIMES = 8 };
    static const size_t primes[PRIMES] = { 5, 7, 11, 13, 17, 19, 23, 29 };
    size_t used = 0, chosen = 0, most = p->variables < 3 ? 2 * p->variables : PRIMES;

    for (size_t i = 0; i < p->variables; i++)
        for (int side = 0; side < 2; side++) {
            size_t *size = side_of(&known[i], side);
            if (side == 1 && p->variable[i].symmetric)
                known[i].cols = known[i].rows;
            if (*size || !infer_with(p, known, a, 101) || !infer_with(p, known, b, 103))
                continue;
            size_t one = *side_of(&a[i], side), other = *side_of(&b[i], side);
            if (one == other)
                *size = one;
            if (one != 101 || other != 103 || chosen == most)
                continue;
            size_t k = used;
            while (k < PRIMES && !can_be(p, known, a, size, primes[falling && k < most ? most - 1 - k : k]))
                k++;
            if (k == PRIMES) {
                *size = 0;
                continue;
            }
            used = k + 1;
            chosen++;
        }
}

/* New shapes for the variables that are drawn without one. */
static int distinct_sizes(problem *p, bool falling)
{
    size_t n = p->variables;
    dm_shape *all = calloc(3 * (n + 1), sizeof *all), *a = all + n, *b = a + n;
    int status = DONE;

    if (!all)
        return out_of_memory();
    for (size_t i = 0; i < p->variables; i++) {
        variable *v = &p->variable[i];
        bool given = shape_given(p->options, v->name);
        bool number = v->value && !v->drawn && v->rows * v->cols == 1;
        all[i] = (dm_shape) { .name = v->name, .rows = given ? v->rows : 0, .cols = given ? v->cols : 0,
                              .value = number ? v->value->data : NULL };
    }
    choose_sizes(p, falling, all, a, b);
    dm_complaint complaint = { .code = 0 };
    dm_shape result = { .name = NULL };
    if (dm_expression_infer(p->expression, all, p->variables, &result, 5, &complaint) == GSL_SUCCESS) {
        for (size_t i = 0; status == DONE && i < p->variables; i++) {
            variable *v = &p->variable[i];
            if (v->rows == all[i].rows && v->cols == all[i].cols)
                continue;
            gsl_matrix *value = gsl_matrix_alloc(all[i].rows, all[i].cols);
            if (!value) {
                status = out_of_memory();
                break;
            }
            gsl_matrix_free(v->value);
            v->value = value;
            v->rows = all[i].rows;
            v->cols = all[i].cols;
        }
        p->rows = result.rows ? result.rows : p->rows;
        p->cols = result.cols ? result.cols : p->cols;
    }
    free(all);
    return status;
}

static int take_any(const problem *p, dm *C, dm *const values[], void *to)
{
    (void) p;
    (void) values;
    (void) to;
    return dm_value(C).matrix.data ? GSL_SUCCESS : C ? dm_status(C) : GSL_EFAILED;
}

/* Has the expression a value there?  X'*X has no inverse where X is wide. */
static bool has_value(problem *p, const dm_expression *formula)
{
    evaluation e = { .problem = p, .expression = formula, .of = p->wrt };
    double unused;

    for (size_t i = 0; i < p->variables; i++) {
        variable *v = &p->variable[i];
        if (v->drawn && draw(v->value, v->kind, v->symmetric,
                            (ticket) { .seed = p->options->seed, .name = v->name }))
            return true;
    }
    forget_errors();
    int code = evaluate_in_context(&e, make_constant, take_any, &unused);
    forget_errors();
    return code != GSL_ESING && code != GSL_EDOM;
}

/* ---------------------------------------------------------------------------------- the derivation */

typedef struct {
    const problem *problem;
    dm_complaint complaint;
} reading;

static dm *read_expression(dm_context *context, dm *const values[], void *params)
{
    reading *r = params;

    return dm_expression_evaluate(r->problem->expression, context, r->problem->name, values,
                                  r->problem->variables, &r->complaint);
}

static dm_derivative kind_of(const problem *p)
{
    return p->options->hess ? DM_HESSIAN
         : p->rows == 1 && p->cols == 1 ? DM_GRADIENT : DM_JACOBIAN;
}

static int derive(const problem *p, size_t wrt, dm_derivation *d)
{
    reading r = { .problem = p };
    dm_derive_variable *v = calloc(p->variables + 1, sizeof *v);

    *d = (dm_derivation) { .context = NULL };
    if (!v)
        return out_of_memory();
    for (size_t i = 0; i < p->variables; i++)
        v[i] = (dm_derive_variable) { p->variable[i].name, p->variable[i].rows, p->variable[i].cols,
                                      stands_symmetric(p, &p->variable[i]) };
    dm_derive_function F = { read_expression, &r, v, p->variables };
    int code = dm_derive(&F, wrt, kind_of(p), d);
    free(v);
    if (code == GSL_SUCCESS || code == GSL_EUNSUP)     /* no closed form: the differential is the result */
        return DONE;
    if (r.complaint.code)
        return complain_about(NULL, dm_expression_text(p->expression), &r.complaint);
    complain("%s", d->message);
    return status_of(code);
}

/* ---------------------------------------------------------------------------------- is it right? */

static const double WRONG = 1e-6;      /* from this error on a formula is, if rounding does not explain it */

typedef struct {
    const dm_expression *formula;
    dm_derivative kind;
    gsl_matrix *exact, *found, *direction, *room[2];
    dm_check_margin *margin;
    derived *d;
} verification;

static int take_formula(const problem *p, dm *C, dm *const values[], void *to)
{
    verification *v = to;

    (void) p;
    (void) values;
    gsl_matrix_const_view found = dm_value(C);
    if (!found.matrix.data || found.matrix.size1 != v->found->size1 || found.matrix.size2 != v->found->size2)
        return C && dm_status(C) ? dm_status(C) : GSL_EBADLEN;
    return gsl_matrix_memcpy(v->found, &found.matrix);
}

/* The exact one, with rounding errors on the way to it; the formula's own are not asked for. */
static int shake(void *params, bool by_hand, unsigned number, double size, gsl_matrix *to)
{
    evaluation *e = params;
    const variable *x = &e->problem->variable[e->of];
    dm_derivative kind = kind_of(e->problem);

    if (by_hand)
        return GSL_EINVAL;
    e->shake = size;
    e->shaking = number;
    int status = dm_check_exact(&(dm_function) { evaluate, e }, kind, x->value, to, true);
    e->shake = 0;
    e->complaint.code = GSL_SUCCESS;
    if (status && status != GSL_ENOMEM) {
        gsl_matrix_set_all(to, GSL_POSINF);        /* a hair's breadth from where it has no value */
        return GSL_SUCCESS;
    }
    if (!status && x->symmetric)
        symmetrize_derivative(to, kind, x->rows);
    return status;
}

/* The formula at the problem's values, against the dual numbers and against the function itself. */
static int verify_once(evaluation *e, void *to)
{
    verification *v = to;
    const variable *x = &e->problem->variable[e->of];
    dm_function F = { evaluate, e };
    evaluation formula = { .problem = e->problem, .expression = v->formula, .of = e->of };
    int status = dm_check_exact(&F, v->kind, x->value, v->exact, false);

    if (!status && x->symmetric)
        symmetrize_derivative(v->exact, v->kind, x->rows);
    if (!status)
        status = evaluate_in_context(&formula, make_constant, take_formula, v);
    if (!status && draw(v->direction, ANY, x->symmetric,
                        (ticket) { .seed = e->problem->options->seed, .name = "direction" }))
        status = GSL_ENOMEM;
    if (status)
        return status;
    status = dm_check_taylor(&F, v->kind, x->value, v->direction, v->found, v->exact, &v->d->taylor);
    e->complaint.code = GSL_SUCCESS;   /* of a step that led out of the function's domain */
    dm_check_report report;
    dm_check_compare(v->found, v->exact, 0, WRONG, NULL, &report);
    v->d->error = fmax(v->d->error, report.error);
    if (report.right)
        return status;
    /* That of log(det(X'*X)) is nothing but rounding errors where X is wide. */
    dm_check_compare_shaken(v->found, v->exact, 0, WRONG, shake, e, v->room, v->margin, &report);
    v->d->unseen = v->d->unseen || report.right;
    return status;
}

static int verify(problem *p, derived *d)
{
    const variable *x = d->x;
    dm_complaint complaint = { .code = 0 };
    dm_expression *formula = dm_expression_parse(d->formula, &complaint);
    verification v = { .formula = formula, .kind = d->derivation.kind, .d = d };
    size_t rows, cols;
    int status = DONE;

    if (!formula)
        return complain_about("the formula", d->formula, &complaint);
    dm_check_shape_of(v.kind, p->rows, p->cols, x->rows, x->cols, &rows, &cols);
    v.exact = gsl_matrix_alloc(rows, cols);
    v.found = gsl_matrix_alloc(rows, cols);
    v.direction = gsl_matrix_alloc(x->rows, x->cols);
    v.room[0] = gsl_matrix_alloc(rows, cols);
    v.room[1] = gsl_matrix_alloc(rows, cols);
    v.margin = calloc(rows * cols, sizeof *v.margin);
    if (!v.exact || !v.found || !v.direction || !v.room[0] || !v.room[1] || !v.margin)
        status = out_of_memory();
    for (unsigned point = 0; status == DONE && point < DERIVE_POINTS; point++)
        status = solve_problem(p, point, verify_once, &v);
    if (status == DONE && !d->unseen && !(d->error < WRONG)) {
        complain("the formula %s is off by %.1e: please report this", d->formula, d->error);
        status = NUMBERS;
    }
    gsl_matrix_free(v.exact);
    gsl_matrix_free(v.found);
    gsl_matrix_free(v.direction);
    gsl_matrix_free(v.room[0]);
    gsl_matrix_free(v.room[1]);
    free(v.margin);
    dm_expression_free(formula);
    return status;
}

/* ------------------------------------------------------------------------------------- the command */

/* The derivation, with sizes for which the formula has a value. */
static int derive_somewhere(problem *p, size_t wrt, dm_derivation *d)
{
    int status = derive(p, wrt, d);
    const char *formula = status == DONE ? dm_symbol_text(d->result) : NULL;
    dm_complaint complaint = { .code = 0 };
    dm_expression *parsed = formula ? dm_expression_parse(formula, &complaint) : NULL;

    if (parsed && !(has_value(p, parsed) && has_value(p, p->expression))) {
        dm_derivation_free(d);
        status = distinct_sizes(p, true);
        if (status == DONE)
            status = derive(p, wrt, d);
    }
    dm_expression_free(parsed);
    return status;
}

static int derive_and_verify(problem *p, derived *d)
{
    int status = derive_somewhere(p, p->wrt, &d->derivation);

    if (status != DONE || !d->derivation.result)
        return status;
    if (!(d->formula = dm_symbol_text(d->derivation.result)))
        return out_of_memory();
    return verify(p, d);
}

static int derive_one(problem *p, derived *d)
{
    p->wrt = (size_t) (d->x - p->variable);
    int status = derive_and_verify(p, d);

    if (status != DONE || !d->unseen)
        return status;
    dm_derivation_free(&d->derivation);
    *d = (derived) { .problem = p, .x = d->x };
    status = distinct_sizes(p, true);
    if (status == DONE)
        status = derive_and_verify(p, d);
    if (status == DONE && d->unseen) {
        complain("at %s of %zu×%zu the derivative is nothing but rounding errors, so that no formula can be "
                 "verified: give %s another shape or a value (%s~%zux%zu, %s=FILE)", d->x->name, d->x->rows,
                 d->x->cols, d->x->name, d->x->name, d->x->cols, d->x->rows, d->x->name);
        status = NUMBERS;
    }
    return status;
}

static int page(const options *o, const derived *all, size_t n)
{
    FILE *to = fopen(o->html, "w");

    if (!to)
        return words("--html %s: %s", o->html, strerror(errno));
    bool written = write_page(to, all, n);
    if (fclose(to) != 0 || !written)
        return words("--html %s: it could not be written", o->html);
    return DONE;
}

static int show(const options *o, const derived *all, size_t n)
{
    int status = DONE;

    if (o->json)
        json_derived(all, n);
    else
        status = print_derived(all, n, o->as ? o->as : "text");
    return status == DONE && o->html ? page(o, all, n) : status;
}

int run_derive(const options *o)
{
    problem p = { .options = o };
    int status = o->html ? check_writable("--html", o->html) : DONE;

    if (status == DONE)
        status = open_problem(&p, o);
    derived *all = status == DONE ? calloc(o->wrt.n + 1, sizeof *all) : NULL;

    if (status == DONE && !all)
        status = out_of_memory();
    if (status == DONE && o->as && !is_output_language(o->as))
        status = words("--as %s: text, latex, octave, python, c or mathml is needed", o->as);
    if (status == DONE)
        status = distinct_sizes(&p, false);
    for (size_t i = 0; status == DONE && i < o->wrt.n; i++) {
        all[i].problem = &p;
        all[i].x = find_variable(&p, o->wrt.name[i]);
        status = derive_one(&p, &all[i]);
    }
    if (status == DONE)
        status = show(o, all, o->wrt.n);
    for (size_t i = 0; all && i < o->wrt.n; i++)
        dm_derivation_free(&all[i].derivation);
    free(all);
    close_problem(&p);
    return status;
}
