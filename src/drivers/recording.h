/* Recording a derivative: a function is called once with matrices whose operations are written down (tapes/tape.h),
 * and differentiated; what that comes to is a program.                                               */
#ifndef DM_DRIVERS_RECORDING_H
#define DM_DRIVERS_RECORDING_H

#include "drivers/drivers.h"
#include "tapes/tape.h"

/* What is wanted beside the derivative itself. */
enum { DM_THE_VALUE = 1, DM_THE_GRADIENT = 2 };

/* A matrix that each run is given. */
typedef struct {
    size_t rows, slots, cols;
    const gsl_matrix *const *now;      /* the matrices at hand while it is recorded, one a slot */
    dm_line *line;
    const double *data;                /* where it lay in the run before */
    double *copy;                      /* of one that does not lie as it should, once there was one */
} dm_input_matrix;

/* J[to] += scale * the factor's entry `from`. */
typedef struct {
    unsigned to, from;
} dm_scatter;

/* A derivative as a program, for inputs of certain shapes. */
typedef struct {
    bool tried;
    unsigned wants;
    size_t inputs, results;
    dm_input_matrix *in;
    dm_context *context;               /* NULL: there is no program, the driver does it */
    dm_program *program;
    dm_line *value, *gradient;         /* where they are wanted */
    dm_line **result;                  /* the derivative, unless it is a sum of sandwiches; of a Jacobian or a Hessian its
                                          columns side by side, or (by_rows) its rows */
    bool by_rows;
    bool whole;                        /*     or the matrix itself */
    dm_result *out;                    /* each of them, where it lies, and the value behind them */
    dm_taking *take;                   /*     and how so many of them, from the first on, are taken */
    bool apart;                        /* every result, or what it is written from, is apart from the inputs, ... */
    bool quick;                        /*     and inputs and results have one slot each */
    size_t rows, cols;                 /* of the function */
    bool in_turn;                      /* it is run for one direction after another, ... */
    size_t turns;                      /*     for so many at most, ... */
    double *kept;                      /*     whose differentials are kept here, until all are there, */
    const double **found;              /*     unless they are where they are wanted: where each one is */
    dm_stretch *wanted;                /*     and where it is wanted, in the order of addresses; */
    dm_stretch *read;                  /*     what else each turn reads: the constants */
    size_t reads;
    dm_kronecker K[DM_SANDWICHES];     /* of a Jacobian or a Hessian, ... */
    size_t sandwiches;
    dm_line *left[DM_SANDWICHES], *right[DM_SANDWICHES];       /*     whose L and R' are these lines */
    dm_scatter *entry[DM_SANDWICHES];     /*     and of a small one with one factor, entry by entry */
    size_t entries[DM_SANDWICHES];
    bool two_sided;                    /* some L*dX*R: a product of the L's and one of the R's were made apart */
    dm_line *guarded[DM_GUARDED];
    size_t guards;
} dm_recording;

/* Each writes down what it is named for, and returns how many lines are wanted; 0: it cannot. */
typedef size_t dm_writer(const dm_multi_function *F, dm_recording *r, dm_line *wanted[]);
dm_writer dm_write_gradient, dm_write_push, dm_write_jacobian, dm_write_hessian, dm_write_hessian_vector;

/* Record F for inputs of the shapes in r; where that cannot be done it is known from now on: r has no context. */
void dm_record(const dm_multi_function *F, dm_recording *r, dm_writer *write, size_t results, unsigned wants);
void dm_forget_recording(dm_recording *r);

#endif
