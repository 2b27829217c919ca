/* Variants of an expression that ask where its derivative comes from: every occurrence of a variable by
 * itself, the steps of the chain rule, terms and scalar factors.                                        */
#include <stdio.h>
#include <stdlib.h>
#include "language/vary_text.h"

size_t dm_varied_from(const char *name)
{
    const char *end = NULL;

    for (const char *at = strstr(name, "__"); at; at = strstr(at + 1, "__"))
        end = at;
    return end ? (size_t) (end - name) : strlen(name);
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

static void name_occurrence(dm_rendering *r, size_t node)
{
    const dm_node *n = dm_node_of(r, node);
    dm_writing name = { NULL, 0, 0, false }, what = { NULL, 0, 0, false };

    dm_putf(&name, "%s__%zu", n->name, first_number(r->e, n->name) + r->each->n + 1);
    dm_put(r->to, name.text ? name.text : "");
    dm_putf(&what, "the %s %s (column %zu)", ordinal(how_manyeth(r->e, node)), n->name, n->from + 1);
    if (r->power != NONE) {
        const dm_node *p = dm_node_of(r, r->power);
        dm_putf(&what, " in the %s factor of %.*s", ordinal(r->factor), (int) (p->to - p->from),
             r->e->text + p->from);
    }
    dm_add_variant(r->each, &name, &what);
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

static bool occurrence(dm_rendering *r, size_t node)
{
    const dm_node *n = dm_node_of(r, node);
    size_t k = small_power(r->e, node);

    if (n->kind == NODE_NAME && !n->aside && n->variable == r->variable) {
        name_occurrence(r, node);
        return true;
    }
    if (!k || r->power != NONE || !dm_has_variable(r->e, node, r->variable))
        return false;
    dm_put(r->to, "(");
    r->power = node;
    for (r->factor = 0; r->factor < k; r->factor++) {
        dm_put(r->to, r->factor ? "*(" : "(");
        dm_render(r, n->first);
        dm_put(r->to, ")");
    }
    r->power = NONE;
    dm_put(r->to, ")");
    return true;
}

char *dm_vary_occurrences(const dm_expression *e, const char *variable, dm_variants *each)
{
    dm_writing w = { NULL, 0, 0, false };
    dm_rendering r = { .e = e, .to = &w, .instead = occurrence, .power = NONE, .each = each,
                    .variable = dm_variable_named(e, variable) };

    if (dm_too_large(e))
        return NULL;
    dm_render(&r, e->nodes - 1);
    return dm_written(&w);
}

/* ------------------------------------------------------------------------------- the chain's steps -- */

static bool hold_constant(dm_rendering *r, size_t node)
{
    const dm_node *n = dm_node_of(r, node);

    if (n->kind != NODE_NAME || n->aside)
        return false;
    dm_putf(r->to, "%s__%zu", n->name, first_number(r->e, n->name));
    return true;
}

static void put_held(dm_writing *w, const dm_expression *e, size_t node)
{
    dm_rendering r = { .e = e, .to = w, .instead = hold_constant };

    dm_put(w, "(");
    dm_render(&r, node);
    dm_put(w, ")");
}

/* The operand that h(S) is a function of; NONE: it is no function of one. */
static size_t argument_of(const dm_expression *e, size_t node)
{
    const dm_node *n = &e->node[node];

    if (!dm_is_part(n))
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
    size_t v = dm_variable_named(e, variable);

    for (size_t i = dm_too_large(e) ? e->nodes : 0; i < e->nodes; i++) {
        size_t S = argument_of(e, i);
        if (S == NONE || !dm_is_part(&e->node[S]) || !dm_has_variable(e, S, v))
            continue;
        dm_writing w = { NULL, 0, 0, false }, text = w, what = w;
        dm_put(&w, "(");
        put_held(&w, e, i);
        dm_put(&w, "+");
        dm_put_within(&w, e, S, true);
        dm_put(&w, "-");
        put_held(&w, e, S);
        dm_put(&w, ")");
        dm_put_with(&text, e, i, w.text ? w.text : "");
        dm_put_part(&what, e, i);
        free(w.text);
        dm_add_variant(all, &text, &what);
    }
}

bool dm_vary_step(const dm_expression *e, dm_variant *step)
{
    size_t S = argument_of(e, e->nodes - 1);
    dm_writing text = { NULL, 0, 0, false }, what = text;

    *step = (dm_variant) { NULL, NULL };
    if (S == NONE || e->node[S].kind == NODE_NAME)
        return false;
    dm_put_with(&text, e, S, DM_INNER);
    dm_put_part(&what, e, S);
    *step = (dm_variant) { dm_written(&text), dm_written(&what) };
    return step->text && step->what;
}

static bool same_text(const dm_expression *e, size_t a, size_t b)
{
    size_t length = e->node[a].to - e->node[a].from;

    return e->node[b].to - e->node[b].from == length && e->node[a].kind == e->node[b].kind
        && strncmp(e->text + e->node[a].from, e->text + e->node[b].from, length) == 0;
}

static bool replace_same(dm_rendering *r, size_t node)
{
    if (dm_node_of(r, node)->aside || !same_text(r->e, node, r->node))
        return false;
    dm_put(r->to, r->text);
    return true;
}

void dm_vary_inner(const dm_expression *e, const char *variable, dm_variants *all)
{
    size_t v = dm_variable_named(e, variable);

    for (size_t i = dm_too_large(e) ? 0 : e->nodes - 1; i-- > 0;) {
        if (!dm_is_part(&e->node[i]) || e->node[i].kind == NODE_NAME || !dm_has_variable(e, i, v))
            continue;
        dm_writing text = { NULL, 0, 0, false }, what = text;
        dm_rendering r = { .e = e, .to = &text, .instead = replace_same, .node = i, .text = DM_INNER };
        dm_render(&r, e->nodes - 1);
        dm_put_part(&what, e, i);
        dm_add_variant(all, &text, &what);
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
static bool choose_summand(dm_rendering *r, size_t node)
{
    if (!is_addition(r->e, node) || node == r->node || !is_within(r->e, r->node, node))
        return false;
    size_t left = dm_node_of(r, node)->first, right = dm_operand_of(r->e, node, 1);
    bool first = is_within(r->e, r->node, left), minus = !first && dm_node_of(r, node)->kind == NODE_SUB;
    bool sign = minus && dm_node_of(r, right)->kind == NODE_NEG;

    dm_put(r->to, sign ? "-(" : minus ? "-" : "");
    dm_render(r, first ? left : right);
    dm_put(r->to, sign ? ")" : "");
    return true;
}

void dm_vary_summands(const dm_expression *e, dm_variants *all)
{
    bool linear[DM_VARY_NODES + 1] = { false };           /* is the whole, in that node? */

    if (dm_too_large(e))
        return;
    linear[e->nodes - 1] = true;
    for (size_t i = e->nodes; i-- > 0;)
        for (size_t k = e->node[i].first; linear[i] && k != NONE; k = e->node[k].next) {
            linear[k] = is_linear_in(e, i, k) && !e->node[k].aside;
            if (!linear[k] || !is_addition(e, i) || is_addition(e, k))
                continue;
            dm_writing text = { NULL, 0, 0, false }, what = text;
            dm_rendering r = { .e = e, .to = &text, .instead = choose_summand, .node = k };
            dm_render(&r, e->nodes - 1);
            dm_put(&what, text.text ? text.text : "");
            dm_add_variant(all, &text, &what);
        }
}

/* -------------------------------------------------------------------------------- scalar factors -- */

static void add_scalar(const dm_expression *e, size_t node, const char *before, const char *after,
                       dm_variants *all)
{
    dm_writing text = { NULL, 0, 0, false }, what = text;

    dm_put(&text, before);
    dm_put_part(&text, e, node);
    dm_put(&text, after);
    dm_put(&what, text.text ? text.text : "");
    dm_add_variant(all, &text, &what);
}

void dm_vary_scalars(const dm_expression *e, dm_variants *all)
{
    static const char *const around[][2] = {
        { "", "" }, { "det(", ")" }, { "norm(", ",'fro')" }, { "trace(", ")" }, { "sum(", ")" },
        { "exp(", ")" }, { "sin(", ")" }, { "cos(", ")" }, { "sigmoid(", ")" }, { "1-tanh(", ")^2" },
    };

    if (dm_too_large(e))
        return;
    for (size_t k = 0; k < sizeof around / sizeof around[0]; k++)
        for (size_t i = e->nodes; i-- > 0;)
            if (dm_is_part(&e->node[i]))
                add_scalar(e, i, around[k][0], around[k][1], all);
}

/* ------------------------------------------------------------------------------- the whole, changed */

char *dm_vary_multiple(const dm_expression *e, const char *factor)
{
    dm_writing w = { NULL, 0, 0, false };
    size_t root = e->nodes - 1;
    bool minus = strcmp(factor, "-") == 0;

    if (minus && e->node[root].kind == NODE_NEG) {
        dm_put_part(&w, e, e->node[root].first);
        return dm_written(&w);
    }
    dm_put(&w, factor);
    dm_put(&w, minus ? "" : "*");
    dm_put_within(&w, e, root, dm_is_sum(e, root) || e->node[root].kind == NODE_NUMBER || e->text[0] == '-');
    return dm_written(&w);
}

char *dm_vary_transposed(const dm_expression *e)
{
    dm_writing w = { NULL, 0, 0, false };
    size_t root = e->nodes - 1;

    if (e->node[root].kind == NODE_TRANSPOSE) {
        dm_put_part(&w, e, e->node[root].first);
        return dm_written(&w);
    }
    dm_put_within(&w, e, root, !dm_is_closed(e, root));
    dm_put(&w, "'");
    return dm_written(&w);
}
