/* The instructions of numbers: what an operation would do with them. */
#include "numbers/forms.h"
#include "tapes/instructions.h"

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

unsigned dm_do_make_view(const dm_instruction *s)
{
    return scaled(begin(s), s->scale, turned(s->of.A, s->A_transposed));
}

unsigned dm_do_make_product(const dm_instruction *s)
{
    dm *C = begin(s);

    dm_number_product(C, s->scale, s->of.A, s->A_transposed, s->of.B, s->B_transposed);
    return made(C);
}

unsigned dm_do_make_hadamard(const dm_instruction *s)
{
    dm *C = begin(s), *T = s->scale == 1 ? C : like(C);

    if (!made(T))
        return false;
    dm_number_hadamard(T, s->of.A, s->of.B);
    return T == C ? made(C) : scaled(C, s->scale, T);
}

unsigned dm_do_make_multiple(const dm_instruction *s)
{
    dm *C = begin(s);

    dm_number_scale(C, s->scale * dm_entry_scalar(s->of.B), s->of.A);
    return made(C);
}

unsigned dm_do_make_inner(const dm_instruction *s)
{
    dm *C = begin(s), *A = turned(s->of.A, s->A_transposed), *B = turned(s->of.B, s->B_transposed), *T = like(C);

    if (!made(A) || !made(B) || !made(T))
        return false;
    dm_number_inner(T, A, B);
    return scaled(C, s->scale, T);
}

unsigned dm_do_make_sum(const dm_instruction *s)
{
    dm *C = begin(s), *A = turned(s->of.A, s->A_transposed), *B = turned(s->of.B, s->B_transposed);

    if (!made(A) || !made(B))
        return false;
    dm_number_sum(C, s->scale, A, s->second, B);
    return made(C);
}

unsigned dm_do_add_number(const dm_instruction *s)
{
    dm *C = s->of.C;
    dm_panel P = dm_entries(C);
    bool gram = C->number.gram && dm_is_gram(s->scale, s->of.A);
    bool definite = gram && (C->number.definite || dm_is_definite(s->scale, s->of.A));

    C->number = (dm_number) { .form = DM_DENSE, .data = P.data, .gram = gram, .definite = definite };
    return P.data && dm_add_to(P, 1, s->scale, s->of.A, s->A_transposed);
}

unsigned dm_do_call(const dm_instruction *s)
{
    dm *C = begin(s);

    C->op->value(C, C->in);
    return made(C);
}

unsigned dm_do_settle(const dm_instruction *s)
{
    dm *C = s->of.C;
    double *place = (double *) s->at.A;
    dm_panel P = { place, C->slots * C->cols, C->rows, C->slots, C->cols };

    if (!(C->number.form == DM_DENSE && C->number.data == place) && !dm_number_write(P, 1, C))
        return false;
    C->number = (dm_number) { .gram = C->number.gram, .definite = C->number.definite };
    dm_number_at(C, place);
    return 1;
}
