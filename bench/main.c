/* What differentials cost: every operation, and workloads against the derivative written by hand and other
 * tools.  One program, one table.                                                                    */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <gsl/gsl_errno.h>
#include "bench.h"

options opt = { .budget = 1 };

static const char help[] =
    "usage: dualmat-bench [options] [operations] [workloads]\n"
    "\n"
    "  operations        every row of the table of operations: value, K = 1, 8, 32 directions, read-off\n"
    "  workloads         against the derivative written by hand, GSL's differences, and other tools\n"
    "                    (both, if none is named)\n"
    "\n"
    "  --quick           fewer sizes, shorter batches: a minute or two\n"
    "  --only NAME       what has NAME in its name\n"
    "  --sizes N[,N...]  these sizes only\n"
    "  --budget SECONDS  leave out variants whose one call takes longer (1)\n"
    "  --peers FOLDER    the programs of the other tools (peers/ beside this program)\n"
    "  --no-peers        none of them\n"
    "  --csv FILE        all rows; `make plots` draws them\n"
    "  --json FILE       all rows and the machine\n"
    "  --help            this text\n"
    "\n"
    "Times are those of one call: the best and the median of batches of 10 ms in which the variants take\n"
    "turns; spread is the distance of the quartiles over the median.  × value, × dgemm and × hand are\n"
    "ratios of best times in this run; theory is the predicted × value, by flops.  error is the largest\n"
    "deviation from the derivative written by hand, relative to its largest entry (operations: from\n"
    "tr(W'*dC) = tr(U'*dA)).\n"
    "\n"
    "  value         the value alone, by BLAS and LAPACK         hand    with the derivative by hand\n"
    "  dualmat       in a context that is kept and reset; for Jacobians and Hessians the driver\n"
    "  driver        dm_gradient or dm_jvp, a context a call     dgemm   a plain product of that size\n"
    "  tape          recorded once, run again                differences   central ones of GSL's own calls\n"
    "\n"
    "Where OpenBLAS does not know the processor, and takes its oldest kernels, OPENBLAS_CORETYPE is set to those\n"
    "that fit, for all that is measured; set, it stays as it is (PRESCOTT: the oldest).\n"
    "\n"
    "Exit status: 0, 1 a result is wrong, 2 the options are.\n";

bool chosen(const char *name)
{
    return !opt.only || strstr(name, opt.only);
}

static void wrong_usage(const char *what, const char *word)
{
    fprintf(stderr, "dualmat-bench: %s%s (--help says more)\n", what, word);
    exit(2);
}

static void read_sizes(const char *text)
{
    char *end;

    do {
        size_t n = strtoul(text, &end, 10);
        if (end == text || n == 0 || n > 4096 || opt.size_count == 32)
            wrong_usage("--sizes wants numbers from 1 to 4096: ", text);
        opt.sizes[opt.size_count++] = n;
        text = end + 1;
    } while (*end == ',');
    if (*end)
        wrong_usage("--sizes wants numbers and commas: ", end);
}

/* The folder peers/ beside the program itself. */
static const char *beside(const char *program)
{
    static char path[480];
    const char *slash = strrchr(program, '/');

    snprintf(path, sizeof path, "%.*speers", slash ? (int) (slash + 1 - program) : 0, program);
    return path;
}

typedef struct {
    bool operations, workloads;
    const char *csv, *json;
} wanted;

static wanted read_options(int argc, char **argv)
{
    wanted w = { false, false, NULL, NULL };

    opt.peers = beside(argv[0]);
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i], *next = i + 1 < argc ? argv[i + 1] : NULL;
        bool takes = true;
        if (strcmp(word, "--help") == 0) {
            fputs(help, stdout);
            exit(EXIT_SUCCESS);
        } else if (strcmp(word, "--quick") == 0) {
            opt.quick = true, takes = false;
        } else if (strcmp(word, "--no-peers") == 0) {
            opt.peers = NULL, takes = false;
        } else if (strcmp(word, "operations") == 0) {
            w.operations = true, takes = false;
        } else if (strcmp(word, "workloads") == 0) {
            w.workloads = true, takes = false;
        } else if (word[0] != '-') {
            wrong_usage("what is this: ", word);
        } else if (!next) {
            wrong_usage("unknown, or something is missing behind it: ", word);
        } else if (strcmp(word, "--only") == 0) {
            opt.only = next;
        } else if (strcmp(word, "--sizes") == 0) {
            read_sizes(next);
        } else if (strcmp(word, "--budget") == 0) {
            opt.budget = atof(next);
        } else if (strcmp(word, "--peers") == 0) {
            opt.peers = next;
        } else if (strcmp(word, "--csv") == 0) {
            w.csv = next;
        } else if (strcmp(word, "--json") == 0) {
            w.json = next;
        } else {
            wrong_usage("unknown option: ", word);
        }
        i += takes;
    }
    if (!w.operations && !w.workloads)
        w.operations = w.workloads = true;
    if (!(opt.budget > 0))
        wrong_usage("--budget wants seconds", "");
    return w;
}

/* Measure with kernels that the processor deserves, ours and everybody's: BLAS reads this when the program is loaded. */
static void with_good_kernels(char **argv)
{
    const char *coretype = dm_blas_coretype();

    if (coretype && setenv("OPENBLAS_CORETYPE", coretype, 1) == 0)
        execv("/proc/self/exe", argv);
}

int main(int argc, char **argv)
{
    wanted w = read_options(argc, argv);

    with_good_kernels(argv);

    gsl_set_error_handler_off();       /* an operation outside its domain is a line in the table */
    progress("measuring the peak");
    machine(measure_peak());
    if (w.workloads && opt.peers) {
        remark("peers\n");
        list_peers();
    }
    if (w.operations)
        run_operations();
    if (w.workloads)
        run_workloads();
    summary();
    peers_done();
    if (w.csv && !write_csv(w.csv)) {
        fprintf(stderr, "dualmat-bench: cannot write %s\n", w.csv);
        return EXIT_FAILURE;
    }
    if (w.json && !write_json(w.json)) {
        fprintf(stderr, "dualmat-bench: cannot write %s\n", w.json);
        return EXIT_FAILURE;
    }
    return anything_wrong() ? EXIT_FAILURE : EXIT_SUCCESS;
}
