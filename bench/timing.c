/* Time until the clock can be trusted, in turns, and keep the best, the median and the spread.
 *
 * With one thread the clock is that of the process, which others on the machine do not stop; with more it is
 * the one on the wall.                                                                              */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "bench.h"

bool one_thread(void)
{
    const char *threads = getenv("OPENBLAS_NUM_THREADS");

    return threads && strcmp(threads, "1") == 0;
}

double now(void)
{
    static int known, one;
    struct timespec t;

    if (!known)
        known = 1, one = one_thread();
    clock_gettime(one ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &t);
    return (double) t.tv_sec + 1e-9 * (double) t.tv_nsec;
}

double time_once(void (*run)(problem *P), problem *P)
{
    double start = now();

    run(P);
    return now() - start;
}

static double batch(job *j)
{
    double start = now();

    for (size_t i = 0; i < j->count; i++)
        j->run(j->P);
    double seconds = now() - start;
    j->spent += seconds;
    return seconds;
}

/* Double the count until a batch is long enough.  The first calls also warm everything up. */
static void calibrate(job *j, double enough)
{
    double seconds;

    j->count = 1;
    j->rounds = 0;
    j->spent = 0;
    while ((seconds = batch(j)) < enough && j->count < (size_t) 1 << 30)
        j->count *= 2;
    if (j->count == 1 && seconds > 0.2)
        j->sample[j->rounds++] = seconds;          /* too dear to be thrown away */
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;

    return (x > y) - (x < y);
}

static void evaluate(job *j)
{
    double *s = j->sample;
    size_t n = j->rounds;

    qsort(s, n, sizeof *s, ascending);
    j->best = 1e9 * s[0];
    j->median = 1e9 * (n % 2 ? s[n / 2] : (s[n / 2 - 1] + s[n / 2]) / 2);
    j->spread = (s[3 * n / 4 < n ? 3 * n / 4 : n - 1] - s[n / 4]) * 1e9 / j->median;
}

/* Was the best time met often enough to be believed? */
static bool settled(const job *j)
{
    double best = INFINITY;
    size_t near = 0;

    for (size_t r = 0; r < j->rounds; r++)
        best = fmin(best, j->sample[r]);
    for (size_t r = 0; r < j->rounds; r++)
        near += j->sample[r] < 1.02 * best;
    return near >= 3;
}

/* At least `least` rounds, then on until every job's best has been met three times, within 2 %, or the
 * time is up; what is slow has fewer, but two if it takes less than seconds: the first call also brings the memory. */
void time_together(job *jobs, size_t n)
{
    double enough = opt.quick ? 2e-3 : 10e-3, limit = opt.quick ? 0.1 : opt.budget, seconds = 3;
    size_t least = opt.quick ? 3 : 5;

    for (size_t i = 0; i < n; i++)
        calibrate(&jobs[i], enough);
    for (size_t round = 0; round < ROUNDS - 1; round++) {
        bool on = round < least, any = false;
        for (size_t i = 0; i < n; i++)
            on |= !settled(&jobs[i]);
        for (size_t i = 0; on && i < n; i++) {
            job *j = &jobs[i];
            if ((j->spent > limit && j->rounds >= 3)
                || (j->spent > 2 * limit && j->rounds >= (j->spent > seconds ? 1 : 2)))
                continue;
            j->sample[j->rounds++] = batch(j) / (double) j->count;
            any = true;
        }
        if (!any)
            break;
    }
    for (size_t i = 0; i < n; i++)
        evaluate(&jobs[i]);
}
