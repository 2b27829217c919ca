/* Evaluation: the values of expressions, which operations they become, and what is said where they fail. */
#include <math.h>
#include <stdio.h>
#include "language.h"
#include "operations/operations.h"

/* ----------------------------------------------------------------------------------------- values -- */

/* The variables of the tables below. */
static const struct {
    const char *name;
    size_t rows, cols;
    double entries[6];
} variables[] = {
    { "A", 2, 2, { 1, 2, 3, 5 } },
    { "B", 2, 2, { 2, -1, 4, 3 } },
    { "C", 2, 3, { 1, 2, 3, 4, 5, 6 } },
    { "S", 2, 2, { 1, 2, 2, 4 } },                 /* singular */
    { "x", 2, 1, { 3, 4 } },
    { "y", 2, 1, { 2, -7 } },
    { "z", 3, 1, { 1, 0, 2 } },
    { "r", 1, 3, { 2, 3, 6 } },
    { "s", 1, 1, { 3 } },
    { "t", 1, 1, { 0.5 } },
    { "k", 1, 1, { 2 } },
    { "o", 1, 1, { 0 } },
};

enum { VARIABLES = COUNT(variables) };

typedef struct {
    const char *name[VARIABLES];
    dm *value[VARIABLES];
} bindings;

/* All of them, those named in `moving` with a formal differential. */
static bindings bind(const char *moving)
{
    bindings b;

    for (size_t i = 0; i < VARIABLES; i++) {
        gsl_matrix *A = matrix(variables[i].rows, variables[i].cols, variables[i].entries);
        b.name[i] = variables[i].name;
        b.value[i] = strstr(moving, variables[i].name) ? dm_variable(here, A) : dm_constant(here, A);
    }
    return b;
}

static dm *variable(const bindings *b, const char *name)
{
    for (size_t i = 0; i < VARIABLES; i++)
        if (strcmp(b->name[i], name) == 0)
            return b->value[i];
    return NULL;
}

/* The expression is kept until the test ends, as the names in its values are its own. */
static dm_expression *kept;

static dm *evaluate(const char *text, const bindings *b, dm_complaint *complaint)
{
    dm_expression_free(kept);
    kept = parsed(text);
    return dm_expression_evaluate(kept, here, b->name, b->value, VARIABLES, complaint);
}

static void forget(void)
{
    dm_expression_free(kept);
    kept = NULL;
}

static const struct {
    const char *text;
    size_t rows, cols;
    double entries[12];
} values[] = {
    { "2", 1, 1, { 2 } }, { "-2^2", 1, 1, { -4 } }, { "2^3^2", 1, 1, { 64 } },
    { "1/4 + 2\\1", 1, 1, { 0.75 } }, { "2^0.5", 1, 1, { M_SQRT2 } }, { "pi", 1, 1, { M_PI } },
    { "A+1", 2, 2, { 2, 3, 4, 6 } }, { "1-C", 2, 3, { 0, -1, -2, -3, -4, -5 } },
    { "r-x'*x", 1, 3, { -23, -22, -19 } }, { "s+y", 2, 1, { 5, -4 } }, { "A.^2-1", 2, 2, { 0, 3, 8, 24 } },
    { "1./x-0.25", 2, 1, { 1 / 3. - 0.25, 0 } },
    { "exp(0)", 1, 1, { 1 } }, { "A", 2, 2, { 1, 2, 3, 5 } }, { "A'", 2, 2, { 1, 3, 2, 5 } },
    { "-A", 2, 2, { -1, -2, -3, -5 } }, { "A.'", 2, 2, { 1, 3, 2, 5 } },
    { "C'", 3, 2, { 1, 4, 2, 5, 3, 6 } }, { "A+B", 2, 2, { 3, 1, 7, 8 } },
    { "A-B", 2, 2, { -1, 3, -1, 2 } }, { "A*B", 2, 2, { 10, 5, 26, 12 } },
    { "A.*B", 2, 2, { 2, -2, 12, 15 } }, { "A./B", 2, 2, { .5, -2, .75, 5. / 3 } },
    { "A*C", 2, 3, { 9, 12, 15, 23, 31, 39 } }, { "s+t", 1, 1, { 3.5 } }, { "s-1", 1, 1, { 2 } },
    { "1-s", 1, 1, { -2 } }, { "s*t", 1, 1, { 1.5 } }, { "x'*y", 1, 1, { -22 } },
    { "x*y'", 2, 2, { 6, -21, 8, -28 } }, { "x'*A*y", 1, 1, { -152 } }, { "A*x-y", 2, 1, { 9, 36 } },
    /* multiples and quotients */
    { "2*A", 2, 2, { 2, 4, 6, 10 } }, { "A*2", 2, 2, { 2, 4, 6, 10 } },
    { "2.*A", 2, 2, { 2, 4, 6, 10 } }, { "A.*2", 2, 2, { 2, 4, 6, 10 } },
    { "s*A", 2, 2, { 3, 6, 9, 15 } }, { "A*s", 2, 2, { 3, 6, 9, 15 } },
    { "s.*A", 2, 2, { 3, 6, 9, 15 } }, { "A.*s", 2, 2, { 3, 6, 9, 15 } },
    { "r*t", 1, 3, { 1, 1.5, 3 } }, { "t*r", 1, 3, { 1, 1.5, 3 } }, { "x*t", 2, 1, { 1.5, 2 } },
    { "A/2", 2, 2, { .5, 1, 1.5, 2.5 } }, { "A./2", 2, 2, { .5, 1, 1.5, 2.5 } },
    { "2\\A", 2, 2, { .5, 1, 1.5, 2.5 } }, { "A/t", 2, 2, { 2, 4, 6, 10 } },
    { "A./t", 2, 2, { 2, 4, 6, 10 } }, { "t\\A", 2, 2, { 2, 4, 6, 10 } }, { "s/t", 1, 1, { 6 } },
    { "1/t", 1, 1, { 2 } }, { "s\\6", 1, 1, { 2 } }, { "6/s", 1, 1, { 2 } },
    { "1./C", 2, 3, { 1, .5, 1. / 3, .25, .2, 1. / 6 } }, { "6./C", 2, 3, { 6, 3, 2, 1.5, 1.2, 1 } },
    { "s./A", 2, 2, { 3, 1.5, 1, .6 } }, { "s/s*A/s", 2, 2, { 1. / 3, 2. / 3, 1, 5. / 3 } },
    { "-2*A/4", 2, 2, { -.5, -1, -1.5, -2.5 } },
    /* solving */
    { "A\\x", 2, 1, { -7, 5 } }, { "A\\B", 2, 2, { -2, 11, 2, -6 } }, { "x'/A", 1, 2, { -3, 2 } },
    { "B/A", 2, 2, { -13, 5, -11, 5 } }, { "A\\A", 2, 2, { 1, 0, 0, 1 } },
    /* powers */
    { "A^2", 2, 2, { 7, 12, 18, 31 } }, { "A^-1", 2, 2, { -5, 2, 3, -1 } },
    { "A^0", 2, 2, { 1, 0, 0, 1 } }, { "A^1", 2, 2, { 1, 2, 3, 5 } },
    { "A^k", 2, 2, { 7, 12, 18, 31 } }, { "A^(k+1)", 2, 2, { 43, 74, 111, 191 } },
    { "s^2", 1, 1, { 9 } }, { "s^k", 1, 1, { 9 } }, { "2^s", 1, 1, { 8 } },
    { "s^-t", 1, 1, { 0.577350269189625764 } }, { "(-2)^s", 1, 1, { -8 } },
    { "A.^2", 2, 2, { 1, 4, 9, 25 } }, { "B.^2", 2, 2, { 4, 1, 16, 9 } },
    { "A.^-1", 2, 2, { 1, .5, 1. / 3, .2 } }, { "A.^k", 2, 2, { 1, 4, 9, 25 } },
    { "B.^k", 2, 2, { 4, 1, 16, 9 } }, { "2.^A", 2, 2, { 2, 4, 8, 32 } },
    { "s.^A", 2, 2, { 3, 9, 27, 243 } }, { "A.^B", 2, 2, { 1, .5, 81, 125 } },
    { "A.^(-1)", 2, 2, { 1, .5, 1. / 3, .2 } }, { "x.^sqrt(4)", 2, 1, { 9, 16 } },
    /* functions */
    { "trace(A)", 1, 1, { 6 } }, { "tr(A)", 1, 1, { 6 } }, { "det(A)", 1, 1, { -1 } },
    { "inv(A)", 2, 2, { -5, 2, 3, -1 } }, { "sum(C)", 1, 1, { 21 } }, { "sum(C,1)", 1, 3, { 5, 7, 9 } },
    { "sum(C,2)", 2, 1, { 6, 15 } }, { "norm(x)", 1, 1, { 5 } }, { "norm(r)", 1, 1, { 7 } },
    { "norm(x,2)", 1, 1, { 5 } }, { "norm(x,'fro')", 1, 1, { 5 } }, { "norm(S,\"fro\")", 1, 1, { 5 } },
    { "norm(x)^2", 1, 1, { 25 } }, { "norm(r).^2", 1, 1, { 49 } }, { "norm(A,'fro')^2", 1, 1, { 39 } },
    { "norm(x)^3", 1, 1, { 125 } }, { "3*norm(x)^2/2", 1, 1, { 37.5 } },
    { "diag(x)", 2, 2, { 3, 0, 0, 4 } }, { "diag(r)", 3, 3, { 2, 0, 0, 0, 3, 0, 0, 0, 6 } },
    { "diag(A)", 2, 1, { 1, 5 } }, { "diag(C)", 2, 1, { 1, 5 } }, { "diag(s)", 1, 1, { 3 } },
    { "diagonal(A)", 2, 1, { 1, 5 } }, { "vec(C)", 6, 1, { 1, 4, 2, 5, 3, 6 } },
    { "reshape(C,3,2)", 3, 2, { 1, 5, 4, 3, 2, 6 } }, { "reshape(C,s,k)", 3, 2, { 1, 5, 4, 3, 2, 6 } },
    { "kron(x,r)", 2, 3, { 6, 9, 18, 8, 12, 24 } }, { "repmat(x,1,2)", 2, 2, { 3, 3, 4, 4 } },
    { "embed(x,2,1,3,2)", 3, 2, { 0, 0, 3, 0, 4, 0 } }, { "dot(x,y)", 1, 1, { -22 } },
    { "inner(A,B)", 1, 1, { 27 } }, { "outer(x,y)", 2, 2, { 6, -21, 8, -28 } },
    { "max(y,0)", 2, 1, { 2, 0 } }, { "max(0,-y)", 2, 1, { 0, 7 } }, { "eye(2)", 2, 2, { 1, 0, 0, 1 } },
    { "eye(2,3)", 2, 3, { 1, 0, 0, 0, 1, 0 } }, { "eye(3,1)", 3, 1, { 1, 0, 0 } },
    { "ones(2,3)", 2, 3, { 1, 1, 1, 1, 1, 1 } }, { "ones(k)", 2, 2, { 1, 1, 1, 1 } },
    { "zeros(1,2)", 1, 2, { 0, 0 } }, { "zeros(2) + eye(2)*s", 2, 2, { 3, 0, 0, 3 } },
    { "C*ones(3,1)", 2, 1, { 6, 15 } }, { "square(y)", 2, 1, { 4, 49 } }, { "rows(C)", 1, 1, { 2 } },
    { "sum(C)/columns(C)", 1, 1, { 7 } }, { "ones(rows(x),columns(r)-1)", 2, 2, { 1, 1, 1, 1 } },
    { "x(rows(x))", 1, 1, { 4 } },
    /* matrices */
    { "[1, 2; 3, 4]", 2, 2, { 1, 2, 3, 4 } }, { "[1; 2]", 2, 1, { 1, 2 } },
    { "[1 -2 3]", 1, 3, { 1, -2, 3 } }, { "[A, x]", 2, 3, { 1, 2, 3, 3, 5, 4 } },
    { "[A; x']", 3, 2, { 1, 2, 3, 5, 3, 4 } }, { "[x; y; 1]", 5, 1, { 3, 4, 2, -7, 1 } },
    { "[A, B; C(:,1)', s 2]", 3, 4, { 1, 2, 2, -1, 3, 5, 4, 3, 1, 4, 3, 2 } },
    { "[[1, 2]; [3, 4]]", 2, 2, { 1, 2, 3, 4 } }, { "[[1, 2], 3]", 1, 3, { 1, 2, 3 } },
    { "[[1; 2], [3; 4]]", 2, 2, { 1, 3, 2, 4 } }, { "[1, [2, 3]; 4 5 6]", 2, 3, { 1, 2, 3, 4, 5, 6 } },
    { "[1 - 2, 2^3; pi/pi, -1]", 2, 2, { -1, 8, 1, -1 } },
    /* indexes */
    { "C(2,3)", 1, 1, { 6 } }, { "C(1,:)", 1, 3, { 1, 2, 3 } }, { "C(:,2)", 2, 1, { 2, 5 } },
    { "C(:,2:3)", 2, 2, { 2, 3, 5, 6 } }, { "C(end,1:end-1)", 1, 2, { 4, 5 } },
    { "C(end,end)", 1, 1, { 6 } }, { "C(:,:)", 2, 3, { 1, 2, 3, 4, 5, 6 } },
    { "C(:)", 6, 1, { 1, 4, 2, 5, 3, 6 } }, { "C(3)", 1, 1, { 2 } }, { "C(end)", 1, 1, { 6 } },
    { "x(2)", 1, 1, { 4 } }, { "r(2)", 1, 1, { 3 } }, { "r(2:end)", 1, 2, { 3, 6 } },
    { "z(2:3)", 2, 1, { 0, 2 } }, { "(A*C)(1,2:3)", 1, 2, { 12, 15 } }, { "C(k,k+1)", 1, 1, { 6 } },
    { "C(end/2,1)", 1, 1, { 1 } }, { "inv(A)(1,1)", 1, 1, { -5 } }, { "C(:)(2:3)'", 1, 2, { 4, 2 } },
    { "C'(3,1)", 1, 1, { 3 } }, { "[1, 2, 3](2)", 1, 1, { 2 } }, { "x(1)*A", 2, 2, { 3, 6, 9, 15 } },
    { "5(1)", 1, 1, { 5 } },
};

START_TEST(is_worth)
{
    bindings b = bind("");
    dm_complaint complaint;
    dm *A = evaluate(values[_i].text, &b, &complaint);

    ck_assert_msg(A && dm_status(A) == GSL_SUCCESS, "%s: %s", values[_i].text, complaint.message);
    ck_assert_int_eq(complaint.code, GSL_SUCCESS);
    same(value_of(A), matrix(values[_i].rows, values[_i].cols, values[_i].entries), 1e-12, "%s",
         values[_i].text);
}
END_TEST

/* The same where everything moves, which takes other ways through the library. */
START_TEST(is_worth_moving)
{
    bindings b = bind(strchr(values[_i].text, 'k') || strchr(values[_i].text, 's')
                      || strchr(values[_i].text, '^') ? "ABCSxyzrt" : "ABCSxyzrst");
    dm_complaint complaint;

    if (strstr(values[_i].text, ".^B") || strstr(values[_i].text, "^-t"))
        return;                        /* a moving exponent of a base that does not suit */
    dm *A = evaluate(values[_i].text, &b, &complaint);
    ck_assert_msg(A && dm_status(A) == GSL_SUCCESS, "%s: %s", values[_i].text, complaint.message);
    same(value_of(A), matrix(values[_i].rows, values[_i].cols, values[_i].entries), 1e-12, "%s",
         values[_i].text);
}
END_TEST

/* -------------------------------------------------------------------------- which operation it is -- */

static const struct {
    const char *text, *operation;
} operations[] = {
    { "2*A", "scale" }, { "A/2", "scale" }, { "-1*x", "scale" }, { "s*A", "scale_by" },
    { "A/s", "scale_by" }, { "A*B", "mul" }, { "A.*B", "hadamard" }, { "A^3", "mul" },
    { "A.^3", "pow" }, { "A.^k", "pow" }, { "s^3", "pow" }, { "A.^t", "hadamard_power" },
    { "A.^B", "hadamard_power" }, { "s/t", "quotient" }, { "1./A", "reciprocal" }, { "A\\B", "solve" },
    { "B/A", "solve_right" }, { "norm(x)^2", "norm_squared" }, { "norm(A,'fro')^2", "norm_squared" },
    { "norm(x).^2", "norm_squared" }, { "norm(x)^3", "pow" }, { "A'", "transpose" },
    { "A(1,:)", "block" }, { "A(:)", "vec" }, { "[A, B]", "hcat" }, { "[A; B]", "vcat" },
    { "diag(x)", "diag" }, { "diag(A)", "diagonal" }, { "A^-1", "inverse" },
};

START_TEST(becomes)
{
    bindings b = bind("ABCSxyzrst");
    dm_complaint complaint;
    dm *A = evaluate(operations[_i].text, &b, &complaint);

    ck_assert_msg(A && dm_status(A) == GSL_SUCCESS, "%s: %s", operations[_i].text, complaint.message);
    ck_assert_ptr_nonnull(A->op);
    ck_assert_msg(strcmp(A->op->name, operations[_i].operation) == 0, "%s is %s, expected %s",
                  operations[_i].text, A->op->name, operations[_i].operation);
}
END_TEST

/* Gradients, written in the language, of functions written in the language. */
static const struct {
    const char *f, *by, *gradient;
} gradients[] = {
    { "trace(A^2)", "A", "2*A'" }, { "norm(A*x-y)^2", "x", "2*A'*(A*x-y)" },
    { "norm(A*x-y)^2", "A", "2*(A*x-y)*x'" }, { "x'*A*x", "x", "(A+A')*x" },
    { "trace(inv(A))", "A", "-inv(A)'^2" }, { "s*trace(A*B)", "s", "trace(A*B)" },
    { "trace(B/A)", "A", "-inv(A)'*B'*inv(A)'" }, { "sum(A.^B)", "B", "A.^B.*log(A)" },
    { "sum(A./t)", "t", "-sum(A)/t^2" }, { "s^t", "t", "s^t*log(s)" },
    { "sum(2.^x)", "x", "log(2)*2.^x" }, { "A(2,1)*C(1,end)", "A", "[0, 0; C(1,3), 0]" },
    { "sum([A, x]*z)", "x", "z(3)*ones(2,1)" }, { "x'*diag(y)*x", "y", "x.^2" },
    { "norm(x)", "x", "x/norm(x)" }, { "norm(x*o)^2", "x", "zeros(2,1)" },
    { "det(A)", "A", "det(A)*inv(A)'" }, { "sum(1./C)", "C", "-1./C.^2" },
    { "sum(s.^A)", "s", "sum(A.*s.^(A-ones(2,2)))" }, { "A(:)'*B(:)", "A", "B" },
    { "trace(s\\A)", "s", "-trace(A)/s^2" },
};

START_TEST(has_gradient)
{
    bindings b = bind(gradients[_i].by), constants = bind("");
    dm_complaint complaint;
    dm *f = evaluate(gradients[_i].f, &b, &complaint);

    ck_assert_msg(f && dm_status(f) == GSL_SUCCESS, "%s: %s", gradients[_i].f, complaint.message);
    gsl_matrix *U = gradient_of(f, variable(&b, gradients[_i].by));
    dm *expected = evaluate(gradients[_i].gradient, &constants, &complaint);
    ck_assert_msg(expected && dm_status(expected) == GSL_SUCCESS, "%s: %s", gradients[_i].gradient,
                  complaint.message);
    same(U, value_of(expected), 1e-10, "%s by %s", gradients[_i].f, gradients[_i].by);
}
END_TEST

/* ------------------------------------------------------------------------------- what goes wrong -- */

static const struct {
    const char *text;
    int code;
    const char *about, *message;
} refusals[] = {
    /* of the library: the message is its own, and says what the operands are in the user's words */
    { "A*z", GSL_EBADLEN, "1:*", "A is 2×2 and z is 3×1: 2 columns against 3 rows" },
    { "A+(C*z)", GSL_EBADLEN, "1:+", "A is 2×2 and C*z is 2×1: 2 columns against 1 column" },
    { "tr(inv(A*C))", GSL_EBADLEN, "3:inv",
      "A*C is 2×3: 2 rows against 3 columns, a square matrix is needed" },
    { "2*trace( C)", GSL_EBADLEN, "2:trace",
      "C is 2×3: 2 rows against 3 columns, a square matrix is needed" },
    { "A\\z", GSL_EBADLEN, "1:\\", "A is 2×2 and z is 3×1: 2 rows against 3 rows" },
    { "s/A", GSL_EBADLEN, "1:/", "s is 1×1 and A is 2×2: 1 column against 2 rows" },
    { "C^2", GSL_EBADLEN, "1:^",
      "C is 2×3: 2 rows against 3 columns, a square matrix is needed" },
    { "kron(A,B)(5,1)", GSL_EBADLEN, "9:(", NULL },
    { "C(3,1)", GSL_EBADLEN, "0:C",
      "C is 2×3: rows 3 to 3 and columns 1 to 1 are not all there" },
    { "[A, z]", GSL_EBADLEN, "4:z", "A is 2×2 and z is 3×1: 2 rows against 3 rows" },
    { "[A, B, z]", GSL_EBADLEN, "7:z", "[...] is 2×4 and z is 3×1: 2 rows against 3 rows" },
    { "[A; B; z']", GSL_EBADLEN, "7:z'",
      "[...;...] is 4×2 and z' is 1×3: 2 columns against 3 columns" },
    { "[1 2; 3]", GSL_EBADLEN, "6:3",
      "[1 2] is 1×2 and 3 is 1×1: 2 columns against 1 column" },
    { "reshape(C,2,2)", GSL_EBADLEN, "0:reshape",
      "C is 2×3 and the result 2×2: 6 entries against 4" },
    { "log(y)", GSL_EDOM, "0:log",
      "y is 2×1 and its entry (2,1) is -7: the logarithm needs a positive entry" },
    { "A./o", GSL_EZERODIV, "1:./", NULL },
    { "s/o", GSL_EZERODIV, "1:/", "o is 1×1 and its entry (1,1) is 0" },
    { "0^-1", GSL_EZERODIV, "1:^", NULL },
    { "y.^t", GSL_EDOM, "1:.^", NULL },
    { "exp(1000)", GSL_EOVRFLW, "0:exp", NULL },
    /* of the language */
    { "A/0", GSL_EZERODIV, "1:/", "division by 0" },
    { "1/0", GSL_EZERODIV, "1:/", "division by 0" },
    { "0\\A", GSL_EZERODIV, "1:\\", "division by 0" },
    { "C\\x", GSL_EBADLEN, "1:\\",
      "C is 2×3: only a square matrix divides (least squares are not available)" },
    { "r/C", GSL_EBADLEN, "1:/",
      "C is 2×3: only a square matrix divides (entry by entry it is ./)" },
    { "A^0.5", GSL_EINVAL, "1:^",
      "the exponent is 0.5: a power of the matrix A needs an integer (entry by entry it is .^)" },
    { "A^t", GSL_EINVAL, "1:^",
      "the exponent is 0.5: a power of the matrix A needs an integer (entry by entry it is .^)" },
    { "A^x", GSL_EBADLEN, "1:^", "the exponent x is 2×1: it must be 1×1 (entry by entry it is .^)" },
    { "2^x", GSL_EBADLEN, "1:^", "the exponent x is 2×1: it must be 1×1 (entry by entry it is .^)" },
    { "norm(A)", GSL_EBADLEN, "0:norm",
      "A is 2×2: the spectral norm of a matrix is not available, norm(A,'fro') is the Frobenius norm" },
    { "norm(A)^2", GSL_EBADLEN, "0:norm",
      "A is 2×2: the spectral norm of a matrix is not available, norm(A,'fro') is the Frobenius norm" },
    { "C(7)", GSL_EBADLEN, "2:7", "C is 2×3: there is no entry 7" },
    { "C(1:2)", GSL_EBADLEN, "2:1:2",
      "C is 2×3: a range without rows and columns needs a vector, such as A(:)" },
    { "x(t)", GSL_EINVAL, "2:t", "t is 0.5: a whole number from 1 to 2147483647 is needed" },
    { "x(2-k)", GSL_EINVAL, "2:2-k", "2-k is 0: indices begin at 1" },
    { "x(2:1)", GSL_EINVAL, "2:2:1", "the range 2:1 is empty" },
    { "x(end+1:end)", GSL_EINVAL, "2:end+1:end", "the range 3:2 is empty" },
    { "x(y)", GSL_EBADLEN, "2:y", "y is 2×1: a place or size is 1×1" },
    { "eye(x)", GSL_EBADLEN, "4:x", "x is 2×1: a place or size is 1×1" },
    { "ones(3000000000,1)", GSL_EINVAL, "5:3000000000",
      "3000000000 stands where a whole number from 1 to 2147483647 is needed" },
};

START_TEST(refuses)
{
    bindings b = bind("");
    dm_complaint complaint;
    const char *text = refusals[_i].text;
    dm *A = evaluate(text, &b, &complaint);

    ck_assert_msg(A != NULL, "%s: NULL", text);
    complains(&complaint, text, refusals[_i].code, refusals[_i].message ? refusals[_i].message
                                                                        : complaint.message,
              refusals[_i].about);
    ck_assert_int_eq(raised.times, 0);
    ck_assert_int_eq(dm_status(A), refusals[_i].code);
    ck_assert_ptr_nonnull(strstr(dm_message(A), complaint.message));   /* behind "dm_mul: ", perhaps */
    ck_assert_ptr_null(strstr(complaint.message, "dm_"));
    ck_assert_int_eq(dm_context_error(here), refusals[_i].code);
    ck_assert_ptr_null(dm_value(A).matrix.data);
    refused(dm_status(A), refusals[_i].code, dm_message(A));
}
END_TEST

/* What moves is no place, no size and no power of a matrix. */
START_TEST(refuses_moving)
{
    static const struct {
        const char *text, *about, *message;
    } moving[] = {
        { "x(k)", "2:k", "k varies: a place or size must be a constant" },
        { "A^k", "1:^", "the exponent k varies: a power of the matrix A needs a constant integer (entry by "
                        "entry it is .^)" },
    };
    bindings b = bind("k");
    dm_complaint complaint;

    for (int i = 0; i < COUNT(moving); i++) {
        dm *A = evaluate(moving[i].text, &b, &complaint);
        complains(&complaint, moving[i].text, GSL_EINVAL, moving[i].message, moving[i].about);
        ck_assert_int_eq(dm_status(A), GSL_EINVAL);
    }
}
END_TEST

/* A name without a value is the one thing that has no result at all. */
START_TEST(missing_names)
{
    bindings b = bind("");
    dm_complaint complaint;

    ck_assert_ptr_null(evaluate("A*Q + Q", &b, &complaint));
    complains(&complaint, "A*Q + Q", GSL_EINVAL, "Q has no value", "2:Q");
    ck_assert_ptr_null(evaluate("2*tarce(A)", &b, &complaint));
    complains(&complaint, "2*tarce(A)", GSL_EINVAL, "unknown function 'tarce': did you mean 'trace'?",
              "2:tarce");
    ck_assert_ptr_null(evaluate("Q(1,2)", &b, &complaint));
    complains(&complaint, "Q(1,2)", GSL_EINVAL, "Q has no value", "0:Q");
    ck_assert_ptr_null(evaluate("Q", &b, NULL));

    b.value[0] = NULL;
    ck_assert_ptr_null(evaluate("A", &b, &complaint));
    complains(&complaint, "A", GSL_EINVAL, "A has no value", "0:A");
    ck_assert_int_eq(dm_context_error(here), GSL_SUCCESS);
}
END_TEST

/* A value that has failed before is complained of where it stands; one that has a name keeps it. */
START_TEST(failed_and_named_values)
{
    bindings b = bind("");
    dm_complaint complaint;

    b.value[0] = dm_named(b.value[0], "the first");
    ck_assert_int_eq(dm_status(evaluate("A*z", &b, &complaint)), GSL_EBADLEN);
    complains(&complaint, "A*z", GSL_EBADLEN,
              "the first is 2×2 and z is 3×1: 2 columns against 3 rows", "1:*");
    b.value[1] = dm_mul(b.value[0], variable(&b, "z"));
    ck_assert_ptr_eq(evaluate("x + B*x", &b, &complaint), b.value[1]);
    complains(&complaint, "x + B*x", GSL_EBADLEN, strchr(dm_message(b.value[1]), ' ') + 1, "4:B");
}
END_TEST

/* Where no memory is left, the result is the context's failed one; no allocation is made but its own. */
START_TEST(no_memory)
{
    dm_expression *e = parsed("norm(A*x - [s; 1])^2 + trace(inv(B)*kron(A,s)) + C(1,2)/t");

    for (size_t k = 0; ; k++) {
        dm_context *context = dm_context_alloc();
        dm_complaint complaint;
        bindings b = bind("");
        for (size_t i = 0; i < VARIABLES; i++)
            b.value[i] = dm_constant(context, matrix(variables[i].rows, variables[i].cols,
                                                     variables[i].entries));
        fail_allocation(k, true);
        dm *A = dm_expression_evaluate(e, context, b.name, b.value, VARIABLES, &complaint);
        int code = dm_status(A);
        allocate_again();
        ck_assert_int_eq(complaint.code, code);
        dm_context_free(context);
        if (code == GSL_SUCCESS)
            break;
        ck_assert_int_eq(code, GSL_ENOMEM);
        ck_assert_str_eq(complaint.message, "out of memory");
        ck_assert_uint_lt(k, 100);
    }
    dm_expression_free(e);
}
END_TEST

/* A steady loop allocates nothing. */
START_TEST(steady)
{
    dm_expression *e = parsed("norm(A*x - [s; 1])^2 + trace(inv(B)*kron(A,s)) + C(1,2)/t");
    size_t before = 0;

    for (int turn = 0; turn < 4; turn++) {
        dm_context_reset(here);
        bindings b = bind("x");
        if (turn > 0)
            before = allocations();
        dm *f = dm_expression_evaluate(e, here, b.name, b.value, VARIABLES, NULL);
        if (turn > 0)
            ck_assert_uint_eq(allocations(), before);
        ck_assert_int_eq(dm_status(f), GSL_SUCCESS);
    }
    dm_expression_free(e);
}
END_TEST

/* Every value on the way is doubled: the names, the results, their differentials; not whole numbers. */
static dm *doubled(dm *A, size_t node, void *times)
{
    (void) node;
    ++*(size_t *) times;
    return dm_scale(A, 2);
}

START_TEST(touched_values)
{
    dm_expression *e = parsed("s*sum(x + x)");
    bindings b = bind("x");
    size_t times = 0;

    dm *x = variable(&b, "x");
    dm_touch with = { doubled, &times };
    dm *f = dm_expression_evaluate_touched(e, here, b.name, b.value, VARIABLES, with, NULL);
    gsl_matrix *U = zeros(x->rows, x->cols);
    ck_assert_int_eq(dm_read_off(f, x, U), GSL_SUCCESS);
    same(U, MATRIX(2, 1, 96, 96), 0, "2*(3*(2*sum(2*(2*x + 2*x))))");
    ck_assert_uint_eq(times, 5);       /* x, x, x+x, sum, the product; not s */
    dm_expression_free(e);
}
END_TEST

/* Long sums and long matrices. */
START_TEST(long_expressions)
{
    enum { TERMS = 10000 };
    char *text = malloc(4 * TERMS + 10), *at = text;
    bindings b = bind("x");
    dm_complaint complaint;

    at += sprintf(at, "x");
    for (int i = 1; i < TERMS; i++)
        at += sprintf(at, "+x");
    same(value_of(evaluate(text, &b, &complaint)), MATRIX(2, 1, 3. * TERMS, 4. * TERMS), 1e-6,
         "a long sum");
    at = text + sprintf(text, "sum([1");
    for (int i = 1; i < TERMS; i++)
        at += sprintf(at, ",%d", i % 7);
    sprintf(at, "])");
    same_number(value_of(evaluate(text, &b, &complaint))->data[0], 29995, 1e-6, "a long row");
    free(text);
}
END_TEST

Suite *language_evaluate_suite(void)
{
    Suite *suite = suite_create("language/evaluate");
    TCase *tc = case_of(suite, "values");

    tcase_add_checked_fixture(tc, NULL, forget);
    tcase_add_loop_test(tc, is_worth, 0, COUNT(values));
    tcase_add_loop_test(tc, is_worth_moving, 0, COUNT(values));
    tcase_add_loop_test(tc, becomes, 0, COUNT(operations));
    tcase_add_loop_test(tc, has_gradient, 0, COUNT(gradients));
    tc = case_of(suite, "refusals");
    tcase_add_checked_fixture(tc, NULL, forget);
    tcase_add_loop_test(tc, refuses, 0, COUNT(refusals));
    tcase_add_test(tc, refuses_moving);
    tcase_add_test(tc, missing_names);
    tcase_add_test(tc, failed_and_named_values);
    tc = case_of(suite, "memory");
    tcase_add_checked_fixture(tc, NULL, forget);
    tcase_add_test(tc, no_memory);
    tcase_add_test(tc, steady);
    tcase_add_test(tc, touched_values);
    tcase_add_test(tc, long_expressions);
    return suite;
}
