/* Products of numbers: left unmade until somebody needs the entries, then made in the cheaper order, by our own
 * loops where they are small, else by BLAS.                                                          */
#include <limits.h>
#include <math.h>
#include <string.h>
#include "numbers/forms.h"
#include "numbers/kernels.h"
#include "numbers/lapack.h"
#include "numbers/vectors.h"

/* A matrix as BLAS takes it: scale times the rows at `data`, `stride` apart, or the transpose of that. */
typedef struct {
    const double *data;
    size_t stride;
    bool transposed;
    double scale;
} operand;

static inline operand operand_of(dm *A, bool transposed)
{
    double scale = 1;

    if (A->number.form == DM_DENSE && A->slots == 1)
        return (operand) { A->number.data, A->cols, transposed, 1 };
    if (A->slots > 1 && (transposed || (A->number.form == DM_VIEW && A->number.left_transposed))) {
        /* A panel's transpose cannot be had by a flag. */
        dm *T = dm_new(A->context, A->rows, A->slots, A->cols);
        if (transposed) {
            T->rows = A->cols;
            T->cols = A->rows;
        }
        if (dm_is_failed(T))
            return (operand) { NULL, 0, false, 1 };
        dm_view(T, 1, A, transposed);
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

enum { SMALL = 16 };                   /* dm_small_limit is at most this */
enum { LEAF = 64 };                    /* triangles up to here are multiplied whole */
enum { WIDE = 16 };                    /* half a product with what is so wide is faster than all of it */

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

/* y = beta*y + alpha*A*x for the m×n A, the entries of x and y so far apart. */
static void matrix_column(size_t m, size_t n, double alpha, operand A, const double *x, size_t x_apart, double beta,
                          double *y, size_t y_apart)
{
    int M = (int) m, N = (int) n, lda = (int) A.stride, x_inc = (int) x_apart, y_inc = (int) y_apart;

    if (m * n > dm_vector_limit() || (A.transposed ? y_apart : x_apart) != 1)
        dgemv_(A.transposed ? "N" : "T", A.transposed ? &M : &N, A.transposed ? &N : &M, &alpha, A.data, &lda, x,
               &x_inc, &beta, y, &y_inc, 1);
    else if (A.transposed)
        dm_row_matrix(n, m, alpha, x, x_apart, A.data, A.stride, beta, y);
    else
        dm_matrix_column(m, n, alpha, A.data, A.stride, x, beta, y, y_apart);
}

/* C = beta*C + alpha*A*B for the row-major m×n A and n×p B: handed to BLAS as C' = B'*A'.
 * Called, it would take longer than the smallest products.                                           */
INLINE void gemm(size_t m, size_t n, size_t p, double alpha, operand A, operand B, double beta,
                 double *C, size_t stride)
{
    int M = (int) m, N = (int) n, P = (int) p, lda = (int) A.stride, ldb = (int) B.stride, ldc = (int) stride;
    size_t limit = dm_small_limit();

    alpha *= A.scale * B.scale;
    if (n == 1 && (!B.transposed || B.stride == 1)) {
        dm_column_row(m, p, alpha, A.data, A.transposed ? 1 : A.stride, B.data, beta, C, stride);
    } else if (p == 1) {
        matrix_column(m, n, alpha, A, B.data, B.transposed ? 1 : B.stride, beta, C, stride);
    } else if (m == 1) {               /* C' = B'*A' */
        B.transposed = !B.transposed;
        matrix_column(p, n, alpha, B, A.data, A.transposed ? A.stride : 1, beta, C, 1);
    } else if (n <= limit && (!B.transposed || p <= limit)) {
        small(m, n, p, alpha, A, B, beta, C, stride);
    } else if (dm_is_for_wide_registers(m, n, p)) {
        dm_wide_product(m, n, p, alpha, A.data, A.transposed ? 1 : A.stride, A.transposed ? A.stride : 1, B.data,
                        B.stride, B.transposed, beta, C, stride);
    } else {
        dgemm_(B.transposed ? "T" : "N", A.transposed ? "T" : "N", &P, &M, &N, &alpha, B.data, &ldb,
               A.data, &lda, &beta, C, &ldc, 1, 1);
    }
}

void dm_multiply_dense(size_t m, size_t n, size_t p, double alpha, const double *A, bool A_transposed, const double *B,
                       bool B_transposed, double beta, double *C)
{
    operand a = { A, A_transposed ? m : n, A_transposed, 1 }, b = { B, B_transposed ? n : p, B_transposed, 1 };

    gemm(m, n, p, alpha, a, b, beta, C, p);
}

static operand part(operand A, size_t i, size_t j)
{
    A.data += A.transposed ? j * A.stride + i : i * A.stride + j;
    return A;
}

/* The same where A (from the left) or B is an n×n triangle [T1, 0; M, T2] or [T1, M; 0, T2], and the other one is
 * `width` wide: T1 and T2 each times their half, then M; half of the work falls away.                */
static void triangular(size_t n, size_t width, bool from_left, bool is_lower, double alpha, operand A, operand B,
                       double beta, double *C, size_t stride)
{
    size_t h = n / 2, i = is_lower ? h : 0, j = is_lower ? 0 : h;      /* where M begins */
    size_t m = is_lower ? n - h : h, k = n - m;                        /* and its shape */

    if (n <= LEAF) {
        gemm(from_left ? n : width, n, from_left ? width : n, alpha, A, B, beta, C, stride);
    } else if (from_left) {
        triangular(h, width, true, is_lower, alpha, A, B, beta, C, stride);
        triangular(n - h, width, true, is_lower, alpha, part(A, h, h), part(B, h, 0), beta, C + h * stride, stride);
        gemm(m, k, width, alpha, part(A, i, j), part(B, j, 0), 1, C + i * stride, stride);
    } else {
        triangular(h, width, false, is_lower, alpha, A, B, beta, C, stride);
        triangular(n - h, width, false, is_lower, alpha, part(A, 0, h), part(B, h, h), beta, C + h, stride);
        gemm(width, m, k, alpha, part(A, 0, i), part(B, i, j), 1, C + j, stride);
    }
}

/* Which triangle is s, in a product with something so wide?  DM_FULL also where that is too narrow to save anything. */
static dm_triangle triangle_of(dm_side s, size_t width)
{
    return width < WIDE ? DM_FULL : dm_flipped(dm_number_triangle(s.A), s.transposed);
}

/* C = alpha*A*A' for the m×n A: half the work, and exactly symmetric. */
static void syrk(size_t m, size_t n, double alpha, operand A, double *C, size_t stride)
{
    int M = (int) m, N = (int) n, lda = (int) A.stride, ldc = (int) stride;
    double zero = 0;

    alpha *= A.scale * A.scale;
    dsyrk_("U", A.transposed ? "N" : "T", &M, &N, &alpha, A.data, &lda, &zero, C, &ldc, 1, 1);
    dm_mirror(m, C, stride, true);     /* the column-major upper triangle is the row-major lower one */
}

/* The two factors of a product that is not made yet, transposed if the product is. */
void dm_sides_of(dm_side s, dm_side *L, dm_side *R)
{
    const dm_number *x = &s.A->number;
    dm_side l = { x->left, x->left_transposed }, r = { x->right, x->right_transposed };

    *L = s.transposed ? (dm_side) { r.A, !r.transposed } : l;
    *R = s.transposed ? (dm_side) { l.A, !l.transposed } : r;
}

static dm *product(double scale, dm_side A, dm_side B)
{
    size_t slots = A.A->slots > B.A->slots ? A.A->slots : B.A->slots;
    dm *C = dm_new(A.A->context, dm_side_rows(A), slots, dm_side_cols(B));

    if (!dm_inherit(C, A.A) && !dm_inherit(C, B.A)) {
        C->in[0] = A.A;
        C->in[1] = B.A;
        dm_number_product(C, scale, A.A, A.transposed, B.A, B.transposed);
    }
    return C;
}

/* If A is a product L*R that is not made yet, then (L*R)*B may be cheaper as L*(R*B), and B*(L*R) as
 * (B*L)*R.  `thin` is the number of columns of B, or of rows: what the product is spread over.        */
static bool cheaper_apart(dm_side A, size_t thin)
{
    dm_side L, R;

    if (A.A->number.form != DM_PRODUCT || A.A->slots > 1)
        return false;
    dm_sides_of(A, &L, &R);
    double m = (double) dm_side_rows(A), n = (double) dm_side_cols(A), k = (double) dm_side_cols(L), p = (double) thin;
    return k * p * (m + n) < m * n * (k + p);
}

dm_side dm_seen_through(dm_side s, double *scale)
{
    const dm_number *x = &s.A->number;

    if (!x->left || x->right || x->diagonal)
        return s;
    *scale *= x->scale;
    return (dm_side) { x->left, s.transposed ^ x->left_transposed };
}

/* Is AB = A*B as it should be?  Factors that meet early may leave the range of numbers though the whole does not: then
 * entries of AB are too large or too small, or 0 where nothing says that they are.                   */
static bool in_range(dm *AB, dm_side A, dm_side B)
{
    const double small = 1e-250, large = 1e250;
    double least, most, least_A, least_B;
    dm_panel P = dm_entries(AB);
    size_t n = P.rows * P.stride, zeros = 0;

    if (!P.data)
        return true;                   /* no memory, as its user will see */
    dm_range(n, P.data, &least, &most);            /* of what is not 0 */
    if (!(most < large) || (least != 0 && least < small))
        return false;
    for (size_t i = 0; i < n; i++)
        zeros += P.data[i] == 0;
    if (zeros == 0)
        return true;
    dm_number_range(A.A, &least_A, &most);
    dm_number_range(B.A, &least_B, &most);
    return least_A == 0 || least_B == 0 || least_A * least_B > small;
}

static bool as_stored(const dm *A)
{
    return A->number.form == DM_DENSE || (A->number.form == DM_VIEW && A->number.left->number.form == DM_DENSE);
}

/* row i of target = beta * row i + scale * d(i) * row i of B. */
static bool add_diagonal_product(dm_panel target, double beta, double scale, dm *D, dm_side B, bool from_left)
{
    dm *T = dm_new(D->context, target.rows, target.slots, target.cols);
    dm_panel d = dm_entries(D->number.left), b;

    if (dm_is_failed(T))
        return false;
    dm_view(T, 1, B.A, B.transposed);
    b = T->number.left_transposed ? dm_entries(T) : dm_entries(T->number.left);
    if (T->number.form == DM_VIEW)
        scale *= T->number.scale;
    scale *= D->number.scale;
    if (!d.data || !b.data)
        return false;
    if (from_left)
        dm_scale_rows(target.rows, target.stride, scale, d.data, b.data, beta, target.data);
    for (size_t i = 0; i < target.rows && !from_left; i++)
        for (size_t slot = 0; slot < target.slots; slot++) {
            double *t = dm_row(target, i, slot);
            const double *x = dm_row(b, i, slot);
            for (size_t j = 0; j < target.cols; j++)
                t[j] = (beta == 0 ? 0 : t[j]) + scale * x[j] * d.data[j];
        }
    return true;
}

/* Are A*B three factors L*diag(d)*R, L and R each other's transpose? */
static bool weighted(dm_side A, dm_side B, dm_side *D, dm_side *R, double *scale)
{
    dm_side L = A;

    *R = B;
    if (A.A->number.form == DM_PRODUCT && A.A->slots == 1) {
        dm_sides_of(A, &L, D);
        *scale *= A.A->number.scale;
    } else if (B.A->number.form == DM_PRODUCT && B.A->slots == 1) {
        dm_sides_of(B, D, R);
        *scale *= B.A->number.scale;
    } else {
        return false;
    }
    L = dm_seen_through(L, scale);
    *R = dm_seen_through(*R, scale);
    *scale *= D->A->number.scale;
    return D->A->number.form == DM_DIAGONAL && L.A == R->A && L.transposed != R->transposed && L.A->slots == 1
        && as_stored(R->A);
}

/* R'*diag(d)*R, all d of one sign, is T'*T or -T'*T with T = diag(sqrt(abs(d)))*R: half the work, and exactly
 * symmetric.                                                                                         */
static bool weighted_gram(dm_panel target, double scale, dm_side D, dm_side R)
{
    dm *root = dm_new(D.A->context, D.A->rows, 1, 1), *T = dm_new(D.A->context, D.A->rows, 1, target.cols);
    dm_panel d = dm_entries(D.A->number.left), r = dm_fresh(root), t = dm_fresh(T);

    if (!d.data || !r.data || !t.data)
        return false;
    size_t negative = 0, positive = 0;
    for (size_t i = 0; i < d.rows; i++) {
        negative += !(d.data[i] >= 0);
        positive += !(d.data[i] <= 0);
        r.data[i] = sqrt(fabs(d.data[i]));
    }
    if (negative && positive)
        return false;
    scale = negative ? -scale : scale;
    dm roots = { .number = { .form = DM_DIAGONAL, .scale = 1, .left = root }, .context = D.A->context };
    if (!add_diagonal_product(t, 0, 1, &roots, R, true))
        return false;
    syrk(target.cols, d.rows, scale, (operand) { t.data, t.stride, true, 1 }, target.data, target.stride);
    return true;
}

/* target = beta*target + scale*A*B by entries. */
static bool multiply_add(dm_panel target, double beta, double scale, dm_side A, dm_side B)
{
    operand a = operand_of(A.A, A.transposed), b = operand_of(B.A, B.transposed);
    if (!a.data || !b.data)
        return false;
    size_t rows = dm_side_rows(A) * A.A->slots, cols = B.A->slots * dm_side_cols(B);
    if ((rows | cols | dm_side_cols(A) | a.stride | b.stride) > INT_MAX)
        return false;
    /* [A1 ... AK]*B: the panel's rows lie one behind the other, as its slots do. */
    size_t stride = A.A->slots > 1 ? target.cols : target.stride;
    bool large = dm_side_cols(A) > LEAF;
    dm_triangle t;
    if (A.A->slots > 1)
        a.stride = dm_side_cols(A);
    if (a.data == b.data && a.transposed != b.transposed && beta == 0 && rows == cols && a.scale == b.scale
        && A.A->slots == 1 && rows > dm_small_limit() && !dm_gram_is_for_wide_registers(rows, dm_side_cols(A)))
        syrk(rows, dm_side_cols(A), scale, a, target.data, stride);
    else if (large && (t = triangle_of(A, cols)) != DM_FULL)
        triangular(rows, cols, true, t == DM_LOWER, scale, a, b, beta, target.data, stride);
    else if (large && (t = triangle_of(B, rows)) != DM_FULL)
        triangular(cols, rows, false, t == DM_LOWER, scale, a, b, beta, target.data, stride);
    else
        gemm(rows, dm_side_cols(A), cols, scale, a, b, beta, target.data, stride);
    return true;
}

/* Both small, and their entries there?  A panel is no more than many rows or many columns. */
static inline bool tiny(dm_side A, dm_side B)
{
    return A.A->small && B.A->small && (A.A->slots == 1 || (!A.transposed && B.A->slots == 1))
        && (B.A->slots == 1 || !B.transposed);
}

static inline void add_tiny_product(double *target, double beta, double scale, dm_side A, dm_side B)
{
    dm_tiny_product(dm_side_rows(A) * A.A->slots, dm_side_cols(A), dm_side_cols(B) * B.A->slots, scale,
                    A.A->number.data, A.transposed, B.A->number.data, B.transposed, beta, target);
}

/* target = beta*target + scale*A*B, made now. */
bool dm_add_product(dm_panel target, double beta, double scale, dm_side A, dm_side B)
{
    dm_side L, D, R;
    double all = scale;

    if (tiny(A, B)) {
        add_tiny_product(target.data, beta, scale, A, B);
        return true;
    }
    if (as_stored(A.A) && as_stored(B.A))
        return multiply_add(target, beta, scale, A, B);
    /* By the pieces: what comes of them is placed, or has rank one. */
    if ((dm_in_a_row(A.A) && B.A->slots == 1) || (dm_in_a_row(B.A) && A.A->slots == 1)) {
        dm *C = product(scale, A, B);
        return C->number.form == DM_PRODUCT ? dm_placed_add_outer(target, beta, scale, A, B)
             : !dm_is_failed(C) && dm_add_to(target, beta, 1, C, false);
    }
    if (beta == 0 && weighted(A, B, &D, &R, &all) && weighted_gram(target, all, D, R))
        return true;
    if (cheaper_apart(A, B.A->slots * dm_side_cols(B))) {
        dm_sides_of(A, &L, &R);
        dm *RB = product(A.A->number.scale, R, B);
        if (dm_is_failed(RB))
            return false;
        if (in_range(RB, R, B))
            return dm_add_product(target, beta, scale, L, (dm_side) { RB, false });
    }
    if (cheaper_apart(B, A.A->slots * dm_side_rows(A))) {
        dm_sides_of(B, &L, &R);
        dm *AL = product(B.A->number.scale, A, L);
        if (dm_is_failed(AL))
            return false;
        if (in_range(AL, A, L))
            return dm_add_product(target, beta, scale, (dm_side) { AL, false }, R);
    }
    if (A.A->number.form == DM_ZERO || B.A->number.form == DM_ZERO) {
        return dm_add_to(target, beta, 0, A.A->number.form == DM_ZERO ? A.A : B.A, false);
    }
    if (A.A->number.form == DM_IDENTITY)
        return dm_add_to(target, beta, scale * A.A->number.scale, B.A, B.transposed);
    if (B.A->number.form == DM_IDENTITY)
        return dm_add_to(target, beta, scale * B.A->number.scale, A.A, A.transposed);
    if (A.A->number.form == DM_DIAGONAL)
        return add_diagonal_product(target, beta, scale, A.A, B, true);
    if (B.A->number.form == DM_DIAGONAL)
        return add_diagonal_product(target, beta, scale, B.A, A, false);
    return multiply_add(target, beta, scale, A, B);
}

/* ------------------------------------------------------------------------ a product as a number -- */

/* Is one the other's transpose, so that their product is symmetric positive semidefinite? */
static bool opposite(double scale, dm_side A, dm_side B)
{
    A = dm_seen_through(A, &scale);
    B = dm_seen_through(B, &scale);
    return A.A == B.A && A.transposed != B.transposed && scale > 0 && A.A->slots == 1;
}

/* diag(x)*diag(y) = diag(x.*y) */
static void diagonal_of_products(dm *C, double scale, dm *A, dm *B)
{
    dm *xy = dm_new(C->context, C->rows, 1, 1), *all = dm_new(C->context, C->rows, 1, 1);

    if (dm_inherit(C, xy) || dm_inherit(C, all))
        return;
    dm_number_hadamard(xy, A->number.left, B->number.left);
    dm_number_scale(all, scale * A->number.scale * B->number.scale, xy);       /* which does not let it grow */
    if (dm_inherit(C, xy) || dm_inherit(C, all))
        return;
    dm_number_diag(C, all);
}

void dm_number_product(dm *C, double scale, dm *A, bool A_transposed, dm *B, bool B_transposed)
{
    const dm_number *a = &A->number, *b = &B->number;
    dm_side l = { A, A_transposed }, r = { B, B_transposed };

    if (tiny(l, r)) {                  /* which takes less time than to make it later */
        dm_panel P = dm_fresh(C);
        if (P.data)
            add_tiny_product(P.data, 0, scale, l, r);
        C->number.gram = opposite(scale, l, r);
    } else if (a->form == DM_ZERO || b->form == DM_ZERO) {
        C->number.form = DM_ZERO;
    } else if (a->form == DM_DIAGONAL && b->form == DM_DIAGONAL) {
        diagonal_of_products(C, scale, A, B);
    } else if (a->form == DM_IDENTITY && B->slots == C->slots) {
        if (B_transposed)
            dm_view(C, scale * a->scale, B, true);
        else
            dm_number_scale(C, scale * a->scale, B);
    } else if (b->form == DM_IDENTITY && A->slots == C->slots) {
        if (A_transposed)
            dm_view(C, scale * b->scale, A, true);
        else
            dm_number_scale(C, scale * b->scale, A);
    } else if (!dm_either_in_a_row(A, B) || !dm_placed_product(C, scale, l, r)) {
        C->number.form = DM_PRODUCT;
        C->number.depth = 1 + dm_deepest(A, B);
        C->number.scale = scale;
        C->number.left = A;
        C->number.left_transposed = A_transposed;
        C->number.right = B;
        C->number.right_transposed = B_transposed;
        C->number.gram = opposite(scale, l, r);
    }
}

static bool same_side(dm_side a, dm_side b)
{
    return a.A == b.A && a.transposed == b.transposed;
}

/* a*A(') + b*B(') */
static dm *sum_of_sides(double a, dm_side A, double b, dm_side B)
{
    dm *C = dm_new(A.A->context, dm_side_rows(A), 1, dm_side_cols(A));
    dm_panel P = dm_fresh(C);

    if (P.data)
        dm_must(C, dm_add_to(P, 0, a, A.A, A.transposed) && dm_add_to(P, 1, b, B.A, B.transposed));
    return C;
}

dm *dm_products_together(const dm *sum, double p, const dm *x)
{
    dm_side A, B, C, D;

    if (sum->number.form != DM_PRODUCT || x->number.form != DM_PRODUCT || sum->slots > 1)
        return NULL;
    double a = sum->number.scale, b = p * x->number.scale;
    dm_sides_of((dm_side) { (dm *) sum, false }, &A, &B);
    dm_sides_of((dm_side) { (dm *) x, false }, &C, &D);
    A = dm_seen_through(A, &a);
    B = dm_seen_through(B, &a);
    C = dm_seen_through(C, &b);
    D = dm_seen_through(D, &b);
    if (same_side(A, C) && as_stored(B.A) && as_stored(D.A))
        B = (dm_side) { sum_of_sides(a, B, b, D), false };
    else if (same_side(B, D) && as_stored(A.A) && as_stored(C.A))
        A = (dm_side) { sum_of_sides(a, A, b, C), false };
    else
        return NULL;
    return product(1, A, B);
}

/* sum + scale*A('): once more of what the sum is a multiple of costs nothing. */
static dm *accumulate_view(dm *sum, double scale, dm *A, bool transposed)
{
    if (sum && sum->number.temporary && sum->number.form == DM_VIEW && sum->number.left == A
        && sum->number.left_transposed == transposed && sum->number.scale + scale != 0) {
        sum->number.scale += scale;
        sum->number.finite = sum->number.gram = sum->number.definite = false;
        return sum;
    }
    if (!transposed)
        return dm_number_accumulate(sum, scale, A);
    dm *C = dm_new(A->context, A->cols, A->slots, A->rows);
    if (dm_is_failed(C))
        return C;
    C->in[0] = A;
    dm_view(C, scale, A, true);
    C->number.temporary = true;
    return sum ? dm_number_accumulate(sum, 1, C) : C;
}

dm *dm_number_accumulate_product(dm *sum, double scale, dm *A, bool A_transposed, dm *B,
                                 bool B_transposed)
{
    dm_side a = { A, A_transposed }, b = { B, B_transposed };

    if (sum && (dm_is_failed(sum) || dm_is_zero(A) || dm_is_zero(B)))
        return sum;
    if (sum && dm_is_zero(sum))
        sum = NULL;
    if (A->number.form == DM_IDENTITY && B->number.form == DM_DENSE)
        return accumulate_view(sum, scale * A->number.scale, B, B_transposed);
    if (B->number.form == DM_IDENTITY && A->number.form == DM_DENSE)
        return accumulate_view(sum, scale * B->number.scale, A, A_transposed);
    if (!sum) {
        dm *C = product(scale, a, b);
        C->number.temporary = !dm_is_failed(C);
        return C;
    }
    if (A->number.form == DM_IDENTITY || B->number.form == DM_IDENTITY)
        return dm_number_accumulate(sum, 1, product(scale, a, b));
    if (sum->number.form == DM_PRODUCT || dm_in_a_row(sum))
        return dm_number_accumulate(sum, 1, product(scale, a, b));
    dm_panel P = dm_sum_begin(&sum);
    if (!dm_is_failed(sum))
        dm_must(sum, dm_add_product(P, 1, scale, a, b));
    return sum;
}

void dm_number_dual_product(dm *P, dm *dP, double *room, const dm *A, const dm *dA, const dm *B, const dm *dB)
{
    double *d = room + P->rows * P->cols;

    dm_number_at(P, room);
    if (dP)
        dm_number_at(dP, d);
    dm_small_dual_product(A->rows, A->cols, B->cols, dP ? dP->slots : 0, A->number.data, dA ? dA->number.data : NULL,
                          B->number.data, dB ? dB->number.data : NULL, room, d);
}
