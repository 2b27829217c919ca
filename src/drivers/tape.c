/* Derivatives that are recorded once and run again: the calls of a function, with all that differentiating comes
 * to, as one list of products and sums (tapes/tape.h).
 *
 * A program is never asked to fail: where it cannot be recorded, or a run meets something that is not regular, the
 * driver of the same name does the work, with its results and its messages.                           */
#include <math.h>
#include <string.h>
#include "drivers/drivers.h"
#include "numbers/kernels.h"
#include "operations/operations.h"
#include "tapes/tape.h"

/* A matrix that each run is given. */
typedef struct {
    size_t rows, slots, cols;
    const gsl_matrix *const *now;      /* the matrices at hand while it is recorded, one a slot */
    dm_line *line;
    const double *data;                /* where it lay in the run before */
    double *copy;                      /* of one that does not lie as it should, once there was one */
} input;

typedef enum { GRADIENT, PUSH, JACOBIAN, HESSIAN, HESSIAN_VECTOR, KINDS } kind;

/* What is wanted beside the derivative itself. */
enum { THE_VALUE = 1, THE_GRADIENT = 2 };

/* J[to] += scale * the factor's entry `from`. */
typedef struct {
    unsigned to, from;
} scatter;

/* A derivative as a program, for inputs of certain shapes. */
typedef struct {
    bool tried;
    unsigned wants;
    size_t inputs, results;
    input *in;
    dm_context *context;               /* NULL: there is no program, the driver does it */
    dm_program *program;
    dm_line *value, *gradient;         /* where they are wanted */
    dm_line **result;                  /* the derivative, unless it is a sum of sandwiches */
    dm_result *out;                    /* each of them, where it lies */
    bool apart;                        /* every result has a place of its own: none is a view of an input, ... */
    bool quick;                        /*     and inputs and results have one slot each */
    size_t rows, cols;                 /* of the function */
    dm_kronecker K[DM_SANDWICHES];     /* of a Jacobian or a Hessian, ... */
    size_t sandwiches;
    dm_line *left[DM_SANDWICHES], *right[DM_SANDWICHES];       /*     whose L and R' are these lines */
    scatter *entry[DM_SANDWICHES];     /*     and of a small one with one factor, entry by entry */
    size_t entries[DM_SANDWICHES];
    bool two_sided;                    /* some L*dX*R: a product of the L's and one of the R's were made apart */
    dm_line *guarded[DM_GUARDED];
    size_t guards;
} recording;

struct dm_tape {
    dm_multi_function F;
    dm_function one;                   /* F is this one */
    recording of[KINDS];
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

static void forget(recording *r)
{
    for (size_t i = 0; r->in && i < r->inputs; i++)
        free(r->in[i].copy);
    free(r->in);
    free(r->result);
    free(r->out);
    dm_context_free(r->context);
    *r = (recording) { .tried = false };
}

void dm_tape_free(dm_tape *tape)
{
    if (!tape)
        return;
    for (size_t k = 0; k < KINDS; k++)
        forget(&tape->of[k]);
    free(tape);
}

/* ------------------------------------------------------------------------------------------ recording -- */

/* The i-th input; its entries are there for a function that looks at them. */
static dm *given(recording *r, size_t i)
{
    input *in = &r->in[i];
    dm *A = dm_number_panel(r->context, in->slots, in->now);

    if (dm_is_failed(A))
        return A;
    A->number.finite = false;
    in->line = dm_line_given(A);
    return in->line ? A : dm_out_of_memory(r->context);
}

static bool add_wanted(dm_line *wanted[], size_t *n, dm_line **line, dm *number)
{
    *line = dm_is_failed(number) ? NULL : dm_line_of(number);
    if (*line)
        wanted[(*n)++] = *line;
    return *line != NULL;
}

/* F of the variables or duals X; NULL: nothing that can be recorded. */
static dm *called(const dm_tape *tape, recording *r, dm *const X[])
{
    dm *f = tape->F.f(X, tape->F.params);

    if (!f || dm_is_failed(f) || f->context != r->context)
        return NULL;
    r->rows = f->rows;
    r->cols = f->cols;
    return f;
}

static bool is_scalar(const dm *f)
{
    return f->rows == 1 && f->cols == 1;
}

/* Each of these writes down what it is called for, and returns how many lines are wanted; 0: it cannot. */
typedef size_t writer(const dm_tape *tape, recording *r, dm_line *wanted[]);

static size_t write_gradient(const dm_tape *tape, recording *r, dm_line *wanted[])
{
    dm_level *level = dm_level_open(r->context, DM_FORMAL);
    dm **X = dm_arena_alloc(r->context, r->inputs * sizeof *X);
    size_t n = 0;

    for (size_t i = 0; X && i < r->inputs; i++) {
        X[i] = dm_on_level(level, given(r, i), NULL);
        if (dm_is_failed(X[i]))
            return 0;
    }
    dm *f = X ? called(tape, r, X) : NULL;
    if (!f || !is_scalar(f) || !add_wanted(wanted, &n, &r->value, dm_number_of(f)))
        return 0;
    for (size_t i = 0; i < r->results; i++) {
        dm *U = dm_gradient_dm("dm_tape_gradient", f, X[i]);
        if (dm_is_failed(U) || !add_wanted(wanted, &n, &r->result[i], dm_number_of(U)))
            return 0;
    }
    return n;
}

/* The inputs are all matrices and then all their directions.  dm_jvp looks at the value, wanted or not. */
static size_t write_push(const dm_tape *tape, recording *r, dm_line *wanted[])
{
    dm_level *level = dm_level_open(r->context, DM_PUSHED);
    size_t matrices = r->inputs / 2, n = 0;
    dm **X = dm_arena_alloc(r->context, matrices * sizeof *X);

    for (size_t i = 0; X && i < matrices; i++) {
        dm *A = given(r, i), *dA = given(r, matrices + i);
        X[i] = dm_is_failed(dA) ? dA : dm_on_level(level, A, dA);
        if (dm_is_failed(X[i]))
            return 0;
    }
    dm *f = X ? called(tape, r, X) : NULL;
    if (!f || !add_wanted(wanted, &n, &r->value, dm_number_of(f)))
        return 0;
    dm *d = dm_differential_on(f, level);
    if (!d)
        d = dm_number_zero(r->context, f->rows, r->in[matrices].slots, f->cols);
    return add_wanted(wanted, &n, &r->result[0], d) ? n : 0;
}

/* Row i + j*p and column k + l*m of J belong to Y(i,j) and X(k,l).  With one factor F, kron(I,F) or kron(F,I), or F
 * with dX', each of its entries stands where the other's unit is.                                    */
static bool write_scatter(recording *r, size_t t, size_t p, size_t q, size_t m, size_t n)
{
    const dm_line *F = r->left[t] ? r->left[t] : r->right[t];
    bool left = r->left[t] != NULL, turned = r->K[t].transposed;
    scatter *to = dm_arena_alloc(r->context, p * q * F->cols * sizeof *to);

    if (!to)
        return false;
    r->entry[t] = to;
    for (size_t i = 0; i < p; i++)
        for (size_t j = 0; j < q; j++)
            for (size_t c = 0; c < F->cols; c++) {
                /* L*dX: k = c, l = j;  dX*R: k = i, l = c;  L*dX': l = c, k = j;  dX'*R: l = i, k = c */
                size_t k = left == turned ? (left ? j : i) : c, l = left == turned ? c : left ? j : i;
                *to++ = (scatter) { (unsigned) ((i + j * p) * m * n + k + l * m),
                                    (unsigned) ((left ? i : j) * F->cols + c) };
            }
    r->entries[t] = p * q * F->cols;
    return true;
}

/* dY as a sum of sandwiches of dX, whose coefficients are lines. */
static size_t write_sandwiches(recording *r, dm *Y, dm *X, dm_line *wanted[], size_t n)
{
    dm_sandwich sandwich[DM_SANDWICHES];

    Y = dm_seen_from(Y, X);
    if (Y->level != X->level || X->rows * X->cols == 1)
        return 0;
    r->sandwiches = dm_sandwiches(Y, X, sandwich, DM_SANDWICHES);
    for (size_t k = 0; k < r->sandwiches; k++) {
        const dm_sandwich *s = &sandwich[k];
        r->K[k] = (dm_kronecker) { .scale = s->scale, .transposed = s->transposed };
        if ((s->L && !add_wanted(wanted, &n, &r->left[k], s->L))
            || (s->R && !add_wanted(wanted, &n, &r->right[k], dm_transpose(s->R))))
            return 0;
        r->two_sided = r->two_sided || (s->L && s->R);
        if (!r->left[k] != !r->right[k] && Y->rows * Y->cols <= 64 && X->rows * X->cols <= 64
            && !write_scatter(r, k, Y->rows, Y->cols, X->rows, X->cols))
            return 0;
    }
    return r->sandwiches ? n : 0;
}

static size_t write_jacobian(const dm_tape *tape, recording *r, dm_line *wanted[])
{
    dm *X = dm_on_level(dm_level_open(r->context, DM_FORMAL), given(r, 0), NULL);
    dm *Y = dm_is_failed(X) ? NULL : called(tape, r, &X);
    size_t n = 0;

    if (!Y || ((r->wants & THE_VALUE) && !add_wanted(wanted, &n, &r->value, dm_number_of(Y))))
        return 0;
    return write_sandwiches(r, Y, X, wanted, n);
}

/* The gradient at X, a level above it, and what else is wanted. */
static dm *write_gradient_above(const dm_tape *tape, recording *r, dm *X, dm_line *wanted[], size_t *n)
{
    dm *Y = dm_is_failed(X) ? X : dm_variable_of(X), *f = dm_is_failed(Y) ? NULL : called(tape, r, &Y);

    if (!f || !is_scalar(f) || ((r->wants & THE_VALUE) && !add_wanted(wanted, n, &r->value, dm_number_of(f))))
        return NULL;
    dm *G = dm_gradient_dm("dm_tape_hessian", f, Y);
    if (dm_is_failed(G) || ((r->wants & THE_GRADIENT) && !add_wanted(wanted, n, &r->gradient, dm_number_of(G))))
        return NULL;
    return G;
}

static size_t write_hessian(const dm_tape *tape, recording *r, dm_line *wanted[])
{
    size_t n = 0;
    dm *X = dm_on_level(dm_level_open(r->context, DM_FORMAL), given(r, 0), NULL);
    dm *G = write_gradient_above(tape, r, X, wanted, &n);

    return G ? write_sandwiches(r, G, X, wanted, n) : 0;
}

static size_t write_hessian_vector(const dm_tape *tape, recording *r, dm_line *wanted[])
{
    size_t n = 0;
    dm_level *level = dm_level_open(r->context, DM_PUSHED);
    dm *A = given(r, 0), *dA = given(r, 1);
    dm *X = dm_is_failed(dA) ? dA : dm_on_level(level, A, dA), *G = write_gradient_above(tape, r, X, wanted, &n);
    dm *d = G ? dm_differential_on(G, level) : NULL;

    if (!G)
        return 0;
    if (!d)
        d = dm_number_zero(r->context, A->rows, 1, A->cols);
    return add_wanted(wanted, &n, &r->result[0], d) ? n : 0;
}

/* r has its inputs; false: no program came of it. */
static bool write_program(const dm_tape *tape, recording *r, writer *write)
{
    dm_tape_record *record = dm_tape_begin(r->context, dm_op_named);
    dm_line **wanted = malloc((r->results + 2 + 2 * DM_SANDWICHES + DM_GUARDED) * sizeof *wanted);
    size_t n = record && wanted ? write(tape, r, wanted) : 0;

    if (n > 0 && !record->particular) {
        r->guards = r->two_sided ? record->guards : 0;
        for (size_t i = 0; i < r->guards; i++)
            wanted[n++] = r->guarded[i] = record->guarded[i];
        r->program = dm_program_of(r->context, wanted, n);
    }
    free(wanted);
    return r->program != NULL;
}

static bool has_place(const dm_line *L)
{
    return !L || L->place;
}

/* Are all results, or what they are written from, apart from the inputs? */
static void look_at_places(recording *r)
{
    r->apart = has_place(r->gradient) && has_place(r->value);
    for (size_t i = 0; i < r->results; i++) {
        r->apart = r->apart && has_place(r->result[i]);
        if (r->result[i])
            r->out[i] = dm_result_of(r->result[i]);
    }
    for (size_t k = 0; k < r->sandwiches; k++)
        r->apart = r->apart && has_place(r->left[k]) && has_place(r->right[k]);
    r->quick = r->apart;
    for (size_t i = 0; i < r->inputs; i++) {
        r->in[i].now = NULL;
        r->quick = r->quick && r->in[i].slots == 1;
    }
}

/* Record for inputs of these shapes; where that cannot be done it is known from now on, and the driver does it. */
static void record(const dm_tape *tape, recording *r, writer *write, size_t results, unsigned wants)
{
    r->tried = true;
    r->wants = wants;
    r->results = results;
    r->result = calloc(results, sizeof *r->result);
    r->out = calloc(results, sizeof *r->out);
    r->context = r->result && r->out ? dm_context_alloc() : NULL;
    if (!r->context)
        return;
    r->context->quiet = true;
    if (!write_program(tape, r, write)) {
        dm_context_free(r->context);
        r->context = NULL;
    }
    if (r->context)
        look_at_places(r);
}

/* Is what was recorded for these matrices?  The i-th has k slots, side by side or in k matrices one after another. */
static bool fits(const recording *r, size_t i, const gsl_matrix *A, size_t k)
{
    const input *in = &r->in[i];

    return in->rows == A->size1 && in->cols == A->size2 && in->slots == k;
}

/* ------------------------------------------------------------------------------------------- running -- */

static bool overlap(const gsl_matrix *A, const gsl_matrix *B)
{
    const double *a_end = A->data + (A->size1 - 1) * A->tda + A->size2;

    return B && B->data < a_end && A->data < B->data + (B->size1 - 1) * B->tda + B->size2;
}

/* Do the k matrices lie side by side? */
static bool side_by_side(const gsl_matrix *const A[], size_t k)
{
    for (size_t s = 0; s < k; s++)
        if (A[s]->tda != k * A[s]->size2 || A[s]->data != A[0]->data + s * A[0]->size2)
            return false;
    return true;
}

/* The matrix, or k of them, as the program reads them; false: no memory. */
static bool give(input *in, const gsl_matrix *const A[], bool as_copy)
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
static bool finite(const dm_line *L)
{
    if (L->kind == DM_GIVEN)
        L->number->number.finite = false;
    const dm_result R = dm_result_of(L);
    return L->place ? dm_results_finite(&R, 1) : dm_number_finite(L->number);
}

/* Were the factors that met early of such sizes that nothing can have been lost? */
static bool guarded(const recording *r)
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
    return !L || !to || (finite(L) && (L->place || dm_ready(L->number, to)));
}

static void hand_out(const dm_line *L, gsl_matrix *to)
{
    if (!L || !to)
        return;
    const dm_result R = dm_result_of(L);
    if (!L->place)
        dm_hand_out(L->number, to);
    else if (to->tda == L->cols)
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
static bool set_inputs(recording *r, size_t n)
{
    r->inputs = n;
    r->in = calloc(n, sizeof *r->in);
    return r->in != NULL;
}

static input shape_of(const gsl_matrix *const A[], size_t slots)
{
    return (input) { .rows = A[0]->size1, .slots = slots, .cols = A[0]->size2, .now = A };
}

/* The program for these inputs of one slot each (U is wanted too: the gradient of a second derivative); NULL: none. */
static recording *prepared(dm_tape *tape, kind k, writer *write, const gsl_matrix *const A[], size_t n, size_t results,
                           unsigned wants)
{
    recording *r = &tape->of[k];
    bool as_before = r->tried && (r->wants & wants) == wants;

    for (size_t i = 0; as_before && i < n; i++)
        as_before = fits(r, i, A[i], 1);
    if (!as_before) {
        wants |= r->wants;
        forget(r);
        if (!set_inputs(r, n))
            return NULL;
        for (size_t i = 0; i < n; i++)
            r->in[i] = shape_of(&A[i], 1);
        record(tape, r, write, results, wants);
    }
    return r->context ? r : NULL;
}

/* The short way: small matrices that lie as they should, the inputs where they lay in the run before. */

static inline bool as_before(const input *in, const gsl_matrix *A)
{
    return A->data == in->data && A->size2 == in->cols && A->size1 == in->rows && A->tda == in->cols;
}

static inline bool fits_result(const dm_result *R, const gsl_matrix *to)
{
    return to->size2 == R->cols && to->size1 == R->rows && to->tda == R->cols;
}

/* Run it on these inputs, none of which may lie under one of the outputs. */
static bool run(recording *r, const gsl_matrix *const A[], const gsl_matrix *out1, const gsl_matrix *out2)
{
    bool as_is = r->quick;

    for (size_t i = 0; as_is && i < r->inputs; i++)
        as_is = as_before(&r->in[i], A[i]);
    for (size_t i = 0; !as_is && i < r->inputs; i++)
        if (!give(&r->in[i], &A[i], !r->apart && (overlap(A[i], out1) || overlap(A[i], out2))))
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
static inline bool quick_gradient(const recording *r, size_t n, const gsl_matrix *const A[], double *value,
                                  gsl_matrix *const U[])
{
    if (!r->quick)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!as_before(&r->in[i], A[i]) || !fits_result(&r->out[i], U[i]))
            return false;
    if (!dm_program_run(r->program) || !isfinite(*r->value->place) || !dm_results_finite(r->out, n))
        return false;
    if (value)
        *value = *r->value->place;
    dm_results_copy(r->out, n, U);
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
    recording *r = fitting ? prepared(tape, GRADIENT, write_gradient, A, n, n, THE_VALUE) : NULL;
    bool done = r != NULL;
    for (size_t i = 0; done && i < n; i++) {
        bool as_copy = false;
        for (size_t k = 0; k < n && !r->apart; k++)
            as_copy = as_copy || overlap(A[i], U[k]);
        done = give(&r->in[i], &A[i], as_copy);
    }
    done = done && dm_program_run(r->program) && finite(r->value);
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

/* The program for these matrices and directions, all of which have the shapes that they should; NULL: none. */
static recording *prepared_push(dm_tape *tape, const gsl_matrix *const A[], size_t k, const gsl_matrix *const dA[])
{
    recording *r = &tape->of[PUSH];
    size_t n = tape->F.n;
    bool as_before = r->tried;

    for (size_t i = 0; as_before && i < n; i++)
        as_before = fits(r, i, A[i], 1) && fits(r, n + i, A[i], k);
    if (!as_before) {
        forget(r);
        if (!set_inputs(r, 2 * n))
            return NULL;
        for (size_t i = 0; i < n; i++) {
            r->in[i] = shape_of(&A[i], 1);
            r->in[n + i] = shape_of(dA + i * k, k);
        }
        record(tape, r, write_push, 1, THE_VALUE);
    }
    return r->context ? r : NULL;
}

static bool has_shape(const recording *r, const gsl_matrix *M)
{
    return !M || (M->size1 == r->rows && M->size2 == r->cols);
}

/* No input may lie under an output, unless all results are apart from them. */
static bool over(const recording *r, const gsl_matrix *A, const gsl_matrix *value, size_t k, gsl_matrix *const dF[])
{
    bool yes = !r->apart && overlap(A, value);

    for (size_t s = 0; s < k && !r->apart && !yes; s++)
        yes = overlap(A, dF[s]);
    return yes;
}

static bool give_all(recording *r, size_t n, const gsl_matrix *const A[], size_t k, const gsl_matrix *const dA[],
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

static inline bool quick_push(const recording *r, size_t n, const gsl_matrix *const A[], const gsl_matrix *const dA[],
                              gsl_matrix *value, gsl_matrix *dF)
{
    if (!r->quick || !fits_result(r->out, dF))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!as_before(&r->in[i], A[i]) || !as_before(&r->in[n + i], dA[i]))
            return false;
    const dm_result both[] = { r->out[0], { r->value->place, r->out[0].rows, r->out[0].cols } };
    if ((value && !fits_result(&both[1], value)) || !dm_program_run(r->program) || !dm_results_finite(both, 2))
        return false;
    dm_results_copy(both, value ? 2 : 1, (gsl_matrix *[]) { dF, value });
    return true;
}

/* `fitting`: each direction has the shape of its matrix. */
static int push(dm_tape *tape, bool fitting, const gsl_matrix *const A[], size_t k, const gsl_matrix *const dA[],
                gsl_matrix *value, gsl_matrix *const dF[])
{
    size_t n = tape->F.n;

    if (k == 1 && quick_push(&tape->of[PUSH], n, A, dA, value, dF[0]))
        return GSL_SUCCESS;

    recording *r = fitting ? prepared_push(tape, A, k, dA) : NULL;
    bool done = r && has_shape(r, value);
    for (size_t s = 0; done && s < k; s++)
        done = has_shape(r, dF[s]);
    done = done && give_all(r, n, A, k, dA, value, dF) && dm_program_run(r->program)
        && finite(r->value) && ready(r->value, value) && finite(r->result[0]);
    if (done && r->result[0]->slots == 1)
        for (size_t s = 0; done && s < k; s++)
            done = ready(r->result[0], dF[s]);
    else if (done && !r->result[0]->place)         /* slots are handed out from where they are formed */
        done = dm_entries(r->result[0]->number).data != NULL;
    if (!done)
        return push_directly(tape, A, k, dA, value, dF);
    hand_out(r->value, value);
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
    return push(tape, same_shape(dA, A), &A, 1, &dA, value, &dF);
}

int dm_tape_push(dm_tape *tape, const gsl_matrix *const A[], size_t k, const gsl_matrix *const dA[], gsl_matrix *value,
                 gsl_matrix *const dF[])
{
    if (!tape || !A || !dA || !dF)
        return no_tape("dm_tape_push");
    if (k == 0)
        return dm_refuse(NULL, GSL_EINVAL, "dm_tape_push: no direction is given");
    bool there = true, fitting = true;
    for (size_t i = 0; i < tape->F.n && there; i++) {
        there = A[i] != NULL;
        for (size_t s = 0; s < k && there; s++) {
            there = dA[i * k + s] != NULL;
            fitting = fitting && there && same_shape(dA[i * k + s], A[i]);
        }
    }
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
static bool scattered(const recording *r, gsl_matrix *J)
{
    bool yes = J->tda == J->size2;

    for (size_t k = 0; k < r->sandwiches; k++)
        yes = yes && r->entry[k];
    if (!yes)
        return false;
    memset(J->data, 0, J->size1 * J->size2 * sizeof *J->data);
    for (size_t k = 0; k < r->sandwiches; k++) {
        const scatter *e = r->entry[k], *end = e + r->entries[k];
        const double *from = r->K[k].L.data ? r->K[k].L.data : r->K[k].Rt.data;
        double scale = r->K[k].scale, *to = J->data;
        for (; e < end; e++)
            to[e->to] += scale * from[e->from];
    }
    return true;
}

/* The matrix of the sandwiches, as a Kronecker product each; false: a factor is not finite. */
static bool write_matrix(recording *r, size_t p, const gsl_matrix *A, gsl_matrix *J)
{
    double bound = 0;

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
    recording *r = prepared(tape, JACOBIAN, write_jacobian, &A, 1, 1, value ? THE_VALUE : 0);
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
    recording *r = prepared(tape, HESSIAN, write_hessian, &A, 1, 1, (value ? THE_VALUE : 0) | (U ? THE_GRADIENT : 0));
    if (!r || (U && !same_shape(U, A)) || !has_size(H, n, n) || !run(r, &A, U, H) || (value && !finite(r->value))
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
    recording *r = fitting ? prepared(tape, HESSIAN_VECTOR, write_hessian_vector, in, 2, 1,
                                      (value ? THE_VALUE : 0) | (U ? THE_GRADIENT : 0)) : NULL;
    if (!r || !run(r, in, U, HdA) || (value && !finite(r->value)) || !ready(r->gradient, U)
        || !ready(r->result[0], HdA))
        return dm_hessian_vector(&tape->one, A, dA, value, U, HdA);
    if (value)
        *value = scalar_of(r->value);
    hand_out(r->gradient, U);
    hand_out(r->result[0], HdA);
    return GSL_SUCCESS;
}
