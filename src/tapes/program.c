/* A program: its instructions in order, where small matrices have their entries, and how it is run. */
#include <string.h>
#include "numbers/kernels.h"
#include "numbers/vectors.h"
#include "tapes/compile.h"

struct dm_program {
    dm_context *context;
    dm_instruction *step;
    dm **numbered;                     /* what an instruction of numbers makes, else NULL */
    size_t steps, varying;             /* from that one on it is gone on with for what varies */
    bool again;                        /*     which makes numbers, too */
    dm_origin *origin;
    dm_scope mark;                     /* what lies behind it a run may use, */
    dm_scope turn;                     /*     and behind this one a turn after the first, if it has a context */
};

/* All lines, in the order in which they were written; NULL: no memory. */
static dm_line **listed(dm_context *context, const dm_tape_record *record)
{
    dm_line **list = dm_arena_alloc(context, (record->count + 1) * sizeof *list), *L = record->first;

    for (size_t i = 0; list && L; L = L->next)
        list[i++] = L;
    return list;
}

/* ------------------------------------------------------------------------------------------- pairs -- */

static bool is_small_product(const dm_draft *d)
{
    return !d->numbers && d->A && d->B && d->step.inner;
}

/* One instruction makes both of two products, one after the other, that are added up, or of which the second alone needs
 * the first.                                                                                         */
static void pair_products(dm_compiling *c)
{
    for (size_t i = 0; i + 1 < c->drafts; i++) {
        dm_draft *d = &c->draft[i];
        const dm_line *T = d->C;
        dm_doing *run = NULL;
        if (!is_small_product(&d[0]) || !is_small_product(&d[1]))
            continue;
        dm_instruction both[] = { d[0].step, d[1].step };
        if (d[1].C == T && d[1].A != T && d[1].B != T)
            run = dm_do_added_products_of(both);
        else if (d[1].C != T && !T->wanted && T->uses == 1 && (d[1].A == T) != (d[1].B == T))
            run = dm_do_two_products_of(both, d[1].B == T);
        if (run) {
            d[0].step.run = run;
            i++;
        }
    }
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
static double *place_for(dm_compiling *c, room **free_rooms, size_t size)
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

static void give_back(dm_compiling *c, room **free_rooms, dm_line *L)
{
    room *r = dm_arena_alloc(c->context, sizeof *r);

    if (!r) {
        c->failed = true;
        return;
    }
    *r = (room) { size_of(L), L->place, *free_rooms };
    *free_rooms = r;
}

/* The draft number i reads X last, and nobody will want it again. */
static bool is_over(const dm_compiling *c, const dm_line *X, size_t i)
{
    return X->last == i + 1 && !X->wanted && (i < c->varying || X->varies);
}

static void find_places(dm_compiling *c)
{
    room *free_rooms = NULL;

    for (size_t i = 0; i < c->drafts && !c->failed; i++) {
        dm_draft *d = &c->draft[i];
        dm_line *lines[] = { d->A, d->B, d->C };
        if (!d->C)
            continue;
        if (d->both && !d->B->place)
            d->B->place = place_for(c, &free_rooms, size_of(d->B));
        if (d->C->small && !d->C->place)
            d->C->place = place_for(c, &free_rooms, size_of(d->C));
        for (size_t k = 0; k < 3; k++)
            if (lines[k] && lines[k]->small && lines[k]->kind != DM_GIVEN && is_over(c, lines[k], i)
                && !(k == 2 && (d->A == d->C || d->B == d->C)) && !(k == 1 && d->A == d->B))
                give_back(c, &free_rooms, lines[k]);
    }
}

static double *entries_of(const dm_line *L)
{
    return !L ? NULL : L->kind == DM_GIVEN ? L->number->number.data : L->place;
}

dm_result dm_result_of(const dm_line *L)
{
    const double *at = L->outer || L->scaled_rows ? entries_of(L->of[0]) : L->place;

    return (dm_result) { at, L->rows, L->slots * L->cols, L->rows * L->slots * L->cols,
                         L->outer ? entries_of(L->of[1]) : NULL, L->scaled_rows ? entries_of(L->of[1]) : NULL, L->scale };
}

/* ---------------------------------------------------------------------------------------- assembly -- */

static void add_reading(dm_compiling *c, const double **at, dm_line *L)
{
    if (!L || !(L->kind == DM_GIVEN || (L->varies && L->wanted)))
        return;
    dm_reading *r = dm_arena_alloc(c->context, sizeof *r);
    if (!r) {
        c->failed = true;
        return;
    }
    *r = (dm_reading) { at, L->readings };
    L->readings = r;
}

static bool assemble(dm_program *p, dm_compiling *c)
{
    p->step = dm_arena_alloc(c->context, (c->drafts + 1) * sizeof *p->step);
    p->numbered = dm_arena_alloc(c->context, (c->drafts + 1) * sizeof *p->numbered);
    if (!p->step || !p->numbered)
        return false;
    p->steps = c->drafts;
    p->varying = c->varying;
    p->again = c->again;
    p->origin = c->origin;
    for (size_t i = 0; i < c->drafts; i++) {
        dm_draft *d = &c->draft[i];
        dm_instruction *s = &p->step[i];
        *s = d->step;
        p->numbered[i] = d->numbers && d->C ? d->C->number : NULL;
        if (!d->numbers) {
            s->at.C = d->C->place;
            s->at.A = entries_of(d->A);
            s->at.B = entries_of(d->B);
            add_reading(c, (const double **) &s->at.C, d->C);
            add_reading(c, &s->at.A, d->A);
            add_reading(c, &s->at.B, d->B);
        } else if (s->run == dm_do_settle) {
            s->at.A = d->C->place;
            add_reading(c, &s->at.A, d->C);
        }
    }
    for (dm_origin *o = p->origin; o; o = o->next) {
        if (o->line->small)
            o->made.data = o->A->number.data = entries_of(o->line);
        o->small = o->line->small && o->made.form == DM_DENSE && o->line->rows <= DM_TINY && o->line->cols <= DM_TINY;
    }
    return !c->failed;
}

static bool to_make(const dm_compiling *c, const dm_line *L)
{
    return L->uses && !L->inside && !L->waits && !L->made && L->varies == c->in_turn;
}

static bool any_numbers(const dm_compiling *c, size_t from)
{
    for (size_t i = from; i < c->drafts; i++)
        if (c->draft[i].numbers)
            return true;
    return false;
}

/* First what does not vary, then, if there is any, what does. */
static void emit_all(dm_compiling *c, dm_line *const list[], size_t n)
{
    bool any = false;

    for (size_t i = 0; i < n; i++)
        any = any || (list[i]->varies && list[i]->uses);
    if (any)
        dm_begin_numbers(c);
    for (size_t i = 0; i < n && !c->failed; i++)
        if (to_make(c, list[i]))
            dm_emit(c, list[i]);
    c->varying = c->drafts;
    c->in_turn = any;
    if (any)
        dm_begin_numbers(c);
    for (size_t i = 0; any && i < n && !c->failed; i++)
        if (to_make(c, list[i]))
            dm_emit(c, list[i]);
    c->again = any && any_numbers(c, c->varying + 1);
    if (any && !c->again)
        c->varying++;                  /* the numbers that vary need not be as they were made */
}

dm_program *dm_program_of(dm_context *context, dm_line *const wanted[], size_t n)
{
    dm_tape_record *record = (dm_tape_record *) context->base;
    dm_line **list = listed(context, record);
    dm_program *p = dm_arena_alloc(context, sizeof *p);
    dm_compiling c = { .context = context };

    if (!list || !p)
        return NULL;
    context->base = NULL;
    memset(p, 0, sizeof *p);
    p->context = context;
    c.program = p;
    dm_see_what_is_needed(list, record->count, wanted, n);
    emit_all(&c, list, record->count);
    for (size_t i = 0; i < n; i++)
        if (!wanted[i]->outer && !wanted[i]->scaled_rows)
            dm_line_number(&c, wanted[i]);
    if (!c.failed) {
        pair_products(&c);
        find_places(&c);
    }
    if (c.failed || !assemble(p, &c))
        return NULL;
    p->mark = dm_scope_open(context);
    context->scope = p->mark.outer;
    return p;
}

/* ----------------------------------------------------------------------------------------- running -- */

void dm_program_give(dm_line *line, double *entries)
{
    dm *A = line->number;

    if (A->number.data == entries)
        return;
    A->number.data = entries;
    if (line->place)
        line->place = entries;
    for (const dm_reading *r = line->readings; r; r = r->next)
        *r->at = entries;
    if (line->origin)
        line->origin->made.data = entries;
}

static void as_made(const dm_program *p, bool all)
{
    for (const dm_origin *o = p->origin; o; o = o->next)
        if (all || o->line->varies) {
            o->A->number = o->made;
            o->A->small = o->small;
        }
}

unsigned dm_do_begin(const dm_instruction *s)
{
    dm_scope_release(&s->program->mark);
    as_made(s->program, true);
    return 1;
}

unsigned dm_do_begin_again(const dm_instruction *s)
{
    as_made(s->program, false);
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

INLINE bool run(dm_program *p, size_t first, size_t end)
{
    const dm_instruction *last = p->step + end;

    for (const dm_instruction *s = p->step + first; s < last; ) {
        unsigned onward = s->run(s);
        if (onward == 0) {
            forget_failures(p);
            return false;
        }
        s += onward;
    }
    return true;
}

bool dm_program_run(dm_program *p)
{
    return run(p, 0, p->steps);
}

bool dm_program_start(dm_program *p)
{
    p->turn.context = NULL;
    return run(p, 0, p->varying);
}

/* What the first turn formed of what does not vary stays for the others; what one of these did is gone with it. */
bool dm_program_go_on(dm_program *p)
{
    if (p->turn.context) {
        dm_scope_release(&p->turn);
        p->context->scope = p->turn.number;        /* which goes on */
    }
    bool done = run(p, p->varying, p->steps);
    if (p->again && !p->turn.context)
        p->turn = dm_scope_open(p->context);
    return done;
}
