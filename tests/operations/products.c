/* Products: the identities that a mathematician would try. */
#include <float.h>
#include <stdio.h>
#include <gsl/gsl_math.h>
#include "../fixture.h"
#include "../suites.h"

/* Sums of n products of numbers up to 1.2, a few one after the other. */
static double rounding(size_t n)
{
    return 100 * (double) n * (double) n * DBL_EPSILON;
}

/* d(A*B) = dA*B + A*dB, with A and dA that do not commute; on either side of every size at which the way of
 * computing changes; for 1 and 3 directions, with either operand constant.                           */
START_TEST(a_product_of_any_size)
{
    static const size_t sizes[] = { 1, 2, 7, 13, 14, 15, 16, 33, 56, 57, 64 };
    size_t m = sizes[_i], n = sizes[(_i + 3) % 11], p = sizes[(_i + 5) % 11];
    dice d = { (uint64_t) _i };
    gsl_matrix *A = random_matrix(&d, ANY, m, n), *B = random_matrix(&d, ANY, n, p), *dA[3], *dB[3];

    for (size_t k = 0; k < 3; k++) {
        dA[k] = random_like(&d, A);
        dB[k] = random_like(&d, B);
    }
    for (size_t K = 1; K <= 3; K += 2)
        for (int varies = 0; varies < 4; varies++) {
            dm_context_reset(here);
            dm *a = varies & 1 ? dm_dual_panel(here, A, K, (const gsl_matrix *const *) dA) : dm_constant(here, A);
            dm *b = varies & 2 ? dm_dual_panel(here, B, K, (const gsl_matrix *const *) dB) : dm_constant(here, B);
            dm *C = dm_mul(a, b);
            same(value_of(C), product(A, B), rounding(n), "%zu×%zu times %zu×%zu", m, n, n, p);
            for (size_t k = 0; k < K && varies; k++) {
                gsl_matrix *first = sum_of(varies & 1, product(dA[k], B), 0, product(A, B));
                gsl_matrix *both = sum_of(1, first, varies & 2 ? 1 : 0, product(A, dB[k]));
                same(differential_of(C, k), both, rounding(n), "direction %zu of %zu of %zu×%zu times %zu×%zu",
                     k, K, m, n, n, p);
            }
        }
}
END_TEST

/* tr(A*B*C) = tr(B*C*A) = tr(C*A*B), and so are the gradients: B'*C' ... but not tr(A*C*B). */
START_TEST(traces_are_cyclic)
{
    dice d = { 5 };
    gsl_matrix *A = random_matrix(&d, ANY, 4, 4), *B = random_matrix(&d, ANY, 4, 4), *C = random_matrix(&d, ANY, 4, 4);
    dm *a = dm_variable(here, A), *b = dm_constant(here, B), *c = dm_constant(here, C);
    dm *abc = dm_trace(dm_mul(dm_mul(a, b), c)), *bca = dm_trace(dm_mul(b, dm_mul(c, a)));
    dm *cab = dm_trace(dm_mul(c, dm_mul(a, b)));
    gsl_matrix *U = transposed(product(B, C));

    same_number(dm_value_scalar(abc), dm_value_scalar(bca), rounding(4), "tr(ABC) = tr(BCA)");
    same_number(dm_value_scalar(abc), dm_value_scalar(cab), rounding(4), "tr(ABC) = tr(CAB)");
    same(gradient_of(abc, a), U, rounding(4), "tr(ABC)");
    same(gradient_of(bca, a), U, rounding(4), "tr(BCA)");
    same(gradient_of(cab, a), U, rounding(4), "tr(CAB)");
}
END_TEST

/* A^k is what repeated multiplication gives, with its differential; A^0 is constant; A^-k inverts. */
START_TEST(powers_are_repeated_products)
{
    dice d = { 3 };
    gsl_matrix *A = random_matrix(&d, REGULAR, 4, 4), *dA = random_direction(&d, A);
    dm *x = dm_dual(here, A, dA), *repeated = dm_identity(here, 4), *back = repeated, *inverse = dm_inverse(x);

    for (int k = 0; k <= 9; k++) {
        double size = rounding(4) * gsl_pow_int(4, k + 1);
        same(value_of(dm_power(x, k)), value_of(repeated), size, "A^%d", k);
        same(differential_of(dm_power(x, k), 0), differential_of(repeated, 0), (k + 1) * size, "d A^%d", k);
        same(value_of(dm_power(x, -k)), value_of(back), size, "A^-%d", k);
        same(differential_of(dm_power(x, -k), 0), differential_of(back, 0), (k + 1) * size, "d A^-%d", k);
        repeated = dm_mul(repeated, x);
        back = dm_mul(back, inverse);
    }
    ck_assert_ptr_eq(dm_power(x, 1), x);
}
END_TEST

START_TEST(powers_of_singular_matrices)
{
    dm *A = dm_constant(here, MATRIX(2, 2, 1, 2, 2, 4));

    same(value_of(dm_power(A, 3)), MATRIX(2, 2, 25, 50, 50, 100), 0, "A^3");
    same(value_of(dm_power(A, 0)), eye(2), 0, "A^0");
    fails(dm_power(A, -1), GSL_ESING, "dm_inverse: A is 2×2 and singular: pivot 2 of its LU factors is 0");
}
END_TEST

/* kron(A,B)*kron(C,D) = kron(A*C,B*D), and vec(A*X*B) = kron(B',A)*vec(X). */
START_TEST(kronecker_products_multiply_factor_by_factor)
{
    dice d = { 11 };
    dm *A = dm_constant(here, random_matrix(&d, ANY, 2, 3)), *B = dm_constant(here, random_matrix(&d, ANY, 4, 2));
    dm *C = dm_constant(here, random_matrix(&d, ANY, 3, 5)), *D = dm_constant(here, random_matrix(&d, ANY, 2, 1));

    same(value_of(dm_mul(dm_kron(A, B), dm_kron(C, D))), value_of(dm_kron(dm_mul(A, C), dm_mul(B, D))), rounding(6),
         "kron(A,B)*kron(C,D)");
    same(value_of(dm_vec(dm_mul(dm_mul(A, C), dm_transpose(dm_ones(here, 2, 5))))),
         value_of(dm_mul(dm_kron(dm_ones(here, 2, 5), A), dm_vec(C))), rounding(6), "vec(A*X*B)");
    same(value_of(dm_kron(dm_constant(here, MATRIX(1, 2, 2, 3)), dm_constant(here, MATRIX(2, 1, 5, 7)))),
         MATRIX(2, 2, 10, 15, 14, 21), 0, "kron([2,3],[5;7])");
}
END_TEST

/* tr(C'*kron(A,B)) three ways: the Kronecker product and its two contractions are each other's transposes. */
START_TEST(contractions_are_transposes_of_the_kronecker_product)
{
    for (size_t n = 1; n <= 4; n++) {
        dice d = { n };
        dm *A = dm_constant(here, random_matrix(&d, ANY, n, 2)), *B = dm_constant(here, random_matrix(&d, ANY, 3, n));
        dm *C = dm_constant(here, random_matrix(&d, ANY, 3 * n, 2 * n));
        double t = dm_value_scalar(dm_inner(C, dm_kron(A, B)));
        same_number(dm_value_scalar(dm_inner(dm_kron_left(C, B), A)), t, rounding(6 * n), "kron_left");
        same_number(dm_value_scalar(dm_inner(dm_kron_right(A, C), B)), t, rounding(6 * n), "kron_right");
    }
    fails(dm_kron_left(dm_ones(here, 4, 6), dm_ones(here, 3, 2)), GSL_EBADLEN,
          "dm_kron_left: C is 4×6 and B is 3×2: the shape of C must be a multiple");
    fails(dm_kron_right(dm_ones(here, 2, 4), dm_ones(here, 4, 6)), GSL_EBADLEN,
          "dm_kron_right: C is 4×6 and A is 2×4: the shape of C must be a multiple");
}
END_TEST

/* <x*y', A> = x'*A*y, and d(x*y') = dx*y' + x*dy'. */
START_TEST(outer_products)
{
    dice d = { 2 };
    gsl_matrix *x = random_matrix(&d, ANY, 3, 1), *y = random_matrix(&d, ANY, 2, 1), *A = random_matrix(&d, ANY, 3, 2);
    gsl_matrix *dx = random_like(&d, x), *dy = random_like(&d, y);
    dm *X = dm_dual(here, x, dx), *Y = dm_dual(here, y, dy), *outer = dm_outer(X, Y);

    same(value_of(outer), outer_of(x, y), rounding(1), "x*y'");
    same(differential_of(outer, 0), sum_of(1, outer_of(dx, y), 1, outer_of(x, dy)), rounding(2), "dx*y' + x*dy'");
    same_number(dm_value_scalar(dm_inner(outer, dm_constant(here, A))),
                inner_of(x, product(A, y)), rounding(3), "<x*y', A>");
}
END_TEST

/* A product that overflows is an error that says where it began, and so each time that it is asked for; small
 * and large, with and without a differential, and at the end of a long way.                          */
START_TEST(overflow_is_told_where_it_began)
{
    for (size_t n = 1; n <= 20; n += 19) {
        gsl_matrix *huge = zeros(1, n);
        gsl_matrix_set_all(huge, 1e200);
        dm *A = dm_constant(here, huge), *B = dm_dual(here, huge, huge), *results[] = {
            dm_mul(A, dm_transpose(A)), dm_add(dm_ones(here, 1, 1), dm_mul(A, dm_transpose(A))),
            dm_mul(B, dm_transpose(B)), dm_trace(dm_mul(B, dm_transpose(A))),
            dm_mul(B, dm_dual(here, transposed(huge), transposed(huge))),
        };
        char message[160];
        snprintf(message, sizeof message, "dm_value: entry (1,1) of the value is inf: it began in dm_mul of the "
                 "1×%zu A, whose result overflows", n);
        for (size_t i = 0; i < 10; i++) {
            ck_assert_ptr_null(dm_value(results[i % 5]).matrix.data);
            refused(raised.code, GSL_EOVRFLW, message);
        }
    }
}
END_TEST

START_TEST(overflow_is_traced_along_any_way)
{
    dm *x = dm_ones(here, 1, 1);

    for (size_t i = 0; i < 200000; i++)
        x = dm_add(x, x);
    ck_assert_ptr_null(dm_value(x).matrix.data);
    refused(raised.code, GSL_EOVRFLW, "dm_value: entry (1,1) of the value is inf: it began in dm_add of the 1×1 A, "
            "whose result overflows");
}
END_TEST

Suite *operations_products_suite(void)
{
    Suite *suite = suite_create("operations/products");
    TCase *tc = case_of(suite, "products");

    tcase_add_loop_test(tc, a_product_of_any_size, 0, 11);
    tcase_add_test(tc, traces_are_cyclic);
    tcase_add_test(tc, powers_are_repeated_products);
    tcase_add_test(tc, powers_of_singular_matrices);
    tcase_add_test(tc, kronecker_products_multiply_factor_by_factor);
    tcase_add_test(tc, contractions_are_transposes_of_the_kronecker_product);
    tcase_add_test(tc, outer_products);
    tcase_add_test(tc, overflow_is_told_where_it_began);
    tcase_add_test(tc, overflow_is_traced_along_any_way);
    return suite;
}
