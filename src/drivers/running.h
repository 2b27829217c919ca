/* What the calls of a tape share: its recordings, what a run of one is given, and what is handed out of it. */
#ifndef DM_DRIVERS_RUNNING_H
#define DM_DRIVERS_RUNNING_H

#include "drivers/recording.h"
#include "drivers/workers.h"

typedef enum {
    DM_TAPE_GRADIENT, DM_TAPE_PUSH, DM_TAPE_JACOBIAN, DM_TAPE_HESSIAN, DM_TAPE_HESSIAN_VECTOR, DM_TAPE_KINDS
} dm_tape_kind;

struct dm_tape {
    dm_multi_function F;
    dm_function one;                   /* F is this one */
    dm_recording of[DM_TAPE_KINDS];
    size_t others;                     /* threads beside the caller's, ... */
    dm_workers *workers;
    dm_recording *of_other;            /*     and what each of them runs in a push, */
    bool alike;                        /*     if they all have what the caller's has */
};

int dm_no_tape(const char *function);  /* the error where it, or a matrix, is NULL */

static inline bool dm_same_shape(const gsl_matrix *A, const gsl_matrix *B)
{
    return A->size1 == B->size1 && A->size2 == B->size2;
}

/* Has it (NULL: it is not wanted) the shape of the function? */
static inline bool dm_has_shape(const dm_recording *r, const gsl_matrix *M)
{
    return !M || (M->size1 == r->rows && M->size2 == r->cols);
}

/* --------------------------------------------------------------------------------------- inputs -- */

bool dm_set_inputs(dm_recording *r, size_t n);         /* room for n of them; false: no memory */
dm_input_matrix dm_shape_of(const gsl_matrix *const A[], size_t slots);

/* Is what was recorded for these matrices?  The i-th has k slots, side by side or in k matrices one after another. */
bool dm_fits(const dm_recording *r, size_t i, const gsl_matrix *A, size_t k);

/* The program for these inputs of one slot each (DM_THE_GRADIENT is wanted too: that of a second derivative); NULL:
 * none.                                                                                              */
dm_recording *dm_prepared(dm_tape *tape, dm_tape_kind k, dm_writer *write, const gsl_matrix *const A[], size_t n,
                          size_t results, unsigned wants);

/* The matrix, or as many as it has slots, as the program reads them; false: no memory. */
bool dm_give_input(dm_input_matrix *in, const gsl_matrix *const A[], bool as_copy);

/* Does this input lie under an output that is written from inputs? */
bool dm_lies_under(const dm_recording *r, const gsl_matrix *A, const gsl_matrix *value, size_t k, gsl_matrix *const out[]);

/* Run it on these inputs, none of which may lie under one of the outputs. */
bool dm_run_recording(dm_recording *r, const gsl_matrix *const A[], const gsl_matrix *out1, const gsl_matrix *out2);

/* -------------------------------------------------------------------------------------- results -- */

bool dm_line_finite(const dm_line *L); /* whether what was given is finite each run sees anew */
bool dm_line_ready(const dm_line *L, const gsl_matrix *to);    /* false: no memory, or entries that are not finite */
void dm_line_hand_out(const dm_line *L, gsl_matrix *to);
double dm_line_scalar(const dm_line *L);

/* ------------------------------------------------------------------------------------ short way --
 *
 * Small matrices that lie as they should, the inputs where they lay in the run before.               */

static inline bool dm_lies_as_before(const dm_input_matrix *in, const gsl_matrix *A)
{
    return A->data == in->data && A->size2 == in->cols && A->size1 == in->rows && A->tda == in->cols;
}

static inline bool dm_fits_result(const dm_result *R, const gsl_matrix *to)
{
    return to->size2 == R->cols && to->size1 == R->rows && to->tda == R->cols;
}

#endif
