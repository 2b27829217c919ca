/* Sums as instructions: their terms are made where they land, products with a factor in common brought together. */
#include "tapes/compile.h"

typedef struct {
    dm_summand *term;
    size_t n;
} terms;

static bool sum_inside(const dm_line *X)
{
    return X->inside && X->kind == DM_LINE_SUM;
}

static size_t count_terms(const dm_line *sum)
{
    size_t n = 1;

    for (; ; sum = sum->of[0]) {
        n += sum_inside(sum->of[1]) ? count_terms(sum->of[1]) : 1;
        if (!sum_inside(sum->of[0]))
            return n;
    }
}

/* The terms of a sum, and of the sums within it. */
static void gather(terms *all, double scale, dm_line *sum, bool transposed)
{
    for (;;) {
        dm_summand first = { scale * sum->scale, sum->of[0], transposed ^ sum->transposed[0] };
        dm_summand second = { scale * sum->second, sum->of[1], transposed ^ sum->transposed[1] };
        if (sum_inside(second.X))
            gather(all, second.scale, second.X, second.transposed);
        else
            all->term[all->n++] = second;
        if (!sum_inside(first.X)) {
            all->term[all->n++] = first;
            return;
        }
        scale = first.scale;
        sum = first.X;
        transposed = first.transposed;
    }
}

/* The side of a product, seen through the term that it stands in. */
static dm_line *side(const dm_summand *t, size_t k, bool *transposed)
{
    size_t at = t->transposed ? 1 - k : k;

    *transposed = t->X->transposed[at] ^ t->transposed;
    return t->X->of[at];
}

static bool is_product(const dm_summand *t)
{
    return t->X->kind == DM_LINE_PRODUCT && t->X->slots == 1 && t->X->uses == 1 && !t->X->wanted && !t->X->made;
}

/* A line that the compiler adds. */
static dm_line *emit_later(dm_compiling *c, dm_line line)
{
    dm_line *L = dm_arena_alloc(c->context, sizeof *L);

    if (!L) {
        c->failed = true;
        return NULL;
    }
    *L = line;
    L->uses = 1;
    L->varies = c->in_turn;
    dm_line_look(L);
    L->small = dm_has_small_shape(L->rows, L->cols);
    dm_emit(c, L);
    return L;
}

/* a*L*R1 + b*L*R2 = L*(a*R1 + b*R2), and so from the right. */
static bool together(dm_compiling *c, dm_summand *a, const dm_summand *b)
{
    if (!is_product(a) || !is_product(b))
        return false;
    for (size_t k = 0; k < 2; k++) {
        bool at, bt, x, y;
        dm_line *A = side(a, k, &at), *B = side(b, k, &bt), *R1 = side(a, 1 - k, &x), *R2 = side(b, 1 - k, &y);
        if (A != B || at != bt || dm_is_known(R1) || dm_is_known(R2) || R1->cols == 1 || R1->rows == 1)
            continue;
        dm_line *both = emit_later(c, (dm_line) {
            .kind = DM_LINE_SUM, .scale = a->scale * a->X->scale, .second = b->scale * b->X->scale, .of = { R1, R2 },
            .transposed = { x, y }, .rows = x ? R1->cols : R1->rows, .slots = 1, .cols = x ? R1->rows : R1->cols });
        if (!both)
            return false;
        dm_line *P = dm_arena_alloc(c->context, sizeof *P);
        if (!P) {
            c->failed = true;
            return false;
        }
        *P = (dm_line) { .kind = DM_LINE_PRODUCT, .scale = 1, .of = { k ? both : A, k ? A : both },
                         .transposed = { k ? false : at, k ? at : false }, .slots = 1, .uses = 1, .varies = c->in_turn,
                         .rows = a->transposed ? a->X->cols : a->X->rows,
                         .cols = a->transposed ? a->X->rows : a->X->cols };
        dm_line_look(P);
        P->small = dm_has_small_shape(P->rows, P->cols);
        P->inside = P->small && dm_is_direct(P, false);
        *a = (dm_summand) { 1, P, false };
        return true;
    }
    return false;
}

/* First what overwrites, then what adds: plain terms, products, and what only adds. */
static int rank(const dm_summand *t)
{
    return dm_is_known(t->X) || (t->X->inside && t->X->kind == DM_LINE_CALL) ? 2 : t->X->inside ? 1 : 0;
}

static void in_order(terms *all)
{
    for (size_t i = 1; i < all->n; i++)
        for (size_t k = i; k > 0 && rank(&all->term[k]) < rank(&all->term[k - 1]); k--) {
            dm_summand t = all->term[k];
            all->term[k] = all->term[k - 1];
            all->term[k - 1] = t;
        }
}

static bool plain(const dm_line *C, const dm_summand *t)
{
    return !t->X->inside && dm_is_there(t->X) && t->X->slots == C->slots && !dm_is_turned(t);
}

/* The last three drafts are P = A*B, C = dA*B and C += A*dB: one instruction does all. */
static void fuse(dm_compiling *c)
{
    if (c->drafts < 3 || c->failed)
        return;
    dm_draft *d = &c->draft[c->drafts - 3];
    dm_doing *all = dm_do_dual_product_of(&d[0].step);
    for (size_t i = 0; i < 3; i++)
        if (d[i].numbers || d[i].step.run != d[0].step.run || d[i].step.A_transposed || d[i].step.B_transposed
            || d[i].step.scale != 1)
            return;
    if (!all || d[0].step.adds || d[1].step.adds || !d[2].step.adds || d[2].C != d[1].C)
        return;
    if (d[1].A == d[0].A && d[2].B == d[0].B) {    /* the other way round */
        dm_draft swap = d[1];
        d[1].A = d[2].A;
        d[1].B = d[2].B;
        d[2].A = swap.A;
        d[2].B = swap.B;
    }
    bool earlier = d[1].A != d[0].C && d[2].B != d[0].C;       /* dA and dB are there before P is */
    if (earlier && d[1].B == d[0].B && d[2].A == d[0].A)
        d[0].step.run = all;
}

static bool emit_small_sum(dm_compiling *c, dm_line *C, terms *all)
{
    size_t before = c->drafts, i = 0;

    if (plain(C, &all->term[0]) && plain(C, &all->term[1])) {
        dm_instruction s = { .run = dm_do_combine, .scale = all->term[0].scale, .second = all->term[1].scale,
                      .rows = (unsigned) C->rows, .cols = (unsigned) (C->slots * C->cols) };
        dm_add_small(c, s, C, all->term[0].X, all->term[1].X);
        i = 2;
    }
    for (; i < all->n; i++)
        if (!dm_add_small_term(c, C, i > 0, &all->term[i])) {
            c->drafts = before;
            return false;
        }
    fuse(c);
    return true;
}

/* What was to be made where it lands has to be made first after all. */
static void make_inside(dm_compiling *c, terms *all)
{
    for (size_t i = 0; i < all->n; i++)
        if (all->term[i].X->inside) {
            all->term[i].X->inside = false;
            dm_emit(c, all->term[i].X);
        }
}

/* Products that have a factor in common are brought together. */
static void factor_out(dm_compiling *c, terms *all)
{
    for (size_t i = 0; i < all->n; i++)
        for (size_t k = i + 1; k < all->n; k++)
            if (together(c, &all->term[i], &all->term[k])) {
                all->term[k] = all->term[--all->n];
                k = i;
            }
}

void dm_emit_sum(dm_compiling *c, dm_line *C)
{
    terms all = { dm_arena_alloc(c->context, count_terms(C) * sizeof *all.term), 0 };

    if (!all.term) {
        c->failed = true;
        return;
    }
    gather(&all, 1, C, false);
    factor_out(c, &all);
    in_order(&all);
    for (size_t i = 0; i < all.n; i++)
        if (!all.term[i].X->inside && !all.term[i].X->made)
            dm_emit(c, all.term[i].X);
    if (C->small && (all.n > 1 ? emit_small_sum(c, C, &all) : dm_add_small_term(c, C, false, &all.term[0])))
        return;
    make_inside(c, &all);
    const dm_summand *t = all.term;
    if (all.n == 1)
        dm_add_numbers(c, dm_do_make_view, C, t->scale, t->X, t->transposed, 0, NULL, false);
    else
        dm_add_numbers(c, dm_do_make_sum, C, t[0].scale, t[0].X, t[0].transposed, t[1].scale, t[1].X, t[1].transposed);
    for (size_t i = 2; i < all.n; i++)
        dm_add_numbers(c, dm_do_add_number, C, t[i].scale, t[i].X, t[i].transposed, 0, NULL, false);
    dm_complete(c, C);
}
