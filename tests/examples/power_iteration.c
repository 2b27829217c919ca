/* Pushing through a long loop, in constant memory: the largest eigenvalue of A, and how it moves along dA. */
#include <stdio.h>
#include <gsl/gsl_matrix.h>
#include <dualmat.h>

int main(void)
{
    double a[] = { 2, 1, 1, 3 }, da[] = { 1, 0, 0, 0 }, start[] = { 1, 1 };
    gsl_matrix_view A0 = gsl_matrix_view_array(a, 2, 2), dA = gsl_matrix_view_array(da, 2, 2);
    gsl_matrix_view x0 = gsl_matrix_view_array(start, 2, 1);
    dm_context *context = dm_context_alloc();

    dm *A = dm_dual(context, &A0.matrix, &dA.matrix);
    dm *x = dm_constant(context, &x0.matrix);
    dm_scope scope = dm_scope_open(context);
    for (int i = 0; i < 100; i++) {
        x = dm_normalize(dm_mul(A, x));
        dm_scope_turn(scope, &x, 1);               /* everything but x is released */
    }
    dm_scope_close(scope, &x, 1);

    dm *lambda = dm_mul(dm_transpose(x), dm_mul(A, x));
    printf("lambda = %.6f, d lambda = %.6f\n", dm_value_scalar(lambda), dm_differential_scalar(lambda, 0));
    dm_context_free(context);
    return 0;
}
