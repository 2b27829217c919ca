/* What operands an operation takes: the kind of data, and shapes that the letters of its row alone do not say. */
#include <stdint.h>
#include <string.h>
#include "domains.h"

size_t *size_of(size_t size[], char letter)
{
    return &size[letter - 'm'];
}

/* Shapes that the letters alone do not say. */
static void vector(size_t size[])                     /* norm: n×1 or 1×n */
{
    size_t *m = size_of(size, 'm'), *n = size_of(size, 'n');

    *(*m % 2 ? n : m) = 1;
}

static void left_multiple(size_t size[])              /* C m×n of B p×q */
{
    *size_of(size, 'p') = *size_of(size, 'p') % 3 + 1;
    *size_of(size, 'q') = *size_of(size, 'q') % 3 + 1;
    *size_of(size, 'm') *= *size_of(size, 'p');
    *size_of(size, 'n') *= *size_of(size, 'q');
}

static void right_multiple(size_t size[])             /* C p×q of A m×n */
{
    *size_of(size, 'm') = *size_of(size, 'm') % 3 + 1;
    *size_of(size, 'n') = *size_of(size, 'n') % 3 + 1;
    *size_of(size, 'p') *= *size_of(size, 'm');
    *size_of(size, 'q') *= *size_of(size, 'n');
}

/* Operands are ANY of the shapes of the row, but for these. */
static const struct {
    const char *name;
    data_kind kind[DM_OPERANDS];
    void (*shape)(size_t size[]);
} domains[] = {
    { "log", { POSITIVE }, NULL },
    { "log1p", { POSITIVE }, NULL },
    { "log10", { POSITIVE }, NULL },
    { "log2", { POSITIVE }, NULL },
    { "sqrt", { POSITIVE }, NULL },
    { "pow", { POSITIVE }, NULL },
    { "hadamard_power", { POSITIVE, ANY }, NULL },
    { "inverse", { REGULAR }, NULL },
    { "solve", { REGULAR, ANY }, NULL },
    { "solve_right", { ANY, REGULAR }, NULL },
    { "det", { REGULAR }, NULL },
    { "cofactor", { REGULAR }, NULL },
    { "logdet", { REGULAR }, NULL },
    { "power", { REGULAR }, NULL },
    { "eigenvalues", { SYMMETRIC }, NULL },
    { "eigenvectors", { SYMMETRIC }, NULL },
    { "norm", { ANY }, vector },
    { "kron_left", { ANY, ANY }, left_multiple },
    { "kron_right", { ANY, ANY }, right_multiple },
};

static size_t domain_of(const dm_op *op)
{
    for (size_t d = 0; d < sizeof domains / sizeof *domains; d++)
        if (strcmp(domains[d].name, op->name) == 0)
            return d;
    return SIZE_MAX;
}

data_kind kind_of(const dm_op *op, size_t operand)
{
    size_t domain = domain_of(op);

    return domain == SIZE_MAX ? ANY : domains[domain].kind[operand];
}

void fit_shapes(const dm_op *op, size_t size[])
{
    size_t domain = domain_of(op);

    if (domain != SIZE_MAX && domains[domain].shape)
        domains[domain].shape(size);
}
