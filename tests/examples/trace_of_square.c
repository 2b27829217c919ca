/* The value of tr(A*A) and its gradient, 2*A'. */
#include <stdio.h>
#include <gsl/gsl_matrix.h>
#include <dualmat.h>

static dm *trace_of_square(dm *A, void *params)
{
  (void) params;
  return dm_trace(dm_mul(A, A));
}

int main(void)
{
  double a[] = { 1, 2, 3, 4 }, u[4], value;
  gsl_matrix_view A = gsl_matrix_view_array(a, 2, 2), U = gsl_matrix_view_array(u, 2, 2);
  dm_function F = { trace_of_square, NULL };

  dm_gradient(&F, &A.matrix, &value, &U.matrix);
  printf("%g\n%g %g\n%g %g\n", value, u[0], u[1], u[2], u[3]);
  return 0;
}
