/* The tree: its nodes, its variables, and what messages call them. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "language/tree.h"

/* Room for one more in an array that grows. */
static bool room(void **array, size_t n, size_t *capacity, size_t size)
{
    if (n < *capacity)
        return true;
    size_t larger = *capacity ? 2 * *capacity : 16;
    void *grown = larger <= SIZE_MAX / size ? realloc(*array, larger * size) : NULL;
    if (!grown)
        return false;
    *array = grown;
    *capacity = larger;
    return true;
}

/* ----------------------------------------------------------------------------------------- nodes -- */

size_t dm_new_node(dm_expression *e, dm_node_kind kind, size_t at, size_t length, size_t from, size_t to)
{
    void *nodes = e->node;

    if (!room(&nodes, e->nodes, &e->node_capacity, sizeof *e->node))
        return NONE;
    e->node = nodes;
    e->node[e->nodes] = (dm_node) {
        .kind = kind, .at = at, .length = length, .from = from, .to = to, .start = e->nodes,
        .first = NONE, .next = NONE, .depth = 1,
    };
    return e->nodes++;
}

void dm_append(dm_expression *e, dm_node_list *list, size_t node)
{
    if (list->n++ == 0)
        list->first = node;
    else
        e->node[list->last].next = node;
    list->last = node;
}

/* The number that an operation on numbers is, where it is one. */
static void fold(dm_expression *e, size_t node)
{
    dm_node *n = &e->node[node];
    const dm_node *a = &e->node[n->first], *b = a->next == NONE ? a : &e->node[a->next];
    double x = a->number, y = b->number;

    if (!a->constant || !b->constant || n->operands > 2)
        return;
    switch (n->kind) {
    case NODE_NEG: n->number = -x; break;
    case NODE_TRANSPOSE: n->number = x; break;
    case NODE_ADD: n->number = x + y; break;
    case NODE_SUB: n->number = x - y; break;
    case NODE_MUL: case NODE_HADAMARD: n->number = x * y; break;
    case NODE_OVER: case NODE_QUOTIENT: n->number = x / y; break;
    case NODE_UNDER: n->number = y / x; break;
    case NODE_POWER: case NODE_HADAMARD_POWER: n->number = pow(x, y); break;
    default: return;
    }
    n->constant = isfinite(n->number);             /* 1/0 is left to evaluation, which complains */
}

/* norm(e)^2 is one smooth operation, whatever e. */
static void fuse(dm_expression *e, size_t node)
{
    dm_node *n = &e->node[node], *norm = &e->node[n->first];

    if ((n->kind != NODE_POWER && n->kind != NODE_HADAMARD_POWER) || norm->kind != NODE_CALL)
        return;
    const dm_node *exponent = &e->node[norm->next];
    if (!exponent->constant || exponent->number != 2 || !norm->form.op)
        return;
    if (strcmp(norm->form.op->name, "norm") && strcmp(norm->form.op->name, "norm_frobenius"))
        return;
    norm->fused = n->fused = true;
}

void dm_adopt(dm_expression *e, size_t parent, const dm_node_list *list)
{
    dm_node *n = &e->node[parent];

    n->first = list->first;
    n->operands = list->n;
    n->start = e->node[list->first].start;
    for (size_t i = list->first; i != NONE; i = e->node[i].next)
        if (n->depth <= e->node[i].depth)
            n->depth = e->node[i].depth + 1;
    fold(e, parent);
    fuse(e, parent);
}

void dm_set_aside(dm_expression *e, size_t node)
{
    for (size_t i = e->node[node].start; i <= node; i++)
        e->node[i].aside = true;
}

/* ------------------------------------------------------------------------------------- variables -- */

size_t dm_find_variable(dm_expression *e, size_t at, size_t length)
{
    void *variables = e->variable;

    for (size_t i = 0; i < e->variables; i++)
        if (e->variable[i].length == length
            && strncmp(e->text + e->variable[i].at, e->text + at, length) == 0)
            return i;
    if (!room(&variables, e->variables, &e->variable_capacity, sizeof *e->variable))
        return NONE;
    e->variable = variables;
    e->variable[e->variables] = (dm_variable_name) { .at = at, .length = length };
    return e->variables++;
}

/* ------------------------------------------------------------------------------------------- names
 *
 * A subexpression is called by its text; of a long one the middle is left out.  A row of a matrix gets its
 * brackets back.                                                                                     */

enum { HEAD = 12, TAIL = 8 };

static size_t name_size(const dm_node *n)
{
    size_t length = n->to - n->from;

    return (length > SHORT_TEXT ? HEAD + strlen("…") + TAIL : length) + strlen("[]") + 1;
}

static const char *put(char **at, const char *before, const char *text, size_t length, const char *after)
{
    char *name = *at;

    if (length > SHORT_TEXT)
        *at += sprintf(name, "%s%.*s…%.*s%s", before, (int) HEAD, text, (int) TAIL, text + length - TAIL,
                       after) + 1;
    else
        *at += sprintf(name, "%s%.*s%s", before, (int) length, text, after) + 1;
    for (char *c = name; *c; c++)
        if (*c == '\n' || *c == '\r' || *c == '\t' || *c == '\f')
            *c = ' ';
    return name;
}

/* All names, in one piece of memory. */
bool dm_name_all(dm_expression *e)
{
    size_t size = 1;

    for (size_t i = 0; i < e->variables; i++)
        size += e->variable[i].length + 1;
    for (size_t i = 0; i < e->nodes; i++)
        size += name_size(&e->node[i]);
    char *at = e->names = malloc(size);
    if (!at)
        return false;
    for (size_t i = 0; i < e->variables; i++) {
        const dm_variable_name *v = &e->variable[i];
        memcpy(at, e->text + v->at, v->length);
        at[v->length] = '\0';
        e->variable[i].name = at;
        at += v->length + 1;
    }
    for (size_t i = 0; i < e->nodes; i++) {
        dm_node *n = &e->node[i];
        bool row = n->kind == NODE_ROW;
        n->name = n->kind == NODE_NAME ? e->variable[n->variable].name
                : put(&at, row ? "[" : "", e->text + n->from, n->to - n->from, row ? "]" : "");
    }
    return true;
}

/* ------------------------------------------------------------------------------------- the public -- */

void dm_expression_free(dm_expression *e)
{
    if (!e)
        return;
    free(e->text);
    free(e->node);
    free(e->variable);
    free(e->names);
    free(e);
}

const char *dm_expression_text(const dm_expression *e)
{
    return e->text;
}

size_t dm_expression_variables(const dm_expression *e)
{
    return e->variables;
}

bool dm_expression_needs_symmetric(const dm_expression *e, const char *variable)
{
    for (size_t i = 0; i < e->nodes; i++) {
        const dm_node *n = &e->node[i], *A = n->kind == NODE_CALL && n->form.op ? &e->node[n->first] : NULL;
        if (A && A->kind == NODE_NAME && strcmp(dm_family_of(n->form.op), "eigenvalues") == 0
            && strcmp(e->variable[A->variable].name, variable) == 0)
            return true;
    }
    return false;
}

const char *dm_expression_variable(const dm_expression *e, size_t i)
{
    return i < e->variables ? e->variable[i].name : NULL;
}
