/* Variants of an expression in which one mistake is mended, and what somebody may have read in its place. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "language/vary_text.h"

/* ------------------------------------------------------------------------------------------ edits -- */

typedef struct {
    const dm_expression *e;
    dm_variants *all;
} editing;

static void edit(const editing *d, size_t node, dm_writing *instead, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
static void edit(const editing *d, size_t node, dm_writing *instead, const char *format, ...)
{
    dm_writing text = { NULL, 0, 0, false }, what = text;
    char words[500];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    dm_put_with(&text, d->e, node, instead->text ? instead->text : "");
    text.failed = text.failed || instead->failed;
    dm_put(&what, words);
    free(instead->text);
    *instead = (dm_writing) { NULL, 0, 0, false };
    dm_add_variant(d->all, &text, &what);
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
        dm_writing w = { NULL, 0, 0, false };
        if (!dm_is_part(n) || (parent != NONE && e->node[parent].kind == NODE_TRANSPOSE))
            continue;
        if (n->kind == NODE_TRANSPOSE) {
            dm_put_within(&w, e, n->first, !dm_is_closed(e, n->first));
            edit(d, i, &w, "%s must not be transposed", quote(e, n->first).text);
            continue;
        }
        dm_put_within(&w, e, i, !dm_is_closed(e, i));
        dm_put(&w, "'");
        edit(d, i, &w, "%s must be transposed", quote(e, i).text);
    }
}

/* ------------------------------------------------------------------------------ products, reordered */

enum { FACTORS = 5 };                  /* of longer products the order is not tried */

/* The factors of a chain of * that is no factor of another one; 0: it is none, or too long. */
static size_t chain_of(const dm_expression *e, size_t node, size_t factor[FACTORS])
{
    size_t parent = parent_of(e, node), n = 0, at = node;

    if (e->node[node].kind != NODE_MUL || !dm_is_part(&e->node[node])
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

static void put_factor(dm_writing *w, const dm_expression *e, size_t node, bool transposed)
{
    const dm_node *n = &e->node[node];

    if (transposed && n->kind == NODE_TRANSPOSE) {
        dm_put_within(w, e, n->first, dm_is_sum(e, n->first));
        return;
    }
    dm_put_within(w, e, node, transposed ? !dm_is_closed(e, node) : dm_is_sum(e, node) || n->kind == NODE_OVER
                           || n->kind == NODE_UNDER || n->kind == NODE_MUL || n->kind == NODE_HADAMARD
                           || n->kind == NODE_QUOTIENT);
    dm_put(w, transposed ? "'" : "");
}

static void edit_order(const editing *d, size_t node, const size_t factor[], size_t n,
                       const size_t order[], unsigned transposed)
{
    dm_writing w = { NULL, 0, 0, false };
    bool moved = false;
    char which[300] = "";

    for (size_t i = 0; i < n; i++) {
        moved = moved || order[i] != i;
        dm_put(&w, i ? "*" : "");
        put_factor(&w, d->e, factor[order[i]], transposed >> order[i] & 1);
        if (transposed >> order[i] & 1) {
            size_t used = strlen(which);
            const dm_node *f = &d->e->node[factor[order[i]]];
            snprintf(which + used, sizeof which - used, "%s%.*s", used ? " and " : "",
                     (int) (f->to - f->from), d->e->text + f->from);
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
        if (used || (at != k && (d->e->node[factor[k]].constant || d->e->node[factor[at]].constant)))
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

/* The sum with that term's sign turned round (minus) and with a factor before it; NULL: without the term. */
static void put_sum(dm_writing *w, const dm_expression *e, size_t sum, size_t term, bool minus,
                    const char *factor)
{
    size_t left = e->node[sum].first, right = dm_operand_of(e, sum, 1);
    bool first = term == left, difference = e->node[sum].kind == NODE_SUB;

    if (!first)
        dm_put_part(w, e, left);
    if (factor) {
        dm_put(w, !first && minus == difference ? "+" : minus || !first ? "-" : "");
        dm_put(w, factor);
        dm_put_within(w, e, term, dm_is_sum(e, term));
    }
    if (first) {
        dm_put(w, difference ? "-" : factor ? "+" : "");
        dm_put_within(w, e, right, difference && dm_is_sum(e, right));
    }
}

/* A term of a sum: with another sign, another factor, or not at all. */
static void edit_terms(const editing *d)
{
    static const struct { bool minus; const char *factor, *what; } edits[] = {
        { true, "", "the term %s has the wrong sign" }, { false, NULL, "the term %s is too much" },
        { false, "2*", "the term %s needs the factor 2" },
        { false, "0.5*", "the term %s needs the factor 0.5" },
        { true, "2*", "the term %s needs the factor -2" },
        { true, "0.5*", "the term %s needs the factor -0.5" },
    };
    const dm_expression *e = d->e;

    for (size_t k = 0; k < sizeof edits / sizeof edits[0]; k++)
        for (size_t i = 0; i + 1 < e->nodes; i++) {
            size_t sum = parent_of(e, i);
            dm_writing w = { NULL, 0, 0, false };
            char what[300];
            if (sum == NONE || e->node[i].aside
                || (e->node[sum].kind != NODE_ADD && e->node[sum].kind != NODE_SUB))
                continue;
            put_sum(&w, e, sum, i, edits[k].minus, edits[k].factor);
            snprintf(what, sizeof what, edits[k].what, quote(e, i).text);
            edit(d, sum, &w, "%s", what);
        }
}

/* -x without its sign, x with one. */
static void edit_signs(const editing *d)
{
    const dm_expression *e = d->e;

    for (size_t i = 0; i < e->nodes; i++) {
        dm_writing w = { NULL, 0, 0, false };
        if (e->node[i].kind != NODE_NEG || !dm_is_part(&e->node[i]))
            continue;
        dm_put_within(&w, e, e->node[i].first, dm_is_sum(e, e->node[i].first));
        edit(d, i, &w, "the sign before %s is too much", quote(e, e->node[i].first).text);
    }
}

static void edit_names(const editing *d, const char *const names[], size_t n)
{
    for (size_t i = 0; i < d->e->nodes; i++)
        for (size_t k = 0; k < n; k++) {
            dm_writing w = { NULL, 0, 0, false };
            const dm_node *name = &d->e->node[i];
            if (name->kind != NODE_NAME || name->aside || strcmp(name->name, names[k]) == 0)
                continue;
            dm_put(&w, names[k]);
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
        dm_writing w = { NULL, 0, 0, false };
        bool swapped = mask & 4;
        dm_put(&w, "kron(");
        put_factor(&w, d->e, swapped ? right : left, mask & (swapped ? 2 : 1));
        dm_put(&w, ",");
        put_factor(&w, d->e, swapped ? left : right, mask & (swapped ? 1 : 2));
        dm_put(&w, ")");
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
            dm_writing w = { NULL, 0, 0, false };
            bool within = forms[f].before[0] && forms[f].before[0] != '1';
            char what[320];
            if (!dm_is_part(&e->node[i]))
                continue;
            dm_put(&w, within ? "" : "(");
            dm_put(&w, forms[f].before);
            dm_put_within(&w, e, i, !within && !dm_is_closed(e, i));
            dm_put(&w, forms[f].after);
            dm_put(&w, within ? "" : ")");
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
        dm_writing w = { NULL, 0, 0, false };
        if (!dm_is_part(n))
            continue;
        if (n->kind == NODE_CALL && n->operands == 1) {
            dm_put_within(&w, e, n->first, !dm_is_closed(e, n->first));
            edit(d, i, &w, "%.*s must not be applied to %s", (int) n->length, e->text + n->at,
                 quote(e, n->first).text);
        }
        for (size_t k = 0; k < 2 * sizeof swapped / sizeof swapped[0]; k++) {
            const char *is = swapped[k / 2][k % 2], *instead = swapped[k / 2][1 - k % 2];
            if (!calls(e, i, is))
                continue;
            dm_put(&w, instead);
            dm_put_n(&w, e->text + n->at + n->length, n->to - n->at - n->length);
            edit(d, i, &w, "%s must be %s", quote(e, i).text, instead);
        }
        if (n->kind == NODE_CALL && n->operands == 2) {       /* kron(A,B) -> kron(B,A) */
            dm_put_n(&w, e->text + n->from, e->node[n->first].from - n->from);
            dm_put_part(&w, e, dm_operand_of(e, i, 1));
            dm_put(&w, ",");
            dm_put_part(&w, e, n->first);
            dm_put(&w, ")");
            edit(d, i, &w, "the arguments of %s stand in the wrong order", quote(e, i).text);
        }
        if (calls(e, i, "kron"))
            edit_kron(d, i);
        if (n->kind == NODE_NAME || n->kind == NODE_MUL || n->kind == NODE_ADD || n->kind == NODE_SUB) {
            dm_put(&w, "inv(");
            dm_put_part(&w, e, i);
            dm_put(&w, ")");
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
        if ((n->kind != NODE_MUL && n->kind != NODE_HADAMARD) || !dm_is_part(n))
            continue;
        for (size_t k = 0; k < 2; k++) {
            dm_writing w = { NULL, 0, 0, false };
            size_t kept = dm_operand_of(e, i, 1 - k), gone = dm_operand_of(e, i, k);
            dm_put_within(&w, e, kept, dm_is_sum(e, kept));
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
            dm_writing w = { NULL, 0, 0, false };
            for (size_t k = 0; k <= n; k++) {
                if (k == place)
                    dm_putf(&w, "%s%s", k ? "*" : "", missing);
                if (k < n) {
                    dm_put(&w, k || place == 0 ? "*" : "");
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
                for (int left = 1; left >= 0 && dm_is_part(&e->node[i]); left--) {
                    dm_writing w = { NULL, 0, 0, false };
                    char factor[160];
                    bool sum = dm_is_sum(e, i);
                    snprintf(factor, sizeof factor, forms[f], names[k]);
                    if (left)
                        dm_putf(&w, "%s*", factor);
                    dm_put_within(&w, e, i, sum);
                    if (!left)
                        dm_putf(&w, "*%s", factor);
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
            dm_writing w = { NULL, 0, 0, false };
            dm_putf(&w, to[k] < 0 ? "(%.15g)" : "%.15g", to[k]);
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
        dm_writing w = { NULL, 0, 0, false };
        if ((n->kind != NODE_MUL && n->kind != NODE_HADAMARD) || !dm_is_part(n))
            continue;
        const char *sign = n->kind == NODE_MUL ? ".*" : "*";
        dm_put_n(&w, e->text + n->from, n->at - n->from);
        dm_put(&w, sign);
        dm_put_n(&w, e->text + n->at + n->length, n->to - n->at - n->length);
        edit(d, i, &w, "the product %s must be %s", quote(e, i).text,
             n->kind == NODE_MUL ? "taken entry by entry, .*" : "that of matrices, *");
    }
}

void dm_vary_edits(const dm_expression *e, const char *const names[], size_t n, dm_variants *all)
{
    editing d = { e, all };

    if (dm_too_large(e))
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

    if (dm_too_large(e))
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
