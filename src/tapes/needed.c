/* Which lines a program needs, which of them are small, and which sums take their terms in where they land. */
#include <limits.h>
#include <string.h>
#include "tapes/compile.h"

bool dm_is_there(const dm_line *L)
{
    return L->small || (L->kind == DM_GIVEN && dm_sizes(dm_sizes(L->rows, L->slots), L->cols) <= UINT_MAX);
}

/* As if there had been no other program. */
static void begin_anew(dm_line *L)
{
    L->uses = L->last = 0;
    L->outer = L->scaled_rows = L->wanted = L->inside = L->waits = L->made = L->numbered = false;
    L->small = dm_has_small_shape(L->rows, L->cols) && !dm_is_known(L);
    L->place = NULL;
    L->readings = NULL;
    L->origin = NULL;
    if (L->kind != DM_GIVEN)
        L->number = NULL;
}

static bool stays_there(const dm_line *L)
{
    return L->slots == 1 && dm_is_there(L) && !L->own;
}

/* How a result is handed out that nobody else reads, of a few entries more than it takes to see to that: a column times
 * a row is written to where it is wanted, and so are scaled rows, and a view, as a number.                              */
static void see_result(dm_line *L)
{
    bool many = L->uses == 1 && L->handed_out && L->slots == 1 && L->rows * L->cols > 64;
    const dm_line *A = L->of[0];

    L->outer = many && L->kind == DM_LINE_PRODUCT && (L->transposed[0] ? A->rows : A->cols) == 1
        && L->rows > 1 && L->cols > 1 && stays_there(A) && stays_there(L->of[1]);
    L->scaled_rows = many && L->kind == DM_LINE_ROWS && stays_there(A) && stays_there(L->of[1]);
    L->small = L->small && !L->outer && !L->scaled_rows && !(many && L->kind == DM_LINE_VIEW && L->rows * L->cols > 256);
    if (L->varies && L->slots == 1 && L->kind != DM_GIVEN)
        L->small = true;               /* that is, it has a place, which will be another one each time */
}

/* A line is written after its operands. */
static void count_uses(dm_line *const list[], size_t n, dm_line *const wanted[], size_t wants)
{
    for (size_t i = 0; i < n; i++)
        begin_anew(list[i]);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < DM_OPERANDS && list[i]->of[k]; k++)
            list[i]->varies = list[i]->varies || list[i]->of[k]->varies;
    for (size_t i = 0; i < wants; i++) {
        wanted[i]->wanted = true;
        wanted[i]->uses++;
    }
    for (size_t i = 0; i < n; i++)     /* what may fail must be seen to */
        if (list[i]->kind == DM_LINE_CALL && !list[i]->op->later && !list[i]->op->adjoint)
            list[i]->uses++;
    for (size_t i = n; i-- > 0; )
        for (size_t k = 0; k < DM_OPERANDS && list[i]->uses && list[i]->of[k]; k++)
            list[i]->of[k]->uses++;
    for (size_t i = 0; i < wants; i++)
        see_result(wanted[i]);
}

dm_instruction dm_product_step(const dm_summand *t, dm_line **A, dm_line **B)
{
    dm_line *X = t->X;
    size_t l = t->transposed ? 1 : 0, r = 1 - l;
    bool A_transposed = X->transposed[l] ^ t->transposed, B_transposed = X->transposed[r] ^ t->transposed;

    *A = X->of[l];
    *B = X->of[r];
    size_t rows = A_transposed ? (*A)->cols : (*A)->rows, inner = A_transposed ? (*A)->rows : (*A)->cols;
    size_t cols = B_transposed ? (*B)->rows : (*B)->cols;
    dm_instruction s = { .scale = t->scale * X->scale, .rows = (unsigned) (rows * (*A)->slots), .inner = (unsigned) inner,
                         .cols = (unsigned) (cols * (*B)->slots), .A_transposed = A_transposed && rows > 1 && inner > 1,
                         .B_transposed = B_transposed && cols > 1 && inner > 1 };
    s.run = dm_is_there(*A) && dm_is_there(*B) ? dm_do_product_of(&s) : NULL;
    return s;
}

bool dm_is_simple_call(const dm_line *L, const char *row)
{
    return L->kind == DM_LINE_CALL && L->slots == 1 && dm_is_there(L->of[0]) && strcmp(L->op->name, row) == 0;
}

bool dm_is_direct(dm_line *X, bool transposed)
{
    dm_line *A = X->of[0], *B = X->of[1];

    switch (X->kind) {
    case DM_LINE_PRODUCT:
        return !(transposed && X->slots > 1) && dm_product_step(&(dm_summand) { 1, X, transposed }, &A, &B).run;
    case DM_LINE_HADAMARD:
        return !transposed && dm_is_there(A) && dm_is_there(B) && A->slots == B->slots;
    case DM_LINE_MULTIPLE:
        return !transposed && dm_is_there(A) && dm_is_there(B);
    case DM_LINE_INNER:
        return X->slots == 1 && dm_is_there(A) && dm_is_there(B);
    case DM_LINE_CALL:
        return !transposed && dm_is_simple_call(X, "embed");
    default:
        return false;
    }
}

/* What only a sum, or a small view, uses is made where it lands, if it can be: seen from there it may stand
 * transposed.  Long sums are sums of a sum and one more; not of one more and a sum, a sum within a sum within ... */
static void take_in(dm_line *sum, bool transposed, unsigned depth)
{
    enum { DEEP = 64 };

    for (dm_line *next; sum; sum = next) {
        bool turn = transposed;
        next = NULL;
        for (size_t k = DM_OPERANDS; k-- > 0; ) {
            dm_line *X = sum->of[k];
            bool t = turn ^ sum->transposed[k];
            if (!X || X->uses > 1 || X->wanted || X->rows * X->cols * X->slots == 1 || X->varies != sum->varies)
                continue;
            if (X->kind == DM_LINE_SUM && sum->kind == DM_LINE_SUM && !(t && X->slots > 1) && (k == 0 || depth < DEEP)) {
                X->inside = true;
                if (k == 0) {
                    next = X;
                    transposed = t;
                } else {
                    take_in(X, t, depth + 1);
                }
            } else if (sum->small && dm_is_direct(X, t)) {
                X->inside = true;
            } else if (X->kind == DM_LINE_PRODUCT && X->slots == 1 && sum->kind == DM_LINE_SUM) {
                X->waits = true;
            }
        }
    }
}

void dm_see_what_is_needed(dm_line *const list[], size_t n, dm_line *const wanted[], size_t wants)
{
    count_uses(list, n, wanted, wants);
    for (size_t i = n; i-- > 0; )
        if (list[i]->uses && !list[i]->inside
            && (list[i]->kind == DM_LINE_SUM || (list[i]->kind == DM_LINE_VIEW && list[i]->small)))
            take_in(list[i], false, 0);
}
