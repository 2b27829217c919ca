/* Seeded data with no luck in it: no entry is 0 or 1, nothing is symmetric, every run draws the same. */
#ifndef TESTS_RANDOM_H
#define TESTS_RANDOM_H

#include <stdint.h>
#include <gsl/gsl_matrix.h>

typedef struct { uint64_t state; } dice;       /* its state is its seed, to begin with */

double uniform(dice *d, double low, double high);

typedef enum {
    ANY,                               /* of either sign, sizes from 0.2 to 1.2: away from every kink */
    POSITIVE,                          /* from 0.3 to 1.7 */
    SYMMETRIC,                         /* square, eigenvalues 0.4 apart or more, no entry of an eigenvector near 0 */
    REGULAR,                           /* square, condition below 4, positive determinant, rows exchanged */
} data_kind;

gsl_matrix *random_matrix(dice *d, data_kind kind, size_t m, size_t n);
gsl_matrix *random_direction(dice *d, const gsl_matrix *A);    /* of A's shape and norm 1 */
gsl_matrix *random_direction_within(dice *d, data_kind kind, const gsl_matrix *A);     /* SYMMETRIC where that is */
gsl_matrix *random_like(dice *d, const gsl_matrix *A);         /* ANY of A's shape */

#endif
