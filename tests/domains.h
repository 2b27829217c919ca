/* Operands that an operation of the table takes, for those who try all of them. */
#ifndef TESTS_DOMAINS_H
#define TESTS_DOMAINS_H

#include "operations/operations.h"
#include "random.h"

enum { LETTERS = 'q' - 'm' + 1 };

size_t *size_of(size_t size[], char letter);       /* of the sizes m, n, p, q */
data_kind kind_of(const dm_op *op, size_t operand);
void fit_shapes(const dm_op *op, size_t size[]);   /* where they cannot be just any */

#endif
