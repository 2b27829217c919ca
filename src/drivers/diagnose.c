/* The hypotheses, from the simplest on.
 *
 * H is the hand-derived derivative and E the exact one, at each of the points.  A hypothesis says H = X for
 * some X that can be computed, or E = s*H for a scalar s that is known, or H = E + c*T with one constant c
 * for all points: what has been fitted to the numbers is one constant at most (two for two terms), and the
 * numbers are many more.                                                                              */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <gsl/gsl_math.h>
#include "drivers/diagnose_search.h"

/* --- zero, or right after all ------------------------------------------------------------------- */

static bool nothing_there(dm_search *s)
{
    if (s->world->points > 1 && dm_all_equal(s, s->H, s->E))
        return dm_because(s, "at random values it is right: it is wrong only where the values are such as "
                       "given");
    if (dm_all_zero(s->E, s->world->points))
        return dm_because(s, "the right one is zero");
    if (dm_all_zero(s->H, s->world->points))
        return dm_because(s, "it is zero, the right one is not");
    return false;
}

/* --- a multiple, the transpose ------------------------------------------------------------------- */

static bool transpose_given(dm_search *s)
{
    if (!dm_is_square(s))
        return false;
    dm_transposes(s->E, s->X, s->world->points);
    if (!dm_all_equal(s, s->H, s->X))
        return false;
    dm_because(s, s->world->kind == DM_JACOBIAN
                   ? "it is the transpose of the right one: the Jacobian has a row for every entry of the function"
                   : "it is the transpose of the right one");
    dm_mend(s, NULL);
    return true;
}

static bool multiple_given(dm_search *s)
{
    double c;

    if (!dm_constant_ratio(s, s->H, s->E, &c))
        return false;
    /* Any two numbers are a multiple of each other, and any two of few digits nearly so. */
    if (s->world->points == 1 && (s->world->rows * s->world->cols == 1 || s->world->tolerance > 2e-3)
        && !dm_is_plain(c))
        return false;
    if (!dm_close(c, -1)) {
        dm_say_multiple(s, c, false);
        return true;
    }
    dm_because(s, "it is the right one with the opposite sign");
    dm_mend(s, "-");
    return true;
}

static bool transposed_multiple_given(dm_search *s)
{
    double c;

    if (!dm_is_square(s))
        return false;
    dm_transposes(s->E, s->X, s->world->points);
    if (!dm_constant_ratio(s, s->H, s->X, &c))
        return false;
    if (dm_close(c, -1))
        return dm_because(s, "it is the transpose of the right one, with the opposite sign");
    dm_say_multiple(s, c, true);
    return true;
}

/* --- layouts of Jacobians ------------------------------------------------------------------------ */

/* X is E as it is where vec stacks the rows: of the variable, of the function. */
static void stack_rows(const dm_search *s, bool of_variable, bool of_function)
{
    for (size_t k = 0; k < s->world->points; k++)
        for (size_t i = 0; i < s->world->rows; i++)
            for (size_t j = 0; j < s->world->cols; j++)
                *dm_stacked(s, s->X[k], i, j, of_variable, of_function) = at(s->E[k], i, j);
}

static bool rows_stacked(dm_search *s)
{
    const dm_check_world *w = s->world;

    if (w->kind == DM_GRADIENT)
        return false;
    for (int which = 3; which >= (w->kind == DM_HESSIAN ? 3 : 1); which--) {
        stack_rows(s, which & 1, which & 2);
        if (dm_all_equal(s, s->H, s->X))
            return dm_because(s, "vec stacks the rows there, of %s: here it stacks the columns",
                           which == 3 ? "both" : which == 1 ? w->variable : "the function");
        if (w->rows == w->cols && w->kind == DM_JACOBIAN) {
            for (size_t k = 0; k < w->points; k++)
                gsl_matrix_transpose(s->X[k]);
            if (dm_all_equal(s, s->H, s->X))
                return dm_because(s, "it is the transpose of the right one, and vec stacks the rows there");
        }
    }
    return false;
}

/* Of a Hessian: E*K or K*E, K being its own inverse or that of the other order. */
static bool commutation_left_out(dm_search *s)
{
    const dm_check_world *w = s->world;
    double c;

    for (int left = 0; left < 2 && w->kind == DM_HESSIAN && w->m > 1 && w->n > 1; left++) {
        stack_rows(s, !left, left);
        if (!dm_constant_ratio(s, s->H, s->X, &c))
            continue;
        dm_say_commutation(s);
        if (!dm_close(c, 1))
            dm_and_also(s, ", and there is a factor %s too much", dm_show_constant(c).text);
        return true;
    }
    return false;
}

/* --- forms for symmetric matrices ----------------------------------------------------------------- */

static const struct { double own, other, diagonal; const char *what; } forms[] = {
    { 0.5, 0.5, 0, "the symmetrised form (G+G')/2 of the right one, G" },
    { 1, 1, -1, "the form G+G'-diag(diag(G)) of the handbooks, for a symmetric matrix, G being the right one" },
    { 2, 0, -1, "the form 2*G-diag(diag(G)) of the handbooks, for a symmetric matrix, G being the right one" },
    { 0, 2, -1, "the form 2*G'-diag(diag(G)) of the handbooks, for a symmetric matrix, G being the right one" },
    { 1, 1, 0, "G+G', G being the right one" },
    { 0.5, -0.5, 0, "the skew part (G-G')/2 of the right one, G" },
    { 1, -1, 0, "G-G', G being the right one" },
};
enum { FORMS = sizeof forms / sizeof forms[0] };

static double form_at(size_t f, const gsl_matrix *G, size_t i, size_t j)
{
    return forms[f].own * at(G, i, j) + forms[f].other * at(G, j, i)
         + (i == j) * forms[f].diagonal * at(G, i, j);
}

static bool is_form(const dm_search *s, size_t f, const gsl_matrix *H, const gsl_matrix *G)
{
    double allowed = s->world->tolerance * fmax(dm_largest_of(H), dm_largest_of(G));

    for (size_t i = 0; i < H->size1; i++)
        for (size_t j = 0; j < H->size2; j++)
            if (!(fabs(at(H, i, j) - form_at(f, G, i, j)) <= allowed))
                return false;
    return true;
}

static bool symmetric_form(dm_search *s)
{
    if (!dm_is_square(s) || s->world->kind != DM_GRADIENT)
        return false;
    for (size_t f = 0; f < FORMS; f++) {
        bool found = true;
        for (size_t k = 0; found && k < s->world->points; k++)
            found = is_form(s, f, s->H[k], s->E[k]);
        if (found)
            return dm_because(s, "it is %s", forms[f].what);
    }
    return false;
}

/* Both where the i-th variable is symmetric, the exact one in X, the hand-derived one in hand. */
static bool both_symmetric(dm_search *s, size_t i, gsl_matrix *const hand[])
{
    return dm_answered(s, DM_ASK_EXACT_SYMMETRIC, i, s->X) && dm_answered(s, DM_ASK_HAND_SYMMETRIC, i, hand);
}

static bool right_if_symmetric(dm_search *s, size_t i, gsl_matrix *const hand[], bool multiple)
{
    const char *name = dm_name_asked(s, DM_ASK_HAND_SYMMETRIC, i);
    double c;

    if (!both_symmetric(s, i, hand))
        return false;
    if (!multiple)
        return dm_all_equal(s, hand, s->X) && dm_because(s, "it is right only where %s is symmetric", name);
    if (dm_constant_ratio(s, hand, s->X, &c))
        return dm_because(s, "it has the right form only where %s is symmetric, and there it is %s times the "
                       "right one", name, dm_show_constant(c).text);
    for (size_t f = 0; f < 2 && dm_is_square(s) && s->world->kind == DM_GRADIENT; f++) {
        size_t form = f ? 0 : 1;
        bool found = true;
        for (size_t k = 0; found && k < s->world->points; k++)
            found = is_form(s, form, hand[k], s->X[k]);
        if (found)
            return dm_because(s, "where %s is symmetric it is %s", name, forms[form].what);
    }
    return false;
}

static bool symmetric_only(dm_search *s, bool multiple)
{
    const dm_check_world *w = s->world;
    size_t n = w->count[DM_ASK_HAND_SYMMETRIC];
    gsl_matrix **hand = n ? dm_matrices(w->points, w->rows, w->cols) : NULL;
    bool found = false;

    if (n && !hand)
        s->memory = GSL_ENOMEM;
    for (size_t i = 0; i < n && !s->memory && !found; i++)
        found = right_if_symmetric(s, i, hand, multiple);
    dm_free_matrices(hand, w->points);
    return found;
}

/* --- another variable, another formula ------------------------------------------------------------- */

static bool other_variable(dm_search *s, bool multiple)
{
    double c;

    for (size_t i = 0; i < s->world->count[DM_ASK_OTHER] && !s->memory; i++) {
        const char *other = dm_name_asked(s, DM_ASK_OTHER, i);
        if (!dm_answered(s, DM_ASK_OTHER, i, s->X))
            continue;
        if (!multiple && dm_all_equal(s, s->H, s->X))
            return dm_because(s, "it is the derivative with respect to %s", other);
        if (multiple && dm_constant_ratio(s, s->H, s->X, &c))
            return dm_because(s, "it is %s times the derivative with respect to %s",
                              dm_show_constant(c).text, other);
        for (size_t k = 0; dm_is_square(s) && k < s->world->points; k++)
            gsl_matrix_transpose(s->X[k]);
        if (!multiple && dm_is_square(s) && dm_all_equal(s, s->H, s->X))
            return dm_because(s, "it is the transpose of the derivative with respect to %s", other);
    }
    return false;
}

/* An edit of the hand-derived formula that makes it right. */
static bool edited(dm_search *s)
{
    const dm_check_world *w = s->world;

    for (size_t i = 0; i < w->count[DM_ASK_EDIT] && !s->memory; i++) {
        bool right = true;
        for (size_t k = 0; k < w->points && right; k++) {
            int status = w->answer(w->params, DM_ASK_EDIT, i, k, s->X[k]);
            s->memory = status == GSL_ENOMEM ? status : s->memory;
            right = !status && dm_same_matrix(s, s->X[k], s->E[k]);
        }
        if (!right || s->memory)
            continue;
        if (!*s->report->why)
            dm_because(s, "%s", dm_name_asked(s, DM_ASK_EDIT, i));
        if (strlen(w->edited(w->params, i)) < sizeof s->report->formula)
            strcpy(s->report->formula, w->edited(w->params, i));
        return true;
    }
    return false;
}

/* The derivative of something that may be mistaken for the function. */
static bool misread(dm_search *s)
{
    for (size_t i = 0; i < s->world->count[DM_ASK_MISREAD] && !s->memory; i++) {
        bool right = true;
        for (size_t k = 0; k < s->world->points && right; k++) {
            int status = s->world->answer(s->world->params, DM_ASK_MISREAD, i, k, s->X[k]);
            s->memory = status == GSL_ENOMEM ? status : s->memory;
            right = !status && dm_same_matrix(s, s->X[k], s->H[k]);
        }
        if (right && !s->memory)
            return dm_because(s, "it is the derivative of %s", dm_name_asked(s, DM_ASK_MISREAD, i));
    }
    return false;
}

/* --- only in one entry, on the diagonal, off it --------------------------------------------------------------- */

static bool differs_only(const dm_search *s, bool on, double *c)
{
    bool same = true;

    *c = NAN;
    for (size_t k = 0; k < s->world->points; k++) {
        double allowed = s->world->tolerance * fmax(dm_largest_of(s->E[k]), dm_largest_of(s->H[k]));
        for (size_t i = 0; i < s->world->rows; i++)
            for (size_t j = 0; j < s->world->cols; j++) {
                double h = at(s->H[k], i, j), e = at(s->E[k], i, j);
                if ((i == j) != on) {
                    if (fabs(h - e) > allowed)
                        return false;
                } else if (e == 0) {
                    same = same && fabs(h) <= allowed;
                } else {
                    *c = isnan(*c) ? h / e : *c;
                    same = same && fabs(h - *c * e) <= allowed;
                }
            }
    }
    *c = same ? dm_simplest(s, *c) : NAN;
    return true;
}

/* The one entry that differs, at every point the same. */
static bool single_entry(const dm_search *s, size_t *row, size_t *col)
{
    size_t found = 0;

    for (size_t i = 0; i < s->world->rows; i++)
        for (size_t j = 0; j < s->world->cols; j++) {
            bool differs = false;
            for (size_t k = 0; k < s->world->points; k++) {
                double allowed = s->world->tolerance * fmax(dm_largest_of(s->E[k]), dm_largest_of(s->H[k]));
                differs = differs || fabs(at(s->H[k], i, j) - at(s->E[k], i, j)) > allowed;
            }
            if (differs) {
                *row = i;
                *col = j;
                found++;
            }
        }
    return found == 1 && s->world->rows * s->world->cols > 1;
}

/* Of several points; of one, that much is known already. */
static bool only_entry(dm_search *s)
{
    size_t row, col;

    return s->world->points > 1 && single_entry(s, &row, &col)
        && dm_because(s, "it is wrong only in the entry (%zu,%zu)", row + 1, col + 1);
}

static bool diagonal(dm_search *s, bool observed)
{
    size_t row, col;
    double c;

    if (!dm_is_square(s) || single_entry(s, &row, &col))
        return false;
    for (int on = 1; on >= 0; on--) {
        const char *where = on ? "on" : "off";
        if (!differs_only(s, on, &c) || (!observed && isnan(c)))
            continue;
        if (isnan(c))
            return dm_because(s, "it is wrong only %s the diagonal", where);
        if (fabs(c) < 1e-7)
            return dm_because(s, "it is wrong only %s the diagonal: there it is zero", where);
        return dm_because(s, "it is wrong only %s the diagonal: there it is %s times the right one", where,
                       dm_show_constant(c).text);
    }
    return false;
}

/* ---------------------------------------------------------------------------------------- the search */

static bool explained(dm_search *s)
{
    /* Of a second derivative the product rule has a term for every pair of places, its formula fewer. */
    dm_question terms = s->world->kind == DM_HESSIAN ? DM_ASK_SUMMAND : DM_ASK_TERM;

    return nothing_there(s) || transpose_given(s) || multiple_given(s) || transposed_multiple_given(s)
        || rows_stacked(s) || commutation_left_out(s) || symmetric_form(s) || symmetric_only(s, false)
        || dm_terms_explain(s, terms)
        || other_variable(s, false) || dm_step_left_out(s, false) || dm_inner_left_out(s, false)
        || dm_outer_factor(s) || dm_step_left_out(s, true) || dm_inner_left_out(s, true)
        || symmetric_only(s, true) || other_variable(s, true) || diagonal(s, false) || edited(s)
        || dm_terms_explain(s, DM_ASK_SUMMAND) || dm_part_factor(s) || dm_scaled_term(s) || misread(s)
        || only_entry(s) || diagonal(s, true);
}

int dm_check_explain(const dm_check_world *w, dm_check_report *report)
{
    dm_search s = { .world = w, .report = report };

    report->why[0] = report->formula[0] = '\0';
    s.H = dm_matrices(w->points, w->rows, w->cols);
    s.E = dm_matrices(w->points, w->rows, w->cols);
    s.X = dm_matrices(w->points, w->rows, w->cols);
    s.r = calloc(w->points, sizeof *s.r);
    if (!s.H || !s.E || !s.X || !s.r)
        s.memory = GSL_ENOMEM;
    if (!s.memory && dm_answered(&s, DM_ASK_EXACT, 0, s.E) && dm_answered(&s, DM_ASK_HAND, 0, s.H)
        && explained(&s) && !*report->formula)
        edited(&s);
    dm_free_matrices(s.H, w->points);
    dm_free_matrices(s.E, w->points);
    dm_free_matrices(s.X, w->points);
    dm_free_matrices(s.T, s.terms * w->points);
    free(s.r);
    return s.memory;
}
