/* The table of operations: the families, each with the rows of its file. */
#include <string.h>
#include "operations/rules.h"

static const struct {
    const char *name;
    const dm_op *const *rows;
} families[] = {
    { "arithmetic", dm_arithmetic },
    { "products", dm_products },
    { "structure", dm_structure },
    { "reductions", dm_reductions },
    { "solves and determinants", dm_solves },
    { "eigenvalues", dm_spectral },
    { "functions of a matrix", dm_functions },
    { "norms", dm_norms },
    { "entry by entry", dm_entrywise },
};

enum { FAMILIES = sizeof families / sizeof *families };

const dm_op *dm_op_at(size_t i)
{
    for (size_t f = 0; f < FAMILIES; f++)
        for (const dm_op *const *row = families[f].rows; *row; row++)
            if (i-- == 0)
                return *row;
    return NULL;
}

const char *dm_family_of(const dm_op *op)
{
    for (size_t f = 0; f < FAMILIES; f++)
        for (const dm_op *const *row = families[f].rows; *row; row++)
            if (*row == op)
                return families[f].name;
    return NULL;
}

const dm_op *dm_op_named(const char *name)
{
    const dm_op *op;

    for (size_t i = 0; (op = dm_op_at(i)); i++)
        if (strcmp(op->name, name) == 0)
            return op;
    return NULL;
}
