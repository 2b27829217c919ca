/* Derivatives that are recorded once and run again: the calls of a function, with all that differentiating comes
 * to, as one list of products and sums (tapes/tape.h).
 *
 * A program is never asked to fail: where it cannot be recorded, or a run meets something that is not regular, the
 * driver of the same name does the work, with its results and its messages.                           */
#include <math.h>
#include <string.h>
#include "drivers/running.h"
#include "numbers/kernels.h"

/* ------------------------------------------------------------------------------------- the tape itself -- */

static dm *call_one(dm *const A[], void *params)
{
    const dm_function *F = params;

    return F->f(A[0], F->params);
}

static dm_tape *new_tape(void)
{
    dm_tape *tape = calloc(1, sizeof *tape);

    if (!tape)
        GSL_ERROR_NULL("dm_tape_alloc: out of memory", GSL_ENOMEM);
    return tape;
}

dm_tape *dm_tape_alloc(const dm_function *F)
{
    if (!F || !F->f) {
        dm_refuse(NULL, GSL_EFAULT, "dm_tape_alloc: F is NULL");
        return NULL;
    }
    dm_tape *tape = new_tape();
    if (tape) {
        tape->one = *F;
        tape->F = (dm_multi_function) { call_one, 1, &tape->one };
    }
    return tape;
}

dm_tape *dm_tape_alloc_multi(const dm_multi_function *F)
{
    if (!F || !F->f || F->n == 0) {
        dm_refuse(NULL, GSL_EFAULT, "dm_tape_alloc_multi: F is NULL or a function of no matrix");
        return NULL;
    }
    dm_tape *tape = new_tape();
    if (tape)
        tape->F = *F;
    return tape;
}

static void forget_others(dm_tape *tape)
{
    for (size_t i = 0; i < tape->others; i++)
        dm_forget_recording(&tape->of_other[i]);
    free(tape->of_other);
    dm_workers_free(tape->workers);
}

void dm_tape_free(dm_tape *tape)
{
    if (!tape)
        return;
    for (size_t k = 0; k < DM_TAPE_KINDS; k++)
        dm_forget_recording(&tape->of[k]);
    forget_others(tape);
    free(tape);
}

int dm_tape_set_threads(dm_tape *tape, size_t threads)
{
    if (!tape)
        return dm_refuse(NULL, GSL_EFAULT, "dm_tape_set_threads: the tape is NULL");
    if (threads == 0)
        return dm_refuse(NULL, GSL_EINVAL, "dm_tape_set_threads: 0 threads do nothing: 1 is the caller's own");
    if (threads - 1 == tape->others)
        return GSL_SUCCESS;
    dm_workers *workers = threads > 1 ? dm_workers_alloc(threads - 1) : NULL;
    dm_recording *of_other = workers ? calloc(threads - 1, sizeof *of_other) : NULL;
    if (threads > 1 && !of_other) {
        dm_workers_free(workers);
        return dm_refuse(NULL, GSL_ENOMEM, "dm_tape_set_threads: there are no %zu threads to be had, or no memory for "
                         "them: the tape stays with %zu", threads, tape->others + 1);
    }
    dm_forget_recording(&tape->of[DM_TAPE_PUSH]);      /* all programs are recorded together */
    forget_others(tape);
    tape->others = threads - 1;
    tape->workers = workers;
    tape->of_other = of_other;
    return GSL_SUCCESS;
}

/* ---------------------------------------------------------------------------------------- gradients -- */

/* Without a program, and for what goes wrong. */
static int gradient_directly(dm_tape *tape, const gsl_matrix *const A[], double *value, gsl_matrix *const U[])
{
    if (tape->one.f)
        return dm_gradient(&tape->one, A[0], value, U[0]);
    dm_context *context = dm_context_alloc();
    int status = context ? dm_multi_gradient_in(context, &tape->F, A, value, U) : GSL_ENOMEM;
    dm_context_free(context);
    return status;
}

static bool all_there(const gsl_matrix *const A[], const gsl_matrix *const U[], size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!A[i] || !U[i])
            return false;
    return true;
}

/* false: not by this way. */
static inline bool quick_gradient(const dm_recording *r, size_t n, const gsl_matrix *const A[], double *value,
                                  gsl_matrix *const U[])
{
    if (!r->quick)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!dm_lies_as_before(&r->in[i], A[i]) || !dm_fits_result(&r->out[i], U[i]))
            return false;
    if (!dm_program_run(r->program) || !isfinite(*r->value->place) || !r->take(r->out, n, U))
        return false;
    if (value)
        *value = *r->value->place;
    return true;
}

static int gradient(dm_tape *tape, const gsl_matrix *const A[], double *value, gsl_matrix *const U[])
{
    size_t n = tape->F.n;
    bool fitting = true;

    if (quick_gradient(&tape->of[DM_TAPE_GRADIENT], n, A, value, U))
        return GSL_SUCCESS;
    for (size_t i = 0; i < n; i++)
        fitting = fitting && dm_same_shape(U[i], A[i]);
    dm_recording *r = fitting ? dm_prepared(tape, DM_TAPE_GRADIENT, dm_write_gradient, A, n, n, DM_THE_VALUE) : NULL;
    bool done = r != NULL;
    for (size_t i = 0; done && i < n; i++)
        done = dm_give_input(&r->in[i], &A[i], dm_lies_under(r, A[i], NULL, n, U));
    done = done && dm_program_run(r->program) && dm_line_finite(r->value);
    for (size_t i = 0; done && i < n; i++)
        done = dm_line_ready(r->result[i], U[i]);
    if (!done)
        return gradient_directly(tape, A, value, U);
    if (value)
        *value = dm_line_scalar(r->value);
    for (size_t i = 0; i < n; i++)
        dm_line_hand_out(r->result[i], U[i]);
    return GSL_SUCCESS;
}

int dm_tape_gradient(dm_tape *tape, const gsl_matrix *A, double *value, gsl_matrix *U)
{
    if (!tape || !A || !U)
        return dm_no_tape("dm_tape_gradient");
    if (tape->F.n != 1)
        return dm_refuse(NULL, GSL_EINVAL, "dm_tape_gradient: the function is one of %zu matrices: "
                         "dm_tape_gradients is for those", tape->F.n);
    return gradient(tape, &A, value, &U);
}

int dm_tape_gradients(dm_tape *tape, const gsl_matrix *const A[], double *value, gsl_matrix *const U[])
{
    if (!tape || !A || !U || !all_there(A, (const gsl_matrix *const *) U, tape->F.n))
        return dm_no_tape("dm_tape_gradients");
    return gradient(tape, A, value, U);
}

/* ---------------------------------------------------------------------- Jacobians, second derivatives -- */

static int no_multi(const dm_tape *tape, const char *function)
{
    return dm_refuse(NULL, GSL_EINVAL, "%s: the function is one of %zu matrices, and not of one", function, tape->F.n);
}

static bool has_size(const gsl_matrix *J, size_t rows, size_t cols)
{
    return J->size1 == rows && J->size2 == cols;
}

/* The entries of a factor (NULL: the identity), and the size of the largest; false: no memory. */
static bool factor_of(const dm_line *L, dm_panel *P, double *largest)
{
    double least, most = 1;

    *P = (dm_panel) { 0 };
    if (L && L->place) {
        *P = (dm_panel) { L->place, L->cols, L->rows, 1, L->cols };
        dm_range(L->rows * L->cols, L->place, &least, &most);
    } else if (L) {
        *P = dm_entries(L->number);
        dm_number_range(L->number, &least, &most);
    }
    *largest *= most;
    return !L || P->data;
}

/* All terms have one factor, and J is small: each entry to its place. */
static bool scattered(const dm_recording *r, gsl_matrix *J)
{
    bool yes = J->tda == J->size2;

    for (size_t k = 0; k < r->sandwiches; k++)
        yes = yes && r->entry[k];
    if (!yes)
        return false;
    memset(J->data, 0, J->size1 * J->size2 * sizeof *J->data);
    for (size_t k = 0; k < r->sandwiches; k++) {
        const dm_scatter *e = r->entry[k], *end = e + r->entries[k];
        const double *from = r->K[k].L.data ? r->K[k].L.data : r->K[k].Rt.data;
        double scale = r->K[k].scale, *to = J->data;
        for (; e < end; e++)
            to[e->to] += scale * from[e->from];
    }
    return true;
}

/* All columns, as they were pushed, or all rows; false: they are not finite. */
static bool write_slots(const dm_recording *r, gsl_matrix *J)
{
    const dm_line *L = r->result[0];

    if (!dm_line_finite(L))
        return false;
    dm_panel P = L->place ? (dm_panel) { L->place, L->slots * L->cols, L->rows, L->slots, L->cols } : dm_entries(L->number);
    if (P.data && r->by_rows)
        dm_store_rows(P, J->size1, J->data, J->tda);
    else if (P.data)
        dm_store_columns(P, J->size2, J->data, J->tda);
    return P.data != NULL;
}

/* The matrix of the sandwiches, as a Kronecker product each, or slot by slot; false: something is not finite. */
static bool write_matrix(dm_recording *r, size_t p, const gsl_matrix *A, gsl_matrix *J)
{
    double bound = 0;

    if (r->whole) {
        if (!dm_line_ready(r->result[0], J))
            return false;
        dm_line_hand_out(r->result[0], J);
        return true;
    }
    if (r->result[0])
        return write_slots(r, J);
    for (size_t k = 0; k < r->sandwiches; k++) {
        double largest = fabs(r->K[k].scale);
        if (!factor_of(r->left[k], &r->K[k].L, &largest) || !factor_of(r->right[k], &r->K[k].Rt, &largest))
            return false;
        bound += largest;
    }
    if (!isfinite(bound))
        return false;
    if (!scattered(r, J))
        dm_write_kronecker(r->K, r->sandwiches, p, A->size1, A->size2, J);
    return true;
}

int dm_tape_jacobian(dm_tape *tape, const gsl_matrix *A, gsl_matrix *value, gsl_matrix *J)
{
    if (!tape || !A || !J)
        return dm_no_tape("dm_tape_jacobian");
    if (!tape->one.f)
        return no_multi(tape, "dm_tape_jacobian");
    dm_recording *r = dm_prepared(tape, DM_TAPE_JACOBIAN, dm_write_jacobian, &A, 1, 1, value ? DM_THE_VALUE : 0);
    if (!r || !dm_has_shape(r, value) || !has_size(J, r->rows * r->cols, A->size1 * A->size2)
        || !dm_run_recording(r, &A, value, J) || !dm_line_ready(r->value, value) || !write_matrix(r, r->rows, A, J))
        return dm_jacobian(&tape->one, A, value, J);
    dm_line_hand_out(r->value, value);
    return GSL_SUCCESS;
}

int dm_tape_hessian(dm_tape *tape, const gsl_matrix *A, double *value, gsl_matrix *U, gsl_matrix *H)
{
    if (!tape || !A || !H)
        return dm_no_tape("dm_tape_hessian");
    if (!tape->one.f)
        return no_multi(tape, "dm_tape_hessian");
    size_t n = A->size1 * A->size2;
    dm_recording *r = dm_prepared(tape, DM_TAPE_HESSIAN, dm_write_hessian, &A, 1, 1,
                                  (value ? DM_THE_VALUE : 0) | (U ? DM_THE_GRADIENT : 0));
    if (!r || (U && !dm_same_shape(U, A)) || !has_size(H, n, n) || !dm_run_recording(r, &A, U, H)
        || (value && !dm_line_finite(r->value)) || !dm_line_ready(r->gradient, U) || !write_matrix(r, A->size1, A, H))
        return dm_hessian(&tape->one, A, value, U, H);
    if (value)
        *value = dm_line_scalar(r->value);
    dm_line_hand_out(r->gradient, U);
    return GSL_SUCCESS;
}

int dm_tape_hessian_vector(dm_tape *tape, const gsl_matrix *A, const gsl_matrix *dA, double *value, gsl_matrix *U,
                           gsl_matrix *HdA)
{
    if (!tape || !A || !dA || !HdA)
        return dm_no_tape("dm_tape_hessian_vector");
    if (!tape->one.f)
        return no_multi(tape, "dm_tape_hessian_vector");
    const gsl_matrix *const in[] = { A, dA };
    bool fitting = dm_same_shape(dA, A) && dm_same_shape(HdA, A) && (!U || dm_same_shape(U, A));
    dm_recording *r = fitting ? dm_prepared(tape, DM_TAPE_HESSIAN_VECTOR, dm_write_hessian_vector, in, 2, 1,
                                      (value ? DM_THE_VALUE : 0) | (U ? DM_THE_GRADIENT : 0)) : NULL;
    if (!r || !dm_run_recording(r, in, U, HdA) || (value && !dm_line_finite(r->value)) || !dm_line_ready(r->gradient, U)
        || !dm_line_ready(r->result[0], HdA))
        return dm_hessian_vector(&tape->one, A, dA, value, U, HdA);
    if (value)
        *value = dm_line_scalar(r->value);
    dm_line_hand_out(r->gradient, U);
    dm_line_hand_out(r->result[0], HdA);
    return GSL_SUCCESS;
}
