/* Random matrices.  A draw is a function of the seed, the variable's name and shape, and of which point it is
 * for: it does not matter what else is drawn, or in which order.                                      */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <gsl/gsl_blas.h>
#include <gsl/gsl_linalg.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include "command/command.h"

static const struct {
    const char *name, *words;
    bool square;
} kinds[] = {
    [ANY]      = { "any",      "any",                         false },
    [SYM]      = { "sym",      "symmetric",                   true  },
    [SPD]      = { "spd",      "symmetric positive definite", true  },
    [ORTH]     = { "orth",     "orthogonal",                  false },
    [LOWER]    = { "lower",    "lower triangular",            false },
    [POS]      = { "pos",      "positive",                    false },
    [WELLCOND] = { "wellcond", "well conditioned",            false },
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

const char *kind_name(draw_kind kind)
{
    return kinds[kind].words;
}

bool kind_is_square(draw_kind kind)
{
    return kinds[kind].square;
}

/* ------------------------------------------------------------------------------- what to draw -- */

static bool read_count(const char **text, size_t *count)
{
    char *end;

    if (**text < '0' || **text > '9')
        return false;
    unsigned long n = strtoul(*text, &end, 10);
    if (n == 0 || n > INT32_MAX)
        return false;
    *count = n;
    *text = end;
    return true;
}

/* draw -> [ rows [ x cols ] ] [ : ] [ kind ] */
bool read_draw(const char *text, size_t *rows, size_t *cols, draw_kind *kind, bool *kind_given)
{
    *rows = *cols = 0;
    *kind = ANY;
    *kind_given = false;
    if (read_count(&text, rows)) {
        *cols = 1;
        size_t times = strncmp(text, "×", strlen("×")) == 0 ? strlen("×") : *text == 'x' || *text == 'X';
        text += times;
        if (times && !read_count(&text, cols))
            return false;
        if (*text && *text++ != ':')
            return false;
    } else if (*text == ':') {
        text++;
    }
    for (size_t k = 0; k < KINDS; k++)
        if (strcmp(text, kinds[k].name) == 0) {
            *kind = (draw_kind) k;
            *kind_given = true;
            return true;
        }
    return *text == '\0';
}

/* ---------------------------------------------------------------------------------- the drawing -- */

/* FNV-1a. */
static uint64_t mix(uint64_t hash, const void *data, size_t size)
{
    for (const unsigned char *byte = data; size-- > 0; byte++)
        hash = (hash ^ *byte) * UINT64_C(1099511628211);
    return hash;
}

static unsigned long seed_of(ticket t, size_t rows, size_t cols)
{
    uint64_t number[] = { t.seed, rows, cols, t.point, t.attempt };
    uint64_t hash = mix(UINT64_C(14695981039346656037), number, sizeof number);

    hash = mix(hash, t.name, strlen(t.name));
    return (unsigned long) ((hash ^ hash >> 32) & UINT32_MAX);
}

static void fill(gsl_matrix *A, gsl_rng *rng)
{
    for (size_t i = 0; i < A->size1; i++)
        for (size_t j = 0; j < A->size2; j++)
            gsl_matrix_set(A, i, j, gsl_ran_gaussian_ziggurat(rng, 1));
}

/* Of a Gaussian m×n, m >= n, the Q of its factors, m×n: orthonormal columns. */
static int orthonormal(gsl_matrix *A)
{
    size_t m = A->size1, n = A->size2;
    gsl_matrix *T = gsl_matrix_alloc(n, n), *Q = gsl_matrix_alloc(m, m), *R = gsl_matrix_alloc(n, n);
    int status = T && Q && R ? gsl_linalg_QR_decomp_r(A, T) : GSL_ENOMEM;

    if (!status)
        status = gsl_linalg_QR_unpack_r(A, T, Q, R);
    if (!status) {
        gsl_matrix_view first = gsl_matrix_submatrix(Q, 0, 0, m, n);
        gsl_matrix_memcpy(A, &first.matrix);
    }
    gsl_matrix_free(T);
    gsl_matrix_free(Q);
    gsl_matrix_free(R);
    return status;
}

/* The same for any shape: columns or rows, whichever are fewer. */
static int orthogonal(gsl_matrix *A)
{
    if (A->size1 >= A->size2)
        return orthonormal(A);
    gsl_matrix *B = gsl_matrix_alloc(A->size2, A->size1);
    if (!B)
        return GSL_ENOMEM;
    gsl_matrix_transpose_memcpy(B, A);
    int status = orthonormal(B);
    gsl_matrix_transpose_memcpy(A, B);
    gsl_matrix_free(B);
    return status;
}

/* A = Q1*diag(1..2)*Q2 of orthogonal factors: the condition number is 2. */
static int well_conditioned(gsl_matrix *A, gsl_rng *rng)
{
    size_t m = A->size1, n = A->size2, k = m < n ? m : n;
    gsl_matrix *L = gsl_matrix_alloc(m, k), *R = gsl_matrix_alloc(k, n);
    int status = L && R ? GSL_SUCCESS : GSL_ENOMEM;

    if (!status) {
        fill(L, rng);
        fill(R, rng);
        status = orthogonal(L);
    }
    if (!status)
        status = orthogonal(R);
    for (size_t i = 0; !status && i < k; i++) {
        gsl_vector_view row = gsl_matrix_row(R, i);
        gsl_vector_scale(&row.vector, k > 1 ? 1 + (double) i / (double) (k - 1) : 1);
    }
    if (!status)
        status = gsl_blas_dgemm(CblasNoTrans, CblasNoTrans, 1, L, R, 0, A);
    gsl_matrix_free(L);
    gsl_matrix_free(R);
    return status;
}

/* B*B'/n + 1/2, B Gaussian: eigenvalues between 1/2 and about 5. */
static int positive_definite(gsl_matrix *A)
{
    gsl_matrix *B = gsl_matrix_alloc(A->size1, A->size2);

    if (!B)
        return GSL_ENOMEM;
    gsl_matrix_memcpy(B, A);
    gsl_matrix_set_identity(A);
    int status = gsl_blas_dgemm(CblasNoTrans, CblasTrans, 1 / (double) A->size1, B, B, 0.5, A);
    gsl_matrix_free(B);
    symmetrize(A);
    return status;
}

/* The diagonal is kept away from zero, so that it can be solved with. */
static void lower_triangle(gsl_matrix *A)
{
    for (size_t i = 0; i < A->size1; i++)
        for (size_t j = i; j < A->size2; j++)
            gsl_matrix_set(A, i, j, j > i ? 0 : 1 + fabs(gsl_matrix_get(A, i, j)));
}

static void positive(gsl_matrix *A)
{
    for (size_t i = 0; i < A->size1; i++)
        for (size_t j = 0; j < A->size2; j++)
            gsl_matrix_set(A, i, j, 0.1 + fabs(gsl_matrix_get(A, i, j)));
}

int draw(gsl_matrix *A, draw_kind kind, bool symmetric, ticket t)
{
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    int status = GSL_SUCCESS;

    if (!rng)
        return GSL_ENOMEM;
    gsl_rng_set(rng, seed_of(t, A->size1, A->size2));
    fill(A, rng);
    switch (kind) {
    case ANY: case SYM: break;
    case SPD:           status = positive_definite(A); break;
    case ORTH:          status = orthogonal(A); break;
    case LOWER:         lower_triangle(A); break;
    case POS:           positive(A); break;
    case WELLCOND:      status = well_conditioned(A, rng); break;
    }
    if (symmetric || kind == SYM)
        symmetrize(A);
    gsl_rng_free(rng);
    return status;
}
