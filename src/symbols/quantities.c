/* What has no closed form in the variables goes by names of its own: of a symmetric A = Q*diag(lambda)*Q'
 * its eigenvalues lambda, its eigenvectors Q, and F(i,j) = 1/(lambda(j)-lambda(i)).                     */
#include "symbols/list.h"
#include "symbols/formula.h"

/* s with a part in the place of another, in differentials too. */
static const dm_symbol *renamed(const dm_symbol *s, const dm_symbol *part, const dm_symbol *by)
{
    dm_symbol_list of;
    bool changed = false;

    if (!s || !part || !by)
        return NULL;
    if (dm_symbol_same(s, part))
        return by;
    if (s->n == 0)
        return s;
    of = (dm_symbol_list) { .context = s->context };
    for (size_t i = 0; i < s->n; i++) {
        dm_list_add(&of, renamed(s->of[i], part, by));
        changed = changed || of.failed || of.at[i] != s->of[i];
    }
    if (of.failed || !changed)
        return of.failed ? NULL : s;
    return s->kind == DM_SYMBOL_DIFFERENTIAL ? dm_symbol_differential(of.at[0]) : dm_symbol_rebuild(s, of.at);
}

const dm_symbol *dm_symbol_in_quantities(const dm_symbol *s, const dm_quantities *q)
{
    for (size_t i = 0; i < q->n; i++)
        s = renamed(s, q->part[i], q->name[i]);
    return s;
}

/* ------------------------------------------------------------------------------------ eigenvalues */

/* The first eigenvalues or eigenvectors in s that have no name yet. */
static const dm_symbol *find(const dm_symbol *s, const dm_quantities *q)
{
    bool eigen = dm_symbol_is_call(s, "eigenvalues") || dm_symbol_is_call(s, "eigenvectors");

    for (size_t i = 0; eigen && i < q->n; i++)
        eigen = !dm_symbol_same(s, q->part[i]);
    if (eigen)
        return s;
    for (size_t i = 0; i < s->n; i++) {
        const dm_symbol *found = find(s->of[i], q);
        if (found)
            return found;
    }
    return NULL;
}

/* The first of the names, up to NULL, that neither a variable nor a quantity nor `taken` has. */
static const char *free_name(dm_context *context, const dm_quantities *q, const char *const names[],
                             const char *taken)
{
    for (; *names; names++) {
        bool free = strcmp(*names, taken) != 0 && !dm_symbol_is_variable(context, *names);
        for (size_t i = 0; free && i < q->n; i++)
            free = strcmp(*names, dm_symbol_first_name(q->name[i])) != 0;
        if (free)
            return *names;
    }
    return NULL;
}

/* F, as the rule of eigenvectors makes it. */
static const dm_symbol *reciprocal_gaps(const dm_symbol *lambda)       /* not NULL */
{
    size_t n = lambda->rows;
    const dm_symbol *ones = dm_symbol_ones(lambda->context, n, 1), *I = dm_symbol_eye(lambda->context, n);
    const dm_symbol *rows = dm_symbol_mul(ones, dm_symbol_transpose(lambda));
    const dm_symbol *gaps = dm_symbol_add(rows, -1, dm_symbol_mul(lambda, dm_symbol_transpose(ones)));

    return dm_symbol_add(dm_symbol_power(dm_symbol_add(gaps, 1, I), -1), -1, I);
}

/* `part` goes by the name of `by`; of a multiple the multiple does. */
static void add(dm_quantities *q, const dm_symbol *part, const dm_symbol *by)
{
    double x;

    part = dm_symbol_split(part, &x);
    by = dm_symbol_scale(1 / x, by);
    if (!part || !by)
        return;
    q->part[q->n] = part;
    q->name[q->n++] = by;
}

static void define(dm_quantities *q, dm_definition definition)
{
    if (q->definitions < sizeof q->definition / sizeof *q->definition)
        q->definition[q->definitions++] = definition;
}

static bool contained(const dm_symbol *part, const dm_symbol *const s[], size_t n)
{
    double x;

    part = dm_symbol_split(part, &x);
    for (size_t i = 0; part && i < n; i++)
        if (s[i] && dm_symbol_contains(s[i], part))
            return true;
    return false;
}

/* F_ij = 1/(lambda_j-lambda_i), in this order whichever name comes first. */
static dm_equation entry_of_gaps(dm_context *context, const char *F, const char *lambda)
{
    static const char *const index[] = { "_ij", "_j", "_i" };
    const dm_symbol *at[3];

    for (size_t i = 0; i < 3; i++) {
        dm_text name = { .context = context };
        dm_text_put(&name, "%s%s", i ? lambda : F, index[i]);
        const char *text = dm_text_done(&name);
        at[i] = text ? dm_symbol_name(context, text, 1, 1, false) : NULL;
    }
    const dm_symbol *gap[] = { at[1], dm_symbol_scale(-1, at[2]) }, *sum = NULL;
    if (gap[0] && gap[1])
        sum = dm_symbol_make(context, DM_SYMBOL_SUM, 1, 1, 0, gap, 2, 0);
    return (dm_equation) { at[0], sum ? dm_symbol_power(sum, -1) : NULL };
}

static void name_eigen(dm_quantities *q, const dm_symbol *A, const char *taken, const dm_symbol *const s[],
                       size_t n)
{
    static const char *const values[] = { "lambda", "mu", "nu", "xi", "eta", NULL };
    static const char *const vectors[] = { "Q", "V", "W", "R", "P", NULL };
    static const char *const gaps[] = { "F", "G", "E", "M", "N", NULL };
    dm_context *context = A->context;
    const char *l = free_name(context, q, values, taken), *v = free_name(context, q, vectors, taken);
    const char *f = free_name(context, q, gaps, taken);
    if (!l || !v || !f)
        return;
    const dm_symbol *lambda = dm_symbol_apply_named("eigenvalues", A, A->rows, 1);
    const dm_symbol *vectors_call = dm_symbol_apply_named("eigenvectors", A, A->rows, A->rows);
    const dm_symbol *F = lambda ? reciprocal_gaps(lambda) : NULL, *Ft = dm_symbol_transpose(F);
    const dm_symbol *lambda_name = dm_symbol_name(context, l, A->rows, 1, false);
    const dm_symbol *Q = dm_symbol_name(context, v, A->rows, A->rows, false);
    if (!vectors_call || !Ft || !lambda_name || !Q)
        return;
    const dm_symbol *D = dm_symbol_apply_named("diag", lambda_name, A->rows, A->rows);
    const dm_symbol *whole = dm_symbol_mul(dm_symbol_mul(Q, D), dm_symbol_transpose(Q));

    define(q, (dm_definition) { .is = { A, whole }, .decomposed = true,
                                .where = { { lambda_name, lambda }, { Q, vectors_call } } });
    if (contained(F, s, n) || contained(Ft, s, n)) {
        const dm_symbol *name = dm_symbol_name(context, f, A->rows, A->rows, false);
        add(q, F, name);
        add(q, Ft, dm_symbol_scale(-1, name));
        define(q, (dm_definition) { .is = { name, reciprocal_gaps(lambda_name) },
                                    .where = { entry_of_gaps(context, f, l) },
                                    .remark = ", 0 on the diagonal" });
    }
    add(q, lambda, lambda_name);
    add(q, vectors_call, Q);
}

void dm_symbol_quantities(const dm_symbol *const s[], size_t n, const char *taken, dm_quantities *q)
{
    size_t matrices = 0;
    const dm_symbol *found;

    *q = (dm_quantities) { .n = 0 };
    for (size_t i = 0; i < n; i++)
        while (s[i] && matrices < DM_DECOMPOSED && (found = find(s[i], q))) {
            size_t before = q->n;
            matrices++;
            name_eigen(q, found->of[0], taken, s, n);
            if (q->n == before)
                return;
        }
}
