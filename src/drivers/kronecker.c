/* The matrix of a sum of sandwiches dY = s*L*dX*R, on vec: a sum of Kronecker products s*kron(R',L). */
#include <math.h>
#include <string.h>
#include "drivers/drivers.h"
#include "numbers/kernels.h"

/* One row of a matrix, or (data == NULL) of the identity. */
typedef struct {
    const double *data;
    size_t unit;
} line;

static line line_of(dm_panel A, size_t i)
{
    return A.data ? (line) { A.data + i * A.stride, 0 } : (line) { NULL, i };
}

/* row[l*m + k] = beta*row[l*m + k] + scale*c(l)*v(k). */
static void add_outer(double *row, double beta, double scale, line c, size_t n, line v, size_t m)
{
    if (c.data && v.data)
        dm_column_row(n, m, scale, c.data, 1, v.data, beta, row, m);
    else if (c.data)
        for (size_t l = 0; l < n; l++)
            row[l * m + v.unit] += scale * c.data[l];
    else if (v.data)
        dm_axpy(m, scale, v.data, row + c.unit * m);
    else
        row[c.unit * m + v.unit] += scale;
}

/* row = beta*row + the row that entry (i,j) of s*L*d*R, or of s*L*d'*R, is of d: column l*m+k of it is entry (k,l)
 * of X.  The whole matrix is s*kron(R',L).                                                           */
static void add_kronecker_row(double *row, double beta, const dm_kronecker *f, size_t i, size_t j, size_t m,
                              size_t n)
{
    line l = line_of(f->L, i), r = line_of(f->Rt, j);

    add_outer(row, beta, f->scale, f->transposed ? l : r, n, f->transposed ? r : l, m);
}

static double largest(dm *A)
{
    double least = 1, most = 1;

    if (A)
        dm_number_range(A, &least, &most);
    return most;
}

bool dm_kronecker_of(const dm_sandwich term[], size_t terms, dm_kronecker K[])
{
    double bound = 0;

    for (size_t k = 0; k < terms; k++) {
        dm *L = term[k].L, *Rt = term[k].R ? dm_transpose(term[k].R) : NULL;
        K[k] = (dm_kronecker) { .scale = term[k].scale, .transposed = term[k].transposed };
        if (L)
            K[k].L = dm_entries(L);
        if (Rt && !dm_is_failed(Rt))
            K[k].Rt = dm_entries(Rt);
        if ((L && !K[k].L.data) || (Rt && !K[k].Rt.data))
            return false;
        bound += fabs(term[k].scale) * largest(L) * largest(Rt);
    }
    return isfinite(bound);
}

static void clear_rows(gsl_matrix *J, size_t first, size_t behind)
{
    if (J->tda == J->size2)
        memset(J->data + first * J->tda, 0, (behind - first) * J->size2 * sizeof *J->data);
    else
        for (size_t r = first; r < behind; r++)
            memset(J->data + r * J->tda, 0, J->size2 * sizeof *J->data);
}

void dm_write_kronecker(const dm_kronecker K[], size_t terms, size_t p, size_t m, size_t n, gsl_matrix *J)
{
    enum { AT_ONCE = 4096, BEYOND_CACHES = 1 << 22 };          /* entries */
    bool full = K[0].L.data && K[0].Rt.data;
    size_t rows = J->size1, block = J->size2 < AT_ONCE ? AT_ONCE / J->size2 : 1, i = 0, j = 0;

    if (terms == 1 && n == 1 && rows == p && K[0].L.data && !K[0].Rt.data && J->tda == J->size2) {
        dm_scaled(rows * J->size2, K[0].scale, K[0].L.data, J->data);
        return;
    }
    if (!full && rows > BEYOND_CACHES / J->size2)
        block = rows;                  /* cleared as a whole, past the caches, which is a third faster there */
    for (size_t first = 0; first < rows; first += block) {     /* all terms of some rows while these are in the cache */
        size_t behind = first + block < rows ? first + block : rows;
        if (!full)
            clear_rows(J, first, behind);
        for (size_t r = first; r < behind; r++, i++) {
            if (i == p) {
                i = 0;
                j++;
            }
            for (size_t k = 0; k < terms; k++)
                add_kronecker_row(J->data + r * J->tda, k == 0 && full ? 0 : 1, &K[k], i, j, m, n);
        }
    }
}
