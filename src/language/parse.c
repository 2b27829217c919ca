/* The parser: recursive descent, with the grammar in the comments over its functions.
 *
 *     sum      = product { ("+" | "-") product }
 *     product  = unary { ("*" | ".*" | "/" | "./" | "\") unary }
 *     unary    = ("+" | "-") unary  |  power
 *     power    = operand { "'" | ".'" | index | ("^" | ".^") exponent }
 *     exponent = ("+" | "-") exponent  |  operand { index }
 *     operand  = number  |  name  |  name arguments  |  size  |  "(" sum ")"
 *              |  "[" row { (";" | newline) row } "]"
 *     row      = sum { ("," | white space) sum }
 *     index    = "(" place [ "," place ] ")"             place = ":"  |  sum [ ":" sum ]
 *
 * as in Octave: -A^2 is -(A^2), 2^-1 is allowed, 2^3^2 is (2^3)^2 and A^2' is (A^2)'.                */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "language/tree.h"

typedef struct {
    dm_expression *expression;
    dm_scanner scanner;
    dm_complaint *complaint;
    dm_word word, before;              /* the one to be read next, and the one that was read last */
    size_t nesting;
    bool brackets;                     /* directly within [ ]: white space separates */
    bool index;                        /* within an index: `end` has a meaning */
} parser;

static size_t sum(parser *p);

/* ---------------------------------------------------------------------------------------- helpers -- */

static void advance(parser *p)
{
    p->before = p->word;
    p->word = dm_scan(&p->scanner);
}

static size_t complain_at(parser *p, size_t at, size_t length, const char *message)
{
    dm_complain(p->complaint, GSL_EINVAL, at, length, "%s", message);
    return NONE;
}

/* At a word, a string with its quotes. */
static size_t complain_word(parser *p, dm_word word, const char *message)
{
    bool string = word.kind == WORD_STRING;

    return complain_at(p, word.at - string, word.length + 2 * string, message);
}

/* The word as the user wrote it. */
typedef struct { char text[40]; } quoted;

static quoted quote(const parser *p, dm_word word)
{
    quoted q;
    bool string = word.kind == WORD_STRING;
    size_t length = word.length + 2 * string;

    if (word.kind == WORD_NEWLINE)
        snprintf(q.text, sizeof q.text, "the end of the line");
    else if (length > 24)
        snprintf(q.text, sizeof q.text, "'%.20s...'", p->expression->text + word.at - string);
    else
        snprintf(q.text, sizeof q.text, string ? "%.*s" : "'%.*s'", (int) length,
                 p->expression->text + word.at - string);
    return q;
}

/* "expected WHAT after 'x', found 'y'", at the word that is not it. */
static size_t expected(parser *p, const char *what)
{
    char message[200];
    size_t n = (size_t) snprintf(message, sizeof message, "expected %s", what);

    if (p->word.kind == WORD_WRONG)
        return NONE;                   /* the scanner has complained */
    if (p->before.length)
        n += (size_t) snprintf(message + n, sizeof message - n, " after %s", quote(p, p->before).text);
    if (p->word.kind != WORD_END)
        snprintf(message + n, sizeof message - n, ", found %s", quote(p, p->word).text);
    return complain_word(p, p->word, message);
}

static bool closed(parser *p, char c)
{
    char message[80];

    if (p->word.kind == c)
        return true;
    if (p->word.kind == WORD_WRONG)
        return false;
    if (p->word.kind == WORD_END)
        snprintf(message, sizeof message, "'%c' is missing", c);
    else if (p->word.kind == ']' || p->word.kind == ')' || p->word.kind == ':' || p->word.kind == ';'
             || p->word.kind == ',')
        snprintf(message, sizeof message, "'%c' is missing before %s", c, quote(p, p->word).text);
    else
        snprintf(message, sizeof message, "an operator or '%c' is missing before %s", c,
                 quote(p, p->word).text);
    complain_word(p, p->word, message);
    return false;
}

static bool deeper(parser *p)
{
    if (p->nesting < NESTING) {
        p->nesting++;
        return true;
    }
    dm_complain(p->complaint, GSL_EINVAL, p->word.at, p->word.length,
                "the expression is nested too deeply: at most %d levels are allowed", (int) NESTING);
    return false;
}

/* ---------------------------------------------------------------------------------------- the tree -- */

static size_t no_memory(parser *p)
{
    dm_complain_memory(p->complaint);
    return NONE;
}

/* A node for the word `sign`, whose subexpression is text[from .. the last word read]. */
static size_t leaf(parser *p, dm_node_kind kind, dm_word sign, size_t from)
{
    size_t to = p->before.at + p->before.length + (p->before.kind == WORD_STRING);
    size_t node = dm_new_node(p->expression, kind, sign.at, sign.length, from, to);

    return node == NONE ? no_memory(p) : node;
}

/* The same with operands. */
static size_t branch(parser *p, dm_node_kind kind, dm_word sign, size_t from, const dm_node_list *operands)
{
    size_t node = leaf(p, kind, sign, from);

    if (node != NONE)
        dm_adopt(p->expression, node, operands);
    return node;
}

static size_t unary_node(parser *p, dm_node_kind kind, dm_word sign, size_t from, size_t operand)
{
    dm_node_list one = { 0, 0, 0 };

    if (operand == NONE)
        return NONE;
    dm_append(p->expression, &one, operand);
    return branch(p, kind, sign, from, &one);
}

static size_t binary_node(parser *p, dm_node_kind kind, dm_word sign, size_t from, size_t left,
                          size_t right)
{
    dm_node_list two = { 0, 0, 0 };

    if (left == NONE || right == NONE)
        return NONE;
    dm_append(p->expression, &two, left);
    dm_append(p->expression, &two, right);
    return branch(p, kind, sign, from, &two);
}

static bool same(const char *a, size_t length, const char *b)
{
    return strlen(b) == length && strncmp(a, b, length) == 0;
}

static size_t name_node(parser *p, dm_word word)
{
    size_t i = dm_find_variable(p->expression, word.at, word.length);
    size_t node = i == NONE ? no_memory(p) : leaf(p, NODE_NAME, word, word.at);

    if (node != NONE)
        p->expression->node[node].variable = i;
    return node;
}

static size_t number_node(parser *p, dm_word word, double number)
{
    size_t node = leaf(p, NODE_NUMBER, word, word.at);

    if (node != NONE) {
        p->expression->node[node].constant = true;
        p->expression->node[node].number = number;
    }
    return node;
}

/* ------------------------------------------------------------------------- arguments and indexes -- */

static size_t string_node(parser *p)
{
    dm_word word = p->word;

    advance(p);
    return leaf(p, NODE_STRING, word, word.at - 1);
}

/* place = ":" | sum [ ":" sum ] */
static size_t place(parser *p)
{
    dm_word word = p->word;

    if (word.kind == ':') {
        advance(p);
        if (p->word.kind != ',' && p->word.kind != ')')
            return expected(p, "',' or ')'");
        return leaf(p, NODE_COLON, word, word.at);
    }
    if (word.kind == WORD_STRING)
        return string_node(p);
    size_t from = word.at, first = sum(p);
    if (first == NONE || p->word.kind != ':')
        return first;
    word = p->word;
    advance(p);
    size_t last = sum(p);
    if (last != NONE && p->word.kind == ':')
        return complain_at(p, p->word.at, 1, "a range has step 1: it is written first:last");
    return binary_node(p, NODE_RANGE, word, from, first, last);
}

/* "(" item { "," item } ")", the items places of an index or arguments of a function */
static bool items(parser *p, dm_node_list *l, bool index)
{
    bool brackets = p->brackets, in_index = p->index;

    if (!deeper(p))
        return false;
    p->brackets = false;
    p->index = index || in_index;
    advance(p);
    for (;;) {
        size_t item = index ? place(p) : p->word.kind == WORD_STRING ? string_node(p) : sum(p);
        if (item == NONE)
            return false;
        dm_append(p->expression, l, item);
        if (p->word.kind != ',')
            break;
        advance(p);
    }
    if (!closed(p, ')'))
        return false;
    p->nesting--;
    p->brackets = brackets;
    p->index = in_index;
    advance(p);
    return true;
}

static bool could_be_place(const dm_expression *e, size_t node)
{
    const dm_node *n = &e->node[node];

    if (n->kind == NODE_RANGE)
        return dm_can_be_constant(e, n->first) && dm_can_be_constant(e, e->node[n->first].next);
    return n->kind == NODE_COLON || dm_can_be_constant(e, node);
}

/* [1,3] where a place should stand, behind a name that is like no function's. */
static bool is_list(const dm_expression *e, size_t target, size_t place)
{
    dm_node_kind kind = e->node[place].kind;
    char word[40];
    size_t length;

    snprintf(word, sizeof word, "%.*s", (int) e->node[target].length, e->text + e->node[target].at);
    return (kind == NODE_ROW || kind == NODE_COLUMN) && !dm_language_nearest(word, &length);
}

/* target(place) or target(place, place).  A name before something that is no place was meant to be a
 * function.                                                                                         */
static size_t index_node(parser *p, size_t from, size_t target)
{
    dm_expression *e = p->expression;
    dm_word sign = p->word;
    dm_node_list places = { 0, 0, 0 };

    if (e->node[target].kind == NODE_NAME)
        sign = (dm_word) { .at = e->node[target].at, .length = e->node[target].length };
    if (!items(p, &places, true))
        return NONE;
    for (size_t i = places.first; i != NONE; i = e->node[i].next) {
        const dm_node *item = &e->node[i];
        if (could_be_place(e, i))
            continue;
        if (item->depth > NESTING)
            return complain_at(p, item->from, item->to - item->from, "the place is nested too deeply");
        if (e->node[target].kind == NODE_NAME && is_list(e, target, i))
            dm_complain(p->complaint, GSL_EINVAL, item->from, item->to - item->from,
                        "%.*s is no function, and an index takes one place or a range, such as 1:2, not a "
                        "list",
                        e->node[target].length > 40 ? 40 : (int) e->node[target].length,
                        e->text + e->node[target].at);
        else if (e->node[target].kind == NODE_NAME)
            dm_complain_unknown_function(e, target, p->complaint);
        else
            dm_complain(p->complaint, GSL_EINVAL, item->from, item->to - item->from,
                        "a place in an index is made of whole numbers, end, + - * and variables");
        return NONE;
    }
    if (places.n > 2) {
        const dm_node *third = &e->node[e->node[e->node[places.first].next].next];
        return complain_at(p, third->from, third->to - third->from,
                           "an index has a row and a column, nothing more");
    }
    dm_node_list operands = { 1 + places.n, target, places.last };
    e->node[target].next = places.first;
    for (size_t i = places.first; i != NONE; i = e->node[i].next)
        dm_set_aside(e, i);
    return branch(p, NODE_INDEX, sign, from, &operands);
}

/* name arguments */
static size_t call_node(parser *p, dm_word name)
{
    dm_expression *e = p->expression;
    dm_node_list arguments = { 0, 0, 0 };
    dm_word part;

    if (p->word.kind != '(' || (p->brackets && p->word.space_before)) {
        dm_complain(p->complaint, GSL_EINVAL, name.at, name.length, "'%.*s' is a function: '(' is missing "
                    "behind it", (int) name.length, e->text + name.at);
        return NONE;
    }
    if (!items(p, &arguments, false))
        return NONE;
    bool has_part = p->word.kind == WORD_PART;
    if (has_part) {
        part = p->word;
        advance(p);
    }
    size_t node = branch(p, NODE_CALL, name, name.at, &arguments);
    if (node == NONE || !dm_find_form(e, node, has_part ? &part : NULL, p->complaint))
        return NONE;
    size_t i = 0;
    for (size_t a = arguments.first; a != NONE; a = e->node[a].next, i++) {
        char letter = dm_argument_letter(e->node[node].form.formula, i);
        const dm_op *op = e->node[node].form.op;
        if (letter && op && strchr(op->operands, letter))
            continue;
        dm_set_aside(e, a);
        if (letter && !dm_can_be_constant(e, a))
            return complain_at(p, e->node[a].from, e->node[a].to - e->node[a].from,
                               "this argument is a number, made of numbers, + - * / and variables");
    }
    return node;
}

/* --------------------------------------------------------------------------------------- operands -- */

/* A row or a column of what is on the list; its place is all of its text. */
static size_t all_of(parser *p, dm_node_kind kind, size_t from, const dm_node_list *l)
{
    dm_word all = { .at = from, .length = p->before.at + p->before.length - from };

    return branch(p, kind, all, from, l);
}

/* row = sum { ("," | white space) sum } */
static size_t row(parser *p)
{
    dm_node_list entries = { 0, 0, 0 };
    size_t from = p->word.at;

    for (;;) {
        size_t entry = sum(p);
        if (entry == NONE)
            return NONE;
        dm_append(p->expression, &entries, entry);
        if (p->word.kind == ',') {
            advance(p);
            if (p->word.kind == ']' || p->word.kind == ';' || p->word.kind == WORD_NEWLINE)
                break;
            continue;
        }
        if (p->word.kind == ']' || p->word.kind == ';' || p->word.kind == WORD_NEWLINE
            || !p->word.space_before || p->word.kind == ')' || p->word.kind == ':'
            || p->word.kind == WORD_END || p->word.kind == WORD_WRONG)
            break;
    }
    if (entries.n == 1)
        return entries.first;
    return all_of(p, NODE_ROW, from, &entries);
}

static void skip_row_ends(parser *p)
{
    while (p->word.kind == ';' || p->word.kind == WORD_NEWLINE)
        advance(p);
}

/* "[" row { (";" | newline) row } "]" */
static size_t matrix(parser *p)
{
    bool brackets = p->brackets, in_index = p->index;
    dm_node_list rows = { 0, 0, 0 };
    dm_word sign = p->word;

    if (!deeper(p))
        return NONE;
    p->brackets = true;
    p->index = false;
    advance(p);
    while (p->word.kind == WORD_NEWLINE)
        advance(p);
    if (p->word.kind == ']')
        return complain_at(p, sign.at, p->word.at + 1 - sign.at,
                           "a matrix has at least one row and one column");
    do {
        size_t r = row(p);
        if (r == NONE)
            return NONE;
        dm_append(p->expression, &rows, r);
        if (p->word.kind != ';' && p->word.kind != WORD_NEWLINE)
            break;
        skip_row_ends(p);
    } while (p->word.kind != ']');
    if (!closed(p, ']'))
        return NONE;
    p->nesting--;
    p->brackets = brackets;
    p->index = in_index;
    advance(p);
    if (rows.n == 1)
        return rows.first;
    return all_of(p, NODE_COLUMN, sign.at, &rows);
}

static size_t parenthesis(parser *p)
{
    bool brackets = p->brackets;

    if (!deeper(p))
        return NONE;
    p->brackets = false;
    advance(p);
    size_t node = sum(p);
    if (node == NONE || !closed(p, ')'))
        return NONE;
    p->nesting--;
    p->brackets = brackets;
    advance(p);
    return node;
}

/* size = ("rows" | "columns") "(" name ")" */
static size_t size_node(parser *p, dm_word word)
{
    advance(p);
    if (p->word.kind != WORD_NAME || dm_is_function(p->expression->text + p->word.at, p->word.length))
        return complain_word(p, p->word, "the name of a variable is needed here");
    size_t i = dm_find_variable(p->expression, p->word.at, p->word.length);
    if (i == NONE)
        return no_memory(p);
    advance(p);
    if (!closed(p, ')'))
        return NONE;
    advance(p);
    size_t node = leaf(p, NODE_SIZE, word, word.at);
    if (node != NONE) {
        p->expression->node[node].variable = i;
        p->expression->node[node].number = p->expression->text[word.at] == 'c';
    }
    return node;
}

static size_t name(parser *p)
{
    dm_word word = p->word;
    const char *text = p->expression->text + word.at;

    advance(p);
    if (same(text, word.length, "pi"))
        return number_node(p, word, M_PI);
    if (same(text, word.length, "end")) {
        if (!p->index)
            return complain_at(p, word.at, word.length, "'end' has a meaning in an index only");
        return leaf(p, NODE_LAST, word, word.at);
    }
    if (p->word.kind == '(' && (same(text, word.length, "rows") || same(text, word.length, "columns")))
        return size_node(p, word);
    if (dm_is_function(text, word.length))
        return call_node(p, word);
    if (same(text, word.length, "NaN") || same(text, word.length, "Inf")
        || same(text, word.length, "nan") || same(text, word.length, "inf"))
        return complain_at(p, word.at, word.length, "a finite number is needed");
    if (p->word.kind == '(' && dm_is_function_but_for_case(text, word.length)) {
        size_t wrong = name_node(p, word);
        if (wrong != NONE)
            dm_complain_unknown_function(p->expression, wrong, p->complaint);
        return NONE;
    }
    return name_node(p, word);
}

/* operand = number | name | name arguments | "(" sum ")" | "[" rows "]" */
static size_t operand(parser *p)
{
    dm_word word = p->word;

    switch (word.kind) {
    case WORD_NUMBER:
        advance(p);
        return number_node(p, word, word.number);
    case WORD_NAME:
        return name(p);
    case '(':
        return parenthesis(p);
    case '[':
        return matrix(p);
    case WORD_STRING:
        return complain_word(p, word,
                             "a string has a meaning as the argument of a function only");
    case ':':
        return complain_at(p, word.at, 1, "':' has a meaning in an index only");
    case WORD_END:
        if (p->before.length == 0)
            return complain_at(p, 0, 0, "the expression is empty");
    }
    return expected(p, "an operand");
}

/* Does the word, within brackets, begin the next entry? */
static bool begins_entry(const parser *p)
{
    return p->brackets && p->word.space_before;
}

static size_t indexes(parser *p, size_t from, size_t node)
{
    while (node != NONE && p->word.kind == '(' && !begins_entry(p))
        node = index_node(p, from, node);
    return node;
}

/* exponent = ("+" | "-") exponent | operand { index } */
static size_t exponent(parser *p)
{
    dm_word sign = p->word;

    if (sign.kind != '-' && sign.kind != '+')
        return indexes(p, sign.at, operand(p));
    if (!deeper(p))
        return NONE;
    advance(p);
    size_t node = exponent(p);
    p->nesting--;
    return sign.kind == '-' ? unary_node(p, NODE_NEG, sign, sign.at, node) : node;
}

/* power = operand { "'" | ".'" | index | ("^" | ".^") exponent } */
static size_t power(parser *p)
{
    size_t from = p->word.at, node = operand(p);

    while (node != NONE) {
        dm_word sign = p->word;
        if (sign.kind == WORD_TRANSPOSE) {
            advance(p);
            node = unary_node(p, NODE_TRANSPOSE, sign, from, node);
        } else if (sign.kind == '^' || sign.kind == WORD_POWER) {
            advance(p);
            node = binary_node(p, sign.kind == '^' ? NODE_POWER : NODE_HADAMARD_POWER, sign, from, node,
                               exponent(p));
        } else if (sign.kind == '(' && !begins_entry(p)) {
            node = indexes(p, from, node);
        } else {
            break;
        }
    }
    return node;
}

/* unary = ("+" | "-") unary | power */
static size_t unary(parser *p)
{
    dm_word sign = p->word;

    if (sign.kind != '-' && sign.kind != '+')
        return power(p);
    if (!deeper(p))
        return NONE;
    advance(p);
    size_t node = unary(p);
    p->nesting--;
    return sign.kind == '-' ? unary_node(p, NODE_NEG, sign, sign.at, node) : node;
}

static const struct {
    int word;
    dm_node_kind kind;
} products[] = {
    { '*', NODE_MUL }, { '/', NODE_OVER }, { '\\', NODE_UNDER }, { WORD_TIMES, NODE_HADAMARD },
    { WORD_OVER, NODE_QUOTIENT },
};

static bool product_kind(int word, dm_node_kind *kind)
{
    for (size_t i = 0; i < sizeof products / sizeof *products; i++)
        if (products[i].word == word) {
            *kind = products[i].kind;
            return true;
        }
    return false;
}

/* product = unary { ("*" | ".*" | "/" | "./" | "\") unary } */
static size_t product(parser *p)
{
    size_t from = p->word.at, node = unary(p);
    dm_node_kind kind;

    while (node != NONE && product_kind(p->word.kind, &kind)) {
        dm_word sign = p->word;
        advance(p);
        node = binary_node(p, kind, sign, from, node, unary(p));
    }
    return node;
}

/* sum = product { ("+" | "-") product } */
static size_t sum(parser *p)
{
    size_t from = p->word.at, node = product(p);

    while (node != NONE && (p->word.kind == '+' || p->word.kind == '-')
           && !(begins_entry(p) && !p->word.space_after)) {
        dm_word sign = p->word;
        advance(p);
        node = binary_node(p, sign.kind == '+' ? NODE_ADD : NODE_SUB, sign, from, node, product(p));
    }
    return node;
}

static bool whole(parser *p)
{
    char message[80];

    if (sum(p) == NONE)
        return false;
    if (p->word.kind == WORD_END)
        return true;
    if (p->word.kind == WORD_WRONG)
        return false;
    if (p->word.kind == ')' || p->word.kind == ']')
        snprintf(message, sizeof message, "'%c' without '%c'", p->word.kind,
                 p->word.kind == ')' ? '(' : '[');
    else if (p->word.kind == WORD_PART)
        snprintf(message, sizeof message,
                 "a part is taken of a function's result only, as in eig(A).values");
    else if (p->word.kind == ':')
        snprintf(message, sizeof message, "':' has a meaning in an index only");
    else if (p->word.kind == ',' || p->word.kind == ';')
        snprintf(message, sizeof message, "expected the end of the expression, found '%c'", p->word.kind);
    else
        snprintf(message, sizeof message, "an operator is missing before %s", quote(p, p->word).text);
    complain_word(p, p->word, message);
    return false;
}

/* ------------------------------------------------------------------------------------- the public -- */

dm_expression *dm_expression_parse(const char *text, dm_complaint *complaint)
{
    dm_expression *e = calloc(1, sizeof *e);
    dm_complaint unwanted;

    if (!complaint)
        complaint = &unwanted;
    dm_no_complaint(complaint);
    if (!e || !(e->text = malloc(strlen(text) + 1))) {
        dm_complain_memory(complaint);
        dm_expression_free(e);
        return NULL;
    }
    strcpy(e->text, text);
    parser p = { .expression = e, .scanner = { .text = e->text, .complaint = complaint },
                 .complaint = complaint };
    advance(&p);
    if (!whole(&p)) {
        dm_expression_free(e);
        return NULL;
    }
    if (!dm_name_all(e)) {
        dm_complain_memory(complaint);
        dm_expression_free(e);
        return NULL;
    }
    return e;
}
