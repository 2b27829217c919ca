/* A factor that is a size: n, 1/n, n/2.
 *
 * That a factor is 5 where something has 5 rows may be chance, and where several things have 5 rows it does
 * not say which is meant.  Where the sizes are others, the factor must be the other size.             */
#include <math.h>
#include <stdio.h>
#include "drivers/diagnose.h"

/* What n stands in, and what undoes it. */
static const struct {
    double times, power;
    const char *factor, *before, *after;   /* undone: before, the formula of n, after */
} forms[] = {
    { 1, 1, "n", "1/", "" },             { 1, -1, "1/n", "", "" },
    { 2, 1, "2*n", "0.5/", "" },         { 0.5, 1, "n/2", "2/", "" },
    { 2, -1, "2/n", "0.5*", "" },        { 0.5, -1, "1/(2*n)", "2*", "" },
    { -1, 1, "-n", "-1/", "" },          { -1, -1, "-1/n", "-", "" },
    { -0.5, 1, "-n/2", "-2/", "" },      { -2, 1, "-2*n", "-0.5/", "" },
    { 1, 2, "n^2", "1/", "^2" },         { 1, -2, "1/n^2", "", "^2" },
};
enum { FORMS = sizeof forms / sizeof forms[0] };

static bool is_multiple(const gsl_matrix *hand, const gsl_matrix *exact, double c, bool transposed,
                        double tolerance)
{
    double largest = 0, difference = 0;

    for (size_t i = 0; i < hand->size1; i++)
        for (size_t j = 0; j < hand->size2; j++) {
            double h = gsl_matrix_get(hand, i, j);
            double e = transposed ? gsl_matrix_get(exact, j, i) : gsl_matrix_get(exact, i, j);
            largest = fmax(largest, fmax(fabs(h), fabs(c * e)));
            difference = fmax(difference, fabs(h - c * e));
        }
    return difference <= tolerance * largest;          /* not where one is NaN */
}

static double form_of(size_t form, double size)
{
    return forms[form].times * pow(size, forms[form].power);
}

static bool holds(const dm_check_world *w, size_t i, size_t form, double c, bool transposed,
                  const gsl_matrix *exact, const gsl_matrix *hand, dm_size_factor *found)
{
    double here, there;
    const char *formula = w->size(w->params, i, &here, &there);   /* until it is asked for the next one */

    if (here < 1.5 || here == there || fabs(form_of(form, here) - c) > 1e-7 * fabs(c)
        || !is_multiple(hand, exact, form_of(form, there), transposed, w->tolerance))
        return false;
    snprintf(found->formula, sizeof found->formula, "%s", formula);
    snprintf(found->factor, sizeof found->factor, "%s", forms[form].factor);
    snprintf(found->reciprocal, sizeof found->reciprocal, "%s%s%s", forms[form].before, formula,
             forms[form].after);
    return true;
}

dm_size_verdict dm_check_size_factor(const dm_check_world *w, double c, bool transposed,
                                     dm_size_factor *found)
{
    gsl_matrix *exact = NULL, *hand = NULL;
    dm_size_verdict verdict = DM_SIZE_UNKNOWN;

    if (w->elsewhere && w->elsewhere(w->params, &exact, &hand) == GSL_SUCCESS) {
        verdict = DM_SIZE_NONE;
        for (size_t form = 0; form < FORMS && verdict == DM_SIZE_NONE; form++)
            for (size_t i = 0; i < w->sizes && verdict == DM_SIZE_NONE; i++)
                if (holds(w, i, form, c, transposed, exact, hand, found))
                    verdict = DM_SIZE_FOUND;
    }
    gsl_matrix_free(exact);
    gsl_matrix_free(hand);
    return verdict;
}
