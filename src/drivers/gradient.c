/* Reading off: df = tr(U'*dA). */
#include "drivers/drivers.h"

dm *dm_seen_from(dm *f, const dm *X)
{
    while (f->level && f->level->depth > X->level->depth)
        f = f->dual.value;
    return f;
}

dm *dm_gradient_dm(const char *driver, dm *f, dm *X)
{
    if (dm_is_failed(f))
        return f;
    if (dm_is_failed(X))
        return X;
    dm_context *context = X->context;
    if (!X->level || X->level->kind != DM_FORMAL || !X->dual.variable)
        return dm_failed(context, GSL_EINVAL, "%s: the %zu×%zu matrix to differentiate by is no variable "
                         "(dm_variable makes one)", driver, X->rows, X->cols);
    if (f->rows != 1 || f->cols != 1)
        return dm_failed(context, GSL_EBADLEN, "%s: the function is %zu×%zu: a gradient is that of a 1×1",
                         driver, f->rows, f->cols);
    f = dm_seen_from(f, X);
    if (f->level != X->level)
        return dm_number_zero(context, X->rows, 1, X->cols);
    if (f->level->read != f || f->level->released != context->released) {
        dm *seed = dm_number_identity(context, 1, 1);
        dm *failed = dm_is_failed(seed) ? seed : dm_pull(f, seed);
        if (failed)
            return failed;
    }
    dm *U = dm_adjoint(f, X);
    return U ? U : dm_number_zero(context, X->rows, 1, X->cols);
}

dm *dm_gradient_of(dm *f, dm *A)
{
    if (!f || !A)
        return NULL;
    if (!dm_is_failed(f) && !dm_is_failed(A) && A->level && f->level
        && f->level->depth > A->level->depth)
        return dm_failed(A->context, GSL_EINVAL, "dm_gradient_of: f carries a derivative of a level above "
                         "that of A, which would be lost: make A by dm_variable_of");
    return dm_gradient_dm("dm_gradient_of", f, A);
}

/* The gradient as finite numbers, or what is wrong. */
static dm *finished(const char *driver, dm *f, dm *X)
{
    dm *U = dm_gradient_dm(driver, f, X);

    if (dm_is_failed(U))
        return U;
    dm *value = dm_finished_number(f), *R = dm_finished_number(U);
    if (dm_is_failed(value) || dm_is_failed(R))
        return dm_is_failed(value) ? value : R;
    dm *bad = dm_not_finite(driver, "the value", value);
    if (!bad)
        bad = dm_not_finite(driver, "the gradient", R);
    return bad ? bad : R;
}

int dm_read_off(dm *f, dm *A, gsl_matrix *U)
{
    if (!f || !A)
        return dm_raise(NULL);
    if (!U)
        return dm_refuse(f->context, GSL_EFAULT, "dm_read_off: there is no matrix for the gradient");
    dm *R = finished("dm_read_off", f, A);
    if (dm_is_failed(R))
        return dm_raise(R);
    int status = dm_check_shape(f->context, "dm_read_off", "U", U, A->rows, A->cols, "the shape of the variable");
    if (status)
        return status;
    if (!dm_ready(R, U))
        return dm_raise(dm_out_of_memory(f->context));
    dm_hand_out(R, U);
    return GSL_SUCCESS;
}

int dm_gradient_in(dm_context *context, const dm_function *F, const gsl_matrix *A, double *value,
                   gsl_matrix *U)
{
    dm *input = dm_input(context, A, U, NULL);
    dm *X = dm_is_failed(input) ? input : dm_on_level(dm_level_open(context, DM_FORMAL), input, NULL);
    dm *f = dm_call("dm_gradient", F, X);
    dm *R = dm_is_failed(f) ? f : finished("dm_gradient", f, X);

    if (dm_is_failed(R))
        return dm_raise(R);
    if (!dm_ready(R, U) || !dm_entries(dm_number_of(f)).data)
        return dm_raise(dm_out_of_memory(context));
    if (value)
        *value = dm_entry_scalar(dm_number_of(f));
    dm_hand_out(R, U);
    return GSL_SUCCESS;
}

int dm_gradient(const dm_function *F, const gsl_matrix *A, double *value, gsl_matrix *U)
{
    if (!F || !F->f || !A || !U)
        return dm_refuse(NULL, GSL_EFAULT, "dm_gradient: F, A or U is NULL");
    int status = dm_check_shape(NULL, "dm_gradient", "U", U, A->size1, A->size2, "the shape of A");
    if (status)
        return status;
    dm_context *context = dm_context_alloc();
    if (!context)
        return GSL_ENOMEM;
    status = dm_gradient_in(context, F, A, value, U);
    dm_context_free(context);
    return status;
}

int dm_multi_gradient_in(dm_context *context, const dm_multi_function *F, const gsl_matrix *const A[], double *value,
                         gsl_matrix *const U[])
{
    dm_level *level = dm_level_open(context, DM_FORMAL);
    static const char driver[] = "dm_tape_gradients";
    char name[32];
    dm **X = dm_arena_alloc(context, F->n * sizeof *X), **R = dm_arena_alloc(context, F->n * sizeof *R);
    int status;

    if (!X || !R)
        return dm_raise(dm_out_of_memory(context));
    for (size_t i = 0; i < F->n; i++) {
        X[i] = dm_on_level(level, dm_number_copy(context, A[i]), NULL);
        status = dm_check_shape(context, driver, dm_at("U", i, name), U[i], A[i]->size1, A[i]->size2, "the shape of A[i]");
        if (status)
            return status;
    }
    dm *f = dm_multi_call(driver, F, X);
    for (size_t i = 0; i < F->n; i++) {
        R[i] = dm_is_failed(f) ? f : finished(driver, f, X[i]);
        if (dm_is_failed(R[i]))
            return dm_raise(R[i]);
        if (!dm_ready(R[i], U[i]))
            return dm_raise(dm_out_of_memory(context));
    }
    if (!dm_entries(dm_number_of(f)).data)
        return dm_raise(dm_out_of_memory(context));
    if (value)
        *value = dm_entry_scalar(dm_number_of(f));
    for (size_t i = 0; i < F->n; i++)
        dm_hand_out(R[i], U[i]);
    return GSL_SUCCESS;
}
