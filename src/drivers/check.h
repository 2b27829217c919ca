/* Is a derivative that was derived by hand right?  It is held against the exact one entry by entry, and
 * both are held against the function itself by a Taylor test.                                         */
#ifndef DM_DRIVERS_CHECK_H
#define DM_DRIVERS_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <dualmat.h>

/* Rows and columns of such a derivative of a function with value p×q of a matrix m×n. */
void dm_check_shape_of(dm_derivative kind, size_t p, size_t q, size_t m, size_t n, size_t *rows,
                       size_t *cols);

/* The exact one; quietly: that there is none is told by the code alone and not raised. */
int dm_check_exact(const dm_function *F, dm_derivative kind, const gsl_matrix *A, gsl_matrix *exact,
                   bool quietly);

/* Fill in the first two parts of the report.  An entry may be off by `tolerance` of itself and by `part` of
 * the largest entry, as numbers are that were rounded to so many decimals.  noise: how far rounding errors
 * alone may take the two apart, beyond the few units in the last place of the largest entry that are always
 * allowed.                                                                                            */
void dm_check_compare(const gsl_matrix *hand, const gsl_matrix *exact, double tolerance, double part,
                      double noise, dm_check_report *report);

/* The same, and where they do not agree by as little as that, again with the noise that is measured: 4 times
 * what the entries of both move by in so many shakes.  An unnamed tolerance is DM_CHECK_TOLERANCE.  shake:
 * the hand-derived one, or the exact one, with rounding errors of the number-th kind; a GSL code.        */
#define DM_CHECK_TOLERANCE 1e-8
enum { DM_CHECK_SHAKES = 3 };
typedef int (*dm_check_shake)(void *params, bool by_hand, unsigned number, gsl_matrix *to);
double dm_check_noise(const gsl_matrix *derivative, bool by_hand, dm_check_shake shake, void *params,
                      gsl_matrix *room);
void dm_check_compare_shaken(const gsl_matrix *hand, const gsl_matrix *exact, double tolerance, double part,
                             dm_check_shake shake, void *params, gsl_matrix *room, dm_check_report *report);

/* Fill in the Taylor test: |F(A + h*D) - F(A) - h*(derivative along D)| for falling h, once with each of
 * the two, until the error of the exact one is nothing but rounding; for a Hessian F is the gradient.  D is
 * best as large as A.  That the function has no value at some A + h*D is no error.                     */
int dm_check_taylor(const dm_function *F, dm_derivative kind, const gsl_matrix *A, const gsl_matrix *D,
                    const gsl_matrix *hand, const gsl_matrix *exact, dm_check_report *report);

/* The same where how large rounding is shows better than by moving A: rounded is F with its intermediate
 * results a few units in the last place off.                                                         */
int dm_check_taylor_rounded(const dm_function *F, const dm_function *rounded, dm_derivative kind,
                            const gsl_matrix *A, const gsl_matrix *D, const gsl_matrix *hand,
                            const gsl_matrix *exact, dm_check_report *report);

#endif
