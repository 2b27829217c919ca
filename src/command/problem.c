/* A problem: an expression, and what is said about its variables on the command line. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "command/command.h"

/* ------------------------------------------------------------------------------------- variables -- */

variable *find_variable(const problem *p, const char *name)
{
    for (size_t i = 0; i < p->variables; i++)
        if (strcmp(p->variable[i].name, name) == 0)
            return &p->variable[i];
    return NULL;
}

static void add_variable(problem *p, const char *name)
{
    if (!find_variable(p, name))
        p->variable[p->variables++] = (variable) { .name = name };
}

static int collect_variables(problem *p)
{
    const options *o = p->options;
    size_t n = dm_expression_variables(p->expression), m = p->hand ? dm_expression_variables(p->hand) : 0;
    size_t most = n + m + o->wrt.n + o->alongs;

    p->variable = calloc(most + 1, sizeof *p->variable);
    p->name = calloc(most + 1, sizeof *p->name);
    p->shape = calloc(most + 1, sizeof *p->shape);
    if (!p->variable || !p->name || !p->shape)
        return out_of_memory();
    for (size_t i = 0; i < n; i++)
        add_variable(p, dm_expression_variable(p->expression, i));
    for (size_t i = 0; i < m; i++)
        add_variable(p, dm_expression_variable(p->hand, i));
    for (size_t i = 0; i < o->wrt.n; i++)
        add_variable(p, o->wrt.name[i]);
    for (size_t i = 0; i < o->alongs; i++)
        add_variable(p, o->along[i].name);
    for (size_t i = 0; i < p->variables; i++)
        p->name[i] = p->variable[i].name;
    return DONE;
}

/* "A, b, x" */
static void list_variables(const dm_expression *expression, char *text, size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < dm_expression_variables(expression) && used + 1 < size; i++) {
        int more = snprintf(text + used, size - used, "%s%s", i > 0 ? ", " : "",
                            dm_expression_variable(expression, i));
        used += more > 0 ? (size_t) more : 0;
    }
}

static int not_in_expression(const problem *p, const char *where, const char *name)
{
    char known[256];
    const char *meant = NULL;

    list_variables(p->expression, known, sizeof known);
    for (size_t i = 0; i < dm_expression_variables(p->expression) && !meant; i++) {
        const char *candidate = dm_expression_variable(p->expression, i);
        meant = nearest(name, &candidate, 1);
    }
    if (*known == '\0')
        return words("%s: %s does not occur in %s, which has no variables", where, name,
                     dm_expression_text(p->expression));
    if (meant)
        return words("%s: %s does not occur in %s: did you mean %s?", where, name,
                     dm_expression_text(p->expression), meant);
    return words("%s: %s does not occur in %s (variables: %s)", where, name,
                 dm_expression_text(p->expression), known);
}

/* ---------------------------------------------------------------------------------- what is given -- */

static void label_of(const assignment *a, const char *option, char *text, size_t size)
{
    snprintf(text, size, "%s%s%c%.60s%s", option, a->name, a->random ? '~' : '=', a->source,
             strlen(a->source) > 60 ? "…" : "");
}

static int read_random(const assignment *a, const char *label, size_t *rows, size_t *cols, draw_kind *kind,
                       bool *kind_given)
{
    if (!read_draw(a->source, rows, cols, kind, kind_given))
        return words("%s: behind ~ a shape and a kind are needed, such as 4x3, 5, 5x5:spd or spd; kinds are "
                     "any, sym, spd, orth, lower, pos, wellcond", label);
    if (*rows && kind_is_square(*kind) && *rows != *cols)
        return words("%s: %zu×%zu: a %s matrix is square", label, *rows, *cols, kind_name(*kind));
    return DONE;
}

static int take_given(problem *p, const assignment *a)
{
    char label[160];
    variable *v = find_variable(p, a->name);
    int status;

    label_of(a, "", label, sizeof label);
    if (!v)
        return not_in_expression(p, label, a->name);
    if (a->random) {
        v->drawn = true;
        return read_random(a, label, &v->rows, &v->cols, &v->kind, &v->kind_given);
    }
    v->value = read_source(label, a->source, &status);
    if (v->value) {
        v->rows = v->value->size1;
        v->cols = v->value->size2;
    }
    return status;
}

static int direction_shape(const variable *v, const char *label, size_t rows, size_t cols)
{
    if (rows == v->rows && cols == v->cols)
        return DONE;
    return words("%s: the direction is %zu×%zu and %s is %zu×%zu: they must have the same shape", label,
                 rows, cols, v->name, v->rows, v->cols);
}

static int take_direction(problem *p, const assignment *a)
{
    char label[160];
    variable *v = find_variable(p, a->name);
    size_t rows = 0, cols = 0;
    bool kind_given;
    int status;

    label_of(a, "--along ", label, sizeof label);
    if (a->random) {
        v->direction_drawn = true;
        status = read_random(a, label, &rows, &cols, &v->direction_kind, &kind_given);
    } else if ((v->direction = read_source(label, a->source, &status))) {
        rows = v->direction->size1;
        cols = v->direction->size2;
    }
    if (status != DONE || rows == 0)
        return status;
    if (v->rows == 0) {
        v->rows = rows;
        v->cols = cols;
    }
    return direction_shape(v, label, rows, cols);
}

static bool occurs(const problem *p, const char *name)
{
    for (size_t i = 0; i < dm_expression_variables(p->expression); i++)
        if (strcmp(dm_expression_variable(p->expression, i), name) == 0)
            return true;
    return false;
}

/* What is differentiated by must occur in the expression, or at least have a value. */
static int take_names(problem *p)
{
    const options *o = p->options;

    for (size_t i = 0; i < o->wrt.n; i++) {
        variable *v = find_variable(p, o->wrt.name[i]);
        if (!occurs(p, v->name) && v->rows == 0)
            return not_in_expression(p, "--wrt", v->name);
        v->wrt = true;
        if (i == 0)
            p->wrt = (size_t) (v - p->variable);
    }
    for (size_t i = 0; i < o->alongs; i++)
        if (!occurs(p, o->along[i].name))
            return not_in_expression(p, "--along", o->along[i].name);
    for (size_t i = 0; i < o->symmetric.n; i++) {
        variable *v = find_variable(p, o->symmetric.name[i]);
        if (!v)
            return not_in_expression(p, "--symmetric", o->symmetric.name[i]);
        v->symmetric = true;
        if (v->kind == LOWER || v->kind == ORTH || v->kind == WELLCOND)
            return words("--symmetric %s: a draw that is %s is not symmetric", v->name, kind_name(v->kind));
    }
    for (size_t i = 0; i < p->variables; i++) {
        variable *v = &p->variable[i];
        bool free = !v->value && (!v->kind_given || v->kind == SYM || v->kind == SPD);
        v->symmetric = v->symmetric || (free && dm_expression_needs_symmetric(p->expression, v->name));
    }
    return DONE;
}

/* A^T, written on paper for A': a power here, and of a T that nobody has given. */
static int check_transposes(const problem *p)
{
    const variable *T = find_variable(p, "T");
    const dm_expression *in[] = { p->expression, p->hand };

    for (size_t i = 0; i < 2 && T && T->rows == 0 && !T->drawn; i++) {
        const char *text = in[i] ? dm_expression_text(in[i]) : "", *at = strstr(text, "^T");
        dm_complaint complaint = { .code = GSL_EINVAL, .at = (size_t) (at ? at - text : 0), .length = 2,
                                   .message = "a transpose is written A', not A^T, which is a power" };
        if (at && !isalnum((unsigned char) at[2]) && at[2] != '_')
            return complain_about(i ? p->options->hand_option : NULL, text, &complaint);
    }
    return DONE;
}

/* Is everything said that the command must know? */
static int check_options(const problem *p)
{
    const options *o = p->options;
    const command *c = o->command;
    char known[256];

    list_variables(p->expression, known, sizeof known);
    if ((c->takes & (WRT | ALONG)) && *known == '\0')
        return words("%s has no variables to differentiate by", o->expression);
    if ((c->takes & WRT) && o->wrt.n == 0)
        return words("%s needs --wrt: with respect to which of %s?", c->name, known);
    if ((c->takes & ONE) && o->wrt.n > 1)
        return words("%s differentiates by one variable, not by %s and %s at once", c->name,
                     o->wrt.name[0], o->wrt.name[1]);
    if ((c->takes & ALONG) && o->alongs == 0)
        return words("%s needs --along A=SOURCE: which of %s moves, and in which direction?", c->name,
                     known);
    if ((c->takes & HAND) && !o->hand)
        return words("%s needs the hand-derived result: --hand EXPR, --hand-jac EXPR or --hand-hess EXPR",
                     c->name);
    return DONE;
}

/* ----------------------------------------------------------------------------------------- values -- */

static int check_symmetric(const variable *v)
{
    if (v->rows != v->cols)
        return words("--symmetric %s: %s is %zu×%zu: a symmetric matrix is square", v->name, v->name,
                     v->rows, v->cols);
    if (!v->value || v->drawn)
        return DONE;
    double allowed = 1e-12 * magnitude(v->value);
    for (size_t i = 0; i < v->rows; i++)
        for (size_t j = 0; j < i; j++) {
            double lower = gsl_matrix_get(v->value, i, j), upper = gsl_matrix_get(v->value, j, i);
            if (lower - upper > allowed || upper - lower > allowed)
                return words("--symmetric %s: entry (%zu,%zu) is %.17g and entry (%zu,%zu) is %.17g", v->name,
                             j + 1, i + 1, upper, i + 1, j + 1, lower);
        }
    return DONE;
}

static int not_square(const char *option, const variable *v, draw_kind kind)
{
    return words("%s%s~%s: %s is %zu×%zu: a %s matrix is square", option, v->name,
                 kind == SPD ? "spd" : "sym", v->name, v->rows, v->cols, kind_name(kind));
}

/* Room for what is drawn; every shape is known now. */
static int prepare_values(problem *p)
{
    int status = DONE;

    for (size_t i = 0; status == DONE && i < p->variables; i++) {
        variable *v = &p->variable[i];
        if (!v->value) {
            v->drawn = true;
            p->drawn++;
            v->value = gsl_matrix_alloc(v->rows, v->cols);
            if (!v->value)
                return out_of_memory();
        }
        if (v->direction_drawn && !(v->direction = gsl_matrix_alloc(v->rows, v->cols)))
            return out_of_memory();
        if (v->drawn && kind_is_square(v->kind) && v->rows != v->cols)
            return not_square("", v, v->kind);
        if (v->direction_drawn && kind_is_square(v->direction_kind) && v->rows != v->cols)
            return not_square("--along ", v, v->direction_kind);
        if (v->symmetric)
            status = check_symmetric(v);
    }
    return status;
}

static int draw_direction(const problem *p, variable *v)
{
    char name[128];

    snprintf(name, sizeof name, "d%s", v->name);
    return draw(v->direction, v->direction_kind, v->symmetric,
                (ticket) { .seed = p->options->seed, .name = name });
}

static int draw_directions(problem *p)
{
    for (size_t i = 0; i < p->variables; i++) {
        variable *v = &p->variable[i];
        if (v->direction_drawn && draw_direction(p, v))
            return out_of_memory();
        if (v->direction && v->symmetric)
            symmetrize(v->direction);
    }
    return DONE;
}

/* ------------------------------------------------------------------------------ opening and closing -- */

static int parse(const char *label, const char *text, dm_expression **expression)
{
    dm_complaint complaint = { .code = 0 };

    *expression = dm_expression_parse(text, &complaint);
    return *expression ? DONE : complain_about(label, text, &complaint);
}

static int read_hand(problem *p)
{
    const options *o = p->options;
    int status;

    if (!o->hand)
        return DONE;
    if (o->hand[0] != '@') {
        dm_complaint complaint = { .code = 0 };
        p->hand = dm_expression_parse(o->hand, &complaint);
        if (!p->hand && names_file(o->hand))
            return words("%s %s: did you mean @%s, for the numbers in that file?", o->hand_option, o->hand,
                         o->hand);
        return p->hand ? DONE : complain_about(o->hand_option, o->hand, &complaint);
    }
    p->hand_numbers = read_source(o->hand_option, o->hand + 1, &status);
    return status;
}

int open_problem(problem *p, const options *o)
{
    *p = (problem) { .options = o };
    if (!o->expression)
        return words("%s needs an expression: dualmat %s %s", o->command->name, o->command->name,
                     o->command->arguments);
    int status = parse(NULL, o->expression, &p->expression);
    if (status == DONE)
        status = check_options(p);
    if (status == DONE)
        status = read_hand(p);
    if (status == DONE)
        status = collect_variables(p);
    for (size_t i = 0; status == DONE && i < o->givens; i++)
        status = take_given(p, &o->given[i]);
    for (size_t i = 0; status == DONE && i < o->alongs; i++)
        status = take_direction(p, &o->along[i]);
    if (status == DONE)
        status = take_names(p);
    if (status == DONE)
        status = check_transposes(p);
    if (status == DONE)
        status = infer_shapes(p);
    if (status == DONE)
        status = prepare_values(p);
    if (status == DONE)
        status = draw_directions(p);
    return status;
}

void close_problem(problem *p)
{
    for (size_t i = 0; i < p->variables; i++) {
        gsl_matrix_free(p->variable[i].value);
        gsl_matrix_free(p->variable[i].direction);
    }
    gsl_matrix_free(p->hand_numbers);
    free(p->variable);
    free(p->name);
    free(p->shape);
    dm_expression_free(p->expression);
    dm_expression_free(p->hand);
}
