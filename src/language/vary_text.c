/* How the texts of variants are made: they grow, and a tree is written out again with changes in it. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "language/vary_text.h"

enum { MOST_VARIANTS = 1500, MOST_TEXT = 4000 };

/* --------------------------------------------------------------------------------------- writing -- */

void dm_put_n(dm_writing *w, const char *text, size_t length)
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

void dm_put(dm_writing *w, const char *text)
{
    dm_put_n(w, text, strlen(text));
}

void dm_putf(dm_writing *w, const char *format, ...)
{
    char text[600];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    dm_put(w, text);
}

/* The text, which is the caller's to free; NULL: there was no memory. */
char *dm_written(dm_writing *w)
{
    if (!w->failed && w->text)
        return w->text;
    free(w->text);
    return NULL;
}

/* One more, of what was written; of a text that is there already nothing is kept. */
void dm_add_variant(dm_variants *all, dm_writing *text, dm_writing *what)
{
    char *t = dm_written(text), *in_words = dm_written(what);
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

/* -------------------------------------------------------------------------------- writing a tree -- */

/* The node as it is, but for what is below it. */
static void render_below(dm_rendering *r, size_t node)
{
    const dm_node *n = dm_node_of(r, node);
    size_t at = n->from;

    for (size_t i = n->first; i != NONE; i = dm_node_of(r, i)->next) {
        dm_put_n(r->to, r->e->text + at, dm_node_of(r, i)->from - at);
        dm_render(r, i);
        at = dm_node_of(r, i)->to;
    }
    dm_put_n(r->to, r->e->text + at, n->to - at);
}

void dm_render(dm_rendering *r, size_t node)
{
    if (!r->instead || !r->instead(r, node))
        render_below(r, node);
}

static bool replace_node(dm_rendering *r, size_t node)
{
    if (node != r->node)
        return false;
    dm_put(r->to, r->text);
    return true;
}

/* A name, a number, a call, or something in brackets: no parentheses are needed around it. */
bool dm_is_closed(const dm_expression *e, size_t node)
{
    switch (e->node[node].kind) {
    case NODE_NUMBER: case NODE_NAME: case NODE_CALL: case NODE_INDEX: case NODE_SIZE:
    case NODE_COLUMN:
        return true;
    default:
        return false;
    }
}

bool dm_is_sum(const dm_expression *e, size_t node)
{
    return e->node[node].kind == NODE_ADD || e->node[node].kind == NODE_SUB
        || e->node[node].kind == NODE_NEG;
}

void dm_put_part(dm_writing *w, const dm_expression *e, size_t node)
{
    const dm_node *n = &e->node[node];
    bool row = n->kind == NODE_ROW;    /* its brackets are not its own */

    dm_put(w, row ? "[" : "");
    dm_put_n(w, e->text + n->from, n->to - n->from);
    dm_put(w, row ? "]" : "");
}

void dm_put_within(dm_writing *w, const dm_expression *e, size_t node, bool parentheses)
{
    dm_put(w, parentheses ? "(" : "");
    dm_put_part(w, e, node);
    dm_put(w, parentheses ? ")" : "");
}

/* The whole with `text` in place of the node. */
void dm_put_with(dm_writing *w, const dm_expression *e, size_t node, const char *text)
{
    dm_rendering r = { .e = e, .to = w, .instead = replace_node, .node = node, .text = text };

    dm_render(&r, e->nodes - 1);
}

bool dm_is_part(const dm_node *n)
{
    return !n->aside && !n->constant && n->kind != NODE_STRING && n->kind != NODE_COLON
        && n->kind != NODE_RANGE && n->kind != NODE_LAST && n->kind != NODE_ROW;
}

size_t dm_variable_named(const dm_expression *e, const char *name)
{
    for (size_t i = 0; i < e->variables; i++)
        if (strcmp(e->variable[i].name, name) == 0)
            return i;
    return NONE;
}

bool dm_has_variable(const dm_expression *e, size_t node, size_t variable)
{
    for (size_t i = e->node[node].start; i <= node; i++)
        if (e->node[i].kind == NODE_NAME && !e->node[i].aside && e->node[i].variable == variable)
            return true;
    return false;
}

bool dm_too_large(const dm_expression *e)
{
    return e->nodes > DM_VARY_NODES || strlen(e->text) > MOST_TEXT;
}
