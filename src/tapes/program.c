/* A program: its instructions in order, where small matrices have their entries, and how it is run. */
#include <string.h>
#include "numbers/kernels.h"
#include "tapes/compile.h"

struct dm_program {
    dm_context *context;
    dm_instruction *step;
    dm **numbered;                     /* what an instruction of numbers makes, else NULL */
    size_t steps;
    dm_origin *origin;
    dm_scope mark;                     /* what lies behind it a run may use */
};

/* All lines, in the order in which they were written; NULL: no memory. */
static dm_line **listed(dm_context *context, const dm_tape_record *record)
{
    dm_line **list = dm_arena_alloc(context, (record->count + 1) * sizeof *list), *L = record->first;

    for (size_t i = 0; list && L; L = L->next)
        list[i++] = L;
    return list;
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
            if (lines[k] && lines[k]->small && lines[k]->kind != DM_GIVEN && lines[k]->last == i + 1
                && !lines[k]->wanted && !(k == 2 && (d->A == d->C || d->B == d->C)) && !(k == 1 && d->A == d->B))
                give_back(c, &free_rooms, lines[k]);
    }
}

static double *entries_of(const dm_line *L)
{
    return !L ? NULL : L->kind == DM_GIVEN ? L->number->number.data : L->place;
}

dm_result dm_result_of(const dm_line *L)
{
    const double *at = L->outer ? entries_of(L->of[0]) : L->place;

    return (dm_result) { at, L->rows, L->slots * L->cols, L->rows * L->slots * L->cols,
                         L->outer ? entries_of(L->of[1]) : NULL, L->scale };
}

/* ---------------------------------------------------------------------------------------- assembly -- */

static void add_reading(dm_compiling *c, const double **at, dm_line *L)
{
    dm_reading *r = L && L->kind == DM_GIVEN ? dm_arena_alloc(c->context, sizeof *r) : NULL;

    if (r) {
        *r = (dm_reading) { at, L->readings };
        L->readings = r;
    } else if (L && L->kind == DM_GIVEN) {
        c->failed = true;
    }
}

static bool assemble(dm_program *p, dm_compiling *c)
{
    p->step = dm_arena_alloc(c->context, (c->drafts + 1) * sizeof *p->step);
    p->numbered = dm_arena_alloc(c->context, (c->drafts + 1) * sizeof *p->numbered);
    if (!p->step || !p->numbered)
        return false;
    p->steps = c->drafts;
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
            add_reading(c, &s->at.A, d->A);
            add_reading(c, &s->at.B, d->B);
        } else if (s->run == dm_do_settle) {
            s->at.A = d->C->place;
        }
    }
    for (dm_origin *o = p->origin; o; o = o->next) {
        if (o->line->small)
            o->made.data = o->A->number.data = entries_of(o->line);
        o->small = o->line->small && o->made.form == DM_DENSE && o->line->rows <= DM_TINY && o->line->cols <= DM_TINY;
    }
    return !c->failed;
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
    for (size_t i = 0; i < record->count && !c.failed; i++)
        if (list[i]->uses && !list[i]->inside && !list[i]->waits && !list[i]->made)
            dm_emit(&c, list[i]);
    for (size_t i = 0; i < n; i++)
        if (!wanted[i]->outer)
            dm_line_number(&c, wanted[i]);
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
    for (const dm_reading *r = given->readings; r; r = r->next)
        *r->at = entries;
    if (given->origin)
        given->origin->made.data = entries;
}

unsigned dm_do_begin(const dm_instruction *s)
{
    dm_program *p = s->program;

    dm_scope_release(&p->mark);
    for (const dm_origin *o = p->origin; o; o = o->next) {
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
