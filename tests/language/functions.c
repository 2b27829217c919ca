/* The functions that the language knows: they are the operations' rows. */
#include <stdio.h>
#include "language.h"
#include "operations/operations.h"

/* ------------------------------------------------------------------------------- a row, as it is written
 *
 * At random operands that fit the row's shapes, with m, n, p, q four different sizes:
 *
 *     the formula, evaluated        is what the operation makes of them
 *     the differential, evaluated   is the operation's differential along random directions             */

typedef struct {
    const dm_op *op;
    const char *name[24];
    dm *value[24];                     /* A and so on, plain, dA, and the parameters */
    dm *moving[24];                    /* the same, A moving along dA */
    dm *operand[DM_OPERANDS], *moving_operand[DM_OPERANDS];
    dm_parameters with;
    size_t n;
} setting;

static void bind(setting *s, const char *name, dm *value, dm *moving)
{
    s->name[s->n] = name;
    s->value[s->n] = value;
    s->moving[s->n++] = moving;
}

static size_t size_of(char letter)
{
    return letter == '1' ? 1 : letter == 'm' ? 2 : letter == 'n' ? 3 : letter == 'p' ? 4 : 5;
}

static double parameter(const dm_op *op, char letter)
{
    bool embeds = strcmp(op->name, "embed") == 0, reshapes = strcmp(op->name, "reshape") == 0;

    switch (letter) {
    case 'i': return 1;
    case 'j': return 2;
    case 'r': return embeds ? 4 : reshapes ? 3 : 2;
    case 'c': return embeds ? 5 : reshapes ? 2 : 1;
    case 'k': return 3;
    default: return -1.5;
    }
}

static void set(setting *s, const dm_op *op, dice *d)
{
    static const char letters[][2] = { "m", "n", "p", "q" };
    static char operand[DM_OPERANDS][2], direction[DM_OPERANDS][3], letter[8][2];

    memset(s, 0, sizeof *s);
    s->op = op;
    for (size_t i = 0; i < dm_arity(op); i++) {
        size_t m = size_of(op->shapes[3 * i]), n = size_of(op->shapes[3 * i + 1]);
        if (strcmp(op->name, "norm") == 0)
            n = 1;                     /* any vector */
        if (strncmp(op->name, "kron_left", 9) == 0 && i == 0)
            m *= size_of('p'), n *= size_of('q');  /* C, of kron(A,B)'s shape */
        if (strncmp(op->name, "kron_right", 10) == 0 && i == 1)
            m *= size_of('m'), n *= size_of('n');
        data_kind kind = strcmp(dm_family_of(op), "eigenvalues") == 0 ? SYMMETRIC : m == n && m > 1 ? REGULAR : POSITIVE;
        gsl_matrix *A = random_matrix(d, kind, m, n);
        if (op->formula[1] == '.' && strchr(op->formula, '^'))
            A = random_matrix(d, POSITIVE, m, n);
        gsl_matrix *dA = random_direction_within(d, kind, A);
        sprintf(operand[i], "%c", op->operands[i]);
        sprintf(direction[i], "d%c", op->operands[i]);
        s->operand[i] = dm_constant(here, A);
        s->moving_operand[i] = dm_dual(here, A, dA);
        bind(s, operand[i], s->operand[i], s->moving_operand[i]);
        bind(s, direction[i], dm_constant(here, dA), dm_constant(here, dA));
    }
    for (int i = 0; i < 4; i++) {
        if (op->parameters && strchr(op->parameters, letters[i][0]))
            continue;
        dm *size = dm_scalar(here, (double) size_of(letters[i][0]));
        bind(s, letters[i], size, size);
    }
    for (size_t i = 0; op->parameters && op->parameters[i]; i++) {
        double x = parameter(op, op->parameters[i]);
        dm *number = dm_scalar(here, x);
        sprintf(letter[i], "%c", op->parameters[i]);
        bind(s, letter[i], number, number);
        switch (op->parameters[i]) {
        case 'i': s->with.row = (size_t) x - 1; break;
        case 'j': s->with.col = (size_t) x - 1; break;
        case 'r': s->with.rows = (size_t) x; break;
        case 'c': s->with.cols = (size_t) x; break;
        default: s->with.number = x;
        }
    }
}

static dm *evaluated(const setting *s, const char *text, dm *const values[])
{
    dm_complaint complaint;
    dm_expression *e = parsed(text);
    dm *A = dm_expression_evaluate(e, here, s->name, values, s->n, &complaint);

    ck_assert_msg(A && dm_status(A) == GSL_SUCCESS, "%s: %s", text, complaint.message);
    value_of(A);                       /* while the names that it has from the expression are there */
    dm_expression_free(e);
    return A;
}

/* A name of more than a letter, and its arguments. */
static bool is_call(const dm_op *op)
{
    size_t n = strcspn(op->formula, "(+-*/\\^'.[ ");

    return n > 1 && op->formula[n] == '(' && op->formula[strlen(op->formula) - 1] == ')';
}

START_TEST(rows)
{
    dice d = { 7 };
    const dm_op *op = dm_op_at((size_t) _i);
    setting s;

    set(&s, op, &d);
    dm *C = dm_apply(op, s.moving_operand, op->parameters ? &s.with : NULL);
    same(value_of(evaluated(&s, op->formula, s.value)), value_of(C), 1e-12, "%s: the formula %s", op->name,
         op->formula);
    same(differential_of(evaluated(&s, op->formula, s.moving), 0), differential_of(C, 0), 1e-12,
         "%s: the formula %s, moving", op->name, op->formula);
    same(value_of(evaluated(&s, op->differential, s.value)), differential_of(C, 0), 1e-10,
         "%s: the differential %s", op->name, op->differential);
}
END_TEST

/* A row whose formula is a call is a function of the language without further ado. */
START_TEST(calls)
{
    const dm_op *op = dm_op_at((size_t) _i);
    char name[32];
    size_t length;

    if (!is_call(op))
        return;
    snprintf(name, sizeof name, "%.*s", (int) strcspn(op->formula, "("), op->formula);
    const char *nearest = dm_language_nearest(name, &length);
    ck_assert_msg(nearest && length == strlen(name) && strncmp(nearest, name, length) == 0,
                  "%s is not known", name);
}
END_TEST

/* ------------------------------------------------------------------------------- did you mean ... -- */

static const struct {
    const char *word, *nearest;
} words[] = {
    { "trace", "trace" }, { "tarce", "trace" }, { "trcae", "trace" }, { "traces", "trace" },
    { "race", "trace" }, { "inv", "inv" }, { "Inv", "inv" }, { "invs", "inv" },
    { "inverze", "inverse" }, { "normm", "norm" }, { "log_det", "logdet" }, { "lgdet", "logdet" },
    { "tanhh", "tanh" }, { "sgn", "sin" }, { "foo", NULL }, { "x", NULL }, { "", NULL },
    { "xyzzy", NULL }, { "a_name_that_is_longer_than_any_function", NULL },
};

START_TEST(nearest)
{
    size_t length = 99;
    const char *found = dm_language_nearest(words[_i].word, &length);
    const char *expected = words[_i].nearest;

    if (!expected) {
        ck_assert_msg(found == NULL, "%s: %.*s", words[_i].word, (int) length, found);
        ck_assert_uint_eq(length, 0);
        return;
    }
    ck_assert_msg(found && length == strlen(expected) && strncmp(found, expected, length) == 0,
                  "%s: %.*s, expected %s", words[_i].word, (int) length, found ? found : "nothing",
                  expected);
}
END_TEST

/* ------------------------------------------------------------------------- what the language knows -- */

/* The rows in their order, each with its family, then other spellings and constants. */
START_TEST(entries)
{
    size_t i = 0, n = dm_language_entries();
    const dm_op *op;

    for (; (op = dm_op_at(i)); i++) {
        dm_language_entry entry = dm_language_entry_at(i);
        ck_assert_str_eq(entry.formula, op->formula);
        ck_assert_str_eq(entry.differential, op->differential);
        ck_assert_ptr_nonnull(entry.family);
    }
    ck_assert_uint_gt(n, i);
    for (; i < n; i++) {
        dm_language_entry entry = dm_language_entry_at(i);
        ck_assert_msg(strcmp(entry.family, "constants") == 0
                      || strcmp(entry.family, "other spellings") == 0, "%s is of %s", entry.formula,
                      entry.family);
        ck_assert_msg(entry.differential && *entry.differential, "%s", entry.formula);
        dm_expression_free(parsed(entry.formula));
    }
}
END_TEST

Suite *language_functions_suite(void)
{
    Suite *suite = suite_create("language/functions");
    TCase *tc = case_of(suite, "rows");
    int n = 0;

    while (dm_op_at((size_t) n))
        n++;
    tcase_add_loop_test(tc, rows, 0, n);
    tcase_add_loop_test(tc, calls, 0, n);
    tc = case_of(suite, "names");
    tcase_add_loop_test(tc, nearest, 0, COUNT(words));
    tcase_add_test(tc, entries);
    return suite;
}
