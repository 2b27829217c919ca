# What the peers written in Python share; see peer.hpp for what is read, timed and printed.
import math
import os
import sys
import time

import numpy as np

SAMPLES = 1000


class Problem:
    def __init__(self, workload, folder, budget):
        self.workload, self.folder, self.budget = workload, folder, budget
        self.n, self.seconds = 0, 0.0

    def load(self, n):
        self.n = n
        self.data = np.fromfile(f"{self.folder}/{self.workload}-{n}.in")

    def at(self, start, *shape):
        """A copy of the inputs from `start`, row-major."""
        return self.data[start:start + math.prod(shape)].reshape(shape).copy()

    def measure(self, variant, run, collect):
        """Batches of 10 ms, at least five, until the best was met three times within 2 %."""
        quick = self.budget < 0.2
        enough, least = (2e-3, 3) if quick else (10e-3, 5)
        samples, count, spent = [], 1, 0.0
        one = os.environ.get("OPENBLAS_NUM_THREADS") == "1"
        clock = time.process_time if one else time.perf_counter      # see peer.hpp
        while True:
            start = clock()
            for _ in range(count):
                result = run()
            seconds = clock() - start
            spent += seconds
            if seconds >= enough:
                break
            count *= 2
        if count == 1 and seconds > 0.2:
            samples.append(seconds)
        for rounds in range(39):
            if rounds >= least and sum(t < 1.02 * min(samples) for t in samples) >= 3:
                break
            if (spent > self.budget and len(samples) >= 3) or (spent > 2 * self.budget and samples):
                break
            start = clock()
            for _ in range(count):
                result = run()
            seconds = clock() - start
            spent += seconds
            samples.append(seconds / count)
        parts = [np.asarray(x, dtype=float).ravel() for x in collect(result)]
        name = f"{self.folder}/{self.workload}-{self.n}-{variant}.out"
        np.concatenate(parts).tofile(name)
        q1, median, q3 = np.percentile(samples, [25, 50, 75])
        self.seconds = min(samples)
        print(self.workload, self.n, variant, 1e9 * self.seconds, 1e9 * median, (q3 - q1) / median, name,
              flush=True)


def main(version, entries):
    """entries: workload -> (function of a Problem, power of n with which its time grows, largest n)"""
    if sys.argv[1:] == ["--version"]:
        print(version)
        return
    if len(sys.argv) < 5:
        sys.exit(f"usage: {sys.argv[0]} WORKLOAD FOLDER BUDGET SIZES...")
    problem = Problem(sys.argv[1], sys.argv[2], float(sys.argv[3]))
    if problem.workload not in entries:
        return
    run, growth, most = entries[problem.workload]
    for n in map(int, sys.argv[4:]):
        guess = problem.seconds * (n / problem.n) ** growth if problem.n else 0
        if n > most or guess > problem.budget:
            break
        problem.load(n)
        run(problem)
