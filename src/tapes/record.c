/* Writing down: what each operation becomes as a line.
 *
 * An operation that has a kind of its own has a line in the table at the end; all others become calls of their rows.
 * The same operation of the same lines is written once.                                               */
#include <math.h>
#include <stdint.h>
#include <string.h>
#include "core/hash.h"
#include "tapes/tape.h"

static dm_tape_record *record_of(const dm_context *context)
{
    return (dm_tape_record *) context->base;
}

/* ---------------------------------------------------------------------------------- making lines -- */

static bool same_parameters(const dm_parameters *a, const dm_parameters *b)
{
    if (!a || !b)
        return a == b;
    return a->number == b->number && a->row == b->row && a->col == b->col && a->rows == b->rows && a->cols == b->cols;
}

/* What is handed in is the same where it lies at the same place. */
static bool alike(const dm_line *a, const dm_line *b)
{
    if (a->own || b->own || a->kind != b->kind || a->rows != b->rows || a->cols != b->cols || a->slots != b->slots
        || a->scale != b->scale || a->second != b->second || a->op != b->op)
        return false;
    for (size_t i = 0; i < DM_OPERANDS; i++)
        if (a->of[i] != b->of[i] || a->transposed[i] != b->transposed[i])
            return false;
    if (a->kind == DM_GIVEN && a->number->number.data != b->number->number.data)
        return false;
    return same_parameters(a->with, b->with);
}

static uint64_t hash(const dm_line *L)
{
    uint64_t h = dm_mix(dm_mix(dm_mix(L->kind, L->rows), L->cols), L->slots);

    h = dm_mix(dm_mix(h, (uintptr_t) L->of[0]), (uintptr_t) L->of[1]);
    h = dm_mix(dm_mix(h, (uint64_t) (2 * L->transposed[0] + L->transposed[1])), (uintptr_t) L->op);
    h = dm_mix_number(dm_mix_number(h, L->scale), L->second);
    if (L->with)
        h = dm_mix(dm_mix(dm_mix_number(h, L->with->number), L->with->row), L->with->col);
    return L->kind == DM_GIVEN ? dm_mix(h, (uintptr_t) L->number->number.data) : h;
}

/* Where such a line stands in the table, or would. */
static dm_line **slot_for(const dm_tape_record *record, const dm_line *L)
{
    size_t i = hash(L) & (record->room - 1);

    while (record->table[i] && (record->table[i] == L || !alike(record->table[i], L)))
        i = (i + 1) & (record->room - 1);
    return &record->table[i];
}

/* false: no memory. */
static bool make_room(dm_context *context, dm_tape_record *record)
{
    size_t room = record->room ? 4 * record->room : 256;

    if (2 * record->count < record->room)
        return true;
    dm_line **table = dm_arena_alloc(context, room * sizeof *table);
    if (!table)
        return false;
    memset(table, 0, room * sizeof *table);
    record->table = table;
    record->room = room;
    for (dm_line *L = record->first; L; L = L->next)
        *slot_for(record, L) = L;
    return true;
}

void dm_line_look(dm_line *L)
{
    const dm_line *A = L->of[0], *B = L->of[1];

    switch (L->kind) {
    case DM_LINE_IDENTITY:
        L->gram = L->scale >= 0;
        L->definite = L->scale > 0;
        break;
    case DM_LINE_VIEW:
        L->gram = L->scale > 0 && A->gram;
        L->definite = L->scale > 0 && A->definite;
        break;
    case DM_LINE_PRODUCT:
        L->gram = L->scale > 0 && A == B && L->transposed[0] != L->transposed[1] && L->slots == 1;
        break;
    case DM_LINE_SUM:
        L->gram = L->scale >= 0 && A->gram && L->second >= 0 && B->gram;
        L->definite = L->gram && ((L->scale > 0 && A->definite) || (L->second > 0 && B->definite));
        break;
    default:
        break;
    }
}

/* The line as it is, unless it was written before; NULL: no memory, also where an operand is. */
static dm_line *write_down(dm_context *context, dm_line line)
{
    dm_tape_record *record = record_of(context);

    if (!make_room(context, record))
        return NULL;
    dm_line **slot = slot_for(record, &line), *L = *slot;
    if (L)
        return L;
    L = dm_arena_alloc(context, sizeof *L);
    if (!L)
        return NULL;
    *L = line;
    dm_line_look(L);
    if (record->newest)
        record->newest->next = L;
    else
        record->first = L;
    record->newest = *slot = L;
    record->count++;
    if (L->of[0]) {
        L->beside = L->of[0]->users;
        L->of[0]->users = L;
    }
    return L;
}

/* A line as a multiple, perhaps transposed, of one that is no view. */
typedef struct {
    dm_line *of;
    double scale;
    bool transposed;
} seen;

static seen through(dm_line *L)
{
    return L->kind == DM_LINE_VIEW ? (seen) { L->of[0], L->scale, L->transposed[0] } : (seen) { L, 1, false };
}

/* As a factor that is not turned round by a flag: a panel cannot be, nor what is met entry by entry. */
static dm_line *view(dm_context *context, double scale, dm_line *of, bool transposed);
static dm_line *call(dm_context *context, const dm_op *op, const dm_parameters *with, dm_line *a, dm_line *b,
                     const dm_line *shape);

static seen upright(dm_context *context, seen s)
{
    if (s.transposed)
        s.of = view(context, 1, s.of, true);
    s.transposed = false;
    return s;
}

static seen factor(dm_context *context, dm_line *L)
{
    seen s = through(L);

    return s.of->slots > 1 ? upright(context, s) : s;
}

static dm_line *known(dm_context *context, dm_line_kind kind, double scale, size_t rows, size_t slots, size_t cols)
{
    return write_down(context, (dm_line) { .kind = scale == 0 ? DM_LINE_ZERO : kind, .scale = scale, .rows = rows,
                                           .slots = slots, .cols = cols });
}

/* A multiple that a number would form at once, lest factors meet that leave the range of numbers. */
static dm_line *formed_multiple(dm_context *context, double scale, dm_line *of)
{
    dm_parameters *with = dm_arena_alloc(context, sizeof *with);

    if (!with)
        return NULL;
    *with = (dm_parameters) { .number = scale };
    return call(context, record_of(context)->row("scale"), with, of, NULL, of);
}

static dm_line *view(dm_context *context, double scale, dm_line *of, bool transposed)
{
    if (!of)
        return NULL;
    seen s = through(of);
    double all = fabs(scale * s.scale);

    if (!dm_is_known(s.of) && !(all >= 1.0 / 1024 && all <= 1024))
        return view(context, 1, formed_multiple(context, scale, of), transposed);
    scale *= s.scale;
    transposed ^= s.transposed;
    of = s.of;
    if (of->rows == 1 && of->cols == 1)
        transposed = false;
    if (dm_is_known(of))
        return known(context, of->kind, scale * of->scale, transposed ? of->cols : of->rows, of->slots,
                     transposed ? of->rows : of->cols);
    if (scale == 1 && !transposed)
        return of;
    return write_down(context, (dm_line) { .kind = DM_LINE_VIEW, .scale = scale, .of = { of }, .transposed = { transposed },
                                           .rows = transposed ? of->cols : of->rows, .slots = of->slots,
                                           .cols = transposed ? of->rows : of->cols });
}

/* a + p*b */
static dm_line *sum(dm_context *context, dm_line *a, double p, dm_line *b)
{
    seen x = through(a), y = through(b);

    y.scale *= p;
    if (a->kind == DM_LINE_ZERO)
        return view(context, p, b, false);
    if (b->kind == DM_LINE_ZERO)
        return a;
    if (x.of == y.of && x.transposed == y.transposed)          /* of A - A, which is 0 to the last digit, a NaN remains */
        return view(context, x.scale + y.scale, x.of, x.transposed);
    if (dm_is_known(a) && a->kind == b->kind && a->scale + p * b->scale != 0)
        return known(context, a->kind, a->scale + p * b->scale, a->rows, a->slots, a->cols);
    return write_down(context, (dm_line) { .kind = DM_LINE_SUM, .scale = x.scale, .second = y.scale,
                                           .of = { x.of, y.of }, .transposed = { x.transposed, y.transposed },
                                           .rows = a->rows, .slots = a->slots > b->slots ? a->slots : b->slots,
                                           .cols = a->cols });
}

static bool is_small(const dm_line *L)
{
    return dm_has_small_shape(L->rows, L->cols) && !dm_is_known(L);
}

static bool is_diagonal(const dm_line *L)
{
    return L->kind == DM_LINE_CALL && strcmp(L->op->name, "diag") == 0 && L->slots == 1;
}

/* diag(x)*B, or B*diag(x), of small matrices; NULL: it is none. */
static dm_line *scaled_rows_or_columns(dm_context *context, seen a, seen b)
{
    bool left = is_diagonal(a.of), right = is_diagonal(b.of);
    dm_line *d = left ? a.of : b.of, *other = left ? b.of : a.of;

    if (!(left || right) || (left && b.transposed) || (!left && a.transposed) || !is_small(other) || !is_small(d->of[0])
        || (!left && other->slots > 1))
        return NULL;
    seen x = through(d->of[0]);
    return write_down(context, (dm_line) { .kind = left ? DM_LINE_ROWS : DM_LINE_COLUMNS, .scale = a.scale * b.scale * x.scale,
                                           .of = { other, x.of }, .rows = other->rows, .slots = other->slots,
                                           .cols = other->cols });
}

static dm_line *inner(dm_context *context, dm_line *a, dm_line *b, size_t slots);
static dm_line *multiple(dm_context *context, dm_line *a, dm_line *s);

static dm_line *product(dm_context *context, dm_line *a, dm_line *b)
{
    if (!a || !b)
        return NULL;
    size_t slots = a->slots > b->slots ? a->slots : b->slots;

    if (a->kind == DM_LINE_ZERO || b->kind == DM_LINE_ZERO)
        return known(context, DM_LINE_ZERO, 0, a->rows, slots, b->cols);
    if (a->kind == DM_LINE_IDENTITY && b->slots == slots)
        return view(context, a->scale, b, false);
    if (b->kind == DM_LINE_IDENTITY && a->slots == slots)
        return view(context, b->scale, a, false);
    if (b->rows == 1 && b->cols == 1)
        return multiple(context, a, b);
    if (a->rows == 1 && a->cols == 1)
        return multiple(context, b, a);
    if (slots == 1 && a->rows == 1 && b->cols == 1)
        return inner(context, view(context, 1, a, true), b, 1);
    seen x = factor(context, a), y = factor(context, b);
    if (!x.of || !y.of)
        return NULL;
    dm_line *scaled = scaled_rows_or_columns(context, x, y);
    if (scaled)
        return scaled;
    if (x.transposed && y.transposed)  /* A'*B' = (B*A)', which may be there already */
        return view(context, x.scale * y.scale, product(context, y.of, x.of), true);
    return write_down(context, (dm_line) { .kind = DM_LINE_PRODUCT, .scale = x.scale * y.scale, .of = { x.of, y.of },
                                           .transposed = { x.transposed, y.transposed },
                                           .rows = a->rows, .slots = slots, .cols = b->cols });
}

/* s*A for a 1×1 s */
static dm_line *multiple(dm_context *context, dm_line *a, dm_line *s)
{
    if (!a || !s)
        return NULL;
    size_t slots = a->slots > s->slots ? a->slots : s->slots;
    dm_line shape = { .rows = a->rows, .slots = slots, .cols = a->cols };

    if (a->kind == DM_LINE_ZERO || s->kind == DM_LINE_ZERO)
        return known(context, DM_LINE_ZERO, 0, a->rows, slots, a->cols);
    if (s->slots > 1)
        return call(context, record_of(context)->row("scale_by"), NULL, a, s, &shape);
    if (dm_is_known(s))
        return view(context, s->scale, a, false);
    seen x = upright(context, through(a)), y = through(s);
    if (!x.of)
        return NULL;
    if (dm_is_known(a)) {                 /* its own scale apart, so that all multiples of it are one */
        x.of = known(context, a->kind, 1, a->rows, a->slots, a->cols);
        x.scale = a->scale;
    }
    return write_down(context, (dm_line) { .kind = DM_LINE_MULTIPLE, .scale = x.scale * y.scale, .of = { x.of, y.of },
                                           .rows = a->rows, .slots = slots, .cols = a->cols });
}

static dm_line *hadamard(dm_context *context, dm_line *a, dm_line *b)
{
    size_t slots = a->slots > b->slots ? a->slots : b->slots;

    if (a->kind == DM_LINE_ZERO || b->kind == DM_LINE_ZERO)
        return known(context, DM_LINE_ZERO, 0, a->rows, slots, a->cols);
    if (a->kind == DM_LINE_FILL && b->slots == slots)
        return view(context, a->scale, b, false);
    if (b->kind == DM_LINE_FILL && a->slots == slots)
        return view(context, b->scale, a, false);
    if (b->kind == DM_LINE_MULTIPLE && b->of[0]->kind == DM_LINE_FILL && a->slots == slots)    /* A .* (s*ones) = s*A */
        return view(context, b->scale * b->of[0]->scale, multiple(context, a, b->of[1]), false);
    seen x = upright(context, through(a)), y = upright(context, through(b));
    if (!x.of || !y.of)
        return NULL;
    return write_down(context, (dm_line) { .kind = DM_LINE_HADAMARD, .scale = x.scale * y.scale, .of = { x.of, y.of },
                                           .rows = a->rows, .slots = slots, .cols = a->cols });
}

static dm_line *call(dm_context *context, const dm_op *op, const dm_parameters *with, dm_line *a, dm_line *b,
                     const dm_line *shape)
{
    return write_down(context, (dm_line) { .kind = DM_LINE_CALL, .op = op, .with = with, .of = { a, b },
                                           .rows = shape->rows, .slots = shape->slots, .cols = shape->cols });
}

static dm_line *call_named(dm_context *context, const char *name, dm_line *a, size_t rows, size_t cols)
{
    if (!a)
        return NULL;
    dm_line shape = { .rows = rows, .slots = a->slots, .cols = cols };

    return call(context, record_of(context)->row(name), NULL, a, NULL, &shape);
}

/* tr(A): of a product it is an inner product, and the product is not made. */
static dm_line *trace(dm_context *context, dm_line *a)
{
    if (!a)
        return NULL;
    seen s = through(a);

    switch (s.of->kind) {
    case DM_LINE_ZERO:
        return known(context, DM_LINE_ZERO, 0, 1, a->slots, 1);
    case DM_LINE_FILL:
    case DM_LINE_IDENTITY:
        return known(context, DM_LINE_FILL, s.scale * s.of->scale * (double) a->rows, 1, a->slots, 1);
    case DM_LINE_PRODUCT:              /* tr(L*R) = tr((L')'*R) */
        return view(context, s.scale * s.of->scale,
                    inner(context, view(context, 1, s.of->of[0], !s.of->transposed[0]),
                          view(context, 1, s.of->of[1], s.of->transposed[1]), a->slots), false);
    case DM_LINE_MULTIPLE:             /* of a product, say; but not down along many */
        if (s.of->of[0]->kind != DM_LINE_MULTIPLE)
            return view(context, s.scale * s.of->scale,
                        multiple(context, trace(context, s.of->of[0]), s.of->of[1]), false);
        /* fall through */
    default:
        return view(context, s.scale, call_named(context, "trace", s.of, 1, 1), false);
    }
}

static dm_line *sum_of_entries(dm_context *context, dm_line *a)
{
    seen s = through(a);

    switch (s.of->kind) {
    case DM_LINE_ZERO:
        return known(context, DM_LINE_ZERO, 0, 1, a->slots, 1);
    case DM_LINE_FILL:
        return known(context, DM_LINE_FILL, s.scale * s.of->scale * (double) a->rows * (double) a->cols, 1, a->slots, 1);
    case DM_LINE_IDENTITY:
        return known(context, DM_LINE_FILL, s.scale * s.of->scale * (double) a->rows, 1, a->slots, 1);
    case DM_LINE_HADAMARD:
        return view(context, s.scale * s.of->scale, inner(context, s.of->of[0], s.of->of[1], a->slots), false);
    default:
        return view(context, s.scale, call_named(context, "sum", s.of, 1, 1), false);
    }
}

/* tr(A'*B) */
static dm_line *inner(dm_context *context, dm_line *a, dm_line *b, size_t slots)
{
    if (!a || !b)
        return NULL;
    if (a->kind == DM_LINE_ZERO || b->kind == DM_LINE_ZERO)
        return known(context, DM_LINE_ZERO, 0, 1, slots, 1);
    if (a->rows == 1 && a->cols == 1)
        return multiple(context, a, b);
    for (int turn = 0; turn < 2; turn++) {
        dm_line *one = turn ? b : a, *other = turn ? a : b;
        if (one->kind == DM_LINE_IDENTITY && other->slots == slots)
            return view(context, one->scale, trace(context, other), false);
        if (one->kind == DM_LINE_FILL && other->slots == slots)
            return view(context, one->scale, sum_of_entries(context, other), false);
    }
    seen x = factor(context, a), y = factor(context, b);
    if (!x.of || !y.of)
        return NULL;
    if (x.transposed && y.transposed)
        x.transposed = y.transposed = false;
    return write_down(context, (dm_line) { .kind = DM_LINE_INNER, .scale = x.scale * y.scale, .of = { x.of, y.of },
                                           .transposed = { x.transposed, y.transposed },
                                           .rows = 1, .slots = slots, .cols = 1 });
}

/* ----------------------------------------------------------------------------- dm and their lines -- */

static dm_line *of_number(dm *A)
{
    dm_context *context = A->context;

    switch (A->number.form) {
    case DM_ZERO:
        return known(context, DM_LINE_ZERO, 0, A->rows, A->slots, A->cols);
    case DM_FILL:
        return known(context, DM_LINE_FILL, A->number.scale, A->rows, A->slots, A->cols);
    case DM_IDENTITY:
        return known(context, A->rows == 1 ? DM_LINE_FILL : DM_LINE_IDENTITY, A->number.scale, A->rows, A->slots, A->cols);
    default:
        if (!dm_entries(A).data)
            return NULL;
        return write_down(context, (dm_line) { .kind = DM_GIVEN, .number = A, .rows = A->rows, .slots = A->slots,
                                               .cols = A->cols });
    }
}

dm_line *dm_line_of(dm *A)
{
    if (!A->line)
        A->line = of_number(A);
    return A->line;
}

dm_line *dm_line_given(dm *A)
{
    A->line = write_down(A->context, (dm_line) { .kind = DM_GIVEN, .number = A, .own = true, .rows = A->rows,
                                                 .slots = A->slots, .cols = A->cols });
    return A->line;
}

static dm *wrap(dm_context *context, dm_line *L)
{
    if (!L)
        return dm_out_of_memory(context);
    dm *A = dm_new(context, L->rows, L->slots, L->cols);
    if (dm_is_failed(A))
        return A;
    A->line = L;
    if (dm_is_known(L))
        dm_know_number(L, &A->number);
    return A;
}

/* ------------------------------------------------------------------------------- what operations make */

typedef struct {
    dm_context *context;
    const dm_parameters *with;
    dm_line *A, *B;
    size_t slots;
} operands;

static dm_line *do_add(const operands *o) { return sum(o->context, o->A, 1, o->B); }
static dm_line *do_sub(const operands *o) { return sum(o->context, o->A, -1, o->B); }
static dm_line *do_neg(const operands *o) { return view(o->context, -1, o->A, false); }
static dm_line *do_scale(const operands *o) { return view(o->context, o->with->number, o->A, false); }
static dm_line *do_transpose(const operands *o) { return view(o->context, 1, o->A, true); }
static dm_line *do_scale_by(const operands *o) { return multiple(o->context, o->A, o->B); }
static dm_line *do_hadamard(const operands *o) { return hadamard(o->context, o->A, o->B); }
static dm_line *do_square(const operands *o) { return hadamard(o->context, o->A, o->A); }
static dm_line *do_mul(const operands *o) { return product(o->context, o->A, o->B); }
static dm_line *do_inner(const operands *o) { return inner(o->context, o->A, o->B, o->slots); }
static dm_line *do_norm_squared(const operands *o) { return inner(o->context, o->A, o->A, o->slots); }
static dm_line *do_trace(const operands *o) { return trace(o->context, o->A); }
static dm_line *do_sum(const operands *o) { return sum_of_entries(o->context, o->A); }

static const struct {
    const char *op;
    dm_line *(*make)(const operands *o);
} table[] = {
    { "add", do_add }, { "sub", do_sub }, { "neg", do_neg }, { "scale", do_scale }, { "scale_by", do_scale_by },
    { "hadamard", do_hadamard }, { "square", do_square }, { "mul", do_mul }, { "inner", do_inner },
    { "transpose", do_transpose }, { "trace", do_trace }, { "sum", do_sum }, { "norm_squared", do_norm_squared },
};

static void apply(dm *C, dm *const X[])
{
    operands o = { C->context, C->with, dm_line_of(X[0]), X[1] ? dm_line_of(X[1]) : NULL, C->slots };

    if (!o.A || (X[1] && !o.B)) {
        dm_no_memory(C);
        return;
    }
    for (size_t i = 0; i < sizeof table / sizeof *table && !C->line; i++)
        if (strcmp(table[i].op, C->op->name) == 0)
            C->line = table[i].make(&o);
    if (!C->line) {
        dm_line shape = { .rows = C->rows, .slots = C->slots, .cols = C->cols };
        C->line = call(C->context, C->op, C->with, o.A, o.B, &shape);
    }
    if (!C->line)
        dm_no_memory(C);
    else if (dm_is_known(C->line))
        dm_know_number(C->line, &C->number);
}

static dm *accumulate(dm *so_far, double p, dm *x)
{
    dm_context *context = x->context;
    dm_line *a = so_far ? dm_line_of(so_far) : NULL, *b = dm_line_of(x);

    if (!b || (so_far && !a))
        return dm_out_of_memory(context);
    return wrap(context, a ? sum(context, a, p, b) : view(context, p, b, false));
}

static dm *size(dm_context *context, size_t n)
{
    return wrap(context, known(context, DM_LINE_FILL, (double) n, 1, 1, 1));
}

static void guard(dm_context *context, dm_line *L)
{
    dm_tape_record *record = record_of(context);

    for (size_t i = 0; i < record->guards; i++)
        if (record->guarded[i] == L)
            return;
    if (record->guards == DM_GUARDED)
        record->particular = true;
    else
        record->guarded[record->guards++] = L;
}

/* A(')*B('); what is NULL is the identity.  Coefficients that meet before the direction does may leave the range of
 * numbers though the whole does not.                                                                 */
static dm *coefficients(dm *A, bool A_transposed, dm *B, bool B_transposed)
{
    dm_context *context = (A ? A : B)->context;
    dm_line *a = A ? dm_line_of(A) : NULL, *b = B ? dm_line_of(B) : NULL;

    a = a ? view(context, 1, a, A_transposed) : NULL;
    b = b ? view(context, 1, b, B_transposed) : NULL;
    if ((A && !a) || (B && !b))
        return dm_out_of_memory(context);
    if (!a || !b)
        return wrap(context, a ? a : b);
    dm_line *ab = product(context, a, b);
    if (ab && !dm_is_known(ab) && !dm_is_known(a) && !dm_is_known(b)) {
        guard(context, is_diagonal(through(a).of) ? through(through(a).of->of[0]).of : through(a).of);
        guard(context, is_diagonal(through(b).of) ? through(through(b).of->of[0]).of : through(b).of);
    }
    return wrap(context, ab);
}

/* What was written down so far is carried out; but what the function does next may depend on it, so no program will
 * come of it.  The line is one that is given from now on: the next look begins there.  All that was needed on the way
 * is released.                                                                                       */
static dm *number(dm *A)
{
    dm_context *context = A->context;
    const dm_base *base = context->base;
    dm_line *L = dm_line_of(A);
    size_t size = dm_size(A) * sizeof(double);
    double *entries = malloc(size);
    dm *B = dm_new(context, A->rows, A->slots, A->cols);

    record_of(context)->particular = true;
    if (!L || !entries || dm_is_failed(B) || !dm_fresh(B).data) {
        free(entries);
        return dm_out_of_memory(context);
    }
    dm_scope scope = dm_scope_open(context);
    dm_program *p = dm_program_of(context, &L, 1);
    context->base = base;
    bool ran = p && dm_program_run(p), done = false;
    if (ran) {
        dm_panel P = dm_entries(L->number);
        done = P.data != NULL;
        if (done)
            memcpy(entries, P.data, size);
    }
    dm_scope_release(&scope);
    if (done) {
        memcpy(B->number.data, entries, size);
        L->kind = DM_GIVEN;
        L->own = true;
        L->number = B;
        L->of[0] = L->of[1] = NULL;
        L->op = NULL;
        L->with = NULL;
    }
    free(entries);
    if (p && !ran)
        return dm_failed(context, GSL_EDOM, "dm_value: there is no such value at these entries");
    return done ? B : dm_out_of_memory(context);
}

static void general(dm_context *context)
{
    record_of(context)->particular = true;
}

dm_tape_record *dm_tape_begin(dm_context *context, const dm_op *(*row)(const char *name))
{
    dm_tape_record *record = dm_arena_alloc(context, sizeof *record);

    if (!record)
        return NULL;
    *record = (dm_tape_record) { .row = row, .base = { .apply = apply, .accumulate = accumulate, .size = size,
                                                      .product = coefficients, .number = number, .general = general } };
    context->base = &record->base;
    return record;
}
