/* Reading off: gradients by the driver and by hand, and what has none. */
#include <float.h>
#include <math.h>
#include "../fixture.h"
#include "../memory.h"
#include "../suites.h"

static dm *trace_of_square(dm *A, void *params)
{
    (void) params;
    return dm_trace(dm_mul(A, A));
}

/* tr(A²) at [1,2;3,4]: 29, and 2*A'. */
START_TEST(the_gradient_of_the_trace_of_the_square)
{
    dm_function F = { trace_of_square, NULL };
    gsl_matrix *A = MATRIX(2, 2, 1, 2, 3, 4), *U = zeros(2, 2);
    double value = 0;

    ck_assert_int_eq(dm_gradient(&F, A, &value, U), GSL_SUCCESS);
    ck_assert_double_eq(value, 29);
    same(U, MATRIX(2, 2, 2, 6, 4, 8), 0, "2*A'");
    ck_assert_int_eq(dm_gradient(&F, A, NULL, U), GSL_SUCCESS);
    /* The result may go where the argument came from, and into part of a larger matrix. */
    gsl_matrix *large = zeros(4, 4);
    gsl_matrix_view middle = gsl_matrix_submatrix(large, 1, 1, 2, 2);
    gsl_matrix_memcpy(&middle.matrix, A);
    ck_assert_int_eq(dm_gradient(&F, &middle.matrix, &value, &middle.matrix), GSL_SUCCESS);
    same(large, MATRIX(4, 4, 0, 0, 0, 0, 0, 2, 6, 0, 0, 4, 8, 0, 0, 0, 0, 0), 0, "in place");
}
END_TEST

/* Functions that a driver cannot use. */
static dm *nothing(dm *A, void *params) { (void) A, (void) params; return NULL; }
static dm *itself(dm *A, void *params) { (void) params; return A; }
static dm *first_row(dm *A, void *params) { (void) params; return dm_block(A, 0, 0, 1, 2); }
static dm *first_column(dm *A, void *params) { (void) params; return dm_block(A, 0, 0, 2, 1); }
static dm *from_elsewhere(dm *A, void *params) { (void) A; return params; }
static dm *not_square(dm *A, void *params) { (void) params; return dm_trace(dm_block(A, 0, 0, 1, 2)); }
static dm *overflowing(dm *A, void *params) { (void) params; return dm_inner(dm_scale(A, 1e200), dm_scale(A, 1e200)); }
static dm *constant(dm *A, void *params) { (void) params; return dm_scalar(dm_context_of(A), 7); }
static dm *steep(dm *A, void *params) { (void) params; return dm_sum(dm_sqrt(A)); }

START_TEST(what_has_no_gradient_is_told)
{
    gsl_matrix *A = MATRIX(2, 2, 1, 2, 3, 4), *U = MATRIX(2, 2, 9, 9, 9, 9), *wide = zeros(2, 3), *nan = copy(A);
    gsl_matrix *before = copy(U);
    double value = 9;

    gsl_matrix_set(nan, 0, 1, NAN);
#define GRADIENT(f, params, A, U) dm_gradient(&(dm_function) { f, params }, A, &value, U)
    refused(GRADIENT(nothing, NULL, A, U), GSL_EFAULT, "dm_gradient: the function returned NULL");
    refused(GRADIENT(itself, NULL, A, U), GSL_EBADLEN, "dm_gradient: the function is 2×2: a gradient is that of a 1×1");
    refused(GRADIENT(first_row, NULL, A, U), GSL_EBADLEN, "dm_gradient: the function is 1×2: a gradient is that of a 1×1");
    refused(GRADIENT(first_column, NULL, A, U), GSL_EBADLEN,
            "dm_gradient: the function is 2×1: a gradient is that of a 1×1");
    refused(GRADIENT(from_elsewhere, dm_scalar(here, 1), A, U), GSL_EINVAL,
            "dm_gradient: the function's result lives in another context than its argument");
    refused(GRADIENT(not_square, NULL, A, U), GSL_EBADLEN,
            "dm_trace: A is 1×2: 1 row against 2 columns, a square matrix is needed");
    refused(GRADIENT(overflowing, NULL, A, U), GSL_EOVRFLW,
            "dm_gradient: entry (1,1) of the value is inf: it began in dm_inner of the 2×2 A, whose result overflows");
    refused(GRADIENT(steep, NULL, zeros(2, 2), U), GSL_EDOM, "dm_gradient: entry (1,1) of the gradient is inf: dm_sqrt "
            "has no finite derivative where entry (1,1) of its operand is 0");
    refused(GRADIENT(trace_of_square, NULL, A, wide), GSL_EBADLEN,
            "dm_gradient: U is 2×3: 2×2 is needed, the shape of A");
    refused(GRADIENT(trace_of_square, NULL, wide, wide), GSL_EBADLEN,
            "dm_mul: A is 2×3 and B is 2×3: 3 columns against 2 rows");
    refused(GRADIENT(trace_of_square, NULL, nan, U), GSL_EDOM,
            "dm_gradient: entry (1,1) of the value is nan, computed from a 2×2 matrix whose entry (1,2) is nan");
    refused(GRADIENT(trace_of_square, NULL, NULL, U), GSL_EFAULT, "dm_gradient: F, A or U is NULL");
    refused(GRADIENT(trace_of_square, NULL, A, NULL), GSL_EFAULT, "dm_gradient: F, A or U is NULL");
    refused(GRADIENT(NULL, NULL, A, U), GSL_EFAULT, "dm_gradient: F, A or U is NULL");
    refused(dm_gradient(NULL, A, &value, U), GSL_EFAULT, "dm_gradient: F, A or U is NULL");
    same(U, before, 0, "left as it was");
    ck_assert_double_eq(value, 9);
    ck_assert_int_eq(GRADIENT(constant, NULL, A, U), GSL_SUCCESS);
    ck_assert_double_eq(value, 7);
    same(U, zeros(2, 2), 0, "of a constant");
}
END_TEST

START_TEST(what_cannot_be_read_off_is_told)
{
    gsl_matrix *A = MATRIX(2, 2, 1, 2, 3, 4), *U = zeros(2, 2), *wide = zeros(2, 3);
    dm *x = dm_variable(here, A), *f = dm_trace(x), *c = dm_constant(here, A), *d = dm_dual(here, A, A);
    const char *no_variable = "dm_read_off: the 2×2 matrix to differentiate by is no variable (dm_variable makes one)";

    refused(dm_read_off(f, c, U), GSL_EINVAL, no_variable);
    refused(dm_read_off(f, d, U), GSL_EINVAL, no_variable);
    refused(dm_read_off(f, dm_neg(x), U), GSL_EINVAL, no_variable);
    refused(dm_read_off(x, x, U), GSL_EBADLEN, "dm_read_off: the function is 2×2: a gradient is that of a 1×1");
    refused(dm_read_off(f, x, wide), GSL_EBADLEN, "dm_read_off: U is 2×3: 2×2 is needed, the shape of the variable");
    refused(dm_read_off(f, x, NULL), GSL_EFAULT, "dm_read_off: there is no matrix for the gradient");
    refused(dm_read_off(dm_trace(wide ? dm_ones(here, 2, 3) : x), x, U), GSL_EBADLEN,
            "dm_trace: A is 2×3: 2 rows against 3 columns, a square matrix is needed");
    refused(dm_read_off(f, dm_inverse(dm_zeros(here, 2, 2)), U), GSL_ESING,
            "dm_inverse: A is 2×2 and singular: pivot 1 of its LU factors is 0");
    fails(dm_gradient_of(f, c), GSL_EINVAL,
          "dm_gradient_of: the 2×2 matrix to differentiate by is no variable (dm_variable makes one)");
    fails(dm_gradient_of(x, x), GSL_EBADLEN, "dm_gradient_of: the function is 2×2: a gradient is that of a 1×1");
}
END_TEST

/* The gradient of a gradient of several variables: d²/dAdB of tr(A*B) pairs entry (i,j) with entry (j,i). */
START_TEST(gradients_are_matrices_to_go_on_with)
{
    gsl_matrix *A = MATRIX(2, 2, 1, 2, 3, 4), *B = MATRIX(2, 2, 5, -6, 7, 8), *W = MATRIX(2, 2, 1, 10, 100, 1000);
    dm *a = dm_variable(here, A), *b = dm_variable_of(dm_constant(here, B)), *G = dm_gradient_of(dm_trace(dm_mul(a, b)), b);

    same(value_of(G), transposed(A), 0, "A'");
    same(gradient_of(dm_inner(dm_constant(here, W), G), a), transposed(W), 0, "W'");
}
END_TEST

/* Adjoints that begin as one and the same number and then grow apart: the sums are carried on in place, but never
 * in a number that somebody else holds.                                                              */
START_TEST(gradients_that_share_a_beginning_grow_apart)
{
    dice d = { 17 };
    gsl_matrix *A0 = random_matrix(&d, ANY, 5, 5), *B0 = random_matrix(&d, ANY, 5, 5), *W0 = random_matrix(&d, ANY, 5, 5);
    dm *A = dm_variable(here, A0), *B = dm_variable(here, B0), *W = dm_constant(here, W0), *S = dm_add(A, B);
    dm *f = dm_add(dm_inner(W, S), dm_add(dm_trace(dm_mul(S, S)), dm_trace(dm_mul(dm_transpose(A), W))));

    f = dm_add(f, dm_add(dm_inner(B, B), dm_trace(dm_mul(W, dm_mul(A, dm_transpose(A))))));
    /* W + 2*(A+B)' to both; W + (W + W')*A to A, 2*B to B. */
    gsl_matrix *both = sum_of(1, W0, 2, transposed(sum_of(1, A0, 1, B0)));
    gsl_matrix *to_A = sum_of(1, W0, 1, product(sum_of(1, W0, 1, transposed(W0)), A0));
    same(gradient_of(f, A), sum_of(1, both, 1, to_A), 100 * DBL_EPSILON, "the gradient for A");
    same(gradient_of(f, B), sum_of(1, both, 2, B0), 100 * DBL_EPSILON, "the gradient for B");
    same(gradient_of(f, A), sum_of(1, both, 1, to_A), 100 * DBL_EPSILON, "the gradient for A, again");
    same(value_of(W), W0, 0, "W is as it was");
}
END_TEST

/* tr(A*A) written by entries: each block leads back to a matrix that is 0 but for an entry, and the memory for all
 * of them together is in proportion to their number, n², not to n⁴.                                  */
START_TEST(functions_may_be_written_entry_by_entry)
{
    enum { N = 40 };
    dice d = { 29 };
    gsl_matrix *A = random_matrix(&d, ANY, N, N);
    dm *X = dm_variable(here, A), *f = NULL;
    size_t before = bytes_allocated();

    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++) {
            dm *t = dm_mul(dm_block(X, i, j, 1, 1), dm_block(X, j, i, 1, 1));
            f = f ? dm_add(f, t) : t;
        }
    same(gradient_of(f, X), sum_of(2, transposed(A), 0, A), 0, "2*A'");
    ck_assert_uint_lt(bytes_allocated() - before, (size_t) N * N * N * N * sizeof(double));
}
END_TEST

/* However deep: what is embedded, and embedded again, is no recursion of that depth. */
START_TEST(blocks_and_embeddings_may_be_nested)
{
    size_t depth = many(100000);
    gsl_matrix *A = MATRIX(2, 2, 1, 2, 3, 4);
    dm *X = dm_variable(here, A), *B = X, *E = X;

    for (size_t i = 0; i < depth; i++) {
        B = dm_block(B, 0, 0, 2, 2);
        E = dm_embed(E, 0, 0, 2, 2);
    }
    same(gradient_of(dm_add(dm_trace(dm_mul(B, B)), dm_sum(E)), X), MATRIX(2, 2, 3, 7, 5, 9), 0, "2*A' + ones(2,2)");
}
END_TEST

Suite *drivers_gradient_suite(void)
{
    Suite *suite = suite_create("drivers/gradient");
    TCase *tc = case_of(suite, "gradients");

    tcase_add_test(tc, the_gradient_of_the_trace_of_the_square);
    tcase_add_test(tc, what_has_no_gradient_is_told);
    tcase_add_test(tc, what_cannot_be_read_off_is_told);
    tcase_add_test(tc, gradients_are_matrices_to_go_on_with);
    tcase_add_test(tc, gradients_that_share_a_beginning_grow_apart);
    tcase_add_test(tc, functions_may_be_written_entry_by_entry);
    tcase_add_test(tc, blocks_and_embeddings_may_be_nested);
    return suite;
}
