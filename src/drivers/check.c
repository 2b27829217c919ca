/* Checking a derivative that was derived by hand.
 *
 * The Taylor test is a witness for both, the hand-derived one and the exact one, because it needs neither:
 * with the right derivative the error of the linear model falls with h^2, with a wrong one with h, until it
 * reaches the rounding error of the function's values.  How large that is is measured: by how much the value
 * moves when A moves by a few units in the last place.  So is what rounding makes of an entry of a derivative;
 * what moves one entry excuses no other, and what moves because the function has a kink there is no rounding. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <gsl/gsl_math.h>
#include "drivers/check.h"
#include "drivers/drivers.h"

void dm_check_shape_of(dm_derivative kind, size_t p, size_t q, size_t m, size_t n, size_t *rows,
                       size_t *cols)
{
    *rows = kind == DM_GRADIENT ? m : kind == DM_JACOBIAN ? p * q : m * n;
    *cols = kind == DM_GRADIENT ? n : m * n;
}

int dm_check_exact(const dm_function *F, dm_derivative kind, const gsl_matrix *A, gsl_matrix *exact,
                   bool quietly)
{
    dm_context *context = dm_context_alloc();
    int status;

    if (!context)
        return GSL_ENOMEM;
    context->quiet = quietly;
    switch (kind) {
    case DM_GRADIENT: status = dm_gradient_in(context, F, A, NULL, exact); break;
    case DM_JACOBIAN: status = dm_jacobian_in(context, F, A, NULL, exact); break;
    default:                status = dm_hessian_in(context, F, A, NULL, NULL, exact);
    }
    dm_context_free(context);
    return status;
}

/* -------------------------------------------------------------------------------- entry by entry -- */

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

/* Scaled, so that squares neither overflow nor vanish. */
static double frobenius(const gsl_matrix *A)
{
    double max = largest(A), sum = 0;

    if (max == 0)
        return 0;
    for (size_t i = 0; i < A->size1; i++)
        for (size_t j = 0; j < A->size2; j++)
            sum += at(A, i, j) / max * (at(A, i, j) / max);
    return max * sqrt(sum);
}

/* A few units in the last place of the largest entry. */
static double always_allowed(const dm_check_report *report)
{
    return 64 * DBL_EPSILON * report->largest;
}

/* How far they are apart; at a kink, how far the one by hand is from all that the exact one is beside it. */
static double apart(double hand, double exact, const dm_check_margin *m)
{
    return fabs(hand - (m->kink ? fmin(fmax(hand, m->low), m->high) : exact));
}

/* The same beyond what noise explains and what is allowed, relative to the larger one. */
static double entry_error(double hand, double exact, const dm_check_margin *m, const dm_check_report *report)
{
    double difference = apart(hand, exact, m);
    double nothing = (m->kink ? 0 : m->noise) + always_allowed(report) + report->allowed;

    return difference <= nothing ? 0 : (difference - nothing) / fmax(fabs(hand), fabs(exact));
}

static bool agree(double hand, double exact, const dm_check_margin *m, const dm_check_report *report)
{
    return entry_error(hand, exact, m, report) <= report->tolerance;   /* not where one is NaN */
}

/* Of an entry of which nothing is known. */
static const dm_check_margin no_margin = { 0, 0, 0, false };

static const dm_check_margin *margin_of(const dm_check_margin margin[], const gsl_matrix *A, size_t i, size_t j)
{
    return margin ? &margin[i * A->size2 + j] : &no_margin;
}

/* Is hand = factor*exact, or (transposed) hand = factor*exact'? */
static bool is_multiple(const gsl_matrix *hand, const gsl_matrix *exact, double factor, bool transposed,
                        const dm_check_margin margin[], const dm_check_report *report)
{
    if (transposed && hand->size1 != hand->size2)
        return false;
    for (size_t i = 0; i < hand->size1; i++)
        for (size_t j = 0; j < hand->size2; j++) {
            const dm_check_margin *m = margin_of(margin, hand, i, j);
            double e = factor * (transposed ? at(exact, j, i) : at(exact, i, j));
            if (!agree(at(hand, i, j), e, m->kink ? &no_margin : m, report))
                return false;
        }
    return true;
}

/* Any two numbers are a multiple of each other: that says something where there are more. */
static bool has_two(const gsl_matrix *A)
{
    size_t found = 0;

    for (size_t i = 0; i < A->size1; i++)
        for (size_t j = 0; j < A->size2; j++)
            found += at(A, i, j) != 0;
    return found > 1;
}

/* The factor for which factor*exact comes nearest to hand. */
static double nearest_factor(const gsl_matrix *hand, const gsl_matrix *exact, double scale)
{
    double both = 0, square = 0;

    for (size_t i = 0; i < hand->size1; i++)
        for (size_t j = 0; j < hand->size2; j++) {
            both += at(hand, i, j) / scale * (at(exact, i, j) / scale);
            square += at(exact, i, j) / scale * (at(exact, i, j) / scale);
        }
    return square > 0 ? both / square : 0;
}

/* In degrees, from the difference of the unit matrices, which sees small angles too. */
static double angle(const gsl_matrix *hand, const gsl_matrix *exact)
{
    double a = frobenius(hand), b = frobenius(exact), minus = 0, plus = 0;

    if (a == 0 || b == 0)
        return NAN;
    for (size_t i = 0; i < hand->size1; i++)
        for (size_t j = 0; j < hand->size2; j++) {
            double h = at(hand, i, j) / a, e = at(exact, i, j) / b;
            minus += (h - e) * (h - e);
            plus += (h + e) * (h + e);
        }
    return 2 * atan2(sqrt(minus), sqrt(plus)) * 180 / M_PI;
}

/* Among the worst that differ, the one whose difference is larger stands first. */
static void rank(dm_check_report *report, dm_check_entry entry)
{
    double d = fabs(entry.hand - entry.exact);
    size_t place = report->ranked;

    while (place > 0 && fabs(report->worst[place - 1].hand - report->worst[place - 1].exact) < d)
        place--;
    if (place == DM_CHECK_RANKS)
        return;
    report->ranked += report->ranked < DM_CHECK_RANKS;
    for (size_t i = report->ranked - 1; i > place; i--)
        report->worst[i] = report->worst[i - 1];
    report->worst[place] = entry;
}

/* What can be known of the entry, and what cannot. */
static void take_margin(dm_check_report *report, const dm_check_margin *m, bool differs)
{
    if (m->kink) {
        report->kinks++;
        report->outside += differs;
    } else {
        double noise = m->noise + always_allowed(report);
        report->noise = fmax(report->noise, noise);
        report->hidden += noise > 1e-3 * report->largest;
    }
}

void dm_check_compare(const gsl_matrix *hand, const gsl_matrix *exact, double tolerance, double part,
                      const dm_check_margin margin[], dm_check_report *report)
{
    double worst = -1, difference = 0;

    *report = (dm_check_report) { .rows = hand->size1, .cols = hand->size2, .tolerance = tolerance };
    report->largest = fmax(largest(hand), largest(exact));
    report->noise = always_allowed(report);
    report->allowed = part * report->largest;
    report->norm_hand = frobenius(hand);
    report->norm_exact = frobenius(exact);

    for (size_t i = 0; i < hand->size1; i++)
        for (size_t j = 0; j < hand->size2; j++) {
            const dm_check_margin *m = margin_of(margin, hand, i, j);
            double h = at(hand, i, j), e = at(exact, i, j), d = apart(h, e, m);
            bool differs = !agree(h, e, m, report), first = differs && report->differ == 0;

            take_margin(report, m, differs);
            report->differ += differs;
            report->entry_error = fmax(report->entry_error, entry_error(h, e, m, report));
            difference = fmax(difference, d);
            if (differs)
                rank(report, (dm_check_entry) { i, j, h, e });
            if (first || (d > worst && (differs || report->differ == 0))) {
                worst = d;
                report->row = i;
                report->col = j;
                report->hand = h;
                report->exact = e;
            }
        }
    report->right = report->differ == 0;
    report->angle = angle(hand, exact);
    report->error = report->largest > 0 ? difference / report->largest : 0;
    if (!report->right) {
        double factor = nearest_factor(hand, exact, report->largest);
        report->transposed = is_multiple(hand, exact, 1, true, margin, report);
        if (factor != 0 && has_two(exact) && is_multiple(hand, exact, factor, false, margin, report))
            report->factor = factor;
    }
}

bool dm_check_is_symmetric(const gsl_matrix *A)
{
    for (size_t i = 0; i < A->size1; i++)
        for (size_t j = 0; j < i; j++)
            if (A->size1 != A->size2 || at(A, i, j) != at(A, j, i))
                return false;
    return A->size1 == A->size2;
}

bool dm_check_is_blind(const dm_check_report *report)
{
    return report->largest == 0 || report->hidden + report->kinks == report->rows * report->cols;
}

/* One entry, shaken a little and a hundred times as much: what comes at once and stays is no rounding error. */
static void take_shake(dm_check_margin *m, double entry, double near, double far, bool by_hand, double small)
{
    double moved = fabs(near - entry);

    if (moved > small && fabs(far - near) < moved / 8) {
        m->kink = m->kink || !by_hand;
    } else {
        m->noise = fmax(m->noise, moved);
    }
    if (!by_hand) {
        m->low = fmin(m->low, near);
        m->high = fmax(m->high, near);
    }
}

static void measure(const gsl_matrix *derivative, bool by_hand, dm_check_shake shake, void *params,
                    gsl_matrix *const room[2], dm_check_margin margin[])
{
    enum { SHAKES = 2 };
    gsl_matrix *near = room[0], *far = room[1];
    double small = 1e-5 * largest(derivative);

    for (unsigned number = 1; number <= SHAKES; number++)
        for (int sign = -1; sign <= 1; sign += 2) {
            double size = sign * 64 * DBL_EPSILON;
            if (shake(params, by_hand, number, size, near))
                continue;
            if (shake(params, by_hand, number, 100 * size, far))
                gsl_matrix_set_all(far, GSL_NAN);
            for (size_t i = 0; i < near->size1; i++)
                for (size_t j = 0; j < near->size2; j++)
                    take_shake(&margin[i * near->size2 + j], at(derivative, i, j), at(near, i, j),
                               at(far, i, j), by_hand, small);
        }
}

void dm_check_compare_shaken(const gsl_matrix *hand, const gsl_matrix *exact, double tolerance, double part,
                             dm_check_shake shake, void *params, gsl_matrix *const room[2],
                             dm_check_margin margin[], dm_check_report *report)
{
    for (size_t i = 0; i < exact->size1; i++)
        for (size_t j = 0; j < exact->size2; j++)
            margin[i * exact->size2 + j] = (dm_check_margin) { 0, at(exact, i, j), at(exact, i, j), false };
    dm_check_compare(hand, exact, tolerance, part, margin, report);
    if (report->right)
        return;
    measure(exact, false, shake, params, room, margin);
    measure(hand, true, shake, params, room, margin);
    dm_check_compare(hand, exact, tolerance, part, margin, report);
}

/* ----------------------------------------------------------------------------------- Taylor test -- */

/* What is modelled, at A: the function's value; for a Hessian, its gradient. */
static int model_value(const dm_function *F, dm_derivative kind, const gsl_matrix *A, gsl_matrix *Y,
                       bool quietly)
{
    if (kind == DM_HESSIAN)
        return dm_check_exact(F, DM_GRADIENT, A, Y, quietly);

    dm_context *context = dm_context_alloc();
    if (!context)
        return GSL_ENOMEM;
    context->quiet = quietly;
    dm *C = F->f(dm_constant(context, A), F->params);
    gsl_matrix_const_view value = dm_value(C);
    int status = dm_status(C);
    if (!value.matrix.data)
        status = status ? status : dm_context_error(context) ? dm_context_error(context) : GSL_EFAILED;
    else if (value.matrix.size1 != Y->size1 || value.matrix.size2 != Y->size2)
        status = GSL_EBADLEN;
    else
        gsl_matrix_memcpy(Y, &value.matrix);
    dm_context_free(context);
    return status;
}

/* The derivative along D, in the shape of what is modelled: tr(U'*D); or J*vec(D), H*vec(D) unstacked. */
static void along(dm_derivative kind, const gsl_matrix *derivative, const gsl_matrix *D, gsl_matrix *dY)
{
    gsl_matrix_set_zero(dY);
    for (size_t k = 0; k < D->size1 * D->size2; k++) {
        size_t i = k % D->size1, j = k / D->size1;      /* vec stacks columns */
        for (size_t l = 0; l < dY->size1 * dY->size2; l++)
            *gsl_matrix_ptr(dY, l % dY->size1, l / dY->size1) +=
                at(D, i, j) * (kind == DM_GRADIENT ? at(derivative, i, j) : at(derivative, l, k));
    }
}

/* B = A + h*D */
static void step_to(gsl_matrix *B, const gsl_matrix *A, double h, const gsl_matrix *D)
{
    for (size_t i = 0; i < A->size1; i++)
        for (size_t j = 0; j < A->size2; j++)
            gsl_matrix_set(B, i, j, at(A, i, j) + h * at(D, i, j));
}

/* |Y - Y0 - h*dY|; E is overwritten. */
static double model_error(const gsl_matrix *Y, const gsl_matrix *Y0, double h, const gsl_matrix *dY,
                          gsl_matrix *E)
{
    for (size_t i = 0; i < Y->size1; i++)
        for (size_t j = 0; j < Y->size2; j++)
            gsl_matrix_set(E, i, j, at(Y, i, j) - at(Y0, i, j) - h * at(dY, i, j));
    return frobenius(E);
}

enum { ENOUGH = 5 };                   /* steps, to see the slope of a wrong model of a linear function, */
                                       /*     or that a right one has no error at any                    */

/* The slope through the last points, at most four, before the error drowns in rounding. */
static double slope(const dm_check_report *report, bool hand)
{
    double x[DM_CHECK_STEPS], y[DM_CHECK_STEPS];
    size_t n = 0;

    for (size_t s = 0; s < report->steps; s++) {
        double error = hand ? report->step[s].hand : report->step[s].exact;
        if (isnan(error))
            continue;
        if (error <= report->rounding)
            break;
        x[n] = log(report->step[s].h);
        y[n++] = log(error);
    }
    size_t first = n > 4 ? n - 4 : 0, used = n - first;
    double mean_x = 0, mean_y = 0, xx = 0, xy = 0;
    for (size_t i = first; i < n; i++) {
        mean_x += x[i] / (double) used;
        mean_y += y[i] / (double) used;
    }
    for (size_t i = first; i < n; i++) {
        xx += (x[i] - mean_x) * (x[i] - mean_x);
        xy += (x[i] - mean_x) * (y[i] - mean_y);
    }
    return used < 2 ? NAN : xy / xx;
}

/* By how much the value moves when A moves by sixteen units in the last place of D, there and back; or what
 * is computed on the way to it, if there is such a function.                                        */
static double rounding_of(const dm_function *F, const dm_function *rounded, dm_derivative kind,
                          const gsl_matrix *A, const gsl_matrix *D, gsl_matrix *B, const gsl_matrix *Y0,
                          gsl_matrix *Y, gsl_matrix *E)
{
    double rounding = 4 * DBL_EPSILON * frobenius(Y0);

    for (int sign = -1; sign <= 1; sign += 2) {
        step_to(B, A, rounded ? 0 : sign * 16 * DBL_EPSILON, D);
        if (model_value(rounded ? rounded : F, kind, B, Y, true) == GSL_SUCCESS)
            rounding = fmax(rounding, 2 * model_error(Y, Y0, 0, Y0, E));
    }
    return rounding;
}

static int taylor(const dm_function *F, const dm_function *rounded, dm_derivative kind, const gsl_matrix *A,
                  const gsl_matrix *D, gsl_matrix *B, gsl_matrix *Y[4], gsl_matrix *E,
                  dm_check_report *report)
{
    gsl_matrix *Y0 = Y[0], *Yh = Y[1], *by_hand = Y[2], *exact = Y[3];
    int status = model_value(F, kind, A, Y0, false);
    bool drowned = false;

    if (status)
        return status;
    report->rounding = rounding_of(F, rounded, kind, A, D, B, Y0, Yh, E);
    report->steps = 0;
    for (double h = 0.1; report->steps < DM_CHECK_STEPS && !drowned; h /= 10) {
        dm_check_step *step = &report->step[report->steps++];
        *step = (dm_check_step) { h, NAN, NAN };
        step_to(B, A, h, D);
        status = model_value(F, kind, B, Yh, true);
        if (status == GSL_ENOMEM)
            return status;
        if (status)
            continue;
        step->exact = model_error(Yh, Y0, h, exact, E);
        step->hand = model_error(Yh, Y0, h, by_hand, E);
        report->rounding = fmax(report->rounding, 4 * DBL_EPSILON * frobenius(Yh));
        drowned = step->exact <= report->rounding && report->steps >= ENOUGH;
    }
    report->slope_hand = slope(report, true);
    report->slope_exact = slope(report, false);
    return GSL_SUCCESS;
}

/* Rows and columns of what is modelled. */
static int model_shape(const dm_function *F, dm_derivative kind, const gsl_matrix *A, size_t *rows,
                       size_t *cols)
{
    *rows = kind == DM_GRADIENT ? 1 : A->size1;
    *cols = kind == DM_GRADIENT ? 1 : A->size2;
    if (kind != DM_JACOBIAN)
        return GSL_SUCCESS;

    dm_context *context = dm_context_alloc();
    if (!context)
        return GSL_ENOMEM;
    dm *C = F->f(dm_constant(context, A), F->params);
    int status = dm_status(C);
    *rows = dm_rows(C);
    *cols = dm_columns(C);
    dm_context_free(context);
    return status;
}

int dm_check_taylor(const dm_function *F, dm_derivative kind, const gsl_matrix *A, const gsl_matrix *D,
                    const gsl_matrix *hand, const gsl_matrix *exact, dm_check_report *report)
{
    return dm_check_taylor_rounded(F, NULL, kind, A, D, hand, exact, report);
}

int dm_check_taylor_rounded(const dm_function *F, const dm_function *rounded, dm_derivative kind,
                            const gsl_matrix *A, const gsl_matrix *D, const gsl_matrix *hand,
                            const gsl_matrix *exact, dm_check_report *report)
{
    gsl_matrix *B = gsl_matrix_alloc(A->size1, A->size2), *Y[4] = { NULL }, *E = NULL;
    size_t rows, cols;
    int status = model_shape(F, kind, A, &rows, &cols);

    if (!status) {
        E = gsl_matrix_alloc(rows, cols);
        for (size_t i = 0; i < 4; i++)
            Y[i] = gsl_matrix_alloc(rows, cols);
        if (!B || !E || !Y[0] || !Y[1] || !Y[2] || !Y[3])
            status = GSL_ENOMEM;
    }
    if (!status) {
        along(kind, hand, D, Y[2]);
        along(kind, exact, D, Y[3]);
        status = taylor(F, rounded, kind, A, D, B, Y, E, report);
    }
    gsl_matrix_free(B);
    gsl_matrix_free(E);
    for (size_t i = 0; i < 4; i++)
        gsl_matrix_free(Y[i]);
    return status;
}

/* ------------------------------------------------------------------------------------- diagnosis -- */

/* Would it be wrong, had no tolerance been asked for? */
static bool is_tolerated(const dm_check_report *report)
{
    return report->tolerance > DM_CHECK_TOLERANCE
        && (report->entry_error > DM_CHECK_TOLERANCE
            || report->error * report->largest > DM_CHECK_TOLERANCE * report->largest + report->noise);
}

static const char beside[] = ", beside A: at A the function has a kink or a jump";

static size_t say_right(const dm_check_report *report, char *text, size_t size)
{
    size_t entries = report->rows * report->cols, unseen = report->kinks + report->hidden;
    char tolerance[60] = "", all[80] = "its one entry agrees", kinks[140] = "", hidden[80] = "";

    if (report->largest == 0)
        return (size_t) snprintf(text, size, "right: both are zero");
    if (report->hidden == entries)
        return (size_t) snprintf(text, size, "right as far as rounding lets it be seen: no entry rises above "
                                             "the rounding error");
    if (report->kinks > 0)
        snprintf(kinks, sizeof kinks, "%zu of %zu at a kink or a jump of the function, within what it is on the "
                 "sides of it", report->kinks, entries);
    if (report->hidden > 0)
        snprintf(hidden, sizeof hidden, "%s%zu of %zu hidden by rounding errors", *kinks ? ", " : "",
                 report->hidden, entries);
    if (unseen == entries)
        return (size_t) snprintf(text, size, "right as far as it can be seen: %s%s", kinks, hidden);
    if (is_tolerated(report)) {
        int power = (int) floor(log10(report->tolerance) + 1e-12);
        snprintf(tolerance, sizeof tolerance, " to the tolerance %.3ge%d",
                 report->tolerance / pow(10, power), power);
    }
    if (unseen > 0)
        snprintf(all, sizeof all, "%zu of %zu entries agree, ", entries - unseen, entries);
    else if (entries > 1)
        snprintf(all, sizeof all, "all %zu entries agree", entries);
    return (size_t) snprintf(text, size, "right%s: %s%s%s%s", tolerance, all, kinks, hidden,
                             report->beside ? beside : "");
}

size_t dm_check_refuse(const char *function, char *text, size_t size)
{
    if (text && size > 0)
        *text = '\0';
    dm_refuse(NULL, GSL_EFAULT, "%s: report or text is NULL", function);
    return 0;
}

size_t dm_check_sentence(const dm_check_report *report, char *text, size_t size)
{
    if (!report || (!text && size > 0))
        return dm_check_refuse("dm_check_sentence", text, size);
    size_t entries = report->rows * report->cols;
    char where[240], why[60] = "";
    const char *right = *report->formula ? "; right is " : "";

    if (entries == 0)
        return (size_t) snprintf(text, size, "not checked: the report is empty");
    if (report->right)
        return say_right(report, text, size);
    snprintf(where, sizeof where, "wrong in %zu of %zu entries, worst at (%zu,%zu)", report->differ, entries,
             report->row + 1, report->col + 1);
    if (report->beside)
        strcat(where, beside);
    if (report->transposed)
        snprintf(why, sizeof why, "it is the transpose of the right one");
    else if (fabs(report->factor + 1) < 1e-6)
        snprintf(why, sizeof why, "it is the right one with the opposite sign");
    else if (report->factor != 0)
        snprintf(why, sizeof why, "it is %.6g times the right one", report->factor);
    if (*report->why)
        return (size_t) snprintf(text, size, "%s: %s%s%s", where, report->why, right, report->formula);
    return (size_t) snprintf(text, size, "%s%s%s%s%s", where, *why ? ": " : "", why, right, report->formula);
}
