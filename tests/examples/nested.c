/* Derivatives of derivatives, and an error that is told: the handler of GSL sees it, once. */
#include <stdio.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_matrix.h>
#include <dualmat.h>

static dm *barrier(dm *A, void *params)            /* tr(A*A) - logdet(A) */
{
    (void) params;
    return dm_sub(dm_trace(dm_mul(A, A)), dm_logdet(A));
}

static void tell(const char *reason, const char *file, int line, int code)
{
    (void) file, (void) line;
    printf("error %d: %s\n", code, reason);
}

int main(void)
{
    double a[] = { 2, 1, 0, 1 }, d[] = { 1, 0, 0, 1 }, u[4], h[16], hd[4], value;
    gsl_matrix_view A = gsl_matrix_view_array(a, 2, 2), D = gsl_matrix_view_array(d, 2, 2);
    gsl_matrix_view U = gsl_matrix_view_array(u, 2, 2), H = gsl_matrix_view_array(h, 4, 4);
    gsl_matrix_view Hd = gsl_matrix_view_array(hd, 2, 2);
    dm_function F = { barrier, NULL };

    gsl_set_error_handler(tell);
    dm_hessian(&F, &A.matrix, &value, &U.matrix, &H.matrix);
    for (int i = 0; i < 4; i++)
        printf("%6.2f %6.2f %6.2f %6.2f\n", h[4 * i] + 0, h[4 * i + 1] + 0, h[4 * i + 2] + 0, h[4 * i + 3] + 0);
    dm_hessian_vector(&F, &A.matrix, &D.matrix, &value, &U.matrix, &Hd.matrix);
    printf("%g %g %g %g\n", hd[0], hd[1], hd[2], hd[3]);

    /* The derivative of x * d/dy (x + y) by x is 1: the two perturbations do not mix. */
    dm_context *context = dm_context_alloc();
    double three[] = { 3 }, slope[1];
    gsl_matrix_view x0 = gsl_matrix_view_array(three, 1, 1), S = gsl_matrix_view_array(slope, 1, 1);
    dm *x = dm_variable(context, &x0.matrix), *y = dm_variable_of(dm_scalar(context, 5));
    dm_read_off(dm_mul(x, dm_gradient_of(dm_add(x, y), y)), x, &S.matrix);
    printf("%g\n", slope[0]);

    dm *A2 = dm_constant(context, &A.matrix);
    dm *failed = dm_trace(dm_inverse(dm_mul(A2, dm_ones(context, 3, 3))));
    printf("nothing yet: %s\n", dm_message(failed));
    printf("status %d\n", dm_read_off(failed, x, &S.matrix));
    dm_context_free(context);
    return 0;
}
