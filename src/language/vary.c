/* Variants of an expression.  A variant is the text of the tree, written out again with something else in
 * some places: what stands between operands, parentheses too, is copied as it is.                      */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "language/tree.h"
#include "language/vary.h"

enum { MOST_NODES = 400, MOST_VARIANTS = 1500, MOST_TEXT = 4000 };

/* --------------------------------------------------------------------------------------- writing -- */

typedef struct {
    char *text;
    size_t length, capacity;
    bool failed;
} writing;

static void put_n(writing *w, const char *text, size_t length)
{
    if (w->failed)
        return;
    if (w->length + length + 1 > w->capacity) {
        size_t capacity = 2 * w->capacity + length + 64;
        char *longer = capacity <= MOST_TEXT * 4 ? realloc(w->text, capacity) : NULL;
        if (!longer) {
            w->failed = true;
            return;
        }
        w->text = longer;
        w->capacity = capacity;
    }
    memcpy(w->text + w->length, text, length);
    w->length += length;
    w->text[w->length] = '\0';
}

static void put(writing *w, const char *text)
{
    put_n(w, text, strlen(text));
}

static void putf(writing *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void putf(writing *w, const char *format, ...)
{
    char text[600];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    put(w, text);
}

/* The text, which is the caller's to free; NULL: there was no memory. */
static char *written(writing *w)
{
    if (!w->failed && w->text)
        return w->text;
    free(w->text);
    return NULL;
}

/* One more, of what was written; of a text that is there already nothing is kept. */
static void add(dm_variants *all, writing *text, writing *what)
{
    char *t = written(text), *in_words = written(what);
    bool known = all->n >= MOST_VARIANTS;

    for (size_t i = 0; t && in_words && !known && i < all->n; i++)
        known = strcmp(all->variant[i].text, t) == 0 && strcmp(all->variant[i].what, in_words) == 0;
    if (t && in_words && !known && all->n == all->capacity) {
        size_t capacity = all->capacity ? 2 * all->capacity : 32;
        dm_variant *longer = realloc(all->variant, capacity * sizeof *longer);
        if (longer) {
            all->variant = longer;
            all->capacity = capacity;
        }
    }
    if (t && in_words && !known && all->n < all->capacity) {
        all->variant[all->n++] = (dm_variant) { t, in_words };
        return;
    }
    free(t);
    free(in_words);
}

void dm_variants_free(dm_variants *v)
{
    for (size_t i = 0; i < v->n; i++) {
        free(v->variant[i].text);
        free(v->variant[i].what);
    }
    free(v->variant);
    *v = (dm_variants) { NULL, 0, 0 };
}

size_t dm_varied_from(const char *name)
{
    const char *end = NULL;

    for (const char *at = strstr(name, "__"); at; at = strstr(at + 1, "__"))
        end = at;
    return end ? (size_t) (end - name) : strlen(name);
}

/* -------------------------------------------------------------------------------- writing a tree -- */

typedef struct rendering rendering;
struct rendering {
    const dm_expression *e;
    writing *to;
    bool (*instead)(rendering *r, size_t node);        /* it has written the node; NULL: never */
    size_t node, variable;             /* what it looks for */
    const char *text;                  /* and writes instead */
    dm_variants *each;
    size_t power, factor;              /* being written out: which, and the how manyeth factor */
};

static const dm_node *node_of(const rendering *r, size_t node)
{
    return &r->e->node[node];
}

static void render(rendering *r, size_t node);

/* The node as it is, but for what is below it. */
static void render_below(rendering *r, size_t node)
{
    const dm_node *n = node_of(r, node);
    size_t at = n->from;

    for (size_t i = n->first; i != NONE; i = node_of(r, i)->next) {
        put_n(r->to, r->e->text + at, node_of(r, i)->from - at);
        render(r, i);
        at = node_of(r, i)->to;
    }
    put_n(r->to, r->e->text + at, n->to - at);
}

static void render(rendering *r, size_t node)
{
    if (!r->instead || !r->instead(r, node))
        render_below(r, node);
}

static bool replace_node(rendering *r, size_t node)
{
    if (node != r->node)
        return false;
    put(r->to, r->text);
    return true;
}

/* A name, a number, a call, or something in brackets: no parentheses are needed around it. */
static bool is_closed(const dm_expression *e, size_t node)
{
    switch (e->node[node].kind) {
    case NODE_NUMBER: case NODE_NAME: case NODE_CALL: case NODE_INDEX: case NODE_SIZE:
    case NODE_COLUMN:
        return true;
    default:
        return false;
    }
}

static bool is_sum(const dm_expression *e, size_t node)
{
    return e->node[node].kind == NODE_ADD || e->node[node].kind == NODE_SUB
        || e->node[node].kind == NODE_NEG;
}

static void put_part(writing *w, const dm_expression *e, size_t node)
{
    const dm_node *n = &e->node[node];
    bool row = n->kind == NODE_ROW;    /* its brackets are not its own */

    put(w, row ? "[" : "");
    put_n(w, e->text + n->from, n->to - n->from);
    put(w, row ? "]" : "");
}

static void put_within(writing *w, const dm_expression *e, size_t node, bool parentheses)
{
    put(w, parentheses ? "(" : "");
    put_part(w, e, node);
    put(w, parentheses ? ")" : "");
}

/* The whole with `text` in place of the node. */
static void put_with(writing *w, const dm_expression *e, size_t node, const char *text)
{
    rendering r = { .e = e, .to = w, .instead = replace_node, .node = node, .text = text };

    render(&r, e->nodes - 1);
}

static bool is_part(const dm_node *n)
{
    return !n->aside && !n->constant && n->kind != NODE_STRING && n->kind != NODE_COLON
        && n->kind != NODE_RANGE && n->kind != NODE_LAST && n->kind != NODE_ROW;
}

static size_t variable_named(const dm_expression *e, const char *name)
{
    for (size_t i = 0; i < e->variables; i++)
        if (strcmp(e->variable[i].name, name) == 0)
            return i;
    return NONE;
}

static bool has_variable(const dm_expression *e, size_t node, size_t variable)
{
    for (size_t i = e->node[node].start; i <= node; i++)
        if (e->node[i].kind == NODE_NAME && !e->node[i].aside && e->node[i].variable == variable)
            return true;
    return false;
}

static bool too_large(const dm_expression *e)
{
    return e->nodes > MOST_NODES || strlen(e->text) > MOST_TEXT;
}

/* ----------------------------------------------------------------------------------- occurrences -- */

static const char *ordinal(size_t n)
{
    static const char *const words[] = { "first", "second", "third", "fourth", "fifth", "sixth", "seventh",
                                         "eighth", "ninth", "tenth" };

    return n < sizeof words / sizeof words[0] ? words[n] : "next";
}

/* How many names of the variable stand in the text before. */
static size_t how_manyeth(const dm_expression *e, size_t node)
{
    size_t count = 0;

    for (size_t i = 0; i < e->nodes; i++)
        count += e->node[i].kind == NODE_NAME && !e->node[i].aside
              && e->node[i].variable == e->node[node].variable && e->node[i].from < e->node[node].from;
    return count;
}

/* Names that are made of that one have numbers from here on: no variable is called so. */
static size_t first_number(const dm_expression *e, const char *name)
{
    size_t first = 0, length = strlen(name);

    for (size_t i = 0; i < dm_expression_variables(e); i++) {
        const char *other = dm_expression_variable(e, i);
        if (strncmp(other, name, length) == 0 && strncmp(other + length, "__", 2) == 0) {
            size_t number = strtoul(other + length + 2, NULL, 10);
            first = number >= first ? number + 1 : first;
        }
    }
    return first;
}

static void name_occurrence(rendering *r, size_t node)
{
    const dm_node *n = node_of(r, node);
    writing name = { NULL, 0, 0, false }, what = { NULL, 0, 0, false };

    putf(&name, "%s__%zu", n->name, first_number(r->e, n->name) + r->each->n + 1);
    put(r->to, name.text ? name.text : "");
    putf(&what, "the %s %s (column %zu)", ordinal(how_manyeth(r->e, node)), n->name, n->from + 1);
    if (r->power != NONE) {
        const dm_node *p = node_of(r, r->power);
        putf(&what, " in the %s factor of %.*s", ordinal(r->factor), (int) (p->to - p->from),
             r->e->text + p->from);
    }
    add(r->each, &name, &what);
}

/* The exponent of a power to be written out, else 0. */
static size_t small_power(const dm_expression *e, size_t node)
{
    const dm_node *n = &e->node[node];

    if (n->kind != NODE_POWER || n->fused || n->aside)
        return 0;
    const dm_node *exponent = &e->node[dm_operand_of(e, node, 1)];
    double k = exponent->constant ? exponent->number : 0;
    return k == 2 || k == 3 || k == 4 ? (size_t) k : 0;
}

static bool occurrence(rendering *r, size_t node)
{
    const dm_node *n = node_of(r, node);
    size_t k = small_power(r->e, node);

    if (n->kind == NODE_NAME && !n->aside && n->variable == r->variable) {
        name_occurrence(r, node);
        return true;
    }
    if (!k || r->power != NONE || !has_variable(r->e, node, r->variable))
        return false;
    put(r->to, "(");
    r->power = node;
    for (r->factor = 0; r->factor < k; r->factor++) {
        put(r->to, r->factor ? "*(" : "(");
        render(r, n->first);
        put(r->to, ")");
    }
    r->power = NONE;
    put(r->to, ")");
    return true;
}

char *dm_vary_occurrences(const dm_expression *e, const char *variable, dm_variants *each)
{
    writing w = { NULL, 0, 0, false };
    rendering r = { .e = e, .to = &w, .instead = occurrence, .power = NONE, .each = each,
                    .variable = variable_named(e, variable) };

    if (too_large(e))
        return NULL;
    render(&r, e->nodes - 1);
    return written(&w);
}

/* ------------------------------------------------------------------------------- the chain's steps -- */

static bool hold_constant(rendering *r, size_t node)
{
    const dm_node *n = node_of(r, node);

    if (n->kind != NODE_NAME || n->aside)
        return false;
    putf(r->to, "%s__%zu", n->name, first_number(r->e, n->name));
    return true;
}

static void put_held(writing *w, const dm_expression *e, size_t node)
{
    rendering r = { .e = e, .to = w, .instead = hold_constant };

    put(w, "(");
    render(&r, node);
    put(w, ")");
}

/* The operand that h(S) is a function of; NONE: it is no function of one. */
static size_t argument_of(const dm_expression *e, size_t node)
{
    const dm_node *n = &e->node[node];

    if (!is_part(n))
        return NONE;
    switch (n->kind) {
    case NODE_CALL:
        return n->operands == 1 && n->form.op ? n->first : NONE;
    case NODE_POWER: case NODE_HADAMARD_POWER:
        return e->node[dm_operand_of(e, node, 1)].constant ? n->first : NONE;
    case NODE_OVER: case NODE_QUOTIENT:
        return e->node[n->first].constant ? dm_operand_of(e, node, 1) : NONE;
    default:
        return NONE;
    }
}

/* h(S) becomes h(S0) + S - S0: the same value, and the differential dS. */
void dm_vary_steps(const dm_expression *e, const char *variable, dm_variants *all)
{
    size_t v = variable_named(e, variable);

    for (size_t i = too_large(e) ? e->nodes : 0; i < e->nodes; i++) {
        size_t S = argument_of(e, i);
        if (S == NONE || !is_part(&e->node[S]) || !has_variable(e, S, v))
            continue;
        writing w = { NULL, 0, 0, false }, text = w, what = w;
        put(&w, "(");
        put_held(&w, e, i);
        put(&w, "+");
        put_within(&w, e, S, true);
        put(&w, "-");
        put_held(&w, e, S);
        put(&w, ")");
        put_with(&text, e, i, w.text ? w.text : "");
        put_part(&what, e, i);
        free(w.text);
        add(all, &text, &what);
    }
}

static bool same_text(const dm_expression *e, size_t a, size_t b)
{
    size_t length = e->node[a].to - e->node[a].from;

    return e->node[b].to - e->node[b].from == length && e->node[a].kind == e->node[b].kind
        && strncmp(e->text + e->node[a].from, e->text + e->node[b].from, length) == 0;
}

static bool replace_same(rendering *r, size_t node)
{
    if (node_of(r, node)->aside || !same_text(r->e, node, r->node))
        return false;
    put(r->to, r->text);
    return true;
}

void dm_vary_inner(const dm_expression *e, const char *variable, dm_variants *all)
{
    size_t v = variable_named(e, variable);

    for (size_t i = too_large(e) ? 0 : e->nodes - 1; i-- > 0;) {
        if (!is_part(&e->node[i]) || e->node[i].kind == NODE_NAME || !has_variable(e, i, v))
            continue;
        writing text = { NULL, 0, 0, false }, what = text;
        rendering r = { .e = e, .to = &text, .instead = replace_same, .node = i, .text = DM_INNER };
        render(&r, e->nodes - 1);
        put_part(&what, e, i);
        add(all, &text, &what);
    }
}

/* -------------------------------------------------------------------------------------- summands -- */

static bool is_addition(const dm_expression *e, size_t node)
{
    return e->node[node].kind == NODE_ADD || e->node[node].kind == NODE_SUB;
}

/* Is the node linear in that operand of it? */
static bool is_linear_in(const dm_expression *e, size_t node, size_t operand)
{
    switch (e->node[node].kind) {
    case NODE_ADD: case NODE_SUB: case NODE_NEG: case NODE_TRANSPOSE: case NODE_MUL: case NODE_HADAMARD:
        return true;
    case NODE_OVER: case NODE_QUOTIENT:
        return e->node[node].first == operand;
    case NODE_UNDER:
        return e->node[node].first != operand;
    default:
        return false;
    }
}

static bool is_within(const dm_expression *e, size_t node, size_t whole)
{
    return e->node[whole].start <= node && node <= whole;
}

/* A sum in which the node looked for stands: only the operand with it is written. */
static bool choose_summand(rendering *r, size_t node)
{
    if (!is_addition(r->e, node) || node == r->node || !is_within(r->e, r->node, node))
        return false;
    size_t left = node_of(r, node)->first, right = dm_operand_of(r->e, node, 1);
    bool first = is_within(r->e, r->node, left), minus = !first && node_of(r, node)->kind == NODE_SUB;
    bool sign = minus && node_of(r, right)->kind == NODE_NEG;

    put(r->to, sign ? "-(" : minus ? "-" : "");
    render(r, first ? left : right);
    put(r->to, sign ? ")" : "");
    return true;
}

void dm_vary_summands(const dm_expression *e, dm_variants *all)
{
    bool linear[MOST_NODES + 1] = { false };           /* is the whole, in that node? */

    if (too_large(e))
        return;
    linear[e->nodes - 1] = true;
    for (size_t i = e->nodes; i-- > 0;)
        for (size_t k = e->node[i].first; linear[i] && k != NONE; k = e->node[k].next) {
            linear[k] = is_linear_in(e, i, k) && !e->node[k].aside;
            if (!linear[k] || !is_addition(e, i) || is_addition(e, k))
                continue;
            writing text = { NULL, 0, 0, false }, what = text;
            rendering r = { .e = e, .to = &text, .instead = choose_summand, .node = k };
            render(&r, e->nodes - 1);
            put(&what, text.text ? text.text : "");
            add(all, &text, &what);
        }
}

/* -------------------------------------------------------------------------------- scalar factors -- */

static void add_scalar(const dm_expression *e, size_t node, const char *before, const char *after,
                       dm_variants *all)
{
    writing text = { NULL, 0, 0, false }, what = text;

    put(&text, before);
    put_part(&text, e, node);
    put(&text, after);
    put(&what, text.text ? text.text : "");
    add(all, &text, &what);
}

void dm_vary_scalars(const dm_expression *e, dm_variants *all)
{
    static const char *const around[][2] = {
        { "", "" }, { "det(", ")" }, { "norm(", ",'fro')" }, { "trace(", ")" }, { "sum(", ")" },
        { "exp(", ")" }, { "sin(", ")" }, { "cos(", ")" }, { "sigmoid(", ")" }, { "1-tanh(", ")^2" },
    };

    if (too_large(e))
        return;
    for (size_t k = 0; k < sizeof around / sizeof around[0]; k++)
        for (size_t i = e->nodes; i-- > 0;)
            if (is_part(&e->node[i]))
                add_scalar(e, i, around[k][0], around[k][1], all);
}

/* ------------------------------------------------------------------------------------------ edits -- */

typedef struct {
    const dm_expression *e;
    dm_variants *all;
} editing;

static void edit(const editing *d, size_t node, writing *instead, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
static void edit(const editing *d, size_t node, writing *instead, const char *format, ...)
{
    writing text = { NULL, 0, 0, false }, what = text;
    char words[500];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    put_with(&text, d->e, node, instead->text ? instead->text : "");
    text.failed = text.failed || instead->failed;
    put(&what, words);
    free(instead->text);
    *instead = (writing) { NULL, 0, 0, false };
    add(d->all, &text, &what);
}

typedef struct { char text[200]; } quoted;

/* "A*x (column 3)" */
static quoted quote(const dm_expression *e, size_t node)
{
    const dm_node *n = &e->node[node];
    size_t length = n->to - n->from;
    quoted q;

    snprintf(q.text, sizeof q.text, "%.*s%s (column %zu)", length > 120 ? 120 : (int) length,
             e->text + n->from, length > 120 ? "..." : "", n->from + 1);
    return q;
}

static size_t parent_of(const dm_expression *e, size_t node)
{
    for (size_t i = node + 1; i < e->nodes; i++)
        for (size_t k = e->node[i].first; k != NONE; k = e->node[k].next)
            if (k == node)
                return i;
    return NONE;
}

static void edit_transposes(const editing *d)
{
    const dm_expression *e = d->e;

    for (size_t i = 0; i < e->nodes; i++) {
        const dm_node *n = &e->node[i];
        size_t parent = parent_of(e, i);
        writing w = { NULL, 0, 0, false };
        if (!is_part(n) || (parent != NONE && e->node[parent].kind == NODE_TRANSPOSE))
            continue;
        if (n->kind == NODE_TRANSPOSE) {
            put_within(&w, e, n->first, !is_closed(e, n->first));
            edit(d, i, &w, "%s must not be transposed", quote(e, n->first).text);
            continue;
        }
        put_within(&w, e, i, !is_closed(e, i));
        put(&w, "'");
        edit(d, i, &w, "%s must be transposed", quote(e, i).text);
    }
}

/* ------------------------------------------------------------------------------ products, reordered */

enum { FACTORS = 5 };                  /* of longer products the order is not tried */

/* The factors of a chain of * that is no factor of another one; 0: it is none, or too long. */
static size_t chain_of(const dm_expression *e, size_t node, size_t factor[FACTORS])
{
    size_t parent = parent_of(e, node), n = 0, at = node;

    if (e->node[node].kind != NODE_MUL || !is_part(&e->node[node])
        || (parent != NONE && e->node[parent].kind == NODE_MUL && e->node[parent].first == node))
        return 0;
    while (e->node[at].kind == NODE_MUL && n + 1 < FACTORS) {
        factor[n++] = dm_operand_of(e, at, 1);
        at = e->node[at].first;
        if (e->node[at].to < e->node[factor[n - 1]].from && e->text[e->node[at].to] == ')')
            break;                     /* (A*B)*C: the parentheses stay */
    }
    if (e->node[at].kind == NODE_MUL && e->text[e->node[at].to] != ')')
        return 0;
    factor[n++] = at;
    for (size_t i = 0; i < n / 2; i++) {
        size_t swap = factor[i];
        factor[i] = factor[n - 1 - i];
        factor[n - 1 - i] = swap;
    }
    return n;
}

static void put_factor(writing *w, const dm_expression *e, size_t node, bool transposed)
{
    const dm_node *n = &e->node[node];

    if (transposed && n->kind == NODE_TRANSPOSE) {
        put_within(w, e, n->first, is_sum(e, n->first));
        return;
    }
    put_within(w, e, node, transposed ? !is_closed(e, node) : is_sum(e, node) || n->kind == NODE_OVER
                           || n->kind == NODE_UNDER || n->kind == NODE_MUL || n->kind == NODE_HADAMARD
                           || n->kind == NODE_QUOTIENT);
    put(w, transposed ? "'" : "");
}

static void edit_order(const editing *d, size_t node, const size_t factor[], size_t n,
                       const size_t order[], unsigned transposed)
{
    writing w = { NULL, 0, 0, false };
    bool moved = false;
    char which[300] = "";

    for (size_t i = 0; i < n; i++) {
        moved = moved || order[i] != i;
        put(&w, i ? "*" : "");
        put_factor(&w, d->e, factor[order[i]], transposed >> order[i] & 1);
        if (transposed >> order[i] & 1) {
            size_t used = strlen(which);
            const dm_node *f = &d->e->node[factor[order[i]]];
            snprintf(which + used, sizeof which - used, "%s%.*s", used ? " and " : "", (int) (f->to - f->from),
                     d->e->text + f->from);
        }
    }
    if (moved && transposed)
        edit(d, node, &w, "the factors of %s stand in the wrong order, and %s must be transposed",
             quote(d->e, node).text, which);
    else if (moved)
        edit(d, node, &w, "the factors of %s stand in the wrong order", quote(d->e, node).text);
    else
        edit(d, node, &w, "%s must be transposed", which);
}

static size_t bits(unsigned mask)
{
    return mask ? (mask & 1) + bits(mask >> 1) : 0;
}

/* All orders that keep the numbers in front where they are. */
static void edit_orders(const editing *d, size_t node, const size_t factor[], size_t n, size_t order[],
                        size_t at, size_t transposes)
{
    if (at == n) {
        for (unsigned mask = 0; mask < 1u << n; mask++)
            if (bits(mask) == transposes)
                edit_order(d, node, factor, n, order, mask);
        return;
    }
    for (size_t k = 0; k < n; k++) {
        bool used = false;
        for (size_t i = 0; i < at; i++)
            used = used || order[i] == k;
        if (used || ((at == k) != true && (d->e->node[factor[k]].constant || d->e->node[factor[at]].constant)))
            continue;
        order[at] = k;
        edit_orders(d, node, factor, n, order, at + 1, transposes);
    }
}

static void edit_products(const editing *d, size_t transposes)
{
    size_t factor[FACTORS], order[FACTORS];

    for (size_t i = d->e->nodes; i-- > 0;) {
        size_t n = chain_of(d->e, i, factor), matrices = 0;
        for (size_t k = 0; k < n; k++)
            matrices += !d->e->node[factor[k]].constant;
        if (matrices >= 2 && matrices + transposes <= 5)
            edit_orders(d, i, factor, n, order, 0, transposes);
    }
}

/* ------------------------------------------------------------------------------ terms, factors, names */

/* A term of a sum: with another factor. */
static void edit_terms(const editing *d)
{
    static const struct { const char *factor, *what; } factors[] = {
        { "-1*", "the term %s has the wrong sign" }, { "0*", "the term %s is too much" },
        { "2*", "the term %s needs the factor 2" }, { "0.5*", "the term %s needs the factor 0.5" },
        { "-2*", "the term %s needs the factor -2" }, { "-0.5*", "the term %s needs the factor -0.5" },
    };
    const dm_expression *e = d->e;

    for (size_t k = 0; k < sizeof factors / sizeof factors[0]; k++)
        for (size_t i = 0; i + 1 < e->nodes; i++) {
            const dm_node *parent = parent_of(e, i) == NONE ? NULL : &e->node[parent_of(e, i)];
            writing w = { NULL, 0, 0, false };
            bool first = parent && parent->first == i, minus = parent && parent->kind == NODE_SUB;
            if (!parent || (parent->kind != NODE_ADD && parent->kind != NODE_SUB) || e->node[i].aside)
                continue;
            char format[160];
            size_t other = first ? dm_operand_of(e, parent_of(e, i), 1) : parent->first;
            snprintf(format, sizeof format, factors[k].what, quote(e, i).text);
            if (k == 1) {              /* without it */
                put(&w, first && minus ? "-" : "");
                put_within(&w, e, other, first && minus && is_sum(e, other));
            } else {
                put_within(&w, e, parent->first, parent->kind != NODE_ADD && first && is_sum(e, i));
                put(&w, "");
                free(w.text);
                w = (writing) { NULL, 0, 0, false };
                if (first) {
                    put(&w, k == 0 ? "-" : factors[k].factor);
                    put_within(&w, e, i, is_sum(e, i));
                    put(&w, minus ? "-" : "+");
                    put_within(&w, e, other, minus && is_sum(e, other));
                } else {
                    bool negative = factors[k].factor[0] == '-';
                    put_part(&w, e, other);
                    put(&w, negative != minus ? "-" : "+");
                    put(&w, k == 0 ? "" : factors[k].factor + negative);
                    put_within(&w, e, i, is_sum(e, i));
                }
            }
            put(&w, "");
            /* The sum stands where it stood, in parentheses where it was an operand. */
            edit(d, parent_of(e, i), &w, "%s", format);
        }
}

/* -x without its sign, x with one. */
static void edit_signs(const editing *d)
{
    const dm_expression *e = d->e;

    for (size_t i = 0; i < e->nodes; i++) {
        writing w = { NULL, 0, 0, false };
        if (e->node[i].kind != NODE_NEG || !is_part(&e->node[i]))
            continue;
        put_within(&w, e, e->node[i].first, is_sum(e, e->node[i].first));
        edit(d, i, &w, "the sign before %s is too much", quote(e, e->node[i].first).text);
    }
}

static void edit_names(const editing *d, const char *const names[], size_t n)
{
    for (size_t i = 0; i < d->e->nodes; i++)
        for (size_t k = 0; k < n; k++) {
            writing w = { NULL, 0, 0, false };
            const dm_node *name = &d->e->node[i];
            if (name->kind != NODE_NAME || name->aside || strcmp(name->name, names[k]) == 0)
                continue;
            put(&w, names[k]);
            edit(d, i, &w, "%s must be %s", quote(d->e, i).text, names[k]);
        }
}

static bool calls(const dm_expression *e, size_t node, const char *function)
{
    const dm_node *n = &e->node[node];

    return n->kind == NODE_CALL && strlen(function) == n->length
        && strncmp(e->text + n->at, function, n->length) == 0;
}

/* kron(A,B) -> kron(B',A) and the like. */
static void edit_kron(const editing *d, size_t node)
{
    size_t left = d->e->node[node].first, right = dm_operand_of(d->e, node, 1);

    for (unsigned mask = 1; mask < 8; mask++) {
        writing w = { NULL, 0, 0, false };
        bool swapped = mask & 4;
        put(&w, "kron(");
        put_factor(&w, d->e, swapped ? right : left, mask & (swapped ? 2 : 1));
        put(&w, ",");
        put_factor(&w, d->e, swapped ? left : right, mask & (swapped ? 1 : 2));
        put(&w, ")");
        edit(d, node, &w, swapped ? "the factors of %s stand in the wrong order, and a transpose is missing"
                                  : "a transpose is missing in %s", quote(d->e, node).text);
    }
}

/* Something entry by entry that is missing. */
static void edit_entries(const editing *d)
{
    static const struct { const char *before, *after, *what; } forms[] = {
        { "", ".^2", "%s must be squared" }, { "1./", "", "the reciprocal of %s is needed" },
        { "exp(", ")", "exp is missing around %s" }, { "log(", ")", "log is missing around %s" },
        { "sin(", ")", "sin is missing around %s" }, { "cos(", ")", "cos is missing around %s" },
        { "sqrt(", ")", "sqrt is missing around %s" }, { "", ".^3", "the third power of %s is needed" },
        { "1./", ".^2", "%s must be squared, and the reciprocal of that taken" },
    };
    const dm_expression *e = d->e;

    for (size_t f = 0; f < sizeof forms / sizeof forms[0]; f++)
        for (size_t i = 0; i < e->nodes; i++) {
            writing w = { NULL, 0, 0, false };
            bool within = forms[f].before[0] && forms[f].before[0] != '1';
            char what[320];
            if (!is_part(&e->node[i]))
                continue;
            put(&w, within ? "" : "(");
            put(&w, forms[f].before);
            put_within(&w, e, i, !within && !is_closed(e, i));
            put(&w, forms[f].after);
            put(&w, within ? "" : ")");
            snprintf(what, sizeof what, forms[f].what, quote(e, i).text);
            edit(d, i, &w, "%s", what);
        }
}

/* A function around a part, or taken away. */
static void edit_functions(const editing *d)
{
    static const char *const swapped[][2] = {
        { "sin", "cos" }, { "tanh", "tanh_slope" }, { "sigmoid", "sigmoid_slope" }, { "det", "logdet" },
        { "exp", "log" }, { "abs", "sign" }, { "relu", "step" }, { "softplus", "sigmoid" },
    };
    const dm_expression *e = d->e;

    for (size_t i = 0; i < e->nodes; i++) {
        const dm_node *n = &e->node[i];
        writing w = { NULL, 0, 0, false };
        if (!is_part(n))
            continue;
        if (n->kind == NODE_CALL && n->operands == 1) {
            put_within(&w, e, n->first, !is_closed(e, n->first));
            edit(d, i, &w, "%.*s must not be applied to %s", (int) n->length, e->text + n->at,
                 quote(e, n->first).text);
        }
        for (size_t k = 0; k < 2 * sizeof swapped / sizeof swapped[0]; k++) {
            const char *is = swapped[k / 2][k % 2], *instead = swapped[k / 2][1 - k % 2];
            if (!calls(e, i, is))
                continue;
            put(&w, instead);
            put_n(&w, e->text + n->at + n->length, n->to - n->at - n->length);
            edit(d, i, &w, "%s must be %s", quote(e, i).text, instead);
        }
        if (n->kind == NODE_CALL && n->operands == 2) {       /* kron(A,B) -> kron(B,A) */
            put_n(&w, e->text + n->from, e->node[n->first].from - n->from);
            put_part(&w, e, dm_operand_of(e, i, 1));
            put(&w, ",");
            put_part(&w, e, n->first);
            put(&w, ")");
            edit(d, i, &w, "the arguments of %s stand in the wrong order", quote(e, i).text);
        }
        if (calls(e, i, "kron"))
            edit_kron(d, i);
        if (n->kind == NODE_NAME || n->kind == NODE_MUL || n->kind == NODE_ADD || n->kind == NODE_SUB) {
            put(&w, "inv(");
            put_part(&w, e, i);
            put(&w, ")");
            edit(d, i, &w, "the inverse of %s is needed", quote(e, i).text);
        }
    }
}

/* A factor of a product, taken away. */
static void edit_factors(const editing *d)
{
    const dm_expression *e = d->e;

    for (size_t i = 0; i < e->nodes; i++) {
        const dm_node *n = &e->node[i];
        if ((n->kind != NODE_MUL && n->kind != NODE_HADAMARD) || !is_part(n))
            continue;
        for (size_t k = 0; k < 2; k++) {
            writing w = { NULL, 0, 0, false };
            size_t kept = dm_operand_of(e, i, 1 - k), gone = dm_operand_of(e, i, k);
            put_within(&w, e, kept, is_sum(e, kept));
            edit(d, i, &w, "the factor %s is too much", quote(e, gone).text);
        }
    }
}

/* One that is missing between the factors of a product. */
static void add_between(const editing *d, const char *name, const char *form)
{
    size_t factor[FACTORS];
    char missing[160];

    snprintf(missing, sizeof missing, form, name);
    for (size_t i = d->e->nodes; i-- > 0;) {
        size_t n = chain_of(d->e, i, factor);
        for (size_t place = n && d->e->node[factor[0]].constant ? 1 : 0; n && place <= n; place++) {
            writing w = { NULL, 0, 0, false };
            for (size_t k = 0; k <= n; k++) {
                if (k == place)
                    putf(&w, "%s%s", k ? "*" : "", missing);
                if (k < n) {
                    put(&w, k || place == 0 ? "*" : "");
                    put_factor(&w, d->e, factor[k], false);
                }
            }
            edit(d, i, &w, "the factor %s is missing %s %s", missing, place < n ? "in front of" : "behind",
                 quote(d->e, factor[place < n ? place : n - 1]).text);
        }
    }
}

/* One that is missing, at either end of a product or beside a single factor. */
static void add_factors(const editing *d, const char *const names[], size_t n)
{
    static const char *const forms[] = { "%s", "%s'", "inv(%s)", "inv(%s)'" };
    const dm_expression *e = d->e;

    for (size_t f = 0; f < sizeof forms / sizeof forms[0]; f++)
        for (size_t k = 0; k < n; k++)
            add_between(d, names[k], forms[f]);
    for (size_t i = e->nodes; i-- > 0;)
        for (size_t f = 0; f < sizeof forms / sizeof forms[0]; f++)
            for (size_t k = 0; k < n; k++)
                for (int left = 1; left >= 0 && is_part(&e->node[i]); left--) {
                    writing w = { NULL, 0, 0, false };
                    char factor[160];
                    bool sum = is_sum(e, i);
                    snprintf(factor, sizeof factor, forms[f], names[k]);
                    if (left)
                        putf(&w, "%s*", factor);
                    put_within(&w, e, i, sum);
                    if (!left)
                        putf(&w, "*%s", factor);
                    edit(d, i, &w, "the factor %s is missing %s %s", factor,
                         left ? "in front of" : "behind", quote(e, i).text);
                }
}

static void edit_numbers(const editing *d)
{
    const dm_expression *e = d->e;

    for (size_t i = 0; i < e->nodes; i++) {
        const dm_node *n = &e->node[i];
        if (n->kind != NODE_NUMBER || n->aside)
            continue;
        const double to[] = { 2 * n->number, n->number / 2, n->number + 1, n->number - 1, -n->number,
                              n->number + 2, n->number - 2, 3 * n->number, 1 / n->number };
        for (size_t k = 0; k < sizeof to / sizeof to[0]; k++) {
            writing w = { NULL, 0, 0, false };
            putf(&w, to[k] < 0 ? "(%.15g)" : "%.15g", to[k]);
            edit(d, i, &w, "the number %s must be %.6g", quote(e, i).text, to[k]);
        }
    }
}

/* * instead of .* and back. */
static void edit_operators(const editing *d)
{
    const dm_expression *e = d->e;

    for (size_t i = 0; i < e->nodes; i++) {
        const dm_node *n = &e->node[i];
        writing w = { NULL, 0, 0, false };
        if ((n->kind != NODE_MUL && n->kind != NODE_HADAMARD) || !is_part(n))
            continue;
        const char *sign = n->kind == NODE_MUL ? ".*" : "*";
        put_n(&w, e->text + n->from, n->at - n->from);
        put(&w, sign);
        put_n(&w, e->text + n->at + n->length, n->to - n->at - n->length);
        edit(d, i, &w, "the product %s must be %s", quote(e, i).text,
             n->kind == NODE_MUL ? "taken entry by entry, .*" : "that of matrices, *");
    }
}

void dm_vary_edits(const dm_expression *e, const char *const names[], size_t n, dm_variants *all)
{
    editing d = { e, all };

    if (too_large(e))
        return;
    edit_transposes(&d);
    edit_signs(&d);
    edit_products(&d, 0);
    edit_products(&d, 1);
    edit_terms(&d);
    edit_numbers(&d);
    edit_names(&d, names, n);
    edit_operators(&d);
    edit_factors(&d);
    edit_functions(&d);
    edit_entries(&d);
    edit_products(&d, 2);
    add_factors(&d, names, n);
}

/* What the text of a problem may be misread as. */
void dm_vary_misreadings(const dm_expression *e, const char *const names[], size_t n, dm_variants *all)
{
    editing d = { e, all };

    if (too_large(e))
        return;
    edit_transposes(&d);
    edit_signs(&d);
    edit_terms(&d);
    edit_numbers(&d);
    edit_operators(&d);
    edit_factors(&d);
    edit_functions(&d);
    edit_products(&d, 0);
    edit_names(&d, names, n);
}

/* ------------------------------------------------------------------------------- the whole, changed */

char *dm_vary_multiple(const dm_expression *e, const char *factor)
{
    writing w = { NULL, 0, 0, false };
    size_t root = e->nodes - 1;
    bool minus = strcmp(factor, "-") == 0;

    if (minus && e->node[root].kind == NODE_NEG) {
        put_part(&w, e, e->node[root].first);
        return written(&w);
    }
    put(&w, factor);
    put(&w, minus ? "" : "*");
    put_within(&w, e, root, is_sum(e, root) || e->node[root].kind == NODE_NUMBER || e->text[0] == '-');
    return written(&w);
}

char *dm_vary_transposed(const dm_expression *e)
{
    writing w = { NULL, 0, 0, false };
    size_t root = e->nodes - 1;

    if (e->node[root].kind == NODE_TRANSPOSE) {
        put_part(&w, e, e->node[root].first);
        return written(&w);
    }
    put_within(&w, e, root, !is_closed(e, root));
    put(&w, "'");
    return written(&w);
}
