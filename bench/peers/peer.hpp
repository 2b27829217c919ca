// What the peers written in C++ share: the command line, the inputs, the clock.
//
//     PEER WORKLOAD FOLDER BUDGET SIZES...      PEER --version
//
// The inputs are the doubles in FOLDER/WORKLOAD-n.in, in the order that products.c, gradients.c and second.c
// beside this folder name.  A peer prints, for every variant and size,
//
//     workload n variant best median spread file
//
// (times in ns) and leaves its result in the file: the value and then the derivative, or the derivative alone.
// The caller compares it with the derivative written by hand; a peer does not judge itself.  Timed is what a
// user of the peer repeats: from the inputs as plain doubles to the result in the peer's own types.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <vector>
#include <sys/wait.h>
#include <unistd.h>

namespace peer {

using doubles = std::vector<double>;

struct problem {
    std::string workload, folder;
    std::size_t n = 0;
    double budget = 1;
    doubles in;
    double seconds = 0;                // of one call, the last variant's

    const double *at(std::size_t i) const { return in.data() + i; }
};

// As ../timing.c: with one thread the clock of the process, which others on the machine do not stop.
inline double now()
{
    static const char *threads = std::getenv("OPENBLAS_NUM_THREADS");
    static const bool one = threads && std::strcmp(threads, "1") == 0;
    struct timespec t;

    clock_gettime(one ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &t);
    return double(t.tv_sec) + 1e-9 * double(t.tv_nsec);
}

// One call that the compiler can neither look through nor leave out.
template <class Run> [[gnu::noinline]] void turn(Run &run)
{
    run();
    asm volatile("" : : "r"(&run) : "memory");
}

// As ../timing.c does: batches of 10 ms, at least five, until the best was met three times within 2 %.
template <class Run, class Collect>
void measure(problem &P, const char *variant, Run run, Collect collect)
{
    bool quick = P.budget < 0.2;
    double enough = quick ? 2e-3 : 10e-3, spent = 0, seconds = 0;
    std::size_t count = 1, least = quick ? 3 : 5;
    doubles samples;

    for (;; count *= 2) {
        double start = now();
        for (std::size_t i = 0; i < count; i++)
            turn(run);
        seconds = now() - start;
        spent += seconds;
        if (seconds >= enough)
            break;
    }
    if (count == 1 && seconds > 0.2)
        samples.push_back(seconds);
    auto settled = [&] {
        double best = samples.empty() ? 0 : *std::min_element(samples.begin(), samples.end());
        return std::count_if(samples.begin(), samples.end(), [&](double t) { return t < 1.02 * best; }) >= 3;
    };
    for (std::size_t round = 0; round < 39 && (round < least || !settled()); round++) {
        if ((spent > P.budget && samples.size() >= 3) || (spent > 2 * P.budget && !samples.empty()))
            break;
        double start = now();
        for (std::size_t i = 0; i < count; i++)
            turn(run);
        seconds = now() - start;
        spent += seconds;
        samples.push_back(seconds / double(count));
    }
    std::sort(samples.begin(), samples.end());
    std::size_t m = samples.size();
    double median = m % 2 ? samples[m / 2] : (samples[m / 2 - 1] + samples[m / 2]) / 2;
    double spread = (samples[std::min(3 * m / 4, m - 1)] - samples[m / 4]) / median;

    doubles out;
    collect(out);
    std::string file = P.folder + "/" + P.workload + "-" + std::to_string(P.n) + "-" + variant + ".out";
    if (FILE *f = std::fopen(file.c_str(), "wb")) {
        std::fwrite(out.data(), sizeof(double), out.size(), f);
        std::fclose(f);
    }
    std::printf("%s %zu %s %.17g %.17g %.6g %s\n", P.workload.c_str(), P.n, variant, 1e9 * samples[0],
                1e9 * median, spread, file.c_str());
    std::fflush(stdout);
    P.seconds = samples[0];
}

// A workload, how its time grows with n (a power), and the largest n that memory allows.
struct entry {
    const char *workload;
    void (*run)(problem &P);
    double growth;
    std::size_t most;
};

inline bool load(problem &P)
{
    std::string file = P.folder + "/" + P.workload + "-" + std::to_string(P.n) + ".in";
    FILE *f = std::fopen(file.c_str(), "rb");

    if (!f)
        return false;
    std::fseek(f, 0, SEEK_END);
    P.in.resize(std::size_t(std::ftell(f)) / sizeof(double));
    std::rewind(f);
    std::size_t got = std::fread(P.in.data(), sizeof(double), P.in.size(), f);
    std::fclose(f);
    return got == P.in.size();
}

// In a process of its own, so that what one size leaves behind does not slow the next.
inline void run_isolated(const entry &e, problem &P)
{
    int ends[2];

    if (pipe(ends))
        return;
    std::fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        e.run(P);
        if (write(ends[1], &P.seconds, sizeof P.seconds) < 0)
            std::perror("pipe");
        _exit(0);
    }
    close(ends[1]);
    if (read(ends[0], &P.seconds, sizeof P.seconds) != ssize_t(sizeof P.seconds))
        P.seconds = INFINITY;
    close(ends[0]);
    waitpid(child, nullptr, 0);
}

template <std::size_t N>
int main_of(int argc, char **argv, const char *version, const entry (&entries)[N], bool isolate = false)
{
    if (argc == 2 && std::strcmp(argv[1], "--version") == 0) {
        std::puts(version);
        return 0;
    }
    if (argc < 5) {
        std::fprintf(stderr, "usage: %s WORKLOAD FOLDER BUDGET SIZES...\n", argv[0]);
        return 2;
    }
    problem P;
    P.workload = argv[1];
    P.folder = argv[2];
    P.budget = std::atof(argv[3]);
    for (const entry &e : entries) {
        if (P.workload != e.workload)
            continue;
        for (int i = 4; i < argc; i++) {
            std::size_t n = std::size_t(std::atol(argv[i]));
            double guess = P.n ? P.seconds * std::pow(double(n) / double(P.n), e.growth) : 0;
            if (n > e.most || guess > P.budget)
                break;
            P.n = n;
            if (!load(P))
                continue;
            if (isolate)
                run_isolated(e, P);
            else
                e.run(P);
        }
    }
    return 0;
}

} // namespace peer
