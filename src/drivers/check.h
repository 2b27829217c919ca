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

/* What can be known of an entry: how far rounding errors alone may take it, beyond the few units in the last
 * place of the largest entry that are always allowed; or, at a kink or a jump of the function, where it has no
 * derivative, what the exact one is on the sides of it.                                               */
typedef struct {
    double noise, low, high;
    bool kink;
} dm_check_margin;

/* Fill in the first two parts of the report.  An entry may be off by `tolerance` of itself and by `part` of
 * the largest entry, as numbers are that were rounded to so many decimals.  margin: of each entry, row by
 * row; NULL: nothing is known.                                                                        */
void dm_check_compare(const gsl_matrix *hand, const gsl_matrix *exact, double tolerance, double part,
                      const dm_check_margin margin[], dm_check_report *report);

/* The same, and where they do not agree by as little as that, again with the margins that are measured: by how
 * much each entry moves when it is shaken.  What rounding explains grows with the shake; what comes at once and
 * stays is a kink or a jump.  An unnamed tolerance is DM_CHECK_TOLERANCE.  shake: the hand-derived one, or the
 * exact one, with rounding errors of the number-th kind and of this size, in the opposite direction where that
 * is negative; a GSL code.  room: for two more derivatives.                                           */
#define DM_CHECK_TOLERANCE 1e-8
typedef int (*dm_check_shake)(void *params, bool by_hand, unsigned number, double size, gsl_matrix *to);
void dm_check_compare_shaken(const gsl_matrix *hand, const gsl_matrix *exact, double tolerance, double part,
                             dm_check_shake shake, void *params, gsl_matrix *const room[2],
                             dm_check_margin margin[], dm_check_report *report);

/* What moves a symmetric matrix by little leaves it symmetric: many functions have a value only there. */
bool dm_check_is_symmetric(const gsl_matrix *A);

/* Something is NULL that must not be: raised, and the text is empty; 0. */
size_t dm_check_refuse(const char *function, char *text, size_t size);

/* Is nothing to be seen: does rounding hide all entries, or is there a kink, or both vanish? */
bool dm_check_is_blind(const dm_check_report *report);

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
