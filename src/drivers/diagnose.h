/* What is wrong with a derivative that was derived by hand?
 *
 * A hypothesis is reported only where it explains all of the difference, to rounding, at several random
 * points.  Whoever knows the function answers the questions; what cannot be asked has a count of 0.     */
#ifndef DM_DRIVERS_DIAGNOSE_H
#define DM_DRIVERS_DIAGNOSE_H

#include "drivers/check.h"

typedef enum {
    DM_ASK_EXACT, DM_ASK_HAND,         /* both derivatives at the point */
    DM_ASK_EXACT_SYMMETRIC,            /* the same where the i-th variable is symmetric */
    DM_ASK_HAND_SYMMETRIC,
    DM_ASK_TERM,                       /* the exact one, with only the i-th occurrence of the variable moving */
    DM_ASK_SUMMAND,                    /* the i-th term of the exact one, as a formula has it */
    DM_ASK_PART,                       /* the i-th term of the hand-derived one */
    DM_ASK_SCALAR,                     /* 1×1: a candidate for an outer factor */
    DM_ASK_STEP,                       /* the exact one with the i-th inner function's derivative left out */
    DM_ASK_INNER,                      /* the derivative with respect to the i-th subexpression */
    DM_ASK_OTHER,                      /* with respect to the i-th other variable */
    DM_ASK_MISREAD,                    /* the exact one of a function that is nearly the same */
    DM_ASK_EDIT,                       /* the hand-derived one with one thing changed */
    DM_QUESTIONS
} dm_question;

typedef struct {
    void *params;
    dm_derivative kind;
    size_t rows, cols;                 /* of the derivative */
    size_t p, q, m, n;                 /* shapes: of the function p×q, of the variable m×n */
    size_t points;                     /* 1: only as it is given, else at so many random points */
    double tolerance;                  /* what counts as equal, relative to the largest entry */
    const char *variable;              /* its name */
    size_t count[DM_QUESTIONS];        /* how many there are to ask for */

    /* Fills `to` and returns GSL_SUCCESS, GSL_ENOMEM (which ends it), or another code: no answer. */
    int (*answer)(void *params, dm_question question, size_t i, size_t point, gsl_matrix *to);
    const char *(*name)(void *params, dm_question question, size_t i);     /* what it is, in words */

    /* The hand-derived formula changed, from malloc; NULL: cannot be written.  A NULL factor: transposed.
     * May be NULL itself. */
    char *(*formula)(void *params, const char *factor);
    const char *(*edited)(void *params, size_t i);                          /* the formula of an edit */

    /* Both derivatives as new matrices where the sizes are others, and the i-th of `sizes` sizes, here and
     * there, with its formula.  No such place: another code than GSL_SUCCESS.  May be NULL.           */
    size_t sizes;
    int (*elsewhere)(void *params, gsl_matrix **exact, gsl_matrix **hand);
    const char *(*size)(void *params, size_t i, double *here, double *there);
    char *(*value)(void *params, size_t i);    /* the i-th term, written, likewise; may be NULL itself */
} dm_check_world;

/* Is hand = c*exact (or c*exact') because c is a size, its reciprocal, or twice or half of one?  Only what
 * holds where the sizes are others too is a size; unknown: they cannot be others.                     */
typedef enum { DM_SIZE_UNKNOWN, DM_SIZE_NONE, DM_SIZE_FOUND } dm_size_verdict;
typedef struct {
    char factor[20], formula[120], reciprocal[140];    /* "n/2", "rows(A)", "2/rows(A)" */
} dm_size_factor;
dm_size_verdict dm_check_size_factor(const dm_check_world *world, double c, bool transposed,
                                     dm_size_factor *found);

/* Fill in report->why and report->formula; "" where nothing explains it.  GSL_SUCCESS or GSL_ENOMEM. */
int dm_check_explain(const dm_check_world *world, dm_check_report *report);

#endif
