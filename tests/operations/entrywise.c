/* Functions entry by entry: tails, kinks, the edges of domains, and what lies outside. */
#include <float.h>
#include <math.h>
#include "../fixture.h"
#include "../suites.h"

static gsl_matrix *row(size_t n, const double *x)
{
    return matrix(1, n, x);
}

#define ROW(...) row(sizeof (double[]) { __VA_ARGS__ } / sizeof(double), (const double[]) { __VA_ARGS__ })

static dm *along_ones(gsl_matrix *A)
{
    gsl_matrix *ones = copy(A);

    gsl_matrix_set_all(ones, 1);
    return dm_dual(here, A, ones);
}

/* h'(x) and, one level up, h''(x), of a single number. */
static double slope(dm *(*h)(dm *), double x)
{
    return gsl_matrix_get(differential_of(h(along_ones(ROW(x))), 0), 0, 0);
}

static double second_slope(dm *(*h)(dm *), double x)
{
    dm *y = dm_variable_of(along_ones(ROW(x)));

    return gsl_matrix_get(differential_of(dm_gradient_of(h(y), y), 0), 0, 0);
}

static void relatively(double got, double expected, double roundings, const char *what, double x)
{
    same_number(got, expected, roundings * DBL_EPSILON * fabs(expected), "%s at %g", what, x);
}

/* exp(x) is right to an ulp or two at any x; what is made of it by a few operations, to a few more. */
START_TEST(sigmoid_and_tanh_are_right_in_the_tails)
{
    static const double points[] = { 0.3, 2, 20, 40, 300, 340 };

    for (size_t i = 0; i < 6; i++)
        for (int sign = -1; sign <= 1; sign += 2) {
            double x = sign * points[i], e = exp(-fabs(x)), E = exp(-2 * fabs(x));
            dm_context_reset(here);
            relatively(slope(dm_sigmoid, x), e / ((1 + e) * (1 + e)), 10, "sigmoid'", x);
            relatively(slope(dm_tanh, x), 4 * E / ((1 + E) * (1 + E)), 10, "tanh'", x);
            relatively(dm_value_scalar(dm_sigmoid(dm_scalar(here, x))), x > 0 ? 1 / (1 + e) : e / (1 + e), 4,
                       "sigmoid", x);
            /* h'' of the sigmoid is -h'*tanh(x/2); of tanh, -2*h'*tanh(x). */
            relatively(second_slope(dm_sigmoid, x), -e / ((1 + e) * (1 + e)) * tanh(x / 2), 40, "sigmoid''", x);
            relatively(second_slope(dm_tanh, x), -8 * E / ((1 + E) * (1 + E)) * tanh(x), 40, "tanh''", x);
        }
    ck_assert_double_eq(slope(dm_sigmoid, 800), 0);                  /* exp(-800) is 0 */
    ck_assert_double_eq(slope(dm_tanh, -800), 0);
    ck_assert_double_eq(dm_value_scalar(dm_sigmoid(dm_scalar(here, -800))), 0);
    ck_assert_double_eq(dm_value_scalar(dm_sigmoid(dm_scalar(here, 800))), 1);
}
END_TEST

START_TEST(softplus_and_its_kin_are_right_in_the_tails)
{
    static const double points[] = { 0.3, 2, 20, 40, 300, 700 };

    for (size_t i = 0; i < 6; i++)
        for (int sign = -1; sign <= 1; sign += 2) {
            double x = sign * points[i], e = exp(-fabs(x));
            dm_context_reset(here);
            relatively(dm_value_scalar(dm_softplus(dm_scalar(here, x))), (x > 0 ? x : 0) + log1p(e), 4, "softplus", x);
            relatively(slope(dm_softplus, x), x > 0 ? 1 / (1 + e) : e / (1 + e), 4, "softplus'", x);
            relatively(second_slope(dm_softplus, x), e / ((1 + e) * (1 + e)), 10, "softplus''", x);
            relatively(slope(dm_expm1, x), exp(x), 4, "expm1'", x);          /* not 1 + expm1(x) */
        }
    ck_assert_double_eq(dm_value_scalar(dm_softplus(dm_scalar(here, 1e300))), 1e300);
    relatively(dm_value_scalar(dm_expm1(dm_scalar(here, 1e-18))), 1e-18, 2, "expm1", 1e-18);
    relatively(dm_value_scalar(dm_log1p(dm_scalar(here, 1e-18))), 1e-18, 2, "log1p", 1e-18);
    relatively(slope(dm_log1p, -1 + 1e-10), 1 / (1 + (-1 + 1e-10)), 4, "log1p'", -1 + 1e-10);
    relatively(dm_value_scalar(dm_log10(dm_scalar(here, 1000))), 3, 2, "log10", 1000);
    ck_assert_double_eq(dm_value_scalar(dm_log2(dm_scalar(here, 1024))), 10);
    relatively(slope(dm_log2, 8), 1 / (8 * log(2)), 4, "log2'", 8);
}
END_TEST

/* The conventions at ties, of the value, the slope and the slope's slope. */
START_TEST(kinks_have_the_documented_slope)
{
    gsl_matrix *x = ROW(-2, -0.0, 0, 3);

    same(value_of(dm_relu(along_ones(x))), ROW(0, 0, 0, 3), 0, "relu");
    same(differential_of(dm_relu(along_ones(x)), 0), ROW(0, 0, 0, 1), 0, "relu'");
    same(value_of(dm_abs(along_ones(x))), ROW(2, 0, 0, 3), 0, "abs");
    same(differential_of(dm_abs(along_ones(x)), 0), ROW(-1, 0, 0, 1), 0, "abs'");
    same(value_of(dm_sign(along_ones(x))), ROW(-1, 0, 0, 1), 0, "sign");
    same(differential_of(dm_sign(along_ones(x)), 0), ROW(0, 0, 0, 0), 0, "sign'");
    same(value_of(dm_step(along_ones(x))), ROW(0, 0, 0, 1), 0, "step");
    same(differential_of(dm_step(along_ones(x)), 0), ROW(0, 0, 0, 0), 0, "step'");
    for (size_t i = 0; i < 4; i++) {
        ck_assert_double_eq(second_slope(dm_relu, gsl_matrix_get(x, 0, i)), 0);
        ck_assert_double_eq(second_slope(dm_abs, gsl_matrix_get(x, 0, i)), 0);
    }
}
END_TEST

/* A direction that does not move the entry at the edge of the domain has a differential. */
START_TEST(square_root_at_zero_stays_still_where_nothing_moves)
{
    dm *x = dm_dual(here, ROW(0, 4), ROW(0, 1)), *y = dm_dual(here, ROW(0, 4), ROW(1, 1));
    dm *v = dm_variable(here, ROW(0, 4)), *r = dm_sqrt(v);
    gsl_matrix *U = zeros(1, 2);

    same(differential_of(dm_sqrt(x), 0), ROW(0, 0.25), DBL_EPSILON, "sqrt");
    same(differential_of(dm_pow(x, 0.5), 0), ROW(0, 0.25), DBL_EPSILON, "x.^0.5");
    /* Reading off, a 0 that meets the infinite slope may be a true 0 or sqrt(0): sum(sqrt(x).*sqrt(x)) has the
     * gradient 1 there, not 0, so it is refused. */
    ck_assert_int_eq(dm_read_off(dm_sum(dm_hadamard(r, r)), v, U), GSL_EDOM);
    refused(raised.code, GSL_EDOM, "dm_read_off: entry (1,1) of the gradient is nan: dm_sqrt has no finite "
            "derivative where entry (1,1) of its operand is 0");
    same(value_of(dm_sqrt(y)), ROW(0, 2), 0, "the value is there all the same");

    for (int time = 0; time < 2; time++) {
        ck_assert_ptr_null(dm_differential(dm_sqrt(y), 0).matrix.data);
        refused(raised.code, GSL_EDOM, "dm_differential: entry (1,1) of the differential is inf: dm_sqrt has no "
                "finite derivative where entry (1,1) of its operand is 0");
    }
    dm *twice = dm_neg(dm_sqrt(y));
    for (int time = 0; time < 2; time++) {
        ck_assert_ptr_null(dm_differential(twice, 0).matrix.data);
        refused(raised.code, GSL_EDOM, "dm_differential: entry (1,1) of the differential is -inf: dm_sqrt has no "
                "finite derivative where entry (1,1) of its operand is 0");
    }
    ck_assert_ptr_null(dm_differential(dm_pow(y, 0.5), 0).matrix.data);
    refused(raised.code, GSL_EDOM, "dm_differential: entry (1,1) of the differential is inf: dm_pow has no finite "
            "derivative where entry (1,1) of its operand is 0");
    U = ROW(7, 7);
    refused(dm_read_off(dm_sum(dm_sqrt(v)), v, U), GSL_EDOM, "dm_read_off: entry (1,1) of the gradient is inf: "
            "dm_sqrt has no finite derivative where entry (1,1) of its operand is 0");
    same(U, ROW(7, 7), 0, "left as it was");
}
END_TEST

START_TEST(powers_have_their_cases)
{
    dm *x = along_ones(ROW(-2, 0, 3));

    same(value_of(dm_pow(x, 0)), ROW(1, 1, 1), 0, "x.^0");
    same(differential_of(dm_pow(x, 0), 0), ROW(0, 0, 0), 0, "d x.^0");
    same(value_of(dm_pow(x, 1)), ROW(-2, 0, 3), 0, "x.^1");
    same(differential_of(dm_pow(x, 1), 0), ROW(1, 1, 1), 0, "d x.^1");
    same(value_of(dm_pow(x, 2)), ROW(4, 0, 9), 0, "x.^2");
    same(differential_of(dm_pow(x, 2), 0), ROW(-4, 0, 6), 0, "d x.^2");
    same(value_of(dm_pow(x, 3)), ROW(-8, 0, 27), 0, "x.^3");
    same(differential_of(dm_pow(x, 3), 0), ROW(12, 0, 27), 0, "d x.^3");

    dm *y = along_ones(ROW(-2, 4));
    same(value_of(dm_pow(y, -1)), ROW(-0.5, 0.25), 0, "y.^-1");
    same(differential_of(dm_pow(y, -1), 0), ROW(-0.25, -0.0625), 0, "d y.^-1");
    same(value_of(dm_pow(y, -2)), ROW(0.25, 0.0625), 0, "y.^-2");
    same(differential_of(dm_pow(y, -2), 0), ROW(0.25, -0.03125), 0, "d y.^-2");

    dm *z = along_ones(ROW(0, 4));
    same(value_of(dm_pow(z, 1.5)), ROW(0, 8), 0, "z.^1.5");
    same(differential_of(dm_pow(z, 1.5), 0), ROW(0, 3), 0, "d z.^1.5");
    for (int p = 0; p <= 4; p++) {                 /* second derivatives of x^p at 0 */
        dm *v = dm_variable_of(along_ones(ROW(0)));
        double second = gsl_matrix_get(differential_of(dm_gradient_of(dm_pow(v, p), v), 0), 0, 0);
        ck_assert_double_eq(second, p == 2 ? 2 : 0);
    }
}
END_TEST

START_TEST(what_lies_outside_a_domain_is_told)
{
    dm *A = dm_constant(here, MATRIX(2, 2, 1, 0.5, -3, 2)), *x = dm_constant(here, ROW(2, 0, 3));

    fails(dm_log(A), GSL_EDOM, "dm_log: A is 2×2 and its entry (2,1) is -3: the logarithm needs a positive entry");
    fails(dm_log(x), GSL_EDOM, "dm_log: A is 1×3 and its entry (1,2) is 0: the logarithm needs a positive entry");
    fails(dm_sqrt(A), GSL_EDOM,
          "dm_sqrt: A is 2×2 and its entry (2,1) is -3: the square root needs an entry that is not negative");
    fails(dm_log1p(A), GSL_EDOM,
          "dm_log1p: A is 2×2 and its entry (2,1) is -3: the logarithm of 1+A needs an entry above -1");
    fails(dm_log10(x), GSL_EDOM,
          "dm_log10: A is 1×3 and its entry (1,2) is 0: the logarithm needs a positive entry");
    fails(dm_expm1(dm_scale(x, 1000)), GSL_EOVRFLW,
          "dm_expm1: A is 1×3 and its entry (1,1) is 2000: the result overflows");
    fails(dm_reciprocal(x), GSL_EZERODIV,
          "dm_reciprocal: A is 1×3 and its entry (1,2) is 0: the reciprocal needs an entry that is not 0");
    fails(dm_pow(A, 0.5), GSL_EDOM, "dm_pow: A is 2×2 and its entry (2,1) is -3: a power that is no integer needs "
          "an entry that is not negative");
    fails(dm_pow(x, -1), GSL_EZERODIV,
          "dm_pow: A is 1×3 and its entry (1,2) is 0: a negative power needs an entry that is not 0");
    fails(dm_pow(x, 1000), GSL_EOVRFLW, "dm_pow: A is 1×3 and its entry (1,3) is 3: the result overflows");
    fails(dm_pow(x, NAN), GSL_EDOM, "dm_pow: the exponent is nan");
    fails(dm_pow(x, INFINITY), GSL_EDOM, "dm_pow: the exponent is inf");
    fails(dm_hadamard_power(A, A), GSL_EDOM,
          "dm_hadamard_power: A is 2×2 and its entry (2,1) is -3: a variable power needs a positive entry");
    fails(dm_hadamard_power(dm_scale(dm_ones(here, 1, 1), 1e10), dm_scalar(here, 100)), GSL_EOVRFLW,
          "dm_hadamard_power: A is 1×1 and its entry (1,1) is 1e+10: the result overflows");
    fails(dm_exp(dm_scale(x, 1000)), GSL_EOVRFLW,
          "dm_exp: A is 1×3 and its entry (1,1) is 2000: the result overflows");
    fails(dm_square(dm_scale(x, 1e200)), GSL_EOVRFLW,
          "dm_square: A is 1×3 and its entry (1,1) is 2e+200: the result overflows");
}
END_TEST

/* A function and its inverse give the direction back. */
START_TEST(inverse_functions_give_the_direction_back)
{
    dice d = { 4 };
    gsl_matrix *A = random_matrix(&d, POSITIVE, 3, 4), *dA = random_like(&d, A);
    dm *x = dm_dual(here, A, dA);
    double small = 100 * DBL_EPSILON;

    same(differential_of(dm_log(dm_exp(x)), 0), dA, small, "log(exp(A))");
    same(differential_of(dm_exp(dm_log(x)), 0), dA, small, "exp(log(A))");
    same(differential_of(dm_log1p(dm_expm1(x)), 0), dA, small, "log1p(expm1(A))");
    same(differential_of(dm_expm1(dm_log1p(x)), 0), dA, small, "expm1(log1p(A))");
    same(differential_of(dm_square(dm_sqrt(x)), 0), dA, small, "sqrt(A).^2");
    same(differential_of(dm_reciprocal(dm_reciprocal(x)), 0), dA, small, "1./(1./A)");
    same(differential_of(dm_pow(dm_pow(x, 2.5), 1 / 2.5), 0), dA, small, "(A.^2.5).^0.4");
    same(differential_of(dm_quotient(dm_sin(x), dm_cos(x)), 0), differential_of(dm_tan(x), 0),
         small * largest(value_of(dm_square(dm_tan(x)))), "sin/cos = tan");
}
END_TEST

Suite *operations_entrywise_suite(void)
{
    Suite *suite = suite_create("operations/entrywise");
    TCase *tc = case_of(suite, "entry by entry");

    tcase_add_test(tc, sigmoid_and_tanh_are_right_in_the_tails);
    tcase_add_test(tc, softplus_and_its_kin_are_right_in_the_tails);
    tcase_add_test(tc, kinks_have_the_documented_slope);
    tcase_add_test(tc, square_root_at_zero_stays_still_where_nothing_moves);
    tcase_add_test(tc, powers_have_their_cases);
    tcase_add_test(tc, what_lies_outside_a_domain_is_told);
    tcase_add_test(tc, inverse_functions_give_the_direction_back);
    return suite;
}
