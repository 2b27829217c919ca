/* Where operations are applied: shapes, failed operands, constants and levels are handled here, once, so
 * that a rule holds nothing but its rule.                                                            */
#include <string.h>
#include "operations/operations.h"

/* ---------------------------------------------------------------------------------------- shapes --
 *
 * "mn np mp": each letter is bound by the first operand that has it; the others must agree.           */

typedef struct {
    size_t size;                       /* 0: not bound yet */
    unsigned char operand, side;       /* who bound it: side 0 are its rows, 1 its columns */
} binding;

static size_t side_of(const dm *X, int side)
{
    return side ? X->cols : X->rows;
}

static const char *sides(int side, size_t n)
{
    return side ? n == 1 ? "column" : "columns" : n == 1 ? "row" : "rows";
}

static void mismatch(dm *C, dm *const X[], const binding *b, size_t i, int side)
{
    const dm_op *op = C->op;
    dm_letter first, second;
    const dm *A = X[b->operand], *B = X[i];
    const char *a = dm_operand_name(&first, op, b->operand, A), *bb = dm_operand_name(&second, op, i, B);

    if (b->operand == i)
        dm_fail(C, GSL_EBADLEN, "dm_%s: %s is %zu×%zu: %zu %s against %zu %s, a square matrix is needed",
                op->name, a, A->rows, A->cols, A->rows, sides(0, A->rows), A->cols,
                sides(1, A->cols));
    else
        dm_fail(C, GSL_EBADLEN, "dm_%s: %s is %zu×%zu and %s is %zu×%zu: %zu %s against %zu %s",
                op->name, a, A->rows, A->cols, bb, B->rows, B->cols, b->size,
                sides(b->side, b->size), side_of(B, side), sides(side, side_of(B, side)));
}

static void not_one(dm *C, dm *const X[], size_t i, int side)
{
    const dm_op *op = C->op;
    const char *pattern = op->shapes + 3 * i;
    dm_letter letter;

    dm_fail(C, GSL_EBADLEN, "dm_%s: %s is %zu×%zu: a %s is needed (%zu %s against 1)", op->name,
            dm_operand_name(&letter, op, i, X[i]), X[i]->rows, X[i]->cols,
            pattern[0] == '1' && pattern[1] == '1' ? "scalar, 1×1"
            : side ? "column vector" : "row vector", side_of(X[i], side),
            sides(side, side_of(X[i], side)));
}

/* Bind one operand's letters. */
static bool fits(dm *C, dm *const X[], size_t i, binding bound[])
{
    for (int side = 0; side < 2; side++) {
        char letter = C->op->shapes[3 * i + (size_t) side];
        size_t size = side_of(X[i], side);
        if (letter == '1') {
            if (size != 1) {
                not_one(C, X, i, side);
                return false;
            }
            continue;
        }
        binding *b = &bound[letter - 'm'];
        if (b->size == 0) {
            *b = (binding) { size, (unsigned char) i, (unsigned char) side };
        } else if (b->size != size) {
            mismatch(C, X, b, i, side);
            return false;
        }
    }
    return true;
}

/* Say what does not fit. */
static void complain(dm *C, dm *const X[])
{
    binding bound['q' - 'm' + 1] = { { 0, 0, 0 } };

    for (size_t i = 0; i < dm_arity(C->op); i++)
        if (!fits(C, X, i, bound))
            return;
}

/* A side that is called a and one that is called b: alike names have alike sizes, and 1 is a name for 1. */
static inline bool agree(char a, size_t m, char b, size_t n)
{
    return (a != b || m == n) && (a != '1' || m == 1);
}

/* Set C's shape, or fail it. */
static bool shape(dm *C, dm *const X[])
{
    const dm_op *op = C->op;
    const char *s = op->shapes, *first = s, *second = s, *result = s + 3;
    size_t m = X[0]->rows, n = X[0]->cols, p = m, q = n;
    bool fit = agree(first[0], m, first[1], n) && agree(first[1], n, first[0], m);

    if (X[1]) {
        second = s + 3;
        result = s + 6;
        p = X[1]->rows;
        q = X[1]->cols;
        fit = fit && agree(second[0], p, second[1], q) && agree(second[1], q, second[0], p)
           && agree(second[0], p, first[0], m) && agree(second[0], p, first[1], n)
           && agree(second[1], q, first[0], m) && agree(second[1], q, first[1], n);
    }
    if (!fit) {
        complain(C, X);
        return false;
    }
#define SIZE(LETTER) ((LETTER) == '1' ? 1 : (LETTER) == first[0] ? m : (LETTER) == first[1] ? n              \
                      : (LETTER) == second[0] ? p : q)
    if (result[0] != '?') {
        C->rows = SIZE(result[0]);
        C->cols = SIZE(result[1]);
    }
#undef SIZE
    if (!op->shape)
        return true;
    if (!op->shape(C, X))
        return false;
    if (dm_sizes(C->rows, C->cols) > (size_t) -1 / 16) {
        dm_letter letter;
        dm_fail(C, GSL_EBADLEN, "dm_%s: %s is %zu×%zu: the result would be larger than any memory", op->name,
                dm_operand_name(&letter, op, 0, X[0]), X[0]->rows, X[0]->cols);
        return false;
    }
    if (C->rows == 0 || C->cols == 0) {
        dm_fail(C, GSL_EBADLEN, "dm_%s: the result would be %zu×%zu: a matrix has at least one row and "
                "one column", op->name, C->rows, C->cols);
        return false;
    }
    return true;
}

/* Directions side by side go through every map; two different sets of them cannot. */
static bool slots(dm *C, dm *const X[])
{
    C->slots = X[0]->slots;
    if (!X[1] || X[1]->slots == 1)
        return true;
    if (X[0]->slots == 1) {
        C->slots = X[1]->slots;
        return true;
    }
    dm_fail(C, GSL_EUNSUP, "dm_%s: both operands carry several directions (%zu and %zu): at most one "
            "level of a computation can", C->op->name, X[0]->slots, X[1]->slots);
    return false;
}

/* ---------------------------------------------------------------------------------------- levels -- */

static dm_level *highest(dm *const X[])
{
    dm_level *level = X[0]->level;

    if (X[1] && X[1]->level && (!level || X[1]->level->depth > level->depth))
        level = X[1]->level;
    return level;
}

/* C has its op, operands, parameters and shape: give it its value and its differential. */
static void compute(dm *C)
{
    dm_level *level = highest(C->in);

    if (!level) {
        if (C->context->base)
            C->context->base->apply(C, C->in);
        else if (C->op->later)
            dm_number_later(C);
        else
            C->op->value(C, C->in);
        return;
    }
    C->level = level;
    dm *value = dm_new(C->context, C->rows, C->slots, C->cols);
    if (dm_inherit(C, value))
        return;
    value->op = C->op;
    value->with = C->with;
    value->name = C->name;
    for (size_t i = 0; i < DM_OPERANDS && C->in[i]; i++)
        value->in[i] = dm_lower(C, C->in[i]);
    compute(value);
    C->dual.value = value;
    if (dm_inherit(C, value))
        return;
    const dm_op *within = C->context->within;
    if (!within)
        C->context->within = C->op;
    C->op->rule(C, C->in);
    C->context->within = within;
    dm_stated(C);
}

/* Where an operand is NULL; NULL too if there is no context to fail in. */
static dm *missing(const dm_op *op, dm *A, dm *B)
{
    dm *there = A ? A : B;

    if (!there || dm_is_failed(there))
        return there;
    return dm_failed(there->context, GSL_EFAULT, "dm_%s: %c is NULL", op->name, op->operands[A ? 1 : 0]);
}

dm *dm_apply(const dm_op *op, dm *const X[], const dm_parameters *with)
{
    dm *A = X[0], *B = dm_arity(op) > 1 ? X[1] : NULL;

    if (!A || (dm_arity(op) > 1 && !B))
        return missing(op, A, B);
    if (dm_is_failed(A))
        return A;
    if (B && dm_is_failed(B))
        return B;
    if (op->at_once && A->small && !A->context->base && (!B || (B->small && A->context == B->context))) {
        dm *C = op->at_once(X);
        if (C)
            return C;
    }
    dm *C = dm_new(A->context, 1, 1, 1);
    if (dm_is_failed(C))
        return C;
    C->op = op;
    C->in[0] = A;
    C->in[1] = B;
    if (B && A->context != B->context)
        return dm_fail(C, GSL_EINVAL, "dm_%s: the operands live in different contexts", op->name);
    if (with) {
        dm_parameters *kept = dm_arena_alloc(C->context, sizeof *kept);
        if (!kept)
            return dm_out_of_memory(C->context);
        *kept = *with;
        C->with = kept;
    }
    if (!shape(C, C->in) || !slots(C, C->in))
        return C;
    if (op->compose)
        return op->compose(C->in, C->with);
    compute(C);
    return C;
}
