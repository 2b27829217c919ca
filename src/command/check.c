/* dualmat check: is a hand-derived gradient, Jacobian or Hessian right?
 *
 * A formula must hold everywhere, so where variables are drawn at random it is tried at several points.  At
 * each, every entry by hand must agree with the exact one to a tolerance, or to what rounding explains: where
 * the plain comparison fails, all values on the way to them are moved by a few units in the last place, and
 * what the entries move by then is how well they can be known at all.  Where that is as much as the entries
 * are (a gradient at a minimum), or where both vanish, nothing can be seen, and they are compared again at a
 * point beside the given one.                                                                          */
#define _POSIX_C_SOURCE 200809L        /* isatty */
#include <ctype.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "command/check.h"
#include "command/plot.h"

enum { POINTS = 3 };
enum { MOVED = 200 };                  /* the number of the draw for this, apart from those of the points */

/* ------------------------------------------------------------------------ both of them, at a point -- */

int exact_of(evaluation *e, gsl_matrix *to)
{
    const variable *v = checked(e->problem);
    dm_derivative kind = e->problem->options->kind;
    int status = dm_check_exact(&(dm_function) { evaluate, e }, kind, v->value, to, false);

    if (!status && v->symmetric)
        symmetrize_derivative(to, kind, v->rows);
    return status;
}

static int take_hand_value(const problem *p, dm *C, dm *const values[], void *to)
{
    (void) p;
    (void) values;
    return copy_value(to, dm_value(C), C);
}

int hand_of(evaluation *e, gsl_matrix *to)
{
    const problem *p = e->problem;
    const dm_expression *expression = e->expression;
    int status;

    if (p->hand_numbers) {
        status = gsl_matrix_memcpy(to, p->hand_numbers);
    } else {
        e->expression = p->hand;
        status = evaluate_in_context(e, make_constant, take_hand_value, to);
        e->expression = expression;
    }
    if (!status && checked(p)->symmetric)
        symmetrize_derivative(to, p->options->kind, checked(p)->rows);
    return status;
}

static int both_at(evaluation *e, checking *c)
{
    int status = exact_of(e, c->exact);

    return status ? status : hand_of(e, c->hand);
}

/* A failure that is not the problem's: it happened at a point of our own choosing. */
void forgive(evaluation *e)
{
    e->complaint.code = GSL_SUCCESS;
    forget_errors();
}

/* ------------------------------------------------------------------------------- moving the values -- */

void keep_values(checking *c)
{
    for (size_t i = 0; i < c->problem->variables; i++)
        gsl_matrix_memcpy(c->kept[i], c->problem->variable[i].value);
}

void restore_values(checking *c)
{
    for (size_t i = 0; i < c->problem->variables; i++)
        gsl_matrix_memcpy(c->problem->variable[i].value, c->kept[i]);
}

/* A direction for the variable, every entry as large as the variable's own; where that is zero, or next to
 * it, as large as the largest.                                                                         */
static int draw_along(const problem *p, gsl_matrix *D, unsigned number, bool symmetric)
{
    const variable *v = checked(p);
    int status = draw(D, ANY, v->symmetric || symmetric,
                      (ticket) { .seed = p->options->seed, .name = "D", .point = number });
    double all = magnitude(v->value);

    for (size_t i = 0; !status && all > 0 && i < v->rows; i++)
        for (size_t j = 0; j < v->cols; j++) {
            double own = fabs(gsl_matrix_get(v->value, i, j));
            *gsl_matrix_ptr(D, i, j) *= own > 1e-10 * all ? own : all;
        }
    return status;
}

/* By a step along such a direction; or only what is zero in it, which no rounding error of its own would move. */
static int move_variable(const problem *p, double step, unsigned number, bool symmetric, bool zeros)
{
    const variable *v = checked(p);
    gsl_matrix *D = gsl_matrix_alloc(v->rows, v->cols);
    int status = D ? draw_along(p, D, number, symmetric) : GSL_ENOMEM;

    for (size_t i = 0; !status && i < v->rows; i++)
        for (size_t j = 0; j < v->cols; j++) {
            double *entry = gsl_matrix_ptr(v->value, i, j);
            *entry += zeros && *entry != 0 ? 0 : step * gsl_matrix_get(D, i, j);
        }
    gsl_matrix_free(D);
    return status;
}

/* ----------------------------------------------------------------------------------- the comparison -- */

/* With every value on the way to it moved by rounding errors.  Moving only the variables would not do: what
 * they have in common cancels in (1e8*y+2*x)-1e8*y, rounding does not.                                 */
static int shake(void *params, bool by_hand, unsigned number, double size, gsl_matrix *to)
{
    evaluation *e = params;
    const variable *v = checked(e->problem);
    gsl_matrix *given = gsl_matrix_alloc(v->rows, v->cols);
    int status = given ? gsl_matrix_memcpy(given, v->value) : GSL_ENOMEM;

    if (!status)
        status = move_variable(e->problem, size, MOVED + number, dm_check_is_symmetric(v->value), true);
    e->shake = size;
    e->shaking = number;
    if (!status)
        status = by_hand ? hand_of(e, to) : exact_of(e, to);
    e->shake = 0;
    if (given)
        gsl_matrix_memcpy(v->value, given);
    gsl_matrix_free(given);
    forgive(e);
    return status;
}

static int compare(evaluation *e, checking *c)
{
    const options *o = c->problem->options;
    double tolerance = o->tolerance < 0 ? DM_CHECK_TOLERANCE : o->tolerance;
    int status = both_at(e, c);

    /* Numbers in a file are rounded, as a rule, to so many decimals, the same for all. */
    if (!status)
        dm_check_compare_shaken(c->hand, c->exact, tolerance, c->problem->hand_numbers ? tolerance : 0, shake,
                                e, (gsl_matrix *[]) { c->other, c->more }, c->margin, &c->report);
    return status;
}

/* Beside the given point, if there the derivative can be seen and the function exists: anywhere, or where the
 * variable stays symmetric if it is.                                                                  */
static int compare_beside(evaluation *e, checking *c, const gsl_matrix *given)
{
    gsl_matrix *value = checked(c->problem)->value;
    int status = GSL_EDOM, most = dm_check_is_symmetric(value);

    c->given = c->report;
    for (int symmetric = 0; symmetric <= most && status && status != GSL_ENOMEM; symmetric++) {
        if (symmetric) {
            gsl_matrix_memcpy(value, given);
            forgive(e);
        }
        status = move_variable(c->problem, 0.1, MOVED, symmetric, false);
        if (!status)
            status = compare(e, c);
    }
    c->moved = !status && !dm_check_is_blind(&c->report)
            && (!c->report.right || c->given.largest == 0
                || c->report.hidden + c->report.kinks < c->given.hidden + c->given.kinks);
    gsl_matrix_memcpy(c->beside, value);
    if (status == GSL_ENOMEM)
        return status;
    if (!c->moved)
        c->report = c->given;
    forgive(e);
    return GSL_SUCCESS;
}

/* At a kink the error of the exact one falls as that of a wrong one does, on one side at least. */
static bool is_kink(const dm_check_report *r)
{
    return fabs(r->slope_exact - 1) < 0.2;
}

/* The Taylor test, and whether there is a kink on the way to either side. */
static int taylor(evaluation *e, checking *c, bool *kink)
{
    const variable *v = checked(c->problem);
    gsl_matrix *D = gsl_matrix_alloc(v->rows, v->cols);
    evaluation rounded = *e;
    dm_function F = { evaluate, e }, off = { evaluate, &rounded };
    int status = D ? draw_along(c->problem, D, 0, false) : GSL_ENOMEM;

    rounded.shake = 16 * DBL_EPSILON;
    rounded.shaking = 1;
    if (!status)
        status = dm_check_taylor_rounded(&F, &off, c->kind, v->value, D, c->hand, c->exact, &c->report);
    *kink = !status && (c->report.kinks > 0 || (c->report.hidden == 0 && is_kink(&c->report)));
    if (!status && !*kink && c->report.hidden == 0) {
        dm_check_report back = c->report;
        gsl_matrix_scale(D, -1);
        status = dm_check_taylor_rounded(&F, &off, c->kind, v->value, D, c->hand, c->exact, &back);
        *kink = !status && is_kink(&back);
    }
    gsl_matrix_free(D);
    return status;
}

typedef struct { const char *of; char *text; size_t size; } eigenvalues;

/* They are ascending; to a few units in the last place of the largest, as rounding leaves them. */
static int take_eigenvalues(const problem *p, dm *C, dm *const values[], void *to)
{
    eigenvalues *found = to;
    gsl_matrix_const_view lambda = dm_value(C);

    (void) p;
    (void) values;
    if (!lambda.matrix.data)
        return dm_status(C) ? dm_status(C) : GSL_EFAILED;
    size_t n = lambda.matrix.size1;
    double rounding = 64 * (double) n * DBL_EPSILON * magnitude(&lambda.matrix);
    for (size_t i = 1; i < n && !*found->text; i++) {
        double x = gsl_matrix_get(&lambda.matrix, i, 0);
        if (x - gsl_matrix_get(&lambda.matrix, i - 1, 0) <= rounding)
            snprintf(found->text, found->size, "%.60s has the eigenvalue %.6g more than once", found->of, x);
    }
    return GSL_SUCCESS;
}

/* Of which argument of eig? */
static void find_repeated(evaluation *e, checking *c)
{
    const char *text = c->problem->options->expression;

    for (const char *at = text; (at = strstr(at, "eig(")) && !*c->repeated; at += 4) {
        char part[400];
        size_t n = 4, depth = 1;
        for (; at[n] && depth > 0; n++)
            depth = depth + (at[n] == '(') - (at[n] == ')');
        if ((at > text && (isalnum((unsigned char) at[-1]) || at[-1] == '_')) || n + 10 > sizeof part)
            continue;
        snprintf(part, sizeof part, "%.*s.values", (int) n, at);
        dm_expression *values = dm_expression_parse(part, NULL);
        part[n - 1] = '\0';            /* the argument alone */
        evaluation of_values = { .problem = e->problem, .expression = values, .of = e->of };
        if (values)
            evaluate_in_context(&of_values, make_constant, take_eigenvalues,
                                &(eigenvalues) { part + 4, c->repeated, sizeof c->repeated });
        dm_expression_free(values);
    }
    forget_errors();
}

/* Is the point beside it to decide?  Where an entry cannot be seen here; and where nothing differs but at a kink,
 * of a formula: numbers are of this point alone.                                                      */
static bool is_undecided(const checking *c)
{
    const dm_check_report *r = &c->report;
    const dm_expression *hand = c->problem->hand;
    bool kinks = r->kinks > 0 && r->differ == r->outside;

    return hand && (kinks ? dm_expression_variables(hand) > 0 || dm_check_is_blind(r)
                          : r->right && (r->largest == 0 || r->hidden > 0));
}

/* One point.  The Taylor test is made at the first, and at one where the hand-derived result is wrong. */
static int check_point(evaluation *e, void *to)
{
    checking *c = to, before = *c;
    gsl_matrix *given = NULL;
    bool kink = false;
    int status = compare(e, c);

    if (!status && c->report.kinks > 0)
        find_repeated(e, c);
    if (!status && is_undecided(c)) {
        const variable *v = checked(c->problem);
        if (!(given = gsl_matrix_alloc(v->rows, v->cols)))
            return GSL_ENOMEM;
        gsl_matrix_memcpy(given, v->value);
        status = taylor(e, c, &kink);
        c->kink = kink;
        if (!status)
            status = compare_beside(e, c, given);
        if (!status && !c->moved) {
            gsl_matrix_memcpy(v->value, given);
            status = both_at(e, c);
        }
    }
    if (!status && (c->points == 0 || !c->report.right))
        status = taylor(e, c, &kink);
    if (!status) {
        c->kink = c->kink || (!c->moved && c->points == 0 && kink);
        c->points++;
        c->error = fmax(c->error, c->report.error);
        c->entry_error = fmax(c->entry_error, c->report.entry_error);
        if (c->report.right && c->points > 1) {
            c->report = before.report;
            c->moved = before.moved;
        }
    }
    if (given) {
        gsl_matrix_memcpy(checked(c->problem)->value, given);
        gsl_matrix_free(given);
    }
    return status;
}

/* -------------------------------------------------------------------------- numbers of few digits -- */

int digits_of(const gsl_matrix *A)
{
    int digits = 1;

    for (size_t i = 0; i < A->size1; i++)
        for (size_t j = 0; j < A->size2; j++)
            for (char text[40]; digits < 17; digits++) {
                snprintf(text, sizeof text, "%.*g", digits, gsl_matrix_get(A, i, j));
                if (strtod(text, NULL) == gsl_matrix_get(A, i, j))
                    break;
            }
    return digits;
}

/* Numbers from a file that would be right to a larger tolerance: to which, and is that all that is wrong with
 * them, as they have hardly more digits?  Else it is said only where nothing explains the difference.   */
static bool explain_digits(checking *c, bool rounded)
{
    const int fewest = rounded ? 2 : 3;
    dm_check_report *r = &c->report;
    int digits = 8, has = c->problem->hand_numbers ? digits_of(c->hand) : 0;

    if (!has || *r->why)
        return false;
    for (dm_check_report other; digits >= fewest; digits--) {
        double tolerance = pow(10, -digits);
        dm_check_compare(c->hand, c->exact, tolerance, tolerance, c->margin, &other);
        if (other.right)
            break;
    }
    if (digits < fewest || (rounded && has > digits + 1))
        return false;
    int used = snprintf(r->why, sizeof r->why, "all entries agree to about %d digits of the largest", digits);
    if (rounded)
        used += snprintf(r->why + used, sizeof r->why - (size_t) used, ", and the numbers by hand have "
                         "no more than %d", has);
    snprintf(r->why + used, sizeof r->why - (size_t) used, ": --tol 1e-%d accepts them", digits);
    return true;
}

/* Why is it wrong? */
static int explain(problem *p, checking *c)
{
    evaluation e = { .problem = p, .expression = p->expression, .of = p->wrt };

    if (explain_digits(c, true))
        return DONE;
    if (explain_difference(&e, c))
        return out_of_memory();
    explain_digits(c, false);
    return DONE;
}

/* ------------------------------------------------------------------------------------- the command -- */

static int hold(checking *c)
{
    const problem *p = c->problem;
    const variable *v = checked(p);
    size_t rows, cols;

    dm_check_shape_of(c->kind, p->rows, p->cols, v->rows, v->cols, &rows, &cols);
    c->exact = gsl_matrix_alloc(rows, cols);
    c->hand = gsl_matrix_alloc(rows, cols);
    c->other = gsl_matrix_alloc(rows, cols);
    c->more = gsl_matrix_alloc(rows, cols);
    c->margin = calloc(rows * cols, sizeof *c->margin);
    c->beside = gsl_matrix_alloc(v->rows, v->cols);
    c->kept = calloc(p->variables, sizeof *c->kept);
    if (!c->exact || !c->hand || !c->other || !c->more || !c->margin || !c->beside || !c->kept)
        return out_of_memory();
    for (size_t i = 0; i < p->variables; i++)
        if (!(c->kept[i] = gsl_matrix_alloc(p->variable[i].rows, p->variable[i].cols)))
            return out_of_memory();
    return DONE;
}

static void release(checking *c)
{
    for (size_t i = 0; c->kept && i < c->problem->variables; i++)
        gsl_matrix_free(c->kept[i]);
    free(c->kept);
    gsl_matrix_free(c->exact);
    gsl_matrix_free(c->hand);
    gsl_matrix_free(c->other);
    gsl_matrix_free(c->more);
    free(c->margin);
    gsl_matrix_free(c->beside);
}

/* The verdict, and the plot: in a file if one is named, drawn for those who look at a screen. */
static int report(const checking *c)
{
    const options *o = c->problem->options;
    bool named = o->plot && strcmp(o->plot, "-") != 0;

    if (o->json || o->tap)
        (o->json ? json_verdict : tap_verdict)(c);
    else
        print_verdict(c);
    if (named && write_plot(c, o->plot))
        return WORDS;
    if (!named && !o->json && !o->tap && (o->plot || isatty(STDOUT_FILENO)))
        draw_plot(c);
    return c->report.right ? DONE : HAND_IS_WRONG;
}

int run_check(const options *o)
{
    problem p = { .options = o };
    checking c = { .problem = &p, .kind = o->kind };
    int status = check_plot_name(o->plot);

    if (status == DONE)
        status = open_problem(&p, o);
    if (status == DONE)
        status = hold(&c);
    unsigned points = status == DONE && p.drawn > 0 && p.hand ? POINTS : 1;
    for (unsigned point = 0; status == DONE && point < points; point++) {
        status = solve_problem(&p, point, check_point, &c);
        if (!c.report.right)
            break;
    }
    if (status == DONE && !c.report.right)
        status = explain(&p, &c);
    if (status == DONE)
        status = report(&c);
    release(&c);
    close_problem(&p);
    return status;
}
