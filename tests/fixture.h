/* What a test stands on: a context of its own, GSL's error handler taking note, and results taken out. */
#ifndef TESTS_FIXTURE_H
#define TESTS_FIXTURE_H

#include <check.h>
#include <dualmat.h>
#include "matrices.h"
#include "random.h"

extern dm_context *here;               /* the test's own context */

/* What came through gsl_error since the test began or forget_errors was called. */
typedef struct {
    int times, code;
    char message[512];                 /* of the last one */
} error_log;
extern error_log raised;
void forget_errors(void);

/* A case of the suite whose tests each have a fresh context and an empty log. */
TCase *case_of(Suite *suite, const char *name);

/* Copies of results; the test fails with the reason where there is none. */
gsl_matrix *value_of(dm *A);
gsl_matrix *differential_of(dm *A, size_t direction);
gsl_matrix *gradient_of(dm *f, dm *A);

/* A dm that cannot be: its code and its message, raised exactly once by the call that takes it out. */
void fails(dm *A, int code, const char *message);

/* The message of the one error that was raised, and the status that came back. */
void refused(int status, int code, const char *message);

/* Under valgrind or the like (DUALMAT_TESTS=short), loops that are there for the sake of many are cut to two
 * turns, or make steps of n.                                                                         */
size_t many(size_t n);
size_t step(size_t n);

#endif
