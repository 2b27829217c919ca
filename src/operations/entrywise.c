/* Functions entry by entry: d h(A) = h'(A).*dA.
 *
 * Each is a scalar function with its domain, and a rule that names h' by other operations of the library, so
 * that second derivatives follow.  h' is written so that it is accurate in the tails: the derivative of
 * tanh is 1/cosh(x)^2 from an exponential, never 1 - tanh(x)^2, which is 0 long before it should be.       */
#include <math.h>
#include "numbers/kernels.h"
#include "operations/rules.h"

/* A row of a scalar function: `inside` is its domain, `needs` says it in words. */
typedef struct {
    dm_op op;
    bool (*inside)(double x);
    int code;
    const char *needs;
} entry_op;

static void outside(dm *C, const char *needs, int code, size_t i, size_t j, double x)
{
    dm_letter letter;
    const dm *A = C->in[0];

    dm_fail(C, code, "dm_%s: %s is %zu×%zu and its entry (%zu,%zu) is %g: %s", C->op->name,
            dm_operand_name(&letter, C->op, 0, A), A->rows, A->cols, i + 1, j + 1, x, needs);
}

/* Say which entry it was, the first one outside the domain or whose result overflows. */
static void complain(dm *C, dm_panel a, dm_panel c)
{
    const entry_op *e = (const entry_op *) C->op;

    for (size_t i = 0; i < c.rows; i++)
        for (size_t j = 0; j < c.cols; j++) {
            double x = dm_row(a, i, 0)[j];
            if (e->inside && !e->inside(x)) {
                outside(C, e->needs, e->code, i, j, x);
                return;
            }
            if (!isfinite(dm_row(c, i, 0)[j]) && isfinite(x)) {
                outside(C, "the result overflows", GSL_EOVRFLW, i, j, x);
                return;
            }
        }
}

/* Outside its domain no function here has a finite value. */
static void entry_value(dm *C, dm *const X[])
{
    double (*h)(double x) = C->op->h;
    dm_panel a = dm_entries(X[0]), c = dm_fresh(C);
    size_t n = c.rows * c.cols;

    if (!a.data || !c.data) {
        dm_no_memory(C);
        return;
    }
    for (size_t i = 0; i < n; i++)
        c.data[i] = h(a.data[i]);
    C->number.finite = dm_all_finite(n, 1, c.data);
    if (!C->number.finite)
        complain(C, a, c);
}

/* C = h(A), in a rule: p times a slope given as a dm. */
static void slope(dm *C, dm *const X[], dm *h_prime)
{
    dm_term_hadamard(C, h_prime, X[0]);
}

static dm *plus_one(dm *A)
{
    return dm_add(dm_ones(dm_context_of(A), dm_rows(A), dm_columns(A)), A);
}

/* A.^p where an infinite result at 0 is wanted as such: it is the slope of a function whose derivative is
 * infinite at the edge of its domain.  It meets a zero direction there as 0, any other as infinity,
 * which the call that takes the result out reports.                                                 */
static dm *edge_power(dm *A, double p);

/* ------------------------------------------------------------------------------------ functions */

/* 1/(1+exp(-x)) and its slope, sigmoid(x)*sigmoid(-x), from one exp that never grows. */
static double sigmoid_with_slope(double x, double *slope)
{
    double e = exp(-fabs(x)), d = 1 / (1 + e);

    *slope = e * d * d;
    return x >= 0 ? d : x < 0 ? e * d : x;
}

static double sigmoid(double x)
{
    double slope;

    return sigmoid_with_slope(x, &slope);
}

static double sigmoid_slope(double x)
{
    double slope;

    sigmoid_with_slope(x, &slope);
    return slope;
}

/* Near 0 by the ninth convergent of Lambert's continued fraction, x/(1 + x^2/(3 + x^2/(5 + ...))), whose error is
 * below rounding there; else from one exponential, which the slope needs too.  Lambert (1768), "Memoire sur quelques
 * proprietes remarquables des quantites transcendentes circulaires et logarithmiques".                */
static double tanh_with_slope(double x, double *slope)
{
    double a = fabs(x), y = x * x;

    if (a < 0.55) {
        double t = x * (34459425 + y * (4729725 + y * (135135 + y * (990 + y))))
                 / (34459425 + y * (16216200 + y * (945945 + y * (13860 + y * 45))));
        *slope = 1 - t * t;
        return t;
    }
    double e = exp(-2 * a), d = 1 / (1 + e);
    *slope = 4 * e * d * d;
    return copysign((1 - e) * d, x);
}

static double tanh_alone(double x)
{
    double slope;

    return tanh_with_slope(x, &slope);
}

static double tanh_slope(double x)
{
    double slope;

    tanh_with_slope(x, &slope);
    return slope;
}

/* log(1+exp(x)) */
static double softplus(double x)
{
    return fmax(x, 0) + log1p(exp(-fabs(x)));
}

static double square(double x) { return x * x; }
static double reciprocal(double x) { return 1 / x; }
/* Comparisons let a NaN through as one. */
static double relu(double x) { return x <= 0 ? 0 : x; }
static double sign(double x) { return x > 0 ? 1 : x < 0 ? -1 : x == 0 ? 0 : x; }
static double step(double x) { return x > 0 ? 1 : x <= 0 ? 0 : x; }

static bool positive(double x) { return x > 0; }
static bool not_negative(double x) { return x >= 0; }
static bool not_zero(double x) { return x != 0; }
static bool above_minus_one(double x) { return x > -1; }

static void exp_rule(dm *C, dm *const X[]) { slope(C, X, value_of(C)); }
static void expm1_rule(dm *C, dm *const X[]) { slope(C, X, dm_exp(lower(C, X[0]))); }
static void log_rule(dm *C, dm *const X[]) { slope(C, X, dm_reciprocal(lower(C, X[0]))); }
static void log1p_rule(dm *C, dm *const X[]) { slope(C, X, dm_reciprocal(plus_one(lower(C, X[0])))); }

/* 1./(A*log(base)) */
static void log_rule_to_base(dm *C, dm *const X[], double base)
{
    slope(C, X, dm_reciprocal(dm_scale_by(lower(C, X[0]), dm_log(dm_scalar(dm_context_of(C), base)))));
}

static void log10_rule(dm *C, dm *const X[]) { log_rule_to_base(C, X, 10); }
static void log2_rule(dm *C, dm *const X[]) { log_rule_to_base(C, X, 2); }
static void sqrt_rule(dm *C, dm *const X[]) { slope(C, X, dm_scale(edge_power(lower(C, X[0]), -0.5), 0.5)); }
static void square_rule(dm *C, dm *const X[]) { slope(C, X, dm_scale(lower(C, X[0]), 2)); }

/* C.*C would underflow long before C.*(C.*dA) does. */
static void reciprocal_rule(dm *C, dm *const X[])
{
    dm *M = dm_between(C, C->rows, C->cols);

    dm_term_hadamard(M, value_of(C), X[0]);
    dm_stated(M);
    dm_term_hadamard(C, dm_neg(value_of(C)), M);
}

static void sin_rule(dm *C, dm *const X[]) { slope(C, X, dm_cos(lower(C, X[0]))); }
static void cos_rule(dm *C, dm *const X[]) { slope(C, X, dm_neg(dm_sin(lower(C, X[0])))); }
static void tan_rule(dm *C, dm *const X[]) { slope(C, X, plus_one(dm_square(value_of(C)))); }
static void relu_rule(dm *C, dm *const X[]) { slope(C, X, dm_step(lower(C, X[0]))); }
static void abs_rule(dm *C, dm *const X[]) { slope(C, X, dm_sign(lower(C, X[0]))); }
static void flat_rule(dm *C, dm *const X[]) { (void) C, (void) X; }

static void softplus_rule(dm *C, dm *const X[]) { slope(C, X, dm_sigmoid(lower(C, X[0]))); }
static void sigmoid_rule(dm *C, dm *const X[]) { slope(C, X, dm_sigmoid_slope(lower(C, X[0]))); }
static void tanh_rule(dm *C, dm *const X[]) { slope(C, X, dm_tanh_slope(lower(C, X[0]))); }

/* sigmoid'' = -tanh(x/2)*sigmoid' */
static void sigmoid_slope_rule(dm *C, dm *const X[])
{
    dm *t = dm_tanh(dm_scale(lower(C, X[0]), 0.5));

    slope(C, X, dm_neg(dm_hadamard(t, value_of(C))));
}

/* tanh'' = -2*tanh(x)*tanh' */
static void tanh_slope_rule(dm *C, dm *const X[])
{
    dm *t = dm_tanh(lower(C, X[0]));

    slope(C, X, dm_scale(dm_hadamard(t, value_of(C)), -2));
}

/* name, its C function, formula, differential, rule, whether its value can wait, domain; and what comes with it */
#define ROW(NAME, H, FORMULA, DIFFERENTIAL, RULE, LATER, INSIDE, CODE, NEEDS, ...)                    \
    static const entry_op NAME##_entry = {                                                           \
        { .name = #NAME, .operands = "A", .formula = FORMULA, .differential = DIFFERENTIAL,          \
          .shapes = "mn mn", .entrywise = true, .h = H, .value = entry_value, .later = LATER,       \
          .rule = RULE, __VA_ARGS__ },                                                               \
        INSIDE, CODE, NEEDS,                                                                      \
    };                                                                                               \
    dm *dm_##NAME(dm *A)                                                                             \
    {                                                                                                \
        return dm_apply(&NAME##_entry.op, (dm *[DM_OPERANDS]) { A }, NULL);                          \
    }

/* A function that is finite for every finite entry, and one that is not. */
#define TOTAL(NAME, H, FORMULA, DIFFERENTIAL, RULE)                                                   \
    ROW(NAME, H, FORMULA, DIFFERENTIAL, RULE, true, NULL, 0, NULL, .slope = NULL)
#define ENTRY(NAME, H, FORMULA, DIFFERENTIAL, RULE, INSIDE, CODE, NEEDS)                              \
    ROW(NAME, H, FORMULA, DIFFERENTIAL, RULE, false, INSIDE, CODE, NEEDS, .slope = NULL)
/* One that is had with its slope. */
#define WITH_SLOPE(NAME, H, FORMULA, DIFFERENTIAL, RULE)                                              \
    ROW(NAME, H, FORMULA, DIFFERENTIAL, RULE, true, NULL, 0, NULL, .slope = #NAME "_slope",           \
        .with_slope = NAME##_with_slope)

ENTRY(exp, exp, "exp(A)", "exp(A).*dA", exp_rule, NULL, 0, NULL)
ENTRY(log, log, "log(A)", "dA./A", log_rule, positive, GSL_EDOM,
      "the logarithm needs a positive entry")
ENTRY(expm1, expm1, "expm1(A)", "exp(A).*dA", expm1_rule, NULL, 0, NULL)
ENTRY(log1p, log1p, "log1p(A)", "dA./(ones(m,n)+A)", log1p_rule, above_minus_one, GSL_EDOM,
      "the logarithm of 1+A needs an entry above -1")
ENTRY(log10, log10, "log10(A)", "dA./(A*log(10))", log10_rule, positive, GSL_EDOM,
      "the logarithm needs a positive entry")
ENTRY(log2, log2, "log2(A)", "dA./(A*log(2))", log2_rule, positive, GSL_EDOM,
      "the logarithm needs a positive entry")
ENTRY(sqrt, sqrt, "sqrt(A)", "dA./(2*sqrt(A))", sqrt_rule, not_negative, GSL_EDOM,
      "the square root needs an entry that is not negative")
ENTRY(square, square, "square(A)", "2*A.*dA", square_rule, NULL, 0, NULL)
ENTRY(reciprocal, reciprocal, "reciprocal(A)", "-dA./(A.*A)", reciprocal_rule, not_zero, GSL_EZERODIV,
      "the reciprocal needs an entry that is not 0")
TOTAL(sin, sin, "sin(A)", "cos(A).*dA", sin_rule)
TOTAL(cos, cos, "cos(A)", "-sin(A).*dA", cos_rule)
ENTRY(tan, tan, "tan(A)", "(1./cos(A).^2).*dA", tan_rule, NULL, 0, NULL)
WITH_SLOPE(tanh, tanh_alone, "tanh(A)", "tanh_slope(A).*dA", tanh_rule)
TOTAL(tanh_slope, tanh_slope, "tanh_slope(A)", "-2*tanh(A).*tanh_slope(A).*dA", tanh_slope_rule)
WITH_SLOPE(sigmoid, sigmoid, "sigmoid(A)", "sigmoid(A).*sigmoid(-A).*dA", sigmoid_rule)
TOTAL(sigmoid_slope, sigmoid_slope, "sigmoid_slope(A)", "-tanh(A/2).*sigmoid_slope(A).*dA",
      sigmoid_slope_rule)
TOTAL(softplus, softplus, "softplus(A)", "sigmoid(A).*dA", softplus_rule)
TOTAL(relu, relu, "relu(A)", "step(A).*dA", relu_rule)
TOTAL(abs, fabs, "abs(A)", "sign(A).*dA", abs_rule)
TOTAL(sign, sign, "sign(A)", "0*dA", flat_rule)
TOTAL(step, step, "step(A)", "0*dA", flat_rule)

/* ------------------------------------------------------------------------ d A.^p = p*A.^(p-1).*dA
 *
 * An integer p takes any base but 0 to a negative p; another p takes a base that is not negative.    */

enum { CHECKED, AT_THE_EDGE };         /* dm_parameters.row: may the result be infinite? */

/* abs(x)^p, without the cost of pow where a root or a division does it. */
static double size_to_the(double x, double p)
{
    return p == 2 ? x * x : p == 0.5 ? sqrt(fabs(x)) : p == -0.5 ? 1 / sqrt(fabs(x)) : p == -1 ? 1 / fabs(x)
         : p == 1 ? fabs(x) : pow(fabs(x), p);
}

static void pow_value(dm *C, dm *const X[])
{
    double p = C->with->number;
    bool integer = p == floor(p), odd = fmod(p, 2) != 0, edge = C->with->row == AT_THE_EDGE;
    dm_panel a = dm_entries(X[0]), c = dm_fresh(C);

    if (!a.data || !c.data) {
        dm_no_memory(C);
        return;
    }
    for (size_t i = 0; i < c.rows; i++)
        for (size_t j = 0; j < c.cols; j++) {
            double x = dm_row(a, i, 0)[j], y = size_to_the(x, p);
            if (x < 0 && !integer) {
                outside(C, "a power that is no integer needs an entry that is not negative", GSL_EDOM,
                        i, j, x);
                return;
            }
            if (x == 0 && p < 0 && !edge) {
                outside(C, "a negative power needs an entry that is not 0", GSL_EZERODIV, i, j, x);
                return;
            }
            if (!isfinite(y) && !edge) {
                outside(C, "the result overflows", GSL_EOVRFLW, i, j, x);
                return;
            }
            dm_row(c, i, 0)[j] = x < 0 && odd ? -y : y;
        }
}

static void pow_rule(dm *C, dm *const X[])
{
    double p = C->with->number;

    if (p != 0)                        /* x^0 is 1, at 0 too */
        slope(C, X, dm_scale(edge_power(lower(C, X[0]), p - 1), p));
}

static const dm_op pow_op = {
    .name = "pow", .operands = "A", .formula = "A.^p", .differential = "p*A.^(p-1).*dA",
    .shapes = "mn mn", .entrywise = true, .value = pow_value, .rule = pow_rule, .parameters = "p",
};

static dm *edge_power(dm *A, double p)
{
    return dm_apply(&pow_op, (dm *[DM_OPERANDS]) { A },
                    &(dm_parameters) { .number = p, .row = AT_THE_EDGE });
}

dm *dm_pow(dm *A, double p)
{
    if (A && !isfinite(p))
        return dm_failed(dm_context_of(A), GSL_EDOM, "dm_pow: the exponent is %g", p);
    return dm_apply(&pow_op, (dm *[DM_OPERANDS]) { A },
                    &(dm_parameters) { .number = p, .row = CHECKED });
}

/* ------------------------------------------- C = A.^B:  dC = B.*A.^(B-1).*dA + C.*log(A).*dB, A > 0 */

static void hadamard_power_value(dm *C, dm *const X[])
{
    dm_panel a = dm_entries(X[0]), b = dm_entries(X[1]), c = dm_fresh(C);

    if (!a.data || !b.data || !c.data) {
        dm_no_memory(C);
        return;
    }
    for (size_t i = 0; i < c.rows; i++)
        for (size_t j = 0; j < c.cols; j++) {
            double x = dm_row(a, i, 0)[j], p = dm_row(b, i, 0)[j], y = isnan(p) ? p : pow(x, p);
            if (!(x > 0) || (!isfinite(y) && isfinite(p))) {
                outside(C, x > 0 ? "the result overflows" : "a variable power needs a positive entry",
                        x > 0 ? GSL_EOVRFLW : GSL_EDOM, i, j, x);
                return;
            }
            dm_row(c, i, 0)[j] = y;
        }
}

static void hadamard_power_rule(dm *C, dm *const X[])
{
    dm *A = lower(C, X[0]), *B = lower(C, X[1]);
    dm *ones = dm_ones(dm_context_of(C), C->rows, C->cols);

    dm_term_hadamard(C, dm_hadamard(B, dm_hadamard_power(A, dm_sub(B, ones))), X[0]);
    dm_term_hadamard(C, dm_hadamard(value_of(C), dm_log(A)), X[1]);
}

static const dm_op hadamard_power_op = {
    .name = "hadamard_power", .operands = "AB", .formula = "A.^B",
    .differential = "B.*A.^(B-ones(m,n)).*dA + A.^B.*log(A).*dB", .shapes = "mn mn mn",
    .entrywise = true, .value = hadamard_power_value, .rule = hadamard_power_rule,
};

dm *dm_hadamard_power(dm *A, dm *B)
{
    return dm_apply(&hadamard_power_op, (dm *[DM_OPERANDS]) { A, B }, NULL);
}

const dm_op *const dm_entrywise[] = {
    &exp_entry.op, &expm1_entry.op, &log_entry.op, &log1p_entry.op, &log10_entry.op, &log2_entry.op,
    &sqrt_entry.op, &square_entry.op, &reciprocal_entry.op,
    &sin_entry.op, &cos_entry.op, &tan_entry.op, &tanh_entry.op, &tanh_slope_entry.op,
    &sigmoid_entry.op, &sigmoid_slope_entry.op, &softplus_entry.op, &relu_entry.op,
    &abs_entry.op, &sign_entry.op, &step_entry.op, &pow_op,
    &hadamard_power_op, NULL,
};
