/* Second derivatives: the same rules, run one level up.  The gradient is read off on an upper level and is
 * itself a dm of the lower one; its Jacobian is the Hessian, its differential H times a direction.     */
#include "drivers/drivers.h"

/* The gradient of F at the dm X of some level, on a level above it; *f is the value. */
static dm *gradient_at(const char *driver, const dm_function *F, dm *X, dm **f)
{
    dm *Y = dm_variable_of(X);

    *f = dm_call(driver, F, Y);
    return dm_is_failed(*f) ? *f : dm_gradient_dm(driver, *f, Y);
}

/* Value and gradient, if they are asked for, as finite numbers ready to be handed out; NULL, or what is wrong. */
static dm *wrong(const char *driver, dm *f, const double *value, dm *G, const gsl_matrix *U)
{
    if (dm_is_failed(G))
        return G;
    dm *bad = value ? dm_not_finite(driver, "the value", dm_number_of(f)) : NULL;
    if (!bad && U)
        bad = dm_not_finite(driver, "the gradient", dm_number_of(G));
    if (!bad && (!dm_ready(dm_number_of(G), U) || (value && !dm_entries(dm_number_of(f)).data)))
        bad = dm_out_of_memory(G->context);
    return bad;
}

int dm_hessian_in(dm_context *context, const dm_function *F, const gsl_matrix *A, double *value,
                  gsl_matrix *U, gsl_matrix *H)
{
    dm *A0 = dm_input(context, A, U, H), *f;
    dm *X = dm_on_level(dm_level_open(context, DM_FORMAL), A0, NULL);
    dm *G = gradient_at("dm_hessian", F, X, &f), *bad = wrong("dm_hessian", f, value, G, U);

    if (bad)
        return dm_raise(bad);
    bad = dm_jacobian_dm("dm_hessian", G, X, H);
    if (bad)
        return dm_raise(bad);
    if (value)
        *value = dm_entry_scalar(dm_number_of(f));
    if (U)
        dm_hand_out(dm_number_of(G), U);
    return GSL_SUCCESS;
}

int dm_hessian(const dm_function *F, const gsl_matrix *A, double *value, gsl_matrix *U, gsl_matrix *H)
{
    if (!F || !F->f || !A || !H)
        return dm_refuse(NULL, GSL_EFAULT, "dm_hessian: F, A or H is NULL");
    size_t n = A->size1 * A->size2;
    int status = U ? dm_check_shape(NULL, "dm_hessian", "U", U, A->size1, A->size2, "the shape of A") : 0;
    if (status || (status = dm_check_shape(NULL, "dm_hessian", "H", H, n, n, "entries of A by entries of A")))
        return status;
    dm_context *context = dm_context_alloc();
    if (!context)
        return GSL_ENOMEM;
    status = dm_hessian_in(context, F, A, value, U, H);
    dm_context_free(context);
    return status;
}

static int hessian_vector(const dm_function *F, dm_context *context, const gsl_matrix *A,
                          const gsl_matrix *dA, double *value, gsl_matrix *U, gsl_matrix *HdA)
{
    dm *A0 = dm_input(context, A, U, HdA), *direction = dm_input(context, dA, U, HdA), *f;
    dm_level *level = dm_level_open(context, DM_PUSHED);
    dm *G = gradient_at("dm_hessian_vector", F, dm_on_level(level, A0, direction), &f);
    dm *bad = wrong("dm_hessian_vector", f, value, G, U), *d = bad ? NULL : dm_differential_on(G, level);

    if (!bad && d)
        bad = dm_is_failed(d) ? d : dm_not_finite("dm_hessian_vector", "the second differential", d);
    if (!bad && !dm_ready(d, HdA))
        bad = dm_out_of_memory(context);
    if (bad)
        return dm_raise(bad);
    if (value)
        *value = dm_entry_scalar(dm_number_of(f));
    if (U)
        dm_hand_out(dm_number_of(G), U);
    dm_hand_out(d, HdA);
    return GSL_SUCCESS;
}

int dm_hessian_vector(const dm_function *F, const gsl_matrix *A, const gsl_matrix *dA, double *value,
                      gsl_matrix *U, gsl_matrix *HdA)
{
    if (!F || !F->f || !A || !dA || !HdA)
        return dm_refuse(NULL, GSL_EFAULT, "dm_hessian_vector: F, A, dA or HdA is NULL");
    int status;
    if ((status = dm_check_shape(NULL, "dm_hessian_vector", "dA", dA, A->size1, A->size2, "the shape of A"))
        || (U && (status = dm_check_shape(NULL, "dm_hessian_vector", "U", U, A->size1, A->size2,
                                          "the shape of A")))
        || (status = dm_check_shape(NULL, "dm_hessian_vector", "HdA", HdA, A->size1, A->size2,
                                    "the shape of A")))
        return status;
    dm_context *context = dm_context_alloc();
    if (!context)
        return GSL_ENOMEM;
    status = hessian_vector(F, context, A, dA, value, U, HdA);
    dm_context_free(context);
    return status;
}
