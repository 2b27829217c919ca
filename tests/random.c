/* Seeded data: splitmix64 (Steele, Lea & Flood 2014), so that a seed means the same everywhere. */
#include <math.h>
#include "matrices.h"
#include "random.h"

static uint64_t next(dice *d)
{
    uint64_t z = d->state += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

double uniform(dice *d, double low, double high)
{
    return low + (high - low) * ((double) (next(d) >> 11) + 0.5) / 9007199254740992.0;
}

static double entry(dice *d, data_kind kind)
{
    if (kind == POSITIVE)
        return uniform(d, 0.3, 1.7);
    double x = uniform(d, 0.2, 1.2);
    return next(d) >> 63 ? x : -x;
}

/* The diagonal outweighs the rest of its row and of its column by 0.8, so every singular value lies between
 * 0.8 and 3.2; then rows go round by threes, which is an even permutation, so that LU must pivot.       */
static void make_regular(gsl_matrix *A)
{
    size_t n = A->size1;

    gsl_matrix_scale(A, 1.0 / (double) n);
    for (size_t i = 0; i < n; i++)
        *gsl_matrix_ptr(A, i, i) += 2;
    for (size_t i = 0; i + 2 < n; i += 3) {
        gsl_matrix_swap_rows(A, i, i + 1);
        gsl_matrix_swap_rows(A, i + 1, i + 2);
    }
}

/* H*D*H with the reflection H = I - 2*v*v'/(v'*v), whose columns are the eigenvectors. */
static gsl_matrix *make_symmetric(dice *d, size_t n)
{
    gsl_matrix *v = zeros(n, 1), *D = zeros(n, n);

    for (size_t i = 0; i < n; i++) {
        gsl_matrix_set(v, i, 0, uniform(d, 0.7, 1.4));
        gsl_matrix_set(D, i, i, 0.6 * ((double) i - (double) n / 2) + uniform(d, -0.1, 0.1));
    }
    gsl_matrix *H = sum_of(1, eye(n), -2 / inner_of(v, v), outer_of(v, v)), *A = product(product(H, D), H);
    return sum_of(0.5, A, 0.5, transposed(A));
}

gsl_matrix *random_matrix(dice *d, data_kind kind, size_t m, size_t n)
{
    gsl_matrix *A = zeros(m, n);

    if (kind == SYMMETRIC)
        return make_symmetric(d, n);
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++)
            gsl_matrix_set(A, i, j, entry(d, kind));
    if (kind == REGULAR)
        make_regular(A);
    return A;
}

gsl_matrix *random_like(dice *d, const gsl_matrix *A)
{
    return random_matrix(d, ANY, A->size1, A->size2);
}

gsl_matrix *random_direction(dice *d, const gsl_matrix *A)
{
    gsl_matrix *D = random_like(d, A);

    gsl_matrix_scale(D, 1 / sqrt(inner_of(D, D)));
    return D;
}

gsl_matrix *random_direction_within(dice *d, data_kind kind, const gsl_matrix *A)
{
    gsl_matrix *D = random_direction(d, A);

    return kind == SYMMETRIC ? sum_of(0.5, D, 0.5, transposed(D)) : D;
}
