/* A gradient in C held against difference quotients, where the function is no dual one.
 *
 * Central differences for falling steps, extrapolated to the step 0, each with the error that the table itself
 * shows (Ridders 1982, "Accurate computation of F'(x) and F'(x)F''(x)"), and that of rounding f.        */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include "drivers/diagnose.h"
#include "drivers/drivers.h"

enum { POINTS = 5, TABLE = 10, STARTS = 4 };

typedef struct {
    double (*f)(const gsl_vector *x, void *params);
    void (*df)(const gsl_vector *x, void *params, gsl_vector *g);
    void *params;
    const gsl_vector *x;
    gsl_vector *y, *g;                 /* a point, and a gradient there */
    double bar;                        /* the largest error bar so far */
    dm_check_margin *margin;           /* of each component; NULL: not wanted */
} quotients;

/* f where component i is a; where it is not finite, so is the result. */
static double value_at(const quotients *d, size_t i, double a)
{
    double before = gsl_vector_get(d->y, i);

    gsl_vector_set(d->y, i, a);
    double f = d->f(d->y, d->params);
    gsl_vector_set(d->y, i, before);
    return f;
}

/* (f(a+h) - f(a-h)) / 2h, and how far rounding may take it. */
static double quotient(const quotients *d, size_t i, double h, double *rounding)
{
    double a = gsl_vector_get(d->y, i);
    volatile double right = a + h, left = a - (right - a);     /* what is really stepped, the same to both sides */
    double f = value_at(d, i, right), g = value_at(d, i, left);

    *rounding = 4 * DBL_EPSILON * fmax(fabs(f), fabs(g)) / (right - left);
    return (f - g) / (right - left);
}

/* Ridders' table from the step h on.  The error bar; the best value in *result. */
static double extrapolate(const quotients *d, size_t i, double h, double *result)
{
    double T[TABLE][TABLE], best = INFINITY, rounding;

    for (size_t row = 0; row < TABLE; row++, h /= 1.4) {
        double power = 1.4 * 1.4;
        T[0][row] = quotient(d, i, h, &rounding);
        for (size_t k = 1; k <= row; k++, power *= 1.4 * 1.4) {
            T[k][row] = (T[k - 1][row] * power - T[k - 1][row - 1]) / (power - 1);
            double error = fmax(fabs(T[k][row] - T[k - 1][row]), fabs(T[k][row] - T[k - 1][row - 1]));
            error = fmax(error, rounding);
            if (error <= best) {
                best = error;
                *result = T[k][row];
            }
        }
        if (row > 0 && fabs(T[row][row] - T[row - 1][row - 1]) >= 2 * best)
            break;
    }
    return best;
}

/* The derivative by component i at y; larger and smaller first steps are tried. */
static int component(quotients *d, size_t i, double *result)
{
    double a = fabs(gsl_vector_get(d->y, i)), h = 0.3 * (a > 0 ? a : 1), best = INFINITY;

    for (size_t start = 0; start < STARTS; start++, h /= 30) {
        double now = NAN, bar = extrapolate(d, i, h, &now);
        if (bar < best && isfinite(now)) {
            best = bar;
            *result = now;
        }
    }
    d->bar = fmax(d->bar, best);
    if (d->margin)                     /* an error bar is an estimate: ten of them are allowed */
        d->margin[i] = (dm_check_margin) { .noise = 10 * best };
    return isfinite(best) ? GSL_SUCCESS : GSL_EDOM;
}

/* ----------------------------------------------------------------------------------- at a point -- */

static int exact_at(quotients *d, gsl_matrix *to)
{
    int status = GSL_SUCCESS;

    for (size_t i = 0; !status && i < d->y->size; i++)
        status = component(d, i, gsl_matrix_ptr(to, i, 0));
    return status;
}

static int hand_at(quotients *d, gsl_matrix *to)
{
    gsl_vector_set_zero(d->g);
    d->df(d->y, d->params, d->g);
    for (size_t i = 0; i < d->y->size; i++) {
        if (!isfinite(gsl_vector_get(d->g, i)))
            return GSL_EDOM;
        gsl_matrix_set(to, i, 0, gsl_vector_get(d->g, i));
    }
    return GSL_SUCCESS;
}

/* y = x, moved by up to a third; the same for the same point. */
static void go_to(quotients *d, size_t point)
{
    unsigned long long state = 2862933555777941757ULL * (point + 1);

    for (size_t i = 0; i < d->x->size; i++) {
        double a = gsl_vector_get(d->x, i);
        state = state * 6364136223846793005ULL + 1442695040888963407ULL;
        gsl_vector_set(d->y, i, a + (a != 0 ? fabs(a) : 1) * ((double) (state >> 11) / 13510798882111488. - 1. / 3));
    }
}

static int answer(void *params, dm_question question, size_t i, size_t point, gsl_matrix *to)
{
    quotients *d = params;

    (void) i;
    go_to(d, point);
    if (question == DM_ASK_SCALAR) {
        double f = d->f(d->y, d->params);
        gsl_matrix_set(to, 0, 0, f);
        return isfinite(f) ? GSL_SUCCESS : GSL_EDOM;
    }
    return question == DM_ASK_EXACT ? exact_at(d, to) : question == DM_ASK_HAND ? hand_at(d, to) : GSL_EINVAL;
}

static const char *name(void *params, dm_question question, size_t i)
{
    (void) params;
    (void) i;
    return question == DM_ASK_SCALAR ? "f" : "x";
}

static int check(quotients *d, gsl_matrix *exact, gsl_matrix *hand, dm_check_report *report)
{
    int status;

    gsl_vector_memcpy(d->y, d->x);
    if (!isfinite(d->f(d->y, d->params)))
        return dm_refuse(NULL, GSL_EDOM, "dm_check_fdf: f has no value at x");
    if ((status = exact_at(d, exact)))
        return dm_refuse(NULL, status, "dm_check_fdf: f has no difference quotients at x");
    if ((status = hand_at(d, hand)))
        return dm_refuse(NULL, status, "dm_check_fdf: the gradient is not finite at x");
    dm_check_compare(hand, exact, 1e-7, 0, d->margin, report);
    d->margin = NULL;
    report->slope_hand = report->slope_exact = NAN;
    if (report->right)
        return GSL_SUCCESS;
    double scale = fmax(report->norm_exact, report->norm_hand);
    dm_check_world world = {
        .params = d, .kind = DM_GRADIENT, .rows = d->x->size, .cols = 1, .p = 1, .q = 1,
        .m = d->x->size, .n = 1, .points = POINTS, .tolerance = fmax(1e-7, 100 * d->bar / scale),
        .variable = "x", .answer = answer, .name = name, .count = { [DM_ASK_SCALAR] = 1 },
    };
    return world.tolerance > 1e-4 ? GSL_SUCCESS : dm_check_explain(&world, report);
}

int dm_check_fdf(double (*f)(const gsl_vector *x, void *params),
                 void (*df)(const gsl_vector *x, void *params, gsl_vector *g), void *params,
                 const gsl_vector *x, dm_check_report *report)
{
    if (!f || !df || !x)
        return dm_refuse(NULL, GSL_EFAULT, "dm_check_fdf: f, df or x is NULL");
    dm_check_margin *margin = calloc(x->size, sizeof *margin);
    quotients d = { f, df, params, x, gsl_vector_alloc(x->size), gsl_vector_alloc(x->size), 0, margin };
    gsl_matrix *exact = gsl_matrix_alloc(x->size, 1), *hand = gsl_matrix_alloc(x->size, 1);
    dm_check_report found;
    int status = d.y && d.g && exact && hand && margin ? check(&d, exact, hand, &found) : GSL_ENOMEM;

    free(margin);
    gsl_vector_free(d.y);
    gsl_vector_free(d.g);
    gsl_matrix_free(exact);
    gsl_matrix_free(hand);
    if (!status && report)
        *report = found;
    return status ? status : found.right ? GSL_SUCCESS : GSL_FAILURE;
}
