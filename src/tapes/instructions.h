/* The steps of a program: one call each. */
#ifndef DM_TAPES_INSTRUCTIONS_H
#define DM_TAPES_INSTRUCTIONS_H

#include "numbers/number.h"

/* C = beta*C + scale*what(A, B).  One of small matrices knows where their entries lie, and that they are there; any
 * other one knows their numbers.  It returns how many instructions further the program goes on, mostly 1; 0: it came
 * to something that is not regular, or there is no memory.                                            */
typedef struct dm_instruction dm_instruction;
typedef unsigned dm_doing(const dm_instruction *s);
struct dm_instruction {
    dm_doing *run;
    union {
        struct { double *C; const double *A, *B; } at;
        struct { dm *C, *A, *B; } of;
        struct dm_program *program;
    };
    double scale;
    union {
        double second;
        double (*h)(double x);
        double (*with_slope)(double x, double *slope);
        size_t offset;
    };
    unsigned rows, inner, cols;        /* of A(')*B('); slots are so many more rows of A or columns of B */
    bool A_transposed, B_transposed, adds;         /* adds: beta is 1, else 0 */
};

/* Of small matrices.                                                                          small.c */
dm_doing dm_do_product;                /* A(')*B(') */
dm_doing dm_do_add;                    /* A, rows×cols */
dm_doing dm_do_add_transposed;         /* A' */
dm_doing dm_do_combine;                /* scale*A + second*B */
dm_doing dm_do_diagonal;               /* I, rows×cols, which are alike; it adds */
dm_doing dm_do_fill;                   /* every entry; it adds */
dm_doing dm_do_hadamard;               /* A.*B */
dm_doing dm_do_clear;                  /* C = 0, rows×cols */
dm_doing dm_do_block;                  /* the block of A that begins at the offset, A's rows `inner` apart */
dm_doing dm_do_embed;                  /* A, added to the block of C that begins there */
dm_doing dm_do_multiple;               /* A*B, B 1×1 */
dm_doing dm_do_inner;                  /* tr(A'*B) */
dm_doing dm_do_entries;                /* h(A) */
dm_doing dm_do_entries_and_slopes;     /* h(A), and h'(A) to where B is */
dm_doing dm_do_rows;                   /* diag(B)*A */
dm_doing dm_do_columns;                /* A*diag(B) */

/* Of small matrices.                                                                         closed.c
 * The inverse of a row-major matrix of two to four rows, by cofactors, and its determinant (X may be NULL); false: its
 * rows are too near to dependence for that to be as accurate as elimination.                         */
enum { DM_CLOSED = 4 };
bool dm_closed_inverse(size_t n, const double *A, double *X, double *determinant);

/* By cofactors; where that is accurate the program goes on behind the `inner` instructions for where it is not. */
dm_doing *dm_do_inverse_of(const dm_instruction *s);   /* inv(A), of that many rows */
dm_doing dm_do_logdet;                 /* logdet(A) */

/* This one and the next two are P = A*B, D = dA*B, D += A*dB: all three at once; NULL: there is no such instruction. */
dm_doing *dm_do_dual_product_of(const dm_instruction *s);

/* This one and the next are T = A(')*B(') and a product of T, which nobody else needs, from the left or the right; NULL:
 * there is no such instruction.                                                                       */
dm_doing *dm_do_two_products_of(const dm_instruction *s, bool from_the_right);

/* This one and the next add products to the same place; NULL: there is no such instruction. */
dm_doing *dm_do_added_products_of(const dm_instruction *s);

/* The one made for the sizes of this instruction, or the general one: a product (NULL: there is none), A', tr(A*B). */
dm_doing *dm_do_product_of(const dm_instruction *s);
dm_doing *dm_do_transpose_of(const dm_instruction *s);
dm_doing *dm_do_inner_transposed_of(const dm_instruction *s);

/* Of numbers: C is made anew, in whatever form suits it, as an operation would.                numbers.c */
dm_doing dm_do_begin;                  /* in program.c: all numbers are as they were made, ... */
dm_doing dm_do_begin_again;            /*     or those that vary */
dm_doing dm_do_make_view;          /* scale*A(') */
dm_doing dm_do_make_product;       /* scale*A(')*B(') */
dm_doing dm_do_make_hadamard;      /* scale*A.*B */
dm_doing dm_do_make_multiple;      /* scale*b*A */
dm_doing dm_do_make_inner;         /* scale*tr(A(')'*B(')) */
dm_doing dm_do_make_sum;           /* scale*A(') + second*B(') */
dm_doing dm_do_add_number;         /* C += scale*A(') */
dm_doing dm_do_call;               /* op(A, B) */
dm_doing dm_do_settle;             /* C's entries to where they belong, which is at s->at.A */

#endif
