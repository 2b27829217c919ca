/* The other tools: programs of their own, run on the same inputs right after ours, judged here. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bench.h"

/* Automatic: its derivative is the tool's own, not written by hand. */
static const struct {
    const char *program, *what;
    bool automatic;
} known[] = {
    { "eigen", "Eigen AutoDiffScalar", true },
    { "ceres", "Ceres Jet", true },
    { "sacado", "Sacado", true },
    { "adolc", "ADOL-C", true },
    { "stan", "Stan Math", true },
    { "cppad", "CppAD", true },
    { "torch", "PyTorch", true },
    { "scipy", "NumPy and SciPy, derivatives by hand", false },
};

enum { PEERS = sizeof known / sizeof *known };

static bool present[PEERS], asked;
static char folder[64];

static void program_path(size_t i, char *path, size_t size)
{
    snprintf(path, size, "%s/%s", opt.peers, known[i].program);
}

bool any_peers(void)
{
    bool any = false;
    char path[512];

    for (size_t i = 0; !asked && opt.peers && i < PEERS; i++) {
        program_path(i, path, sizeof path);
        present[i] = access(path, X_OK) == 0;
    }
    asked = true;
    for (size_t i = 0; i < PEERS; i++)
        any |= present[i];
    return any;
}

/* The first line that a command prints; false: none. */
static bool first_line(const char *command, char *line, int size)
{
    FILE *f = popen(command, "r");

    if (!f)
        return false;
    bool got = fgets(line, size, f) != NULL;
    while (fgetc(f) != EOF)
        ;
    pclose(f);
    line[strcspn(line, "\n")] = '\0';
    return got;
}

void list_peers(void)
{
    any_peers();
    for (size_t i = 0; i < PEERS; i++) {
        char path[512], command[600], version[120];
        program_path(i, path, sizeof path);
        snprintf(command, sizeof command, "'%s' --version", path);
        if (!present[i])
            remark("  %-8s %s: not installed (make bench-peers)\n", known[i].program, known[i].what);
        else if (first_line(command, version, sizeof version))
            remark("  %-8s %s\n", known[i].program, version);
        else
            remark("  %-8s %s: does not run\n", known[i].program, known[i].what);
    }
}

/* ------------------------------------------------------------------------------------- inputs */

/* The inputs of the workload under way, which an interrupt must not leave behind. */
enum { INPUTS = 32 };
static char inputs[INPUTS][160];
static volatile sig_atomic_t input_count;

static void interrupted(int signal_number)
{
    for (int i = 0; i < input_count; i++)
        unlink(inputs[i]);
    rmdir(folder);
    _exit(128 + signal_number);
}

static bool make_folder(void)
{
    const char *tmp = getenv("TMPDIR");
    struct sigaction act = { .sa_handler = interrupted };

    if (!folder[0]) {
        sigaction(SIGINT, &act, NULL);
        sigaction(SIGTERM, &act, NULL);
        snprintf(folder, sizeof folder, "%.36s/dualmat-bench-XXXXXX", tmp ? tmp : "/tmp");
        if (!mkdtemp(folder))
            folder[0] = '\0';
    }
    return folder[0];
}

void hand_over(const workload *W, size_t n, const double *in, size_t ins)
{
    if (!any_peers() || !make_folder() || input_count == INPUTS)
        return;
    char *path = inputs[input_count];
    snprintf(path, sizeof inputs[0], "%s/%s-%zu.in", folder, W->name, n);
    input_count++;
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(in, sizeof *in, ins, f) != ins)
        remark("%s: cannot write the inputs of the peers\n", path);
    if (f)
        fclose(f);
}

void peers_done(void)
{
    if (folder[0])
        rmdir(folder);
}

/* -------------------------------------------------------------------------------------- results */

/* The result in the file against the one expected; the file goes.  A value that a peer does not deliver
 * beside the derivative need not be there: the file then holds the derivative alone.                 */
static double judge(const char *path, const finished *c)
{
    size_t all = c->values + c->derivatives;
    double *got = malloc((all + 1) * sizeof *got), error = INFINITY;
    FILE *f = fopen(path, "rb");

    if (f && got) {
        size_t count = fread(got, sizeof *got, all + 1, f);
        if (count == all)
            error = deviation(got, c->expected, c->values, c->derivatives);
        else if (count == c->derivatives)
            error = deviation(got, c->expected + c->values, 0, c->derivatives);
    }
    if (f) {
        fclose(f);
        remove(path);
    }
    free(got);
    return error;
}

/* "workload n variant best median spread file" */
static void take_line(const char *line, size_t peer, const workload *W, const finished *cells, size_t n)
{
    static char names[256][32];
    static size_t used;
    char name[32], variant[32], path[256];
    size_t size, v;
    double best, median, spread;

    if (sscanf(line, "%31s %zu %31s %lf %lf %lf %255s", name, &size, variant, &best, &median, &spread,
               path) != 7 || strcmp(name, W->name))
        return;
    progress("%s, n = %zu, %s", W->name, size, variant);
    for (v = 0; v < used && strcmp(names[v], variant); v++)
        ;
    if (v == used && used < 256)
        strcpy(names[used++], variant);
    for (size_t i = 0; i < n; i++) {
        const finished *c = &cells[i];
        if (c->n != size)
            continue;
        double error = judge(path, c);
        add_row(&(measurement) {
            .part = "workloads", .workload = W->name, .variant = names[v], .n = size, .best = best,
            .median = median, .spread = spread, .flops = c->flops, .x_value = best / c->value,
            .x_dgemm = best / c->dgemm, .x_hand = best / c->hand, .theory = c->theory,
            .x_theory = best / c->value / c->theory, .error = error, .wrong = !(error < 1e-8),
            .peer = known[peer].automatic,
        });
    }
}

void run_peers(const workload *W, const finished *cells, size_t n)
{
    char path[512], command[1200], line[600];

    for (size_t i = 0; i < PEERS && any_peers() && folder[0]; i++) {
        if (!present[i])
            continue;
        progress("%s, %s", W->name, known[i].what);
        program_path(i, path, sizeof path);
        int at = snprintf(command, sizeof command, "'%s' %s '%s' %g", path, W->name, folder,
                          opt.quick ? 0.1 : opt.budget);
        for (size_t c = 0; c < n && at < (int) sizeof command - 24; c++)
            at += snprintf(command + at, sizeof command - (size_t) at, " %zu", cells[c].n);
        FILE *f = popen(command, "r");
        if (!f)
            continue;
        while (fgets(line, sizeof line, f))
            take_line(line, i, W, cells, n);
        if (pclose(f))
            remark("%s of %s: the program failed\n", W->name, known[i].what);
    }
    while (input_count > 0)
        remove(inputs[--input_count]);
}
