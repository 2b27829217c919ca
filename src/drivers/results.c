/* Taking results out: values, differentials, and the search for where a NaN began. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "drivers/drivers.h"

/* --------------------------------------------------------------------------------- finite or not -- */

/* An operand that R was computed from and that is not finite; NULL: there is none. */
static dm *bad_operand(const dm *R)
{
    for (size_t k = 0; k < DM_OPERANDS; k++) {
        dm *X = R->in[k];
        if (X && !X->level && !dm_is_failed(X) && !dm_number_finite(X))
            return X;
    }
    return NULL;
}

/* The number, among those R was computed from, that is not finite though its operands are. */
static dm *origin(dm *R)
{
    for (dm *X; (X = bad_operand(R)); R = X)
        ;
    return R;
}

dm *dm_where_not_finite(const char *driver, const char *what, dm *R)
{
    size_t i, j, k, l;
    double x, y;
    dm_letter letter;

    if (!dm_number_bad_entry(R, &i, &j, &x))
        return dm_out_of_memory(R->context);
    dm *from = origin(R), *A = from->in[0];
    if (!from->op && !A && dm_number_bad_entry(from, &k, &l, &y))
        return dm_failed(R->context, GSL_EDOM, "%s: entry (%zu,%zu) of %s is %g, computed from a %zu×%zu "
                         "matrix whose entry (%zu,%zu) is %g", driver, i + 1, j + 1, what, x, from->rows,
                         from->cols, k + 1, l + 1, y);
    if (!from->op || !A || A->level || !dm_number_bad_entry(from, &k, &l, &y))
        return dm_failed(R->context, GSL_EOVRFLW, "%s: entry (%zu,%zu) of %s is %g", driver, i + 1,
                         j + 1, what, x);
    if (from->within && A->rows == from->rows && A->cols == from->cols)
        return dm_failed(R->context, GSL_EDOM, "%s: entry (%zu,%zu) of %s is %g: dm_%s has no finite "
                         "derivative where entry (%zu,%zu) of its operand is %g", driver, i + 1, j + 1,
                         what, x, from->within->name, k + 1, l + 1, dm_row(dm_entries(A), k, 0)[l]);
    return dm_failed(R->context, GSL_EOVRFLW, "%s: entry (%zu,%zu) of %s is %g: it began in dm_%s of the "
                     "%zu×%zu %s, whose result overflows", driver, i + 1, j + 1, what, x, from->op->name,
                     A->rows, A->cols, dm_operand_name(&letter, from->op, 0, A));
}

/* ------------------------------------------------------------------------------------- accessors -- */

static _gsl_matrix_const_view empty_view(void)
{
    _gsl_matrix_const_view none;

    memset(&none, 0, sizeof none);
    return none;
}

/* One slot of a finished number. */
static _gsl_matrix_const_view view(dm *R, size_t slot)
{
    dm_panel P = dm_entries(R);

    if (!P.data) {
        dm_raise(dm_out_of_memory(R->context));
        return empty_view();
    }
    return (_gsl_matrix_const_view) { { P.rows, P.cols, P.stride, dm_row(P, 0, slot), NULL, 0 } };
}

/* The accessors form on demand, so what they are given is const only to their caller. */
static dm *writable(const dm *A)
{
    return (dm *) A;
}

dm *dm_finished_number(dm *A)
{
    dm *R = dm_number_of(A);

    return R->context->base && R->context->base->number ? R->context->base->number(R) : R;
}

_gsl_matrix_const_view dm_value(const dm *A)
{
    if (!A || dm_is_failed(A)) {
        dm_raise(A);
        return empty_view();
    }
    dm *R = dm_finished_number(writable(A));
    dm *bad = dm_is_failed(R) ? R : dm_not_finite("dm_value", "the value", R);
    if (bad) {
        dm_raise(bad);
        return empty_view();
    }
    return view(R, 0);
}

/* The numbers below A's value, at A's differential on that level. */
dm *dm_differential_on(dm *A, const dm_level *level)
{
    while (A && A->level) {
        if (A->level == level)
            return A->dual.differential ? dm_number_of(A->dual.differential) : NULL;
        A = A->dual.value;
    }
    return NULL;
}

_gsl_matrix_const_view dm_differential(const dm *A, size_t direction)
{
    if (!A || dm_is_failed(A)) {
        dm_raise(A);
        return empty_view();
    }
    dm_context *context = A->context;
    size_t k = context->dual.directions;
    if (direction >= (k ? k : 1)) {
        dm_refuse(context, GSL_EINVAL, "dm_differential: direction %zu of %zu (they count from 0)", direction, k);
        return empty_view();
    }
    dm *d = dm_differential_on(writable(A), &context->dual);
    if (!d && A->level && A->level->kind == DM_FORMAL && k == 0) {
        dm_refuse(context, GSL_EINVAL, "dm_differential: the differential is formal: read it off with "
                  "dm_read_off, or use dm_dual");
        return empty_view();
    }
    if (!d) {
        d = dm_number_zero(context, A->rows, 1, A->cols);
        direction = 0;
    }
    d = dm_finished_number(d);
    dm *bad = dm_is_failed(d) ? d : dm_not_finite("dm_differential", "the differential", d);
    if (bad) {
        dm_raise(bad);
        return empty_view();
    }
    return view(d, d->slots > 1 ? direction : 0);
}

static double scalar(const char *what, const dm *a, _gsl_matrix_const_view v)
{
    if (!v.matrix.data)
        return GSL_NAN;
    if (a->rows != 1 || a->cols != 1) {
        dm_refuse(a->context, GSL_EBADLEN, "%s: the dual matrix is %zu×%zu: a 1×1 is needed", what, a->rows, a->cols);
        return GSL_NAN;
    }
    return v.matrix.data[0];
}

double dm_value_scalar(const dm *a)
{
    return scalar("dm_value_scalar", a, dm_value(a));
}

double dm_differential_scalar(const dm *a, size_t direction)
{
    return scalar("dm_differential_scalar", a, dm_differential(a, direction));
}

size_t dm_rows(const dm *A)
{
    return A ? A->rows : 0;
}

size_t dm_columns(const dm *A)
{
    return A ? A->cols : 0;
}

/* -------------------------------------------------------------------------------- for the drivers -- */

bool dm_overlap(const gsl_matrix *A, const gsl_matrix *B)
{
    if (!B)
        return false;
    dm_stretch a = dm_stretch_of(A), b = dm_stretch_of(B);
    return b.from < a.to && a.from < b.to;
}

dm *dm_input(dm_context *context, const gsl_matrix *A, const gsl_matrix *out1, const gsl_matrix *out2)
{
    if (A->size1 > 0 && A->size2 > 0 && (dm_overlap(A, out1) || dm_overlap(A, out2)))
        return dm_constant(context, A);
    return dm_constant_view(context, A);
}

bool dm_ready(dm *R, const gsl_matrix *to)
{
    return !R || !to || to->tda == to->size2 || dm_entries(R).data;
}

void dm_hand_out(dm *R, gsl_matrix *to)
{
    if (!R) {
        gsl_matrix_set_zero(to);
        return;
    }
    if (to->tda == to->size2
        && dm_number_write((dm_panel) { to->data, to->size2, to->size1, 1, to->size2 }, 1, R))
        return;
    dm_panel P = dm_entries(R);
    for (size_t i = 0; i < P.rows; i++)
        memcpy(to->data + i * to->tda, dm_row(P, i, 0), P.cols * sizeof *P.data);
}

int dm_refuse(dm_context *context, int code, const char *format, ...)
{
    char message[480];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    if (context)
        return dm_raise(dm_failed(context, code, "%s", message));
    gsl_error(message, __FILE__, __LINE__, code);
    return code;
}

const char *dm_at(const char *array, size_t i, char name[32])
{
    snprintf(name, 32, "%s[%zu]", array, i);
    return name;
}

int dm_check_shape(dm_context *context, const char *driver, const char *name, const gsl_matrix *M, size_t rows, size_t cols,
                   const char *why)
{
    if (M->size1 == rows && M->size2 == cols)
        return GSL_SUCCESS;
    return dm_refuse(context, GSL_EBADLEN, "%s: %s is %zu×%zu: %zu×%zu is needed, %s", driver, name, M->size1,
                     M->size2, rows, cols, why);
}

/* f as it came from a function of X. */
static dm *returned(const char *driver, dm *f, const dm *X)
{
    if (!f)
        return dm_failed(X->context, GSL_EFAULT, "%s: the function returned NULL", driver);
    if (f->context != X->context)
        return dm_failed(X->context, GSL_EINVAL, "%s: the function's result lives in another context than "
                         "its argument", driver);
    return f;
}

dm *dm_call(const char *driver, const dm_function *F, dm *X)
{
    return dm_is_failed(X) ? X : returned(driver, F->f(X, F->params), X);
}

dm *dm_multi_call(const char *driver, const dm_multi_function *F, dm *const X[])
{
    for (size_t i = 0; i < F->n; i++)
        if (dm_is_failed(X[i]))
            return X[i];
    return returned(driver, F->f(X, F->params), X[0]);
}
