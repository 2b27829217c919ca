/* The second base of level 0: named expressions, simplified as they are built.
 *
 * A dm of level 0 in a context of this base stands for a symbol, an expression in the variables' names.  The
 * rules call the same operations as on numbers; the base's table says what each makes of its operands.  An
 * operation that is not in the table becomes a call that prints as its row's formula.
 *
 * Every symbol has a definite shape, so that a scalar multiple is told from a product.  Sums have their like
 * terms collected, products are flat, transposes and inverses stand at the leaves:
 *
 *     ZERO ONES EYE          constant matrices
 *     SIZE                   a number of rows or columns
 *     NAME                   a variable
 *     LITERAL                a matrix of numbers
 *     DIFFERENTIAL           of a NAME, or of an expression that is not differentiated yet
 *     SUM                    of TERMs and others
 *     TERM                   number * scalar factors * a chain of matrix factors; a number has no factors
 *     TRANSPOSE INVERSE      of what they cannot be pushed into
 *     HADAMARD               product entry by entry
 *     POWER                  power entry by entry, .^number
 *     CALL                   an operation's row, applied
 *
 * Symbols live in the context's arena and never change, but for `transpose` and `formula`, filled in when they
 * are asked for.
 * NULL in, NULL out: there was no memory.                                                            */
#ifndef DM_SYMBOLS_H
#define DM_SYMBOLS_H

#include <stdint.h>
#include <string.h>
#include "core/dm.h"

typedef enum {
    DM_SYMBOL_ZERO, DM_SYMBOL_ONES, DM_SYMBOL_EYE, DM_SYMBOL_SIZE, DM_SYMBOL_NAME, DM_SYMBOL_LITERAL,
    DM_SYMBOL_DIFFERENTIAL, DM_SYMBOL_SUM, DM_SYMBOL_TERM, DM_SYMBOL_TRANSPOSE, DM_SYMBOL_INVERSE,
    DM_SYMBOL_HADAMARD, DM_SYMBOL_POWER, DM_SYMBOL_CALL,
} dm_symbol_kind;

struct dm_symbol {
    dm_symbol_kind kind;
    dm_context *context;
    size_t rows, cols;
    uint64_t hash;                     /* symbols of one kind and shape with equal ones are the same */
    double number;                     /* a TERM's coefficient, a POWER's exponent, a SIZE */
    size_t n, scalars;                 /* how many operands; so many at the front of a TERM are scalar factors */
    const dm_symbol *const *of;
    const dm_op *op;                   /* of a CALL */
    const dm_parameters *with;
    const char *name;
    const double *entries;             /* of a LITERAL, row by row */
    bool symmetric;                    /* of a NAME: declared */
    bool moves;                        /* a differential is in it */
    bool solved;                       /* an INVERSE that was written as a solve */
    const dm_symbol *transpose;        /* once somebody asked, */
    const struct dm_formula *formula;  /*     and how it is written, once somebody asked */
};

/* Where the sizes of a context come from: eye(rows(A)) rather than eye(5). */
typedef struct dm_size_name dm_size_name;
struct dm_size_name {
    const char *variable;
    size_t size;
    bool columns;
    const dm_size_name *next;
};

/* ----------------------------------------------------------------------------------------- base.c */

/* From now on the level 0 of this context is symbols; `row` finds an operation by name.  false: no memory. */
bool dm_symbols_begin(dm_context *context, const dm_op *(*row)(const char *name));

/* A variable, as a dm of level 0; the name is not copied.  Sizes are called after the first that has them. */
dm *dm_symbol_variable(dm_context *context, const char *name, size_t rows, size_t cols, bool symmetric);
const dm_size_name *dm_symbol_sizes(const dm_context *context);

/* What a dm of level 0 stands for; a number of known form becomes a symbol.  NULL: no memory. */
const dm_symbol *dm_symbol_of(dm *A);
dm *dm_symbol_wrap(dm_context *context, const dm_symbol *s);       /* the other way */

/* The operation applied to symbols. */
const dm_symbol *dm_symbol_apply(dm_context *context, const dm_op *op, const dm_parameters *with,
                                 const dm_symbol *const X[], size_t rows, size_t cols);

/* The operation of that name applied to one operand; the result has that shape. */
const dm_symbol *dm_symbol_apply_named(const char *name, const dm_symbol *a, size_t rows, size_t cols);
const dm_op *dm_symbol_row(const dm_context *context, const char *name);

/* ----------------------------------------------------------------------------------------- make.c */

bool dm_symbol_same(const dm_symbol *a, const dm_symbol *b);
const dm_symbol *dm_symbol_zero(dm_context *context, size_t rows, size_t cols);
const dm_symbol *dm_symbol_ones(dm_context *context, size_t rows, size_t cols);
const dm_symbol *dm_symbol_eye(dm_context *context, size_t n);
const dm_symbol *dm_symbol_size(dm_context *context, size_t n);
const dm_symbol *dm_symbol_number(dm_context *context, double x);
const dm_symbol *dm_symbol_name(dm_context *context, const char *name, size_t rows, size_t cols,
                                bool symmetric);
const dm_symbol *dm_symbol_literal(dm_context *context, size_t rows, size_t cols, const double *entries);
const dm_symbol *dm_symbol_differential(const dm_symbol *of);
const dm_symbol *dm_symbol_call(dm_context *context, const dm_op *op, const dm_parameters *with,
                                const dm_symbol *const X[], size_t rows, size_t cols);

/* A symbol of that kind as it is, not simplified: for those who have. */
const dm_symbol *dm_symbol_make(dm_context *context, dm_symbol_kind kind, size_t rows, size_t cols,
                                double number, const dm_symbol *const of[], size_t n, size_t scalars);
const dm_symbol *dm_symbol_inverse_as(const dm_symbol *of, bool solved);

static inline bool dm_symbol_is_scalar(const dm_symbol *s)
{
    return s->rows == 1 && s->cols == 1;
}

static inline bool dm_symbol_is_number(const dm_symbol *s)
{
    return s->kind == DM_SYMBOL_TERM && s->n == 0;
}

static inline bool dm_symbol_is_call(const dm_symbol *s, const char *op)
{
    return s->kind == DM_SYMBOL_CALL && strcmp(s->op->name, op) == 0;
}

/* The first variable's name in it; "" if there is none. */
const char *dm_symbol_first_name(const dm_symbol *s);

/* number * rest, with rest's coefficient 1. */
const dm_symbol *dm_symbol_split(const dm_symbol *s, double *number);

/* ----------------------------------------------------------------------------------- simplifying */

const dm_symbol *dm_symbol_sum(dm_context *context, const dm_symbol *const s[], size_t n);     /* sums.c */
const dm_symbol *dm_symbol_add(const dm_symbol *a, double p, const dm_symbol *b);              /* a + p*b */

/* number * the scalars * the chain, which has that shape.                                    products.c */
const dm_symbol *dm_symbol_product(dm_context *context, double number, const dm_symbol *const scalars[],
                                   size_t n_scalars, const dm_symbol *const chain[], size_t n_chain,
                                   size_t rows, size_t cols);
const dm_symbol *dm_symbol_mul(const dm_symbol *a, const dm_symbol *b);       /* one may be a scalar */
const dm_symbol *dm_symbol_scale(double p, const dm_symbol *a);
const dm_symbol *dm_symbol_transpose(const dm_symbol *a);
const dm_symbol *dm_symbol_inverse(const dm_symbol *a, bool solved);
const dm_symbol *dm_symbol_trace(const dm_symbol *a);
const dm_symbol *dm_symbol_inner(const dm_symbol *a, const dm_symbol *b);     /* tr(a'*b) */

const dm_symbol *dm_symbol_hadamard(const dm_symbol *const s[], size_t n);                  /* entries.c */
const dm_symbol *dm_symbol_times(const dm_symbol *a, const dm_symbol *b);
const dm_symbol *dm_symbol_power(const dm_symbol *a, double p);
bool dm_symbol_opens(const dm_symbol *s, double power);      /* is s^power made of powers of the parts of s? */
bool dm_symbol_is_entrywise(const dm_symbol *call);                           /* h(A), entry by entry */

/* s with `from` replaced by `to` wherever it stands.                                         rebuild.c */
const dm_symbol *dm_symbol_rebuild(const dm_symbol *s, const dm_symbol *const of[]);
const dm_symbol *dm_symbol_replace(const dm_symbol *s, const dm_symbol *from, const dm_symbol *to);
bool dm_symbol_contains(const dm_symbol *s, const dm_symbol *part);

/* s with names in the places of parts that occur more than once and are worth it; `parts` says what they
 * stand for, at most `room`.                                                                 naming.c */
typedef struct {
    const char *name;
    const dm_symbol *part;
} dm_named_part;
const dm_symbol *dm_symbol_name_parts(const dm_symbol *s, dm_named_part parts[], size_t room, size_t *n);

typedef struct {
    const dm_symbol *left, *right;     /* left = right */
} dm_equation;

/* What is written by a name of its own because it has no closed form, such as the eigenvalues of a variable,
 * and what the names mean.                                                              quantities.c */
typedef struct {
    dm_equation is;                    /* A = Q*diag(lambda)*Q' */
    dm_equation where[2];              /* lambda = eig(A).values, Q = eig(A).vectors */
    const char *remark;                /* ", 0 on the diagonal"; NULL: none */
    bool decomposed;                   /* of a matrix, not of F */
} dm_definition;

enum { DM_DECOMPOSED = 3 };            /* so many matrices at most */

typedef struct {
    const dm_symbol *part[4 * DM_DECOMPOSED], *name[4 * DM_DECOMPOSED];
    size_t n;
    dm_definition definition[2 * DM_DECOMPOSED];
    size_t definitions;
} dm_quantities;

/* Those in all of s; none is called by the name `taken`. */
void dm_symbol_quantities(const dm_symbol *const s[], size_t n, const char *taken, dm_quantities *q);
const dm_symbol *dm_symbol_in_quantities(const dm_symbol *s, const dm_quantities *q);
bool dm_symbol_is_variable(const dm_context *context, const char *name);
const char *dm_unused_name(dm_context *context, const char *name);     /* name_ where that is a variable */

const dm_symbol *dm_symbol_expand(const dm_symbol *s);      /* products multiplied out            expand.c */

/* The shortest form that is known: common factors taken out.                                 shorten.c */
const dm_symbol *dm_symbol_shorten(const dm_symbol *s);

#endif
