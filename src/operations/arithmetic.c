/* Sums, multiples, and products entry by entry. */
#include "operations/rules.h"

/* ---------------------------------------------------------------------------- the maps of this file */

dm *dm_add_multiple(dm *sum, double p, dm *s, dm *A)
{
    if (!s->level && s->slots == 1 && !dm_is_failed(s) && !s->context->base)
        return dm_accumulate_times(sum, p * dm_entry_scalar(s), A);
    return dm_accumulate_times(sum, p, dm_scale_by(A, s));
}

/* dX -> s*dX */
static dm *scale_by(const dm_term *t, dm *d, dm *sum)
{
    return dm_add_multiple(sum, 1, t->L, d);
}

static bool scale_form(const dm_term *t, dm_sandwich *form)
{
    if (t->L->level)
        return false;
    *form = (dm_sandwich) { 1, NULL, NULL, false };
    if (t->L->context->base) {
        form->L = dm_scale_by(dm_identity(dm_context_of(t->L), t->X->rows), t->L);
        return !dm_is_failed(form->L);
    }
    form->scale = dm_entry_scalar(t->L);
    return true;
}

static const dm_map scale_map = { "scale", scale_by, scale_by, scale_form };

void dm_term_scale(dm *C, dm *s, dm *X)
{
    dm_term_add(C, &scale_map, 1, s, NULL, X);
}

/* ds -> ds*W, and back tr(W'*u) */
static dm *outer_push(const dm_term *t, dm *d, dm *sum)
{
    return dm_add_multiple(sum, 1, d, t->L);
}

static dm *outer_pull(const dm_term *t, dm *u, dm *sum)
{
    return dm_accumulate(sum, dm_inner(t->L, u));
}

/* Of a scalar into a column: W*ds. */
static bool outer_form(const dm_term *t, dm_sandwich *form)
{
    *form = (dm_sandwich) { 1, t->L, NULL, false };
    return t->L->cols == 1;
}

static const dm_map outer_map = { "outer", outer_push, outer_pull, outer_form };

void dm_term_outer(dm *C, dm *s, dm *W)
{
    dm_term_add(C, &outer_map, 1, W, NULL, s);
}

/* dX -> H.*dX, where an infinite slope and a direction that is 0 give 0; and back H.*u, where they give NaN,
 * because what u would be without the rounding to 0 is not known.                                    */
static void along_value(dm *C, dm *const X[])
{
    dm_number_along(C, X[0], X[1]);
}

static void along_rule(dm *C, dm *const X[])
{
    dm_term_hadamard(C, lower(C, X[1]), X[0]);
    dm_term_hadamard(C, lower(C, X[0]), X[1]);
}

static const dm_op along_op = {
    .name = "hadamard", .operands = "AB", .formula = "A.*B", .differential = "dA.*B + A.*dB",
    .shapes = "mn mn mn", .entrywise = true, .value = along_value, .rule = along_rule,
};

static dm *hadamard_push(const dm_term *t, dm *d, dm *sum)
{
    if (d->context->base)
        return dm_accumulate(sum, dm_hadamard(t->L, d));
    return dm_accumulate(sum, dm_apply(&along_op, (dm *[DM_OPERANDS]) { t->L, d }, NULL));
}

static dm *hadamard_pull(const dm_term *t, dm *u, dm *sum)
{
    return dm_accumulate(sum, dm_hadamard(t->L, u));
}

/* Of a column: diag(H)*dx. */
static bool hadamard_form(const dm_term *t, dm_sandwich *form)
{
    *form = (dm_sandwich) { 1, NULL, NULL, false };
    if (t->X->cols != 1 || t->L->level)
        return false;
    form->L = dm_diag(t->L);
    return !dm_is_failed(form->L);
}

static const dm_map hadamard_map = { "hadamard", hadamard_push, hadamard_pull, hadamard_form };

void dm_term_hadamard(dm *C, dm *H, dm *X)
{
    dm_term_add(C, &hadamard_map, 1, H, NULL, X);
}

/* ---------------------------------------------------------------------------- d(A + B) = dA + dB */

static void add_value(dm *C, dm *const X[])
{
    dm_number_sum(C, 1, X[0], 1, X[1]);
}

static void add_rule(dm *C, dm *const X[])
{
    dm_term_scaled(C, 1, X[0]);
    dm_term_scaled(C, 1, X[1]);
}

static const dm_op add_op = {
    .name = "add", .operands = "AB", .formula = "A+B", .differential = "dA+dB",
    .shapes = "mn mn mn", .entrywise = true, .value = add_value, .rule = add_rule,
};

dm *dm_add(dm *A, dm *B)
{
    return dm_apply(&add_op, (dm *[DM_OPERANDS]) { A, B }, NULL);
}

static void sub_value(dm *C, dm *const X[])
{
    dm_number_sum(C, 1, X[0], -1, X[1]);
}

static void sub_rule(dm *C, dm *const X[])
{
    dm_term_scaled(C, 1, X[0]);
    dm_term_scaled(C, -1, X[1]);
}

static const dm_op sub_op = {
    .name = "sub", .operands = "AB", .formula = "A-B", .differential = "dA-dB",
    .shapes = "mn mn mn", .entrywise = true, .value = sub_value, .rule = sub_rule,
};

dm *dm_sub(dm *A, dm *B)
{
    return dm_apply(&sub_op, (dm *[DM_OPERANDS]) { A, B }, NULL);
}

/* -------------------------------------------------------------------------------- d(p*A) = p*dA */

static void neg_value(dm *C, dm *const X[])
{
    dm_number_scale(C, -1, X[0]);
}

static dm *neg_adjoint(const dm *C, dm *u, const dm *X)
{
    (void) C, (void) X;
    return dm_neg(u);
}

static bool neg_form(const dm *C, dm_sandwich *form)
{
    (void) C;
    *form = (dm_sandwich) { -1, NULL, NULL, false };
    return true;
}

static const dm_op neg_op = {
    .name = "neg", .operands = "A", .formula = "-A", .differential = "-dA", .shapes = "mn mn",
    .entrywise = true,
    .value = neg_value, .rule = dm_linear, .adjoint = neg_adjoint, .form = neg_form,
};

dm *dm_neg(dm *A)
{
    return dm_apply(&neg_op, (dm *[DM_OPERANDS]) { A }, NULL);
}

static void scale_value(dm *C, dm *const X[])
{
    dm_number_scale(C, C->with->number, X[0]);
}

static dm *scale_adjoint(const dm *C, dm *u, const dm *X)
{
    (void) X;
    return dm_scale(u, C->with->number);
}

static bool times_form(const dm *C, dm_sandwich *form)
{
    *form = (dm_sandwich) { C->with->number, NULL, NULL, false };
    return true;
}

static const dm_op scale_op = {
    .name = "scale", .operands = "A", .formula = "p*A", .differential = "p*dA", .shapes = "mn mn",
    .entrywise = true,
    .value = scale_value, .rule = dm_linear, .adjoint = scale_adjoint, .form = times_form,
    .parameters = "p",
};

dm *dm_scale(dm *A, double p)
{
    if (A && !isfinite(p))
        return dm_failed(dm_context_of(A), GSL_EDOM, "dm_scale: the factor is %g", p);
    return dm_apply(&scale_op, (dm *[DM_OPERANDS]) { A }, &(dm_parameters) { .number = p });
}

/* ------------------------------------------------------------------------- d(s*A) = ds*A + s*dA */

static void scale_by_value(dm *C, dm *const X[])
{
    dm *A = X[0], *s = X[1];

    if (s->slots == 1) {
        dm_number_scale(C, dm_entry_scalar(s), A);
        return;
    }
    dm_panel c = dm_fresh(C), a = dm_entries(A), f = dm_entries(s);
    if (!c.data || !a.data || !f.data) {
        dm_no_memory(C);
        return;
    }
    for (size_t i = 0; i < c.rows; i++)
        for (size_t slot = 0; slot < c.slots; slot++)
            for (size_t j = 0; j < c.cols; j++)
                dm_row(c, i, slot)[j] = f.data[slot] * dm_row(a, i, 0)[j];
}

static void scale_by_rule(dm *C, dm *const X[])
{
    dm *A = X[0], *s = X[1];

    dm_term_outer(C, s, lower(C, A));              /* ds*A */
    dm_term_scale(C, lower(C, s), A);              /* s*dA */
}

static const dm_op scale_by_op = {
    .name = "scale_by", .operands = "As", .formula = "s*A", .differential = "ds*A + s*dA",
    .shapes = "mn 11 mn", .value = scale_by_value, .rule = scale_by_rule,
};

dm *dm_scale_by(dm *A, dm *s)
{
    return dm_apply(&scale_by_op, (dm *[DM_OPERANDS]) { A, s }, NULL);
}

/* --------------------------------------------------------------------- d(A.*B) = dA.*B + A.*dB */

static void hadamard_value(dm *C, dm *const X[])
{
    dm_number_hadamard(C, X[0], X[1]);
}

static void hadamard_rule(dm *C, dm *const X[])
{
    dm_term_hadamard(C, lower(C, X[1]), X[0]);     /* dA.*B */
    dm_term_hadamard(C, lower(C, X[0]), X[1]);     /* A.*dB */
}

static const dm_op hadamard_op = {
    .name = "hadamard", .operands = "AB", .formula = "A.*B", .differential = "dA.*B + A.*dB",
    .shapes = "mn mn mn", .entrywise = true, .value = hadamard_value, .rule = hadamard_rule,
};

dm *dm_hadamard(dm *A, dm *B)
{
    return dm_apply(&hadamard_op, (dm *[DM_OPERANDS]) { A, B }, NULL);
}

/* C = A./B:  C.*B = A gives dC.*B + C.*dB = dA. */

static void quotient_value(dm *C, dm *const X[])
{
    dm_panel a = dm_entries(X[0]), b = dm_entries(X[1]), c = dm_fresh(C);
    dm_letter letter;

    if (!a.data || !b.data || !c.data) {
        dm_no_memory(C);
        return;
    }
    for (size_t i = 0; i < c.rows; i++)
        for (size_t j = 0; j < c.cols; j++) {
            if (dm_row(b, i, 0)[j] == 0) {
                dm_fail(C, GSL_EZERODIV, "dm_quotient: %s is %zu×%zu and its entry (%zu,%zu) is 0",
                        dm_operand_name(&letter, C->op, 1, X[1]), c.rows, c.cols, i + 1, j + 1);
                return;
            }
            dm_row(c, i, 0)[j] = dm_row(a, i, 0)[j] / dm_row(b, i, 0)[j];
        }
}

static void quotient_rule(dm *C, dm *const X[])
{
    dm *M = dm_between(C, C->rows, C->cols);

    dm_term_scaled(M, 1, X[0]);                                /* dA - C.*dB */
    dm_term_hadamard(M, dm_neg(value_of(C)), X[1]);
    dm_stated(M);
    dm_term_hadamard(C, dm_reciprocal(lower(C, X[1])), M);     /* (...)./B */
}

static const dm_op quotient_op = {
    .name = "quotient", .operands = "AB", .formula = "A./B", .differential = "(dA - (A./B).*dB)./B",
    .shapes = "mn mn mn", .entrywise = true, .value = quotient_value, .rule = quotient_rule,
};

dm *dm_quotient(dm *A, dm *B)
{
    return dm_apply(&quotient_op, (dm *[DM_OPERANDS]) { A, B }, NULL);
}

const dm_op *const dm_arithmetic[] = {
    &add_op, &sub_op, &neg_op, &scale_op, &scale_by_op, &hadamard_op, &quotient_op, NULL,
};
