/* Derivatives as formulas, and how one gets there: the same rules, run on symbols.
 *
 * A derivation is a list of lines: f, df by one rule after the other, at last df = tr(U'*dA), from which U is
 * read.  U itself does not come from those lines but from reading off the terms.                      */
#ifndef DM_DRIVERS_DERIVE_H
#define DM_DRIVERS_DERIVE_H

#include "symbols/formula.h"

typedef struct {
    const char *name;
    size_t rows, cols;
    bool symmetric;
} dm_derive_variable;

/* A function of named variables, built by the operations; NULL or failed where it cannot be. */
typedef struct {
    dm *(*f)(dm_context *context, dm *const values[], void *params);
    void *params;
    const dm_derive_variable *variable;
    size_t n;
} dm_derive_function;

/* Why a line is so, as far as there is anything to say:
 * chain rule: d(log(A)) = dA./A      lambda = eig(A).values, Q = eig(A).vectors                         */
typedef struct {
    const char *words, *remark;        /* before and behind the equations, with a colon, a comma; NULL: none */
    dm_equation equation[2];           /* left NULL: none */
} dm_reason;

typedef struct {
    const dm_symbol *left;             /* df; NULL where it is that of the line above */
    const dm_formula *right;
    dm_reason why;
    const dm_symbol *symbol;           /* what stands on the right: this, or tr(symbol'*dX) */
    bool read;
} dm_derive_step;

/* How words and formulas are written, in whatever language. */
typedef struct {
    void (*words)(dm_text *to, const char *words);
    void (*formula)(dm_text *to, const dm_formula *f);
    const char *equals;
} dm_manner;

extern const dm_manner dm_manner_text;
void dm_write_reason(dm_text *to, const dm_reason *why, const dm_manner *in);

typedef struct {
    dm_context *context;               /* in which all of it lives; NULL: nothing was derived */
    dm_derivative kind;
    dm_derive_step *step;
    size_t steps;
    const dm_symbol *f_name;           /* f, or F of a matrix */
    const dm_symbol *f, *result;       /* result: U, J or H; NULL where there is no closed form */
    const dm_symbol *differential;     /* of f, or of U for a Hessian: linear in dA */
    const dm_symbol *f_shown, *shown;  /* f and the result in quantities that have names, as the steps are */
    const char *quantities;            /* what these are; "" */
    const char *note;                  /* on an operation of the result that has no closed form; "" */
    int code;                          /* GSL_SUCCESS, or why there is no result */
    char message[480];
} dm_derivation;

/* The result's code.  Free with dm_derivation_free in any case. */
int dm_derive(const dm_derive_function *F, size_t wrt, dm_derivative kind, dm_derivation *d);
void dm_derivation_free(dm_derivation *d);

#endif
