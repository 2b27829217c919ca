/* eval, grad, jvp, jac, hess: one function each to compute, one to print. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "command/command.h"

typedef struct {
    gsl_matrix *value;                 /* of the expression */
    gsl_matrix **gradient;             /* one a variable; NULL where none is asked for */
    gsl_matrix *derivative;            /* differential, Jacobian or Hessian ... */
    size_t rows, cols;                 /* ... of this shape, once it is known */
    double det;                        /* of the Jacobian */
} results;

typedef struct {
    bool (*hold)(const problem *p, results *r);             /* room for the results; false: no memory */
    int (*compute)(evaluation *e, void *results);
    void (*print)(const problem *p, const results *r);
} calculation;

static void free_results(const problem *p, results *r)
{
    for (size_t i = 0; r->gradient && i < p->variables; i++)
        gsl_matrix_free(r->gradient[i]);
    free(r->gradient);
    gsl_matrix_free(r->value);
    gsl_matrix_free(r->derivative);
}

/* The memory is asked for first: where there is none gsl_matrix_alloc does not free its own header. */
static bool hold_derivative(results *r, size_t rows, size_t cols)
{
    size_t entries, bytes;
    bool fits = !__builtin_mul_overflow(rows, cols, &entries)
             && !__builtin_mul_overflow(entries, sizeof(double), &bytes);
    void *room = fits ? malloc(bytes) : NULL;

    r->rows = rows;
    r->cols = cols;
    free(room);
    return room && (r->derivative = gsl_matrix_alloc(rows, cols));
}

/* Not for the derivative, whose size is of interest then. */
static int no_room(const results *r)
{
    if (r->rows == 0)
        return out_of_memory();
    complain("out of memory: the result is %zu×%zu, %.3g GB", r->rows, r->cols,
             8e-9 * (double) r->rows * (double) r->cols);
    return NUMBERS;
}

static int run(const options *o, const calculation *c)
{
    problem p;
    results r = { .value = NULL };
    int status = open_problem(&p, o);

    if (status == DONE && !((r.value = gsl_matrix_alloc(p.rows, p.cols)) && c->hold(&p, &r)))
        status = r.derivative ? out_of_memory() : no_room(&r);
    if (status == DONE)
        status = solve_problem(&p, 0, c->compute, &r);
    if (status == DONE) {
        if (o->json)
            json_begin();
        else
            print_draws(&p, 1);
        c->print(&p, &r);
        if (o->json) {
            json_draws(&p);
            json_end();
        }
    }
    free_results(&p, &r);
    close_problem(&p);
    return status;
}

/* ------------------------------------------------------------------------------------- in common -- */

static bool hold_gradients(const problem *p, results *r)
{
    if (!(r->gradient = calloc(p->variables, sizeof *r->gradient)))
        return false;
    for (size_t i = 0; i < p->variables; i++) {
        const variable *v = &p->variable[i];
        if (v->wrt && !(r->gradient[i] = gsl_matrix_alloc(v->rows, v->cols)))
            return false;
    }
    return true;
}

static dm *make_variable(dm_context *context, const variable *v)
{
    return v->wrt ? dm_variable(context, v->value) : dm_constant(context, v->value);
}

static dm *make_dual(dm_context *context, const variable *v)
{
    return v->direction ? dm_dual(context, v->value, v->direction) : dm_constant(context, v->value);
}

static const char *title_of(const problem *p)
{
    const char *text = p->options->expression;

    return strlen(text) <= 48 && !strpbrk(text, "\n\r\t") ? text : "value";
}

static void print_value(const problem *p, const results *r)
{
    if (p->options->json)
        json_value("value", r->value);
    else
        print_titled(title_of(p), r->value, p->options);
}

static void print_derivative(const problem *p, const char *key, const char *title, const gsl_matrix *A)
{
    if (p->options->json) {
        json_matrix(key, A);
    } else {
        printf("\n%s, %zu×%zu:\n", title, A->size1, A->size2);
        print_matrix(A, p->options);
    }
}

/* "gradient with respect to A" */
static const char *with_respect_to(char text[160], const char *what, const variable *v)
{
    snprintf(text, 160, "%s with respect to %.100s%s", what, v->name, v->symmetric ? " (symmetric)" : "");
    return text;
}

/* ------------------------------------------------------------------------------------------ eval -- */

static bool hold_value(const problem *p, results *r)
{
    (void) p;
    (void) r;
    return true;
}

static int take_value(const problem *p, dm *C, dm *const values[], void *to)
{
    results *r = to;

    (void) p;
    (void) values;
    return copy_value(r->value, dm_value(C), C);
}

static int compute_value(evaluation *e, void *r)
{
    return evaluate_in_context(e, make_constant, take_value, r);
}

static void print_eval(const problem *p, const results *r)
{
    print_value(p, r);
}

int run_eval(const options *o)
{
    return run(o, &(calculation) { hold_value, compute_value, print_eval });
}

/* ------------------------------------------------------------------------------------------ grad -- */

/* One pass over the terms serves all variables. */
static int take_gradients(const problem *p, dm *f, dm *const values[], void *to)
{
    results *r = to;
    int status = copy_value(r->value, dm_value(f), f);

    for (size_t i = 0; !status && i < p->variables; i++)
        if (r->gradient[i]) {
            status = dm_read_off(f, values[i], r->gradient[i]);
            if (!status && p->variable[i].symmetric)
                symmetrize(r->gradient[i]);
        }
    return status;
}

static int compute_gradients(evaluation *e, void *r)
{
    return evaluate_in_context(e, make_variable, take_gradients, r);
}

static void print_grad(const problem *p, const results *r)
{
    const names *wrt = &p->options->wrt;
    char title[160];

    print_value(p, r);
    if (p->options->json)
        json_open("gradient");
    for (size_t i = 0; i < wrt->n; i++) {
        const variable *v = find_variable(p, wrt->name[i]);
        print_derivative(p, v->name, with_respect_to(title, "gradient", v), r->gradient[v - p->variable]);
    }
    if (p->options->json)
        json_close();
}

int run_grad(const options *o)
{
    return run(o, &(calculation) { hold_gradients, compute_gradients, print_grad });
}

/* ------------------------------------------------------------------------------------------- jvp -- */

static bool hold_differential(const problem *p, results *r)
{
    return hold_derivative(r, p->rows, p->cols);
}

static int take_differential(const problem *p, dm *C, dm *const values[], void *to)
{
    results *r = to;
    int status = copy_value(r->value, dm_value(C), C);

    (void) p;
    (void) values;
    return status ? status : copy_value(r->derivative, dm_differential(C, 0), C);
}

static int compute_differential(evaluation *e, void *r)
{
    return evaluate_in_context(e, make_dual, take_differential, r);
}

static void print_jvp(const problem *p, const results *r)
{
    print_value(p, r);
    if (p->options->json) {
        json_value("differential", r->derivative);
    } else {
        putchar('\n');
        print_titled("differential", r->derivative, p->options);
    }
}

int run_jvp(const options *o)
{
    return run(o, &(calculation) { hold_differential, compute_differential, print_jvp });
}

/* ------------------------------------------------------------------------------------------- jac -- */

static bool hold_jacobian(const problem *p, results *r)
{
    const variable *v = &p->variable[p->wrt];

    return hold_derivative(r, p->rows * p->cols, v->rows * v->cols);
}

static int determinant(const gsl_matrix *J, double *det)
{
    dm_context *context = dm_context_alloc();

    if (!context)
        return GSL_ENOMEM;
    *det = dm_value_scalar(dm_det(dm_named(dm_constant(context, J), "J")));
    int status = dm_context_error(context);
    dm_context_free(context);
    return status;
}

static int compute_jacobian(evaluation *e, void *to)
{
    results *r = to;
    const variable *v = &e->problem->variable[e->of];
    int status = dm_jacobian(&(dm_function) { evaluate, e }, v->value, r->value, r->derivative);

    if (!status && v->symmetric)
        symmetrize_derivative(r->derivative, DM_JACOBIAN, v->rows);
    if (!status && e->problem->options->det)
        status = determinant(r->derivative, &r->det);
    return status;
}

static void print_jac(const problem *p, const results *r)
{
    const options *o = p->options;
    double volume = fabs(r->det);
    char title[160];

    print_value(p, r);
    print_derivative(p, "jacobian", with_respect_to(title, "Jacobian J", &p->variable[p->wrt]),
                     r->derivative);
    if (o->det && o->json) {
        json_number("det", r->det);
        json_number("volume_factor", volume);
    } else if (o->det) {
        printf("\ndet J = %.*g\nvolume factor |det J| = %.*g\n", o->digits, r->det, o->digits, volume);
    }
}

int run_jac(const options *o)
{
    return run(o, &(calculation) { hold_jacobian, compute_jacobian, print_jac });
}

/* ------------------------------------------------------------------------------------------ hess -- */

static bool hold_hessian(const problem *p, results *r)
{
    const variable *v = &p->variable[p->wrt];
    size_t n = v->rows * v->cols;

    return hold_derivative(r, n, n) && hold_gradients(p, r);
}

static int compute_hessian(evaluation *e, void *to)
{
    results *r = to;
    const variable *v = &e->problem->variable[e->of];
    gsl_matrix *U = r->gradient[e->of], *H = r->derivative;
    int status = dm_hessian(&(dm_function) { evaluate, e }, v->value, r->value->data, U, H);

    if (!status && v->symmetric) {
        symmetrize(U);
        symmetrize_derivative(H, DM_HESSIAN, v->rows);
    }
    return status;
}

static void print_hess(const problem *p, const results *r)
{
    const variable *v = &p->variable[p->wrt];
    char title[160];

    print_value(p, r);
    print_derivative(p, "gradient", with_respect_to(title, "gradient", v), r->gradient[p->wrt]);
    print_derivative(p, "hessian", with_respect_to(title, "Hessian", v), r->derivative);
}

int run_hess(const options *o)
{
    return run(o, &(calculation) { hold_hessian, compute_hessian, print_hess });
}
