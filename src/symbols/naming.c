/* Common subexpressions of a long formula get names: r = A*x-b.
 *
 * Again and again the part that saves most operations is taken, as long as one saves any worth a line.  */
#include "symbols/formula.h"
#include "symbols/list.h"

enum { WORTH = 3 };                    /* operations that a name must save */

static unsigned cost(const dm_symbol *s)
{
    const dm_formula *f = dm_formula_of(s);

    return f ? f->cost : 0;
}

static size_t count(const dm_symbol *s, const dm_symbol *part)
{
    size_t n = 0;

    if (dm_symbol_same(s, part))
        return 1;
    for (size_t i = 0; i < s->n; i++)
        n += count(s->of[i], part);
    return n;
}

/* Every part of s, once. */
static void collect(const dm_symbol *s, dm_symbol_list *parts)
{
    for (size_t i = 0; i < parts->n; i++)
        if (dm_symbol_same(parts->at[i], s))
            return;
    if (s->n)
        dm_list_add(parts, s);
    for (size_t i = 0; i < s->n; i++)
        collect(s->of[i], parts);
}

/* The K with K*vec(A) = vec(A'), as Jacobians write it: worth its name though it stands but once. */
static bool is_commutation(const dm_symbol *s)
{
    return dm_symbol_is_call(s, "reshape") && dm_symbol_is_call(s->of[0], "kron")
        && dm_symbol_is_call(s->of[0]->of[0], "vec") && s->of[0]->of[0]->of[0]->kind == DM_SYMBOL_EYE;
}

static const dm_symbol *best_part(const dm_symbol *s)
{
    dm_symbol_list parts = { .context = s->context };
    const dm_symbol *best = NULL;
    size_t most = WORTH;

    collect(s, &parts);
    for (size_t i = 0; !parts.failed && i < parts.n; i++) {
        const dm_symbol *part = parts.at[i];
        if (part == s || part->kind == DM_SYMBOL_TRANSPOSE)
            continue;
        size_t n = count(s, part), saved = n > 1 ? (n - 1) * cost(part) : 0;
        if (is_commutation(part))
            saved = cost(part);
        if (saved >= most && (!best || saved > most)) {
            best = part;
            most = saved;
        }
    }
    return best;
}

bool dm_symbol_is_variable(const dm_context *context, const char *name)
{
    const dm_size_name *v = dm_symbol_sizes(context);

    while (v && strcmp(v->variable, name) != 0)
        v = v->next;
    return v != NULL;
}

const char *dm_unused_name(dm_context *context, const char *name)
{
    size_t n = strlen(name);

    while (name && dm_symbol_is_variable(context, name)) {
        char *longer = dm_arena_alloc(context, n + 2);
        if (longer) {
            memcpy(longer, name, n);
            memcpy(longer + n++, "_", 2);
        }
        name = longer;
    }
    return name;
}

static bool occurs(const dm_symbol *s, const char *name)
{
    if (s->kind == DM_SYMBOL_NAME && strcmp(s->name, name) == 0)
        return true;
    for (size_t i = 0; i < s->n; i++)
        if (occurs(s->of[i], name))
            return true;
    return false;
}

/* A letter for the part that neither a variable nor anything in s is called by, nor one of the n parts. */
static const char *new_name(const dm_symbol *s, const dm_symbol *part, const dm_named_part parts[], size_t n)
{
    const char *letters = is_commutation(part) ? "KTPQRVW" : part->rows > 1 && part->cols > 1 ? "MNPQRVW"
                        : "rpquvwz";

    for (; *letters; letters++) {
        char name[2] = { *letters };
        bool taken = dm_symbol_is_variable(s->context, name) || occurs(s, name);
        for (size_t i = 0; !taken && i < n; i++)
            taken = strcmp(parts[i].name, name) == 0;
        if (taken)
            continue;
        char *copy = dm_arena_alloc(s->context, sizeof name);
        return copy ? memcpy(copy, name, sizeof name) : NULL;
    }
    return NULL;
}

const dm_symbol *dm_symbol_name_parts(const dm_symbol *s, dm_named_part parts[], size_t room, size_t *n)
{
    *n = 0;
    while (s && *n < room) {
        const dm_symbol *part = best_part(s);
        const char *name = part ? new_name(s, part, parts, *n) : NULL;
        if (!name)
            break;
        parts[*n] = (dm_named_part) { name, part };
        s = dm_symbol_replace(s, part, dm_symbol_name(s->context, name, part->rows, part->cols, false));
        ++*n;
    }
    return s;
}
