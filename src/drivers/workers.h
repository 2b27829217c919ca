/* Threads that wait for work. */
#ifndef DM_DRIVERS_WORKERS_H
#define DM_DRIVERS_WORKERS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct dm_workers dm_workers;

/* So many beside the thread that calls; NULL: no memory, or the system has not so many threads. */
dm_workers *dm_workers_alloc(size_t count);
void dm_workers_free(dm_workers *workers);             /* NULL is allowed */

/* Each does work(what, its number from 1), and the caller work(what, 0), all at the same time; in a child of fork,
 * where they are not, the caller alone.                                                              */
void dm_workers_run(dm_workers *workers, void (*work)(void *what, size_t number), void *what);

#endif
