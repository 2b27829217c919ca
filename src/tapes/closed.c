/* Inverses and determinants of two to four rows, by cofactors.
 *
 * The determinant over the product of the lengths of the rows is 1 where they are orthogonal, 0 where they are
 * dependent.  Errors of a cofactor are of the order of eps times that product, so relative to inv(A) of eps over this
 * ratio: at most some 30 eps where it is above 0.03, whatever the scale of each row.  X is written in
 * pieces of four, as its readers read it.                                                            */
#include <math.h>
#include "numbers/kernels.h"
#include "numbers/vectors.h"
#include "tapes/instructions.h"

static const double APART = 1e-3;      /* the square of that ratio, at least */

INLINE double square_sum(size_t n, const double *x)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += x[i] * x[i];
    return sum;
}

INLINE bool closed_two(const double *a, double *x, double *determinant)
{
    double det = a[0] * a[3] - a[1] * a[2], over = 1 / det;

    *determinant = det;
    if (x) {
        x[0] = a[3] * over, x[1] = -a[1] * over;
        x[2] = -a[2] * over, x[3] = a[0] * over;
    }
    return det * det > APART * (square_sum(2, a) * square_sum(2, a + 2));
}

INLINE bool closed_three(const double *a, double *x, double *determinant)
{
    double c0 = a[4] * a[8] - a[5] * a[7], c1 = a[5] * a[6] - a[3] * a[8], c2 = a[3] * a[7] - a[4] * a[6];
    double det = a[0] * c0 + a[1] * c1 + a[2] * c2, over = 1 / det;

    *determinant = det;
    if (x) {
        *(v4 *) x = over * (v4) { c0, a[2] * a[7] - a[1] * a[8], a[1] * a[5] - a[2] * a[4], c1 };
        *(v4 *) (x + 4) = over * (v4) { a[0] * a[8] - a[2] * a[6], a[2] * a[3] - a[0] * a[5], c2,
                                        a[1] * a[6] - a[0] * a[7] };
        x[8] = over * (a[0] * a[4] - a[1] * a[3]);
    }
    return det * det > APART * (square_sum(3, a) * square_sum(3, a + 3) * square_sum(3, a + 6));
}

/* By the minors of two of the upper and the lower half (Laplace). */
INLINE bool closed_four(const double *a, double *x, double *determinant)
{
    double s0 = a[0] * a[5] - a[4] * a[1], s1 = a[0] * a[6] - a[4] * a[2], s2 = a[0] * a[7] - a[4] * a[3];
    double s3 = a[1] * a[6] - a[5] * a[2], s4 = a[1] * a[7] - a[5] * a[3], s5 = a[2] * a[7] - a[6] * a[3];
    double c0 = a[8] * a[13] - a[12] * a[9], c1 = a[8] * a[14] - a[12] * a[10], c2 = a[8] * a[15] - a[12] * a[11];
    double c3 = a[9] * a[14] - a[13] * a[10], c4 = a[9] * a[15] - a[13] * a[11], c5 = a[10] * a[15] - a[14] * a[11];
    double det = (s0 * c5 - s1 * c4 + s2 * c3) + (s3 * c2 - s4 * c1 + s5 * c0), over = 1 / det;

    *determinant = det;
    if (x) {
        *(v4 *) x = over * (v4) { a[5] * c5 - a[6] * c4 + a[7] * c3, -a[1] * c5 + a[2] * c4 - a[3] * c3,
                                  a[13] * s5 - a[14] * s4 + a[15] * s3, -a[9] * s5 + a[10] * s4 - a[11] * s3 };
        *(v4 *) (x + 4) = over * (v4) { -a[4] * c5 + a[6] * c2 - a[7] * c1, a[0] * c5 - a[2] * c2 + a[3] * c1,
                                        -a[12] * s5 + a[14] * s2 - a[15] * s1, a[8] * s5 - a[10] * s2 + a[11] * s1 };
        *(v4 *) (x + 8) = over * (v4) { a[4] * c4 - a[5] * c2 + a[7] * c0, -a[0] * c4 + a[1] * c2 - a[3] * c0,
                                        a[12] * s4 - a[13] * s2 + a[15] * s0, -a[8] * s4 + a[9] * s2 - a[11] * s0 };
        *(v4 *) (x + 12) = over * (v4) { -a[4] * c3 + a[5] * c1 - a[6] * c0, a[0] * c3 - a[1] * c1 + a[2] * c0,
                                         -a[12] * s3 + a[13] * s1 - a[14] * s0, a[8] * s3 - a[9] * s1 + a[10] * s0 };
    }
    return det * det > APART * ((square_sum(4, a) * square_sum(4, a + 4)) * (square_sum(4, a + 8) * square_sum(4, a + 12)));
}

FOR_EACH_CPU
bool dm_closed_inverse(size_t n, const double *A, double *X, double *determinant)
{
    switch (n) {
    case 2:
        return closed_two(A, X, determinant);
    case 3:
        return closed_three(A, X, determinant);
    case 4:
        return closed_four(A, X, determinant);
    default:
        return false;
    }
}

/* Of each size one that the compiler sees through. */
#define INVERSE(NAME)                                                                                 \
    FOR_EACH_CPU                                                                                     \
    static unsigned inverse_##NAME(const dm_instruction *s)                                          \
    {                                                                                                \
        double determinant;                                                                          \
        return closed_##NAME(s->at.A, s->at.C, &determinant) ? 1 + s->inner : 1;                     \
    }

INVERSE(two)
INVERSE(three)
INVERSE(four)

dm_doing *dm_do_inverse_of(const dm_instruction *s)
{
    return s->rows == 2 ? inverse_two : s->rows == 3 ? inverse_three : inverse_four;
}

unsigned dm_do_logdet(const dm_instruction *s)
{
    double determinant;

    if (!dm_closed_inverse(s->rows, s->at.A, NULL, &determinant) || !(determinant > 0))
        return 1;
    *s->at.C = log(determinant);
    return 1 + s->inner;
}
