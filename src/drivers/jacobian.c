/* Directional derivatives and Jacobians. */
#include <math.h>
#include <string.h>
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

/* Slot s of a finished panel. */
static void hand_out_slot(dm *R, size_t s, gsl_matrix *to)
{
    if (!R || R->slots == 1) {
        dm_hand_out(R, to);
        return;
    }
    dm_panel P = dm_entries(R);
    for (size_t i = 0; i < P.rows; i++)
        memcpy(to->data + i * to->tda, dm_row(P, i, s), P.cols * sizeof *P.data);
}

int dm_multi_push_in(dm_context *context, const dm_multi_function *F, const gsl_matrix *const A[], size_t k,
                     const gsl_matrix *const dA[], gsl_matrix *value, gsl_matrix *const dF[])
{
    dm **X = dm_arena_alloc(context, F->n * sizeof *X);
    int status = GSL_SUCCESS;

    if (!X)
        return dm_raise(dm_out_of_memory(context));
    for (size_t i = 0; i < F->n; i++)
        X[i] = dm_dual_panel(context, A[i], k, dA + i * k);
    dm *f = dm_multi_call("dm_jvp", F, X);
    if (dm_is_failed(f))
        return dm_raise(f);
    if (value)
        status = dm_check_shape(context, "dm_jvp", "value", value, f->rows, f->cols, "the shape of F(A)");
    for (size_t s = 0; s < k && !status; s++)
        status = dm_check_shape(context, "dm_jvp", "dF", dF[s], f->rows, f->cols, "the shape of F(A)");
    if (status)
        return status;
    dm *f0 = dm_number_of(f), *d = dm_differential_on(f, &context->dual), *bad = dm_not_finite("dm_jvp", "the value", f0);
    if (!bad && d)
        bad = dm_is_failed(d) ? d : dm_not_finite("dm_jvp", "the differential", d);
    if (!bad && ((value && !dm_ready(f0, value)) || (d && !dm_entries(d).data)))
        bad = dm_out_of_memory(context);
    if (bad)
        return dm_raise(bad);
    if (value)
        dm_hand_out(f0, value);
    for (size_t s = 0; s < k; s++)
        hand_out_slot(d, s, dF[s]);
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
    if (columns)                       /* row i of R is slot by slot, and column by column in J */
        for (size_t i = 0; i < P.rows; i++)
            dm_add_transposed(P.cols, k, 0, 1, dm_row(P, i, 0), P.cols, to + i * J->tda, P.rows * J->tda);
    else
        for (size_t slot = 0; slot < k; slot++)
            dm_add_transposed(P.cols, P.rows, 0, 1, dm_row(P, 0, slot), P.stride, to + slot * J->tda, P.rows);
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

/* One row of a matrix, or (data == NULL) of the identity. */
typedef struct {
    const double *data;
    size_t unit;
} line;

static line line_of(dm_panel A, size_t i)
{
    return A.data ? (line) { A.data + i * A.stride, 0 } : (line) { NULL, i };
}

/* d -> scale*L*d*R, or with d'; data == NULL is the identity. */
typedef struct {
    double scale;
    dm_panel L, Rt;                    /* Rt is R' */
    bool transposed;
} factors;

/* row[l*m + k] = beta*row[l*m + k] + scale*c(l)*v(k). */
static void add_outer(double *row, double beta, double scale, line c, size_t n, line v, size_t m)
{
    if (c.data && v.data)
        dm_column_row(n, m, scale, c.data, 1, v.data, beta, row, m);
    else if (c.data)
        for (size_t l = 0; l < n; l++)
            row[l * m + v.unit] += scale * c.data[l];
    else if (v.data)
        dm_axpy(m, scale, v.data, row + c.unit * m);
    else
        row[c.unit * m + v.unit] += scale;
}

/* row = beta*row + the row that entry (i,j) of s*L*d*R, or of s*L*d'*R, is of d: column l*m+k of it is entry (k,l)
 * of X.  The whole matrix is s*kron(R',L).                                                           */
static void add_kronecker_row(double *row, double beta, const factors *f, size_t i, size_t j, const dm *X)
{
    line l = line_of(f->L, i), r = line_of(f->Rt, j);

    add_outer(row, beta, f->scale, f->transposed ? l : r, X->cols, f->transposed ? r : l, X->rows);
}

static double largest(dm *A)
{
    double least = 1, most = 1;

    if (A)
        dm_number_range(A, &least, &most);
    return most;
}

/* Everything the Kronecker products need, so that J is not touched before it is known to come out finite. */
static bool prepare(const dm_sandwich term[], factors f[], size_t terms)
{
    double bound = 0;

    for (size_t k = 0; k < terms; k++) {
        dm *L = term[k].L, *Rt = term[k].R ? dm_transpose(term[k].R) : NULL;
        f[k] = (factors) { .scale = term[k].scale, .transposed = term[k].transposed };
        if (L)
            f[k].L = dm_entries(L);
        if (Rt && !dm_is_failed(Rt))
            f[k].Rt = dm_entries(Rt);
        if ((L && !f[k].L.data) || (Rt && !f[k].Rt.data))
            return false;
        bound += fabs(term[k].scale) * largest(L) * largest(Rt);
    }
    return isfinite(bound);
}

static void clear_rows(gsl_matrix *J, size_t first, size_t behind)
{
    if (J->tda == J->size2)
        memset(J->data + first * J->tda, 0, (behind - first) * J->size2 * sizeof *J->data);
    else
        for (size_t r = first; r < behind; r++)
            memset(J->data + r * J->tda, 0, J->size2 * sizeof *J->data);
}

/* J is a sum of Kronecker products where dY is a sum of sandwiches of dX: no passes.  false: a factor is not finite,
 * or there is no memory, and J is as it was.                                                        */
bool dm_write_kronecker(const dm_sandwich term[], size_t terms, const dm *Y, const dm *X, gsl_matrix *J)
{
    enum { AT_ONCE = 4096, BEYOND_CACHES = 1 << 22 };          /* entries */
    factors f[DM_SANDWICHES];

    if (!prepare(term, f, terms))
        return false;
    if (terms == 1 && X->cols == 1 && Y->cols == 1 && term[0].L && !term[0].R && J->tda == J->size2)
        return dm_number_write((dm_panel) { J->data, J->size2, J->size1, 1, J->size2 }, term[0].scale, term[0].L);
    bool full = term[0].L && term[0].R;
    size_t rows = J->size1, block = J->size2 < AT_ONCE ? AT_ONCE / J->size2 : 1, i = 0, j = 0;
    if (!full && rows > BEYOND_CACHES / J->size2)
        block = rows;                  /* cleared as a whole, past the caches, which is a third faster there */
    for (size_t first = 0; first < rows; first += block) {     /* all terms of some rows while these are in the cache */
        size_t behind = first + block < rows ? first + block : rows;
        if (!full)
            clear_rows(J, first, behind);
        for (size_t r = first; r < behind; r++, i++) {
            if (i == Y->rows) {
                i = 0;
                j++;
            }
            for (size_t k = 0; k < terms; k++)
                add_kronecker_row(J->data + r * J->tda, k == 0 && full ? 0 : 1, &f[k], i, j, X);
        }
    }
    return true;
}

static bool by_kronecker(dm *Y, dm *X, gsl_matrix *J)
{
    dm_sandwich term[DM_SANDWICHES];
    size_t terms = X->rows * X->cols > 1 ? dm_sandwiches(Y, X, term, DM_SANDWICHES) : 0;

    return terms > 0 && dm_write_kronecker(term, terms, Y, X, J);
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
