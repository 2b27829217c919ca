/* Out of memory, at every place: the k-th allocation fails, for k = 0, 1, 2 ... until all goes well.  Each
 * failure must be GSL_ENOMEM, raised once, leave the outputs alone, and leave nothing behind.  The sizes vary,
 * so that the chunks of the arena, which are what is allocated, end in many places.                   */
#include "../fixture.h"
#include "../memory.h"
#include "../suites.h"
#include "core/dm.h"

/* Large enough for the arena to ask for new chunks again and again; Jacobians are larger than what they are of. */
enum { N = 24, SMALL = 9 };

static dm *function(dm *A, void *params)
{
    dm *S = dm_scale(dm_identity(dm_context_of(A), dm_rows(A)), 40);
    dm *B = dm_add(dm_mul(A, dm_transpose(A)), S), *X = dm_inverse(B);

    (void) params;
    return dm_add(dm_trace(dm_mul(dm_solve(B, dm_exp(A)), X)), dm_add(dm_logdet(B), dm_norm_frobenius(A)));
}

static dm *matrix_function(dm *A, void *params)
{
    (void) params;
    return dm_hadamard(dm_mul(A, dm_transpose(A)), dm_sin(dm_kron(dm_block(A, 0, 0, 1, 1), A)));
}

static dm *sandwich(dm *A, void *params)
{
    (void) params;
    return dm_mul(dm_mul(dm_ones(dm_context_of(A), 3, dm_rows(A)), A), A);
}

static dm *decay(dm *A, void *params)
{
    (void) params;
    return dm_sum(dm_exp(dm_neg(A)));
}

static dm *linear(dm *A, void *params)
{
    (void) params;
    return dm_scale(dm_transpose(A), 3);
}

static dm *singular(dm *A, void *params)
{
    (void) params;
    return dm_det(dm_sub(A, A));
}

/* Everything that is written to. */
typedef struct {
    size_t n;
    gsl_matrix *A, *dA, *U, *F, *G, *J, *H;
    double value;
} data;

static const dm_function f = { function, NULL }, F = { matrix_function, NULL }, S = { sandwich, NULL };
static const dm_function C = { singular, NULL }, D = { decay, NULL };

static int gradient(data *d) { return dm_gradient(&f, d->A, &d->value, d->U); }
static int jvp(data *d) { return dm_jvp(&F, d->A, d->dA, d->F, d->G); }
static int jacobian(data *d) { return dm_jacobian(&F, d->A, d->F, d->J); }
static int jacobian_of_one(data *d)
{
    gsl_matrix_view row = gsl_matrix_submatrix(d->J, 0, 0, 1, d->n * d->n);
    return dm_jacobian(&f, d->A, NULL, &row.matrix);
}
/* One row, which is a view until it is stored. */
static int jacobian_of_a_view(data *d)
{
    gsl_matrix_view row = gsl_matrix_submatrix(d->J, 0, 0, 1, d->n * d->n);
    return dm_jacobian(&D, d->A, NULL, &row.matrix);
}
static int kronecker(data *d)
{
    gsl_matrix_view part = gsl_matrix_submatrix(d->J, 0, 0, 3 * d->n, d->n * d->n);
    return dm_jacobian(&S, d->A, NULL, &part.matrix);
}
static int hessian(data *d) { return dm_hessian(&f, d->A, &d->value, d->U, d->H); }
static int hessian_vector(data *d) { return dm_hessian_vector(&f, d->A, d->dA, &d->value, d->U, d->G); }
static int singular_hessian(data *d) { return dm_hessian_vector(&C, d->A, d->dA, &d->value, d->U, d->G); }

/* By hand, in a context of its own: variables, nested ones, panels. */
static int low_level(data *d)
{
    dm_context *own = dm_context_alloc();
    const gsl_matrix *panel[] = { d->dA, d->A };
    int status = GSL_ENOMEM;

    if (own) {
        dm *x = dm_dual_panel(own, d->A, 2, panel), *y = dm_variable_of(x), *z = dm_variable(own, d->dA);
        dm *g = dm_gradient_of(function(y, NULL), y);
        if (!(status = dm_status(g)) && !dm_differential(g, 1).matrix.data)
            status = GSL_ENOMEM;
        if (!status)
            status = dm_read_off(dm_trace(dm_mul(z, z)), z, d->U);
        else if (!raised.times)
            dm_value(g);
    }
    dm_context_free(own);
    return status;
}

/* Steps in scopes, with a result that is carried out of each. */
static int scopes(data *d)
{
    dm_context *own = dm_context_alloc();
    int status = own ? GSL_SUCCESS : GSL_ENOMEM;

    if (own) {
        dm *X = dm_dual(own, d->A, d->dA), *B = dm_constant(own, d->dA);
        for (int i = 0; i < 3 && !status; i++) {
            dm_scope scope = dm_scope_open(own);
            X = dm_sin(dm_add(dm_mul(X, B), dm_inverse(dm_add(dm_mul(B, dm_transpose(B)), dm_identity(own, d->n)))));
            status = dm_scope_close(scope, &X, 1);
        }
        if (!status && !dm_value(X).matrix.data)
            status = dm_status(X) ? dm_status(X) : GSL_ENOMEM;
    }
    dm_context_free(own);
    return status;
}

static const struct {
    const char *name;
    int (*run)(data *d);
    size_t n;
} sequences[] = {
    { "dm_gradient", gradient, N }, { "dm_jvp", jvp, N }, { "dm_jacobian", jacobian, SMALL },
    { "dm_jacobian of one row", jacobian_of_one, N }, { "dm_jacobian by Kronecker products", kronecker, 2 * N },
    { "dm_jacobian of a view", jacobian_of_a_view, N },
    { "dm_hessian", hessian, SMALL }, { "dm_hessian_vector", hessian_vector, N },
    { "second derivatives at a singular matrix", singular_hessian, N },
    { "low-level calls", low_level, N }, { "scopes", scopes, N },
};

enum { SEQUENCES = sizeof sequences / sizeof *sequences };

/* A matrix to be written to; of an odd n its rows do not lie one behind the other. */
static gsl_matrix *output(size_t n, size_t rows)
{
    gsl_matrix *M = zeros(rows, rows + n % 2);

    M->size2 = rows;
    return M;
}

static void draw(data *d, size_t n)
{
    dice of_five = { n };

    d->n = n;
    d->A = random_matrix(&of_five, ANY, n, n);
    d->dA = random_matrix(&of_five, ANY, n, n);
    d->U = output(n, n);
    d->F = output(n, n);
    d->G = output(n, n);
    d->J = output(n, n * n);
    d->H = output(n, n * n);
    d->value = 0;
}

static bool untouched(const data *d)
{
    return d->value == 0 && gsl_matrix_isnull(d->U) && gsl_matrix_isnull(d->F) && gsl_matrix_isnull(d->G)
        && gsl_matrix_isnull(d->J) && gsl_matrix_isnull(d->H);
}

/* Let one allocation after the other fail (and with `after` all later ones too); how many there are. */
static size_t fail_one_by_one(int i, size_t n, bool after)
{
    data d;

    draw(&d, n);
    for (size_t k = 0;; k++) {
        forget_errors();
        long before = blocks_in_use();
        fail_allocation(k, after);
        int status = sequences[i].run(&d);
        allocate_again();
        long leaked = blocks_in_use() - before;
        ck_assert_msg(leaked == 0, "%s of %zu×%zu, allocation %zu: %ld blocks are lost", sequences[i].name, n, n, k, leaked);
        if (status == GSL_SUCCESS) {
            ck_assert_int_eq(raised.times, 0);
            return k;
        }
        ck_assert_msg(status == GSL_ENOMEM && raised.code == GSL_ENOMEM, "%s of %zu×%zu, allocation %zu: %s",
                      sequences[i].name, n, n, k, raised.message);
        ck_assert_msg(raised.times == 1, "%s of %zu×%zu, allocation %zu: raised %d times", sequences[i].name, n, n, k,
                      raised.times);
        ck_assert_msg(untouched(&d), "%s of %zu×%zu, allocation %zu: an output is written", sequences[i].name, n, n, k);
        ck_assert_msg(k < 1000, "%s never succeeds", sequences[i].name);
    }
}

START_TEST(every_allocation_may_fail)
{
    size_t most = sequences[_i].n, asked = 0;

    for (size_t n = most - many(most - 2) + 1; n <= most; n++) {
        asked = fail_one_by_one(_i, n, false);
        asked = fail_one_by_one(_i, n, true);
        forget_matrices();
    }
    ck_assert_msg(asked >= 3, "%s asks for memory %zu times only", sequences[_i].name, asked);
}
END_TEST

/* ---------------------------------------------------------------------------- byte by byte
 *
 * The function takes all memory but for some bytes when it returns: what the driver does after it must do
 * with these, or be GSL_ENOMEM and leave the outputs alone.                                           */
static size_t left;
static dm *(*thrifty)(dm *A, void *params);

static dm *greedy(dm *A, void *params)
{
    dm_context *context = dm_context_of(A);
    dm *result = thrifty(A, params);

    if (dm_arena_alloc(context, (size_t) 4 << 20))
        context->at = context->end - left;
    fail_allocation(0, true);
    return result;
}

/* Values and derivatives that are not formed before somebody takes them out. */
static dm *unformed(dm *A, void *params)
{
    (void) params;
    return dm_mul(dm_scale(A, 2), dm_mul(A, dm_transpose(A)));
}

static dm *unformed_number(dm *A, void *params)
{
    dm *ones = dm_ones(dm_context_of(A), dm_rows(A), 1);

    return dm_scale(dm_mul(dm_transpose(ones), dm_mul(unformed(A, params), ones)), 3);
}

static const dm_function greedy_function = { greedy, NULL };

static int greedy_gradient(data *d) { thrifty = unformed_number; return dm_gradient(&greedy_function, d->A, &d->value, d->U); }
static int greedy_jvp(data *d) { thrifty = unformed; return dm_jvp(&greedy_function, d->A, d->dA, d->F, d->G); }
static int greedy_jacobian(data *d) { thrifty = unformed; return dm_jacobian(&greedy_function, d->A, d->F, d->J); }
static int greedy_linear(data *d) { thrifty = linear; return dm_jacobian(&greedy_function, d->A, d->F, d->J); }
static int greedy_hessian(data *d) { thrifty = unformed_number; return dm_hessian(&greedy_function, d->A, &d->value, d->U, d->H); }
static int greedy_vector(data *d)
{
    thrifty = unformed_number;
    return dm_hessian_vector(&greedy_function, d->A, d->dA, &d->value, d->U, d->G);
}

static int (*const greedy_sequences[])(data *) = {
    greedy_gradient, greedy_jvp, greedy_jacobian, greedy_linear, greedy_hessian, greedy_vector,
};

enum { GREEDY = sizeof greedy_sequences / sizeof *greedy_sequences };

static void must_equal(const data *d, const data *right)
{
    same_number(d->value, right->value, 0, "the value");
    same(d->U, right->U, 0, "U");
    same(d->F, right->F, 0, "F");
    same(d->G, right->G, 0, "G");
    same(d->J, right->J, 0, "J");
    same(d->H, right->H, 0, "H");
}

/* How often there was too little. */
static size_t starve(int i, size_t n)
{
    data right, d;
    size_t refused_times = 0, bytes = 32 * step(7);

    left = (size_t) 1 << 20;
    draw(&right, n);
    int status = greedy_sequences[i](&right);
    allocate_again();
    ck_assert_msg(status == GSL_SUCCESS, "%s", raised.message);
    for (left = 0; left < 2 * bytes * (refused_times + 64); left += bytes) {
        draw(&d, n);
        forget_errors();
        long before = blocks_in_use();
        status = greedy_sequences[i](&d);
        allocate_again();
        long leaked = blocks_in_use() - before;
        ck_assert_msg(leaked == 0, "driver %d with %zu bytes: %ld blocks are lost", i, left, leaked);
        if (status == GSL_SUCCESS) {
            must_equal(&d, &right);
        } else {
            refused_times++;
            ck_assert_msg(status == GSL_ENOMEM && raised.code == GSL_ENOMEM && raised.times == 1,
                          "driver %d with %zu bytes: %d times %s", i, left, raised.times, raised.message);
            ck_assert_msg(untouched(&d), "driver %d with %zu bytes: an output is written", i, left);
        }
    }
    return refused_times;
}

START_TEST(a_driver_does_with_what_is_left_or_says_so)
{
    ck_assert_uint_gt(starve(_i, 3), 0);           /* the rows of the outputs lie apart */
    starve(_i, 4);
}
END_TEST

Suite *drivers_memory_suite(void)
{
    Suite *suite = suite_create("drivers/memory");
    TCase *tc = case_of(suite, "out of memory");

    tcase_add_loop_test(tc, every_allocation_may_fail, 0, SEQUENCES);
    tcase_add_loop_test(tc, a_driver_does_with_what_is_left_or_says_so, 0, GREEDY);
    return suite;
}
