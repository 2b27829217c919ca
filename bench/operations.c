/* Every row of the table of operations: its value alone, its differential with 1, 8 and 32 directions side
 * by side, and its read-off, all in one context that is reset before each turn.
 *
 * A turn is what a program does: the operands are handed over (copied), the operation is applied, and what
 * it gives is taken out.  The prediction is counted in units of the value's own work:
 *
 *     K directions    1 + fixed + each*K         fixed: what the differential needs once; h'(A) is one pass
 *     read-off        1 + fixed + back           of f = tr(W'*op(...)) for all its operands
 *
 * Rows of n^3 work are counted in flops, in multiples of the value's: a product is 2n^3, LU 2/3 n^3, an
 * inverse 2n^3, a solve with n columns 2n^3 once there are factors.  n^2 work beside them is not counted,
 * except where a direction needs nothing else: there each = light/n.
 * Rows of n^2 work are counted in passes that produce or consume a whole matrix, whatever one entry costs;
 * the pass that f makes over op's result is one of them.  It is a coarse count, and what it leaves out
 * (calls, copies, transcendental functions) is what the ratio to it shows.                            */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "operations/operations.h"
#include "bench.h"

static const struct {
    const char *name;
    double cubic;                      /* flops of the value / n^3; 0: it is of n^2 work */
    double fixed, each, back, light;
} counts[] = {
    { "add", 0, 0, 1, 3, 0 },                 { "sub", 0, 0, 1, 3, 0 },
    { "neg", 0, 0, 1, 2, 0 },                 { "scale", 0, 0, 1, 2, 0 },
    { "scale_by", 0, 0, 2, 3, 0 },            { "hadamard", 0, 0, 2, 3, 0 },
    { "quotient", 0, 2, 2, 3, 0 },            /* 1./B and C./B */
    { "mul", 2, 0, 2, 2, 0 },                 { "inner", 0, 0, 2, 2, 0 },
    { "outer", 0, 0, 2, 3, 0 },               { "kron", 0, 0, 2, 3, 0 },
    { "kron_left", 0, 0, 2, 2, 0 },           { "kron_right", 0, 0, 2, 2, 0 },
    { "power", 4, 0, 2, 2, 0 },               /* A^3: two products */
    { "transpose", 0, 0, 1, 2, 0 },           { "reshape", 0, 0, 1, 2, 0 },
    { "vec", 0, 0, 1, 2, 0 },                 { "block", 0, 0, 1, 2, 0 },
    { "embed", 0, 0, 1, 2, 0 },               { "hcat", 0, 0, 1, 2, 0 },
    { "vcat", 0, 0, 1, 2, 0 },                { "diag", 0, 0, 1, 1, 0 },
    { "diagonal", 0, 0, 1, 1, 0 },            { "repeat", 0, 0, 1, 2, 0 },
    { "trace", 0, 0, 1, 1, 0 },               { "sum", 0, 0, 1, 1, 0 },
    { "row_sums", 0, 0, 1, 1, 0 },            { "column_sums", 0, 0, 1, 1, 0 },
    { "inverse", 2, 0, 2, 2, 0 },             { "solve", 8.0 / 3, 0, 1.5, 1.5, 0 },
    { "solve_right", 8.0 / 3, 0, 1.5, 1.5, 0 },
    { "det", 2.0 / 3, 2, 0, 0, 3 },           { "logdet", 2.0 / 3, 2, 0, 0, 3 }, /* inv(A): from the factors */
    { "cofactor", 2, 0, 2, 2, 0 },            { "norm", 0, 1, 1, 1, 0 },
    { "norm_frobenius", 0, 1, 1, 1, 0 },      { "norm_squared", 0, 0, 1, 1, 0 },
    { "normalize", 0, 1, 3, 4, 0 },           { "exp", 0, 0, 1, 2, 0 },
    { "log", 0, 1, 1, 2, 0 },                 { "sqrt", 0, 1, 1, 2, 0 },
    { "square", 0, 1, 1, 2, 0 },              { "reciprocal", 0, 1, 1, 2, 0 },
    { "sin", 0, 1, 1, 2, 0 },                 { "cos", 0, 1, 1, 2, 0 },
    { "tan", 0, 1, 1, 2, 0 },                 { "tanh", 0, 1, 1, 2, 0 },
    { "sigmoid", 0, 1, 1, 2, 0 },             { "relu", 0, 1, 1, 2, 0 },
    { "abs", 0, 1, 1, 2, 0 },                 { "sign", 0, 0, 0, 1, 0 },
    { "step", 0, 0, 0, 1, 0 },                { "pow", 0, 1, 1, 2, 0 },
    { "hadamard_power", 0, 2, 2, 3, 0 },
};

enum { MOST = 32, CHECKED = 8, VARIANTS = 5 };

/* One row at one size: its operands, their directions, the seed W of the read-off, the gradients. */
typedef struct {
    const dm_op *op;
    size_t n, arity;
    dm_parameters with;
    bool has_parameters;
    gsl_matrix *X[DM_OPERANDS], *U[DM_OPERANDS], *dX[DM_OPERANDS][MOST], *W;
    dm *result;
    int status;
} trial;

/* ------------------------------------------------------------------------------------ operands */

/* A divisor of n near its square root: the shape of one factor of a Kronecker product of about n. */
static size_t half_of(size_t n)
{
    size_t d = (size_t) sqrt((double) n);

    while (n % d)
        d--;
    return d;
}

static size_t side(const trial *t, size_t operand, int which)
{
    const dm_op *op = t->op;
    char letter = op->shapes[3 * operand + (size_t) which];
    size_t small = half_of(t->n);

    if (letter == '1')
        return 1;
    if (strcmp(op->name, "kron") == 0)
        return operand == 0 ? small : t->n / small;
    if (strcmp(op->name, "kron_left") == 0 && operand == 1)
        return small;
    if (strcmp(op->name, "kron_right") == 0 && operand == 0)
        return small;
    if (strcmp(op->name, "norm") == 0 && which == 1)
        return 1;
    return t->n;
}

static dm_parameters parameters(const dm_op *op, size_t n)
{
    dm_parameters with = { .number = 1.5, .rows = 2, .cols = 2 };

    if (op->parameters && strchr(op->parameters, 'k'))
        with.number = 3;
    if (strcmp(op->name, "reshape") == 0) {
        with.rows = n % 2 ? n * n : n / 2;
        with.cols = n * n / with.rows;
    } else if (strcmp(op->name, "block") == 0) {
        with.row = with.col = n / 4;
        with.rows = with.cols = (n + 1) / 2;
    } else if (strcmp(op->name, "embed") == 0) {
        with.row = with.col = n / 2;
        with.rows = with.cols = 2 * n;
    }
    return with;
}

/* What an operation's domain may ask for. */
typedef enum { POSITIVE, SYMMETRIC, ABOVE_ONE, KINDS } data_kind;

/* Positive, dominated by its diagonal: fits most domains. */
static void fill(gsl_matrix *A, data_kind kind)
{
    for (size_t i = 0; i < A->size1; i++)
        for (size_t j = 0; j < A->size2; j++) {
            double x = (0.5 + 0.45 * uniform()) / (double) A->size2 + (i == j);
            gsl_matrix_set(A, i, j, kind == ABOVE_ONE ? 1.5 + x : x);
        }
    for (size_t i = 0; kind == SYMMETRIC && A->size1 == A->size2 && i < A->size1; i++)
        for (size_t j = 0; j < i; j++)
            gsl_matrix_set(A, i, j, gsl_matrix_get(A, j, i));
}

static gsl_matrix *fresh(size_t m, size_t n)
{
    gsl_matrix *A = gsl_matrix_alloc(m, n);

    if (!A) {
        remark("out of memory\n");
        exit(EXIT_FAILURE);
    }
    return A;
}

static void set_up(trial *t, const dm_op *op, size_t n)
{
    memset(t, 0, sizeof *t);
    t->op = op;
    t->n = n;
    t->arity = dm_arity(op);
    t->has_parameters = op->parameters != NULL;
    t->with = parameters(op, n);
    for (size_t i = 0; i < t->arity; i++) {
        t->X[i] = fresh(side(t, i, 0), side(t, i, 1));
        t->U[i] = fresh(t->X[i]->size1, t->X[i]->size2);
        for (size_t k = 0; k < MOST; k++) {
            t->dX[i][k] = fresh(t->X[i]->size1, t->X[i]->size2);
            random_entries(t->dX[i][k]->data, t->X[i]->size1 * t->X[i]->size2, 1);
        }
    }
}

static void tear_down(trial *t)
{
    for (size_t i = 0; i < t->arity; i++) {
        gsl_matrix_free(t->X[i]);
        gsl_matrix_free(t->U[i]);
        for (size_t k = 0; k < MOST; k++)
            gsl_matrix_free(t->dX[i][k]);
    }
    gsl_matrix_free(t->W);
}

/* ------------------------------------------------------------------------------- the four turns */

static dm *apply(const trial *t, dm *const X[])
{
    return dm_apply(t->op, X, t->has_parameters ? &t->with : NULL);
}

static void value(problem *P)
{
    trial *t = (trial *) P->extra;
    dm *X[DM_OPERANDS] = { NULL };

    dm_context_reset(P->context);
    for (size_t i = 0; i < t->arity; i++)
        X[i] = dm_constant(P->context, t->X[i]);
    t->result = apply(t, X);
    t->status = dm_value(t->result).matrix.data ? GSL_SUCCESS : dm_status(t->result);
}

static void push(problem *P, size_t k)
{
    trial *t = (trial *) P->extra;
    dm *X[DM_OPERANDS] = { NULL };

    dm_context_reset(P->context);
    for (size_t i = 0; i < t->arity; i++)
        X[i] = dm_dual_panel(P->context, t->X[i], k, (const gsl_matrix *const *) t->dX[i]);
    t->result = apply(t, X);
    t->status = dm_value(t->result).matrix.data && dm_differential(t->result, 0).matrix.data
              ? GSL_SUCCESS : GSL_EFAILED;
}

static void push_1(problem *P) { push(P, 1); }
static void push_8(problem *P) { push(P, 8); }
static void push_32(problem *P) { push(P, 32); }

static void read_off(problem *P)
{
    trial *t = (trial *) P->extra;
    dm *X[DM_OPERANDS] = { NULL };

    dm_context_reset(P->context);
    for (size_t i = 0; i < t->arity; i++)
        X[i] = dm_variable(P->context, t->X[i]);
    dm *f = dm_inner(dm_constant(P->context, t->W), apply(t, X));
    t->status = isnan(dm_value_scalar(f)) ? GSL_EFAILED : GSL_SUCCESS;
    for (size_t i = 0; i < t->arity; i++)
        t->status |= dm_read_off(f, X[i], t->U[i]);
}

static const struct {
    const char *name;
    size_t k;
    void (*run)(problem *P);
} turns[VARIANTS] = {
    { "value", 0, value }, { "K=1", 1, push_1 }, { "K=8", 8, push_8 }, { "K=32", 32, push_32 },
    { "read-off", 0, read_off },
};

/* ------------------------------------------------------------------------------------ checking */

static double inner(const gsl_matrix *A, const gsl_matrix *B)
{
    double sum = 0;

    for (size_t i = 0; i < A->size1; i++)
        for (size_t j = 0; j < A->size2; j++)
            sum += gsl_matrix_get(A, i, j) * gsl_matrix_get(B, i, j);
    return sum;
}

/* Pushing and reading off are each other's transposes: tr(W'*dC) is the sum of the tr(U'*dX). */
static double transposed_error(problem *P)
{
    trial *t = (trial *) P->extra;
    double worst = 0, size = 0;

    read_off(P);
    if (t->status)
        return INFINITY;
    push_8(P);
    for (size_t k = 0; k < CHECKED; k++) {
        _gsl_matrix_const_view dC = dm_differential(t->result, k);
        double difference;
        if (!dC.matrix.data)
            return INFINITY;
        difference = inner(t->W, &dC.matrix);
        for (size_t i = 0; i < t->arity; i++)
            difference -= inner(t->U[i], t->dX[i][k]);
        worst = fmax(worst, fabs(difference));
        size = fmax(size, sqrt(inner(t->W, t->W) * inner(&dC.matrix, &dC.matrix)));
    }
    return worst == 0 ? 0 : worst / size;
}

/* Operands inside the operation's domain; false: none of ours is. */
static bool find_data(problem *P)
{
    trial *t = (trial *) P->extra;

    for (int kind = 0; kind < KINDS; kind++) {
        reseed(t->n);
        for (size_t i = 0; i < t->arity; i++)
            fill(t->X[i], (data_kind) kind);
        value(P);
        if (!t->status) {
            t->W = fresh(dm_rows(t->result), dm_columns(t->result));
            random_entries(t->W->data, t->W->size1 * t->W->size2, 1);
            return true;
        }
    }
    remark("  %-15s %4zu  %s\n", t->op->name, t->n, dm_message(t->result));
    return false;
}

/* ------------------------------------------------------------------------------------ the table */

static size_t count_of(const dm_op *op)
{
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        if (strcmp(counts[i].name, op->name) == 0)
            return i;
    return sizeof counts / sizeof *counts;
}

/* A row that has no count yet is counted like one of n^2 work, a pass an operand. */
static double predicted(const trial *t, size_t variant, double *flops)
{
    size_t c = count_of(t->op);
    bool known = c < sizeof counts / sizeof *counts;
    double arity = (double) t->arity, each = known ? counts[c].each : arity;
    double light = known ? counts[c].light / (double) t->n : 0;
    double back = known ? counts[c].back : arity + 1, fixed = known ? counts[c].fixed : 0, ratio = 1;

    if (variant == VARIANTS - 1)
        ratio = 1 + fixed + back;
    else if (variant > 0)
        ratio = 1 + fixed + (each + light) * (double) turns[variant].k;
    *flops = known && counts[c].cubic > 0 ? ratio * counts[c].cubic * pow((double) t->n, 3) : NAN;
    return ratio;
}

static void one(const dm_op *op, size_t n)
{
    trial t;
    problem P = { .extra = &t };
    job jobs[VARIANTS];
    measurement r[VARIANTS];

    reseed(n);
    set_up(&t, op, n);
    P.context = dm_context_alloc();
    if (P.context && find_data(&P)) {
        double error = transposed_error(&P);
        for (size_t v = 0; v < VARIANTS; v++)
            jobs[v] = (job) { .run = turns[v].run, .P = &P };
        time_together(jobs, VARIANTS);
        for (size_t v = 0; v < VARIANTS; v++) {
            const job *j = &jobs[v];
            double flops, theory = predicted(&t, v, &flops);
            r[v] = (measurement) {
                .part = "operations", .workload = op->name, .variant = turns[v].name, .n = n,
                .best = j->best, .median = j->median, .spread = j->spread, .flops = flops,
                .x_value = j->best / jobs[0].best, .x_dgemm = NAN, .x_hand = NAN,
                .theory = v ? theory : NAN, .x_theory = v ? j->best / jobs[0].best / theory : NAN,
                .error = v ? error : NAN, .wrong = v && !(error < 1e-9),
            };
            add_row(&r[v]);
        }
        print_operation(r, VARIANTS);
    }
    dm_context_free(P.context);
    tear_down(&t);
}

void run_operations(void)
{
    static const size_t all[] = { 4, 16, 64, 256 }, few[] = { 4, 64 };
    const size_t *sizes = opt.size_count ? opt.sizes : opt.quick ? few : all;
    size_t count = opt.size_count ? opt.size_count : opt.quick ? 2 : 4;
    const dm_op *op;
    bool any = false;

    for (size_t i = 0; (op = dm_op_at(i)); i++) {
        if (!chosen(op->name))
            continue;
        if (!any)
            operations_heading();
        any = true;
        for (size_t s = 0; s < count; s++) {
            progress("%s, n = %zu", op->name, sizes[s]);
            one(op, sizes[s]);
        }
    }
}
