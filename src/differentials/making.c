/* Where dual matrices come from: constants, duals (differential: numbers), variables (formal). */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "differentials/terms.h"
#include "numbers/number.h"

/* The first entry that is no finite number; false: there is none. */
static bool not_finite(const gsl_matrix *A, size_t *row, size_t *col)
{
    for (size_t i = 0; i < A->size1; i++)
        for (size_t j = 0; j < A->size2; j++)
            if (!isfinite(gsl_matrix_get(A, i, j))) {
                *row = i;
                *col = j;
                return true;
            }
    return false;
}

static dm *no_context(const char *what)
{
    char message[80];

    snprintf(message, sizeof message, "dm_%s: the context is NULL", what);
    GSL_ERROR_NULL(message, GSL_EFAULT);
}

/* NULL, or the failed dm that says what is wrong with the matrix. */
static dm *empty(dm_context *context, const char *what, const char *letter, const gsl_matrix *A)
{
    if (A && A->data && A->size1 > 0 && A->size2 > 0)
        return NULL;
    if (!A)
        return dm_failed(context, GSL_EFAULT, "dm_%s: %s is NULL", what, letter);
    return dm_failed(context, GSL_EINVAL, "dm_%s: %s is empty: a matrix has at least one row and one column",
                     what, letter);
}

/* The k matrices A side by side, or what is wrong with them. */
static dm *copied(dm_context *context, const char *what, const char *letter, size_t k, const gsl_matrix *const A[])
{
    dm *C = dm_number_panel(context, k, A);
    size_t i, j;

    if (dm_is_failed(C) || C->number.finite)
        return C;
    for (size_t slot = 0; slot < k; slot++)
        if (not_finite(A[slot], &i, &j))
            return dm_failed(context, GSL_EDOM, "dm_%s: %s is %zu×%zu and its entry (%zu,%zu) is %g", what, letter,
                             A[slot]->size1, A[slot]->size2, i + 1, j + 1, gsl_matrix_get(A[slot], i, j));
    return C;
}

static dm *copy(dm_context *context, const char *what, const char *letter, const gsl_matrix *A)
{
    dm *no = empty(context, what, letter, A);

    return no ? no : copied(context, what, letter, 1, &A);
}

dm *dm_constant(dm_context *context, const gsl_matrix *A)
{
    if (!context)
        return no_context("constant");
    return copy(context, "constant", "A", A);
}

dm *dm_scalar(dm_context *context, double a)
{
    gsl_matrix_const_view A = gsl_matrix_const_view_array(&a, 1, 1);

    if (!context)
        return no_context("scalar");
    return copy(context, "scalar", "a", &A.matrix);
}

static dm *no_shape(dm_context *context, const char *what, size_t m, size_t n)
{
    return dm_failed(context, GSL_EINVAL, "dm_%s: %zu×%zu: a matrix has at least one row and one column",
                     what, m, n);
}

dm *dm_identity(dm_context *context, size_t n)
{
    if (!context)
        return no_context("identity");
    return n ? dm_number_identity(context, n, 1) : no_shape(context, "identity", n, n);
}

dm *dm_zeros(dm_context *context, size_t m, size_t n)
{
    if (!context)
        return no_context("zeros");
    return m && n ? dm_number_zero(context, m, 1, n) : no_shape(context, "zeros", m, n);
}

dm *dm_ones(dm_context *context, size_t m, size_t n)
{
    if (!context)
        return no_context("ones");
    if (m == 0 || n == 0)
        return no_shape(context, "ones", m, n);
    return dm_number_fill(context, m, n, 1);
}

/* --------------------------------------------------------------------------- duals and variables */

dm *dm_on_level(dm_level *level, dm *value, dm *differential)
{
    if (dm_is_failed(value))
        return value;
    if (differential && dm_is_failed(differential))
        return differential;
    if (!level)
        return dm_out_of_memory(value->context);
    dm *A = dm_new_dual(value->context, level, value->rows, value->slots, value->cols);
    if (dm_is_failed(A))
        return A;
    A->dual.value = value;
    A->dual.differential = differential;
    A->dual.variable = level->kind == DM_FORMAL;
    A->small = level->kind == DM_PUSHED && !value->level && value->small
            && (!differential || (!differential->level && differential->small));
    A->name = value->name;
    dm_stated(A);
    return A;
}

/* All duals of a context move at once. */
static dm *dual(dm_context *context, dm *A, size_t k, dm *dA)
{
    dm_level *level = &context->dual;

    if (dm_is_failed(A) || dm_is_failed(dA))
        return dm_is_failed(A) ? A : dA;
    if (level->directions && level->directions != k)
        return dm_failed(context, GSL_EINVAL, "dm_dual: %zu directions here and %zu in another dual "
                         "matrix of this context: all move at once", k, level->directions);
    level->directions = k;
    return dm_on_level(level, A, dA);
}

dm *dm_dual_panel(dm_context *context, const gsl_matrix *A, size_t k, const gsl_matrix *const dA[])
{
    dm *no;

    if (!context)
        return no_context("dual_panel");
    if ((no = empty(context, "dual", "A", A)))
        return no;
    if (k == 0)
        return dm_failed(context, GSL_EINVAL, "dm_dual_panel: no direction is given");
    for (size_t slot = 0; slot < k; slot++) {
        if ((no = empty(context, "dual", "dA", dA[slot])))
            return no;
        if (dA[slot]->size1 != A->size1 || dA[slot]->size2 != A->size2)
            return dm_failed(context, GSL_EBADLEN, "dm_dual: A is %zu×%zu and dA is %zu×%zu: they must "
                             "have the same shape", A->size1, A->size2, dA[slot]->size1, dA[slot]->size2);
    }
    return dual(context, copied(context, "dual", "A", 1, &A), k, copied(context, "dual", "dA", k, dA));
}

dm *dm_dual(dm_context *context, const gsl_matrix *A, const gsl_matrix *dA)
{
    return dm_dual_panel(context, A, 1, &dA);
}

dm *dm_variable(dm_context *context, const gsl_matrix *A)
{
    if (!context)
        return no_context("variable");
    return dm_on_level(&context->formal, copy(context, "variable", "A", A), NULL);
}

dm *dm_constant_view(dm_context *context, const gsl_matrix *A)
{
    if (!context)
        return no_context("constant_view");
    dm *no = empty(context, "constant_view", "A", A);
    return no ? no : dm_number_view(context, A, 1);
}

dm *dm_dual_view(dm_context *context, const gsl_matrix *A, size_t k, const gsl_matrix *dA)
{
    dm *no;

    if (!context)
        return no_context("dual_view");
    if ((no = empty(context, "dual_view", "A", A)) || (no = empty(context, "dual_view", "dA", dA)))
        return no;
    if (k == 0 || dA->size1 != A->size1 || dA->size2 != k * A->size2)
        return dm_failed(context, GSL_EBADLEN, "dm_dual_view: A is %zu×%zu and dA is %zu×%zu: %zu directions "
                         "side by side are %zu×%zu", A->size1, A->size2, dA->size1, dA->size2, k,
                         A->size1, k * A->size2);
    return dual(context, dm_number_view(context, A, 1), k, dm_number_view(context, dA, k));
}

dm *dm_variable_view(dm_context *context, const gsl_matrix *A)
{
    if (!context)
        return no_context("variable_view");
    dm *no = empty(context, "variable_view", "A", A);
    return no ? no : dm_on_level(&context->formal, dm_number_view(context, A, 1), NULL);
}

dm *dm_variable_of(dm *A)
{
    if (!A || dm_is_failed(A))
        return A;
    return dm_on_level(dm_level_open(A->context, DM_FORMAL), A, NULL);
}

dm *dm_named(dm *A, const char *name)
{
    for (dm *X = A; X && !dm_is_failed(X); X = X->level ? X->dual.value : NULL)
        X->name = name;
    return A;
}
