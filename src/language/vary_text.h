/* What the makers of variants share: text that grows, and the tree written out again with something else in
 * some places; what stands between operands, parentheses too, is copied as it is.                       */
#ifndef DM_LANGUAGE_VARY_TEXT_H
#define DM_LANGUAGE_VARY_TEXT_H

#include <string.h>
#include "language/tree.h"
#include "language/vary.h"

enum { DM_VARY_NODES = 400 };          /* larger expressions are not varied */

typedef struct {
    char *text;
    size_t length, capacity;
    bool failed;
} dm_writing;

void dm_put_n(dm_writing *w, const char *text, size_t length);
void dm_put(dm_writing *w, const char *text);
void dm_putf(dm_writing *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The text, which is the caller's to free; NULL: there was no memory. */
char *dm_written(dm_writing *w);

/* One more, of what was written; of a text that is there already nothing is kept. */
void dm_add_variant(dm_variants *all, dm_writing *text, dm_writing *what);

typedef struct dm_rendering dm_rendering;
struct dm_rendering {
    const dm_expression *e;
    dm_writing *to;
    bool (*instead)(dm_rendering *r, size_t node);        /* it has written the node; NULL: never */
    size_t node, variable;             /* what it looks for */
    const char *text;                  /* and writes instead */
    dm_variants *each;
    size_t power, factor;              /* being written out: which, and the how manyeth factor */
};

void dm_render(dm_rendering *r, size_t node);

static inline const dm_node *dm_node_of(const dm_rendering *r, size_t node)
{
    return &r->e->node[node];
}

void dm_put_part(dm_writing *w, const dm_expression *e, size_t node);
void dm_put_within(dm_writing *w, const dm_expression *e, size_t node, bool parentheses);
/* The whole with `text` in place of the node. */
void dm_put_with(dm_writing *w, const dm_expression *e, size_t node, const char *text);

bool dm_is_closed(const dm_expression *e, size_t node);    /* it needs no parentheses around it */
bool dm_is_sum(const dm_expression *e, size_t node);
bool dm_is_part(const dm_node *n);                         /* a value of its own, no constant */
size_t dm_variable_named(const dm_expression *e, const char *name);
bool dm_has_variable(const dm_expression *e, size_t node, size_t variable);
bool dm_too_large(const dm_expression *e);

#endif
