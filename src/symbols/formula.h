/* How a symbol is written: a tree of signs and calls, the same for every output language.
 *
 * Minus signs, fractions, powers, A\B and B/A, sums of rows and columns, and transposes taken together are
 * chosen here; a writer only spells them.                                                             */
#ifndef DM_SYMBOLS_FORMULA_H
#define DM_SYMBOLS_FORMULA_H

#include <stdarg.h>
#include "symbols/symbols.h"

typedef enum {
    DM_FORMULA_NUMBER, DM_FORMULA_NAME, DM_FORMULA_SIZE, DM_FORMULA_ONES, DM_FORMULA_ZEROS, DM_FORMULA_EYE,
    DM_FORMULA_LITERAL, DM_FORMULA_DIFFERENTIAL,
    DM_FORMULA_ADD, DM_FORMULA_SUB, DM_FORMULA_NEG,
    DM_FORMULA_MUL,                    /* A*B, of matrices */
    DM_FORMULA_SCALE,                  /* s*A, one or both 1×1 */
    DM_FORMULA_OVER,                   /* A/s */
    DM_FORMULA_UNDER, DM_FORMULA_SOLVE_RIGHT,              /* A\B and B/A, A a matrix */
    DM_FORMULA_TIMES, DM_FORMULA_QUOTIENT,                 /* .* and ./ ; the numerator may be a number */
    DM_FORMULA_POWER, DM_FORMULA_ENTRY_POWER,              /* ^number and .^number */
    DM_FORMULA_TRANSPOSE, DM_FORMULA_INVERSE, DM_FORMULA_SQRT,
    DM_FORMULA_CALL,
} dm_formula_kind;

typedef struct dm_formula dm_formula;
struct dm_formula {
    dm_formula_kind kind;
    const dm_formula *of[2];
    const dm_symbol *symbol;           /* of NAME, ONES, LITERAL ...: what it is */
    double number;
    const dm_op *op;                   /* of a CALL, with its parameters */
    const dm_parameters *with;
    size_t rows, cols;
    unsigned cost;                     /* operations in it */
};

/* NULL: no memory. */
const dm_formula *dm_formula_of(const dm_symbol *s);

/* ----------------------------------------------------------------------------------------- writing
 *
 * Text that grows in a context's arena; `text` is NULL once there was no memory.                    */
typedef struct {
    dm_context *context;
    char *text;
    size_t length, room;
    bool failed;
    const char *missing;               /* an operation the output language does not know */
    uint64_t helpers;                  /* which of the language's helpers are called */
} dm_text;

void dm_text_put(dm_text *to, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* `count` places from `first` on, of `all`: one, all, or from where to where.  Where places count from 0 the end is
 * the place behind, and one place is written so too, lest a matrix become a vector.                  */
void dm_text_range(dm_text *to, size_t origin, size_t first, size_t count, size_t all);
void dm_text_put_list(dm_text *to, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));
void dm_text_number(dm_text *to, double x);            /* the shortest digits that give x */
const char *dm_text_done(const dm_text *to);           /* NULL: no memory */

/* In the expression language; in Octave; in Python with NumPy, where all variables are two-dimensional.
 * The others fail on what their language has no name for, and `missing` of the text says what.       */
void dm_write_text(dm_text *to, const dm_formula *f);
void dm_write_octave(dm_text *to, const dm_formula *f);
void dm_write_numpy(dm_text *to, const dm_formula *f);
const char *dm_symbol_text(const dm_symbol *s);

/* A line that is too long: of its first `room` bytes those before the best break, which is behind a sign, in
 * the fewest parentheses, behind + and - rather than * and commas, and then as late as may be.  All of them
 * where there is none.                                                                        fold.c */
size_t dm_first_part(const char *line, size_t room);

/* Each line of the text in at most `width` columns if it can be, with `indent` before what follows a break. */
void dm_put_folded(dm_text *to, const char *text, size_t width, const char *indent);

/* The size n as rows or columns of a variable, or as a product of two such; how many of them, 0: as a number. */
size_t dm_names_of_size(const dm_symbol *s, size_t n, const dm_size_name *name[2]);

#endif
