/* How matrices at all points are compared, and how a reason is told. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <gsl/gsl_math.h>
#include "drivers/diagnose_search.h"

double dm_largest_of(const gsl_matrix *A)
{
    double max = 0;

    for (size_t i = 0; i < A->size1; i++)
        for (size_t j = 0; j < A->size2; j++)
            max = fmax(max, fabs(at(A, i, j)));
    return max;
}

double dm_inner_of(const gsl_matrix *A, const gsl_matrix *B)
{
    double sum = 0;

    for (size_t i = 0; i < A->size1; i++)
        for (size_t j = 0; j < A->size2; j++)
            sum += at(A, i, j) * at(B, i, j);
    return sum;
}

/* Is A = B, to rounding? */
bool dm_same_matrix(const dm_search *s, const gsl_matrix *A, const gsl_matrix *B)
{
    double allowed = s->world->tolerance * fmax(dm_largest_of(A), dm_largest_of(B));

    for (size_t i = 0; i < A->size1; i++)
        for (size_t j = 0; j < A->size2; j++)
            if (!(fabs(at(A, i, j) - at(B, i, j)) <= allowed))
                return false;
    return true;
}

bool dm_close(double a, double b)
{
    return fabs(a - b) <= 1e-7 * fmax(fabs(a), fabs(b));
}

bool dm_is_plain(double c)
{
    static const double plain_ones[] = { 1, 2, 0.5, 3, 4, 0.25, 1. / 3 };

    for (size_t i = 0; i < sizeof plain_ones / sizeof plain_ones[0]; i++)
        if (dm_close(fabs(c), plain_ones[i]))
            return true;
    return false;
}

double dm_simplest(const dm_search *s, double c)
{
    double tolerance = s->world->tolerance;

    if (tolerance <= 1e-7)             /* they have all digits */
        return c;
    if (fabs(c) <= tolerance)
        return 0;
    for (double q = 1; q <= 4; q++)
        if (fabs(c - round(q * c) / q) <= tolerance * fabs(c))
            return round(q * c) / q;
    return c;
}

bool dm_all_zero(gsl_matrix *const A[], size_t points)
{
    double max = 0;

    for (size_t k = 0; k < points; k++)
        max = fmax(max, dm_largest_of(A[k]));
    return max == 0;
}

gsl_matrix **dm_matrices(size_t n, size_t rows, size_t cols)
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

void dm_free_matrices(gsl_matrix **A, size_t n)
{
    for (size_t i = 0; A && i < n; i++)
        gsl_matrix_free(A[i]);
    free(A);
}

/* ------------------------------------------------------------------------------------- reporting -- */

bool dm_because(dm_search *s, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(s->report->why, sizeof s->report->why, format, arguments);
    va_end(arguments);
    return true;
}

void dm_and_also(dm_search *s, const char *format, ...)
{
    size_t used = strlen(s->report->why);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(s->report->why + used, sizeof s->report->why - used, format, arguments);
    va_end(arguments);
}

/* The formula as it should be: factor*hand, or (NULL) hand'. */
void dm_mend(dm_search *s, const char *factor)
{
    char *text = s->world->formula ? s->world->formula(s->world->params, factor) : NULL;

    if (text && strlen(text) < sizeof s->report->formula)
        strcpy(s->report->formula, text);
    free(text);
}

const char *dm_name_asked(const dm_search *s, dm_question question, size_t i)
{
    return s->world->name(s->world->params, question, i);
}

/* A name for it, or a fraction whose decimals do not end; false: it has none. */
static bool name_constant(double c, constant_text *t)
{
    static const struct { double value; const char *name; } known[] = {
        { M_PI, "pi" }, { 2 * M_PI, "2*pi" }, { M_PI / 2, "pi/2" }, { M_SQRT2, "sqrt(2)" },
        { M_SQRT1_2, "1/sqrt(2)" }, { M_LN10, "log(10)" }, { 1 / M_LN10, "1/log(10)" }, { M_LN2, "log(2)" },
        { 1 / M_LN2, "1/log(2)" }, { M_E, "exp(1)" }, { 1 / M_PI, "1/pi" }, { 1 / (2 * M_PI), "1/(2*pi)" },
        { M_2_SQRTPI * M_SQRT1_2 / 2, "1/sqrt(2*pi)" },
    };
    static const int denominators[] = { 3, 6, 7, 9 };
    const char *sign = c < 0 ? "-" : "";
    double size = fabs(c);

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (dm_close(size, known[i].value)) {
            snprintf(t->text, sizeof t->text, "%s%s", sign, known[i].name);
            return true;
        }
    for (size_t i = 0; i < sizeof denominators / sizeof denominators[0]; i++) {
        double numerator = round(denominators[i] * size);
        if (numerator >= 1 && numerator < 20 && !dm_close(size, round(2 * size) / 2)
            && dm_close(size, numerator / denominators[i])) {
            snprintf(t->text, sizeof t->text, "%s%.0f/%d", sign, numerator, denominators[i]);
            return true;
        }
    }
    return false;
}

/* A constant, with a word on what it may be. */
constant_text dm_show_constant(double c)
{
    constant_text t;
    double nearest = round(c);

    if (name_constant(c, &t))
        return t;
    if (dm_close(c, 1))                   /* then it is not 1, or nobody would ask */
        snprintf(t.text, sizeof t.text, "%.12g", c);
    else
        snprintf(t.text, sizeof t.text, "%.6g", dm_close(c, nearest) ? nearest : c);
    return t;
}

/* 1/c as a factor to write in front of a formula: "-", "2", "1/3". */
static constant_text reciprocal(double c)
{
    constant_text t;
    double r = 1 / c;

    if (dm_close(r, -1))
        strcpy(t.text, "-");
    else if (dm_close(r, 1))
        snprintf(t.text, sizeof t.text, "%.12g", r);
    else if (dm_close(r, round(r)) && fabs(r) < 1e6)
        snprintf(t.text, sizeof t.text, "%.0f", r);
    else if (dm_close(c, round(c)) && fabs(c) < 1e6 && !dm_close(fabs(r), 0.5) && !dm_close(fabs(r), 0.25))
        snprintf(t.text, sizeof t.text, "%s1/%.0f", c < 0 ? "-" : "", fabs(c));
    else if (!name_constant(r, &t))
        snprintf(t.text, sizeof t.text, "%.10g", r);
    return t;
}

void dm_and_size(dm_search *s, double size)
{
    const dm_check_world *w = s->world;

    for (size_t i = 0; size >= 2.5 && i < w->sizes; i++) {
        double here, there;
        const char *formula = w->size(w->params, i, &here, &there);
        if (dm_close(size, here)) {
            dm_and_also(s, ", and %.0f is %s", round(size), formula);
            return;
        }
    }
}

/* "it is 5 times the right one, and 5 is the number of rows of A", and the formula mended; n where it is
 * known to be a size. */
void dm_say_multiple(dm_search *s, double c, bool transposed)
{
    const dm_check_world *w = s->world;
    const char *what = NULL, *of = transposed ? "the transpose of the right one" : "the right one";
    double size = fabs(c) < 1 ? 1 / fabs(c) : fabs(c), m = (double) w->m, n = (double) w->n;
    dm_size_factor found;
    dm_size_verdict verdict = dm_check_size_factor(w, c, transposed, &found);

    if (verdict == DM_SIZE_FOUND) {
        dm_because(s, "it is %s times %s, n being %s", found.factor, of, found.formula);
        if (!transposed)
            dm_mend(s, found.reciprocal);
        return;
    }
    dm_because(s, "it is %s times %s", dm_show_constant(c).text, of);
    if (!transposed)
        dm_mend(s, reciprocal(c).text);
    if (size < 2.5 || verdict == DM_SIZE_NONE)
        return;
    if (dm_close(size, m))
        what = w->m == w->n ? "of rows and columns" : w->n == 1 ? "of entries" : "of rows";
    else if (dm_close(size, n))
        what = w->m == 1 ? "of entries" : "of columns";
    else if (dm_close(size, m * n))
        what = "of entries";
    if (what)
        dm_and_also(s, ", and %.0f is the number %s of %s", round(size), what, w->variable);
    else
        dm_and_size(s, size);
}

/* ------------------------------------------------------------------------------------ hypotheses -- */

/* The answers at every point; false: there are none. */
bool dm_answered(dm_search *s, dm_question question, size_t i, gsl_matrix *const to[])
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
bool dm_ratio(const dm_search *s, const gsl_matrix *A, const gsl_matrix *B, double *r)
{
    double square = dm_inner_of(B, B), allowed = s->world->tolerance * dm_largest_of(A);

    if (square == 0 || !isfinite(square) || A->size1 != B->size1)
        return false;
    *r = dm_inner_of(A, B) / square;
    for (size_t i = 0; i < A->size1; i++)
        for (size_t j = 0; j < A->size2; j++)
            if (!(fabs(at(A, i, j) - *r * at(B, i, j)) <= allowed))
                return false;
    return *r != 0;
}

/* The c with A = c*B at all points, the same c. */
bool dm_constant_ratio(const dm_search *s, gsl_matrix *const A[], gsl_matrix *const B[], double *c)
{
    double r;

    if (!dm_ratio(s, A[0], B[0], c))
        return false;
    for (size_t k = 1; k < s->world->points; k++)
        if (!dm_ratio(s, A[k], B[k], &r) || !dm_close(r, *c))
            return false;
    *c = dm_simplest(s, *c);
    return *c != 0;
}

bool dm_all_equal(const dm_search *s, gsl_matrix *const A[], gsl_matrix *const B[])
{
    for (size_t k = 0; k < s->world->points; k++)
        if (!dm_same_matrix(s, A[k], B[k]))
            return false;
    return true;
}

void dm_transposes(gsl_matrix *const A[], gsl_matrix *const to[], size_t points)
{
    for (size_t k = 0; k < points; k++)
        gsl_matrix_transpose_memcpy(to[k], A[k]);
}

/* Entry k of vec of an m×n matrix: which one it is when the rows are stacked. */
static size_t by_rows(size_t k, size_t m, size_t n)
{
    return k % m * n + k / m;
}

double *dm_stacked(const dm_search *s, gsl_matrix *to, size_t i, size_t j, bool of_variable, bool of_function)
{
    const dm_check_world *w = s->world;
    bool hessian = w->kind == DM_HESSIAN;

    return gsl_matrix_ptr(to, of_function ? by_rows(i, hessian ? w->m : w->p, hessian ? w->n : w->q) : i,
                          of_variable ? by_rows(j, w->m, w->n) : j);
}

bool dm_say_commutation(dm_search *s)
{
    const char *A = s->world->variable;

    return dm_because(s, "the commutation matrix K, for which vec(%s') = K*vec(%s), is left out", A, A);
}

bool dm_is_square(const dm_search *s)
{
    return s->world->rows == s->world->cols && s->world->rows > 1;
}
