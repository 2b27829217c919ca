/* Contexts: the arena, and memory that is reused. */
#include <stdint.h>
#include <string.h>
#include "../fixture.h"
#include "../memory.h"
#include "../suites.h"
#include "core/dm.h"

START_TEST(a_new_context_has_no_error)
{
    ck_assert_int_eq(dm_context_error(here), GSL_SUCCESS);
    ck_assert_str_eq(dm_context_message(here), "");
    ck_assert_ptr_eq(dm_context_of(dm_scalar(here, 2)), here);
    ck_assert_ptr_null(dm_context_of(NULL));
    dm_context_free(NULL);
    dm_context_reset(NULL);
    ck_assert_int_eq(dm_context_error(NULL), GSL_EFAULT);
    ck_assert_str_eq(dm_context_message(NULL), "the context is NULL");
}
END_TEST

START_TEST(a_context_that_cannot_be_is_null)
{
    fail_allocation(0, false);
    dm_context *none = dm_context_alloc();
    allocate_again();
    ck_assert_ptr_null(none);
    refused(raised.code, GSL_ENOMEM, "dm_context_alloc: out of memory");
}
END_TEST

START_TEST(reset_forgets_the_error)
{
    dm *wrong = dm_mul(dm_ones(here, 2, 3), dm_ones(here, 2, 3));

    ck_assert_int_eq(dm_context_error(here), GSL_EBADLEN);
    ck_assert_str_eq(dm_context_message(here), dm_message(wrong));
    dm_context_reset(here);
    ck_assert_int_eq(dm_context_error(here), GSL_SUCCESS);
    ck_assert_str_eq(dm_context_message(here), "");
}
END_TEST

/* Places of all sizes: aligned, apart from each other, and the same ones again after a reset.  (The test
 * library allocates too where it checks, so that memory is counted between the checks.)              */
START_TEST(the_arena_hands_out_places)
{
    enum { PLACES = 300 };
    unsigned char *place[3][PLACES];
    size_t size[PLACES], asked[3];

    for (int turn = 0; turn < 3; turn++) {
        dice d = { 1 };
        size_t before = allocations();
        dm_context_reset(here);
        for (size_t i = 0; i < PLACES; i++) {
            size[i] = (size_t) uniform(&d, 1, i % 50 ? 400 : 60000);
            place[turn][i] = dm_arena_alloc(here, size[i]);
        }
        asked[turn] = allocations() - before;
        for (size_t i = 0; i < PLACES; i++) {
            ck_assert_ptr_nonnull(place[turn][i]);
            ck_assert_uint_eq((uintptr_t) place[turn][i] % 32, 0);
            memset(place[turn][i], (int) (i % 251), size[i]);
        }
        for (size_t i = 0; i < PLACES; i++) {
            size_t k = 0;
            while (k < size[i] && place[turn][i][k] == i % 251)
                k++;
            ck_assert_msg(k == size[i], "place %zu overlaps another one", i);
            ck_assert_ptr_eq(place[turn][i], place[0][i]);
        }
    }
    ck_assert_uint_gt(asked[0], 1);
    ck_assert_uint_eq(asked[1], 0);
    ck_assert_uint_eq(asked[2], 0);
}
END_TEST

START_TEST(what_no_memory_can_hold_is_null)
{
    ck_assert_ptr_null(dm_arena_alloc(here, SIZE_MAX));
    ck_assert_ptr_null(dm_arena_alloc(here, SIZE_MAX / 2));
    ck_assert_ptr_nonnull(dm_arena_alloc(here, 100));
    ck_assert_ptr_null(dm_value(dm_ones(here, SIZE_MAX / 64, 32)).matrix.data);
    refused(raised.code, GSL_ENOMEM, "out of memory");
    dm_context_reset(here);
    ck_assert_ptr_null(dm_value(dm_zeros(here, SIZE_MAX / 2, SIZE_MAX / 4)).matrix.data);
    refused(raised.code, GSL_ENOMEM, "out of memory");
    dm_context_reset(here);
    dm *most = dm_embed(dm_ones(here, 1, 1), 0, 0, SIZE_MAX, SIZE_MAX);
    fails(most, GSL_EBADLEN, "dm_embed: A is 1×1: the result would be larger than any memory");
}
END_TEST

/* A panel, a nested derivative and a gradient. */
static int evaluate(const gsl_matrix *A, const gsl_matrix *D, gsl_matrix *U)
{
    const gsl_matrix *panel[] = { D, A };

    dm_context_reset(here);
    dm *x = dm_dual_panel(here, A, 2, panel), *y = dm_variable_of(x), *z = dm_variable(here, A);
    dm *G = dm_gradient_of(dm_trace(dm_mul(dm_inverse(y), dm_exp(y))), y);
    return dm_differential(G, 1).matrix.data ? dm_read_off(dm_logdet(dm_mul(z, z)), z, U) : GSL_FAILURE;
}

START_TEST(a_steady_loop_allocates_nothing)
{
    static const size_t sizes[] = { 3, 40, 7, 25 };
    gsl_matrix *A[4], *D[4], *U[4];
    size_t asked = 0;

    for (size_t s = 0; s < 4; s++) {
        dice d = { s };
        A[s] = random_matrix(&d, REGULAR, sizes[s], sizes[s]);
        D[s] = random_direction(&d, A[s]);
        U[s] = zeros(sizes[s], sizes[s]);
    }
    for (size_t turn = 0; turn < many(50); turn++) {
        int status = GSL_SUCCESS;
        asked = allocations();
        for (size_t s = 0; s < 4 && !status; s++)
            status = evaluate(A[s], D[s], U[s]);
        asked = allocations() - asked;
        ck_assert_msg(!status, "%s", raised.message);
        ck_assert_msg(turn == 0 || asked == 0, "turn %zu takes memory %zu times", turn, asked);
    }
}
END_TEST

/* The context's one failed dm needs no memory, and the context works again when there is some. */
START_TEST(out_of_memory_is_a_failed_dm)
{
    fail_allocation(0, true);
    dm *A = dm_scalar(here, 1), *B = dm_add(A, A);
    allocate_again();
    ck_assert_ptr_eq(dm_context_of(B), here);
    fails(B, GSL_ENOMEM, "out of memory");
    ck_assert_int_eq(dm_context_error(here), GSL_ENOMEM);
    ck_assert_str_eq(dm_context_message(here), "out of memory");
    ck_assert_double_eq(dm_value_scalar(dm_scalar(here, 3)), 3);
    dm_context_reset(here);
    ck_assert_int_eq(dm_context_error(here), GSL_SUCCESS);

    /* There is room for the dm but not for its entries, which are asked for when it is taken out. */
    dm *C = dm_mul(dm_ones(here, 1000, 1), dm_ones(here, 1, 1000));
    ck_assert_int_eq(dm_status(C), GSL_SUCCESS);
    fail_allocation(0, true);
    const double *none = dm_value(C).matrix.data;
    allocate_again();
    ck_assert_ptr_null(none);
    refused(raised.code, GSL_ENOMEM, "out of memory");
    ck_assert_double_eq(largest(value_of(C)), 1);
}
END_TEST

Suite *core_context_suite(void)
{
    Suite *suite = suite_create("core/context");
    TCase *tc = case_of(suite, "contexts");

    tcase_add_test(tc, a_new_context_has_no_error);
    tcase_add_test(tc, a_context_that_cannot_be_is_null);
    tcase_add_test(tc, reset_forgets_the_error);
    tcase_add_test(tc, the_arena_hands_out_places);
    tcase_add_test(tc, what_no_memory_can_hold_is_null);
    tcase_add_test(tc, a_steady_loop_allocates_nothing);
    tcase_add_test(tc, out_of_memory_is_a_failed_dm);
    return suite;
}
