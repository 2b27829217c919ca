/* Running a recording: what it is given, whether what comes out is regular, and how that is handed out. */
#include "drivers/running.h"
#include "numbers/kernels.h"

bool dm_fits(const dm_recording *r, size_t i, const gsl_matrix *A, size_t k)
{
    const dm_input_matrix *in = &r->in[i];

    return in->rows == A->size1 && in->cols == A->size2 && in->slots == k;
}

/* Do the k matrices lie side by side? */
static bool side_by_side(const gsl_matrix *const A[], size_t k)
{
    for (size_t s = 0; s < k; s++)
        if (A[s]->tda != k * A[s]->size2 || A[s]->data != A[0]->data + s * A[0]->size2)
            return false;
    return true;
}

bool dm_give_input(dm_input_matrix *in, const gsl_matrix *const A[], bool as_copy)
{
    in->data = NULL;
    if (!as_copy && (in->slots == 1 ? A[0]->tda == in->cols : side_by_side(A, in->slots))) {
        dm_program_give(in->line, A[0]->data);
        in->data = A[0]->data;
        return true;
    }
    if (!in->copy && !(in->copy = malloc(in->rows * in->slots * in->cols * sizeof *in->copy)))
        return false;
    dm_lay_side_by_side(in->slots, in->rows, in->cols, A, in->copy);
    dm_program_give(in->line, in->copy);
    return true;
}

bool dm_lies_under(const dm_recording *r, const gsl_matrix *A, const gsl_matrix *value, size_t k, gsl_matrix *const out[])
{
    bool yes = !r->apart && dm_overlap(A, value);

    for (size_t s = 0; s < k && !r->apart && !yes; s++)
        yes = dm_overlap(A, out[s]);
    return yes;
}

bool dm_line_finite(const dm_line *L)
{
    if (L->kind == DM_GIVEN)
        L->number->number.finite = false;
    const dm_result R = dm_result_of(L);
    return R.at ? dm_results_finite(&R, 1) : dm_number_finite(L->number);
}

/* Were the factors that met early of such sizes that nothing can have been lost? */
static bool guarded(const dm_recording *r)
{
    for (size_t i = 0; i < r->guards; i++) {
        const dm_line *L = r->guarded[i];
        double least, most;
        if (L->place)
            dm_range(L->rows * L->cols, L->place, &least, &most);
        else
            dm_number_range(L->number, &least, &most);
        if (!(most < 1e70) || (least != 0 && least < 1e-70))
            return false;
    }
    return true;
}

bool dm_line_ready(const dm_line *L, const gsl_matrix *to)
{
    return !L || !to || (dm_line_finite(L) && (dm_result_of(L).at || dm_ready(L->number, to)));
}

void dm_line_hand_out(const dm_line *L, gsl_matrix *to)
{
    if (!L || !to)
        return;
    const dm_result R = dm_result_of(L);
    if (R.at)
        dm_results_copy(&R, 1, &to);
    else
        dm_hand_out(L->number, to);
}

double dm_line_scalar(const dm_line *L)
{
    return L->place ? *L->place : dm_entry_scalar(L->number);
}

bool dm_set_inputs(dm_recording *r, size_t n)
{
    r->inputs = n;
    r->in = calloc(n, sizeof *r->in);
    return r->in != NULL;
}

dm_input_matrix dm_shape_of(const gsl_matrix *const A[], size_t slots)
{
    return (dm_input_matrix) { .rows = A[0]->size1, .slots = slots, .cols = A[0]->size2, .now = A };
}

dm_recording *dm_prepared(dm_tape *tape, dm_tape_kind k, dm_writer *write, const gsl_matrix *const A[], size_t n,
                          size_t results, unsigned wants)
{
    dm_recording *r = &tape->of[k];
    bool as_before = r->tried && (r->wants & wants) == wants;

    for (size_t i = 0; as_before && i < n; i++)
        as_before = dm_fits(r, i, A[i], 1);
    if (!as_before) {
        wants |= r->wants;
        dm_forget_recording(r);
        if (!dm_set_inputs(r, n))
            return NULL;
        for (size_t i = 0; i < n; i++)
            r->in[i] = dm_shape_of(&A[i], 1);
        dm_record(&tape->F, r, write, results, wants);
    }
    return r->context ? r : NULL;
}

bool dm_run_recording(dm_recording *r, const gsl_matrix *const A[], const gsl_matrix *out1, const gsl_matrix *out2)
{
    bool as_is = r->quick;

    for (size_t i = 0; as_is && i < r->inputs; i++)
        as_is = dm_lies_as_before(&r->in[i], A[i]);
    for (size_t i = 0; !as_is && i < r->inputs; i++)
        if (!dm_give_input(&r->in[i], &A[i], !r->apart && (dm_overlap(A[i], out1) || dm_overlap(A[i], out2))))
            return false;
    return dm_program_run(r->program) && guarded(r);
}

int dm_no_tape(const char *function)
{
    return dm_refuse(NULL, GSL_EFAULT, "%s: the tape or a matrix is NULL", function);
}
