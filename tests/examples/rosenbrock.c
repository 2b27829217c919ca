/* Rosenbrock's function, written entry by entry, minimized by GSL with gradients that are recorded once. */
#include <stdio.h>
#include <gsl/gsl_multimin.h>
#include <dualmat.h>

/* The sum of the 100*(x(i+1) - x(i)^2)^2 + (1 - x(i))^2. */
static dm *rosenbrock(dm *x, void *params)
{
    dm_context *context = dm_context_of(x);
    dm *one = dm_ones(context, 1, 1), *sum = dm_zeros(context, 1, 1);

    (void) params;
    for (size_t i = 0; i + 1 < dm_rows(x); i++) {
        dm *a = dm_block(x, i, 0, 1, 1), *b = dm_block(x, i + 1, 0, 1, 1);
        dm *valley = dm_square(dm_sub(b, dm_square(a)));
        sum = dm_add(sum, dm_add(dm_scale(valley, 100), dm_square(dm_sub(one, a))));
    }
    return sum;
}

static void value_and_gradient(const gsl_vector *x, void *tape, double *f, gsl_vector *g)
{
    gsl_matrix_const_view X = gsl_matrix_const_view_vector(x, x->size, 1);
    gsl_matrix_view G = gsl_matrix_view_vector(g, g->size, 1);

    dm_tape_gradient(tape, &X.matrix, f, &G.matrix);
}

static double value(const gsl_vector *x, void *tape)
{
    gsl_vector *g = gsl_vector_alloc(x->size);
    double f;

    value_and_gradient(x, tape, &f, g);
    gsl_vector_free(g);
    return f;
}

static void gradient(const gsl_vector *x, void *tape, gsl_vector *g)
{
    double f;

    value_and_gradient(x, tape, &f, g);
}

int main(void)
{
    dm_function F = { rosenbrock, NULL };
    dm_tape *tape = dm_tape_alloc(&F);
    gsl_multimin_function_fdf problem = { value, gradient, value_and_gradient, 5, tape };
    gsl_multimin_fdfminimizer *m = gsl_multimin_fdfminimizer_alloc(gsl_multimin_fdfminimizer_vector_bfgs2, 5);
    gsl_vector *x = gsl_vector_calloc(5);

    gsl_multimin_fdfminimizer_set(m, &problem, x, 0.1, 0.1);
    for (int step = 0; step < 200 && gsl_multimin_test_gradient(m->gradient, 1e-8) == GSL_CONTINUE; step++)
        if (gsl_multimin_fdfminimizer_iterate(m))
            break;
    printf("minimum at");
    for (size_t i = 0; i < 5; i++)
        printf(" %.3f", gsl_vector_get(m->x, i));
    printf("\n");
    gsl_vector_free(x);
    gsl_multimin_fdfminimizer_free(m);
    dm_tape_free(tape);
    return 0;
}
