/* The third base of level 0: a tape.  Operations are written down instead of carried out, each as a line; what
 * the rules state, read off or nest comes to lines like all else, so that a derivative of any order is one list of
 * them.  Compiled, the list is a program: its levels, rules, shapes and unneeded lines are gone, and it can be run
 * again and again with other entries.
 *
 * A line is known by its kind.  Multiples and transposes of a line are free, as for numbers:
 *
 *     GIVEN       a number that was handed in; its entries are read anew by each run
 *     ZERO FILL IDENTITY         as numbers: nothing, scale everywhere, scale*I
 *     VIEW        scale * of[0](')
 *     SUM         scale * of[0](') + second * of[1](')
 *     PRODUCT     scale * of[0](') * of[1](')
 *     HADAMARD    scale * of[0] .* of[1]
 *     MULTIPLE    scale * of[0] * of[1], of[1] 1×1
 *     INNER       scale * tr(of[0](')' * of[1]('))
 *     ROWS COLUMNS               scale * diag(of[1]) * of[0], scale * of[0] * diag(of[1]), all small
 *     CALL        op(of): whatever has no kind of its own
 *
 * What is not small keeps the forms of numbers, and is formed when it is needed by the same code: a program only
 * saves their bookkeeping.  Matrices of up to 64 rows and columns, for which that takes time that is seen, have entries
 * in a fixed place and steps of their own.
 *
 * Where something varies, a direction of which there are several, what is made from it comes behind all else, and the
 * program can go on from there with another one: its first part is run once, the second in turn for each.  The result
 * that varies has a place too, of whatever size it is, but not a fixed one: it is made where it is wanted.
 *
 * A program knows no errors: where a number is singular, outside a domain or not finite, the run stops, and who ran
 * it goes the ordinary way, whose results and messages are the right ones.                            */
#ifndef DM_TAPES_TAPE_H
#define DM_TAPES_TAPE_H

#include "numbers/number.h"

typedef enum {
    DM_GIVEN, DM_LINE_ZERO, DM_LINE_FILL, DM_LINE_IDENTITY, DM_LINE_VIEW, DM_LINE_SUM, DM_LINE_PRODUCT,
    DM_LINE_HADAMARD, DM_LINE_MULTIPLE, DM_LINE_INNER, DM_LINE_ROWS, DM_LINE_COLUMNS, DM_LINE_CALL
} dm_line_kind;

enum { DM_SMALL = 64 };                /* rows and columns */

/* Worth a place: made sooner than its form is looked at. */
static inline bool dm_has_small_shape(size_t rows, size_t cols)
{
    return rows <= DM_SMALL && cols <= DM_SMALL;
}

struct dm_line {
    dm_line_kind kind;
    size_t rows, slots, cols;
    double scale, second;
    dm_line *of[DM_OPERANDS];
    bool transposed[DM_OPERANDS];
    const dm_op *op;                   /* of a CALL */
    const dm_parameters *with;
    dm *number;                        /* GIVEN: the one handed in; then what holds the line's entries in a run */
    dm_line *next;                     /* the line written after it */
    dm_line *users, *beside;           /* lines whose of[0] it is, and how these are strung together */

    bool own;                          /* GIVEN, and another one of the same entries is another line */
    bool varies;                       /* GIVEN, or made from what is: another one each time the program goes on */
    bool gram, definite;               /* symmetric positive semidefinite, or definite, by the way it was written, as
                                          numbers say it of themselves */

    /* Of the program. */
    size_t uses;                       /* by lines that are needed, and by results */
    bool wanted;                       /* a result */
    bool handed_out;                   /* one that goes to where it is wanted as it is */
    bool outer;                        /*     a column times a row that is written there, having neither place nor number; */
    bool scaled_rows;                  /*     or what has its rows scaled */
    bool inside;                       /* a term of the sum that alone uses it: made where that lands, */
    bool waits;                        /*     or made when that is, if it still needs it */
    bool made;                         /* by a step */
    bool small;                        /* its entries are in a place, at hand for the steps of small matrices */
    bool numbered;                     /* its number is ready for use */
    struct dm_reading *readings;       /* of one whose entries may be elsewhere tomorrow: where that is said */
    struct dm_origin *origin;
    size_t last;                       /* the instruction that reads it last, from 1; SIZE_MAX: the place stays its own */
    double *place;
};

static inline bool dm_is_known(const dm_line *L)
{
    return L->kind == DM_LINE_ZERO || L->kind == DM_LINE_FILL || L->kind == DM_LINE_IDENTITY;
}

/* What is known of a line is known of its number by the form. */
static inline void dm_know_number(const dm_line *known, dm_number *number)
{
    number->form = known->kind == DM_LINE_ZERO ? DM_ZERO : known->kind == DM_LINE_FILL ? DM_FILL : DM_IDENTITY;
    number->scale = known->scale;
}

enum { DM_GUARDED = 24 };

typedef struct {
    dm_base base;                      /* first: the context points to it */
    const dm_op *(*row)(const char *name);
    dm_line *first, *newest;
    size_t count;
    dm_line **table;                   /* by their hashes, to find what was written before */
    size_t room;                       /* a power of two, at least twice the count */
    bool particular;                   /* a rule took a form that holds in general only: no program is right */
    dm_line *guarded[DM_GUARDED];      /* factors that met early, whose entries must not be extreme in size */
    size_t guards;
} dm_tape_record;

/* Set what a line is by the way it was written: its operands are there. */
void dm_line_look(dm_line *L);

/* From now on level 0 of this context is written down; `row` finds an operation by name.  NULL: no memory. */
dm_tape_record *dm_tape_begin(dm_context *context, const dm_op *(*row)(const char *name));

/* The line that a dm of level 0 stands for; NULL: no memory. */
dm_line *dm_line_of(dm *A);

/* The same of a number that is handed in to each run, wherever it lies then. */
dm_line *dm_line_given(dm *A);

/* ------------------------------------------------------------------------------------- programs -- */

typedef struct dm_program dm_program;

/* A program that computes these lines; NULL: no memory.  It lives in the context, which computes with numbers from
 * now on.                                                                                            */
dm_program *dm_program_of(dm_context *context, dm_line *const wanted[], size_t n);

/* What is handed in lies there now, with its rows one behind the other; a result that varies is to be there. */
void dm_program_give(dm_line *line, double *entries);

/* Where a result's entries are: at `at`; or they are scale times this column times the row, or times its rows, each
 * times its factor.                                                                                  */
typedef struct {
    const double *at;                  /* NULL: the line has nothing of that, but a number */
    size_t rows, cols, entries;        /* cols: of all slots */
    const double *row, *factors;
    double scale;
} dm_result;

dm_result dm_result_of(const dm_line *L);

/* Are n of them finite?  Copy them to matrices of their shapes, whose rows lie one behind the other.  small.c */
bool dm_results_finite(const dm_result result[], size_t n);
void dm_results_copy(const dm_result result[], size_t n, gsl_matrix *const to[]);

/* Copy all to where they are wanted (NULL: nowhere), if all are finite: the way to do that for these n. */
typedef bool dm_taking(const dm_result result[], size_t n, gsl_matrix *const to[]);
dm_taking *dm_results_taking(const dm_result result[], size_t n);

/* false: it came to something that is not regular, or there is no memory.  After true the numbers of the wanted
 * lines are there; whether they are finite their user sees.                                           */
bool dm_program_run(dm_program *program);

/* The same in two parts: what does not vary, and what does, as often as there are other entries for it. */
bool dm_program_start(dm_program *program);
bool dm_program_go_on(dm_program *program);

#endif
