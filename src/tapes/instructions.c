/* What the steps of a program do: kernels where their matrices are small, else what numbers do. */
#include "numbers/forms.h"
#include "numbers/kernels.h"
#include "tapes/instructions.h"

/* ----------------------------------------------------------------------------- of small matrices -- */

static inline double beta(const dm_instruction *s)
{
    return s->adds ? 1 : 0;
}

bool dm_do_product(const dm_instruction *s)
{
    dm_tiny_product(s->rows, s->inner, s->cols, s->scale, s->at.A, s->A_transposed, s->at.B, s->B_transposed, beta(s),
                    s->at.C);
    return true;
}

bool dm_do_add(const dm_instruction *s)
{
    const double *x = s->at.A;
    double *y = s->at.C, a = s->scale;
    size_t n = (size_t) s->rows * s->cols;

    if (s->adds)
        for (size_t i = 0; i < n; i++)
            y[i] += a * x[i];
    else
        for (size_t i = 0; i < n; i++)
            y[i] = a * x[i];
    return true;
}

bool dm_do_add_transposed(const dm_instruction *s)
{
    dm_add_transposed(s->rows, s->cols, beta(s), s->scale, s->at.A, s->rows, s->at.C, s->cols);
    return true;
}

bool dm_do_combine(const dm_instruction *s)
{
    const double *x = s->at.A, *y = s->at.B;
    double *z = s->at.C, a = s->scale, b = s->second;
    size_t n = (size_t) s->rows * s->cols;

    for (size_t i = 0; i < n; i++)
        z[i] = a * x[i] + b * y[i];
    return true;
}

bool dm_do_diagonal(const dm_instruction *s)
{
    for (size_t i = 0; i < s->rows; i++)
        s->at.C[i * s->cols + i] += s->scale;
    return true;
}

bool dm_do_fill(const dm_instruction *s)
{
    for (size_t i = 0; i < (size_t) s->rows * s->cols; i++)
        s->at.C[i] += s->scale;
    return true;
}

bool dm_do_hadamard(const dm_instruction *s)
{
    const double *x = s->at.A, *y = s->at.B;
    double *z = s->at.C, a = s->scale;
    size_t n = (size_t) s->rows * s->cols;

    if (s->adds)
        for (size_t i = 0; i < n; i++)
            z[i] += a * (x[i] * y[i]);
    else
        for (size_t i = 0; i < n; i++)
            z[i] = a * (x[i] * y[i]);
    return true;
}

bool dm_do_multiple(const dm_instruction *s)
{
    dm_instruction by = *s;

    by.scale = s->scale * *s->at.B;
    return dm_do_add(&by);
}

bool dm_do_inner(const dm_instruction *s)
{
    double x = s->scale * dm_dot((size_t) s->rows * s->cols, s->at.A, s->at.B);

    *s->at.C = s->adds ? *s->at.C + x : x;
    return true;
}

bool dm_do_inner_transposed(const dm_instruction *s)
{
    double x = s->scale * dm_dot_transposed(s->rows, s->cols, s->at.A, s->cols, s->at.B, s->rows);

    *s->at.C = s->adds ? *s->at.C + x : x;
    return true;
}

bool (*dm_instruction_for_product(const dm_instruction *s))(const dm_instruction *s)
{
    (void) s;
    return dm_do_product;
}

/* -------------------------------------------------------------------------------------- of numbers -- */

static dm *begin(const dm_instruction *s)
{
    dm *C = s->of.C;

    C->number = (dm_number) { .form = DM_DENSE };
    C->small = false;
    return C;
}

static bool made(const dm *C)
{
    return !dm_is_failed(C);
}

/* A', where it is wanted so; a number of its own. */
static dm *turned(dm *A, bool transposed)
{
    if (!transposed)
        return A;
    dm *T = dm_new(A->context, A->cols, A->slots, A->rows);
    if (made(T))
        dm_number_transpose(T, A);
    return T;
}

/* C = scale*T */
static bool scaled(dm *C, double scale, dm *T)
{
    if (!made(T))
        return false;
    dm_number_scale(C, scale, T);
    return made(C);
}

static dm *like(const dm *C)
{
    return dm_new(C->context, C->rows, C->slots, C->cols);
}

bool dm_do_make_view(const dm_instruction *s)
{
    return scaled(begin(s), s->scale, turned(s->of.A, s->A_transposed));
}

bool dm_do_make_product(const dm_instruction *s)
{
    dm *C = begin(s);

    dm_number_product(C, s->scale, s->of.A, s->A_transposed, s->of.B, s->B_transposed);
    return made(C);
}

bool dm_do_make_hadamard(const dm_instruction *s)
{
    dm *C = begin(s), *T = s->scale == 1 ? C : like(C);

    if (!made(T))
        return false;
    dm_number_hadamard(T, s->of.A, s->of.B);
    return T == C ? made(C) : scaled(C, s->scale, T);
}

bool dm_do_make_multiple(const dm_instruction *s)
{
    dm *C = begin(s);

    dm_number_scale(C, s->scale * dm_entry_scalar(s->of.B), s->of.A);
    return made(C);
}

bool dm_do_make_inner(const dm_instruction *s)
{
    dm *C = begin(s), *A = turned(s->of.A, s->A_transposed), *B = turned(s->of.B, s->B_transposed), *T = like(C);

    if (!made(A) || !made(B) || !made(T))
        return false;
    dm_number_inner(T, A, B);
    return scaled(C, s->scale, T);
}

bool dm_do_make_sum(const dm_instruction *s)
{
    dm *C = begin(s), *A = turned(s->of.A, s->A_transposed), *B = turned(s->of.B, s->B_transposed);

    if (!made(A) || !made(B))
        return false;
    dm_number_sum(C, s->scale, A, s->second, B);
    return made(C);
}

bool dm_do_add_number(const dm_instruction *s)
{
    dm *C = s->of.C;
    dm_panel P = dm_entries(C);
    bool gram = C->number.gram && dm_is_gram(s->scale, s->of.A);
    bool definite = gram && (C->number.definite || dm_is_definite(s->scale, s->of.A));

    C->number = (dm_number) { .form = DM_DENSE, .data = P.data, .gram = gram, .definite = definite };
    return P.data && dm_add_to(P, 1, s->scale, s->of.A, s->A_transposed);
}

bool dm_do_call(const dm_instruction *s)
{
    dm *C = begin(s);

    C->op->value(C, C->in);
    return made(C);
}

bool dm_do_settle(const dm_instruction *s)
{
    dm *C = s->of.C;
    double *place = (double *) s->at.A;
    dm_panel P = { place, C->slots * C->cols, C->rows, C->slots, C->cols };

    if (!(C->number.form == DM_DENSE && C->number.data == place) && !dm_number_write(P, 1, C))
        return false;
    C->number = (dm_number) { .gram = C->number.gram, .definite = C->number.definite };
    dm_number_at(C, place);
    return true;
}
