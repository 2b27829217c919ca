/* Derivatives derived by hand in C: what is wrong with them, in words. */
#include <math.h>
#include <string.h>
#include <gsl/gsl_math.h>
#include "../fixture.h"
#include "../memory.h"
#include "../suites.h"

/* ------------------------------------------------------------------------------------- functions -- */

static dm *quadratic(dm *x, void *params)             /* x'*P*x */
{
    dm *P = dm_constant(dm_context_of(x), params);

    return dm_inner(x, dm_mul(P, x));
}

static dm *trace_of_square(dm *A, void *params)       /* tr(A*A)    gradient 2*A' */
{
    (void) params;
    return dm_trace(dm_mul(A, A));
}

static dm *determinant(dm *A, void *params)           /* det(A)     gradient det(A)*inv(A)' */
{
    (void) params;
    return dm_det(A);
}

static dm *sum_of_logs(dm *A, void *params)           /* sum(log(A)) */
{
    (void) params;
    return dm_sum(dm_log(A));
}

static dm *transposed_matrix(dm *A, void *params)     /* A' */
{
    (void) params;
    return dm_transpose(A);
}

static dm *sum_of_abs(dm *A, void *params) { (void) params; return dm_sum(dm_abs(A)); }
static dm *sum_of_relu(dm *A, void *params) { (void) params; return dm_sum(dm_relu(A)); }
static dm *norm_of(dm *A, void *params) { (void) params; return dm_norm(A); }
static dm *sum_of_sines(dm *A, void *params)
{
    (void) params;
    return dm_sum(dm_sin(A));
}

/* --------------------------------------------------------------------------- derivatives by hand -- */

/* U = p*A + q*A' */
typedef struct { double p, q; } multiples;

static int multiple(const gsl_matrix *A, void *params, gsl_matrix *U)
{
    const multiples *m = params;

    for (size_t i = 0; i < A->size1; i++)
        for (size_t j = 0; j < A->size2; j++)
            gsl_matrix_set(U, i, j, m->p * gsl_matrix_get(A, i, j) + m->q * gsl_matrix_get(A, j, i));
    return GSL_SUCCESS;
}

static int constant(const gsl_matrix *A, void *params, gsl_matrix *U)
{
    (void) A;
    gsl_matrix_set_all(U, *(const double *) params);
    return GSL_SUCCESS;
}

static int signs(const gsl_matrix *A, void *params, gsl_matrix *U)         /* params: of zero */
{
    for (size_t i = 0; i < A->size1; i++) {
        double a = gsl_matrix_get(A, i, 0);
        gsl_matrix_set(U, i, 0, a > 0 ? 1 : a < 0 ? -1 : *(const double *) params);
    }
    return GSL_SUCCESS;
}

static int cosines(const gsl_matrix *A, void *params, gsl_matrix *U)       /* params: the last one's error */
{
    for (size_t i = 0; i < A->size1; i++)
        gsl_matrix_set(U, i, 0, cos(gsl_matrix_get(A, i, 0))
                                + (i + 1 == A->size1 ? *(const double *) params : 0));
    return GSL_SUCCESS;
}

static int twice_P_x(const gsl_matrix *x, void *params, gsl_matrix *U)     /* right for symmetric P */
{
    const gsl_matrix *P = params;

    for (size_t i = 0; i < x->size1; i++) {
        double sum = 0;
        for (size_t j = 0; j < x->size1; j++)
            sum += 2 * gsl_matrix_get(P, i, j) * gsl_matrix_get(x, j, 0);
        gsl_matrix_set(U, i, 0, sum);
    }
    return GSL_SUCCESS;
}

static int inverse_transposed(const gsl_matrix *A, void *params, gsl_matrix *U)    /* 2×2 */
{
    double a = gsl_matrix_get(A, 0, 0), b = gsl_matrix_get(A, 0, 1), c = gsl_matrix_get(A, 1, 0),
           d = gsl_matrix_get(A, 1, 1), det = a * d - b * c;

    (void) params;
    gsl_matrix_set(U, 0, 0, d / det);
    gsl_matrix_set(U, 0, 1, -c / det);
    gsl_matrix_set(U, 1, 0, -b / det);
    gsl_matrix_set(U, 1, 1, a / det);
    return GSL_SUCCESS;
}

static int reciprocals(const gsl_matrix *A, void *params, gsl_matrix *U)
{
    (void) params;
    for (size_t i = 0; i < A->size1; i++)
        for (size_t j = 0; j < A->size2; j++)
            gsl_matrix_set(U, i, j, 1 / gsl_matrix_get(A, i, j));
    return GSL_SUCCESS;
}

static int gives_up(const gsl_matrix *A, void *params, gsl_matrix *U)
{
    (void) A;
    (void) U;
    return *(const int *) params;
}

static int unit(const gsl_matrix *A, void *params, gsl_matrix *J)
{
    (void) A;
    (void) params;
    gsl_matrix_set_identity(J);
    return GSL_SUCCESS;
}

/* --------------------------------------------------------------------------------------- gradients -- */

static const struct {
    multiples by_hand;
    const char *why;                   /* NULL: right */
} of_trace[] = {
    { { 0, 2 }, NULL },
    { { 2, 0 }, "it is the transpose of the right one" },
    { { 0, -2 }, "it is the right one with the opposite sign" },
    { { 0, 1 }, "it is 0.5 times the right one" },
    { { 0, 6 }, "it is 3 times the right one, and 3 is the number of rows and columns of A" },
    { { 0, 2 * M_PI }, "it is pi times the right one" },
    { { -1, 0 }, "it is -0.5 times the transpose of the right one" },
    { { 1, 1 }, "it is the symmetrised form (G+G')/2 of the right one, G" },
    { { 2, 2 }, "it is G+G', G being the right one" },
    { { 0, 0 }, "it is zero, the right one is not" },
    { { 3, -1 }, "it is right only where A is symmetric" },
    { { 3, 1 }, "it has the right form only where A is symmetric, and there it is 2 times the right one" },
};

START_TEST(gradients)
{
    gsl_matrix *A = MATRIX(3, 3, 1, 2, 3.5, -4, .5, 1.5, 2, -1, 3);
    multiples m = of_trace[_i].by_hand;
    dm_function F = { trace_of_square, NULL };
    dm_hand hand = { multiple, &m };
    dm_check_report r;
    int status = dm_check_gradient(&F, &hand, A, &r);

    ck_assert_int_eq(status, of_trace[_i].why ? GSL_FAILURE : GSL_SUCCESS);
    ck_assert_str_eq(r.why, of_trace[_i].why ? of_trace[_i].why : "");
    ck_assert_int_eq(dm_check_gradient(&F, &hand, A, NULL), status);
    ck_assert(fabs(r.slope_exact - 2) < 0.05);
    ck_assert_int_eq(raised.times, 0);
}
END_TEST

/* 2*A', but for one entry. */
static int one_entry_off(const gsl_matrix *A, void *params, gsl_matrix *U)
{
    (void) params;
    multiple(A, &(multiples) { 0, 2 }, U);
    *gsl_matrix_ptr(U, 0, 1) += sin(gsl_matrix_get(A, 0, 0));
    return GSL_SUCCESS;
}

START_TEST(a_single_entry)
{
    gsl_matrix *A = MATRIX(3, 3, 1, 2, 3.5, -4, .5, 1.5, 2, -1, 3);
    dm_function F = { trace_of_square, NULL };
    dm_hand hand = { one_entry_off, NULL };
    dm_check_report r;

    ck_assert_int_eq(dm_check_gradient(&F, &hand, A, &r), GSL_FAILURE);
    ck_assert_str_eq(r.why, "it is wrong only in the entry (1,2)");
}
END_TEST

START_TEST(an_outer_factor)
{
    gsl_matrix *A = MATRIX(2, 2, 1, 2, -3, 4);
    dm_function F = { determinant, NULL };
    dm_hand hand = { inverse_transposed, NULL };
    dm_check_report r;

    ck_assert_int_eq(dm_check_gradient(&F, &hand, A, &r), GSL_FAILURE);
    ck_assert_str_eq(r.why, "the outer factor f is missing");
    ck_assert(r.angle < 1e-6);
    ck_assert_uint_eq(r.ranked, 4);
    ck_assert(fabs(r.worst[0].hand - r.worst[0].exact) >= fabs(r.worst[3].hand - r.worst[3].exact));
}
END_TEST

/* What another matrix would have to be cannot be asked in C: nothing is made up. */
START_TEST(what_is_not_known_is_not_said)
{
    gsl_matrix *P = MATRIX(2, 2, 1, 2, -3, 4), *x = MATRIX(2, 1, .3, -1.2);
    dm_function F = { quadratic, P };
    dm_hand hand = { twice_P_x, P };
    dm_check_report r;
    char text[300];

    ck_assert_int_eq(dm_check_gradient(&F, &hand, x, &r), GSL_FAILURE);
    ck_assert_str_eq(r.why, "");
    dm_check_sentence(&r, text, sizeof text);
    ck_assert_str_eq(text, "wrong in 2 of 2 entries, worst at (1,1)");
}
END_TEST

/* One entry at a kink excuses no other; where all are, the point is left. */
static const struct {
    dm *(*f)(dm *A, void *params);
    int (*df)(const gsl_matrix *A, void *params, gsl_matrix *U);
    double number, at[5];
    const char *says;                  /* how it begins */
} at_kinks[] = {
    { sum_of_abs, constant, 1, { 1, 0, -2, 3, -4 }, "wrong in 2 of 5 entries, worst at (3,1)" },
    { sum_of_abs, constant, -3, { 1, 0, -2, 3, -4 }, "wrong in 5 of 5 entries" },
    { sum_of_abs, signs, 0, { 1, 0, -2, 3, -4 }, "right: all 5 entries agree" },
    { sum_of_abs, signs, -1, { 1, 0, -2, 3, -4 },
      "right: all 5 entries agree, beside A: at A the function has a kink or a jump" },
    { sum_of_abs, signs, 0, { 0 }, "right: both are zero" },
    { sum_of_abs, signs, 1, { 0 }, "right: all 5 entries agree, beside A: at A the function has a kink or a jump" },
    { sum_of_abs, constant, 1, { 0 }, "wrong in " },
    { sum_of_abs, constant, -3, { 0 }, "wrong in 5 of 5 entries" },
    { sum_of_relu, constant, -3, { 0 }, "wrong in 5 of 5 entries" },
    { norm_of, constant, -3, { 0 }, "wrong in 5 of 5 entries" },
    { sum_of_sines, cosines, 0, { 1e9, 2, 3e12, 4, 5 }, "right" },
    { sum_of_sines, cosines, 1e-3, { 1e9, 2, 3e12, 4, 5 }, "wrong in 1 of 5 entries, worst at (5,1)" },
};

START_TEST(kinks_excuse_nothing)
{
    double at[5], number = at_kinks[_i].number;
    gsl_matrix_view A = gsl_matrix_view_array(at, 5, 1);
    dm_function F = { at_kinks[_i].f, NULL };
    dm_hand hand = { at_kinks[_i].df, &number };
    dm_check_report r;
    char text[600];

    memcpy(at, at_kinks[_i].at, sizeof at);
    int status = dm_check_gradient(&F, &hand, &A.matrix, &r);
    dm_check_sentence(&r, text, sizeof text);
    ck_assert_msg(strncmp(text, at_kinks[_i].says, strlen(at_kinks[_i].says)) == 0, "%s\n    instead of %s", text,
                  at_kinks[_i].says);
    ck_assert_int_eq(status, *text == 'r' ? GSL_SUCCESS : GSL_FAILURE);
    ck_assert_int_eq(raised.times, 0);
}
END_TEST

/* Points of the diagnosis that leave the domain are chosen nearer. */
START_TEST(within_the_domain)
{
    gsl_matrix *A = MATRIX(2, 2, 1e-3, 2, 3, 1e3);
    dm_function F = { sum_of_logs, NULL };
    dm_hand hand = { reciprocals, NULL };

    ck_assert(dm_check_gradient(&F, &hand, A, NULL) == GSL_SUCCESS);
    ck_assert_int_eq(raised.times, 0);
}
END_TEST

START_TEST(jacobians_and_hessians)
{
    gsl_matrix *A = MATRIX(2, 3, 1, 2, 3.5, -4, .5, 1.5), *P = MATRIX(2, 2, 1, 2, -3, 4);
    gsl_matrix *x = MATRIX(2, 1, .3, -1.2);
    dm_function F = { transposed_matrix, NULL }, Q = { quadratic, P }, trace = { trace_of_square, NULL };
    dm_hand hand = { unit, NULL };
    dm_check_report r;

    ck_assert_int_eq(dm_check_jacobian(&F, &hand, A, &r), GSL_FAILURE);
    ck_assert_str_eq(r.why, "vec stacks the rows there, of the function: here it stacks the columns");
    ck_assert_int_eq(dm_check_hessian(&Q, &hand, x, &r), GSL_FAILURE);
    ck_assert_uint_eq(r.rows, 2);
    ck_assert_int_eq(dm_check_hessian(&trace, &hand, P, &r), GSL_FAILURE);
    ck_assert_str_eq(r.why, "the commutation matrix K, for which vec(A') = K*vec(A), is left out, and there is a "
                            "factor 0.5 too much");
}
END_TEST

/* ------------------------------------------------------------------------------------------- plain C -- */

static double rosenbrock(const gsl_vector *x, void *params)
{
    double a = gsl_vector_get(x, 0), b = gsl_vector_get(x, 1);

    (void) params;
    return (1 - a) * (1 - a) + 100 * (b - a * a) * (b - a * a);
}

static void its_gradient(const gsl_vector *x, void *params, gsl_vector *g)
{
    double a = gsl_vector_get(x, 0), b = gsl_vector_get(x, 1), factor = *(const double *) params;

    gsl_vector_set(g, 0, factor * (-2 * (1 - a) - 400 * a * (b - a * a)));
    gsl_vector_set(g, 1, factor * 200 * (b - a * a));
}

static double logarithms(const gsl_vector *x, void *params)
{
    double sum = 0;

    (void) params;
    for (size_t i = 0; i < x->size; i++)
        sum += log(gsl_vector_get(x, i));
    return sum;
}

static void their_gradient(const gsl_vector *x, void *params, gsl_vector *g)
{
    for (size_t i = 0; i < x->size; i++)
        gsl_vector_set(g, i, *(const double *) params / gsl_vector_get(x, i));
}

START_TEST(difference_quotients)
{
    static const double starts[][2] = { { -1.2, 1 }, { 1, 1 }, { 0, 0 }, { 1e3, -1e-3 }, { 3e-6, 2e-9 } };
    gsl_vector *x = gsl_vector_alloc(2);
    dm_check_report r;

    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        double right = 1, half = 0.5, minus = -1;
        gsl_vector_set(x, 0, starts[i][0]);
        gsl_vector_set(x, 1, starts[i][1]);
        int status = dm_check_fdf(rosenbrock, its_gradient, &right, x, &r);
        ck_assert_msg(status == GSL_SUCCESS, "start %zu: error %g, noise %g", i, r.error, r.noise);
        if (i == 1)
            continue;                  /* the minimum: a multiple of zero is right */
        ck_assert_int_eq(dm_check_fdf(rosenbrock, its_gradient, &half, x, &r), GSL_FAILURE);
        ck_assert_str_eq(r.why, "it is 0.5 times the right one");
        ck_assert_int_eq(dm_check_fdf(rosenbrock, its_gradient, &minus, x, NULL), GSL_FAILURE);
    }
    gsl_vector_free(x);
}
END_TEST

/* Steps that leave the domain, large entries beside small ones. */
START_TEST(difference_quotients_at_the_edge)
{
    double data[] = { 1e-6, 1, 1e6, 3e-2 }, right = 1, wrong = 1.001;
    gsl_vector_view x = gsl_vector_view_array(data, 4);
    dm_check_report r;

    int status = dm_check_fdf(logarithms, their_gradient, &right, &x.vector, &r);
    ck_assert_msg(status == GSL_SUCCESS, "error %g, noise %g", r.error, r.noise);
    ck_assert_int_eq(dm_check_fdf(logarithms, their_gradient, &wrong, &x.vector, &r), GSL_FAILURE);
    data[0] = -1;
    ck_assert_int_eq(dm_check_fdf(logarithms, their_gradient, &right, &x.vector, &r), GSL_EDOM);
    ck_assert_str_eq(raised.message, "dm_check_fdf: f has no value at x");
}
END_TEST

/* ------------------------------------------------------------------------------------------- errors -- */

START_TEST(text)
{
    gsl_matrix *A = MATRIX(2, 2, 1, 2, 3.5, 4);
    multiples m = { 2, 0 };
    dm_function F = { trace_of_square, NULL };
    dm_hand hand = { multiple, &m };
    dm_check_report r;
    char whole[3000], part[20];

    dm_check_gradient(&F, &hand, A, &r);
    size_t length = dm_check_text(&r, whole, sizeof whole);
    ck_assert_uint_eq(length, strlen(whole));
    ck_assert_uint_eq(dm_check_text(&r, NULL, 0), length);
    ck_assert_uint_eq(dm_check_text(&r, part, sizeof part), length);
    ck_assert(strncmp(whole, part, sizeof part - 1) == 0 && strlen(part) == sizeof part - 1);
    ck_assert_ptr_nonnull(strstr(whole, "wrong in 2 of 4 entries, worst at (1,2): it is the transpose of the "
                                        "right one\n"));
    ck_assert_ptr_nonnull(strstr(whole, "  entry (1,2)                     4             7\n"));
    ck_assert_ptr_nonnull(strstr(whole, "  entries that differ             2 of 4\n"));
    for (const char *line = whole; *line; line += strcspn(line, "\n") + 1)
        ck_assert_uint_le(strcspn(line, "\n"), 80);

    FILE *stream = tmpfile();
    ck_assert_ptr_nonnull(stream);
    ck_assert_int_eq(dm_check_write(&r, stream), GSL_SUCCESS);
    ck_assert_int_eq(ftell(stream), (long) length);
    fclose(stream);
}
END_TEST

/* The sum of log(A - 0.9), which keeps an eye on GSL's error handler. */
typedef struct {
    gsl_error_handler_t *handler;
    size_t failures, changed;
} watch;

static gsl_error_handler_t *handler_now(void)
{
    gsl_error_handler_t *handler = gsl_set_error_handler_off();

    gsl_set_error_handler(handler);
    return handler;
}

static dm *logs_of_the_excess(dm *A, void *params)
{
    watch *w = params;
    dm_context *context = dm_context_of(A);
    dm *f = dm_sum(dm_log(dm_sub(A, dm_scale(dm_ones(context, dm_rows(A), dm_columns(A)), 0.9))));

    w->failures += dm_status(f) != GSL_SUCCESS;
    w->changed += handler_now() != w->handler;
    return f;
}

/* The error handler belongs to the program, and all its threads have the same one. */
START_TEST(where_the_function_fails_on_the_way_nothing_is_raised_and_no_handler_changed)
{
    gsl_matrix *A = MATRIX(2, 2, 1, 1.1, 1.2, 1.05);
    multiples m = { 2, 0 };
    watch w = { handler_now(), 0, 0 };
    dm_function F = { logs_of_the_excess, &w };
    dm_hand hand = { multiple, &m };
    dm_check_report r;

    ck_assert_int_eq(dm_check_gradient(&F, &hand, A, &r), GSL_FAILURE);
    ck_assert_uint_gt(w.failures, 0);
    ck_assert_uint_eq(w.changed, 0);
    ck_assert_int_eq(raised.times, 0);
}
END_TEST

START_TEST(null)
{
    gsl_matrix *A = MATRIX(1, 1, 1);
    multiples m = { 2, 0 };
    dm_function F = { trace_of_square, NULL }, no_F = { NULL, NULL };
    dm_hand hand = { multiple, &m }, no_hand = { NULL, NULL };
    double half = 0.5;
    gsl_vector_view x = gsl_matrix_column(A, 0);

    ck_assert_int_eq(dm_check_gradient(&F, NULL, A, NULL), GSL_EFAULT);
    ck_assert_str_eq(raised.message, "dm_check_gradient: F, hand or A is NULL");
    ck_assert_int_eq(dm_check_gradient(&F, &no_hand, A, NULL), GSL_EFAULT);
    ck_assert_int_eq(dm_check_jacobian(NULL, &hand, A, NULL), GSL_EFAULT);
    ck_assert_int_eq(dm_check_jacobian(&no_F, &hand, A, NULL), GSL_EFAULT);
    ck_assert_int_eq(dm_check_hessian(&F, &hand, NULL, NULL), GSL_EFAULT);
    ck_assert_int_eq(dm_check_fdf(NULL, its_gradient, &half, &x.vector, NULL), GSL_EFAULT);
    ck_assert_int_eq(dm_check_fdf(rosenbrock, NULL, &half, &x.vector, NULL), GSL_EFAULT);
    ck_assert_int_eq(dm_check_fdf(rosenbrock, its_gradient, &half, NULL, NULL), GSL_EFAULT);
    ck_assert_int_eq(raised.times, 8);

    dm_check_report r = { .rows = 0 };
    char said[] = "as it was";
    ck_assert_uint_eq(dm_check_sentence(NULL, said, 8), 0);
    ck_assert_str_eq(raised.message, "dm_check_sentence: report or text is NULL");
    ck_assert_str_eq(said, "");
    ck_assert_uint_eq(dm_check_sentence(&r, NULL, 8), 0);
    ck_assert_uint_eq(dm_check_text(NULL, said, sizeof said), 0);
    ck_assert_str_eq(raised.message, "dm_check_text: report or text is NULL");
    ck_assert_uint_eq(dm_check_text(&r, NULL, 8), 0);
    ck_assert_int_eq(dm_check_write(NULL, stdout), GSL_EFAULT);
    ck_assert_int_eq(dm_check_write(&r, NULL), GSL_EFAULT);
    ck_assert_str_eq(raised.message, "dm_check_write: report or stream is NULL");
    ck_assert_int_eq(raised.times, 14);
}
END_TEST

START_TEST(errors)
{
    gsl_matrix *A = MATRIX(2, 2, 1, 2, -3.5, 4), *B = MATRIX(2, 3, 1, 2, 3, 4, 5, 6);
    multiples m = { 2, 0 };
    dm_function logs = { sum_of_logs, NULL }, trace = { trace_of_square, NULL },
                transpose = { transposed_matrix, NULL };
    int code = GSL_FAILURE, no_memory = GSL_ENOMEM;
    dm_hand hand = { multiple, &m }, reciprocal = { reciprocals, NULL }, failing = { gives_up, &code },
            too_large = { gives_up, &no_memory };
    double data[] = { -1, 1 }, right = 1;
    gsl_vector_view x = gsl_vector_view_array(data, 2);
    dm_check_report r, before;

    memset(&r, 7, sizeof r);
    memcpy(&before, &r, sizeof r);
    ck_assert_int_eq(dm_check_gradient(&logs, &hand, A, &r), GSL_EDOM);
    ck_assert_int_eq(raised.times, 1);
    ck_assert_int_eq(dm_check_fdf(logarithms, their_gradient, &right, &x.vector, &r), GSL_EDOM);
    ck_assert_int_eq(dm_check_gradient(&trace, &hand, B, &r), GSL_EBADLEN);
    ck_assert_int_eq(dm_check_gradient(&transpose, &hand, A, &r), GSL_EBADLEN);
    ck_assert_int_eq(dm_check_gradient(&trace, &reciprocal, zeros(2, 2), &r), GSL_EDOM);
    ck_assert_str_eq(raised.message, "dm_check: the hand-derived derivative is not finite at A");
    ck_assert_int_eq(dm_check_gradient(&trace, &failing, A, &r), GSL_EBADFUNC);
    ck_assert_str_eq(raised.message, "dm_check: the hand-derived derivative fails at A: df returns -1 (failure)");
    ck_assert_int_eq(dm_check_gradient(&trace, &too_large, A, &r), GSL_ENOMEM);
    ck_assert_msg(memcmp(&r, &before, sizeof r) == 0, "the report is not as it was");
}
END_TEST

/* The k-th allocation fails: GSL_ENOMEM or the right answer; nothing is lost. */
START_TEST(without_memory)
{
    gsl_matrix *A = MATRIX(2, 2, 1, 2, 3.5, 4);
    double data[] = { -1.2, 1 }, half = 0.5;
    gsl_vector_view x = gsl_vector_view_array(data, 2);
    multiples m = { 3, -1 };
    dm_function F = { trace_of_square, NULL };
    dm_hand hand = { multiple, &m };
    size_t enough = 0, failures = 0;

    for (size_t k = 0; enough < 3; k++) {
        dm_check_report r;
        long lost = blocks_in_use();
        fail_allocation(k, true);
        int status = dm_check_gradient(&F, &hand, A, &r), other = dm_check_fdf(rosenbrock, its_gradient, &half,
                                                                               &x.vector, &r);
        allocate_again();
        lost = blocks_in_use() - lost;
        ck_assert_int_eq(lost, 0);
        ck_assert_msg(status == GSL_ENOMEM || status == GSL_FAILURE, "%zu: status %d", k, status);
        ck_assert(other == GSL_ENOMEM || other == GSL_FAILURE);
        enough = status == GSL_FAILURE && other == GSL_FAILURE ? enough + 1 : 0;
        failures += status == GSL_ENOMEM;
    }
    ck_assert_uint_gt(failures, 10);
}
END_TEST

Suite *drivers_diagnose_suite(void)
{
    Suite *suite = suite_create("drivers/diagnose");
    TCase *tc = case_of(suite, "derivatives"), *plain = case_of(suite, "quotients"), *rest = case_of(suite, "rest");

    tcase_add_loop_test(tc, gradients, 0, sizeof of_trace / sizeof of_trace[0]);
    tcase_add_test(tc, a_single_entry);
    tcase_add_test(tc, an_outer_factor);
    tcase_add_test(tc, what_is_not_known_is_not_said);
    tcase_add_loop_test(tc, kinks_excuse_nothing, 0, sizeof at_kinks / sizeof at_kinks[0]);
    tcase_add_test(tc, within_the_domain);
    tcase_add_test(tc, jacobians_and_hessians);
    tcase_add_test(plain, difference_quotients);
    tcase_add_test(plain, difference_quotients_at_the_edge);
    tcase_add_test(rest, text);
    tcase_add_test(rest, where_the_function_fails_on_the_way_nothing_is_raised_and_no_handler_changed);
    tcase_add_test(rest, null);
    tcase_add_test(rest, errors);
    tcase_add_test(rest, without_memory);
    return suite;
}
