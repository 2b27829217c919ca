/* Each line as instructions: of small matrices where there are some for it, else of numbers. */
#include <stdint.h>
#include <string.h>
#include "numbers/kernels.h"
#include "tapes/compile.h"

/* ------------------------------------------------------------------------------------------ drafts -- */

/* The step reads X last, until another one does; what is only a form of X may be read at any time after. */
static void read_by(dm_line *X, size_t step, bool for_good)
{
    if (X && X->last != SIZE_MAX)
        X->last = for_good ? SIZE_MAX : step;
}

void dm_add_draft(dm_compiling *c, dm_draft d)
{
    if (c->drafts == c->room) {
        size_t room = c->room ? 2 * c->room : 16;
        dm_draft *longer = dm_arena_alloc(c->context, room * sizeof *longer);
        if (!longer) {
            c->failed = true;
            return;
        }
        if (c->drafts)
            memcpy(longer, c->draft, c->drafts * sizeof *longer);
        c->draft = longer;
        c->room = room;
    }
    read_by(d.A, c->drafts + 1, d.C && !d.C->small);
    read_by(d.B, c->drafts + 1, d.C && !d.C->small);
    read_by(d.C, c->drafts + 1, false);
    c->draft[c->drafts++] = d;
}

/* ----------------------------------------------------------------------------- the numbers of lines -- */

static void remember_origin(dm_compiling *c, dm *A, dm_line *L)
{
    dm_origin *o = dm_arena_alloc(c->context, sizeof *o);

    if (!o) {
        c->failed = true;
        return;
    }
    *o = (dm_origin) { A, A->number, L, false, c->origin };
    c->origin = L->origin = o;
}

dm *dm_line_number(dm_compiling *c, dm_line *L)
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
    if (dm_is_known(L)) {
        dm_know_number(L, &A->number);
        remember_origin(c, A, L);
    } else if (L->kind == DM_GIVEN || L->small) {
        dm_number_at(A, L->kind == DM_GIVEN ? A->number.data : NULL);
        A->number = (dm_number) { .data = A->number.data, .gram = L->gram, .definite = L->definite };
        remember_origin(c, A, L);
    }
    return A;
}

void dm_begin_numbers(dm_compiling *c)
{
    dm_draft d = { .numbers = true };

    d.step.run = c->in_turn ? dm_do_begin_again : dm_do_begin;
    d.step.program = c->program;
    dm_add_draft(c, d);
    c->begun = true;
}

void dm_add_numbers(dm_compiling *c, dm_doing *run, dm_line *C, double scale, dm_line *A, bool A_transposed,
                        double second, dm_line *B, bool B_transposed)
{
    dm_draft d = { .C = C, .A = A, .B = B, .numbers = true };

    if (!c->begun)
        dm_begin_numbers(c);
    d.step.run = run;
    d.step.scale = scale;
    d.step.second = second;
    d.step.A_transposed = A_transposed;
    d.step.B_transposed = B_transposed;
    d.step.of.C = dm_line_number(c, C);
    d.step.of.A = A ? dm_line_number(c, A) : NULL;
    d.step.of.B = B ? dm_line_number(c, B) : NULL;
    if (run == dm_do_call && d.step.of.C) {
        d.step.of.C->in[0] = d.step.of.A;
        d.step.of.C->in[1] = d.step.of.B;
    }
    dm_add_draft(c, d);
}

void dm_complete(dm_compiling *c, dm_line *C)
{
    dm_draft d = { .C = C, .numbers = true };

    if (!C->small)
        return;
    d.step.run = dm_do_settle;
    d.step.of.C = dm_line_number(c, C);
    dm_add_draft(c, d);
}

/* --------------------------------------------------------------------------------------- one term -- */

void dm_add_small(dm_compiling *c, dm_instruction step, dm_line *C, dm_line *A, dm_line *B)
{
    dm_add_draft(c, (dm_draft) { .step = step, .C = C, .A = A, .B = B });
}

bool dm_is_turned(const dm_summand *t)
{
    return t->transposed && (t->X->slots > 1 || (t->X->rows > 1 && t->X->cols > 1));
}

static void clear(dm_compiling *c, dm_line *C)
{
    dm_instruction s = { .run = dm_do_clear, .rows = (unsigned) C->rows, .cols = (unsigned) (C->slots * C->cols) };

    dm_add_small(c, s, C, NULL, NULL);
}

bool dm_add_small_term(dm_compiling *c, dm_line *C, bool adds, const dm_summand *t)
{
    dm_line *X = t->X;
    dm_instruction s = { .scale = t->scale, .rows = (unsigned) C->rows, .cols = (unsigned) (C->slots * C->cols), .adds = adds };
    bool turned = dm_is_turned(t);

    if (X->inside && X->kind == DM_LINE_PRODUCT) {
        dm_line *A, *B;
        s = dm_product_step(t, &A, &B);
        s.adds = adds;
        dm_add_small(c, s, C, A, B);
    } else if (X->inside && (X->kind == DM_LINE_HADAMARD || X->kind == DM_LINE_MULTIPLE)) {
        s.run = X->kind == DM_LINE_HADAMARD ? dm_do_hadamard : dm_do_multiple;
        s.scale *= X->scale;
        dm_add_small(c, s, C, X->of[0], X->of[1]);
    } else if (X->inside && X->kind == DM_LINE_CALL) {             /* embed */
        dm_line *A = X->of[0];
        if (!adds)
            clear(c, C);
        s = (dm_instruction) { .run = dm_do_embed, .scale = t->scale, .rows = (unsigned) A->rows, .cols = (unsigned) A->cols,
                               .inner = (unsigned) C->cols };
        s.offset = X->with->row * C->cols + X->with->col;
        dm_add_small(c, s, C, A, NULL);
    } else if (dm_is_there(X) && X->slots == C->slots && !(turned && X->slots > 1)) {
        s.run = turned ? dm_do_transpose_of(&s) : dm_do_add;
        dm_add_small(c, s, C, X, NULL);
    } else if ((X->kind == DM_LINE_IDENTITY || X->kind == DM_LINE_FILL) && X->slots == C->slots && X->slots == 1) {
        if (!adds)
            clear(c, C);
        s.run = X->kind == DM_LINE_IDENTITY ? dm_do_diagonal : dm_do_fill;
        s.scale *= X->scale;
        dm_add_small(c, s, C, NULL, NULL);
    } else {
        return false;
    }
    return true;
}

/* -------------------------------------------------------------------------------------- every line -- */

/* An inverse or a logdet of a few rows: by cofactors, or else by elimination. */
static bool emit_closed(dm_compiling *c, dm_line *L)
{
    bool inverse = strcmp(L->op->name, "inverse") == 0, logdet = strcmp(L->op->name, "logdet") == 0;
    dm_line *A = L->of[0];
    size_t n = A->rows, first = c->drafts;

    if (!(inverse || logdet) || !L->small || !dm_is_there(A) || A->slots > 1 || n < 2 || n > DM_CLOSED)
        return false;
    dm_instruction s = { .rows = (unsigned) n };
    s.run = inverse ? dm_do_inverse_of(&s) : dm_do_logdet;
    dm_add_small(c, s, L, A, NULL);
    bool begun = c->begun;
    dm_add_numbers(c, dm_do_call, L, 1, A, false, 0, NULL, false);
    dm_complete(c, L);
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
static void emit_entries(dm_compiling *c, dm_line *L)
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
        dm_add_draft(c, (dm_draft) { .step = s, .C = L, .A = A, .B = slope, .both = true });
    } else {
        s.run = dm_do_entries;
        s.h = L->op->h;
        dm_add_small(c, s, L, A, NULL);
    }
}

void dm_emit(dm_compiling *c, dm_line *L)
{
    dm_line *A = L->of[0], *B = L->of[1];
    dm_summand itself = { 1, L, false };
    dm_instruction s = { .scale = L->scale };

    L->made = true;
    if (L->outer || L->scaled_rows) {
        read_by(A, 0, true);
        read_by(B, 0, true);
        return;
    }
    switch (L->kind) {
    case DM_GIVEN:
        return;
    case DM_LINE_ZERO:
    case DM_LINE_FILL:
    case DM_LINE_IDENTITY:
        dm_line_number(c, L);
        return;
    case DM_LINE_SUM:
        dm_emit_sum(c, L);
        return;
    case DM_LINE_VIEW:
        if (L->small && dm_add_small_term(c, L, false, &(dm_summand) { L->scale, A, L->transposed[0] }))
            return;
        if (A->inside) {
            A->inside = false;
            dm_emit(c, A);
        }
        dm_add_numbers(c, dm_do_make_view, L, L->scale, A, L->transposed[0], 0, NULL, false);
        break;
    case DM_LINE_PRODUCT:
    case DM_LINE_HADAMARD:
    case DM_LINE_MULTIPLE:
        if (L->small && dm_is_direct(L, false)) {
            L->inside = true;
            dm_add_small_term(c, L, false, &itself);
            L->inside = false;
            return;
        }
        dm_add_numbers(c, L->kind == DM_LINE_PRODUCT ? dm_do_make_product : L->kind == DM_LINE_HADAMARD
                       ? dm_do_make_hadamard : dm_do_make_multiple, L, L->scale, A, L->transposed[0], 0, B,
                    L->transposed[1]);
        break;
    case DM_LINE_INNER:
        if (dm_is_direct(L, false) && dm_has_small_shape(A->rows, A->cols)) {  /* numbers remember what they saw there */
            bool turned = L->transposed[0] != L->transposed[1] && A->rows > 1 && A->cols > 1;
            s.rows = (unsigned) A->rows;
            s.cols = (unsigned) A->cols;
            s.run = turned ? dm_do_inner_transposed_of(&s) : dm_do_inner;
            dm_add_small(c, s, L, A, B);
            return;
        }
        dm_add_numbers(c, dm_do_make_inner, L, L->scale, A, L->transposed[0], 0, B, L->transposed[1]);
        break;
    case DM_LINE_ROWS:
    case DM_LINE_COLUMNS:
        s.run = L->kind == DM_LINE_ROWS ? dm_do_rows : dm_do_columns;
        s.rows = (unsigned) L->rows;
        s.cols = (unsigned) (L->cols * L->slots);
        dm_add_small(c, s, L, A, B);
        return;
    case DM_LINE_CALL:
        if (emit_closed(c, L))
            return;
        if (L->small && dm_is_simple_call(L, "block")) {
            s = (dm_instruction) { .run = dm_do_block, .rows = (unsigned) L->rows, .cols = (unsigned) L->cols,
                                   .inner = (unsigned) A->cols };
            s.offset = L->with->row * A->cols + L->with->col;
            dm_add_small(c, s, L, A, NULL);
            return;
        }
        if (L->small && dm_is_direct(L, false)) {
            L->inside = true;
            dm_add_small_term(c, L, false, &itself);
            L->inside = false;
            return;
        }
        if (L->op->h && L->small && dm_is_there(A)) {
            emit_entries(c, L);
            return;
        }
        dm_add_numbers(c, dm_do_call, L, 1, A, false, 0, B, false);
        break;
    }
    dm_complete(c, L);
}
