/* Sums of terms: several variables in one pass, levels that do not mix, long computations. */
#include <float.h>
#include <math.h>
#include "../fixture.h"
#include "../suites.h"
#include "differentials/terms.h"
#include "numbers/number.h"

/* f = tr(A*B*C) + sum(A):  the gradients are (B*C)' + 1, (C*A)' and (A*B)'. */
START_TEST(one_pass_serves_every_variable)
{
    dice d = { 1 };
    gsl_matrix *A = random_matrix(&d, ANY, 2, 3), *B = random_matrix(&d, ANY, 3, 4), *C = random_matrix(&d, ANY, 4, 2);
    dm *a = dm_variable(here, A), *b = dm_variable(here, B), *c = dm_variable(here, C);
    dm *f = dm_add(dm_trace(dm_mul(dm_mul(a, b), c)), dm_sum(a)), *unused = dm_variable(here, A);
    gsl_matrix *ones = zeros(2, 3);
    double small = 100 * DBL_EPSILON;

    gsl_matrix_set_all(ones, 1);
    same(gradient_of(f, a), sum_of(1, transposed(product(B, C)), 1, ones), small, "by A");
    unsigned long passes = f->level->pass;
    same(gradient_of(f, b), transposed(product(C, A)), small, "by B");
    same(gradient_of(f, c), transposed(product(A, B)), small, "by C");
    same(gradient_of(f, unused), zeros(2, 3), 0, "by what does not appear");
    ck_assert_uint_eq(f->level->pass, passes);
    /* Another function of the same variables, and the first one once more. */
    same(gradient_of(dm_inner(b, dm_constant(here, B)), b), B, 0, "another function");
    same(gradient_of(f, a), sum_of(1, transposed(product(B, C)), 1, ones), small, "by A again");
}
END_TEST

/* A variable used in many places, in sums that are carried on in place: nothing leaks from one into another. */
START_TEST(a_variable_may_appear_everywhere)
{
    dice d = { 2 };
    gsl_matrix *A = random_matrix(&d, ANY, 3, 3);
    dm *x = dm_variable(here, A), *y = dm_add(x, x), *z = dm_add(dm_mul(x, y), dm_mul(y, x));
    dm *f = dm_add(dm_add(dm_trace(z), dm_trace(dm_transpose(y))), dm_add(dm_sum(x), dm_inner(x, x)));
    gsl_matrix *ones = copy(A);

    /* f = 4 tr(A²) + 2 tr(A) + sum(A) + <A, A> */
    gsl_matrix_set_all(ones, 1);
    gsl_matrix *U = sum_of(1, sum_of(8, transposed(A), 2, eye(3)), 1, sum_of(1, ones, 2, A));
    same(gradient_of(f, x), U, 1000 * DBL_EPSILON, "every use");
    same(gradient_of(dm_trace(y), x), sum_of(2, eye(3), 0, A), 0, "one use");
    same(gradient_of(f, x), U, 1000 * DBL_EPSILON, "every use again");
    same(value_of(x), A, 0, "the variable itself");
}
END_TEST

START_TEST(what_is_constant_has_no_gradient_and_no_terms)
{
    dm *x = dm_variable(here, eye(2)), *c = dm_constant(here, MATRIX(2, 2, 1, 2, 3, 4));
    dm *f = dm_trace(dm_mul(c, c)), *mixed = dm_mul(c, x), *flat = dm_sum(dm_sign(x));

    ck_assert_ptr_null(f->level);
    same(gradient_of(f, x), zeros(2, 2), 0, "of a constant");
    same(gradient_of(dm_sum(dm_power(x, 0)), x), zeros(2, 2), 0, "of A^0");
    same(gradient_of(flat, x), zeros(2, 2), 0, "of a flat function");
    ck_assert(mixed->dual.terms && !mixed->dual.terms->next);        /* A*dB alone */
}
END_TEST

/* ------------------------------------------------------------------------------ levels do not mix */

/* d/dx (x * d/dy (x + y)) = d/dx (x * 1) = 1; who confuses the two perturbations gets 2. */
START_TEST(perturbations_are_not_confused)
{
    dm *x = dm_variable(here, eye(1)), *y = dm_variable_of(dm_scalar(here, 1));
    dm *inner = dm_gradient_of(dm_add(x, y), y), *f = dm_mul(x, inner);

    ck_assert_double_eq(dm_value_scalar(inner), 1);
    ck_assert_double_eq(gsl_matrix_get(gradient_of(f, x), 0, 0), 1);

    dm *s = dm_dual(here, eye(1), eye(1)), *t = dm_variable_of(dm_scalar(here, 1));
    ck_assert_double_eq(dm_differential_scalar(dm_mul(s, dm_gradient_of(dm_add(s, t), t)), 0), 1);
}
END_TEST

/* x at 3; g(x) = d/dy (x*y*y) at a y that stands still, and at a y that is x itself and moves with it. */
START_TEST(an_inner_derivative_may_hold_outer_variables)
{
    dm *x = dm_variable(here, MATRIX(1, 1, 3)), *still = dm_variable_of(dm_scalar(here, 5)), *moving = dm_variable_of(x);
    dm *g = dm_gradient_of(dm_mul(x, dm_mul(still, still)), still);      /* 2*x*y */
    dm *h = dm_gradient_of(dm_mul(x, dm_mul(moving, moving)), moving);   /* 2*x*x */

    ck_assert_double_eq(dm_value_scalar(g), 30);
    ck_assert_double_eq(gsl_matrix_get(gradient_of(g, x), 0, 0), 10);
    ck_assert_double_eq(dm_value_scalar(h), 18);
    ck_assert_double_eq(gsl_matrix_get(gradient_of(h, x), 0, 0), 12);
}
END_TEST

/* x^5 at 2, differentiated until nothing is left: 80, 160, 240, 240, 120, 0. */
START_TEST(derivatives_nest_as_deep_as_one_likes)
{
    static const double expected[] = { 32, 80, 160, 240, 240, 120, 0, 0 };
    dm *x[8] = { dm_scalar(here, 2) };

    for (size_t k = 1; k < 8; k++)
        x[k] = dm_variable_of(x[k - 1]);
    dm *f = dm_power(x[7], 5);
    for (size_t k = 0; k < 8; k++) {
        ck_assert_msg(dm_value_scalar(f) == expected[k], "derivative %zu is %g", k, dm_value_scalar(f));
        if (k < 7)
            f = dm_gradient_of(f, x[7 - k]);
    }
}
END_TEST

START_TEST(a_derivative_that_would_be_lost_is_told)
{
    dm *x = dm_variable(here, eye(1)), *y = dm_variable_of(dm_scalar(here, 2)), *f = dm_mul(x, y);

    fails(dm_gradient_of(f, x), GSL_EINVAL, "dm_gradient_of: f carries a derivative of a level above that of A, "
          "which would be lost: make A by dm_variable_of");
    ck_assert_double_eq(gsl_matrix_get(gradient_of(f, x), 0, 0), 2);     /* as numbers there is nothing to lose */
    same(value_of(dm_gradient_of(x, y)), zeros(1, 1), 0, "a lower function does not depend on a higher variable");
}
END_TEST

/* ------------------------------------------------------------------------------- pushing later, length */

/* The terms of a formal computation, pushed: the same differential as that of a dual, panels too. */
START_TEST(formal_terms_can_be_pushed)
{
    dice d = { 9 };
    gsl_matrix *A = random_matrix(&d, REGULAR, 3, 3), *D[] = { random_direction(&d, A), random_direction(&d, A) };
    const gsl_matrix *const *panel = (const gsl_matrix *const *) D;
    dm *x = dm_variable(here, A), *y = dm_hadamard(dm_exp(x), dm_inverse(dm_mul(x, dm_transpose(x))));
    dm *p = dm_dual_panel(here, A, 2, panel), *q = dm_hadamard(dm_exp(p), dm_inverse(dm_mul(p, dm_transpose(p))));
    dm *dy = dm_push(y, x, p->dual.differential), *dU;

    for (size_t k = 0; k < 2; k++) {
        gsl_matrix *pushed = zeros(3, 3);
        for (size_t i = 0; i < 9; i++)
            gsl_matrix_set(pushed, i / 3, i % 3, dm_row(dm_entries(dy), i / 3, k)[i % 3]);
        same(pushed, differential_of(q, k), 1000 * DBL_EPSILON, "direction %zu", k);
    }
    ck_assert_ptr_null(dm_push(y, dm_variable(here, A), p->dual.differential));    /* y does not depend on it */
    /* Pushing forgets what was read off, and the other way round. */
    gsl_matrix *U = gradient_of(dm_sum(y), x);
    dU = dm_push(dm_sum(y), x, dm_constant(here, D[0]));
    same_number(dm_entry_scalar(dU), inner_of(U, D[0]), 1000 * DBL_EPSILON, "<U, D>");
    same(gradient_of(dm_sum(y), x), U, 0, "read off once more");
}
END_TEST

/* A chain of many products is one gradient like any other, and no deep recursion. */
START_TEST(long_chains_are_evaluated_step_by_step)
{
    enum { STEPS = 30000 };
    gsl_matrix *turn = MATRIX(2, 2, 0.6, -0.8, 0.8, 0.6);
    dm *Q = dm_constant(here, turn), *x = dm_variable(here, eye(2)), *y = x, *c = dm_identity(here, 2);

    for (int i = 0; i < STEPS; i++) {
        y = i % 2 ? dm_mul(Q, y) : dm_mul(dm_transpose(Q), y);
        c = dm_mul(c, i % 2 ? Q : dm_transpose(Q));
    }
    same(value_of(c), eye(2), STEPS * DBL_EPSILON, "constants");
    same(gradient_of(dm_trace(y), x), eye(2), STEPS * DBL_EPSILON, "read off");
}
END_TEST

Suite *differentials_terms_suite(void)
{
    Suite *suite = suite_create("differentials/terms");
    TCase *tc = case_of(suite, "sums of terms");

    tcase_add_test(tc, one_pass_serves_every_variable);
    tcase_add_test(tc, a_variable_may_appear_everywhere);
    tcase_add_test(tc, what_is_constant_has_no_gradient_and_no_terms);
    tcase_add_test(tc, perturbations_are_not_confused);
    tcase_add_test(tc, an_inner_derivative_may_hold_outer_variables);
    tcase_add_test(tc, derivatives_nest_as_deep_as_one_likes);
    tcase_add_test(tc, a_derivative_that_would_be_lost_is_told);
    tcase_add_test(tc, formal_terms_can_be_pushed);
    tcase_add_test(tc, long_chains_are_evaluated_step_by_step);
    return suite;
}
