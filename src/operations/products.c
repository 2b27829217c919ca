/* Matrix products: of two matrices, inner, outer, Kronecker, powers. */
#include "operations/rules.h"

/* ---------------------------------------------------------------------------- the maps of this file */

/* sum + p*A*B, where A and B may stand transposed; of numbers, made where it lands. */
static dm *add_product(dm *sum, double p, dm *A, bool A_transposed, dm *B, bool B_transposed)
{
    bool numbers = !A->level && !B->level && (!sum || !sum->level) && !A->context->base;

    if (dm_is_failed(A) || dm_is_failed(B))
        return dm_is_failed(A) ? A : B;
    if (numbers && (A->slots == 1 || B->slots == 1))
        return dm_number_accumulate_product(sum, p, A, A_transposed, B, B_transposed);
    if (A_transposed)
        A = dm_transpose(A);
    if (B_transposed)
        B = dm_transpose(B);
    return dm_accumulate_times(sum, p, dm_mul(A, B));
}

/* dX -> p*L*dX, and back p*L'*u */
static dm *left_push(const dm_term *t, dm *d, dm *sum)
{
    return add_product(sum, t->scale, t->L, false, d, false);
}

static dm *left_pull(const dm_term *t, dm *u, dm *sum)
{
    return add_product(sum, t->scale, t->L, true, u, false);
}

/* Left, right and sandwich are what they are called. */
static bool product_form(const dm_term *t, dm_sandwich *form)
{
    *form = (dm_sandwich) { t->scale, t->L, t->R, false };
    return true;
}

static const dm_map left_map = { "left", left_push, left_pull, product_form };

void dm_term_left(dm *C, double p, dm *L, dm *X)
{
    dm_term_add(C, &left_map, p, L, NULL, X);
}

/* dX -> p*dX*R, and back p*u*R' */
static dm *right_push(const dm_term *t, dm *d, dm *sum)
{
    return add_product(sum, t->scale, d, false, t->R, false);
}

static dm *right_pull(const dm_term *t, dm *u, dm *sum)
{
    return add_product(sum, t->scale, u, false, t->R, true);
}

static const dm_map right_map = { "right", right_push, right_pull, product_form };

void dm_term_right(dm *C, double p, dm *X, dm *R)
{
    dm_term_add(C, &right_map, p, NULL, R, X);
}

/* dX -> p*L*dX*R, and back p*L'*u*R' */
static dm *sandwich_push(const dm_term *t, dm *d, dm *sum)
{
    dm *Ld = add_product(NULL, 1, t->L, false, d, false);

    return add_product(sum, t->scale, Ld, false, t->R, false);
}

static dm *sandwich_pull(const dm_term *t, dm *u, dm *sum)
{
    dm *Lu = add_product(NULL, 1, t->L, true, u, false);

    return add_product(sum, t->scale, Lu, false, t->R, true);
}

static const dm_map sandwich_map = { "sandwich", sandwich_push, sandwich_pull, product_form };

void dm_term_sandwich(dm *C, double p, dm *L, dm *X, dm *R)
{
    dm_term_add(C, &sandwich_map, p, L, R, X);
}

/* dX -> p*tr(W'*dX), and back p*u*W */
static dm *inner_push(const dm_term *t, dm *d, dm *sum)
{
    return dm_accumulate_times(sum, t->scale, dm_inner(t->L, d));
}

static dm *inner_pull(const dm_term *t, dm *u, dm *sum)
{
    return dm_add_multiple(sum, t->scale, u, t->L);
}

/* Of a column: p*W'*dx. */
static bool inner_form(const dm_term *t, dm_sandwich *form)
{
    *form = (dm_sandwich) { t->scale, NULL, NULL, false };
    if (t->X->cols != 1 || t->L->level)
        return false;
    form->L = dm_transpose(t->L);
    return !dm_is_failed(form->L);
}

static const dm_map inner_map = { "inner", inner_push, inner_pull, inner_form };

void dm_term_inner(dm *C, double p, dm *W, dm *X)
{
    dm_term_add(C, &inner_map, p, W, NULL, X);
}

/* ------------------------------------------------------------------------- d(A*B) = dA*B + A*dB */

static void mul_value(dm *C, dm *const X[])
{
    dm_number_product(C, 1, X[0], false, X[1], false);
}

static void mul_rule(dm *C, dm *const X[])
{
    dm *A = X[0], *B = X[1];

    dm_term_right(C, 1, A, lower(C, B));           /* dA*B */
    dm_term_left(C, 1, lower(C, A), B);            /* A*dB */
}

static const dm_op mul_op;

/* The two terms above and the value, for matrices so small that walking the terms costs more than their
 * products.  The tests hold this against the rule.                                                   */
static dm *mul_at_once(dm *const X[])
{
    dm *A = X[0], *B = X[1], *dA = NULL, *dB = NULL;
    dm_level *level = A->level ? A->level : B->level;

    if (!level || A->cols != B->rows || A->slots > 1 || B->slots > 1)
        return NULL;
    if (A->level == level) {
        dA = A->dual.differential;
        A = A->dual.value;
    }
    if (B->level == level) {
        dB = B->dual.differential;
        B = B->dual.value;
    }
    if (A->level || B->level)
        return NULL;
    /* C, its value and its differential, and the entries of both, in one piece. */
    size_t m = A->rows, p = B->cols, slots = dA ? dA->slots : dB ? dB->slots : 0;
    dm *C = dm_arena_alloc(A->context, 3 * sizeof *C + (1 + slots) * m * p * sizeof(double));
    if (!C)
        return dm_out_of_memory(A->context);
    dm *value = dm_begin(C + 1, A->context, m, 1, p), *d = slots ? dm_begin(C + 2, A->context, m, slots, p) : NULL;
    dm_begin(C, A->context, m, 1, p);
    C->level = level;
    C->op = value->op = &mul_op;
    C->in[0] = X[0];
    C->in[1] = X[1];
    value->in[0] = A;
    value->in[1] = B;
    C->dual.value = value;
    C->dual.differential = d;
    C->small = true;
    dm_number_dual_product(value, d, (double *) (C + 3), A, dA, B, dB);
    return C;
}

static const dm_op mul_op = {
    .name = "mul", .operands = "AB", .formula = "A*B", .differential = "dA*B + A*dB",
    .shapes = "mn np mp", .value = mul_value, .rule = mul_rule, .at_once = mul_at_once,
};

dm *dm_mul(dm *A, dm *B)
{
    return dm_apply(&mul_op, (dm *[DM_OPERANDS]) { A, B }, NULL);
}

/* -------------------------------------------------------------- d tr(A'*B) = tr(dA'*B) + tr(A'*dB) */

static void inner_value(dm *C, dm *const X[])
{
    dm_number_inner(C, X[0], X[1]);
}

static void inner_rule(dm *C, dm *const X[])
{
    dm_term_inner(C, 1, lower(C, X[1]), X[0]);     /* tr(B'*dA) */
    dm_term_inner(C, 1, lower(C, X[0]), X[1]);     /* tr(A'*dB) */
}

static const dm_op inner_op = {
    .name = "inner", .operands = "AB", .formula = "inner(A,B)",
    .differential = "tr(dA'*B) + tr(A'*dB)", .shapes = "mn mn 11", .value = inner_value,
    .rule = inner_rule,
};

dm *dm_inner(dm *A, dm *B)
{
    return dm_apply(&inner_op, (dm *[DM_OPERANDS]) { A, B }, NULL);
}

static dm *outer_compose(dm *const X[], const dm_parameters *with)
{
    (void) with;
    return dm_mul(X[0], dm_transpose(X[1]));
}

static const dm_op outer_op = {
    .name = "outer", .operands = "xy", .formula = "outer(x,y)", .differential = "dx*y' + x*dy'",
    .shapes = "m1 n1 mn", .compose = outer_compose,
};

dm *dm_outer(dm *x, dm *y)
{
    return dm_apply(&outer_op, (dm *[DM_OPERANDS]) { x, y }, NULL);
}

/* -------------------------------------------------- the Kronecker product and its two contractions
 *
 * kron(A,B) has the blocks A(i,j)*B.  With C(i,j) the blocks of a C of that shape,
 *
 *     tr(C'*kron(A,B)) = sum over i,j of A(i,j)*tr(C(i,j)'*B),
 *
 * linear in each of the three, so three operations are each other's transposes:
 *
 *     kron(A,B)        the blocks A(i,j)*B
 *     kron_left(C,B)   the matrix of the tr(C(i,j)'*B)
 *     kron_right(A,C)  the sum of the A(i,j)*C(i,j)                                                 */

/* One entry (k,l) of block (i,j) in each of kron's three shapes. */
static void kron_value(dm *C, dm *const X[])
{
    dm_panel a = dm_entries(X[0]), b = dm_entries(X[1]), c = dm_fresh(C);

    if (!a.data || !b.data || !c.data) {
        dm_no_memory(C);
        return;
    }
    for (size_t i = 0; i < a.rows; i++)
        for (size_t k = 0; k < b.rows; k++)
            for (size_t slot = 0; slot < c.slots; slot++) {
                const double *x = dm_row(a, i, a.slots > 1 ? slot : 0);
                const double *y = dm_row(b, k, b.slots > 1 ? slot : 0);
                double *z = dm_row(c, i * b.rows + k, slot);
                for (size_t j = 0; j < a.cols; j++)
                    for (size_t l = 0; l < b.cols; l++)
                        z[j * b.cols + l] = x[j] * y[l];
            }
}

static void kron_left_value(dm *Z, dm *const X[])
{
    dm_panel c = dm_entries(X[0]), b = dm_entries(X[1]), z = dm_fresh(Z);

    if (!c.data || !b.data || !z.data) {
        dm_no_memory(Z);
        return;
    }
    for (size_t i = 0; i < z.rows; i++)
        for (size_t slot = 0; slot < z.slots; slot++)
            for (size_t j = 0; j < z.cols; j++) {
                double sum = 0;
                for (size_t k = 0; k < b.rows; k++) {
                    const double *x = dm_row(c, i * b.rows + k, c.slots > 1 ? slot : 0) + j * b.cols;
                    const double *y = dm_row(b, k, b.slots > 1 ? slot : 0);
                    for (size_t l = 0; l < b.cols; l++)
                        sum += x[l] * y[l];
                }
                dm_row(z, i, slot)[j] = sum;
            }
}

static void kron_right_value(dm *Z, dm *const X[])
{
    dm_panel a = dm_entries(X[0]), c = dm_entries(X[1]), z = dm_fresh(Z);

    if (!a.data || !c.data || !z.data) {
        dm_no_memory(Z);
        return;
    }
    for (size_t k = 0; k < z.rows; k++)
        for (size_t slot = 0; slot < z.slots; slot++) {
            double *sum = dm_row(z, k, slot);
            for (size_t l = 0; l < z.cols; l++)
                sum[l] = 0;
            for (size_t i = 0; i < a.rows; i++) {
                const double *x = dm_row(a, i, a.slots > 1 ? slot : 0);
                const double *y = dm_row(c, i * z.rows + k, c.slots > 1 ? slot : 0);
                for (size_t j = 0; j < a.cols; j++)
                    for (size_t l = 0; l < z.cols; l++)
                        sum[l] += x[j] * y[j * z.cols + l];
            }
        }
}

/* The maps: each operation as one of its first and of its second operand. */
#define MAP(NAME, D, VALUE)                                                                           \
    static dm *NAME(const dm_term *t, dm *D, dm *sum) { return dm_accumulate(sum, VALUE); }

MAP(kron_1, d, dm_kron(d, t->R))
MAP(kron_2, d, dm_kron(t->L, d))
MAP(kron_left_1, d, dm_kron_left(d, t->R))
MAP(kron_left_2, d, dm_kron_left(t->L, d))
MAP(kron_right_1, d, dm_kron_right(d, t->R))
MAP(kron_right_2, d, dm_kron_right(t->L, d))
MAP(kron_right_by, u, dm_kron_right(u, t->L))
MAP(kron_left_by, u, dm_kron_left(t->R, u))
#undef MAP

/* d kron(A,B) = kron(dA,B) + kron(A,dB) */
static void kron_rule(dm *C, dm *const X[])
{
    static const dm_map first = { "kron", kron_1, kron_left_1, NULL };
    static const dm_map second = { "kron", kron_2, kron_right_2, NULL };

    dm_term_add(C, &first, 1, NULL, lower(C, X[1]), X[0]);
    dm_term_add(C, &second, 1, lower(C, X[0]), NULL, X[1]);
}

/* kron_left(dC,B) + kron_left(C,dB) */
static void kron_left_rule(dm *Z, dm *const X[])
{
    static const dm_map first = { "kron_left", kron_left_1, kron_1, NULL };
    static const dm_map second = { "kron_left", kron_left_2, kron_right_by, NULL };

    dm_term_add(Z, &first, 1, NULL, lower(Z, X[1]), X[0]);
    dm_term_add(Z, &second, 1, lower(Z, X[0]), NULL, X[1]);
}

/* kron_right(dA,C) + kron_right(A,dC) */
static void kron_right_rule(dm *Z, dm *const X[])
{
    static const dm_map first = { "kron_right", kron_right_1, kron_left_by, NULL };
    static const dm_map second = { "kron_right", kron_right_2, kron_2, NULL };

    dm_term_add(Z, &first, 1, NULL, lower(Z, X[1]), X[0]);
    dm_term_add(Z, &second, 1, lower(Z, X[0]), NULL, X[1]);
}

static bool kron_shape(dm *C, dm *const X[])
{
    C->rows = dm_sizes(X[0]->rows, X[1]->rows);
    C->cols = dm_sizes(X[0]->cols, X[1]->cols);
    return true;
}

/* Z is what is left of the large operand's shape when the small one's is divided out. */
static bool contraction_shape(dm *Z, const dm *large, const dm *small)
{
    if (large->rows % small->rows || large->cols % small->cols) {
        dm_fail(Z, GSL_EBADLEN, "dm_%s: C is %zu×%zu and %s is %zu×%zu: the shape of C must be a "
                "multiple", Z->op->name, large->rows, large->cols, Z->op->operands[0] == 'C' ? "B" : "A",
                small->rows, small->cols);
        return false;
    }
    Z->rows = large->rows / small->rows;
    Z->cols = large->cols / small->cols;
    return true;
}

static bool kron_left_shape(dm *Z, dm *const X[])
{
    return contraction_shape(Z, X[0], X[1]);
}

static bool kron_right_shape(dm *Z, dm *const X[])
{
    return contraction_shape(Z, X[1], X[0]);
}

static const dm_op kron_op = {
    .name = "kron", .operands = "AB", .formula = "kron(A,B)",
    .differential = "kron(dA,B) + kron(A,dB)", .shapes = "mn pq ??", .value = kron_value,
    .rule = kron_rule, .shape = kron_shape,
};

static const dm_op kron_left_op = {
    .name = "kron_left", .operands = "CB", .formula = "kron_left(C,B)",
    .differential = "kron_left(dC,B) + kron_left(C,dB)", .shapes = "mn pq ??",
    .value = kron_left_value, .rule = kron_left_rule, .shape = kron_left_shape,
};

static const dm_op kron_right_op = {
    .name = "kron_right", .operands = "AC", .formula = "kron_right(A,C)",
    .differential = "kron_right(dA,C) + kron_right(A,dC)", .shapes = "mn pq ??",
    .value = kron_right_value, .rule = kron_right_rule, .shape = kron_right_shape,
};

dm *dm_kron(dm *A, dm *B)
{
    return dm_apply(&kron_op, (dm *[DM_OPERANDS]) { A, B }, NULL);
}

dm *dm_kron_left(dm *C, dm *B)
{
    return dm_apply(&kron_left_op, (dm *[DM_OPERANDS]) { C, B }, NULL);
}

dm *dm_kron_right(dm *A, dm *C)
{
    return dm_apply(&kron_right_op, (dm *[DM_OPERANDS]) { A, C }, NULL);
}

/* ----------------------------------------------------------------------------- A^k by squaring
 *
 * Made of products, so its differential is made of theirs: of the order of log k products, where the sum
 * of the A^i*dA*A^(k-1-i) would take 2k.                                                            */
static dm *power_compose(dm *const X[], const dm_parameters *with)
{
    dm *square = X[0], *result = NULL;
    double k = with->number;

    if (k < 0) {
        square = dm_inverse(square);
        k = -k;
    }
    for (unsigned long rest = (unsigned long) k; rest; rest >>= 1) {
        if (rest & 1)
            result = result ? dm_mul(result, square) : square;
        if (rest > 1)
            square = dm_mul(square, square);
    }
    return result ? result : dm_identity(dm_context_of(square), dm_rows(square));
}

static const dm_op power_op = {
    .name = "power", .operands = "A", .formula = "A^k",
    /* The sum of the A^i*dA*A^(k-1-i) is the upper right block of [A, dA; 0, A]^k. */
    .differential = "([A, dA; 0*A, A]^k)(1:n,n+1:2*n)",
    .shapes = "nn nn", .compose = power_compose, .parameters = "k",
};

dm *dm_power(dm *A, int k)
{
    return dm_apply(&power_op, (dm *[DM_OPERANDS]) { A }, &(dm_parameters) { .number = k });
}

const dm_op *const dm_products[] = {
    &mul_op, &inner_op, &outer_op, &kron_op, &kron_left_op, &kron_right_op, &power_op, NULL,
};
