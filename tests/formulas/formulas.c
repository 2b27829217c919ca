/* The formulas of the lecture notes, each as a test that reads like it.
 *
 * Small letters are column vectors and numbers, capitals matrices; none is symmetric, none commutes.  The
 * left side of every comparison comes from the library, the right side is worked out by plain loops.   */
#include <float.h>
#include <math.h>
#include "../fixture.h"
#include "../suites.h"

/* Sums of some ten products of numbers of order 1. */
static const double SMALL = 1000 * DBL_EPSILON;

static dice d = { 2024 };

static gsl_matrix *draw(size_t m, size_t n)
{
    return random_matrix(&d, ANY, m, n);
}

static dm *constant(const gsl_matrix *A) { return dm_constant(here, A); }
static dm *variable(const gsl_matrix *A) { return dm_variable(here, A); }

/* A value and a direction that belong together: A and dA. */
typedef struct {
    gsl_matrix *A, *dA;
    dm *dual;
} moving;

static moving moves(gsl_matrix *A)
{
    gsl_matrix *dA = random_like(&d, A);

    return (moving) { A, dA, dm_dual(here, A, dA) };
}

static gsl_matrix *d_of(dm *F)
{
    return differential_of(F, 0);
}

static gsl_matrix *plus(const gsl_matrix *A, const gsl_matrix *B) { return sum_of(1, A, 1, B); }
static gsl_matrix *minus(const gsl_matrix *A, const gsl_matrix *B) { return sum_of(1, A, -1, B); }
static gsl_matrix *times(double s, const gsl_matrix *A) { return sum_of(s, A, 0, A); }

/* ---------------------------------------------------------------------- x'x and its tangent plane */

/* ∇ x'x = 2x */
START_TEST(gradient_of_a_square)
{
    gsl_matrix *x0 = draw(5, 1);
    dm *x = variable(x0), *y = dm_mul(dm_transpose(x), x);

    same(gradient_of(y, x), times(2, x0), SMALL, "2x");
}
END_TEST

/* y - y0 = 2 x0'(x - x0): the tangent plane misses x'x by exactly |x - x0|². */
START_TEST(tangent_plane)
{
    gsl_matrix *x0 = draw(4, 1), *x1 = draw(4, 1), *step = minus(x1, x0);
    dm *x = dm_dual(here, x0, step), *y = dm_mul(dm_transpose(x), x);
    double y0 = dm_value_scalar(y), dy = dm_differential_scalar(y, 0);

    same_number(dy, 2 * inner_of(x0, step), SMALL, "2 x0'(x - x0)");
    same_number(inner_of(x1, x1) - (y0 + dy), inner_of(step, step), SMALL, "the distance from the plane");
}
END_TEST

/* ---------------------------------------------------------------------------------- product rules */

/* d(AB) = dA·B + A·dB, where dA·A is not A·dA */
START_TEST(product_rule)
{
    moving A = moves(draw(3, 3)), B = moves(draw(3, 3));

    same(d_of(dm_mul(A.dual, B.dual)), plus(product(A.dA, B.A), product(A.A, B.dA)), SMALL, "dA*B + A*dB");
    same(d_of(dm_mul(A.dual, A.dual)), plus(product(A.dA, A.A), product(A.A, A.dA)), SMALL, "d(A²)");
    ck_assert(largest(minus(d_of(dm_mul(A.dual, A.dual)), times(2, product(A.A, A.dA)))) > 0.1);  /* not 2 A dA */
}
END_TEST

/* d(u'v) = du'v + u'dv, and du'v = v'du */
START_TEST(product_rule_of_vectors)
{
    moving u = moves(draw(4, 1)), v = moves(draw(4, 1));
    dm *uv = dm_mul(dm_transpose(u.dual), v.dual);

    same_number(dm_differential_scalar(uv, 0), inner_of(u.dA, v.A) + inner_of(u.A, v.dA), SMALL, "du'v + u'dv");
    same(product(transposed(u.dA), v.A), product(transposed(v.A), u.dA), SMALL, "du'v = v'du");
    dm *U = variable(u.A), *V = variable(v.A), *f = dm_mul(dm_transpose(U), V);
    same(gradient_of(f, U), v.A, 0, "the gradient by u");
    same(gradient_of(f, V), u.A, 0, "the gradient by v");
}
END_TEST

/* ---------------------------------------------------------------------------------- least squares
 *
 * f(x) = (Ax-b)'(Ax-b),  df = 2(Ax-b)'A dx,  ∇ = 2A'(Ax-b),  ∇ = 0 ⇔ A'Ax = A'b                       */

static dm *squares(dm *A, dm *x, dm *b)
{
    dm *r = dm_sub(dm_mul(A, x), b);

    return dm_mul(dm_transpose(r), r);
}

START_TEST(least_squares)
{
    gsl_matrix *A = draw(6, 3), *b = draw(6, 1);
    moving x = moves(draw(3, 1));
    gsl_matrix *r = minus(product(A, x.A), b);
    dm *X = variable(x.A), *f = squares(constant(A), x.dual, constant(b));

    same_number(dm_value_scalar(f), inner_of(r, r), SMALL, "f");
    same_number(dm_differential_scalar(f, 0), 2 * inner_of(r, product(A, x.dA)), SMALL, "df = 2(Ax-b)'A dx");
    same(gradient_of(squares(constant(A), X, constant(b)), X), times(2, product(transposed(A), r)), SMALL, "2A'(Ax-b)");
}
END_TEST

START_TEST(normal_equations)
{
    gsl_matrix *A = draw(6, 3), *b = draw(6, 1);
    dm *a = constant(A), *At = dm_transpose(a), *solution = dm_solve(dm_mul(At, a), dm_mul(At, constant(b)));
    dm *x = variable(value_of(solution)), *y = variable(plus(value_of(solution), draw(3, 1)));

    same(gradient_of(squares(a, x, constant(b)), x), zeros(3, 1), 100 * SMALL, "where A'Ax = A'b");
    ck_assert(largest(gradient_of(squares(a, y, constant(b)), y)) > 0.1);        /* and only there */
}
END_TEST

/* The same function of A:  ∇ = 2(Ax-b)x' */
START_TEST(least_squares_as_a_function_of_the_matrix)
{
    gsl_matrix *x = draw(3, 1), *b = draw(4, 1), *A0 = draw(4, 3);
    dm *A = variable(A0);

    same(gradient_of(squares(A, constant(x), constant(b)), A), times(2, outer_of(minus(product(A0, x), b), x)), SMALL,
         "2(Ax-b)x'");
}
END_TEST

/* ------------------------------------------------------------------------------------------ traces */

/* tr is linear: d tr(A) = tr(dA), tr(sA + tB) = s tr A + t tr B;  tr(A') = tr A */
START_TEST(trace_is_linear)
{
    moving A = moves(draw(4, 4)), B = moves(draw(4, 4));
    double tr_A = dm_value_scalar(dm_trace(A.dual)), tr_B = dm_value_scalar(dm_trace(B.dual));
    dm *sum = dm_trace(dm_add(dm_scale(A.dual, 3), dm_scale(B.dual, -2)));

    same_number(dm_value_scalar(sum), 3 * tr_A - 2 * tr_B, SMALL, "tr(3A - 2B)");
    same_number(dm_differential_scalar(sum, 0), 3 * inner_of(eye(4), A.dA) - 2 * inner_of(eye(4), B.dA), SMALL, "d tr");
    same_number(dm_value_scalar(dm_trace(dm_transpose(A.dual))), tr_A, SMALL, "tr(A')");
    dm *X = variable(A.A);
    same(gradient_of(dm_trace(X), X), eye(4), 0, "I");
}
END_TEST

/* tr(ABC) = tr(BCA) = tr(CAB), but not tr(ACB) */
START_TEST(trace_is_cyclic)
{
    dm *A = constant(draw(4, 4)), *B = constant(draw(4, 4)), *C = constant(draw(4, 4));
    double abc = dm_value_scalar(dm_trace(dm_mul(A, dm_mul(B, C))));

    same_number(dm_value_scalar(dm_trace(dm_mul(B, dm_mul(C, A)))), abc, SMALL, "tr(BCA)");
    same_number(dm_value_scalar(dm_trace(dm_mul(C, dm_mul(A, B)))), abc, SMALL, "tr(CAB)");
    ck_assert(fabs(dm_value_scalar(dm_trace(dm_mul(A, dm_mul(C, B)))) - abc) > 0.1);
}
END_TEST

/* x'Ay = tr(yx'A) = sum((xy') .* A), and its gradient by A is xy' */
START_TEST(bilinear_form)
{
    gsl_matrix *x0 = draw(3, 1), *y0 = draw(4, 1), *A0 = draw(3, 4);
    dm *x = constant(x0), *y = constant(y0), *A = variable(A0), *xAy = dm_mul(dm_transpose(x), dm_mul(A, y));
    dm *trace = dm_trace(dm_mul(dm_mul(y, dm_transpose(x)), A)), *sum = dm_sum(dm_hadamard(dm_outer(x, y), A));

    same_number(dm_value_scalar(trace), dm_value_scalar(xAy), SMALL, "tr(yx'A)");
    same_number(dm_value_scalar(sum), dm_value_scalar(xAy), SMALL, "sum((xy') .* A)");
    same(gradient_of(xAy, A), outer_of(x0, y0), SMALL, "xy', from x'Ay");
    same(gradient_of(trace, A), outer_of(x0, y0), SMALL, "xy', from tr(yx'A)");
    same(gradient_of(sum, A), outer_of(x0, y0), SMALL, "xy', from sum((xy') .* A)");
}
END_TEST

/* Every linear f: R^(m×n) -> R is f(A) = sum(U .* A) = tr(U'A); U is recovered exactly. */
START_TEST(every_linear_function_has_its_matrix)
{
    for (size_t m = 1; m <= 4; m++)
        for (size_t n = 1; n <= 4; n++) {
            gsl_matrix *U = draw(m, n);
            dm *A = variable(draw(m, n)), *u = constant(U);
            same(gradient_of(dm_sum(dm_hadamard(u, A)), A), U, 0, "sum(U .* A)");
            same(gradient_of(dm_trace(dm_mul(dm_transpose(u), A)), A), U, 0, "tr(U'A)");
            same(gradient_of(dm_inner(u, A), A), U, 0, "<U, A>");
        }
}
END_TEST

/* ∇ tr(A²) = 2A' */
START_TEST(trace_of_the_square)
{
    gsl_matrix *A0 = draw(5, 5);
    dm *A = variable(A0);

    same(gradient_of(dm_trace(dm_mul(A, A)), A), times(2, transposed(A0)), SMALL, "2A'");
    same(gradient_of(dm_trace(dm_power(A, 2)), A), times(2, transposed(A0)), SMALL, "2A', from A^2");
}
END_TEST

/* --------------------------------------------------------------------------------------- Jacobians */

/* f(x) = (x1² x2, sin x2, x1 + 3 x2): R² -> R³, J(i,j) = df_i/dx_j, and df = J dx. */
static dm *three_of_two(dm *x, void *params)
{
    dm *x1 = dm_block(x, 0, 0, 1, 1), *x2 = dm_block(x, 1, 0, 1, 1);

    (void) params;
    return dm_vcat(dm_hadamard(dm_square(x1), x2), dm_vcat(dm_sin(x2), dm_add(x1, dm_scale(x2, 3))));
}

START_TEST(jacobian_of_a_map)
{
    gsl_matrix *x = MATRIX(2, 1, 2, 0.5), *dx = draw(2, 1), *J = zeros(3, 2), *f = zeros(3, 1), *df = zeros(3, 1);
    dm_function F = { three_of_two, NULL };

    ck_assert_int_eq(dm_jacobian(&F, x, f, J), GSL_SUCCESS);
    same(f, MATRIX(3, 1, 2, sin(0.5), 3.5), SMALL, "f");
    same(J, MATRIX(3, 2, 2, 4, 0, cos(0.5), 1, 3), SMALL, "J");
    ck_assert_int_eq(dm_jvp(&F, x, dx, NULL, df), GSL_SUCCESS);
    same(df, product(J, dx), SMALL, "df = J dx");
}
END_TEST

/* h(Wx - b), h entry by entry:  J = diag(h'(Wx - b)) W */
static struct {
    dm *(*h)(dm *);
    gsl_matrix *W, *b;
} layer;

static dm *apply_layer(dm *x, void *params)
{
    dm_context *context = dm_context_of(x);

    (void) params;
    return layer.h(dm_sub(dm_mul(dm_constant(context, layer.W), x), dm_constant(context, layer.b)));
}

static double tanh_prime(double x) { return 1 / (cosh(x) * cosh(x)); }
static double sigmoid_prime(double x) { return exp(-x) / ((1 + exp(-x)) * (1 + exp(-x))); }
static double relu_prime(double x) { return x > 0; }
static double square_prime(double x) { return 2 * x; }

START_TEST(jacobian_of_a_layer)
{
    const struct {
        dm *(*h)(dm *);
        double (*h_prime)(double);
    } functions[] = {
        { dm_tanh, tanh_prime }, { dm_sigmoid, sigmoid_prime }, { dm_relu, relu_prime }, { dm_exp, exp },
        { dm_sin, cos }, { dm_square, square_prime },
    };
    gsl_matrix *x = draw(3, 1), *J = zeros(4, 3);
    dm_function F = { apply_layer, NULL };

    layer.W = draw(4, 3);
    layer.b = draw(4, 1);
    for (size_t i = 0; i < 6; i++) {
        gsl_matrix *slope = map_of(functions[i].h_prime, minus(product(layer.W, x), layer.b)), *D = zeros(4, 4);
        for (size_t k = 0; k < 4; k++)
            gsl_matrix_set(D, k, k, gsl_matrix_get(slope, k, 0));
        layer.h = functions[i].h;
        ck_assert_int_eq(dm_jacobian(&F, x, NULL, J), GSL_SUCCESS);
        same(J, product(D, layer.W), 10 * SMALL, "diag(h'(Wx - b)) W, function %zu", i);
    }
}
END_TEST

/* Polar coordinates (r cos t, r sin t):  det J = r, and a small box dr × dt has an image of area r dr dt. */
static dm *polar(dm *x, void *params)
{
    dm *r = dm_block(x, 0, 0, 1, 1), *t = dm_block(x, 1, 0, 1, 1);

    (void) params;
    return dm_vcat(dm_hadamard(r, dm_cos(t)), dm_hadamard(r, dm_sin(t)));
}

START_TEST(volume_factor_of_polar_coordinates)
{
    gsl_matrix *x = MATRIX(2, 1, 1.7, 0.6), *J = zeros(2, 2);
    dm_function F = { polar, NULL };
    double dr = 1e-6, dt = 2e-6;

    ck_assert_int_eq(dm_jacobian(&F, x, NULL, J), GSL_SUCCESS);
    same_number(dm_value_scalar(dm_det(constant(J))), 1.7, SMALL, "det J = r");
    /* The image of the box is spanned by J*[dr; 0] and J*[0; dt]. */
    gsl_matrix *span = product(J, MATRIX(2, 2, dr, 0, 0, dt));
    same_number(fabs(dm_value_scalar(dm_det(constant(span)))), 1.7 * dr * dt, SMALL * dr * dt, "r dr dt");
    /* Between circles and rays the area is (r dr + dr²/2) dt exactly. */
    same_number(((1.7 + dr) * (1.7 + dr) - 1.7 * 1.7) / 2 * dt, 1.7 * dr * dt, dr * dr * dt, "to first order");
}
END_TEST

/* ---------------------------------------------------------------------------------------- inverses */

/* X·A = I gives dX·A + X·dA = 0, so d(A⁻¹) = -A⁻¹ dA A⁻¹ */
START_TEST(differential_of_the_inverse)
{
    moving A = moves(random_matrix(&d, REGULAR, 4, 4));
    dm *inverse = dm_inverse(A.dual);
    gsl_matrix *X = value_of(inverse), *dX = d_of(inverse);

    same(product(X, A.A), eye(4), SMALL, "X A = I");
    same(plus(product(dX, A.A), product(X, A.dA)), zeros(4, 4), SMALL, "dX A + X dA = 0");
    same(dX, times(-1, product(X, product(A.dA, X))), SMALL, "-X dA X");
    same(d_of(dm_mul(inverse, A.dual)), zeros(4, 4), SMALL, "d(X A) = 0");
}
END_TEST

Suite *formulas_suite(void)
{
    Suite *suite = suite_create("formulas");
    TCase *tc = case_of(suite, "formulas");

    tcase_add_test(tc, gradient_of_a_square);
    tcase_add_test(tc, tangent_plane);
    tcase_add_test(tc, product_rule);
    tcase_add_test(tc, product_rule_of_vectors);
    tcase_add_test(tc, least_squares);
    tcase_add_test(tc, normal_equations);
    tcase_add_test(tc, least_squares_as_a_function_of_the_matrix);
    tcase_add_test(tc, trace_is_linear);
    tcase_add_test(tc, trace_is_cyclic);
    tcase_add_test(tc, bilinear_form);
    tcase_add_test(tc, every_linear_function_has_its_matrix);
    tcase_add_test(tc, trace_of_the_square);
    tcase_add_test(tc, jacobian_of_a_map);
    tcase_add_test(tc, jacobian_of_a_layer);
    tcase_add_test(tc, volume_factor_of_polar_coordinates);
    tcase_add_test(tc, differential_of_the_inverse);
    return suite;
}
