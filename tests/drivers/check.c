/* The check of hand-derived derivatives: what it finds, what it says, and the Taylor test. */
#include <float.h>
#include <math.h>
#include <string.h>
#include "../fixture.h"
#include "../memory.h"
#include "../suites.h"
#include "drivers/check.h"

static dm *trace_of_square(dm *A, void *params)       /* tr(A*A)    gradient 2*A' */
{
    (void) params;
    return dm_trace(dm_mul(A, A));
}

static dm *inner_with(dm *A, void *params)            /* tr(B'*A)   gradient B */
{
    return dm_inner(dm_constant(dm_context_of(A), params), A);
}

static dm *sines(dm *x, void *params)                 /* sin(x)     Jacobian diag(cos(x)) */
{
    (void) params;
    return dm_sin(x);
}

static dm *sum_of_logs(dm *A, void *params)           /* only where all entries are positive */
{
    (void) params;
    return dm_sum(dm_log(A));
}

static dm *trace_of_inverse(dm *A, void *params)
{
    (void) params;
    return dm_trace(dm_inverse(A));
}

static dm *inner_with_cubes(dm *A, void *params)      /* tr(B'*A.^3), A = 0: error h^3 */
{
    return dm_inner(dm_constant(dm_context_of(A), params), dm_hadamard(A, dm_square(A)));
}

/* What is checked, at A: the hand-derived one against the exact one. */
static dm_check_report report_of(dm *(*f)(dm *A, void *params), void *params, dm_derivative kind,
                                 const gsl_matrix *A, const gsl_matrix *D, const gsl_matrix *hand)
{
    dm_function F = { f, params };
    gsl_matrix *exact = zeros(hand->size1, hand->size2);
    dm_check_report report;

    ck_assert_int_eq(dm_check_exact(&F, kind, A, exact, false), GSL_SUCCESS);
    dm_check_compare(hand, exact, 1e-8, 0, NULL, &report);
    ck_assert_int_eq(dm_check_taylor(&F, kind, A, D, hand, exact, &report), GSL_SUCCESS);
    return report;
}

/* The same for both entries of a row. */
typedef struct { dm_check_margin entry[2]; } margins;

static margins noise(double size)
{
    return (margins) { { { .noise = size }, { .noise = size } } };
}

static void says(const dm_check_report *report, const char *expected)
{
    char text[300];

    dm_check_sentence(report, text, sizeof text);
    ck_assert_str_eq(text, expected);
}

/* ------------------------------------------------------------------------------- entry by entry -- */

START_TEST(finds_the_gradient_right)
{
    dice d = { 1 };
    gsl_matrix *A = random_matrix(&d, ANY, 4, 4), *D = random_like(&d, A);
    gsl_matrix *hand = sum_of(2, transposed(A), 0, A);
    dm_check_report r = report_of(trace_of_square, NULL, DM_GRADIENT, A, D, hand);

    ck_assert(r.right);
    ck_assert_uint_eq(r.differ, 0);
    ck_assert(r.error <= 64 * DBL_EPSILON);
    ck_assert(fabs(r.norm_hand - r.norm_exact) <= 64 * DBL_EPSILON * r.norm_exact);
    same_number(r.norm_exact, 2 * sqrt(inner_of(A, A)), 64 * DBL_EPSILON * r.norm_exact, "norm");
    ck_assert(fabs(r.slope_hand - 2) < 0.02 && fabs(r.slope_exact - 2) < 0.02);
    says(&r, "right: all 16 entries agree");
}
END_TEST

START_TEST(finds_a_transpose)
{
    gsl_matrix *A = MATRIX(2, 2, 1, 2, 3.5, 4), *D = MATRIX(2, 2, .3, -.2, .7, .4);
    dm_check_report r = report_of(trace_of_square, NULL, DM_GRADIENT, A, D, sum_of(2, A, 0, A));

    ck_assert(!r.right && r.transposed);
    ck_assert_uint_eq(r.differ, 2);
    ck_assert_uint_eq(r.row, 0);
    ck_assert_uint_eq(r.col, 1);
    ck_assert_double_eq(r.hand, 4);
    ck_assert_double_eq(r.exact, 7);
    ck_assert_double_eq(r.largest, 8);
    ck_assert_double_eq(r.error, 3. / 8);
    same_number(r.entry_error, 3. / 7, 1e-13, "relative to itself");
    ck_assert(fabs(r.slope_hand - 1) < 0.1 && fabs(r.slope_exact - 2) < 0.02);
    says(&r, "wrong in 2 of 4 entries, worst at (1,2): it is the transpose of the right one");
}
END_TEST

/* A small entry may be off by much of itself and by little of the largest. */
START_TEST(measures_entries_by_themselves)
{
    gsl_matrix *exact = MATRIX(1, 2, 1e6, 1), *hand = MATRIX(1, 2, 1e6, 1.1);
    dm_check_report r;

    dm_check_compare(hand, exact, 1e-8, 0, NULL, &r);
    ck_assert(!r.right);
    same_number(r.error, 1e-7, 1e-15, "relative to the largest");
    same_number(r.entry_error, 0.1 / 1.1, 1e-7, "relative to itself");
    dm_check_compare(hand, exact, 1e-8, 0, noise(0.2).entry, &r);
    ck_assert(r.right && r.entry_error == 0);
    dm_check_compare(hand, exact, 1e-8, 0, noise(0.1 - 2e-8).entry, &r);       /* besides it 64*eps*1e6 = 1.4e-8 are allowed */
    ck_assert(r.right && r.entry_error > 0 && r.entry_error <= 1e-8);
}
END_TEST

/* Only what would be wrong without it is right to a tolerance; rounding errors are another reason. */
START_TEST(says_what_made_it_right)
{
    gsl_matrix *exact = MATRIX(1, 2, 4, 3), *hand = MATRIX(1, 2, 4.001, 3);
    dm_check_report r;
    char text[200];

    dm_check_compare(hand, exact, 1e-3, 0, NULL, &r);
    says(&r, "right to the tolerance 1e-3: all 2 entries agree");
    dm_check_compare(hand, exact, 2.5e-5, 1e-3, NULL, &r);
    says(&r, "right to the tolerance 2.5e-5: all 2 entries agree");
    ck_assert(r.entry_error <= r.tolerance);
    dm_check_compare(hand, exact, 1e-4, 1e-4, NULL, &r);
    ck_assert(!r.right);
    dm_check_compare(exact, exact, 1e-3, 1e-3, NULL, &r);
    says(&r, "right: all 2 entries agree");
    dm_check_compare(hand, exact, 1e-3, 0, noise(0.001).entry, &r);
    says(&r, "right: all 2 entries agree");
    dm_check_compare(hand, exact, 1e-3, 0, noise(0.1).entry, &r);
    says(&r, "right as far as rounding lets it be seen: no entry rises above the rounding error");
    says(&(dm_check_report) { .right = false }, "not checked: the report is empty");
    dm_check_text(&(dm_check_report) { .right = false }, text, sizeof text);
    ck_assert_str_eq(text, "not checked: the report is empty\n");
}
END_TEST

/* What moves one entry excuses no other; at a kink what lies between its sides is not called wrong. */
START_TEST(entries_have_margins_of_their_own)
{
    gsl_matrix *exact = MATRIX(1, 3, 1, 2, 0), *hand = MATRIX(1, 3, 1.5, 2, 0.5);
    dm_check_margin margin[] = { { .noise = 1 }, { .noise = 0 }, { .kink = true, .low = -1, .high = 1 } };
    dm_check_report r;

    dm_check_compare(hand, exact, 1e-8, 0, margin, &r);
    ck_assert(r.right && r.kinks == 1 && r.hidden == 1 && r.outside == 0 && !dm_check_is_blind(&r));
    says(&r, "right: 1 of 3 entries agree, 1 of 3 at a kink or a jump of the function, within what it is on the sides "
             "of it, 1 of 3 hidden by rounding errors");
    gsl_matrix_set(hand, 0, 1, 2.5);
    dm_check_compare(hand, exact, 1e-8, 0, margin, &r);
    ck_assert(!r.right && r.differ == 1 && r.col == 1 && r.outside == 0);
    gsl_matrix_set(hand, 0, 1, 2);
    gsl_matrix_set(hand, 0, 2, -3);
    dm_check_compare(hand, exact, 1e-8, 0, margin, &r);
    ck_assert(!r.right && r.differ == 1 && r.col == 2 && r.outside == 1);
    margin[1].kink = true;
    margin[1].low = margin[1].high = 2;
    gsl_matrix_set(hand, 0, 2, -1);
    dm_check_compare(hand, exact, 1e-8, 0, margin, &r);
    ck_assert(r.right && dm_check_is_blind(&r));
    says(&r, "right as far as it can be seen: 2 of 3 at a kink or a jump of the function, within what it is on the "
             "sides of it, 1 of 3 hidden by rounding errors");
}
END_TEST

START_TEST(finds_a_factor)
{
    gsl_matrix *A = MATRIX(2, 2, 1, 2, 3.5, 4), *D = MATRIX(2, 2, .3, -.2, .7, .4);
    dm_check_report half = report_of(trace_of_square, NULL, DM_GRADIENT, A, D, transposed(A));
    dm_check_report sign = report_of(trace_of_square, NULL, DM_GRADIENT, A, D,
                                     sum_of(-2, transposed(A), 0, A));

    same_number(half.factor, 0.5, 1e-14, "factor");
    says(&half, "wrong in 4 of 4 entries, worst at (2,2): it is 0.5 times the right one");
    same_number(sign.factor, -1, 1e-14, "factor");
    says(&sign, "wrong in 4 of 4 entries, worst at (2,2): it is the right one with the opposite sign");
}
END_TEST

/* One entry of many, smaller than all others, is off: found, and called the worst. */
START_TEST(finds_one_small_entry)
{
    gsl_matrix *B = MATRIX(2, 3, 1e6, -2e6, 3e6, 4e6, 1e-3, 6e6), *hand = copy(B);
    gsl_matrix *A = MATRIX(2, 3, .1, .2, .3, .4, .5, .6);

    gsl_matrix_set(hand, 1, 1, 1.001e-3);
    gsl_matrix_set(hand, 0, 0, 1e6 + 1e-5);            /* 1e-11 of itself: larger, but no difference */
    dm_check_report r = report_of(inner_with, B, DM_GRADIENT, A, A, hand);
    ck_assert_uint_eq(r.differ, 1);
    ck_assert_uint_eq(r.row, 1);
    ck_assert_uint_eq(r.col, 1);
    ck_assert(!r.transposed && r.factor == 0);
    says(&r, "wrong in 1 of 6 entries, worst at (2,2)");
}
END_TEST

/* Noise: what rounding explains is no difference. */
START_TEST(allows_for_noise)
{
    gsl_matrix *exact = MATRIX(1, 2, 1e-9, 2e-9), *hand = MATRIX(1, 2, 3e-9, -1e-9);
    dm_check_report r;

    dm_check_compare(hand, exact, 1e-8, 0, noise(1e-10).entry, &r);
    ck_assert(!r.right);
    dm_check_compare(hand, exact, 1e-8, 0, noise(1e-8).entry, &r);
    ck_assert(r.right);
    says(&r, "right as far as rounding lets it be seen: no entry rises above the rounding error");
    dm_check_compare(zeros(2, 2), zeros(2, 2), 1e-8, 0, NULL, &r);
    ck_assert(r.right);
    says(&r, "right: both are zero");
    dm_check_compare(MATRIX(1, 1, 1e200), MATRIX(1, 1, 1e200), 1e-8, 0, NULL, &r);
    ck_assert_double_eq(r.norm_hand, 1e200);
    says(&r, "right: its one entry agrees");
}
END_TEST

/* ----------------------------------------------------------------------------------- Taylor test -- */

START_TEST(checks_jacobians)
{
    gsl_matrix *x = MATRIX(3, 1, .3, -1.2, 2), *D = MATRIX(3, 1, 1, .5, -1), *J = zeros(3, 3);

    for (size_t i = 0; i < 3; i++)
        gsl_matrix_set(J, i, i, cos(gsl_matrix_get(x, i, 0)));
    dm_check_report r = report_of(sines, NULL, DM_JACOBIAN, x, D, J);
    ck_assert(r.right);
    ck_assert(fabs(r.slope_hand - 2) < 0.05);

    gsl_matrix_set(J, 0, 1, 0.25);
    r = report_of(sines, NULL, DM_JACOBIAN, x, D, J);
    ck_assert(!r.right);
    ck_assert(fabs(r.slope_hand - 1) < 0.05 && fabs(r.slope_exact - 2) < 0.05);
    says(&r, "wrong in 1 of 9 entries, worst at (1,2)");
}
END_TEST

START_TEST(checks_hessians)
{
    gsl_matrix *A = MATRIX(2, 2, .9, .2, .3, 1.4), *D = MATRIX(2, 2, .1, .2, -.3, .4), *H = zeros(4, 4);
    dm_function F = { trace_of_inverse, NULL };

    ck_assert_int_eq(dm_hessian(&F, A, NULL, NULL, H), GSL_SUCCESS);
    dm_check_report r = report_of(trace_of_inverse, NULL, DM_HESSIAN, A, D, H);
    ck_assert(r.right);
    ck_assert(fabs(r.slope_hand - 2) < 0.05);
    *gsl_matrix_ptr(H, 2, 0) += 1;
    r = report_of(trace_of_inverse, NULL, DM_HESSIAN, A, D, H);
    ck_assert(fabs(r.slope_hand - 1) < 0.05 && fabs(r.slope_exact - 2) < 0.05);
}
END_TEST

/* Of a linear function the model is the function: no slope, but one for a wrong gradient. */
START_TEST(linear_functions_have_no_slope)
{
    dice d = { 7 };
    gsl_matrix *A = random_matrix(&d, ANY, 3, 2), *B = random_like(&d, A), *D = random_like(&d, A);
    dm_check_report r = report_of(inner_with, B, DM_GRADIENT, A, D, B);

    ck_assert(isnan(r.slope_hand) && isnan(r.slope_exact));
    r = report_of(inner_with, B, DM_GRADIENT, A, D, sum_of(1.5, B, 0, B));
    ck_assert(isnan(r.slope_exact));
    ck_assert(fabs(r.slope_hand - 1) < 1e-6);
}
END_TEST

START_TEST(slope_three_where_curvature_vanishes)
{
    gsl_matrix *A = zeros(2, 2), *B = MATRIX(2, 2, 1, 2, 3, 4), *D = MATRIX(2, 2, 1, -.5, .7, .9);
    dm_check_report r = report_of(inner_with_cubes, B, DM_GRADIENT, A, D, zeros(2, 2));

    ck_assert(r.right);
    ck_assert(fabs(r.slope_hand - 3) < 0.01);
}
END_TEST

/* Steps that leave the domain are left out. */
START_TEST(steps_outside_the_domain)
{
    gsl_matrix *A = MATRIX(1, 2, 0.05, 2), *D = MATRIX(1, 2, -1, 1), *hand = MATRIX(1, 2, 20, .5);
    dm_check_report r = report_of(sum_of_logs, NULL, DM_GRADIENT, A, D, hand);

    ck_assert(isnan(r.step[0].exact) && isnan(r.step[0].hand));
    ck_assert(!isnan(r.step[1].exact));
    ck_assert(fabs(r.slope_hand - 2) < 0.1);
}
END_TEST

/* At a nearly singular matrix the steps must be smaller, and rounding is larger: the slope is found. */
START_TEST(slope_at_ill_conditioned_points)
{
    gsl_matrix *A = MATRIX(2, 2, 1, 2, 2, 4.001), *D = MATRIX(2, 2, 1, -2, 3, 1), *U = zeros(2, 2);
    dm_function F = { trace_of_inverse, NULL };

    ck_assert_int_eq(dm_gradient(&F, A, NULL, U), GSL_SUCCESS);
    dm_check_report r = report_of(trace_of_inverse, NULL, DM_GRADIENT, A, D, U);
    ck_assert_msg(fabs(r.slope_hand - 2) < 0.2, "slope %g", r.slope_hand);
}
END_TEST

START_TEST(passes_errors_on)
{
    gsl_matrix *A = MATRIX(1, 2, -1, 2), *D = MATRIX(1, 2, 1, 1), *hand = MATRIX(1, 2, -1, .5);
    dm_function F = { sum_of_logs, NULL };
    dm_check_report r;

    ck_assert_int_eq(dm_check_exact(&F, DM_GRADIENT, A, hand, false), GSL_EDOM);
    forget_errors();
    ck_assert_int_eq(dm_check_taylor(&F, DM_GRADIENT, A, D, hand, hand, &r), GSL_EDOM);
}
END_TEST

/* The k-th allocation fails: GSL_ENOMEM, or a report as complete as it can be; nothing is lost. */
START_TEST(without_memory)
{
    gsl_matrix *x = MATRIX(2, 1, .3, -1.2), *D = MATRIX(2, 1, 1, .5), *J = zeros(2, 2), *exact = zeros(2, 2);
    dm_function F = { sines, NULL };
    size_t enough = 0, failures = 0;

    for (size_t k = 0; enough < 10; k++) {
        dm_check_report r = { .rows = 2 };
        long lost = blocks_in_use();
        fail_allocation(k, false);
        int status = dm_check_exact(&F, DM_JACOBIAN, x, exact, false);
        if (!status)
            status = dm_check_taylor(&F, DM_JACOBIAN, x, D, J, exact, &r);
        allocate_again();
        lost = blocks_in_use() - lost;
        ck_assert_int_eq(lost, 0);
        if (status)
            ck_assert_int_eq(status, GSL_ENOMEM);
        enough = status ? 0 : enough + 1;
        failures += status != 0;
    }
    ck_assert_uint_gt(failures, 5);
}
END_TEST

START_TEST(shapes)
{
    size_t rows, cols;

    dm_check_shape_of(DM_GRADIENT, 1, 1, 2, 3, &rows, &cols);
    ck_assert(rows == 2 && cols == 3);
    dm_check_shape_of(DM_JACOBIAN, 4, 5, 2, 3, &rows, &cols);
    ck_assert(rows == 20 && cols == 6);
    dm_check_shape_of(DM_HESSIAN, 1, 1, 2, 3, &rows, &cols);
    ck_assert(rows == 6 && cols == 6);
}
END_TEST

Suite *drivers_check_suite(void)
{
    Suite *suite = suite_create("drivers/check");
    TCase *entries = case_of(suite, "entries"), *taylor = case_of(suite, "taylor");

    tcase_add_test(entries, finds_the_gradient_right);
    tcase_add_test(entries, finds_a_transpose);
    tcase_add_test(entries, measures_entries_by_themselves);
    tcase_add_test(entries, says_what_made_it_right);
    tcase_add_test(entries, entries_have_margins_of_their_own);
    tcase_add_test(entries, finds_a_factor);
    tcase_add_test(entries, finds_one_small_entry);
    tcase_add_test(entries, allows_for_noise);
    tcase_add_test(entries, shapes);
    tcase_add_test(taylor, checks_jacobians);
    tcase_add_test(taylor, checks_hessians);
    tcase_add_test(taylor, linear_functions_have_no_slope);
    tcase_add_test(taylor, slope_three_where_curvature_vanishes);
    tcase_add_test(taylor, steps_outside_the_domain);
    tcase_add_test(taylor, slope_at_ill_conditioned_points);
    tcase_add_test(taylor, passes_errors_on);
    tcase_add_test(taylor, without_memory);
    return suite;
}
