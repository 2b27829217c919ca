/* Why is the hand-derived result wrong?  The questions of drivers/diagnose.h, answered for expressions.
 *
 * Every question is an expression and a variable to differentiate it by, evaluated at one of a few random
 * points.  At them all variables that were drawn are drawn anew; those that were given move by about a third,
 * but for whole numbers, which may be sizes or exponents.                                              */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "command/check.h"
#include "drivers/derive.h"
#include "drivers/diagnose.h"
#include "language/vary.h"
#include "operations/operations.h"

enum { POINTS = 5, ATTEMPTS = 12, FIRST_POINT = 300, NO_VARIABLE = -1 };

typedef struct {
    evaluation *e;
    checking *c;
    dm_variants term, summand, part, scalar, step, inner, misread, edit;
    dm_expression *terms;              /* the expression with every occurrence a name of its own */
    char *right;                       /* the right formula; NULL: it cannot be written */
    size_t *square, squares;           /* variables that may be symmetric */
    size_t *other, others;
    other_sizes sizes;
    dm_expression *variant;            /* the last one that was asked for */
    const char *variant_text;
    char words[400];                   /* what a step of the chain rule is */
    size_t drawn_point;                /* what the values are now: which point, */
    int drawn_symmetric;               /*     and which variable symmetric; NO_VARIABLE */
    bool drawn;
} diagnosis;

/* ---------------------------------------------------------------------------------------- the points */

static bool is_fixed(const variable *v)
{
    return !v->drawn && v->rows * v->cols == 1
        && gsl_matrix_get(v->value, 0, 0) == floor(gsl_matrix_get(v->value, 0, 0));
}

/* The given value, moved. */
static int move_given(variable *v, const gsl_matrix *given, ticket t)
{
    gsl_matrix *R = gsl_matrix_alloc(v->rows, v->cols);
    double all = magnitude(given), step = 0.3 / (1 + t.attempt);
    int status = R ? draw(R, ANY, v->symmetric, t) : GSL_ENOMEM;

    for (size_t i = 0; !status && i < v->rows; i++)
        for (size_t j = 0; j < v->cols; j++) {
            double own = fabs(gsl_matrix_get(given, i, j));
            gsl_matrix_set(v->value, i, j, gsl_matrix_get(given, i, j)
                           + step * (own > 0 ? own : all > 0 ? all : 1) * gsl_matrix_get(R, i, j));
        }
    gsl_matrix_free(R);
    return status;
}

static int draw_all(diagnosis *d, size_t point, int symmetric, unsigned attempt)
{
    const problem *p = d->e->problem;
    int status = GSL_SUCCESS;

    for (size_t i = 0; !status && i < p->variables; i++) {
        variable *v = &p->variable[i];
        bool free = v->drawn && !v->kind_given;
        draw_kind kind = free && attempt >= 2 * ATTEMPTS / 3 ? POS : v->kind;
        ticket t = { p->options->seed, v->name, (unsigned) (FIRST_POINT + point), attempt };
        if (is_fixed(v))
            continue;
        status = v->drawn ? draw(v->value, kind, v->symmetric, t) : move_given(v, d->c->kept[i], t);
        if ((int) i == symmetric && !status) {
            if (free && attempt >= ATTEMPTS / 3 && attempt < 2 * ATTEMPTS / 3)
                status = draw(v->value, SPD, true, t);
            symmetrize(v->value);
        }
    }
    return status;
}

static int both_exist(diagnosis *d)
{
    evaluation *e = d->e;
    int status = exact_of(e, d->c->other);

    return status ? status : hand_of(e, d->c->other);
}

/* The values are those of the point; where both derivatives exist, if they do after so many attempts. */
static int go_to(diagnosis *d, size_t point, int symmetric)
{
    int status = GSL_SUCCESS;

    if (d->c->problem->hand_numbers || (d->drawn && d->drawn_point == point && d->drawn_symmetric == symmetric))
        return GSL_SUCCESS;
    d->drawn = false;
    for (unsigned attempt = 0; attempt < ATTEMPTS; attempt++) {
        status = draw_all(d, point, symmetric, attempt);
        if (!status)
            status = both_exist(d);
        if (!status || status == GSL_ENOMEM)
            break;
    }
    d->drawn = !status;
    d->drawn_point = point;
    d->drawn_symmetric = symmetric;
    return status;
}

/* --------------------------------------------------------------------------------------- evaluating */

typedef struct {
    const diagnosis *d;
    const dm_expression *expression;
    const char *moving;                /* the name that has the value X; the others are constant */
} function;

static const variable *variable_of(const problem *p, const char *name)
{
    size_t length = dm_varied_from(name);

    for (size_t i = 0; i < p->variables; i++)
        if (strcmp(p->variable[i].name, name) == 0)
            return &p->variable[i];
    for (size_t i = 0; i < p->variables; i++)
        if (strlen(p->variable[i].name) == length && strncmp(p->variable[i].name, name, length) == 0)
            return &p->variable[i];
    return NULL;
}

static dm *in_context(const function *f, dm_context *context, dm *X)
{
    size_t n = dm_expression_variables(f->expression);
    const char **name = malloc((n + 1) * sizeof *name);
    dm **value = malloc((n + 1) * sizeof *value), *C = NULL;
    bool found = name && value;

    for (size_t i = 0; found && i < n; i++) {
        name[i] = dm_expression_variable(f->expression, i);
        bool moves = f->moving && strcmp(name[i], f->moving) == 0;
        const variable *v = moves ? NULL : variable_of(f->d->e->problem, name[i]);
        value[i] = moves ? X : v ? dm_constant(context, v->value) : NULL;
        found = value[i] != NULL;
    }
    if (found)
        C = dm_expression_evaluate(f->expression, context, name, value, n, NULL);
    free(name);
    free(value);
    return C;
}

static dm *call(dm *X, void *params)
{
    return in_context(params, dm_context_of(X), X);
}

/* C's value: to a new matrix, or where it is NULL to `to`. */
static int take_value(dm *C, gsl_matrix **value, gsl_matrix *to)
{
    gsl_matrix_const_view V = dm_value(C);

    if (!V.matrix.data)
        return dm_status(C) ? dm_status(C) : GSL_EOVRFLW;
    if (value)
        to = *value = gsl_matrix_alloc(V.matrix.size1, V.matrix.size2);
    if (!to)
        return GSL_ENOMEM;
    return to->size1 == V.matrix.size1 && to->size2 == V.matrix.size2 ? gsl_matrix_memcpy(to, &V.matrix)
                                                                      : GSL_EBADLEN;
}

static int constant_value(const function *f, gsl_matrix **value, gsl_matrix *to)
{
    dm_context *context = dm_context_alloc();
    dm *C = context ? in_context(f, context, NULL) : NULL;
    int status = C ? take_value(C, value, to) : context ? GSL_EFAILED : GSL_ENOMEM;

    dm_context_free(context);
    return status;
}

/* The text, parsed; it is kept until another one is asked for. */
static const dm_expression *parsed(diagnosis *d, const char *text)
{
    if (d->variant_text != text) {
        dm_expression_free(d->variant);
        d->variant = dm_expression_parse(text, NULL);
        d->variant_text = text;
    }
    return d->variant;
}

/* Of the expression, at the value X of what moves; `to` says which shape it must have. */
static int derivative(diagnosis *d, const dm_expression *expression, const char *moving,
                      const gsl_matrix *X, gsl_matrix *to)
{
    const problem *p = d->e->problem;
    function f = { d, expression, moving };
    size_t rows, cols;

    dm_check_shape_of(d->c->kind, p->rows, p->cols, X->size1, X->size2, &rows, &cols);
    if (rows != to->size1 || cols != to->size2)
        return GSL_EBADLEN;
    return dm_check_exact(&(dm_function) { call, &f }, d->c->kind, X, to, true);
}

static int projected(const diagnosis *d, int status, gsl_matrix *to)
{
    const variable *v = checked(d->e->problem);

    if (!status && v->symmetric)
        symmetrize_derivative(to, d->c->kind, v->rows);
    return status;
}

static int inner_derivative(diagnosis *d, const dm_variant *variant, gsl_matrix *to)
{
    dm_expression *part = dm_expression_parse(variant->what, NULL);
    function f = { d, part, NULL };
    gsl_matrix *S = NULL;
    int status = part ? constant_value(&f, &S, NULL) : GSL_EFAILED;
    const dm_expression *outer = status ? NULL : parsed(d, variant->text);

    if (!status)
        status = outer ? derivative(d, outer, DM_INNER, S, to) : GSL_EFAILED;
    gsl_matrix_free(S);
    dm_expression_free(part);
    return status;
}

static int varied(diagnosis *d, const dm_variant *variant, bool derive, gsl_matrix *to)
{
    const dm_expression *expression = parsed(d, variant->text);
    function f = { d, expression, NULL };
    const variable *v = checked(d->e->problem);

    if (!expression)
        return GSL_EFAILED;
    return derive ? derivative(d, expression, v->name, v->value, to) : constant_value(&f, NULL, to);
}

static int answer(void *params, dm_question question, size_t i, size_t point, gsl_matrix *to)
{
    diagnosis *d = params;
    problem *p = d->e->problem;
    const variable *v = checked(p);
    bool symmetric = question == DM_ASK_EXACT_SYMMETRIC || question == DM_ASK_HAND_SYMMETRIC;
    int status = go_to(d, point, symmetric ? (int) d->square[i] : NO_VARIABLE);

    if (!status)
        switch (question) {
        case DM_ASK_EXACT: case DM_ASK_EXACT_SYMMETRIC: status = exact_of(d->e, to); break;
        case DM_ASK_HAND: case DM_ASK_HAND_SYMMETRIC:   status = hand_of(d->e, to); break;
        case DM_ASK_TERM:
            status = projected(d, derivative(d, d->terms, d->term.variant[i].text, v->value, to), to);
            break;
        case DM_ASK_SUMMAND: status = projected(d, varied(d, &d->summand.variant[i], false, to), to); break;
        case DM_ASK_PART:   status = projected(d, varied(d, &d->part.variant[i], false, to), to); break;
        case DM_ASK_SCALAR: status = varied(d, &d->scalar.variant[i], false, to); break;
        case DM_ASK_STEP:   status = projected(d, varied(d, &d->step.variant[i], true, to), to); break;
        case DM_ASK_INNER:  status = projected(d, inner_derivative(d, &d->inner.variant[i], to), to); break;
        case DM_ASK_OTHER: {
            const variable *other = &p->variable[d->other[i]];
            status = projected(d, derivative(d, p->expression, other->name, other->value, to), to);
            break;
        }
        case DM_ASK_MISREAD: status = projected(d, varied(d, &d->misread.variant[i], true, to), to); break;
        case DM_ASK_EDIT:   status = projected(d, varied(d, &d->edit.variant[i], false, to), to); break;
        default:            status = GSL_EINVAL;
        }
    forgive(d->e);
    return status;
}

static char *formula(void *params, const char *factor)
{
    const diagnosis *d = params;
    const dm_expression *hand = d->e->problem->hand;

    return !hand ? NULL : factor ? dm_vary_multiple(hand, factor) : dm_vary_transposed(hand);
}

static const char *edited(void *params, size_t i)
{
    const diagnosis *d = params;

    return d->edit.variant[i].text;
}

static int elsewhere(void *params, gsl_matrix **exact, gsl_matrix **hand)
{
    diagnosis *d = params;

    return look_elsewhere(d->e->problem, &d->sizes, exact, hand);
}

static const char *size(void *params, size_t i, double *here, double *there)
{
    diagnosis *d = params;

    return size_of(d->e->problem, &d->sizes, i, here, there);
}

/* ---------------------------------------------------------------------------- formulas, derived anew */

static dm *call_symbols(dm_context *context, dm *const values[], void *params)
{
    const function *f = params;
    size_t n = dm_expression_variables(f->expression);
    const char **name = malloc((n + 1) * sizeof *name);
    dm *C = NULL;

    for (size_t i = 0; name && i < n; i++)
        name[i] = dm_expression_variable(f->expression, i);
    if (name)
        C = dm_expression_evaluate(f->expression, context, name, values, n, NULL);
    free(name);
    return C;
}

/* Names that were made up are those of the variables again: A__2 is A, unless it is a variable itself. */
static void use_own_names(const problem *p, char *text)
{
    char *to = text;

    while (*text) {
        size_t n = 0;
        while (isalnum((unsigned char) text[n]) || text[n] == '_')
            n++;
        char after = text[n];
        text[n] = '\0';                /* a word alone, which may be a name */
        const variable *v = n ? variable_of(p, text) : NULL;
        size_t kept = v ? strlen(v->name) : n;
        memmove(to, text, kept);
        text += n;
        to += kept;
        *text = after;
        if (n == 0)
            *to++ = *text++;
    }
    *to = '\0';
}

/* The derivative of the expression by that name as a text from malloc; NULL: it cannot be written.  DM_INNER
 * is 1×1.                                                                                             */
static char *derived_text(diagnosis *d, const dm_expression *expression, const char *moving,
                          dm_derivative kind)
{
    size_t n = dm_expression_variables(expression), wrt = n;
    dm_derive_variable *all = calloc(n + 1, sizeof *all);
    function f = { d, expression, moving };
    dm_derivation derivation = { .context = NULL };
    char *text = NULL;

    for (size_t i = 0; all && i < n; i++) {
        const char *own = dm_expression_variable(expression, i);
        const variable *v = strcmp(own, DM_INNER) ? variable_of(d->e->problem, own) : NULL;
        all[i] = v ? (dm_derive_variable) { own, v->rows, v->cols, stands_symmetric(d->e->problem, v) }
                   : (dm_derive_variable) { own, 1, 1, false };
        wrt = strcmp(own, moving) == 0 ? i : wrt;
    }
    if (all && wrt < n
        && dm_derive(&(dm_derive_function) { call_symbols, &f, all, n }, wrt, kind, &derivation)
               == GSL_SUCCESS) {
        const char *derived = dm_symbol_text(derivation.result);
        if (derived && (text = malloc(strlen(derived) + 1)))
            strcpy(text, derived);
    }
    dm_derivation_free(&derivation);
    free(all);
    return text;
}

/* The same if it is right where the variables are now, to 1e-8 of the largest entry. */
static char *derived(diagnosis *d, const dm_expression *expression, const char *moving)
{
    const checking *c = d->c;
    char *text = derived_text(d, expression, moving, c->kind);
    dm_expression *formula = text ? dm_expression_parse(text, NULL) : NULL;
    gsl_matrix *other = gsl_matrix_alloc(c->exact->size1, c->exact->size2);
    function f = { d, formula, NULL };
    bool right = formula && other && go_to(d, 0, NO_VARIABLE) == GSL_SUCCESS
              && derivative(d, expression, moving, checked(c->problem)->value, c->other) == GSL_SUCCESS
              && constant_value(&f, NULL, other) == GSL_SUCCESS;

    if (right && projected(d, GSL_SUCCESS, c->other) == GSL_SUCCESS
        && projected(d, GSL_SUCCESS, other) == GSL_SUCCESS) {
        double scale = magnitude(other);
        gsl_matrix_sub(other, c->other);
        right = magnitude(other) <= 1e-8 * scale;
    }
    gsl_matrix_free(other);
    dm_expression_free(formula);
    forgive(d->e);
    if (!right) {
        free(text);
        return NULL;
    }
    use_own_names(c->problem, text);
    return text;
}

/* The expression as a symbol, DM_INNER being `inner` in it; NULL: it cannot be. */
static dm *symbol(diagnosis *d, dm_context *context, const dm_expression *expression,
                  const dm_expression *inner)
{
    size_t n = dm_expression_variables(expression);
    dm **values = calloc(n + 1, sizeof *values), *C = NULL;
    function f = { d, expression, NULL };

    for (size_t i = 0; values && i < n; i++) {
        const char *own = dm_expression_variable(expression, i);
        const variable *v = strcmp(own, DM_INNER) ? variable_of(d->e->problem, own) : NULL;
        values[i] = v ? dm_symbol_variable(context, v->name, v->rows, v->cols,
                                           stands_symmetric(d->e->problem, v))
                      : inner ? symbol(d, context, inner, NULL) : NULL;
    }
    if (values)
        C = call_symbols(context, values, &f);
    free(values);
    return C;
}

/* As the symbols simplify it, from malloc: 2*A'*(-b) is -2*A'*b.  NULL: it cannot be. */
static char *simplified(diagnosis *d, const dm_expression *expression, const dm_expression *inner)
{
    dm_context *context = dm_context_alloc();
    dm *C = context && dm_symbols_begin(context, dm_op_named) ? symbol(d, context, expression, inner) : NULL;
    const dm_symbol *s = C && dm_status(C) == GSL_SUCCESS ? dm_symbol_of(C) : NULL;
    const char *written = s && (s = dm_symbol_shorten(s)) ? dm_symbol_text(s) : NULL;
    char *text = written ? malloc(strlen(written) + 1) : NULL;

    if (text)
        strcpy(text, written);
    dm_context_free(context);
    return text;
}

/* h'(S), where S is 1×1: 1/(a'*x) for log(a'*x).  From malloc; NULL: it cannot be written. */
static char *slope_of(diagnosis *d, const dm_variant *step)
{
    dm_expression *h = dm_expression_parse(step->text, NULL), *S = dm_expression_parse(step->what, NULL);
    gsl_matrix *one = gsl_matrix_alloc(1, 1);
    function argument = { d, S, NULL };
    bool scalar = h && S && one && constant_value(&argument, NULL, one) == GSL_SUCCESS;
    char *slope = scalar ? derived_text(d, h, DM_INNER, DM_GRADIENT) : NULL;
    dm_expression *of_inner = slope ? dm_expression_parse(slope, NULL) : NULL;
    char *text = of_inner ? simplified(d, of_inner, S) : NULL;

    dm_expression_free(of_inner);
    free(slope);
    gsl_matrix_free(one);
    dm_expression_free(S);
    dm_expression_free(h);
    forgive(d->e);
    return text;
}

/* "sin(x)"; "log(a'*x) with respect to a'*x, 1/(a'*x),", for its own derivative is what it is, not that of all
 * that stands in it.                                                                                  */
static const char *say_step(diagnosis *d, const char *applied)
{
    enum { LONGEST = 60 };
    dm_expression *e = dm_expression_parse(applied, NULL);
    dm_variant step = { NULL, NULL };
    bool nested = e && dm_vary_step(e, &step);
    char *slope = nested ? slope_of(d, &step) : NULL;
    bool shown = slope && strlen(slope) <= LONGEST;

    snprintf(d->words, sizeof d->words, "%s%s%s%s%s%s", applied, nested ? " with respect to " : "",
             nested ? step.what : "", shown ? ", " : "", shown ? slope : "", shown ? "," : "");
    free(slope);
    free(step.text);
    free(step.what);
    dm_expression_free(e);
    return d->words;
}

static const char *name(void *params, dm_question question, size_t i)
{
    diagnosis *d = params;
    const problem *p = d->e->problem;

    switch (question) {
    case DM_ASK_EXACT_SYMMETRIC: case DM_ASK_HAND_SYMMETRIC: return p->variable[d->square[i]].name;
    case DM_ASK_TERM:   return d->term.variant[i].what;
    case DM_ASK_SUMMAND: return d->summand.variant[i].what;
    case DM_ASK_PART:   return d->part.variant[i].what;
    case DM_ASK_SCALAR: return d->scalar.variant[i].what;
    case DM_ASK_STEP:   return say_step(d, d->step.variant[i].what);
    case DM_ASK_INNER:  return d->inner.variant[i].what;
    case DM_ASK_OTHER:  return p->variable[d->other[i]].name;
    case DM_ASK_MISREAD: return d->misread.variant[i].text;
    case DM_ASK_EDIT:   return d->edit.variant[i].what;
    default:            return "";
    }
}

/* The term of an occurrence. */
static char *term_value(void *params, size_t i)
{
    diagnosis *d = params;

    return derived(d, d->terms, d->term.variant[i].text);
}

/* The formula as it should be, if it is the first one or shorter than that before.  Of a square matrix that may
 * have other shapes the symbols know the rows only.                                                    */
static void offer(dm_check_report *r, const char *text)
{
    bool lost = text && strstr(r->formula, "columns(") && !strstr(text, "columns(");

    if (text && !lost && strlen(text) < sizeof r->formula
        && (!*r->formula || strlen(text) < strlen(r->formula)))
        strcpy(r->formula, text);
}

/* Is it right only once it is projected, as x*y' is for (x*y'+y*x')/2? */
static bool leaves_projection_out(diagnosis *d, const dm_expression *formula)
{
    const gsl_matrix *exact = d->c->exact;
    gsl_matrix *own = gsl_matrix_alloc(exact->size1, exact->size2);
    gsl_matrix *change = gsl_matrix_alloc(exact->size1, exact->size2);
    function f = { d, formula, NULL };
    bool differs = own && change && go_to(d, 0, NO_VARIABLE) == GSL_SUCCESS
                && constant_value(&f, NULL, own) == GSL_SUCCESS
                && gsl_matrix_memcpy(change, own) == GSL_SUCCESS && projected(d, GSL_SUCCESS, change) == GSL_SUCCESS
                && gsl_matrix_sub(change, own) == GSL_SUCCESS && magnitude(change) > 1e-8 * magnitude(own);

    gsl_matrix_free(change);
    gsl_matrix_free(own);
    forgive(d->e);
    return differs;
}

/* A small change may have made it of the given one: 2/3*3*x, which is 2*x. */
static void offer_formulas(diagnosis *d)
{
    dm_check_report *r = &d->c->report;
    dm_expression *changed = *r->formula ? dm_expression_parse(r->formula, NULL) : NULL;
    char *text = changed ? simplified(d, changed, NULL) : NULL;

    if (changed && d->right && leaves_projection_out(d, changed))
        *r->formula = '\0';
    else
        offer(r, text);
    if (d->e->problem->hand)
        offer(r, d->right);
    free(text);
    dm_expression_free(changed);
}

/* ------------------------------------------------------------------------------------ what there is */

static bool occurs_in(const dm_expression *expression, const char *variable_name)
{
    for (size_t i = 0; i < dm_expression_variables(expression); i++)
        if (strcmp(dm_expression_variable(expression, i), variable_name) == 0)
            return true;
    return false;
}

/* What the exact one is a sum of: the terms of the product rule, one for each place where the variable
 * stands (of a second derivative one for each pair: those are not asked for), and those of the formula. */
static void collect_terms(diagnosis *d)
{
    const problem *p = d->e->problem;
    const char *by = checked(p)->name;
    char *terms = d->c->kind == DM_HESSIAN ? NULL : dm_vary_occurrences(p->expression, by, &d->term);

    if (terms)
        d->terms = dm_expression_parse(terms, NULL);
    free(terms);
    d->right = derived(d, p->expression, by);
    dm_expression *right = d->right ? dm_expression_parse(d->right, NULL) : NULL;
    if (right)
        dm_vary_summands(right, &d->summand);
    for (size_t i = 0; i < d->summand.n; i++) {
        dm_variant *summand = &d->summand.variant[i];
        dm_expression *e = dm_expression_parse(summand->text, NULL);
        char *text = e ? simplified(d, e, NULL) : NULL;
        if (text) {
            free(summand->what);
            summand->what = text;
        }
        dm_expression_free(e);
    }
    dm_expression_free(right);
    if (p->hand)
        dm_vary_summands(p->hand, &d->part);
}

static int collect(diagnosis *d)
{
    const problem *p = d->e->problem;
    const variable *v = checked(p);

    collect_terms(d);
    dm_vary_scalars(p->expression, &d->scalar);
    dm_vary_steps(p->expression, v->name, &d->step);
    dm_vary_inner(p->expression, v->name, &d->inner);
    dm_vary_misreadings(p->expression, p->name, p->variables, &d->misread);
    if (p->hand)
        dm_vary_edits(p->hand, p->name, p->variables, &d->edit);
    d->square = calloc(p->variables + 1, sizeof *d->square);
    d->other = calloc(p->variables + 1, sizeof *d->other);
    if (!d->square || !d->other)
        return GSL_ENOMEM;
    for (size_t i = 0; i < p->variables; i++) {
        const variable *w = &p->variable[i];
        if (w->rows == w->cols && w->rows > 1 && !w->symmetric && w->kind != SYM && w->kind != SPD)
            d->square[d->squares++] = i;
        if (i != p->wrt && occurs_in(p->expression, w->name))
            d->other[d->others++] = i;
    }
    return GSL_SUCCESS;
}

static void discard(diagnosis *d)
{
    dm_variants_free(&d->term);
    dm_variants_free(&d->summand);
    dm_variants_free(&d->part);
    free(d->right);
    dm_variants_free(&d->scalar);
    dm_variants_free(&d->step);
    dm_variants_free(&d->inner);
    dm_variants_free(&d->misread);
    dm_variants_free(&d->edit);
    free_other_sizes(&d->sizes);
    dm_expression_free(d->terms);
    dm_expression_free(d->variant);
    free(d->square);
    free(d->other);
}

int explain_difference(evaluation *e, checking *c)
{
    const problem *p = e->problem;
    const variable *v = checked(p);
    diagnosis d = { .e = e, .c = c };
    bool formulas = p->hand != NULL;

    keep_values(c);
    int status = collect(&d);
    if (!status) {
        dm_check_world world = {
            .params = &d, .kind = c->kind, .rows = c->report.rows, .cols = c->report.cols,
            .p = p->rows, .q = p->cols, .m = v->rows, .n = v->cols,
            .points = formulas ? POINTS : 1, .tolerance = fmax(1e-8, p->options->tolerance),
            .variable = v->name, .answer = answer, .name = name, .formula = formula, .edited = edited,
            .value = term_value, .sizes = count_sizes(p), .elsewhere = elsewhere, .size = size,
            .count = {
                [DM_ASK_EXACT_SYMMETRIC] = formulas ? d.squares : 0,
                [DM_ASK_HAND_SYMMETRIC] = formulas ? d.squares : 0,
                [DM_ASK_TERM] = d.terms ? d.term.n : 0, [DM_ASK_SUMMAND] = d.summand.n,
                [DM_ASK_PART] = formulas ? d.part.n : 0, [DM_ASK_SCALAR] = d.scalar.n,
                [DM_ASK_STEP] = d.step.n, [DM_ASK_INNER] = d.inner.n, [DM_ASK_OTHER] = d.others,
                [DM_ASK_MISREAD] = d.misread.n, [DM_ASK_EDIT] = formulas ? d.edit.n : 0,
            },
        };
        status = dm_check_explain(&world, &c->report);
        /* Numbers that were rounded: the mistake is one to the digits that they have. */
        int digits = formulas ? 0 : digits_of(c->hand);
        if (!status && !*c->report.why && digits >= 3 && digits <= 8) {
            world.tolerance = fmax(world.tolerance, pow(10, 1 - digits));
            status = dm_check_explain(&world, &c->report);
        }
        if (!status)
            offer_formulas(&d);
    }
    restore_values(c);
    discard(&d);
    forgive(e);
    return status;
}
