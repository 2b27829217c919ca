/* Hashes of what is made of numbers and pointers, one after the other. */
#ifndef DM_CORE_HASH_H
#define DM_CORE_HASH_H

#include <stdint.h>
#include <string.h>

static inline uint64_t dm_mix(uint64_t h, uint64_t x)
{
    h ^= x + UINT64_C(0x9e3779b97f4a7c15) + (h << 6) + (h >> 2);
    h *= UINT64_C(0xff51afd7ed558ccd);
    return h ^ (h >> 32);
}

static inline uint64_t dm_mix_number(uint64_t h, double x)
{
    uint64_t bits;

    x += 0.0;                          /* -0 is 0 */
    memcpy(&bits, &x, sizeof bits);
    return dm_mix(h, bits);
}

#endif
