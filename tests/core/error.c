/* Failures: the first one stands, is raised once, and is carried on. */
#include <string.h>
#include "../fixture.h"
#include "../suites.h"
#include "core/dm.h"

START_TEST(the_first_failure_stands)
{
    dm *C = dm_new(here, 2, 1, 2), *D = dm_failed(here, GSL_EDOM, "%s %d", "number", 7);

    ck_assert_ptr_eq(dm_fail(C, GSL_EBADLEN, "first"), C);
    dm_fail(C, GSL_EDOM, "second");
    ck_assert_ptr_eq(dm_fail(D, GSL_EBADLEN, "another"), D);
    ck_assert_int_eq(dm_context_error(here), GSL_EDOM);
    ck_assert_str_eq(dm_context_message(here), "number 7");
    fails(C, GSL_EBADLEN, "first");
    fails(D, GSL_EDOM, "number 7");
}
END_TEST

/* Whoever inherits a failure shares it: raised from one, it is not raised again from the other. */
START_TEST(a_failure_that_is_shared_is_raised_once)
{
    dm *X = dm_failed(here, GSL_ESING, "singular"), *C = dm_new(here, 1, 1, 1), *fine = dm_scalar(here, 1);

    ck_assert(!dm_inherit(C, fine) && !dm_is_failed(C));
    ck_assert(dm_inherit(C, X) && dm_is_failed(C));
    ck_assert_int_eq(dm_raise(fine), GSL_SUCCESS);
    ck_assert_int_eq(raised.times, 0);
    refused(dm_raise(C), GSL_ESING, "singular");
    ck_assert_int_eq(dm_raise(X), GSL_ESING);
    ck_assert_int_eq(raised.times, 0);
    dm *own = dm_failed(here, GSL_EDOM, "its own");
    ck_assert(dm_inherit(own, X));
    ck_assert_str_eq(dm_message(own), "its own");
}
END_TEST

START_TEST(a_message_that_is_too_long_is_cut)
{
    char name[1000];

    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    dm *A = dm_named(dm_ones(here, 2, 3), name), *C = dm_inverse(A);
    ck_assert_int_eq(dm_status(C), GSL_EBADLEN);
    ck_assert_uint_lt(strlen(dm_message(C)), 500);
    ck_assert_ptr_null(dm_value(C).matrix.data);
    ck_assert_str_eq(raised.message, dm_message(C));
}
END_TEST

Suite *core_error_suite(void)
{
    Suite *suite = suite_create("core/error");
    TCase *tc = case_of(suite, "failures");

    tcase_add_test(tc, the_first_failure_stands);
    tcase_add_test(tc, a_failure_that_is_shared_is_raised_once);
    tcase_add_test(tc, a_message_that_is_too_long_is_cut);
    return suite;
}
