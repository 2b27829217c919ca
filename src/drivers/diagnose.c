/* The hypotheses, from the simplest on.
 *
 * H is the hand-derived derivative and E the exact one, at each of the points.  A hypothesis says H = X for
 * some X that can be computed, or E = s*H for a scalar s that is known, or H = E + c*T with one constant c
 * for all points: what has been fitted to the numbers is one constant at most (two for two terms), and the
 * numbers are many more.                                                                              */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <gsl/gsl_math.h>
#include "drivers/diagnose.h"

typedef struct {
    const dm_check_world *world;
    dm_check_report *report;
    gsl_matrix **H, **E, **X;          /* at each point; X is the hypothesis */
    gsl_matrix **T;                    /* the terms: points * terms of them */
    size_t terms;
    dm_question asked;                 /* which ones these are */
    double *r;                         /* E = r*H at each point ... */
    bool transposed;                   /* ... or r*H', if so */
    int memory;                        /* GSL_ENOMEM once there was none */
} search;

static double at(const gsl_matrix *A, size_t i, size_t j)
{
    return A->data[i * A->tda + j];
}

static double largest(const gsl_matrix *A)
{
    double max = 0;

    for (size_t i = 0; i < A->size1; i++)
        for (size_t j = 0; j < A->size2; j++)
            max = fmax(max, fabs(at(A, i, j)));
    return max;
}

static double inner(const gsl_matrix *A, const gsl_matrix *B)
{
    double sum = 0;

    for (size_t i = 0; i < A->size1; i++)
        for (size_t j = 0; j < A->size2; j++)
            sum += at(A, i, j) * at(B, i, j);
    return sum;
}

/* Is A = B, to rounding? */
static bool equal(const search *s, const gsl_matrix *A, const gsl_matrix *B)
{
    double allowed = s->world->tolerance * fmax(largest(A), largest(B));

    for (size_t i = 0; i < A->size1; i++)
        for (size_t j = 0; j < A->size2; j++)
            if (!(fabs(at(A, i, j) - at(B, i, j)) <= allowed))
                return false;
    return true;
}

static bool close(double a, double b)
{
    return fabs(a - b) <= 1e-7 * fmax(fabs(a), fabs(b));
}

static bool all_zero(gsl_matrix *const A[], size_t points)
{
    double max = 0;

    for (size_t k = 0; k < points; k++)
        max = fmax(max, largest(A[k]));
    return max == 0;
}

static gsl_matrix **matrices(size_t n, size_t rows, size_t cols)
{
    gsl_matrix **A = calloc(n, sizeof *A);

    for (size_t i = 0; A && i < n; i++)
        if (!(A[i] = gsl_matrix_alloc(rows, cols))) {
            while (i > 0)
                gsl_matrix_free(A[--i]);
            free(A);
            return NULL;
        }
    return A;
}

static void free_matrices(gsl_matrix **A, size_t n)
{
    for (size_t i = 0; A && i < n; i++)
        gsl_matrix_free(A[i]);
    free(A);
}

/* ------------------------------------------------------------------------------------- reporting -- */

static bool because(search *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool because(search *s, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(s->report->why, sizeof s->report->why, format, arguments);
    va_end(arguments);
    return true;
}

static void and(search *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void and(search *s, const char *format, ...)
{
    size_t used = strlen(s->report->why);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(s->report->why + used, sizeof s->report->why - used, format, arguments);
    va_end(arguments);
}

/* The formula as it should be: factor*hand, or (NULL) hand'. */
static void mend(search *s, const char *factor)
{
    char *text = s->world->formula ? s->world->formula(s->world->params, factor) : NULL;

    if (text && strlen(text) < sizeof s->report->formula)
        strcpy(s->report->formula, text);
    free(text);
}

static const char *name_of(const search *s, dm_question question, size_t i)
{
    return s->world->name(s->world->params, question, i);
}

/* A constant, with a word on what it may be. */
typedef struct { char text[40]; } constant_text;

static constant_text show(double c)
{
    static const struct { double value; const char *name; } known[] = {
        { M_PI, "pi" }, { 2 * M_PI, "2*pi" }, { M_PI / 2, "pi/2" }, { M_SQRT2, "sqrt(2)" },
        { M_SQRT1_2, "1/sqrt(2)" }, { M_LN10, "log(10)" }, { 1 / M_LN10, "1/log(10)" }, { M_LN2, "log(2)" },
        { 1 / M_LN2, "1/log(2)" }, { M_E, "e" }, { 1 / M_PI, "1/pi" }, { 1 / (2 * M_PI), "1/(2*pi)" },
        { 2. / 3, "2/3" }, { 1. / 3, "1/3" }, { 4. / 3, "4/3" }, { 1. / 6, "1/6" }, { 1. / 9, "1/9" },
        { 1. / 7, "1/7" }, { 5. / 3, "5/3" }, { M_2_SQRTPI * M_SQRT1_2 / 2, "1/sqrt(2*pi)" },
    };
    constant_text t;
    double nearest = round(c);

    if (close(c, 1))                   /* then it is not 1, or nobody would ask */
        snprintf(t.text, sizeof t.text, "%.12g", c);
    else
        snprintf(t.text, sizeof t.text, "%.6g", close(c, nearest) ? nearest : c);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (close(fabs(c), known[i].value))
            snprintf(t.text, sizeof t.text, "%s%s", c < 0 ? "-" : "", known[i].name);
    return t;
}

/* 1/c as a factor to write in front of a formula: "-", "2", "(1/3)". */
static constant_text reciprocal(double c)
{
    constant_text t;
    double r = 1 / c;

    if (close(r, -1))
        strcpy(t.text, "-");
    else if (close(r, 1))
        snprintf(t.text, sizeof t.text, "%.12g", r);
    else if (close(r, round(r)) && fabs(r) < 1e6)
        snprintf(t.text, sizeof t.text, "%.0f", r);
    else if (close(c, round(c)) && fabs(c) < 1e6 && !close(fabs(r), 0.5) && !close(fabs(r), 0.25))
        snprintf(t.text, sizeof t.text, "%s1/%.0f", c < 0 ? "-" : "", fabs(c));
    else
        snprintf(t.text, sizeof t.text, "%.10g", r);
    return t;
}

/* "it is 5 times the right one, and 5 is the number of rows of A", and the formula mended; n where it is
 * known to be a size. */
static void say_multiple(search *s, double c, bool transposed)
{
    const dm_check_world *w = s->world;
    const char *what = NULL, *of = transposed ? "the transpose of the right one" : "the right one";
    double size = fabs(c) < 1 ? 1 / fabs(c) : fabs(c), m = (double) w->m, n = (double) w->n;
    dm_size_factor found;
    dm_size_verdict verdict = dm_check_size_factor(w, c, transposed, &found);

    if (verdict == DM_SIZE_FOUND) {
        because(s, "it is %s times %s, n being %s", found.factor, of, found.formula);
        if (!transposed)
            mend(s, found.reciprocal);
        return;
    }
    because(s, "it is %s times %s", show(c).text, of);
    if (!transposed)
        mend(s, reciprocal(c).text);
    if (size < 2.5 || verdict == DM_SIZE_NONE)
        return;
    if (close(size, m))
        what = w->m == w->n ? "of rows and columns" : w->n == 1 ? "of entries" : "of rows";
    else if (close(size, n))
        what = w->m == 1 ? "of entries" : "of columns";
    else if (close(size, m * n))
        what = "of entries";
    if (what)
        and(s, ", and %.0f is the number %s of %s", round(size), what, w->variable);
    for (size_t i = 0; !what && i < w->sizes; i++) {
        double here, there;
        const char *formula = w->size(w->params, i, &here, &there);
        if (close(size, here)) {
            and(s, ", and %.0f is %s", round(size), formula);
            break;
        }
    }
}

/* ------------------------------------------------------------------------------------ hypotheses -- */

/* The answers at every point; false: there are none. */
static bool answered(search *s, dm_question question, size_t i, gsl_matrix *const to[])
{
    for (size_t k = 0; k < s->world->points; k++) {
        int status = s->world->answer(s->world->params, question, i, k, to[k]);
        if (status == GSL_ENOMEM)
            s->memory = status;
        if (status)
            return false;
    }
    return true;
}

/* The r with A = r*B at one point, if there is one. */
static bool ratio(const search *s, const gsl_matrix *A, const gsl_matrix *B, double *r)
{
    double square = inner(B, B), allowed = s->world->tolerance * largest(A);

    if (square == 0 || !isfinite(square) || A->size1 != B->size1)
        return false;
    *r = inner(A, B) / square;
    for (size_t i = 0; i < A->size1; i++)
        for (size_t j = 0; j < A->size2; j++)
            if (!(fabs(at(A, i, j) - *r * at(B, i, j)) <= allowed))
                return false;
    return *r != 0;
}

/* The c with A = c*B at all points, the same c. */
static bool constant_ratio(const search *s, gsl_matrix *const A[], gsl_matrix *const B[], double *c)
{
    double r;

    if (!ratio(s, A[0], B[0], c))
        return false;
    for (size_t k = 1; k < s->world->points; k++)
        if (!ratio(s, A[k], B[k], &r) || !close(r, *c))
            return false;
    return true;
}

static bool all_equal(const search *s, gsl_matrix *const A[], gsl_matrix *const B[])
{
    for (size_t k = 0; k < s->world->points; k++)
        if (!equal(s, A[k], B[k]))
            return false;
    return true;
}

/* --- zero, or right after all ------------------------------------------------------------------- */

static bool nothing_there(search *s)
{
    if (s->world->points > 1 && all_equal(s, s->H, s->E))
        return because(s, "at random values it is right: it is wrong only where the values are such as "
                       "given");
    if (all_zero(s->E, s->world->points))
        return because(s, "the right one is zero");
    if (all_zero(s->H, s->world->points))
        return because(s, "it is zero, the right one is not");
    return false;
}

/* --- a multiple, the transpose ------------------------------------------------------------------- */

static void transposes(gsl_matrix *const A[], gsl_matrix *const to[], size_t points)
{
    for (size_t k = 0; k < points; k++)
        gsl_matrix_transpose_memcpy(to[k], A[k]);
}

static bool is_square(const search *s)
{
    return s->world->rows == s->world->cols && s->world->rows > 1;
}

static bool transpose_given(search *s)
{
    if (!is_square(s))
        return false;
    transposes(s->E, s->X, s->world->points);
    if (!all_equal(s, s->H, s->X))
        return false;
    because(s, s->world->kind == DM_JACOBIAN
                   ? "it is the transpose of the right one: the Jacobian has a row for every entry of the function"
                   : "it is the transpose of the right one");
    mend(s, NULL);
    return true;
}

static bool multiple_given(search *s)
{
    double c;

    if (!constant_ratio(s, s->H, s->E, &c))
        return false;
    if (s->world->points == 1 && s->world->rows * s->world->cols == 1)
        return false;                  /* any two numbers are */
    if (!close(c, -1)) {
        say_multiple(s, c, false);
        return true;
    }
    because(s, "it is the right one with the opposite sign");
    mend(s, "-");
    return true;
}

static bool transposed_multiple_given(search *s)
{
    double c;

    if (!is_square(s))
        return false;
    transposes(s->E, s->X, s->world->points);
    if (!constant_ratio(s, s->H, s->X, &c))
        return false;
    if (close(c, -1))
        return because(s, "it is the transpose of the right one, with the opposite sign");
    say_multiple(s, c, true);
    return true;
}

/* --- layouts of Jacobians ------------------------------------------------------------------------ */

/* Entry k of vec of an m×n matrix: which one it is when the rows are stacked. */
static size_t by_rows(size_t k, size_t m, size_t n)
{
    return k % m * n + k / m;
}

/* E as it is where vec stacks the rows: of the variable, of the function. */
static void stack_rows(const search *s, bool of_variable, bool of_function)
{
    const dm_check_world *w = s->world;
    bool hessian = w->kind == DM_HESSIAN;
    size_t p = hessian ? w->m : w->p, q = hessian ? w->n : w->q;

    for (size_t k = 0; k < w->points; k++)
        for (size_t i = 0; i < w->rows; i++)
            for (size_t j = 0; j < w->cols; j++)
                gsl_matrix_set(s->X[k], of_function ? by_rows(i, p, q) : i,
                               of_variable ? by_rows(j, w->m, w->n) : j, at(s->E[k], i, j));
}

static bool rows_stacked(search *s)
{
    const dm_check_world *w = s->world;

    if (w->kind == DM_GRADIENT)
        return false;
    for (int which = 3; which >= 1; which--) {
        stack_rows(s, which & 1, which & 2);
        if (all_equal(s, s->H, s->X))
            return because(s, "vec stacks the rows there, of %s: here it stacks the columns",
                           which == 3 ? "both" : which == 1 ? w->variable : "the function");
        if (w->rows == w->cols && w->kind == DM_JACOBIAN) {
            for (size_t k = 0; k < w->points; k++)
                gsl_matrix_transpose(s->X[k]);
            if (all_equal(s, s->H, s->X))
                return because(s, "it is the transpose of the right one, and vec stacks the rows there");
        }
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

static bool is_form(const search *s, size_t f, const gsl_matrix *H, const gsl_matrix *G)
{
    double allowed = s->world->tolerance * fmax(largest(H), largest(G));

    for (size_t i = 0; i < H->size1; i++)
        for (size_t j = 0; j < H->size2; j++)
            if (!(fabs(at(H, i, j) - form_at(f, G, i, j)) <= allowed))
                return false;
    return true;
}

static bool symmetric_form(search *s)
{
    if (!is_square(s) || s->world->kind != DM_GRADIENT)
        return false;
    for (size_t f = 0; f < FORMS; f++) {
        bool found = true;
        for (size_t k = 0; found && k < s->world->points; k++)
            found = is_form(s, f, s->H[k], s->E[k]);
        if (found)
            return because(s, "it is %s", forms[f].what);
    }
    return false;
}

/* Both where the i-th variable is symmetric, the exact one in X, the hand-derived one in hand. */
static bool both_symmetric(search *s, size_t i, gsl_matrix *const hand[])
{
    return answered(s, DM_ASK_EXACT_SYMMETRIC, i, s->X) && answered(s, DM_ASK_HAND_SYMMETRIC, i, hand);
}

static bool right_if_symmetric(search *s, size_t i, gsl_matrix *const hand[], bool multiple)
{
    const char *name = name_of(s, DM_ASK_HAND_SYMMETRIC, i);
    double c;

    if (!both_symmetric(s, i, hand))
        return false;
    if (!multiple)
        return all_equal(s, hand, s->X) && because(s, "it is right only where %s is symmetric", name);
    if (constant_ratio(s, hand, s->X, &c))
        return because(s, "it has the right form only where %s is symmetric, and there it is %s times the right "
                       "one", name, show(c).text);
    for (size_t f = 0; f < 2 && is_square(s) && s->world->kind == DM_GRADIENT; f++) {
        size_t form = f ? 0 : 1;
        bool found = true;
        for (size_t k = 0; found && k < s->world->points; k++)
            found = is_form(s, form, hand[k], s->X[k]);
        if (found)
            return because(s, "where %s is symmetric it is %s", name, forms[form].what);
    }
    return false;
}

static bool symmetric_only(search *s, bool multiple)
{
    const dm_check_world *w = s->world;
    size_t n = w->count[DM_ASK_HAND_SYMMETRIC];
    gsl_matrix **hand = n ? matrices(w->points, w->rows, w->cols) : NULL;
    bool found = false;

    if (n && !hand)
        s->memory = GSL_ENOMEM;
    for (size_t i = 0; i < n && !s->memory && !found; i++)
        found = right_if_symmetric(s, i, hand, multiple);
    free_matrices(hand, w->points);
    return found;
}

/* --- terms of the product rule --------------------------------------------------------------------- */

static gsl_matrix *term(const search *s, size_t i, size_t k)
{
    return s->T[i * s->world->points + k];
}

/* H = E + a*T_i + b*T_j for all points?  The a and b that come nearest (j == i: a alone). */
static bool fit_terms(const search *s, size_t i, size_t j, double *a, double *b)
{
    double ii = 0, ij = 0, jj = 0, di = 0, dj = 0;
    size_t points = s->world->points;

    for (size_t k = 0; k < points; k++) {
        const gsl_matrix *Ti = term(s, i, k), *Tj = term(s, j, k);
        ii += inner(Ti, Ti);
        ij += inner(Ti, Tj);
        jj += inner(Tj, Tj);
        di += inner(s->H[k], Ti) - inner(s->E[k], Ti);
        dj += inner(s->H[k], Tj) - inner(s->E[k], Tj);
    }
    double det = ii * jj - ij * ij;
    if (ii == 0 || (i != j && det <= 1e-6 * ii * jj))
        return false;
    *a = i == j ? di / ii : (di * jj - dj * ij) / det;
    *b = i == j ? 0 : (dj * ii - di * ij) / det;
    for (size_t k = 0; k < points; k++) {
        double size = fmax(largest(s->E[k]), largest(s->H[k]));
        size = fmax(size, fmax(largest(term(s, i, k)), largest(term(s, j, k))));
        for (size_t row = 0; row < s->world->rows; row++)
            for (size_t col = 0; col < s->world->cols; col++)
                if (!(fabs(at(s->H[k], row, col) - at(s->E[k], row, col) - *a * at(term(s, i, k), row, col)
                           - *b * at(term(s, j, k), row, col)) <= s->world->tolerance * size))
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
    else if (close(c, 2))
        strcpy(t.text, "is counted twice");
    else if (close(c, -1))
        strcpy(t.text, "has the opposite sign");
    else
        snprintf(t.text, sizeof t.text, "has the factor %s", show(c).text);
    return t;
}

static bool plain(double c)
{
    return fabs(c) < 1e-7 || close(c, 2) || close(c, -1) || close(c, 0.5);
}

/* The j > i whose term is the same as the i-th, as in x'*x; i: there is none. */
static size_t twin(const search *s, size_t i)
{
    size_t points = s->world->points;

    for (size_t j = i + 1; j < s->terms; j++)
        if (all_equal(s, &s->T[i * points], &s->T[j * points]))
            return j;
    return i;
}

/* Behind "the term": "of the second x (column 6)"; a summand of the formula by itself. */
typedef struct { char text[240]; } term_text;

static term_text name_term(const search *s, size_t i)
{
    const char *name = name_of(s, s->asked, i);
    term_text t;

    snprintf(t.text, sizeof t.text, strlen(name) < 200 ? "%s%s" : "%s%.190s...",
             s->asked == DM_ASK_TERM ? "of " : "", name);
    return t;
}

/* "the term of the second x (column 6), A'*x, is left out" */
static bool say_term(search *s, size_t i, const char *stands)
{
    bool written = s->asked == DM_ASK_TERM && s->world->value;
    char *value = written ? s->world->value(s->world->params, i) : NULL;
    bool shown = value && strlen(value) <= 60;

    because(s, "the term %s%s%s%s %s", name_term(s, i).text, shown ? ", " : "", shown ? value : "",
            shown ? "," : "", stands);
    free(value);
    return true;
}

static bool one_term(search *s)
{
    double a, b;

    for (int any = 0; any < 2; any++)
        for (size_t i = 0; i < s->terms; i++) {
            size_t j = twin(s, i);
            if (!fit_terms(s, i, i, &a, &b))
                continue;
            if (j != i && plain(1 + a / 2))
                return because(s, "the terms %s and %s: each %s", name_term(s, i).text,
                               name_term(s, j).text, standing(1 + a / 2).text);
            if (any || plain(1 + a))
                return say_term(s, i, standing(1 + a).text);
        }
    return false;
}

static bool two_terms(search *s)
{
    double a, b;

    for (size_t i = 0; i < s->terms; i++)
        for (size_t j = i + 1; j < s->terms; j++)
            if (fit_terms(s, i, j, &a, &b) && plain(1 + a) && plain(1 + b)) {
                if (s->terms == 3 && fabs(1 + a) < 1e-7 && fabs(1 + b) < 1e-7)
                    return because(s, "it is only the term %s", name_term(s, 3 - i - j).text);
                if (close(1 + a, 1 + b))
                    return because(s, "the terms %s and %s: each %s", name_term(s, i).text,
                                   name_term(s, j).text, standing(1 + a).text);
                return because(s, "the term %s %s, and that %s %s", name_term(s, i).text,
                               standing(1 + a).text, name_term(s, j).text, standing(1 + b).text);
            }
    return false;
}

static bool only_term(search *s)
{
    double c;

    for (size_t i = 0; i < s->terms; i++)
        if (constant_ratio(s, s->H, &s->T[i * s->world->points], &c)) {
            because(s, "it is only the term %s", name_term(s, i).text);
            if (!close(c, 1))
                and(s, ", and that with the factor %s", show(c).text);
            return true;
        }
    return false;
}

static bool transposed_term(search *s)
{
    gsl_matrix **E = s->E;

    if (!is_square(s) || s->terms < 2)
        return false;
    for (size_t i = 0; i < s->terms; i++) {        /* E with T_i' for T_i */
        for (size_t k = 0; k < s->world->points; k++) {
            gsl_matrix_transpose_memcpy(s->X[k], term(s, i, k));
            gsl_matrix_sub(s->X[k], term(s, i, k));
            gsl_matrix_add(s->X[k], E[k]);
        }
        if (all_equal(s, s->H, s->X))
            return because(s, "the term %s is transposed", name_term(s, i).text);
    }
    return false;
}

static bool find_terms(search *s, dm_question asked)
{
    size_t n = s->world->count[asked], points = s->world->points;

    free_matrices(s->T, s->terms * points);
    s->T = NULL;
    s->terms = 0;
    if (n < 2)
        return false;
    if (!(s->T = matrices(n * points, s->world->rows, s->world->cols))) {
        s->memory = GSL_ENOMEM;
        return false;
    }
    s->terms = n;
    s->asked = asked;
    for (size_t i = 0; i < n; i++)
        if (!answered(s, asked, i, &s->T[i * points]))
            return false;
    return true;
}

static bool terms_explain(search *s, dm_question asked)
{
    return find_terms(s, asked) && (one_term(s) || transposed_term(s) || two_terms(s) || only_term(s));
}

/* --- the chain rule -------------------------------------------------------------------------------- */

/* E = r*H (or r*H') with another r at each point. */
static bool scalar_apart(search *s)
{
    for (int transposed = 0; transposed <= is_square(s); transposed++) {
        bool found = true;
        if (transposed)
            transposes(s->H, s->X, s->world->points);
        for (size_t k = 0; found && k < s->world->points; k++)
            found = ratio(s, s->E[k], transposed ? s->X[k] : s->H[k], &s->r[k]);
        s->transposed = transposed;
        if (found)
            return true;
    }
    return false;
}

/* r = c*x^power at all points, for the scalar x: which c? */
static bool fit_scalar(const search *s, const double x[], double power, double *c)
{
    for (size_t k = 0; k < s->world->points; k++) {
        double value = pow(fabs(x[k]), power) * (fmod(power, 2) != 0 && x[k] < 0 ? -1 : 1);
        double now = value != 0 ? s->r[k] / value : NAN;
        if (!isfinite(now) || (k > 0 && !close(now, *c)))
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
static factor_text write_scalar(const search *s, const scalar_factor *f)
{
    const char *x = name_of(s, DM_ASK_SCALAR, f->x);
    double power = f->power, c = f->c;
    const char *open = is_closed(x) || (power == 1 && close(c, 1)) ? "" : "(", *end = *open ? ")" : "";
    char number[60] = "";
    factor_text t;

    if (close(c, -1))
        strcpy(number, "-");
    else if (!close(c, 1))
        snprintf(number, sizeof number, "%s*", show(c).text);
    if (power == 1)
        snprintf(t.text, sizeof t.text, "%s%s%s%s", number, open, x, end);
    else if (power == -1 && close(c, -1))
        snprintf(t.text, sizeof t.text, "-1/%s%s%s", open, x, end);
    else if (power == -1 && !close(c, 1) && close(1 / c, round(1 / c)))
        snprintf(t.text, sizeof t.text, "1/(%.0f*%s%s%s)", 1 / c, open, x, end);
    else if (power == -1)
        snprintf(t.text, sizeof t.text, "%s/%s%s%s", close(c, 1) ? "1" : show(c).text, open, x, end);
    else
        snprintf(t.text, sizeof t.text, "%s%s%s%s^%s%g%s", number, open, x, end, power < 0 ? "(" : "", power,
                 power < 0 ? ")" : "");
    if (f->and != 0) {
        const char *y = name_of(s, DM_ASK_SCALAR, f->y);
        size_t used = strlen(t.text);
        snprintf(t.text + used, sizeof t.text - used, is_closed(y) ? "%s%s" : "%s(%s)",
                 f->and < 0 ? "/" : "*", y);
        used = strlen(t.text);
        if (fabs(f->and) != 1)
            snprintf(t.text + used, sizeof t.text - used, "^%g", fabs(f->and));
    }
    return t;
}

static void say_scalar(search *s, const scalar_factor *f)
{
    factor_text factor = write_scalar(s, f);

    because(s, "%sthe outer factor %s is missing", s->transposed ? "it must be transposed, and " : "",
            factor.text);
    if (s->transposed)
        return;
    if (f->power == 1 && close(f->c, 1) && !is_closed(factor.text)) {
        char within[920];
        snprintf(within, sizeof within, "(%s)", factor.text);
        mend(s, within);
    } else {
        mend(s, factor.text);
    }
}

static bool is_plain_factor(double c)
{
    static const double plain_ones[] = { 1, 2, 0.5, 3, 4, 0.25, 1. / 3 };

    for (size_t i = 0; i < sizeof plain_ones / sizeof plain_ones[0]; i++)
        if (close(fabs(c), plain_ones[i]))
            return true;
    return false;
}

/* The scalars there are, each at all points; NaN where it has no value.  NULL: none, or no memory. */
static double *scalars_at_points(search *s)
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
        if (!close(x[k], x[0]))
            return false;
    return true;
}

/* The product of two of them, or a quotient; the first ones are the simplest. */
static bool find_scalars(const search *s, const double x[], scalar_factor *f)
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
                found = isfinite(product[0]) && fit_scalar(s, product, 1, &f->c) && is_plain_factor(f->c);
            }
    free(product);
    return found;
}

/* Which of them is r at all points, up to a power and a constant?  Plain constants first. */
static bool find_scalar(const search *s, const double x[], scalar_factor *f)
{
    static const double powers[] = { 1, -1, 2, -2, 3, -3, 0.5, -0.5, -1.5 };
    size_t points = s->world->points;
    double c;

    for (int any = 0; any < 2; any++)
        for (size_t p = 0; p < sizeof powers / sizeof powers[0]; p++)
            for (size_t i = 0; i < s->world->count[DM_ASK_SCALAR]; i++)
                if (isfinite(x[i * points]) && fit_scalar(s, &x[i * points], powers[p], &c)
                    && (is_plain_factor(c) || (any && points > 1))) {
                    *f = (scalar_factor) { i, i, c, powers[p], 0 };
                    return true;
                }
    return find_scalars(s, x, f);
}

static bool outer_factor(search *s)
{
    const dm_check_world *w = s->world;
    scalar_factor f;
    bool found = false;

    if (w->count[DM_ASK_SCALAR] == 0 || !scalar_apart(s))
        return false;
    double *x = scalars_at_points(s);
    if (!s->memory && find_scalar(s, x, &f)) {
        say_scalar(s, &f);
        found = true;
    }
    free(x);
    if (!found && !s->memory && w->points > 1 && w->rows * w->cols > 1)
        found = because(s, "%san outer factor is missing or wrong: all entries are off by the same factor, which "
                        "varies with the values", s->transposed ? "it must be transposed, and " : "");
    return found;
}

/* E - H + P = r*P at every point, P being a term of H: that term needs the factor r, if it is not 1. */
static bool part_apart(search *s, size_t part, gsl_matrix *const needed[])
{
    if (!answered(s, DM_ASK_PART, part, s->X))
        return false;
    for (size_t k = 0; k < s->world->points; k++) {
        gsl_matrix_memcpy(needed[k], s->E[k]);
        gsl_matrix_sub(needed[k], s->H[k]);
        gsl_matrix_add(needed[k], s->X[k]);
        if (!ratio(s, needed[k], s->X[k], &s->r[k]))
            return false;
    }
    return !is_constant(s->r, s->world->points) || !close(s->r[0], 1);
}

static bool part_factor(search *s)
{
    const dm_check_world *w = s->world;
    size_t parts = w->points > 1 ? w->count[DM_ASK_PART] : 0;
    gsl_matrix **needed = parts ? matrices(w->points, w->rows, w->cols) : NULL;
    double *x = needed ? scalars_at_points(s) : NULL;
    scalar_factor f;
    bool found = false;

    if (parts && !needed)
        s->memory = GSL_ENOMEM;
    for (size_t part = 0; part < parts && x && !s->memory && !found; part++)
        if (part_apart(s, part, needed)) {
            bool constant = is_constant(s->r, w->points);
            found = (constant || find_scalar(s, x, &f))
                 && because(s, "the term %s needs the factor %s", name_of(s, DM_ASK_PART, part),
                            constant ? show(s->r[0]).text : write_scalar(s, &f).text);
        }
    free_matrices(needed, w->points);
    free(x);
    return found;
}

/* H = r*T for a term T of the right one. */
static bool scaled_term(search *s)
{
    size_t points = s->world->points, terms = points > 1 ? s->terms : 0;
    double *x = terms ? scalars_at_points(s) : NULL;
    scalar_factor f;
    bool found = false;

    for (size_t i = 0; i < terms && x && !found; i++) {
        found = true;
        for (size_t k = 0; k < points && found; k++)
            found = ratio(s, s->H[k], term(s, i, k), &s->r[k]);
        if (found && (found = find_scalar(s, x, &f)))
            because(s, "it is only the term %s, and that with the factor %s", name_term(s, i).text,
                    write_scalar(s, &f).text);
    }
    free(x);
    return found;
}

static bool step_left_out(search *s, bool multiple)
{
    double c;

    for (size_t i = 0; i < s->world->count[DM_ASK_STEP] && !s->memory; i++) {
        if (!answered(s, DM_ASK_STEP, i, s->X) || !constant_ratio(s, s->H, s->X, &c)
            || (!multiple && !close(c, 1)))
            continue;
        because(s, "the chain rule stops early: the derivative of %s is left out", name_of(s, DM_ASK_STEP, i));
        if (!close(c, 1))
            and(s, ", and there is a factor %s too much", show(c).text);
        return true;
    }
    return false;
}

static bool inner_left_out(search *s, bool multiple)
{
    double c;

    for (size_t i = 0; i < s->world->count[DM_ASK_INNER] && !s->memory; i++) {
        if (!answered(s, DM_ASK_INNER, i, s->X) || !constant_ratio(s, s->H, s->X, &c)
            || (!multiple && !close(c, 1)))
            continue;
        because(s, "the chain rule stops early: it is the derivative with respect to %s",
                name_of(s, DM_ASK_INNER, i));
        if (!close(c, 1))
            and(s, ", times %s", show(c).text);
        return true;
    }
    return false;
}

/* --- another variable, another formula ------------------------------------------------------------- */

static bool other_variable(search *s, bool multiple)
{
    double c;

    for (size_t i = 0; i < s->world->count[DM_ASK_OTHER] && !s->memory; i++) {
        const char *other = name_of(s, DM_ASK_OTHER, i);
        if (!answered(s, DM_ASK_OTHER, i, s->X))
            continue;
        if (!multiple && all_equal(s, s->H, s->X))
            return because(s, "it is the derivative with respect to %s", other);
        if (multiple && constant_ratio(s, s->H, s->X, &c))
            return because(s, "it is %s times the derivative with respect to %s", show(c).text, other);
        for (size_t k = 0; is_square(s) && k < s->world->points; k++)
            gsl_matrix_transpose(s->X[k]);
        if (!multiple && is_square(s) && all_equal(s, s->H, s->X))
            return because(s, "it is the transpose of the derivative with respect to %s", other);
    }
    return false;
}

/* An edit of the hand-derived formula that makes it right. */
static bool edited(search *s)
{
    const dm_check_world *w = s->world;

    for (size_t i = 0; i < w->count[DM_ASK_EDIT] && !s->memory; i++) {
        bool right = true;
        for (size_t k = 0; k < w->points && right; k++) {
            int status = w->answer(w->params, DM_ASK_EDIT, i, k, s->X[k]);
            s->memory = status == GSL_ENOMEM ? status : s->memory;
            right = !status && equal(s, s->X[k], s->E[k]);
        }
        if (!right || s->memory)
            continue;
        if (!*s->report->why)
            because(s, "%s", name_of(s, DM_ASK_EDIT, i));
        if (strlen(w->edited(w->params, i)) < sizeof s->report->formula)
            strcpy(s->report->formula, w->edited(w->params, i));
        return true;
    }
    return false;
}

/* The derivative of something that may be mistaken for the function. */
static bool misread(search *s)
{
    for (size_t i = 0; i < s->world->count[DM_ASK_MISREAD] && !s->memory; i++) {
        bool right = true;
        for (size_t k = 0; k < s->world->points && right; k++) {
            int status = s->world->answer(s->world->params, DM_ASK_MISREAD, i, k, s->X[k]);
            s->memory = status == GSL_ENOMEM ? status : s->memory;
            right = !status && equal(s, s->X[k], s->H[k]);
        }
        if (right && !s->memory)
            return because(s, "it is the derivative of %s", name_of(s, DM_ASK_MISREAD, i));
    }
    return false;
}

/* --- only on the diagonal, only off it --------------------------------------------------------------- */

static bool differs_only(const search *s, bool on, double *c)
{
    bool same = true;

    *c = NAN;
    for (size_t k = 0; k < s->world->points; k++) {
        double allowed = s->world->tolerance * fmax(largest(s->E[k]), largest(s->H[k]));
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
    if (!same)
        *c = NAN;
    return true;
}

static bool diagonal(search *s, bool observed)
{
    double c;

    if (!is_square(s))
        return false;
    for (int on = 1; on >= 0; on--) {
        const char *where = on ? "on" : "off";
        if (!differs_only(s, on, &c) || (!observed && isnan(c)))
            continue;
        if (isnan(c))
            return because(s, "it is wrong only %s the diagonal", where);
        if (fabs(c) < 1e-7)
            return because(s, "it is wrong only %s the diagonal: there it is zero", where);
        return because(s, "it is wrong only %s the diagonal: there it is %s times the right one", where,
                       show(c).text);
    }
    return false;
}

/* ---------------------------------------------------------------------------------------- the search */

static bool explained(search *s)
{
    /* Of a second derivative the product rule has a term for every pair of places, its formula fewer. */
    dm_question terms = s->world->kind == DM_HESSIAN ? DM_ASK_SUMMAND : DM_ASK_TERM;

    return nothing_there(s) || transpose_given(s) || multiple_given(s) || transposed_multiple_given(s)
        || rows_stacked(s) || symmetric_form(s) || symmetric_only(s, false)
        || terms_explain(s, terms)
        || other_variable(s, false) || step_left_out(s, false) || inner_left_out(s, false)
        || outer_factor(s) || step_left_out(s, true) || inner_left_out(s, true)
        || symmetric_only(s, true) || other_variable(s, true) || diagonal(s, false) || edited(s)
        || terms_explain(s, DM_ASK_SUMMAND) || part_factor(s) || scaled_term(s) || misread(s)
        || diagonal(s, true);
}

int dm_check_explain(const dm_check_world *w, dm_check_report *report)
{
    search s = { .world = w, .report = report };

    report->why[0] = report->formula[0] = '\0';
    s.H = matrices(w->points, w->rows, w->cols);
    s.E = matrices(w->points, w->rows, w->cols);
    s.X = matrices(w->points, w->rows, w->cols);
    s.r = calloc(w->points, sizeof *s.r);
    if (!s.H || !s.E || !s.X || !s.r)
        s.memory = GSL_ENOMEM;
    if (!s.memory && answered(&s, DM_ASK_EXACT, 0, s.E) && answered(&s, DM_ASK_HAND, 0, s.H)
        && explained(&s) && !*report->formula)
        edited(&s);
    free_matrices(s.H, w->points);
    free_matrices(s.E, w->points);
    free_matrices(s.X, w->points);
    free_matrices(s.T, s.terms * w->points);
    free(s.r);
    return s.memory;
}
