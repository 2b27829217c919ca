/* derive: what was derived, and the ways of showing it. */
#ifndef DUALMAT_DERIVE_H
#define DUALMAT_DERIVE_H

#include <stdio.h>
#include "command/command.h"
#include "drivers/derive.h"

enum { DERIVE_POINTS = 3 };            /* at which a formula is held against the numbers */

typedef struct {
    const problem *problem;
    const variable *x;                 /* by which it is differentiated */
    dm_derivation derivation;
    const char *formula;               /* the result, in the expression language; NULL: no closed form */
    double error;                      /* the largest relative one at those points */
    bool unseen;                       /* at one of them the derivative is nothing but rounding errors */
    dm_check_report taylor;            /* at the last point */
} derived;

const char *result_name(dm_derivative kind);          /* "U" */

/* The i-th line of the derivation as text: its three parts. */
const char *left_of(const derived *d, size_t i);
const char *line_of(const derived *d, size_t i);
const char *reason_of(const derived *d, size_t i);

/* What a reader of the formula should know besides: how many notes. */
enum { NOTES = 4 };
size_t notes_of(const derived *d, const char *note[NOTES]);
const char *agreement(const derived *d, char text[120]);       /* "agrees with the dual numbers to ..." */

/* derive_text.c.  An exit status: WORDS where the output language lacks what a formula needs. */
int print_derived(const derived *all, size_t n, const char *language);       /* is_output_language */
void json_derived(const derived *all, size_t n);
bool is_output_language(const char *name);

/* derive_page.c.  false: not written. */
bool write_page(FILE *to, const derived *all, size_t n);

#endif
