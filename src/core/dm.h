/* The dm, its context, its level, its failures.  Everything above includes this.
 *
 * A dm of level 0 (level == NULL) is a number: rows × slots × cols doubles, see numbers/number.h.  One of
 * a higher level has a value of any lower level and a differential whose coefficients are of lower
 * levels too: pushed (a dm, one or several directions side by side) or formal (a sum of terms).       */
#ifndef DM_CORE_DM_H
#define DM_CORE_DM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <gsl/gsl_math.h>
#include <dualmat.h>

typedef struct dm_op dm_op;
typedef struct dm_level dm_level;
typedef struct dm_term dm_term;
typedef struct dm_factors dm_factors;
typedef struct dm_symbol dm_symbol;
typedef struct dm_line dm_line;

/* The linear maps whose matrix is a Kronecker product: d -> scale * L*d*R, or L*d'*R; NULL is the identity. */
typedef struct {
    double scale;
    dm *L, *R;
    bool transposed;
} dm_sandwich;

/* What an operation needs beside its operands: a number, a place and a shape (0-based). */
typedef struct {
    double number;
    size_t row, col, rows, cols;
} dm_parameters;

/* An operation is one row.  Formula and differential are in the expression language; shapes has two
 * letters an operand ("mn np"; 1 is one), then two for the result, ?? where `shape` works it out.    */
struct dm_op {
    const char *name;                  /* "mul": dm_mul in C */
    const char *operands;              /* "AB": their letters in the formula, in order */
    const char *formula;               /* "A*B" */
    const char *differential;          /* "dA*B + A*dB" */
    const char *shapes;                /* "mn np mp" */
    bool entrywise;                                      /* an entry is made of the operands' entry there ... */
    double (*h)(double x);                               /* ... by this function of it alone; not finite outside its
                                                            domain */
    const char *slope;                                   /* the row that h' is, where both ... */
    double (*with_slope)(double x, double *slope);       /* ... come for little more than one */
    void (*value)(dm *C, dm *const X[]);                 /* level 0: fill C's number */
    bool later;                                          /* which cannot fail, so that it is not done before
                                                            somebody asks for an entry */
    void (*rule)(dm *C, dm *const X[]);                  /* state dC as a sum of terms */
    dm *(*at_once)(dm *const X[]);                       /* value and pushed differential in one go, where
                                                            both are small; NULL: not these.  NULL: never */
    dm *(*adjoint)(const dm *C, dm *u, const dm *X);     /* a linear operation's transpose */
    bool (*form)(const dm *C, dm_sandwich *form);        /* a linear operation that is L*X*R or L*X'*R */
    bool (*shape)(dm *C, dm *const X[]);                 /* further checks, and ?? */
    dm *(*compose)(dm *const X[], const dm_parameters *);/* instead of value and rule: made of others */
    const char *parameters;            /* after the operands in the formula: i j (a place), r c (a shape),
                                          p (a number), k (an integer) */
};

enum { DM_OPERANDS = 2 };              /* no operation takes more */

typedef enum {
    DM_DENSE, DM_ZERO, DM_FILL, DM_IDENTITY, DM_DIAGONAL, DM_VIEW, DM_PRODUCT, DM_HADAMARD, DM_ALONG,
    DM_PLACED, DM_LATER
} dm_form;

typedef struct {
    size_t row, col;
} dm_place;

/* Which entries of a square matrix may be other than 0; one that is diagonal is either triangle. */
typedef enum { DM_UNSEEN, DM_FULL, DM_LOWER, DM_UPPER } dm_triangle;

/* What was seen of its entries: nothing; all are finite; and the sum of their squares is, too. */
typedef enum { DM_UNKNOWN, DM_FINITE, DM_MODERATE } dm_extent;

/* What a number is made of; numbers/number.h says what each form means. */
typedef struct {
    dm_form form;
    bool left_transposed, right_transposed;
    bool diagonal;                     /* DIAGONAL, formed or not: left is no original */
    unsigned char finite;              /* a dm_extent */
    bool gram;                         /* symmetric positive semidefinite by the way it was made ... */
    bool definite;                     /* ... and, but for rounding, definite */
    bool temporary;                    /* a sum under way, nobody else holds it yet */
    unsigned char triangle;            /* a dm_triangle, once somebody asked for it; a view's is its original's */
    unsigned depth;                    /* how many numbers deep that are not made yet */
    double scale;                      /* of all forms that have one */
    double *data;                      /* DENSE */
    dm *left, *right;
    const dm_place *place;             /* PLACED: one a slot */
    dm_factors *factors;               /* LU, Cholesky or its own triangle, once somebody asked */
    dm *inverse;                       /* likewise */
} dm_number;

typedef struct {
    int code;
    bool raised;                       /* through gsl_error already */
    char message[480];
} dm_failure;

struct dm {
    _Alignas(16) dm_context *context;
    dm_level *level;                   /* NULL: a number */
    size_t rows, slots, cols;          /* slots > 1: so many directions side by side, row by row */
    bool small;                        /* dense and at most 8×8, or pushed and made of such: worth a loop of our own */
    const dm_op *op;                   /* how it was made; NULL: handed in, or a sum of contributions */
    const dm_op *within;               /* made for the differential of this operation */
    unsigned long scope;               /* the scope in which it was made */
    dm *in[DM_OPERANDS];
    const dm_parameters *with;
    const char *name;                  /* for messages, or NULL */
    dm_failure *failure;               /* NULL: all is well */
    union {                            /* level 0 of a context that has a base: what it stands for there */
        const dm_symbol *symbol;
        dm_line *line;
    };
    union {
        dm_number number;
        struct {
            dm *value;
            dm *differential;          /* pushed; NULL is zero */
            dm_term *terms;            /* formal, the last one first */
            union {                    /* of the pass `pass` */
                dm *adjoint;           /* while reading off */
                struct dm_way *way;    /* while its terms are composed */
            };
            unsigned long pass;
            dm *before;                /* the formal dm of this level made before this one */
            bool variable;
        } dual;
    };
};

typedef enum { DM_PUSHED, DM_FORMAL } dm_kind;

struct dm_level {
    unsigned depth;                    /* 1, 2, ...: which of two levels is the outer one */
    dm_kind kind;
    size_t directions;                 /* pushed */
    dm *last;                          /* formal: the newest dm, from which `before` leads to all */
    dm *read;                          /* the dm whose pass is complete ... */
    unsigned long released;            /* ... and still stands if no scope was released since */
    unsigned long pass;
};

/* ------------------------------------------------------------------------------------- context --
 *
 * What computes at level 0.  NULL in a context means numbers: an operation's own `value` on doubles.  A
 * base of another kind (named expressions) makes its dm here instead; the rules never know.          */
typedef struct {
    void (*apply)(dm *C, dm *const X[]);                 /* C->op of X, C's shape is set */
    dm *(*accumulate)(dm *sum, double p, dm *x);         /* sum + p*x; sum may be NULL */
    dm *(*size)(dm_context *context, size_t n);          /* a number of rows or columns, as a 1×1 */
    dm *(*product)(dm *A, bool A_transposed, dm *B, bool B_transposed);    /* NULL: coefficients are not composed */
    dm *(*number)(dm *A);                                /* A's entries after all, for a function that looks at them.
                                                            NULL: they are never looked at */
    void (*general)(dm_context *context);                /* a rule takes the form that it has in general, since it
                                                            cannot look at entries.  NULL: nobody minds */
} dm_base;

typedef struct dm_chunk dm_chunk;

/* A number older than the scope, formed or factored within it: what it was before. */
typedef struct dm_late dm_late;
struct dm_late {
    dm *A;
    dm_form form;
    dm_factors *factors;
    dm *inverse;
    dm_late *before;
};

struct dm_context {
    char *at, *end;                    /* the free rest of the chunk in use */
    dm_chunk *chunk, *first;
    const dm_base *base;
    bool quiet;                        /* failures are kept, not raised: the driver asks for them itself */
    dm_failure error;                  /* the first one, code 0: none */
    dm_level dual, formal;             /* of dm_dual and dm_variable: depth 1 and 2 */
    const dm_op *within;               /* the operation whose rule is being run, the outermost one */
    unsigned long scope;               /* the innermost open one, 0: none */
    unsigned long scopes, released;    /* how many were opened, and how many released what they made */
    unsigned long formal_made;         /* how many formal dm were made */
    dm_late *late;                     /* what the end of the scope puts back */
    unsigned depth;                    /* of the topmost level */
    char *carry;                       /* what a scope keeps, while it is closed */
    size_t carry_size;
    dm_failure memory_failure;
    dm out_of_memory;                  /* the dm that stands for one there was no memory for */
};

/* Is level 0 something else than numbers, so that a rule that looks at entries must take its general form? */
static inline bool dm_in_general(dm_context *context)
{
    if (context->base && context->base->general)
        context->base->general(context);
    return context->base != NULL;
}

dm_context *dm_new_context(void);      /* NULL: no memory, and nothing is raised */
void *dm_arena_grow(dm_context *context, size_t bytes);

/* Under the address sanitizer nothing of the arena may be touched but what was asked for and is not released. */
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#define DM_IN_USE(place, bytes) __asan_unpoison_memory_region(place, bytes)
#define DM_FREE(place, bytes) __asan_poison_memory_region(place, bytes)
#else
#define DM_IN_USE(place, bytes) ((void) 0)
#define DM_FREE(place, bytes) ((void) 0)
#endif

/* Aligned for vectors of four doubles, and what is eight lines of the cache or more, as BLAS likes it, to a line;
 * NULL: no memory.                                                                                   */
static inline void *dm_arena_alloc(dm_context *context, size_t bytes)
{
    size_t rounded = (bytes + 31) & ~(size_t) 31, pad = bytes >= 512 ? -(uintptr_t) context->at % 64 : 0;

    if (bytes > SIZE_MAX / 4 || rounded + pad > (size_t) (context->end - context->at))
        return dm_arena_grow(context, bytes);
    char *place = context->at + pad;
    context->at = place + rounded;
    DM_IN_USE(place, bytes);
    return place;
}

/* A's form or factors are about to change: a scope that is younger than A puts them back. */
bool dm_remember(dm *A);
/* The end of a scope with nothing kept: everything made since it was opened is gone. */
void dm_scope_release(const dm_scope *scope);

/* All bytes 0, by stores of 16: what gcc makes of a memset or an initializer of this size, `rep stos`, takes 12 ns
 * longer, and every dm begins here.                                                                  */
static inline void dm_wipe(dm *A)
{
    typedef long long two __attribute__((vector_size(16), may_alias));
    two *place = (two *) A;

    _Static_assert(sizeof *A % sizeof *place == 0, "a dm is wiped by pairs of words");
#pragma GCC unroll 16
    for (size_t i = 0; i < sizeof *A / sizeof *place; i++)
        place[i] = (two) { 0 };
}

dm *dm_out_of_memory(dm_context *context);

/* What lies at A becomes a number that has no entries yet. */
static inline dm *dm_begin(dm *A, dm_context *context, size_t rows, size_t slots, size_t cols)
{
    dm_wipe(A);
    A->context = context;
    A->within = context->within;
    A->scope = context->scope;
    A->rows = rows;
    A->slots = slots;
    A->cols = cols;
    return A;
}

/* A new one; or the context's out-of-memory dm, which is failed. */
static inline dm *dm_new(dm_context *context, size_t rows, size_t slots, size_t cols)
{
    dm *A = dm_arena_alloc(context, sizeof *A);

    return A ? dm_begin(A, context, rows, slots, cols) : dm_out_of_memory(context);
}

/* A dm of that level, without value and differential; or the out-of-memory dm. */
static inline dm *dm_new_dual(dm_context *context, dm_level *level, size_t rows, size_t slots, size_t cols)
{
    dm *A = dm_new(context, rows, slots, cols);

    if (A != &context->out_of_memory)
        A->level = level;
    return A;
}

dm_level *dm_level_open(dm_context *context, dm_kind kind);       /* on top of all; NULL: no memory */

/* -------------------------------------------------------------------------------------- errors --
 *
 * dm_fail marks C (or, where there is none, a new dm of the context) as failed and returns it.  The
 * first failure is the one that stands.                                                             */
dm *dm_fail(dm *C, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));
dm *dm_failed(dm_context *context, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
dm *dm_no_memory(dm *C);               /* C fails with GSL_ENOMEM */
int dm_raise(const dm *A);             /* its code; through gsl_error if it has not been yet */

/* How messages speak of the operand X, the i-th of op: its name, or the letter of the formula. */
typedef struct { char text[2]; } dm_letter;
const char *dm_operand_name(dm_letter *letter, const dm_op *op, size_t i, const dm *X);

static inline size_t dm_arity(const dm_op *op)
{
    return op->operands[1] ? 2 : 1;
}

static inline bool dm_is_failed(const dm *A)
{
    return A->failure != NULL;
}

/* X failed: C fails for the same reason. */
static inline bool dm_inherit(dm *C, const dm *X)
{
    if (!X->failure)
        return false;
    if (!C->failure)
        C->failure = X->failure;
    return true;
}

/* a*b; where that is no size_t the largest one, of which there is no memory. */
static inline size_t dm_sizes(size_t a, size_t b)
{
    size_t product;

    return __builtin_mul_overflow(a, b, &product) ? (size_t) -1 : product;
}

static inline size_t dm_size(const dm *A)
{
    return A->rows * A->slots * A->cols;
}

#endif
