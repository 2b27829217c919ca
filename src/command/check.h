/* What a check has found, between check.c, which finds it, and verdict.c, which says it. */
#ifndef DUALMAT_COMMAND_CHECK_H
#define DUALMAT_COMMAND_CHECK_H

#include "command/command.h"

typedef struct {
    const problem *problem;
    dm_check_kind kind;
    gsl_matrix *exact, *hand, *other;  /* other: room for one more of that shape */
    gsl_matrix **kept;                 /* the variables' values, while they are moved */
    dm_check_report report;
    double error;                      /* the largest over all points */
    unsigned points;
    bool moved;                        /* the report is of a point beside the given one */
} checking;

/* The variable to differentiate by. */
static inline variable *checked(const problem *p)
{
    return &p->variable[p->wrt];
}

void print_verdict(const checking *c);
void json_verdict(const checking *c);

#endif
