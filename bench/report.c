/* What was measured: the table as it comes, CSV, JSON, and the summary. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bench.h"

static measurement *rows;
static size_t count, room, printed;

/* ------------------------------------------------------------------------------------- progress */

static bool shown;

static void wipe(void)
{
    if (shown)
        fprintf(stderr, "\r\033[K");
    shown = false;
}

void progress(const char *format, ...)
{
    va_list arguments;

    if (!isatty(STDERR_FILENO))
        return;
    wipe();
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fflush(stderr);
    shown = true;
}

void remark(const char *format, ...)
{
    va_list arguments;

    wipe();
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    fflush(stdout);
}

/* ---------------------------------------------------------------------------------- the machine */

static char cpu[128] = "unknown", *threads, *compiler, *flags;
static double peak_flops;

/* Where OpenBLAS serves, it says what it is. */
extern char *openblas_get_config(void) __attribute__((weak));
extern int openblas_get_num_threads(void) __attribute__((weak));

static void find_cpu(void)
{
    char line[256];
    FILE *f = fopen("/proc/cpuinfo", "r");

    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, "model name", 10) == 0 && strchr(line, ':')) {
            snprintf(cpu, sizeof cpu, "%s", strchr(line, ':') + 2);
            cpu[strcspn(cpu, "\n")] = '\0';
            break;
        }
    if (f)
        fclose(f);
}

static char *environment(const char *name, const char *otherwise)
{
    char *text = getenv(name);

    return text && *text ? text : (char *) otherwise;
}

void machine(double peak)
{
    find_cpu();
    peak_flops = peak;
    threads = environment("OPENBLAS_NUM_THREADS", "not limited (OPENBLAS_NUM_THREADS)");
    compiler = environment("DM_BENCH_CC", "unknown (DM_BENCH_CC)");
    flags = environment("DM_BENCH_CFLAGS", "unknown (DM_BENCH_CFLAGS)");
    remark("CPU       %s\n", cpu);
    remark("BLAS      %s\n", dm_blas_library());
    if (openblas_get_config)
        remark("          %s\n", openblas_get_config());
    if (getenv("OPENBLAS_CORETYPE"))
        remark("          OPENBLAS_CORETYPE=%s\n", getenv("OPENBLAS_CORETYPE"));
    remark("threads   %s\n", threads);
    remark("clock     %s\n", one_thread() ? "of the process" : "on the wall");
    remark("compiler  %s\nflags     %s\n", compiler, flags);
    remark("peak      %.1f GFLOP/s, the best dgemm of n = 64 ... 384\n", peak);
}

/* ------------------------------------------------------------------------------------ the table */

static const char *time_text(double ns, char text[16])
{
    static const char *const units[] = { "ns", "µs", "ms", "s" };
    size_t u = 0;

    while (ns >= 999.5 && u < 3) {
        ns /= 1000;
        u++;
    }
    snprintf(text, 16, ns < 99.95 ? "%5.1f %s%s" : "%5.0f %s%s", ns, u == 3 ? " " : "", units[u]);
    return text;
}

static const char *number_text(double x, char text[16])
{
    if (isnan(x))
        snprintf(text, 16, "-");
    else
        snprintf(text, 16, x < 9.995 ? "%.2f" : x < 99.95 ? "%.1f" : x < 1e5 ? "%.0f" : "%.1e", x);
    return text;
}

static void print_row(const measurement *r)
{
    char t[2][16], x[6][16], error[16] = "-";

    if (!isnan(r->error))
        snprintf(error, sizeof error, "%.0e", r->error);
    remark("  %5zu  %-14s %s %s %4.0f%% %8s %8s %8s %8s %8s %8s  %s%s\n", r->n, r->variant,
           time_text(r->best, t[0]), time_text(r->median, t[1]), 100 * r->spread,
           number_text(r->flops / r->best, x[0]), number_text(r->x_value, x[1]),
           number_text(r->x_dgemm, x[2]), number_text(r->x_hand, x[3]), number_text(r->theory, x[4]),
           number_text(r->x_theory, x[5]), error, r->wrong ? "  WRONG" : "");
}

static void columns(void)
{
    remark("      n  what               best   median  spread GFLOP/s  × value  × dgemm   × hand   theory"
           " × theory  error\n");
}

void heading(const char *name, const char *title)
{
    static bool first = true;

    if (first)
        remark("\n---------------------------------------- workloads\n");
    first = false;
    remark("\n%s: %s\n", name, title);
    columns();
    printed = count;
}

void operations_heading(void)
{
    remark("\n---------------------------------------- operations\n\n"
           "For K directions side by side and for the read-off: time, ratio to the value alone, and (in\n"
           "brackets) that ratio over the predicted one, %s.\n\n"
           "  operation          n     value GFLOP/s  %-24s%-24s%-24s%-24s error\n",
           "which operations.c counts", "   K = 1", "   K = 8", "   K = 32", "   read-off");
}

/* The value first, then what is compared with it. */
void print_operation(const measurement *r, size_t n)
{
    char t[16], x[16], y[16];

    remark("  %-15s %4zu  %s %7s", r->workload, r->n, time_text(r->best, t),
           number_text(r->flops / r->best, x));
    for (size_t i = 1; i < n; i++) {
        char cell[48];
        snprintf(cell, sizeof cell, "%s (%s)", number_text(r[i].x_value, x),
                 number_text(r[i].x_theory, y));
        remark("  %s %-13s", time_text(r[i].best, t), cell);
    }
    remark("  %.0e%s\n", r[n - 1].error, r[n - 1].wrong ? "  WRONG" : "");
}

void add_row(const measurement *r)
{
    if (count == room) {
        room = room ? 2 * room : 256;
        rows = realloc(rows, room * sizeof *rows);
        if (!rows) {
            remark("out of memory\n");
            exit(EXIT_FAILURE);
        }
    }
    rows[count++] = *r;
}

/* By size; within one size as they came. */
void end_of_table(void)
{
    wipe();
    while (printed < count) {
        size_t least = (size_t) -1, end = printed;
        for (size_t i = printed; i < count; i++)
            least = rows[i].n < least ? rows[i].n : least;
        for (size_t i = printed; i < count; i++)
            if (rows[i].n == least) {
                measurement r = rows[i];
                memmove(&rows[end + 1], &rows[end], (i - end) * sizeof r);
                rows[end++] = r;
                print_row(&r);
            }
        printed = end;
    }
}

bool anything_wrong(void)
{
    for (size_t i = 0; i < count; i++)
        if (rows[i].wrong)
            return true;
    return false;
}

/* ------------------------------------------------------------------------------------ the files */

static void csv_number(FILE *f, double x)
{
    if (isfinite(x))
        fprintf(f, ",%.6g", x);
    else
        fputc(',', f);
}

bool write_csv(const char *file)
{
    FILE *f = fopen(file, "w");

    if (!f)
        return false;
    fprintf(f, "part,workload,n,variant,best_ns,median_ns,spread,gflops,x_value,x_dgemm,x_hand,theory,"
            "x_theory,error,wrong,tool\n");
    for (size_t i = 0; i < count; i++) {
        const measurement *r = &rows[i];
        double x[] = { r->best, r->median, r->spread, r->flops / r->best, r->x_value, r->x_dgemm,
                       r->x_hand, r->theory, r->x_theory, r->error };
        fprintf(f, "%s,%s,%zu,%s", r->part, r->workload, r->n, r->variant);
        for (size_t j = 0; j < sizeof x / sizeof *x; j++)
            csv_number(f, x[j]);
        fprintf(f, ",%d,%d\n", r->wrong, r->peer);
    }
    return fclose(f) == 0;
}

static void json_text(FILE *f, const char *name, const char *text)
{
    fprintf(f, "  \"%s\": \"", name);
    for (; *text; text++)
        if (*text == '"' || *text == '\\')
            fprintf(f, "\\%c", *text);
        else if ((unsigned char) *text >= ' ')
            fputc(*text, f);
    fprintf(f, "\",\n");
}

static void json_number(FILE *f, const char *name, double x)
{
    if (isfinite(x))
        fprintf(f, ", \"%s\": %.6g", name, x);
    else
        fprintf(f, ", \"%s\": null", name);
}

bool write_json(const char *file)
{
    FILE *f = fopen(file, "w");

    if (!f)
        return false;
    fprintf(f, "{\n");
    json_text(f, "version", DM_VERSION);
    json_text(f, "cpu", cpu);
    json_text(f, "blas", dm_blas_library());
    json_text(f, "threads", threads);
    json_text(f, "compiler", compiler);
    json_text(f, "flags", flags);
    fprintf(f, "  \"peak_gflops\": %.4g,\n  \"rows\": [", peak_flops);
    for (size_t i = 0; i < count; i++) {
        const measurement *r = &rows[i];
        fprintf(f, "%s\n    {\"part\": \"%s\", \"workload\": \"%s\", \"n\": %zu, \"variant\": \"%s\"",
                i ? "," : "", r->part, r->workload, r->n, r->variant);
        json_number(f, "best_ns", r->best);
        json_number(f, "median_ns", r->median);
        json_number(f, "spread", r->spread);
        json_number(f, "gflops", r->flops / r->best);
        json_number(f, "x_value", r->x_value);
        json_number(f, "x_dgemm", r->x_dgemm);
        json_number(f, "x_hand", r->x_hand);
        json_number(f, "theory", r->theory);
        json_number(f, "x_theory", r->x_theory);
        json_number(f, "error", r->error);
        fprintf(f, ", \"wrong\": %s}", r->wrong ? "true" : "false");
    }
    fprintf(f, "\n  ]\n}\n");
    return fclose(f) == 0;
}

/* ---------------------------------------------------------------------------------- the summary */

/* Operands made beforehand are compared with the like. */
static bool alone(const char *variant)
{
    size_t length = strlen(variant);

    return length > 3 && strcmp(variant + length - 3, "-op") == 0;
}

static const measurement *best_peer(const char *name, size_t n, const char *than)
{
    const measurement *best = NULL;

    for (size_t i = 0; i < count; i++)
        if (rows[i].peer && !rows[i].wrong && rows[i].n == n && strcmp(rows[i].workload, name) == 0
            && alone(rows[i].variant) == alone(than) && (!best || rows[i].best < best->best))
            best = &rows[i];
    return best;
}

enum { CLASSES = 4 };

static size_t class_of(size_t n)
{
    return n < 8 ? 0 : n < 16 ? 1 : n < 64 ? 2 : 3;
}

/* The worst of a class, and where. */
typedef struct {
    double ratio;
    size_t n;
    const char *against;
} worst;

static void worse(worst *w, double ratio, const measurement *r, const char *against)
{
    if (!(ratio <= w->ratio) && !isnan(ratio))
        *w = (worst) { ratio, r->n, against };
}

static void print_worst(const worst *w)
{
    char text[16], where[48];

    if (w->n == 0) {
        remark(" %-22s", "-");
        return;
    }
    if (w->against[0])
        snprintf(where, sizeof where, "%s (%zu %s)", number_text(w->ratio, text), w->n, w->against);
    else
        snprintf(where, sizeof where, "%s (%zu)", number_text(w->ratio, text), w->n);
    remark(" %-22s", where);
}

static void worst_of(const char *name, const char *variant, worst hand[], worst peer[])
{
    for (size_t i = 0; i < count; i++) {
        const measurement *r = &rows[i];
        if (strcmp(r->workload, name) || strcmp(r->variant, variant))
            continue;
        const measurement *other = best_peer(name, r->n, r->variant);
        worse(&hand[class_of(r->n)], r->x_hand, r, "");
        if (other)
            worse(&peer[class_of(r->n)], r->best / other->best, r, other->variant);
    }
}

static void ratios(const char *variant, bool peers)
{
    const char *last = "";

    remark("\n%-20s %-22s %-22s %-22s %-22s\n", "", "n < 8", "8 <= n < 16", "16 <= n < 64", "64 <= n");
    for (size_t i = 0; i < count; i++) {
        worst hand[CLASSES] = { { 0, 0, "" } }, peer[CLASSES] = { { 0, 0, "" } };
        if (strcmp(rows[i].part, "workloads") || strcmp(rows[i].workload, last) == 0)
            continue;
        last = rows[i].workload;
        worst_of(last, variant, hand, peer);
        remark("%-20s", last);
        for (size_t c = 0; c < CLASSES; c++)
            print_worst(peers ? &peer[c] : &hand[c]);
        remark("\n");
    }
}

/* ------------------------------------------------------------------------------- what was asked */

typedef enum { NS, X_VALUE, X_DGEMM, X_HAND, X_PEER } yardstick;

/* The worst over from <= n <= to is to be at most the bound.  workload NULL: over all.  Where no variant is named
 * there are two ways, the calls and the tape, and it is enough that one of them keeps the bound, for all that the row
 * is about: the worst of each is printed, and which one was judged.                                   */
static const struct {
    const char *text, *workload;
    size_t from, to;
    yardstick of;
    double bound;
    const char *variant;               /* NULL: dualmat or tape */
} bars[] = {
    { "product, one direction, times dgemm", "product-1", 32, 4096, X_DGEMM, 3.2, NULL },
    { "gradient of tr(A*A), times dgemm", "trace-square", 64, 4096, X_DGEMM, 3.5, NULL },
    { "gradient of |A*x-b|^2 for x, times the value", "residual-x", 512, 512, X_VALUE, 2.5, NULL },
    { "gradient of |A*x-b|^2 for A, times the value", "residual-A", 512, 512, X_VALUE, 2.5, NULL },
    { "any workload, times the derivative by hand", NULL, 64, 4096, X_HAND, 1.10, NULL },
    { "any workload, times the derivative by hand", NULL, 16, 63, X_HAND, 1.3, NULL },
    { "any workload, times the derivative by hand", NULL, 1, 15, X_HAND, 2.0, NULL },
    { "any workload, times the best other tool", NULL, 8, 4096, X_PEER, 1.0, NULL },
    { "any workload, times the best other tool", NULL, 3, 4, X_PEER, 1.5, NULL },
    { "product, operands made before, times the best of them", "product-1", 3, 4, X_PEER, 1.5, "dualmat-op" },
    { "Hessian of logdet, times the best other tool", "hessian-logdet", 8, 8, X_PEER, 0.1, NULL },
    { "Hessian of logdet, times the best other tool", "hessian-logdet", 24, 24, X_PEER, 0.1, NULL },
    { "Hessian of tr(A^3), times the best other tool", "hessian-trace-cube", 8, 8, X_PEER, 0.1, NULL },
    { "Hessian of tr(A^3), times the best other tool", "hessian-trace-cube", 24, 24, X_PEER, 0.1, NULL },
    { "gradient of tr(A*A), times dgemm", "trace-square", 512, 512, X_DGEMM, 0.15, NULL },
    { "product, one direction, in ns", "product-1", 4, 4, NS, 35, NULL },
    { "product, operands made before, in ns", "product-1", 4, 4, NS, 35, "dualmat-op" },
    { "gradient of tr(A*A), in ns", "trace-square", 4, 4, NS, 80, NULL },
    { "product, 32 directions, times the value", "product-32", 8, 8, X_VALUE, 55, NULL },
    { "product, 32 directions, times the value", "product-32", 256, 256, X_VALUE, 66, NULL },
    { "product, 32, operands made before, times the value", "product-32", 256, 256, X_VALUE, 66, "dualmat-op" },
};

static double measure_of(const measurement *r, yardstick of)
{
    const measurement *peer;

    switch (of) {
    case NS: return r->best;
    case X_VALUE: return r->x_value;
    case X_DGEMM: return r->x_dgemm;
    case X_HAND: return r->x_hand;
    case X_PEER: return (peer = best_peer(r->workload, r->n, r->variant)) ? r->best / peer->best : NAN;
    }
    return NAN;
}

/* What is wrong keeps no bound. */
static worst worst_at(size_t b, const char *variant)
{
    worst w = { 0, 0, "" };

    for (size_t i = 0; i < count; i++) {
        const measurement *r = &rows[i];
        if (strcmp(r->variant, variant) || r->n < bars[b].from || r->n > bars[b].to
            || (bars[b].workload && strcmp(bars[b].workload, r->workload)))
            continue;
        worse(&w, r->wrong ? INFINITY : measure_of(r, bars[b].of), r, r->workload);
    }
    return w;
}

static void asked(void)
{
    size_t missing = 0;

    remark("\n%-55s %11s %9s %9s %9s\n", "The bounds that we keep to, or do not", "n", "at most", "calls", "tape");
    for (size_t b = 0; b < sizeof bars / sizeof *bars; b++) {
        char range[24] = "", bound[16], got[2][16];
        worst calls = worst_at(b, bars[b].variant ? bars[b].variant : "dualmat"), tape = { NAN, 0, "" };
        if (calls.n == 0) {
            missing++;
            continue;
        }
        if (!bars[b].variant)
            tape = worst_at(b, "tape");
        bool by_tape = tape.n > 0 && tape.ratio < calls.ratio;
        worst w = by_tape ? tape : calls;
        if (bars[b].from == bars[b].to)
            snprintf(range, sizeof range, "%zu", bars[b].from);
        else if (bars[b].to > 1024)
            snprintf(range, sizeof range, "%zu ...", bars[b].from);
        else
            snprintf(range, sizeof range, "%zu ... %zu", bars[b].from, bars[b].to);
        remark("%-55s %11s %9s %9s %9s  %s by the %s (%s, %zu)\n", bars[b].text, range,
               number_text(bars[b].bound, bound), number_text(calls.ratio, got[0]), number_text(tape.ratio, got[1]),
               w.ratio <= bars[b].bound ? "kept" : "MISSED", by_tape ? "tape" : "calls", w.against, w.n);
    }
    if (missing)
        remark("%zu more were not measured in this run\n", missing);
}

void summary(void)
{
    bool any = false, peers = false;

    for (size_t i = 0; i < count; i++) {
        any |= strcmp(rows[i].part, "workloads") == 0;
        peers |= rows[i].peer;
    }
    if (any) {
        remark("\n---------------------------------------- the worst of each class of sizes\n");
        for (size_t i = 0; i < 2; i++) {
            const char *variant = i ? "tape" : "dualmat", *whose = i ? "the tape's" : "dualmat's";
            remark("\n%s time over that of the derivative written by hand, and where (n)", whose);
            ratios(variant, false);
            if (peers) {
                remark("\n%s time over that of the best other tool, and where (n, tool); below 1 we are faster",
                       whose);
                ratios(variant, true);
            }
        }
        asked();
    }
    if (anything_wrong()) {
        remark("\nWrong results:\n");
        columns();
        for (size_t i = 0; i < count; i++)
            if (rows[i].wrong) {
                remark("%s", rows[i].workload);
                print_row(&rows[i]);
            }
    }
}
