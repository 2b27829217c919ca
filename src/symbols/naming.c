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

static bool occurs(const dm_symbol *s, const char *name)
{
    if (s->kind == DM_SYMBOL_NAME && strcmp(s->name, name) == 0)
        return true;
    for (size_t i = 0; i < s->n; i++)
        if (occurs(s->of[i], name))
            return true;
    return false;
}

/* A letter that neither a variable nor anything in s is called by. */
static const char *new_name(const dm_symbol *s, bool matrix, size_t first)
{
    static const char *const vectors[] = { "r", "p", "q", "u", "v", "w", "z" };
    static const char *const matrices[] = { "M", "N", "P", "Q", "R", "V", "W" };
    const char *const *names = matrix ? matrices : vectors;

    for (size_t i = first; i < sizeof vectors / sizeof *vectors; i++)
        if (!dm_symbol_is_variable(s->context, names[i]) && !occurs(s, names[i]))
            return names[i];
    return NULL;
}

const dm_symbol *dm_symbol_name_parts(const dm_symbol *s, dm_named_part parts[], size_t room, size_t *n)
{
    *n = 0;
    while (s && *n < room) {
        const dm_symbol *part = best_part(s);
        const char *name = !part ? NULL : is_commutation(part) ? "K"
                         : new_name(s, part->rows > 1 && part->cols > 1, *n);
        if (!name)
            break;
        parts[*n] = (dm_named_part) { name, part };
        s = dm_symbol_replace(s, part, dm_symbol_name(s->context, name, part->rows, part->cols, false));
        ++*n;
    }
    return s;
}
