/* Whole programs: a function that computes the value and the gradient. */
#ifndef DM_SYMBOLS_SOURCE_H
#define DM_SYMBOLS_SOURCE_H

#include "symbols/formula.h"

typedef struct {
    const char *name;                  /* of a variable */
    bool scalar;                       /* it is 1×1 */
} dm_source_variable;

/* Value f and derivative U (named `result`: "U", "J" or "H") as a function of the variables. */
typedef struct {
    const char *name;                  /* of the function */
    const char *expression;            /* f as it was given, for the comment */
    const char *result, *formula;      /* and the formula in the expression language */
    const char *note[2];               /* what else there is to say; NULL or "": nothing */
    const dm_symbol *f, *U;
    const dm_source_variable *variable;
    size_t n;
} dm_source;

/* A function that a program carries along: its name, its text, and the names of those it needs. */
typedef struct {
    const char *name, *code, *needs;
} dm_helper;

extern const dm_helper dm_helpers_c[], dm_helpers_numpy[], dm_helpers_octave[];  /* at most 64, NULL behind */

/* The words of a language that no variable may be called by, besides the names of its helpers. */
typedef struct {
    const char *words;
    const dm_helper *helpers;
} dm_vocabulary;

extern const dm_vocabulary dm_words_c, dm_words_numpy, dm_words_octave;
const char *dm_name_in_program(dm_context *context, const dm_vocabulary *in, const char *variable);

void dm_use_helper(uint64_t *used, const dm_helper *all, const char *name);    /* and what it needs */
void dm_put_helpers(dm_text *to, uint64_t used, const dm_helper *all, const char *before, const char *behind);

void dm_put_notes(dm_text *to, const dm_source *s, const char *before);        /* each behind that */

/* One function or several in one program, its helpers once. */
void dm_write_numpy_functions(dm_text *to, const dm_source s[], size_t n);
void dm_write_octave_functions(dm_text *to, const dm_source s[], size_t n);
void dm_write_c_functions(dm_text *to, const dm_source s[], size_t n);

#endif
