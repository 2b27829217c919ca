/* The workloads: set one up at a size, let its variants run in turns, check every result, and hand the
 * same inputs to the peers.                                                                          */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "blas.h"
#include "bench.h"

/* ---------------------------------------------------------------------------------------- inputs */

static uint64_t state;

void reseed(unsigned long seed)
{
    state = 0x9e3779b97f4a7c15u * (seed + 1);
}

/* xorshift64*, 53 bits */
double uniform(void)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (double) ((state * 0x2545f4914f6cdd1du) >> 11) * 0x1p-52 - 1;
}

void random_entries(double *x, size_t n, double scale)
{
    for (size_t i = 0; i < n; i++)
        x[i] = scale * uniform();
}

void regular_matrix(double *A, size_t n)
{
    random_entries(A, n * n, 0.5 / sqrt((double) n));
    for (size_t i = 0; i < n; i++)
        A[i * n + i] += 1;
}

gsl_matrix matrix_at(double *data, size_t m, size_t n)
{
    return gsl_matrix_view_array(data, m, n).matrix;
}

/* -------------------------------------------------------------------------------------- problems */

static void *room(size_t count, size_t size)
{
    size_t bytes = (count * size + 127) / 64 * 64;
    void *place = aligned_alloc(64, bytes);

    if (!place) {
        remark("out of memory");
        exit(EXIT_FAILURE);
    }
    memset(place, 0, bytes);
    return place;
}

static void set_up(problem *P, const workload *W, size_t n)
{
    memset(P, 0, sizeof *P);
    P->W = W;
    P->n = n;
    P->k = W->k;
    W->shape(P);
    P->in = room(P->ins, sizeof *P->in);
    P->room = room(P->values + P->derivatives + 8, sizeof *P->room);
    P->out = P->room + (8 - P->values % 8) % 8;    /* the derivative begins a cache line */
    P->work = room(P->works, sizeof *P->work);
    P->scratch = room(P->ins + 2 * P->values, sizeof *P->scratch);
    P->pivots = room(n, sizeof *P->pivots);
    for (size_t i = 0; i < 2; i++)
        P->direction[i] = room(P->k, sizeof *P->direction[i]);
    P->directions[0] = room(2 * P->k, sizeof *P->directions[0]);
    P->directions[1] = P->directions[0] + P->k;
    P->result = room(P->k + 1, sizeof *P->result);
    P->results = room(P->k + 1, sizeof *P->results);
    P->left = room(P->k + 1, sizeof *P->left);
    P->context = dm_context_alloc();
    reseed(n);
    W->fill(P);
}

static void tear_down(problem *P)
{
    dm_context_free(P->context);
    dm_context_free(P->kept);
    dm_tape_free(P->tape);
    for (size_t i = 0; i < 2; i++)
        free(P->direction[i]);
    free(P->directions[0]);
    free(P->result);
    free(P->results);
    free(P->in);
    free(P->room);
    free(P->work);
    free(P->scratch);
    free(P->pivots);
    free(P->left);
}

/* ------------------------------------------------------------------------------------- variants */

static void plain_dgemm(problem *P)
{
    size_t s = P->n * P->n;

    square_product(P->n, 1, P->scratch, P->scratch + s, 0, P->scratch + 2 * s);
}

/* Of the variant that has just run, whatever is still in the context. */
static void collect(problem *P)
{
    double *out = P->out;

    for (size_t v = 0; v < P->left_count; v++)
        for (size_t i = 0; P->left[v].data && i < P->n; i++, out += P->n)
            memcpy(out, P->left[v].data + i * P->left[v].tda, P->n * sizeof *out);
    P->left_count = 0;
}

static double largest_difference(const double *x, const double *y, size_t n)
{
    double difference = 0, size = 0;

    for (size_t i = 0; i < n; i++) {
        double d = fabs(x[i] - y[i]);
        if (!(d <= difference))                    /* NaN comes through */
            difference = isnan(d) ? INFINITY : d;
        size = fmax(size, fabs(y[i]));
    }
    return difference == 0 ? 0 : difference / size;
}

double deviation(const double *x, const double *y, size_t values, size_t derivatives)
{
    return fmax(largest_difference(x, y, values), largest_difference(x + values, y + values, derivatives));
}

static void run_afresh(problem *P, void (*run)(problem *P))
{
    for (size_t i = 0; i < P->values + P->derivatives; i++)
        P->out[i] = NAN;
    P->left_count = 0;
    run(P);
    collect(P);
}

enum { VARIANTS = 7 };

static const double EXACT = 1e-9, BY_DIFFERENCES = 1e-3;

typedef struct {
    const char *name;
    void (*run)(problem *P);
    double flops, error, tolerance;
} variant;

/* Will its calls stay within the budget?  GSL's own factorizations are slower than LAPACK: three times. */
static bool affordable(const problem *P, double value_seconds)
{
    return 3 * evaluations(P) * value_seconds < opt.budget;
}

static double *copy_of(const double *x, size_t n)
{
    double *copy = room(n, sizeof *copy);

    memcpy(copy, x, n * sizeof *copy);
    return copy;
}

/* The tape is recorded, and run once, where all entries are other ones: were any of them, or anything that was
 * computed from them, to stay in it, the results of the turns that count would be wrong.              */
static void record_elsewhere(problem *P)
{
    double *in = copy_of(P->in, P->ins);

    for (size_t i = 0; i < P->ins; i++)
        P->in[i] *= 0.99 - 0.01 * (double) (i % 5);
    P->W->tape(P);
    memcpy(P->in, in, P->ins * sizeof *in);
    free(in);
}

static size_t variants_of(problem *P, variant v[])
{
    const workload *W = P->W;
    size_t n = 0;

    v[n++] = (variant) { "value", W->value, P->value_flops, NAN, EXACT };
    v[n++] = (variant) { "hand", W->hand, P->flops, NAN, EXACT };
    if (W->dual)
        v[n++] = (variant) { "dualmat", W->dual, P->flops, NAN, EXACT };
    if (W->driver)
        v[n++] = (variant) { W->dual ? "driver" : "dualmat", W->driver, P->flops, NAN, EXACT };
    if (W->dual2)
        v[n++] = (variant) { W->dual2_name, W->dual2, P->flops, NAN, EXACT };
    if (W->tape) {
        record_elsewhere(P);
        v[n++] = (variant) { "tape", W->tape, P->flops, NAN, EXACT };
    }
    W->value(P);
    if (W->gsl && affordable(P, time_once(W->value, P)))
        v[n++] = (variant) { "differences", by_differences, NAN, NAN, BY_DIFFERENCES };
    return n;
}

/* Compare with the derivative by hand; the worst of all checks stays. */
static void check(problem *P, variant *v, const double *expected)
{
    size_t values = P->values, derivatives = P->derivatives;
    bool value_only = v->run == P->W->value;
    double error;

    if (v->run == P->W->hand || (value_only && P->derivative_only))
        return;
    run_afresh(P, v->run);
    if (P->derivative_only)
        error = deviation(P->out + values, expected + values, 0, derivatives);
    else
        error = deviation(P->out, expected, values, value_only ? 0 : derivatives);
    v->error = fmax(v->error, error);
}

/* One workload at one size. */
static void cell(const workload *W, size_t n, finished *done)
{
    problem P;
    variant v[VARIANTS];
    job jobs[VARIANTS + 1];
    size_t count;

    set_up(&P, W, n);
    free(P.scratch);                   /* large enough for the plain product too */
    P.scratch = room(P.ins + 2 * P.values + 3 * n * n, sizeof *P.scratch);
    run_afresh(&P, W->hand);
    double *expected = copy_of(P.out, P.values + P.derivatives);
    count = variants_of(&P, v);
    for (size_t i = 0; i < count; i++)
        check(&P, &v[i], expected);

    for (size_t i = 0; i < count; i++)
        jobs[i] = (job) { .run = v[i].run, .P = &P };
    memcpy(P.scratch, P.in, (P.ins < 2 * n * n ? P.ins : 2 * n * n) * sizeof *P.in);
    jobs[count] = (job) { .run = plain_dgemm, .P = &P };
    time_together(jobs, count + 1);
    for (size_t i = 0; i < count; i++)             /* and once more, after many turns */
        if (v[i].run != by_differences)
            check(&P, &v[i], expected);

    double value = jobs[0].best, hand = jobs[1].best, dgemm = jobs[count].best;
    for (size_t i = 0; i <= count; i++) {
        bool is_dgemm = i == count;
        const job *j = &jobs[i];
        add_row(&(measurement) {
            .part = "workloads", .workload = W->name, .variant = is_dgemm ? "dgemm" : v[i].name, .n = n,
            .best = j->best, .median = j->median, .spread = j->spread,
            .flops = is_dgemm ? 2 * pow((double) n, 3) : v[i].flops, .x_value = j->best / value,
            .x_dgemm = j->best / dgemm, .x_hand = is_dgemm || i == 0 ? NAN : j->best / hand,
            .theory = is_dgemm || i == 0 ? NAN : P.flops / P.value_flops,
            .x_theory = is_dgemm || i == 0 ? NAN : j->best / value / (P.flops / P.value_flops),
            .error = is_dgemm ? NAN : v[i].error,
            .wrong = !is_dgemm && v[i].error > v[i].tolerance,
        });
    }
    *done = (finished) { n, value, dgemm, hand, P.flops, P.flops / P.value_flops, expected,
                         P.derivative_only ? 0 : P.values, P.derivatives };
    if (P.derivative_only)
        memmove(expected, expected + P.values, P.derivatives * sizeof *expected);
    hand_over(W, n, P.in, P.ins);
    tear_down(&P);
}

/* "3* 4 8*": all of them; with --quick those with a star; with --sizes the given ones up to the largest. */
static size_t sizes_of(const workload *W, size_t sizes[32])
{
    const char *list = W->sizes;
    size_t count = 0, largest = 0, n;
    char *end;

    for (; (n = strtoul(list, &end, 10)) > 0; list = end) {
        bool star = *end == '*';
        end += star;
        largest = n;
        if (opt.size_count == 0 && (star || !opt.quick))
            sizes[count++] = n;
    }
    for (size_t i = 0; i < opt.size_count; i++)
        if (opt.sizes[i] <= largest)
            sizes[count++] = opt.sizes[i];
    return count;
}

static void run_workload(const workload *W)
{
    finished done[32];
    size_t sizes[32], count = sizes_of(W, sizes);

    if (!chosen(W->name) || count == 0)
        return;
    heading(W->name, W->title);
    for (size_t i = 0; i < count; i++) {
        progress("%s, n = %zu", W->name, sizes[i]);
        cell(W, sizes[i], &done[i]);
    }
    run_peers(W, done, count);
    for (size_t i = 0; i < count; i++)
        free(done[i].expected);
    end_of_table();
}

void run_workloads(void)
{
    const workload *const *const lists[] = {
        product_workloads, gradient_workloads, second_workloads, inverse_workloads, chain_workloads,
    };

    for (size_t l = 0; l < sizeof lists / sizeof *lists; l++)
        for (const workload *const *W = lists[l]; *W; W++)
            run_workload(*W);
}

/* Best dgemm of some sizes, in flop per ns. */
double measure_peak(void)
{
    static const size_t sizes[] = { 64, 96, 192, 256, 384 };
    double peak = 0;

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t n = sizes[i];
        problem P = { .n = n };
        job j = { .run = plain_dgemm, .P = &P };
        P.scratch = room(3 * n * n, sizeof *P.scratch);
        reseed(n);
        random_entries(P.scratch, 2 * n * n, 1);
        time_together(&j, 1);
        peak = fmax(peak, 2 * pow((double) n, 3) / j.best);
        free(P.scratch);
    }
    return peak;
}
