/* Workloads pushed along directions: products, inverses, chains of small products. */
#include <math.h>
#include <string.h>
#include <gsl/gsl_blas.h>
#include <gsl/gsl_linalg.h>
#include "blas.h"
#include "small.h"
#include "bench.h"

/* ------------------------------------------------------------------------------------ data */

/* Orthogonal, by rotations of random planes: a product of a thousand stays of size one. */
static void rotation(double *Q, size_t n)
{
    memset(Q, 0, n * n * sizeof *Q);
    for (size_t i = 0; i < n; i++)
        Q[i * n + i] = 1;
    for (size_t turn = 0; turn < 2 * n; turn++) {
        size_t i = turn % n, j = (i + 1 + turn / n) % n;
        double angle = 3 * uniform(), c = cos(angle), s = sin(angle);
        for (size_t l = 0; i != j && l < n; l++) {
            double x = Q[i * n + l], y = Q[j * n + l];
            Q[i * n + l] = c * x - s * y;
            Q[j * n + l] = s * x + c * y;
        }
    }
}

/* k matrices of n×n, one behind the other, as GSL has them. */
static void matrices(problem *P, size_t which, double *data, size_t k)
{
    for (size_t i = 0; i < k; i++) {
        P->direction[which][i] = matrix_at(data + i * P->n * P->n, P->n, P->n);
        P->directions[which][i] = &P->direction[which][i];
    }
}

/* k n×n blocks of out, as GSL has them: for a tape and for reading off. */
static void results(problem *P, double *data, size_t k)
{
    for (size_t i = 0; i < k; i++) {
        P->result[i] = matrix_at(data + i * P->n * P->n, P->n, P->n);
        P->results[i] = &P->result[i];
    }
}

/* What dualmat leaves in the context: the value and every direction. */
static void take(problem *P, dm *C, size_t directions)
{
    for (size_t k = 0; k <= directions; k++) {
        _gsl_matrix_const_view result = k == 0 ? dm_value(C) : dm_differential(C, k - 1);
        P->left[k].data = result.matrix.data;
        P->left[k].tda = result.matrix.tda;
    }
    P->left_count = directions + 1;
}

/* --------------------------------------------------- C = A*B, dC = dA*B + A*dB, in k directions
 *
 * in: A, B, dA_1 ... dA_k, dB_1 ... dB_k                                     out: C, dC_1 ... dC_k */

static void product_shape(problem *P)
{
    size_t s = P->n * P->n;
    double n = (double) P->n, k = (double) P->k;

    P->kind = ALONG;
    P->ins = 2 * s + 2 * P->k * s;
    P->values = s;
    P->derivatives = P->k * s;
    P->works = P->n <= 16 ? 2 * P->k * s : 0;
    P->vary[0] = (stretch) { 0, s, 2 * s };
    P->vary[1] = (stretch) { s, s, 2 * s + P->k * s };
    P->value_flops = 2 * n * n * n;
    P->flops = (1 + 2 * k) * P->value_flops;
}

static void product_fill(problem *P)
{
    size_t n = P->n, s = n * n;

    random_entries(P->in, P->ins, 1);
    P->M[0] = matrix_at(P->in, n, n);
    P->M[1] = matrix_at(P->in + s, n, n);
    matrices(P, 0, P->in + 2 * s, P->k);
    matrices(P, 1, P->in + 2 * s + P->k * s, P->k);
    results(P, P->out, P->k + 1);
}

static void product_value(problem *P)
{
    square_product(P->n, 1, P->in, P->in + P->n * P->n, 0, P->out);
}

static inline void small_pushes(size_t n, size_t k, const double *A, const double *B, const double *dA,
                                const double *dB, double *C, double *dC)
{
    size_t s = n * n;

    small_product(n, A, B, 0, C);
    for (size_t i = 0; i < k; i++) {
        small_product(n, dA + i * s, B, 0, dC + i * s);
        small_product(n, A, dB + i * s, 1, dC + i * s);
    }
}

/* dC_i = alpha*A*dB_i + beta*dC_i, in one product of A and the dB side by side. */
static void side_by_side(size_t n, size_t k, double alpha, const double *A, const double *dB, double beta,
                         double *work, double *dC)
{
    size_t s = n * n;
    double *panel = work, *T = work + k * s;

    for (size_t i = 0; i < k; i++)
        for (size_t row = 0; row < n; row++)
            memcpy(panel + (row * k + i) * n, dB + i * s + row * n, n * sizeof *panel);
    product('N', 'N', n, n, k * n, alpha, A, n, panel, k * n, 0, T, k * n);
    for (size_t i = 0; i < k; i++)
        for (size_t row = 0; row < n; row++)
            for (size_t j = 0; j < n; j++) {
                double *d = dC + i * s + row * n + j;
                *d = T[(row * k + i) * n + j] + (beta == 0 ? 0 : beta * *d);
            }
}

/* The same for every n and k: where a call costs more than a copy, side by side; else one by one. */
static void from_the_left(size_t n, size_t k, double alpha, const double *A, const double *dB, double beta,
                          double *work, double *dC)
{
    if (k > 1 && n <= 16)
        side_by_side(n, k, alpha, A, dB, beta, work, dC);
    else
        for (size_t i = 0; i < k; i++)
            square_product(n, alpha, A, dB + i * n * n, beta, dC + i * n * n);
}

/* The directions dA lie one below the other, so that all dA*B are one product. */
static void product_hand(problem *P)
{
    size_t n = P->n, s = n * n, k = P->k;
    const double *A = P->in, *B = A + s, *dA = B + s, *dB = dA + k * s;
    double *C = P->out, *dC = C + s;

    if (n == 3) {
        small_pushes(3, k, A, B, dA, dB, C, dC);
    } else if (n == 4) {
        small_pushes(4, k, A, B, dA, dB, C, dC);
    } else {
        square_product(n, 1, A, B, 0, C);
        product('N', 'N', k * n, n, n, 1, dA, n, B, n, 0, dC, n);
        from_the_left(n, k, 1, A, dB, 1, P->work, dC);
    }
}

/* One direction stays where it is; many are laid side by side. */
static dm *dual(problem *P, size_t i)
{
    return P->k == 1 ? dm_dual_view(P->context, &P->M[i], 1, P->directions[i][0])
                     : dm_dual_panel(P->context, &P->M[i], P->k, P->directions[i]);
}

static void product_dual(problem *P)
{
    dm_context_reset(P->context);
    dm *A = dual(P, 0), *B = dual(P, 1);

    take(P, dm_mul(A, B), P->k);
}

/* The product alone, its operands made beforehand, as in the middle of a computation: each turn ends the
 * scope of the one before.                                                                         */
static void product_alone(problem *P)
{
    if (!P->kept) {
        P->kept = dm_context_alloc();
        P->operand[0] = dm_dual_panel(P->kept, &P->M[0], P->k, P->directions[0]);
        P->operand[1] = dm_dual_panel(P->kept, &P->M[1], P->k, P->directions[1]);
    } else {
        dm_scope_close(P->scope, NULL, 0);
    }
    P->scope = dm_scope_open(P->kept);
    take(P, dm_mul(P->operand[0], P->operand[1]), P->k);
}

static dm *product_function(dm *const A[], void *params)
{
    (void) params;
    return dm_mul(A[0], A[1]);
}

static void product_tape(problem *P)
{
    const gsl_matrix *const A[] = { &P->M[0], &P->M[1] };

    dm_tape_push(multi_tape_of(P, product_function, 2), A, P->k, P->directions[0], P->results[0], P->results + 1);
}

static void product_gsl(problem *P, const double *in, double *value)
{
    size_t n = P->n;
    gsl_matrix_const_view A = gsl_matrix_const_view_array(in, n, n);
    gsl_matrix_const_view B = gsl_matrix_const_view_array(in + n * n, n, n);
    gsl_matrix_view C = gsl_matrix_view_array(value, n, n);

    gsl_blas_dgemm(CblasNoTrans, CblasNoTrans, 1, &A.matrix, &B.matrix, 0, &C.matrix);
}

static const workload product_1 = {
    .name = "product-1", .title = "A*B and its differential along one direction",
    .sizes = "3* 4* 8* 16 32* 64* 128 256* 512 1024", .k = 1, .shape = product_shape,
    .fill = product_fill, .value = product_value, .hand = product_hand, .dual = product_dual,
    .dual2 = product_alone, .dual2_name = "dualmat-op", .tape = product_tape, .gsl = product_gsl,
};

static const workload product_32 = {
    .name = "product-32", .title = "A*B and its differential along 32 directions",
    .sizes = "3* 4* 8* 16 32 64* 128 256 512", .k = 32, .shape = product_shape, .fill = product_fill,
    .value = product_value, .hand = product_hand, .dual = product_dual, .dual2 = product_alone,
    .dual2_name = "dualmat-op", .tape = product_tape, .gsl = product_gsl,
};

/* ------------------------------------------------ X = inv(A), dX = -X*dA*X, in k directions
 *
 * in: A, dA_1 ... dA_k                                                       out: X, dX_1 ... dX_k */

static void inverse_shape(problem *P)
{
    size_t s = P->n * P->n;
    double n = (double) P->n, k = (double) P->k;

    P->kind = ALONG;
    P->ins = s + P->k * s;
    P->values = s;
    P->derivatives = P->k * s;
    P->works = P->n * LAPACK_BLOCK + (P->n <= 16 ? 3 : 1) * P->k * s;
    P->vary[0] = (stretch) { 0, s, s };
    P->value_flops = 2 * n * n * n;
    P->flops = (1 + 2 * k) * P->value_flops;
}

static void inverse_fill(problem *P)
{
    size_t n = P->n, s = n * n;

    regular_matrix(P->in, n);
    random_entries(P->in + s, P->k * s, 1);
    P->M[0] = matrix_at(P->in, n, n);
    matrices(P, 0, P->in + s, P->k);
    results(P, P->out, P->k + 1);
}

static void inverse_value(problem *P)
{
    memcpy(P->out, P->in, P->n * P->n * sizeof *P->out);
    invert(P->n, P->out, P->pivots, P->work);
}

static inline void small_sandwiches(size_t n, size_t k, const double *X, const double *dA, double *dX)
{
    size_t s = n * n;
    double minus_X[16], dAX[16];

    for (size_t i = 0; i < s; i++)
        minus_X[i] = -X[i];
    for (size_t i = 0; i < k; i++) {
        small_product(n, dA + i * s, X, 0, dAX);
        small_product(n, minus_X, dAX, 0, dX + i * s);
    }
}

static void inverse_hand(problem *P)
{
    size_t n = P->n, s = n * n, k = P->k;
    const double *dA = P->in + s;
    double *X = P->out, *dX = X + s, *dAX = P->work + n * LAPACK_BLOCK;

    inverse_value(P);
    if (n == 3) {
        small_sandwiches(3, k, X, dA, dX);
    } else if (n == 4) {
        small_sandwiches(4, k, X, dA, dX);
    } else {
        product('N', 'N', k * n, n, n, 1, dA, n, X, n, 0, dAX, n);
        from_the_left(n, k, -1, X, dAX, 0, dAX + k * s, dX);
    }
}

static void inverse_dual(problem *P)
{
    dm_context_reset(P->context);
    take(P, dm_inverse(dm_dual_panel(P->context, &P->M[0], P->k, P->directions[0])), P->k);
}

static dm *inverse_function(dm *A, void *params)
{
    (void) params;
    return dm_inverse(A);
}

static void inverse_driver(problem *P)
{
    size_t n = P->n, s = n * n;
    dm_function F = { inverse_function, NULL };
    gsl_matrix_view X = gsl_matrix_view_array(P->out, n, n);
    gsl_matrix_view dX = gsl_matrix_view_array(P->out + s, n, n);

    dm_jvp(&F, &P->M[0], P->directions[0][0], &X.matrix, &dX.matrix);
}

static void inverse_tape(problem *P)
{
    dm_tape *tape = tape_of(P, inverse_function);
    const gsl_matrix *A = &P->M[0];

    if (P->k == 1)
        dm_tape_jvp(tape, A, P->directions[0][0], P->results[0], P->results[1]);
    else
        dm_tape_push(tape, &A, P->k, P->directions[0], P->results[0], P->results + 1);
}

static void inverse_gsl(problem *P, const double *in, double *value)
{
    size_t n = P->n, place[1024];
    gsl_permutation p = { n, place };
    gsl_matrix_view A = gsl_matrix_view_array(P->work, n, n), X = gsl_matrix_view_array(value, n, n);
    int sign;

    memcpy(P->work, in, n * n * sizeof *in);
    gsl_linalg_LU_decomp(&A.matrix, &p, &sign);
    gsl_linalg_LU_invert(&A.matrix, &p, &X.matrix);
}

static const workload inverse_1 = {
    .name = "inverse-1", .title = "inv(A) and its differential along one direction",
    .sizes = "3* 4* 8* 16 32 64* 128 256* 512 1024", .k = 1, .shape = inverse_shape,
    .fill = inverse_fill, .value = inverse_value, .hand = inverse_hand, .dual = inverse_dual,
    .driver = inverse_driver, .tape = inverse_tape, .gsl = inverse_gsl,
};

static const workload inverse_32 = {
    .name = "inverse-32", .title = "inv(A) and its differential along 32 directions",
    .sizes = "3* 4* 8* 16 32 64* 128 256 512", .k = 32, .shape = inverse_shape, .fill = inverse_fill,
    .value = inverse_value, .hand = inverse_hand, .dual = inverse_dual, .tape = inverse_tape,
    .gsl = inverse_gsl,
};

/* ------------------------------ X = A_1*A_2*...*A_k, each A_i along dA_i: one parameter in every factor
 *
 * in: A_1 ... A_k, dA_1 ... dA_k                                                       out: X, dX */

static void chain_shape(problem *P)
{
    size_t s = P->n * P->n, factors = P->k;
    double n = (double) P->n;

    P->kind = ALONG;
    P->ins = 2 * factors * s;
    P->values = s;
    P->derivatives = s;
    P->works = 8 * s;
    P->vary[0] = (stretch) { 0, factors * s, factors * s };
    P->value_flops = 2 * n * n * n * (double) (factors - 1);
    P->flops = 3 * P->value_flops;
}

static void factors(problem *P)
{
    size_t s = P->n * P->n;

    for (size_t i = 0; i < P->k; i++)
        rotation(P->in + i * s, P->n);
}

static void chain_fill(problem *P)
{
    size_t s = P->n * P->n;

    factors(P);
    random_entries(P->in + P->k * s, P->k * s, 0.1);
    matrices(P, 0, P->in, P->k);
    matrices(P, 1, P->in + P->k * s, P->k);
    results(P, P->out, 2);
}

static inline void chain_value_n(size_t n, size_t k, const double *A, double *work, double *X)
{
    size_t s = n * n;
    double *from = work, *to = work + s;

    memcpy(from, A, s * sizeof *A);
    for (size_t i = 1; i < k; i++) {
        double *swap = from;
        small_product(n, from, A + i * s, 0, to);
        from = to;
        to = swap;
    }
    memcpy(X, from, s * sizeof *X);
}

static void chain_value_blas(problem *P)
{
    size_t n = P->n, s = n * n;
    double *from = P->work, *to = from + s;

    memcpy(from, P->in, s * sizeof *from);
    for (size_t i = 1; i < P->k; i++) {
        double *swap = from;
        square_product(n, 1, from, P->in + i * s, 0, to);
        from = to;
        to = swap;
    }
    memcpy(P->out, from, s * sizeof *from);
}

static void chain_value(problem *P)
{
#define CHAIN(n) chain_value_n(n, P->k, P->in, P->work, P->out)
    WITH_CONSTANT(P->n, CHAIN, chain_value_blas(P))
#undef CHAIN
}

/* X <- X*A_i, dX <- dX*A_i + X*dA_i */
static inline void chain_hand_n(size_t n, size_t k, const double *A, double *work, double *out)
{
    size_t s = n * n;
    const double *dA = A + k * s;
    double *from = work, *to = work + 2 * s;

    memcpy(from, A, s * sizeof *A);
    memcpy(from + s, dA, s * sizeof *A);
    for (size_t i = 1; i < k; i++) {
        double *swap = from;
        small_product(n, from, A + i * s, 0, to);
        small_product(n, from + s, A + i * s, 0, to + s);
        small_product(n, from, dA + i * s, 1, to + s);
        from = to;
        to = swap;
    }
    memcpy(out, from, 2 * s * sizeof *out);
}

static void chain_hand_blas(problem *P)
{
    size_t n = P->n, s = n * n;
    const double *A = P->in, *dA = A + P->k * s;
    double *from = P->work, *to = from + 2 * s;

    memcpy(from, A, s * sizeof *A);
    memcpy(from + s, dA, s * sizeof *A);
    for (size_t i = 1; i < P->k; i++) {
        double *swap = from;
        product('N', 'N', 2 * n, n, n, 1, from, n, A + i * s, n, 0, to, n);    /* [X; dX]*A_i */
        square_product(n, 1, from, dA + i * s, 1, to + s);
        from = to;
        to = swap;
    }
    memcpy(P->out, from, 2 * s * sizeof *from);
}

static void chain_hand(problem *P)
{
#define CHAIN(n) chain_hand_n(n, P->k, P->in, P->work, P->out)
    WITH_CONSTANT(P->n, CHAIN, chain_hand_blas(P))
#undef CHAIN
}

static void chain_dual(problem *P)
{
    dm_context *context = P->context;

    dm_context_reset(context);
    dm *X = dm_dual(context, P->directions[0][0], P->directions[1][0]);
    for (size_t i = 1; i < P->k; i++)
        X = dm_mul(X, dm_dual(context, P->directions[0][i], P->directions[1][i]));
    take(P, X, 1);
}

/* Each step's temporaries are released: memory does not grow with the length. */
static void chain_scopes(problem *P)
{
    dm_context *context = P->context;

    dm_context_reset(context);
    dm *X = dm_dual(context, P->directions[0][0], P->directions[1][0]);
    for (size_t i = 1; i < P->k; i++) {
        dm_scope scope = dm_scope_open(context);
        X = dm_mul(X, dm_dual(context, P->directions[0][i], P->directions[1][i]));
        dm_scope_close(scope, &X, 1);
    }
    take(P, X, 1);
}

static dm *chain_function(dm *const A[], void *params)
{
    const problem *P = params;
    dm *X = A[0];

    for (size_t i = 1; i < P->k; i++)
        X = dm_mul(X, A[i]);
    return X;
}

static void chain_tape(problem *P)
{
    dm_tape_push(multi_tape_of(P, chain_function, P->k), P->directions[0], 1, P->directions[1], P->results[0],
                 P->results + 1);
}

static void chain_gsl(problem *P, const double *in, double *value)
{
    size_t n = P->n, s = n * n;
    gsl_matrix_view X = gsl_matrix_view_array(P->work, n, n);
    gsl_matrix_view Y = gsl_matrix_view_array(P->work + s, n, n);
    gsl_matrix *from = &X.matrix, *to = &Y.matrix;

    memcpy(from->data, in, s * sizeof *in);
    for (size_t i = 1; i < P->k; i++) {
        gsl_matrix_const_view A = gsl_matrix_const_view_array(in + i * s, n, n);
        gsl_matrix *swap = from;
        gsl_blas_dgemm(CblasNoTrans, CblasNoTrans, 1, from, &A.matrix, 0, to);
        from = to;
        to = swap;
    }
    memcpy(value, from->data, s * sizeof *value);
}

static const workload chain = {
    .name = "chain-one", .title = "a chain of 1000 products, one parameter in every factor: value and d/dt",
    .sizes = "3* 4* 6 8* 16", .k = 1000, .shape = chain_shape, .fill = chain_fill, .value = chain_value,
    .hand = chain_hand, .dual = chain_dual, .dual2 = chain_scopes, .dual2_name = "dualmat-scope",
    .tape = chain_tape, .gsl = chain_gsl,
};

/* ------------------------------------------- f = tr(A_1*...*A_k) and its gradient for every factor
 *
 * in: A_1 ... A_k                                                              out: f, U_1 ... U_k */

static void chain_all_shape(problem *P)
{
    size_t s = P->n * P->n;
    double n = (double) P->n;

    P->kind = GRADIENT;
    P->ins = P->k * s;
    P->values = 1;
    P->derivatives = P->k * s;
    P->works = (P->k + 2) * s;
    P->vary[0] = (stretch) { 0, P->k * s, 0 };
    P->value_flops = 2 * n * n * n * (double) (P->k - 1);
    P->flops = 3 * P->value_flops;
}

static void chain_all_fill(problem *P)
{
    factors(P);
    matrices(P, 0, P->in, P->k);
    results(P, P->out + 1, P->k);
}

static double trace(size_t n, const double *A)
{
    double t = 0;

    for (size_t i = 0; i < n; i++)
        t += A[i * n + i];
    return t;
}

static void chain_all_value(problem *P)
{
    double X[64 * 64];
    double *out = P->out;

    P->out = X;
    chain_value(P);
    P->out = out;
    out[0] = trace(P->n, X);
}

/* X_i = A_1*...*A_i are kept; back: U_i = X_{i-1}'*u, u <- u*A_i', beginning with u = I. */
static inline void chain_all_n(size_t n, size_t k, const double *A, double *X, double *out)
{
    size_t s = n * n;
    double *U = out + 1, u[2][36], *from = u[0], *to = u[1];

    memcpy(X, A, s * sizeof *A);
    for (size_t i = 1; i < k; i++)
        small_product(n, X + (i - 1) * s, A + i * s, 0, X + i * s);
    out[0] = trace(n, X + (k - 1) * s);
    for (size_t i = 0; i < s; i++)
        from[i] = i % (n + 1) == 0;
    for (size_t i = k - 1; i > 0; i--) {
        double *swap = from;
        small_product_tn(n, X + (i - 1) * s, from, U + i * s);
        small_product_nt(n, from, A + i * s, to);
        from = to;
        to = swap;
    }
    memcpy(U, from, s * sizeof *U);
}

static void chain_all_blas(problem *P)
{
    size_t n = P->n, s = n * n, k = P->k;
    const double *A = P->in;
    double *X = P->work, *U = P->out + 1, *from = X + k * s, *to = from + s;

    memcpy(X, A, s * sizeof *A);
    for (size_t i = 1; i < k; i++)
        square_product(n, 1, X + (i - 1) * s, A + i * s, 0, X + i * s);
    P->out[0] = trace(n, X + (k - 1) * s);
    for (size_t i = 0; i < s; i++)
        from[i] = i % (n + 1) == 0;
    for (size_t i = k - 1; i > 0; i--) {
        double *swap = from;
        product('T', 'N', n, n, n, 1, X + (i - 1) * s, n, from, n, 0, U + i * s, n);
        product('N', 'T', n, n, n, 1, from, n, A + i * s, n, 0, to, n);
        from = to;
        to = swap;
    }
    memcpy(U, from, s * sizeof *U);
}

static void chain_all_hand(problem *P)
{
#define CHAIN(n) chain_all_n(n, P->k, P->in, P->work, P->out)
    WITH_CONSTANT(P->n, CHAIN, chain_all_blas(P))
#undef CHAIN
}

static void chain_all_dual(problem *P)
{
    dm_context *context = P->context;
    static dm *A[1000];

    dm_context_reset(context);
    for (size_t i = 0; i < P->k; i++)
        A[i] = dm_variable(context, P->directions[0][i]);
    dm *X = A[0];
    for (size_t i = 1; i < P->k; i++)
        X = dm_mul(X, A[i]);
    dm *f = dm_trace(X);
    P->out[0] = dm_value_scalar(f);
    for (size_t i = 0; i < P->k; i++)
        dm_read_off(f, A[i], P->results[i]);
}

static dm *chain_all_function(dm *const A[], void *params)
{
    return dm_trace(chain_function(A, params));
}

static void chain_all_tape(problem *P)
{
    dm_tape_gradients(multi_tape_of(P, chain_all_function, P->k), P->directions[0], P->out, P->results);
}

static void chain_all_gsl(problem *P, const double *in, double *value)
{
    double X[64 * 64];

    chain_gsl(P, in, X);
    *value = trace(P->n, X);
}

static const workload chain_all = {
    .name = "chain-all", .title = "tr of a chain of 1000 products and its gradient for all factors",
    .sizes = "3* 4* 6 8* 16", .k = 1000, .shape = chain_all_shape, .fill = chain_all_fill,
    .value = chain_all_value, .hand = chain_all_hand, .dual = chain_all_dual, .tape = chain_all_tape,
    .gsl = chain_all_gsl,
};

const workload *const product_workloads[] = { &product_1, &product_32, NULL };
const workload *const inverse_workloads[] = { &inverse_1, &inverse_32, NULL };
const workload *const chain_workloads[] = { &chain, &chain_all, NULL };
