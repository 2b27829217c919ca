/* Declared symmetry: directions, gradients and their kin are projected onto symmetric matrices. */
#include <math.h>
#include "command/command.h"

bool stands_symmetric(const problem *p, const variable *v)
{
    return v->symmetric || (v->drawn && (v->kind == SYM || v->kind == SPD) && v != &p->variable[p->wrt]);
}

double magnitude(const gsl_matrix *A)
{
    double max = 0;

    for (size_t i = 0; i < A->size1; i++)
        for (size_t j = 0; j < A->size2; j++)
            max = fmax(max, fabs(gsl_matrix_get(A, i, j)));
    return max;
}

static void average(double *a, double *b)
{
    *a = *b = (*a + *b) / 2;
}

void symmetrize(gsl_matrix *D)
{
    for (size_t i = 0; i < D->size1; i++)
        for (size_t j = 0; j < i; j++)
            average(gsl_matrix_ptr(D, i, j), gsl_matrix_ptr(D, j, i));
}

/* Columns i + n*j and j + n*i belong to entries (i,j) and (j,i) of an n×n matrix, stacked by vec. */
static void symmetrize_columns(gsl_matrix *J, size_t n)
{
    for (size_t row = 0; row < J->size1; row++)
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < i; j++)
                average(gsl_matrix_ptr(J, row, i + n * j), gsl_matrix_ptr(J, row, j + n * i));
}

static void symmetrize_rows(gsl_matrix *J, size_t n)
{
    for (size_t col = 0; col < J->size2; col++)
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < i; j++)
                average(gsl_matrix_ptr(J, i + n * j, col), gsl_matrix_ptr(J, j + n * i, col));
}

void symmetrize_derivative(gsl_matrix *derivative, dm_derivative kind, size_t n)
{
    if (kind == DM_GRADIENT)
        symmetrize(derivative);
    else
        symmetrize_columns(derivative, n);
    if (kind == DM_HESSIAN)
        symmetrize_rows(derivative, n);
}
