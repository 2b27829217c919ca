/* Several variables of one function: |A*x - b|^2 is differentiated by A, by x and by b, in one pass. */
#include <stdio.h>
#include <gsl/gsl_matrix.h>
#include <dualmat.h>

static void show(const char *name, const gsl_matrix *M)
{
    printf("%s =", name);
    for (size_t i = 0; i < M->size1; i++, printf(i < M->size1 ? ";" : "\n"))
        for (size_t j = 0; j < M->size2; j++)
            printf(" %g", gsl_matrix_get(M, i, j));
}

int main(void)
{
    double a[] = { 1, 2, 3, 4, 5, 6 }, v[] = { 1, -1 }, w[] = { 1, 0, 2 }, da[6], dx[2], db[3];
    gsl_matrix_view A0 = gsl_matrix_view_array(a, 3, 2), DA = gsl_matrix_view_array(da, 3, 2);
    gsl_matrix_view x0 = gsl_matrix_view_array(v, 2, 1), Dx = gsl_matrix_view_array(dx, 2, 1);
    gsl_matrix_view b0 = gsl_matrix_view_array(w, 3, 1), Db = gsl_matrix_view_array(db, 3, 1);
    dm_context *context = dm_context_alloc();

    dm *A = dm_variable(context, &A0.matrix);
    dm *x = dm_variable(context, &x0.matrix);
    dm *b = dm_variable(context, &b0.matrix);
    dm *f = dm_norm_squared(dm_sub(dm_mul(A, x), b));

    printf("f = %g\n", dm_value_scalar(f));
    dm_read_off(f, A, &DA.matrix);                 /* 2*(A*x - b)*x'  */
    dm_read_off(f, x, &Dx.matrix);                 /* 2*A'*(A*x - b)  */
    dm_read_off(f, b, &Db.matrix);                 /* -2*(A*x - b)    */
    show("by A", &DA.matrix);
    show("by x", &Dx.matrix);
    show("by b", &Db.matrix);
    dm_context_free(context);
    return 0;
}
