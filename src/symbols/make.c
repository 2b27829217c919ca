/* Symbols as such: made, compared, split. */
#include "core/hash.h"
#include "symbols/symbols.h"

/* ------------------------------------------------------------------------------------------ hashes */

static uint64_t mix_text(uint64_t h, const char *text)
{
    for (; *text; text++)
        h = dm_mix(h, (unsigned char) *text);
    return h;
}

/* Operands in any order, where the order means nothing. */
static uint64_t hash(const dm_symbol *s)
{
    size_t unordered = s->kind == DM_SYMBOL_SUM || s->kind == DM_SYMBOL_HADAMARD ? s->n : s->scalars;
    uint64_t h = dm_mix(dm_mix(dm_mix(17, (uint64_t) s->kind), s->rows), s->cols), together = 0;

    h = dm_mix_number(h, s->number);
    if (s->name)
        h = mix_text(h, s->name);
    if (s->op)
        h = mix_text(h, s->op->name);
    if (s->with) {
        h = dm_mix_number(h, s->with->number);
        h = dm_mix(dm_mix(dm_mix(dm_mix(h, s->with->row), s->with->col), s->with->rows), s->with->cols);
    }
    for (size_t i = 0; s->entries && i < s->rows * s->cols; i++)
        h = dm_mix_number(h, s->entries[i]);
    for (size_t i = 0; i < unordered; i++)
        together += dm_mix(31, s->of[i]->hash);
    h = dm_mix(dm_mix(h, together), s->scalars);
    for (size_t i = unordered; i < s->n; i++)
        h = dm_mix(h, s->of[i]->hash);
    return h;
}

bool dm_symbol_same(const dm_symbol *a, const dm_symbol *b)
{
    return a == b || (a->hash == b->hash && a->kind == b->kind && a->rows == b->rows && a->cols == b->cols);
}

/* ------------------------------------------------------------------------------------------ making */

static const dm_symbol *finish(dm_context *context, dm_symbol s, const dm_symbol *const of[])
{
    dm_symbol *made = dm_arena_alloc(context, sizeof *made);
    const dm_symbol **kept = s.n ? dm_arena_alloc(context, s.n * sizeof *kept) : NULL;

    if (!made || (s.n && !kept))
        return NULL;
    for (size_t i = 0; i < s.n; i++) {
        if (!of[i])
            return NULL;
        kept[i] = of[i];
        s.moves = s.moves || of[i]->moves;
    }
    s.context = context;
    s.of = kept;
    s.hash = hash(&s);
    *made = s;
    return made;
}

const dm_symbol *dm_symbol_make(dm_context *context, dm_symbol_kind kind, size_t rows, size_t cols,
                                double number, const dm_symbol *const of[], size_t n, size_t scalars)
{
    return finish(context, (dm_symbol) { .kind = kind, .rows = rows, .cols = cols, .number = number,
                                         .n = n, .scalars = scalars }, of);
}

const dm_symbol *dm_symbol_inverse_as(const dm_symbol *of, bool solved)
{
    return finish(of->context, (dm_symbol) { .kind = DM_SYMBOL_INVERSE, .rows = of->rows, .cols = of->cols,
                                             .n = 1, .solved = solved }, &of);
}

const dm_symbol *dm_symbol_number(dm_context *context, double x)
{
    if (x == 0)
        return dm_symbol_zero(context, 1, 1);
    return dm_symbol_make(context, DM_SYMBOL_TERM, 1, 1, x, NULL, 0, 0);
}

const dm_symbol *dm_symbol_zero(dm_context *context, size_t rows, size_t cols)
{
    return dm_symbol_make(context, DM_SYMBOL_ZERO, rows, cols, 0, NULL, 0, 0);
}

const dm_symbol *dm_symbol_ones(dm_context *context, size_t rows, size_t cols)
{
    if (rows == 1 && cols == 1)
        return dm_symbol_number(context, 1);
    return dm_symbol_make(context, DM_SYMBOL_ONES, rows, cols, 0, NULL, 0, 0);
}

const dm_symbol *dm_symbol_eye(dm_context *context, size_t n)
{
    return n == 1 ? dm_symbol_number(context, 1)
                  : dm_symbol_make(context, DM_SYMBOL_EYE, n, n, 0, NULL, 0, 0);
}

const dm_symbol *dm_symbol_size(dm_context *context, size_t n)
{
    for (const dm_size_name *name = dm_symbol_sizes(context); name; name = name->next)
        if (name->size == n && n > 1)
            return dm_symbol_make(context, DM_SYMBOL_SIZE, 1, 1, (double) n, NULL, 0, 0);
    return dm_symbol_number(context, (double) n);
}

const dm_symbol *dm_symbol_name(dm_context *context, const char *name, size_t rows, size_t cols,
                                bool symmetric)
{
    return finish(context, (dm_symbol) { .kind = DM_SYMBOL_NAME, .rows = rows, .cols = cols, .name = name,
                                         .symmetric = symmetric }, NULL);
}

/* entries are not copied */
const dm_symbol *dm_symbol_literal(dm_context *context, size_t rows, size_t cols, const double *entries)
{
    if (rows == 1 && cols == 1)
        return dm_symbol_number(context, *entries);
    return finish(context, (dm_symbol) { .kind = DM_SYMBOL_LITERAL, .rows = rows, .cols = cols,
                                         .entries = entries }, NULL);
}

const dm_symbol *dm_symbol_differential(const dm_symbol *of)
{
    if (!of)
        return NULL;
    return finish(of->context, (dm_symbol) { .kind = DM_SYMBOL_DIFFERENTIAL, .rows = of->rows,
                                             .cols = of->cols, .n = 1, .moves = true }, &of);
}

const dm_symbol *dm_symbol_call(dm_context *context, const dm_op *op, const dm_parameters *with,
                                const dm_symbol *const X[], size_t rows, size_t cols)
{
    return finish(context, (dm_symbol) { .kind = DM_SYMBOL_CALL, .rows = rows, .cols = cols, .op = op,
                                         .with = op->parameters ? with : NULL, .n = dm_arity(op) }, X);
}

const char *dm_symbol_first_name(const dm_symbol *s)
{
    if (s->name)
        return s->name;
    for (size_t i = 0; i < s->n; i++) {
        const char *name = dm_symbol_first_name(s->of[i]);
        if (*name)
            return name;
    }
    return "";
}

const dm_symbol *dm_symbol_split(const dm_symbol *s, double *number)
{
    *number = 1;
    if (!s || s->kind != DM_SYMBOL_TERM || s->number == 1)
        return s;
    *number = s->number;
    if (s->n == 1)
        return s->of[0];
    return dm_symbol_make(s->context, DM_SYMBOL_TERM, s->rows, s->cols, 1, s->of, s->n, s->scalars);
}
