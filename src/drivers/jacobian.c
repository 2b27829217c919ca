/* Directional derivatives and Jacobians. */
#include "drivers/drivers.h"
#include "numbers/kernels.h"

/* ------------------------------------------------------------------------------------------- jvp -- */

static int jvp(const dm_function *F, dm_context *context, const gsl_matrix *A, const gsl_matrix *dA,
               gsl_matrix *value, gsl_matrix *dF)
{
    dm *A0 = dm_input(context, A, value, dF), *direction = dm_input(context, dA, value, dF);
    dm_level *level = dm_level_open(context, DM_PUSHED);
    dm *f = dm_call("dm_jvp", F, dm_on_level(level, A0, direction));
    int status;

    if (dm_is_failed(f))
        return dm_raise(f);
    if ((value && (status = dm_check_shape(NULL, "dm_jvp", "value", value, f->rows, f->cols,
                                           "the shape of F(A)")))
        || (status = dm_check_shape(NULL, "dm_jvp", "dF", dF, f->rows, f->cols, "the shape of F(A)")))
        return status;
    dm *f0 = dm_number_of(f), *d = dm_differential_on(f, level);
    dm *bad = dm_not_finite("dm_jvp", "the value", f0);
    if (!bad && d)
        bad = dm_is_failed(d) ? d : dm_not_finite("dm_jvp", "the differential", d);
    if (!bad && (!dm_ready(f0, value) || !dm_ready(d, dF)))
        bad = dm_out_of_memory(context);
    if (bad)
        return dm_raise(bad);
    if (value)
        dm_hand_out(f0, value);
    dm_hand_out(d, dF);
    return GSL_SUCCESS;
}

int dm_jvp(const dm_function *F, const gsl_matrix *A, const gsl_matrix *dA, gsl_matrix *value,
           gsl_matrix *dF)
{
    if (!F || !F->f || !A || !dA || !dF)
        return dm_refuse(NULL, GSL_EFAULT, "dm_jvp: F, A, dA or dF is NULL");
    int status = dm_check_shape(NULL, "dm_jvp", "dA", dA, A->size1, A->size2, "the shape of A");
    if (status)
        return status;
    dm_context *context = dm_context_alloc();
    if (!context)
        return GSL_ENOMEM;
    status = jvp(F, context, A, dA, value, dF);
    dm_context_free(context);
    return status;
}

int dm_multi_push_in(dm_context *context, const dm_multi_function *F, const gsl_matrix *const A[], size_t k,
                     const gsl_matrix *const dA[], gsl_matrix *value, gsl_matrix *const dF[])
{
    static const char driver[] = "dm_tape_push";
    char name[32];
    dm **X = dm_arena_alloc(context, F->n * sizeof *X);
    dm_level *level = dm_level_open(context, DM_PUSHED);
    int status = GSL_SUCCESS;

    if (!X)
        return dm_raise(dm_out_of_memory(context));
    for (size_t i = 0; i < F->n; i++) {
        for (size_t s = 0; s < k && !status; s++)
            status = dm_check_shape(context, driver, dm_at("dA", i * k + s, name), dA[i * k + s], A[i]->size1, A[i]->size2,
                                    "the shape of A[i]");
        if (status)
            return status;
        X[i] = dm_on_level(level, dm_number_copy(context, A[i]), dm_number_panel(context, k, dA + i * k));
    }
    dm *f = dm_multi_call(driver, F, X);
    if (dm_is_failed(f))
        return dm_raise(f);
    if (value)
        status = dm_check_shape(context, driver, "value", value, f->rows, f->cols, "the shape of F(A)");
    for (size_t s = 0; s < k && !status; s++)
        status = dm_check_shape(context, driver, dm_at("dF", s, name), dF[s], f->rows, f->cols, "the shape of F(A)");
    if (status)
        return status;
    dm *f0 = dm_number_of(f), *d = dm_differential_on(f, level), *bad = dm_not_finite(driver, "the value", f0);
    if (!bad && d)
        bad = dm_is_failed(d) ? d : dm_not_finite(driver, "the differential", d);
    if (!bad && ((value && !dm_ready(f0, value)) || (d && !dm_entries(d).data)))
        bad = dm_out_of_memory(context);
    if (bad)
        return dm_raise(bad);
    if (value)
        dm_hand_out(f0, value);
    if (d && d->slots > 1)
        dm_take_apart(k, d->rows, d->cols, dm_entries(d).data, dF);
    for (size_t s = 0; s < k && (!d || d->slots == 1); s++)
        dm_hand_out(d, dF[s]);
    return GSL_SUCCESS;
}

/* -------------------------------------------------------------------------------------- Jacobians --
 *
 * Y is recorded once; then K unit directions at a time are pushed through its terms and give K columns, or
 * K unit adjoints are pulled back and give K rows.  The matrices of a pass are released after it; those
 * formed in the first pass stay, and the last pass overlaps the one before, so that all are alike.     */

/* Fewer make J's columns in shorter pieces: with 16 tanh(A*B)*C takes 1.2 to 1.5 times as long at n = 32 to 96, with
 * 8 twice.  More gain nothing.  That panels of dense matrices leave the second level cache, of 1 MiB, from n = 64 on
 * costs less: 0.91 of the time with 16 for the Hessian of sum(tanh(C*A*B).^2) at n = 96, 0.96 for rows at n = 128. */
enum { AT_A_TIME = 32 };

void dm_store_columns(dm_panel P, size_t k, double *to, size_t tda)
{
    for (size_t i = 0; i < P.rows; i++)            /* row i of P is slot by slot, and column by column in J */
        dm_add_transposed(P.cols, k, 0, 1, dm_row(P, i, 0), P.cols, to + i * tda, P.rows * tda);
}

void dm_store_rows(dm_panel P, size_t k, double *to, size_t tda)
{
    for (size_t slot = 0; slot < k; slot++)
        dm_add_transposed(P.cols, P.rows, 0, 1, dm_row(P, 0, slot), P.stride, to + slot * tda, P.rows);
}

/* The slots of R, as vec, into the columns or the rows of J from `first` on, a line of the cache at a time; NULL is
 * zero.                                                                                              */
static void store(dm *R, bool columns, size_t first, size_t k, gsl_matrix *J)
{
    gsl_matrix_view lines = columns ? gsl_matrix_submatrix(J, 0, first, J->size1, k)
                                    : gsl_matrix_submatrix(J, first, 0, k, J->size2);
    double *to = lines.matrix.data;

    if (!R) {
        gsl_matrix_set_zero(&lines.matrix);
        return;
    }
    dm_panel P = dm_entries(R);
    if (columns)
        dm_store_columns(P, k, to, J->tda);
    else
        dm_store_rows(P, k, to, J->tda);
}

/* One pass: lines first ... first+k-1 of J.  NULL or what failed. */
static dm *pass(const char *driver, dm *Y, dm *X, bool columns, size_t first, size_t k, gsl_matrix *J)
{
    const dm *from = columns ? X : Y;
    dm *seed = dm_number_units(Y->context, from->rows, from->cols, first, k), *R, *failed = NULL;

    if (dm_is_failed(seed))
        return seed;
    if (columns) {
        R = dm_push(Y, X, seed);
    } else {
        failed = dm_pull(Y, seed);
        R = failed ? NULL : dm_adjoint(Y, X);
        Y->level->read = NULL;         /* what was read goes with the scope */
    }
    if (failed || (R && dm_is_failed(R)))
        return failed ? failed : R;
    if (R) {
        R = dm_number_of(R);
        dm *bad = dm_not_finite(driver, "the derivative", R);
        if (!bad && !dm_entries(R).data)
            bad = dm_out_of_memory(R->context);
        if (bad)
            return bad;
    }
    store(R, columns, first, k, J);
    return NULL;
}

/* Where the terms show a sum of sandwiches, J is a sum of Kronecker products: no passes. */
static bool by_kronecker(dm *Y, dm *X, gsl_matrix *J)
{
    dm_sandwich term[DM_SANDWICHES];
    dm_kronecker K[DM_SANDWICHES];
    size_t terms = X->rows * X->cols > 1 ? dm_sandwiches(Y, X, term, DM_SANDWICHES) : 0;

    if (terms == 0 || !dm_kronecker_of(term, terms, K))
        return false;
    dm_write_kronecker(K, terms, Y->rows, X->rows, X->cols, J);
    return true;
}

static dm *by_passes(const char *driver, dm *Y, dm *X, gsl_matrix *J)
{
    bool columns = J->size2 <= J->size1;
    size_t n = columns ? J->size2 : J->size1, k = n < AT_A_TIME ? n : AT_A_TIME;
    dm *failed = pass(driver, Y, X, columns, 0, k, J);

    for (size_t first = k; !failed && first < n; first += k) {
        dm_scope scope = dm_scope_open(Y->context);
        failed = pass(driver, Y, X, columns, first + k <= n ? first : n - k, k, J);
        if (!failed)
            dm_scope_release(&scope);
    }
    return failed;
}

dm *dm_jacobian_dm(const char *driver, dm *Y, dm *X, gsl_matrix *J)
{
    Y = dm_seen_from(Y, X);
    if (Y->level != X->level) {
        gsl_matrix_set_zero(J);
        return NULL;
    }
    if (by_kronecker(Y, X, J))
        return NULL;
    double *entries = dm_arena_alloc(Y->context, J->size1 * J->size2 * sizeof *entries);
    if (!entries)
        return dm_out_of_memory(Y->context);
    gsl_matrix_view result = gsl_matrix_view_array(entries, J->size1, J->size2);
    dm *failed = by_passes(driver, Y, X, &result.matrix);
    if (!failed)
        gsl_matrix_memcpy(J, &result.matrix);
    return failed;
}

int dm_jacobian_in(dm_context *context, const dm_function *F, const gsl_matrix *A, gsl_matrix *value,
                   gsl_matrix *J)
{
    dm *A0 = dm_input(context, A, value, J);
    dm *X = dm_on_level(dm_level_open(context, DM_FORMAL), A0, NULL);
    dm *Y = dm_call("dm_jacobian", F, X);
    int status;

    if (dm_is_failed(Y))
        return dm_raise(Y);
    if ((value && (status = dm_check_shape(context, "dm_jacobian", "value", value, Y->rows, Y->cols,
                                           "the shape of F(A)")))
        || (status = dm_check_shape(context, "dm_jacobian", "J", J, Y->rows * Y->cols, A->size1 * A->size2,
                                    "entries of F(A) by entries of A")))
        return status;
    dm *bad = value ? dm_not_finite("dm_jacobian", "the value", dm_number_of(Y)) : NULL;
    if (!bad && !dm_ready(dm_number_of(Y), value))
        bad = dm_out_of_memory(context);
    if (bad)
        return dm_raise(bad);
    bad = dm_jacobian_dm("dm_jacobian", Y, X, J);
    if (bad)
        return dm_raise(bad);
    if (value)
        dm_hand_out(dm_number_of(Y), value);
    return GSL_SUCCESS;
}

int dm_jacobian(const dm_function *F, const gsl_matrix *A, gsl_matrix *value, gsl_matrix *J)
{
    if (!F || !F->f || !A || !J)
        return dm_refuse(NULL, GSL_EFAULT, "dm_jacobian: F, A or J is NULL");
    dm_context *context = dm_context_alloc();
    if (!context)
        return GSL_ENOMEM;
    int status = dm_jacobian_in(context, F, A, value, J);
    dm_context_free(context);
    return status;
}
