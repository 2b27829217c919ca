/* Products in the widest registers of x86, those of AVX-512: 24 columns of B at a time, of which a row is three
 * registers, times eight rows of A, so that the 24 sums stay in registers of their own (K. Goto and R. van de Geijn,
 * 2008, Anatomy of high-performance matrix multiplication).  A is read where it lies, and B too, until the rows that a
 * strip takes of it no longer lie apart in the nearest cache.                                         */
#include "numbers/kernels.h"
#include "numbers/vectors.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

#define AVX512 __attribute__((target("avx512f,avx512dq,avx512vl")))
enum { ROWS = 8, WIDTH = 3 };          /* of a tile; the width in registers */
enum { DEPTH = 128, HEIGHT = 256 };    /* so much of B's strip stays in the nearest cache, and of A in the second one */

bool dm_has_wide_registers(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}

/* A, with entry (i,k) at data[i*down + k*across]. */
typedef struct {
    const double *data;
    size_t down, across;
} left_factor;

/* Of B so many rows in registers, and what will be laid out there next, if anything. */
typedef struct {
    const double *data;
    size_t stride;
    const double *next;
    size_t next_stride;
} right_factor;

typedef __m512d sums[ROWS][WIDTH];

AVX512 INLINE void clear(int rows, int width, sums sum)
{
#pragma GCC unroll 8
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 3
        for (int j = 0; j < width; j++)
            sum[i][j] = _mm512_setzero_pd();
}

/* sum += A*B for so many rows and registers, `last` the lanes of the last one.  On the way the rows of A that come after
 * these are fetched from where they may be, a line a step, where there are so many steps.             */
AVX512 INLINE void accumulate(int rows, int width, size_t n, left_factor A, const double *B, size_t ldb, __mmask8 last,
                              sums sum)
{
    enum { LINES = DEPTH / 8 };        /* of a row */
    const int end = width - 1;
    const bool fetches = rows == ROWS && width == WIDTH;
    const double *a = A.data, *next = A.data + ROWS * A.down;

    for (size_t k = 0; k < n; k++, a += A.across, B += ldb) {
        __m512d b[WIDTH];
#pragma GCC unroll 3
        for (int j = 0; j < end; j++)
            b[j] = _mm512_loadu_pd(B + 8 * j);
        b[end] = _mm512_maskz_loadu_pd(last, B + 8 * end);
        if (fetches) {
            __builtin_prefetch(next);
            next += k % LINES == LINES - 1 ? A.down - 8 * (LINES - 1) : 8;
        }
#pragma GCC unroll 8
        for (int i = 0; i < rows; i++) {
            __m512d x = _mm512_set1_pd(a[(size_t) i * A.down]);
#pragma GCC unroll 3
            for (int j = 0; j < width; j++)
                sum[i][j] = _mm512_fmadd_pd(x, b[j], sum[i][j]);
        }
    }
}

/* C (+)= alpha*sum */
AVX512 INLINE void put(int rows, int width, double alpha, sums sum, __mmask8 last, bool adds, double *C, size_t ldc)
{
    const int end = width - 1;

    if (alpha != 1) {
        __m512d scale = _mm512_set1_pd(alpha);
#pragma GCC unroll 8
        for (int i = 0; i < rows; i++)
#pragma GCC unroll 3
            for (int j = 0; j < width; j++)
                sum[i][j] = _mm512_mul_pd(sum[i][j], scale);
    }
    if (adds)
#pragma GCC unroll 8
        for (int i = 0; i < rows; i++) {
            const double *c = C + (size_t) i * ldc;
#pragma GCC unroll 3
            for (int j = 0; j < end; j++)
                sum[i][j] = _mm512_add_pd(sum[i][j], _mm512_loadu_pd(c + 8 * j));
            sum[i][end] = _mm512_add_pd(sum[i][end], _mm512_maskz_loadu_pd(last, c + 8 * end));
        }
#pragma GCC unroll 8
    for (int i = 0; i < rows; i++) {
        double *c = C + (size_t) i * ldc;
#pragma GCC unroll 3
        for (int j = 0; j < end; j++)
            _mm512_storeu_pd(c + 8 * j, sum[i][j]);
        _mm512_mask_storeu_pd(c + 8 * end, last, sum[i][end]);
    }
}

AVX512 INLINE void tile(int rows, int width, size_t n, double alpha, left_factor A, right_factor B, __mmask8 last,
                        bool adds, double *C, size_t ldc)
{
    sums sum;

    clear(rows, width, sum);
    accumulate(rows, width, n, A, B.data, B.stride, last, sum);
    put(rows, width, alpha, sum, last, adds, C, ldc);
}

/* So many columns of C, all rows. */
#define STRIP(COLUMNS)                                                                                \
    AVX512 static void strip_##COLUMNS(size_t m, size_t n, double alpha, left_factor A, right_factor B, __mmask8 last, \
                                       bool adds, double *C, size_t ldc)                             \
    {                                                                                                \
        size_t ahead = B.next ? (ROWS * n + m - 1) / m : 0;    /* rows of what comes next, for each tile */ \
        for (; m >= ROWS; m -= ROWS, A.data += ROWS * A.down, C += ROWS * ldc) {                     \
            for (size_t k = 0; k < ahead; k++, B.next += B.next_stride)                              \
                for (size_t j = 0; j < COLUMNS; j += 8)                                              \
                    __builtin_prefetch(B.next + j);                                                  \
            for (size_t i = 0; i < ROWS && n >= DEPTH / 2; i++)                                      \
                for (size_t j = 0; j < COLUMNS; j += 8)                                              \
                    __builtin_prefetch(C + i * ldc + j, 1);                                          \
            tile(ROWS, COLUMNS / 8, n, alpha, A, B, last, adds, C, ldc);              \
        }                                                                                            \
        if (m & 4) {                                                                                 \
            tile(4, COLUMNS / 8, n, alpha, A, B, last, adds, C, ldc);                 \
            A.data += 4 * A.down;                                                                    \
            C += 4 * ldc;                                                                            \
        }                                                                                            \
        if (m & 2) {                                                                                 \
            tile(2, COLUMNS / 8, n, alpha, A, B, last, adds, C, ldc);                 \
            A.data += 2 * A.down;                                                                    \
            C += 2 * ldc;                                                                            \
        }                                                                                            \
        if (m & 1)                                                                                   \
            tile(1, COLUMNS / 8, n, alpha, A, B, last, adds, C, ldc);                 \
    }

STRIP(8)
STRIP(16)
STRIP(24)

/* The lanes of the last of so many registers. */
static inline __mmask8 lanes(size_t columns, size_t width)
{
    return (__mmask8) (0xff >> (8 * width - columns));
}

/* Of p columns that are left: 32 are twice 16, since 8 at a time are slower. */
static inline size_t registers_for(size_t p)
{
    return p > 32 ? 3 : p > 24 ? 2 : (p + 7) / 8;
}

/* The n×p B, row after row in so many registers; what is behind its columns nobody looks at. */
AVX512 static void lay_out(size_t n, size_t p, const double *B, size_t ldb, bool transposed, size_t width, double *room)
{
    __mmask8 last = lanes(p, width);

    if (transposed) {
        dm_add_transposed(n, p, 0, 1, B, ldb, room, 8 * width);
        return;
    }
    for (size_t k = 0; k < n; k++, B += ldb, room += 8 * width) {
        for (size_t j = 0; j + 1 < width; j++)
            _mm512_storeu_pd(room + 8 * j, _mm512_loadu_pd(B + 8 * j));
        _mm512_storeu_pd(room + 8 * (width - 1), _mm512_maskz_loadu_pd(last, B + 8 * (width - 1)));
    }
}

/* Do the rows fall into few sets of the cache, or are they too many? */
static bool has_to_be_laid_out(size_t m, size_t n, size_t ldb)
{
    return m >= 2 * ROWS && (n * ldb > 12800 || (n >= 16 && ldb % 256 == 0));
}

void dm_wide_product(size_t m, size_t n, size_t p, double alpha, const double *A, size_t down, size_t across,
                     const double *B, size_t ldb, bool B_transposed, double beta, double *C, size_t ldc)
{
    double room[8 * WIDTH * DEPTH] __attribute__((aligned(64)));
    bool lays_out = B_transposed || has_to_be_laid_out(m, n, ldb), adds = beta != 0;

    for (size_t k = 0, depth; k < n; k += depth, adds = true) {
        depth = n - k >= 2 * DEPTH ? DEPTH : n - k > DEPTH ? (n - k + 1) / 2 : n - k;
        for (size_t i = 0, height; i < m; i += height) {
            height = m - i < 2 * HEIGHT ? m - i : HEIGHT;
            for (size_t j = 0, columns; j < p; j += columns) {
                size_t width = registers_for(p - j);
                columns = p - j < 8 * width ? p - j : 8 * width;
                right_factor b = { B_transposed ? B + j * ldb + k : B + k * ldb + j, ldb, NULL, ldb };
                if (lays_out) {
                    lay_out(depth, columns, b.data, ldb, B_transposed, width, room);
                    b = (right_factor) { room, 8 * width, B_transposed || j + columns == p ? NULL : b.data + columns, ldb };
                }
                (width == 3 ? strip_24 : width == 2 ? strip_16 : strip_8)(
                    height, depth, alpha, (left_factor) { A + i * down + k * across, down, across }, b,
                    lanes(columns, width), adds, C + i * ldc + j, ldc);
            }
        }
    }
}

/* ------------------------------------------------------------------------------- two products -- */

/* C (+)= alpha*(A*B + D*E), of which B and E are n×p. */
typedef struct {
    size_t m, n, p;
    double alpha;
    left_factor A, D;
    const double *B, *E;
    bool adds;
    double *C;
} two_products;

/* The rows from i on. */
AVX512 INLINE void two(int rows, int width, const two_products *t, size_t i)
{
    const left_factor A = { t->A.data + i * t->A.down, t->A.down, t->A.across };
    const left_factor D = { t->D.data + i * t->D.down, t->D.down, t->D.across };
    __mmask8 last = lanes(t->p, (size_t) width);
    sums sum;

    clear(rows, width, sum);
    accumulate(rows, width, t->n, A, t->B, t->p, last, sum);
    accumulate(rows, width, t->n, D, t->E, t->p, last, sum);
    put(rows, width, t->alpha, sum, last, t->adds, t->C + i * t->p, t->p);
}

#define ALL_ROWS(COLUMNS)                                                                             \
    AVX512 static void two_of_##COLUMNS(const two_products *t)                                       \
    {                                                                                                \
        size_t i = 0;                                                                                \
        for (; i + ROWS <= t->m; i += ROWS)                                                          \
            two(ROWS, COLUMNS / 8, t, i);                                                            \
        if (t->m & 4) {                                                                              \
            two(4, COLUMNS / 8, t, i);                                                               \
            i += 4;                                                                                  \
        }                                                                                            \
        if (t->m & 2) {                                                                              \
            two(2, COLUMNS / 8, t, i);                                                               \
            i += 2;                                                                                  \
        }                                                                                            \
        if (t->m & 1)                                                                                \
            two(1, COLUMNS / 8, t, i);                                                               \
    }

ALL_ROWS(8)
ALL_ROWS(16)
ALL_ROWS(24)

/* A register holds a row of the squares of eight: what can be known of them, the compiler knows. */
AVX512 static void two_of_eight(double alpha, const double *A, const double *B, const double *D, const double *E, bool adds,
                                double *C)
{
    const two_products t = { 8, 8, 8, alpha, { A, 8, 1 }, { D, 8, 1 }, B, E, adds, C };

    two(8, 1, &t, 0);
}

void dm_wide_two_products(size_t m, size_t n, size_t p, double alpha, const double *A, bool A_transposed, const double *B,
                          const double *D, bool D_transposed, const double *E, double beta, double *C)
{
    if (m == 8 && n == 8 && p == 8 && !A_transposed && !D_transposed) {
        two_of_eight(alpha, A, B, D, E, beta != 0, C);
        return;
    }
    const two_products t = { m, n, p, alpha, { A, A_transposed ? 1 : n, A_transposed ? m : 1 },
                             { D, D_transposed ? 1 : n, D_transposed ? m : 1 }, B, E, beta != 0, C };
    (p > 16 ? two_of_24 : p > 8 ? two_of_16 : two_of_8)(&t);
}

#else

void dm_wide_two_products(size_t m, size_t n, size_t p, double alpha, const double *A, bool A_transposed, const double *B,
                          const double *D, bool D_transposed, const double *E, double beta, double *C)
{
    dm_tiny_product(m, n, p, alpha, A, A_transposed, B, false, beta, C);           /* nobody calls this */
    dm_tiny_product(m, n, p, alpha, D, D_transposed, E, false, 1, C);
}

bool dm_has_wide_registers(void)
{
    return false;
}

void dm_wide_product(size_t m, size_t n, size_t p, double alpha, const double *A, size_t down, size_t across,
                     const double *B, size_t ldb, bool B_transposed, double beta, double *C, size_t ldc)
{
    (void) B_transposed;               /* nobody calls this */
    dm_small_product(m, n, p, alpha, A, down, across, B, ldb, beta, C, ldc);
}

#endif
