/* What the parts of the benchmark share: timing, the table, workloads, peers. */
#ifndef DM_BENCH_H
#define DM_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <gsl/gsl_matrix.h>
#include <dualmat.h>

/* ------------------------------------------------------------------------------------- options -- */
typedef struct {
    bool quick;                        /* fewer sizes, shorter batches */
    const char *only;                  /* part of a workload's or an operation's name */
    size_t sizes[32], size_count;      /* 0: each workload's own */
    double budget;                     /* seconds: a variant whose call takes longer is left out */
    const char *peers;                 /* the folder of the peers' programs, NULL: none */
} options;

extern options opt;

bool chosen(const char *name);         /* does --only allow it? */

/* --------------------------------------------------------------------------------------- table -- */
typedef struct {
    const char *part;                  /* "operations" or "workloads" */
    const char *workload, *variant;
    size_t n;
    double best, median, spread;       /* ns, ns, fraction */
    double flops;                      /* what the formula needs; NAN: not meaningful */
    double x_value, x_dgemm, x_hand;   /* ratios in one run; NAN: no such yardstick */
    double theory, x_theory;           /* the predicted x_value, and measured over predicted */
    double error;                      /* against the derivative written by hand; NAN: nothing to check */
    bool wrong, peer;
} measurement;

void machine(double peak);             /* name CPU, BLAS, threads, flags, peak */
void heading(const char *name, const char *title);
void add_row(const measurement *r);
void end_of_table(void);               /* print what came since the heading, by size */
void operations_heading(void);
void print_operation(const measurement *r, size_t n);      /* value, K = 1, 8, 32, read-off: on one line */
void remark(const char *format, ...) __attribute__((format(printf, 1, 2)));
void progress(const char *format, ...) __attribute__((format(printf, 1, 2)));
void summary(void);                    /* worst ratios of the calls and of the tape, and what was asked */
bool write_csv(const char *file);
bool write_json(const char *file);
bool anything_wrong(void);

/* ------------------------------------------------------------------------------------- problems --
 *
 * A workload at one size.  `in` holds all inputs, one behind the other, as the peers read them; `out`
 * takes the result of the variant that runs: first the value, then the derivative.                   */
typedef enum { ALONG, GRADIENT, JACOBIAN, HESSIAN, HESSIAN_VECTOR } derivative;

/* A stretch of `in` that varies: `size` entries from `at`, direction k of it from `along` + k*size. */
typedef struct {
    size_t at, size, along;
} stretch;

typedef struct workload workload;

typedef struct {
    const workload *W;
    size_t n, k;                       /* size; directions, or factors */
    double *in, *out, *work, *room;    /* room: where out lies */
    size_t ins, values, derivatives, works;   /* how many doubles each */
    bool derivative_only;              /* the value is no part of the result */
    derivative kind;
    stretch vary[2];
    size_t rows, cols;                 /* the matrix that vary[0] is, for vec: columns stacked */
    double value_flops, flops;         /* of the value, of value and derivative */
    int *pivots;
    dm_context *context;
    gsl_matrix M[8];                   /* inputs and outputs as GSL has them */
    gsl_matrix *direction[2];          /* k matrices, where directions or factors are given */
    const gsl_matrix **directions[2];  /* one list behind the other */
    gsl_matrix factors;
    gsl_matrix *result, **results;     /* n×n blocks of out, for what is written there at once */
    struct { const double *data; size_t tda; } *left;  /* n×n results where they lie in the context */
    size_t left_count;
    double *scratch;                   /* of the differences */
    dm_context *kept;                  /* where operands outlive a turn, or NULL */
    dm *operand[2];
    dm_scope scope;                    /* the turn before */
    dm_tape *tape;                     /* recorded in the first turn, run again in all others */
    const void *extra;                 /* of the operations */
} problem;

struct workload {
    const char *name, *title;
    const char *sizes;                 /* "3 4 8 ...", the ones that --quick takes are marked by * */
    size_t k;
    void (*shape)(problem *P);         /* set the counts */
    void (*fill)(problem *P);          /* inputs, and M */
    void (*value)(problem *P);         /* the value alone, by BLAS and LAPACK */
    void (*hand)(problem *P);          /* the derivative written by hand, with its value */
    void (*dual)(problem *P);          /* dualmat's low-level calls in a context that is kept */
    void (*driver)(problem *P);        /* dm_gradient and its kin */
    void (*dual2)(problem *P);         /* a further way to write it */
    const char *dual2_name;
    void (*tape)(problem *P);          /* the derivative recorded once, run again */
    void (*gsl)(problem *P, const double *in, double *value);  /* the value as GSL's user writes it */
};

/* The tape of a function whose params are the problem; the first turn, which is not timed, makes it. */
static inline dm_tape *tape_of(problem *P, dm *(*f)(dm *A, void *params))
{
    if (!P->tape)
        P->tape = dm_tape_alloc(&(dm_function) { f, P });
    return P->tape;
}

static inline dm_tape *multi_tape_of(problem *P, dm *(*f)(dm *const A[], void *params), size_t n)
{
    if (!P->tape)
        P->tape = dm_tape_alloc_multi(&(dm_multi_function) { f, n, P });
    return P->tape;
}

extern const workload *const product_workloads[], *const gradient_workloads[], *const second_workloads[],
    *const inverse_workloads[], *const chain_workloads[];

/* -------------------------------------------------------------------------------------- timing --
 *
 * Each job is called in batches long enough for the clock (the count is doubled until a batch takes 10 ms);
 * the jobs take turns, batch by batch, so that a drift of the machine hits all of them alike.          */
enum { ROUNDS = 40 };

typedef struct {
    void (*run)(problem *P);
    problem *P;
    size_t count, rounds;              /* calls a batch, batches */
    double sample[ROUNDS];             /* seconds a call */
    double best, median, spread;       /* ns, ns, quartile distance over the median */
    double spent;
} job;

bool one_thread(void);                 /* is BLAS told to use one? */
double now(void);                      /* seconds */
double time_once(void (*run)(problem *P), problem *P);
void time_together(job *jobs, size_t n);

void run_operations(void);
void run_workloads(void);
double measure_peak(void);

/* The result of differences of W->gsl, central ones.  How often it calls W->gsl: */
void by_differences(problem *P);
double evaluations(const problem *P);

/* --------------------------------------------------------------------------------------- peers --
 *
 * A peer is a program of its own: PEER WORKLOAD FOLDER BUDGET SIZES...  It reads FOLDER/WORKLOAD-n.in,
 * writes its result to a file beside it, and prints a line a variant and size:
 *
 *     workload n variant best median spread file
 *
 * It does not judge itself: the result is compared here.                                            */
typedef struct {
    size_t n;
    double value, dgemm, hand, flops, theory;
    double *expected;
    size_t values, derivatives;
} finished;

bool any_peers(void);
void list_peers(void);
void hand_over(const workload *W, size_t n, const double *in, size_t ins);   /* the inputs, as a file */
void run_peers(const workload *W, const finished *cells, size_t n);
void peers_done(void);

/* max |x - y| / max |y|, for value and derivative each, the larger of the two */
double deviation(const double *x, const double *y, size_t values, size_t derivatives);

/* -------------------------------------------------------------------------------------- inputs -- */
double uniform(void);                  /* in (-1, 1), the same sequence every time */
void reseed(unsigned long seed);
void random_entries(double *x, size_t n, double scale);            /* scale * uniform() */
void regular_matrix(double *A, size_t n);          /* I + G/2: well-conditioned, not symmetric */
gsl_matrix matrix_at(double *data, size_t m, size_t n);

#endif
