/* The instructions of small matrices.  Squares of three and four, and columns beside them, have loops that the compiler
 * knows, with a row a vector; all others go by the kernels of numbers.                                */
#include <limits.h>
#include <math.h>
#include <string.h>
#include "numbers/forms.h"
#include "numbers/kernels.h"
#include "numbers/squares.h"
#include "tapes/instructions.h"
#include "tapes/tape.h"

static inline double beta(const dm_instruction *s)
{
    return s->adds ? 1 : 0;
}

/* ------------------------------------------------------------------------------------ entry by entry */

#define ENTRIES(VALUE)                                                                                \
    size_t n = (size_t) s->rows * s->cols;                                                           \
    const double *x = s->at.A, *y = s->at.B;                                                         \
    double *z = s->at.C, a = s->scale;                                                               \
    (void) y;                                                                                        \
    if (s->adds)                                                                                     \
        for (size_t i = 0; i < n; i++)                                                               \
            z[i] += VALUE;                                                                           \
    else                                                                                             \
        for (size_t i = 0; i < n; i++)                                                               \
            z[i] = VALUE

FOR_EACH_CPU
unsigned dm_do_add(const dm_instruction *s)
{
    ENTRIES(a * x[i]);
    return 1;
}

FOR_EACH_CPU
unsigned dm_do_hadamard(const dm_instruction *s)
{
    ENTRIES(a * (x[i] * y[i]));
    return 1;
}

FOR_EACH_CPU
unsigned dm_do_combine(const dm_instruction *s)
{
    double b = s->second;

    ENTRIES(a * x[i] + b * y[i]);
    return 1;
}

FOR_EACH_CPU
unsigned dm_do_multiple(const dm_instruction *s)
{
    double b = *s->at.B;

    ENTRIES(a * b * x[i]);
    return 1;
}

FOR_EACH_CPU
unsigned dm_do_clear(const dm_instruction *s)
{
    for (size_t i = 0; i < (size_t) s->rows * s->cols; i++)
        s->at.C[i] = 0;
    return 1;
}

FOR_EACH_CPU
unsigned dm_do_block(const dm_instruction *s)
{
    const double *x = s->at.A + s->offset;
    double *z = s->at.C;

    for (size_t i = 0; i < s->rows; i++, x += s->inner)
        for (size_t j = 0; j < s->cols; j++)
            *z++ = x[j];
    return 1;
}

FOR_EACH_CPU
unsigned dm_do_embed(const dm_instruction *s)
{
    const double *x = s->at.A;
    double *z = s->at.C + s->offset;

    for (size_t i = 0; i < s->rows; i++, z += s->inner)
        for (size_t j = 0; j < s->cols; j++)
            z[j] += s->scale * *x++;
    return 1;
}

unsigned dm_do_diagonal(const dm_instruction *s)
{
    for (size_t i = 0; i < s->rows; i++)
        s->at.C[i * s->cols + i] += s->scale;
    return 1;
}

FOR_EACH_CPU
unsigned dm_do_fill(const dm_instruction *s)
{
    for (size_t i = 0; i < (size_t) s->rows * s->cols; i++)
        s->at.C[i] += s->scale;
    return 1;
}

/* Outside its domain no function has a finite value. */
unsigned dm_do_entries(const dm_instruction *s)
{
    size_t n = (size_t) s->rows * s->cols;
    double bad = 0;

    for (size_t i = 0; i < n; i++) {
        s->at.C[i] = s->h(s->at.A[i]);
        bad += 0 * s->at.C[i];
    }
    return bad == 0;
}

unsigned dm_do_entries_and_slopes(const dm_instruction *s)
{
    size_t n = (size_t) s->rows * s->cols;
    double bad = 0, *slope = (double *) s->at.B;

    for (size_t i = 0; i < n; i++) {
        s->at.C[i] = s->with_slope(s->at.A[i], &slope[i]);
        bad += 0 * s->at.C[i];
    }
    return bad == 0;
}

FOR_EACH_CPU
unsigned dm_do_rows(const dm_instruction *s)
{
    const double *x = s->at.A;
    double *z = s->at.C;

    for (size_t i = 0; i < s->rows; i++) {
        double d = s->scale * s->at.B[i];
        for (size_t j = 0; j < s->cols; j++)
            *z++ = d * *x++;
    }
    return 1;
}

FOR_EACH_CPU
unsigned dm_do_columns(const dm_instruction *s)
{
    const double *x = s->at.A;
    double *z = s->at.C;

    for (size_t i = 0; i < s->rows; i++)
        for (size_t j = 0; j < s->cols; j++)
            *z++ = s->scale * s->at.B[j] * *x++;
    return 1;
}

/* ---------------------------------------------------------------------------------------- transposes */

unsigned dm_do_add_transposed(const dm_instruction *s)
{
    dm_add_transposed(s->rows, s->cols, beta(s), s->scale, s->at.A, s->rows, s->at.C, s->cols);
    return 1;
}

static unsigned transposed_three(const dm_instruction *s)
{
    const double *x = s->at.A;
    double *z = s->at.C, a = s->scale, t[9] = { x[0], x[3], x[6], x[1], x[4], x[7], x[2], x[5], x[8] };

    if (s->adds)
        for (int i = 0; i < 9; i++)
            z[i] += a * t[i];
    else
        for (int i = 0; i < 9; i++)
            z[i] = a * t[i];
    return 1;
}

unsigned dm_do_inner(const dm_instruction *s)
{
    double x = s->scale * dm_dot((size_t) s->rows * s->cols, s->at.A, s->at.B);

    *s->at.C = s->adds ? *s->at.C + x : x;
    return 1;
}

static unsigned inner_transposed(const dm_instruction *s)
{
    double x = s->scale * dm_dot_transposed(s->rows, s->cols, s->at.A, s->cols, s->at.B, s->rows);

    *s->at.C = s->adds ? *s->at.C + x : x;
    return 1;
}

static unsigned inner_transposed_three(const dm_instruction *s)
{
    const double *a = s->at.A, *b = s->at.B;
    double x = (a[0] * b[0] + a[1] * b[3] + a[2] * b[6]) + (a[3] * b[1] + a[4] * b[4] + a[5] * b[7])
             + (a[6] * b[2] + a[7] * b[5] + a[8] * b[8]);

    *s->at.C = s->adds ? *s->at.C + s->scale * x : s->scale * x;
    return 1;
}

/* ------------------------------------------------------------------------------------------ products */

unsigned dm_do_product(const dm_instruction *s)
{
    dm_tiny_product(s->rows, s->inner, s->cols, s->scale, s->at.A, s->A_transposed, s->at.B, s->B_transposed, beta(s),
                    s->at.C);
    return 1;
}

/* For each way of turning them a function. */
#define SQUARE(NAME, HOW, A_TRANSPOSED, B_TRANSPOSED)                                                 \
    FOR_EACH_CPU                                                                                     \
    static unsigned NAME##_##HOW(const dm_instruction *s)                                            \
    {                                                                                                \
        product_##NAME(s->scale, s->at.A, A_TRANSPOSED, s->at.B, B_TRANSPOSED, s->adds, s->at.C);    \
        return 1;                                                                                    \
    }

SQUARE(three, as_are, false, false)
SQUARE(three, right_turned, false, true)
SQUARE(three, left_turned, true, false)
SQUARE(three, both_turned, true, true)
SQUARE(four, as_are, false, false)
SQUARE(four, right_turned, false, true)
SQUARE(four, left_turned, true, false)
SQUARE(four, both_turned, true, true)

/* s and s+1 are T = scale*A*B and C = beta*C + scale*T*D, or D*T; T stays in the registers. */
#define TWO(NAME, N)                                                                                  \
    INLINE void two_##NAME(const dm_instruction *s, bool from_the_right)                             \
    {                                                                                                \
        const double *A = s->at.A, *D = from_the_right ? s[1].at.A : s[1].at.B;                      \
        double scale = s->scale * s[1].scale;  /* of what is there first */                          \
        v4 b[N], d[N], t[N], c[N];                                                                   \
        rows_of_##NAME(s->at.B, b);                                                                  \
        if (!from_the_right)                                                                         \
            rows_of_##NAME(D, d);                                                                    \
        for (int i = 0; i < N; i++)                                                                  \
            if (from_the_right)                                                                      \
                b[i] *= scale;                                                                       \
            else                                                                                     \
                d[i] *= scale;                                                                       \
        _Pragma("GCC unroll 4") for (size_t i = 0; i < N; i++) {                                     \
            t[i] = A[N * i] * b[0];                                                                  \
            _Pragma("GCC unroll 4") for (size_t k = 1; k < N; k++)                                   \
                t[i] += A[N * i + k] * b[k];                                                         \
        }                                                                                            \
        _Pragma("GCC unroll 4") for (size_t i = 0; i < N; i++) {                                     \
            c[i] = from_the_right ? D[N * i] * t[0] : t[i][0] * d[0];                                \
            _Pragma("GCC unroll 4") for (size_t k = 1; k < N; k++)                                   \
                c[i] += from_the_right ? D[N * i + k] * t[k] : t[i][k] * d[k];                       \
        }                                                                                            \
        if (s[1].adds) {                                                                             \
            v4 before[N];                                                                            \
            rows_of_##NAME(s[1].at.C, before);                                                       \
            for (int i = 0; i < N; i++)                                                              \
                c[i] += before[i];                                                                   \
        }                                                                                            \
        put_##NAME(s[1].at.C, c);                                                                    \
    }                                                                                                \
    FOR_EACH_CPU                                                                                     \
    static unsigned two_from_left_##NAME(const dm_instruction *s)                                    \
    {                                                                                                \
        two_##NAME(s, false);                                                                        \
        return 2;                                                                                    \
    }                                                                                                \
    FOR_EACH_CPU                                                                                     \
    static unsigned two_from_right_##NAME(const dm_instruction *s)                                   \
    {                                                                                                \
        two_##NAME(s, true);                                                                         \
        return 2;                                                                                    \
    }

TWO(three, 3)
TWO(four, 4)

/* Any number of rows of three: several directions side by side.  Each is written as four, the next one over its last,
 * which is what was there; and it is read before the one before it is written, or it would have to wait for that. */
FOR_EACH_CPU
static unsigned rows_times_three(const dm_instruction *s)
{
    const double *a = s->at.A;
    double *c = s->at.C;
    v4 b[3];

    rows_of_three(s->at.B, b);
    for (int k = 0; k < 3; k++)
        b[k] *= (v4) { s->scale, s->scale, s->scale, 0 };
    v4 before = *(const v4 *) c;
    double end[3] = { 0 };
    for (int j = 0; s->adds && j < 3; j++)
        end[j] = c[3 * (s->rows - 1) + j];
    if (s->adds)
        for (size_t i = 2; i < s->rows; i++, a += 3, c += 3) {
            v4 next = *(const v4 *) (c + 3);
            *(v4 *) c = before + (a[0] * b[0] + a[1] * b[1] + a[2] * b[2]);
            before = next;
        }
    else
        for (size_t i = 2; i < s->rows; i++, a += 3, c += 3)
            *(v4 *) c = a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
    v4 last = a[0] * b[0] + a[1] * b[1] + a[2] * b[2];         /* of the last two, the one before last */
    if (s->adds)
        last += before;
    *(v4 *) c = last;
    a += 3, c += 3;
    last = a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
    for (int j = 0; j < 3; j++)
        c[j] = end[j] + last[j];
    return 1;
}

/* s, s+1 and s+2 are P = A*B, D = dA*B and D += A*dB. */
#define DUAL(NAME)                                                                                    \
    FOR_EACH_CPU                                                                                     \
    static unsigned dual_##NAME(const dm_instruction *s)                                             \
    {                                                                                                \
        dual_product_##NAME(s->at.A, s[1].at.A, s->at.B, s[2].at.B, s->at.C, s[1].at.C);             \
        return 3;                                                                                    \
    }

DUAL(three)
DUAL(four)

/* y = beta*y + scale*A(')*x for an N×N A. */
#define COLUMN(NAME, N)                                                                               \
    FOR_EACH_CPU                                                                                     \
    static unsigned column_##NAME(const dm_instruction *s)                                           \
    {                                                                                                \
        const double *A = s->at.A, *x = s->at.B;                                                     \
        double *y = s->at.C, sum[N];                                                                 \
        if (s->A_transposed)                                                                         \
            _Pragma("GCC unroll 4") for (size_t i = 0; i < N; i++) {                                 \
                sum[i] = 0;                                                                          \
                _Pragma("GCC unroll 4") for (size_t k = 0; k < N; k++)                               \
                    sum[i] += A[k * N + i] * x[k];                                                   \
            }                                                                                        \
        else                                                                                         \
            _Pragma("GCC unroll 4") for (size_t i = 0; i < N; i++) {                                 \
                sum[i] = 0;                                                                          \
                _Pragma("GCC unroll 4") for (size_t k = 0; k < N; k++)                               \
                    sum[i] += A[i * N + k] * x[k];                                                   \
            }                                                                                        \
        for (size_t i = 0; i < N; i++)                                                               \
            y[i] = (s->adds ? y[i] : 0) + s->scale * sum[i];                                         \
        return 1;                                                                                    \
    }

COLUMN(two, 2)
COLUMN(three, 3)
COLUMN(four, 4)

/* The same for N = 8: eight rows, or their sum. */
FOR_EACH_CPU
static unsigned column_eight(const dm_instruction *s)
{
    const double *A = s->at.A, *x = s->at.B;
    double *y = s->at.C;
    v8 even = { 0 }, odd = { 0 };

    if (s->A_transposed) {
#pragma GCC unroll 8
        for (size_t k = 0; k < 8; k += 2) {
            even += x[k] * *(const v8 *) (A + 8 * k);
            odd += x[k + 1] * *(const v8 *) (A + 8 * k + 8);
        }
        even += odd;
    } else {
        v8 v = *(const v8 *) x, r[8], p[8], q[8];
#pragma GCC unroll 8
        for (size_t k = 0; k < 8; k++)
            r[k] = v * *(const v8 *) (A + 8 * k);
#pragma GCC unroll 4
        for (size_t k = 0; k < 8; k += 2)          /* pairs of entries of each row added: r0 r1 r0 r1 ... */
            p[k] = __builtin_shufflevector(r[k], r[k + 1], 0, 8, 2, 10, 4, 12, 6, 14)
                 + __builtin_shufflevector(r[k], r[k + 1], 1, 9, 3, 11, 5, 13, 7, 15);
#pragma GCC unroll 2
        for (size_t k = 0; k < 8; k += 4)          /* r0 r1 r2 r3 twice */
            q[k] = __builtin_shufflevector(p[k], p[k + 2], 0, 1, 8, 9, 4, 5, 12, 13)
                 + __builtin_shufflevector(p[k], p[k + 2], 2, 3, 10, 11, 6, 7, 14, 15);
        even = __builtin_shufflevector(q[0], q[4], 0, 1, 2, 3, 8, 9, 10, 11)
             + __builtin_shufflevector(q[0], q[4], 4, 5, 6, 7, 12, 13, 14, 15);
    }
    even *= s->scale;
    if (s->adds)
        even += *(const v8 *) y;
    *(v8 *) y = even;
    return 1;
}

/* Of any size. */
static unsigned dense(const dm_instruction *s)
{
    dm_multiply_dense(s->rows, s->inner, s->cols, s->scale, s->at.A, s->A_transposed, s->at.B, s->B_transposed, beta(s),
                      s->at.C);
    return 1;
}

/* Columns of any other size; and y' = x'*B(') */
static unsigned column(const dm_instruction *s)
{
    if (s->A_transposed)
        dm_row_matrix(s->inner, s->rows, s->scale, s->at.B, 1, s->at.A, s->rows, beta(s), s->at.C);
    else
        dm_matrix_column(s->rows, s->inner, s->scale, s->at.A, s->inner, s->at.B, beta(s), s->at.C, 1);
    return 1;
}

static unsigned row(const dm_instruction *s)
{
    if (s->B_transposed)
        dm_matrix_column(s->cols, s->inner, s->scale, s->at.B, s->inner, s->at.A, beta(s), s->at.C, 1);
    else
        dm_row_matrix(s->inner, s->cols, s->scale, s->at.A, 1, s->at.B, s->cols, beta(s), s->at.C);
    return 1;
}

/* C = beta*C + scale*x*y' */
static unsigned outer(const dm_instruction *s)
{
    const double *x = s->at.A, *y = s->at.B;
    double *C = s->at.C;

    if (s->cols >= 8) {
        dm_column_row(s->rows, s->cols, s->scale, x, 1, y, beta(s), C, s->cols);
        return 1;
    }
    for (size_t i = 0; i < s->rows; i++, C += s->cols) {
        double f = s->scale * x[i];
        if (s->adds)
            for (size_t j = 0; j < s->cols; j++)
                C[j] += f * y[j];
        else
            for (size_t j = 0; j < s->cols; j++)
                C[j] = f * y[j];
    }
    return 1;
}

FOR_EACH_CPU
static unsigned outer_eight(const dm_instruction *s)
{
    v8 y = *(const v8 *) s->at.B, *C = (v8 *) s->at.C;

    for (size_t i = 0; i < s->rows; i++) {
        v8 c = s->scale * s->at.A[i] * y;
        if (s->adds)
            c += C[i];
        C[i] = c;
    }
    return 1;
}

/* ------------------------------------------------------------------------------------------- choosing */

/* For squares of that size, as they are or transposed, and a column beside one. */
static const struct {
    dm_doing *square[2][2], *column;
} of_size[9] = {
    [2] = { .column = column_two },
    [3] = { { { three_as_are, three_right_turned }, { three_left_turned, three_both_turned } }, column_three },
    [4] = { { { four_as_are, four_right_turned }, { four_left_turned, four_both_turned } }, column_four },
    [8] = { .column = column_eight },
};

/* What dm_tiny_product can do. */
static bool is_tiny(const dm_instruction *s)
{
    return s->inner <= DM_TINY && (!s->A_transposed || s->rows <= DM_TINY) && (!s->B_transposed || s->cols <= DM_TINY);
}

dm_doing *dm_do_product_of(const dm_instruction *s)
{
    dm_doing *special = NULL;

    if (s->inner == 1 && s->cols == 8)
        special = outer_eight;
    else if (s->inner == 1)
        special = outer;
    else if (s->inner <= DM_TINY && s->rows == s->inner && s->cols == s->inner)
        special = of_size[s->inner].square[s->A_transposed][s->B_transposed];
    else if (s->inner <= DM_TINY && s->rows == s->inner && s->cols == 1)
        special = of_size[s->inner].column;
    else if (s->inner == 3 && s->cols == 3 && s->rows > 1 && !s->A_transposed && !s->B_transposed)
        special = rows_times_three;
    if (special)
        return special;
    if (is_tiny(s))
        return dm_do_product;
    if (s->cols == 1 && (size_t) s->rows * s->inner <= dm_vector_limit())
        return column;
    if (s->rows == 1 && (size_t) s->cols * s->inner <= dm_vector_limit())
        return row;
    if ((s->rows | s->inner | s->cols) > INT_MAX)
        return NULL;                   /* BLAS counts in int */
    return dense;
}

static bool is_square(const dm_instruction *s, unsigned n)
{
    return s->rows == n && s->inner == n && s->cols == n && !s->A_transposed && !s->B_transposed;
}

dm_doing *dm_do_two_products_of(const dm_instruction *s, bool from_the_right)
{
    if (is_square(s, 3) && is_square(s + 1, 3) && !s->adds)
        return from_the_right ? two_from_right_three : two_from_left_three;
    if (is_square(s, 4) && is_square(s + 1, 4) && !s->adds)
        return from_the_right ? two_from_right_four : two_from_left_four;
    return NULL;
}

/* s and s+1 are C = beta*C + scale*A(')*B and C += scale*D(')*E. */
static unsigned two_products_added(const dm_instruction *s)
{
    dm_wide_two_products(s->rows, s->inner, s->cols, s->scale, s->at.A, s->A_transposed, s->at.B, s[1].at.A,
                         s[1].A_transposed, s[1].at.B, beta(s), s->at.C);
    return 2;
}

/* In these sizes a call of BLAS, or the way there and back of what is added, takes as long as the work. */
dm_doing *dm_do_added_products_of(const dm_instruction *s)
{
    enum { LEAST = 5 };
    unsigned most = DM_TWO_WIDEST;

    if (!dm_has_wide_registers() || s[1].rows != s->rows || s[1].inner != s->inner || s[1].cols != s->cols
        || s[1].scale != s->scale || s->B_transposed || s[1].B_transposed || !s[1].adds)
        return NULL;
    return s->cols >= LEAST && s->inner >= LEAST && s->cols <= most && s->inner <= most && s->rows <= most
         ? two_products_added : NULL;
}

dm_doing *dm_do_dual_product_of(const dm_instruction *s)
{
    if (s->rows == 3 && s->inner == 3 && s->cols == 3)
        return dual_three;
    if (s->rows == 4 && s->inner == 4 && s->cols == 4)
        return dual_four;
    return NULL;
}

dm_doing *dm_do_transpose_of(const dm_instruction *s)
{
    if (s->rows == 3 && s->cols == 3)
        return transposed_three;
    return dm_do_add_transposed;
}

dm_doing *dm_do_inner_transposed_of(const dm_instruction *s)
{
    if (s->rows == 3 && s->cols == 3)
        return inner_transposed_three;
    return inner_transposed;
}

/* ------------------------------------------------------------------------------------------- results */

/* 0*x has no bits but a sign where x is finite; these are brought together sooner than numbers are added. */
INLINE void add_bits(const double *x, size_t n, w4 *all)
{
    w4 bits = *all;
    size_t i = 0;

    for (; i + 4 <= n; i += 4)
        bits |= (w4) (0.0 * *(const v4 *) (x + i));
    for (; i < n; i++)
        bits |= (w4) (0.0 * (v4) { x[i], 0, 0, 0 });
    *all = bits;
}

INLINE bool are_signs(const w4 *bits)
{
    w4 b = *bits;

    return (((b[0] | b[1]) | (b[2] | b[3])) & (UINT64_MAX >> 1)) == 0;
}

INLINE void copy_entries(const double *from, size_t n, double *to)
{
    size_t i = 0;

    for (; i + 4 <= n; i += 4)
        *(v4 *) (to + i) = *(const v4 *) (from + i);
    for (; i < n; i++)
        to[i] = from[i];
}

/* Squares of three and of four are what there is most of: for these the compiler knows how many entries there are. */
#define OF_ENTRIES(N, CALL)                                                                           \
    do {                                                                                             \
        if ((N) == 9) {                                                                              \
            const size_t entries = 9;                                                                \
            CALL;                                                                                    \
        } else if ((N) == 16) {                                                                      \
            const size_t entries = 16;                                                               \
            CALL;                                                                                    \
        } else {                                                                                     \
            const size_t entries = N;                                                                \
            CALL;                                                                                    \
        }                                                                                            \
    } while (0)

enum { FEW = 64 };                     /* entries */

static bool is_short(const dm_result *result)
{
    return !result->row && !result->factors && result->entries < FEW;
}

/* What is a column times a row is finite if the square of its norm is; if that is not, it may be.  Scaled rows are if
 * the product of both norms is.                                                                      */
FOR_EACH_CPU
bool dm_results_finite(const dm_result result[], size_t n)
{
    w4 bits = { 0 };
    bool all = true;

    for (const dm_result *r = result; r < result + n && all; r++)
        if (r->row)
            all = isfinite(r->scale * r->scale * dm_dot(r->rows, r->at, r->at) * dm_dot(r->cols, r->row, r->row));
        else if (r->factors)
            all = isfinite(r->scale * r->scale * dm_dot(r->rows, r->factors, r->factors) * dm_dot(r->entries, r->at, r->at));
        else if (r->entries < FEW)
            add_bits(r->at, r->entries, &bits);
        else
            all = dm_all_finite(r->entries, 1, r->at);
    return all && are_signs(&bits);
}

void dm_results_copy(const dm_result result[], size_t n, gsl_matrix *const to[])
{
    for (size_t k = 0; k < n; k++) {
        const dm_result *r = &result[k];
        if (to[k] && r->row)
            dm_column_row(r->rows, r->cols, r->scale, r->at, 1, r->row, 0, to[k]->data, to[k]->tda);
        else if (to[k] && r->factors)
            for (size_t i = 0; i < r->rows; i++)
                dm_scaled(r->cols, r->scale * r->factors[i], r->at + i * r->cols, to[k]->data + i * to[k]->tda);
        else if (to[k] && to[k]->tda == r->cols)
            memcpy(to[k]->data, r->at, r->entries * sizeof *r->at);
        else if (to[k])
            for (size_t i = 0; i < r->rows; i++)
                memcpy(to[k]->data + i * to[k]->tda, r->at + i * r->cols, r->cols * sizeof *r->at);
    }
}

FOR_EACH_CPU
static bool take_short(const dm_result result[], size_t n, gsl_matrix *const to[])
{
    w4 bits = { 0 };

    for (size_t k = 0; k < n; k++)
        OF_ENTRIES(result[k].entries, add_bits(result[k].at, entries, &bits));
    if (!are_signs(&bits))
        return false;
    for (size_t k = 0; k < n; k++)
        if (to[k])
            OF_ENTRIES(result[k].entries, copy_entries(result[k].at, entries, to[k]->data));
    return true;
}

static bool take_any(const dm_result result[], size_t n, gsl_matrix *const to[])
{
    if (!dm_results_finite(result, n))
        return false;
    dm_results_copy(result, n, to);
    return true;
}

dm_taking *dm_results_taking(const dm_result result[], size_t n)
{
    for (size_t k = 0; k < n; k++)
        if (!is_short(&result[k]))
            return take_any;
    return take_short;
}
