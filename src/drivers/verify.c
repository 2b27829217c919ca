/* Derivatives in C that were derived by hand, checked in one call.
 *
 * The comparison is that of check.c and the diagnosis that of diagnose.c, which is asked here for what can be
 * known without the formula: other points, symmetric ones, the function's value.  What rounding makes of the
 * entries is measured where they do not agree: by how much they move when A moves by a few units in the last
 * place.  Where A is at a kink of the function there is no derivative to compare with, but there is one beside
 * A, which decides.                                                                                    */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "drivers/diagnose.h"
#include "drivers/drivers.h"

enum { POINTS = 5, SCALARS = 6 };

typedef struct {
    const dm_function *F;
    const dm_hand *hand;
    const gsl_matrix *A;
    dm_derivative kind;
    gsl_matrix *B, *E, *room;          /* a point; room for two derivatives */
    gsl_matrix *beside;                /* another point, where A is at a kink */
    dm_check_margin *margin;           /* of each entry */
    int returned;                      /* by df, the last time */
} task;

/* -------------------------------------------------------------------------------------- the points -- */

/* Numbers between -1 and 1 that look like random ones: those of a linear congruential generator. */
static double next_random(unsigned long long *state)
{
    *state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (double) (*state >> 11) / 4503599627370496. - 1;
}

/* B = A + step*R, every entry of R as large as A's own, or as A's largest where that is zero. */
static void near(gsl_matrix *B, const gsl_matrix *A, double step, size_t number)
{
    unsigned long long state = 88172645463325252ULL + number;
    double all = fmax(gsl_matrix_max(A), -gsl_matrix_min(A));

    for (size_t i = 0; i < 8; i++)
        next_random(&state);
    for (size_t i = 0; i < A->size1; i++)
        for (size_t j = 0; j < A->size2; j++) {
            double a = gsl_matrix_get(A, i, j), own = a != 0 ? fabs(a) : all > 0 ? all : 1;
            gsl_matrix_set(B, i, j, a + step * own * next_random(&state));
        }
}

static void make_symmetric(gsl_matrix *B)
{
    for (size_t i = 0; i < B->size1; i++)
        for (size_t j = 0; j < i; j++) {
            double mean = (gsl_matrix_get(B, i, j) + gsl_matrix_get(B, j, i)) / 2;
            gsl_matrix_set(B, i, j, mean);
            gsl_matrix_set(B, j, i, mean);
        }
}

/* ------------------------------------------------------------------------------------ the derivatives */

static bool is_finite(const gsl_matrix *U)
{
    for (size_t i = 0; i < U->size1; i++)
        for (size_t j = 0; j < U->size2; j++)
            if (!isfinite(gsl_matrix_get(U, i, j)))
                return false;
    return true;
}

/* At points of our own choosing nothing is raised where the function has no derivative. */
static int exact_at(task *t, gsl_matrix *to)
{
    return dm_check_exact(t->F, t->kind, t->B, to, true);
}

/* Whatever df returns where it fails, it is not to be taken for the code of a wrong one. */
static int hand_at(task *t, gsl_matrix *to)
{
    gsl_matrix_set_zero(to);
    t->returned = t->hand->df(t->B, t->hand->params, to);
    return t->returned == GSL_ENOMEM ? GSL_ENOMEM : t->returned ? GSL_EBADFUNC
         : is_finite(to) ? GSL_SUCCESS : GSL_EDOM;
}

static int refuse_hand(const task *t, int status)
{
    if (!t->returned)
        return dm_refuse(NULL, status, "dm_check: the hand-derived derivative is not finite at A");
    return dm_refuse(NULL, status, "dm_check: the hand-derived derivative fails at A: df returns %d (%s)",
                     t->returned, gsl_strerror(t->returned));
}

/* The f of B, which is to be 1×1. */
static int through(task *t, gsl_matrix *to, const dm_function *f)
{
    dm_context *context = dm_context_alloc();

    if (!context)
        return GSL_ENOMEM;
    context->quiet = true;
    dm *C = f->f(dm_constant(context, t->B), f->params);
    gsl_matrix_const_view V = dm_value(C);
    int status = V.matrix.data && V.matrix.size1 == 1 && V.matrix.size2 == 1
                     ? gsl_matrix_memcpy(to, &V.matrix) : dm_status(C) ? dm_status(C) : GSL_EBADLEN;
    dm_context_free(context);
    return status;
}

static int value_at(task *t, gsl_matrix *to)
{
    return through(t, to, t->F);
}

static int norm_of(task *t, gsl_matrix *to)
{
    double sum = 0;

    for (size_t i = 0; i < t->B->size1; i++)
        for (size_t j = 0; j < t->B->size2; j++)
            sum += gsl_matrix_get(t->B, i, j) * gsl_matrix_get(t->B, i, j);
    gsl_matrix_set(to, 0, 0, sqrt(sum));
    return GSL_SUCCESS;
}

static dm *det(dm *A, void *params)
{
    (void) params;
    return dm_det(A);
}

static dm *trace(dm *A, void *params)
{
    (void) params;
    return dm_trace(A);
}

static dm *sum(dm *A, void *params)
{
    (void) params;
    return dm_sum(A);
}

static int det_of(task *t, gsl_matrix *to) { return through(t, to, &(dm_function) { det, NULL }); }
static int trace_of(task *t, gsl_matrix *to) { return through(t, to, &(dm_function) { trace, NULL }); }
static int sum_of(task *t, gsl_matrix *to) { return through(t, to, &(dm_function) { sum, NULL }); }

static int exp_of(task *t, gsl_matrix *to)
{
    int status = value_at(t, to);

    gsl_matrix_set(to, 0, 0, exp(gsl_matrix_get(to, 0, 0)));
    return status;
}

static const struct {
    const char *name;
    int (*value)(task *t, gsl_matrix *to);
} scalars[SCALARS] = {
    { "f", value_at }, { "norm(A)", norm_of }, { "det(A)", det_of }, { "trace(A)", trace_of },
    { "sum(A)", sum_of }, { "exp(f)", exp_of },
};

/* --------------------------------------------------------------------------------------- questions -- */

static int answer(void *params, dm_question question, size_t i, size_t point, gsl_matrix *to)
{
    task *t = params;
    bool symmetric = question == DM_ASK_EXACT_SYMMETRIC || question == DM_ASK_HAND_SYMMETRIC;
    int status = GSL_EDOM;

    /* A point where both derivatives exist: the nearer to A, the likelier. */
    for (double step = 0.5; step > 0.01 && status && status != GSL_ENOMEM; step /= 3) {
        near(t->B, t->A, step, point);
        if (symmetric)
            make_symmetric(t->B);
        status = exact_at(t, t->E);
        if (!status)
            status = hand_at(t, t->E);
    }
    if (status)
        return status;
    switch (question) {
    case DM_ASK_EXACT: case DM_ASK_EXACT_SYMMETRIC: return exact_at(t, to);
    case DM_ASK_HAND: case DM_ASK_HAND_SYMMETRIC:   return hand_at(t, to);
    case DM_ASK_SCALAR:                             return scalars[i].value(t, to);
    default:                                        return GSL_EINVAL;
    }
}

static const char *name(void *params, dm_question question, size_t i)
{
    (void) params;
    return question == DM_ASK_SCALAR ? scalars[i].name : "A";
}

/* --------------------------------------------------------------------------------------- the check -- */

/* Where A moves by rounding errors. */
static int shake(void *params, bool by_hand, unsigned number, double size, gsl_matrix *to)
{
    task *t = params;

    near(t->B, t->A, size, 99 + number);
    if (dm_check_is_symmetric(t->A))
        make_symmetric(t->B);
    return by_hand ? hand_at(t, to) : exact_at(t, to);
}

static int taylor(task *t, const gsl_matrix *hand, const gsl_matrix *exact, dm_check_report *report)
{
    gsl_matrix *D = gsl_matrix_alloc(t->A->size1, t->A->size2);
    int status = GSL_ENOMEM;

    if (D) {
        near(D, t->A, 1, 200);
        gsl_matrix_sub(D, t->A);
        status = dm_check_taylor(t->F, t->kind, t->A, D, hand, exact, report);
    }
    gsl_matrix_free(D);
    return status;
}

static int explain(task *t, size_t p, size_t q, dm_check_report *report)
{
    bool square = t->A->size1 == t->A->size2 && t->A->size1 > 1;
    dm_check_world world = {
        .params = t, .kind = t->kind, .rows = report->rows, .cols = report->cols, .p = p, .q = q,
        .m = t->A->size1, .n = t->A->size2, .points = POINTS, .tolerance = DM_CHECK_TOLERANCE,
        .variable = "A", .answer = answer, .name = name,
        .count = { [DM_ASK_EXACT_SYMMETRIC] = square, [DM_ASK_HAND_SYMMETRIC] = square,
                   [DM_ASK_SCALAR] = SCALARS },
    };

    return dm_check_explain(&world, report);
}

/* At A, which may be a point beside the given one by now. */
static void compare_shaken(task *t, gsl_matrix *exact, gsl_matrix *hand, dm_check_report *report)
{
    dm_check_compare_shaken(hand, exact, DM_CHECK_TOLERANCE, 0, shake, t, (gsl_matrix *[]) { t->E, t->room },
                            t->margin, report);
}

/* Beside A, where it has a derivative, if A is at a kink and what can be seen there does not decide. */
static int compare_beside(task *t, gsl_matrix *exact, gsl_matrix *hand, dm_check_report *report)
{
    int status = GSL_EDOM, most = dm_check_is_symmetric(t->A);

    for (int symmetric = 0; symmetric <= most && status && status != GSL_ENOMEM; symmetric++) {
        near(t->B, t->A, 0.1, 300);
        if (symmetric)
            make_symmetric(t->B);
        status = exact_at(t, t->E);
        if (!status)
            status = hand_at(t, t->room);
    }
    if (status)
        return status == GSL_ENOMEM ? status : GSL_SUCCESS;
    gsl_matrix_memcpy(exact, t->E);
    gsl_matrix_memcpy(hand, t->room);
    gsl_matrix_memcpy(t->beside, t->B);
    t->A = t->beside;
    compare_shaken(t, exact, hand, report);
    report->beside = true;
    return GSL_SUCCESS;
}

static int compare(task *t, size_t p, size_t q, gsl_matrix *exact, gsl_matrix *hand, dm_check_report *report)
{
    int status = dm_check_exact(t->F, t->kind, t->A, exact, false);

    gsl_matrix_memcpy(t->B, t->A);
    if (!status && (status = hand_at(t, hand)))
        return refuse_hand(t, status);
    if (status)
        return status;
    compare_shaken(t, exact, hand, report);
    if (report->kinks > 0 && (report->differ == report->outside || dm_check_is_blind(report))
        && (status = compare_beside(t, exact, hand, report)))
        return status;
    status = taylor(t, hand, exact, report);
    if (!status && !report->right)
        status = explain(t, p, q, report);
    return status;
}

/* The shape of the function's value; its failure is raised. */
static int value_shape(const dm_function *F, const gsl_matrix *A, size_t *p, size_t *q)
{
    dm_context *context = dm_context_alloc();

    if (!context)
        return dm_refuse(NULL, GSL_ENOMEM, "dm_check: out of memory");
    dm *C = F->f(dm_constant(context, A), F->params);
    int status = dm_value(C).matrix.data ? GSL_SUCCESS : C && dm_status(C) ? dm_status(C) : GSL_EFAULT;
    if (!status) {
        *p = dm_rows(C);
        *q = dm_columns(C);
    }
    dm_context_free(context);
    return status;
}

static int check(const char *driver, dm_derivative kind, const dm_function *F, const dm_hand *hand,
                 const gsl_matrix *A, dm_check_report *report)
{
    task t = { .F = F, .hand = hand, .A = A, .kind = kind };
    dm_check_report found;
    size_t p = 1, q = 1, rows, cols;

    if (!F || !F->f || !hand || !hand->df || !A)
        return dm_refuse(NULL, GSL_EFAULT, "%s: F, hand or A is NULL", driver);
    int status = value_shape(F, A, &p, &q);
    if (status)
        return status;
    dm_check_shape_of(kind, p, q, A->size1, A->size2, &rows, &cols);
    gsl_matrix *exact = gsl_matrix_alloc(rows, cols), *by_hand = gsl_matrix_alloc(rows, cols);
    t.B = gsl_matrix_alloc(A->size1, A->size2);
    t.E = gsl_matrix_alloc(rows, cols);
    t.room = gsl_matrix_alloc(rows, cols);
    t.beside = gsl_matrix_alloc(A->size1, A->size2);
    t.margin = calloc(rows * cols + 1, sizeof *t.margin);
    status = exact && by_hand && t.B && t.E && t.room && t.beside && t.margin
                 ? compare(&t, p, q, exact, by_hand, &found) : GSL_ENOMEM;
    gsl_matrix_free(exact);
    gsl_matrix_free(by_hand);
    gsl_matrix_free(t.B);
    gsl_matrix_free(t.E);
    gsl_matrix_free(t.room);
    gsl_matrix_free(t.beside);
    free(t.margin);
    if (!status && report)
        *report = found;
    return status ? status : found.right ? GSL_SUCCESS : GSL_FAILURE;
}

int dm_check_gradient(const dm_function *F, const dm_hand *hand, const gsl_matrix *A, dm_check_report *report)
{
    return check("dm_check_gradient", DM_GRADIENT, F, hand, A, report);
}

int dm_check_jacobian(const dm_function *F, const dm_hand *hand, const gsl_matrix *A, dm_check_report *report)
{
    return check("dm_check_jacobian", DM_JACOBIAN, F, hand, A, report);
}

int dm_check_hessian(const dm_function *F, const dm_hand *hand, const gsl_matrix *A, dm_check_report *report)
{
    return check("dm_check_hessian", DM_HESSIAN, F, hand, A, report);
}
