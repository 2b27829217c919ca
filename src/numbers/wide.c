/* Products in the widest registers of x86, those of AVX-512: 24 columns of B at a time, of which a row is three
 * registers, times eight rows of A, so that the 24 sums stay in registers of their own (K. Goto and R. van de Geijn,
 * 2008, Anatomy of high-performance matrix multiplication).  A is read where it lies, and B too, until the rows that a
 * strip takes of it no longer lie apart in the nearest cache.                                         */
#include <stdint.h>
#include <stdlib.h>
#include "numbers/kernels.h"
#include "numbers/vectors.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

#define AVX512 __attribute__((target("avx512f,avx512dq,avx512vl")))
enum { ROWS = 8, WIDTH = 3 };          /* of a tile; the width in registers */
enum { DEPTH = 128, HEIGHT = 256 };    /* so much of B's strip stays in the nearest cache, and of A in the second one */
enum { NEAR = 100 * 128 };             /* entries that B may be spread over, and still stay there while it is read */

bool dm_has_wide_registers(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}

/* A, with entry (i,k) at data[i*down + k*across]. */
typedef struct {
    const double *data;
    size_t down, across;
} left_factor;

/* The rows of B that belong to so many columns of C; and what will be laid out there next, if anything. */
typedef struct {
    const double *data;
    size_t stride;
    const double *next;
    size_t next_stride;
} right_factor;

/* C (+)= alpha*(A*B + D*E), or without D*E, for m rows and as many columns as are in one to three registers, of the last
 * one these lanes.                                                                                    */
typedef struct {
    size_t m, n;
    double alpha;
    left_factor A, D;
    right_factor B, E;
    __mmask8 last;
    bool adds;
    double *C;
    size_t ldc;
} strip;

/* What is fetched may lie beyond an array: its address is nothing but a number. */
INLINE void fetch(const double *from, size_t onward)
{
    __builtin_prefetch((const void *) ((uintptr_t) from + onward * sizeof *from));
}

typedef __m512d sums[ROWS][WIDTH];

AVX512 INLINE void clear(int rows, int width, sums sum)
{
#pragma GCC unroll 8
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 3
        for (int j = 0; j < width; j++)
            sum[i][j] = _mm512_setzero_pd();
}

/* sum += A*B for so many rows and registers.  On the way what the next rows need of A is fetched from where it may be: a
 * line a step, along each row where these are stored, else those side by side.                        */
AVX512 INLINE void accumulate(int rows, int width, size_t n, left_factor A, const right_factor *B, __mmask8 last, sums sum)
{
    enum { LINES = DEPTH / 8 };        /* of a row */
    const int end = width - 1;
    const bool fetches = rows == ROWS && width == WIDTH;
    const size_t line = A.across == 1 ? 8 : A.across, row = A.across == 1 ? A.down - 8 * (LINES - 1) : A.across;
    const double *a = A.data, *b_row = B->data;
    size_t onward = ROWS * A.down;

    for (size_t k = 0; k < n; k++, a += A.across, b_row += B->stride) {
        __m512d b[WIDTH];
#pragma GCC unroll 3
        for (int j = 0; j < end; j++)
            b[j] = _mm512_loadu_pd(b_row + 8 * j);
        b[end] = _mm512_maskz_loadu_pd(last, b_row + 8 * end);
        if (fetches) {
            fetch(A.data, onward);
            onward += k % LINES == LINES - 1 ? row : line;
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

/* The rows from i on. */
AVX512 INLINE void tile(int rows, int width, bool both, const strip *s, size_t i)
{
    const left_factor A = { s->A.data + i * s->A.down, s->A.down, s->A.across };
    sums sum;

    clear(rows, width, sum);
    accumulate(rows, width, s->n, A, &s->B, s->last, sum);
    if (both) {
        const left_factor D = { s->D.data + i * s->D.down, s->D.down, s->D.across };
        accumulate(rows, width, s->n, D, &s->E, s->last, sum);
    }
    put(rows, width, s->alpha, sum, s->last, s->adds, s->C + i * s->ldc, s->ldc);
}

/* Before the rows from i on: their part of what is laid out next, and C. */
INLINE void fetch_ahead(int width, const strip *s, size_t i)
{
    const size_t columns = 8 * (size_t) width, from = i * s->n / s->m, to = (i + ROWS) * s->n / s->m;

    for (size_t k = from; s->B.next && k < to; k++)
        for (size_t j = 0; j < columns; j += 8)
            fetch(s->B.next, k * s->B.next_stride + j);
    for (size_t k = i; k < i + ROWS; k++)
        for (size_t j = 0; j < columns; j += 8)
            fetch(s->C, k * s->ldc + j);
}

AVX512 INLINE void all_rows(int width, bool both, const strip *s)
{
    const bool far = s->n >= DEPTH / 2;            /* else all of it is near */
    size_t i = 0;

    for (; i + ROWS <= s->m; i += ROWS) {
        if (far && !both)
            fetch_ahead(width, s, i);
        tile(ROWS, width, both, s, i);
    }
    if (s->m & 4) {
        tile(4, width, both, s, i);
        i += 4;
    }
    if (s->m & 2) {
        tile(2, width, both, s, i);
        i += 2;
    }
    if (s->m & 1)
        tile(1, width, both, s, i);
}

AVX512 static void one_8(const strip *s) { all_rows(1, false, s); }
AVX512 static void one_16(const strip *s) { all_rows(2, false, s); }
AVX512 static void one_24(const strip *s) { all_rows(3, false, s); }
AVX512 static void two_8(const strip *s) { all_rows(1, true, s); }
AVX512 static void two_16(const strip *s) { all_rows(2, true, s); }
AVX512 static void two_24(const strip *s) { all_rows(3, true, s); }

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
    return m >= 2 * ROWS && (n * ldb > NEAR || (n >= 16 && ldb % 256 == 0));
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
                const double *b = B_transposed ? B + j * ldb + k : B + k * ldb + j;
                strip s = { .m = height, .n = depth, .alpha = alpha, .A = { A + i * down + k * across, down, across },
                            .B = { b, ldb, NULL, 0 }, .last = lanes(columns, width), .adds = adds,
                            .C = C + i * ldc + j, .ldc = ldc };
                if (lays_out) {
                    lay_out(depth, columns, b, ldb, B_transposed, width, room);
                    s.B = (right_factor) { room, 8 * width, B_transposed || j + columns == p ? NULL : b + columns, ldb };
                }
                (width == 3 ? one_24 : width == 2 ? one_16 : one_8)(&s);
            }
        }
    }
}

/* A register holds a row of the squares of eight: what can be known of them, the compiler knows. */
AVX512 static void two_of_eight(double alpha, const double *A, const double *B, const double *D, const double *E, bool adds,
                                double *C)
{
    const strip s = { 8, 8, alpha, { A, 8, 1 }, { D, 8, 1 }, { B, 8, NULL, 0 }, { E, 8, NULL, 0 }, 0xff, adds, C, 8 };

    tile(8, 1, true, &s, 0);
}

void dm_wide_two_products(size_t m, size_t n, size_t p, double alpha, const double *A, bool A_transposed, const double *B,
                          const double *D, bool D_transposed, const double *E, double beta, double *C)
{
    if (m == 8 && n == 8 && p == 8 && !A_transposed && !D_transposed) {
        two_of_eight(alpha, A, B, D, E, beta != 0, C);
        return;
    }
    const size_t width = (p + 7) / 8;
    const strip s = { m, n, alpha, { A, A_transposed ? 1 : n, A_transposed ? m : 1 },
                      { D, D_transposed ? 1 : n, D_transposed ? m : 1 }, { B, p, NULL, 0 }, { E, p, NULL, 0 },
                      lanes(p, width), beta != 0, C, p };
    (width == 3 ? two_24 : width == 2 ? two_16 : two_8)(&s);
}

#else

bool dm_has_wide_registers(void)
{
    return false;
}

/* Where there are no such registers nobody calls these. */
void dm_wide_product(size_t m, size_t n, size_t p, double alpha, const double *A, size_t down, size_t across,
                     const double *B, size_t ldb, bool B_transposed, double beta, double *C, size_t ldc)
{
    (void) m, (void) n, (void) p, (void) alpha, (void) A, (void) down, (void) across, (void) B, (void) ldb;
    (void) B_transposed, (void) beta, (void) C, (void) ldc;
    abort();
}

void dm_wide_two_products(size_t m, size_t n, size_t p, double alpha, const double *A, bool A_transposed, const double *B,
                          const double *D, bool D_transposed, const double *E, double beta, double *C)
{
    (void) m, (void) n, (void) p, (void) alpha, (void) A, (void) A_transposed, (void) B;
    (void) D, (void) D_transposed, (void) E, (void) beta, (void) C;
    abort();
}

#endif
