/* Recording a derivative, as a program.  Whatever cannot be recorded has none. */
#include "drivers/recording.h"
#include "operations/operations.h"

/* The i-th input; its entries are there for a function that looks at them. */
static dm *given(dm_recording *r, size_t i)
{
    dm_input_matrix *in = &r->in[i];
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

/* The i-th result goes out as it is; n: of what is wanted so far, 0: it is not there. */
static size_t as_it_is(dm_recording *r, size_t i, size_t n)
{
    if (n > 0)
        r->result[i]->handed_out = true;
    return n;
}

/* F of the variables or duals X; NULL: nothing that can be recorded. */
static dm *called(const dm_multi_function *F, dm_recording *r, dm *const X[])
{
    dm *f = F->f(X, F->params);

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

size_t dm_write_gradient(const dm_multi_function *F, dm_recording *r, dm_line *wanted[])
{
    dm_level *level = dm_level_open(r->context, DM_FORMAL);
    dm **X = dm_arena_alloc(r->context, r->inputs * sizeof *X);
    size_t n = 0;

    for (size_t i = 0; X && i < r->inputs; i++) {
        X[i] = dm_on_level(level, given(r, i), NULL);
        if (dm_is_failed(X[i]))
            return 0;
    }
    dm *f = X ? called(F, r, X) : NULL;
    if (!f || !is_scalar(f) || !add_wanted(wanted, &n, &r->value, dm_number_of(f)))
        return 0;
    for (size_t i = 0; i < r->results; i++) {
        dm *U = dm_gradient_dm("dm_tape_gradient", f, X[i]);
        if (dm_is_failed(U) || !add_wanted(wanted, &n, &r->result[i], dm_number_of(U)))
            return 0;
        as_it_is(r, i, n);
    }
    return n;
}

/* The last of what is wanted: the differential of Y along all directions of that level at once. */
static size_t write_differential(dm_recording *r, dm *Y, const dm_level *level, size_t directions, dm_line *wanted[], size_t n)
{
    dm *d = dm_differential_on(Y, level);

    if (!d)
        d = dm_number_zero(r->context, Y->rows, directions, Y->cols);
    return add_wanted(wanted, &n, &r->result[0], d) ? n : 0;
}

/* The inputs are all matrices and then all their directions.  dm_jvp looks at the value, wanted or not. */
size_t dm_write_push(const dm_multi_function *F, dm_recording *r, dm_line *wanted[])
{
    dm_level *level = dm_level_open(r->context, DM_PUSHED);
    size_t matrices = r->inputs / 2, n = 0;
    dm **X = dm_arena_alloc(r->context, matrices * sizeof *X);

    for (size_t i = 0; X && i < matrices; i++) {
        dm *A = given(r, i), *dA = given(r, matrices + i);
        X[i] = dm_is_failed(dA) ? dA : dm_on_level(level, A, dA);
        if (dm_is_failed(X[i]))
            return 0;
        r->in[matrices + i].line->varies = r->in_turn;
    }
    dm *f = X ? called(F, r, X) : NULL;
    if (!f || !add_wanted(wanted, &n, &r->value, dm_number_of(f)))
        return 0;
    n = write_differential(r, f, level, r->in[matrices].slots, wanted, n);
    return r->in_turn ? n : as_it_is(r, 0, n);
}

/* Row i + j*p and column k + l*m of J belong to Y(i,j) and X(k,l).  With one factor F, kron(I,F) or kron(F,I), or F
 * with dX', each of its entries stands where the other's unit is.                                    */
static bool write_scatter(dm_recording *r, size_t t, size_t p, size_t q, size_t m, size_t n)
{
    const dm_line *F = r->left[t] ? r->left[t] : r->right[t];
    bool left = r->left[t] != NULL, turned = r->K[t].transposed;
    dm_scatter *to = dm_arena_alloc(r->context, p * q * F->cols * sizeof *to);

    if (!to)
        return false;
    r->entry[t] = to;
    for (size_t i = 0; i < p; i++)
        for (size_t j = 0; j < q; j++)
            for (size_t c = 0; c < F->cols; c++) {
                /* L*dX: k = c, l = j;  dX*R: k = i, l = c;  L*dX': l = c, k = j;  dX'*R: l = i, k = c */
                size_t k = left == turned ? (left ? j : i) : c, l = left == turned ? c : left ? j : i;
                *to++ = (dm_scatter) { (unsigned) ((i + j * p) * m * n + k + l * m),
                                    (unsigned) ((left ? i : j) * F->cols + c) };
            }
    r->entries[t] = p * q * F->cols;
    return true;
}

/* dY as a sum of sandwiches of dX, whose coefficients are lines. */
static size_t write_sandwiches(dm_recording *r, dm *Y, dm *X, dm_line *wanted[], size_t n)
{
    dm_sandwich sandwich[DM_SANDWICHES];

    Y = dm_seen_from(Y, X);
    if (Y->level != X->level || X->rows * X->cols == 1)
        return 0;
    r->sandwiches = dm_sandwiches(Y, X, sandwich, DM_SANDWICHES);
    r->whole = r->sandwiches == 1 && X->cols == 1 && sandwich->L && !sandwich->R && !sandwich->transposed;
    if (r->whole)                      /* L itself is the matrix */
        return as_it_is(r, 0, add_wanted(wanted, &n, &r->result[0], dm_scale(sandwich->L, sandwich->scale)) ? n : 0);
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

enum { FEW = 64 };                     /* unit directions or adjoints, all at once */

/* What was tried before. */
static void forget_sandwiches(dm_recording *r)
{
    for (size_t k = 0; k < DM_SANDWICHES; k++)
        r->left[k] = r->right[k] = NULL;
    r->sandwiches = 0;
    r->two_sided = r->whole = false;
}

/* The rows of the Jacobian are what is read off with unit adjoints of Y; with fewer of them than columns, as in the driver. */
static size_t write_rows(dm_recording *r, dm *Y, dm *X, dm_line *wanted[], size_t n)
{
    size_t units = Y->rows * Y->cols;

    forget_sandwiches(r);
    Y = dm_seen_from(Y, X);
    if (units > FEW || Y->level != X->level)
        return 0;
    dm *seed = dm_number_units(r->context, Y->rows, Y->cols, 0, units), *failed = dm_is_failed(seed) ? seed : dm_pull(Y, seed);
    dm *R = failed ? failed : dm_adjoint(Y, X);
    if (!R)
        R = dm_number_zero(r->context, X->rows, units, X->cols);
    r->by_rows = true;
    return add_wanted(wanted, &n, &r->result[0], dm_is_failed(R) ? R : dm_number_of(R)) ? n : 0;
}

/* The matrix A along all its unit directions at once, where these are few; failed where they are not. */
static dm *along_units(dm_recording *r, dm_level *level, dm *A)
{
    size_t entries = A->rows * A->cols;

    forget_sandwiches(r);
    if (entries > FEW)
        return dm_failed(r->context, GSL_EUNSUP, "too many directions");
    return dm_on_level(level, A, dm_number_units(r->context, A->rows, A->cols, 0, entries));
}

size_t dm_write_jacobian(const dm_multi_function *F, dm_recording *r, dm_line *wanted[])
{
    dm *X = dm_on_level(dm_level_open(r->context, DM_FORMAL), given(r, 0), NULL);
    dm *Y = dm_is_failed(X) ? NULL : called(F, r, &X);
    size_t n = 0;

    if (!Y || ((r->wants & DM_THE_VALUE) && !add_wanted(wanted, &n, &r->value, dm_number_of(Y))))
        return 0;
    size_t all = write_sandwiches(r, Y, X, wanted, n);
    if (all)
        return all;
    if (Y->rows * Y->cols < X->rows * X->cols)
        return write_rows(r, Y, X, wanted, n);
    /* The columns of J: the differentials of Y along the units. */
    dm_level *level = dm_level_open(r->context, DM_PUSHED);
    X = along_units(r, level, given(r, 0));
    Y = dm_is_failed(X) ? NULL : called(F, r, &X);
    n = 0;
    if (!Y || ((r->wants & DM_THE_VALUE) && !add_wanted(wanted, &n, &r->value, dm_number_of(Y))))
        return 0;
    return write_differential(r, Y, level, X->rows * X->cols, wanted, n);
}

/* The gradient at X, a level above it, and what else is wanted. */
static dm *write_gradient_above(const dm_multi_function *F, dm_recording *r, dm *X, dm_line *wanted[], size_t *n)
{
    dm *Y = dm_is_failed(X) ? X : dm_variable_of(X), *f = dm_is_failed(Y) ? NULL : called(F, r, &Y);

    if (!f || !is_scalar(f) || ((r->wants & DM_THE_VALUE) && !add_wanted(wanted, n, &r->value, dm_number_of(f))))
        return NULL;
    dm *G = dm_gradient_dm("dm_tape_hessian", f, Y);
    if (dm_is_failed(G) || ((r->wants & DM_THE_GRADIENT) && !add_wanted(wanted, n, &r->gradient, dm_number_of(G))))
        return NULL;
    return G;
}

size_t dm_write_hessian(const dm_multi_function *F, dm_recording *r, dm_line *wanted[])
{
    size_t n = 0;
    dm *X = dm_on_level(dm_level_open(r->context, DM_FORMAL), given(r, 0), NULL);
    dm *G = write_gradient_above(F, r, X, wanted, &n);

    size_t all = G ? write_sandwiches(r, G, X, wanted, n) : 0;
    if (all || !G)
        return all;
    dm_level *level = dm_level_open(r->context, DM_PUSHED);
    X = along_units(r, level, given(r, 0));
    n = 0;
    G = write_gradient_above(F, r, X, wanted, &n);
    return G ? write_differential(r, G, level, X->rows * X->cols, wanted, n) : 0;
}

size_t dm_write_hessian_vector(const dm_multi_function *F, dm_recording *r, dm_line *wanted[])
{
    size_t n = 0;
    dm_level *level = dm_level_open(r->context, DM_PUSHED);
    dm *A = given(r, 0), *dA = given(r, 1);
    dm *X = dm_is_failed(dA) ? dA : dm_on_level(level, A, dA), *G = write_gradient_above(F, r, X, wanted, &n);

    return G ? as_it_is(r, 0, write_differential(r, G, level, 1, wanted, n)) : 0;
}

/* Where the entries of constants are, whether they are views or copies; false: no memory. */
static bool list_constants(dm_recording *r, const dm_tape_record *record)
{
    r->read = dm_arena_alloc(r->context, record->count * sizeof *r->read);
    for (const dm_line *L = record->first; r->read && L; L = L->next)
        if (L->kind == DM_GIVEN && !L->own) {
            const double *data = L->number->number.data;
            r->read[r->reads++] = (dm_stretch) { data, data + L->rows * L->slots * L->cols };
        }
    return r->read != NULL;
}

/* r has its inputs; false: no program came of it, for want of memory or (r stays tried) for good. */
static bool write_program(const dm_multi_function *F, dm_recording *r, dm_writer *write)
{
    dm_tape_record *record = dm_tape_begin(r->context, dm_op_named);
    dm_line **wanted = malloc((r->results + 2 + 2 * DM_SANDWICHES + DM_GUARDED) * sizeof *wanted);
    size_t n = record && wanted ? write(F, r, wanted) : 0;

    if (n > 0 && r->in_turn && !list_constants(r, record))
        n = 0;
    if (n > 0 && !record->particular) {
        r->guards = r->two_sided ? record->guards : 0;
        for (size_t i = 0; i < r->guards; i++)
            wanted[n++] = r->guarded[i] = record->guarded[i];
        r->program = dm_program_of(r->context, wanted, n);
    }
    r->tried = record && wanted && r->context->error.code != GSL_ENOMEM && (r->program || n == 0 || record->particular);
    free(wanted);
    return r->program != NULL;
}

static bool has_place(const dm_line *L)
{
    return !L || dm_result_of(L).at;
}

/* Are all results, or what they are written from, apart from the inputs? */
static void look_at_places(dm_recording *r)
{
    r->apart = has_place(r->gradient) && has_place(r->value);
    for (size_t i = 0; i < r->results; i++) {
        r->apart = r->apart && has_place(r->result[i]);
        if (r->result[i])
            r->out[i] = dm_result_of(r->result[i]);
    }
    if (r->value)
        r->out[r->results] = dm_result_of(r->value);
    for (size_t k = 0; k < r->sandwiches; k++)
        r->apart = r->apart && has_place(r->left[k]) && has_place(r->right[k]);
    r->quick = r->apart && !r->in_turn;
    for (size_t i = 0; i < r->inputs; i++) {
        r->in[i].now = NULL;
        r->quick = r->quick && r->in[i].slots == 1;
    }
    r->take = r->quick ? dm_results_taking(r->out, r->results + (r->value != NULL)) : NULL;
}

void dm_record(const dm_multi_function *F, dm_recording *r, dm_writer *write, size_t results, unsigned wants)
{
    r->wants = wants;
    r->results = results;
    r->result = calloc(results, sizeof *r->result);
    r->out = calloc(results + 1, sizeof *r->out);
    r->context = r->result && r->out ? dm_new_context() : NULL;
    if (!r->context)
        return;
    r->context->quiet = true;
    if (!write_program(F, r, write)) {
        dm_context_free(r->context);
        r->context = NULL;
    }
    if (r->context)
        look_at_places(r);
}

void dm_forget_recording(dm_recording *r)
{
    for (size_t i = 0; r->in && i < r->inputs; i++)
        free(r->in[i].copy);
    free(r->in);
    free(r->kept);
    free(r->found);
    free(r->wanted);
    free(r->result);
    free(r->out);
    dm_context_free(r->context);
    *r = (dm_recording) { .tried = false };
}
