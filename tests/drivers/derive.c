/* Derivations from C: functions built by the operations, without the language; and out of memory. */
#include <string.h>
#include "../fixture.h"
#include "../memory.h"
#include "../suites.h"
#include "drivers/derive.h"

static const dm_derive_variable variables[] = { { "A", 4, 3, false }, { "x", 3, 1, false }, { "b", 4, 1, false } };

/* norm(A*x-b)^2 + log(b'*A*x) */
static dm *residual(dm_context *context, dm *const v[], void *params)
{
    dm *Ax = dm_mul(v[0], v[1]), *norm = dm_norm_squared(dm_sub(Ax, v[2]));

    (void) context;
    (void) params;
    return dm_add(norm, dm_log(dm_inner(v[2], Ax)));
}

static dm *mapped(dm_context *context, dm *const v[], void *params)
{
    (void) context;
    (void) params;
    return dm_exp(dm_mul(v[0], v[1]));
}

static dm *product_that_does_not_fit(dm_context *context, dm *const v[], void *params)
{
    (void) context;
    (void) params;
    return dm_mul(v[0], v[2]);
}

/* x'*eig(A'*A).vectors*x + sum(eig(A'*A).values) */
static dm *spectral(dm_context *context, dm *const v[], void *params)
{
    dm *S = dm_mul(dm_transpose(v[0]), v[0]);

    (void) context;
    (void) params;
    return dm_add(dm_inner(v[1], dm_mul(dm_eigenvectors(S), v[1])), dm_sum(dm_eigenvalues(S)));
}

static const dm_derive_function E = { spectral, NULL, variables, 3 };
static const dm_derive_function F = { residual, NULL, variables, 3 }, G = { mapped, NULL, variables, 3 };

START_TEST(a_gradient_is_read_off)
{
    dm_derivation d;

    ck_assert_int_eq(dm_derive(&F, 1, DM_GRADIENT, &d), GSL_SUCCESS);
    ck_assert_str_eq(dm_symbol_text(d.result), "A'*(b/(b'*A*x)+2*(A*x-b))");
    ck_assert_uint_ge(d.steps, 2);
    ck_assert_str_eq(dm_symbol_text(d.step[0].left), "df");
    dm_derivation_free(&d);
}
END_TEST

START_TEST(a_jacobian_is_a_product)
{
    dm_derivation d;

    ck_assert_int_eq(dm_derive(&G, 1, DM_JACOBIAN, &d), GSL_SUCCESS);
    ck_assert_str_eq(dm_symbol_text(d.result), "diag(exp(A*x))*A");
    dm_derivation_free(&d);
    ck_assert_int_eq(dm_derive(&G, 0, DM_JACOBIAN, &d), GSL_SUCCESS);
    ck_assert_str_eq(dm_symbol_text(d.result), "diag(exp(A*x))*kron(x',eye(rows(A)))");
    dm_derivation_free(&d);
}
END_TEST

START_TEST(a_function_that_fails_says_why)
{
    dm_derive_function wrong = { product_that_does_not_fit, NULL, variables, 3 };
    dm_derivation d;

    ck_assert_int_eq(dm_derive(&wrong, 0, DM_GRADIENT, &d), GSL_EBADLEN);
    ck_assert_ptr_nonnull(strstr(d.message, "3 columns against 4 rows"));
    dm_derivation_free(&d);
    ck_assert_int_eq(dm_derive(&G, 0, DM_GRADIENT, &d), GSL_EBADLEN);
    dm_derivation_free(&d);
}
END_TEST

/* The k-th allocation fails: GSL_ENOMEM, and nothing is left behind. */
START_TEST(without_memory_there_is_an_error)
{
    static const dm_derivative kinds[] = { DM_GRADIENT, DM_JACOBIAN, DM_HESSIAN };
    int status = GSL_ENOMEM;

    for (size_t k = 0; status != GSL_SUCCESS; k++) {
        dm_derivation d;
        ck_assert_uint_lt(k, 100);
        long before = blocks_in_use();
        fail_allocation(k, _i % 2 == 1);
        if (_i / 2 == 3)
            status = dm_derive(&E, 0, DM_GRADIENT, &d);
        else
            status = dm_derive(kinds[_i / 2] == DM_JACOBIAN ? &G : &F, 1, kinds[_i / 2], &d);
        allocate_again();
        dm_derivation_free(&d);
        long lost = blocks_in_use() - before;
        ck_assert_msg(lost == 0, "allocation %zu: %ld blocks are lost", k, lost);
        if (status != GSL_SUCCESS)
            ck_assert_int_eq(status, GSL_ENOMEM);
    }
}
END_TEST

Suite *drivers_derive_suite(void)
{
    Suite *suite = suite_create("drivers/derive");
    TCase *tc = case_of(suite, "derive");

    tcase_add_test(tc, a_gradient_is_read_off);
    tcase_add_test(tc, a_jacobian_is_a_product);
    tcase_add_test(tc, a_function_that_fails_says_why);
    tcase_add_loop_test(tc, without_memory_there_is_an_error, 0, 8);
    return suite;
}
