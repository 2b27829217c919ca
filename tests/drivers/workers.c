/* Threads that wait for work. */
#include <stdatomic.h>
#include "../fixture.h"
#include "../suites.h"
#include "drivers/workers.h"

enum { MOST = 5 };

typedef struct {
    atomic_int times[MOST], there;
    size_t count;
} tally;

/* Nobody goes on before all are there: they work at the same time. */
static void be_there(void *what, size_t number)
{
    tally *t = what;

    t->times[number]++;
    t->there++;
    while ((size_t) t->there < t->count)
        ;
}

/* _i threads beside the caller's. */
START_TEST(each_works_once_a_round)
{
    size_t count = (size_t) _i;
    dm_workers *workers = dm_workers_alloc(count);

    ck_assert_ptr_nonnull(workers);
    for (int round = 0; round < 50; round++) {
        tally t = { .count = count + 1 };
        dm_workers_run(workers, be_there, &t);
        for (size_t i = 0; i < MOST; i++)
            ck_assert_msg(t.times[i] == (i <= count), "round %d: number %zu of %zu worked %d times", round, i, count, t.times[i]);
    }
    dm_workers_free(workers);
}
END_TEST

START_TEST(workers_that_had_no_work)
{
    dm_workers_free(dm_workers_alloc(3));
    dm_workers_free(NULL);
    ck_assert_ptr_null(dm_workers_alloc(1000000));
}
END_TEST

Suite *drivers_workers_suite(void)
{
    Suite *suite = suite_create("drivers/workers");
    TCase *tc = case_of(suite, "workers");

    tcase_add_loop_test(tc, each_works_once_a_round, 0, MOST);
    tcase_add_test(tc, workers_that_had_no_work);
    return suite;
}
