/* The program dualmat: what its files share.  Only here does anything print, and only main exits. */
#ifndef DUALMAT_COMMAND_H
#define DUALMAT_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <gsl/gsl_matrix.h>
#include "drivers/check.h"
#include "language/language.h"

/* Exit statuses. */
enum { DONE = 0, HAND_IS_WRONG = 1, WORDS = 2, NUMBERS = 3 };

/* --------------------------------------------------------------------------- the command line -- */

/* VAR=SOURCE or VAR~RANDOM, as given. */
typedef struct {
    char *name;
    const char *source;                /* behind the = or the ~ */
    bool random;
} assignment;

typedef struct {
    char **name;
    size_t n;
} names;

typedef struct command command;

typedef struct {
    const command *command;
    const char *expression;            /* NULL: none given */
    assignment *given, *along;         /* values, directions */
    size_t givens, alongs;
    names wrt, symmetric;
    const char *hand;                  /* EXPR or @FILE; NULL: none given */
    const char *hand_option;           /* "--hand", "--hand-jac" or "--hand-hess" */
    dm_derivative kind;
    double tolerance;                  /* < 0: none given */
    unsigned long seed;
    int digits;
    const char *as, *html;             /* derive: the output language (NULL: text), the page's file */
    const char *plot;                  /* check: a file; NULL: none given */
    bool json, tap, full, det, hess, help;
} options;

/* What an option is for; a command lists those it takes.  The last two: it differentiates by one variable
 * only; the expression must be 1×1.                                                                   */
enum { WRT = 1, ALONG = 2, SYMMETRIC = 4, HAND = 8, DET = 16, VALUES = 32, PLAIN = 64, ONE = 128,
       SCALAR = 256, WRITE = 512 };

struct command {
    const char *name, *arguments, *summary, *details;
    int (*run)(const options *o);
    unsigned takes;
};

int read_options(options *o, const command *c, int argc, char **argv);
void free_options(options *o);
void print_options(unsigned takes);

extern const command commands[];
extern const size_t command_count;

/* ------------------------------------------------------------------------------------- messages -- */

/* "dualmat: ..." on standard error. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
int words(const char *format, ...) __attribute__((format(printf, 1, 2)));     /* returns WORDS */
int out_of_memory(void);                                                      /* returns NUMBERS */

/* "dualmat: LABEL: MESSAGE", then the expression with a caret under the place.  label may be NULL. */
int complain_about(const char *label, const char *text, const dm_complaint *complaint);

/* The exit status for a GSL code. */
int status_of(int code);

/* The one of `known` most like `word`, or NULL. */
const char *nearest(const char *word, const char *const known[], size_t n);

/* Remember what GSL and the library raise; the last message since the last call of forget_errors. */
void record_errors(void);
void forget_errors(void);
const char *recorded_error(void);

/* -------------------------------------------------------------------------------------- sources -- */

typedef enum { ANY, SYM, SPD, ORTH, LOWER, POS, WELLCOND } draw_kind;

/* A literal, a file, a constant expression, or "-".  NULL, after a message, with the exit status. */
gsl_matrix *read_source(const char *label, const char *source, int *status);

bool names_file(const char *source);                    /* it looks like a file's name, or is one */

/* Can it be written to?  DONE, or WORDS after a message.  It is left as it is, or not there. */
int check_writable(const char *option, const char *file);

/* "4x3:kind", "4", "kind", "": 0 rows where no shape is given; false where it is none of these. */
bool read_draw(const char *text, size_t *rows, size_t *cols, draw_kind *kind, bool *kind_given);
const char *kind_name(draw_kind kind);                  /* in words: "positive" */
bool kind_is_square(draw_kind kind);

/* A random matrix that depends on these numbers and names and on nothing else. */
typedef struct {
    unsigned long seed;
    const char *name;
    unsigned point;                                     /* the how manyeth point, or part of a whole, */
    unsigned attempt;                                   /*     the how manyeth attempt at it */
} ticket;
int draw(gsl_matrix *A, draw_kind kind, bool symmetric, ticket t);

void symmetrize(gsl_matrix *D);                         /* (D + D')/2 */
void symmetrize_derivative(gsl_matrix *derivative, dm_derivative kind, size_t n);   /* by an n×n matrix */
double magnitude(const gsl_matrix *A);                  /* the largest absolute entry */

/* -------------------------------------------------------------------------------------- problem --
 *
 * An expression with values for all its variables.                                                  */
typedef struct {
    const char *name;
    size_t rows, cols;
    gsl_matrix *value, *direction;
    draw_kind kind, direction_kind;
    bool drawn, kind_given, direction_drawn, symmetric, wrt, inferred;
} variable;

typedef struct {
    const options *options;
    dm_expression *expression, *hand;
    gsl_matrix *hand_numbers;          /* --hand @FILE */
    variable *variable;
    size_t variables, drawn;           /* how many; how many of them at random */
    const char **name;                 /* theirs, as the language wants them */
    dm_shape *shape;
    size_t rows, cols;                 /* of the expression */
    bool larger;                       /* where nothing says how large, larger than otherwise */
    size_t wrt;                        /* the first variable to differentiate by */
} problem;

/* Is it its own transpose in a formula: declared so, or drawn so while another variable moves? */
bool stands_symmetric(const problem *p, const variable *v);

int open_problem(problem *p, const options *o);         /* DONE, or the exit status after a message */
void close_problem(problem *p);
variable *find_variable(const problem *p, const char *name);

/* The shapes of variables that are not given follow from the expression; then, for what occurs in the
 * hand-derived result alone, from that.                                                               */
int infer_shapes(problem *p);

/* Larger sizes: all that was drawn alike, or the variable to differentiate by more than the others.  false:
 * they do not fit.  p is a copy with variables and shapes of its own; their values are as they were.  */
bool enlarge(problem *p, bool all);

/* Calls compute with freshly drawn values, again and again while they fall outside a function's domain and
 * were drawn without anybody asking for a kind.  compute returns a GSL code.  Prints what went wrong.   */
typedef struct evaluation evaluation;
int solve_problem(problem *p, unsigned point, int (*compute)(evaluation *e, void *results),
                  void *results);

/* The expression (or the hand-derived one) as a dm_function of the variable `of`; params: an evaluation. */
struct evaluation {
    problem *problem;
    const dm_expression *expression;
    size_t of;
    double shake;                      /* not 0: every value on the way is off, by up to so much of itself, */
    unsigned shaking;                  /*     others for another number */
    dm_complaint complaint;            /* the first failure; code 0: none */
    const dm_expression *complained;   /* about which expression */
};
dm *evaluate(dm *A, void *params);

/* The expression in a context of its own, its variables made into dm by `make`; then `finish`. */
int evaluate_in_context(evaluation *e, dm *(*make)(dm_context *context, const variable *v),
                        int (*finish)(const problem *p, dm *C, dm *const values[], void *results),
                        void *results);
dm *make_constant(dm_context *context, const variable *v);
int copy_value(gsl_matrix *to, gsl_matrix_const_view from, const dm *C);    /* from C's value, or why not */

/* --------------------------------------------------------------------------------------- output -- */

int page_width(void);                                   /* of COLUMNS, else 80 */
void print_wrapped(const char *text);                   /* lines shorter than that, and a newline */
void write_wrapped(FILE *to, size_t left, const char *text);    /* behind what takes `left` columns */

/* Likewise a formula, broken between its terms, and no newline; the columns of the last line. */
size_t print_formula(const char *formula, size_t left);
void print_matrix(const gsl_matrix *A, const options *o);
void print_titled(const char *title, const gsl_matrix *A, const options *o);  /* a 1×1 on one line */
void print_draws(const problem *p, unsigned points);

void json_begin(void);
void json_end(void);
void json_key(const char *key);
const char *derivative_word(dm_derivative kind);        /* "gradient" */
void json_open(const char *key);                        /* an object within */
void json_close(void);
void json_string(const char *key, const char *text);
void json_number(const char *key, double number);       /* null where it is not finite */
void json_count(const char *key, size_t count);
void json_bool(const char *key, bool truth);
void json_matrix(const char *key, const gsl_matrix *A); /* rows */
void json_value(const char *key, const gsl_matrix *A);  /* a 1×1 is a number */
void json_array_open(const char *key);
void json_array_close(void);
void json_drawn(const problem *p);                      /* what was drawn */
void json_draws(const problem *p);                      /* the same, with the seed, if anything was */

/* ------------------------------------------------------------------------------------- commands -- */

int run_eval(const options *o);
int run_grad(const options *o);
int run_jvp(const options *o);
int run_jac(const options *o);
int run_hess(const options *o);
int run_check(const options *o);
int run_derive(const options *o);
int run_ops(const options *o);
int run_info(const options *o);
int run_help(const options *o);
int help_command(const command *c);

#endif
