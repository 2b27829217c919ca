/* Numbers in every form against plain loops: each of the forms that a number may have, in each place of each
 * operation, small (our own loops) and large (BLAS).                                                  */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "../fixture.h"
#include "../memory.h"
#include "../suites.h"
#include "numbers/kernels.h"
#include "numbers/number.h"

/* ---------------------------------------------------------------------------------------- every form */

enum { SLOTS = 3 };

/* A number and what its slots are. */
typedef struct {
    dm *A;
    size_t slots;
    gsl_matrix *slot[SLOTS];
} known;

typedef enum {
    DENSE, ZERO, FILL, EYE, DIAGONAL, SCALED, TRANSPOSED, BOTH, PRODUCT, PRODUCT_OF_TRANSPOSED,
    PRODUCT_TRANSPOSED, THIN_PRODUCT, SUM, FORMED_VIEW, LOWER, UPPER, UPPER_VIEW, PLACED, PANEL,
    PANEL_OF_ZERO,
    LEFT_OF_PANEL, RIGHT_OF_PANEL, PANEL_TRANSPOSED, PANEL_PRODUCT_TRANSPOSED, UNITS, UNITS_TRANSPOSED, ROWS,
    COLUMNS, RANK_ONE, FORMED_ROWS, PLACED_PANEL, FORMS,
} form;

static const char *const names[FORMS] = {
    "dense", "zero", "fill", "eye", "diagonal", "scaled", "transposed", "scaled transpose", "product",
    "product of transposes", "transposed product", "thin product", "sum", "formed view", "lower", "upper",
    "scaled transpose of lower", "placed block", "panel",
    "panel of zero", "product L*panel", "product panel*R", "transposed panel", "transposed product L*panel",
    "units", "transposed units", "units*R", "L*units", "L*units*R", "formed units*R",
    "transposed placed panel",
};

static bool is_triangle(form f)
{
    return f == LOWER || f == UPPER || f == UPPER_VIEW;
}

static bool is_square(form f)
{
    return f == EYE || f == DIAGONAL || is_triangle(f);
}

static bool is_panel(form f)
{
    return f >= PANEL;
}

static dm *dense(const gsl_matrix *A)
{
    return dm_number_copy(here, A);
}

/* An empty number of that shape, to be filled. */
static dm *empty(size_t m, size_t slots, size_t n)
{
    return dm_new(here, m, slots, n);
}

static dm *times(double scale, dm *A, dm *B)
{
    dm *C = empty(A->rows, A->slots * B->slots, B->cols);

    dm_number_product(C, scale, A, false, B, false);
    return C;
}

static dm *flipped(dm *A)
{
    dm *C = empty(A->cols, A->slots, A->rows);

    dm_number_transpose(C, A);
    return C;
}

static dm *scaled(double scale, dm *A)
{
    dm *C = empty(A->rows, A->slots, A->cols);

    dm_number_scale(C, scale, A);
    return C;
}

static dm *panel(dice *d, size_t m, size_t n, gsl_matrix *slot[])
{
    for (size_t k = 0; k < SLOTS; k++)
        slot[k] = random_matrix(d, ANY, m, n);
    return dm_number_panel(here, SLOTS, (const gsl_matrix *const *) slot);
}

static gsl_matrix *times_number(double s, const gsl_matrix *A)
{
    return sum_of(s, A, 0, A);
}

/* As many as there are entries, up to SLOTS, from the middle of them. */
static known units(size_t m, size_t n)
{
    size_t slots = m * n < SLOTS ? m * n : SLOTS, first = (m * n - slots) / 2;
    known E = { dm_number_units(here, m, n, first, slots), slots, { NULL } };

    for (size_t k = 0; k < slots; k++) {
        E.slot[k] = zeros(m, n);
        gsl_matrix_set(E.slot[k], (first + k) % m, (first + k) / m, 1);
    }
    return E;
}

/* The last rows and columns of A. */
static gsl_matrix *part_of(const gsl_matrix *A, size_t rows, size_t cols)
{
    gsl_matrix *B = zeros(rows, cols);

    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < cols; j++)
            gsl_matrix_set(B, i, j, gsl_matrix_get(A, A->size1 - rows + i, A->size2 - cols + j));
    return B;
}

/* A, 0 but from row i and column j on. */
static gsl_matrix *only_part(const gsl_matrix *A, size_t i, size_t j)
{
    gsl_matrix *B = zeros(A->size1, A->size2);

    for (size_t k = i; k < A->size1; k++)
        for (size_t l = j; l < A->size2; l++)
            gsl_matrix_set(B, k, l, gsl_matrix_get(A, k, l));
    return B;
}

static known of_one(dice *d, form f, size_t m, size_t n)
{
    gsl_matrix *A = random_matrix(d, ANY, m, n), *L = random_matrix(d, ANY, m, m + 1);
    gsl_matrix *R = random_matrix(d, ANY, m + 1, n), *x = random_matrix(d, ANY, m, 1);
    gsl_matrix *l = random_matrix(d, ANY, m, 1), *r = random_matrix(d, ANY, 1, n);
    dm *B = dense(A), *C;

    switch (f) {
    case ZERO:
        return (known) { dm_number_zero(here, m, 1, n), 1, { zeros(m, n) } };
    case FILL:
        gsl_matrix_set_all(A, 1.75);
        return (known) { dm_number_fill(here, m, n, 1.75), 1, { A } };
    case EYE:
        return (known) { dm_number_identity(here, n, -0.75), 1, { times_number(-0.75, eye(n)) } };
    case DIAGONAL:
        gsl_matrix_set_zero(A);
        for (size_t i = 0; i < n; i++)
            gsl_matrix_set(A, i, i, 0.5 * gsl_matrix_get(x, i, 0));
        C = empty(n, 1, n);
        dm_number_diag(C, dense(x));
        return (known) { scaled(0.5, C), 1, { A } };
    case SCALED:
        return (known) { scaled(-1.5, B), 1, { times_number(-1.5, A) } };
    case TRANSPOSED:
        return (known) { flipped(dense(transposed(A))), 1, { A } };
    case BOTH:
        return (known) { scaled(2.5, flipped(scaled(-1, dense(transposed(A))))), 1, { times_number(-2.5, A) } };
    case PRODUCT:
        return (known) { times(-0.5, dense(L), dense(R)), 1, { times_number(-0.5, product(L, R)) } };
    case PRODUCT_OF_TRANSPOSED:
        C = empty(m, 1, n);
        dm_number_product(C, 3, dense(transposed(L)), true, dense(transposed(R)), true);
        return (known) { C, 1, { times_number(3, product(L, R)) } };
    case PRODUCT_TRANSPOSED:
        return (known) { flipped(times(1, dense(transposed(R)), dense(transposed(L)))), 1, { product(L, R) } };
    case THIN_PRODUCT:
        return (known) { times(2, dense(l), dense(r)), 1, { times_number(2, product(l, r)) } };
    case SUM:
        C = empty(m, 1, n);
        dm_number_sum(C, 2, B, -3, times(1, dense(L), dense(R)));
        return (known) { C, 1, { sum_of(2, A, -3, product(L, R)) } };
    case FORMED_VIEW:
        C = scaled(-1.5, flipped(dense(transposed(A))));
        ck_assert_ptr_nonnull(dm_entries(C).data);
        return (known) { C, 1, { times_number(-1.5, A) } };
    case LOWER:
    case UPPER:
    case UPPER_VIEW:
        for (size_t i = 0; i < n; i++)
            for (size_t j = f == LOWER ? i + 1 : 0; j < (f == LOWER ? n : i); j++)
                gsl_matrix_set(A, i, j, 0);
        return (known) { f == UPPER_VIEW ? scaled(-0.5, flipped(dense(transposed(A)))) : dense(A), 1,
                         { f == UPPER_VIEW ? times_number(-0.5, A) : A } };
    case PLACED:
        C = empty(m, 1, n);
        dm_number_place(C, dense(part_of(A, (m + 1) / 2, n - n / 3)), m / 2, n / 3);
        return (known) { scaled(-2, C), 1, { times_number(-2, only_part(A, m / 2, n / 3)) } };
    default:
        return (known) { B, 1, { A } };
    }
}

static known of_several(dice *d, form f, size_t m, size_t n)
{
    gsl_matrix *L = random_matrix(d, ANY, m, 3), *R = random_matrix(d, ANY, n + 2, n);
    known P = { NULL, SLOTS, { NULL } };

    switch (f) {
    case UNITS:
        return units(m, n);
    case UNITS_TRANSPOSED:
        P = units(n, m);
        P.A = scaled(-2, flipped(P.A));
        for (size_t k = 0; k < P.slots; k++)
            P.slot[k] = times_number(-2, transposed(P.slot[k]));
        break;
    case ROWS:
    case FORMED_ROWS:
        P = units(m, n + 2);
        P.A = times(0.5, scaled(3, P.A), dense(R));
        for (size_t k = 0; k < P.slots; k++)
            P.slot[k] = times_number(1.5, product(P.slot[k], R));
        if (f == FORMED_ROWS)
            ck_assert_ptr_nonnull(dm_entries(P.A).data);
        break;
    case COLUMNS:
        P = units(3, n);
        P.A = times(-2, dense(L), P.A);
        for (size_t k = 0; k < P.slots; k++)
            P.slot[k] = times_number(-2, product(L, P.slot[k]));
        break;
    case RANK_ONE:
        P = units(3, n + 2);
        P.A = times(-0.5, times(2, dense(L), P.A), dense(R));
        for (size_t k = 0; k < P.slots; k++)
            P.slot[k] = times_number(-1, product(product(L, P.slot[k]), R));
        break;
    case PLACED_PANEL:
        P.A = empty(n, SLOTS, m);
        dm_number_place(P.A, panel(d, (n + 1) / 2, m, P.slot), n / 2, 0);
        P.A = flipped(P.A);
        for (size_t k = 0; k < SLOTS; k++) {
            gsl_matrix *whole = zeros(m, n);
            for (size_t i = 0; i < (n + 1) / 2; i++)
                for (size_t j = 0; j < m; j++)
                    gsl_matrix_set(whole, j, n / 2 + i, gsl_matrix_get(P.slot[k], i, j));
            P.slot[k] = whole;
        }
        break;
    case PANEL_OF_ZERO:
        P.A = dm_number_zero(here, m, SLOTS, n);
        for (size_t k = 0; k < SLOTS; k++)
            P.slot[k] = zeros(m, n);
        break;
    case LEFT_OF_PANEL:
    case PANEL_PRODUCT_TRANSPOSED:
        P.A = times(-2, dense(L), panel(d, 3, n, P.slot));
        for (size_t k = 0; k < SLOTS; k++)
            P.slot[k] = times_number(-2, product(L, P.slot[k]));
        break;
    case RIGHT_OF_PANEL:
        P.A = times(0.5, panel(d, m, n + 2, P.slot), dense(R));
        for (size_t k = 0; k < SLOTS; k++)
            P.slot[k] = times_number(0.5, product(P.slot[k], R));
        break;
    case PANEL_TRANSPOSED:
        P.A = flipped(panel(d, n, m, P.slot));
        for (size_t k = 0; k < SLOTS; k++)
            P.slot[k] = transposed(P.slot[k]);
        break;
    default:
        P.A = panel(d, m, n, P.slot);
    }
    return P;
}

/* A number of that form and shape. */
static known of_form(dice *d, form f, size_t m, size_t n)
{
    if (f == PANEL_PRODUCT_TRANSPOSED) {
        known P = of_several(d, f, n, m);
        P.A = flipped(P.A);
        for (size_t k = 0; k < SLOTS; k++)
            P.slot[k] = transposed(P.slot[k]);
        return P;
    }
    return is_panel(f) ? of_several(d, f, m, n) : of_one(d, f, m, n);
}

static const gsl_matrix *slot_of(const known *A, size_t k)
{
    return A->slot[A->slots > 1 ? k : 0];
}

static gsl_matrix *entries_of(dm *A, size_t slot)
{
    dm_panel P = dm_entries(A);
    gsl_matrix *M = zeros(A->rows, A->cols);

    ck_assert_msg(!dm_is_failed(A) && P.data, "%s", dm_message(A));
    for (size_t i = 0; i < A->rows; i++)
        for (size_t j = 0; j < A->cols; j++)
            gsl_matrix_set(M, i, j, dm_row(P, i, A->slots > 1 ? slot : 0)[j]);
    return M;
}

/* Sums of up to n products of entries up to 4, a few of them one after the other. */
static double rounding(size_t n)
{
    return 1000 * (double) (n + 1) * DBL_EPSILON;
}

static void is_still(const known *A, const char *what)
{
    for (size_t k = 0; k < A->slots; k++)
        same(entries_of(A->A, k), A->slot[k], rounding(A->A->rows + A->A->cols + 2), "%s is altered", what);
}

/* ------------------------------------------------------------------------------- one operand, each form */

static const size_t sizes[][2] = { { 1, 1 }, { 1, 6 }, { 6, 1 }, { 3, 5 }, { 5, 3 }, { 4, 4 }, { 9, 17 },
                                   { 18, 18 }, { 33, 19 } };
enum { SIZES = sizeof sizes / sizeof *sizes };

static void unary(form f, size_t m, size_t n)
{
    dice d = { 100 * f + 10 * m + n };
    known A = of_form(&d, f, m, n);
    char what[128];

    snprintf(what, sizeof what, "%s %zu×%zu", names[f], m, n);
    dm *T = flipped(A.A), *S = scaled(-3, A.A), *TT = flipped(T), *ST = scaled(2, T), *trace = NULL;
    if (m == n) {
        trace = empty(1, A.slots, 1);
        dm_number_trace(trace, A.A);
    }
    for (size_t k = 0; k < A.slots; k++) {
        double small = rounding(m + n), t = 0;
        same(entries_of(T, k), transposed(A.slot[k]), small, "%s, transposed", what);
        same(entries_of(TT, k), A.slot[k], small, "%s, transposed twice", what);
        same(entries_of(S, k), times_number(-3, A.slot[k]), small, "%s, scaled", what);
        same(entries_of(ST, k), times_number(2, transposed(A.slot[k])), small, "%s, both", what);
        for (size_t i = 0; i < m && m == n; i++)
            t += gsl_matrix_get(A.slot[k], i, i);
        if (trace)
            same_number(gsl_matrix_get(entries_of(trace, k), 0, 0), t, (double) m * small, "trace of %s", what);
    }
    is_still(&A, what);
    known B = of_form(&d, f, m, n);    /* not formed by anybody yet */
    dm_panel target = dm_fresh(empty(m, B.slots, n));
    ck_assert(dm_number_write(target, 0.5, B.A));
    for (size_t k = 0; k < B.slots; k++)
        for (size_t i = 0; i < m; i++)
            for (size_t j = 0; j < n; j++)
                same_number(dm_row(target, i, k)[j], 0.5 * gsl_matrix_get(B.slot[k], i, j), rounding(m + n),
                            "%s, written", what);
}

START_TEST(one_number_of_each_form)
{
    for (size_t s = 0; s < SIZES; s++) {
        if (!is_square((form) _i) || sizes[s][0] == sizes[s][1])
            unary((form) _i, sizes[s][0], sizes[s][1]);
        dm_context_reset(here);
    }
}
END_TEST

/* ------------------------------------------------------------------------------ two operands, each pair */

/* m×n times n×p, as A(')*B('). */
static void multiply(form f, form g, size_t m, size_t n, size_t p, bool A_transposed, bool B_transposed)
{
    dice d = { 10000 * f + 100 * g + m + n + p };
    known A = A_transposed ? of_form(&d, f, n, m) : of_form(&d, f, m, n);
    known B = B_transposed ? of_form(&d, g, p, n) : of_form(&d, g, n, p);
    size_t slots = A.slots * B.slots;
    char what[160];

    snprintf(what, sizeof what, "%s%s * %s%s, %zu×%zu×%zu", names[f], A_transposed ? "'" : "", names[g],
             B_transposed ? "'" : "", m, n, p);
    dm *C = empty(m, slots, p), *sum, *more = of_form(&d, slots > 1 ? PANEL : DENSE, m, p).A;
    dm *before = scaled(1, more);
    sum = dm_number_accumulate_product(NULL, 1, A.A, A_transposed, B.A, B_transposed);
    sum = dm_number_accumulate(dm_number_accumulate(sum, 1, more), 1, more);
    sum = dm_number_accumulate_product(sum, -2, A.A, A_transposed, B.A, B_transposed);
    dm_number_product(C, 1.5, A.A, A_transposed, B.A, B_transposed);
    for (size_t k = 0; k < slots; k++) {
        const gsl_matrix *a = slot_of(&A, k), *b = slot_of(&B, k);
        gsl_matrix *AB = product(A_transposed ? transposed(a) : a, B_transposed ? transposed(b) : b);
        double small = rounding(m + n + p) * (double) n;
        same(entries_of(C, k), times_number(1.5, AB), small, "%s", what);
        same(entries_of(sum, k), sum_of(2, entries_of(more, k), -1, AB), small, "%s, accumulated", what);
        same(entries_of(more, k), entries_of(before, k), 0, "%s: what was added is altered", what);
    }
    is_still(&A, what);
    is_still(&B, what);
}

static bool fits(form f, size_t m, size_t n)
{
    return !is_square(f) || m == n;
}

/* What the large sizes, all for BLAS, are tried with. */
static bool is_plain(form f)
{
    return f == DENSE || f == TRANSPOSED || f == BOTH || f == PANEL || is_triangle(f);
}

START_TEST(products_of_each_form_with_each)
{
    static const size_t shapes[][3] = {
        { 1, 1, 1 }, { 1, 4, 3 }, { 3, 4, 1 }, { 2, 5, 3 }, { 4, 4, 4 }, { 5, 2, 7 }, { 13, 14, 11 },
        { 15, 15, 15 }, { 16, 3, 18 }, { 17, 16, 1 }, { 1, 17, 20 }, { 20, 17, 16 },
        { 66, 65, 1 }, { 1, 66, 67 }, { 65, 67, 66 }, { 5, 70, 3 }, { 3, 17, 256 },
        { 70, 70, 70 }, { 140, 140, 17 }, { 16, 140, 140 },        /* for triangles, halved once and twice */
    };
    form f = (form) (_i / FORMS), g = (form) (_i % FORMS);

    if (is_panel(f) && is_panel(g))
        return;
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s += step(6))
        for (int flags = 0; flags < 4; flags++) {
            size_t m = shapes[s][0], n = shapes[s][1], p = shapes[s][2];
            if ((n > 64 || p > 64) && !(is_plain(f) && is_plain(g)))
                continue;
            if (n >= 70 && m >= 16 && !is_triangle(f) && !is_triangle(g))
                continue;
            if (fits(f, m, n) && fits(g, n, p))
                multiply(f, g, m, n, p, flags & 1, flags & 2);
            dm_context_reset(here);
            forget_matrices();
        }
}
END_TEST

static void combine(form f, form g, size_t m, size_t n)
{
    dice d = { 10000 * f + 100 * g + m + n };
    known A = of_form(&d, f, m, n), B = of_form(&d, g, m, n);
    size_t slots = A.slots > B.slots ? A.slots : B.slots;
    char what[160];

    snprintf(what, sizeof what, "%s and %s, %zu×%zu", names[f], names[g], m, n);
    dm *H = empty(m, slots, n), *inner = empty(1, slots, 1), *sum = NULL, *grown = NULL;
    if (A.slots == B.slots) {
        sum = empty(m, slots, n);
        dm_number_sum(sum, 2, A.A, -0.5, B.A);
        grown = dm_number_accumulate(dm_number_accumulate(NULL, 1, A.A), 1, B.A);
        grown = dm_number_accumulate(grown, 1, A.A);
    }
    dm_number_hadamard(H, A.A, B.A);
    dm_number_inner(inner, A.A, B.A);
    for (size_t k = 0; k < slots; k++) {
        const gsl_matrix *a = slot_of(&A, k), *b = slot_of(&B, k);
        gsl_matrix *expected = copy(a);
        double small = rounding(m + n);
        gsl_matrix_mul_elements(expected, b);
        same(entries_of(H, k), expected, small, "entries of %s, multiplied", what);
        same_number(gsl_matrix_get(entries_of(inner, k), 0, 0), inner_of(a, b), small * (double) (m * n),
                    "inner product of %s", what);
        if (sum) {
            same(entries_of(sum, k), sum_of(2, a, -0.5, b), small, "sum of %s", what);
            same(entries_of(grown, k), sum_of(2, a, 1, b), small, "running sum of %s", what);
        }
    }
    is_still(&A, what);
    is_still(&B, what);
}

START_TEST(sums_and_inner_products_of_each_form_with_each)
{
    form f = (form) (_i / FORMS), g = (form) (_i % FORMS);

    if (is_panel(f) && is_panel(g) && f != g)
        return;
    for (size_t s = 0; s < SIZES; s += step(4)) {
        size_t m = sizes[s][0], n = sizes[s][1];
        if (fits(f, m, n) && fits(g, m, n) && !(is_panel(f) && is_panel(g)))
            combine(f, g, m, n);
        dm_context_reset(here);
        forget_matrices();
    }
}
END_TEST

/* ------------------------------------------------------------------------ views of one matrix, together */

enum { VIEWS = 6 };

/* A, 2*A, A', -3*A', A formed as 0.5*A, all of one square A that others hold too. */
static known view_of(dm *A, gsl_matrix *known_A, int i)
{
    switch (i) {
    case 0: return (known) { A, 1, { known_A } };
    case 1: return (known) { scaled(2, A), 1, { times_number(2, known_A) } };
    case 2: return (known) { flipped(A), 1, { transposed(known_A) } };
    case 3: return (known) { scaled(-3, flipped(A)), 1, { times_number(-3, transposed(known_A)) } };
    case 4: return (known) { flipped(scaled(2, A)), 1, { times_number(2, transposed(known_A)) } };
    default: break;
    }
    known formed = { scaled(0.5, flipped(A)), 1, { times_number(0.5, transposed(known_A)) } };
    ck_assert_ptr_nonnull(dm_entries(formed.A).data);
    return formed;
}

/* Views i and j of one matrix in every operation; each time new ones, for who uses a view may form it. */
static void meet(int i, int j, size_t n)
{
    dice d = { n };
    gsl_matrix *A0 = random_matrix(&d, ANY, n, n), *M0 = random_matrix(&d, ANY, n, n);
    dm *A = dense(A0), *C = empty(n, 1, n), *t = empty(1, 1, 1);
    known X, Y;
    double small = rounding(n) * 9 * (double) n;
    char what[64];

    snprintf(what, sizeof what, "views %d and %d of %zu×%zu", i, j, n, n);
#define NEW_VIEWS (X = view_of(A, A0, i), Y = view_of(A, A0, j))
    NEW_VIEWS;
    const gsl_matrix *x = X.slot[0], *y = Y.slot[0];
    same(entries_of(times(1.5, X.A, Y.A), 0), times_number(1.5, product(x, y)), small, "product of %s", what);
    NEW_VIEWS;
    C = dm_number_accumulate_product(dense(M0), 2, X.A, false, Y.A, true);
    C = dm_number_accumulate_product(C, -1, X.A, true, Y.A, false);
    gsl_matrix *both = sum_of(2, product(x, transposed(y)), -1, product(transposed(x), y));
    same(entries_of(C, 0), sum_of(1, M0, 1, both), small, "products of %s, accumulated", what);
    NEW_VIEWS;
    dm_number_inner(t, X.A, Y.A);
    same_number(dm_entry_scalar(t), inner_of(x, y), small, "inner product of %s", what);
    NEW_VIEWS;
    C = empty(n, 1, n);
    dm_number_sum(C, 2, X.A, -1, Y.A);
    same(entries_of(C, 0), sum_of(2, x, -1, y), small, "sum of %s", what);
    NEW_VIEWS;
    C = dm_number_accumulate(dm_number_accumulate(X.A, 1, Y.A), 1, X.A);
    same(entries_of(C, 0), sum_of(2, x, 1, y), small, "running sum of %s", what);
    NEW_VIEWS;
    C = empty(n, 1, n);
    dm_number_hadamard(C, X.A, Y.A);
    gsl_matrix *entries = copy(x);
    gsl_matrix_mul_elements(entries, y);
    same(entries_of(C, 0), entries, small, "entries of %s, multiplied", what);
    is_still(&X, what);
    is_still(&Y, what);
}

START_TEST(views_of_one_matrix_meet)
{
    static const size_t orders[] = { 1, 3, 14, 15, 20, 66 };

    for (size_t s = 0; s < 6; s++) {
        meet(_i / VIEWS, _i % VIEWS, orders[s]);
        dm_context_reset(here);
        forget_matrices();
    }
}
END_TEST

/* (a*b')*c is a*(b'*c), c'*(a*b') is (c'*a)*b', and the trace of a*b' is b'*a: nothing is n×n. */
START_TEST(thin_products_are_not_formed_on_the_way)
{
    enum { N = 600 };
    dice d = { 7 };
    gsl_matrix *a = random_matrix(&d, ANY, N, 1), *b = random_matrix(&d, ANY, 1, N), *c = random_like(&d, a);
    dm *A = dense(a), *B = dense(b), *C = dense(c), *trace = empty(1, 1, 1);
    size_t before = bytes_allocated();
    dm *right = times(1, times(1, A, B), C), *left = times(1, flipped(C), times(1, A, B));

    dm_number_trace(trace, times(1, A, B));
    ck_assert(dm_entries(right).data && dm_entries(left).data);
    ck_assert_uint_lt(bytes_allocated() - before, N * N * sizeof(double));
    same(entries_of(right, 0), times_number(inner_of(transposed(b), c), a), N * rounding(N), "(a*b')*c");
    same(entries_of(left, 0), times_number(inner_of(c, a), b), N * rounding(N), "c'*(a*b')");
    same_number(dm_entry_scalar(trace), inner_of(transposed(b), a), N * rounding(N), "tr(a*b')");
}
END_TEST

/* ---------------------------------------------------------------------------------- units, on their way */

/* What a rule may make of the m×n units E, with an m×m A, n×n B and D and an m×n H, step by step. */
typedef struct {
    dm *A, *B, *D, *H;
} coefficients;

static dm *sum_with(double a, dm *X, double b, dm *Y)
{
    dm *first = dm_number_accumulate(NULL, a, X);

    first->number.temporary = false;
    return dm_number_accumulate(first, b, Y);
}

static dm *entries_times(dm *H, dm *E)
{
    dm *C = empty(E->rows, E->slots, E->cols);

    dm_number_along(C, H, E);
    return C;
}

static dm *inner_with(dm *H, dm *E)
{
    dm *C = empty(1, E->slots, 1);

    dm_number_inner(C, H, E);
    return C;
}

static dm *add_times(dm *sum, dm *A, bool A_transposed, dm *B, bool B_transposed)
{
    return dm_number_accumulate_product(sum, -1.5, A, A_transposed, B, B_transposed);
}

#define WAY(NAME, VALUE) static dm *NAME(dm *E, coefficients c) { return VALUE; }
WAY(row, times(1, entries_times(c.H, times(2, E, c.B)), c.D))
WAY(column, times(1, c.A, entries_times(c.H, times(2, c.A, E))))
WAY(column_of_transpose, times(1, flipped(times(1, c.A, E)), c.A))
WAY(both, times(1, times(1, c.A, E), c.B))
WAY(both_flipped, flipped(times(1, c.A, times(1, E, c.B))))
WAY(rows_together, times(1, sum_with(2, times(1, E, c.B), -3, entries_times(c.H, times(1, E, c.D))), c.D))
WAY(columns_together, times(1, c.A, sum_with(2, times(1, c.A, E), -3, entries_times(c.H, times(2, c.A, E)))))
WAY(units_together, times(1, c.A, sum_with(2, E, -3, entries_times(c.H, E))))
WAY(row_and_column, times(1, sum_with(2, times(1, E, c.B), -3, times(1, c.A, E)), c.D))
WAY(unit_and_row, sum_with(2, E, -3, times(1, E, c.B)))
WAY(products_summed, times(1, add_times(add_times(NULL, E, false, c.B, true), E, false, c.D, false), c.D))
WAY(products_all_summed, add_times(add_times(add_times(NULL, E, false, c.B, true), c.A, true, E, false), c.A, false,
                                   times(1, E, c.D), false))
WAY(flipped_product, add_times(NULL, E, true, c.A, false))
WAY(inner_of_entry, inner_with(c.H, E))
WAY(inner_of_row, inner_with(c.H, times(0.5, E, c.B)))
WAY(inner_of_column, inner_with(c.H, times(0.5, c.A, E)))
WAY(inner_of_flipped, inner_with(flipped(scaled(2, c.H)), flipped(scaled(2, E))))
#undef WAY

static dm *(*const ways[])(dm *, coefficients) = {
    row, column, column_of_transpose, both, both_flipped, rows_together, columns_together, units_together,
    row_and_column, unit_and_row, products_summed, products_all_summed, flipped_product, inner_of_entry,
    inner_of_row, inner_of_column, inner_of_flipped,
};
enum { WAYS = sizeof ways / sizeof *ways };

START_TEST(units_are_what_dense_ones_are)
{
    static const size_t shapes[][2] = { { 5, 3 }, { 3, 5 }, { 4, 4 }, { 1, 6 }, { 6, 1 }, { 1, 1 }, { 19, 33 } };

    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        size_t m = shapes[s][0], n = shapes[s][1];
        dice d = { 100 * (unsigned) _i + s };
        coefficients c = { dense(random_matrix(&d, ANY, m, m)), dense(random_matrix(&d, ANY, n, n)),
                           dense(random_matrix(&d, ANY, n, n)), dense(random_matrix(&d, ANY, m, n)) };
        known E = units(m, n);
        dm *sparse = ways[_i](E.A, c);
        dm *full = ways[_i](dm_number_panel(here, E.slots, (const gsl_matrix *const *) E.slot), c);
        ck_assert_uint_eq(sparse->slots, E.slots);
        for (size_t k = 0; k < E.slots; k++)
            same(entries_of(sparse, k), entries_of(full, k), rounding(m + n) * (double) (m * n), "way %d of %zu×%zu",
                 _i, m, n);
        is_still(&E, "what units were made of");
        dm_context_reset(here);
        forget_matrices();
    }
}
END_TEST

/* A row and a column of one number, E*B + B*E, and different rows, E*B + E'*B, are no pieces of one place. */
START_TEST(units_in_different_places_meet)
{
    enum { N = 4 };

    for (size_t first = 0; first < N * N; first++)
        for (size_t slots = 1; first + slots <= N * N; slots++) {
            dice d = { first + slots };
            gsl_matrix *B = random_matrix(&d, ANY, N, N);
            dm *E = dm_number_units(here, N, N, first, slots), *EB = times(1, E, dense(B)), *BE = times(1, dense(B), E);
            dm *crossed = sum_with(2, EB, -1, BE), *rows = sum_with(2, EB, -1, times(1, flipped(E), dense(B)));
            for (size_t k = 0; k < slots; k++) {
                gsl_matrix *unit = zeros(N, N);
                gsl_matrix_set(unit, (first + k) % N, (first + k) / N, 1);
                gsl_matrix *row = product(unit, B);
                same(entries_of(crossed, k), sum_of(2, row, -1, product(B, unit)), rounding(N), "E*B and B*E, %zu",
                     first);
                same(entries_of(rows, k), sum_of(2, row, -1, product(transposed(unit), B)), rounding(N),
                     "E*B and E'*B, %zu", first);
            }
            forget_matrices();
        }
}
END_TEST

/* ((E*B).*H)*C and C*(H.*(B*E)) need no panel of matrices, nor do inner products with these. */
START_TEST(units_are_not_formed_on_the_way)
{
    enum { N = 60, ALL = 512 };
    dice d = { 3 };
    dm *B = dense(random_matrix(&d, ANY, N, N)), *H = dense(random_matrix(&d, ANY, N, N));
    coefficients c = { B, B, B, H };
    size_t before = bytes_allocated();
    dm *E = dm_number_units(here, N, N, 1000, ALL), *inner = inner_with(H, sum_with(1, row(E, c), 2, row(E, c)));

    ck_assert(dm_entries(inner).data && dm_entries(inner_with(H, column(E, c))).data && dm_number_finite(row(E, c)));
    ck_assert_uint_lt(bytes_allocated() - before, N * N * ALL * sizeof(double));
}
END_TEST

START_TEST(units_see_what_is_not_finite)
{
    dm *B = dense(MATRIX(2, 2, 1, INFINITY, 3, 4)), *E = dm_number_units(here, 2, 2, 0, 3), *C = times(1, E, B);
    double expected[3][4] = { { 1, INFINITY, 0, 0 }, { 0, 0, 1, INFINITY }, { 3, 4, 0, 0 } };

    ck_assert(dm_number_finite(E) && dm_number_finite(flipped(E)));
    ck_assert(!dm_number_finite(C) && !dm_number_finite(flipped(C)));
    ck_assert(!dm_number_finite(times(1, scaled(1000, E), dense(MATRIX(2, 1, 1e307, 1)))));
    for (size_t k = 0; k < 3; k++)
        for (size_t i = 0; i < 4; i++)
            ck_assert(dm_row(dm_entries(C), i / 2, k)[i % 2] == expected[k][i]);
}
END_TEST

/* ------------------------------------------------------------------------------------------ zero times */

START_TEST(zero_stays_zero_but_under_a_nan)
{
    const double slope[] = { INFINITY, -INFINITY, 0, INFINITY, -7, NAN, 5, INFINITY };
    const double d[] = { 0, -0.0, INFINITY, 3, 2, 0, 0, NAN };
    double z[8];

    dm_multiply_direction(8, 0, 1, slope, d, z);         /* a direction that is 0 meets an infinite slope as 0 ... */
    ck_assert(z[0] == 0 && z[1] == 0 && isnan(z[2]) && isinf(z[3]) && z[4] == -14 && isnan(z[5]) && z[6] == 0
              && isnan(z[7]));
    dm_multiply(8, 0, 1, slope, d, z);                   /* ... but not a value */
    ck_assert(isnan(z[0]) && isnan(z[1]) && isnan(z[2]) && isinf(z[3]) && z[4] == -14 && z[6] == 0);
}
END_TEST

/* ---------------------------------------------------------------------------------------------- kernels */

START_TEST(kernels_at_every_length)
{
    double x[40], y[40], z[40];

    for (size_t n = 0; n < 40; n++) {
        dice d = { n + 1 };
        double dot = 0;
        for (size_t i = 0; i < 40; i++) {
            x[i] = uniform(&d, -1, 1);
            z[i] = y[i] = uniform(&d, -1, 1);
        }
        for (size_t i = 0; i < n; i++)
            dot += x[i] * y[i];
        same_number(dm_dot(n, x, y), dot, rounding(n), "dot of %zu", n);
        dm_axpy(n, -0.25, x, z);
        for (size_t i = 0; i < 40; i++)
            same_number(z[i], i < n ? y[i] - 0.25 * x[i] : y[i], rounding(1), "axpy of %zu, entry %zu", n, i);
        ck_assert(dm_all_finite(n, 2, x));
        for (size_t i = 0; i < n; i++) {
            double kept = x[i];
            x[i] = i % 2 ? NAN : -INFINITY;
            ck_assert_msg(!dm_all_finite(n, 2, x), "entry %zu of %zu is not seen", i, n);
            x[i] = kept;
        }
    }
}
END_TEST

START_TEST(a_matrix_too_large_for_memory_is_an_error)
{
    dm *C = empty((size_t) 1 << 62, 1, 1000);

    dm_fresh(C);
    ck_assert_int_eq(dm_status(C), GSL_ENOMEM);
}
END_TEST

START_TEST(blas_is_not_the_reference_one)
{
    ck_assert_msg(strstr(dm_blas_library(), "gslcblas") == NULL, "%s serves dgemm_", dm_blas_library());
    ck_assert_str_ne(dm_blas_library(), "unknown");
}
END_TEST

/* Products are brought into another order only where nothing leaves the range of numbers on the way, and multiples
 * of diagonal matrices do not drift apart from their entries.                                        */
START_TEST(what_is_large_times_small_stays)
{
    gsl_matrix *x = zeros(40, 1), *y = zeros(1, 40), *z = zeros(40, 1);

    gsl_matrix_set_all(x, 1e200);
    gsl_matrix_set_all(y, 1e-200);
    gsl_matrix_set_all(z, 1e-200);
    dm *product = times(1, times(1, dense(x), dense(y)), dense(z));
    for (size_t i = 0; i < 40; i++)
        same_number(dm_row(dm_entries(product), i, 0)[0] / 40e-200, 1, 1e-15, "(x*y)*z, entry %zu", i);

    dm *P = dm_diag(dm_constant(here, MATRIX(2, 1, 1e-200, 3e-200)));
    for (int k = 0; k < 40; k++)
        P = dm_mul(P, dm_scale(dm_diag(dm_constant(here, MATRIX(2, 1, 1e-3, 1e-3))), 1000));
    same_number(dm_row(dm_entries(P), 1, 0)[1] / 3e-200, 1, 1e-13, "diag(x) times one, forty times");
}
END_TEST

/* 0 times what is not finite is not 0, whoever multiplies. */
START_TEST(differences_of_what_is_not_finite_are_not_zero)
{
    size_t n = _i;
    dice d = { 7 };
    gsl_matrix *N = random_matrix(&d, ANY, n, n), *G = random_matrix(&d, ANY, n, n);

    gsl_matrix_set(N, n / 2, 1, NAN);
    dm *A = dm_constant_view(here, N), *B = dm_constant(here, G);
    dm *of[] = { dm_mul(dm_sub(dm_scale(A, 2), dm_scale(A, 2)), B), dm_mul(dm_sub(dm_transpose(A), dm_transpose(A)), B),
                 dm_mul(dm_sub(A, A), B), dm_mul(dm_scale(A, 0), B) };
    for (size_t k = 0; k < sizeof of / sizeof of[0]; k++)
        ck_assert_msg(!dm_number_finite(of[k]), "difference %zu, n = %zu", k, n);
}
END_TEST

Suite *numbers_number_suite(void)
{
    Suite *suite = suite_create("numbers/number");
    TCase *tc = case_of(suite, "every form");

    tcase_add_loop_test(tc, one_number_of_each_form, 0, FORMS);
    tcase_add_loop_test(tc, products_of_each_form_with_each, 0, FORMS * FORMS);
    tcase_add_loop_test(tc, sums_and_inner_products_of_each_form_with_each, 0, FORMS * FORMS);
    tcase_add_loop_test(tc, views_of_one_matrix_meet, 0, VIEWS * VIEWS);
    tcase_add_test(tc, thin_products_are_not_formed_on_the_way);
    tcase_add_loop_test(tc, units_are_what_dense_ones_are, 0, WAYS);
    tcase_add_test(tc, units_in_different_places_meet);
    tcase_add_test(tc, what_is_large_times_small_stays);
    tcase_add_loop_test(tc, differences_of_what_is_not_finite_are_not_zero, 3, 5);
    tcase_add_loop_test(tc, differences_of_what_is_not_finite_are_not_zero, 88, 89);
    tcase_add_test(tc, units_are_not_formed_on_the_way);
    tcase_add_test(tc, units_see_what_is_not_finite);
    tcase_add_test(tc, zero_stays_zero_but_under_a_nan);
    tcase_add_test(tc, kernels_at_every_length);
    tcase_add_test(tc, a_matrix_too_large_for_memory_is_an_error);
    tcase_add_test(tc, blas_is_not_the_reference_one);
    return suite;
}
