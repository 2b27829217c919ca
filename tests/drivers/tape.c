/* Tapes: whatever a tape gives must be what the driver of the same name gives, result or error.
 *
 * So there is one test, `ask_both`: it asks the driver and the tape, of the same matrices, and compares the status,
 * the message, the outputs (to rounding; after an error they must be as they were) and the margins beside them.  All
 * others only find something to ask: every row of the table of operations alone and between others, with one matrix
 * and several, functions that look at entries, points where a derivative is not regular, what is not finite, and
 * too little memory.  Each tape is asked again and again, with other entries at other addresses.       */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "../fixture.h"
#include "../memory.h"
#include "../suites.h"
#include "drivers/drivers.h"
#include "operations/operations.h"

/* --------------------------------------------------------------------------------------- what is asked */

typedef enum { GRADIENT, JVP, JACOBIAN, HESSIAN, HESSIAN_VECTOR, CALLS } call;

static const char *const call_name[] = { "gradient", "jvp", "jacobian", "hessian", "hessian_vector" };

/* How matrices lie: one behind the other, with margins to the right of each row, or outputs over inputs. */
typedef enum { CLOSE, APART, OVER, LAYOUTS } layout;

enum { NO_VALUE = 1, NO_GRADIENT = 2 };        /* outputs that may be NULL are */

enum { BEFORE = 7, MARGIN = 8 };       /* what is in the outputs before the call, and in margins */

/* The matrices of a call: `out` is U, dF, J, H or HdA; `second` is U beside H or HdA.  NULL: not wanted. */
typedef struct {
    gsl_matrix *A, *dA, *value, *out, *second;
    double *number, entry;
    gsl_matrix part;                   /* A, where it lies within an output */
} places;

static int ask_driver(call c, const dm_function *F, const places *p)
{
    switch (c) {
    case GRADIENT: return dm_gradient(F, p->A, p->number, p->out);
    case JVP: return dm_jvp(F, p->A, p->dA, p->value, p->out);
    case JACOBIAN: return dm_jacobian(F, p->A, p->value, p->out);
    case HESSIAN: return dm_hessian(F, p->A, p->number, p->second, p->out);
    default: return dm_hessian_vector(F, p->A, p->dA, p->number, p->second, p->out);
    }
}

static int ask_tape(call c, dm_tape *tape, const places *p)
{
    switch (c) {
    case GRADIENT: return dm_tape_gradient(tape, p->A, p->number, p->out);
    case JVP: return dm_tape_jvp(tape, p->A, p->dA, p->value, p->out);
    case JACOBIAN: return dm_tape_jacobian(tape, p->A, p->value, p->out);
    case HESSIAN: return dm_tape_hessian(tape, p->A, p->number, p->second, p->out);
    default: return dm_tape_hessian_vector(tape, p->A, p->dA, p->number, p->second, p->out);
    }
}

/* --------------------------------------------------------------------------------- where matrices lie */

static gsl_matrix *room(size_t m, size_t n, size_t margin)
{
    gsl_matrix *M = zeros(m, n + margin);

    gsl_matrix_set_all(M, MARGIN);
    M->size2 = n;
    gsl_matrix_set_all(M, BEFORE);
    return M;
}

static gsl_matrix *placed(const gsl_matrix *A, size_t margin)
{
    gsl_matrix *M = room(A->size1, A->size2, margin);

    gsl_matrix_memcpy(M, A);
    return M;
}

static void margin_is_there(const gsl_matrix *M, const char *text)
{
    for (size_t i = 0; M && i < M->size1; i++)
        for (size_t j = M->size2; j < M->tda; j++)
            ck_assert_msg(M->data[i * M->tda + j] == MARGIN, "%s: row %zu is written to beyond its end", text, i + 1);
}

/* Places for a function rows × cols of A. */
static places find_places(call c, layout how, const gsl_matrix *A, const gsl_matrix *dA, size_t rows, size_t cols,
                          unsigned without)
{
    size_t margin = how == APART ? 1 + A->size1 % 3 : 0, entries = A->size1 * A->size2;
    places p = { .A = placed(A, margin), .dA = placed(dA, margin), .entry = BEFORE };

    if ((c == JVP || c == JACOBIAN) && !(without & NO_VALUE))
        p.value = room(rows, cols, margin);
    if (c == JVP)
        p.out = room(rows, cols, margin);
    else if (c == JACOBIAN || c == HESSIAN)
        p.out = room(c == HESSIAN ? entries : rows * cols, entries, margin);
    else
        p.out = room(A->size1, A->size2, margin);
    if ((c == HESSIAN || c == HESSIAN_VECTOR) && !(without & NO_GRADIENT))
        p.second = room(A->size1, A->size2, margin);
    return p;
}

static bool like(const gsl_matrix *A, const gsl_matrix *B)
{
    return A && B && A->size1 == B->size1 && A->size2 == B->size2;
}

/* Outputs are put over inputs, in one way or the other. */
static void overlay(call c, places *p, bool second)
{

    if (c == GRADIENT) {
        p->out = p->A;
    } else if (c == JVP && like(p->out, p->A)) {
        p->out = second ? p->A : p->dA;
        if (p->value)
            p->value = second ? p->dA : p->A;
    } else if (c == HESSIAN_VECTOR) {
        p->out = second ? p->A : p->dA;
        if (p->second)
            p->second = second ? p->dA : p->A;
    } else if (second && c == HESSIAN && p->second) {
        p->second = p->A;
    } else if (second && c == JACOBIAN && like(p->value, p->A)) {
        p->value = p->A;
    } else if (p->out->size1 >= p->A->size1 && p->out->size2 >= p->A->size2) {
        size_t m = p->A->size1, n = p->A->size2;           /* its last rows and columns, or its first entries */
        p->part = second ? gsl_matrix_submatrix(p->out, p->out->size1 - m, p->out->size2 - n, m, n).matrix
                         : gsl_matrix_view_array(p->out->data, m, n).matrix;
        gsl_matrix_memcpy(&p->part, p->A);
        p->A = &p->part;
    }
}

/* ----------------------------------------------------------------------------------- the one comparison
 *
 * Both go through the same products and sums, but in another order.  Entries of the results are sums of as many
 * products as there are entries; what is cancelled in them is no larger than `size` allows for.       */
typedef struct {
    dm_function F;
    dm_tape *tape;
    size_t rows, cols;                 /* of F */
    double tolerance;                  /* for results of size 1 */
    char text[400];
} question;

static void alike(const gsl_matrix *got, const gsl_matrix *expected, double tolerance, const char *text, const char *what)
{
    if (got)
        same(got, expected, tolerance * fmax(largest(expected), 1), "%s: %s", text, what);
}

static gsl_matrix *copy_or_null(const gsl_matrix *A)
{
    return A ? copy(A) : NULL;
}

static int ask_both(const question *q, call c, layout how, const gsl_matrix *A, const gsl_matrix *dA, unsigned without)
{
    places right = find_places(c, CLOSE, A, dA, q->rows, q->cols, without);
    char text[600];

    snprintf(text, sizeof text, "%s: %s, layout %d, without %u", q->text, call_name[c], how, without);
    right.number = without & NO_VALUE ? NULL : &right.entry;
    forget_errors();
    int status = ask_driver(c, &q->F, &right);
    error_log expected = raised;
    for (int second = 0; second < (how == OVER ? 2 : 1); second++) {
        places p = find_places(c, how, A, dA, q->rows, q->cols, without);
        p.number = without & NO_VALUE ? NULL : &p.entry;
        if (how == OVER)
            overlay(c, &p, second);
        gsl_matrix *value = copy_or_null(p.value), *out = copy(p.out), *gradient = copy_or_null(p.second);
        forget_errors();
        int got = ask_tape(c, q->tape, &p);
        ck_assert_msg(got == status, "%s: %d (%s), expected %d (%s)", text, got, raised.message, status,
                      expected.message);
        ck_assert_msg(raised.times == expected.times && raised.code == expected.code
                      && strcmp(raised.message, expected.message) == 0, "%s: raised %d times %s, expected %d times %s",
                      text, raised.times, raised.message, expected.times, expected.message);
        bool fine = status == GSL_SUCCESS;
        double tolerance = fine ? q->tolerance : 0;
        same_number(p.entry, right.entry, tolerance * fmax(fabs(right.entry), 1), "%s: value", text);
        alike(p.value, fine ? right.value : value, tolerance, text, "value");
        alike(p.out, fine ? right.out : out, tolerance, text, "derivative");
        alike(p.second, fine ? right.second : gradient, tolerance, text, "gradient");
        if (how == APART) {
            margin_is_there(p.value, text);
            margin_is_there(p.out, text);
            margin_is_there(p.second, text);
        }
    }
    forget_errors();
    return status;
}

/* A tape for q->F; the shape of F(A) is found by calling it. */
static void begin_question(question *q, dm *(*f)(dm *A, void *params), void *params, const gsl_matrix *A)
{
    q->F = (dm_function) { f, params };
    q->tape = dm_tape_alloc(&q->F);
    ck_assert_ptr_nonnull(q->tape);
    dm *Y = f(dm_constant(here, A), params);
    q->rows = Y && !dm_status(Y) ? dm_rows(Y) : 1;
    q->cols = Y && !dm_status(Y) ? dm_columns(Y) : 1;
    dm_context_reset(here);
    if (q->tolerance == 0)
        q->tolerance = 64 * (double) (A->size1 * A->size2 + q->rows * q->cols) * DBL_EPSILON;
}

/* Everything that a function has, but for what only scalars have. */
static void ask_everything(const question *q, layout how, const gsl_matrix *A, const gsl_matrix *dA, unsigned without)
{
    bool scalar = q->rows == 1 && q->cols == 1;

    for (call c = 0; c < CALLS; c++)
        if (scalar || c == JVP || c == JACOBIAN)
            ask_both(q, c, how, A, dA, without);
}

/* ------------------------------------------------------------------------------- every row of the table */

enum { LETTERS = 'q' - 'm' + 1 };

static size_t *size_of(size_t size[], char letter)
{
    return &size[letter - 'm'];
}

static void vector(size_t size[])                     /* norm: n×1 or 1×n */
{
    size_t *m = size_of(size, 'm'), *n = size_of(size, 'n');

    *(*m % 2 ? n : m) = 1;
}

static void left_multiple(size_t size[])              /* C m×n of B p×q */
{
    *size_of(size, 'p') = *size_of(size, 'p') % 3 + 1;
    *size_of(size, 'q') = *size_of(size, 'q') % 2 + 1;
    *size_of(size, 'm') *= *size_of(size, 'p');
    *size_of(size, 'n') *= *size_of(size, 'q');
}

static void right_multiple(size_t size[])             /* C p×q of A m×n */
{
    *size_of(size, 'm') = *size_of(size, 'm') % 3 + 1;
    *size_of(size, 'n') = *size_of(size, 'n') % 2 + 1;
    *size_of(size, 'p') *= *size_of(size, 'm');
    *size_of(size, 'q') *= *size_of(size, 'n');
}

/* Operands are ANY of the shapes of the row, but for these. */
static const struct {
    const char *name;
    data_kind kind[DM_OPERANDS];
    void (*shape)(size_t size[]);
} domains[] = {
    { "log", { POSITIVE }, NULL }, { "log1p", { POSITIVE }, NULL }, { "log10", { POSITIVE }, NULL },
    { "log2", { POSITIVE }, NULL }, { "sqrt", { POSITIVE }, NULL }, { "pow", { POSITIVE }, NULL },
    { "hadamard_power", { POSITIVE, ANY }, NULL }, { "inverse", { REGULAR }, NULL }, { "solve", { REGULAR, ANY }, NULL },
    { "solve_right", { ANY, REGULAR }, NULL }, { "det", { REGULAR }, NULL }, { "cofactor", { REGULAR }, NULL },
    { "logdet", { REGULAR }, NULL }, { "power", { REGULAR }, NULL }, { "eigenvalues", { SYMMETRIC }, NULL },
    { "eigenvectors", { SYMMETRIC }, NULL }, { "norm", { ANY }, vector }, { "kron_left", { ANY, ANY }, left_multiple },
    { "kron_right", { ANY, ANY }, right_multiple },
};

static size_t domain_of(const dm_op *op)
{
    for (size_t d = 0; d < sizeof domains / sizeof *domains; d++)
        if (strcmp(domains[d].name, op->name) == 0)
            return d;
    return SIZE_MAX;
}

static data_kind kind_of(const dm_op *op, size_t operand)
{
    size_t domain = domain_of(op);

    return domain == SIZE_MAX ? ANY : domains[domain].kind[operand];
}

/* Parameters to try for an m×n operand; those that do not suit the operation's shapes are left out later. */
static size_t choices(const dm_op *op, size_t m, size_t n, dm_parameters choice[])
{
    static const double numbers[] = { -2, 0, 1, 2.5, 3, 1e-5 };
    const size_t shape[][2] = { { m * n, 1 }, { n, m }, { 1, 3 }, { 3, 2 } };
    const dm_parameters place[] = {
        { 0, 0, 0, m, n }, { 0, m / 2, n / 3, m - m / 2, n - n / 3 }, { 0, m - 1, n - 1, 1, 1 }, { 0, 1, 2, m + 3, n + 2 },
    };
    size_t count = 0;

    if (!op->parameters) {
        choice[count++] = (dm_parameters) { .number = 0 };
    } else if (strcmp(op->parameters, "p") == 0) {
        for (; count < sizeof numbers / sizeof *numbers; count++)
            choice[count] = (dm_parameters) { .number = numbers[count] };
    } else if (strcmp(op->parameters, "k") == 0) {
        for (; count < 6; count++)
            choice[count] = (dm_parameters) { .number = (double) count - 2 };
    } else if (strcmp(op->parameters, "rc") == 0) {
        for (; count < 4; count++)
            choice[count] = (dm_parameters) { .rows = shape[count][0], .cols = shape[count][1] };
    } else if (strcmp(op->parameters, "ijrc") == 0) {
        for (; count < 4; count++)
            choice[count] = place[count];
    } else {
        ck_abort_msg("dm_%s: no example of the parameters \"%s\" is known", op->name, op->parameters);
    }
    return count;
}

/* How a function is made of the operation: Y = op(..., A, ...), the other operand a constant; Y + Y with both the
 * same matrix; between others, with all that nested operations bring.                                 */
typedef enum { PLAIN, TWICE, NESTED, SHARED, USES } use;

typedef struct {
    const dm_op *op;
    const dm_parameters *with;
    size_t arity, which;               /* operand that A is */
    use how;
    gsl_matrix *X[DM_OPERANDS], *W;    /* constants; what <W, Y> is taken of */
    bool scalar, view;                 /* the function is that of <W, Y>; constants are views */
} example;

static dm *constant_of(const example *e, dm_context *context, const gsl_matrix *M)
{
    return e->view ? dm_constant_view(context, M) : dm_constant(context, M);
}

/* A function of A near the constant C, so that it is in the same domain: C + sin(A)/64, and symmetric where C is. */
static dm *near(const example *e, dm *A)
{
    dm *C = constant_of(e, dm_context_of(A), e->X[e->which]), *S = dm_scale(dm_sin(A), 1.0 / 64);

    if (kind_of(e->op, e->which) == SYMMETRIC)
        S = dm_add(S, dm_transpose(S));
    return dm_add(C, S);
}

static dm *matrix_of(dm *A, const example *e)
{
    dm *X[DM_OPERANDS] = { NULL };

    for (size_t i = 0; i < e->arity; i++)
        X[i] = i == e->which || (e->how == TWICE && e->arity == 2) ? (e->how >= NESTED ? near(e, A) : A)
                                                                  : constant_of(e, dm_context_of(A), e->X[i]);
    dm *Y = dm_apply(e->op, X, e->op->parameters ? e->with : NULL);
    switch (e->how) {
    case NESTED:                       /* tanh(Y/2).*Y + 3*Y */
        return dm_add(dm_hadamard(dm_tanh(dm_scale(Y, 0.5)), Y), dm_scale(Y, 3));
    case SHARED: {                     /* Y*(Y'*Y + Y'*W) - W*Y'*Y: products that have factors in common */
        dm *W = constant_of(e, dm_context_of(A), e->W), *T = dm_transpose(Y);
        return dm_sub(dm_mul(Y, dm_add(dm_mul(T, Y), dm_mul(T, W))), dm_mul(dm_mul(W, T), Y));
    }
    default:
        return Y;
    }
}

static dm *function_of(dm *A, void *params)
{
    const example *e = params;
    dm *Y = matrix_of(A, e);

    return e->scalar ? dm_inner(constant_of(e, dm_context_of(A), e->W), Y) : Y;
}

static data_kind kind_for(const example *e, size_t operand)
{
    bool whole = strcmp(e->op->name, "pow") == 0 && e->with->number == floor(e->with->number);

    return whole ? ANY : kind_of(e->op, operand);
}

static void ask_example(example *e, dice *d, size_t large)
{
    gsl_matrix *X = e->X[e->which];
    data_kind kind = kind_for(e, e->which);
    question q = { .tolerance = 0 };

    begin_question(&q, function_of, e, X);
    double size = 1 + largest(e->W);
    q.tolerance = 256 * (double) (X->size1 * X->size2 + e->W->size1 * e->W->size2) * DBL_EPSILON * size;
    snprintf(q.text, sizeof q.text, "dm_%s of %zu×%zu%s, operand %zu, use %d, %s, parameters %g %zu %zu %zu %zu", e->op->name,
             X->size1, X->size2, e->arity == 2 ? " and another" : "", e->which + 1, e->how, e->scalar ? "scalar" : "matrix",
             e->with->number, e->with->row, e->with->col, e->with->rows, e->with->cols);
    for (int turn = 0; turn < 3; turn++) {
        gsl_matrix *A = turn ? random_matrix(d, kind, X->size1, X->size2) : X, *dA = random_direction_within(d, kind, A);
        unsigned without = turn == 2 ? (unsigned) (X->size1 + e->which) % 4 : 0;
        if (X->size1 * X->size2 <= large && q.rows * q.cols <= 4 * large) {
            ask_everything(&q, (layout) turn, A, dA, without);
        } else {
            ask_both(&q, JVP, (layout) turn, A, dA, without);
            if (e->scalar)
                ask_both(&q, GRADIENT, (layout) turn, A, dA, without);
            if (e->scalar)
                ask_both(&q, HESSIAN_VECTOR, (layout) turn, A, dA, without);
        }
    }
    dm_tape_free(q.tape);
}

/* The operands are drawn; false where these shapes and parameters are not for the operation. */
static bool draw_example(example *e, dice *d, size_t size[])
{
    dm *X[DM_OPERANDS] = { NULL };

    for (size_t i = 0; i < e->arity; i++) {
        char row = e->op->shapes[3 * i], col = e->op->shapes[3 * i + 1];
        e->X[i] = random_matrix(d, kind_for(e, i), row == '1' ? 1 : *size_of(size, row), col == '1' ? 1 : *size_of(size, col));
        X[i] = dm_constant(here, e->X[i]);
    }
    dm *Y = dm_apply(e->op, X, e->op->parameters ? e->with : NULL);
    bool fits = dm_status(Y) != GSL_EBADLEN;
    if (fits)
        e->W = random_matrix(d, ANY, dm_rows(Y), dm_columns(Y));
    dm_context_reset(here);
    return fits;
}

static void ask_row(size_t row, size_t n, size_t m, size_t p, size_t large, size_t uses)
{
    const dm_op *op = dm_op_at(row);
    dm_parameters choice[16];
    size_t size[LETTERS] = { 0 }, domain = domain_of(op), asked = 0;

    *size_of(size, 'n') = n;
    *size_of(size, 'm') = m;
    *size_of(size, 'p') = p;
    *size_of(size, 'q') = n % 4 + 1;
    if (domain != SIZE_MAX && domains[domain].shape)
        domains[domain].shape(size);
    size_t count = choices(op, op->shapes[0] == '1' ? 1 : *size_of(size, op->shapes[0]),
                           op->shapes[1] == '1' ? 1 : *size_of(size, op->shapes[1]), choice);
    for (size_t k = 0; k < count; k++)
        for (size_t which = 0; which < dm_arity(op); which++)
            for (size_t u = 0; u < 2 * uses; u++) {
                dice d = { 10000 * row + 100 * n + 10 * k + u };
                example e = { .op = op, .with = &choice[k], .arity = dm_arity(op), .which = which, .how = (use) (u / 2),
                              .scalar = u % 2 == 0, .view = (n + u + k) % 2 };
                bool fits = draw_example(&e, &d, size);
                if (fits && !(e.how == TWICE && (e.arity == 1 || !like(e.X[0], e.X[1])
                                                 || kind_of(op, 0) != kind_of(op, 1)))) {
                    ask_example(&e, &d, large);
                    asked++;
                }
                forget_matrices();
            }
    ck_assert_msg(asked > 0, "dm_%s: there is no example of size %zu", op->name, n);
}

START_TEST(every_operation_on_tape)
{
    for (size_t n = 1; n <= 9; n += step(4))
        ask_row((size_t) _i, n, (n + 2) % 5 + 1, (n + 4) % 7 + 1, 20, n <= 5 ? USES : NESTED + 1);
}
END_TEST

START_TEST(every_operation_of_larger_matrices_on_tape)
{
    ask_row((size_t) _i, 12, 3, 9, 12, USES);
    ask_row((size_t) _i, 3, 17, 20, 12, USES);
    ask_row((size_t) _i, 10, 10, 2, 12, many(USES));
}
END_TEST

Suite *drivers_tape_suite(void)
{
    Suite *suite = suite_create("drivers/tape");
    TCase *tc = case_of(suite, "every row");
    int rows = 0;

    while (dm_op_at((size_t) rows))
        rows++;
    tcase_add_loop_test(tc, every_operation_on_tape, 0, rows);
    tcase_add_loop_test(tc, every_operation_of_larger_matrices_on_tape, 0, rows);
    return suite;
}
