/* Is a derivative that was derived by hand right?  It is held against the exact one entry by entry, and
 * both are held against the function itself by a Taylor test.                                         */
#ifndef DM_DRIVERS_CHECK_H
#define DM_DRIVERS_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <dualmat.h>

/* As dm_gradient, dm_jacobian and dm_hessian give them. */
typedef enum { DM_CHECK_GRADIENT, DM_CHECK_JACOBIAN, DM_CHECK_HESSIAN } dm_check_kind;

enum { DM_CHECK_STEPS = 14 };          /* at most: h = 1/10, 1/100, ... */

/* The error of the linear model at A + h*D; NaN where the function has no value there. */
typedef struct {
    double h, exact, hand;
} dm_check_step;

typedef struct {
    /* Entry by entry. */
    bool right;                        /* no entry differs */
    size_t rows, cols, differ;         /* an entry differs where |hand - exact| > */
    double tolerance, noise;           /*     tolerance * max(|hand|, |exact|) + noise */
    size_t row, col;                   /* the worst entry, from 0: the largest difference; among those that */
    double hand, exact;                /*     differ, if any do.  Both its values */
    double largest;                    /* of all entries of both, in absolute value */
    double error;                      /* the largest difference, relative to `largest` */
    double norm_hand, norm_exact;      /* Frobenius */

    /* What the hand-derived one is instead: its transpose, or a multiple of it (0: neither). */
    bool transposed;
    double factor;

    /* The Taylor test; slopes are NaN where the error is nothing but rounding at every step. */
    size_t steps;
    dm_check_step step[DM_CHECK_STEPS];
    double rounding;                   /* errors below this say nothing */
    double slope_hand, slope_exact;    /* of log(error) against log(h): 2 is right, 1 is wrong */
} dm_check_report;

/* Rows and columns of such a derivative of a function with value p×q of a matrix m×n. */
void dm_check_shape_of(dm_check_kind kind, size_t p, size_t q, size_t m, size_t n, size_t *rows,
                       size_t *cols);

/* The exact one. */
int dm_check_exact(const dm_function *F, dm_check_kind kind, const gsl_matrix *A, gsl_matrix *exact);

/* Fill in the first two parts of the report.  noise: how far rounding errors alone may take the entries
 * of the two apart, beyond the few units in the last place of the largest entry that are always allowed. */
void dm_check_compare(const gsl_matrix *hand, const gsl_matrix *exact, double tolerance, double noise,
                      dm_check_report *report);

/* Fill in the Taylor test: |F(A + h*D) - F(A) - h*(derivative along D)| for falling h, once with each of
 * the two, until the error of the exact one is nothing but rounding; for a Hessian F is the gradient.  D is
 * best as large as A.  That the function has no value at some A + h*D is no error.                     */
int dm_check_taylor(const dm_function *F, dm_check_kind kind, const gsl_matrix *A, const gsl_matrix *D,
                    const gsl_matrix *hand, const gsl_matrix *exact, dm_check_report *report);

/* What was found, in a sentence. */
void dm_check_diagnose(const dm_check_report *report, char *text, size_t size);

#endif
