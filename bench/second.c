/* Workloads that ask for a Jacobian, a Hessian, or a Hessian times a vector; without the value. */
#include <math.h>
#include <string.h>
#include <gsl/gsl_blas.h>
#include <gsl/gsl_linalg.h>
#include "blas.h"
#include "bench.h"

static void only(problem *P, derivative kind, size_t at, size_t size, size_t derivatives)
{
    P->kind = kind;
    P->derivative_only = true;
    P->values = kind == JACOBIAN ? P->n : 1;
    P->derivatives = derivatives;
    P->vary[0] = (stretch) { at, size, 0 };
    P->rows = size;
    P->cols = 1;
}

static gsl_matrix result(problem *P, size_t m, size_t n)
{
    return matrix_at(P->out + P->values, m, n);
}

/* ------------------------------------------- y = tanh(W2*tanh(W1*x - b1) - b2), J = D2*W2*D1*W1
 *
 * D1 and D2 are the diagonals of 1 - tanh^2.                            in: W1, W2, x, b1, b2; out: J */

static void network_shape(problem *P)
{
    size_t n = P->n;
    double d = (double) n;

    P->ins = 2 * n * n + 3 * n;
    P->works = n * n + 2 * n;
    only(P, JACOBIAN, 2 * n * n, n, n * n);
    P->value_flops = 4 * d * d;
    P->flops = 4 * d * d + 2 * d * d * d;
}

static void network_fill(problem *P)
{
    size_t n = P->n, s = n * n;

    random_entries(P->in, 2 * s, 1.5 / sqrt((double) n));
    random_entries(P->in + 2 * s, 3 * n, 1);
    P->M[0] = matrix_at(P->in, n, n);
    P->M[1] = matrix_at(P->in + s, n, n);
    for (size_t i = 0; i < 3; i++)
        P->M[2 + i] = matrix_at(P->in + 2 * s + i * n, n, 1);
    P->M[5] = result(P, n, n);
}

/* y = tanh(W*x - b) */
static void layer(size_t n, const double *W, const double *x, const double *b, double *y)
{
    memcpy(y, b, n * sizeof *y);
    times_vector('N', n, n, 1, W, x, -1, y);
    for (size_t i = 0; i < n; i++)
        y[i] = tanh(y[i]);
}

static void network_value(problem *P)
{
    size_t n = P->n, s = n * n;
    const double *W1 = P->in, *W2 = W1 + s, *x = W2 + s, *b1 = x + n, *b2 = b1 + n;
    double *y1 = P->work;

    layer(n, W1, x, b1, y1);
    layer(n, W2, y1, b2, P->out);
}

static void network_hand(problem *P)
{
    size_t n = P->n;
    const double *W1 = P->in, *W2 = W1 + n * n;
    double *y1 = P->work, *T = P->work + n;

    network_value(P);
    for (size_t j = 0; j < n; j++)
        y1[j] = 1 - y1[j] * y1[j];
    for (size_t i = 0; i < n; i++) {
        double d2 = 1 - P->out[i] * P->out[i];
        for (size_t j = 0; j < n; j++)
            T[i * n + j] = d2 * W2[i * n + j] * y1[j];
    }
    square_product(n, 1, T, W1, 0, P->out + P->values);
}

static dm *network_function(dm *x, void *params)
{
    const problem *P = params;
    dm_context *context = dm_context_of(x);
    dm *W1 = dm_constant_view(context, &P->M[0]), *W2 = dm_constant_view(context, &P->M[1]);
    dm *b1 = dm_constant_view(context, &P->M[3]), *b2 = dm_constant_view(context, &P->M[4]);

    return dm_tanh(dm_sub(dm_mul(W2, dm_tanh(dm_sub(dm_mul(W1, x), b1))), b2));
}

static void network_driver(problem *P)
{
    dm_function F = { network_function, P };

    dm_jacobian(&F, &P->M[2], NULL, &P->M[5]);
}

static void network_tape(problem *P)
{
    dm_tape_jacobian(tape_of(P, network_function), &P->M[2], NULL, &P->M[5]);
}

static void network_gsl(problem *P, const double *in, double *value)
{
    size_t n = P->n, s = n * n;
    const double *from = in + 2 * s;
    double *to = P->work;

    for (size_t l = 0; l < 2; l++) {
        gsl_matrix_const_view W = gsl_matrix_const_view_array(in + l * s, n, n);
        gsl_vector_const_view x = gsl_vector_const_view_array(from, n);
        gsl_vector_view y = gsl_vector_view_array(to, n);
        memcpy(to, in + 2 * s + (l + 1) * n, n * sizeof *to);
        gsl_blas_dgemv(CblasNoTrans, 1, &W.matrix, &x.vector, -1, &y.vector);
        for (size_t i = 0; i < n; i++)
            to[i] = tanh(to[i]);
        from = to;
        to = value;
    }
}

static const workload network = {
    .name = "network-jacobian", .title = "the Jacobian of tanh(W2*tanh(W1*x - b1) - b2)",
    .sizes = "3* 4* 8* 16 32* 64 128* 256 512 1024", .shape = network_shape, .fill = network_fill,
    .value = network_value, .hand = network_hand, .driver = network_driver, .tape = network_tape,
    .gsl = network_gsl,
};

/* ------------------------------------------------------------------------------ Hessians of n×n A
 *
 * Row and column i + j*n of H belong to A(i,j).                                     in: A; out: H */

static void hessian_shape(problem *P)
{
    size_t n = P->n, s = n * n;

    P->ins = s;
    P->works = 2 * s + n * LAPACK_BLOCK;
    only(P, HESSIAN, 0, s, s * s);
    P->rows = P->cols = n;
}

static void hessian_fill(problem *P)
{
    size_t n = P->n;

    regular_matrix(P->in, n);
    P->M[0] = matrix_at(P->in, n, n);
    P->M[1] = result(P, n * n, n * n);
}

static void hessian_by(problem *P, dm *(*f)(dm *A, void *params))
{
    dm_function F = { f, P };

    dm_hessian(&F, &P->M[0], NULL, NULL, &P->M[1]);
}

static void hessian_by_tape(problem *P, dm *(*f)(dm *A, void *params))
{
    dm_tape_hessian(tape_of(P, f), &P->M[0], NULL, NULL, &P->M[1]);
}

/* -- of logdet: U = X', dU = -(X*dA*X)', so that H(i + j*n, k + l*n) = -X(j,k)*X(l,i) */

static void hessian_logdet_shape(problem *P)
{
    double n = (double) P->n;

    hessian_shape(P);
    P->value_flops = 2.0 / 3 * n * n * n;
    P->flops = 2 * n * n * n + n * n * n * n;
}

static void hessian_logdet_value(problem *P)
{
    int n = (int) P->n, info;

    memcpy(P->work, P->in, P->n * P->n * sizeof *P->in);
    dgetrf_(&n, &n, P->work, &n, P->pivots, &info);
    P->out[0] = 0;
    for (size_t i = 0; i < P->n; i++)
        P->out[0] += log(fabs(P->work[i * P->n + i]));
}

static void hessian_logdet_hand(problem *P)
{
    size_t n = P->n, s = n * n;
    double *X = P->work, *H = P->out + 1;

    memcpy(X, P->in, s * sizeof *X);
    invert(n, X, P->pivots, X + s);
    for (size_t j = 0; j < n; j++)
        for (size_t i = 0; i < n; i++, H += s)
            for (size_t l = 0; l < n; l++) {
                double x = -X[l * n + i];
                for (size_t k = 0; k < n; k++)
                    H[l * n + k] = x * X[j * n + k];
            }
}

static dm *logdet_function(dm *A, void *params)
{
    (void) params;
    return dm_logdet(A);
}

static void hessian_logdet_driver(problem *P)
{
    hessian_by(P, logdet_function);
}

static void hessian_logdet_tape(problem *P)
{
    hessian_by_tape(P, logdet_function);
}

static void hessian_logdet_gsl(problem *P, const double *in, double *value)
{
    size_t n = P->n, place[64];
    gsl_permutation p = { n, place };
    gsl_matrix_view LU = gsl_matrix_view_array(P->work, n, n);
    int sign;

    memcpy(P->work, in, n * n * sizeof *in);
    gsl_linalg_LU_decomp(&LU.matrix, &p, &sign);
    *value = gsl_linalg_LU_lndet(&LU.matrix);
}

static const workload hessian_logdet = {
    .name = "hessian-logdet", .title = "the Hessian of logdet(A)",
    .sizes = "3* 4* 8* 16 24* 32 64", .shape = hessian_logdet_shape, .fill = hessian_fill,
    .value = hessian_logdet_value, .hand = hessian_logdet_hand, .driver = hessian_logdet_driver,
    .tape = hessian_logdet_tape, .gsl = hessian_logdet_gsl,
};

/* -- of tr(A^3): U = 3*(A*A)', H(i + j*n, k + l*n) = 3*((j == k)*A(l,i) + A(j,k)*(l == i)) */

static void hessian_cube_shape(problem *P)
{
    double n = (double) P->n;

    hessian_shape(P);
    P->value_flops = 2 * n * n * n;
    P->flops = n * n * n * n;                      /* entries written */
}

static void hessian_cube_value(problem *P)
{
    size_t n = P->n;
    double *T = P->work, sum = 0;

    square_product(n, 1, P->in, P->in, 0, T);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            sum += P->in[i * n + j] * T[j * n + i];
    P->out[0] = sum;
}

static void hessian_cube_hand(problem *P)
{
    size_t n = P->n, s = n * n;
    const double *A = P->in;
    double *H = P->out + 1;

    memset(H, 0, s * s * sizeof *H);
    for (size_t j = 0; j < n; j++)
        for (size_t i = 0; i < n; i++, H += s) {
            for (size_t l = 0; l < n; l++)
                H[l * n + j] = 3 * A[l * n + i];
            for (size_t k = 0; k < n; k++)
                H[i * n + k] += 3 * A[j * n + k];
        }
}

static dm *cube_function(dm *A, void *params)
{
    (void) params;
    return dm_trace(dm_mul(dm_mul(A, A), A));
}

static void hessian_cube_driver(problem *P)
{
    hessian_by(P, cube_function);
}

static void hessian_cube_tape(problem *P)
{
    hessian_by_tape(P, cube_function);
}

static void hessian_cube_gsl(problem *P, const double *in, double *value)
{
    size_t n = P->n;
    gsl_matrix_const_view A = gsl_matrix_const_view_array(in, n, n);
    gsl_matrix_view T = gsl_matrix_view_array(P->work, n, n);
    double sum = 0, part;

    gsl_blas_dgemm(CblasNoTrans, CblasNoTrans, 1, &A.matrix, &A.matrix, 0, &T.matrix);
    for (size_t i = 0; i < n; i++) {
        gsl_vector_const_view row = gsl_matrix_const_row(&A.matrix, i);
        gsl_vector_view column = gsl_matrix_column(&T.matrix, i);
        gsl_blas_ddot(&row.vector, &column.vector, &part);
        sum += part;
    }
    *value = sum;
}

static const workload hessian_cube = {
    .name = "hessian-trace-cube", .title = "the Hessian of tr(A^3)",
    .sizes = "3* 4* 8* 16 24* 32 64", .shape = hessian_cube_shape, .fill = hessian_fill,
    .value = hessian_cube_value, .hand = hessian_cube_hand, .driver = hessian_cube_driver,
    .tape = hessian_cube_tape, .gsl = hessian_cube_gsl,
};

/* ------------------------------ the logistic loss of n weights on 1000 samples: sum(softplus(-Z*w))
 *
 * Rows of Z carry their sign.  With s = sigmoid(Z*w) the Hessian is Z'*diag(s.*(1-s))*Z.
 *                                                                     in: Z, w, v; out: H, or H*v */

enum { SAMPLES = 1000 };

static void logistic_counts(problem *P, derivative kind, size_t derivatives)
{
    P->ins = SAMPLES * P->n + 2 * P->n;
    P->works = SAMPLES * (P->n + 2);
    only(P, kind, SAMPLES * P->n, P->n, derivatives);
    P->vary[0].along = SAMPLES * P->n + P->n;
    P->value_flops = 2.0 * SAMPLES * (double) P->n;
}

static void logistic_hessian_shape(problem *P)
{
    double n = (double) P->n;

    logistic_counts(P, HESSIAN, P->n * P->n);
    P->flops = P->value_flops + SAMPLES * (n + n * n);
}

static void logistic_vector_shape(problem *P)
{
    logistic_counts(P, HESSIAN_VECTOR, P->n);
    P->flops = 3 * P->value_flops;
}

static void logistic_fill(problem *P)
{
    size_t n = P->n;
    double *w = P->in + SAMPLES * n;

    random_entries(P->in, SAMPLES * n, 1);
    random_entries(w, n, 3 / sqrt((double) n));
    random_entries(w + n, n, 1);
    P->M[0] = matrix_at(P->in, SAMPLES, n);
    P->M[1] = matrix_at(w, n, 1);
    P->M[2] = matrix_at(w + n, n, 1);
    P->M[3] = result(P, n, n);
    P->M[4] = result(P, n, 1);
}

static void logistic_value(problem *P)
{
    double *z = P->work, sum = 0;

    times_vector('N', SAMPLES, P->n, 1, P->in, P->in + SAMPLES * P->n, 0, z);
    for (size_t i = 0; i < SAMPLES; i++)
        sum += z[i] > 0 ? log1p(exp(-z[i])) : log1p(exp(z[i])) - z[i];
    P->out[0] = sum;
}

/* d = s.*(1 - s) */
static void logistic_weights(problem *P, double *d)
{
    times_vector('N', SAMPLES, P->n, 1, P->in, P->in + SAMPLES * P->n, 0, d);
    for (size_t i = 0; i < SAMPLES; i++) {
        double e = exp(-fabs(d[i]));
        d[i] = e / ((1 + e) * (1 + e));
    }
}

static void logistic_hessian_hand(problem *P)
{
    size_t n = P->n;
    int N = (int) n, samples = SAMPLES;
    double *d = P->work, *T = d + SAMPLES, *H = P->out + 1, one = 1, zero = 0;

    logistic_weights(P, d);
    for (size_t i = 0; i < SAMPLES; i++) {
        double root = sqrt(d[i]);
        for (size_t j = 0; j < n; j++)
            T[i * n + j] = root * P->in[i * n + j];
    }
    dsyrk_("L", "N", &N, &samples, &one, T, &N, &zero, H, &N, 1, 1);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            H[i * n + j] = H[j * n + i];
}

static void logistic_vector_hand(problem *P)
{
    size_t n = P->n;
    double *d = P->work, *t = d + SAMPLES;

    logistic_weights(P, d);
    times_vector('N', SAMPLES, n, 1, P->in, P->in + SAMPLES * n + n, 0, t);
    for (size_t i = 0; i < SAMPLES; i++)
        t[i] *= d[i];
    times_vector('T', SAMPLES, n, 1, P->in, t, 0, P->out + 1);
}

static dm *logistic_function(dm *w, void *params)
{
    const problem *P = params;

    return dm_sum(dm_softplus(dm_neg(dm_mul(dm_constant_view(dm_context_of(w), &P->M[0]), w))));
}

static void logistic_hessian_driver(problem *P)
{
    dm_function F = { logistic_function, P };

    dm_hessian(&F, &P->M[1], NULL, NULL, &P->M[3]);
}

static void logistic_hessian_tape(problem *P)
{
    dm_tape_hessian(tape_of(P, logistic_function), &P->M[1], NULL, NULL, &P->M[3]);
}

static void logistic_vector_driver(problem *P)
{
    dm_function F = { logistic_function, P };

    dm_hessian_vector(&F, &P->M[1], &P->M[2], NULL, NULL, &P->M[4]);
}

static void logistic_vector_tape(problem *P)
{
    dm_tape_hessian_vector(tape_of(P, logistic_function), &P->M[1], &P->M[2], NULL, NULL, &P->M[4]);
}

static void logistic_gsl(problem *P, const double *in, double *value)
{
    gsl_matrix_const_view Z = gsl_matrix_const_view_array(in, SAMPLES, P->n);
    gsl_vector_const_view w = gsl_vector_const_view_array(in + SAMPLES * P->n, P->n);
    gsl_vector_view z = gsl_vector_view_array(P->work, SAMPLES);
    double sum = 0;

    gsl_blas_dgemv(CblasNoTrans, 1, &Z.matrix, &w.vector, 0, &z.vector);
    for (size_t i = 0; i < SAMPLES; i++) {
        double x = P->work[i];
        sum += x > 0 ? log1p(exp(-x)) : log1p(exp(x)) - x;
    }
    *value = sum;
}

static const workload logistic_hessian = {
    .name = "logistic-hessian", .title = "the Hessian of a logistic loss, 1000 samples",
    .sizes = "3 4* 8* 16 32* 64 128* 256", .shape = logistic_hessian_shape, .fill = logistic_fill,
    .value = logistic_value, .hand = logistic_hessian_hand, .driver = logistic_hessian_driver,
    .tape = logistic_hessian_tape, .gsl = logistic_gsl,
};

static const workload logistic_vector = {
    .name = "logistic-vector", .title = "the Hessian of a logistic loss times a vector, 1000 samples",
    .sizes = "3 4* 8* 16 32* 64 128* 256 512 1024", .shape = logistic_vector_shape, .fill = logistic_fill,
    .value = logistic_value, .hand = logistic_vector_hand, .driver = logistic_vector_driver,
    .tape = logistic_vector_tape, .gsl = logistic_gsl,
};

const workload *const second_workloads[] = {
    &network, &hessian_logdet, &hessian_cube, &logistic_hessian, &logistic_vector, NULL,
};
