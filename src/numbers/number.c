/* Numbers: how each form is made and formed, and the arithmetic that knows the cheaper way.
 *
 * The heart is add_to: target = beta*target + scale*A(') for a number A of any form.  Forming, sums and
 * accumulation are all that one call.                                                               */
#include <limits.h>
#include <math.h>
#include <string.h>
#include "numbers/kernels.h"
#include "numbers/lapack.h"
#include "numbers/number.h"

static bool add_to(dm_panel target, double beta, double scale, dm *A, bool transposed);

static void must(dm *C, bool done)
{
    if (!done)
        dm_fail(C, GSL_ENOMEM, "out of memory");
}

/* ---------------------------------------------------------------------------------- making them -- */

static dm_panel panel_of(const dm *A, double *data)
{
    return (dm_panel) { data, A->slots * A->cols, A->rows, A->slots, A->cols };
}

/* Memory for A's entries; NULL: there is not so much. */
static double *room_for(const dm *A)
{
    const size_t most = (size_t) -1 / 16;

    if (A->cols > most / A->slots || A->rows > most / A->slots / A->cols)
        return NULL;
    return dm_arena_alloc(A->context, dm_size(A) * sizeof(double));
}

dm_panel dm_fresh(dm *C)
{
    double *data = dm_is_failed(C) ? NULL : room_for(C);

    if (!data)
        dm_fail(C, GSL_ENOMEM, "out of memory");
    C->number.form = DM_DENSE;
    C->number.data = data;
    return panel_of(C, data);
}

/* The one accessor.  A view keeps its original, for the sake of its factors. */
dm_panel dm_form_entries(dm *A)
{
    double *data = room_for(A);

    if (data && dm_remember(A) && add_to(panel_of(A, data), 0, 1, A, false)) {
        A->number.form = DM_DENSE;
        A->number.data = data;
        return panel_of(A, data);
    }
    return panel_of(A, NULL);
}

bool dm_number_write(dm_panel target, double scale, dm *A)
{
    return add_to(target, 0, scale, A, false);
}

/* The largest entry in size; NaN if there is one. */
static double largest(dm_panel P)
{
    double most = 0;

    for (size_t i = 0; i < P.rows * P.stride; i++)
        if (!(fabs(P.data[i]) <= most))
            most = fabs(P.data[i]);
    return most;
}

/* Of a view, its original is looked at in place; of a column times a row, these two. */
static bool look(dm *A)
{
    const dm_number *x = &A->number;
    bool seen_through = x->form == DM_VIEW;

    if (x->form == DM_PRODUCT && A->slots == 1
        && (x->left_transposed ? x->left->rows : x->left->cols) == 1) {
        dm_panel l = dm_entries(x->left), r = dm_entries(x->right);
        if (l.data && r.data && isfinite(x->scale * largest(l) * largest(r)))
            return true;
    }
    dm_panel P = dm_entries(seen_through ? x->left : A);
    return P.data && dm_times_zero(P.rows * P.stride, seen_through ? x->scale : 1, P.data) == 0;
}

bool dm_number_finite(dm *A)
{
    if (!A->number.finite)
        A->number.finite = look(A);
    return A->number.finite;
}

dm *dm_original(const dm *A)
{
    return A->number.right || A->number.diagonal ? NULL : A->number.left;
}

bool dm_is_zero(const dm *A)
{
    return A->number.form == DM_ZERO;
}

bool dm_is_identity(const dm *A, double *scale)
{
    *scale = A->number.scale;
    return A->number.form == DM_IDENTITY;
}

double dm_entry_scalar(dm *a)
{
    dm_panel P = dm_entries(a);

    return P.data ? P.data[0] : GSL_NAN;
}

dm *dm_number_panel(dm_context *context, size_t k, const gsl_matrix *const A[])
{
    dm *C = dm_new(context, A[0]->size1, k, A[0]->size2);
    dm_panel P = dm_fresh(C);

    if (P.data && k == 1 && A[0]->tda == P.cols) {
        memcpy(P.data, A[0]->data, P.rows * P.cols * sizeof *P.data);
        return C;
    }
    for (size_t slot = 0; P.data && slot < k; slot++)
        for (size_t i = 0; i < P.rows; i++)
            memcpy(dm_row(P, i, slot), A[slot]->data + i * A[slot]->tda, P.cols * sizeof *P.data);
    return C;
}

dm *dm_number_copy(dm_context *context, const gsl_matrix *A)
{
    return dm_number_panel(context, 1, &A);
}

/* Nothing here writes to the entries of a number that it has not made itself. */
dm *dm_number_view(dm_context *context, const gsl_matrix *A, size_t k)
{
    if (A->tda != A->size2) {
        dm *C = dm_number_copy(context, A);
        if (!dm_is_failed(C)) {
            C->slots = k;
            C->cols = A->size2 / k;
        }
        return C;
    }
    dm *C = dm_new(context, A->size1, k, A->size2 / k);
    if (!dm_is_failed(C)) {
        C->number.form = DM_DENSE;
        C->number.data = A->data;
    }
    return C;
}

/* A number that is known by its form and one scale. */
static dm *simple(dm_context *context, dm_form form, double scale, size_t rows, size_t slots, size_t cols)
{
    dm *C = dm_new(context, rows, slots, cols);

    if (!dm_is_failed(C)) {
        C->number.form = form;
        C->number.scale = scale;
    }
    return C;
}

dm *dm_number_zero(dm_context *context, size_t rows, size_t slots, size_t cols)
{
    return simple(context, DM_ZERO, 0, rows, slots, cols);
}

dm *dm_number_fill(dm_context *context, size_t rows, size_t cols, double scale)
{
    return simple(context, DM_FILL, scale, rows, 1, cols);
}

dm *dm_number_identity(dm_context *context, size_t n, double scale)
{
    return simple(context, DM_IDENTITY, scale, n, 1, n);
}

/* Making a number makes what it is made of, one call within the other. */
static unsigned depth_of(const dm *A)
{
    return A->number.form == DM_DENSE ? 0 : A->number.depth;
}

/* C = scale * A('), as a view; a view of a view is a view of the original. */
static void view(dm *C, double scale, dm *A, bool transposed)
{
    if (A->number.form == DM_VIEW) {
        scale *= A->number.scale;
        transposed ^= A->number.left_transposed;
        A = A->number.left;
    }
    C->number.form = DM_VIEW;
    C->number.scale = scale;
    C->number.left_transposed = transposed;
    C->number.left = A;
    C->number.gram = scale > 0 && A->number.gram;
    C->number.definite = scale > 0 && A->number.definite;
    C->number.depth = depth_of(A) + 1;
}

/* ------------------------------------------------------------------------------------ products -- */

/* A matrix as BLAS takes it: scale times the rows at `data`, `stride` apart, or the transpose of that. */
typedef struct {
    const double *data;
    size_t stride;
    bool transposed;
    double scale;
} operand;

static operand operand_of(dm *A, bool transposed)
{
    double scale = 1;

    if (A->slots > 1 && (transposed || (A->number.form == DM_VIEW && A->number.left_transposed))) {
        /* A panel's transpose cannot be had by a flag. */
        dm *T = dm_new(A->context, A->rows, A->slots, A->cols);
        if (transposed) {
            T->rows = A->cols;
            T->cols = A->rows;
        }
        if (dm_is_failed(T))
            return (operand) { NULL, 0, false, 1 };
        view(T, 1, A, transposed);
        dm_panel P = dm_entries(T);
        return (operand) { P.data, P.stride, false, 1 };
    }
    if (A->number.form == DM_VIEW) {
        scale = A->number.scale;
        transposed ^= A->number.left_transposed;
        A = A->number.left;
    }
    dm_panel P = dm_entries(A);
    return (operand) { P.data, P.stride, transposed, scale };
}

enum { SMALL = 14 };                   /* up to here, our own loops are faster than a call of BLAS */

/* The p×n transpose of the n×p B at hand, for the small product. */
static void small(size_t m, size_t n, size_t p, double alpha, operand A, operand B, double beta,
                  double *C, size_t stride)
{
    size_t down = A.transposed ? 1 : A.stride, across = A.transposed ? A.stride : 1;
    double flipped[SMALL * SMALL];

    if (B.transposed) {
        for (size_t k = 0; k < n; k++)
            for (size_t j = 0; j < p; j++)
                flipped[k * p + j] = B.data[j * B.stride + k];
        B.data = flipped;
        B.stride = p;
    }
    dm_small_product(m, n, p, alpha, A.data, down, across, B.data, B.stride, beta, C, stride);
}

/* C = beta*C + alpha*A*B for the row-major m×n A and n×p B: handed to BLAS as C' = B'*A'. */
static void gemm(size_t m, size_t n, size_t p, double alpha, operand A, operand B, double beta,
                 double *C, size_t stride)
{
    int M = (int) m, N = (int) n, P = (int) p, lda = (int) A.stride, ldb = (int) B.stride;
    int ldc = (int) stride, one = 1;

    alpha *= A.scale * B.scale;
    if (n <= SMALL && m <= 4 * SMALL && (B.transposed ? p <= SMALL : p <= 4 * SMALL)) {
        small(m, n, p, alpha, A, B, beta, C, stride);
    } else if (p == 1) {
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

/* C = alpha*A*A' for the m×n A: half the work, and exactly symmetric. */
static void syrk(size_t m, size_t n, double alpha, operand A, double *C, size_t stride)
{
    int M = (int) m, N = (int) n, lda = (int) A.stride, ldc = (int) stride;
    double zero = 0;

    alpha *= A.scale * A.scale;
    dsyrk_("U", A.transposed ? "N" : "T", &M, &N, &alpha, A.data, &lda, &zero, C, &ldc, 1, 1);
    /* The column-major upper triangle is the row-major lower one. */
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < i; j++)
            C[j * stride + i] = C[i * stride + j];
}

/* An operand of a product, with the shape it has there. */
typedef struct {
    dm *A;
    bool transposed;
} side;

static size_t rows_of(side s)
{
    return s.transposed ? s.A->cols : s.A->rows;
}

static size_t cols_of(side s)
{
    return s.transposed ? s.A->rows : s.A->cols;
}

/* The two factors of a product that is not made yet, transposed if the product is. */
static void factors_of(side s, side *L, side *R)
{
    const dm_number *x = &s.A->number;
    side l = { x->left, x->left_transposed }, r = { x->right, x->right_transposed };

    *L = s.transposed ? (side) { r.A, !r.transposed } : l;
    *R = s.transposed ? (side) { l.A, !l.transposed } : r;
}

static dm *product(double scale, side A, side B)
{
    size_t slots = A.A->slots > B.A->slots ? A.A->slots : B.A->slots;
    dm *C = dm_new(A.A->context, rows_of(A), slots, cols_of(B));

    if (!dm_inherit(C, A.A) && !dm_inherit(C, B.A))
        dm_number_product(C, scale, A.A, A.transposed, B.A, B.transposed);
    return C;
}

/* If A is a product L*R that is not made yet, then (L*R)*B may be cheaper as L*(R*B), and B*(L*R) as
 * (B*L)*R.  `thin` is the number of columns of B, or of rows: what the product is spread over.        */
static bool cheaper_apart(side A, size_t thin)
{
    side L, R;

    if (A.A->number.form != DM_PRODUCT || A.A->slots > 1)
        return false;
    factors_of(A, &L, &R);
    double m = (double) rows_of(A), n = (double) cols_of(A), k = (double) cols_of(L), p = (double) thin;
    return k * p * (m + n) < m * n * (k + p);
}

/* row i of target = beta * row i + scale * d(i) * row i of B. */
static bool add_diagonal_product(dm_panel target, double beta, double scale, dm *D, side B, bool from_left)
{
    dm *T = dm_new(D->context, target.rows, target.slots, target.cols);
    dm_panel d = dm_entries(D->number.left), b;

    if (dm_is_failed(T))
        return false;
    view(T, 1, B.A, B.transposed);
    b = T->number.left_transposed ? dm_entries(T) : dm_entries(T->number.left);
    if (T->number.form == DM_VIEW)
        scale *= T->number.scale;
    scale *= D->number.scale;
    if (!d.data || !b.data)
        return false;
    for (size_t i = 0; i < target.rows; i++)
        if (from_left)
            (beta == 0 ? dm_scaled : dm_axpy)(target.stride, scale * d.data[i], dm_row(b, i, 0),
                                              dm_row(target, i, 0));
        else
            for (size_t slot = 0; slot < target.slots; slot++) {
                double *t = dm_row(target, i, slot);
                const double *x = dm_row(b, i, slot);
                for (size_t j = 0; j < target.cols; j++)
                    t[j] = (beta == 0 ? 0 : t[j]) + scale * x[j] * d.data[j];
            }
    return true;
}

/* target = beta*target + scale*A*B, made now. */
static bool add_product(dm_panel target, double beta, double scale, side A, side B)
{
    side L, R;

    if (cheaper_apart(A, B.A->slots * cols_of(B))) {
        factors_of(A, &L, &R);
        dm *RB = product(A.A->number.scale, R, B);
        return !dm_is_failed(RB) && add_product(target, beta, scale, L, (side) { RB, false });
    }
    if (cheaper_apart(B, A.A->slots * rows_of(A))) {
        factors_of(B, &L, &R);
        dm *AL = product(B.A->number.scale, A, L);
        return !dm_is_failed(AL) && add_product(target, beta, scale, (side) { AL, false }, R);
    }
    if (A.A->number.form == DM_ZERO || B.A->number.form == DM_ZERO) {
        return add_to(target, beta, 0, A.A->number.form == DM_ZERO ? A.A : B.A, false);
    }
    if (A.A->number.form == DM_IDENTITY)
        return add_to(target, beta, scale * A.A->number.scale, B.A, B.transposed);
    if (B.A->number.form == DM_IDENTITY)
        return add_to(target, beta, scale * B.A->number.scale, A.A, A.transposed);
    if (A.A->number.form == DM_DIAGONAL)
        return add_diagonal_product(target, beta, scale, A.A, B, true);
    if (B.A->number.form == DM_DIAGONAL)
        return add_diagonal_product(target, beta, scale, B.A, A, false);
    operand a = operand_of(A.A, A.transposed), b = operand_of(B.A, B.transposed);
    if (!a.data || !b.data)
        return false;
    size_t rows = rows_of(A) * A.A->slots, cols = B.A->slots * cols_of(B);
    if (rows > INT_MAX || cols > INT_MAX || cols_of(A) > INT_MAX || a.stride > INT_MAX
        || b.stride > INT_MAX)
        return false;
    /* [A1 ... AK]*B: the panel's rows lie one behind the other, as its slots do. */
    size_t stride = A.A->slots > 1 ? target.cols : target.stride;
    if (A.A->slots > 1)
        a.stride = cols_of(A);
    if (a.data == b.data && a.transposed != b.transposed && beta == 0 && rows > SMALL && rows == cols
        && a.scale == b.scale && A.A->slots == 1)
        syrk(rows, cols_of(A), scale, a, target.data, stride);
    else
        gemm(rows, cols_of(A), cols, scale, a, b, beta, target.data, stride);
    return true;
}

/* ---------------------------------------------------------------------- target += scale * A(') -- */

static void clear(dm_panel P)
{
    memset(P.data, 0, P.rows * P.stride * sizeof *P.data);
}

static void add_same(dm_panel target, double beta, double scale, const double *a)
{
    size_t n = target.rows * target.stride;
    double *t = target.data;

    if (beta != 0)
        dm_axpy(n, scale, a, t);
    else if (scale == 1)
        memcpy(t, a, n * sizeof *t);
    else
        dm_scaled(n, scale, a, t);
}

/* Of the transpose of A, slot by slot. */
static void add_transposed(dm_panel target, double beta, double scale, dm_panel A)
{
    for (size_t slot = 0; slot < target.slots; slot++)
        dm_add_transposed(target.rows, target.cols, beta, scale, dm_row(A, 0, slot), A.stride,
                          dm_row(target, 0, slot), target.stride);
}

static void add_fill(dm_panel target, double beta, double value)
{
    size_t n = target.rows * target.stride;

    for (size_t i = 0; i < n; i++)
        target.data[i] = (beta == 0 ? 0 : target.data[i]) + value;
}

/* target = beta*target + scale*A('), beta 0 or 1; false: no memory. */
static bool add_to(dm_panel target, double beta, double scale, dm *A, bool transposed)
{
    dm_number *x = &A->number;
    dm_panel P;
    side L, R;

    switch (x->form) {
    case DM_ZERO:
        if (beta == 0)
            clear(target);
        return true;
    case DM_FILL:
        add_fill(target, beta, scale * x->scale);
        return true;
    case DM_IDENTITY:
    case DM_DIAGONAL:
        if (beta == 0)
            clear(target);
        P = x->form == DM_DIAGONAL ? dm_entries(x->left) : (dm_panel) { 0 };
        if (x->form == DM_DIAGONAL && !P.data)
            return false;
        for (size_t i = 0; i < target.rows; i++)
            target.data[i * target.stride + i] += scale * x->scale * (P.data ? P.data[i] : 1);
        return true;
    case DM_PRODUCT:
        if (A->slots == 1 || !transposed) {
            factors_of((side) { A, transposed }, &L, &R);
            return add_product(target, beta, scale * x->scale, L, R);
        }
        break;                         /* the transpose of a panel: made first */
    case DM_VIEW:
        return add_to(target, beta, scale * x->scale, x->left, transposed ^ x->left_transposed);
    case DM_DENSE:
        break;
    }
    P = dm_entries(A);
    if (!P.data)
        return false;
    if (transposed)
        add_transposed(target, beta, scale, P);
    else
        add_same(target, beta, scale, P.data);
    return true;
}

/* ---------------------------------------------------------------------------------- arithmetic -- */

/* A long chain of products is made piece by piece, lest it be one deep recursion. */
static unsigned deepest(dm *A, dm *B)
{
    enum { DEEP = 64 };
    dm *deeper = depth_of(A) > depth_of(B) ? A : B;

    if (depth_of(deeper) >= DEEP)
        dm_entries(deeper);
    return depth_of(A) > depth_of(B) ? depth_of(A) : depth_of(B);
}

/* Is one the other's transpose, so that their product is symmetric positive semidefinite? */
static bool opposite(side A, side B)
{
    dm *a = dm_original(A.A) ? dm_original(A.A) : A.A, *b = dm_original(B.A) ? dm_original(B.A) : B.A;
    bool a_view = a != A.A, b_view = b != B.A;
    double scale_a = a_view ? A.A->number.scale : 1, scale_b = b_view ? B.A->number.scale : 1;

    return a == b && scale_a * scale_b > 0 && a->slots == 1
        && (A.transposed ^ (a_view && A.A->number.left_transposed))
           != (B.transposed ^ (b_view && B.A->number.left_transposed));
}

/* diag(x)*diag(y) = diag(x.*y) */
static void diagonal_of_products(dm *C, double scale, dm *A, dm *B)
{
    dm *xy = dm_new(C->context, C->rows, 1, 1);

    if (dm_inherit(C, xy))
        return;
    dm_number_hadamard(xy, A->number.left, B->number.left);
    if (dm_inherit(C, xy))
        return;
    dm_number_diag(C, xy);
    C->number.scale *= scale * A->number.scale * B->number.scale;
}

void dm_number_product(dm *C, double scale, dm *A, bool A_transposed, dm *B, bool B_transposed)
{
    const dm_number *a = &A->number, *b = &B->number;

    if (a->form == DM_ZERO || b->form == DM_ZERO) {
        C->number.form = DM_ZERO;
    } else if (a->form == DM_DIAGONAL && b->form == DM_DIAGONAL) {
        diagonal_of_products(C, scale, A, B);
    } else if (a->form == DM_IDENTITY && B->slots == C->slots) {
        if (B_transposed)
            view(C, scale * a->scale, B, true);
        else
            dm_number_scale(C, scale * a->scale, B);
    } else if (b->form == DM_IDENTITY && A->slots == C->slots) {
        if (A_transposed)
            view(C, scale * b->scale, A, true);
        else
            dm_number_scale(C, scale * b->scale, A);
    } else {
        C->number.form = DM_PRODUCT;
        C->number.depth = 1 + deepest(A, B);
        C->number.scale = scale;
        C->number.left = A;
        C->number.left_transposed = A_transposed;
        C->number.right = B;
        C->number.right_transposed = B_transposed;
        C->number.gram = scale > 0 && opposite((side) { A, A_transposed }, (side) { B, B_transposed });
    }
}

/* May this factor be left to whoever uses the number?  Where several meet, their product must not leave the
 * range of numbers; and who scales against overflow means it to be done first.                       */
static bool can_wait(double scale)
{
    return fabs(scale) >= 1.0 / 1024 && fabs(scale) <= 1024;
}

void dm_number_scale(dm *C, double scale, dm *A)
{
    bool as_number = A->number.form == DM_ZERO || A->number.form == DM_FILL || A->number.form == DM_IDENTITY;

    if (!as_number && !can_wait(A->number.form == DM_DENSE ? scale : scale * A->number.scale)) {
        dm_panel c = dm_fresh(C);
        must(C, c.data && dm_entries(A).data && add_to(c, 0, scale, A, false));
        return;
    }
    if (A->number.form == DM_DENSE || A->number.form == DM_VIEW) {
        view(C, scale, A, false);
        return;
    }
    C->number = A->number;
    C->number.finite = false;
    C->number.factors = NULL;
    C->number.inverse = NULL;
    C->number.scale *= scale;
    C->number.gram = C->number.gram && scale > 0;
    C->number.definite = C->number.definite && scale > 0;
}

void dm_number_transpose(dm *C, dm *A)
{
    side L, R;

    switch (A->number.form) {
    case DM_ZERO:
    case DM_FILL:
    case DM_IDENTITY:
    case DM_DIAGONAL:
        dm_number_scale(C, 1, A);
        break;
    case DM_PRODUCT:
        if (A->slots == 1) {
            factors_of((side) { A, true }, &L, &R);
            dm_number_product(C, A->number.scale, L.A, L.transposed, R.A, R.transposed);
            break;
        }
        if (!dm_entries(A).data) {
            must(C, false);
            break;
        }
        view(C, 1, A, true);
        break;
    default:
        view(C, 1, A, true);
    }
}

void dm_number_diag(dm *C, dm *x)
{
    if (dm_is_zero(x)) {
        C->number.form = DM_ZERO;
    } else if (x->slots == 1) {
        C->number.form = DM_DIAGONAL;
        C->number.diagonal = true;
        C->number.depth = depth_of(x) + 1;
        C->number.scale = 1;
        C->number.left = x;
    } else {
        dm_panel c = dm_fresh(C), d = dm_entries(x);
        must(C, c.data && d.data);
        if (dm_is_failed(C))
            return;
        clear(c);
        for (size_t i = 0; i < c.rows; i++)
            for (size_t slot = 0; slot < c.slots; slot++)
                dm_row(c, i, slot)[i] = *dm_row(d, i, slot);
    }
}

/* A' + A' = 2*A', I + I = 2*I ...: multiples of one thing, which nobody has to form. */
static bool alike(const dm_number *a, const dm_number *b)
{
    return a->form == b->form
        && ((a->form == DM_VIEW && a->left == b->left && a->left_transposed == b->left_transposed)
            || a->form == DM_IDENTITY || a->form == DM_FILL);
}

static bool is_gram(double scale, const dm *A)
{
    return A->number.form == DM_IDENTITY ? scale * A->number.scale >= 0 : scale >= 0 && A->number.gram;
}

static bool is_definite(double scale, const dm *A)
{
    return A->number.form == DM_IDENTITY ? scale * A->number.scale > 0 : scale > 0 && A->number.definite;
}

void dm_number_sum(dm *C, double a, dm *A, double b, dm *B)
{
    if (dm_is_zero(A)) {
        dm_number_scale(C, b, B);
    } else if (dm_is_zero(B)) {
        dm_number_scale(C, a, A);
    } else if (alike(&A->number, &B->number)) {
        C->number = A->number;
        C->number.finite = C->number.gram = C->number.definite = false;
        C->number.scale = a * A->number.scale + b * B->number.scale;
    } else {
        dm_panel P = dm_fresh(C);
        must(C, P.data && add_to(P, 0, a, A, false) && add_to(P, 1, b, B, false));
        C->number.gram = is_gram(a, A) && is_gram(b, B);
        C->number.definite = C->number.gram && (is_definite(a, A) || is_definite(b, B));
    }
}

/* A sum under way that begins with `sum`, in memory of its own. */
static dm *begin(dm *sum)
{
    dm *C = dm_new(sum->context, sum->rows, sum->slots, sum->cols);
    dm_panel P = dm_fresh(C);

    if (P.data) {
        C->in[0] = sum;
        C->number.temporary = true;
        must(C, add_to(P, 0, 1, sum, false));
    }
    return C;
}

static dm *together(dm *sum, double scale)
{
    dm *C = dm_new(sum->context, sum->rows, sum->slots, sum->cols);

    if (!dm_is_failed(C)) {
        C->number = sum->number;
        C->number.finite = C->number.gram = C->number.definite = false;
        C->number.scale += scale;
    }
    return C;
}

dm *dm_number_accumulate(dm *sum, dm *x)
{
    if (!sum || dm_is_failed(x))
        return x;
    if (dm_is_failed(sum) || dm_is_zero(x))
        return sum;
    if (dm_is_zero(sum))
        return x;
    if (alike(&sum->number, &x->number))
        return together(sum, x->number.scale);
    if (!sum->number.temporary) {
        sum = begin(sum);
        if (dm_is_failed(sum))
            return sum;
        sum->in[1] = x;
    }
    must(sum, add_to(dm_entries(sum), 1, 1, x, false));
    sum->number.finite = false;
    return sum;
}

dm *dm_number_accumulate_product(dm *sum, double scale, dm *A, bool A_transposed, dm *B,
                                 bool B_transposed)
{
    side a = { A, A_transposed }, b = { B, B_transposed };

    if (!sum || dm_is_zero(sum))
        return product(scale, a, b);
    if (dm_is_failed(sum) || dm_is_zero(A) || dm_is_zero(B))
        return sum;
    if (A->number.form == DM_IDENTITY || B->number.form == DM_IDENTITY)
        return dm_number_accumulate(sum, product(scale, a, b));
    if (!sum->number.temporary) {
        sum = begin(sum);
        if (dm_is_failed(sum))
            return sum;
    }
    must(sum, add_product(dm_entries(sum), 1, scale, a, b));
    return sum;
}

void dm_number_dual_product(dm *P, dm *dP, const dm *A, const dm *dA, const dm *B, const dm *dB)
{
    dm_panel p = dm_fresh(P), d = dP ? dm_fresh(dP) : p;

    if (p.data && d.data)
        dm_small_dual_product(A->rows, A->cols, B->cols, d.slots, A->number.data,
                              dA ? dA->number.data : NULL, B->number.data,
                              dB ? dB->number.data : NULL, p.data, dP ? d.data : NULL);
}

/* ------------------------------------------------------------------------- inner products, traces -- */

/* Where entry (i,j) of a slot lies, so that a transpose can be read in place. */
typedef struct {
    const double *data;
    size_t down, across;
    double scale;
} strided;

static strided strided_of(side s, size_t slot)
{
    double scale = 1;

    if (s.A->number.form == DM_VIEW) {
        scale = s.A->number.scale;
        s = (side) { s.A->number.left, s.transposed ^ s.A->number.left_transposed };
    }
    dm_panel P = dm_entries(s.A);
    const double *data = P.data ? dm_row(P, 0, s.A->slots > 1 ? slot : 0) : NULL;
    return s.transposed ? (strided) { data, 1, P.stride, scale } : (strided) { data, P.stride, 1, scale };
}

/* The sum of A(i,j)*B(i,j). */
static double dot(size_t m, size_t n, strided A, strided B)
{
    double sum = 0;

    if (A.down == 1 && A.across != 1) {            /* both the other way round */
        strided swap = { A.data, A.across, A.down, A.scale };
        A = swap;
        B = (strided) { B.data, B.across, B.down, B.scale };
        size_t k = m;
        m = n;
        n = k;
    }
    if (B.across != 1 && n > 1)
        sum = dm_dot_transposed(m, n, A.data, A.down, B.data, B.across);
    else if (A.down == n && B.down == n)
        sum = dm_dot(m * n, A.data, B.data);
    else
        for (size_t i = 0; i < m; i++)
            sum += dm_dot(n, A.data + i * A.down, B.data + i * B.down);
    return A.scale * B.scale * sum;
}

/* The sum of L(i,j)*R(i,j) for slot after slot. */
static void dot_slots(dm *C, double scale, size_t m, size_t n, side L, side R)
{
    dm_panel P = dm_fresh(C);

    for (size_t slot = 0; slot < C->slots && P.data; slot++) {
        strided l = strided_of(L, slot), r = strided_of(R, slot);
        if (!l.data || !r.data) {
            must(C, false);
            return;
        }
        P.data[slot] = scale * dot(m, n, l, r);
    }
}

/* C, 1×1, times a number. */
static void scale_slots(dm *C, double scale)
{
    dm_panel P = dm_entries(C);

    for (size_t slot = 0; P.data && slot < C->slots; slot++)
        P.data[slot] *= scale;
}

static void sum_slots(dm *C, dm *A)
{
    dm_panel P = dm_fresh(C), a = dm_entries(A);

    must(C, P.data && a.data);
    for (size_t slot = 0; slot < C->slots && !dm_is_failed(C); slot++) {
        double sum = 0;
        for (size_t i = 0; i < a.rows; i++)
            for (size_t j = 0; j < a.cols; j++)
                sum += dm_row(a, i, slot)[j];
        P.data[slot] = sum;
    }
}

void dm_number_inner(dm *C, dm *A, dm *B)
{
    if (dm_is_zero(A) || dm_is_zero(B)) {
        C->number.form = DM_ZERO;
        return;
    }
    if (B->number.form == DM_IDENTITY || B->number.form == DM_FILL) {
        dm *swap = A;
        A = B;
        B = swap;
    }
    if (A->number.form == DM_IDENTITY) {
        dm_number_trace(C, B);
        scale_slots(C, A->number.scale);
    } else if (A->number.form == DM_FILL) {
        sum_slots(C, B);
        scale_slots(C, A->number.scale);
    } else {
        dot_slots(C, 1, A->rows, A->cols, (side) { A, false }, (side) { B, false });
    }
}

void dm_number_trace(dm *C, dm *A)
{
    side L, R;

    if (A->number.form == DM_PRODUCT) {
        /* tr(L*R) = sum of L(i,j)*R(j,i): n² work, and L*R is not made. */
        factors_of((side) { A, false }, &L, &R);
        R.transposed = !R.transposed;
        dot_slots(C, A->number.scale, A->rows, cols_of(L), L, R);
        return;
    }
    dm_panel P = dm_fresh(C);
    for (size_t slot = 0; slot < C->slots && P.data; slot++) {
        double t = 0;
        if (A->number.form == DM_IDENTITY || A->number.form == DM_FILL) {
            t = (double) A->rows * A->number.scale;
        } else if (A->number.form != DM_ZERO) {
            strided a = strided_of((side) { A, false }, slot);
            must(C, a.data != NULL);
            for (size_t i = 0; a.data && i < A->rows; i++)
                t += a.data[i * (a.down + a.across)];
            t *= a.scale;
        }
        P.data[slot] = t;
    }
}

void dm_number_hadamard(dm *C, dm *A, dm *B)
{
    if (dm_is_zero(A) || dm_is_zero(B)) {
        C->number.form = DM_ZERO;
        return;
    }
    if (A->number.form == DM_FILL && B->slots == C->slots) {
        dm_number_scale(C, A->number.scale, B);
        return;
    }
    if (B->number.form == DM_FILL && A->slots == C->slots) {
        dm_number_scale(C, B->number.scale, A);
        return;
    }
    dm_panel c = dm_fresh(C), a = dm_entries(A), b = dm_entries(B);
    if (!c.data || !a.data || !b.data) {
        must(C, false);
        return;
    }
    if (a.slots == b.slots) {
        dm_multiply(c.rows * c.stride, a.data, b.data, c.data);
        return;
    }
    for (size_t i = 0; i < c.rows; i++)
        for (size_t slot = 0; slot < c.slots; slot++)
            dm_multiply(c.cols, dm_row(a, i, a.slots > 1 ? slot : 0), dm_row(b, i, b.slots > 1 ? slot : 0),
                        dm_row(c, i, slot));
}
