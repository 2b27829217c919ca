/* What the hypotheses of the diagnosis share: the derivatives at each point, and how a reason is told. */
#ifndef DM_DRIVERS_DIAGNOSE_SEARCH_H
#define DM_DRIVERS_DIAGNOSE_SEARCH_H

#include <stdbool.h>
#include "drivers/diagnose.h"

typedef struct {
    const dm_check_world *world;
    dm_check_report *report;
    gsl_matrix **H, **E, **X;          /* at each point; X is the hypothesis */
    gsl_matrix **T;                    /* the terms: points * terms of them */
    size_t terms;
    dm_question asked;                 /* which ones these are */
    double *r;                         /* E = r*H at each point ... */
    bool transposed;                   /* ... or r*H', if so */
    int memory;                        /* GSL_ENOMEM once there was none */
} dm_search;

static inline double at(const gsl_matrix *A, size_t i, size_t j)
{
    return A->data[i * A->tda + j];
}

/* A constant, with a word on what it may be. */
typedef struct { char text[40]; } constant_text;

/* Behind "the term": "of the second x (column 6)"; a summand of the formula by itself. */
typedef struct { char text[240]; } term_text;

/* ------------------------------------------------------------------------------ diagnose_search.c -- */
double dm_largest_of(const gsl_matrix *A);
double dm_inner_of(const gsl_matrix *A, const gsl_matrix *B);
/* Is A = B, to rounding? */
bool dm_same_matrix(const dm_search *s, const gsl_matrix *A, const gsl_matrix *B);
bool dm_close(double a, double b);
/* The simple number that c stands for, to the digits that the numbers have; c where there is none. */
double dm_simplest(const dm_search *s, double c);
/* Is it one of those that are forgotten: 2, 1/2, 3 ..., of either sign? */
bool dm_is_plain(double c);
/* ", and 10 is rows(X)", if that is the size of something. */
void dm_and_size(dm_search *s, double size);
bool dm_all_zero(gsl_matrix *const A[], size_t points);
gsl_matrix **dm_matrices(size_t n, size_t rows, size_t cols);
void dm_free_matrices(gsl_matrix **A, size_t n);
bool dm_because(dm_search *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
void dm_and_also(dm_search *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The formula as it should be: factor*hand, or (NULL) hand'. */
void dm_mend(dm_search *s, const char *factor);
const char *dm_name_asked(const dm_search *s, dm_question question, size_t i);
constant_text dm_show_constant(double c);
/* "it is 5 times the right one, and 5 is the number of rows of A", and the formula mended; n where it is
 * known to be a size. */
void dm_say_multiple(dm_search *s, double c, bool transposed);
/* The answers at every point; false: there are none. */
bool dm_answered(dm_search *s, dm_question question, size_t i, gsl_matrix *const to[]);
/* The r with A = r*B at one point, if there is one. */
bool dm_ratio(const dm_search *s, const gsl_matrix *A, const gsl_matrix *B, double *r);
/* The c with A = c*B at all points, the same c. */
bool dm_constant_ratio(const dm_search *s, gsl_matrix *const A[], gsl_matrix *const B[], double *c);
bool dm_all_equal(const dm_search *s, gsl_matrix *const A[], gsl_matrix *const B[]);
void dm_transposes(gsl_matrix *const A[], gsl_matrix *const to[], size_t points);
bool dm_is_square(const dm_search *s);
/* The place in `to` of an entry (i,j) of a Jacobian or a Hessian where vec stacks the rows: of the variable, of the
 * function.                                                                                           */
double *dm_stacked(const dm_search *s, gsl_matrix *to, size_t i, size_t j, bool of_variable, bool of_function);
/* "the commutation matrix K, ..., is left out" */
bool dm_say_commutation(dm_search *s);

/* ------------------------------------------------------- terms of the product rule, diagnose_terms.c -- */
gsl_matrix *dm_term_at(const dm_search *s, size_t i, size_t k);
term_text dm_name_term(const dm_search *s, size_t i);
bool dm_terms_explain(dm_search *s, dm_question asked);

/* ------------------------------------------------------ factors of the chain rule, diagnose_factors.c -- */
bool dm_outer_factor(dm_search *s);
bool dm_part_factor(dm_search *s);
/* H = r*T for a term T of the right one. */
bool dm_scaled_term(dm_search *s);
bool dm_step_left_out(dm_search *s, bool multiple);
bool dm_inner_left_out(dm_search *s, bool multiple);

#endif
