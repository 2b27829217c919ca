/* What a check has found, between check.c, which finds it, and verdict.c, which says it. */
#ifndef DUALMAT_COMMAND_CHECK_H
#define DUALMAT_COMMAND_CHECK_H

#include "command/command.h"
#include "drivers/check.h"

typedef struct {
    const problem *problem;
    dm_derivative kind;
    gsl_matrix *exact, *hand, *other, *more;   /* the last two: room for more of that shape */
    dm_check_margin *margin;           /* of each entry: what can be known of it */
    gsl_matrix **kept;                 /* the variables' values, while they are moved */
    dm_check_report report;
    double error, entry_error;         /* the largest over all points */
    unsigned points;
    bool kink;                         /* at the given point the function has one; */
    char repeated[120];                /*     an eigenvalue is repeated there: "eig(A) has ... "; or "" */
    bool moved;                        /* the report is of a point beside the given one, */
    dm_check_report given;             /*     of which this is the report: */
    gsl_matrix *beside;                /*     the variable there */
} checking;

/* The variable to differentiate by. */
static inline variable *checked(const problem *p)
{
    return &p->variable[p->wrt];
}

/* The derivatives where the variables are now; GSL codes. */
int exact_of(evaluation *e, gsl_matrix *to);
int hand_of(evaluation *e, gsl_matrix *to);
void forgive(evaluation *e);           /* a failure at a point of our own choosing */
void keep_values(checking *c);
void restore_values(checking *c);

/* The same at other sizes, if there can be any: both derivatives as new matrices; then every variable's
 * sizes as formulas, with what they are here and there.  GSL codes.                                   */
typedef struct {
    size_t *rows, *cols;               /* of each variable there */
    char text[128];
} other_sizes;
int look_elsewhere(const problem *p, other_sizes *found, gsl_matrix **exact, gsl_matrix **hand);
size_t count_sizes(const problem *p);
const char *size_of(const problem *p, other_sizes *found, size_t i, double *here, double *there);
void free_other_sizes(other_sizes *found);

int digits_of(const gsl_matrix *A);      /* so many are needed to write the entries as they are */
int explain_difference(evaluation *e, checking *c);    /* c->report says why; GSL_ENOMEM */

void print_verdict(const checking *c);
void json_verdict(const checking *c);
void tap_verdict(const checking *c);

#endif
