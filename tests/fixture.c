/* The ground of every test. */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <gsl/gsl_errno.h>
#include "fixture.h"

dm_context *here;
error_log raised;

static void take_note(const char *reason, const char *file, int line, int code)
{
    (void) file, (void) line;
    raised.times++;
    raised.code = code;
    snprintf(raised.message, sizeof raised.message, "%s", reason);
}

void forget_errors(void)
{
    raised = (error_log) { 0, 0, "" };
}

static void begin(void)
{
    gsl_set_error_handler(take_note);
    forget_errors();
    here = dm_context_alloc();
}

static void end(void)
{
    dm_context_free(here);
    here = NULL;
    forget_matrices();
}

TCase *case_of(Suite *suite, const char *name)
{
    TCase *tc = tcase_create(name);

    tcase_add_checked_fixture(tc, begin, end);
    tcase_set_timeout(tc, 120);
    suite_add_tcase(suite, tc);
    return tc;
}

/* ------------------------------------------------------------------------------- results taken out */

static void must_be_there(const dm *A)
{
    ck_assert_msg(A != NULL, "the dual matrix is NULL");
    ck_assert_msg(dm_status(A) == GSL_SUCCESS, "%s", dm_message(A));
}

gsl_matrix *value_of(dm *A)
{
    must_be_there(A);
    _gsl_matrix_const_view v = dm_value(A);
    ck_assert_msg(v.matrix.data != NULL, "no value: %s", raised.message);
    return copy(&v.matrix);
}

gsl_matrix *differential_of(dm *A, size_t direction)
{
    must_be_there(A);
    _gsl_matrix_const_view v = dm_differential(A, direction);
    ck_assert_msg(v.matrix.data != NULL, "no differential: %s", raised.message);
    return copy(&v.matrix);
}

gsl_matrix *gradient_of(dm *f, dm *A)
{
    must_be_there(f);
    must_be_there(A);
    gsl_matrix *U = zeros(dm_rows(A), dm_columns(A));
    ck_assert_msg(dm_read_off(f, A, U) == GSL_SUCCESS, "not read off: %s", raised.message);
    return U;
}

/* ------------------------------------------------------------------------------------------- errors */

void refused(int status, int code, const char *message)
{
    ck_assert_str_eq(raised.message, message);
    ck_assert_int_eq(raised.code, code);
    ck_assert_int_eq(status, code);
    ck_assert_int_eq(raised.times, 1);
    forget_errors();
}

void fails(dm *A, int code, const char *message)
{
    ck_assert_msg(A != NULL, "NULL where this was expected: %s", message);
    ck_assert_str_eq(dm_message(A), message);
    ck_assert_int_eq(dm_status(A), code);
    ck_assert_int_eq(raised.times, 0);
    ck_assert_ptr_null(dm_value(A).matrix.data);
    refused(dm_status(A), code, message);
    ck_assert(isnan(dm_value_scalar(A)));
    ck_assert_ptr_null(dm_differential(A, 0).matrix.data);
    ck_assert_msg(raised.times == 0, "raised a second time: %s", raised.message);
}

static bool cut_short(void)
{
    const char *tests = getenv("DUALMAT_TESTS");

    return tests && strcmp(tests, "short") == 0;
}

size_t many(size_t n)
{
    return cut_short() && n > 2 ? 2 : n;
}

size_t step(size_t n)
{
    return cut_short() ? n : 1;
}
