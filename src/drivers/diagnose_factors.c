/* Factors of the chain rule that are left out: scalars, parts of the expression, steps. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <gsl/gsl_math.h>
#include "drivers/diagnose_search.h"

/* E = r*H (or r*H') with another r at each point. */
static bool scalar_apart(dm_search *s)
{
    for (int transposed = 0; transposed <= dm_is_square(s); transposed++) {
        bool found = true;
        if (transposed)
            dm_transposes(s->H, s->X, s->world->points);
        for (size_t k = 0; found && k < s->world->points; k++)
            found = dm_ratio(s, s->E[k], transposed ? s->X[k] : s->H[k], &s->r[k]);
        s->transposed = transposed;
        if (found)
            return true;
    }
    return false;
}

/* r = c*x^power at all points, for the scalar x: which c? */
static bool fit_scalar(const dm_search *s, const double x[], double power, double *c)
{
    for (size_t k = 0; k < s->world->points; k++) {
        double value = pow(fabs(x[k]), power) * (fmod(power, 2) != 0 && x[k] < 0 ? -1 : 1);
        double now = value != 0 ? s->r[k] / value : NAN;
        if (!isfinite(now) || (k > 0 && !dm_close(now, *c)))
            return false;
        *c = now;
    }
    return true;
}

/* A name, a number, or one call: it can be multiplied as it is. */
static bool is_closed(const char *x)
{
    int depth = 0;

    for (size_t i = 0; x[i]; i++) {
        depth += (x[i] == '(') - (x[i] == ')');
        if (depth == 0 && strchr("+-*/^\\ .'", x[i]))
            return false;
        if (x[i] == '(' && i == 0)
            return false;
    }
    return true;
}

/* c*x^power, or c*x*y^and, for the scalars x and y. */
typedef struct {
    size_t x, y;
    double c, power, and;              /* and 0: there is no y */
} scalar_factor;

typedef struct { char text[900]; } factor_text;

/* "-2*", "1/", "x'*A*x", "^2" */
static factor_text write_scalar(const dm_search *s, const scalar_factor *f)
{
    const char *x = dm_name_asked(s, DM_ASK_SCALAR, f->x);
    double power = f->power, c = f->c;
    const char *open = is_closed(x) || (power == 1 && dm_close(c, 1)) ? "" : "(", *end = *open ? ")" : "";
    char number[60] = "";
    factor_text t;

    if (dm_close(c, -1))
        strcpy(number, "-");
    else if (!dm_close(c, 1))
        snprintf(number, sizeof number, "%s*", dm_show_constant(c).text);
    if (power == 1)
        snprintf(t.text, sizeof t.text, "%s%s%s%s", number, open, x, end);
    else if (power == -1 && dm_close(c, -1))
        snprintf(t.text, sizeof t.text, "-1/%s%s%s", open, x, end);
    else if (power == -1 && !dm_close(c, 1) && dm_close(1 / c, round(1 / c)))
        snprintf(t.text, sizeof t.text, "1/(%.0f*%s%s%s)", 1 / c, open, x, end);
    else if (power == -1)
        snprintf(t.text, sizeof t.text, "%s/%s%s%s", dm_close(c, 1) ? "1" : dm_show_constant(c).text, open,
                 x, end);
    else
        snprintf(t.text, sizeof t.text, "%s%s%s%s^%s%g%s", number, open, x, end, power < 0 ? "(" : "", power,
                 power < 0 ? ")" : "");
    if (f->and != 0) {
        const char *y = dm_name_asked(s, DM_ASK_SCALAR, f->y);
        size_t used = strlen(t.text);
        snprintf(t.text + used, sizeof t.text - used, is_closed(y) ? "%s%s" : "%s(%s)",
                 f->and < 0 ? "/" : "*", y);
        used = strlen(t.text);
        if (fabs(f->and) != 1)
            snprintf(t.text + used, sizeof t.text - used, "^%g", fabs(f->and));
    }
    return t;
}

static void say_scalar(dm_search *s, const scalar_factor *f)
{
    factor_text factor = write_scalar(s, f);

    dm_because(s, "%sthe outer factor %s is missing", s->transposed ? "it must be transposed, and " : "",
            factor.text);
    if (s->transposed)
        return;
    if (f->power == 1 && dm_close(f->c, 1) && !is_closed(factor.text)) {
        char within[920];
        snprintf(within, sizeof within, "(%s)", factor.text);
        dm_mend(s, within);
    } else {
        dm_mend(s, factor.text);
    }
}

/* The scalars there are, each at all points; NaN where it has no value.  NULL: none, or no memory. */
static double *scalars_at_points(dm_search *s)
{
    const dm_check_world *w = s->world;
    size_t n = w->count[DM_ASK_SCALAR], points = w->points;
    double *x = n ? calloc(n * points, sizeof *x) : NULL;
    gsl_matrix *one = gsl_matrix_alloc(1, 1);

    if (!one || (n && !x))
        s->memory = GSL_ENOMEM;
    for (size_t i = 0; i < n && !s->memory; i++)
        for (size_t k = 0; k < points; k++) {
            int status = w->answer(w->params, DM_ASK_SCALAR, i, k, one);
            s->memory = status == GSL_ENOMEM ? status : s->memory;
            x[i * points + k] = status ? NAN : at(one, 0, 0);
            if (status)
                break;
        }
    gsl_matrix_free(one);
    return x;
}

static bool is_constant(const double x[], size_t n)
{
    for (size_t k = 1; k < n; k++)
        if (!dm_close(x[k], x[0]))
            return false;
    return true;
}

/* The product of two of them, or a quotient; the first ones are the simplest. */
static bool find_scalars(const dm_search *s, const double x[], scalar_factor *f)
{
    static const double powers[] = { -1, 1, -2, -3 };
    size_t n = s->world->count[DM_ASK_SCALAR], points = s->world->points;
    /* Where r is a constant, the quotient of any two that are equal would do. */
    double *product = is_constant(s->r, points) ? NULL : malloc(points * sizeof *product);
    bool found = false;

    for (size_t p = 0; p < sizeof powers / sizeof powers[0] && product && points > 2; p++)
        for (size_t last = 1; last < n; last++)
            for (size_t pair = 0; pair < 2 * last && !found; pair++) {
                size_t i = pair % 2 ? last : pair / 2, j = pair % 2 ? pair / 2 : last;
                for (size_t k = 0; k < points; k++)
                    product[k] = x[i * points + k] * pow(x[j * points + k], powers[p]);
                *f = (scalar_factor) { i, j, 0, 1, powers[p] };
                found = isfinite(product[0]) && fit_scalar(s, product, 1, &f->c) && dm_is_plain(f->c);
            }
    free(product);
    return found;
}

/* Which of them is r at all points, up to a power and a constant?  Plain constants first, or alone. */
static bool find_scalar(const dm_search *s, const double x[], bool plain, scalar_factor *f)
{
    static const double powers[] = { 1, -1, 2, -2, 3, -3, 0.5, -0.5, -1.5 };
    size_t points = s->world->points;
    double c = NAN;

    for (int any = 0; any < (plain ? 1 : 2); any++)
        for (size_t p = 0; p < sizeof powers / sizeof powers[0]; p++)
            for (size_t i = 0; i < s->world->count[DM_ASK_SCALAR]; i++)
                if (isfinite(x[i * points]) && fit_scalar(s, &x[i * points], powers[p], &c)
                    && (dm_is_plain(c) || (any && points > 1))) {
                    *f = (scalar_factor) { i, i, c, powers[p], 0 };
                    return true;
                }
    return find_scalars(s, x, f);
}

bool dm_outer_factor(dm_search *s)
{
    const dm_check_world *w = s->world;
    scalar_factor f;
    bool found = false;

    if (w->count[DM_ASK_SCALAR] == 0 || !scalar_apart(s))
        return false;
    double *x = scalars_at_points(s);
    if (!s->memory && find_scalar(s, x, false, &f)) {
        say_scalar(s, &f);
        found = true;
    }
    free(x);
    if (!found && !s->memory && w->points > 1 && w->rows * w->cols > 1)
        found = dm_because(s, "%san outer factor is missing or wrong: all entries are off by the same "
                              "factor, which varies with the values",
                           s->transposed ? "it must be transposed, and " : "");
    return found;
}

/* E - H + P = r*P at every point, P being a term of H: that term needs the factor r, if it is not 1. */
static bool part_apart(dm_search *s, size_t part, gsl_matrix *const needed[])
{
    if (!dm_answered(s, DM_ASK_PART, part, s->X))
        return false;
    for (size_t k = 0; k < s->world->points; k++) {
        gsl_matrix_memcpy(needed[k], s->E[k]);
        gsl_matrix_sub(needed[k], s->H[k]);
        gsl_matrix_add(needed[k], s->X[k]);
        if (!dm_ratio(s, needed[k], s->X[k], &s->r[k]))
            return false;
    }
    return !is_constant(s->r, s->world->points) || !dm_close(s->r[0], 1);
}

bool dm_part_factor(dm_search *s)
{
    const dm_check_world *w = s->world;
    size_t parts = w->points > 1 ? w->count[DM_ASK_PART] : 0;
    gsl_matrix **needed = parts ? dm_matrices(w->points, w->rows, w->cols) : NULL;
    double *x = needed ? scalars_at_points(s) : NULL;
    scalar_factor f;
    bool found = false;

    if (parts && !needed)
        s->memory = GSL_ENOMEM;
    for (size_t part = 0; part < parts && x && !s->memory && !found; part++)
        if (part_apart(s, part, needed)) {
            bool constant = is_constant(s->r, w->points);
            found = (constant || find_scalar(s, x, true, &f))
                 && dm_because(s, "the term %s needs the factor %s", dm_name_asked(s, DM_ASK_PART, part),
                            constant ? dm_show_constant(s->r[0]).text : write_scalar(s, &f).text);
        }
    dm_free_matrices(needed, w->points);
    free(x);
    return found;
}

/* H = r*T for a term T of the right one. */
bool dm_scaled_term(dm_search *s)
{
    size_t points = s->world->points, terms = points > 1 ? s->terms : 0;
    double *x = terms ? scalars_at_points(s) : NULL;
    scalar_factor f;
    bool found = false;

    for (size_t i = 0; i < terms && x && !found; i++) {
        found = true;
        for (size_t k = 0; k < points && found; k++)
            found = dm_ratio(s, s->H[k], dm_term_at(s, i, k), &s->r[k]);
        if (found && (found = find_scalar(s, x, false, &f)))
            dm_because(s, "it is only the term %s, and that with the factor %s", dm_name_term(s, i).text,
                    write_scalar(s, &f).text);
    }
    free(x);
    return found;
}

bool dm_step_left_out(dm_search *s, bool multiple)
{
    double c;

    for (size_t i = 0; i < s->world->count[DM_ASK_STEP] && !s->memory; i++) {
        if (!dm_answered(s, DM_ASK_STEP, i, s->X) || !dm_constant_ratio(s, s->H, s->X, &c)
            || (!multiple && !dm_close(c, 1)))
            continue;
        dm_because(s, "the chain rule stops early: the derivative of %s is left out",
                   dm_name_asked(s, DM_ASK_STEP, i));
        if (!dm_close(c, 1))
            dm_and_also(s, ", and there is a factor %s too much", dm_show_constant(c).text);
        return true;
    }
    return false;
}

bool dm_inner_left_out(dm_search *s, bool multiple)
{
    double c;

    for (size_t i = 0; i < s->world->count[DM_ASK_INNER] && !s->memory; i++) {
        if (!dm_answered(s, DM_ASK_INNER, i, s->X) || !dm_constant_ratio(s, s->H, s->X, &c)
            || (!multiple && !dm_close(c, 1)))
            continue;
        dm_because(s, "the chain rule stops early: it is the derivative with respect to %s",
                dm_name_asked(s, DM_ASK_INNER, i));
        if (!dm_close(c, 1))
            dm_and_also(s, ", times %s", dm_show_constant(c).text);
        return true;
    }
    return false;
}
