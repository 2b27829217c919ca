/* Second derivatives of functions made of many operations. */
#include <float.h>
#include <math.h>
#include "../fixture.h"
#include "../suites.h"

static dm *L(dm *A, size_t m, size_t n)
{
    dice d = { 31 * m + n };

    return dm_constant(dm_context_of(A), random_matrix(&d, ANY, m, n));
}

static dm *cubic(dm *A) { return dm_trace(dm_mul(A, dm_mul(A, A))); }
static dm *quadratic(dm *A) { return dm_inner(A, dm_mul(dm_mul(L(A, 3, 3), A), L(A, 3, 3))); }
static dm *residual(dm *A) { return dm_norm_squared(dm_sub(dm_mul(A, L(A, 3, 1)), L(A, 3, 1))); }
static dm *barrier(dm *A) { return dm_sub(dm_trace(dm_inverse(A)), dm_logdet(A)); }
static dm *logistic(dm *A) { return dm_sum(dm_log(dm_add(dm_ones(dm_context_of(A), 3, 2), dm_exp(dm_mul(A, L(A, 3, 2)))))); }
static dm *quotient(dm *A) { return dm_quotient(dm_det(A), dm_norm_frobenius(A)); }
static dm *linear(dm *A) { return dm_sum(dm_mul(A, L(A, 3, 4))); }
static dm *constant(dm *A) { return dm_scalar(dm_context_of(A), 4); }

static dm *(*const functions[])(dm *) = {
    cubic, quadratic, residual, barrier, logistic, quotient, linear, constant,
};

enum { FUNCTIONS = sizeof functions / sizeof *functions };

static dm *call(dm *A, void *params)
{
    return functions[*(size_t *) params](A);
}

typedef struct {
    const dm_function *F;
    const gsl_matrix *A, *dA;
} line;

static gsl_matrix *gradient_along(double h, void *params)
{
    const line *l = params;
    gsl_matrix *U = zeros(l->A->size1, l->A->size2);

    ck_assert_int_eq(dm_gradient(l->F, sum_of(1, l->A, h, l->dA), NULL, U), GSL_SUCCESS);
    return U;
}

/* H is symmetric, H*vec(dA) is dm_hessian_vector's, and both are the slope of the gradient. */
START_TEST(hessians_are_derivatives_of_gradients)
{
    size_t function = (size_t) _i;
    dm_function F = { call, &function };
    dice d = { function };
    gsl_matrix *A = random_matrix(&d, REGULAR, 3, 3), *dA = random_direction(&d, A), *U = zeros(3, 3), *V = zeros(3, 3);
    gsl_matrix *H = zeros(9, 9), *Hd = zeros(3, 3), *slope, *expected = zeros(3, 3);
    line l = { &F, A, dA };
    double value, again, once, error;

    ck_assert_msg(dm_hessian(&F, A, &value, U, H) == GSL_SUCCESS, "%s", raised.message);
    ck_assert_msg(dm_hessian_vector(&F, A, dA, &again, V, Hd) == GSL_SUCCESS, "%s", raised.message);
    ck_assert_msg(dm_gradient(&F, A, &once, expected) == GSL_SUCCESS, "%s", raised.message);
    slope = slope_at_zero(gradient_along, &l, &error);
    double small = 10000 * DBL_EPSILON * (1 + largest(H) + largest(U));
    ck_assert(fabs(value - once) <= small && fabs(again - once) <= small && error < 1e-8 * (1 + largest(H)));
    same(U, expected, small, "gradient, function %zu", function);
    same(V, expected, small, "gradient beside H*dA, function %zu", function);
    same(H, transposed(H), small, "H', function %zu", function);
    same(product(H, vec_of(dA)), vec_of(Hd), small, "H*vec(dA), function %zu", function);
    same(Hd, slope, error, "difference quotients, function %zu", function);
    ck_assert_int_eq(dm_hessian(&F, A, NULL, NULL, H), GSL_SUCCESS);
    ck_assert_int_eq(dm_hessian_vector(&F, A, dA, NULL, NULL, Hd), GSL_SUCCESS);
}
END_TEST

/* d² tr(A³) = 6 tr(A dA dA): H = 3 (K kron(I, A) + ...) has 3*A on known places for 2×2. */
START_TEST(hessians_that_can_be_written_down)
{
    size_t which = 0;
    dm_function F = { call, &which };
    gsl_matrix *A = MATRIX(2, 2, 1, 2, 3, 4), *H = zeros(4, 4), *x = MATRIX(1, 1, 5), *h = zeros(1, 1);

    /* tr(A³) = a³ + 3abc + 3bcd + d³ for A = [a,b;c,d]; vec is a, c, b, d. */
    ck_assert_int_eq(dm_hessian(&F, A, NULL, NULL, H), GSL_SUCCESS);
    same(H, MATRIX(4, 4, 6, 6, 9, 0, 6, 0, 15, 6, 9, 15, 0, 9, 0, 6, 9, 24), 0, "of tr(A³)");
    ck_assert_int_eq(dm_hessian(&F, x, NULL, NULL, h), GSL_SUCCESS);
    ck_assert_double_eq(gsl_matrix_get(h, 0, 0), 30);
}
END_TEST

static dm *nothing(dm *A, void *params) { (void) A, (void) params; return NULL; }
static dm *itself(dm *A, void *params) { (void) params; return A; }
static dm *steep(dm *A, void *params) { (void) params; return dm_sum(dm_pow(A, 1.5)); }

/* x.*sqrt(x) at 0: 0 times an infinite slope, which may be anything, is refused. */
static dm *steep_slope(dm *A, void *params) { (void) params; return dm_sum(dm_hadamard(A, dm_sqrt(A))); }

START_TEST(what_has_no_hessian_is_told)
{
    gsl_matrix *A = MATRIX(2, 2, 1, 2, 3, 4), *U = zeros(2, 2), *H = zeros(4, 4), *wrong = zeros(2, 3), *Hd = zeros(2, 2);
    gsl_matrix *nan = copy(A);
    size_t which = 0;
    double value = 9;
    dm_function F = { call, &which };

    gsl_matrix_set(nan, 0, 1, NAN);
#define HESSIAN(f, A, U, H) dm_hessian(&(dm_function) { f, &which }, A, &value, U, H)
    refused(HESSIAN(nothing, A, U, H), GSL_EFAULT, "dm_hessian: the function returned NULL");
    refused(HESSIAN(itself, A, U, H), GSL_EBADLEN, "dm_hessian: the function is 2×2: a gradient is that of a 1×1");
    refused(HESSIAN(call, A, wrong, H), GSL_EBADLEN, "dm_hessian: U is 2×3: 2×2 is needed, the shape of A");
    refused(HESSIAN(call, A, U, wrong), GSL_EBADLEN, "dm_hessian: H is 2×3: 4×4 is needed, entries of A by entries of A");
    refused(HESSIAN(call, nan, U, H), GSL_EDOM, "dm_hessian: entry (1,1) of the value is nan, computed from a 2×2 matrix whose entry (1,2) is nan");
    refused(HESSIAN(steep, zeros(2, 2), U, H), GSL_EDOM, "dm_hessian: entry (1,1) of the derivative is inf: dm_pow has "
            "no finite derivative where entry (1,1) of its operand is 0");
    refused(HESSIAN(steep_slope, zeros(2, 2), U, H), GSL_EDOM, "dm_hessian: entry (1,1) of the gradient is nan: dm_sqrt "
            "has no finite derivative where entry (1,1) of its operand is 0");
    refused(HESSIAN(NULL, A, U, H), GSL_EFAULT, "dm_hessian: F, A or H is NULL");
    refused(dm_hessian(NULL, A, &value, U, H), GSL_EFAULT, "dm_hessian: F, A or H is NULL");
    refused(dm_hessian(&F, NULL, &value, U, H), GSL_EFAULT, "dm_hessian: F, A or H is NULL");
    refused(dm_hessian(&F, A, &value, U, NULL), GSL_EFAULT, "dm_hessian: F, A or H is NULL");
#define VECTOR(f, A, dA, U, Hd) dm_hessian_vector(&(dm_function) { f, &which }, A, dA, &value, U, Hd)
    refused(VECTOR(nothing, A, A, U, Hd), GSL_EFAULT, "dm_hessian_vector: the function returned NULL");
    refused(VECTOR(itself, A, A, U, Hd), GSL_EBADLEN,
            "dm_hessian_vector: the function is 2×2: a gradient is that of a 1×1");
    refused(VECTOR(call, A, wrong, U, Hd), GSL_EBADLEN, "dm_hessian_vector: dA is 2×3: 2×2 is needed, the shape of A");
    refused(VECTOR(call, A, A, wrong, Hd), GSL_EBADLEN, "dm_hessian_vector: U is 2×3: 2×2 is needed, the shape of A");
    refused(VECTOR(call, A, A, U, wrong), GSL_EBADLEN, "dm_hessian_vector: HdA is 2×3: 2×2 is needed, the shape of A");
    refused(VECTOR(call, nan, A, U, Hd), GSL_EDOM, "dm_hessian_vector: entry (1,1) of the value is nan, computed from a 2×2 "
            "matrix whose entry (1,2) is nan");
    refused(VECTOR(call, A, nan, U, Hd), GSL_EDOM, "dm_hessian_vector: entry (1,1) of the second differential is nan, computed "
            "from a 2×2 matrix whose entry (1,2) is nan");
    refused(VECTOR(steep, zeros(2, 2), A, U, Hd), GSL_EDOM, "dm_hessian_vector: entry (1,1) of the second differential "
            "is inf: dm_pow has no finite derivative where entry (1,1) of its operand is 0");
    refused(VECTOR(NULL, A, A, U, Hd), GSL_EFAULT, "dm_hessian_vector: F, A, dA or HdA is NULL");
    refused(VECTOR(call, NULL, A, U, Hd), GSL_EFAULT, "dm_hessian_vector: F, A, dA or HdA is NULL");
    refused(VECTOR(call, A, NULL, U, Hd), GSL_EFAULT, "dm_hessian_vector: F, A, dA or HdA is NULL");
    refused(VECTOR(call, A, A, U, NULL), GSL_EFAULT, "dm_hessian_vector: F, A, dA or HdA is NULL");
    refused(dm_hessian_vector(NULL, A, A, &value, U, Hd), GSL_EFAULT, "dm_hessian_vector: F, A, dA or HdA is NULL");
    same(U, zeros(2, 2), 0, "left as it was");
    same(H, zeros(4, 4), 0, "left as it was");
    same(Hd, zeros(2, 2), 0, "left as it was");
    ck_assert_double_eq(value, 9);
}
END_TEST

Suite *drivers_hessian_suite(void)
{
    Suite *suite = suite_create("drivers/hessian");
    TCase *tc = case_of(suite, "Hessians");

    tcase_add_loop_test(tc, hessians_are_derivatives_of_gradients, 0, FUNCTIONS);
    tcase_add_test(tc, hessians_that_can_be_written_down);
    tcase_add_test(tc, what_has_no_hessian_is_told);
    return suite;
}
