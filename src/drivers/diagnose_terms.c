/* Terms of the product rule that are left out, too much, or transposed. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <gsl/gsl_math.h>
#include "drivers/diagnose_search.h"

gsl_matrix *dm_term_at(const dm_search *s, size_t i, size_t k)
{
    return s->T[i * s->world->points + k];
}

/* H = E + a*T_i + b*T_j for all points?  The a and b that come nearest (j == i: a alone). */
static bool fit_terms(const dm_search *s, size_t i, size_t j, double *a, double *b)
{
    double ii = 0, ij = 0, jj = 0, di = 0, dj = 0;
    size_t points = s->world->points;

    for (size_t k = 0; k < points; k++) {
        const gsl_matrix *Ti = dm_term_at(s, i, k), *Tj = dm_term_at(s, j, k);
        ii += dm_inner_of(Ti, Ti);
        ij += dm_inner_of(Ti, Tj);
        jj += dm_inner_of(Tj, Tj);
        di += dm_inner_of(s->H[k], Ti) - dm_inner_of(s->E[k], Ti);
        dj += dm_inner_of(s->H[k], Tj) - dm_inner_of(s->E[k], Tj);
    }
    double det = ii * jj - ij * ij;
    if (ii == 0 || (i != j && det <= 1e-6 * ii * jj))
        return false;
    *a = dm_simplest(s, 1 + (i == j ? di / ii : (di * jj - dj * ij) / det)) - 1;
    *b = i == j ? 0 : dm_simplest(s, 1 + (dj * ii - di * ij) / det) - 1;
    for (size_t k = 0; k < points; k++) {
        double size = fmax(dm_largest_of(s->E[k]), dm_largest_of(s->H[k]));
        size = fmax(size, fmax(dm_largest_of(dm_term_at(s, i, k)), dm_largest_of(dm_term_at(s, j, k))));
        for (size_t row = 0; row < s->world->rows; row++)
            for (size_t col = 0; col < s->world->cols; col++)
                if (!(fabs(at(s->H[k], row, col) - at(s->E[k], row, col)
                           - *a * at(dm_term_at(s, i, k), row, col)
                           - *b * at(dm_term_at(s, j, k), row, col)) <= s->world->tolerance * size))
                    return false;
    }
    return true;
}

/* How a term stands in H whose coefficient is c instead of 1. */
typedef struct { char text[80]; } standing_text;

static standing_text standing(double c)
{
    standing_text t;

    if (fabs(c) < 1e-7)
        strcpy(t.text, "is left out");
    else if (dm_close(c, 2))
        strcpy(t.text, "is counted twice");
    else if (dm_close(c, -1))
        strcpy(t.text, "has the opposite sign");
    else
        snprintf(t.text, sizeof t.text, "has the factor %s", dm_show_constant(c).text);
    return t;
}

static bool plain(double c)
{
    return fabs(c) < 1e-7 || dm_close(c, 2) || dm_close(c, -1) || dm_close(c, 0.5);
}

/* The j > i whose term is `times` the i-th, once as in x'*x; i: there is none. */
static size_t twin(const dm_search *s, size_t i, double *times)
{
    size_t points = s->world->points;

    for (size_t j = i + 1; j < s->terms; j++)
        if (dm_constant_ratio(s, &s->T[j * points], &s->T[i * points], times) && !dm_close(*times, -1))
            return j;
    return i;
}

term_text dm_name_term(const dm_search *s, size_t i)
{
    const char *name = dm_name_asked(s, s->asked, i);
    term_text t;

    snprintf(t.text, sizeof t.text, strlen(name) < 200 ? "%s%s" : "%s%.190s...",
             s->asked == DM_ASK_TERM ? "of " : "", name);
    return t;
}

/* "the term of the second x (column 6), A'*x, is left out" */
static bool say_term(dm_search *s, size_t i, const char *stands)
{
    bool written = s->asked == DM_ASK_TERM && s->world->value;
    char *value = written ? s->world->value(s->world->params, i) : NULL;
    bool shown = value && strlen(value) <= 60;

    dm_because(s, "the term %s%s%s%s %s", dm_name_term(s, i).text, shown ? ", " : "", shown ? value : "",
            shown ? "," : "", stands);
    free(value);
    return true;
}

/* Two terms with the same coefficient. */
static bool say_both(dm_search *s, size_t i, size_t j, double c)
{
    dm_because(s, "the terms %s and %s: each %s", dm_name_term(s, i).text, dm_name_term(s, j).text,
               standing(c).text);
    if (!plain(c))
        dm_and_size(s, c);
    return true;
}

static bool one_term(dm_search *s)
{
    double a, b, times = 0;

    for (int any = 0; any < 2; any++)
        for (size_t i = 0; i < s->terms; i++) {
            if (!fit_terms(s, i, i, &a, &b))
                continue;
            size_t j = twin(s, i, &times);
            double each = 1 + a / (1 + times);
            if (j != i && (any || plain(each)))
                return say_both(s, i, j, each);
            if (any || plain(1 + a)) {
                say_term(s, i, standing(1 + a).text);
                if (!plain(1 + a))
                    dm_and_size(s, 1 + a);
                return true;
            }
        }
    return false;
}

static bool two_terms(dm_search *s)
{
    double a, b;

    for (size_t i = 0; i < s->terms; i++)
        for (size_t j = i + 1; j < s->terms; j++)
            if (fit_terms(s, i, j, &a, &b) && plain(1 + a) && plain(1 + b)) {
                if (s->terms == 3 && fabs(1 + a) < 1e-7 && fabs(1 + b) < 1e-7)
                    return dm_because(s, "it is only the term %s", dm_name_term(s, 3 - i - j).text);
                if (dm_close(1 + a, 1 + b))
                    return say_both(s, i, j, 1 + a);
                return dm_because(s, "the term %s %s, and that %s %s", dm_name_term(s, i).text,
                               standing(1 + a).text, dm_name_term(s, j).text, standing(1 + b).text);
            }
    return false;
}

static bool only_term(dm_search *s)
{
    double c;

    for (size_t i = 0; i < s->terms; i++)
        if (dm_constant_ratio(s, s->H, &s->T[i * s->world->points], &c)) {
            dm_because(s, "it is only the term %s", dm_name_term(s, i).text);
            if (!dm_close(c, 1))
                dm_and_also(s, ", and that with the factor %s", dm_show_constant(c).text);
            return true;
        }
    return false;
}

static bool transposed_term(dm_search *s)
{
    gsl_matrix **E = s->E;

    if (!dm_is_square(s) || s->terms < 2)
        return false;
    for (size_t i = 0; i < s->terms; i++) {        /* E with T_i' for T_i */
        for (size_t k = 0; k < s->world->points; k++) {
            gsl_matrix_transpose_memcpy(s->X[k], dm_term_at(s, i, k));
            gsl_matrix_sub(s->X[k], dm_term_at(s, i, k));
            gsl_matrix_add(s->X[k], E[k]);
        }
        if (dm_all_equal(s, s->H, s->X))
            return dm_because(s, "the term %s is transposed", dm_name_term(s, i).text);
    }
    return false;
}

/* E with K left out of the terms in the set, from the right or the left, at one point. */
static void leave_commutation_out(const dm_search *s, size_t k, unsigned set, bool left)
{
    gsl_matrix *X = s->X[k];

    gsl_matrix_memcpy(X, s->E[k]);
    for (size_t t = 0; t < s->terms; t++)
        for (size_t i = 0; i < X->size1 && set >> t & 1; i++)
            for (size_t j = 0; j < X->size2; j++) {
                double entry = at(dm_term_at(s, t, k), i, j);
                *gsl_matrix_ptr(X, i, j) -= entry;
                *dm_stacked(s, X, i, j, !left, left) += entry;
            }
}

/* Of some of the terms of a Hessian, those with K. */
static bool commutation_left_out(dm_search *s)
{
    enum { MOST = 8 };
    const dm_check_world *w = s->world;

    if (w->kind != DM_HESSIAN || w->m == 1 || w->n == 1 || s->terms > MOST)
        return false;
    for (unsigned set = 1; set < 1u << s->terms; set++)
        for (int left = 0; left < 2; left++) {
            bool found = true;
            for (size_t k = 0; k < w->points && found; k++) {
                leave_commutation_out(s, k, set, left);
                found = dm_same_matrix(s, s->H[k], s->X[k]);
            }
            if (found)
                return dm_say_commutation(s);
        }
    return false;
}

static bool find_terms(dm_search *s, dm_question asked)
{
    size_t n = s->world->count[asked], points = s->world->points;

    dm_free_matrices(s->T, s->terms * points);
    s->T = NULL;
    s->terms = 0;
    if (n < 2)
        return false;
    if (!(s->T = dm_matrices(n * points, s->world->rows, s->world->cols))) {
        s->memory = GSL_ENOMEM;
        return false;
    }
    s->terms = n;
    s->asked = asked;
    for (size_t i = 0; i < n; i++)
        if (!dm_answered(s, asked, i, &s->T[i * points]))
            return false;
    return true;
}

bool dm_terms_explain(dm_search *s, dm_question asked)
{
    return find_terms(s, asked) && (commutation_left_out(s) || one_term(s) || transposed_term(s)
                                    || two_terms(s) || only_term(s));
}
