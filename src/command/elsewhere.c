/* The derivatives of a problem at other sizes, for what is said of sizes by drivers/diagnose.h.
 *
 * First the variable to differentiate by is larger than all else, as that tells most sizes apart; where that
 * does not fit, all that was drawn is as much larger.                                               */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "command/check.h"

enum { ELSEWHERE = 400 };              /* the number of the draw, apart from those of the points */

/* A copy whose drawn values are its own; NULL values where there is no memory for them. */
static bool copy_problem(problem *copy, const problem *p)
{
    *copy = *p;
    copy->variable = calloc(p->variables + 1, sizeof *copy->variable);
    copy->shape = calloc(p->variables + 1, sizeof *copy->shape);
    if (!copy->variable || !copy->shape)
        return false;
    memcpy(copy->variable, p->variable, p->variables * sizeof *copy->variable);
    for (size_t i = 0; i < p->variables; i++)
        if (copy->variable[i].drawn)
            copy->variable[i].value = NULL;
    return true;
}

static void free_copy(problem *copy)
{
    for (size_t i = 0; copy->variable && i < copy->variables; i++)
        if (copy->variable[i].drawn)
            gsl_matrix_free(copy->variable[i].value);
    free(copy->variable);
    free(copy->shape);
}

static bool has_grown(const problem *copy, const problem *p)
{
    for (size_t i = 0; i < p->variables; i++)
        if (copy->variable[i].rows != p->variable[i].rows || copy->variable[i].cols != p->variable[i].cols)
            return true;
    return false;
}

static int draw_copy(problem *copy)
{
    int status = GSL_SUCCESS;

    for (size_t i = 0; !status && i < copy->variables; i++) {
        variable *v = &copy->variable[i];
        if (!v->drawn)
            continue;
        v->value = gsl_matrix_alloc(v->rows, v->cols);
        status = v->value ? draw(v->value, v->kind, v->symmetric,
                                 (ticket) { copy->options->seed, v->name, ELSEWHERE, 0 }) : GSL_ENOMEM;
    }
    return status;
}

static int both_of(problem *copy, gsl_matrix **exact, gsl_matrix **hand)
{
    evaluation e = { .problem = copy, .expression = copy->expression, .of = copy->wrt };
    const variable *v = checked(copy);
    size_t rows, cols;
    int status = draw_copy(copy);

    dm_check_shape_of(copy->options->kind, copy->rows, copy->cols, v->rows, v->cols, &rows, &cols);
    *exact = gsl_matrix_alloc(rows, cols);
    *hand = gsl_matrix_alloc(rows, cols);
    if (!*exact || !*hand)
        return GSL_ENOMEM;
    if (!status)
        status = exact_of(&e, *exact);
    if (!status)
        status = hand_of(&e, *hand);
    forgive(&e);
    return status;
}

static int at_other_sizes(const problem *p, bool all, other_sizes *found, gsl_matrix **exact,
                          gsl_matrix **hand)
{
    problem copy;
    int status = copy_problem(&copy, p) ? GSL_EINVAL : GSL_ENOMEM;

    if (status != GSL_ENOMEM && enlarge(&copy, all) && has_grown(&copy, p))
        status = both_of(&copy, exact, hand);
    if (!status)
        for (size_t i = 0; i < p->variables; i++) {
            found->rows[i] = copy.variable[i].rows;
            found->cols[i] = copy.variable[i].cols;
        }
    if (status) {
        gsl_matrix_free(*exact);
        gsl_matrix_free(*hand);
        *exact = *hand = NULL;
    }
    free_copy(&copy);
    return status;
}

int look_elsewhere(const problem *p, other_sizes *found, gsl_matrix **exact, gsl_matrix **hand)
{
    *exact = *hand = NULL;
    found->rows = found->rows ? found->rows : calloc(p->variables + 1, sizeof *found->rows);
    found->cols = found->cols ? found->cols : calloc(p->variables + 1, sizeof *found->cols);
    if (!found->rows || !found->cols)
        return GSL_ENOMEM;
    if (!p->hand)
        return GSL_EINVAL;
    int status = at_other_sizes(p, false, found, exact, hand);
    return status && status != GSL_ENOMEM ? at_other_sizes(p, true, found, exact, hand) : status;
}

size_t count_sizes(const problem *p)
{
    return 3 * p->variables;
}

/* Of every variable, the one to differentiate by first: its rows, its columns, its entries. */
const char *size_of(const problem *p, other_sizes *found, size_t i, double *here, double *there)
{
    size_t k = i / 3 == 0 ? p->wrt : i / 3 <= p->wrt ? i / 3 - 1 : i / 3;
    const variable *v = &p->variable[k];
    bool rows = i % 3 != 1, cols = i % 3 != 0;

    *here = (double) ((rows ? v->rows : 1) * (cols ? v->cols : 1));
    *there = !found->rows || !found->cols ? *here          /* nobody has looked elsewhere */
             : (double) ((rows ? found->rows[k] : 1) * (cols ? found->cols[k] : 1));
    if (rows && cols)
        snprintf(found->text, sizeof found->text, "(rows(%.40s)*columns(%.40s))", v->name, v->name);
    else
        snprintf(found->text, sizeof found->text, "%s(%.40s)", rows ? "rows" : "columns", v->name);
    return found->text;
}

void free_other_sizes(other_sizes *found)
{
    free(found->rows);
    free(found->cols);
}
