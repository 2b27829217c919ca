/* A tape along directions: side by side where matrices are small, else one direction after another, so that none has
 * to be copied.                                                                                      */
#include <math.h>
#include <stdatomic.h>
#include <string.h>
#include "drivers/running.h"
#include "numbers/kernels.h"

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

/* Of large matrices directions side by side save nothing but calls, and have to be copied to get there: from 13 rows on,
 * from 5 where two products are one instruction; and where there is one direction, all that is saved is one copy. */
static bool had_better_take_turns(const gsl_matrix *const A[], size_t n, size_t k)
{
    const size_t small = k == 1 ? 24 : dm_has_wide_registers() ? 4 : 12;
    bool large = true;

    for (size_t i = 0; large && i < n; i++)
        large = A[i]->size1 > small && A[i]->size2 > small;
    return large;
}

static void record_push(dm_tape *tape, dm_recording *r, bool in_turn, const gsl_matrix *const A[], size_t k,
                        const gsl_matrix *const dA[])
{
    size_t n = tape->F.n, slots = in_turn ? 1 : k;

    dm_forget_recording(r);
    if (!dm_set_inputs(r, 2 * n))
        return;
    for (size_t i = 0; i < n; i++) {
        r->in[i] = dm_shape_of(&A[i], 1);
        r->in[n + i] = dm_shape_of(dA + i * k, slots);
    }
    r->in_turn = in_turn;
    dm_record(&tape->F, r, dm_write_push, 1, DM_THE_VALUE);
}

/* Is the differential made where it is said?  One that is the same along all directions is not. */
static bool is_made_anywhere(const dm_recording *r)
{
    return r->result[0]->place && r->result[0]->varies;
}

/* A program for each of the other threads, recorded when the first one is, so that they are of one mind. */
static void record_others(dm_tape *tape, const dm_recording *first, const gsl_matrix *const A[], size_t k,
                          const gsl_matrix *const dA[])
{
    bool alike = first->context && first->in_turn;

    for (size_t i = 0; i < tape->others; i++)
        dm_forget_recording(&tape->of_other[i]);
    for (size_t i = 0; alike && i < tape->others; i++) {
        dm_recording *r = &tape->of_other[i];
        record_push(tape, r, true, A, k, dA);
        alike = r->context && r->rows == first->rows && r->cols == first->cols
             && is_made_anywhere(r) == is_made_anywhere(first);
    }
    tape->alike = alike;
}

/* The program for these matrices and directions, all of which have the shapes that they should; NULL: none.  One for
 * turns serves any number of them, one too.                                                           */
static dm_recording *prepared_push(dm_tape *tape, const gsl_matrix *const A[], size_t k, const gsl_matrix *const dA[])
{
    dm_recording *r = &tape->of[DM_TAPE_PUSH];
    size_t n = tape->F.n;
    bool in_turn = had_better_take_turns(A, n, k) || (k == 1 && r->tried && r->in_turn);
    bool as_before = r->tried && r->in_turn == in_turn;

    for (size_t i = 0; as_before && i < n; i++)
        as_before = dm_fits(r, i, A[i], 1) && dm_fits(r, n + i, A[i], in_turn ? 1 : k);
    if (!as_before) {
        in_turn = had_better_take_turns(A, n, k);
        record_push(tape, r, in_turn, A, k, dA);
        record_others(tape, r, A, k, dA);
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

static bool give_all(dm_recording *r, size_t n, const gsl_matrix *const A[], size_t k, const gsl_matrix *const dA[],
                     const gsl_matrix *value, gsl_matrix *const dF[])
{
    for (size_t i = 0; i < n; i++) {
        bool as_copy = dm_lies_under(r, A[i], value, k, dF), direction_as_copy = false;
        for (size_t s = 0; s < k && !r->apart && !direction_as_copy; s++)
            direction_as_copy = dm_lies_under(r, dA[i * k + s], value, k, dF);
        if (!dm_give_input(&r->in[i], &A[i], as_copy) || !dm_give_input(&r->in[n + i], dA + i * k, direction_as_copy))
            return false;
    }
    return true;
}

/* Whether it is wanted or not the value must be finite: dm_jvp looks at it too. */
static bool value_is_ready(const dm_recording *r, const gsl_matrix *value)
{
    return value ? dm_line_ready(r->value, value) : dm_line_finite(r->value);
}

static inline bool quick_push(const dm_recording *r, size_t n, const gsl_matrix *const A[], const gsl_matrix *const dA[],
                              gsl_matrix *value, gsl_matrix *dF)
{
    if (!r->quick || !dF || !dm_fits_result(r->out, dF) || (value && !dm_fits_result(r->out, value)))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!A[i] || !dA[i] || !dm_lies_as_before(&r->in[i], A[i]) || !dm_lies_as_before(&r->in[n + i], dA[i]))
            return false;
    gsl_matrix *const to[] = { dF, value };
    return dm_program_run(r->program) && r->take(r->out, 2, to);
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

/* Of the k outputs, in the order of their addresses; false: they do not lie apart. */
static bool put_in_order(dm_stretch wanted[], size_t k, gsl_matrix *const out[])
{
    for (size_t s = 0; s < k; s++) {
        dm_stretch here = dm_stretch_of(out[s]);
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

/* Does it lie apart from all of them? */
static bool lies_apart(dm_stretch here, const dm_stretch wanted[], size_t k)
{
    size_t first = 0;                  /* that ends behind the beginning of what is here */

    if (here.to <= wanted[0].from || here.from >= wanted[k - 1].to)
        return true;
    for (size_t end = k; first < end; ) {
        size_t middle = (first + end) / 2;
        if (wanted[middle].to > here.from)
            end = middle;
        else
            first = middle + 1;
    }
    return first == k || wanted[first].from >= here.to;
}

static bool lie_apart(const gsl_matrix *const in[], size_t n, const dm_stretch wanted[], size_t k)
{
    bool apart = true;

    for (size_t i = 0; i < n && apart; i++)
        apart = lies_apart(dm_stretch_of(in[i]), wanted, k);
    return apart;
}

/* Can each differential be written to where it is wanted, before the next direction is looked at? */
static bool can_be_written(const dm_recording *r, size_t n, const gsl_matrix *const A[], size_t k,
                           const gsl_matrix *const dA[], gsl_matrix *const dF[])
{
    bool can = is_made_anywhere(r);

    for (size_t s = 0; s < k && can; s++)
        can = dF[s]->tda == r->cols;
    can = can && put_in_order(r->wanted, k, dF);
    for (size_t i = 0; i < r->reads && can; i++)
        can = lies_apart(r->read[i], r->wanted, k);
    return can && lie_apart(A, n, r->wanted, k) && lie_apart(dA, n * k, r->wanted, k);
}

/* What the turns share, in however many threads they are taken: each takes the next ones. */
typedef struct {
    dm_tape *tape;
    size_t n, k;
    const gsl_matrix *const *A, *const *dA;
    gsl_matrix *value, *const *dF;
    bool written;                      /* to where they are wanted, */
    double *kept;                      /*     or here, one behind the other */
    const double **found;              /* where each one is */
    size_t each;                       /* so many are taken at once */
    atomic_size_t next;
    atomic_bool failed;
} turns;

/* The differential along direction s, where it is; NULL: no memory, or it is not finite. */
static const double *found(const turns *t, const dm_recording *r, size_t s)
{
    const dm_line *D = r->result[0];
    size_t entries = r->rows * r->cols;

    if (is_made_anywhere(r))
        return dm_all_finite(entries, 1, D->place) ? D->place : NULL;
    if (!dm_line_finite(D))
        return NULL;
    const double *at = D->place ? D->place : dm_entries(D->number).data;
    return at ? memcpy(t->kept + s * entries, at, entries * sizeof *at) : NULL;
}

static bool take_one(turns *t, dm_recording *r, size_t s)
{
    bool done = true;

    for (size_t i = 0; done && i < t->n; i++)
        done = dm_give_input(&r->in[t->n + i], t->dA + i * t->k + s, false);
    if (is_made_anywhere(r))
        dm_program_give(r->result[0], t->written ? t->dF[s]->data : t->kept + s * r->rows * r->cols);
    return done && dm_program_go_on(r->program) && (t->found[s] = found(t, r, s));
}

/* What does not vary once, and then what does for each direction.  The value is there before any differential is. */
static bool take(turns *t, dm_recording *r)
{
    size_t s;
    bool done = true;

    for (size_t i = 0; done && i < t->n; i++)
        done = dm_give_input(&r->in[i], &t->A[i], dm_lies_under(r, t->A[i], t->value, t->k, t->dF));
    done = done && dm_program_start(r->program) && value_is_ready(r, t->value);
    while (done && !t->failed && (s = atomic_fetch_add(&t->next, t->each)) < t->k)
        for (size_t end = s + t->each; done && s < end && s < t->k; s++)
            done = take_one(t, r, s);
    return done;
}

static void take_in_thread(void *what, size_t number)
{
    turns *t = what;

    if (number < t->k && !take(t, number == 0 ? &t->tape->of[DM_TAPE_PUSH] : &t->tape->of_other[number - 1]))
        t->failed = true;
}

/* Threads have to be woken, which takes as long as a direction of 60×60; and where BLAS has several, it works for one of
 * them at a time, and slower than for one alone.                                                     */
static bool are_worth_threads(size_t n, const gsl_matrix *const A[], size_t k)
{
    const double least = 1e6;          /* multiplications, if a direction is a product or two */
    double most = 0;

    for (size_t i = 0; i < n; i++)
        most = fmax(most, (double) A[i]->size1 * (double) A[i]->size2);
    return k > 1 && (double) k * most * sqrt(most) > least && dm_blas_threads() <= 1;
}

static bool run_in_turn(dm_tape *tape, dm_recording *r, const gsl_matrix *const A[], size_t k, const gsl_matrix *const dA[],
                        gsl_matrix *value, gsl_matrix *const dF[])
{
    turns t = { .tape = tape, .n = tape->F.n, .k = k, .A = A, .dA = dA, .value = value, .dF = dF };

    if (!made_room(r, k))
        return false;
    t.written = can_be_written(r, t.n, A, k, dA, dF);
    if (!t.written && !made_room_to_keep(r))
        return false;
    t.kept = r->kept;
    t.found = r->found;
    bool in_threads = tape->others > 0 && tape->alike && are_worth_threads(t.n, A, k);
    t.each = in_threads ? 1 : k;
    if (in_threads)
        dm_workers_run(tape->workers, take_in_thread, &t);
    else
        take_in_thread(&t, 0);
    return !t.failed;
}

/* The differentials side by side; false: something is not regular, or there is no memory. */
static bool run_side_by_side(dm_recording *r, size_t n, const gsl_matrix *const A[], size_t k, const gsl_matrix *const dA[],
                             gsl_matrix *value, gsl_matrix *const dF[])
{
    const dm_line *D = r->result[0];
    bool done = give_all(r, n, A, k, dA, value, dF) && dm_program_run(r->program) && value_is_ready(r, value);

    if (D->slots > 1)                  /* they are handed out from where they are formed */
        return done && dm_line_finite(D) && (D->place || dm_entries(D->number).data);
    for (size_t s = 0; done && s < k; s++)
        done = dm_line_ready(D, dF[s]);
    return done;
}

/* The slots of a panel that is ready, to a matrix each. */
static void hand_out_slots(const dm_line *L, size_t k, gsl_matrix *const to[])
{
    if (L->slots == 1)
        for (size_t s = 0; s < k; s++)
            dm_line_hand_out(L, to[s]);
    else
        dm_take_apart(k, L->rows, L->cols, L->place ? L->place : dm_entries(L->number).data, to);
}

static void hand_out_found(const dm_recording *r, size_t k, gsl_matrix *const dF[])
{
    for (size_t s = 0; s < k; s++)
        if (r->found[s] != dF[s]->data) {
            const dm_result R = { .at = r->found[s], .rows = r->rows, .cols = r->cols, .entries = r->rows * r->cols };
            dm_results_copy(&R, 1, &dF[s]);
        }
}

/* `fitting`: each direction has the shape of its matrix. */
static int push(dm_tape *tape, bool fitting, const gsl_matrix *const A[], size_t k, const gsl_matrix *const dA[],
                gsl_matrix *value, gsl_matrix *const dF[])
{
    dm_recording *r = fitting ? prepared_push(tape, A, k, dA) : NULL;
    bool done = r && dm_has_shape(r, value) && all_of_shape(k, dF, r->rows, r->cols, &fitting) && fitting;
    done = done && (r->in_turn ? run_in_turn(tape, r, A, k, dA, value, dF)
                               : run_side_by_side(r, tape->F.n, A, k, dA, value, dF));
    if (!done)
        return push_directly(tape, A, k, dA, value, dF);
    dm_line_hand_out(r->value, value);
    if (r->in_turn)
        hand_out_found(r, k, dF);
    else
        hand_out_slots(r->result[0], k, dF);
    return GSL_SUCCESS;
}

int dm_tape_jvp(dm_tape *tape, const gsl_matrix *A, const gsl_matrix *dA, gsl_matrix *value, gsl_matrix *dF)
{
    if (!tape || !A || !dA || !dF)
        return dm_no_tape("dm_tape_jvp");
    if (tape->F.n != 1)
        return dm_refuse(NULL, GSL_EINVAL, "dm_tape_jvp: the function is one of %zu matrices: dm_tape_push is for "
                         "those", tape->F.n);
    if (quick_push(&tape->of[DM_TAPE_PUSH], 1, &A, &dA, value, dF))
        return GSL_SUCCESS;
    return push(tape, dm_same_shape(dA, A), &A, 1, &dA, value, &dF);
}

int dm_tape_push(dm_tape *tape, const gsl_matrix *const A[], size_t k, const gsl_matrix *const dA[], gsl_matrix *value,
                 gsl_matrix *const dF[])
{
    if (!tape || !A || !dA || !dF)
        return dm_no_tape("dm_tape_push");
    if (k == 0)
        return dm_refuse(NULL, GSL_EINVAL, "dm_tape_push: no direction is given");
    if (k == 1 && quick_push(&tape->of[DM_TAPE_PUSH], tape->F.n, A, dA, value, dF[0]))
        return GSL_SUCCESS;
    bool there = true, fitting = true;
    for (size_t i = 0; i < tape->F.n && there; i++)
        there = A[i] && all_of_shape(k, (gsl_matrix *const *) dA + i * k, A[i]->size1, A[i]->size2, &fitting);
    for (size_t s = 0; s < k && there; s++)
        there = dF[s] != NULL;
    if (!there)
        return dm_no_tape("dm_tape_push");
    return push(tape, fitting, A, k, dA, value, dF);
}
