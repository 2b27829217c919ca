/* Directional derivatives and Jacobians: by columns, by rows, and written down as Kronecker products. */
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include "../fixture.h"
#include "../suites.h"
#include "drivers/drivers.h"

/* Functions of the 2×3 or 3×3 matrix A with results of all shapes.  The first ones are sums of sandwiches, the
 * middle ones have few entries (rows are read off), the last ones many (columns are pushed).          */
static dm *L(dm *A, size_t m, size_t n)
{
    dice d = { 17 * m + n };

    return dm_constant(dm_context_of(A), random_matrix(&d, ANY, m, n));
}

static dm *identity(dm *A) { return A; }
static dm *flip(dm *A) { return dm_transpose(A); }
static dm *sandwich(dm *A) { return dm_mul(dm_mul(L(A, 4, 3), A), L(A, 3, 2)); }
static dm *left(dm *A) { return dm_scale(dm_mul(L(A, 2, 3), A), -3); }
static dm *right(dm *A) { return dm_neg(dm_mul(dm_scale(A, 2000), L(A, 3, 4))); }
static dm *flipped_sandwich(dm *A) { return dm_transpose(dm_mul(dm_mul(dm_transpose(A), L(A, 3, 5)), L(A, 5, 2))); }
static dm *sandwiches(dm *A)
{
    return dm_sub(dm_add(dm_mul(dm_mul(L(A, 3, 3), A), L(A, 3, 3)), dm_transpose(dm_mul(A, L(A, 3, 3)))), A);
}
static dm *multiples(dm *A) { return dm_mul(dm_mul(dm_scale(dm_identity(dm_context_of(A), 3), 5), A), dm_scale(dm_identity(dm_context_of(A), 3), -3)); }
static dm *far_apart(dm *A) { return dm_mul(dm_mul(dm_scale(L(A, 3, 3), 1e200), A), dm_scale(L(A, 3, 3), 1e-200)); }
static dm *square(dm *A) { return dm_mul(A, A); }
static dm *cube(dm *A) { return dm_mul(A, dm_mul(dm_transpose(A), A)); }
static dm *fourth(dm *A) { return dm_mul(dm_mul(A, dm_mul(A, A)), dm_transpose(A)); }
static dm *inverse(dm *A) { return dm_inverse(A); }
static dm *twice_inverse(dm *A) { dm *X = dm_inverse(A); return dm_mul(dm_mul(X, L(A, 3, 3)), dm_transpose(X)); }
static dm *solution(dm *A) { return dm_solve(A, L(A, 3, 2)); }
static dm *two_numbers(dm *A) { return dm_block(dm_mul(dm_exp(A), L(A, 3, 2)), 0, 0, 1, 2); }
static dm *one_number(dm *A) { return dm_trace(dm_mul(dm_exp(A), A)); }
static dm *half_constant(dm *A) { return dm_vcat(A, L(A, 2, 3)); }
static dm *tall(dm *A) { return dm_kron(dm_sin(A), A); }
static dm *shaped(dm *A) { return dm_reshape(dm_hcat(A, dm_hadamard(A, A)), 9, 2); }
static dm *flat(dm *A) { return dm_sign(A); }
static dm *constant(dm *A) { return L(A, 2, 2); }
static dm *sum_of_many(dm *A)
{
    dm *S = A;

    for (int i = 0; i < 12; i++)
        S = dm_add(S, dm_mul(S, L(A, 3, 3)));
    return S;
}

/* Functions of a column. */
static dm *layer(dm *x) { return dm_tanh(dm_sub(dm_mul(L(x, 4, 3), x), L(x, 4, 1))); }
static dm *two_layers(dm *x) { return dm_add(dm_mul(L(x, 3, 4), dm_sigmoid(dm_mul(L(x, 4, 3), x))), dm_scale(x, -2)); }
static dm *by_a_number(dm *x) { return dm_scale_by(L(x, 2, 2), dm_mul(L(x, 1, 3), x)); }
static dm *column_by_a_number(dm *x) { return dm_scale_by(L(x, 4, 1), dm_mul(L(x, 1, 3), x)); }
static dm *row_of_it(dm *x) { return dm_mul(dm_transpose(dm_sin(x)), L(x, 3, 2)); }
static dm *quotient(dm *x) { return dm_quotient(dm_exp(x), dm_add(dm_mul(L(x, 3, 3), x), dm_scale(dm_ones(dm_context_of(x), 3, 1), 9))); }
static dm *diagonal(dm *x) { return dm_mul(dm_diag(x), L(x, 3, 2)); }
static dm *outer(dm *x) { return dm_outer(x, dm_cos(x)); }
static dm *normalized(dm *x) { return dm_normalize(x); }
static dm *two_ways(dm *x) { return dm_add(dm_mul(L(x, 4, 3), x), dm_scale(dm_mul(L(x, 4, 3), dm_sin(x)), 0.25)); }
static dm *many_sums(dm *x)
{
    dm *s = dm_sin(x);

    for (int i = 0; i < 5; i++)
        s = dm_add(dm_mul(L(x, 3, 3), s), dm_hadamard(s, dm_mul(L(x, 3, 3), x)));
    return s;
}

/* The first ones are of a 3×3 matrix, the last of a column of 3. */
static dm *(*const functions[])(dm *) = {
    identity, flip, sandwich, left, right, flipped_sandwich, sandwiches, multiples, far_apart, square, cube, fourth, inverse,
    twice_inverse, solution, two_numbers, one_number, half_constant, tall, shaped, flat, constant, sum_of_many,
    layer, two_layers, by_a_number, column_by_a_number, row_of_it, quotient, diagonal, outer, normalized, two_ways, many_sums,
};

enum { FUNCTIONS = sizeof functions / sizeof *functions, OF_A_COLUMN = 11 };

static dm *call(dm *A, void *params)
{
    return functions[*(size_t *) params](A);
}

/* One entry of it, in the order of vec. */
typedef struct {
    size_t function, row, col;
} entry;

static dm *call_entry(dm *A, void *params)
{
    const entry *e = params;

    return dm_block(functions[e->function](A), e->row, e->col, 1, 1);
}

/* Every column is the differential along a unit matrix, every row the gradient of an entry. */
START_TEST(columns_are_differentials_and_rows_are_gradients)
{
    size_t function = (size_t) _i;
    dm_function F = { call, &function };
    dice d = { function };
    bool column = function >= FUNCTIONS - OF_A_COLUMN;
    gsl_matrix *A = column ? random_matrix(&d, ANY, 3, 1) : random_matrix(&d, REGULAR, 3, 3);
    gsl_matrix *probe = value_of(functions[function](dm_constant(here, A)));
    size_t p = probe->size1, q = probe->size2, n = 3 * A->size2;
    gsl_matrix *value = zeros(p, q), *J = zeros(p * q, n), *dF = zeros(p, q), *U = zeros(3, A->size2);

    ck_assert_msg(dm_jacobian(&F, A, value, J) == GSL_SUCCESS, "%s", raised.message);
    double small = 1000 * DBL_EPSILON * (1 + largest(J));
    same(value, probe, small, "value of function %zu", function);
    for (size_t k = 0; k < n; k++) {
        gsl_matrix *unit = zeros(3, A->size2);
        gsl_matrix_view part = gsl_matrix_submatrix(J, 0, k, p * q, 1);
        gsl_matrix_set(unit, k % 3, k / 3, 1);
        ck_assert_msg(dm_jvp(&F, A, unit, value, dF) == GSL_SUCCESS, "%s", raised.message);
        same(&part.matrix, vec_of(dF), small, "column %zu of function %zu", k, function);
        same(value, probe, small, "value beside a differential");
    }
    for (size_t k = 0; k < p * q; k++) {
        entry e = { function, k % p, k / p };
        dm_function one = { call_entry, &e };
        gsl_matrix_view row = gsl_matrix_submatrix(J, k, 0, 1, n);
        ck_assert_msg(dm_gradient(&one, A, NULL, U) == GSL_SUCCESS, "%s", raised.message);
        same(&row.matrix, transposed(vec_of(U)), small, "row %zu of function %zu", k, function);
    }
}
END_TEST

/* For F(X) = A*X*B, J = kron(B', A); for X', the permutation that takes vec(X) to vec(X'). */
START_TEST(jacobians_act_on_stacked_columns)
{
    size_t which = 2;
    dm_function F = { call, &which };
    dice d = { 0 };
    gsl_matrix *X = random_matrix(&d, ANY, 3, 3), *J = zeros(8, 9);

    ck_assert_int_eq(dm_jacobian(&F, X, NULL, J), GSL_SUCCESS);
    dm *A = dm_constant(here, X);
    same(J, value_of(dm_kron(dm_transpose(L(A, 3, 2)), L(A, 4, 3))), 10 * DBL_EPSILON, "kron(B',A)");
    which = 1;
    gsl_matrix *Y = MATRIX(2, 3, 1, 2, 3, 4, 5, 6), *K = zeros(6, 6);
    ck_assert_int_eq(dm_jacobian(&F, Y, NULL, K), GSL_SUCCESS);
    same(product(K, vec_of(Y)), vec_of(transposed(Y)), 0, "vec(X')");
}
END_TEST

/* L2*((L1*A)*R) with L1, L2 about 1e-200 and R about 1e300: L2*L1 alone would be 0, and the other way round inf. */
static dm *meeting(dm *A, void *params)
{
    double s = *(double *) params;
    dm *l1 = dm_scale(L(A, 2, 2), s), *l2 = dm_scale(L(A, 3, 2), s), *r = dm_scale(L(A, 2, 2), 1 / s / sqrt(s));

    return dm_mul(l2, dm_mul(dm_mul(l1, A), r));
}

START_TEST(factors_are_not_brought_together_out_of_range)
{
    double scales[] = { 1, 1e-200, 1e200 };

    for (size_t i = 0; i < 3; i++) {
        dm_function F = { meeting, &scales[i] };
        gsl_matrix *A = MATRIX(2, 2, 1, 2, 3, 4), *D = MATRIX(2, 2, -1, 3, 0.5, 2), *J = zeros(6, 4), *dF = zeros(3, 2);
        ck_assert_msg(dm_jacobian(&F, A, NULL, J) == GSL_SUCCESS, "%s", raised.message);
        ck_assert_msg(dm_jvp(&F, A, D, NULL, dF) == GSL_SUCCESS, "%s", raised.message);
        ck_assert(largest(dF) > 0);
        same(product(J, vec_of(D)), vec_of(dF), 100 * DBL_EPSILON * largest(dF), "with %g", scales[i]);
    }
}
END_TEST

/* More directions than are pushed at a time, more rows than are read off at a time; J in a part of a larger
 * matrix, whose other entries stay.                                                                  */
static dm *wide(dm *x, void *params) { (void) params; return dm_hadamard(dm_exp(x), dm_mul(L(x, 150, 150), x)); }
static dm *narrow(dm *x, void *params) { (void) params; return dm_block(dm_sin(dm_mul(L(x, 140, 150), x)), 0, 0, 139, 1); }

START_TEST(large_jacobians_are_made_in_several_passes)
{
    dice d = { 6 };
    gsl_matrix *x = random_matrix(&d, ANY, 150, 1), *dx = random_direction(&d, x);
    dm_function both[] = { { wide, NULL }, { narrow, NULL } };
    size_t rows[] = { 150, 139 };

    gsl_matrix_scale(x, 0.01);
    for (size_t i = 0; i < 2; i++) {
        gsl_matrix *large = zeros(rows[i] + 2, 152), *dF = zeros(rows[i], 1);
        gsl_matrix_set_all(large, -7);
        gsl_matrix_view J = gsl_matrix_submatrix(large, 1, 1, rows[i], 150);
        ck_assert_msg(dm_jacobian(&both[i], x, NULL, &J.matrix) == GSL_SUCCESS, "%s", raised.message);
        ck_assert_msg(dm_jvp(&both[i], x, dx, NULL, dF) == GSL_SUCCESS, "%s", raised.message);
        same(product(&J.matrix, dx), dF, 150 * 100 * DBL_EPSILON, "J*dx");
        for (size_t k = 0; k < 152; k++)
            ck_assert(gsl_matrix_get(large, 0, k) == -7 && gsl_matrix_get(large, rows[i] + 1, k) == -7);
        for (size_t k = 0; k < rows[i]; k++)
            ck_assert(gsl_matrix_get(large, k, 0) == -7 && gsl_matrix_get(large, k, 151) == -7);
    }
}
END_TEST

/* The Jacobian of nothing but overflow, and whatever else cannot be: told, and nothing is written. */
static dm *nothing(dm *A, void *params) { (void) A, (void) params; return NULL; }
static dm *huge(dm *A, void *params) { (void) params; return dm_mul(dm_scale(A, 1e200), dm_transpose(dm_scale(A, 1e200))); }
static dm *steep(dm *A, void *params) { (void) params; return dm_sqrt(A); }
static dm *huge_slope(dm *A, void *params) { (void) params; return dm_mul(dm_scale(L(A, 2, 2), 1e300), dm_mul(A, dm_scale(L(A, 2, 2), 1e300))); }

static dm *on_a_level_above(dm *A, void *params)
{
    (void) params;
    dm *V = dm_variable_of(A);

    return dm_mul(V, V);
}

/* 3000*x and x, as sums whose parts differ by the factor alone. */
static dm *thrice(dm *x, void *params)
{
    (void) params;
    dm *y = dm_scale(x, 1000);

    return dm_add(dm_add(y, y), y);
}

static dm *less_and_less(dm *x, void *params)
{
    (void) params;
    dm *y = dm_neg(x);

    return dm_sub(dm_sub(y, y), y);
}

START_TEST(multiples_of_one_thing_add_up)
{
    gsl_matrix *x = MATRIX(2, 1, 1, 2), *dx = MATRIX(2, 1, 1, -3), *J = zeros(2, 2), *y = zeros(2, 1), *dy = zeros(2, 1);
    dm_function F = { thrice, NULL }, G = { less_and_less, NULL };

    ck_assert_int_eq(dm_jvp(&F, x, dx, y, dy), GSL_SUCCESS);
    same(dy, MATRIX(2, 1, 3000, -9000), 0, "3000*dx");
    ck_assert_int_eq(dm_jacobian(&F, x, y, J), GSL_SUCCESS);
    same(J, MATRIX(2, 2, 3000, 0, 0, 3000), 0, "3000*I");
    ck_assert_int_eq(dm_jvp(&G, x, dx, y, dy), GSL_SUCCESS);
    same(dy, dx, 0, "dx");
    ck_assert_int_eq(dm_jacobian(&G, x, y, J), GSL_SUCCESS);
    same(J, eye(2), 0, "I");
}
END_TEST

/* What lies on higher levels is not the argument's, but its value is. */
START_TEST(a_result_of_a_level_above_is_seen_from_below)
{
    gsl_matrix *A = MATRIX(2, 2, 1, 2, 3, 4), *J = zeros(4, 4);

    ck_assert_int_eq(dm_jacobian(&(dm_function) { on_a_level_above, NULL }, A, NULL, J), GSL_SUCCESS);
    /* kron(A',I) + kron(I,A) */
    same(J, MATRIX(4, 4, 2, 2, 3, 0, 3, 5, 0, 3, 2, 0, 5, 2, 0, 2, 3, 8), 0, "the Jacobian of A*A");
}
END_TEST

START_TEST(what_has_no_jacobian_is_told)
{
    gsl_matrix *A = MATRIX(2, 2, 1, 2, 3, 4), *J = zeros(4, 4), *value = zeros(2, 2), *wrong = zeros(2, 4);
    gsl_matrix *nan = copy(A), *before = copy(J);
    size_t which = 0;
    dm_function F = { call, &which };

    gsl_matrix_set(nan, 1, 1, NAN);
#define JACOBIAN(f, A, value, J) dm_jacobian(&(dm_function) { f, &which }, A, value, J)
    refused(JACOBIAN(nothing, A, value, J), GSL_EFAULT, "dm_jacobian: the function returned NULL");
    refused(JACOBIAN(call, A, wrong, J), GSL_EBADLEN,
            "dm_jacobian: value is 2×4: 2×2 is needed, the shape of F(A)");
    refused(JACOBIAN(call, A, value, wrong), GSL_EBADLEN,
            "dm_jacobian: J is 2×4: 4×4 is needed, entries of F(A) by entries of A");
    refused(JACOBIAN(huge, A, value, J), GSL_EOVRFLW, "dm_jacobian: entry (1,1) of the value is inf: it began in "
            "dm_mul of the 2×2 A, whose result overflows");
    refused(JACOBIAN(steep, zeros(2, 2), value, J), GSL_EDOM, "dm_jacobian: entry (1,1) of the derivative is inf: "
            "dm_sqrt has no finite derivative where entry (1,1) of its operand is 0");
    refused(JACOBIAN(huge_slope, zeros(2, 2), value, J), GSL_EOVRFLW, "dm_jacobian: entry (1,1) of the derivative is inf");
    refused(JACOBIAN(call, nan, value, J), GSL_EDOM, "dm_jacobian: entry (2,2) of the value is nan, computed from a 2×2 matrix whose entry (2,2) is nan");
    refused(JACOBIAN(NULL, A, value, J), GSL_EFAULT, "dm_jacobian: F, A or J is NULL");
    refused(dm_jacobian(NULL, A, value, J), GSL_EFAULT, "dm_jacobian: F, A or J is NULL");
    refused(dm_jacobian(&F, NULL, value, J), GSL_EFAULT, "dm_jacobian: F, A or J is NULL");
    refused(dm_jacobian(&F, A, value, NULL), GSL_EFAULT, "dm_jacobian: F, A or J is NULL");
    same(J, before, 0, "left as it was");
    same(value, zeros(2, 2), 0, "left as it was");
    which = FUNCTIONS - OF_A_COLUMN - 2;
    ck_assert_int_eq(JACOBIAN(call, A, value, J), GSL_SUCCESS);
    same(J, zeros(4, 4), 0, "of a constant");
}
END_TEST

START_TEST(what_has_no_differential_is_told)
{
    gsl_matrix *A = MATRIX(2, 2, 1, 2, 3, 4), *dA = MATRIX(2, 2, 1, 0, 0, 1), *dF = zeros(2, 2), *value = zeros(2, 2);
    gsl_matrix *wrong = zeros(2, 4), *nan = copy(A);
    size_t which = 0;
    dm_function F = { call, &which };

    gsl_matrix_set(nan, 0, 0, INFINITY);
#define JVP(f, A, dA, value, dF) dm_jvp(&(dm_function) { f, &which }, A, dA, value, dF)
    refused(JVP(nothing, A, dA, value, dF), GSL_EFAULT, "dm_jvp: the function returned NULL");
    refused(JVP(call, A, wrong, value, dF), GSL_EBADLEN, "dm_jvp: dA is 2×4: 2×2 is needed, the shape of A");
    refused(JVP(call, A, dA, wrong, dF), GSL_EBADLEN, "dm_jvp: value is 2×4: 2×2 is needed, the shape of F(A)");
    refused(JVP(call, A, dA, value, wrong), GSL_EBADLEN, "dm_jvp: dF is 2×4: 2×2 is needed, the shape of F(A)");
    refused(JVP(call, nan, dA, value, dF), GSL_EDOM, "dm_jvp: entry (1,1) of the value is inf, computed from a 2×2 matrix whose entry (1,1) is inf");
    refused(JVP(call, A, nan, value, dF), GSL_EDOM, "dm_jvp: entry (1,1) of the differential is inf, computed from a 2×2 matrix whose entry (1,1) is inf");
    refused(JVP(huge, A, dA, value, dF), GSL_EOVRFLW, "dm_jvp: entry (1,1) of the value is inf: it began in dm_mul "
            "of the 2×2 A, whose result overflows");
    refused(JVP(steep, zeros(2, 2), dA, value, dF), GSL_EDOM, "dm_jvp: entry (1,1) of the differential is inf: dm_sqrt "
            "has no finite derivative where entry (1,1) of its operand is 0");
    refused(dm_jvp(&F, NULL, dA, value, dF), GSL_EFAULT, "dm_jvp: F, A, dA or dF is NULL");
    refused(dm_jvp(&F, A, NULL, value, dF), GSL_EFAULT, "dm_jvp: F, A, dA or dF is NULL");
    refused(dm_jvp(&F, A, dA, value, NULL), GSL_EFAULT, "dm_jvp: F, A, dA or dF is NULL");
    refused(dm_jvp(NULL, A, dA, value, dF), GSL_EFAULT, "dm_jvp: F, A, dA or dF is NULL");
    same(dF, zeros(2, 2), 0, "left as it was");
    same(value, zeros(2, 2), 0, "left as it was");
    which = FUNCTIONS - OF_A_COLUMN - 2;
    gsl_matrix_set_all(dF, 3);
    ck_assert_int_eq(JVP(call, A, dA, NULL, dF), GSL_SUCCESS);
    same(dF, zeros(2, 2), 0, "of a constant");
}
END_TEST

/* Y = X*Z: what the Jacobian for X leaves behind is not seen by that for Z, and nothing of both by reading off. */
static gsl_matrix *kronecker(const gsl_matrix *A, const gsl_matrix *B)
{
    gsl_matrix *K = zeros(A->size1 * B->size1, A->size2 * B->size2);

    for (size_t i = 0; i < K->size1; i++)
        for (size_t j = 0; j < K->size2; j++)
            gsl_matrix_set(K, i, j, gsl_matrix_get(A, i / B->size1, j / B->size2)
                                    * gsl_matrix_get(B, i % B->size1, j % B->size2));
    return K;
}

START_TEST(variables_of_one_level_do_not_disturb_each_other)
{
    dice d = { 83 };
    gsl_matrix *A = random_matrix(&d, ANY, 2, 3), *B = random_matrix(&d, ANY, 3, 2), *J = zeros(4, 6);
    dm *X = dm_variable(here, A), *Z = dm_variable(here, B), *Y = dm_mul(X, Z), *f = dm_trace(Y);

    for (int turn = 0; turn < 2; turn++) {
        ck_assert_ptr_null(dm_jacobian_dm("the Jacobian", Y, X, J));
        same(J, kronecker(transposed(B), eye(2)), 1e-15, "for X");
        ck_assert_ptr_null(dm_jacobian_dm("the Jacobian", Y, Z, J));
        same(J, kronecker(eye(2), A), 1e-15, "for Z");
        same(gradient_of(f, X), transposed(B), 0, "tr(X*Z) for X");
        same(gradient_of(f, Z), transposed(A), 0, "tr(X*Z) for Z");
    }
}
END_TEST

/* More than the caches hold: tr(A^3) has the Hessian 3*(kron(A',I) + kron(I,A))*K, few entries of it not 0. */
static dm *trace_of_cube(dm *A, void *params) { (void) params; return dm_trace(dm_mul(A, dm_mul(A, A))); }

START_TEST(jacobians_larger_than_the_caches_are_zero_where_they_should_be)
{
    enum { N = 46 };
    dice d = { 5 };
    gsl_matrix *A = random_matrix(&d, ANY, N, N), *H = gsl_matrix_alloc(N * N, N * N);
    double *const h = H->data;

    for (size_t i = 0; i < (size_t) N * N * N * N; i++)
        h[i] = 7;
    ck_assert_int_eq(dm_hessian(&(dm_function) { trace_of_cube, NULL }, A, NULL, NULL, H), GSL_SUCCESS);
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++)
            for (size_t k = 0; k < N; k++)
                for (size_t l = 0; l < N; l++) {           /* d/dA(k,l) of 3*(A*A)(j,i), the gradient at (i,j) */
                    double right = 3 * ((j == k ? gsl_matrix_get(A, l, i) : 0) + (l == i ? gsl_matrix_get(A, j, k) : 0));
                    double got = h[(j * N + i) * N * N + l * N + k];
                    if (fabs(got - right) > 1e-14)
                        same_number(got, right, 1e-14, "(%zu,%zu), (%zu,%zu)", i, j, k, l);
                }
    gsl_matrix_free(H);
}
END_TEST

Suite *drivers_jacobian_suite(void)
{
    Suite *suite = suite_create("drivers/jacobian");
    TCase *tc = case_of(suite, "Jacobians");

    tcase_add_loop_test(tc, columns_are_differentials_and_rows_are_gradients, 0, FUNCTIONS);
    tcase_add_test(tc, jacobians_act_on_stacked_columns);
    tcase_add_test(tc, factors_are_not_brought_together_out_of_range);
    tcase_add_test(tc, large_jacobians_are_made_in_several_passes);
    tcase_add_test(tc, multiples_of_one_thing_add_up);
    tcase_add_test(tc, a_result_of_a_level_above_is_seen_from_below);
    tcase_add_test(tc, variables_of_one_level_do_not_disturb_each_other);
    tcase_add_test(tc, jacobians_larger_than_the_caches_are_zero_where_they_should_be);
    tcase_add_test(tc, what_has_no_jacobian_is_told);
    tcase_add_test(tc, what_has_no_differential_is_told);
    return suite;
}
