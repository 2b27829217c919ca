/* The tree of an expression, and what the files of this folder share.
 *
 * Nodes stand in the order in which they are evaluated, what is operated on before what is made of it, so
 * a subtree is a stretch of nodes that ends with its root, and every walk is a loop: the length of an
 * expression costs no stack.  Only parsing nests, to a limit.                                         */
#ifndef DM_LANGUAGE_TREE_H
#define DM_LANGUAGE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include "language/language.h"
#include "operations/operations.h"

enum { NESTING = 500 };                /* of parentheses, brackets, signs and exponents */
enum { SHORT_TEXT = 24 };              /* up to this length messages show all of a subexpression */
#define NONE ((size_t) -1)             /* no node */

/* ---------------------------------------------------------------------------------------- words -- */

typedef enum {
    WORD_NUMBER = 256, WORD_NAME, WORD_STRING, WORD_NEWLINE, WORD_PART,   /* .Q behind a call */
    WORD_TIMES, WORD_OVER, WORD_POWER, WORD_TRANSPOSE,                    /* .* ./ .^ and ' or .' */
    WORD_END, WORD_WRONG,
} dm_word_kind;                        /* below 256: the character itself */

typedef struct {
    int kind;
    size_t at, length;                 /* in the text; of a string without its quotes */
    double number;
    bool space_before, space_after;    /* they tell [1 -2] from [1 - 2] */
} dm_word;

typedef struct {
    const char *text;
    size_t at;
    int previous;                      /* the kind of the word before */
    size_t depth;                      /* of open ( and [ */
    char open[NESTING];
    dm_complaint *complaint;
} dm_scanner;

/* The next word; WORD_WRONG and a complaint where there is none. */
dm_word dm_scan(dm_scanner *scanner);

/* ----------------------------------------------------------------------------------------- tree -- */

typedef enum {
    NODE_NUMBER, NODE_STRING, NODE_NAME,
    NODE_NEG, NODE_TRANSPOSE,
    NODE_ADD, NODE_SUB,
    NODE_MUL, NODE_OVER, NODE_UNDER, NODE_POWER,               /* * / \ ^ */
    NODE_HADAMARD, NODE_QUOTIENT, NODE_HADAMARD_POWER,         /* .* ./ .^ */
    NODE_CALL, NODE_INDEX,
    NODE_SIZE,                                                 /* rows(A), columns(A): number 0, 1 */
    NODE_COLON, NODE_RANGE, NODE_LAST,                         /* : and a:b and end, in an index */
    NODE_ROW, NODE_COLUMN,                                     /* [a, b] and [a; b] */
} dm_node_kind;

/* What a call's name and arguments mean: a form of the table of functions, or a row of the operations. */
typedef struct {
    const char *formula;               /* "reshape(A,r,c)": what each argument is */
    const dm_op *op;                   /* NULL: a constant matrix, of */
    dm *(*make)(dm_context *context, size_t rows, size_t cols);
} dm_form_of_call;

typedef struct {
    dm_node_kind kind;
    size_t at, length;                 /* of the operator, or the function's name */
    size_t from, to;                   /* of the whole subexpression, without its parentheses */
    size_t start;                      /* the first node of the subtree */
    size_t first, next, operands;      /* the first operand, the next one of the same parent, how many */
    size_t depth;                      /* of the subtree */
    bool constant;                     /* `number` is its value */
    bool aside;                        /* a number within an index or a parameter, no value of its own */
    bool fused;                        /* norm(e)^2 is evaluated from e: both the power and the norm */
    double number;
    size_t variable;                   /* of a name */
    dm_form_of_call form;              /* of a call */
    const char *name;                  /* its text, for messages */
} dm_node;

typedef struct {
    size_t at, length;                 /* where it first appears */
    const char *name;
} dm_variable_name;

struct dm_expression {
    char *text;
    dm_node *node;
    size_t nodes, node_capacity;       /* the last node is the root */
    dm_variable_name *variable;
    size_t variables, variable_capacity;
    char *names;                       /* room for the nodes' and variables' names */
};

/* Nodes linked by their `next` until they get a parent. */
typedef struct {
    size_t n, first, last;
} dm_node_list;

/* tree.c.  NONE: no memory. */
size_t dm_new_node(dm_expression *e, dm_node_kind kind, size_t at, size_t length, size_t from, size_t to);
size_t dm_find_variable(dm_expression *e, size_t at, size_t length);       /* found, or added */
void dm_append(dm_expression *e, dm_node_list *list, size_t node);
void dm_adopt(dm_expression *e, size_t parent, const dm_node_list *list);
void dm_set_aside(dm_expression *e, size_t node);        /* the whole subtree: see `aside` */
bool dm_name_all(dm_expression *e);                      /* at the end; false: no memory */

/* The i-th operand of a node. */
static inline size_t dm_operand_of(const dm_expression *expression, size_t node, size_t i)
{
    size_t operand = expression->node[node].first;

    while (i--)
        operand = expression->node[operand].next;
    return operand;
}

/* ------------------------------------------------------------------------------------ functions -- */

bool dm_is_function(const char *name, size_t length);
bool dm_is_function_but_for_case(const char *word, size_t length);

/* The row or constant that the call `name(arguments)part` stands for; false: there is none with these
 * arguments, and a complaint.  The node has its operands; `part` is NULL but for eig(A).values.       */
bool dm_find_form(dm_expression *expression, size_t call, const dm_word *part, dm_complaint *complaint);

/* What the i-th argument of a formula is: the letter of an operand or a parameter, else 0. */
char dm_argument_letter(const char *formula, size_t i);

/* "unknown function 'tarce': did you mean 'trace'?" */
int dm_complain_unknown_function(const dm_expression *expression, size_t name, dm_complaint *complaint);

/* ---------------------------------------------------------------------------- constants in a tree --
 *
 * Places in an index, sizes and other parameters: numbers, `end` and variables, with + - * / and signs.
 * What the variables are is for the caller to say, and what `end` is (last; 0: not known).  GSL_CONTINUE:
 * it cannot be known yet.                                                                            */
typedef struct {
    const dm_expression *expression;
    int (*variable)(void *data, size_t node, double *value);   /* GSL_SUCCESS, GSL_CONTINUE, or an error */
    void *data;
    dm_complaint *complaint;
} dm_constants;

bool dm_can_be_constant(const dm_expression *expression, size_t node);
int dm_constant_number(const dm_constants *c, size_t node, size_t last, double *value);
int dm_constant_whole(const dm_constants *c, size_t node, size_t last, size_t *value);  /* 1, 2, ... */

/* The place that an argument of an index means among 1 .. n (n = 0: not known): from, and how many. */
int dm_constant_place(const dm_constants *c, size_t node, size_t n, size_t *from, size_t *count);

/* The parameters of a call's operation. */
int dm_constant_parameters(const dm_constants *c, size_t call, dm_parameters *with);

/* -------------------------------------------------------------------------------------- messages -- */

/* Fill in the complaint (NULL: nobody wants it) unless it has been before; returns the code. */
int dm_complain(dm_complaint *complaint, int code, size_t at, size_t length, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
int dm_complain_memory(dm_complaint *complaint);
void dm_no_complaint(dm_complaint *complaint);

/* A node as messages speak of it. */
static inline const char *dm_name_of(const dm_expression *expression, size_t node)
{
    return expression->node[node].name;
}

/* What both inference and evaluation refuse. */
typedef struct { char text[48]; } dm_shape_text;
dm_shape_text dm_show_shape(size_t rows, size_t cols);                 /* "3×4", "3×?" */
int dm_complain_not_square(const dm_expression *expression, size_t node, size_t divisor,
                           const size_t shape[2], dm_complaint *complaint);
int dm_complain_spectral(const dm_expression *expression, size_t call, const size_t shape[2],
                         dm_complaint *complaint);

#endif
