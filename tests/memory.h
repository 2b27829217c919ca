/* Allocations of this program, counted, and failing when told to: the linker sends malloc, calloc, realloc
 * and free here (-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free).                         */
#ifndef TESTS_MEMORY_H
#define TESTS_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* From now on the k-th allocation fails (0 is the next one), and with `after` every later one too. */
void fail_allocation(size_t k, bool after);
void allocate_again(void);             /* nothing fails any more */

size_t allocations(void);              /* how many were asked for since the program began */
size_t bytes_allocated(void);          /* and how much all of them together */
long blocks_in_use(void);

#endif
