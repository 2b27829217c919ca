/* A derivation: the terms of f are symbols; pushed one after the other they are the lines, read off they are
 * the gradient.                                                                                       */
#include <stdio.h>
#include "drivers/derive.h"
#include "drivers/drivers.h"
#include "operations/operations.h"
#include "symbols/list.h"

typedef struct {
    dm_derivation *d;
    dm_context *context;
    dm *X;                             /* the variable */
    size_t room;
} deriving;

static int refuse(deriving *g, int code, const char *message)
{
    if (g->d->code == GSL_SUCCESS) {
        g->d->code = code;
        snprintf(g->d->message, sizeof g->d->message, "%s", message);
    }
    return code;
}

/* What is NULL without a reason had no memory. */
static int no_memory(deriving *g)
{
    return refuse(g, GSL_ENOMEM, "out of memory");
}

static void *refuse_failed(deriving *g, const dm *failed)
{
    refuse(g, dm_status(failed), dm_message(failed));
    return NULL;
}

/* ------------------------------------------------------------------------------------------- lines */

static void add_step(deriving *g, dm_derive_step step)
{
    dm_derivation *d = g->d;

    if (!step.symbol) {
        no_memory(g);
        return;
    }
    if (d->steps == g->room) {
        size_t room = g->room ? 2 * g->room : 16;
        dm_derive_step *longer = dm_arena_alloc(g->context, room * sizeof *longer);
        if (!longer) {
            no_memory(g);
            return;
        }
        if (d->steps)
            memcpy(longer, d->step, d->steps * sizeof *longer);
        d->step = longer;
        g->room = room;
    }
    d->step[d->steps++] = step;
}

static void add_line(deriving *g, const dm_symbol *left, const dm_symbol *right, const char *words)
{
    add_step(g, (dm_derive_step) { .left = left, .why = { .words = words }, .symbol = right });
}

/* ----------------------------------------------------------------------------------------- writing */

static void put_words(dm_text *to, const char *words)
{
    dm_text_put(to, "%s", words);
}

const dm_manner dm_manner_text = { put_words, dm_write_text, " = " };

void dm_write_reason(dm_text *to, const dm_reason *why, const dm_manner *in)
{
    const dm_equation *e = why->equation;

    if (why->words)
        in->words(to, why->words);
    for (size_t i = 0; i < 2 && e[i].left; i++) {
        if (i)
            in->words(to, ", ");
        in->formula(to, dm_formula_of(e[i].left));
        dm_text_put(to, "%s", in->equals);
        in->formula(to, dm_formula_of(e[i].right));
    }
    if (why->remark)
        in->words(to, why->remark);
}

/* --------------------------------------------------------------------- the rules, by their names */

static bool is_product(const dm_op *op)
{
    static const char *const names[] = { "mul", "inner", "hadamard", "scale_by", "kron", "hadamard_power" };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(op->name, names[i]) == 0)
            return true;
    return false;
}

/* Linear as it stands here: nothing to tell. */
static bool is_plain(const dm *C)
{
    static const char *const names[] = { "add", "sub", "neg", "scale" };

    if (!C->op || C->op->adjoint || !C->dual.terms)
        return true;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(C->op->name, names[i]) == 0)
            return true;
    if (strcmp(C->op->name, "pow") == 0 && C->with->number == 1)
        return true;
    return (is_product(C->op) || strcmp(C->op->name, "quotient") == 0
            || strcmp(C->op->name, "solve") == 0 || strcmp(C->op->name, "solve_right") == 0)
        && !C->dual.terms->next && C->dual.terms->X->dual.value;
}

/* ------------------------------------------------------------------------------------ the differential */

static const dm_symbol *value_of(const dm *C)
{
    return dm_symbol_of(C->dual.value);
}

static const dm_symbol *differential_of(deriving *g, dm *C);

/* dC by its terms, the differentials of what it is made of left as they are. */
static const dm_symbol *by_terms(deriving *g, dm *C)
{
    dm *sum = NULL;

    for (const dm_term *t = C->dual.terms; t; t = t->next) {
        dm *dX = dm_symbol_wrap(g->context, differential_of(g, t->X));
        sum = dm_is_failed(dX) ? dX : t->map->push(t, dX, sum);
    }
    if (!sum)
        return dm_symbol_zero(g->context, C->rows, C->cols);
    return dm_is_failed(sum) ? refuse_failed(g, sum) : dm_symbol_of(sum);
}

static const dm_symbol *differential_of(deriving *g, dm *C)
{
    return C->dual.value ? dm_symbol_differential(value_of(C)) : by_terms(g, C);
}

/* Terms are kept last one first; a line reads better in the order of the rule. */
static void in_order(dm *C)
{
    dm_term *front = NULL;

    for (dm_term *t = C->dual.terms, *next; t; t = next) {
        next = t->next;
        t->next = front;
        front = t;
    }
    C->dual.terms = front;
}

/* --------------------------------------------------------------------------------------- the reasons */

/* The i-th operand by its letter; a vector by a small one, unless all shapes are treated alike. */
static const dm_symbol *letter_for(deriving *g, const dm *C, size_t i)
{
    static const char matrices[] = "ABCDE", vectors[] = "xyzde";
    const dm *X = C->in[i];
    char *name = dm_arena_alloc(g->context, 2);
    const char *at = strchr(matrices, C->op->operands[i]);

    if (!name)
        return NULL;
    name[0] = X->rows == 1 && X->cols == 1 ? 's' : at && X->cols == 1 && !C->op->entrywise
            ? vectors[at - matrices] : C->op->operands[i];
    name[1] = '\0';
    return dm_symbol_name(g->context, name, X->rows, X->cols, false);
}

/* The rule of C for itself: the same operation on names. */
static dm_equation rule_on_names(deriving *g, const dm *C)
{
    dm_level *level = dm_level_open(g->context, DM_FORMAL);
    dm *in[DM_OPERANDS], *D;

    for (size_t i = 0; i < dm_arity(C->op); i++)
        in[i] = dm_on_level(level, dm_symbol_wrap(g->context, letter_for(g, C, i)), NULL);
    D = dm_apply(C->op, in, C->with);
    if (dm_is_failed(D)) {
        refuse_failed(g, D);
        return (dm_equation) { NULL, NULL };
    }
    for (dm *M = level->last; M; M = M->dual.before)
        in_order(M);
    return (dm_equation) { dm_symbol_differential(value_of(D)), by_terms(g, D) };
}

/* Of eigenvalues and eigenvectors that of the very matrix, for they go by names of their own. */
static dm_reason reason(deriving *g, dm *C)
{
    const dm_op *op = C->op;
    dm_reason why = { .words = op->entrywise ? "chain rule: " : NULL };

    if (is_product(op))
        return (dm_reason) { .words = "product rule" };
    if (strcmp(op->name, "quotient") == 0)
        return (dm_reason) { .words = "quotient rule" };
    if (strcmp(op->name, "eigenvalues") == 0 || strcmp(op->name, "eigenvectors") == 0)
        why.equation[0] = (dm_equation) { dm_symbol_differential(value_of(C)), by_terms(g, C) };
    else
        why.equation[0] = rule_on_names(g, C);
    if (!why.equation[0].left || !why.equation[0].right)
        no_memory(g);
    return why;
}

/* df, one rule a line, until only dX is left. */
static const dm_symbol *differentiate(deriving *g, dm *f, const dm_symbol *name)
{
    const dm_symbol *left = dm_symbol_differential(name);
    const dm_symbol *d = dm_symbol_differential(value_of(f));
    bool told = false;

    for (dm *C = f->level->last; C && d; C = C->dual.before)
        in_order(C);
    for (dm *C = f->level->last; C && d && g->d->code == GSL_SUCCESS; C = C->dual.before) {
        if (!C->dual.value || C->dual.variable)
            continue;
        const dm_symbol *dC = dm_symbol_differential(value_of(C));
        if (!dC || !dm_symbol_contains(d, dC))
            continue;
        d = dm_symbol_replace(d, dC, by_terms(g, C));
        if (!d)
            break;
        if (!is_plain(C)) {
            add_step(g, (dm_derive_step) { .left = told ? NULL : left, .symbol = d, .why = reason(g, C) });
            told = true;
        } else if (told) {
            g->d->step[g->d->steps - 1].symbol = d;
        }
    }
    for (dm *C = f->level->last; C && d; C = C->dual.before)
        in_order(C);
    if (!d)
        no_memory(g);
    else if (!told)
        add_line(g, left, d, "the differential is linear");
    return d;
}

/* tr(A+B) = tr(A) + tr(B), so that like terms meet. */
static const dm_symbol *traces_apart(const dm_symbol *s)
{
    dm_symbol_list of;

    if (!s || !s->moves || s->n == 0 || s->kind == DM_SYMBOL_DIFFERENTIAL)
        return s;
    of = (dm_symbol_list) { .context = s->context };
    if (dm_symbol_is_call(s, "trace") && s->of[0]->kind == DM_SYMBOL_SUM) {
        for (size_t i = 0; i < s->of[0]->n; i++)
            dm_list_add(&of, traces_apart(dm_symbol_trace(s->of[0]->of[i])));
        return of.failed ? NULL : dm_symbol_sum(s->context, of.at, of.n);
    }
    for (size_t i = 0; i < s->n; i++)
        dm_list_add(&of, traces_apart(s->of[i]));
    return of.failed ? NULL : dm_symbol_rebuild(s, of.at);
}

/* --------------------------------------------------------------------------------------- gradients */

static const dm_symbol *symmetrized(const dm_symbol *U, bool symmetric)
{
    const dm_symbol *t = symmetric ? dm_symbol_transpose(U) : NULL;

    if (!symmetric || (t && dm_symbol_same(t, U)))
        return U;
    return dm_symbol_scale(0.5, dm_symbol_add(U, 1, t));
}

/* tr(U'*dX), as it stands. */
static const dm_formula *read_from(deriving *g, const dm_symbol *U)
{
    const dm_symbol *dX = dm_symbol_differential(value_of(g->X));
    const dm_formula *u = dm_formula_of(U), *d = dm_formula_of(dX);
    dm_formula *all = dm_arena_alloc(g->context, 3 * sizeof *all), *t = all + 1, *tr = all + 2;

    if (!u || !d || !all)
        return NULL;
    bool number = U->rows == 1 && U->cols == 1;
    *t = (dm_formula) { .kind = DM_FORMULA_TRANSPOSE, .of = { u }, .symbol = U, .rows = U->cols,
                        .cols = U->rows };
    *all = (dm_formula) { .kind = number ? DM_FORMULA_SCALE : DM_FORMULA_MUL, .of = { number ? u : t, d },
                          .symbol = U, .rows = U->cols, .cols = U->cols };
    if (U->cols == 1)
        return all;
    *tr = (dm_formula) { .kind = DM_FORMULA_CALL, .op = dm_op_named("trace"), .of = { all }, .symbol = U,
                         .rows = 1, .cols = 1 };
    return tr;
}

static const dm_symbol *gradient_of(deriving *g, dm *f)
{
    dm *seed = dm_number_identity(g->context, 1, 1), *failed = dm_is_failed(seed) ? seed : dm_pull(f, seed);

    if (failed)
        return refuse_failed(g, failed);
    dm *U = dm_adjoint(f, g->X);
    return U ? dm_symbol_of(U) : dm_symbol_zero(g->context, g->X->rows, g->X->cols);
}

static void derive_gradient(deriving *g, dm *f, bool symmetric)
{
    const dm_symbol *df = differentiate(g, f, g->d->f_name), *apart = traces_apart(df);
    const dm_symbol *U = gradient_of(g, f);

    U = U ? dm_symbol_shorten(symmetrized(U, symmetric)) : NULL;
    g->d->differential = apart;
    if (!df || !apart || !U) {
        no_memory(g);
        return;
    }
    if (!dm_symbol_same(apart, df))
        add_line(g, NULL, apart, "trace is linear, cyclic rule");
    if (g->X->rows > 1 || g->X->cols > 1)
        add_step(g, (dm_derive_step) { .why = { .words = symmetric ? "the symmetric part" : NULL },
                                       .symbol = U, .read = true });
    g->d->result = U;
}

/* --------------------------------------------------------------------------------------- Jacobians
 *
 * vec(dF) = J*vec(dX): vec(L*dX*R) = kron(R',L)*vec(dX), and what follows from it.  NULL with `closed`
 * false: there is no such form.                                                                     */

typedef struct {
    deriving *g;
    bool closed;
} jacobian;

static const dm_symbol *jacobian_of(jacobian *j, const dm_symbol *E);

static const dm_symbol *none(jacobian *j)
{
    j->closed = false;
    return NULL;
}

static const dm_symbol *binary(const char *op, const dm_symbol *a, const dm_symbol *b, size_t rows,
                               size_t cols)
{
    const dm_symbol *of[] = { a, b };

    return a && b ? dm_symbol_apply(a->context, dm_symbol_row(a->context, op), NULL, of, rows, cols) : NULL;
}

static const dm_symbol *vec(const dm_symbol *s)
{
    return s ? dm_symbol_apply_named("vec", s, s->rows * s->cols, 1) : NULL;
}

/* The factors from..to-1 of a chain; n×n identity where there are none. */
static const dm_symbol *part(const dm_symbol *s, size_t from, size_t to, size_t n)
{
    return from == to ? dm_symbol_eye(s->context, n)
                      : dm_symbol_product(s->context, 1, NULL, 0, s->of + from, to - from, s->of[from]->rows,
                                          s->of[to - 1]->cols);
}

/* The operation of that name with parameters on one symbol. */
static const dm_symbol *placed(const char *op, const dm_symbol *a, size_t row, size_t col, size_t rows,
                               size_t cols)
{
    dm_parameters *with = a ? dm_arena_alloc(a->context, sizeof *with) : NULL;

    if (!with)
        return NULL;
    *with = (dm_parameters) { .row = row, .col = col, .rows = rows, .cols = cols };
    return dm_symbol_apply(a->context, dm_symbol_row(a->context, op), with, &a, rows, cols);
}

/* The K with K*vec(A) = vec(A') for A m×n: the columns of kron(vec(eye(m)),eye(n)), laid out anew. */
static const dm_symbol *commutation(dm_context *context, size_t m, size_t n)
{
    const dm_symbol *I = dm_symbol_eye(context, m), *K = dm_symbol_eye(context, n);

    K = binary("kron", vec(I), K, m * m * n, n);

    return placed("reshape", K, 0, 0, m * n, m * n);
}

/* number * scalars * L*E*R */
static const dm_symbol *of_term(jacobian *j, const dm_symbol *s)
{
    dm_symbol_list scalars = { .context = s->context };
    size_t k = 0;

    while (!s->of[k]->moves)
        k++;
    const dm_symbol *E = s->of[k], *inner = jacobian_of(j, E), *all;
    if (!inner)
        return NULL;
    for (size_t i = 0; i < s->scalars; i++)
        if (i != k)
            dm_list_add(&scalars, s->of[i]);
    if (k < s->scalars) {
        const dm_symbol *W = part(s, s->scalars, s->n, 1);
        all = dm_symbol_mul(vec(W), inner);
    } else {
        const dm_symbol *L = part(s, s->scalars, k, E->rows), *R = part(s, k + 1, s->n, E->cols);
        const dm_symbol *map = binary("kron", dm_symbol_transpose(R), L, s->rows * s->cols,
                                      E->rows * E->cols);
        all = dm_symbol_mul(map, inner);
    }
    if (scalars.failed || !all)
        return NULL;
    return dm_symbol_product(s->context, s->number, scalars.at, scalars.n, &all, 1, all->rows, all->cols);
}

static const dm_symbol *of_hadamard(jacobian *j, const dm_symbol *s)
{
    dm_symbol_list rest = { .context = s->context };
    const dm_symbol *inner = NULL;

    for (size_t i = 0; i < s->n; i++)
        if (s->of[i]->moves) {
            if (!(inner = jacobian_of(j, s->of[i])))
                return NULL;
        } else {
            dm_list_add(&rest, s->of[i]);
        }
    size_t n = s->rows * s->cols;
    const dm_symbol *h = rest.failed ? NULL : vec(dm_symbol_hadamard(rest.at, rest.n));
    return h ? dm_symbol_mul(dm_symbol_apply_named("diag", h, n, n), inner) : NULL;
}

/* vec(L*E*R) = kron(R',L)*vec(E) */
static const dm_symbol *of_sandwich(const dm_symbol *L, const dm_symbol *R, const dm_symbol *inner)
{
    return L && R && inner ? dm_symbol_mul(binary("kron", dm_symbol_transpose(R), L, L->rows * R->cols,
                                                  L->cols * R->rows), inner) : NULL;
}

/* Blocks, cut out or put into zeros, and copies side by side: rows are chosen by an L, columns by an R. */
static const dm_symbol *of_structure(jacobian *j, const dm_symbol *s)
{
    const dm_symbol *E = s->of[0], *inner = jacobian_of(j, E);
    const dm_symbol *I = dm_symbol_eye(s->context, E->rows), *K = dm_symbol_eye(s->context, E->cols);
    const dm_parameters *with = s->with;

    if (!inner)
        return NULL;
    if (s->cols == 1 && E->cols == 1 && !dm_symbol_is_call(s, "repeat"))
        return placed(s->op->name, inner, with->row, 0, s->rows, inner->cols);
    if (dm_symbol_is_call(s, "block"))
        return of_sandwich(placed("block", I, with->row, 0, s->rows, E->rows),
                           placed("block", K, 0, with->col, E->cols, s->cols), inner);
    if (dm_symbol_is_call(s, "embed"))
        return of_sandwich(placed("embed", I, with->row, 0, s->rows, E->rows),
                           placed("embed", K, 0, with->col, E->cols, s->cols), inner);
    return of_sandwich(binary("kron", dm_symbol_ones(s->context, with->rows, 1), I, s->rows, E->rows),
                       binary("kron", dm_symbol_ones(s->context, 1, with->cols), K, E->cols, s->cols), inner);
}

/* The J with vec(diag(x)) = J*x; its transpose takes the diagonal. */
static const dm_symbol *diagonal_places(dm_context *context, size_t n)
{
    const dm_symbol *I = dm_symbol_eye(context, n), *places = vec(I);
    const dm_symbol *copies = binary("kron", dm_symbol_ones(context, n, 1), I, n * n, n);

    return places ? dm_symbol_mul(dm_symbol_apply_named("diag", places, n * n, n * n), copies) : NULL;
}

/* The J with vec(kron(A,B)) = J*vec(B), or J*vec(A) where A is what moves; A is m×n and B p×q:
 * vec(kron(A,B)) = kron(eye(n),kron(K,eye(p)))*kron(vec(A),vec(B)), where K*vec(C) = vec(C') for C q×m.   */
static const dm_symbol *kron_places(const dm_symbol *A, const dm_symbol *B, bool first)
{
    dm_context *context = A->context;
    size_t m = A->rows, n = A->cols, p = B->rows, q = B->cols;
    const dm_symbol *K = commutation(context, q, m), *side;

    if (first)
        side = binary("kron", dm_symbol_eye(context, m * n), vec(B), m * n * p * q, m * n);
    else
        side = binary("kron", vec(A), dm_symbol_eye(context, p * q), m * n * p * q, p * q);
    K = binary("kron", K, dm_symbol_eye(context, p), q * m * p, q * m * p);
    return dm_symbol_mul(binary("kron", dm_symbol_eye(context, n), K, m * n * p * q, m * n * p * q), side);
}

/* What C = kron_left(D,B) and C = kron_right(A,D) are to the D that moves: the transposes of kron. */
static const dm_symbol *of_kron(jacobian *j, const dm_symbol *s)
{
    const dm_symbol *A = s->of[0], *B = s->of[1];

    if (dm_symbol_is_call(s, "kron"))
        return dm_symbol_mul(kron_places(A, B, A->moves), jacobian_of(j, A->moves ? A : B));
    if (dm_symbol_is_call(s, "kron_left") && A->moves)
        return dm_symbol_mul(dm_symbol_transpose(kron_places(s, B, true)), jacobian_of(j, A));
    if (dm_symbol_is_call(s, "kron_right") && B->moves)
        return dm_symbol_mul(dm_symbol_transpose(kron_places(A, s, false)), jacobian_of(j, B));
    return none(j);
}

static const dm_symbol *of_call(jacobian *j, const dm_symbol *s)
{
    const dm_symbol *A = s->of[0], *inner, *map;
    size_t n = A->rows * A->cols;

    if (dm_symbol_is_call(s, "vec") || dm_symbol_is_call(s, "reshape"))
        return jacobian_of(j, A);
    if (strncmp(s->op->name, "kron", 4) == 0)
        return of_kron(j, s);
    if (dm_symbol_is_call(s, "block") || dm_symbol_is_call(s, "embed") || dm_symbol_is_call(s, "repeat"))
        return of_structure(j, s);
    if (dm_symbol_is_call(s, "sum"))
        map = dm_symbol_ones(s->context, 1, n);
    else if (dm_symbol_is_call(s, "trace"))
        map = dm_symbol_transpose(vec(dm_symbol_eye(s->context, A->rows)));
    else if (dm_symbol_is_call(s, "diag"))
        map = diagonal_places(s->context, s->rows);
    else if (dm_symbol_is_call(s, "diagonal") && A->rows == A->cols)
        map = dm_symbol_transpose(diagonal_places(s->context, A->rows));
    else
        return none(j);
    inner = jacobian_of(j, A);
    return inner ? dm_symbol_mul(map, inner) : NULL;
}

static const dm_symbol *jacobian_of(jacobian *j, const dm_symbol *E)
{
    dm_symbol_list of;

    if (!E)
        return NULL;
    switch (E->kind) {
    case DM_SYMBOL_ZERO:
        return dm_symbol_zero(E->context, E->rows * E->cols, j->g->X->rows * j->g->X->cols);
    case DM_SYMBOL_DIFFERENTIAL:
        return dm_symbol_eye(E->context, E->rows * E->cols);
    case DM_SYMBOL_SUM:
        of = (dm_symbol_list) { .context = E->context };
        for (size_t i = 0; i < E->n; i++)
            dm_list_add(&of, jacobian_of(j, E->of[i]));
        return of.failed ? NULL : dm_symbol_sum(E->context, of.at, of.n);
    case DM_SYMBOL_TERM:
        return of_term(j, E);
    case DM_SYMBOL_HADAMARD:
        return of_hadamard(j, E);
    case DM_SYMBOL_TRANSPOSE:
        if (E->rows == 1 || E->cols == 1)
            return jacobian_of(j, E->of[0]);
        return dm_symbol_mul(commutation(E->context, E->cols, E->rows), jacobian_of(j, E->of[0]));
    case DM_SYMBOL_CALL:
        return of_call(j, E);
    default:
        return none(j);
    }
}

/* s = s', factor by factor: a 1×1 is its own transpose whatever stands in it. */
static bool is_mirrored(const dm_symbol *s)
{
    bool chain = s->kind == DM_SYMBOL_TERM && s->scalars == 0;
    const dm_symbol *t = chain ? NULL : dm_symbol_transpose(s);

    for (size_t i = 0; chain && i < s->n; i++) {
        t = dm_symbol_transpose(s->of[s->n - 1 - i]);
        chain = t && dm_symbol_same(s->of[i], t);
    }
    return s->kind == DM_SYMBOL_TERM ? chain : !dm_symbol_is_scalar(s) && t && dm_symbol_same(s, t);
}

/* Is s the same of dX' as of dX?  A dX that is taken as symmetric is its own transpose in s. */
static bool sees_symmetric_part(const dm_symbol *s)
{
    bool diagonal = dm_symbol_is_call(s, "diagonal") || dm_symbol_is_call(s, "trace")
                 || dm_symbol_is_call(s, "sum");

    if (!s->moves)
        return true;
    if (s->kind == DM_SYMBOL_DIFFERENTIAL)
        return false;
    if ((diagonal && is_mirrored(s->of[0])) || (dm_symbol_is_scalar(s) && is_mirrored(s)))
        return true;
    for (size_t i = 0; i < s->n; i++)
        if (!sees_symmetric_part(s->of[i]))
            return false;
    return true;
}

/* J*P, where P*vec(dX) = vec((dX+dX')/2). */
static const dm_symbol *on_symmetric(const dm_symbol *J, size_t n)
{
    const dm_symbol *I = dm_symbol_eye(J->context, n * n), *K = commutation(J->context, n, n);

    return dm_symbol_scale(0.5, dm_symbol_mul(J, dm_symbol_add(I, 1, K)));
}

static void finish_jacobian(deriving *g, const dm_symbol *differential, bool symmetric)
{
    jacobian j = { g, true };
    const dm_symbol *J = jacobian_of(&j, differential);

    g->d->differential = differential;
    if (J && symmetric && !sees_symmetric_part(differential))
        J = on_symmetric(J, g->X->rows);
    J = J ? dm_symbol_shorten(J) : NULL;
    if (!J && !j.closed)
        refuse(g, GSL_EUNSUP, "there is no matrix form of this differential");
    else if (!J)
        no_memory(g);
    g->d->result = J;
}

/* ---------------------------------------------------------------------------------------- Hessians */

/* (U+U')/2, where U is not that already. */
static dm *symmetrized_gradient(dm *U)
{
    const dm_symbol *u = value_of(U), *t = dm_symbol_transpose(u);

    return t && dm_symbol_same(t, u) ? U : dm_scale(dm_add(U, dm_transpose(U)), 0.5);
}

static void derive_hessian(deriving *g, dm *f, dm *Y, bool symmetric)
{
    dm *seed = dm_number_identity(g->context, 1, 1), *failed = dm_is_failed(seed) ? seed : dm_pull(f, seed);
    dm *U = failed ? failed : dm_adjoint(f, Y);
    const dm_symbol *name = dm_symbol_name(g->context, "U", Y->rows, Y->cols, false), *d;

    if (U && dm_is_failed(U)) {
        refuse_failed(g, U);
        return;
    }
    if (!U || U->level != g->X->level) {
        d = U ? symmetrized(dm_symbol_of(U), symmetric) : dm_symbol_zero(g->context, Y->rows, Y->cols);
        add_line(g, name, d, NULL);
        d = dm_symbol_zero(g->context, Y->rows, Y->cols);
    } else {
        U = symmetric ? symmetrized_gradient(U) : U;
        if (dm_is_failed(U)) {
            refuse_failed(g, U);
            return;
        }
        add_line(g, name, dm_symbol_shorten(value_of(U)), "the gradient");
        d = differentiate(g, U, name);
    }
    finish_jacobian(g, d, symmetric);
}

/* -------------------------------------------------------------------------------------- quantities
 *
 * What is no formula in the variables is written in quantities that have names, and what these are stands
 * above the lines.                                                                  */

static bool has_call(const dm_symbol *s, const char *op)
{
    bool found = dm_symbol_is_call(s, op);

    for (size_t i = 0; !found && i < s->n; i++)
        found = has_call(s->of[i], op);
    return found;
}

/* "written in the eigenvalues and eigenvectors of A and B: lambda = eig(A).values ...; mu = ..." */
static const char *what_quantities_are(deriving *g, const dm_quantities *q)
{
    dm_text text = { .context = g->context };
    size_t matrices = 0;

    for (size_t i = 0; i < q->definitions; i++)
        if (q->definition[i].decomposed) {
            dm_text_put(&text, "%s ", matrices++ ? " and" : "written in the eigenvalues and eigenvectors of");
            dm_write_text(&text, dm_formula_of(q->definition[i].is.left));
        }
    matrices = 0;
    for (size_t i = 0; i < q->definitions; i++)
        if (q->definition[i].decomposed) {
            dm_text_put(&text, "%s ", matrices++ ? ";" : ":");
            dm_write_reason(&text, &(dm_reason) { .equation = { q->definition[i].where[0],
                                                                q->definition[i].where[1] } },
                            &dm_manner_text);
        }
    return dm_text_done(&text);
}

static const char *note(const dm_derivation *d)
{
    const dm_symbol *s = d->result ? d->result : d->differential;

    return s && has_call(s, "expm_frechet")
         ? "expm_frechet(A,E) has no closed form: it is the integral of expm(s*A)*E*expm((1-s)*A), "
           "s from 0 to 1"
         : "";
}

/* The symbols of all steps, and the result. */
static const dm_symbol **all_symbols(deriving *g)
{
    const dm_symbol **all = dm_arena_alloc(g->context, (g->d->steps + 2) * sizeof *all);

    for (size_t i = 0; all && i < g->d->steps; i++)
        all[i] = g->d->step[i].symbol;
    if (all) {
        all[g->d->steps] = g->d->result;
        all[g->d->steps + 1] = g->d->f;
    }
    return all;
}

static const dm_symbol *renamed(deriving *g, const dm_symbol *s, const dm_quantities *q)
{
    s = dm_symbol_in_quantities(s, q);
    if (!s)
        no_memory(g);
    return s;
}

static void show_step(deriving *g, dm_derive_step *step, const dm_quantities *q)
{
    const dm_symbol *s = renamed(g, step->symbol, q);
    dm_equation *rule = &step->why.equation[0];

    s = step->read && q->n ? dm_symbol_shorten(s) : s;
    step->right = !s ? NULL : step->read ? read_from(g, s) : dm_formula_of(s);
    if (!step->right)
        no_memory(g);
    if (rule->left)
        *rule = (dm_equation) { renamed(g, rule->left, q), renamed(g, rule->right, q) };
}

static void show(deriving *g)
{
    dm_derivation *d = g->d;
    const dm_symbol **all = all_symbols(g);
    dm_quantities q = { .n = 0 };
    dm_derive_step *line = d->step;
    size_t lines = d->steps;

    if (all)
        dm_symbol_quantities(all, lines + 2, d->f_name->name, &q);
    else
        no_memory(g);
    d->steps = g->room = 0;            /* the definitions stand above the lines */
    for (size_t i = 0; i < q.definitions; i++) {
        const dm_definition *defined = &q.definition[i];
        add_step(g, (dm_derive_step) {
            .left = defined->is.left, .symbol = defined->is.right, .right = dm_formula_of(defined->is.right),
            .why = { .equation = { defined->where[0], defined->where[1] }, .remark = defined->remark },
        });
    }
    for (size_t i = 0; i < lines; i++) {
        show_step(g, &line[i], &q);
        add_step(g, line[i]);
    }
    d->f_shown = renamed(g, d->f, &q);
    d->shown = d->result && q.n ? dm_symbol_shorten(renamed(g, d->result, &q)) : d->result;
    d->note = note(d);
    if (d->shown && !dm_symbol_same(d->shown, d->result))
        d->quantities = what_quantities_are(g, &q);
    if ((d->result && !d->shown) || !d->quantities)
        no_memory(g);
}

/* ----------------------------------------------------------------------------------------- the whole */

static dm *variable(deriving *g, const dm_derive_function *F, size_t i, size_t wrt, dm_derivative kind,
                    dm **Y)
{
    const dm_derive_variable *v = &F->variable[i];
    dm *A = dm_symbol_variable(g->context, v->name, v->rows, v->cols, v->symmetric);

    if (i != wrt || dm_is_failed(A))
        return A;
    g->X = *Y = dm_on_level(dm_level_open(g->context, DM_FORMAL), A, NULL);
    if (kind == DM_HESSIAN)
        *Y = dm_variable_of(g->X);
    return *Y;
}

static void derive(deriving *g, const dm_derive_function *F, size_t wrt, dm_derivative kind)
{
    dm **values = dm_arena_alloc(g->context, (F->n + 1) * sizeof *values), *Y = NULL;
    bool symmetric = F->variable[wrt].symmetric;

    if (!values || !dm_symbols_begin(g->context, dm_op_named)) {
        no_memory(g);
        return;
    }
    for (size_t i = 0; i < F->n; i++)
        values[i] = variable(g, F, i, wrt, kind, &Y);
    dm *f = F->f(g->context, values, F->params);
    if (!f || dm_is_failed(f) || dm_is_failed(Y)) {
        dm *bad = f && dm_is_failed(f) ? f : Y;
        refuse(g, f && !dm_is_failed(bad) ? GSL_EFAILED : f ? dm_status(bad) : GSL_EINVAL,
               f ? dm_message(bad) : "there is no expression");
        return;
    }
    if (kind != DM_JACOBIAN && (f->rows != 1 || f->cols != 1)) {
        refuse(g, GSL_EBADLEN, "a gradient is that of a 1×1");
        return;
    }
    dm *bottom = f;
    while (bottom->level)
        bottom = bottom->dual.value;
    g->d->f = dm_symbol_of(bottom);
    g->d->f_name = dm_symbol_name(g->context, kind == DM_JACOBIAN ? "F" : "f", f->rows, f->cols, false);
    if (!g->d->f || !g->d->f_name) {
        no_memory(g);
        return;
    }
    if (f->level != Y->level) {                    /* it does not depend on the variable */
        size_t n = Y->rows * Y->cols;
        g->d->differential = dm_symbol_zero(g->context, f->rows, f->cols);
        g->d->result = kind == DM_GRADIENT ? dm_symbol_zero(g->context, Y->rows, Y->cols)
                     : dm_symbol_zero(g->context, kind == DM_HESSIAN ? n : f->rows * f->cols, n);
        add_line(g, dm_symbol_differential(g->d->f_name), g->d->differential, "it does not depend on it");
    } else if (kind == DM_GRADIENT) {
        derive_gradient(g, f, symmetric);
    } else if (kind == DM_JACOBIAN) {
        finish_jacobian(g, differentiate(g, f, g->d->f_name), symmetric);
    } else {
        derive_hessian(g, f, Y, symmetric);
    }
    if (g->d->steps)
        show(g);
    if (!g->d->result)
        no_memory(g);
}

int dm_derive(const dm_derive_function *F, size_t wrt, dm_derivative kind, dm_derivation *d)
{
    deriving g = { .d = d };

    *d = (dm_derivation) { .kind = kind, .note = "", .quantities = "" };
    d->context = g.context = dm_context_alloc();
    if (!d->context)
        return no_memory(&g);
    derive(&g, F, wrt, kind);
    return d->code;
}

void dm_derivation_free(dm_derivation *d)
{
    dm_context_free(d->context);
    d->context = NULL;
}
