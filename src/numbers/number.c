/* Numbers: how each form is made and formed, and the arithmetic that knows the cheaper way.
 *
 * The heart is add_to: target = beta*target + scale*A for a number A of any form.  Forming, sums and
 * accumulation are all that one call.                                                               */
#include <limits.h>
#include <string.h>
#include "numbers/lapack.h"
#include "numbers/number.h"

/* ---------------------------------------------------------------------------------- making them -- */

static dm_panel panel_of(const dm *A, double *data, size_t stride)
{
    return (dm_panel) { data, stride, A->rows, A->slots, A->cols };
}

dm_panel dm_fresh(dm *C)
{
    size_t stride = C->slots * C->cols;
    double *data = NULL;

    if (!dm_is_failed(C) && C->rows <= (size_t) -1 / 16 / stride)
        data = dm_arena_alloc(C->context, C->rows * stride * sizeof *data);
    if (!data)
        dm_fail(C, GSL_ENOMEM, "out of memory");
    C->number.form = DM_DENSE;
    C->number.data = data;
    C->number.stride = stride;
    return panel_of(C, data, stride);
}

dm *dm_number_panel(dm_context *context, size_t k, const gsl_matrix *const A[])
{
    dm *C = dm_new(context, A[0]->size1, k, A[0]->size2);
    dm_panel P = dm_fresh(C);

    for (size_t slot = 0; P.data && slot < k; slot++)
        for (size_t i = 0; i < P.rows; i++)
            memcpy(dm_row(P, i, slot), A[slot]->data + i * A[slot]->tda, P.cols * sizeof *P.data);
    return C;
}

dm *dm_number_copy(dm_context *context, const gsl_matrix *A)
{
    return dm_number_panel(context, 1, &A);
}

dm *dm_number_zero(dm_context *context, size_t rows, size_t slots, size_t cols)
{
    dm *C = dm_new(context, rows, slots, cols);

    if (!dm_is_failed(C))
        C->number.form = DM_ZERO;
    return C;
}

dm *dm_number_identity(dm_context *context, size_t n, double scale)
{
    dm *C = dm_new(context, n, 1, n);

    if (!dm_is_failed(C)) {
        C->number.form = DM_IDENTITY;
        C->number.scale = scale;
    }
    return C;
}

/* C = scale * original or its transpose; a view of a view is a view of the original. */
static void view(dm *C, double scale, dm *A, bool transposed)
{
    if (A->number.form == DM_VIEW) {
        scale *= A->number.scale;
        transposed ^= A->number.transposed;
        A = A->number.left;
    }
    C->number.form = DM_VIEW;
    C->number.scale = scale;
    C->number.transposed = transposed;
    C->number.left = A;
}

/* ------------------------------------------------------------------------------------ products -- */

/* A matrix as BLAS takes it: entries (i,j) at data[i*stride + j], or of the transpose of that. */
typedef struct {
    const double *data;
    size_t stride;
    bool transposed;
    double scale;
} operand;

static operand operand_of(dm *A)
{
    const dm_number *x = &A->number;
    dm_panel P;

    if (x->form == DM_VIEW) {
        P = dm_entries(x->left);
        return (operand) { P.data, P.stride, x->transposed, x->scale };
    }
    P = dm_entries(A);
    return (operand) { P.data, P.stride, false, 1 };
}

/* C = beta*C + alpha*A*B for the row-major m×n A and n×p B: handed over as C' = B'*A'. */
static void gemm(size_t m, size_t n, size_t p, double alpha, operand A, operand B, double beta,
                 double *C, size_t stride)
{
    int M = (int) m, N = (int) n, P = (int) p, lda = (int) A.stride, ldb = (int) B.stride;
    int ldc = (int) stride, one = 1;

    alpha *= A.scale * B.scale;
    if (p == 1) {
        int inc = B.transposed ? 1 : ldb;
        if (A.transposed)
            dgemv_("N", &M, &N, &alpha, A.data, &lda, B.data, &inc, &beta, C, &ldc, 1);
        else
            dgemv_("T", &N, &M, &alpha, A.data, &lda, B.data, &inc, &beta, C, &ldc, 1);
    } else if (m == 1) {
        int inc = A.transposed ? lda : 1;
        if (B.transposed)
            dgemv_("T", &N, &P, &alpha, B.data, &ldb, A.data, &inc, &beta, C, &one, 1);
        else
            dgemv_("N", &P, &N, &alpha, B.data, &ldb, A.data, &inc, &beta, C, &one, 1);
    } else {
        dgemm_(B.transposed ? "T" : "N", A.transposed ? "T" : "N", &P, &M, &N, &alpha, B.data, &ldb,
               A.data, &lda, &beta, C, &ldc, 1, 1);
    }
}

/* If A is a product that is not made yet, A = L*R, then (L*R)*B may be cheaper as L*(R*B). */
static bool cheaper_from_the_right(const dm *A, const dm *B)
{
    if (A->number.form != DM_PRODUCT)
        return false;
    double m = (double) (A->rows * A->slots), k = (double) A->number.left->cols, n = (double) A->cols;
    double p = (double) (B->slots * B->cols);
    return A->slots == 1 && k * n * p + m * k * p < m * k * n + m * n * p;
}

/* ... and A*(L*R) as (A*L)*R. */
static bool cheaper_from_the_left(const dm *A, const dm *B)
{
    if (B->number.form != DM_PRODUCT)
        return false;
    double m = (double) (A->rows * A->slots), n = (double) A->cols, k = (double) B->number.left->cols;
    double p = (double) (B->slots * B->cols);
    return B->slots == 1 && m * n * k + m * k * p < n * k * p + m * n * p;
}

static dm *product(dm_context *context, double scale, dm *A, dm *B)
{
    dm *C = dm_new(context, A->rows, A->slots > B->slots ? A->slots : B->slots, B->cols);

    if (!dm_inherit(C, A) && !dm_inherit(C, B))
        dm_number_product(C, scale, A, B);
    return C;
}

/* target = beta*target + scale*A*B, made now. */
static bool add_product(dm_panel target, double beta, double scale, dm *A, dm *B)
{
    dm *outer = NULL;

    if (cheaper_from_the_right(A, B)) {
        B = product(A->context, A->number.scale, A->number.right, B);
        outer = A->number.left;
        if (dm_is_failed(B))
            return false;
        return add_product(target, beta, scale, outer, B);
    }
    if (cheaper_from_the_left(A, B)) {
        A = product(A->context, B->number.scale, A, B->number.left);
        outer = B->number.right;
        if (dm_is_failed(A))
            return false;
        return add_product(target, beta, scale, A, outer);
    }
    operand a = operand_of(A), b = operand_of(B);
    if (!a.data || !b.data)
        return false;
    size_t rows = A->rows * A->slots, cols = B->slots * B->cols;
    if (rows > INT_MAX || cols > INT_MAX || A->cols > INT_MAX || b.stride > INT_MAX)
        return false;
    /* [A1 ... AK]*B: the panel's rows lie one behind the other, as its slots do. */
    size_t stride = A->slots > 1 ? target.cols : target.stride;
    if (A->slots > 1)
        a.stride = A->cols;
    gemm(rows, A->cols, cols, scale, a, b, beta, target.data, stride);
    return true;
}

/* ------------------------------------------------------------------------- target += scale * A -- */

static void add_rows(dm_panel target, double beta, double scale, dm_panel A)
{
    size_t width = target.slots * target.cols;

    for (size_t i = 0; i < target.rows; i++) {
        double *t = target.data + i * target.stride;
        const double *a = A.data + i * A.stride;
        if (beta == 0 && scale == 1)
            memcpy(t, a, width * sizeof *t);
        else if (beta == 0)
            for (size_t j = 0; j < width; j++)
                t[j] = scale * a[j];
        else
            for (size_t j = 0; j < width; j++)
                t[j] += scale * a[j];
    }
}

/* Of the transpose of A, in tiles that stay in the cache. */
static void add_transposed(dm_panel target, double beta, double scale, dm_panel A)
{
    enum { TILE = 16 };

    for (size_t i0 = 0; i0 < target.rows; i0 += TILE)
        for (size_t j0 = 0; j0 < target.cols; j0 += TILE) {
            size_t i1 = i0 + TILE < target.rows ? i0 + TILE : target.rows;
            size_t j1 = j0 + TILE < target.cols ? j0 + TILE : target.cols;
            for (size_t i = i0; i < i1; i++)
                for (size_t j = j0; j < j1; j++) {
                    double *t = target.data + i * target.stride + j;
                    *t = (beta == 0 ? 0 : *t) + scale * A.data[j * A.stride + i];
                }
        }
}

static void clear(dm_panel P)
{
    for (size_t i = 0; i < P.rows; i++)
        memset(P.data + i * P.stride, 0, P.slots * P.cols * sizeof *P.data);
}

/* target = beta*target + scale*A, beta 0 or 1; false: no memory. */
static bool add_to(dm_panel target, double beta, double scale, dm *A)
{
    dm_number *x = &A->number;
    dm_panel P;

    if (beta == 0 && (x->form == DM_ZERO || x->form == DM_IDENTITY))
        clear(target);
    switch (x->form) {
    case DM_ZERO:
        return true;
    case DM_IDENTITY:
        for (size_t i = 0; i < target.rows; i++)
            target.data[i * target.stride + i] += scale * x->scale;
        return true;
    case DM_PRODUCT:
        return add_product(target, beta, scale * x->scale, x->left, x->right);
    case DM_VIEW:
        P = dm_entries(x->left);
        if (!P.data)
            return false;
        (x->transposed ? add_transposed : add_rows)(target, beta, scale * x->scale, P);
        return true;
    case DM_DENSE:
        add_rows(target, beta, scale, panel_of(A, x->data, x->stride));
        return true;
    }
    return false;
}

/* The one accessor.  A view keeps its original, for the sake of its factors. */
dm_panel dm_entries(dm *A)
{
    if (A->number.form == DM_DENSE)
        return panel_of(A, A->number.data, A->number.stride);

    size_t stride = A->slots * A->cols;
    double *data = dm_arena_alloc(A->context, A->rows * stride * sizeof *data);
    if (data && dm_remember(A) && add_to(panel_of(A, data, stride), 0, 1, A)) {
        A->number.form = DM_DENSE;
        A->number.data = data;
        A->number.stride = stride;
        return panel_of(A, data, stride);
    }
    return panel_of(A, NULL, 0);
}

bool dm_number_write(dm_panel target, double scale, dm *A)
{
    return add_to(target, 0, scale, A);
}

dm *dm_original(const dm *A)
{
    return A->number.right ? NULL : A->number.left;
}

bool dm_is_zero(const dm *A)
{
    return A->number.form == DM_ZERO;
}

double dm_entry_scalar(dm *a)
{
    dm_panel P = dm_entries(a);

    return P.data ? P.data[0] : GSL_NAN;
}

/* ---------------------------------------------------------------------------------- arithmetic -- */

static void must(dm *C, bool done)
{
    if (!done)
        dm_fail(C, GSL_ENOMEM, "out of memory");
}

void dm_number_product(dm *C, double scale, dm *A, dm *B)
{
    const dm_number *a = &A->number, *b = &B->number;

    if (a->form == DM_ZERO || b->form == DM_ZERO) {
        C->number.form = DM_ZERO;
    } else if (a->form == DM_IDENTITY) {
        dm_number_scale(C, scale * a->scale, B);
    } else if (b->form == DM_IDENTITY) {
        dm_number_scale(C, scale * b->scale, A);
    } else {
        C->number.form = DM_PRODUCT;
        C->number.scale = scale;
        C->number.left = A;
        C->number.right = B;
    }
}

void dm_number_scale(dm *C, double scale, dm *A)
{
    const dm_number *a = &A->number;

    switch (a->form) {
    case DM_ZERO:
        C->number.form = DM_ZERO;
        break;
    case DM_IDENTITY:
        C->number.form = DM_IDENTITY;
        C->number.scale = scale * a->scale;
        break;
    case DM_PRODUCT:
        C->number.form = DM_PRODUCT;
        C->number.scale = scale * a->scale;
        C->number.left = a->left;
        C->number.right = a->right;
        break;
    default:
        view(C, scale, A, false);
    }
}

static void transpose_slots(dm *C, dm *A)
{
    dm_panel c = dm_fresh(C), a = dm_entries(A);

    if (!c.data || !a.data) {
        must(C, false);
        return;
    }
    for (size_t slot = 0; slot < a.slots; slot++) {
        dm_panel t = { dm_row(c, 0, slot), c.stride, c.rows, 1, c.cols };
        add_transposed(t, 0, 1, (dm_panel) { dm_row(a, 0, slot), a.stride, a.rows, 1, a.cols });
    }
}

static dm *transposed(dm *A)
{
    dm *T = dm_new(A->context, A->cols, A->slots, A->rows);

    if (!dm_inherit(T, A))
        dm_number_transpose(T, A);
    return T;
}

void dm_number_transpose(dm *C, dm *A)
{
    const dm_number *a = &A->number;

    if (a->form == DM_ZERO || a->form == DM_IDENTITY) {
        C->number.form = a->form;
        C->number.scale = a->scale;
    } else if (A->slots > 1) {
        transpose_slots(C, A);
    } else if (a->form == DM_PRODUCT && a->left->slots == 1 && a->right->slots == 1) {
        dm *L = transposed(a->right), *R = transposed(a->left);
        if (!dm_inherit(C, L) && !dm_inherit(C, R))
            dm_number_product(C, a->scale, L, R);
    } else {
        view(C, 1, A, true);
    }
}

void dm_number_sum(dm *C, double a, dm *A, double b, dm *B)
{
    if (dm_is_zero(A)) {
        dm_number_scale(C, b, B);
    } else if (dm_is_zero(B)) {
        dm_number_scale(C, a, A);
    } else if (A->number.form == DM_IDENTITY && B->number.form == DM_IDENTITY) {
        C->number.form = DM_IDENTITY;
        C->number.scale = a * A->number.scale + b * B->number.scale;
    } else {
        dm_panel P = dm_fresh(C);
        must(C, P.data && add_to(P, 0, a, A) && add_to(P, 1, b, B));
    }
}

dm *dm_number_accumulate(dm *sum, dm *x)
{
    if (!sum || dm_is_failed(x))
        return x;
    if (dm_is_failed(sum) || dm_is_zero(x))
        return sum;
    if (dm_is_zero(sum))
        return x;
    if (sum->number.temporary) {
        must(sum, add_to(dm_entries(sum), 1, 1, x));
        return sum;
    }
    dm *C = dm_new(sum->context, sum->rows, sum->slots, sum->cols);
    if (!dm_is_failed(C)) {
        C->in[0] = sum;
        C->in[1] = x;
        dm_number_sum(C, 1, sum, 1, x);
        C->number.temporary = C->number.form == DM_DENSE;
    }
    return C;
}

/* Where entry (i,j) of a slot lies, so that a transposed view can be read in place. */
typedef struct {
    const double *data;
    size_t down, across;
} strided;

static strided strided_of(dm *A, size_t slot, double *scale)
{
    if (A->slots > 1) {
        dm_panel P = dm_entries(A);
        return (strided) { P.data ? dm_row(P, 0, slot) : NULL, P.stride, 1 };
    }
    operand a = operand_of(A);
    *scale *= a.scale;
    return a.transposed ? (strided) { a.data, 1, a.stride } : (strided) { a.data, a.stride, 1 };
}

/* The sum of A(i,j)*B(i,j), in tiles, so that either may lie transposed. */
static double dot(size_t m, size_t n, strided A, strided B)
{
    enum { TILE = 32 };
    double sum = 0;

    if (A.across == 1 && B.across == 1) {
        for (size_t i = 0; i < m; i++)
            for (size_t j = 0; j < n; j++)
                sum += A.data[i * A.down + j] * B.data[i * B.down + j];
        return sum;
    }
    for (size_t i0 = 0; i0 < m; i0 += TILE)
        for (size_t j0 = 0; j0 < n; j0 += TILE)
            for (size_t i = i0; i < m && i < i0 + TILE; i++)
                for (size_t j = j0; j < n && j < j0 + TILE; j++)
                    sum += A.data[i * A.down + j * A.across] * B.data[i * B.down + j * B.across];
    return sum;
}

void dm_number_inner(dm *C, dm *A, dm *B)
{
    if (dm_is_zero(A) || dm_is_zero(B)) {
        C->number.form = DM_ZERO;
        return;
    }
    dm *eye = A->number.form == DM_IDENTITY ? A : B->number.form == DM_IDENTITY ? B : NULL;
    if (eye) {
        dm *t = dm_new(C->context, 1, C->slots, 1);
        if (dm_inherit(C, t))
            return;
        dm_number_trace(t, eye == A ? B : A);
        dm_panel from = dm_entries(t), to = dm_fresh(C);
        must(C, from.data && to.data);
        for (size_t slot = 0; slot < C->slots && !dm_is_failed(C); slot++)
            to.data[slot] = eye->number.scale * from.data[slot];
        return;
    }
    dm_panel P = dm_fresh(C);
    for (size_t slot = 0; slot < C->slots && P.data; slot++) {
        double scale = 1;
        strided a = strided_of(A, slot, &scale), b = strided_of(B, slot, &scale);
        if (!a.data || !b.data)
            must(C, false);
        else
            P.data[slot] = scale * dot(A->rows, A->cols, a, b);
    }
}

void dm_number_trace(dm *C, dm *A)
{
    const dm_number *x = &A->number;
    dm_panel P = dm_fresh(C);

    for (size_t slot = 0; slot < C->slots && P.data; slot++) {
        double t = 0, scale = 1;
        if (x->form == DM_IDENTITY) {
            t = (double) A->rows * x->scale;
        } else if (x->form == DM_PRODUCT) {
            /* tr(L*R) = sum of L(i,j)*R(j,i): n² work, and L*R is not made. */
            strided l = strided_of(x->left, slot, &scale), r = strided_of(x->right, slot, &scale);
            r = (strided) { r.data, r.across, r.down };
            if (!l.data || !r.data)
                must(C, false);
            else
                t = x->scale * scale * dot(A->rows, x->left->cols, l, r);
        } else if (x->form != DM_ZERO) {
            strided a = strided_of(A, slot, &scale);
            if (!a.data)
                must(C, false);
            else
                for (size_t i = 0; i < A->rows; i++)
                    t += a.data[i * (a.down + a.across)];
            t *= scale;
        }
        P.data[slot] = t;
    }
}

/* A zero stays zero whatever it meets: the direction that does not move a function at the edge of its
 * domain has no infinite differential there.                                                        */
static inline double times(double a, double b)
{
    return a == 0 || b == 0 ? 0 : a * b;
}

void dm_number_hadamard(dm *C, dm *A, dm *B)
{
    if (dm_is_zero(A) || dm_is_zero(B)) {
        C->number.form = DM_ZERO;
        return;
    }
    dm_panel c = dm_fresh(C), a = dm_entries(A), b = dm_entries(B);
    if (!c.data || !a.data || !b.data) {
        must(C, false);
        return;
    }
    for (size_t i = 0; i < c.rows; i++)
        for (size_t slot = 0; slot < c.slots; slot++) {
            double *z = dm_row(c, i, slot);
            const double *x = dm_row(a, i, a.slots > 1 ? slot : 0);
            const double *y = dm_row(b, i, b.slots > 1 ? slot : 0);
            for (size_t j = 0; j < c.cols; j++)
                z[j] = times(x[j], y[j]);
        }
}
