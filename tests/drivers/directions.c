/* Tapes of larger matrices along several directions, which are taken one after another: what does not vary is computed
 * once, and each differential is written straight to where it is wanted, if that is possible.
 *
 * There is one test, `ask`, of a tape and the ordinary way.  All matrices of a call lie in one slab of memory, behind,
 * beside or over each other; what the call comes to must be the same, and whatever is not an entry of an output must be as
 * it was, to the bit.  F is called to record it, once a thread, and never again.                                     */
#define _POSIX_C_SOURCE 200809L        /* fork */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../fixture.h"
#include "../memory.h"
#include "../suites.h"
#include "numbers/kernels.h"
#include "asking.h"
#include "drivers/drivers.h"

enum { MATRICES = 2, MANY = 40 };

/* ----------------------------------------------------------------------------- functions of two matrices */

static gsl_matrix *C;                  /* a constant in some of them, which has the shape of A' */

static dm *constant(dm *A) { return dm_constant(dm_context_of(A), C); }
static dm *view(dm *A) { return dm_constant_view(dm_context_of(A), C); }
static dm *first_column(dm *A) { return dm_block(A, 0, 0, dm_rows(A), 1); }
static dm *last_row(dm *A) { return dm_block(A, dm_rows(A) - 1, 0, 1, dm_columns(A)); }

static dm *product_of(dm *const X[]) { return dm_mul(X[0], X[1]); }
static dm *inverse(dm *const X[]) { return dm_inverse(X[0]); }
static dm *solved(dm *const X[]) { return dm_solve(X[0], X[1]); }
static dm *itself(dm *const X[]) { return X[0]; }
static dm *the_other(dm *const X[]) { return X[1]; }
static dm *twice_turned(dm *const X[]) { return dm_scale(dm_transpose(X[0]), 2); }
static dm *a_constant(dm *const X[]) { return constant(X[0]); }
static dm *zero(dm *const X[]) { return dm_sub(X[1], X[1]); }
/* Of products that are added the sums are not of one length. */
static dm *products_of_parts(dm *const X[])
{
    size_t m = dm_rows(X[0]), p = dm_columns(X[1]);
    dm *A = dm_block(X[0], 0, 0, m, 6), *B = dm_block(X[1], 0, 0, 6, p);
    dm *E = dm_block(X[0], 0, 1, m, 5), *F = dm_block(X[1], 1, 0, 5, p);

    return dm_tanh(dm_add(dm_mul(dm_tanh(A), dm_tanh(B)), dm_mul(dm_tanh(E), dm_tanh(F))));
}
static dm *sums_of_nothing(dm *const X[])
{
    return dm_row_sums(dm_mul(X[0], dm_zeros(dm_context_of(X[0]), dm_columns(X[0]), 6)));
}
static dm *sum_of_both(dm *const X[]) { return dm_sub(X[0], X[1]); }
static dm *logdet(dm *const X[]) { return dm_logdet(X[0]); }

/* (A*B)' + B'*A' */
static dm *turned_products(dm *const X[])
{
    return dm_add(dm_transpose(dm_mul(X[0], X[1])), dm_mul(dm_transpose(X[1]), dm_transpose(X[0])));
}

static dm *entry_by_entry(dm *const X[])
{
    return dm_add(dm_hadamard(dm_tanh(X[0]), X[1]), dm_tanh(dm_scale(dm_add(X[0], X[1]), 0.5)));
}

/* inv(A)*B*inv(A) */
static dm *between_inverses(dm *const X[])
{
    dm *I = dm_inverse(X[0]);

    return dm_mul(I, dm_mul(X[1], I));
}

/* G*(H*tanh(G + G*H))', G and H 3×3 blocks of A and B: all of it is small, the result too */
static dm *small_blocks(dm *const X[])
{
    dm *G = dm_block(X[0], 1, 2, 3, 3), *H = dm_block(X[1], 4, 0, 3, 3);

    return dm_mul(G, dm_transpose(dm_mul(H, dm_tanh(dm_add(G, dm_mul(G, H))))));
}

/* tr(G*tanh(G))*A + tr(inv(G))*G(2,1)*B + a*b', G 3×3, a a column of tanh(A) and b' a row of B */
static dm *small_factors(dm *const X[])
{
    dm *G = dm_add(dm_scale(dm_identity(dm_context_of(X[0]), 3), 9), small_blocks(X));
    dm *s = dm_trace(dm_mul(G, dm_tanh(G))), *t = dm_mul(dm_trace(dm_inverse(G)), dm_block(G, 1, 0, 1, 1));

    return dm_add(dm_add(dm_scale_by(X[0], s), dm_scale_by(X[1], t)), dm_mul(first_column(dm_tanh(X[0])), last_row(X[1])));
}

/* A*C*A - C'.*B, C once by copy and once by view */
static dm *with_constants(dm *const X[])
{
    return dm_sub(dm_mul(dm_mul(X[0], constant(X[0])), X[0]), dm_hadamard(dm_transpose(view(X[0])), X[1]));
}

/* Y*(Y'*Y + Y'*A) - A*Y'*Y, Y = A.*B */
static dm *common_factors(dm *const X[])
{
    dm *Y = dm_hadamard(X[0], X[1]), *T = dm_transpose(Y);

    return dm_sub(dm_mul(Y, dm_add(dm_mul(T, Y), dm_mul(T, X[0]))), dm_mul(dm_mul(X[0], T), Y));
}

/* Y = S\B, S = 3*I + tanh(A*C)/n; and S\Y, which nobody wants, but which might fail */
static dm *solved_within(dm *const X[])
{
    size_t n = dm_rows(X[0]);
    dm *T = dm_scale(dm_tanh(dm_mul(X[0], view(X[0]))), 1.0 / (double) n);
    dm *S = dm_add(dm_scale(dm_identity(dm_context_of(X[0]), n), 3), T), *Y = dm_solve(S, X[1]);

    dm_solve(S, Y);
    return Y;
}

typedef enum { CHAIN, ALIKE, SQUARE, SOLVE } shape;

static const struct {
    const char *name;
    dm *(*f)(dm *const X[]);
    shape of;                          /* A and B */
} function[] = {
    { "A*B", product_of, CHAIN }, { "inv(A)", inverse, SQUARE }, { "A\\B", solved, SOLVE }, { "A", itself, ALIKE },
    { "B", the_other, CHAIN }, { "2*A'", twice_turned, SQUARE }, { "C", a_constant, ALIKE }, { "B-B", zero, CHAIN },
    { "A-B", sum_of_both, ALIKE }, { "logdet(A)", logdet, SQUARE }, { "(A*B)'+B'*A'", turned_products, CHAIN },
    { "tanh", entry_by_entry, ALIKE }, { "inv(A)*B*inv(A)", between_inverses, SQUARE }, { "blocks", small_blocks, CHAIN },
    { "blocks and columns", small_factors, ALIKE }, { "A*C*A-C'.*B", with_constants, ALIKE },
    { "common factors", common_factors, ALIKE }, { "a solve within", solved_within, ALIKE },
    { "sum(A*0,2)", sums_of_nothing, CHAIN }, { "products of parts", products_of_parts, CHAIN },
};

enum { FUNCTIONS = sizeof function / sizeof *function };

/* ------------------------------------------------------------------------------------- where they lie
 *
 * TOUCHING: one behind the other, dA[s], dF[s], dA[s+1] and so on.  BACKWARDS: differentials in front of all else, the last
 * one first.  ONE_BLOCK: all are blocks of one matrix, side by side.  ALONG_ITSELF: the first direction is A.  Then outputs
 * lie over inputs: over the halves of two; if they have the same shape, each dF[s] and the value over the dA[s] and the A
 * that it comes from, dF[s] over dA[s+1], one dF[s] over A and the value over dA[0], the value over A. */
typedef enum {
    TOUCHING, BACKWARDS, WIDE_INPUTS, WIDE_OUTPUTS, ONE_BLOCK, ALONG_ITSELF, OVER_A_PART, OVER_ITSELF, OVER_THE_NEXT,
    OVER_THE_MATRIX, VALUE_OVER_THE_MATRIX, WAYS
} way;

typedef struct {
    double *memory, *before;
    size_t size, used, stride;
    gsl_matrix A[MATRICES], dA[MATRICES * MANY], value, dF[MANY];
} slab;

static gsl_matrix put(slab *p, size_t m, size_t n, size_t margin)
{
    size_t tda = p->stride ? p->stride : n + margin, at = p->used;

    p->used += p->stride ? n : m * tda;
    return gsl_matrix_view_array_with_tda(p->memory + at, m, n, tda).matrix;
}

/* Outputs to where inputs are. */
static void put_over(slab *p, way how, size_t k)
{
    size_t i = like(&p->value, &p->A[0]) ? 0 : 1;

    for (size_t s = 0; s < k; s++)
        switch (how) {
        case OVER_A_PART: p->dF[s].data = p->dA[s].data + p->dA[s].size1 * p->dA[s].size2 / 2; break;
        case OVER_ITSELF: p->dF[s] = p->dA[i * k + s]; break;
        case OVER_THE_NEXT: p->dF[s] = p->dA[i * k + (s + 1) % k]; break;
        case OVER_THE_MATRIX: p->dF[s] = s == k / 2 ? p->A[i] : p->dF[s]; break;
        default: break;
        }
    if (how == VALUE_OVER_THE_MATRIX || how == OVER_ITSELF)
        p->value = p->A[i];
    if (how == OVER_THE_MATRIX)
        p->value = p->dA[i * k];
    if (how == OVER_A_PART)
        p->value.data = p->A[0].data + 5;
}

/* along[i*k+s] is the direction of A[i]; false: it needs outputs that have the shape of inputs. */
static bool lay_out(slab *p, way how, gsl_matrix *const A[], size_t k, gsl_matrix *const along[], size_t rows, size_t cols)
{
    size_t inputs = how == WIDE_INPUTS ? 2 : 0, outputs = how == WIDE_OUTPUTS ? 3 : 0;
    size_t highest = rows, widest = cols;

    for (size_t i = 0; i < MATRICES; i++) {
        highest = A[i]->size1 > highest ? A[i]->size1 : highest;
        widest = A[i]->size2 > widest ? A[i]->size2 : widest;
    }
    *p = (slab) { .stride = how == ONE_BLOCK ? 3 * (k + 1) * widest : 0, .size = 3 * (k + 1) * (widest + 3) * (highest + 1) };
    p->memory = zeros(1, p->size)->data;
    for (size_t j = 0; j < p->size; j++)
        p->memory[j] = BEFORE;
    for (size_t s = k; s-- > 0 && how == BACKWARDS; p->used++)
        p->dF[s] = put(p, rows, cols, 0);
    for (size_t i = 0; i < MATRICES; i++)
        p->A[i] = put(p, A[i]->size1, A[i]->size2, inputs);
    p->value = put(p, rows, cols, outputs);
    for (size_t s = 0; s < k; s++)
        for (size_t i = 0; i < MATRICES; i++) {
            p->dA[i * k + s] = along[i * k + s] == A[i] ? p->A[i] : put(p, A[i]->size1, A[i]->size2, inputs);
            if (i == 0 && how != BACKWARDS)
                p->dF[s] = put(p, rows, cols, outputs);
        }
    for (size_t i = 0; i < MATRICES; i++)
        gsl_matrix_memcpy(&p->A[i], A[i]);
    for (size_t s = 0; s < MATRICES * k; s++)
        if (along[s] != A[s / k])
            gsl_matrix_memcpy(&p->dA[s], along[s]);
    if (how >= OVER_ITSELF && !like(&p->value, A[0]) && !like(&p->value, A[1]))
        return false;
    put_over(p, how, k);
    p->before = zeros(1, p->size)->data;
    memcpy(p->before, p->memory, p->size * sizeof *p->memory);
    return true;
}

/* ----------------------------------------------------------------------------------- asked and compared */

typedef struct {
    dm *(*f)(dm *const X[]);
    dm_multi_function F;               /* calls f, and counts */
    dm_tape *tape;
    size_t rows, cols;                 /* of F */
    size_t calls;
    size_t threads;                    /* 0: nothing was said of them */
    bool recorded, in_turn;            /* there is a program, for one direction after another */
    size_t k;                          /*     or for so many side by side */
    char text[200];
} inquiry;

typedef struct {
    int status;
    error_log log;
    gsl_matrix *value, *dF[MANY];
} answer;

static dm *counted(dm *const X[], void *params)
{
    inquiry *q = params;

    q->calls++;
    return q->f(X);
}

static void begin_inquiry(inquiry *q, dm *(*f)(dm *const X[]), gsl_matrix *const A[])
{
    dm *X[MATRICES];

    *q = (inquiry) { .f = f, .F = { counted, MATRICES, q } };
    q->tape = dm_tape_alloc_multi(&q->F);
    for (size_t i = 0; i < MATRICES; i++)
        X[i] = dm_constant(here, A[i]);
    dm *Y = f(X);
    q->rows = dm_rows(Y);
    q->cols = dm_columns(Y);
    dm_context_reset(here);
}

/* The ordinary way, which is right. */
static answer ordinary(const inquiry *q, gsl_matrix *const A[], size_t k, gsl_matrix *const along[])
{
    answer a = { .value = zeros(q->rows, q->cols) };

    for (size_t s = 0; s < k; s++)
        a.dF[s] = zeros(q->rows, q->cols);
    dm_context_reset(here);
    forget_errors();
    a.status = dm_multi_push_in(here, &q->F, (const gsl_matrix *const *) A, k, (const gsl_matrix *const *) along, a.value, a.dF);
    a.log = raised;
    return a;
}

static void refer(const gsl_matrix *to[], const gsl_matrix M[], size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = &M[i];
}

static int push(dm_tape *tape, slab *p, size_t k, bool no_value)
{
    const gsl_matrix *A[MATRICES], *dA[MATRICES * MANY], *dF[MANY];

    refer(A, p->A, MATRICES);
    refer(dA, p->dA, MATRICES * k);
    refer(dF, p->dF, k);
    forget_errors();
    return dm_tape_push(tape, A, k, dA, no_value ? NULL : &p->value, (gsl_matrix *const *) dF);
}

/* What is no entry of the first `written` differentials, or of the value, is as it was. */
static void all_else_is_as_it_was(const inquiry *q, const slab *p, size_t written, bool value)
{
    size_t bytes = p->size * sizeof *p->memory;
    double *now = zeros(1, p->size)->data;

    memcpy(now, p->before, bytes);
    for (size_t s = 0; s < written + value; s++) {
        gsl_matrix M = s < written ? p->dF[s] : p->value, to = M;
        to.data = now + (M.data - p->memory);
        gsl_matrix_memcpy(&to, &M);
    }
    ck_assert_msg(memcmp(now, p->memory, bytes) == 0, "%s: written to where it should not be", q->text);
}

/* What came of it, and what should; after an error the first `before` differentials may have been written. */
static void compare(const inquiry *q, const slab *p, size_t k, bool no_value, int status, const error_log *log,
                    const answer *right, size_t before)
{
    double tolerance = 64 * (double) (p->A[0].size1 * p->A[0].size2) * DBL_EPSILON;

    ck_assert_msg(status == right->status && log->times == right->log.times && strcmp(log->message, right->log.message) == 0,
                  "%s: %d (%s), expected %d (%s)", q->text, status, log->message, right->status, right->log.message);
    if (status) {
        all_else_is_as_it_was(q, p, before, false);
        return;
    }
    if (!no_value)
        same(&p->value, right->value, tolerance * fmax(1, largest(right->value)), "%s: the value", q->text);
    for (size_t s = 0; s < k; s++)
        same(&p->dF[s], right->dF[s], tolerance * fmax(1, largest(right->dF[s])), "%s: direction %zu of %zu", q->text, s + 1, k);
    all_else_is_as_it_was(q, p, k, !no_value);
}

/* Matrices that are large enough, for as many directions. */
static bool goes_in_turn(gsl_matrix *const A[], size_t k)
{
    size_t least = k == 1 ? 25 : dm_has_wide_registers() ? 5 : 13;

    return A[0]->size1 >= least && A[0]->size2 >= least && A[1]->size1 >= least && A[1]->size2 >= least;
}

/* Both are asked; `failing` is the first direction that may come to an error. */
static int ask(inquiry *q, const char *text, way how, gsl_matrix *const A[], size_t k, gsl_matrix *const dA[], bool no_value,
               size_t failing)
{
    gsl_matrix *along[MATRICES * MANY];
    slab p;

    for (size_t s = 0; s < MATRICES * k; s++)
        along[s] = how == ALONG_ITSELF && s % k == 0 ? A[s / k] : dA[s];
    if (!lay_out(&p, how, A, k, along, q->rows, q->cols))
        return GSL_SUCCESS;
    snprintf(q->text, sizeof q->text, "%s of %zu×%zu, %zu directions, layout %d", text, A[0]->size1, A[0]->size2, k, how);
    answer right = ordinary(q, A, k, along);
    q->calls = 0;
    int status = push(q->tape, &p, k, no_value);
    bool in_turn = goes_in_turn(A, k) || (k == 1 && q->recorded && q->in_turn);
    bool as_before = q->recorded && q->in_turn == in_turn && (in_turn || q->k == k);
    size_t calls = as_before ? 0 : q->threads > 1 && in_turn ? q->threads : 1;
    ck_assert_msg(status || q->calls == calls, "%s: called %zu times", q->text, q->calls);
    q->recorded = true;
    q->in_turn = in_turn;
    q->k = k;
    compare(q, &p, k, no_value, status, &raised, &right, how < OVER_A_PART ? failing + 1 : 0);
    forget_errors();
    return status;
}

/* Matrices and directions of the size n for a function. */
static void draw(dice *d, int which, size_t n, size_t k, gsl_matrix *A[], gsl_matrix *dA[])
{
    shape of = function[which].of;
    bool square = of == SQUARE || of == SOLVE;

    A[0] = random_matrix(d, square ? REGULAR : ANY, n, square ? n : n + 3);
    A[1] = random_matrix(d, ANY, of == CHAIN ? n + 3 : n, of == ALIKE ? n + 3 : of == SQUARE ? n : n + 1);
    for (size_t s = 0; s < MATRICES * k; s++)
        dA[s] = random_like(d, A[s / k]);
}

/* ------------------------------------------------------------------------------------------ directions */

/* What was seen of one direction, that it is triangular, is not so of the next. */
static void make_triangular(gsl_matrix *A)
{
    for (size_t i = 0; i < A->size1; i++)
        for (size_t j = i + 1; j < A->size2; j++)
            gsl_matrix_set(A, i, j, 0);
}

/* One tape, and each time other matrices elsewhere, in another number of directions.  What lies in fixed places has
 * at most 64 rows and columns.                                                                        */
START_TEST(directions_in_turn)
{
    static const size_t sizes[] = { 13, 8, 20, 60, 62, 64, 70, 130 }, counts[] = { 2, MANY, 1, 3, 2, 5 };
    dice d = { 100 + (uint64_t) _i };

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i += step(4)) {
        size_t n = sizes[i], turns = n < 130 ? sizeof counts / sizeof *counts : 2 * (_i % 4 == 1);
        gsl_matrix *A[MATRICES], *dA[MATRICES * MANY];
        inquiry q;
        C = random_matrix(&d, ANY, n + 3, n);
        draw(&d, _i, n, 0, A, dA);
        begin_inquiry(&q, function[_i].f, A);
        for (size_t turn = 0; turn < turns; turn++) {
            size_t k = n > 20 && counts[turn] == MANY ? 7 : counts[turn];
            draw(&d, _i, n, k, A, dA);
            make_triangular(dA[0]);
            way how = turn == 3 ? ALONG_ITSELF : TOUCHING;
            ck_assert_int_eq(ask(&q, function[_i].name, how, A, k, dA, turn == 4, 0), GSL_SUCCESS);
        }
        dm_tape_free(q.tape);
        forget_matrices();
    }
}
END_TEST

START_TEST(results_lie_anywhere)
{
    dice d = { 300 + (uint64_t) _i };

    for (size_t n = 7; n <= 65; n += n == 7 ? 7 : 51) {
        gsl_matrix *A[MATRICES], *dA[MATRICES * MANY];
        inquiry q;
        C = random_matrix(&d, ANY, n + 3, n);
        draw(&d, _i, n, 0, A, dA);
        begin_inquiry(&q, function[_i].f, A);
        for (size_t turn = 0; turn < 2 * WAYS; turn++) {
            size_t k = 1 + turn % 4;
            draw(&d, _i, n, k, A, dA);
            ck_assert_int_eq(ask(&q, function[_i].name, (way) (turn * 4 % WAYS), A, k, dA, turn == WAYS, 0), GSL_SUCCESS);
        }
        dm_tape_free(q.tape);
        forget_matrices();
    }
}
END_TEST

/* ----------------------------------------------------------------------------------------- in threads */

extern void openblas_set_num_threads(int threads) __attribute__((weak));

static void take_threads(inquiry *q, size_t threads)
{
    if (openblas_set_num_threads)
        openblas_set_num_threads(1);   /* with more of its own there are none of the tape */
    ck_assert_int_eq(dm_tape_set_threads(q->tape, threads), GSL_SUCCESS);
    q->recorded = q->recorded && q->threads == threads;
    q->threads = threads;
}

/* The same tape in more threads and fewer, and with more threads than directions. */
START_TEST(directions_in_threads)
{
    static const size_t threads[] = { 2, 5, 1, 3 };
    dice d = { 700 + (uint64_t) _i };

    for (size_t n = 62; n <= 100; n += 38) {
        gsl_matrix *A[MATRICES], *dA[MATRICES * MANY];
        inquiry q;
        C = random_matrix(&d, ANY, n + 3, n);
        draw(&d, _i, n, 0, A, dA);
        begin_inquiry(&q, function[_i].f, A);
        for (size_t turn = 0; turn < 4; turn++) {
            take_threads(&q, threads[turn]);
            for (size_t k = n == 62 ? 5 : 2; k <= 7; k += n == 62 ? 2 : 5) {
                draw(&d, _i, n, k, A, dA);
                ask(&q, function[_i].name, (way) ((turn * 7 + k) % WAYS), A, k, dA, turn == 1, 0);
            }
        }
        dm_tape_free(q.tape);
        forget_matrices();
    }
}
END_TEST

static dm *scaled_square(dm *const X[], void *params)
{
    return dm_scale(dm_mul(X[0], X[0]), *(const double *) params);
}

/* All programs are recorded together: what params says later is for none of them. */
START_TEST(threads_are_of_one_mind)
{
    enum { K = 7, N = 64 };
    double factor = 1;
    dice d = { 850 };
    dm_multi_function F = { scaled_square, 1, &factor };
    dm_tape *tape = dm_tape_alloc_multi(&F);
    const gsl_matrix *A = random_matrix(&d, ANY, N, N), *dA[K];
    gsl_matrix *dF[K], *expected = zeros(N, N), *value = zeros(N, N);
    inquiry q = { .tape = tape };

    for (size_t s = 0; s < K; s++) {
        dA[s] = random_matrix(&d, ANY, N, N);
        dF[s] = zeros(N, N);
    }
    take_threads(&q, 3);
    for (int turn = 0; turn < 3; turn++) {
        for (size_t k = turn == 1 ? K : 1; k <= K; k += K - 1) {
            ck_assert_int_eq(dm_tape_push(tape, &A, k, dA, value, dF), GSL_SUCCESS);
            for (size_t s = 0; s < k; s++) {
                dm *X = dm_dual(here, A, dA[s]), *Y = dm_scale(dm_mul(X, X), turn == 2 ? 1000 : 1);
                _gsl_matrix_const_view D = dm_differential(Y, 0);
                gsl_matrix_memcpy(expected, &D.matrix);
                same(dF[s], expected, 1e-12 * largest(expected), "turn %d, direction %zu", turn, s);
                dm_context_reset(here);
            }
        }
        factor = 1000;
        if (turn == 1)
            take_threads(&q, 2);       /* records anew */
    }
    dm_tape_free(tape);
}
END_TEST

/* A child of fork has only the thread that called it. */
START_TEST(threads_and_a_child)
{
    dice d = { 900 };
    gsl_matrix *A[MATRICES], *dA[MATRICES * 7];
    inquiry q;
    int status;

    draw(&d, 0, 62, 7, A, dA);
    begin_inquiry(&q, product_of, A);
    take_threads(&q, 3);
    ask(&q, "A*B", TOUCHING, A, 7, dA, false, 0);
    pid_t child = fork();
    if (child == 0) {
        alarm(20);
        ask(&q, "A*B, in a child", TOUCHING, A, 7, dA, false, 0);
        dm_tape_free(q.tape);
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the child ended with %d", status);
    ask(&q, "A*B", TOUCHING, A, 7, dA, false, 0);
    dm_tape_free(q.tape);
}
END_TEST

START_TEST(threads_that_are_not_to_be_had)
{
    dice d = { 800 };
    gsl_matrix *A[MATRICES], *dA[MATRICES * 7];
    inquiry q;

    draw(&d, 0, 62, 7, A, dA);
    begin_inquiry(&q, product_of, A);
    forget_errors();
    refused(dm_tape_set_threads(NULL, 2), GSL_EFAULT, "dm_tape_set_threads: the tape is NULL");
    refused(dm_tape_set_threads(q.tape, 0), GSL_EINVAL, "dm_tape_set_threads: 0 threads do nothing: 1 is the caller's own");
    take_threads(&q, 2);
    refused(dm_tape_set_threads(q.tape, 1000000), GSL_ENOMEM, "dm_tape_set_threads: there are no 1000000 threads to be had, "
            "or no memory for them: the tape stays with 2");
    ask(&q, "A*B", TOUCHING, A, 7, dA, false, 0);
    ask(&q, "A*B", TOUCHING, A, 7, dA, false, 0);
    dm_tape_free(q.tape);
}
END_TEST

/* ------------------------------------------------------------------------------------- what goes wrong */

/* Bad entries, and good ones again. */
typedef enum { NOT_A_NUMBER, INFINITE, TOO_LARGE, MATRIX_TOO_LARGE, MATRIX_NOT_A_NUMBER, SINGULAR, TROUBLES } trouble;

/* false: there is no such trouble. */
static bool make_trouble(trouble what, size_t i, size_t s, size_t k, gsl_matrix *A[], gsl_matrix *dA[])
{
    gsl_matrix *bad = what < MATRIX_TOO_LARGE ? dA[i * k + s] : A[i];

    switch (what) {
    case NOT_A_NUMBER: case MATRIX_NOT_A_NUMBER: gsl_matrix_set(bad, bad->size1 - 1, 2, NAN); break;
    case INFINITE: gsl_matrix_set(bad, 0, bad->size2 - 1, -INFINITY); break;
    case TOO_LARGE:                    /* of which only the differential overflows */
        gsl_matrix_scale(A[1 - i], 1e150);
        gsl_matrix_scale(bad, 1e200);
        break;
    case MATRIX_TOO_LARGE:
        gsl_matrix_scale(A[0], 1e200);
        gsl_matrix_scale(A[1], 1e200);
        break;
    default:
        for (size_t j = 0; j < bad->size2; j++)
            gsl_matrix_set(bad, 3, j, gsl_matrix_get(bad, 7, j));
    }
    return s == 0 || what < MATRIX_TOO_LARGE;
}

/* All troubles with k directions of the size n; in threads any differential may have been written. */
static void get_into_trouble(int which, size_t n, size_t k, size_t threads)
{
    static const way ways[] = { TOUCHING, WIDE_OUTPUTS, OVER_ITSELF };
    dice d = { 500 + (uint64_t) which };
    gsl_matrix *A[MATRICES], *dA[MATRICES * MANY];
    inquiry q;
    size_t errors = 0;

    C = random_matrix(&d, ANY, n + 3, n);
    draw(&d, which, n, 0, A, dA);
    begin_inquiry(&q, function[which].f, A);
    take_threads(&q, threads);
    for (trouble what = 0; what < TROUBLES; what++)
        for (size_t i = 0; i < MATRICES; i++)
            for (size_t s = 0; s < k; s += 2) {
                way how = ways[(what + i + s / 2) % 3];
                draw(&d, which, n, k, A, dA);
                if (make_trouble(what, i, s, k, A, dA))
                    errors += ask(&q, function[which].name, how, A, k, dA, i == 1, threads > 1 ? k - 1 : s) != GSL_SUCCESS;
                draw(&d, which, n, k, A, dA);
                ck_assert_int_eq(ask(&q, function[which].name, how, A, k, dA, false, 0), GSL_SUCCESS);
            }
    ck_assert_msg(errors > 0 || function[which].f == a_constant || function[which].f == sums_of_nothing,
                  "%s: nothing went wrong", function[which].name);
    dm_tape_free(q.tape);
}

START_TEST(errors_are_those_of_the_ordinary_way)
{
    get_into_trouble(_i, 14, 5, 1);
    get_into_trouble(_i, 27, 1, 1);
}
END_TEST

START_TEST(errors_in_threads)
{
    get_into_trouble(_i, 62, 5, 3);
}
END_TEST

/* One of the matrices of a call is another one, or none. */
static void refuses(inquiry *q, gsl_matrix *A[], gsl_matrix *dA[], gsl_matrix *dF[], gsl_matrix **which, gsl_matrix *instead,
                    const char *message)
{
    gsl_matrix *was = *which, *before = room(14, 15, 0);

    *which = instead;
    refused(dm_tape_push(q->tape, (const gsl_matrix *const *) A, 3, (const gsl_matrix *const *) dA, dF[3], dF),
            instead ? GSL_EBADLEN : GSL_EFAULT, message);
    *which = was;
    for (size_t s = 0; s < 4; s++)
        same(dF[s], before, 0, "left as it was");
}

START_TEST(arguments_that_do_not_fit)
{
    static const char null[] = "dm_tape_push: the tape or a matrix is NULL";
    dice d = { 600 };
    gsl_matrix *A[MATRICES], *dA[MATRICES * 3], *wide = room(14, 16, 0);
    gsl_matrix *dF[] = { room(14, 15, 0), room(14, 15, 0), room(14, 15, 0), room(14, 15, 0) };         /* and the value */
    inquiry q;

    draw(&d, 0, 14, 3, A, dA);
    begin_inquiry(&q, product_of, A);
    for (int turn = 0; turn < 2; turn++) {         /* before anything is recorded, and after */
        refused(dm_tape_push(q.tape, (const gsl_matrix *const *) A, 0, (const gsl_matrix *const *) dA, NULL, dF), GSL_EINVAL,
                "dm_tape_push: no direction is given");
        refuses(&q, A, dA, dF, &A[1], NULL, null);
        refuses(&q, A, dA, dF, &dA[5], NULL, null);
        refuses(&q, A, dA, dF, &dF[2], NULL, null);
        refuses(&q, A, dA, dF, &dA[4], wide, "dm_tape_push: dA[4] is 14×16: 17×15 is needed, the shape of A[i]");
        refuses(&q, A, dA, dF, &dF[2], wide, "dm_tape_push: dF[2] is 14×16: 14×15 is needed, the shape of F(A)");
        refuses(&q, A, dA, dF, &dF[3], wide, "dm_tape_push: value is 14×16: 14×15 is needed, the shape of F(A)");
        q.recorded = q.in_turn = true;
        ask(&q, "A*B", WIDE_OUTPUTS, A, 3, dA, false, 0);
    }
    dm_tape_free(q.tape);
}
END_TEST

/* A tape is made, recorded and asked four times.  The k-th allocation fails, for k = 0, 1, 2 ...: each call is right or
 * GSL_ENOMEM, the value and all that is no output as they were; nothing is lost, and the tape serves afterwards. */
static const struct { way how; size_t k; } frugal[] = { { TOUCHING, 2 }, { WIDE_INPUTS, 3 }, { OVER_THE_NEXT, 3 }, { WIDE_OUTPUTS, 2 } };

enum { TURNS = sizeof frugal / sizeof *frugal };

typedef struct {
    slab p[TURNS];
    int status[TURNS];
    error_log log[TURNS];
} outcome;

static void take_turns(dm_tape *tape, outcome *o)
{
    for (size_t turn = 0; turn < TURNS; turn++) {
        o->status[turn] = push(tape, &o->p[turn], frugal[turn].k, false);
        o->log[turn] = raised;
    }
}

static void judge(const inquiry *q, const outcome *o, const answer right[], bool starved)
{
    for (size_t turn = 0; turn < TURNS; turn++)
        if (starved && o->status[turn] == GSL_ENOMEM) {
            ck_assert_msg(o->log[turn].code == GSL_ENOMEM && o->log[turn].times == 1, "%s: raised %d times %s", q->text,
                          o->log[turn].times, o->log[turn].message);
            all_else_is_as_it_was(q, &o->p[turn], frugal[turn].how < OVER_A_PART ? frugal[turn].k : 0, false);
        } else {
            compare(q, &o->p[turn], frugal[turn].k, false, o->status[turn], &o->log[turn], &right[turn], 0);
        }
}

START_TEST(every_allocation_in_turn_may_fail)
{
    static const int some[] = { 3, 12, 14 };
    int which = some[_i / 2];
    bool after = _i % 2;

    for (size_t k = 0, asked = 1; k < asked; k++) {
        dice d = { 700 };
        gsl_matrix *A[MATRICES], *dA[MATRICES * MANY];
        answer right[TURNS];
        outcome starved, afterwards;
        inquiry q;
        draw(&d, which, 14, 0, A, dA);
        begin_inquiry(&q, function[which].f, A);
        dm_tape_free(q.tape);
        snprintf(q.text, sizeof q.text, "%s, allocation %zu%s", function[which].name, k, after ? " and all later" : "");
        for (size_t turn = 0; turn < TURNS; turn++) {
            draw(&d, which, 14, frugal[turn].k, A, dA);
            right[turn] = ordinary(&q, A, frugal[turn].k, dA);
            lay_out(&starved.p[turn], frugal[turn].how, A, frugal[turn].k, dA, q.rows, q.cols);
            lay_out(&afterwards.p[turn], frugal[turn].how, A, frugal[turn].k, dA, q.rows, q.cols);
        }
        long in_use = blocks_in_use();
        size_t so_far = allocations();
        fail_allocation(k, after);
        q.tape = dm_tape_alloc_multi(&q.F);
        if (q.tape)
            take_turns(q.tape, &starved);
        allocate_again();
        asked = q.tape ? allocations() - so_far : k + 2;
        if (q.tape)
            take_turns(q.tape, &afterwards);
        dm_tape_free(q.tape);
        long lost = blocks_in_use() - in_use;
        ck_assert_msg(lost == 0, "%s: %ld blocks are lost", q.text, lost);
        if (q.tape) {
            judge(&q, &starved, right, true);
            judge(&q, &afterwards, right, false);
        }
        forget_errors();
        forget_matrices();
    }
}
END_TEST

/* C*A*C where the first differential goes to where C lies, which every turn reads. */
static dm *between_views(dm *const X[], void *params)
{
    (void) params;
    return dm_mul(view(X[0]), dm_mul(X[0], view(X[0])));
}

START_TEST(a_view_is_not_written_over_while_it_is_read)
{
    enum { N = 21, K = 3 };
    dice d = { 1100 };
    dm_multi_function F = { between_views, 1, NULL };
    const gsl_matrix *A = random_matrix(&d, ANY, N, N), *dA[K];
    gsl_matrix *apart[K], *over[K];

    C = random_matrix(&d, ANY, N, N);
    for (size_t s = 0; s < K; s++) {
        dA[s] = random_matrix(&d, ANY, N, N);
        apart[s] = zeros(N, N);
        over[s] = s ? zeros(N, N) : C;
    }
    dm_tape *tape = dm_tape_alloc_multi(&F);
    ck_assert_int_eq(dm_tape_push(tape, &A, K, dA, NULL, apart), GSL_SUCCESS);
    ck_assert_int_eq(dm_tape_push(tape, &A, K, dA, NULL, over), GSL_SUCCESS);
    for (size_t s = 0; s < K; s++)
        same(over[s], apart[s], 0, "direction %zu", s);
    dm_tape_free(tape);
}
END_TEST

Suite *drivers_directions_suite(void)
{
    Suite *suite = suite_create("drivers/directions");
    TCase *tc = case_of(suite, "in turn");

    tcase_add_loop_test(tc, directions_in_turn, 0, FUNCTIONS);
    tcase_add_loop_test(tc, results_lie_anywhere, 0, FUNCTIONS);
    tcase_add_test(tc, a_view_is_not_written_over_while_it_is_read);
    tc = case_of(suite, "in threads");
    tcase_add_loop_test(tc, directions_in_threads, 0, FUNCTIONS);
    tcase_add_test(tc, threads_are_of_one_mind);
    tcase_add_test(tc, threads_and_a_child);
    tcase_add_test(tc, threads_that_are_not_to_be_had);
    tc = case_of(suite, "what goes wrong");
    tcase_add_loop_test(tc, errors_in_threads, 0, FUNCTIONS);
    tcase_add_loop_test(tc, errors_are_those_of_the_ordinary_way, 0, FUNCTIONS);
    tcase_add_test(tc, arguments_that_do_not_fit);
    tcase_add_loop_test(tc, every_allocation_in_turn_may_fail, 0, 6);
    return suite;
}
