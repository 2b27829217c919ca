/* The steps of a program: one call each. */
#ifndef DM_TAPES_INSTRUCTIONS_H
#define DM_TAPES_INSTRUCTIONS_H

#include "numbers/number.h"

/* C = beta*C + scale*what(A, B).  A step of small matrices knows where their entries lie, and that they are there;
 * any other one knows their numbers.                                                                  */
typedef struct dm_instruction dm_instruction;
struct dm_instruction {
    bool (*run)(const dm_instruction *s);     /* false: it came to something that is not regular, or no memory */
    union {
        struct { double *C; const double *A, *B; } at;
        struct { dm *C, *A, *B; } of;
    };
    double scale, second;
    unsigned rows, inner, cols;        /* of A(')*B('); slots are so many more rows of A or columns of B */
    bool A_transposed, B_transposed, adds;         /* adds: beta is 1, else 0 */
};

/* Of small matrices. */
bool dm_do_product(const dm_instruction *s);            /* A(')*B(') */
bool dm_do_add(const dm_instruction *s);                /* A, rows×cols */
bool dm_do_add_transposed(const dm_instruction *s);     /* A' */
bool dm_do_combine(const dm_instruction *s);            /* scale*A + second*B */
bool dm_do_diagonal(const dm_instruction *s);           /* I, rows×cols, which are alike; it adds */
bool dm_do_fill(const dm_instruction *s);               /* every entry; it adds */
bool dm_do_hadamard(const dm_instruction *s);           /* A.*B */
bool dm_do_multiple(const dm_instruction *s);           /* A*B, B 1×1 */
bool dm_do_inner(const dm_instruction *s);              /* tr(A'*B) */
bool dm_do_inner_transposed(const dm_instruction *s);   /* tr(A*B) */

/* The one for small squares of that size, or the general one. */
bool (*dm_instruction_for_product(const dm_instruction *s))(const dm_instruction *s);

/* Of numbers: C is made anew, in whatever form suits it, as an operation would. */
bool dm_do_make_view(const dm_instruction *s);          /* scale*A(') */
bool dm_do_make_product(const dm_instruction *s);       /* scale*A(')*B(') */
bool dm_do_make_hadamard(const dm_instruction *s);      /* scale*A.*B */
bool dm_do_make_multiple(const dm_instruction *s);      /* scale*b*A */
bool dm_do_make_inner(const dm_instruction *s);         /* scale*tr(A(')'*B(')) */
bool dm_do_make_sum(const dm_instruction *s);           /* scale*A(') + second*B(') */
bool dm_do_add_number(const dm_instruction *s);         /* C += scale*A(') */
bool dm_do_call(const dm_instruction *s);               /* op(A, B) */
bool dm_do_settle(const dm_instruction *s);             /* C's entries to where they belong, which is at s->at.A */

#endif
