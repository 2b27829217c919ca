/* Symbols: what an expression becomes as it is built and shortened, and that it still means the same. */
#include <stdio.h>
#include <string.h>
#include "../fixture.h"
#include "../suites.h"
#include "language/language.h"
#include "operations/operations.h"
#include "symbols/formula.h"

/* The variables of all tests; S is symmetric. */
static const struct {
    const char *name;
    size_t rows, cols;
} variables[] = {
    { "A", 3, 4 }, { "B", 4, 3 }, { "C", 3, 4 }, { "X", 5, 5 }, { "Y", 5, 5 }, { "S", 5, 5 }, { "x", 5, 1 },
    { "y", 5, 1 }, { "a", 3, 1 }, { "b", 4, 1 }, { "s", 1, 1 }, { "t", 1, 1 },
};
enum { VARIABLES = sizeof variables / sizeof *variables };

static const struct {
    const char *expression, *text;
} simplifications[] = {
    /* sums */
    { "X'+X'", "2*X'" },
    { "X+Y-X", "Y" },
    { "X-X", "zeros(rows(X),rows(X))" },
    { "2*X+2*Y", "2*(X+Y)" },
    { "2*X+4*Y", "2*(X+2*Y)" },
    { "-(x-y)", "y-x" },
    { "x/2+y/2", "(x+y)/2" },
    { "s*x+s*y", "s*(x+y)" },
    { "sin(x)+2*X*x-2*y", "sin(x)+2*(X*x-y)" },
    { "x.*y-x/3-y/3", "x.*y-(x+y)/3" },
    { "sin(x)-2*x-3*y-2*s*y", "sin(x)-2*(x+s*y)-3*y" },
    { "s-2*t-2*x'*y", "s-2*(t+x'*y)" },
    { "(A-C)-(A+C)", "-2*C" },
    { "X'+X", "X+X'" },
    { "0.5*x", "x/2" },
    /* products */
    { "X*eye(5)*Y", "X*Y" },
    { "inv(X)*X*Y", "Y" },
    { "Y*X*inv(X)", "Y" },
    { "X'*inv(X)'*Y", "Y" },
    { "inv(inv(X))", "X" },
    { "inv(X')", "inv(X)'" },
    { "inv(X*Y)*X", "inv(Y)" },
    { "inv(2*X)", "inv(X)/2" },
    { "inv(A*B)", "inv(A*B)" },
    { "X*X*X", "X^3" },
    { "X^2*Y", "X^2*Y" },
    { "kron(A,X)*kron(B,Y)", "kron(A*B,X*Y)" },
    { "kron(A,X)*kron(Y,B)", "kron(A,X)*kron(Y,B)" },
    { "kron(A,X)*vec(Y*ones(5,4))", "vec(X*Y*ones(rows(X),columns(A))*A')" },
    { "vec(ones(5,3)*Y(1:3,1:3))'*kron(A,X)", "vec(X'*ones(rows(X),rows(A))*Y(1:3,1:3)*A)'" },
    { "(2*X)*(3*Y)", "6*X*Y" },
    { "X*(s*Y)*(t*X)", "s*t*X*Y*X" },
    { "x*(x'*y)", "(x'*y)*x" },
    { "x*x'*y", "(x'*y)*x" },
    { "s*s*x", "s^2*x" },
    { "s*x/s", "x" },
    { "2*(X\\x)", "2*(X\\x)" },
    { "X\\(Y\\x)", "X\\(Y\\x)" },
    { "(x'/X)'", "X'\\x" },
    { "x'/X*y", "x'/X*y" },
    { "A*B*a+A*B*a", "2*A*B*a" },
    { "X'*x+X'*y", "X'*(x+y)" },
    { "X*x+X'*x", "(X+X')*x" },
    { "X'*(X*x)-X'*y", "X'*(X*x-y)" },
    { "X*Y+X*S+x*y'", "X*(Y+S)+x*y'" },
    /* transposes */
    { "(A*B)'", "B'*A'" },
    { "(X')'", "X" },
    { "(X'*Y')'", "Y*X" },
    { "x'*X'*y", "y'*X*x" },
    { "S'", "S" },
    { "S+S'", "2*S" },
    { "inv(S)'", "inv(S)" },
    { "(X*x-y)'*(X*x-y)", "(X*x-y)'*(X*x-y)" },
    { "exp(X')'", "exp(X)" },
    { "kron(A',B')'", "kron(A,B)" },
    /* traces, sums, determinants */
    { "tr(X*Y)-tr(Y*X)", "0" },
    { "tr(X')", "tr(X)" },
    { "tr(2*X)", "2*tr(X)" },
    { "tr(x*y')-x'*y", "0" },
    { "tr(eye(5))", "rows(X)" },
    { "tr(kron(X,Y))", "tr(X)*tr(Y)" },
    { "sum(diag(x))", "sum(x)" },
    { "ones(1,5)*X*ones(5,1)", "sum(X)" },
    { "X*ones(5,1)", "sum(X,2)" },
    { "ones(1,5)*X", "sum(X,1)" },
    { "det(X')", "det(X)" },
    { "det(inv(X))", "1/det(X)" },
    { "det(X*Y)", "det(X*Y)" },
    { "logdet(inv(X))", "-logdet(X)" },
    { "norm(-2*x)", "2*norm(x)" },
    { "sqrt(x'*x)", "norm(x)" },
    { "sqrt(x'*x)^2", "norm(x)^2" },
    /* entry by entry */
    { "diag(x)*y", "x.*y" },
    { "diag(x)*diag(y)", "diag(x.*y)" },
    { "X.*ones(5,5)", "X" },
    { "x.*x", "x.^2" },
    { "x.*y./x", "y" },
    { "1./(1./x)", "x" },
    { "X.*eye(5)", "diag(diag(X))" },
    { "diag(diag(x))", "x" },
    { "exp(log(x))", "x" },
    { "1./(ones(5,1)+exp(-x))", "sigmoid(x)" },
    { "exp(x)./(ones(5,1)+exp(x))", "sigmoid(x)" },
    { "x.*(2*y)", "2*x.*y" },
    { "inv(diag(x))", "diag(1./x)" },
    { "kron(2*A,B)", "2*kron(A,B)" },
    { "kron(x,y')", "x*y'" },
    { "[X, Y]", "[X, Y]" },
    { "repmat(x,1,3)", "x*ones(1,rows(A))" },
    { "A(1:2,2:3)", "A(1:2,2:3)" },
    { "expm(X')*eig(S).vectors*eig(S).vectors'", "expm(X)'" },
    { "eig(S).vectors'*eig(S).vectors", "eye(rows(X))" },
    { "expm_frechet(X,2*eye(5))", "2*expm(X)" },
    { "expm_frechet(X,X)", "X*expm(X)" },
    { "expm(X-X)", "eye(rows(X))" },
    { "s-(t-s)", "2*s-t" },
    { "((X-X').*exp(Y))'", "(X'-X).*exp(Y')" },
    { "-x.^2", "-x.^2" },
    { "(-x).^2", "x.^2" },
    { "(x+y).^2", "(x+y).^2" },
    { "2^s", "2.^s" },
    /* a root of a square is no power of what is squared, unless that has a sign */
    { "s*sqrt(s^2)", "s*sqrt(s^2)" },
    { "t*sqrt(s^2)*sqrt(s^2)*s", "s^3*t" },
    { "sqrt(s^2)/sqrt(s^2)*x", "x" },
    { "sqrt(s^2*t^2)*x", "sqrt(t^2*s^2)*x" },
    { "sqrt(s*t)*sqrt(s*t)", "t*s" },
    { "x.*sqrt(x.^2)", "x.*sqrt(x.^2)" },
    { "sqrt(x.^2).*y.*sqrt(x.^2)", "y.*x.^2" },
    { "sqrt(x.*y).*(x+y)", "sqrt(x.*y).*(x+y)" },
    { "s*sqrt(norm(x)^2)", "s*norm(x)" },
    { "s*sqrt(t^3)", "t^1.5*s" },
};
enum { SIMPLIFICATIONS = sizeof simplifications / sizeof *simplifications };

static dm *evaluate(const char *text, dm_context *context, dm *const values[])
{
    const char *names[VARIABLES];
    dm_complaint complaint;
    dm_expression *e = dm_expression_parse(text, &complaint);

    ck_assert_msg(e != NULL, "%s: %s", text, complaint.message);
    for (size_t i = 0; i < VARIABLES; i++)
        names[i] = variables[i].name;
    dm *C = dm_expression_evaluate(e, context, names, values, VARIABLES, &complaint);
    if (C && !dm_status(C))
        C->name = NULL;                /* the expression's own */
    dm_expression_free(e);
    return C;
}

static const char *simplified(const char *expression, dm_context *context)
{
    dm *values[VARIABLES];

    ck_assert(dm_symbols_begin(context, dm_op_named));
    for (size_t i = 0; i < VARIABLES; i++)
        values[i] = dm_symbol_variable(context, variables[i].name, variables[i].rows, variables[i].cols,
                                       *variables[i].name == 'S');
    return dm_symbol_text(dm_symbol_shorten(dm_symbol_of(evaluate(expression, context, values))));
}

START_TEST(an_expression_is_simplified)
{
    const char *text = simplified(simplifications[_i].expression, here);

    ck_assert_ptr_nonnull(text);
    ck_assert_msg(strcmp(text, simplifications[_i].text) == 0, "%s becomes %s, not %s",
                  simplifications[_i].expression, text, simplifications[_i].text);
}
END_TEST

/* Entries of one sign, so that logarithms and roots exist where it is plus; a well conditioned diagonal. */
static dm *number(size_t i, dice *r, double sign)
{
    gsl_matrix *M = gsl_matrix_alloc(variables[i].rows, variables[i].cols);

    for (size_t j = 0; j < M->size1; j++)
        for (size_t k = 0; k < M->size2; k++)
            gsl_matrix_set(M, j, k, sign * (0.2 + uniform(r, 0, 1) + (j == k ? 5 : 0)));
    if (*variables[i].name == 'S')
        for (size_t j = 0; j < M->size1; j++)
            for (size_t k = 0; k < j; k++)
                gsl_matrix_set(M, j, k, gsl_matrix_get(M, k, j));
    dm *A = dm_constant(here, M);
    gsl_matrix_free(M);
    return A;
}

/* Where the expression has no value, what it becomes may have one. */
static void check_meaning(const char *expression, double sign)
{
    dm_context *symbols = dm_context_alloc();
    const char *text = simplified(expression, symbols);
    dice r = { 7 };
    dm *values[VARIABLES];

    for (size_t i = 0; i < VARIABLES; i++)
        values[i] = number(i, &r, sign);
    dm *A = evaluate(expression, here, values);
    ck_assert_msg(!dm_status(A) || sign < 0, "%s: %s", expression, dm_message(A));
    if (dm_status(A)) {
        dm_context_free(symbols);
        return;
    }
    gsl_matrix *before = value_of(A);
    gsl_matrix *after = value_of(evaluate(text, here, values));
    ck_assert_uint_eq(before->size1, after->size1);
    ck_assert_uint_eq(before->size2, after->size2);
    double largest = 1;
    for (size_t j = 0; j < before->size1; j++)
        for (size_t k = 0; k < before->size2; k++)
            largest = fmax(largest, fabs(gsl_matrix_get(before, j, k)));
    for (size_t j = 0; j < before->size1; j++)
        for (size_t k = 0; k < before->size2; k++)
            ck_assert_msg(fabs(gsl_matrix_get(before, j, k) - gsl_matrix_get(after, j, k))
                              < 1e4 * GSL_DBL_EPSILON * largest,
                          "%s is not %s where all is of sign %g", text, expression, sign);
    dm_context_free(symbols);
}

START_TEST(a_simplified_expression_means_the_same)
{
    check_meaning(simplifications[_i].expression, 1);
    check_meaning(simplifications[_i].expression, -1);
}
END_TEST

/* The transpose of a lower triangle is no lower triangle. */
START_TEST(only_what_is_done_entry_by_entry_is_transposed_within)
{
    const dm_op tril = { .name = "tril", .operands = "A", .formula = "tril(A)", .shapes = "mn mn" };

    ck_assert(dm_symbols_begin(here, dm_op_named));
    const dm_symbol *A = dm_symbol_name(here, "A", 3, 4, false);
    const dm_symbol *L = dm_symbol_call(here, &tril, NULL, &A, 3, 4);
    const dm_symbol *h = dm_symbol_call(here, dm_op_named("sin"), NULL, &A, 3, 4);
    ck_assert_str_eq(dm_symbol_text(dm_symbol_transpose(L)), "tril(A)'");
    ck_assert_str_eq(dm_symbol_text(dm_symbol_transpose(h)), "sin(A')");
}
END_TEST

Suite *symbols_simplify_suite(void)
{
    Suite *suite = suite_create("symbols/simplify");
    TCase *tc = case_of(suite, "simplifications");

    tcase_add_loop_test(tc, an_expression_is_simplified, 0, SIMPLIFICATIONS);
    tcase_add_loop_test(tc, a_simplified_expression_means_the_same, 0, SIMPLIFICATIONS);
    tcase_add_test(tc, only_what_is_done_entry_by_entry_is_transposed_within);
    return suite;
}
