/* From lines to a program: which lines are needed, which sums take their terms in where they land, which step makes
 * what, and where small matrices have their entries.                                                  */
#include <stdint.h>
#include <string.h>
#include "numbers/kernels.h"
#include "tapes/instructions.h"
#include "tapes/tape.h"

/* A step, and the lines it is about: small ones get their places when all steps are known. */
typedef struct {
    dm_instruction step;
    dm_line *C, *A, *B;
    bool numbers;                      /* it is one of numbers */
    bool both;                         /* it makes B too */
} draft;

/* A number that every run finds as it was made: without the factors and other things that a run left there. */
typedef struct dm_origin origin;
struct dm_origin {
    dm *A;
    dm_number made;
    const dm_line *line;
    bool small;
    origin *next;
};

/* Where a step reads entries that are handed in. */
typedef struct dm_reading reading;
struct dm_reading {
    const double **at;
    reading *next;
};

struct dm_program {
    dm_context *context;
    dm_instruction *step;
    dm **numbered;                     /* what an instruction of numbers makes, else NULL */
    size_t steps;
    origin *origin;
    dm_scope mark;                     /* what lies behind it a run may use */
};

typedef struct {
    dm_context *context;
    draft *draft;
    origin *origin;
    size_t drafts, room;
    dm_program *program;
    bool begun;                        /* numbers are as they were made */
    bool failed;                       /* no memory */
} compiling;

/* ---------------------------------------------------------------------------------- what is needed -- */

static bool is_known(const dm_line *L)
{
    return L->kind == DM_LINE_ZERO || L->kind == DM_LINE_FILL || L->kind == DM_LINE_IDENTITY;
}

/* All lines, in the order in which they were written; NULL: no memory. */
static dm_line **listed(dm_context *context, const dm_tape_record *record)
{
    dm_line **list = dm_arena_alloc(context, (record->count + 1) * sizeof *list), *L = record->first;

    for (size_t i = 0; list && L; L = L->next)
        list[i++] = L;
    return list;
}

/* Worth a fixed place: what is made in less time than its form could be looked at. */
static bool has_small_shape(size_t rows, size_t cols)
{
    enum { SHORT = 64 };               /* for a row or a column */

    return (rows <= DM_SMALL && cols <= DM_SMALL) || ((rows == 1 || cols == 1) && rows * cols <= SHORT);
}

/* Its entries lie in order, where a step can read them. */
static bool is_there(const dm_line *L)
{
    return L->small || L->kind == DM_GIVEN;
}

/* A result that is a transpose, a multiple or of rank one is made in a place too, up to a size. */
static bool is_simple(const dm_line *L)
{
    enum { MODERATE = 16 };
    const dm_line *A = L->of[0], *B = L->of[1];

    if (L->rows > MODERATE || L->cols > MODERATE || L->slots > 1 || !A || !is_there(A) || (B && !is_there(B)))
        return false;
    return L->kind == DM_LINE_VIEW || (L->kind == DM_LINE_PRODUCT && (L->transposed[0] ? A->rows : A->cols) == 1);
}

/* As if there had been no other program. */
static void begin_anew(dm_line *L)
{
    L->uses = L->last = 0;
    L->wanted = L->inside = L->waits = L->made = L->numbered = false;
    L->small = has_small_shape(L->rows, L->cols) && !is_known(L);
    L->place = NULL;
    L->readings = NULL;
    L->origin = NULL;
    if (L->kind != DM_GIVEN)
        L->number = NULL;
}

/* A line is written after its operands. */
static void count_uses(dm_line *const list[], size_t n, dm_line *const wanted[], size_t wants)
{
    for (size_t i = 0; i < n; i++)
        begin_anew(list[i]);
    for (size_t i = 0; i < wants; i++) {
        wanted[i]->wanted = true;
        wanted[i]->small = wanted[i]->small || is_simple(wanted[i]);
        wanted[i]->uses++;
    }
    for (size_t i = 0; i < n; i++)     /* what may fail must be seen to */
        if (list[i]->kind == DM_LINE_CALL && !list[i]->op->later && !list[i]->op->adjoint)
            list[i]->uses++;
    for (size_t i = n; i-- > 0; )
        for (size_t k = 0; k < DM_OPERANDS && list[i]->uses && list[i]->of[k]; k++)
            list[i]->of[k]->uses++;
}

/* A product as an instruction of small matrices; its `run` is NULL where there is none. */
typedef struct {
    double scale;
    dm_line *X;
    bool transposed;
} term;

static dm_instruction product_step(const term *t, dm_line **A, dm_line **B)
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
    s.run = is_there(*A) && is_there(*B) ? dm_do_product_of(&s) : NULL;
    return s;
}

/* Can it be made by an instruction of small matrices, with its entries in the order of X, or of X'? */
static bool is_direct(dm_line *X, bool transposed)
{
    dm_line *A = X->of[0], *B = X->of[1];

    switch (X->kind) {
    case DM_LINE_PRODUCT:
        return !(transposed && X->slots > 1) && product_step(&(term) { 1, X, transposed }, &A, &B).run;
    case DM_LINE_HADAMARD:
        return !transposed && is_there(A) && is_there(B) && A->slots == B->slots;
    case DM_LINE_MULTIPLE:
        return !transposed && is_there(A) && is_there(B);
    case DM_LINE_INNER:
        return X->slots == 1 && is_there(A) && is_there(B);
    default:
        return false;
    }
}

/* What only a sum, or a small view, uses is made where it lands, if it can be: seen from there it may stand
 * transposed.  Long sums are sums of a sum and one more.                                             */
static void take_in(dm_line *sum, bool transposed)
{
    for (dm_line *next; sum; sum = next) {
        bool turn = transposed;
        next = NULL;
        for (size_t k = DM_OPERANDS; k-- > 0; ) {
            dm_line *X = sum->of[k];
            bool t = turn ^ sum->transposed[k];
            if (!X || X->uses > 1 || X->wanted || X->rows * X->cols * X->slots == 1)
                continue;
            if (X->kind == DM_LINE_SUM && sum->kind == DM_LINE_SUM && !(t && X->slots > 1)) {
                X->inside = true;
                if (k == 0) {
                    next = X;
                    transposed = t;
                } else {
                    take_in(X, t);
                }
            } else if (sum->small && is_direct(X, t)) {
                X->inside = true;
            } else if (X->kind == DM_LINE_PRODUCT && X->slots == 1 && sum->kind == DM_LINE_SUM) {
                X->waits = true;
            }
        }
    }
}

/* ------------------------------------------------------------------------------------------ drafts -- */

/* The step reads X last, until another one does; what X is only a form of is read with it. */
static void read_by(dm_line *X, size_t step)
{
    if (!X || X->last == step)
        return;
    X->last = step;
    if (!X->small && X->kind != DM_GIVEN)
        for (size_t k = 0; k < DM_OPERANDS; k++)
            read_by(X->of[k], step);
}

static void add_draft(compiling *c, draft d)
{
    if (c->drafts == c->room) {
        size_t room = c->room ? 2 * c->room : 16;
        draft *longer = dm_arena_alloc(c->context, room * sizeof *longer);
        if (!longer) {
            c->failed = true;
            return;
        }
        if (c->drafts)
            memcpy(longer, c->draft, c->drafts * sizeof *longer);
        c->draft = longer;
        c->room = room;
    }
    read_by(d.A, c->drafts + 1);
    read_by(d.B, c->drafts + 1);
    read_by(d.C, c->drafts + 1);
    c->draft[c->drafts++] = d;
}

/* ----------------------------------------------------------------------------- the numbers of lines -- */

/* Symmetric positive semidefinite, or definite, by the way it was written, as numbers say it of themselves. */
static bool is_gram(const dm_line *L, double scale)
{
    switch (L->kind) {
    case DM_LINE_IDENTITY:
        return scale * L->scale >= 0;
    case DM_LINE_VIEW:
        return scale * L->scale > 0 && is_gram(L->of[0], 1);
    case DM_LINE_PRODUCT:
        return scale * L->scale > 0 && L->of[0] == L->of[1] && L->transposed[0] != L->transposed[1] && L->slots == 1;
    case DM_LINE_SUM:
        return is_gram(L->of[0], scale * L->scale) && is_gram(L->of[1], scale * L->second);
    default:
        return false;
    }
}

static bool is_definite(const dm_line *L, double scale)
{
    switch (L->kind) {
    case DM_LINE_IDENTITY:
        return scale * L->scale > 0;
    case DM_LINE_VIEW:
        return scale * L->scale > 0 && is_definite(L->of[0], 1);
    case DM_LINE_SUM:
        return is_gram(L, scale) && (is_definite(L->of[0], scale * L->scale) || is_definite(L->of[1], scale * L->second));
    default:
        return false;
    }
}

static void remember_origin(compiling *c, dm *A, dm_line *L)
{
    origin *o = dm_arena_alloc(c->context, sizeof *o);

    if (!o) {
        c->failed = true;
        return;
    }
    *o = (origin) { A, A->number, L, false, c->origin };
    c->origin = L->origin = o;
}

/* The number of a line, for steps of numbers; NULL: no memory. */
static dm *number_of(compiling *c, dm_line *L)
{
    dm *A = L->number;

    if (L->numbered)
        return A;
    if (!A)
        A = L->number = dm_new(c->context, L->rows, L->slots, L->cols);
    if (dm_is_failed(A)) {
        c->failed = true;
        return NULL;
    }
    L->numbered = true;
    A->op = L->op;
    A->with = L->with;
    if (is_known(L)) {
        A->number.form = L->kind == DM_LINE_ZERO ? DM_ZERO : L->kind == DM_LINE_FILL ? DM_FILL : DM_IDENTITY;
        A->number.scale = L->scale;
        remember_origin(c, A, L);
    } else if (L->kind == DM_GIVEN || L->small) {
        dm_number_at(A, L->kind == DM_GIVEN ? A->number.data : NULL);
        A->number = (dm_number) { .data = A->number.data, .gram = is_gram(L, 1), .definite = is_definite(L, 1) };
        remember_origin(c, A, L);
    }
    for (size_t k = 0; k < DM_OPERANDS && L->of[k]; k++)
        A->in[k] = L->kind == DM_LINE_CALL ? number_of(c, L->of[k]) : NULL;
    return A;
}

/* Before the first instruction of numbers. */
static void begin_numbers(compiling *c)
{
    draft d = { .numbers = true };

    d.step.run = dm_do_begin;
    d.step.program = c->program;
    add_draft(c, d);
}

static void add_numbers(compiling *c, dm_doing *run, dm_line *C, double scale, dm_line *A, bool A_transposed,
                        double second, dm_line *B, bool B_transposed)
{
    draft d = { .C = C, .A = A, .B = B, .numbers = true };

    if (!c->begun)
        begin_numbers(c);
    c->begun = true;
    d.step.run = run;
    d.step.scale = scale;
    d.step.second = second;
    d.step.A_transposed = A_transposed;
    d.step.B_transposed = B_transposed;
    d.step.of.C = number_of(c, C);
    d.step.of.A = A ? number_of(c, A) : NULL;
    d.step.of.B = B ? number_of(c, B) : NULL;
    add_draft(c, d);
}

/* C, made by steps of numbers, is complete; a small one gets its entries where its other readers look. */
static void settle(compiling *c, dm_line *C)
{
    draft d = { .C = C, .numbers = true };

    if (!C->small)
        return;
    d.step.run = dm_do_settle;
    d.step.of.C = number_of(c, C);
    add_draft(c, d);
}

/* --------------------------------------------------------------------------------------- one term -- */

/* A step of small matrices. */
static void add_small(compiling *c, dm_instruction step, dm_line *C, dm_line *A, dm_line *B)
{
    add_draft(c, (draft) { .step = step, .C = C, .A = A, .B = B });
}

/* Do its entries stand in another order than X's?  A single row or column of one slot is the same either way. */
static bool is_turned(const term *t)
{
    return t->transposed && (t->X->slots > 1 || (t->X->rows > 1 && t->X->cols > 1));
}

/* C = t, or C += t, by a step of small matrices; false: there is none for it. */
static bool add_small_term(compiling *c, dm_line *C, bool adds, const term *t)
{
    dm_line *X = t->X;
    dm_instruction s = { .scale = t->scale, .rows = (unsigned) C->rows, .cols = (unsigned) (C->slots * C->cols), .adds = adds };
    bool turned = is_turned(t);

    if (X->inside && X->kind == DM_LINE_PRODUCT) {
        dm_line *A, *B;
        s = product_step(t, &A, &B);
        s.adds = adds;
        add_small(c, s, C, A, B);
    } else if (X->inside && (X->kind == DM_LINE_HADAMARD || X->kind == DM_LINE_MULTIPLE)) {
        s.run = X->kind == DM_LINE_HADAMARD ? dm_do_hadamard : dm_do_multiple;
        s.scale *= X->scale;
        add_small(c, s, C, X->of[0], X->of[1]);
    } else if (is_there(X) && X->slots == C->slots && !(turned && X->slots > 1)) {
        s.run = turned ? dm_do_transpose_of(&s) : dm_do_add;
        add_small(c, s, C, X, NULL);
    } else if ((X->kind == DM_LINE_IDENTITY || X->kind == DM_LINE_FILL) && adds && X->slots == C->slots && X->slots == 1) {
        s.run = X->kind == DM_LINE_IDENTITY ? dm_do_diagonal : dm_do_fill;
        s.scale *= X->scale;
        add_small(c, s, C, NULL, NULL);
    } else {
        return false;
    }
    return true;
}

/* -------------------------------------------------------------------------------------------- sums -- */

typedef struct {
    term *term;
    size_t n;
} terms;

static dm_line *emit_later(compiling *c, dm_line line);

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
        term first = { scale * sum->scale, sum->of[0], transposed ^ sum->transposed[0] };
        term second = { scale * sum->second, sum->of[1], transposed ^ sum->transposed[1] };
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
static dm_line *side(const term *t, size_t k, bool *transposed)
{
    size_t at = t->transposed ? 1 - k : k;

    *transposed = t->X->transposed[at] ^ t->transposed;
    return t->X->of[at];
}

static bool is_product(const term *t)
{
    return t->X->kind == DM_LINE_PRODUCT && t->X->slots == 1 && t->X->uses == 1 && !t->X->wanted;
}

/* a*L*R1 + b*L*R2 = L*(a*R1 + b*R2), and so from the right. */
static bool together(compiling *c, term *a, const term *b)
{
    if (!is_product(a) || !is_product(b))
        return false;
    for (size_t k = 0; k < 2; k++) {
        bool at, bt, x, y;
        dm_line *A = side(a, k, &at), *B = side(b, k, &bt), *R1 = side(a, 1 - k, &x), *R2 = side(b, 1 - k, &y);
        if (A != B || at != bt || is_known(R1) || is_known(R2) || R1->cols == 1 || R1->rows == 1)
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
                         .transposed = { k ? false : at, k ? at : false }, .slots = 1, .uses = 1,
                         .rows = a->transposed ? a->X->cols : a->X->rows,
                         .cols = a->transposed ? a->X->rows : a->X->cols };
        P->small = has_small_shape(P->rows, P->cols);
        P->inside = P->small && is_direct(P, false);
        *a = (term) { 1, P, false };
        return true;
    }
    return false;
}

static void emit(compiling *c, dm_line *L);

/* First what overwrites, then what adds: plain terms, products, and what only adds. */
static int rank(const term *t)
{
    return is_known(t->X) ? 2 : t->X->inside ? 1 : 0;
}

static void in_order(terms *all)
{
    for (size_t i = 1; i < all->n; i++)
        for (size_t k = i; k > 0 && rank(&all->term[k]) < rank(&all->term[k - 1]); k--) {
            term t = all->term[k];
            all->term[k] = all->term[k - 1];
            all->term[k - 1] = t;
        }
}

static bool plain(const dm_line *C, const term *t)
{
    return !t->X->inside && is_there(t->X) && t->X->slots == C->slots && !is_turned(t);
}

/* The last three drafts are P = A*B, C = dA*B and C += A*dB: one instruction does all. */
static void fuse(compiling *c)
{
    if (c->drafts < 3 || c->failed)
        return;
    draft *d = &c->draft[c->drafts - 3];
    dm_doing *all = dm_do_dual_product_of(&d[0].step);
    for (size_t i = 0; i < 3; i++)
        if (d[i].numbers || d[i].step.run != d[0].step.run || d[i].step.A_transposed || d[i].step.B_transposed
            || d[i].step.scale != 1)
            return;
    if (!all || d[0].step.adds || d[1].step.adds || !d[2].step.adds || d[2].C != d[1].C)
        return;
    if (d[1].A == d[0].A && d[2].B == d[0].B) {    /* the other way round */
        draft swap = d[1];
        d[1].A = d[2].A;
        d[1].B = d[2].B;
        d[2].A = swap.A;
        d[2].B = swap.B;
    }
    bool earlier = d[1].A != d[0].C && d[2].B != d[0].C;       /* dA and dB are there before P is */
    if (earlier && d[1].B == d[0].B && d[2].A == d[0].A)
        d[0].step.run = all;
}

static bool emit_small_sum(compiling *c, dm_line *C, terms *all)
{
    size_t before = c->drafts, i = 0;

    if (plain(C, &all->term[0]) && plain(C, &all->term[1])) {
        dm_instruction s = { .run = dm_do_combine, .scale = all->term[0].scale, .second = all->term[1].scale,
                      .rows = (unsigned) C->rows, .cols = (unsigned) (C->slots * C->cols) };
        add_small(c, s, C, all->term[0].X, all->term[1].X);
        i = 2;
    }
    for (; i < all->n; i++)
        if (!add_small_term(c, C, i > 0, &all->term[i])) {
            c->drafts = before;
            return false;
        }
    fuse(c);
    return true;
}

/* What was to be made where it lands has to be made first after all. */
static void make_inside(compiling *c, terms *all)
{
    for (size_t i = 0; i < all->n; i++)
        if (all->term[i].X->inside) {
            all->term[i].X->inside = false;
            emit(c, all->term[i].X);
        }
}

/* Products that have a factor in common are brought together. */
static void factor_out(compiling *c, terms *all)
{
    for (size_t i = 0; i < all->n; i++)
        for (size_t k = i + 1; k < all->n; k++)
            if (together(c, &all->term[i], &all->term[k])) {
                all->term[k] = all->term[--all->n];
                k = i;
            }
}

static void emit_sum(compiling *c, dm_line *C)
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
            emit(c, all.term[i].X);
    if (C->small && (all.n > 1 ? emit_small_sum(c, C, &all) : add_small_term(c, C, false, &all.term[0])))
        return;
    make_inside(c, &all);
    const term *t = all.term;
    if (all.n == 1)
        add_numbers(c, dm_do_make_view, C, t->scale, t->X, t->transposed, 0, NULL, false);
    else
        add_numbers(c, dm_do_make_sum, C, t[0].scale, t[0].X, t[0].transposed, t[1].scale, t[1].X, t[1].transposed);
    for (size_t i = 2; i < all.n; i++)
        add_numbers(c, dm_do_add_number, C, t[i].scale, t[i].X, t[i].transposed, 0, NULL, false);
    settle(c, C);
}

/* A line that the compiler adds. */
static dm_line *emit_later(compiling *c, dm_line line)
{
    dm_line *L = dm_arena_alloc(c->context, sizeof *L);

    if (!L) {
        c->failed = true;
        return NULL;
    }
    *L = line;
    L->uses = 1;
    L->small = has_small_shape(L->rows, L->cols);
    emit(c, L);
    return L;
}

/* -------------------------------------------------------------------------------------- every line -- */

/* An inverse or a logdet of a few rows: by cofactors, or else by elimination. */
static bool emit_closed(compiling *c, dm_line *L)
{
    bool inverse = strcmp(L->op->name, "inverse") == 0, logdet = strcmp(L->op->name, "logdet") == 0;
    dm_line *A = L->of[0];
    size_t n = A->rows, first = c->drafts;

    if (!(inverse || logdet) || !L->small || !is_there(A) || A->slots > 1 || n < 2 || n > DM_CLOSED)
        return false;
    dm_instruction s = { .run = inverse ? dm_do_inverse : dm_do_logdet, .rows = (unsigned) n };
    add_small(c, s, L, A, NULL);
    bool begun = c->begun;
    add_numbers(c, dm_do_call, L, 1, A, false, 0, NULL, false);
    settle(c, L);
    c->begun = begun;                  /* perhaps */
    if (!c->failed)
        c->draft[first].step.inner = (unsigned) (c->drafts - first - 1);
    return true;
}

/* The needed line that is this row of the same operand; NULL: none. */
static dm_line *beside(const dm_line *L, const char *row)
{
    for (dm_line *X = L->of[0]->users; X; X = X->beside)
        if (X->kind == DM_LINE_CALL && X->uses && !X->made && strcmp(X->op->name, row) == 0)
            return X;
    return NULL;
}

/* A function entry by entry, with its slope where that is needed too; or the slope, with the function. */
static void emit_entries(compiling *c, dm_line *L)
{
    dm_line *A = L->of[0], *slope = L->op->slope ? beside(L, L->op->slope) : NULL;
    dm_instruction s = { .rows = (unsigned) (L->rows * L->slots), .cols = (unsigned) L->cols };

    for (dm_line *X = A->users; X && !slope; X = X->beside)    /* L is the slope of X */
        if (X->kind == DM_LINE_CALL && X->uses && !X->made && X->op->slope && strcmp(X->op->slope, L->op->name) == 0) {
            slope = L;
            L = X;
        }
    if (slope) {
        L->made = slope->made = true;
        s.run = dm_do_entries_and_slopes;
        s.with_slope = L->op->with_slope;
        add_draft(c, (draft) { .step = s, .C = L, .A = A, .B = slope, .both = true });
    } else {
        s.run = dm_do_entries;
        s.h = L->op->h;
        add_small(c, s, L, A, NULL);
    }
}

static void emit(compiling *c, dm_line *L)
{
    dm_line *A = L->of[0], *B = L->of[1];
    term itself = { 1, L, false };
    dm_instruction s = { .scale = L->scale };

    L->made = true;
    switch (L->kind) {
    case DM_GIVEN:
        return;
    case DM_LINE_ZERO:
    case DM_LINE_FILL:
    case DM_LINE_IDENTITY:
        number_of(c, L);
        return;
    case DM_LINE_SUM:
        emit_sum(c, L);
        return;
    case DM_LINE_VIEW:
        if (L->small && add_small_term(c, L, false, &(term) { L->scale, A, L->transposed[0] }))
            return;
        if (A->inside) {
            A->inside = false;
            emit(c, A);
        }
        add_numbers(c, dm_do_make_view, L, L->scale, A, L->transposed[0], 0, NULL, false);
        break;
    case DM_LINE_PRODUCT:
    case DM_LINE_HADAMARD:
    case DM_LINE_MULTIPLE:
        if (L->small && is_direct(L, false)) {
            L->inside = true;
            add_small_term(c, L, false, &itself);
            L->inside = false;
            return;
        }
        add_numbers(c, L->kind == DM_LINE_PRODUCT ? dm_do_make_product : L->kind == DM_LINE_HADAMARD
                       ? dm_do_make_hadamard : dm_do_make_multiple, L, L->scale, A, L->transposed[0], 0, B,
                    L->transposed[1]);
        break;
    case DM_LINE_INNER:
        if (is_direct(L, false)) {
            bool turned = L->transposed[0] != L->transposed[1] && A->rows > 1 && A->cols > 1;
            s.rows = (unsigned) A->rows;
            s.cols = (unsigned) A->cols;
            s.run = turned ? dm_do_inner_transposed_of(&s) : dm_do_inner;
            add_small(c, s, L, A, B);
            return;
        }
        add_numbers(c, dm_do_make_inner, L, L->scale, A, L->transposed[0], 0, B, L->transposed[1]);
        break;
    case DM_LINE_ROWS:
    case DM_LINE_COLUMNS:
        s.run = L->kind == DM_LINE_ROWS ? dm_do_rows : dm_do_columns;
        s.rows = (unsigned) L->rows;
        s.cols = (unsigned) (L->cols * L->slots);
        add_small(c, s, L, A, B);
        return;
    case DM_LINE_CALL:
        if (emit_closed(c, L))
            return;
        if (L->op->h && L->small && is_there(A)) {
            emit_entries(c, L);
            return;
        }
        add_numbers(c, dm_do_call, L, 1, A, false, 0, B, false);
        break;
    }
    settle(c, L);
}

/* ------------------------------------------------------------------------------------------ places -- */

typedef struct room room;
struct room {
    size_t size;
    double *place;
    room *next;
};

static size_t size_of(const dm_line *L)
{
    return L->rows * L->slots * L->cols;
}

/* A place that is free again, or a new one. */
static double *place_for(compiling *c, room **free_rooms, size_t size)
{
    for (room **r = free_rooms; *r; r = &(*r)->next)
        if ((*r)->size == size) {
            double *place = (*r)->place;
            *r = (*r)->next;
            return place;
        }
    double *place = dm_arena_alloc(c->context, size * sizeof *place);
    c->failed = c->failed || !place;
    return place;
}

static void give_back(compiling *c, room **free_rooms, dm_line *L)
{
    room *r = dm_arena_alloc(c->context, sizeof *r);

    if (!r) {
        c->failed = true;
        return;
    }
    *r = (room) { size_of(L), L->place, *free_rooms };
    *free_rooms = r;
}

static void find_places(compiling *c)
{
    room *free_rooms = NULL;

    for (size_t i = 0; i < c->drafts && !c->failed; i++) {
        draft *d = &c->draft[i];
        dm_line *lines[] = { d->A, d->B, d->C };
        if (!d->C)
            continue;
        if (d->both && !d->B->place)
            d->B->place = place_for(c, &free_rooms, size_of(d->B));
        if (d->C->small && !d->C->place)
            d->C->place = place_for(c, &free_rooms, size_of(d->C));
        for (size_t k = 0; k < 3; k++)
            if (lines[k] && lines[k]->small && lines[k]->kind != DM_GIVEN && lines[k]->last == i + 1
                && !lines[k]->wanted && !(k == 2 && (d->A == d->C || d->B == d->C)) && !(k == 1 && d->A == d->B))
                give_back(c, &free_rooms, lines[k]);
    }
}

static double *entries_of(const dm_line *L)
{
    return !L ? NULL : L->kind == DM_GIVEN ? L->number->number.data : L->place;
}

/* ---------------------------------------------------------------------------------------- assembly -- */

static void add_reading(compiling *c, const double **at, dm_line *L)
{
    reading *r = L && L->kind == DM_GIVEN ? dm_arena_alloc(c->context, sizeof *r) : NULL;

    if (r) {
        *r = (reading) { at, L->readings };
        L->readings = r;
    } else if (L && L->kind == DM_GIVEN) {
        c->failed = true;
    }
}

static bool assemble(dm_program *p, compiling *c)
{
    p->step = dm_arena_alloc(c->context, (c->drafts + 1) * sizeof *p->step);
    p->numbered = dm_arena_alloc(c->context, (c->drafts + 1) * sizeof *p->numbered);
    if (!p->step || !p->numbered)
        return false;
    p->steps = c->drafts;
    p->origin = c->origin;
    for (size_t i = 0; i < c->drafts; i++) {
        draft *d = &c->draft[i];
        dm_instruction *s = &p->step[i];
        *s = d->step;
        p->numbered[i] = d->numbers && d->C ? d->C->number : NULL;
        if (!d->numbers) {
            s->at.C = d->C->place;
            s->at.A = entries_of(d->A);
            s->at.B = entries_of(d->B);
            add_reading(c, &s->at.A, d->A);
            add_reading(c, &s->at.B, d->B);
        } else if (s->run == dm_do_settle) {
            s->at.A = d->C->place;
        }
    }
    for (origin *o = p->origin; o; o = o->next) {
        if (o->line->small)
            o->made.data = o->A->number.data = entries_of(o->line);
        o->small = o->line->small && o->made.form == DM_DENSE && o->line->rows <= DM_SMALL && o->line->cols <= DM_SMALL;
    }
    return !c->failed;
}

dm_program *dm_program_of(dm_context *context, dm_line *const wanted[], size_t n)
{
    dm_tape_record *record = (dm_tape_record *) context->base;
    dm_line **list = listed(context, record);
    dm_program *p = dm_arena_alloc(context, sizeof *p);
    compiling c = { .context = context };

    if (!list || !p)
        return NULL;
    context->base = NULL;
    memset(p, 0, sizeof *p);
    p->context = context;
    c.program = p;
    count_uses(list, record->count, wanted, n);
    for (size_t i = record->count; i-- > 0; )
        if (list[i]->uses && !list[i]->inside
            && (list[i]->kind == DM_LINE_SUM || (list[i]->kind == DM_LINE_VIEW && list[i]->small)))
            take_in(list[i], false);
    for (size_t i = 0; i < record->count && !c.failed; i++)
        if (list[i]->uses && !list[i]->inside && !list[i]->waits && !list[i]->made)
            emit(&c, list[i]);
    for (size_t i = 0; i < n; i++) {
        number_of(&c, wanted[i]);
        read_by(wanted[i], SIZE_MAX);  /* when all is done, and with it what it is only a form of */
    }
    if (!c.failed)
        find_places(&c);
    if (c.failed || !assemble(p, &c))
        return NULL;
    p->mark = dm_scope_open(context);
    context->scope = p->mark.outer;
    return p;
}

/* ----------------------------------------------------------------------------------------- running -- */

void dm_program_give(const dm_line *given, double *entries)
{
    dm *A = given->number;

    if (A->number.data == entries)
        return;
    A->number.data = entries;
    for (const reading *r = given->readings; r; r = r->next)
        *r->at = entries;
    if (given->origin)
        given->origin->made.data = entries;
}

unsigned dm_do_begin(const dm_instruction *s)
{
    dm_program *p = s->program;

    dm_scope_release(&p->mark);
    for (const origin *o = p->origin; o; o = o->next) {
        o->A->number = o->made;
        o->A->small = o->small;
    }
    return 1;
}

/* What went wrong is forgotten: the ordinary way will find it, and the words for it. */
static void forget_failures(dm_program *p)
{
    for (size_t i = 0; i < p->steps; i++)
        if (p->numbered[i])
            p->numbered[i]->failure = NULL;
    p->context->error = (dm_failure) { .code = GSL_SUCCESS };
}

bool dm_program_run(dm_program *p)
{
    const dm_instruction *end = p->step + p->steps;

    for (const dm_instruction *s = p->step; s < end; ) {
        unsigned onward = s->run(s);
        if (onward == 0) {
            forget_failures(p);
            return false;
        }
        s += onward;
    }
    return true;
}
