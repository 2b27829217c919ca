/* The driver and the tape are asked of the same matrices, and the status, the message, the outputs and the margins
 * beside them compared.                                                                               */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "asking.h"

const char *const call_name[] = { "gradient", "jvp", "jacobian", "hessian", "hessian_vector" };

int ask_driver(call c, const dm_function *F, const places *p)
{
    switch (c) {
    case GRADIENT: return dm_gradient(F, p->A, p->number, p->out);
    case JVP: return dm_jvp(F, p->A, p->dA, p->value, p->out);
    case JACOBIAN: return dm_jacobian(F, p->A, p->value, p->out);
    case HESSIAN: return dm_hessian(F, p->A, p->number, p->second, p->out);
    default: return dm_hessian_vector(F, p->A, p->dA, p->number, p->second, p->out);
    }
}

int ask_tape(call c, dm_tape *tape, const places *p)
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

gsl_matrix *room(size_t m, size_t n, size_t margin)
{
    gsl_matrix *M = zeros(m, n + margin);

    gsl_matrix_set_all(M, MARGIN);
    M->size2 = n;
    gsl_matrix_set_all(M, BEFORE);
    return M;
}

gsl_matrix *placed(const gsl_matrix *A, size_t margin)
{
    gsl_matrix *M = room(A->size1, A->size2, margin);

    gsl_matrix_memcpy(M, A);
    return M;
}

void margin_is_there(const gsl_matrix *M, const char *text)
{
    for (size_t i = 0; M && i < M->size1; i++)
        for (size_t j = M->size2; j < M->tda; j++)
            ck_assert_msg(M->data[i * M->tda + j] == MARGIN, "%s: row %zu is written to beyond its end", text, i + 1);
}

bool like(const gsl_matrix *A, const gsl_matrix *B)
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

/* Places for a function rows × cols of A. */
void find_places(places *p, call c, layout how, bool second, const gsl_matrix *A, const gsl_matrix *dA, size_t rows,
                        size_t cols, unsigned without)
{
    size_t margin = how == APART ? 1 + A->size1 % 3 : 0, entries = A->size1 * A->size2;

    *p = (places) { .A = placed(A, margin), .dA = placed(dA, margin), .entry = BEFORE };
    p->number = without & NO_VALUE ? NULL : &p->entry;
    if ((c == JVP || c == JACOBIAN) && !(without & NO_VALUE))
        p->value = room(rows, cols, margin);
    if (c == JVP)
        p->out = room(rows, cols, margin);
    else if (c == JACOBIAN || c == HESSIAN)
        p->out = room(c == HESSIAN ? entries : rows * cols, entries, margin);
    else
        p->out = room(A->size1, A->size2, margin);
    if ((c == HESSIAN || c == HESSIAN_VECTOR) && !(without & NO_GRADIENT))
        p->second = room(A->size1, A->size2, margin);
    if (how == OVER)
        overlay(c, p, second);
}

/* ----------------------------------------------------------------------------------- the one comparison */

/* Not a bit of it is other than before. */
static void untouched(const gsl_matrix *M, const gsl_matrix *before, const char *text)
{
    for (size_t i = 0; M && i < M->size1; i++)
        ck_assert_msg(memcmp(gsl_matrix_const_ptr(M, i, 0), gsl_matrix_const_ptr(before, i, 0), M->size2 * sizeof(double)) == 0,
                      "%s: row %zu of an output is written to", text, i + 1);
}

void alike(const question *q, const gsl_matrix *got, const gsl_matrix *expected, const char *text, const char *what)
{
    if (got)
        same(got, expected, q->tolerance * fmax(largest(expected), q->relative ? 0 : 1), "%s: %s", text, what);
}

static gsl_matrix *copy_or_null(const gsl_matrix *A)
{
    return A ? copy(A) : NULL;
}

int ask_both(const question *q, call c, layout how, const gsl_matrix *A, const gsl_matrix *dA, unsigned without)
{
    char text[600];
    int status = GSL_SUCCESS;

    snprintf(text, sizeof text, "%s: %s, layout %d, without %u", q->text, call_name[c], how, without);
    for (int second = 0; second < (how == OVER ? 2 : 1); second++) {
        places right, p;
        find_places(&right, c, how, second, A, dA, q->rows, q->cols, without);
        find_places(&p, c, how, second, A, dA, q->rows, q->cols, without);
        forget_errors();
        status = ask_driver(c, &q->F, &right);
        error_log expected = raised;
        gsl_matrix *value = copy_or_null(p.value), *out = copy(p.out), *gradient = copy_or_null(p.second);
        forget_errors();
        int got = ask_tape(c, q->tape, &p);
        ck_assert_msg(got == status, "%s: %d (%s), expected %d (%s)", text, got, raised.message, status,
                      expected.message);
        ck_assert_msg(raised.times == expected.times && raised.code == expected.code
                      && strcmp(raised.message, expected.message) == 0, "%s: raised %d times %s, expected %d times %s",
                      text, raised.times, raised.message, expected.times, expected.message);
        if (status == GSL_SUCCESS) {
            same_number(p.entry, right.entry, q->tolerance * fmax(fabs(right.entry), q->relative ? 0 : 1), "%s: value", text);
            alike(q, p.value, right.value, text, "value");
            alike(q, p.out, right.out, text, "derivative");
            alike(q, p.second, right.second, text, "gradient");
        } else {
            ck_assert_msg(p.entry == BEFORE, "%s: the value is written", text);
            untouched(p.value, value, text);
            untouched(p.out, out, text);
            untouched(p.second, gradient, text);
        }
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
void begin_question(question *q, dm *(*f)(dm *A, void *params), void *params, const gsl_matrix *A)
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
void ask_everything(const question *q, layout how, const gsl_matrix *A, const gsl_matrix *dA, unsigned without)
{
    bool scalar = q->rows == 1 && q->cols == 1;

    for (call c = 0; c < CALLS; c++)
        if (scalar || c == JVP || c == JACOBIAN)
            ask_both(q, c, how, A, dA, without);
}
