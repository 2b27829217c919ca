/* Functions of a matrix: the exponential.
 *
 * Padé approximants with scaling and squaring (Higham 2005, "The scaling and squaring method for the matrix
 * exponential revisited"), in degrees and to norms at which the Fréchet derivative is right to rounding error
 * too (Al-Mohy & Higham 2009, "Computing the Fréchet derivative of the matrix exponential").  That derivative
 *
 *     L(A,E) = the integral of expm(s*A)*E*expm((1-s)*A) for s from 0 to 1,     d expm(A) = L(A,dA),
 *
 * is the differential of the approximant, so it is had by evaluating the same products and sums on A with
 * the differential E.  Its transpose is L(A',U), and since L(A,E) stands in the upper right of
 * expm([A, E; 0, A]), its own derivative is one of twice the size: higher derivatives need no further rule. */
#include <math.h>
#include <string.h>
#include "operations/rules.h"

/* ---------------------------------------------------------------------- the approximant, on any level */

static double one_norm(dm_panel a)
{
    double most = 0;

    for (size_t j = 0; j < a.cols; j++) {
        double sum = 0;
        for (size_t i = 0; i < a.rows; i++)
            sum += fabs(dm_row(a, i, 0)[j]);
        most = fmax(most, sum);
    }
    return most;
}

/* Al-Mohy & Higham, table 6.1: up to these norms L(A,E) has no error but rounding. */
static int degree_for(double norm)
{
    static const struct {
        int degree;
        double norm;
    } limits[] = { { 3, 1.08e-2 }, { 5, 2.00e-1 }, { 7, 7.83e-1 }, { 9, 1.78 } };

    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        if (norm <= limits[i].norm)
            return limits[i].degree;
    return 13;
}

/* The 1-norm of |X|^27; v has room for 2n numbers. */
static double power_norm(dm_panel x, double *v)
{
    size_t n = x.rows;
    double *w = v + n, most = 0;

    for (size_t j = 0; j < n; j++)
        v[j] = 1;
    for (int k = 0; k < 27; k++) {
        for (size_t j = 0; j < n; j++)
            w[j] = 0;
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++)
                w[j] += v[i] * fabs(dm_row(x, i, 0)[j]);
        double *next = w;
        w = v;
        v = next;
    }
    for (size_t j = 0; j < n; j++)
        most = fmax(most, v[j]);
    return most;
}

/* How often A = 2^e*X must be halved for degree 13.  Its norm may be large though those of its powers are
 * not, and too many squarings lose all digits then; so the norms of X^4 and X^6 decide, and the one of
 * |X|^27, which bounds the error (Al-Mohy & Higham 2009, "A new scaling and squaring algorithm for the
 * matrix exponential").  < 0: no memory.                                                            */
static int squarings_for(dm *X, dm *X4, dm *X6, int e)
{
    dm_panel x = dm_entries(X), x4 = dm_entries(X4), x6 = dm_entries(X6);
    double *room = dm_arena_alloc(X->context, 2 * x.rows * sizeof *room);

    if (!x.data || !x4.data || !x6.data || !room)
        return -1;
    double most = fmax(pow(one_norm(x4), 1.0 / 4), pow(one_norm(x6), 1.0 / 6));
    double s = fmax(fmax(ceil(e + log2(most / 4.74)), e - 150.0), 0);
    double error = log2(power_norm(x, room) / one_norm(x)) - 116.45 + 26 * (e - s);
    return (int) (s + fmax(ceil((error + 53) / 26), 0));
}

/* The coefficients (2m-k)! m! / ((2m)! (m-k)! k!) of degree m, times the first: whole numbers. */
static void coefficients(int m, double b[])
{
    b[m] = 1;
    for (int k = m; k > 0; k--)
        b[k - 1] = b[k] * (2 * m - k + 1) * k / (m - k + 1);
}

/* b[0]*P[0] + b[2]*P[1] + ... */
static dm *combination(const double b[], dm *const P[], int n)
{
    dm *sum = dm_scale(P[0], b[0]);

    for (int k = 1; k < n; k++)
        sum = dm_add(sum, dm_scale(P[k], b[2 * k]));
    return sum;
}

/* expm(A) = ((V-U)\(V+U))^(2^s), U odd and V even in A/2^s; `norm` is that of A. */
static dm *approximant(dm *A, double norm)
{
    double b[14];
    int e = 0, s = 0, m = degree_for(norm), n = m == 13 ? 4 : (m + 1) / 2;
    dm *P[5], *U, *V;                  /* the powers P: X^0, X^2, X^4 ... */

    frexp(norm, &e);
    dm *X = dm_scale(A, ldexp(1, -e));
    P[0] = dm_identity(dm_context_of(A), dm_rows(A));
    P[1] = dm_mul(X, X);
    for (int k = 2; k < n; k++)
        P[k] = dm_mul(P[k - 1], P[1]);
    if (dm_is_failed(P[n - 1]))
        return P[n - 1];
    if (m == 13)
        s = squarings_for(dm_number_of(X), dm_number_of(P[2]), dm_number_of(P[3]), e);
    if (s < 0)
        return dm_out_of_memory(dm_context_of(A));
    X = dm_scale(X, ldexp(1, e - s));
    for (int k = 1; k < n; k++)
        P[k] = dm_scale(P[k], ldexp(1, 2 * k * (e - s)));
    coefficients(m, b);
    U = combination(b + 1, P, n);
    V = combination(b, P, n);
    if (m == 13) {
        U = dm_add(U, dm_mul(P[3], combination(b + 9, P + 1, 3)));
        V = dm_add(V, dm_mul(P[3], combination(b + 8, P + 1, 3)));
    }
    U = dm_mul(X, U);
    X = dm_solve(dm_sub(V, U), dm_add(V, U));
    while (s-- > 0)
        X = dm_mul(X, X);
    return X;
}

/* -------------------------------------------------------------------------------------- balancing
 *
 * expm(A) = D*expm(inv(D)*A*D)*inv(D), and so for L(A,E).  With powers of 2 in D nothing is rounded, and entries
 * that are large only because their row or column is badly scaled (those beside a triangle, above all) need
 * no squarings, which would cost the digits of all others.                                           */

/* The sum of the sizes of row i, or of column i, but for the diagonal, of inv(D)*A*D, D = diag(2^p). */
static double off_diagonal(dm_panel a, const int *p, size_t i, bool row)
{
    double sum = 0;

    for (size_t j = 0; j < a.rows; j++)
        if (j != i)
            sum += row ? ldexp(fabs(dm_row(a, i, 0)[j]), p[j] - p[i]) : ldexp(fabs(dm_row(a, j, 0)[i]), p[i] - p[j]);
    return sum;
}

/* By which power of 2 row i should become smaller and column i larger. */
static int imbalance(double row, double column, double diagonal)
{
    double target = fmax(fabs(diagonal), 1);

    if (row > 0 && column > 0)
        return (int) rint((log2(row) - log2(column)) / 2);
    if (row > target)
        return (int) ceil(log2(row / target));
    return column > target ? -(int) ceil(log2(column / target)) : 0;
}

/* p, or false: nothing is gained. */
static bool balance(dm_panel a, int *p)
{
    enum { SWEEPS = 40 };
    size_t n = a.rows;
    double before = one_norm(a), after = 0;
    bool changed = true;

    memset(p, 0, n * sizeof *p);
    for (int sweep = 0; sweep < SWEEPS && changed; sweep++) {
        changed = false;
        for (size_t i = 0; i < n; i++) {
            int more = imbalance(off_diagonal(a, p, i, true), off_diagonal(a, p, i, false), dm_row(a, i, 0)[i]);
            changed = changed || more != 0;
            p[i] += more;
        }
    }
    for (size_t i = 0; i < n; i++)
        after = fmax(after, off_diagonal(a, p, i, false) + fabs(dm_row(a, i, 0)[i]));
    return after < before / 1024;
}

/* inv(D)*A*D for sign 1, D*A*inv(D) for -1. */
static void scale_similar(dm_panel target, dm_panel a, const int *p, int sign)
{
    for (size_t i = 0; i < a.rows; i++)
        for (size_t slot = 0; slot < a.slots; slot++)
            for (size_t j = 0; j < a.cols; j++)
                dm_row(target, i, slot)[j] = ldexp(dm_row(a, i, slot)[j], sign * (p[j] - p[i]));
}

static dm *balanced(dm *A, const int *p)
{
    dm *B = dm_new(A->context, A->rows, A->slots, A->cols);
    dm_panel b = dm_fresh(B), a = dm_entries(A);

    if (a.data && b.data)
        scale_similar(b, a, p, 1);
    return a.data ? B : dm_out_of_memory(A->context);
}

static void not_a_number(dm_panel c)
{
    for (size_t i = 0; i < c.rows * c.stride; i++)
        c.data[i] = GSL_NAN;
}

/* expm(A), or L(A,E) where there is an E. */
static dm *evaluated(dm *A, dm *E)
{
    dm *X = A;

    if (E)
        X = dm_on_level(dm_level_open(A->context, DM_PUSHED), A, E);
    X = dm_is_failed(X) ? X : approximant(X, one_norm(dm_entries(A)));
    return E && !dm_is_failed(X) ? X->dual.differential : X;
}

/* C is that, and what is computed on the way is released. */
static void exponential(dm *C, dm *A, dm *E)
{
    dm_panel a = dm_entries(A), c = dm_fresh(C);
    dm_letter letter;

    if (!a.data || !c.data || (E && !dm_entries(E).data)) {
        dm_no_memory(C);
        return;
    }
    if (!dm_number_finite(A) || (E && !dm_number_finite(E))) {
        not_a_number(c);               /* nothing to compute: the NaN goes on */
        return;
    }
    dm_scope scope = dm_scope_open(C->context);
    int *p = dm_arena_alloc(C->context, a.rows * sizeof *p);
    bool apart = p && balance(a, p);
    dm *X = !p ? dm_out_of_memory(C->context) : apart ? evaluated(balanced(A, p), E ? balanced(E, p) : NULL)
                                              : evaluated(A, E);
    bool made = !dm_is_failed(X) && dm_number_write(c, 1, X);
    if (made && apart)
        scale_similar(c, c, p, -1);
    dm_scope_release(&scope);
    if (made && !dm_number_finite(C))
        dm_fail(C, GSL_EOVRFLW, "dm_%s: %s is %zu×%zu and of norm %.2g: the result overflows", C->op->name,
                dm_operand_name(&letter, C->op, 0, A), A->rows, A->cols, one_norm(a));
    else if (!made)
        dm_no_memory(C);
}

/* ------------------------------------------------------------------------------------ the operations */

/* dX -> L(A,dX), and back L(A',u) */
static dm *frechet_push(const dm_term *t, dm *d, dm *sum)
{
    return dm_accumulate(sum, dm_expm_frechet(t->L, d));
}

static dm *frechet_pull(const dm_term *t, dm *u, dm *sum)
{
    return dm_accumulate(sum, dm_expm_frechet(dm_transpose(t->L), u));
}

static const dm_map frechet_map = { "frechet", frechet_push, frechet_pull, NULL };

/* dX -> the upper right of L(B,[dX, 0; 0, dX]) */
static dm *twice_push(const dm_term *t, dm *d, dm *sum)
{
    size_t n = d->rows;
    dm *D = dm_kron(dm_identity(d->context, 2), d);

    return dm_accumulate(sum, dm_block(dm_expm_frechet(t->L, D), 0, n, n, n));
}

static dm *twice_pull(const dm_term *t, dm *u, dm *sum)
{
    size_t n = u->rows;
    dm *U = dm_expm_frechet(dm_transpose(t->L), dm_embed(u, 0, n, 2 * n, 2 * n));

    return dm_accumulate(sum, dm_kron_right(dm_identity(u->context, 2), U));   /* both diagonal blocks */
}

static const dm_map twice_map = { "frechet of twice the size", twice_push, twice_pull, NULL };

static void expm_value(dm *C, dm *const X[])
{
    exponential(C, X[0], NULL);
}

static void expm_rule(dm *C, dm *const X[])
{
    dm_term_add(C, &frechet_map, 1, lower(C, X[0]), NULL, X[0]);
}

static void frechet_value(dm *C, dm *const X[])
{
    exponential(C, X[0], X[1]);
}

/* L(A,E) is the upper right of expm(B), B = [A, E; 0, A]. */
static void frechet_rule(dm *C, dm *const X[])
{
    dm *A = lower(C, X[0]), *E = lower(C, X[1]);

    dm_term_add(C, &frechet_map, 1, A, NULL, X[1]);
    if (dm_varies(C, X[0])) {
        dm *B = dm_vcat(dm_hcat(A, E), dm_hcat(dm_zeros(C->context, C->rows, C->cols), A));
        dm_term_add(C, &twice_map, 1, B, NULL, X[0]);
    }
}

static const dm_op expm_op = {
    .name = "expm", .operands = "A", .formula = "expm(A)", .differential = "expm_frechet(A,dA)",
    .shapes = "nn nn", .value = expm_value, .rule = expm_rule,
};

static const dm_op expm_frechet_op = {
    .name = "expm_frechet", .operands = "AE", .formula = "expm_frechet(A,E)",
    .differential = "expm_frechet(A,dE)"
                    " + expm_frechet([A, E; zeros(n,n), A],kron(eye(2),dA))(1:n,n+1:2*n)",
    .shapes = "nn nn nn", .value = frechet_value, .rule = frechet_rule,
};

dm *dm_expm(dm *A)
{
    return dm_apply(&expm_op, (dm *[DM_OPERANDS]) { A }, NULL);
}

dm *dm_expm_frechet(dm *A, dm *E)
{
    return dm_apply(&expm_frechet_op, (dm *[DM_OPERANDS]) { A, E }, NULL);
}

const dm_op *const dm_functions[] = {
    &expm_op, &expm_frechet_op, NULL,
};
