/* Workloads that ask for the gradient of a scalar function, with its value. */
#include <math.h>
#include <string.h>
#include <gsl/gsl_blas.h>
#include <gsl/gsl_linalg.h>
#include "blas.h"
#include "bench.h"

/* What all have in common: out is f and then U; vary[0] is the matrix. */
static void gradient_of(problem *P, size_t at, size_t rows, size_t cols)
{
    P->kind = GRADIENT;
    P->values = 1;
    P->derivatives = rows * cols;
    P->vary[0] = (stretch) { at, rows * cols, 0 };
}

static gsl_matrix gradient_matrix(problem *P, size_t rows, size_t cols)
{
    return matrix_at(P->out + 1, rows, cols);
}

/* Read off with respect to X, the low-level way. */
static void read_off(problem *P, dm *f, dm *X, size_t rows, size_t cols)
{
    gsl_matrix U = gradient_matrix(P, rows, cols);

    P->out[0] = dm_value_scalar(f);
    dm_read_off(f, X, &U);
}

static void by_driver(problem *P, dm *(*f)(dm *X, void *params), const gsl_matrix *X)
{
    dm_function F = { f, P };
    gsl_matrix U = gradient_matrix(P, X->size1, X->size2);

    dm_gradient(&F, X, P->out, &U);
}

/* Where U goes is made ready in the first turn too, so that the others are the call alone. */
static void by_tape(problem *P, dm *(*f)(dm *X, void *params), const gsl_matrix *X)
{
    gsl_matrix *U = &P->M[7];

    if (!P->tape)
        *U = gradient_matrix(P, X->size1, X->size2);
    dm_tape_gradient(tape_of(P, f), X, P->out, U);
}

/* The workloads of one n×n matrix A: in is A, out f and U. */
static void square_fill(problem *P)
{
    regular_matrix(P->in, P->n);
    P->M[0] = matrix_at(P->in, P->n, P->n);
}

/* ------------------------------------------------------------------------- f = tr(A*A), U = 2*A' */

static void trace_square_shape(problem *P)
{
    double n = (double) P->n;

    P->ins = P->n * P->n;
    gradient_of(P, 0, P->n, P->n);
    P->value_flops = 2 * n * n;
    P->flops = 3 * n * n;
}

/* The sum of A(i,j)*A(j,i), in tiles; and, where U is wanted, 2*A' on the way. */
static inline double square_trace(size_t n, const double *A, double *U)
{
    enum { TILE = 16 };
    double sum = 0;

    for (size_t i0 = 0; i0 < n; i0 += TILE)
        for (size_t j0 = 0; j0 < n; j0 += TILE) {
            size_t i1 = i0 + TILE < n ? i0 + TILE : n, j1 = j0 + TILE < n ? j0 + TILE : n;
            for (size_t i = i0; i < i1; i++) {
                double part = 0;
                for (size_t j = j0; j < j1; j++) {
                    double x = A[j * n + i];
                    part += A[i * n + j] * x;
                    if (U)
                        U[i * n + j] = 2 * x;
                }
                sum += part;
            }
        }
    return sum;
}

static void trace_square_value(problem *P)
{
    P->out[0] = square_trace(P->n, P->in, NULL);
}

static void trace_square_hand(problem *P)
{
    P->out[0] = square_trace(P->n, P->in, P->out + 1);
}

static dm *trace_square_function(dm *A, void *params)
{
    (void) params;
    return dm_trace(dm_mul(A, A));
}

static void trace_square_dual(problem *P)
{
    dm_context_reset(P->context);
    dm *A = dm_variable_view(P->context, &P->M[0]);

    read_off(P, trace_square_function(A, NULL), A, P->n, P->n);
}

static void trace_square_driver(problem *P)
{
    by_driver(P, trace_square_function, &P->M[0]);
}

static void trace_square_tape(problem *P)
{
    by_tape(P, trace_square_function, &P->M[0]);
}

/* The sum of A.*A', which a user who knows that would write; column by column. */
static void trace_square_gsl(problem *P, const double *in, double *value)
{
    gsl_matrix_const_view A = gsl_matrix_const_view_array(in, P->n, P->n);
    double sum = 0, part;

    for (size_t i = 0; i < P->n; i++) {
        gsl_vector_const_view row = gsl_matrix_const_row(&A.matrix, i);
        gsl_vector_const_view column = gsl_matrix_const_column(&A.matrix, i);
        gsl_blas_ddot(&row.vector, &column.vector, &part);
        sum += part;
    }
    *value = sum;
}

static const workload trace_square = {
    .name = "trace-square", .title = "tr(A*A) and its gradient",
    .sizes = "3* 4* 8* 16 32 64* 128 256 512* 1024", .shape = trace_square_shape, .fill = square_fill,
    .value = trace_square_value, .hand = trace_square_hand, .dual = trace_square_dual,
    .driver = trace_square_driver, .tape = trace_square_tape, .gsl = trace_square_gsl,
};

/* ------------------------------------------------------------- f = tr(inv(A)), U = -(X*X)', X = inv(A) */

static void trace_inverse_shape(problem *P)
{
    double n = (double) P->n;

    P->ins = P->n * P->n;
    P->works = P->n * LAPACK_BLOCK + 2 * P->n * P->n;
    gradient_of(P, 0, P->n, P->n);
    P->value_flops = 2 * n * n * n;
    P->flops = 4 * n * n * n;
}

static double inverse_of(problem *P, double *X)
{
    size_t n = P->n;
    double trace = 0;

    memcpy(X, P->in, n * n * sizeof *X);
    invert(n, X, P->pivots, P->work + n * n);
    for (size_t i = 0; i < n; i++)
        trace += X[i * n + i];
    return trace;
}

static void trace_inverse_value(problem *P)
{
    P->out[0] = inverse_of(P, P->work);
}

static void trace_inverse_hand(problem *P)
{
    size_t n = P->n;
    double *X = P->work;

    P->out[0] = inverse_of(P, X);
    product('T', 'T', n, n, n, -1, X, n, X, n, 0, P->out + 1, n);
}

static dm *trace_inverse_function(dm *A, void *params)
{
    (void) params;
    return dm_trace(dm_inverse(A));
}

static void trace_inverse_dual(problem *P)
{
    dm_context_reset(P->context);
    dm *A = dm_variable_view(P->context, &P->M[0]);

    read_off(P, trace_inverse_function(A, NULL), A, P->n, P->n);
}

static void trace_inverse_driver(problem *P)
{
    by_driver(P, trace_inverse_function, &P->M[0]);
}

static void trace_inverse_tape(problem *P)
{
    by_tape(P, trace_inverse_function, &P->M[0]);
}

static void gsl_factors(const problem *P, const double *in, gsl_matrix *LU, gsl_permutation *p, int *sign)
{
    memcpy(LU->data, in, P->n * P->n * sizeof *in);
    gsl_linalg_LU_decomp(LU, p, sign);
}

static void trace_inverse_gsl(problem *P, const double *in, double *value)
{
    size_t n = P->n, place[1024];
    gsl_permutation p = { n, place };
    gsl_matrix_view LU = gsl_matrix_view_array(P->work, n, n);
    gsl_matrix_view X = gsl_matrix_view_array(P->work + n * n, n, n);
    int sign;

    gsl_factors(P, in, &LU.matrix, &p, &sign);
    gsl_linalg_LU_invert(&LU.matrix, &p, &X.matrix);
    *value = 0;
    for (size_t i = 0; i < n; i++)
        *value += gsl_matrix_get(&X.matrix, i, i);
}

static const workload trace_inverse = {
    .name = "trace-inverse", .title = "tr(inv(A)) and its gradient",
    .sizes = "3* 4* 8* 16 32 64* 128 256* 512 1024", .shape = trace_inverse_shape, .fill = square_fill,
    .value = trace_inverse_value, .hand = trace_inverse_hand, .dual = trace_inverse_dual,
    .driver = trace_inverse_driver, .tape = trace_inverse_tape, .gsl = trace_inverse_gsl,
};

/* --------------------------------------------------------------------- f = logdet(A), U = inv(A)' */

static void logdet_shape(problem *P)
{
    double n = (double) P->n;

    P->ins = P->n * P->n;
    P->works = P->n * LAPACK_BLOCK + 2 * P->n * P->n;
    gradient_of(P, 0, P->n, P->n);
    P->value_flops = 2.0 / 3 * n * n * n;
    P->flops = 2 * n * n * n;
}

static double log_of_diagonal(size_t n, const double *LU)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += log(fabs(LU[i * n + i]));
    return sum;
}

static void logdet_value(problem *P)
{
    int n = (int) P->n, info;

    memcpy(P->work, P->in, P->n * P->n * sizeof *P->in);
    dgetrf_(&n, &n, P->work, &n, P->pivots, &info);
    P->out[0] = log_of_diagonal(P->n, P->work);
}

/* Copied transposed, so that the inverse comes out transposed: it is the gradient. */
static void logdet_hand(problem *P)
{
    int n = (int) P->n, lwork = n * LAPACK_BLOCK, info;
    double *U = P->out + 1;

    transposed(P->n, P->n, P->in, U);
    dgetrf_(&n, &n, U, &n, P->pivots, &info);
    P->out[0] = log_of_diagonal(P->n, U);
    dgetri_(&n, U, &n, P->pivots, P->work, &lwork, &info);
}

static dm *logdet_function(dm *A, void *params)
{
    (void) params;
    return dm_logdet(A);
}

static void logdet_dual(problem *P)
{
    dm_context_reset(P->context);
    dm *A = dm_variable_view(P->context, &P->M[0]);

    read_off(P, dm_logdet(A), A, P->n, P->n);
}

static void logdet_driver(problem *P)
{
    by_driver(P, logdet_function, &P->M[0]);
}

static void logdet_tape(problem *P)
{
    by_tape(P, logdet_function, &P->M[0]);
}

static void logdet_gsl(problem *P, const double *in, double *value)
{
    size_t n = P->n, place[1024];
    gsl_permutation p = { n, place };
    gsl_matrix_view LU = gsl_matrix_view_array(P->work, n, n);
    int sign;

    gsl_factors(P, in, &LU.matrix, &p, &sign);
    *value = gsl_linalg_LU_lndet(&LU.matrix);
}

static const workload logdet = {
    .name = "logdet", .title = "logdet(A) and its gradient",
    .sizes = "3* 4* 8* 16 32 64* 128 256* 512 1024", .shape = logdet_shape, .fill = square_fill,
    .value = logdet_value, .hand = logdet_hand, .dual = logdet_dual, .driver = logdet_driver,
    .tape = logdet_tape, .gsl = logdet_gsl,
};

/* ---------------------------------------------------------------------- f = |A*x - b|^2, r = A*x - b
 *
 * For x: U = 2*A'*r.  For A: U = 2*r*x'.                                               in: A, x, b */

static void residual_fill(problem *P)
{
    size_t n = P->n;

    random_entries(P->in, P->ins, 1);
    P->M[0] = matrix_at(P->in, n, n);
    P->M[1] = matrix_at(P->in + n * n, n, 1);
    P->M[2] = matrix_at(P->in + n * n + n, n, 1);
}

static void residual_x_shape(problem *P)
{
    double n = (double) P->n;

    P->ins = P->n * P->n + 2 * P->n;
    P->works = P->n;
    gradient_of(P, P->n * P->n, P->n, 1);
    P->value_flops = 2 * n * n;
    P->flops = 4 * n * n;
}

static void residual_A_shape(problem *P)
{
    double n = (double) P->n;

    P->ins = P->n * P->n + 2 * P->n;
    P->works = P->n;
    gradient_of(P, 0, P->n, P->n);
    P->value_flops = 2 * n * n;
    P->flops = 4 * n * n;
}

static void residual_value(problem *P)
{
    size_t n = P->n;
    const double *A = P->in, *x = A + n * n, *b = x + n;
    double *r = P->work;

    memcpy(r, b, n * sizeof *r);
    times_vector('N', n, n, 1, A, x, -1, r);
    P->out[0] = dot(n, r, r);
}

static void residual_x_hand(problem *P)
{
    residual_value(P);
    times_vector('T', P->n, P->n, 2, P->in, P->work, 0, P->out + 1);
}

static void residual_A_hand(problem *P)
{
    size_t n = P->n;
    const double *x = P->in + n * n;

    residual_value(P);
    for (size_t i = 0; i < n; i++) {
        double r = 2 * P->work[i], *U = P->out + 1 + i * n;
        for (size_t j = 0; j < n; j++)
            U[j] = r * x[j];
    }
}

static dm *residual(dm *A, dm *x, dm *b)
{
    return dm_norm_squared(dm_sub(dm_mul(A, x), b));
}

static dm *residual_x_function(dm *x, void *params)
{
    const problem *P = params;
    dm_context *context = dm_context_of(x);

    return residual(dm_constant_view(context, &P->M[0]), x, dm_constant_view(context, &P->M[2]));
}

static dm *residual_A_function(dm *A, void *params)
{
    const problem *P = params;
    dm_context *context = dm_context_of(A);

    return residual(A, dm_constant_view(context, &P->M[1]), dm_constant_view(context, &P->M[2]));
}

static void residual_x_dual(problem *P)
{
    dm_context_reset(P->context);
    dm *x = dm_variable_view(P->context, &P->M[1]);

    read_off(P, residual_x_function(x, P), x, P->n, 1);
}

static void residual_A_dual(problem *P)
{
    dm_context_reset(P->context);
    dm *A = dm_variable_view(P->context, &P->M[0]);

    read_off(P, residual_A_function(A, P), A, P->n, P->n);
}

static void residual_x_driver(problem *P)
{
    by_driver(P, residual_x_function, &P->M[1]);
}

static void residual_x_tape(problem *P)
{
    by_tape(P, residual_x_function, &P->M[1]);
}

static void residual_A_driver(problem *P)
{
    by_driver(P, residual_A_function, &P->M[0]);
}

static void residual_A_tape(problem *P)
{
    by_tape(P, residual_A_function, &P->M[0]);
}

static void residual_gsl(problem *P, const double *in, double *value)
{
    size_t n = P->n;
    gsl_matrix_const_view A = gsl_matrix_const_view_array(in, n, n);
    gsl_vector_const_view x = gsl_vector_const_view_array(in + n * n, n);
    gsl_vector_view r = gsl_vector_view_array(P->work, n);

    memcpy(P->work, in + n * n + n, n * sizeof *in);
    gsl_blas_dgemv(CblasNoTrans, 1, &A.matrix, &x.vector, -1, &r.vector);
    gsl_blas_ddot(&r.vector, &r.vector, value);
}

static const workload residual_x = {
    .name = "residual-x", .title = "|A*x - b|^2 and its gradient for x",
    .sizes = "3* 4* 8* 16 32 64* 128 256 512* 1024", .shape = residual_x_shape, .fill = residual_fill,
    .value = residual_value, .hand = residual_x_hand, .dual = residual_x_dual,
    .driver = residual_x_driver, .tape = residual_x_tape, .gsl = residual_gsl,
};

static const workload residual_A = {
    .name = "residual-A", .title = "|A*x - b|^2 and its gradient for A",
    .sizes = "3* 4* 8* 16 32 64* 128 256 512* 1024", .shape = residual_A_shape, .fill = residual_fill,
    .value = residual_value, .hand = residual_A_hand, .dual = residual_A_dual,
    .driver = residual_A_driver, .tape = residual_A_tape, .gsl = residual_gsl,
};

/* ---------------------------------------------- f = tr(B*inv(S)) + logdet(S), S = A'*A + I
 *
 * With X = inv(S), by Cholesky, df = tr((X - X*B*X)*dS), dS = dA'*A + A'*dA, so
 * U = A*(2*X - X*(B + B')*X).                                                          in: A, B */

static void spd_shape(problem *P)
{
    double n = (double) P->n;

    P->ins = 2 * P->n * P->n;
    P->works = 4 * P->n * P->n;
    gradient_of(P, 0, P->n, P->n);
    P->value_flops = 2 * n * n * n;                /* syrk 1, potrf 1/3, potri 2/3 */
    P->flops = 8 * n * n * n;
}

static void spd_fill(problem *P)
{
    size_t n = P->n;

    random_entries(P->in, n * n, 1 / sqrt((double) n));
    random_entries(P->in + n * n, n * n, 1);
    P->M[0] = matrix_at(P->in, n, n);
    P->M[1] = matrix_at(P->in + n * n, n, n);
}

/* X = inv(A'*A + I), all of it; *logdet of S. */
static void inverse_spd(size_t n, const double *A, double *X, double *logdet_S)
{
    int N = (int) n, info;
    double one = 1, zero = 0;

    dsyrk_("L", "N", &N, &N, &one, A, &N, &zero, X, &N, 1, 1);
    for (size_t i = 0; i < n; i++)
        X[i * n + i] += 1;
    dpotrf_("L", &N, X, &N, &info, 1);
    *logdet_S = 2 * log_of_diagonal(n, X);
    dpotri_("L", &N, X, &N, &info, 1);
    for (size_t i0 = 0; i0 < n; i0 += 16)          /* the other triangle, in tiles */
        for (size_t j0 = 0; j0 <= i0; j0 += 16)
            for (size_t i = i0; i < n && i < i0 + 16; i++)
                for (size_t j = j0; j < i && j < j0 + 16; j++)
                    X[i * n + j] = X[j * n + i];
}

static void spd_value(problem *P)
{
    size_t n = P->n;
    double f;

    inverse_spd(n, P->in, P->work, &f);
    P->out[0] = f + dot(n * n, P->in + n * n, P->work);    /* tr(B*X), X symmetric */
}

static void spd_hand(problem *P)
{
    size_t n = P->n, s = n * n;
    const double *A = P->in, *B = A + s;
    double *X = P->work, *both = X + s, *T = both + s, *H = T + s;

    spd_value(P);
    transposed(n, n, B, both);
    for (size_t i = 0; i < s; i++) {
        both[i] += B[i];
        H[i] = 2 * X[i];
    }
    square_product(n, 1, both, X, 0, T);
    square_product(n, -1, X, T, 1, H);
    square_product(n, 1, A, H, 0, P->out + 1);
}

static dm *spd_function(dm *A, void *params)
{
    const problem *P = params;
    dm_context *context = dm_context_of(A);
    dm *S = dm_add(dm_mul(dm_transpose(A), A), dm_identity(context, P->n));

    return dm_add(dm_trace(dm_mul(dm_constant_view(context, &P->M[1]), dm_inverse(S))), dm_logdet(S));
}

static void spd_dual(problem *P)
{
    dm_context_reset(P->context);
    dm *A = dm_variable_view(P->context, &P->M[0]);

    read_off(P, spd_function(A, P), A, P->n, P->n);
}

static void spd_driver(problem *P)
{
    by_driver(P, spd_function, &P->M[0]);
}

static void spd_tape(problem *P)
{
    by_tape(P, spd_function, &P->M[0]);
}

static void spd_gsl(problem *P, const double *in, double *value)
{
    size_t n = P->n;
    gsl_matrix_const_view A = gsl_matrix_const_view_array(in, n, n);
    gsl_matrix_view S = gsl_matrix_view_array(P->work, n, n);
    double sum = 0, part;

    gsl_matrix_set_identity(&S.matrix);
    gsl_blas_dsyrk(CblasLower, CblasTrans, 1, &A.matrix, 1, &S.matrix);
    gsl_linalg_cholesky_decomp1(&S.matrix);
    for (size_t i = 0; i < n; i++)
        sum += 2 * log(gsl_matrix_get(&S.matrix, i, i));
    gsl_linalg_cholesky_invert(&S.matrix);
    for (size_t i = 0; i < n; i++) {
        gsl_vector_const_view B = gsl_vector_const_view_array(in + n * n + i * n, n);
        gsl_vector_view X = gsl_matrix_column(&S.matrix, i);
        gsl_blas_ddot(&B.vector, &X.vector, &part);
        sum += part;
    }
    *value = sum;
}

static const workload spd = {
    .name = "spd", .title = "tr(B*inv(A'*A+I)) + logdet(A'*A+I) and its gradient for A",
    .sizes = "3* 4* 8* 16 32 64* 128 256* 512 1024", .shape = spd_shape, .fill = spd_fill,
    .value = spd_value, .hand = spd_hand, .dual = spd_dual, .driver = spd_driver, .tape = spd_tape,
    .gsl = spd_gsl,
};

const workload *const gradient_workloads[] = {
    &trace_square, &trace_inverse, &logdet, &residual_x, &residual_A, &spd, NULL,
};
