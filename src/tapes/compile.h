/* What the files that turn lines into a program share. */
#ifndef DM_TAPES_COMPILE_H
#define DM_TAPES_COMPILE_H

#include "tapes/instructions.h"
#include "tapes/tape.h"

/* An instruction, and the lines it is about: small ones get their places when all instructions are known. */
typedef struct {
    dm_instruction step;
    dm_line *C, *A, *B;
    bool numbers;                      /* it is one of numbers */
    bool both;                         /* it makes B too */
} dm_draft;

/* A number that every run finds as it was made: without the factors and other things that a run left there. */
typedef struct dm_origin dm_origin;
struct dm_origin {
    dm *A;
    dm_number made;
    const dm_line *line;
    bool small;
    dm_origin *next;
};

/* Where an instruction reads entries that are handed in, or leaves a result that varies. */
typedef struct dm_reading dm_reading;
struct dm_reading {
    const double **at;
    dm_reading *next;
};

typedef struct {
    dm_context *context;
    dm_draft *draft;
    dm_origin *origin;
    size_t drafts, room;
    dm_program *program;
    size_t varying;                    /* drafts before those that are made again for what varies */
    bool in_turn;                      /* it is these that are being made, */
    bool again;                        /*     and there are numbers among them */
    bool begun;                        /* numbers are as they were made */
    bool failed;                       /* no memory */
} dm_compiling;

/* scale * X('), as it stands in a sum. */
typedef struct {
    double scale;
    dm_line *X;
    bool transposed;
} dm_summand;

/* ------------------------------------------------------------------------------------------ needed.c */

/* Count the uses of all lines, of which `wanted` are results, and see which of them a sum can take in. */
void dm_see_what_is_needed(dm_line *const list[], size_t n, dm_line *const wanted[], size_t wants);

bool dm_is_there(const dm_line *L);    /* its entries lie in order, where an instruction can read them */

/* Can X be made by an instruction of small matrices, with its entries in the order of X, or of X'? */
bool dm_is_direct(dm_line *X, bool transposed);

/* Is it the CALL of this row, of one slot, whose operand is there? */
bool dm_is_simple_call(const dm_line *L, const char *row);

/* A product A(')*B(') as such an instruction; its `run` is NULL where there is none. */
dm_instruction dm_product_step(const dm_summand *t, dm_line **A, dm_line **B);

/* -------------------------------------------------------------------------------------------- emit.c */

void dm_begin_numbers(dm_compiling *c);                /* once, before the first instruction of numbers */
void dm_emit(dm_compiling *c, dm_line *L);             /* the instructions that make L */
dm *dm_line_number(dm_compiling *c, dm_line *L);       /* for instructions of numbers; NULL: no memory */

/* One instruction more: any, one of small matrices, one of numbers. */
void dm_add_draft(dm_compiling *c, dm_draft d);
void dm_add_small(dm_compiling *c, dm_instruction step, dm_line *C, dm_line *A, dm_line *B);
void dm_add_numbers(dm_compiling *c, dm_doing *run, dm_line *C, double scale, dm_line *A, bool A_transposed,
                    double second, dm_line *B, bool B_transposed);

/* C, made by instructions of numbers, is complete; a small one gets its entries where its other readers look. */
void dm_complete(dm_compiling *c, dm_line *C);

/* Do its entries stand in another order than X's?  A single row or column of one slot is the same either way. */
bool dm_is_turned(const dm_summand *t);

/* C = t, or C += t, by an instruction of small matrices; false: there is none for it. */
bool dm_add_small_term(dm_compiling *c, dm_line *C, bool adds, const dm_summand *t);

/* -------------------------------------------------------------------------------------------- sums.c */

void dm_emit_sum(dm_compiling *c, dm_line *C);

#endif
