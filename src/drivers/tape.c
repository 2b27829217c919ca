/* Derivatives that are recorded once and run again: the calls of a function, with all that differentiating comes
 * to, as one list of products and sums (tapes/tape.h).
 *
 * A program is never asked to fail: where it cannot be recorded, or a run meets something that is not regular, the
 * driver of the same name does the work, with its results and its messages.                           */
#include <math.h>
#include <string.h>
#include "drivers/recording.h"
#include "numbers/kernels.h"

typedef enum { GRADIENT, PUSH, JACOBIAN, HESSIAN, HESSIAN_VECTOR, KINDS } kind;

struct dm_tape {
    dm_multi_function F;
    dm_function one;                   /* F is this one */
    dm_recording of[KINDS];
};

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

void dm_tape_free(dm_tape *tape)
{
    if (!tape)
        return;
    for (size_t k = 0; k < KINDS; k++)
        dm_forget_recording(&tape->of[k]);
    free(tape);
}

/* Is what was recorded for these matrices?  The i-th has k slots, side by side or in k matrices one after another. */
static bool fits(const dm_recording *r, size_t i, const gsl_matrix *A, size_t k)
{
    const dm_input_matrix *in = &r->in[i];

    return in->rows == A->size1 && in->cols == A->size2 && in->slots == k;
}

/* ------------------------------------------------------------------------------------------- running -- */

/* Do the k matrices lie side by side? */
static bool side_by_side(const gsl_matrix *const A[], size_t k)
{
    for (size_t s = 0; s < k; s++)
        if (A[s]->tda != k * A[s]->size2 || A[s]->data != A[0]->data + s * A[0]->size2)
            return false;
    return true;
}

/* The matrix, or k of them, as the program reads them; false: no memory. */
static bool give(dm_input_matrix *in, const gsl_matrix *const A[], bool as_copy)
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

/* Whether what was given is finite each run sees anew. */
static bool all_finite(const dm_line *L)
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

/* false: no memory, or entries that are not finite. */
static bool ready(const dm_line *L, const gsl_matrix *to)
{
    return !L || !to || (all_finite(L) && (dm_result_of(L).at || dm_ready(L->number, to)));
}

static void hand_out(const dm_line *L, gsl_matrix *to)
{
    if (!L || !to)
        return;
    const dm_result R = dm_result_of(L);
    if (!R.at)
        dm_hand_out(L->number, to);
    else if (to->tda == L->cols || R.row)
        dm_results_copy(&R, 1, &to);
    else
        for (size_t i = 0; i < L->rows; i++)
            memcpy(to->data + i * to->tda, L->place + i * L->cols, L->cols * sizeof *L->place);
}

/* The slots of a panel that is ready, to a matrix each. */
static void hand_out_slots(const dm_line *L, size_t k, gsl_matrix *const to[])
{
    if (L->slots == 1)
        for (size_t s = 0; s < k; s++)
            hand_out(L, to[s]);
    else
        dm_take_apart(k, L->rows, L->cols, L->place ? L->place : dm_entries(L->number).data, to);
}

static double scalar_of(const dm_line *L)
{
    return L->place ? *L->place : dm_entry_scalar(L->number);
}

/* The shapes of all inputs, or (NULL) there is no memory. */
static bool set_inputs(dm_recording *r, size_t n)
{
    r->inputs = n;
    r->in = calloc(n, sizeof *r->in);
    return r->in != NULL;
}

static dm_input_matrix shape_of(const gsl_matrix *const A[], size_t slots)
{
    return (dm_input_matrix) { .rows = A[0]->size1, .slots = slots, .cols = A[0]->size2, .now = A };
}

/* The program for these inputs of one slot each (U is wanted too: the gradient of a second derivative); NULL: none. */
static dm_recording *prepared(dm_tape *tape, kind k, dm_writer *write, const gsl_matrix *const A[], size_t n, size_t results,
                           unsigned wants)
{
    dm_recording *r = &tape->of[k];
    bool as_before = r->tried && (r->wants & wants) == wants;

    for (size_t i = 0; as_before && i < n; i++)
        as_before = fits(r, i, A[i], 1);
    if (!as_before) {
        wants |= r->wants;
        dm_forget_recording(r);
        if (!set_inputs(r, n))
            return NULL;
        for (size_t i = 0; i < n; i++)
            r->in[i] = shape_of(&A[i], 1);
        dm_record(&tape->F, r, write, results, wants);
    }
    return r->context ? r : NULL;
}

/* The short way: small matrices that lie as they should, the inputs where they lay in the run before. */

static inline bool lies_as_before(const dm_input_matrix *in, const gsl_matrix *A)
{
    return A->data == in->data && A->size2 == in->cols && A->size1 == in->rows && A->tda == in->cols;
}

static inline bool fits_result(const dm_result *R, const gsl_matrix *to)
{
    return to->size2 == R->cols && to->size1 == R->rows && to->tda == R->cols;
}

/* Run it on these inputs, none of which may lie under one of the outputs. */
static bool run(dm_recording *r, const gsl_matrix *const A[], const gsl_matrix *out1, const gsl_matrix *out2)
{
    bool as_is = r->quick;

    for (size_t i = 0; as_is && i < r->inputs; i++)
        as_is = lies_as_before(&r->in[i], A[i]);
    for (size_t i = 0; !as_is && i < r->inputs; i++)
        if (!give(&r->in[i], &A[i], !r->apart && (dm_overlap(A[i], out1) || dm_overlap(A[i], out2))))
            return false;
    return dm_program_run(r->program) && guarded(r);
}

/* ---------------------------------------------------------------------------------------- gradients -- */

static int no_tape(const char *function)
{
    return dm_refuse(NULL, GSL_EFAULT, "%s: the tape or a matrix is NULL", function);
}

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
        if (!lies_as_before(&r->in[i], A[i]) || !fits_result(&r->out[i], U[i]))
            return false;
    if (!dm_program_run(r->program) || !isfinite(*r->value->place) || !dm_results_take(r->out, n, U))
        return false;
    if (value)
        *value = *r->value->place;
    return true;
}

static int gradient(dm_tape *tape, const gsl_matrix *const A[], double *value, gsl_matrix *const U[])
{
    size_t n = tape->F.n;
    bool fitting = true;

    if (quick_gradient(&tape->of[GRADIENT], n, A, value, U))
        return GSL_SUCCESS;
    for (size_t i = 0; i < n; i++)
        fitting = fitting && U[i]->size1 == A[i]->size1 && U[i]->size2 == A[i]->size2;
    dm_recording *r = fitting ? prepared(tape, GRADIENT, dm_write_gradient, A, n, n, DM_THE_VALUE) : NULL;
    bool done = r != NULL;
    for (size_t i = 0; done && i < n; i++) {
        bool as_copy = false;
        for (size_t k = 0; k < n && !r->apart; k++)
            as_copy = as_copy || dm_overlap(A[i], U[k]);
        done = give(&r->in[i], &A[i], as_copy);
    }
    done = done && dm_program_run(r->program) && all_finite(r->value);
    for (size_t i = 0; done && i < n; i++)
        done = ready(r->result[i], U[i]);
    if (!done)
        return gradient_directly(tape, A, value, U);
    if (value)
        *value = scalar_of(r->value);
    for (size_t i = 0; i < n; i++)
        hand_out(r->result[i], U[i]);
    return GSL_SUCCESS;
}

int dm_tape_gradient(dm_tape *tape, const gsl_matrix *A, double *value, gsl_matrix *U)
{
    if (!tape || !A || !U)
        return no_tape("dm_tape_gradient");
    if (tape->F.n != 1)
        return dm_refuse(NULL, GSL_EINVAL, "dm_tape_gradient: the function is one of %zu matrices: "
                         "dm_tape_gradients is for those", tape->F.n);
    return gradient(tape, &A, value, &U);
}

int dm_tape_gradients(dm_tape *tape, const gsl_matrix *const A[], double *value, gsl_matrix *const U[])
{
    if (!tape || !A || !U || !all_there(A, (const gsl_matrix *const *) U, tape->F.n))
        return no_tape("dm_tape_gradients");
    return gradient(tape, A, value, U);
}

/* ------------------------------------------------------------------------------- along directions -- */

static int push_directly(dm_tape *tape, const gsl_matrix *const A[], size_t k, const gsl_matrix *const dA[],
                         gsl_matrix *value, gsl_matrix *const dF[])
{
    if (tape->one.f && k == 1)
        return dm_jvp(&tape->one, A[0], dA[0], value, dF[0]);
    dm_context *context = dm_context_alloc();
    int status = context ? dm_multi_push_in(context, &tape->F, A, k, dA, value, dF) : GSL_ENOMEM;
    dm_context_free(context);
    return status;
}

static bool same_shape(const gsl_matrix *A, const gsl_matrix *B)
{
    return A->size1 == B->size1 && A->size2 == B->size2;
}

/* Of large matrices directions side by side save nothing but calls, and have to be copied to get there. */
static bool had_better_take_turns(const gsl_matrix *const A[], size_t n, size_t k)
{
    enum { LARGE = 12 };
    bool large = k > 1;

    for (size_t i = 0; large && i < n; i++)
        large = A[i]->size1 > LARGE && A[i]->size2 > LARGE;
    return large;
}

/* The program for these matrices and directions, all of which have the shapes that they should; NULL: none. */
static dm_recording *prepared_push(dm_tape *tape, const gsl_matrix *const A[], size_t k, const gsl_matrix *const dA[])
{
    dm_recording *r = &tape->of[PUSH];
    size_t n = tape->F.n;
    bool in_turn = had_better_take_turns(A, n, k), as_before = r->tried && r->in_turn == in_turn;
    size_t slots = in_turn ? 1 : k;

    for (size_t i = 0; as_before && i < n; i++)
        as_before = fits(r, i, A[i], 1) && fits(r, n + i, A[i], slots);
    if (!as_before) {
        dm_forget_recording(r);
        if (!set_inputs(r, 2 * n))
            return NULL;
        for (size_t i = 0; i < n; i++) {
            r->in[i] = shape_of(&A[i], 1);
            r->in[n + i] = shape_of(dA + i * k, slots);
        }
        r->in_turn = in_turn;
        dm_record(&tape->F, r, dm_write_push, 1, DM_THE_VALUE);
    }
    return r->context ? r : NULL;
}

/* false: one of the k matrices is NULL.  *fitting stays true if all are m×n. */
static bool all_of_shape(size_t k, gsl_matrix *const M[], size_t m, size_t n, bool *fitting)
{
    size_t other = 0;

    for (size_t s = 0; s < k; s++) {
        if (!M[s])
            return false;
        other |= (M[s]->size1 ^ m) | (M[s]->size2 ^ n);
    }
    *fitting = *fitting && other == 0;
    return true;
}

static bool has_shape(const dm_recording *r, const gsl_matrix *M)
{
    return !M || (M->size1 == r->rows && M->size2 == r->cols);
}

/* No input may lie under an output, unless all results are apart from them. */
static bool over(const dm_recording *r, const gsl_matrix *A, const gsl_matrix *value, size_t k, gsl_matrix *const dF[])
{
    bool yes = !r->apart && dm_overlap(A, value);

    for (size_t s = 0; s < k && !r->apart && !yes; s++)
        yes = dm_overlap(A, dF[s]);
    return yes;
}

static bool give_all(dm_recording *r, size_t n, const gsl_matrix *const A[], size_t k, const gsl_matrix *const dA[],
                     const gsl_matrix *value, gsl_matrix *const dF[])
{
    for (size_t i = 0; i < n; i++) {
        bool as_copy = over(r, A[i], value, k, dF), direction_as_copy = false;
        for (size_t s = 0; s < k && !r->apart && !direction_as_copy; s++)
            direction_as_copy = over(r, dA[i * k + s], value, k, dF);
        if (!give(&r->in[i], &A[i], as_copy) || !give(&r->in[n + i], dA + i * k, direction_as_copy))
            return false;
    }
    return true;
}

static inline bool quick_push(const dm_recording *r, size_t n, const gsl_matrix *const A[], const gsl_matrix *const dA[],
                              gsl_matrix *value, gsl_matrix *dF)
{
    if (!r->quick || !dF || !fits_result(r->out, dF) || (value && !fits_result(r->out, value)))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!A[i] || !dA[i] || !lies_as_before(&r->in[i], A[i]) || !lies_as_before(&r->in[n + i], dA[i]))
            return false;
    gsl_matrix *const to[] = { dF, value };
    return dm_program_run(r->program) && dm_results_take(r->out, 2, to);
}

/* Room for what is known of so many directions, and their differentials; false: no memory. */
static bool made_room(dm_recording *r, size_t k)
{
    if (k <= r->turns)
        return true;
    free(r->found);
    free(r->wanted);
    free(r->kept);
    r->found = malloc(k * sizeof *r->found);
    r->wanted = malloc(k * sizeof *r->wanted);
    r->kept = NULL;
    r->turns = r->found && r->wanted ? k : 0;
    return r->turns != 0;
}

static bool made_room_to_keep(dm_recording *r)
{
    if (!r->kept)
        r->kept = malloc(r->turns * r->rows * r->cols * sizeof *r->kept);
    return r->kept != NULL;
}

static dm_stretch stretch_of(const gsl_matrix *A)
{
    return (dm_stretch) { A->data, A->data + (A->size1 - 1) * A->tda + A->size2 };
}

/* Of the k outputs, in the order of their addresses; false: they do not lie apart. */
static bool put_in_order(dm_stretch wanted[], size_t k, gsl_matrix *const out[])
{
    for (size_t s = 0; s < k; s++) {
        dm_stretch here = stretch_of(out[s]);
        size_t i = s;
        for (; i > 0 && wanted[i - 1].from > here.from; i--)
            wanted[i] = wanted[i - 1];
        wanted[i] = here;
    }
    for (size_t s = 1; s < k; s++)
        if (wanted[s].from < wanted[s - 1].to)
            return false;
    return true;
}

/* Do n inputs lie apart from all of them? */
static bool lie_apart(const dm_stretch wanted[], size_t k, size_t n, const gsl_matrix *const in[])
{
    for (size_t i = 0; i < n; i++) {
        dm_stretch here = stretch_of(in[i]);
        size_t first = 0;              /* that ends behind the beginning of the input */
        for (size_t end = k; first < end; ) {
            size_t middle = (first + end) / 2;
            if (wanted[middle].to > here.from)
                end = middle;
            else
                first = middle + 1;
        }
        if (first < k && wanted[first].from < here.to)
            return false;
    }
    return true;
}

/* Can each differential be written to where it is wanted, before the next direction is looked at? */
static bool can_be_written(const dm_recording *r, size_t n, const gsl_matrix *const A[], size_t k,
                           const gsl_matrix *const dA[], gsl_matrix *const dF[])
{
    bool can = r->result[0]->place != NULL;

    for (size_t s = 0; s < k && can; s++)
        can = dF[s]->tda == r->cols;
    return can && put_in_order(r->wanted, k, dF) && lie_apart(r->wanted, k, n, A) && lie_apart(r->wanted, k, n * k, dA);
}

/* The differential along direction s, where it is; NULL: no memory, or it is not finite. */
static const double *found(dm_recording *r, size_t s)
{
    const dm_line *D = r->result[0];
    size_t entries = r->rows * r->cols;

    if (!all_finite(D))
        return NULL;
    const double *at = D->place ? D->place : dm_entries(D->number).data;
    return at && !D->place ? memcpy(r->kept + s * entries, at, entries * sizeof *at) : at;
}

/* What does not vary once, and then what does for each direction.  The value is there before any differential is. */
static bool run_in_turn(dm_recording *r, size_t n, const gsl_matrix *const A[], size_t k, const gsl_matrix *const dA[],
                        gsl_matrix *value, gsl_matrix *const dF[])
{
    bool done = made_room(r, k), written = done && can_be_written(r, n, A, k, dA, dF);

    done = done && (written || made_room_to_keep(r));
    for (size_t i = 0; done && i < n; i++)
        done = give(&r->in[i], &A[i], over(r, A[i], value, k, dF));
    done = done && dm_program_start(r->program) && all_finite(r->value) && ready(r->value, value);
    for (size_t s = 0; done && s < k; s++) {
        for (size_t i = 0; done && i < n; i++)
            done = give(&r->in[n + i], dA + i * k + s, false);
        if (r->result[0]->place)
            dm_program_give(r->result[0], written ? dF[s]->data : r->kept + s * r->rows * r->cols);
        done = done && dm_program_go_on(r->program) && (r->found[s] = found(r, s));
    }
    return done;
}

/* The differentials side by side; false: likewise. */
static bool run_side_by_side(dm_recording *r, size_t n, const gsl_matrix *const A[], size_t k, const gsl_matrix *const dA[],
                             gsl_matrix *value, gsl_matrix *const dF[])
{
    const dm_line *D = r->result[0];
    bool done = give_all(r, n, A, k, dA, value, dF) && dm_program_run(r->program) && all_finite(r->value)
        && ready(r->value, value) && all_finite(D);

    if (done && D->slots == 1)
        for (size_t s = 0; done && s < k; s++)
            done = ready(D, dF[s]);
    else if (done && !D->place)        /* slots are handed out from where they are formed */
        done = dm_entries(D->number).data != NULL;
    return done;
}

static void hand_out_found(const dm_recording *r, size_t k, gsl_matrix *const dF[])
{
    for (size_t s = 0; s < k; s++) {
        if (r->found[s] == dF[s]->data)
            continue;
        bool at_once = dF[s]->tda == r->cols;
        size_t rows = at_once ? 1 : r->rows, cols = at_once ? r->rows * r->cols : r->cols;
        for (size_t i = 0; i < rows; i++)
            memcpy(dF[s]->data + i * dF[s]->tda, r->found[s] + i * r->cols, cols * sizeof *r->found[s]);
    }
}

/* `fitting`: each direction has the shape of its matrix. */
static int push(dm_tape *tape, bool fitting, const gsl_matrix *const A[], size_t k, const gsl_matrix *const dA[],
                gsl_matrix *value, gsl_matrix *const dF[])
{
    size_t n = tape->F.n;

    dm_recording *r = fitting ? prepared_push(tape, A, k, dA) : NULL;
    bool done = r && has_shape(r, value) && all_of_shape(k, dF, r->rows, r->cols, &fitting) && fitting;
    done = done && (r->in_turn ? run_in_turn : run_side_by_side)(r, n, A, k, dA, value, dF);
    if (!done)
        return push_directly(tape, A, k, dA, value, dF);
    hand_out(r->value, value);
    if (r->in_turn)
        hand_out_found(r, k, dF);
    else
        hand_out_slots(r->result[0], k, dF);
    return GSL_SUCCESS;
}

int dm_tape_jvp(dm_tape *tape, const gsl_matrix *A, const gsl_matrix *dA, gsl_matrix *value, gsl_matrix *dF)
{
    if (!tape || !A || !dA || !dF)
        return no_tape("dm_tape_jvp");
    if (tape->F.n != 1)
        return dm_refuse(NULL, GSL_EINVAL, "dm_tape_jvp: the function is one of %zu matrices: dm_tape_push is for "
                         "those", tape->F.n);
    if (quick_push(&tape->of[PUSH], 1, &A, &dA, value, dF))
        return GSL_SUCCESS;
    return push(tape, same_shape(dA, A), &A, 1, &dA, value, &dF);
}

int dm_tape_push(dm_tape *tape, const gsl_matrix *const A[], size_t k, const gsl_matrix *const dA[], gsl_matrix *value,
                 gsl_matrix *const dF[])
{
    if (!tape || !A || !dA || !dF)
        return no_tape("dm_tape_push");
    if (k == 0)
        return dm_refuse(NULL, GSL_EINVAL, "dm_tape_push: no direction is given");
    if (k == 1 && quick_push(&tape->of[PUSH], tape->F.n, A, dA, value, dF[0]))
        return GSL_SUCCESS;
    bool there = true, fitting = true;
    for (size_t i = 0; i < tape->F.n && there; i++)
        there = A[i] && all_of_shape(k, (gsl_matrix *const *) dA + i * k, A[i]->size1, A[i]->size2, &fitting);
    for (size_t s = 0; s < k && there; s++)
        there = dF[s] != NULL;
    if (!there)
        return no_tape("dm_tape_push");
    return push(tape, fitting, A, k, dA, value, dF);
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

    if (!all_finite(L))
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
    bool column = r->sandwiches == 1 && A->size2 == 1 && J->size1 == p;        /* which is written as it is */
    if (column || !scattered(r, J))
        dm_write_kronecker(r->K, r->sandwiches, p, A->size1, A->size2, J);
    return true;
}

int dm_tape_jacobian(dm_tape *tape, const gsl_matrix *A, gsl_matrix *value, gsl_matrix *J)
{
    if (!tape || !A || !J)
        return no_tape("dm_tape_jacobian");
    if (!tape->one.f)
        return no_multi(tape, "dm_tape_jacobian");
    dm_recording *r = prepared(tape, JACOBIAN, dm_write_jacobian, &A, 1, 1, value ? DM_THE_VALUE : 0);
    if (!r || !has_shape(r, value) || !has_size(J, r->rows * r->cols, A->size1 * A->size2)
        || !run(r, &A, value, J) || !ready(r->value, value) || !write_matrix(r, r->rows, A, J))
        return dm_jacobian(&tape->one, A, value, J);
    hand_out(r->value, value);
    return GSL_SUCCESS;
}

int dm_tape_hessian(dm_tape *tape, const gsl_matrix *A, double *value, gsl_matrix *U, gsl_matrix *H)
{
    if (!tape || !A || !H)
        return no_tape("dm_tape_hessian");
    if (!tape->one.f)
        return no_multi(tape, "dm_tape_hessian");
    size_t n = A->size1 * A->size2;
    dm_recording *r = prepared(tape, HESSIAN, dm_write_hessian, &A, 1, 1, (value ? DM_THE_VALUE : 0) | (U ? DM_THE_GRADIENT : 0));
    if (!r || (U && !same_shape(U, A)) || !has_size(H, n, n) || !run(r, &A, U, H) || (value && !all_finite(r->value))
        || !ready(r->gradient, U) || !write_matrix(r, A->size1, A, H))
        return dm_hessian(&tape->one, A, value, U, H);
    if (value)
        *value = scalar_of(r->value);
    hand_out(r->gradient, U);
    return GSL_SUCCESS;
}

int dm_tape_hessian_vector(dm_tape *tape, const gsl_matrix *A, const gsl_matrix *dA, double *value, gsl_matrix *U,
                           gsl_matrix *HdA)
{
    if (!tape || !A || !dA || !HdA)
        return no_tape("dm_tape_hessian_vector");
    if (!tape->one.f)
        return no_multi(tape, "dm_tape_hessian_vector");
    const gsl_matrix *const in[] = { A, dA };
    bool fitting = same_shape(dA, A) && same_shape(HdA, A) && (!U || same_shape(U, A));
    dm_recording *r = fitting ? prepared(tape, HESSIAN_VECTOR, dm_write_hessian_vector, in, 2, 1,
                                      (value ? DM_THE_VALUE : 0) | (U ? DM_THE_GRADIENT : 0)) : NULL;
    if (!r || !run(r, in, U, HdA) || (value && !all_finite(r->value)) || !ready(r->gradient, U)
        || !ready(r->result[0], HdA))
        return dm_hessian_vector(&tape->one, A, dA, value, U, HdA);
    if (value)
        *value = scalar_of(r->value);
    hand_out(r->gradient, U);
    hand_out(r->result[0], HdA);
    return GSL_SUCCESS;
}
