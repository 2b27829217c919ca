/* Sums of terms: stated, pushed, read off. */
#include <string.h>
#include "differentials/terms.h"
#include "numbers/number.h"

/* ---------------------------------------------------------------------------------- running sums --
 *
 * d(A + p*B) = dA + p*dB: sums of dm of any level, from which the other parts build theirs.          */

/* dX -> p*dX, and back p*u */
static dm *scaled(const dm_term *t, dm *d, dm *sum)
{
    return dm_accumulate_times(sum, t->scale, d);
}

static bool scaled_form(const dm_term *t, dm_sandwich *form)
{
    *form = (dm_sandwich) { t->scale, NULL, NULL, false };
    return true;
}

static const dm_map scaled_map = { "scaled", scaled, scaled, scaled_form };

void dm_term_scaled(dm *C, double p, dm *X)
{
    dm_term_add(C, &scaled_map, p, NULL, NULL, X);
}

static dm_level *outer(const dm *A, const dm *B)
{
    unsigned a = A && A->level ? A->level->depth : 0, b = B->level ? B->level->depth : 0;

    return a > b ? A->level : B->level;
}

dm *dm_accumulate_times(dm *sum, double p, dm *x)
{
    if (!x || (sum && dm_is_failed(sum)))
        return sum;
    if (dm_is_failed(x) || (!sum && p == 1))
        return x;
    dm_level *level = outer(sum, x);
    if (!level) {
        const dm_base *base = x->context->base;
        return base ? base->accumulate(sum, p, x) : dm_number_accumulate(sum, p, x);
    }
    dm *C = dm_new_dual(x->context, level, x->rows, x->slots, x->cols);
    if (dm_is_failed(C))
        return C;
    C->dual.value = dm_accumulate_times(sum ? dm_lower(C, sum) : NULL, p, dm_lower(C, x));
    dm_inherit(C, C->dual.value);
    if (sum)
        dm_term_scaled(C, 1, sum);
    dm_term_scaled(C, p, x);
    dm_stated(C);
    return C;
}

/* A sum is complete once somebody uses it: from then on it must not be carried on in place. */
static dm *complete(dm *sum)
{
    for (dm *A = sum; A; A = A->dual.value) {
        if (!A->level) {
            A->number.temporary = false;
            break;
        }
        if (A->level->kind == DM_PUSHED)
            complete(A->dual.differential);
    }
    return sum;
}

/* -------------------------------------------------------------------------------- stating terms -- */

void dm_term_add(dm *C, const dm_map *map, double scale, dm *L, dm *R, dm *X)
{
    if (dm_is_failed(C) || !dm_varies(C, X))
        return;
    if ((L && dm_inherit(C, L)) || (R && dm_inherit(C, R)))
        return;
    if (C->level->kind == DM_FORMAL) {
        dm_term *kept = dm_arena_alloc(C->context, sizeof *kept);
        if (!kept) {
            dm_no_memory(C);
            return;
        }
        *kept = (dm_term) { map, C, X, L, R, scale, C->dual.terms };
        C->dual.terms = kept;
    } else if (X->dual.differential) {
        dm_term term = { map, C, X, L, R, scale, NULL };
        C->dual.differential = map->push(&term, X->dual.differential, C->dual.differential);
        dm_inherit(C, C->dual.differential);
    }
}

dm *dm_between(dm *C, size_t rows, size_t cols)
{
    dm *M = dm_new_dual(C->context, C->level, rows, C->slots, cols);

    dm_inherit(C, M);
    return M;
}

void dm_stated(dm *C)
{
    if (dm_is_failed(C))
        return;
    if (C->level->kind == DM_PUSHED) {
        complete(C->dual.differential);
        return;
    }
    C->dual.before = C->level->last;
    C->level->last = C;
    C->context->formal_made++;
}

/* ----------------------------------------------------------------------------------- reading off --
 *
 * Every dm of the level was made after its operands, so one walk from the newest to the oldest meets
 * each when its own adjoint is complete.                                                            */

static bool reached(const dm *A, unsigned long pass)
{
    return A->dual.pass == pass && A->dual.adjoint;
}

/* X's running sum in this pass. */
static dm **sum_of(dm *X, unsigned long pass)
{
    if (X->dual.pass != pass) {
        X->dual.pass = pass;
        X->dual.adjoint = NULL;
    }
    return &X->dual.adjoint;
}

dm *dm_pull(dm *f, dm *u)
{
    dm_level *level = f->level;
    unsigned long pass = ++level->pass;

    level->read = NULL;
    *sum_of(f, pass) = u;
    for (dm *C = level->last; C; C = C->dual.before) {
        if (!reached(C, pass))
            continue;
        dm *adjoint = complete(C->dual.adjoint);
        if (dm_is_failed(adjoint))
            return adjoint;
        for (const dm_term *t = C->dual.terms; t; t = t->next) {
            dm **sum = sum_of(t->X, pass);
            *sum = t->map->pull(t, adjoint, *sum);
        }
    }
    level->read = f;
    level->released = f->context->released;
    return NULL;
}

dm *dm_adjoint(const dm *f, const dm *X)
{
    return reached(X, f->level->pass) ? complete(X->dual.adjoint) : NULL;
}

/* --------------------------------------------------------------------------------------- pushing --
 *
 * The other way: from the oldest to the newest.  The list leads backwards, so it is turned round for
 * the walk and back again.  While pushing, `adjoint` holds a dm's differential.                      */

static dm *turned(dm *last)
{
    dm *front = NULL;

    while (last) {
        dm *before = last->dual.before;
        last->dual.before = front;
        front = last;
        last = before;
    }
    return front;
}

dm *dm_push(dm *f, dm *X, dm *d)
{
    dm_level *level = f->level;
    unsigned long pass = ++level->pass;

    level->read = NULL;
    *sum_of(X, pass) = d;
    dm *oldest = turned(level->last);
    for (dm *C = oldest; C; C = C->dual.before)
        for (const dm_term *t = C->dual.terms; t; t = t->next)
            if (reached(t->X, pass)) {
                dm *dX = complete(t->X->dual.adjoint), **sum = sum_of(C, pass);
                *sum = dm_is_failed(dX) ? dX : t->map->push(t, dX, *sum);
            }
    turned(oldest);
    return dm_adjoint(f, f);
}
