/* Operations: the table of rows, and the one place where an operation is applied. */
#ifndef DM_OPERATIONS_H
#define DM_OPERATIONS_H

#include "core/dm.h"
#include "differentials/terms.h"
#include "numbers/number.h"

/* Every operation there is, in the order of the header, and the family it belongs to; NULL behind the last. */
const dm_op *dm_op_at(size_t i);
const char *dm_family_of(const dm_op *op);
const dm_op *dm_op_named(const char *name);        /* NULL: there is none */

/* C = op(X[0], ...) of any level.  Shapes, failed operands, constants, levels: handled here, once. */
dm *dm_apply(const dm_op *op, dm *const X[], const dm_parameters *with);

#endif
